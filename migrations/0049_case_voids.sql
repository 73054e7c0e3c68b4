-- A36: a counted case that turns out not to be one. Its place stays with it and is never given again, the places after it
-- stay as they are, nothing more is paid for it, and what was paid has to come back.
create table case_voids (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    case_id       bigint not null references cases,
    reason        text not null,
    asked_by      bigint not null references accounts,
    asked_at      timestamptz not null,
    decided_by    bigint references accounts,
    decided_at    timestamptz,
    agreed        boolean,
    decision_note text not null default '',
    constraint case_voids_reason check (reason <> ''),
    constraint case_voids_decided check ((decided_by is null) = (decided_at is null) and (decided_by is null) = (agreed is null)),
    constraint case_voids_second_person check (decided_by <> asked_by)
);
-- One at a time; a case that is void stays void.
create unique index case_voids_one on case_voids (case_id) where agreed is not false;
create index case_voids_waiting on case_voids (bureau_id) where agreed is null;

create function case_void_is_kept() returns trigger language plpgsql as $$
declare
    steps text[] := array['decided_by', 'decided_at', 'agreed', 'decision_note'];
begin
    if tg_op = 'UPDATE' and old.decided_by is null and (to_jsonb(new) - steps) = (to_jsonb(old) - steps) then
        return new;
    end if;
    raise exception 'a void is kept as it was decided'
        using errcode = 'restrict_violation', constraint = 'case_voids_kept', table = 'case_voids';
end $$;
create trigger case_voids_kept before update or delete on case_voids
    for each row execute function case_void_is_kept();

alter table case_voids enable row level security;
create policy case_voids_of_bureau on case_voids
    using ((select wall_kind()) = 'everything' or (bureau_id = (select wall_bureau()) and (select wall_person()) is null))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));

create function case_is_void(one bigint) returns boolean language sql stable as $$
    select exists (select from case_voids where case_id = one and agreed)
$$;

-- Nothing is paid for a void case.
create function case_payout_is_of_a_case_that_stands() returns trigger language plpgsql as $$
begin
    if case_is_void(new.case_id) then
        raise exception 'case % is void', new.case_id
            using errcode = 'check_violation', constraint = 'case_payouts_not_void', table = 'case_payouts';
    end if;
    return new;
end $$;
create trigger case_payouts_not_void before insert on case_payouts
    for each row execute function case_payout_is_of_a_case_that_stands();

-- A void case promises nothing.
create or replace function fund_committed(bureau bigint, of_year integer)
returns table (document_kind text, document_id bigint, label text, earmarked numeric, operating numeric)
language sql stable as $$
    select 'roster', r.id, to_char(r.month, 'YYYY年FMMM月') || '排班',
           coalesce(sum(case s.venue_kind
               when 'service_centre' then (g.content ->> 'centre_rate')::numeric
               when 'station' then (g.content ->> 'station_rate')::numeric
               else coalesce((g.content ->> 'legal_aid_centre_rate')::numeric, 0) end), 0),
           0::numeric
    from rosters r
    join programmes g on g.bureau_id = r.bureau_id and g.year = extract(year from r.month)::integer
    join shifts s on s.roster_id = r.id
    join persons p on p.id = s.person_id and not p.public_official
    where r.bureau_id = bureau and g.year = of_year and r.status in ('approved', 'published')
      and not exists (select from settlements t where t.bureau_id = r.bureau_id and t.month = r.month and t.status = 'paid')
    group by r.id, r.month
    union all
    select 'case', c.id, c.number,
           case when c.programme_case and not c.over then coalesce((g.content -> 'case_amounts' ->> c.kind)::numeric, 0) else 0 end,
           case when c.programme_case and not c.over
               then greatest(0, coalesce((g.content -> 'local_standards' ->> c.kind)::numeric, 0)
                             - coalesce((g.content -> 'case_amounts' ->> c.kind)::numeric, 0))
               else coalesce((g.content -> 'local_standards' ->> c.kind)::numeric, 0) end
    from (
        select k.*, coalesce(k.place, 0) > (select (content ->> 'case_target')::integer from programmes
                                            where bureau_id = bureau and year = of_year) as over
        from cases k
        where k.bureau_id = bureau and k.assigned_on is not null and k.terminated_on is null and not case_is_void(k.id)
          and k.handler_category <> 'agency_staff' and k.kind <> 'duty_lawyer_help'
          and coalesce(k.counted_year, extract(year from coalesce(k.closing_agreed_on, k.assigned_on))::integer) = of_year
    ) c
    join programmes g on g.bureau_id = c.bureau_id and g.year = of_year
    where not exists (select from case_payouts p join case_batches b on b.id = p.batch_id
                      where p.case_id = c.id and p.live and b.status = 'paid')
      and not exists (select from case_outside_payments o where o.case_id = c.id and o.withdrawn_by is null)
$$;
