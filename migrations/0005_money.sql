-- The month's settlement and the ledger. What was approved never changes; what was posted is never deleted.

create table settlements (
    id                 bigint generated always as identity primary key,
    bureau_id          bigint not null,
    month              date not null,
    programme_id       bigint not null,
    programme_revision integer not null,
    status             text not null default 'calculated',
    people             integer not null,
    base               numeric(14, 2) not null,
    deducted           numeric(14, 2) not null,
    adjustment         numeric(14, 2) not null,
    payable            numeric(14, 2) not null,
    -- SHA-256 over the items' fingerprints, fixed at approval.
    fingerprint        text not null,
    calculated_by      bigint not null references accounts,
    calculated_at      timestamptz not null,
    approved_by        bigint references accounts,
    approved_at        timestamptz,
    paid_by            bigint references accounts,
    paid_at            timestamptz,
    return_reason      text not null default '',
    version            integer not null default 1,
    foreign key (programme_id, bureau_id) references programmes (id, bureau_id),
    foreign key (programme_id, programme_revision) references programme_revisions (programme_id, revision),
    constraint settlements_month unique (bureau_id, month),
    constraint settlements_month_first check (extract(day from month) = 1),
    constraint settlements_of_bureau unique (id, bureau_id),
    constraint settlements_status check (status in ('calculated', 'approved', 'paid')),
    constraint settlements_amounts check (base >= 0 and deducted between 0 and base and payable >= 0),
    constraint settlements_second_person check (approved_by <> calculated_by),
    constraint settlements_third_person check (paid_by <> approved_by and paid_by <> calculated_by),
    constraint settlements_steps check ((status = 'calculated') = (approved_by is null)
        and (approved_by is null) = (approved_at is null)
        and (status = 'paid') = (paid_by is not null)
        and (paid_by is null) = (paid_at is null))
);

create table settlement_items (
    id            bigint generated always as identity primary key,
    settlement_id bigint not null,
    bureau_id     bigint not null,
    person_id     bigint not null,
    -- What went into the calculation and what came out, with its steps (plan::Programme revision in the head).
    facts         jsonb not null,
    result        jsonb not null,
    base          numeric(12, 2) not null,
    deducted      numeric(12, 2) not null,
    subtotal      numeric(12, 2) not null,
    adjustment    numeric(12, 2) not null,
    payable       numeric(12, 2) not null,
    receivable    numeric(12, 2) not null,
    off_post      integer not null,
    forfeited     boolean not null,
    fingerprint   text not null,
    foreign key (settlement_id, bureau_id) references settlements (id, bureau_id),
    foreign key (person_id, bureau_id) references persons (id, bureau_id),
    constraint settlement_items_person unique (settlement_id, person_id),
    constraint settlement_items_of_settlement unique (id, settlement_id),
    constraint settlement_items_amounts check (base >= 0 and deducted between 0 and base and subtotal between 0 and base
        and payable >= 0 and receivable >= 0 and payable - receivable = subtotal + adjustment)
);
create index settlement_items_of_person on settlement_items (person_id, settlement_id);

create table settlement_lines (
    item_id       bigint not null,
    settlement_id bigint not null,
    bureau_id     bigint not null,
    shift_id      bigint not null,
    base          numeric(12, 2) not null,
    deducted      numeric(12, 2) not null,
    payable       numeric(12, 2) not null,
    not_payable   text,
    foreign key (item_id, settlement_id) references settlement_items (id, settlement_id),
    foreign key (shift_id, bureau_id) references shifts (id, bureau_id),
    -- A shift is settled, and so paid, at most once.
    constraint settlement_lines_shift_once unique (shift_id),
    constraint settlement_lines_amounts check (base >= 0 and deducted between 0 and base and payable between 0 and base)
);
create index settlement_lines_of_item on settlement_lines (item_id);
create index settlement_lines_of_settlement on settlement_lines (settlement_id);

-- A finding confirmed after its month was paid, brought into a later month (A27).
create table settlement_adjustments (
    id            bigint generated always as identity primary key,
    item_id       bigint not null,
    settlement_id bigint not null,
    bureau_id     bigint not null,
    -- The month whose pay it corrects.
    for_month     date not null,
    reason        text not null,
    amount        numeric(12, 2) not null,
    foreign key (item_id, settlement_id) references settlement_items (id, settlement_id),
    constraint settlement_adjustments_once unique (item_id, for_month),
    constraint settlement_adjustments_amount check (amount <> 0)
);
create index settlement_adjustments_of_settlement on settlement_adjustments (settlement_id);

