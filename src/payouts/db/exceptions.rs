//! What leaves the usual way of a payment: payments put off, and payments that another fund made.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::payouts::rules::{ExtensionStatus, OutsideSource};

/// A request to put a payment off.
#[derive(Clone, Debug, Deserialize)]
pub struct ExtensionRow {
    /// The row.
    pub id: i64,
    /// The case.
    pub case_id: i64,
    /// The case's number.
    pub number: String,
    /// How many days.
    pub days: i32,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub status: ExtensionStatus,
    /// Who asked.
    pub asked_by: i64,
    /// Their name.
    pub asker: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Who decided.
    pub decider: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What they wrote.
    pub decision_note: String,
}

/// An extension.
pub async fn extension(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<ExtensionRow>> {
    sqlx::query_as!(
        ExtensionRow,
        r#"select x.id, x.case_id, c.number, x.days, x.reason, x.status as "status: ExtensionStatus", x.asked_by,
                  a.name as asker, x.asked_at, d.name as "decider?", x.decided_at, x.decision_note
           from case_extensions x
           join cases c on c.id = x.case_id
           join accounts a on a.id = x.asked_by
           left join accounts d on d.id = x.decided_by
           where x.bureau_id = $1 and x.id = $2"#,
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
}

/// Stores a request.
pub async fn insert_extension(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    days: i32,
    reason: &str,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into case_extensions (bureau_id, case_id, days, reason, asked_by, asked_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
        bureau,
        case,
        days,
        reason,
        account,
        at
    )
    .fetch_one(conn)
    .await
}

/// Decides a request; false where it was decided before.
pub async fn decide_extension(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    status: ExtensionStatus,
    account: i64,
    at: DateTime<FixedOffset>,
    note: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update case_extensions set status = $3, decided_by = $4, decided_at = $5, decision_note = $6
         where bureau_id = $1 and id = $2 and status = 'asked'",
        bureau,
        id,
        status as ExtensionStatus,
        account,
        at,
        note
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What another fund paid for a case.
#[derive(Clone, Debug, Deserialize)]
pub struct OutsideRow {
    /// The row.
    pub id: i64,
    /// The case.
    pub case_id: i64,
    /// Which fund.
    pub source: OutsideSource,
    /// Yuan.
    pub amount: Decimal,
    /// When.
    pub paid_on: NaiveDate,
    /// On what paper.
    pub document: String,
    /// Who recorded it.
    pub recorder: String,
    /// Who took the record back, and why.
    pub withdrawal: String,
}

/// Records what another fund paid.
#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub async fn insert_outside(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    source: OutsideSource,
    amount: Decimal,
    paid_on: NaiveDate,
    document: &str,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into case_outside_payments (bureau_id, case_id, source, amount, paid_on, document, recorded_by, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        bureau,
        case,
        source as OutsideSource,
        amount,
        paid_on,
        document,
        account,
        at
    )
    .fetch_one(conn)
    .await
}

/// Whether there is such a record.
pub async fn has_outside(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from case_outside_payments where bureau_id = $1 and id = $2) as "known!""#,
        bureau,
        id
    )
    .fetch_one(conn)
    .await
}

/// Takes a record back; gives its case, nothing where it was taken back before.
pub async fn withdraw_outside(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    account: i64,
    at: DateTime<FixedOffset>,
    why: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "update case_outside_payments set withdrawn_by = $3, withdrawn_at = $4, withdrawal = $5
         where bureau_id = $1 and id = $2 and withdrawn_by is null returning case_id",
        bureau,
        id,
        account,
        at,
        why
    )
    .fetch_optional(conn)
    .await
}
