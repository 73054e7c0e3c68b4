//! The SQL of the ledger.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::rules::{Account, EntryKind, Fund, Line};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::text_column;

text_column!(Account, EntryKind, Fund);

/// The `document_kind` of duty payments: their document is a settlement.
pub const SETTLEMENT: &str = "settlement";
/// The `document_kind` of case payments: their document is a batch of payouts.
pub const CASE_BATCH: &str = "case_batch";

/// Opens the accounts of a bureau's year; those that exist stay.
pub async fn open_year(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<()> {
    for account in Account::ALL {
        sqlx::query!(
            "insert into fund_accounts (bureau_id, year, code, name, fund, kind) values ($1, $2, $3, $4, $5, $6)
             on conflict (bureau_id, year, code) do nothing",
            bureau,
            year,
            account.code(),
            account.label(),
            account.fund().code(),
            account.kind()
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// An account with its balance.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// The row.
    pub id: i64,
    /// Which account.
    pub account: Account,
    /// Debits less credits; a source is in credit.
    pub balance: Decimal,
}

impl AccountRow {
    /// The balance as people read it: a source's credit without its sign.
    #[must_use]
    pub fn shown(&self) -> Decimal {
        self.balance.abs()
    }
}

/// A year's books, locked: only who holds them can write an entry.
#[derive(Debug)]
pub struct Books {
    bureau: i64,
    year: i32,
    accounts: Vec<AccountRow>,
}

impl Books {
    /// The balance of an account as the database keeps it.
    #[must_use]
    pub fn balance(&self, account: Account) -> Decimal {
        self.row(account).map_or(Decimal::ZERO, |row| row.balance)
    }

    fn row(&self, account: Account) -> Option<&AccountRow> {
        self.accounts.iter().find(|row| row.account == account)
    }
}

/// The accounts of a bureau's year, in the order of the chart.
pub async fn accounts_of(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Vec<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"select id, code as "account: Account", balance from fund_accounts
           where bureau_id = $1 and year = $2 order by id"#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await
}

/// The accounts of a year, and which years there are.
#[derive(Debug)]
pub struct YearRow {
    /// The accounts, in the order of the chart; none where the year has no books.
    pub accounts: Vec<AccountRow>,
    /// The years that have books, the newest first.
    pub years: Vec<i32>,
}

/// The accounts of a bureau's year together with the years that there are.
pub async fn accounts_with_years(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<YearRow> {
    let rows = sqlx::query!(
        r#"select id, year, code as "account: Account", balance from fund_accounts
           where bureau_id = $1 order by year desc, id"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    let mut years: Vec<i32> = rows.iter().map(|row| row.year).collect();
    years.dedup();
    let accounts = rows
        .into_iter()
        .filter(|row| row.year == year)
        .map(|row| AccountRow { id: row.id, account: row.account, balance: row.balance })
        .collect();
    Ok(YearRow { accounts, years })
}

/// The years of a bureau that have books, the newest first.
pub async fn years_of(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!("select distinct year from fund_accounts where bureau_id = $1 order by year desc", bureau)
        .fetch_all(conn)
        .await
}

/// Locks the books of a bureau's year until the transaction ends; `None` where there are none.
pub async fn lock_books(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Option<Books>> {
    let accounts = sqlx::query_as!(
        AccountRow,
        r#"select id, code as "account: Account", balance from fund_accounts
           where bureau_id = $1 and year = $2 order by id for update"#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await?;
    Ok((!accounts.is_empty()).then_some(Books { bureau, year, accounts }))
}

/// An entry about to be written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// What it records.
    pub kind: EntryKind,
    /// The day on which it happened.
    pub entered_on: NaiveDate,
    /// What it is for, in words.
    pub summary: String,
    /// The voucher's number; may be empty.
    pub voucher: String,
    /// What kind of thing it rests on.
    pub document_kind: &'static str,
    /// Which one.
    pub document_id: String,
    /// The date of that document, where it differs.
    pub document_on: Option<NaiveDate>,
    /// The entry that it mirrors.
    pub reversal_of: Option<i64>,
}

/// An entry as written.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The row.
    pub id: i64,
    /// Its number in the year, without gaps.
    pub number: i32,
}

/// The entry that says the same already and stands: its number and day. A notice or an order of transfer is booked once
/// with its amount, anything else once a day.
pub async fn same_entry(
    conn: &mut PgConnection,
    books: &Books,
    entry: &NewEntry,
    amount: Decimal,
) -> sqlx::Result<Option<(i32, NaiveDate)>> {
    let row = sqlx::query!(
        r#"select e.number, e.entered_on from fund_entries e
           where e.bureau_id = $1 and e.year = $2 and e.kind = $3 and e.document_kind = $4 and e.document_id = $5
             and (e.kind in ('receipt', 'transfer') or e.entered_on = $6)
             and exists (select from fund_postings p where p.entry_id = e.id and p.amount = $7)
             and not exists (select from fund_entries r where r.reversal_of = e.id)
           limit 1"#,
        books.bureau,
        books.year,
        entry.kind as EntryKind,
        entry.document_kind,
        entry.document_id,
        entry.entered_on,
        amount
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.number, row.entered_on)))
}

/// What every account of the books had least of, from the evening of a day until now, by the entries that stand: its
/// lowest balance, or its highest where it stands in credit.
pub async fn least_since(
    conn: &mut PgConnection,
    books: &Books,
    day: NaiveDate,
) -> sqlx::Result<Vec<(Account, Decimal)>> {
    let rows = sqlx::query!(
        r#"with days as (
               select p.account_id, e.entered_on as day, sum(p.amount) as amount
               from fund_postings p join fund_entries e on e.id = p.entry_id
               where p.bureau_id = $1 and p.year = $2 and e.reversal_of is null
                 and not exists (select from fund_entries r where r.reversal_of = e.id)
               group by 1, 2),
           running as (
               select account_id, day, sum(amount) over (partition by account_id order by day) as balance from days),
           evenings as (
               select account_id, sum(amount) as balance from days where day <= $3 group by 1
               union all
               select account_id, balance from running where day > $3
               union all
               select account_id, 0 from days group by 1 having min(day) > $3)
           select a.code as "account: Account", coalesce(min(v.balance), 0) as "lowest!", coalesce(max(v.balance), 0) as "highest!"
           from fund_accounts a left join evenings v on v.account_id = a.id
           where a.bureau_id = $1 and a.year = $2 group by a.id"#,
        books.bureau,
        books.year,
        day
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account, if row.account.stands_in_credit() { row.highest } else { row.lowest }))
        .collect())
}

