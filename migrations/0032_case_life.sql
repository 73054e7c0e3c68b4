-- The whole life of a legal aid case, from the first question to the archive.
--
-- `cases` stays the one row that everything counts by. A case lived here (origin 'live')
-- has a state, an application, clocks, documents and a time line that is only added to;
-- one registered from a paper file (origin 'paper') has its dates alone.

-- Two more kinds of account: the director of the legal aid centre, and who handles cases.
-- The list is taken as it stands, whatever was added to it before.
do $$
declare
    listed text;
begin
    select pg_get_constraintdef(oid) into strict listed from pg_constraint where conname = 'accounts_role';
    execute 'alter table accounts drop constraint accounts_role';
    execute 'alter table accounts add constraint accounts_role '
        || replace(listed, 'ARRAY[', 'ARRAY[''legal_aid_director''::text, ''handler''::text, ');
end $$;

alter table cases
    add column origin text not null default 'paper',
    add column state text not null default 'granted',
    -- 高法援申字, given with the application; empty for a notice and for paper files.
    add column application_number text not null default '',
    -- The day the application or the notice came; clocks run from it.
    add column received_on date,
    add column way text not null default 'window',
    -- Hard to move or pressing: sorted first and measured.
    add column green boolean not null default false,
    add column green_reason text not null default '',
    -- Minors, sexual offences, domestic violence: for named people only.
    add column restricted boolean not null default false,
    -- The first stage of the same matter; each stage is a case of its own (A42).
    add column matter_id bigint references cases,
    add column consultation_id bigint references consultations,
    add column worker_id bigint references accounts,
    add column handler_id bigint,
    add column granted_on date,
    add column agreement_on date,
    add column concluded_on date,
    add column filed_on date,
    add column archived_on date,
    add column archive_number text not null default '',
    add constraint cases_origin check (origin in ('paper', 'live')),
    add constraint cases_state check (state in ('draft', 'submitted', 'supplement', 'accepted', 'reviewing', 'aid_first',
        'granted', 'notified', 'assigned', 'reassigning', 'entrusted', 'handling', 'concluded', 'closing_review', 'returned',
        'close_agreed', 'entered', 'terminated', 'archived', 'refused', 'objection', 'withdrawn', 'deemed_withdrawn',
        'not_ours')),
    add constraint cases_state_agreed check (origin = 'paper'
        or (closing_agreed_on is not null) = (state in ('close_agreed', 'entered') or (state = 'archived' and terminated_on is null))),
    add constraint cases_state_entered check (origin = 'paper' or state <> 'entered' or entered_on is not null),
    add constraint cases_archived check ((archived_on is null) = (archive_number = '')),
    add constraint cases_life_order check (agreement_on >= assigned_on and concluded_on >= assigned_on and filed_on >= concluded_on
        and closing_agreed_on >= filed_on and archived_on >= coalesce(entered_on, terminated_on, archived_on)),
    add constraint cases_of_bureau unique (id, bureau_id);
create unique index cases_application_number on cases (bureau_id, application_number) where application_number <> '';
create unique index cases_by_archive_number on cases (bureau_id, archive_number) where archive_number <> '';
create index cases_of_worker on cases (bureau_id, worker_id, state) where origin = 'live';
create index cases_of_handler on cases (handler_id, id);
create index cases_of_matter on cases (matter_id);
create index cases_of_consultation on cases (consultation_id);

-- A paper file's state follows its dates.
create function case_state_of_paper() returns trigger language plpgsql as $$
begin
    if new.origin = 'paper' then
        new.received_on := coalesce(new.received_on, new.accepted_on);
        new.state := case
            when new.terminated_on is not null then 'terminated'
            when new.closing_agreed_on is not null and new.entered_on is not null then 'entered'
            when new.closing_agreed_on is not null then 'close_agreed'
            when new.assigned_on is not null then 'handling'
            else 'granted' end;
    end if;
    return new;
end $$;
create trigger cases_paper_state before insert or update on cases
    for each row execute function case_state_of_paper();
