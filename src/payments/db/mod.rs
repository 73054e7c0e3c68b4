//! The SQL of paying out: payees, runs, what is owed, the bank's columns.

mod transfers;

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::rules::{BankColumn, ChangeStatus, PayableStatus, Standing, TransferStatus};
use crate::plan::Month;
use crate::plan::dictionaries::Payee;
use crate::plan::dictionary::Dictionary as _;

pub use transfers::{RunRow, TransferRow, runs, set_returned, set_void, touched, transfers};

crate::text_column!(PayableStatus, TransferStatus, ChangeStatus);

/// Something to pay, with what the gate asks about its payee.
#[derive(Clone, Debug)]
pub struct Due {
    /// The payable, where there is one already.
    pub payable_id: Option<i64>,
    /// The settled item of a person's month.
    pub item_id: Option<i64>,
    /// The payout of a case.
    pub payout_id: Option<i64>,
    /// The duty person.
    pub person_id: Option<i64>,
    /// The handler or firm.
    pub payee_id: Option<i64>,
    /// Who is paid.
    pub name: String,
    /// What for.
    pub purpose: String,
    /// Yuan from the earmarked fund.
    pub earmarked: Decimal,
    /// Yuan from the operating fund.
    pub operating: Decimal,
    /// Their bank.
    pub bank_name: String,
    /// Their sealed account.
    pub bank_account: Option<Vec<u8>>,
    /// Its mask.
    pub bank_account_mask: String,
    /// The row that it is sealed for.
    pub seal_id: Uuid,
    /// What the gate knows.
    pub standing: Standing,
}

impl Due {
    /// Yuan of both funds.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.earmarked + self.operating
    }
}

/// What a settlement pays: its items above zero.
pub async fn due_of_settlement(
    conn: &mut PgConnection,
    bureau: i64,
    settlement: i64,
    purpose: &str,
) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        r#"select i.id, i.person_id, p.name, i.payable, p.bank_name, p.bank_account, p.bank_account_mask, p.seal_id,
                  p.status, p.public_official, p.licence_valid_to,
                  (select max(s.duty_on) from settlement_lines l join shifts s on s.id = l.shift_id
                   where l.item_id = i.id) as worked_until,
                  coalesce((select h.reason from pay_holds h where h.person_id = p.id and h.released_by is null),
                           (select '本人对补贴明细有异议，待答复' from line_objections o
                            where o.settlement_id = i.settlement_id and o.person_id = p.id and o.answered_by is null limit 1))
                      as hold,
                  exists (select from bank_changes c where c.person_id = p.id and c.status = 'asked') as "change_waits!"
           from settlement_items i join persons p on p.id = i.person_id
           where i.settlement_id = $1 and i.bureau_id = $2 and i.payable > 0
           order by p.pinyin, p.id for share of p"#,
        settlement,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Due {
            payable_id: None,
            item_id: Some(row.id),
            payout_id: None,
            person_id: Some(row.person_id),
            payee_id: None,
            name: row.name,
            purpose: purpose.to_owned(),
            earmarked: row.payable,
            operating: Decimal::ZERO,
            bank_name: row.bank_name,
            standing: Standing {
                hold: row.hold,
                suspended: row.status == "suspended",
                public_official: row.public_official,
                licence_valid_to: row.licence_valid_to,
                worked_until: row.worked_until,
                has_account: row.bank_account.is_some(),
                change_waits: row.change_waits,
            },
            bank_account: row.bank_account,
            bank_account_mask: row.bank_account_mask,
            seal_id: row.seal_id,
        })
        .collect())
}

/// Finds the payee of a case, or makes a row without an account.
pub async fn payee_for(
    conn: &mut PgConnection,
    bureau: i64,
    kind: Payee,
    name: &str,
    organisation: &str,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into payees (bureau_id, kind, name, organisation, seal_id, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (bureau_id, kind, name, organisation) do update set version = payees.version
         returning id",
        bureau,
        kind.code(),
        name,
        organisation,
        Uuid::new_v4(),
        account,
        at
    )
    .fetch_one(conn)
    .await
}

