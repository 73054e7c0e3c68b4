-- The ledger keeps three funds: the earmarked one, the bureau's own operating fund (法律援助业务经费) and the finance
-- bureau's working money for publicity and training (三(二)). What was approved and is not with its person yet, because
-- it is held or the bank sent it back, is owed: a liability of its own.

alter table fund_accounts drop constraint fund_accounts_kind;
alter table fund_accounts add constraint fund_accounts_kind check (kind in ('asset', 'source', 'expense', 'liability'));
alter table fund_accounts drop constraint fund_accounts_not_below_zero;
alter table fund_accounts add constraint fund_accounts_not_below_zero
    check (case when kind in ('source', 'liability') then balance <= 0 else balance >= 0 end);

insert into fund_accounts (bureau_id, year, code, name, fund, kind)
select y.bureau_id, y.year, c.code, c.name, c.fund, c.kind
from (select distinct bureau_id, year from fund_accounts) y
cross join (values
    (1, 'earmarked_unpaid', '专项资金待发补贴', 'earmarked', 'liability'),
    (2, 'operating_source', '法律援助业务经费来源', 'operating', 'source'),
    (3, 'operating_at_bureau', '法律援助业务经费（市司法局）', 'operating', 'asset'),
    (4, 'operating_case_subsidy', '办案补贴支出（业务经费）', 'operating', 'expense'),
    (5, 'operating_unpaid', '业务经费待发补贴', 'operating', 'liability'),
    (6, 'working_source', '财政工作经费来源', 'finance_working', 'source'),
    (7, 'working_at_finance', '财政工作经费（市财政局）', 'finance_working', 'asset'),
    (8, 'working_publicity', '宣传支出', 'finance_working', 'expense'),
    (9, 'working_training', '培训支出', 'finance_working', 'expense')
) as c (sort, code, name, fund, kind)
order by y.bureau_id, y.year, c.sort;

alter table fund_entries drop constraint fund_entries_kind;
alter table fund_entries add constraint fund_entries_kind check (kind in ('receipt', 'transfer', 'duty_payment',
    'case_payment', 'operating_receipt', 'operating_case_payment', 'working_receipt', 'publicity_payment',
    'training_payment', 'bank_return', 'repayment', 'operating_bank_return', 'operating_repayment', 'duty_refund',
    'case_refund', 'operating_case_refund', 'fund_return', 'carry_out', 'carry_in', 'reversal'));

insert into fund_entry_rules (kind, account_code, side) values
    -- Held pay is spent and owed.
    ('duty_payment', 'earmarked_unpaid', 'credit'),
    ('case_payment', 'earmarked_unpaid', 'credit'),
    ('operating_receipt', 'operating_at_bureau', 'debit'),
    ('operating_receipt', 'operating_source', 'credit'),
    ('operating_case_payment', 'operating_case_subsidy', 'debit'),
    ('operating_case_payment', 'operating_at_bureau', 'credit'),
    ('operating_case_payment', 'operating_unpaid', 'credit'),
    ('working_receipt', 'working_at_finance', 'debit'),
    ('working_receipt', 'working_source', 'credit'),
    ('publicity_payment', 'working_publicity', 'debit'),
    ('publicity_payment', 'working_at_finance', 'credit'),
    ('training_payment', 'working_training', 'debit'),
    ('training_payment', 'working_at_finance', 'credit'),
    ('bank_return', 'earmarked_at_bureau', 'debit'),
    ('bank_return', 'earmarked_unpaid', 'credit'),
    ('repayment', 'earmarked_unpaid', 'debit'),
    ('repayment', 'earmarked_at_bureau', 'credit'),
    ('operating_bank_return', 'operating_at_bureau', 'debit'),
    ('operating_bank_return', 'operating_unpaid', 'credit'),
    ('operating_repayment', 'operating_unpaid', 'debit'),
    ('operating_repayment', 'operating_at_bureau', 'credit'),
    -- Money that somebody paid back in cash.
    ('duty_refund', 'earmarked_at_bureau', 'debit'),
    ('duty_refund', 'earmarked_duty_subsidy', 'credit'),
    ('case_refund', 'earmarked_at_bureau', 'debit'),
    ('case_refund', 'earmarked_case_subsidy', 'credit'),
    ('operating_case_refund', 'operating_at_bureau', 'debit'),
    ('operating_case_refund', 'operating_case_subsidy', 'credit'),
    -- A balance given back to the province, or carried into the next year.
    ('fund_return', 'earmarked_source', 'debit'),
    ('fund_return', 'earmarked_at_bureau', 'credit'),
    ('carry_out', 'earmarked_source', 'debit'),
    ('carry_out', 'earmarked_at_bureau', 'credit'),
    ('carry_out', 'operating_source', 'debit'),
    ('carry_out', 'operating_at_bureau', 'credit'),
    ('carry_out', 'working_source', 'debit'),
    ('carry_out', 'working_at_finance', 'credit'),
    ('carry_in', 'earmarked_at_bureau', 'debit'),
    ('carry_in', 'earmarked_source', 'credit'),
    ('carry_in', 'operating_at_bureau', 'debit'),
    ('carry_in', 'operating_source', 'credit'),
    ('carry_in', 'working_at_finance', 'debit'),
    ('carry_in', 'working_source', 'credit');