update cases set state = state;

-- Firms, and who handles cases (四(二)2).
create table case_firms (
    id        bigint generated always as identity primary key,
    bureau_id bigint not null references bureaus,
    name      text not null,
    kind      text not null,
    constraint case_firms_name unique (bureau_id, name),
    constraint case_firms_of_bureau unique (id, bureau_id),
    constraint case_firms_kind check (kind in ('law_firm', 'grassroots_office', 'agency'))
);

create table case_handlers (
    id               bigint generated always as identity primary key,
    bureau_id        bigint not null references bureaus,
    firm_id          bigint not null,
    account_id       bigint unique references accounts,
    name             text not null,
    category         text not null,
    licence_number   text not null default '',
    practising_since date,
    -- Fields of work, as codes.
    fields           text[] not null default '{}',
    -- On the list of those who defend minors.
    for_minors       boolean not null default false,
    gender           text not null,
    status           text not null default 'active',
    status_reason    text not null default '',
    version          integer not null default 1,
    created_at       timestamptz not null,
    foreign key (firm_id, bureau_id) references case_firms (id, bureau_id),
    constraint case_handlers_of_bureau unique (id, bureau_id),
    constraint case_handlers_category check (category in ('lawyer', 'grassroots_legal_worker', 'volunteer', 'agency_staff')),
    constraint case_handlers_gender check (gender in ('male', 'female')),
    constraint case_handlers_status check (status in ('active', 'suspended', 'left')),
    constraint case_handlers_reason check (status = 'active' or status_reason <> ''),
    constraint case_handlers_licence check (category not in ('lawyer', 'grassroots_legal_worker')
        or (licence_number <> '' and practising_since is not null))
);
create unique index case_handlers_by_licence on case_handlers (bureau_id, licence_number) where licence_number <> '';
alter table cases add constraint cases_handler foreign key (handler_id, bureau_id) references case_handlers (id, bureau_id);

-- Numbers run without gaps within a series and a year: 高法援申字〔2024〕001号.
create table case_numbers (
    bureau_id bigint not null references bureaus,
    year      integer not null,
    series    text not null,
    last      integer not null,
    primary key (bureau_id, year, series),
    constraint case_numbers_last check (last > 0)
);

-- Who asks, against whom, for what (申请表; 通知辩护登记). One row for each case lived here.
create table case_applications (
    case_id          bigint primary key,
    bureau_id        bigint not null,
    seal_id          uuid not null unique,
    name             text not null,
    gender           text not null,
    birth_date       date,
    id_number        bytea,
    id_number_index  bytea,
    id_number_mask   text not null default '',
    phone            bytea,
    phone_index      bytea,
    phone_mask       text not null default '',
    township         text not null default '',
    address          bytea,
    -- Who applies for another (art 40).
    agent            text not null default '',
    agent_relation   text not null default '',
    detained         boolean not null default false,
    hard_to_move     boolean not null default false,
    life_or_death    boolean not null default false,
    legal_position   text not null default '',
    opponent         text not null default '',
    -- The name without blanks and marks, for the duplicate and conflict checks.
    opponent_key     text not null default '',
    authority        text not null default '',
    authority_number text not null default '',
    notice_basis     text not null default '',
    notice_number    text not null default '',
    facts            text not null default '',
    request          text not null default '',
    amount           numeric(14,2),
    -- Last day to sue, where it presses (art 44).
    limitation_on    date,
    primary_group    text not null default 'none',
    proofs           text[] not null default '{}',
    scope_basis      text not null default '',
    means            text not null default 'unchecked',
    means_note       text not null default '',
    review_opinion   text not null default '',
    reviewed_by      bigint references accounts,
    reviewed_on      date,
    decided_by       bigint references accounts,
    decided_on       date,
    supplements      integer not null default 0,
    supplement_until date,
    settled_on       date,
    duplicate_note   text not null default '',
    version          integer not null default 1,
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_applications_gender check (gender in ('male', 'female', 'unknown')),
    constraint case_applications_one_supplement check (supplements between 0 and 1),
    constraint case_applications_second_person check (decided_by <> reviewed_by),
    constraint case_applications_amount check (amount >= 0)
);
create index case_applications_by_id_number on case_applications (bureau_id, id_number_index) where id_number_index is not null;
create index case_applications_by_phone on case_applications (bureau_id, phone_index) where phone_index is not null;
create index case_applications_by_opponent on case_applications (bureau_id, opponent_key) where opponent_key <> '';
create index case_applications_by_name on case_applications (bureau_id, name);

