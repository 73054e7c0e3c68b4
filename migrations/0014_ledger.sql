-- A55: the plan's 30 days run from the day on which the money reached the county finance bureau (entered_on);
-- the date of the notice that ordered it is kept beside it.
alter table fund_entries add column document_on date;
