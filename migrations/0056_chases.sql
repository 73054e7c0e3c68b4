-- A venue that has not reported a month's attendance is asked for it by name, once a day: who asked, and when. Only added to.
create table attendance_chases (
    id         bigint generated always as identity primary key,
    bureau_id  bigint not null,
    venue_id   bigint not null,
    month      date not null,
    chased_on  date not null,
    chased_by  bigint not null references accounts,
    chased_at  timestamptz not null,
    foreign key (venue_id, bureau_id) references venues (id, bureau_id),
    constraint attendance_chases_month check (extract(day from month) = 1),
    constraint attendance_chases_once_a_day unique (venue_id, month, chased_on)
);
create trigger attendance_chases_append_only before update or delete on attendance_chases
    for each row execute function refuse_change();
create trigger attendance_chases_no_truncate before truncate on attendance_chases
    for each statement execute function refuse_change();
