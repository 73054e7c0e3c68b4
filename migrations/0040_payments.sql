-- Paying out: what is owed to whom, the runs in which the bank is told, what the bank sent back, the second person for
-- every account that changes, and pay that is held.

-- Who is paid for cases: handlers and firms. Duty persons are paid from the duty bank.
create table payees (
    id                bigint generated always as identity primary key,
    bureau_id         bigint not null references bureaus,
    kind              text not null,
    name              text not null,
    organisation      text not null,
    seal_id           uuid not null,
    id_number         bytea,
    id_number_mask    text not null default '',
    bank_name         text not null default '',
    bank_account      bytea,
    bank_account_mask text not null default '',
    licence_valid_to  date,
    public_official   boolean not null default false,
    version           integer not null default 1,
    created_by        bigint not null references accounts,
    created_at        timestamptz not null,
    constraint payees_kind check (kind in ('handler', 'unit')),
    constraint payees_name unique (bureau_id, kind, name, organisation),
    constraint payees_of_bureau unique (id, bureau_id),
    constraint payees_account check ((bank_account is null) = (bank_account_mask = ''))
);

-- An account waits for a second person before it is used.
create table bank_changes (
    id                bigint generated always as identity primary key,
    bureau_id         bigint not null references bureaus,
    person_id         bigint,
    payee_id          bigint,
    bank_name         text not null,
    bank_account      bytea not null,
    bank_account_mask text not null,
    reason            text not null,
    status            text not null default 'asked',
    asked_by          bigint not null references accounts,
    asked_at          timestamptz not null,
    decided_by        bigint references accounts,
    decided_at        timestamptz,
    decision_note     text not null default '',
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    foreign key (payee_id, bureau_id) references payees (id, bureau_id),
    constraint bank_changes_whose check (num_nonnulls(person_id, payee_id) = 1),
    constraint bank_changes_status check (status in ('asked', 'confirmed', 'refused')),
    constraint bank_changes_decided check ((status = 'asked') = (decided_by is null)
        and (decided_by is null) = (decided_at is null)),
    constraint bank_changes_second_person check (decided_by <> asked_by)
);
create unique index bank_changes_one_open_person on bank_changes (person_id) where status = 'asked';
create unique index bank_changes_one_open_payee on bank_changes (payee_id) where status = 'asked';
create index bank_changes_waiting on bank_changes (bureau_id) where status = 'asked';

-- An account that is there changes only by a confirmed change of the same account.
create function bank_account_is_confirmed() returns trigger language plpgsql as $$
begin
    if old.bank_account is not null and new.bank_account is distinct from old.bank_account
        and not exists (select from bank_changes c
                        where c.status = 'confirmed' and c.bank_account = new.bank_account
                          and case tg_table_name when 'persons' then c.person_id else c.payee_id end = new.id) then
        raise exception 'the account was not confirmed'
            using errcode = 'restrict_violation', constraint = tg_table_name || '_account_confirmed', table = tg_table_name;
    end if;
    return new;
end $$;
create trigger persons_account_confirmed before update of bank_account on persons
    for each row execute function bank_account_is_confirmed();
create trigger payees_account_confirmed before update of bank_account on payees
    for each row execute function bank_account_is_confirmed();

-- One person's pay is held with a reason, and let go by somebody else.
create table pay_holds (
    id           bigint generated always as identity primary key,
    bureau_id    bigint not null references bureaus,
    person_id    bigint not null,
    reason       text not null,
    held_by      bigint not null references accounts,
    held_at      timestamptz not null,
    released_by  bigint references accounts,
    released_at  timestamptz,
    release_note text not null default '',
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    constraint pay_holds_reason check (reason <> ''),
    constraint pay_holds_released check ((released_by is null) = (released_at is null)
        and (released_by is null) = (release_note = '')),
    constraint pay_holds_second_person check (released_by <> held_by)
);
create unique index pay_holds_one_open on pay_holds (person_id) where released_by is null;

-- A run: the transfers that go to the bank together.
create table payment_runs (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    year          integer not null,
    number        integer not null,
    kind          text not null,
    settlement_id bigint,
    batch_id      bigint,
    title         text not null,
    made_by       bigint not null references accounts,
    made_at       timestamptz not null,
    foreign key (settlement_id, bureau_id) references settlements (id, bureau_id),
    foreign key (batch_id, bureau_id) references case_batches (id, bureau_id),
    constraint payment_runs_number unique (bureau_id, year, number),
    constraint payment_runs_of_bureau unique (id, bureau_id),
    constraint payment_runs_kind check (kind in ('settlement', 'batch', 'again'))
);
create trigger payment_runs_append_only before update or delete on payment_runs
    for each row execute function refuse_change();

