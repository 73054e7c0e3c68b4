-- What days were worked is an input of every calculation of the year: a year's notice is added once and stays, so that the
-- same month gives the same amounts at any later time.
create trigger calendar_years_append_only before update or delete on calendar_years
    for each row execute function refuse_change();
create trigger calendar_years_no_truncate before truncate on calendar_years
    for each statement execute function refuse_change();
create trigger calendar_days_append_only before update or delete on calendar_days
    for each row execute function refuse_change();
create trigger calendar_days_no_truncate before truncate on calendar_days
    for each statement execute function refuse_change();
