//! What the bank was told: transfers with what they pay, their runs, what came back or was taken back.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::payments::rules::TransferStatus;
use crate::plan::Month;

/// A transfer of a run.
#[derive(Clone, Debug)]
pub struct TransferRow {
    /// The row.
    pub id: i64,
    /// Its run.
    pub run_id: i64,
    /// The payable.
    pub payable_id: i64,
    /// The year of the books.
    pub year: i32,
    /// Who is paid.
    pub payee: String,
    /// What for.
    pub purpose: String,
    /// Yuan.
    pub amount: Decimal,
    /// Of it, from the earmarked fund.
    pub earmarked: Decimal,
    /// Of it, from the operating fund.
    pub operating: Decimal,
    /// Their bank.
    pub bank_name: String,
    /// The sealed account.
    pub bank_account: Vec<u8>,
    /// Its mask.
    pub bank_account_mask: String,
    /// The row that it is sealed for.
    pub seal_id: Uuid,
    /// A person of the duty bank, not a payee of cases.
    pub of_person: bool,
    /// That person and the month that is paid.
    pub person_id: Option<i64>,
    /// The month of that pay.
    pub month: Option<Month>,
    /// The case that is paid.
    pub case_id: Option<i64>,
    /// Where it stands.
    pub status: TransferStatus,
    /// The day on which its run was made.
    pub sent_on: NaiveDate,
    /// When the bank sent it back.
    pub returned_on: Option<NaiveDate>,
    /// Why.
    pub return_reason: String,
}

impl TransferRow {
    /// The page that says what this money is for: a person's month, line by line, or a case.
    #[must_use]
    pub fn href(&self) -> Option<String> {
        match (self.person_id, self.month, self.case_id) {
            (Some(person), Some(month), _) => Some(format!("/settlements/{month}/people/{person}")),
            (_, _, Some(case)) => Some(format!("/payouts/cases/{case}")),
            _ => None,
        }
    }

    /// The number that the bank's file carries.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("HF{:0>10}", self.id)
    }
}

/// The transfers of a run, or one of them.
pub async fn transfers(
    conn: &mut PgConnection,
    bureau: i64,
    run: Option<i64>,
    id: Option<i64>,
) -> sqlx::Result<Vec<TransferRow>> {
    sqlx::query_as!(
        TransferRow,
        r#"select t.id, t.run_id, t.payable_id, y.year, y.payee_name as payee, y.purpose, t.amount, y.earmarked,
                  y.operating, t.bank_name, t.bank_account, t.bank_account_mask, t.seal_id,
                  y.person_id is not null as "of_person!", y.person_id, s.month as "month?: Month",
                  o.case_id as "case_id?", t.status as "status: TransferStatus",
                  (r.made_at at time zone 'Asia/Shanghai')::date as "sent_on!", t.returned_on, t.return_reason
           from transfers t
           join payment_runs r on r.id = t.run_id
           join payables y on y.id = t.payable_id
           left join settlements s on s.id = y.settlement_id
           left join case_payouts o on o.id = y.payout_id
           where t.bureau_id = $1 and ($2::bigint is null or t.run_id = $2) and ($3::bigint is null or t.id = $3)
           order by t.id limit 2000"#,
        bureau,
        run,
        id
    )
    .fetch_all(conn)
    .await
}

/// A transfer comes back and its payable is owed again; false where it came back before.
pub async fn set_returned(
    conn: &mut PgConnection,
    bureau: i64,
    transfer: &TransferRow,
    on: NaiveDate,
    reason: &str,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update transfers set status = 'returned', returned_on = $3, return_reason = $4, returned_by = $5, returned_at = $6
         where bureau_id = $1 and id = $2 and status = 'sent'",
        bureau,
        transfer.id,
        on,
        reason,
        account,
        at
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    let done = sqlx::query!(
        "update payables set status = 'owed', held_for = $3 where bureau_id = $1 and id = $2 and status = 'sent'",
        bureau,
        transfer.payable_id,
        format!("银行退汇：{reason}")
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many payables of a source were touched since its payment: sent back or paid again.
pub async fn touched(
    conn: &mut PgConnection,
    bureau: i64,
    settlement: Option<i64>,
    batch: Option<i64>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from payables y
           where y.bureau_id = $1 and (y.settlement_id = $2 or y.batch_id = $3) and y.status <> 'void'
             and (exists (select from transfers t where t.payable_id = y.id and t.status = 'returned')
                  or exists (select from transfers t join payment_runs r on r.id = t.run_id
                             where t.payable_id = y.id and t.status = 'sent' and r.kind = 'again'))"#,
        bureau,
        settlement,
        batch
    )
    .fetch_one(conn)
    .await
}

/// Payables and their transfers become void: of a settlement, of a batch, or one payout.
pub async fn set_void(
    conn: &mut PgConnection,
    bureau: i64,
    settlement: Option<i64>,
    batch: Option<i64>,
    payout: Option<i64>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update transfers set status = 'void'
         where bureau_id = $1 and status = 'sent' and payable_id in (
             select id from payables where bureau_id = $1 and status <> 'void'
                 and (settlement_id = $2 or batch_id = $3 or payout_id = $4))",
        bureau,
        settlement,
        batch,
        payout
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update payables set status = 'void', held_for = ''
         where bureau_id = $1 and status <> 'void' and (settlement_id = $2 or batch_id = $3 or payout_id = $4)",
        bureau,
        settlement,
        batch,
        payout
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A run with its sums.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// The row.
    pub id: i64,
    /// The year of the books.
    pub year: i32,
    /// Its number in the year.
    pub number: i32,
    /// What stands above it.
    pub title: String,
    /// The month of the settlement that it pays.
    pub month: Option<Month>,
    /// The batch that it pays.
    pub batch_id: Option<i64>,
    /// Who made it.
    pub maker: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// How many transfers.
    pub transfers: i64,
    /// Yuan.
    pub amount: Decimal,
    /// How many came back.
    pub returned: i64,
}

/// The runs of a bureau, newest first; one if asked.
pub async fn runs(conn: &mut PgConnection, bureau: i64, id: Option<i64>, limit: i64) -> sqlx::Result<Vec<RunRow>> {
    sqlx::query_as!(
        RunRow,
        r#"select r.id, r.year, r.number, r.title, s.month as "month?: Month", r.batch_id, a.name as maker,
                  r.made_at, t.transfers as "transfers!", t.amount as "amount!", t.returned as "returned!"
           from payment_runs r
           join accounts a on a.id = r.made_by
           left join settlements s on s.id = r.settlement_id
           left join lateral (
               select count(*) as transfers, coalesce(sum(amount), 0) as amount,
                      count(*) filter (where status = 'returned') as returned
               from transfers where run_id = r.id) t on true
           where r.bureau_id = $1 and ($2::bigint is null or r.id = $2)
           order by r.year desc, r.number desc limit $3"#,
        bureau,
        id,
        limit
    )
    .fetch_all(conn)
    .await
}
