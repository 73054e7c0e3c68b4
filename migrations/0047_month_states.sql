-- REVIEWED: the clerk has looked at the month again, after everybody concerned could object to their lines (A54).
alter table settlements add column reviewed_by bigint references accounts;
alter table settlements add column reviewed_at timestamptz;
-- Why the review did not wait for the end of the window; empty where it did.
alter table settlements add column review_note text not null default '';
alter table settlements add constraint settlements_reviewed check ((reviewed_by is null) = (reviewed_at is null)
    and (reviewed_by is not null or review_note = ''));
alter table settlements add constraint settlements_review_second_person check (approved_by <> reviewed_by);

-- A calculation that another replaced is kept whole: what went in, what came out, by which plan.
create table settlement_calculations (
    id                 bigint generated always as identity primary key,
    settlement_id      bigint not null,
    bureau_id          bigint not null,
    number             integer not null,
    programme_id       bigint not null,
    programme_revision integer not null,
    people             integer not null,
    payable            numeric(14, 2) not null,
    fingerprint        text not null,
    calculated_by      bigint not null references accounts,
    calculated_at      timestamptz not null,
    return_reason      text not null default '',
    -- Of each person: person, facts, result, fingerprint.
    items              jsonb not null,
    replaced_by        bigint not null references accounts,
    replaced_at        timestamptz not null,
    foreign key (settlement_id, bureau_id) references settlements (id, bureau_id),
    foreign key (programme_id, programme_revision) references programme_revisions (programme_id, revision),
    constraint settlement_calculations_number unique (settlement_id, number)
);
create trigger settlement_calculations_append_only before update or delete on settlement_calculations
    for each row execute function refuse_change();
create trigger settlement_calculations_no_truncate before truncate on settlement_calculations
    for each statement execute function refuse_change();
alter table settlement_calculations enable row level security;
create policy settlement_calculations_of_bureau on settlement_calculations
    using ((select wall_kind()) = 'everything' or (bureau_id = (select wall_bureau()) and (select wall_person()) is null))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));

-- LOCKED: what was paid in a period that the books have closed stays paid.
create function settlement_period_is_open() returns trigger language plpgsql as $$
begin
    if old.status = 'paid' and new.status <> 'paid' and exists (
        select from fund_closings where bureau_id = old.bureau_id
            and month >= date_trunc('month', old.paid_at at time zone 'Asia/Shanghai')::date) then
        raise exception 'the month is locked'
            using errcode = 'restrict_violation', constraint = 'settlements_locked', table = 'settlements';
    end if;
    return new;
end $$;
create trigger settlements_locked before update on settlements
    for each row execute function settlement_period_is_open();
