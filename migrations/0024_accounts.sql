-- Who may sign in, how they prove it, and how rights are given: one person makes an
-- account, another gives it its rights.

-- The rules of signing in, one row for the installation; kept by the security administrator.
create table security_policy (
    only_row                     boolean primary key default true,
    shortest_password            integer not null default 10,
    administrators_shortest      integer not null default 12,
    -- zxcvbn's estimate: 2 is guessable, 3 and 4 are safe online and offline.
    strength                     integer not null default 3,
    remembered_passwords         integer not null default 5,
    -- 0: a password stays until its owner changes it.
    password_days                integer not null default 90,
    failures                     integer not null default 5,
    locked_minutes               integer not null default 15,
    idle_minutes                 integer not null default 15,
    administrators_idle_minutes  integer not null default 10,
    longest_hours                integer not null default 10,
    fresh_minutes                integer not null default 10,
    unused_days                  integer not null default 90,
    version                      integer not null default 1,
    constraint security_policy_one_row check (only_row),
    -- No setting opens the door: the loosest value of each still holds.
    constraint security_policy_floor check (shortest_password between 8 and 64
        and administrators_shortest between shortest_password and 64 and strength between 2 and 4
        and remembered_passwords between 5 and 24 and password_days between 0 and 365 and failures between 3 and 10
        and locked_minutes between 5 and 60 and idle_minutes between 5 and 60
        and administrators_idle_minutes between 5 and idle_minutes and longest_hours between 1 and 12
        and fresh_minutes between 1 and 30 and unused_days between 30 and 366)
);
insert into security_policy default values;

alter table accounts
    -- Names a person of the staff: whoever has a live account gets no second one, so
    -- that nobody is two administrators, or maker and checker at once.
    add column staff_number         text,
    add column password_changed_at  timestamptz,
    add column granted_by           bigint references accounts,
    add column granted_at           timestamptz,
    -- Why it was disabled, in words.
    add column status_reason        text not null default '';
update accounts set password_changed_at = created_at, granted_at = created_at;
alter table accounts alter column password_changed_at set not null,
    alter column password_changed_at set default clock_timestamp();
alter table accounts drop constraint accounts_status;
alter table accounts
    add constraint accounts_status check (status in ('waiting', 'active', 'disabled')),
    add constraint accounts_granted check (status <> 'active' or created_by is null or granted_at is not null),
    add constraint accounts_granted_by_another check (granted_by <> created_by and granted_by <> id);
create unique index accounts_one_per_person on accounts (bureau_id, staff_number)
    where status <> 'disabled' and staff_number is not null;
create index accounts_unused on accounts (last_sign_in_at) where status = 'active';

-- What was asked for and what came of it: a new account's rights, a change of role, a
-- disabled account back, a lost second factor. Asked by one, decided by another.
create table rights_requests (
    id          bigint generated always as identity primary key,
    bureau_id   bigint not null references bureaus,
    account_id  bigint not null,
    kind        text not null,
    role        text not null,
    venue_id    bigint,
    reason      text not null,
    asked_by    bigint not null references accounts,
    asked_at    timestamptz not null,
    decision    text,
    decided_by  bigint references accounts,
    decided_at  timestamptz,
    note        text not null default '',
    foreign key (account_id, bureau_id) references accounts (id, bureau_id),
    foreign key (venue_id, bureau_id) references venues (id, bureau_id),
    constraint rights_requests_kind check (kind in ('new', 'role', 'restore', 'second_factor')),
    constraint rights_requests_decision check (decision in ('granted', 'refused')),
    constraint rights_requests_decided check ((decision is null) = (decided_by is null)
        and (decision is null) = (decided_at is null)),
    constraint rights_requests_second_person check (decided_by <> asked_by and decided_by <> account_id),
    constraint rights_requests_not_for_oneself check (asked_by <> account_id),
    constraint rights_requests_refused_with_reason check (decision <> 'refused' or note <> '')
);
create unique index rights_requests_one_open on rights_requests (account_id) where decision is null;
create index rights_requests_of_bureau on rights_requests (bureau_id, id desc);

-- The quarter's look at every account: does this person still need this right?
create table access_reviews (
    bureau_id   bigint not null references bureaus,
    quarter     text not null,
    account_id  bigint not null,
    decision    text not null,
    note        text not null default '',
    decided_by  bigint not null references accounts,
    decided_at  timestamptz not null,
    primary key (bureau_id, quarter, account_id),
    foreign key (account_id, bureau_id) references accounts (id, bureau_id),
    constraint access_reviews_quarter check (quarter ~ '^[0-9]{4}Q[1-4]$'),
    constraint access_reviews_decision check (decision in ('keep', 'disable')),
    constraint access_reviews_by_another check (decided_by <> account_id)
);
create trigger access_reviews_append_only before update or delete on access_reviews
    for each row execute function refuse_change();

-- The last passwords of an account, so that none comes back.
create table former_passwords (
    id            bigint generated always as identity primary key,
    account_id    bigint not null references accounts,
    password_hash text not null
);
create index former_passwords_of_account on former_passwords (account_id, id desc);

-- A browser in which an account was signed in before. Wrong passwords typed elsewhere
-- lock the account for other browsers, not for this one; it has a count of its own.
create table known_devices (
    -- SHA-256 of the cookie's value.
    id           bytea primary key,
    account_id   bigint not null references accounts,
    failed       integer not null default 0,
    locked_until timestamptz,
    seen_at      timestamptz not null
);
create index known_devices_of_account on known_devices (account_id, seen_at);

-- Addresses from which many wrong passwords came: their next tries wait in a line.
create table failing_addresses (
    address  text primary key,
    failures integer not null,
    since    timestamptz not null,
    free_at  timestamptz not null
);
create index failing_addresses_since on failing_addresses (since);

create table second_factors (
    account_id   bigint primary key references accounts,
    -- Names the row inside its sealed secret.
    seal_id      uuid not null unique,
    secret       bytea not null,
    -- The last time step whose code was taken: no code is taken twice.
    last_step    bigint not null,
    confirmed_at timestamptz not null
);

create table recovery_codes (
    account_id bigint not null references accounts,
    -- SHA-256 of the code, which has 118 random bits.
    code       bytea not null,
    used_at    timestamptz,
    primary key (account_id, code)
);

-- Somebody whose password was right and whose code is awaited.
create table sign_in_steps (
    -- SHA-256 of the cookie's value.
    id         bytea primary key,
    account_id bigint not null references accounts,
    next       text not null,
    tries      integer not null default 0,
    expires_at timestamptz not null
);
create index sign_in_steps_expired on sign_in_steps (expires_at);
create index sign_in_steps_of_account on sign_in_steps (account_id);

alter table sessions
    -- What was shown beside the password; none where the role does without.
    add column second_factor text,
    -- Wrong proofs in a row within this session; too many end it.
    add column failed integer not null default 0,
    add constraint sessions_second_factor check (second_factor in ('totp', 'recovery'));