/// What the gate asks about payees of cases.
pub async fn payees_by_id(conn: &mut PgConnection, bureau: i64, ids: &[i64]) -> sqlx::Result<Vec<PayeeRow>> {
    sqlx::query_as!(
        PayeeRow,
        r#"select y.id, y.kind as "kind: Payee", y.name, y.organisation, y.seal_id, y.id_number_mask, y.bank_name,
                  y.bank_account, y.bank_account_mask, y.licence_valid_to, y.public_official, y.version,
                  exists (select from bank_changes c where c.payee_id = y.id and c.status = 'asked') as "change_waits!"
           from payees y where y.bureau_id = $1 and y.id = any ($2) order by y.name, y.id"#,
        bureau,
        ids
    )
    .fetch_all(conn)
    .await
}

/// A handler or firm that is paid for cases.
#[derive(Clone, Debug)]
pub struct PayeeRow {
    /// The row.
    pub id: i64,
    /// A person or a firm.
    pub kind: Payee,
    /// The name.
    pub name: String,
    /// The firm.
    pub organisation: String,
    /// Names the row inside its sealed values.
    pub seal_id: Uuid,
    /// The masked identity number.
    pub id_number_mask: String,
    /// Their bank.
    pub bank_name: String,
    /// Their sealed account.
    pub bank_account: Option<Vec<u8>>,
    /// Its mask.
    pub bank_account_mask: String,
    /// The last day of their licence.
    pub licence_valid_to: Option<NaiveDate>,
    /// A public official.
    pub public_official: bool,
    /// For edits.
    pub version: i32,
    /// A change of the account waits.
    pub change_waits: bool,
}

/// Payees of a bureau by name.
pub async fn payees(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<PayeeRow>> {
    sqlx::query_as!(
        PayeeRow,
        r#"select y.id, y.kind as "kind: Payee", y.name, y.organisation, y.seal_id, y.id_number_mask, y.bank_name,
                  y.bank_account, y.bank_account_mask, y.licence_valid_to, y.public_official, y.version,
                  exists (select from bank_changes c where c.payee_id = y.id and c.status = 'asked') as "change_waits!"
           from payees y where y.bureau_id = $1 order by y.name, y.id limit 500"#,
        bureau
    )
    .fetch_all(conn)
    .await
}

/// What makes a run.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// The year of the books.
    pub year: i32,
    /// The settlement that it pays.
    pub settlement: Option<i64>,
    /// The batch that it pays.
    pub batch: Option<i64>,
    /// What stands above it.
    pub title: &'a str,
    /// Who.
    pub account: i64,
    /// When.
    pub at: DateTime<FixedOffset>,
}

/// Adds a run under the next number of its year. The year's books are locked or will be; the unique number decides.
pub async fn insert_run(conn: &mut PgConnection, bureau: i64, run: NewRun<'_>) -> sqlx::Result<i64> {
    let kind = match (run.settlement, run.batch) {
        (Some(_), _) => "settlement",
        (None, Some(_)) => "batch",
        (None, None) => "again",
    };
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('huifa.payment_runs:' || $1::bigint::text, 0))",
        bureau
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "insert into payment_runs (bureau_id, year, number, kind, settlement_id, batch_id, title, made_by, made_at)
         select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8
         from payment_runs where bureau_id = $1 and year = $2 returning id",
        bureau,
        run.year,
        kind,
        run.settlement,
        run.batch,
        run.title,
        run.account,
        run.at
    )
    .fetch_one(conn)
    .await
}

