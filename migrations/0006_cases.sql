-- The register of legal aid cases: what the year's target of 290 is counted by (二, A34-A36).

create table cases (
    id                bigint generated always as identity primary key,
    bureau_id         bigint not null references bureaus,
    number            text not null,
    kind              text not null,
    basis             text not null,
    groups            text[] not null default '{}',
    handler_category  text not null,
    handler_name      text not null,
    organisation      text not null,
    cause             text not null,
    accepted_on       date not null,
    assigned_on       date,
    closing_agreed_on date,
    entered_on        date,
    entry_number      text not null default '',
    terminated_on     date,
    termination_note  text not null default '',
    programme_case    boolean not null,
    -- The later of agreement and entry; the place in the year is given once and never sorted again.
    counted_on        date,
    counted_year      integer generated always as (extract(year from counted_on)::integer) stored,
    place             integer,
    version           integer not null default 1,
    registered_by     bigint not null references accounts,
    registered_at     timestamptz not null,
    constraint cases_number unique (bureau_id, number),
    constraint cases_place unique (bureau_id, counted_year, place),
    constraint cases_counted check ((counted_on is null) = (place is null)
        and (counted_on is null or (programme_case and closing_agreed_on is not null and entered_on is not null
            and counted_on = greatest(closing_agreed_on, entered_on) and terminated_on is null))),
    constraint cases_place_positive check (place > 0),
    constraint cases_entry check ((entered_on is null) = (entry_number = '')),
    constraint cases_order check (assigned_on >= accepted_on and closing_agreed_on >= accepted_on and entered_on >= accepted_on
        and (closing_agreed_on is null or assigned_on is not null)),
    constraint cases_terminated check (terminated_on is null or (closing_agreed_on is null and termination_note <> ''))
);
create index cases_by_acceptance on cases (bureau_id, accepted_on desc, id desc);
create index cases_counted_by_day on cases (bureau_id, counted_on) where counted_on is not null;

create function case_place_is_final() returns trigger language plpgsql as $$
begin
    if old.place is not null and (new.place, new.counted_on) is distinct from (old.place, old.counted_on) then
        raise exception 'a place is given once'
            using errcode = 'restrict_violation', constraint = 'cases_place_final', table = 'cases';
    end if;
    return new;
end $$;
create trigger cases_place_final before update on cases for each row execute function case_place_is_final();
create trigger cases_kept before delete on cases for each row execute function refuse_change();
