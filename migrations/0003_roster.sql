-- Rosters and their shifts. One shift (person, venue, day, hours) is the unit of everything after it.

create table rosters (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    month         date not null,
    status        text not null default 'draft',
    made_by       bigint not null references accounts,
    made_at       timestamptz not null,
    submitted_by  bigint references accounts,
    submitted_at  timestamptz,
    approved_by   bigint references accounts,
    approved_at   timestamptz,
    published_by  bigint references accounts,
    published_at  timestamptz,
    return_reason text not null default '',
    version       integer not null default 1,
    constraint rosters_month unique (bureau_id, month),
    constraint rosters_month_first check (extract(day from month) = 1),
    constraint rosters_of_bureau unique (id, bureau_id, month),
    constraint rosters_status check (status in ('draft', 'submitted', 'approved', 'published')),
    constraint rosters_second_person check (approved_by <> submitted_by),
    constraint rosters_steps check (
        (status = 'draft' or submitted_by is not null)
        and (status not in ('approved', 'published') or (approved_by is not null and approved_at is not null))
        and (status <> 'published' or (published_by is not null and published_at is not null)))
);

create table shifts (
    id              bigint generated always as identity primary key,
    bureau_id       bigint not null references bureaus,
    roster_id       bigint not null,
    month           date not null,
    venue_id        bigint not null,
    venue_kind      text not null,
    person_id       bigint not null,
    duty_on         date not null,
    starts_at       time not null,
    ends_at         time not null,
    break_from      time,
    break_to        time,
    -- Net of the break unless the programme counts it (A04), and the minimum that held when the shift was made (四(一)4).
    planned_minutes integer not null,
    minimum_minutes integer not null,
    during          tsrange not null generated always as (tsrange(duty_on + starts_at, duty_on + ends_at)) stored,
    calendar_year   integer not null generated always as (extract(year from duty_on)::integer) stored,
    change          text not null default 'normal',
    change_reason   text not null default '',
    version         integer not null default 1,
    foreign key (roster_id, bureau_id, month) references rosters (id, bureau_id, month),
    foreign key (venue_id, bureau_id, venue_kind) references venues (id, bureau_id, kind),
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    constraint shifts_of_bureau unique (id, bureau_id),
    constraint shifts_of_venue_and_person unique (id, bureau_id, venue_id, person_id),
    constraint shifts_calendar_year foreign key (calendar_year) references calendar_years (year),
    constraint shifts_in_month check (date_trunc('month', duty_on::timestamp) = month),
    constraint shifts_hours check (starts_at < ends_at),
    constraint shifts_break check ((break_from is null) = (break_to is null)
        and (break_from is null or (starts_at < break_from and break_from < break_to and break_to < ends_at))),
    constraint shifts_planned_minutes check (planned_minutes between 1 and 960),
    constraint shifts_minimum_hours check (planned_minutes >= minimum_minutes),
    constraint shifts_change check (change in ('normal', 'moved', 'extra')),
    constraint shifts_change_reason check (change = 'normal' or change_reason <> ''),
    -- 四(一)4: a station is on duty on Wednesdays; any other day is moved or extra, with a reason (A01, A02).
    constraint shifts_station_wednesday check (venue_kind <> 'station' or change <> 'normal' or extract(isodow from duty_on) = 3),
    -- A23: nobody is in two places at once.
    constraint shifts_one_place exclude using gist (person_id with =, during with &&)
);
-- A22: one centre day a person ("每人每天").
create unique index shifts_one_centre_day on shifts (person_id, duty_on) where venue_kind = 'service_centre';
create index shifts_by_day on shifts (bureau_id, duty_on, venue_id);
create index shifts_by_month on shifts (bureau_id, month, venue_id, duty_on);
create index shifts_of_venue on shifts (venue_id, duty_on);
create index shifts_of_person on shifts (person_id, duty_on);
create index shifts_of_roster on shifts (roster_id);

create function shift_may_change() returns trigger language plpgsql as $$
declare
    roster_status text;
begin
    select status into roster_status from rosters
        where id = case when tg_op = 'DELETE' then old.roster_id else new.roster_id end
        for share;
    if roster_status <> 'draft' then
        raise exception 'the roster is %', roster_status
            using errcode = 'restrict_violation', constraint = 'shifts_roster_is_draft', table = 'shifts';
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    -- 四(一)4: the centre on working days; A03: no station shift on a holiday unless it is asked for with a reason.
    if not is_working_day(new.duty_on)
        and (new.venue_kind <> 'station' or new.change = 'normal') then
        raise exception '% is not a working day', new.duty_on
            using errcode = 'check_violation', constraint = 'shifts_working_day', table = 'shifts';
    end if;
    return new;
end $$;
create trigger shifts_may_change before insert or update or delete on shifts
    for each row execute function shift_may_change();