/// Adds what is owed, all at once; gives the rows in the order of `due`.
pub async fn insert_payables(
    conn: &mut PgConnection,
    bureau: i64,
    run: NewRun<'_>,
    due: &[Due],
    held: &[Option<String>],
) -> sqlx::Result<Vec<i64>> {
    let status: Vec<String> = held
        .iter()
        .map(|why| if why.is_some() { PayableStatus::Owed } else { PayableStatus::Sent }.code().to_owned())
        .collect();
    let held: Vec<String> = held.iter().map(|why| why.clone().unwrap_or_default()).collect();
    let rows = sqlx::query!(
        r#"insert into payables (bureau_id, year, settlement_id, item_id, batch_id, payout_id, person_id, payee_id,
               payee_name, purpose, earmarked, operating, status, held_for)
           select $1, $2, $3, d.item_id, $4, d.payout_id, d.person_id, d.payee_id, d.payee_name, d.purpose, d.earmarked,
                  d.operating, d.status, d.held_for
           from unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::numeric[],
                       $12::numeric[], $13::text[], $14::text[])
                as d (item_id, payout_id, person_id, payee_id, payee_name, purpose, earmarked, operating, status, held_for)
           returning id, coalesce(item_id, payout_id) as "source!""#,
        bureau,
        run.year,
        run.settlement,
        run.batch,
        &due.iter().map(|due| due.item_id).collect::<Vec<_>>() as &[Option<i64>],
        &due.iter().map(|due| due.payout_id).collect::<Vec<_>>() as &[Option<i64>],
        &due.iter().map(|due| due.person_id).collect::<Vec<_>>() as &[Option<i64>],
        &due.iter().map(|due| due.payee_id).collect::<Vec<_>>() as &[Option<i64>],
        &due.iter().map(|due| due.name.clone()).collect::<Vec<_>>(),
        &due.iter().map(|due| due.purpose.clone()).collect::<Vec<_>>(),
        &due.iter().map(|due| due.earmarked).collect::<Vec<_>>(),
        &due.iter().map(|due| due.operating).collect::<Vec<_>>(),
        &status,
        &held
    )
    .fetch_all(conn)
    .await?;
    let ids: std::collections::BTreeMap<i64, i64> = rows.into_iter().map(|row| (row.source, row.id)).collect();
    Ok(due.iter().filter_map(|due| ids.get(&due.item_id.or(due.payout_id)?).copied()).collect())
}

