-- What a roster's steps leave behind, and the stations' weekday from the plan itself.

alter table rosters
    -- Why the roster was submitted although due days have no shift.
    add column gap_reason  text not null default '',
    add column returned_by bigint references accounts,
    add column returned_at timestamptz,
    add constraint rosters_returned check ((returned_by is null) = (returned_at is null)
        and (returned_by is null or return_reason <> ''));

-- 四(一)4: the weekday on which the stations are staffed is a figure of the year's plan (A01), Wednesday without one.
create function station_weekday(bureau bigint, asked date) returns integer language sql stable as $$
    select coalesce((
        select array_position(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], content ->> 'station_weekday')
        from programmes where bureau_id = bureau and year = extract(year from asked)), 3)
$$;

alter table shifts
    drop constraint shifts_station_wednesday,
    -- The day that a moved shift stands for (A03): that day is then no gap.
    add column moved_from date,
    add constraint shifts_moved_from check (moved_from is null or (change = 'moved' and moved_from <> duty_on));

create or replace function shift_may_change() returns trigger language plpgsql as $$
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
    -- 四(一)4: any other day of a station is moved or extra, with a reason (A01, A02).
    if new.venue_kind = 'station' and new.change = 'normal'
        and extract(isodow from new.duty_on) <> station_weekday(new.bureau_id, new.duty_on) then
        raise exception '% is not the stations'' weekday', new.duty_on
            using errcode = 'check_violation', constraint = 'shifts_station_wednesday', table = 'shifts';
    end if;
    return new;
end $$;
