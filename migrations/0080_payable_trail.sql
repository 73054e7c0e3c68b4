-- Where the money of one payable went: its transfers, each with its run, and the entries of the
-- ledger that it is in, those that undo others told apart. A function, because a page shows one
-- payable beside what it already reads in one statement; it reads with the rights of whoever asks.
create function payable_trail(of_payable bigint) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'transfers', coalesce((
            select jsonb_agg(jsonb_build_object(
                       'id', t.id, 'year', r.year, 'number', r.number, 'made_at', r.made_at, 'bank', t.bank_name,
                       'mask', t.bank_account_mask, 'amount', t.amount::text, 'status', t.status,
                       'returned_on', t.returned_on, 'reason', t.return_reason) order by t.id)
            from transfers t join payment_runs r on r.id = t.run_id
            where t.payable_id = y.id), '[]'),
        'entries', coalesce((
            select jsonb_agg(jsonb_build_object(
                       'id', e.id, 'year', e.year, 'number', e.number, 'kind', e.kind, 'entered_on', e.entered_on,
                       'summary', e.summary,
                       'reversed', exists (select from fund_entries v where v.reversal_of = e.id)) order by e.id)
            from (select 'settlement' as kind, y.settlement_id::text as id
                  union all select 'case_batch', y.batch_id::text
                  union all select 'case_payout', y.payout_id::text
                  union all select 'transfer', t.id::text from transfers t where t.payable_id = y.id
                  union all select 'payment_run', r.id::text
                            from transfers t join payment_runs r on r.id = t.run_id and r.kind = 'again'
                            where t.payable_id = y.id) d
            join fund_entries e on e.bureau_id = y.bureau_id and e.document_kind = d.kind and e.document_id = d.id
            -- A batch takes from two funds; what its payable took nothing from is none of its way.
            where case when e.kind like 'operating\_%' then y.operating else y.earmarked end > 0), '[]'))
    from payables y where y.id = of_payable
$$;