/// Adds the transfers of a run: payable, with what it is paid to.
pub async fn insert_transfers(
    conn: &mut PgConnection,
    bureau: i64,
    run: i64,
    sent: &[(i64, &Due)],
) -> sqlx::Result<()> {
    let accounts: Vec<Vec<u8>> = sent.iter().map(|(_, due)| due.bank_account.clone().unwrap_or_default()).collect();
    sqlx::query!(
        "insert into transfers (bureau_id, run_id, payable_id, amount, bank_name, bank_account, bank_account_mask, seal_id)
         select $1, $2, t.payable_id, t.amount, t.bank_name, t.bank_account, t.bank_account_mask, t.seal_id
         from unnest($3::bigint[], $4::numeric[], $5::text[], $6::bytea[], $7::text[], $8::uuid[])
              as t (payable_id, amount, bank_name, bank_account, bank_account_mask, seal_id)",
        bureau,
        run,
        &sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        &sent.iter().map(|(_, due)| due.amount()).collect::<Vec<_>>(),
        &sent.iter().map(|(_, due)| due.bank_name.clone()).collect::<Vec<_>>(),
        &accounts,
        &sent.iter().map(|(_, due)| due.bank_account_mask.clone()).collect::<Vec<_>>(),
        &sent.iter().map(|(_, due)| due.seal_id).collect::<Vec<_>>()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Something owed of an earlier run.
#[derive(Clone, Debug)]
pub struct Owed {
    /// The year of the books.
    pub year: i32,
    /// Why it was not sent.
    pub held_for: String,
    /// The month that it is the pay of.
    pub month: Option<Month>,
    /// The case that it is for.
    pub case_id: Option<i64>,
    /// What it is, with its payee as they stand now.
    pub due: Due,
}

impl Owed {
    /// The page that says what this money is for: a person's month, line by line, or a case.
    #[must_use]
    pub fn href(&self) -> Option<String> {
        match (self.due.person_id, self.month, self.case_id) {
            (Some(person), Some(month), _) => Some(format!("/settlements/{month}/people/{person}")),
            (_, _, Some(case)) => Some(format!("/payouts/cases/{case}")),
            _ => None,
        }
    }
}

/// What is owed of earlier runs, locked for this work; of one year if asked.
pub async fn owed(conn: &mut PgConnection, bureau: i64, year: Option<i32>) -> sqlx::Result<Vec<Owed>> {
    let rows = sqlx::query!(
        r#"select y.id, y.year, y.held_for,
                  (select s.month from settlements s where s.id = y.settlement_id) as "month: Month",
                  (select o.case_id from case_payouts o where o.id = y.payout_id) as case_id, y.item_id, y.payout_id, y.person_id, y.payee_id, y.payee_name, y.purpose,
                  y.earmarked, y.operating, coalesce(p.bank_name, e.bank_name) as "bank_name!",
                  coalesce(p.bank_account, e.bank_account) as bank_account,
                  coalesce(p.bank_account_mask, e.bank_account_mask) as "bank_account_mask!",
                  coalesce(p.seal_id, e.seal_id) as "seal_id!", coalesce(p.status = 'suspended', false) as "suspended!",
                  coalesce(p.public_official, e.public_official, false) as "public_official!",
                  coalesce(p.licence_valid_to, e.licence_valid_to) as licence_valid_to,
                  coalesce((select max(s.duty_on) from settlement_lines l join shifts s on s.id = l.shift_id
                            where l.item_id = y.item_id),
                           (select c.closing_agreed_on from case_payouts o join cases c on c.id = o.case_id
                            where o.id = y.payout_id)) as worked_until,
                  coalesce((select h.reason from pay_holds h where h.person_id = y.person_id and h.released_by is null),
                           (select '本人对补贴明细有异议，待答复' from line_objections o
                            where o.settlement_id = y.settlement_id and o.person_id = y.person_id
                              and o.answered_by is null limit 1)) as hold,
                  exists (select from bank_changes c where c.status = 'asked'
                          and (c.person_id = y.person_id or c.payee_id = y.payee_id)) as "change_waits!"
           from payables y
           left join persons p on p.id = y.person_id
           left join payees e on e.id = y.payee_id
           where y.bureau_id = $1 and y.status = 'owed' and ($2::integer is null or y.year = $2)
           order by y.year, y.id limit 1000 for update of y"#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let due = Due {
                payable_id: Some(row.id),
                item_id: row.item_id,
                payout_id: row.payout_id,
                person_id: row.person_id,
                payee_id: row.payee_id,
                name: row.payee_name,
                purpose: row.purpose,
                earmarked: row.earmarked,
                operating: row.operating,
                bank_name: row.bank_name,
                standing: Standing {
                    hold: row.hold,
                    suspended: row.suspended,
                    public_official: row.public_official,
                    licence_valid_to: row.licence_valid_to,
                    worked_until: row.worked_until,
                    has_account: row.bank_account.is_some(),
                    change_waits: row.change_waits,
                },
                bank_account: row.bank_account,
                bank_account_mask: row.bank_account_mask,
                seal_id: row.seal_id,
            };
            Owed { year: row.year, held_for: row.held_for, month: row.month, case_id: row.case_id, due }
        })
        .collect())
}

/// Owed payables become sent.
pub async fn set_sent(conn: &mut PgConnection, bureau: i64, payables: &[i64]) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update payables set status = 'sent', held_for = ''
         where bureau_id = $1 and id = any ($2) and status = 'owed'",
        bureau,
        payables
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The columns of the bank's file and their version; `None` where the bureau chose none.
pub async fn layout(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Option<(Vec<BankColumn>, i32)>> {
    let row = sqlx::query!(
        r#"select columns as "columns: Json<Vec<BankColumn>>", version from bank_layouts where bureau_id = $1"#,
        bureau
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.columns.0, row.version)))
}

/// Stores the columns; false where somebody else changed them since `version`.
pub async fn set_layout(
    conn: &mut PgConnection,
    bureau: i64,
    columns: &[BankColumn],
    version: i32,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into bank_layouts (bureau_id, columns, changed_by, changed_at) values ($1, $2, $4, $5)
         on conflict (bureau_id) do update set columns = excluded.columns, version = bank_layouts.version + 1,
             changed_by = excluded.changed_by, changed_at = excluded.changed_at
         where bank_layouts.version = $3",
        bureau,
        Json(columns) as _,
        version,
        account,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
