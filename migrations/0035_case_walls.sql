-- The rooms of a case lie behind the same wall as the case. What the public pages read and
-- write of applications from outside, they do within the office's bureau.
do $$
declare
    room text;
begin
    foreach room in array array['case_applications', 'case_online', 'case_handlers', 'case_firms', 'case_events', 'case_clocks',
        'case_assignments', 'case_records', 'case_messages', 'case_documents', 'case_closings', 'case_quality', 'case_screenings']
    loop
        execute format('alter table %I enable row level security', room);
        execute format(
            'create policy %I on %I using ((select wall_kind()) = ''everything'' or bureau_id = (select wall_bureau()))
                 with check ((select wall_kind()) = ''everything'' or bureau_id = (select wall_bureau()))',
            room || '_of_bureau', room);
    end loop;
end $$;
