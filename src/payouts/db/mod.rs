//! The SQL of case payouts: the cases, their batches and payouts.

mod exceptions;

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::rules::{BatchStatus, CaseState, ExtensionStatus, OutsideSource};
use crate::payments::Trail;
use crate::plan::Programme;
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, Payee, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;

pub use exceptions::{
    ExtensionRow, OutsideRow, decide_extension, extension, has_outside, insert_extension, insert_outside,
    withdraw_outside,
};

crate::text_column!(BatchStatus, ExtensionStatus, OutsideSource);

/// A case whose closing is agreed, with everything that its payment depends on.
#[derive(Clone, Debug)]
pub struct CaseRow {
    /// The case.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// 案由.
    pub cause: String,
    /// The handler's name.
    pub handler_name: String,
    /// The handler's firm.
    pub organisation: String,
    /// What the calculation needs.
    pub state: CaseState,
    /// The live payout's batch.
    pub batch: Option<i64>,
    /// Where that batch stands.
    pub batch_status: Option<BatchStatus>,
    /// What other funds paid; nothing for none.
    pub outside: Option<Decimal>,
    /// An extension waits for its decision.
    pub extension_asked: bool,
}

/// Which cases are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Only these.
    pub ids: Option<&'a [i64]>,
    /// Only those without a live payout, and nothing paid elsewhere.
    pub unpaid: bool,
    /// At most so many.
    pub limit: i64,
}

/// Closed cases of a bureau, those that are due first in front.
pub async fn cases(conn: &mut PgConnection, bureau: i64, asked: Asked<'_>) -> sqlx::Result<Vec<CaseRow>> {
    let rows = sqlx::query!(
        r#"select c.id, c.number, case when c.restricted then '受限案件' else c.cause end as "cause!", c.handler_name, c.organisation, c.kind as "kind: CaseKind",
                  c.basis as "basis: Basis", c.groups as "groups: Vec<SpecialGroup>",
                  c.handler_category as "handler: HandlerCategory", c.closing_agreed_on, c.entered_on,
                  (c.terminated_on is not null or case_is_void(c.id)) as "terminated!", c.counted_year, c.place,
                  case_position(c.bureau_id, c.counted_year, c.place) as position,
                  coalesce(x.days, 0)::integer as "extension_days!", coalesce(x.asked, false) as "extension_asked!",
                  p.batch_id as "batch?", b.status as "batch_status?: BatchStatus", o.amount as "outside?"
           from cases c
           left join case_payouts p on p.case_id = c.id and p.live
           left join case_batches b on b.id = p.batch_id
           left join lateral (
               select sum(days) filter (where status = 'granted') as days, bool_or(status = 'asked') as asked
               from case_extensions where case_id = c.id) x on true
           left join lateral (
               select sum(amount) as amount from case_outside_payments
               where case_id = c.id and withdrawn_by is null) o on true
           where c.bureau_id = $1 and ($2::bigint[] is null or c.id = any ($2))
             and (not $3 or (p.id is null and o.amount is null and c.closing_agreed_on is not null
                  and c.terminated_on is null and c.handler_category <> 'agency_staff' and not case_is_void(c.id)))
           order by c.closing_agreed_on + coalesce(x.days, 0)::integer, c.place, c.id limit $4"#,
        bureau,
        asked.ids,
        asked.unpaid,
        asked.limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| CaseRow {
            id: row.id,
            number: row.number,
            cause: row.cause,
            handler_name: row.handler_name,
            organisation: row.organisation,
            state: CaseState {
                kind: row.kind,
                basis: row.basis,
                groups: row.groups.into_iter().collect(),
                handler: row.handler,
                agreed_on: row.closing_agreed_on,
                entered_on: row.entered_on,
                terminated: row.terminated,
                counted_year: row.counted_year,
                place: row.place,
                position: row.position,
                extension_days: row.extension_days,
                already_paid: row.batch.is_some() || row.outside.is_some(),
            },
            batch: row.batch,
            batch_status: row.batch_status,
            outside: row.outside,
            extension_asked: row.extension_asked,
        })
        .collect())
}