-- What is owed to one payee for one month or one case. It is sent once at a time.
create table payables (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    year          integer not null,
    settlement_id bigint,
    item_id       bigint,
    batch_id      bigint,
    payout_id     bigint references case_payouts,
    person_id     bigint,
    payee_id      bigint,
    payee_name    text not null,
    purpose       text not null,
    earmarked     numeric(12, 2) not null,
    operating     numeric(12, 2) not null,
    status        text not null,
    held_for      text not null default '',
    foreign key (settlement_id, bureau_id) references settlements (id, bureau_id),
    foreign key (item_id, settlement_id) references settlement_items (id, settlement_id),
    foreign key (batch_id, bureau_id) references case_batches (id, bureau_id),
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    foreign key (payee_id, bureau_id) references payees (id, bureau_id),
    constraint payables_of_bureau unique (id, bureau_id),
    constraint payables_source check (num_nonnulls(settlement_id, batch_id) = 1
        and (settlement_id is null) = (item_id is null) and (batch_id is null) = (payout_id is null)),
    constraint payables_amounts check (earmarked >= 0 and operating >= 0 and earmarked + operating > 0),
    constraint payables_status check (status in ('owed', 'sent', 'void')),
    constraint payables_held check ((status = 'owed') = (held_for <> ''))
);
-- A person's month and a case are owed at most once.
create unique index payables_item_once on payables (item_id) where status <> 'void';
create unique index payables_payout_once on payables (payout_id) where status <> 'void';
create index payables_of_item on payables (item_id);
create index payables_owed on payables (bureau_id) where status = 'owed';
create index payables_of_person on payables (person_id);

create table transfers (
    id                bigint generated always as identity primary key,
    bureau_id         bigint not null,
    run_id            bigint not null,
    payable_id        bigint not null,
    amount            numeric(12, 2) not null,
    bank_name         text not null,
    -- As it was when the bank was told, sealed for the row that it came from.
    bank_account      bytea not null,
    bank_account_mask text not null,
    seal_id           uuid not null,
    status            text not null default 'sent',
    returned_on       date,
    return_reason     text not null default '',
    returned_by       bigint references accounts,
    returned_at       timestamptz,
    foreign key (run_id, bureau_id) references payment_runs (id, bureau_id),
    foreign key (payable_id, bureau_id) references payables (id, bureau_id),
    constraint transfers_amount check (amount > 0),
    constraint transfers_status check (status in ('sent', 'returned', 'void')),
    constraint transfers_returned check ((status = 'returned') = (returned_on is not null)
        and (returned_on is null) = (returned_by is null) and (returned_on is null) = (return_reason = '')
        and (returned_by is null) = (returned_at is null))
);
-- Nobody is sent the same money twice: a new transfer needs the one before to have come back.
create unique index transfers_once on transfers (payable_id) where status = 'sent';
create index transfers_of_run on transfers (run_id);
create index transfers_of_payable on transfers (payable_id);

create function payment_moves_forward() returns trigger language plpgsql as $$
declare
    steps text[] := case tg_table_name
        when 'payables' then array['status', 'held_for']
        else array['status', 'returned_on', 'return_reason', 'returned_by', 'returned_at'] end;
begin
    if tg_op = 'UPDATE' and (to_jsonb(new) - steps) = (to_jsonb(old) - steps) and old.status <> 'void'
        and not (tg_table_name = 'transfers' and old.status <> 'sent') then
        return new;
    end if;
    raise exception 'a payment is kept as it was made'
        using errcode = 'restrict_violation', constraint = tg_table_name || '_kept', table = tg_table_name;
end $$;
create trigger payables_kept before update or delete on payables for each row execute function payment_moves_forward();
create trigger transfers_kept before update or delete on transfers for each row execute function payment_moves_forward();

-- The columns of the file that the bank reads; a bureau without a row has the usual ones.
create table bank_layouts (
    bureau_id  bigint primary key references bureaus,
    columns    jsonb not null,
    version    integer not null default 1,
    changed_by bigint not null references accounts,
    changed_at timestamptz not null
);
