-- 四(二)3(3): a number of the provincial system belongs to one case. Two people who enter the same
-- one in the same instant meet here.
create unique index cases_entry_number on cases (bureau_id, upper(entry_number))
    where entry_number <> '' and terminated_on is null;