/// Keeps others out who prepare, approve or pay batches of the bureau, until the transaction ends.
pub async fn lock_payouts(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('huifa.payouts:' || $1::bigint::text, 0))", bureau)
        .execute(conn)
        .await?;
    Ok(())
}

/// Locks cases in their order.
pub async fn lock_cases(conn: &mut PgConnection, bureau: i64, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("select id from cases where bureau_id = $1 and id = any ($2) order by id for update", bureau, ids)
        .fetch_all(conn)
        .await?;
    Ok(())
}

/// The plans of a bureau by year, each with its revision.
pub async fn plans(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<BTreeMap<i32, (i32, Programme)>> {
    let rows = sqlx::query!(
        r#"select year, revision, content as "content: Json<Programme>" from programmes where bureau_id = $1"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.year, (row.revision, row.content.0))).collect())
}

/// A payout about to be stored.
#[derive(Clone, Debug)]
pub struct NewPayout {
    /// The case.
    pub case_id: i64,
    /// A53.
    pub payee_kind: Payee,
    /// Who is paid.
    pub payee_name: String,
    /// Their firm.
    pub organisation: String,
    /// The place in the year.
    pub place: Option<i32>,
    /// What went in.
    pub facts: Value,
    /// What came out.
    pub result: Value,
    /// Yuan from the earmarked fund.
    pub earmarked: Decimal,
    /// Yuan from the operating fund.
    pub operating: Decimal,
    /// The last day of payment.
    pub due_on: NaiveDate,
    /// Over facts, result and revision.
    pub fingerprint: String,
}

/// Stores a batch with its payouts; gives it with its number in the year.
#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub async fn insert_batch(
    conn: &mut PgConnection,
    bureau: i64,
    year: i32,
    revision: i32,
    payouts: &[NewPayout],
    fingerprint: &str,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<(i64, i32)> {
    let earmarked: Decimal = payouts.iter().map(|payout| payout.earmarked).sum();
    let operating: Decimal = payouts.iter().map(|payout| payout.operating).sum();
    let batch = sqlx::query!(
        "insert into case_batches (bureau_id, year, number, cases, earmarked, operating, fingerprint, prepared_by, prepared_at)
         select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8
         from case_batches where bureau_id = $1 and year = $2
         returning id, number",
        bureau,
        year,
        i32::try_from(payouts.len()).unwrap_or(i32::MAX),
        earmarked,
        operating,
        fingerprint,
        account,
        at
    )
    .fetch_one(&mut *conn)
    .await?;
    let column = |of: fn(&NewPayout) -> String| payouts.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "insert into case_payouts (batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, place, facts,
             result, revision, earmarked, operating, due_on, fingerprint)
         select $1, $2, $3, p.case_id, p.payee_kind, p.payee_name, p.organisation, p.place, p.facts, p.result, $4,
                p.earmarked, p.operating, p.due_on, p.fingerprint
         from unnest($5::bigint[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::jsonb[], $11::jsonb[],
                     $12::numeric[], $13::numeric[], $14::date[], $15::text[])
              as p (case_id, payee_kind, payee_name, organisation, place, facts, result, earmarked, operating, due_on,
                    fingerprint)",
        batch.id,
        bureau,
        year,
        revision,
        &payouts.iter().map(|payout| payout.case_id).collect::<Vec<_>>(),
        &column(|payout| payout.payee_kind.code().to_owned()),
        &column(|payout| payout.payee_name.clone()),
        &column(|payout| payout.organisation.clone()),
        &payouts.iter().map(|payout| payout.place).collect::<Vec<_>>() as &[Option<i32>],
        &payouts.iter().map(|payout| payout.facts.clone()).collect::<Vec<_>>(),
        &payouts.iter().map(|payout| payout.result.clone()).collect::<Vec<_>>(),
        &payouts.iter().map(|payout| payout.earmarked).collect::<Vec<_>>(),
        &payouts.iter().map(|payout| payout.operating).collect::<Vec<_>>(),
        &payouts.iter().map(|payout| payout.due_on).collect::<Vec<_>>(),
        &column(|payout| payout.fingerprint.clone())
    )
    .execute(conn)
    .await?;
    Ok((batch.id, batch.number))
}

/// A batch.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// The row.
    pub id: i64,
    /// The year of its plan and books.
    pub year: i32,
    /// Its number in the year.
    pub number: i32,
    /// Where it stands.
    pub status: BatchStatus,
    /// How many cases.
    pub cases: i32,
    /// Yuan from the earmarked fund.
    pub earmarked: Decimal,
    /// Yuan from the operating fund.
    pub operating: Decimal,
    /// Over its payouts.
    pub fingerprint: String,
    /// Who prepared it.
    pub prepared_by: i64,
    /// Their name.
    pub preparer: String,
    /// When.
    pub prepared_at: DateTime<Utc>,
    /// Who sent it back.
    pub returner: Option<String>,
    /// When.
    pub returned_at: Option<DateTime<Utc>>,
    /// Why.
    pub return_reason: String,
    /// Who approved it.
    pub approved_by: Option<i64>,
    /// Their name.
    pub approver: Option<String>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// Who paid it.
    pub payer: Option<String>,
    /// When.
    pub paid_at: Option<DateTime<Utc>>,
    /// The earliest day on which one of its cases is due.
    pub due_on: Option<NaiveDate>,
    /// For edits: nobody overwrites another's.
    pub version: i32,
}

