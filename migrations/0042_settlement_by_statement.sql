-- A month is written as a whole: whether it may be is asked once a statement, not once a row.

drop trigger settlement_items_frozen on settlement_items;
drop trigger settlement_lines_frozen on settlement_lines;
drop trigger settlement_adjustments_frozen on settlement_adjustments;
drop function settlement_is_frozen();

create function settlement_rows_are_frozen() returns trigger language plpgsql as $$
declare
    head_status text;
begin
    select s.status into head_status
        from (select distinct settlement_id from touched) t join settlements s on s.id = t.settlement_id
        where s.status <> 'calculated' limit 1;
    if found then
        raise exception 'the settlement is %', head_status
            using errcode = 'restrict_violation', constraint = 'settlements_frozen', table = tg_table_name;
    end if;
    return null;
end $$;

create trigger settlement_items_frozen_new after insert on settlement_items
    referencing new table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_items_frozen_changed after update on settlement_items
    referencing new table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_items_frozen_gone after delete on settlement_items
    referencing old table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_lines_frozen_new after insert on settlement_lines
    referencing new table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_lines_frozen_changed after update on settlement_lines
    referencing new table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_lines_frozen_gone after delete on settlement_lines
    referencing old table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_adjustments_frozen_new after insert on settlement_adjustments
    referencing new table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_adjustments_frozen_changed after update on settlement_adjustments
    referencing new table as touched for each statement execute function settlement_rows_are_frozen();
create trigger settlement_adjustments_frozen_gone after delete on settlement_adjustments
    referencing old table as touched for each statement execute function settlement_rows_are_frozen();

-- No row moves from one settlement to another: the check above sees only where it arrives.
create function settlement_rows_stay() returns trigger language plpgsql as $$
begin
    raise exception 'a row stays in its settlement'
        using errcode = 'restrict_violation', constraint = 'settlements_frozen', table = tg_table_name;
end $$;
create trigger settlement_items_stay before update of settlement_id on settlement_items
    for each row when (old.settlement_id <> new.settlement_id) execute function settlement_rows_stay();
create trigger settlement_lines_stay before update of settlement_id on settlement_lines
    for each row when (old.settlement_id <> new.settlement_id) execute function settlement_rows_stay();
create trigger settlement_adjustments_stay before update of settlement_id on settlement_adjustments
    for each row when (old.settlement_id <> new.settlement_id) execute function settlement_rows_stay();