-- What an entry may touch is the law of the fund: nobody widens it at run time (五(二)).
create trigger fund_entry_rules_append_only before insert or update or delete on fund_entry_rules
    for each row execute function refuse_change();

-- An entry stays within one fund, sums to zero there, and touches only what its kind allows.
create or replace function fund_entry_is_sound() returns trigger language plpgsql as $$
declare
    entry fund_entries%rowtype;
begin
    select * into entry from fund_entries where id = new.entry_id;
    if (select sum(amount) from fund_postings where entry_id = entry.id) <> 0 then
        raise exception 'entry % does not sum to zero', entry.id
            using errcode = 'check_violation', constraint = 'fund_entries_sum_to_zero', table = 'fund_entries';
    end if;
    if (select count(distinct a.fund) from fund_postings p join fund_accounts a on a.id = p.account_id
        where p.entry_id = entry.id) > 1 then
        raise exception 'entry % mixes two funds', entry.id
            using errcode = 'check_violation', constraint = 'fund_entries_one_fund', table = 'fund_entries';
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

-- What is carried over leaves a year once, and arrives in the next with the same amount.
create unique index fund_entries_carried_once on fund_entries (bureau_id, year, kind, document_id)
    where kind in ('carry_out', 'carry_in');

-- A closed month takes no more entries: what is found later is posted in an open one.
create table fund_closings (
    id          bigint generated always as identity primary key,
    bureau_id   bigint not null references bureaus,
    month       date not null,
    -- The balances of every account at the end of the month, and the chain's last link then.
    balances    jsonb not null,
    entries     bigint not null,
    last_hash   text not null,
    closed_by   bigint not null references accounts,
    closed_at   timestamptz not null,
    constraint fund_closings_month unique (bureau_id, month),
    constraint fund_closings_month_first check (extract(day from month) = 1)
);
create trigger fund_closings_append_only before update or delete on fund_closings
    for each row execute function refuse_change();

create function fund_period_is_open() returns trigger language plpgsql as $$
begin
    if exists (select from fund_closings where bureau_id = new.bureau_id
               and month >= date_trunc('month', new.entered_on)::date) then
        raise exception 'the period of % is closed', new.entered_on
            using errcode = 'restrict_violation', constraint = 'fund_entries_period_open', table = 'fund_entries';
    end if;
    return new;
end $$;
create trigger fund_entries_period_open before insert on fund_entries
    for each row execute function fund_period_is_open();

-- The chain over the ledger: each entry's text with its postings, hashed after the link before it. A change of any
-- entry, or one taken out, breaks it at that place.
create table fund_chain (
    entry_id  bigint primary key references fund_entries,
    bureau_id bigint not null references bureaus,
    link      bigint not null,
    hash      text not null,
    constraint fund_chain_link unique (bureau_id, link),
    constraint fund_chain_hash check (hash ~ '^[0-9a-f]{64}$')
);
create trigger fund_chain_append_only before update or delete on fund_chain
    for each row execute function refuse_change();
create trigger fund_chain_no_truncate before truncate on fund_chain
    for each statement execute function refuse_change();

create function fund_entry_text(entry bigint) returns text language sql stable as $$
    select concat_ws('|', e.id, e.bureau_id, e.year, e.number, e.kind, e.entered_on, e.summary, e.voucher, e.document_kind,
                     e.document_id, coalesce(e.document_on::text, '-'), coalesce(e.reversal_of::text, '-'), e.posted_by,
                     extract(epoch from e.posted_at)::numeric(20, 6),
                     (select string_agg(a.code || '=' || p.amount || '/' || p.balance_after, ';' order by p.id)
                      from fund_postings p join fund_accounts a on a.id = p.account_id where p.entry_id = e.id))
    from fund_entries e where e.id = entry
$$;

create function fund_chain_hash(before text, entry bigint) returns text language sql stable as $$
    select encode(sha256(convert_to(before || chr(10) || fund_entry_text(entry), 'UTF8')), 'hex')
$$;

-- Adds the entry's link. One chain a bureau: the lock is taken last, after the settlement's and the books'.
create function fund_chain_add(entry bigint) returns void language plpgsql as $$
declare
    bureau bigint;
    last_link bigint;
    last_hash text;
begin
    select bureau_id into strict bureau from fund_entries where id = entry;
    perform pg_advisory_xact_lock(hashtextextended('huifa.fund_chain:' || bureau, 0));
    select link, hash into last_link, last_hash from fund_chain where bureau_id = bureau order by link desc limit 1;
    insert into fund_chain (entry_id, bureau_id, link, hash)
    values (entry, bureau, coalesce(last_link, 0) + 1, fund_chain_hash(coalesce(last_hash, ''), entry));
end $$;

-- At the commit, when all postings of the entry are there: no entry is without its link.
create function fund_entry_link() returns trigger language plpgsql as $$
begin
    perform fund_chain_add(new.id);
    return null;
end $$;
create constraint trigger fund_entries_link after insert on fund_entries
    deferrable initially deferred for each row execute function fund_entry_link();

do $$
declare
    entry record;
begin
    for entry in select id from fund_entries order by id loop
        perform fund_chain_add(entry.id);
    end loop;
end $$;