create function settlement_is_frozen() returns trigger language plpgsql as $$
declare
    head_status text;
begin
    select status into head_status from settlements
        where id = case when tg_op = 'DELETE' then old.settlement_id else new.settlement_id end;
    if head_status <> 'calculated' then
        raise exception 'the settlement is %', head_status
            using errcode = 'restrict_violation', constraint = 'settlements_frozen', table = tg_table_name;
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger settlement_items_frozen before insert or update or delete on settlement_items
    for each row execute function settlement_is_frozen();
create trigger settlement_lines_frozen before insert or update or delete on settlement_lines
    for each row execute function settlement_is_frozen();
create trigger settlement_adjustments_frozen before insert or update or delete on settlement_adjustments
    for each row execute function settlement_is_frozen();

-- An approved head may only be paid; a paid one only go back to approved when its payment is reversed in the ledger.
create function settlement_head_is_frozen() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if old.status = 'calculated' then
            return old;
        end if;
    elsif old.status = 'calculated' then
        return new;
    elsif (to_jsonb(new) - array['status', 'paid_by', 'paid_at', 'version'])
        = (to_jsonb(old) - array['status', 'paid_by', 'paid_at', 'version'])
        and new.status in ('approved', 'paid') then
        return new;
    end if;
    raise exception 'the settlement is %', old.status
        using errcode = 'restrict_violation', constraint = 'settlements_frozen', table = 'settlements';
end $$;
create trigger settlements_frozen before update or delete on settlements
    for each row execute function settlement_head_is_frozen();

-- What a plan says is fixed once a month was approved under it.
create function programme_is_frozen() returns trigger language plpgsql as $$
begin
    if exists (select from settlements where programme_id = old.id and status <> 'calculated') then
        raise exception 'a month was approved under this programme'
            using errcode = 'restrict_violation', constraint = 'programmes_frozen', table = 'programmes';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger programmes_frozen before update or delete on programmes
    for each row execute function programme_is_frozen();

-- The ledger. Debit is positive, credit negative; every entry sums to zero.
create table fund_accounts (
    id        bigint generated always as identity primary key,
    bureau_id bigint not null references bureaus,
    year      integer not null,
    code      text not null,
    name      text not null,
    fund      text not null,
    kind      text not null,
    balance   numeric(14, 2) not null default 0,
    constraint fund_accounts_code unique (bureau_id, year, code),
    constraint fund_accounts_of_bureau unique (id, bureau_id, year),
    constraint fund_accounts_fund check (fund in ('earmarked', 'operating', 'finance_working')),
    constraint fund_accounts_kind check (kind in ('asset', 'source', 'expense')),
    -- Nothing is spent that is not there.
    constraint fund_accounts_not_below_zero check (case kind when 'source' then balance <= 0 else balance >= 0 end)
);

-- Which accounts an entry of a kind may debit and credit: the earmarked fund has two uses and no other (五(二)).
create table fund_entry_rules (
    kind         text not null,
    account_code text not null,
    side         text not null,
    primary key (kind, account_code, side),
    constraint fund_entry_rules_side check (side in ('debit', 'credit'))
);
insert into fund_entry_rules (kind, account_code, side) values
    ('receipt', 'earmarked_at_finance', 'debit'),
    ('receipt', 'earmarked_source', 'credit'),
    ('transfer', 'earmarked_at_bureau', 'debit'),
    ('transfer', 'earmarked_at_finance', 'credit'),
    ('duty_payment', 'earmarked_duty_subsidy', 'debit'),
    ('duty_payment', 'earmarked_at_bureau', 'credit'),
    ('case_payment', 'earmarked_case_subsidy', 'debit'),
    ('case_payment', 'earmarked_at_bureau', 'credit');