impl BatchRow {
    /// Yuan of both funds.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.earmarked + self.operating
    }

    /// 「2024年第3批」.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}年第{}批", self.year, self.number)
    }
}

/// Batches of a bureau, the newest first; one if asked.
pub async fn batches(conn: &mut PgConnection, bureau: i64, id: Option<i64>, limit: i64) -> sqlx::Result<Vec<BatchRow>> {
    sqlx::query_as!(
        BatchRow,
        r#"select b.id, b.year, b.number, b.status as "status: BatchStatus", b.cases, b.earmarked, b.operating,
                  b.fingerprint, b.prepared_by, m.name as preparer, b.prepared_at, r.name as "returner?", b.returned_at,
                  b.return_reason, b.approved_by, a.name as "approver?", b.approved_at, f.name as "payer?", b.paid_at,
                  (select min(due_on) from case_payouts where batch_id = b.id) as due_on, b.version
           from case_batches b
           join accounts m on m.id = b.prepared_by
           left join accounts r on r.id = b.returned_by
           left join accounts a on a.id = b.approved_by
           left join accounts f on f.id = b.paid_by
           where b.bureau_id = $1 and ($2::bigint is null or b.id = $2)
           order by b.year desc, b.number desc limit $3"#,
        bureau,
        id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// A payout of a batch.
#[derive(Clone, Debug)]
pub struct PayoutRow {
    /// The row.
    pub id: i64,
    /// Its batch.
    pub batch_id: i64,
    /// The case.
    pub case_id: i64,
    /// The case's number.
    pub number: String,
    /// Kind and stage.
    pub kind: CaseKind,
    /// Only those named for it read it: a print names nothing of its recipient.
    pub restricted: bool,
    /// The recipient's groups.
    pub groups: Vec<SpecialGroup>,
    /// A53.
    pub payee_kind: Payee,
    /// Who is paid.
    pub payee_name: String,
    /// Their firm.
    pub organisation: String,
    /// The place in the year.
    pub place: Option<i32>,
    /// 同意结案.
    pub agreed_on: Option<NaiveDate>,
    /// The number in the provincial system.
    pub entry_number: String,
    /// What went in.
    pub facts: Value,
    /// What came out.
    pub result: Value,
    /// The plan's revision.
    pub revision: i32,
    /// Yuan from the earmarked fund.
    pub earmarked: Decimal,
    /// Yuan from the operating fund.
    pub operating: Decimal,
    /// The last day of payment.
    pub due_on: NaiveDate,
    /// Over facts, result and revision.
    pub fingerprint: String,
    /// False once it was given up or came back.
    pub live: bool,
    /// Why.
    pub ended_reason: String,
    /// Where the money is: owed, sent or void.
    pub payment: Option<String>,
    /// Why it is not with its payee.
    pub held_for: Option<String>,
    /// The last transfer of it.
    pub transfer: Option<i64>,
    /// Where the money went, where one case was asked for.
    pub trail: Option<Json<Trail>>,
}

/// The payouts of a batch, or of one case, or one of them.
pub async fn payouts(
    conn: &mut PgConnection,
    bureau: i64,
    batch: Option<i64>,
    case: Option<i64>,
    id: Option<i64>,
) -> sqlx::Result<Vec<PayoutRow>> {
    sqlx::query_as!(
        PayoutRow,
        r#"select p.id, p.batch_id, p.case_id, c.number, c.kind as "kind: CaseKind",
                  c.restricted, c.groups as "groups: Vec<SpecialGroup>", p.payee_kind as "payee_kind: Payee", p.payee_name,
                  p.organisation, p.place, c.closing_agreed_on as agreed_on, c.entry_number, p.facts, p.result,
                  p.revision, p.earmarked, p.operating, p.due_on, p.fingerprint, p.live, p.ended_reason,
                  y.status as "payment?", y.held_for as "held_for?",
                  (select max(t.id) from transfers t where t.payable_id = y.id) as transfer,
                  case when $3::bigint is not null
                       then payable_trail((select max(z.id) from payables z where z.payout_id = p.id)) end
                      as "trail: Json<Trail>"
           from case_payouts p
           join cases c on c.id = p.case_id
           left join payables y on y.payout_id = p.id and y.status <> 'void'
           where p.bureau_id = $1 and ($2::bigint is null or p.batch_id = $2) and ($3::bigint is null or p.case_id = $3)
             and ($4::bigint is null or p.id = $4)
           order by p.place, c.number, p.id limit 1000"#,
        bureau,
        batch,
        case,
        id
    )
    .fetch_all(conn)
    .await
}

/// A step of a batch: guarded by its version and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct BatchStep<'a> {
    /// The batch.
    pub id: i64,
    /// The version that was read.
    pub version: i32,
    /// Where it stood.
    pub from: BatchStatus,
    /// Where it goes.
    pub to: BatchStatus,
    /// Who.
    pub account: i64,
    /// When.
    pub at: DateTime<FixedOffset>,
    /// Why, for a return.
    pub reason: &'a str,
}

/// Takes a step; false where somebody was faster.
pub async fn set_batch(conn: &mut PgConnection, bureau: i64, step: BatchStep<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update case_batches set status = $5, version = version + 1,
             returned_by = case $5 when 'returned' then $6 else returned_by end,
             returned_at = case $5 when 'returned' then $7 else returned_at end,
             return_reason = case $5 when 'returned' then $8 else return_reason end,
             approved_by = case when $5 = 'approved' and $4 = 'prepared' then $6 when $5 = 'dissolved' then null else approved_by end,
             approved_at = case when $5 = 'approved' and $4 = 'prepared' then $7 when $5 = 'dissolved' then null else approved_at end,
             paid_by = case $5 when 'paid' then $6 end, paid_at = case $5 when 'paid' then $7::timestamptz end
         where bureau_id = $1 and id = $2 and version = $3 and status = $4",
        bureau,
        step.id,
        step.version,
        step.from as BatchStatus,
        step.to as BatchStatus,
        step.account,
        step.at,
        step.reason
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends payouts: of a batch that is given up, or one whose money came back.
pub async fn end_payouts(
    conn: &mut PgConnection,
    batch: i64,
    one: Option<i64>,
    account: i64,
    at: DateTime<FixedOffset>,
    reason: &str,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update case_payouts set live = false, ended_by = $3, ended_at = $4, ended_reason = $5
         where batch_id = $1 and live and ($2::bigint is null or id = $2)",
        batch,
        one,
        account,
        at,
        reason
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The ledger entries of a batch that stand.
pub async fn entries_of(conn: &mut PgConnection, bureau: i64, batch: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select e.id from fund_entries e
         where e.bureau_id = $1 and e.document_kind = 'case_batch' and e.document_id = $2::bigint::text
           and not exists (select from fund_entries r where r.reversal_of = e.id)
         order by e.id",
        bureau,
        batch
    )
    .fetch_all(conn)
    .await
}
