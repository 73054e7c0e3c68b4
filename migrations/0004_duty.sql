-- The day at the desk: attendance, its corrections and certification, consultations, findings.

create table attendances (
    shift_id       bigint primary key,
    bureau_id      bigint not null,
    signed_in_at   timestamptz not null,
    signed_in_by   bigint not null references accounts,
    -- self: the duty person; desk: the venue's staff for them; correction: agreed afterwards.
    sign_in_method text not null,
    signed_out_at  timestamptz,
    signed_out_by  bigint references accounts,
    sign_out_method text,
    late_minutes   integer not null,
    early_minutes  integer not null default 0,
    remark         text not null default '',
    version        integer not null default 1,
    foreign key (shift_id, bureau_id) references shifts (id, bureau_id),
    constraint attendances_order check (signed_out_at > signed_in_at),
    constraint attendances_methods check (sign_in_method in ('self', 'desk', 'correction')
        and sign_out_method in ('self', 'desk', 'correction')),
    constraint attendances_sign_out check ((signed_out_at is null) = (signed_out_by is null)
        and (signed_out_at is null) = (sign_out_method is null)),
    constraint attendances_minutes check (late_minutes >= 0 and early_minutes >= 0)
);

-- 补签: the old value, the new one, why, who asked and who agreed.
create table attendance_corrections (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null,
    shift_id      bigint not null,
    side          text not null,
    old_value     timestamptz,
    new_value     timestamptz not null,
    reason        text not null,
    status        text not null default 'asked',
    asked_by      bigint not null references accounts,
    asked_at      timestamptz not null,
    decided_by    bigint references accounts,
    decided_at    timestamptz,
    decision_note text not null default '',
    foreign key (shift_id, bureau_id) references shifts (id, bureau_id),
    constraint attendance_corrections_side check (side in ('sign_in', 'sign_out')),
    constraint attendance_corrections_status check (status in ('asked', 'agreed', 'refused')),
    constraint attendance_corrections_reason check (reason <> ''),
    constraint attendance_corrections_decided check ((status = 'asked') = (decided_by is null)
        and (status = 'asked') = (decided_at is null)),
    constraint attendance_corrections_second_person check (decided_by <> asked_by)
);
create unique index attendance_corrections_one_open on attendance_corrections (shift_id, side) where status = 'asked';
create index attendance_corrections_of_shift on attendance_corrections (shift_id);

-- A venue's month: open until its staff certify the attendance and report it (三(一)).
create table venue_months (
    venue_id      bigint not null,
    bureau_id     bigint not null,
    month         date not null,
    status        text not null default 'open',
    certified_by  bigint references accounts,
    certified_at  timestamptz,
    return_reason text not null default '',
    version       integer not null default 1,
    primary key (venue_id, month),
    foreign key (venue_id, bureau_id) references venues (id, bureau_id),
    constraint venue_months_month check (extract(day from month) = 1),
    constraint venue_months_status check (status in ('open', 'reported')),
    constraint venue_months_certified check ((status = 'reported') = (certified_by is not null)
        and (status = 'reported') = (certified_at is not null))
);
create index venue_months_of_bureau on venue_months (bureau_id, month);

create function attendance_may_change() returns trigger language plpgsql as $$
declare
    asked bigint := case when tg_op = 'DELETE' then old.shift_id else new.shift_id end;
begin
    if exists (select from shifts s join venue_months m on m.venue_id = s.venue_id and m.month = s.month
               where s.id = asked and m.status = 'reported') then
        raise exception 'the month is certified'
            using errcode = 'restrict_violation', constraint = 'attendances_month_is_open', table = 'attendances';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger attendances_may_change before insert or update or delete on attendances
    for each row execute function attendance_may_change();