/// Writes an entry under the next number, and its lines in one statement.
pub async fn insert_entry(
    conn: &mut PgConnection,
    books: &Books,
    entry: &NewEntry,
    lines: &[Line],
    posted_by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<Made> {
    let made = sqlx::query_as!(
        Made,
        r#"insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, voucher, document_kind,
               document_id, document_on, reversal_of, posted_by, posted_at)
           select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
           from fund_entries where bureau_id = $1 and year = $2
           returning id, number"#,
        books.bureau,
        books.year,
        entry.kind as EntryKind,
        entry.entered_on,
        entry.summary,
        entry.voucher,
        entry.document_kind,
        entry.document_id,
        entry.document_on,
        entry.reversal_of,
        posted_by,
        now
    )
    .fetch_one(&mut *conn)
    .await?;
    let accounts: Vec<i64> = lines.iter().filter_map(|line| books.row(line.account)).map(|row| row.id).collect();
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
    sqlx::query!(
        // The balance is written by the trigger that moves it.
        "insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
         select $1, $2, $3, line.account_id, line.amount, 0
         from unnest($4::bigint[], $5::numeric[]) as line (account_id, amount)",
        made.id,
        books.bureau,
        books.year,
        &accounts,
        &amounts
    )
    .execute(conn)
    .await?;
    Ok(made)
}

/// One side of an entry as stored.
#[derive(Clone, Debug)]
pub struct PostingRow {
    /// Which account.
    pub account: Account,
    /// Debit positive, credit negative.
    pub amount: Decimal,
    /// The account's balance after it.
    pub balance_after: Decimal,
}

/// An entry with its sides.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// The row.
    pub id: i64,
    /// The year of its books.
    pub year: i32,
    /// Its number in the year.
    pub number: i32,
    /// What it records.
    pub kind: EntryKind,
    /// The day on which it happened.
    pub entered_on: NaiveDate,
    /// What it is for.
    pub summary: String,
    /// The voucher's number.
    pub voucher: String,
    /// What kind of thing it rests on.
    pub document_kind: String,
    /// Which one.
    pub document_id: String,
    /// The date of that document.
    pub document_on: Option<NaiveDate>,
    /// The month of the settlement it pays.
    pub settled_month: Option<Month>,
    /// The entry it mirrors, and that entry's number.
    pub reversal_of: Option<i64>,
    /// The number of that entry.
    pub reversal_of_number: Option<i32>,
    /// The entry that mirrors it.
    pub reversed_by: Option<i64>,
    /// The number of that entry.
    pub reversed_by_number: Option<i32>,
    /// Who wrote it.
    pub posted_by: String,
    /// When.
    pub posted_at: DateTime<Utc>,
    /// Its sides, debit first.
    pub postings: Vec<PostingRow>,
}

impl EntryRow {
    /// The settlement that it pays.
    #[must_use]
    pub fn settlement(&self) -> Option<i64> {
        let pays = self.kind == EntryKind::DutyPayment && self.document_kind == SETTLEMENT;
        self.document_id.parse().ok().filter(|_| pays)
    }
}

/// Which entries a page of the ledger shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Only what moved this account, and only that side.
    pub account: Option<Account>,
    /// Only entries of this fund.
    pub fund: Option<Fund>,
    /// Only entries before this number.
    pub before: Option<i32>,
    /// Only this entry.
    pub id: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// One entry of a bureau.
