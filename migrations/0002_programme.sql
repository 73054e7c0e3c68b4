-- The plan as data, and the calendar that its days are counted by.

create table calendar_years (
    year     integer primary key,
    -- The notice as it was entered, so that a person can compare it with the original.
    notice   text not null,
    source   text not null,
    added_at timestamptz not null,
    constraint calendar_years_year check (year between 2019 and 2100)
);

-- Only the days that differ from an ordinary week.
create table calendar_days (
    day        date primary key,
    year       integer not null references calendar_years,
    is_workday boolean not null,
    name       text not null,
    constraint calendar_days_year check (extract(year from day) = year)
);

create function is_working_day(asked date) returns boolean language sql stable as $$
    select coalesce((select is_workday from calendar_days where day = asked), extract(isodow from asked) < 6)
$$;

-- One bureau's plan of one year. content is plan::Programme; revision is stamped on calculations.
create table programmes (
    id         bigint generated always as identity primary key,
    bureau_id  bigint not null references bureaus,
    year       integer not null,
    revision   integer not null default 1,
    content    jsonb not null,
    created_at timestamptz not null,
    constraint programmes_year unique (bureau_id, year),
    constraint programmes_of_bureau unique (id, bureau_id),
    constraint programmes_content_year check ((content ->> 'year')::integer = year)
);

-- Every revision ever in force, so that an old calculation can be explained.
create table programme_revisions (
    programme_id bigint not null references programmes,
    revision     integer not null,
    content      jsonb not null,
    made_by      bigint references accounts,
    made_at      timestamptz not null,
    primary key (programme_id, revision)
);
create trigger programme_revisions_append_only before update or delete on programme_revisions
    for each row execute function refuse_change();
