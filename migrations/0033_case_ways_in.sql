-- A consultation is passed on to legal aid once.
create unique index cases_once_from_consultation on cases (consultation_id) where consultation_id is not null;
drop index cases_of_consultation;
