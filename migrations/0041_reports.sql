-- 六(一) 逐月上报、季度抽查、年中督查、年底考核; 五(二) the quarterly report on the fund: what was signed stays as it was.

create table report_signings (
    id           bigint generated always as identity primary key,
    bureau_id    bigint not null references bureaus,
    kind         text not null,
    period       text not null,
    -- What was said then, whole: the page of a signed report shows this and nothing newer.
    content      jsonb not null,
    fingerprint  text not null,
    as_of        date not null,
    prepared_by  bigint not null references accounts,
    prepared_at  timestamptz not null,
    checked_by   bigint references accounts,
    checked_at   timestamptz,
    signed_by    bigint references accounts,
    signed_at    timestamptz,
    withdrawn_by bigint references accounts,
    withdrawn_at timestamptz,
    withdrawal   text not null default '',
    constraint report_signings_kind check (kind in ('monthly', 'quarterly', 'mid_year', 'yearly', 'self_evaluation',
        'account_book', 'publication')),
    constraint report_signings_order check ((checked_by is null) = (checked_at is null)
        and (signed_by is null) = (signed_at is null) and (signed_by is null or checked_by is not null)),
    constraint report_signings_second_person check (checked_by <> prepared_by),
    constraint report_signings_third_person check (signed_by <> prepared_by and signed_by <> checked_by),
    constraint report_signings_withdrawn check ((withdrawn_by is null) = (withdrawn_at is null)
        and (withdrawn_by is null) = (withdrawal = ''))
);
create unique index report_signings_one on report_signings (bureau_id, kind, period) where withdrawn_by is null;

create function report_is_frozen() returns trigger language plpgsql as $$
declare
    steps text[] := array['checked_by', 'checked_at', 'signed_by', 'signed_at', 'withdrawn_by', 'withdrawn_at', 'withdrawal'];
begin
    if tg_op = 'UPDATE' and (to_jsonb(new) - steps) = (to_jsonb(old) - steps) and old.withdrawn_by is null
        and (old.signed_by is null or (new.signed_by = old.signed_by and new.checked_by = old.checked_by)) then
        return new;
    end if;
    raise exception 'a report is kept as it was'
        using errcode = 'restrict_violation', constraint = 'report_signings_frozen', table = 'report_signings';
end $$;
create trigger report_signings_frozen before update or delete on report_signings
    for each row execute function report_is_frozen();

-- A27: what is owed by somebody and cannot be recovered is written off by an approver, or was paid back in cash.
create table receivable_settlings (
    id          bigint generated always as identity primary key,
    bureau_id   bigint not null references bureaus,
    person_id   bigint not null,
    kind        text not null,
    amount      numeric(12, 2) not null,
    reason      text not null,
    asked_by    bigint not null references accounts,
    asked_at    timestamptz not null,
    decided_by  bigint references accounts,
    decided_at  timestamptz,
    agreed      boolean,
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    constraint receivable_settlings_kind check (kind in ('cash', 'written_off')),
    constraint receivable_settlings_amount check (amount > 0),
    constraint receivable_settlings_reason check (reason <> ''),
    constraint receivable_settlings_decided check ((decided_by is null) = (decided_at is null)
        and (decided_by is null) = (agreed is null)),
    constraint receivable_settlings_second_person check (decided_by <> asked_by)
);
create unique index receivable_settlings_one_open on receivable_settlings (person_id) where decided_by is null;
create index receivable_settlings_of_person on receivable_settlings (person_id) where agreed;

-- A54: a duty person objects to a line of their month within the window; undisputed pay goes on.
create table line_objections (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    settlement_id bigint not null,
    person_id     bigint not null,
    shift_id      bigint,
    words         text not null,
    objected_by   bigint not null references accounts,
    objected_at   timestamptz not null,
    answered_by   bigint references accounts,
    answered_at   timestamptz,
    upheld        boolean,
    answer        text not null default '',
    foreign key (settlement_id, bureau_id) references settlements (id, bureau_id),
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    foreign key (shift_id, bureau_id) references shifts (id, bureau_id),
    constraint line_objections_words check (words <> ''),
    constraint line_objections_answered check ((answered_by is null) = (answered_at is null)
        and (answered_by is null) = (upheld is null) and (answered_by is null) = (answer = '')),
    constraint line_objections_second_person check (answered_by <> objected_by)
);
create unique index line_objections_one on line_objections (settlement_id, person_id, coalesce(shift_id, 0))
    where answered_by is null;
create index line_objections_of_shift on line_objections (shift_id) where shift_id is not null;
create index line_objections_open on line_objections (bureau_id) where answered_by is null;

-- NOTIFIED: since when people can see their lines; the window runs from here.
alter table settlements add column notified_at timestamptz;
alter table settlements add column objection_until date;
alter table settlements add constraint settlements_notified check ((notified_at is null) = (objection_until is null));

-- The month's commitments follow from what was approved: rosters whose months are not paid, cases that are assigned and
-- neither paid nor terminated. They are never out of step, because they are not stored.
create function fund_committed(bureau bigint, of_year integer)
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
        where k.bureau_id = bureau and k.assigned_on is not null and k.terminated_on is null
          and k.handler_category <> 'agency_staff' and k.kind <> 'duty_lawyer_help'
          and coalesce(k.counted_year, extract(year from coalesce(k.closing_agreed_on, k.assigned_on))::integer) = of_year
    ) c
    join programmes g on g.bureau_id = c.bureau_id and g.year = of_year
    where not exists (select from case_payouts p join case_batches b on b.id = p.batch_id
                      where p.case_id = c.id and p.live and b.status = 'paid')
      and not exists (select from case_outside_payments o where o.case_id = c.id and o.withdrawn_by is null)
$$;
