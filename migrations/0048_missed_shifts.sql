-- Shifts that an approved month did not pay because nobody was there: looked at again when a later register says otherwise.
create index settlement_lines_not_served on settlement_lines (bureau_id, settlement_id) where not_payable = 'not_served';

-- A certified month stays as it is, until its pay is approved; then a correction that a second person agreed to puts the
-- register right, and the difference comes into the next open month (A27). The approved month itself is frozen.
create or replace function attendance_may_change() returns trigger language plpgsql as $$
declare
    asked bigint := case when tg_op = 'DELETE' then old.shift_id else new.shift_id end;
begin
    if exists (select from shifts s join venue_months m on m.venue_id = s.venue_id and m.month = s.month
               where s.id = asked and m.status = 'reported')
        and not (tg_op <> 'DELETE'
            and exists (select from shifts s join settlements t on t.bureau_id = s.bureau_id and t.month = s.month
                        where s.id = asked and t.status <> 'calculated')
            and exists (select from attendance_corrections c where c.shift_id = asked and c.status = 'agreed')) then
        raise exception 'the month is certified'
            using errcode = 'restrict_violation', constraint = 'attendances_month_is_open', table = 'attendances';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