-- 法律咨询登记表 (form 8.1). One saved record is one 人次 (A43).
create table consultations (
    id               bigint generated always as identity primary key,
    bureau_id        bigint not null,
    venue_id         bigint not null,
    shift_id         bigint not null,
    person_id        bigint not null,
    number           text not null,
    seal_id          uuid not null,
    channel          text not null,
    started_at       timestamptz not null,
    ended_at         timestamptz not null,
    refused_identity boolean not null,
    client_name      text not null default '',
    gender           text not null,
    birth_year       integer,
    id_number        bytea,
    id_number_index  bytea,
    id_number_mask   text not null default '',
    phone            bytea,
    phone_index      bytea,
    phone_mask       text not null default '',
    township         text not null default '',
    address          bytea,
    groups           text[] not null default '{}',
    first_visit      boolean,
    topic            text not null,
    cause            text not null default '',
    facts            text not null,
    request          text not null,
    advice           text not null,
    legal_basis      text not null default '',
    outcomes         text[] not null,
    referred_to      text not null default '',
    legal_aid_hint   boolean not null,
    told_right       boolean not null,
    follow_up_on     date,
    sensitive        boolean not null default false,
    satisfaction     text not null default 'not_rated',
    from_paper       boolean not null default false,
    review           text not null default 'unreviewed',
    reviewed_by      bigint references accounts,
    reviewed_at      timestamptz,
    review_note      text not null default '',
    recorded_by      bigint not null references accounts,
    recorded_at      timestamptz not null,
    version          integer not null default 1,
    foreign key (shift_id, bureau_id, venue_id, person_id) references shifts (id, bureau_id, venue_id, person_id),
    constraint consultations_number unique (bureau_id, number),
    constraint consultations_seal_id unique (seal_id),
    constraint consultations_of_shift unique (id, shift_id),
    constraint consultations_times check (started_at <= ended_at),
    constraint consultations_identity check (refused_identity or client_name <> ''),
    constraint consultations_outcomes check (cardinality(outcomes) > 0),
    constraint consultations_review check (review in ('unreviewed', 'qualified', 'returned', 'missing_items', 'irregular')),
    constraint consultations_reviewed check ((review = 'unreviewed') = (reviewed_by is null))
);
create index consultations_by_time on consultations (bureau_id, started_at desc, id desc);
create index consultations_of_venue on consultations (venue_id, started_at desc, id desc);
create index consultations_of_person on consultations (person_id, started_at desc, id desc);
create index consultations_of_shift_by_time on consultations (shift_id, started_at);
create index consultations_by_phone on consultations (bureau_id, phone_index) where phone_index is not null;
create index consultations_by_id_number on consultations (bureau_id, id_number_index) where id_number_index is not null;

-- A half-written record outlives the session that wrote it. Sealed whole: it may hold anything.
create table consultation_drafts (
    account_id bigint not null references accounts,
    shift_id   bigint not null references shifts,
    content    bytea not null,
    saved_at   timestamptz not null,
    primary key (account_id, shift_id)
);

-- Sums kept by the transaction that records, so that a dashboard need not count (checked by `huifa check`).
create table consultation_sums (
    bureau_id bigint not null,
    venue_id  bigint not null,
    month     date not null,
    counted   integer not null,
    last_number integer not null,
    primary key (venue_id, month),
    foreign key (venue_id, bureau_id) references venues (id, bureau_id),
    constraint consultation_sums_counted check (counted >= 0 and last_number >= counted)
);
create index consultation_sums_of_bureau on consultation_sums (bureau_id, month);

-- 扣款事项. Only a confirmed finding counts.
create table findings (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null,
    shift_id      bigint not null,
    venue_id      bigint not null,
    person_id     bigint not null,
    kind          text not null,
    event_on      date not null,
    -- What makes two of a kind on one shift two: the record, the matter, the roll-call (readings A06, A08, A09, A13).
    occurrence    text not null default '',
    consultation_id bigint,
    evidence      text not null,
    status        text not null default 'proposed',
    -- Null: proposed by the system from the sign-ins.
    proposed_by   bigint references accounts,
    proposed_at   timestamptz not null,
    told_by       bigint references accounts,
    told_at       timestamptz,
    objection     text not null default '',
    objected_at   timestamptz,
    decided_by    bigint references accounts,
    decided_at    timestamptz,
    decision_note text not null default '',
    version       integer not null default 1,
    foreign key (shift_id, bureau_id, venue_id, person_id) references shifts (id, bureau_id, venue_id, person_id),
    foreign key (consultation_id, shift_id) references consultations (id, shift_id),
    constraint findings_kind check (kind in ('late', 'early_leave', 'record_defect', 'dissatisfied', 'off_post', 'false_duty')),
    constraint findings_status check (status in ('proposed', 'told', 'objected', 'confirmed', 'revoked')),
    constraint findings_evidence check (evidence <> ''),
    constraint findings_told check ((told_at is null) = (told_by is null)
        and (status not in ('told', 'objected') or told_at is not null)
        and (status <> 'confirmed' or told_at is not null)),
    constraint findings_objected check (status <> 'objected' or (objection <> '' and objected_at is not null)),
    constraint findings_decided check ((status in ('confirmed', 'revoked')) = (decided_at is not null)
        and (decided_at is null) = (decided_by is null)),
    constraint findings_second_person check (status <> 'confirmed' or decided_by is distinct from proposed_by)
);
create unique index findings_once on findings (shift_id, kind, occurrence) where status <> 'revoked';
create index findings_open on findings (bureau_id, event_on) where status in ('proposed', 'told', 'objected');
create index findings_of_shift on findings (shift_id);
create index findings_of_person on findings (person_id, event_on);
create index findings_of_bureau on findings (bureau_id, id desc);

-- Every step of a finding, in order.
create table finding_steps (
    id         bigint generated always as identity primary key,
    finding_id bigint not null references findings,
    at         timestamptz not null,
    account_id bigint references accounts,
    status     text not null,
    note       text not null default ''
);
create index finding_steps_of_finding on finding_steps (finding_id, id);
create trigger finding_steps_append_only before update or delete on finding_steps
    for each row execute function refuse_change();
