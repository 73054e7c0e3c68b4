-- Restricted cases open for named people. Who may open one is asked in one place, by every
-- list, search, export and screen that mentions cases.
alter table case_access add column reason text not null default '';

create function case_open_to(asked cases, viewer bigint) returns boolean language sql stable as $$
    select not asked.restricted or asked.registered_by = viewer or coalesce(asked.worker_id = viewer, false)
        -- The director always; the desk until one of it has taken the case up.
        or exists (select from accounts a
                   where a.id = viewer and a.bureau_id = asked.bureau_id
                     and (a.role = 'legal_aid_director' or (a.role = 'legal_aid_staff' and asked.worker_id is null)))
        or exists (select from case_handlers h where h.id = asked.handler_id and h.account_id = viewer)
        or exists (select from case_access x where x.case_id = asked.id and x.account_id = viewer)
        or exists (select from case_quality q
                   where q.case_id = asked.id and q.reviewer_id = viewer and q.done_on is null)
$$;

-- The report on send-backs reads steps by their day.
create index case_events_steps on case_events (bureau_id, at) where kind = 'move';

-- Which cases a decision on a suspicion is about: who may open them all may read its evidence.
alter table case_screenings add column cases bigint[] not null default '{}';
