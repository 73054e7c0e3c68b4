-- Bureaus, service points, accounts, sessions, the once-keys of forms and the audit trail.
-- Every business row carries its bureau; composite keys keep rows of two bureaus apart.

create extension if not exists btree_gist;
create extension if not exists pg_trgm;

create table bureaus (
    id              bigint generated always as identity primary key,
    -- GB/T 2260: 14 is the province, 1405 the prefecture, 140581 the county; prefixes give the hierarchy.
    division_code   text not null,
    name            text not null,
    short_name      text not null,
    supervise_phone text not null default '',
    constraint bureaus_division_code unique (division_code),
    constraint bureaus_division_code_form check (division_code ~ '^[0-9]{2}([0-9]{2}([0-9]{2})?)?$')
);

create table venues (
    id          bigint generated always as identity primary key,
    bureau_id   bigint not null references bureaus,
    kind        text not null,
    code        text not null,
    name        text not null,
    short_name  text not null,
    address     text not null default '',
    phone       text not null default '',
    -- The hours a new shift gets; a break is not counted (A04).
    starts_at   time not null,
    ends_at     time not null,
    break_from  time,
    break_to    time,
    sort        integer not null,
    active      boolean not null default true,
    version     integer not null default 1,
    constraint venues_kind check (kind in ('service_centre', 'station', 'legal_aid_centre')),
    constraint venues_code unique (bureau_id, code),
    constraint venues_name unique (bureau_id, name),
    constraint venues_hours check (starts_at < ends_at),
    constraint venues_break check ((break_from is null) = (break_to is null)
        and (break_from is null or (starts_at < break_from and break_from < break_to and break_to < ends_at))),
    constraint venues_of_bureau unique (id, bureau_id),
    constraint venues_of_bureau_and_kind unique (id, bureau_id, kind)
);

-- The duty bank (值班人员库).
create table persons (
    id                  bigint generated always as identity primary key,
    bureau_id           bigint not null references bureaus,
    -- Names the row inside its sealed values: one moved to another row does not open.
    seal_id             uuid not null,
    name                text not null,
    pinyin              text not null,
    gender              text not null,
    birth_date          date not null,
    id_number           bytea not null,
    id_number_index     bytea not null,
    id_number_mask      text not null,
    phone               bytea not null,
    phone_mask          text not null,
    category            text not null,
    organisation        text not null,
    licence_number      text not null default '',
    licence_valid_to    date,
    former_organisation text not null default '',
    years_in_service    integer,
    retired_on          date,
    school              text not null default '',
    major               text not null default '',
    public_official     boolean not null,
    specialties         text not null default '',
    bank_name           text not null default '',
    bank_account        bytea,
    bank_account_mask   text not null default '',
    status              text not null default 'active',
    exit_reason         text not null default '',
    joined_on           date not null,
    version             integer not null default 1,
    created_at          timestamptz not null,
    constraint persons_seal_id unique (seal_id),
    constraint persons_id_number unique (bureau_id, id_number_index),
    constraint persons_of_bureau unique (id, bureau_id),
    constraint persons_gender check (gender in ('male', 'female')),
    constraint persons_status check (status in ('active', 'suspended', 'left')),
    constraint persons_exit_reason check (status = 'active' or exit_reason <> ''),
    constraint persons_category check (category in ('lawyer', 'grassroots_legal_worker', 'retired_judicial',
        'law_school', 'other_non_public', 'public_staff')),
    -- 四(一)3: five years in the line of work, and a licence or qualification where the category rests on it.
    constraint persons_retired_years check (category <> 'retired_judicial' or years_in_service >= 5),
    constraint persons_licence check (category not in ('lawyer', 'grassroots_legal_worker', 'law_school') or licence_number <> ''),
    constraint persons_public_staff check (category <> 'public_staff' or public_official)
);
create index persons_by_pinyin on persons (bureau_id, pinyin, id);

create table person_venues (
    person_id bigint not null,
    venue_id  bigint not null,
    bureau_id bigint not null,
    primary key (person_id, venue_id),
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    foreign key (venue_id, bureau_id) references venues (id, bureau_id)
);
create index person_venues_by_venue on person_venues (venue_id, person_id);

create table accounts (
    id                   bigint generated always as identity primary key,
    bureau_id            bigint not null references bureaus,
    venue_id             bigint,
    person_id            bigint,
    login                text not null,
    name                 text not null,
    role                 text not null,
    password_hash        text not null,
    must_change_password boolean not null default true,
    status               text not null default 'active',
    failed_sign_ins      integer not null default 0,
    locked_until         timestamptz,
    last_sign_in_at      timestamptz,
    version              integer not null default 1,
    created_at           timestamptz not null,
    created_by           bigint references accounts,
    foreign key (venue_id, bureau_id) references venues (id, bureau_id),
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    constraint accounts_login unique (login),
    constraint accounts_login_form check (login ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
    constraint accounts_person unique (person_id),
    constraint accounts_of_bureau unique (id, bureau_id),
    constraint accounts_status check (status in ('active', 'disabled')),
    constraint accounts_role check (role in ('duty_person', 'venue_staff', 'bureau_clerk', 'approver', 'finance',
        'leader', 'legal_aid_staff', 'system_administrator', 'security_administrator', 'audit_administrator')),
    -- A role is bound to what it works on: a person, a venue, or the bureau.
    constraint accounts_bound_to_person check ((role = 'duty_person') = (person_id is not null)),
    constraint accounts_bound_to_venue check ((role in ('venue_staff', 'legal_aid_staff')) = (venue_id is not null))
);
create index accounts_of_bureau_by_name on accounts (bureau_id, name, id);

create table sessions (
    -- SHA-256 of the cookie's value: a read of this table opens no session.
    id         bytea primary key,
    account_id bigint not null references accounts,
    form_token text not null,
    created_at timestamptz not null,
    seen_at    timestamptz not null,
    expires_at timestamptz not null,
    address    text not null,
    user_agent text not null,
    flash_kind text,
    flash_text text
);
create index sessions_of_account on sessions (account_id);
create index sessions_expired on sessions (expires_at);

-- One key a form: pressing twice does one thing, and the second press is sent where the first went.
create table once_keys (
    key        uuid primary key,
    account_id bigint not null references accounts,
    used_at    timestamptz not null,
    location   text
);

create table audit_records (
    id          bigint generated always as identity primary key,
    -- By the product's clock; recorded_at is the database's own.
    at          timestamptz not null,
    recorded_at timestamptz not null default clock_timestamp(),
    bureau_id   bigint references bureaus,
    account_id  bigint references accounts,
    actor       text not null,
    address     text not null,
    action      text not null,
    subject     text not null,
    subject_id  text not null,
    before      jsonb,
    after       jsonb,
    note        text not null default '',
    request_id  text not null default '',
    transaction xid8 not null default pg_current_xact_id()
);
create index audit_records_of_bureau on audit_records (bureau_id, id desc);
create index audit_records_of_subject on audit_records (subject, subject_id, id desc);
create index audit_records_of_account on audit_records (account_id, id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on % is refused: rows are only added', tg_op, tg_table_name
        using errcode = 'restrict_violation', constraint = tg_table_name || '_append_only', table = tg_table_name;
end $$;

create trigger audit_records_append_only before update or delete on audit_records
    for each row execute function refuse_change();
create trigger audit_records_no_truncate before truncate on audit_records
    for each statement execute function refuse_change();
