-- The wall around money: who is paid what, where, and why it waits, is of the bureau; a duty person sees their own.

do $$
declare
    guarded text;
begin
    foreach guarded in array array['payees', 'bank_changes', 'payment_runs', 'transfers', 'case_batches', 'case_payouts',
                                   'case_extensions', 'case_outside_payments', 'report_signings'] loop
        execute format('alter table %I enable row level security', guarded);
        execute format('create policy %I on %I
            using ((select wall_kind()) = ''everything'' or (bureau_id = (select wall_bureau()) and (select wall_person()) is null))
            with check ((select wall_kind()) = ''everything'' or bureau_id = (select wall_bureau()))',
            guarded || '_of_bureau', guarded);
    end loop;
    foreach guarded in array array['pay_holds', 'payables', 'line_objections', 'receivable_settlings'] loop
        execute format('alter table %I enable row level security', guarded);
        execute format('create policy %I on %I
            using ((select wall_kind()) = ''everything'' or (bureau_id = (select wall_bureau())
                and ((select wall_person()) is null or person_id = (select wall_person()))))
            with check ((select wall_kind()) = ''everything'' or bureau_id = (select wall_bureau()))',
            guarded || '_of_bureau', guarded);
    end loop;
end $$;
