-- 五(二)2: the subsidies of cases, in batches with four eyes, each case once.

-- A30: a payment may be put off, with a reason and somebody else's consent, on or before the day it is due.
create table case_extensions (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    case_id       bigint not null references cases,
    days          integer not null,
    reason        text not null,
    status        text not null default 'asked',
    asked_by      bigint not null references accounts,
    asked_at      timestamptz not null,
    decided_by    bigint references accounts,
    decided_at    timestamptz,
    decision_note text not null default '',
    constraint case_extensions_days check (days > 0),
    constraint case_extensions_reason check (reason <> ''),
    constraint case_extensions_status check (status in ('asked', 'granted', 'refused')),
    constraint case_extensions_decided check ((status = 'asked') = (decided_by is null)
        and (decided_by is null) = (decided_at is null)),
    constraint case_extensions_second_person check (decided_by <> asked_by)
);
create unique index case_extensions_one_open on case_extensions (case_id) where status = 'asked';
create index case_extensions_of_case on case_extensions (case_id);
create index case_extensions_waiting on case_extensions (bureau_id) where status = 'asked';

-- Together no more days than the plan allows, and none granted after the payment was due.
create function case_extension_is_allowed() returns trigger language plpgsql as $$
declare
    agreed date;
    allowed integer;
    term integer;
    before integer;
begin
    if new.status <> 'granted' then
        return new;
    end if;
    select c.closing_agreed_on, coalesce((p.content ->> 'case_extension_days')::integer, 15),
           coalesce((p.content ->> 'case_payment_days')::integer, 30)
        into agreed, allowed, term
        from cases c
        left join programmes p on p.bureau_id = c.bureau_id
            and p.year = coalesce(c.counted_year, extract(year from c.closing_agreed_on)::integer)
        where c.id = new.case_id for update of c;
    select coalesce(sum(days), 0) into before from case_extensions
        where case_id = new.case_id and status = 'granted' and id <> new.id;
    if agreed is null or before + new.days > allowed then
        raise exception 'extensions of case % exceed % days', new.case_id, allowed
            using errcode = 'check_violation', constraint = 'case_extensions_together', table = 'case_extensions';
    end if;
    if (new.decided_at at time zone 'Asia/Shanghai')::date > agreed + term + before then
        raise exception 'case % is overdue already', new.case_id
            using errcode = 'check_violation', constraint = 'case_extensions_in_time', table = 'case_extensions';
    end if;
    return new;
end $$;
create trigger case_extensions_allowed before insert or update on case_extensions
    for each row execute function case_extension_is_allowed();

-- A39: what another fund or project paid for a case; it keeps the programme from paying it again.
create table case_outside_payments (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    case_id       bigint not null references cases,
    source        text not null,
    amount        numeric(12, 2) not null,
    paid_on       date not null,
    document      text not null,
    recorded_by   bigint not null references accounts,
    recorded_at   timestamptz not null,
    withdrawn_by  bigint references accounts,
    withdrawn_at  timestamptz,
    withdrawal    text not null default '',
    constraint case_outside_payments_amount check (amount > 0),
    constraint case_outside_payments_source check (source in ('ordinary_aid', 'lottery', 'other_project')),
    constraint case_outside_payments_document check (document <> ''),
    constraint case_outside_payments_withdrawn check ((withdrawn_by is null) = (withdrawn_at is null)
        and (withdrawn_by is null) = (withdrawal = ''))
);
create index case_outside_payments_of_case on case_outside_payments (case_id) where withdrawn_by is null;

create table case_batches (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    -- The year of the plan and of the books that it is paid from.
    year          integer not null,
    number        integer not null,
    status        text not null default 'prepared',
    cases         integer not null,
    earmarked     numeric(14, 2) not null,
    operating     numeric(14, 2) not null,
    fingerprint   text not null,
    prepared_by   bigint not null references accounts,
    prepared_at   timestamptz not null,
    returned_by   bigint references accounts,
    returned_at   timestamptz,
    return_reason text not null default '',
    approved_by   bigint references accounts,
    approved_at   timestamptz,
    paid_by       bigint references accounts,
    paid_at       timestamptz,
    version       integer not null default 1,
    constraint case_batches_number unique (bureau_id, year, number),
    constraint case_batches_of_bureau unique (id, bureau_id),
    constraint case_batches_status check (status in ('prepared', 'returned', 'dissolved', 'approved', 'paid')),
    constraint case_batches_amounts check (earmarked >= 0 and operating >= 0 and cases > 0),
    constraint case_batches_second_person check (approved_by <> prepared_by),
    constraint case_batches_third_person check (paid_by <> approved_by and paid_by <> prepared_by),
    constraint case_batches_steps check ((status in ('approved', 'paid')) = (approved_by is not null)
        and (approved_by is null) = (approved_at is null)
        and (status = 'paid') = (paid_by is not null) and (paid_by is null) = (paid_at is null)),
    constraint case_batches_returned check ((returned_by is null) = (return_reason = '')
        and (returned_by is null) = (returned_at is null) and returned_by <> prepared_by)
);
create index case_batches_waiting on case_batches (bureau_id, status) where status in ('prepared', 'returned', 'approved');