create table fund_entries (
    id            bigint generated always as identity primary key,
    bureau_id     bigint not null references bureaus,
    year          integer not null,
    number        integer not null,
    kind          text not null,
    entered_on    date not null,
    summary       text not null,
    voucher       text not null default '',
    document_kind text not null,
    document_id   text not null,
    reversal_of   bigint,
    posted_by     bigint not null references accounts,
    posted_at     timestamptz not null,
    constraint fund_entries_number unique (bureau_id, year, number),
    constraint fund_entries_of_bureau unique (id, bureau_id, year),
    constraint fund_entries_kind check (kind in ('receipt', 'transfer', 'duty_payment', 'case_payment', 'reversal')),
    constraint fund_entries_reversal check ((kind = 'reversal') = (reversal_of is not null)),
    constraint fund_entries_reversed_once unique (reversal_of),
    foreign key (reversal_of, bureau_id, year) references fund_entries (id, bureau_id, year)
);
create index fund_entries_by_day on fund_entries (bureau_id, year, entered_on, id);
create index fund_entries_of_document on fund_entries (document_kind, document_id);

create table fund_postings (
    id            bigint generated always as identity primary key,
    entry_id      bigint not null,
    bureau_id     bigint not null,
    year          integer not null,
    account_id    bigint not null,
    amount        numeric(14, 2) not null,
    balance_after numeric(14, 2) not null,
    foreign key (entry_id, bureau_id, year) references fund_entries (id, bureau_id, year),
    foreign key (account_id, bureau_id, year) references fund_accounts (id, bureau_id, year),
    constraint fund_postings_amount check (amount <> 0),
    constraint fund_postings_account_once unique (entry_id, account_id)
);
create index fund_postings_of_account on fund_postings (account_id, id);

-- The balance moves with the posting and with nothing else.
create function post_to_account() returns trigger language plpgsql as $$
begin
    perform set_config('huifa.posting', 'yes', true);
    update fund_accounts set balance = balance + new.amount where id = new.account_id
        returning balance into new.balance_after;
    perform set_config('huifa.posting', 'no', true);
    return new;
end $$;
create trigger fund_postings_balance before insert on fund_postings
    for each row execute function post_to_account();

create function balance_moves_by_posting() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or coalesce(current_setting('huifa.posting', true), 'no') <> 'yes' then
        raise exception 'a balance moves by postings only'
            using errcode = 'restrict_violation', constraint = 'fund_accounts_by_posting', table = 'fund_accounts';
    end if;
    return new;
end $$;
create trigger fund_accounts_by_posting before update or delete on fund_accounts
    for each row execute function balance_moves_by_posting();

-- Looked at when the transaction commits: the entry sums to zero and touches only what its kind allows.
create function fund_entry_is_sound() returns trigger language plpgsql as $$
declare
    entry fund_entries%rowtype;
begin
    select * into entry from fund_entries where id = new.entry_id;
    if (select sum(amount) from fund_postings where entry_id = entry.id) <> 0 then
        raise exception 'entry % does not sum to zero', entry.id
            using errcode = 'check_violation', constraint = 'fund_entries_sum_to_zero', table = 'fund_entries';
    end if;
    if entry.kind = 'reversal' then
        if exists (select account_id, -amount from fund_postings where entry_id = entry.reversal_of
                   except select account_id, amount from fund_postings where entry_id = entry.id)
            or exists (select account_id, amount from fund_postings where entry_id = entry.id
                   except select account_id, -amount from fund_postings where entry_id = entry.reversal_of) then
            raise exception 'entry % does not mirror the one it reverses', entry.id
                using errcode = 'check_violation', constraint = 'fund_entries_mirror', table = 'fund_entries';
        end if;
    elsif exists (select from fund_postings p join fund_accounts a on a.id = p.account_id
                  where p.entry_id = entry.id and not exists (
                      select from fund_entry_rules r where r.kind = entry.kind and r.account_code = a.code
                          and r.side = case when p.amount > 0 then 'debit' else 'credit' end)) then
        raise exception 'entry % of kind % touches an account it may not', entry.id, entry.kind
            using errcode = 'check_violation', constraint = 'fund_entries_allowed_use', table = 'fund_entries';
    end if;
    return null;
end $$;
create constraint trigger fund_entries_sound after insert on fund_postings
    deferrable initially deferred for each row execute function fund_entry_is_sound();

create trigger fund_entries_append_only before update or delete on fund_entries
    for each row execute function refuse_change();
create trigger fund_postings_append_only before update or delete on fund_postings
    for each row execute function refuse_change();
create trigger fund_entries_no_truncate before truncate on fund_entries
    for each statement execute function refuse_change();
create trigger fund_postings_no_truncate before truncate on fund_postings
    for each statement execute function refuse_change();