-- Who may open a restricted case besides the director.
create table case_access (
    case_id    bigint not null references cases,
    account_id bigint not null references accounts,
    granted_at timestamptz not null,
    granted_by bigint not null references accounts,
    primary key (case_id, account_id)
);

-- The time line: every step, document, message and look, only added to.
create table case_events (
    id         bigint generated always as identity primary key,
    case_id    bigint not null,
    bureau_id  bigint not null,
    at         timestamptz not null,
    account_id bigint references accounts,
    actor      text not null,
    kind       text not null,
    -- The move, the document's kind, the ready wording: what reports count by.
    code       text not null default '',
    from_state text not null default '',
    to_state   text not null default '',
    -- The date that the step bears, where it is not the day on which it was put down.
    on_date    date,
    words      text not null,
    note       text not null default '',
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_events_kind check (kind in ('move', 'document', 'message', 'record', 'note', 'reveal', 'clock'))
);
create index case_events_of_case on case_events (case_id, id);
create index case_events_by_code on case_events (bureau_id, code, at);
create trigger case_events_append_only before update or delete on case_events
    for each row execute function refuse_change();

-- Limits that run. A pause moves the end by its days.
create table case_clocks (
    id          bigint generated always as identity primary key,
    case_id     bigint not null,
    bureau_id   bigint not null,
    kind        text not null,
    started_on  date not null,
    due_on      date not null,
    -- Limits in hours end at an instant.
    due_at      timestamptz,
    paused_on   date,
    paused_days integer not null default 0,
    ended_on    date,
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_clocks_order check (due_on >= started_on and ended_on >= started_on and paused_on >= started_on),
    constraint case_clocks_paused check (paused_days >= 0)
);
create unique index case_clocks_one_running on case_clocks (case_id, kind) where ended_on is null;
create index case_clocks_running on case_clocks (bureau_id, due_on) where ended_on is null;
create index case_clocks_of_case on case_clocks (case_id, id);

-- 指派: each handler that a case was given to, in order.
create table case_assignments (
    id          bigint generated always as identity primary key,
    case_id     bigint not null,
    bureau_id   bigint not null,
    handler_id  bigint not null,
    number      text not null,
    assigned_on date not null,
    assigned_by bigint not null references accounts,
    accepted_at timestamptz,
    ended_on    date,
    end_reason  text not null default '',
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    foreign key (handler_id, bureau_id) references case_handlers (id, bureau_id),
    constraint case_assignments_number unique (bureau_id, number),
    constraint case_assignments_order check (ended_on >= assigned_on),
    constraint case_assignments_end check (ended_on is null or end_reason <> '')
);
create unique index case_assignments_one_open on case_assignments (case_id) where ended_on is null;
create index case_assignments_of_handler on case_assignments (handler_id, ended_on);

-- 办案过程 and the centre's 案前告知、案中监督、案后回访.
create table case_records (
    id          bigint generated always as identity primary key,
    case_id     bigint not null,
    bureau_id   bigint not null,
    kind        text not null,
    on_date     date not null,
    -- For hearings: when and where.
    starts_at   timestamptz,
    place       text not null default '',
    content     text not null,
    recorded_by bigint not null references accounts,
    recorded_at timestamptz not null,
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_records_content check (content <> '')
);
create index case_records_of_case on case_records (case_id, on_date, id);
create index case_records_hearings on case_records (bureau_id, starts_at) where starts_at is not null;