pub async fn find_entry(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<EntryRow>> {
    let asked = Asked { id: Some(id), limit: 1, ..Asked::default() };
    Ok(entries(conn, bureau, None, asked).await?.into_iter().next())
}

/// Entries of a bureau, the newest first, each with its sides.
pub async fn entries(
    conn: &mut PgConnection,
    bureau: i64,
    year: Option<i32>,
    asked: Asked,
) -> sqlx::Result<Vec<EntryRow>> {
    let rows = sqlx::query!(
        r#"
        with shown as (
            select e.* from fund_entries e
            where e.bureau_id = $1
              and ($2::integer is null or e.year = $2)
              and ($3::integer is null or e.number < $3)
              and ($4::bigint is null or e.id = $4)
              and ($5::text is null or exists (
                  select from fund_postings p join fund_accounts a on a.id = p.account_id
                  where p.entry_id = e.id and a.code = $5))
              and ($7::text is null or exists (
                  select from fund_postings p join fund_accounts a on a.id = p.account_id
                  where p.entry_id = e.id and a.fund = $7))
            order by e.year desc, e.number desc
            limit $6
        )
        select e.id as "id!", e.year as "year!", e.number as "number!", e.kind as "kind!: EntryKind",
               e.entered_on as "entered_on!", e.summary as "summary!", e.voucher as "voucher!",
               e.document_kind as "document_kind!", e.document_id as "document_id!", e.document_on,
               s.month as "settled_month?: Month", e.reversal_of,
               o.number as "reversal_of_number?", r.id as "reversed_by?", r.number as "reversed_by_number?",
               c.name as posted_by, e.posted_at as "posted_at!",
               a.code as "account: Account", p.amount, p.balance_after
        from shown e
        join accounts c on c.id = e.posted_by
        join fund_postings p on p.entry_id = e.id
        join fund_accounts a on a.id = p.account_id and ($5::text is null or a.code = $5)
        left join fund_entries o on o.id = e.reversal_of
        left join fund_entries r on r.reversal_of = e.id
        left join settlements s on e.document_kind = 'settlement' and s.bureau_id = e.bureau_id and s.id::text = e.document_id
        order by e.year desc, e.number desc, p.amount desc
        "#,
        bureau,
        year,
        asked.before,
        asked.id,
        asked.account.map(Account::code),
        asked.limit,
        asked.fund.map(Fund::code)
    )
    .fetch_all(conn)
    .await?;
    let mut entries: Vec<EntryRow> = Vec::new();
    for row in rows {
        let posting = PostingRow { account: row.account, amount: row.amount, balance_after: row.balance_after };
        match entries.last_mut().filter(|last| last.id == row.id) {
            Some(last) => last.postings.push(posting),
            None => entries.push(EntryRow {
                id: row.id,
                year: row.year,
                number: row.number,
                kind: row.kind,
                entered_on: row.entered_on,
                summary: row.summary,
                voucher: row.voucher,
                document_kind: row.document_kind,
                document_id: row.document_id,
                document_on: row.document_on,
                settled_month: row.settled_month,
                reversal_of: row.reversal_of,
                reversal_of_number: row.reversal_of_number,
                reversed_by: row.reversed_by,
                reversed_by_number: row.reversed_by_number,
                posted_by: row.posted_by,
                posted_at: row.posted_at,
                postings: vec![posting],
            }),
        }
    }
    Ok(entries)
}

/// A receipt or a transfer that stands.
#[derive(Clone, Debug)]
pub struct MovementRow {
    /// The entry.
    pub id: i64,
    /// Which of the two.
    pub kind: EntryKind,
    /// When.
    pub on: NaiveDate,
    /// Yuan.
    pub amount: Decimal,
}

/// What a year received and passed on, without what was reversed, and the days the plan gives.
pub async fn movements(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<(Vec<MovementRow>, u32)> {
    let rows = sqlx::query!(
        r#"
        select e.id as "id?", e.kind as "kind?: EntryKind", e.entered_on as "on?", e.amount as "amount?",
               (g.content ->> 'fund_transfer_days')::integer as "days?"
        from (select $1::bigint as bureau_id, $2::integer as year) asked
        left join programmes g on g.bureau_id = asked.bureau_id and g.year = asked.year
        left join (
            select e.id, e.bureau_id, e.year, e.kind, e.entered_on, p.amount
            from fund_entries e join fund_postings p on p.entry_id = e.id and p.amount > 0
            where e.kind in ('receipt', 'transfer')
              and not exists (select from fund_entries r where r.reversal_of = e.id)
        ) e on e.bureau_id = asked.bureau_id and e.year = asked.year
        order by e.entered_on, e.id
        "#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await?;
    let days = rows.first().and_then(|row| row.days).and_then(|days| u32::try_from(days).ok()).unwrap_or(30);
    let movements = rows
        .into_iter()
        .filter_map(|row| Some(MovementRow { id: row.id?, kind: row.kind?, on: row.on?, amount: row.amount? }))
        .collect();
    Ok((movements, days))
}