create table case_payouts (
    id           bigint generated always as identity primary key,
    batch_id     bigint not null,
    bureau_id    bigint not null,
    year         integer not null,
    case_id      bigint not null references cases,
    -- A53: a person or their firm.
    payee_kind   text not null,
    payee_name   text not null,
    organisation text not null,
    place        integer,
    facts        jsonb not null,
    result       jsonb not null,
    revision     integer not null,
    earmarked    numeric(12, 2) not null,
    operating    numeric(12, 2) not null,
    due_on       date not null,
    fingerprint  text not null,
    -- False once the batch was given up or the money came back.
    live         boolean not null default true,
    ended_by     bigint references accounts,
    ended_at     timestamptz,
    ended_reason text not null default '',
    foreign key (batch_id, bureau_id) references case_batches (id, bureau_id),
    constraint case_payouts_payee check (payee_kind in ('handler', 'unit') and payee_name <> ''),
    constraint case_payouts_amounts check (earmarked >= 0 and operating >= 0 and earmarked + operating > 0),
    constraint case_payouts_ended check (live = (ended_by is null) and live = (ended_at is null)
        and live = (ended_reason = ''))
);
create index case_payouts_of_batch on case_payouts (batch_id);
-- A39: a case is paid at most once, and so is a place of the year from the earmarked fund.
create unique index case_payouts_once on case_payouts (case_id) where live;
create unique index case_payouts_place on case_payouts (bureau_id, year, place) where live and earmarked > 0;

-- The gate of 四(二)3(3) and 五(二)2, once more where nobody gets past it.
create function case_payout_is_allowed() returns trigger language plpgsql as $$
declare
    asked cases%rowtype;
    target integer;
begin
    select * into strict asked from cases where id = new.case_id for update;
    if asked.bureau_id <> new.bureau_id or asked.closing_agreed_on is null or asked.terminated_on is not null
        or asked.handler_category = 'agency_staff' then
        raise exception 'case % cannot be paid', new.case_id
            using errcode = 'check_violation', constraint = 'case_payouts_gate', table = 'case_payouts';
    end if;
    if exists (select from case_outside_payments where case_id = new.case_id and withdrawn_by is null) then
        raise exception 'case % was paid elsewhere', new.case_id
            using errcode = 'check_violation', constraint = 'case_payouts_paid_elsewhere', table = 'case_payouts';
    end if;
    if new.earmarked > 0 then
        select (content ->> 'case_target')::integer into target from programmes
            where bureau_id = new.bureau_id and year = asked.counted_year;
        if not asked.programme_case or asked.counted_on is null or asked.place is distinct from new.place
            or asked.counted_year is distinct from new.year or asked.place > coalesce(target, 0) then
            raise exception 'case % has no place within the target', new.case_id
                using errcode = 'check_violation', constraint = 'case_payouts_within_target', table = 'case_payouts';
        end if;
    end if;
    return new;
end $$;
create trigger case_payouts_allowed before insert on case_payouts
    for each row execute function case_payout_is_allowed();

create function case_is_not_paid() returns trigger language plpgsql as $$
begin
    perform from cases where id = new.case_id for update;
    if exists (select from case_payouts where case_id = new.case_id and live) then
        raise exception 'case % is paid by the programme', new.case_id
            using errcode = 'check_violation', constraint = 'case_outside_payments_not_paid', table = 'case_outside_payments';
    end if;
    return new;
end $$;
create trigger case_outside_payments_not_paid before insert on case_outside_payments
    for each row execute function case_is_not_paid();

-- What was calculated stays as it was; a payout only ends.
create function case_payout_is_frozen() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.live
        and (to_jsonb(new) - array['live', 'ended_by', 'ended_at', 'ended_reason'])
          = (to_jsonb(old) - array['live', 'ended_by', 'ended_at', 'ended_reason']) then
        return new;
    end if;
    raise exception 'a payout is frozen'
        using errcode = 'restrict_violation', constraint = 'case_payouts_frozen', table = 'case_payouts';
end $$;
create trigger case_payouts_frozen before update or delete on case_payouts
    for each row execute function case_payout_is_frozen();

create function case_batch_is_frozen() returns trigger language plpgsql as $$
declare
    steps text[] := array['status', 'returned_by', 'returned_at', 'return_reason', 'approved_by', 'approved_at', 'paid_by',
                          'paid_at', 'version'];
begin
    if tg_op = 'UPDATE' and (to_jsonb(new) - steps) = (to_jsonb(old) - steps)
        and (old.status, new.status) in (('prepared', 'returned'), ('prepared', 'dissolved'), ('prepared', 'approved'),
            ('returned', 'dissolved'), ('approved', 'paid'), ('paid', 'approved'), ('approved', 'dissolved')) then
        return new;
    end if;
    raise exception 'the batch is %', old.status
        using errcode = 'restrict_violation', constraint = 'case_batches_frozen', table = 'case_batches';
end $$;
create trigger case_batches_frozen before update or delete on case_batches
    for each row execute function case_batch_is_frozen();