create table case_messages (
    id         bigint generated always as identity primary key,
    case_id    bigint not null,
    bureau_id  bigint not null,
    from_id    bigint not null references accounts,
    -- To the handler, or to the centre.
    to_handler boolean not null,
    at         timestamptz not null,
    body       text not null,
    read_at    timestamptz,
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_messages_body check (body <> '')
);
create index case_messages_of_case on case_messages (case_id, id);

-- Documents: made here with their content frozen, scanned, or noted as paper.
create table case_files (
    sha256     text primary key,
    bytes      bigint not null,
    media_type text not null,
    stored_at  timestamptz not null,
    constraint case_files_sha256 check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint case_files_media_type check (media_type in ('application/pdf', 'image/jpeg', 'image/png'))
);

create table case_documents (
    id        bigint generated always as identity primary key,
    case_id   bigint not null,
    bureau_id bigint not null,
    kind      text not null,
    number    text not null default '',
    source    text not null,
    title     text not null,
    content   jsonb,
    sha256    text references case_files,
    pages     integer not null default 1,
    made_on   date not null,
    made_by   bigint not null references accounts,
    made_at   timestamptz not null,
    removed_at timestamptz,
    removed_by bigint references accounts,
    removed_why text not null default '',
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_documents_source check (source in ('made', 'scan', 'paper')),
    constraint case_documents_made check ((source = 'made') = (content is not null)),
    constraint case_documents_scan check ((source = 'scan') = (sha256 is not null)),
    constraint case_documents_pages check (pages between 1 and 2000),
    constraint case_documents_removed check ((removed_at is null) = (removed_by is null) and (removed_at is null) = (removed_why = ''))
);
create index case_documents_of_case on case_documents (case_id, id);
create unique index case_documents_number on case_documents (bureau_id, number) where number <> '';

-- 结案: the handler's report and the item-by-item review.
create table case_closings (
    case_id        bigint primary key,
    bureau_id      bigint not null,
    way            text not null,
    court_number   text not null default '',
    effect         text not null default '',
    summary        text not null default '',
    adopted        text not null default '',
    recovered      numeric(14,2),
    hearings       integer not null default 0,
    meetings       integer not null default 0,
    readings       integer not null default 0,
    reported_by    bigint references accounts,
    -- Code → 有, 缺 or 不合格.
    items          jsonb not null default '{}',
    review_opinion text not null default '',
    reviewed_by    bigint references accounts,
    reviewed_on    date,
    agreed_by      bigint references accounts,
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_closings_second_person check (agreed_by <> reviewed_by and reviewed_by <> reported_by),
    constraint case_closings_recovered check (recovered >= 0)
);

-- An application sent from outside, kept apart until the window opens it.
create table case_online (
    id          bigint generated always as identity primary key,
    bureau_id   bigint not null references bureaus,
    seal_id     uuid not null unique,
    number      text not null,
    name        text not null,
    gender      text not null,
    id_number   bytea not null,
    id_number_index bytea not null,
    id_number_mask text not null,
    phone       bytea not null,
    phone_index bytea not null,
    phone_mask  text not null,
    township    text not null default '',
    groups      text[] not null default '{}',
    hard_to_move boolean not null default false,
    opponent    text not null default '',
    facts       text not null,
    request     text not null,
    sent_at     timestamptz not null,
    status      text not null default 'sent',
    case_id     bigint references cases,
    answer      text not null default '',
    answered_by bigint references accounts,
    answered_at timestamptz,
    constraint case_online_number unique (bureau_id, number),
    constraint case_online_status check (status in ('sent', 'opened', 'declined')),
    constraint case_online_opened check ((status = 'opened') = (case_id is not null)),
    constraint case_online_answered check ((status = 'sent') = (answered_by is null))
);
create index case_online_waiting on case_online (bureau_id, sent_at) where status = 'sent';
create index case_online_by_id_number on case_online (bureau_id, id_number_index, sent_at);
