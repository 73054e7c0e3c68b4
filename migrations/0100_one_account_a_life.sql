-- A staff number names one person, and a person keeps their account: whoever was disabled comes back by a restored account
-- and a change of role, not by a second account with which they would approve what the first one made. Only an account
-- that never had rights gives its number free again.

-- Of older accounts of one person the newest keeps the number.
update accounts a
set staff_number = a.staff_number || '-' || a.id
where a.status = 'disabled' and a.staff_number is not null
  and exists (select from accounts b where b.bureau_id = a.bureau_id and b.staff_number = a.staff_number and b.id > a.id);

drop index accounts_one_per_person;
create unique index accounts_one_per_person on accounts (bureau_id, staff_number)
    where staff_number is not null and (status <> 'disabled' or granted_at is not null or created_by is null);
