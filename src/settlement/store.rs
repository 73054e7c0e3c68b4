//! What the settlement writes. Every function demands the proof that the bureau's settlements are locked.

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::month::{AdjustmentKind, Draft, Plan};
use crate::plan::Month;
use crate::plan::dictionary::Dictionary as _;

/// Proof that this transaction alone settles the bureau's months: corrections look at other months, so the lock is
/// the bureau's, not the month's.
#[derive(Debug)]
pub struct MonthLock {
    bureau: i64,
    month: Month,
}

impl MonthLock {
    /// The month it was taken for.
    #[must_use]
    pub fn month(&self) -> Month {
        self.month
    }
}

/// Waits for other settlements of the bureau to end, and keeps them out until the transaction does.
pub async fn lock_month(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<MonthLock> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('huifa.settlement:' || $1::bigint::text, 0))", bureau)
        .execute(conn)
        .await?;
    Ok(MonthLock { bureau, month })
}

/// Stores a calculation in place of an unapproved one; `None` when the month was approved meanwhile.
pub async fn store(
    conn: &mut PgConnection,
    lock: &MonthLock,
    draft: &Draft,
    plan: &Plan,
    account: i64,
    at: DateTime<FixedOffset>,
    objection_until: NaiveDate,
) -> sqlx::Result<Option<i64>> {
    keep_replaced(&mut *conn, lock, draft, account, at).await?;
    let totals = draft.totals();
    let stored = sqlx::query!(
        r#"insert into settlements
             (bureau_id, month, programme_id, programme_revision, people, base, deducted, adjustment, payable, fingerprint,
              calculated_by, calculated_at, notified_at, objection_until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)
         on conflict (bureau_id, month) do update set
             programme_id = excluded.programme_id, programme_revision = excluded.programme_revision,
             people = excluded.people, base = excluded.base, deducted = excluded.deducted,
             adjustment = excluded.adjustment, payable = excluded.payable, fingerprint = excluded.fingerprint,
             calculated_by = excluded.calculated_by, calculated_at = excluded.calculated_at,
             -- The same result calculated again opens no new window (A54).
             notified_at = case settlements.fingerprint when excluded.fingerprint then settlements.notified_at
                           else excluded.notified_at end,
             objection_until = case settlements.fingerprint when excluded.fingerprint then settlements.objection_until
                               else excluded.objection_until end,
             return_reason = '', returned_by = null, returned_at = null,
             reviewed_by = null, reviewed_at = null, review_note = '', version = settlements.version + 1
         where settlements.status = 'calculated'
         returning id, version"#,
        lock.bureau,
        lock.month as Month,
        plan.id,
        plan.revision,
        totals.people,
        totals.base,
        totals.deducted,
        totals.adjustment,
        totals.payable,
        draft.fingerprint,
        account,
        at,
        objection_until
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    let id = stored.id;
    if stored.version > 1 {
        // What the calculation before left behind.
        sqlx::query!("delete from settlement_adjustments where settlement_id = $1", id).execute(&mut *conn).await?;
        sqlx::query!("delete from settlement_lines where settlement_id = $1", id).execute(&mut *conn).await?;
        sqlx::query!("delete from settlement_items where settlement_id = $1", id).execute(&mut *conn).await?;
    }
    let items = insert_items(&mut *conn, lock, id, draft).await?;
    insert_lines(&mut *conn, lock, id, draft, &items).await?;
    insert_adjustments(conn, lock, id, draft, &items).await?;
    Ok(Some(id))
}

/// Keeps the calculation that another result is about to replace, whole.
async fn keep_replaced(
    conn: &mut PgConnection,
    lock: &MonthLock,
    draft: &Draft,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into settlement_calculations
             (settlement_id, bureau_id, number, programme_id, programme_revision, people, payable, fingerprint,
              calculated_by, calculated_at, return_reason, items, replaced_by, replaced_at)
         select s.id, s.bureau_id,
                (select coalesce(max(number), 0) + 1 from settlement_calculations where settlement_id = s.id),
                s.programme_id, s.programme_revision, s.people, s.payable, s.fingerprint, s.calculated_by,
                s.calculated_at, s.return_reason,
                (select coalesce(jsonb_agg(jsonb_build_object('person', person_id, 'facts', facts, 'result', result,
                                               'fingerprint', fingerprint) order by person_id), '[]')
                 from settlement_items where settlement_id = s.id),
                $4, $5
         from settlements s
         where s.bureau_id = $1 and s.month = $2 and s.status = 'calculated' and s.fingerprint <> $3",
        lock.bureau,
        lock.month as Month,
        draft.fingerprint,
        account,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The items' rows, in the order of the draft.
async fn insert_items(
    conn: &mut PgConnection,
    lock: &MonthLock,
    settlement: i64,
    draft: &Draft,
) -> sqlx::Result<Vec<i64>> {
    let of = |value: fn(&super::month::Item) -> Decimal| draft.items.iter().map(value).collect::<Vec<_>>();
    let people: Vec<i64> = draft.items.iter().map(|item| item.person_id).collect();
    let facts: Vec<_> = draft.items.iter().map(|item| item.facts_json.clone()).collect();
    let results: Vec<_> = draft.items.iter().map(|item| item.pay_json.clone()).collect();
    let off_post: Vec<i32> =
        draft.items.iter().map(|item| i32::try_from(item.pay.off_post_findings).unwrap_or(i32::MAX)).collect();
    let forfeited: Vec<bool> = draft.items.iter().map(|item| item.pay.month_forfeited).collect();
    let fingerprints: Vec<String> = draft.items.iter().map(|item| item.fingerprint.clone()).collect();
    let rows = sqlx::query!(
        "insert into settlement_items
             (settlement_id, bureau_id, person_id, facts, result, base, deducted, subtotal, adjustment, payable, receivable,
              off_post, forfeited, fingerprint)
         select $1, $2, i.person_id, i.facts, i.result, i.base, i.deducted, i.subtotal, i.adjustment, i.payable,
                i.receivable, i.off_post, i.forfeited, i.fingerprint
         from unnest($3::bigint[], $4::jsonb[], $5::jsonb[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[],
                     $10::numeric[], $11::numeric[], $12::integer[], $13::boolean[], $14::text[])
              as i (person_id, facts, result, base, deducted, subtotal, adjustment, payable, receivable, off_post,
                    forfeited, fingerprint)
         returning id, person_id",
        settlement,
        lock.bureau,
        &people,
        &facts,
        &results,
        &of(super::month::Item::base),
        &of(super::month::Item::deducted),
        &of(|item| item.pay.subtotal),
        &of(|item| item.pay.adjustment),
        &of(|item| item.pay.payable),
        &of(|item| item.pay.receivable),
        &off_post,
        &forfeited,
        &fingerprints
    )
    .fetch_all(conn)
    .await?;
    let ids: std::collections::BTreeMap<i64, i64> = rows.into_iter().map(|row| (row.person_id, row.id)).collect();
    Ok(people.iter().filter_map(|person| ids.get(person).copied()).collect())
}

async fn insert_lines(
    conn: &mut PgConnection,
    lock: &MonthLock,
    settlement: i64,
    draft: &Draft,
    items: &[i64],
) -> sqlx::Result<()> {
    let lines: Vec<_> = draft
        .items
        .iter()
        .zip(items)
        .flat_map(|(item, id)| item.pay.shifts.iter().map(move |shift| (*id, shift)))
        .collect();
    let ids: Vec<i64> = lines.iter().map(|(id, _)| *id).collect();
    let shifts: Vec<i64> = lines.iter().map(|(_, shift)| shift.id.parse().unwrap_or_default()).collect();
    let base: Vec<Decimal> = lines.iter().map(|(_, shift)| shift.base).collect();
    let deducted: Vec<Decimal> = lines.iter().map(|(_, shift)| shift.deducted).collect();
    let payable: Vec<Decimal> = lines.iter().map(|(_, shift)| shift.payable).collect();
    let not_payable: Vec<Option<String>> =
        lines.iter().map(|(_, shift)| shift.not_payable.map(|reason| reason.code().to_owned())).collect();
    sqlx::query!(
        "insert into settlement_lines (item_id, settlement_id, bureau_id, shift_id, base, deducted, payable, not_payable)
         select l.item_id, $1, $2, l.shift_id, l.base, l.deducted, l.payable, l.not_payable
         from unnest($3::bigint[], $4::bigint[], $5::numeric[], $6::numeric[], $7::numeric[], $8::text[])
              as l (item_id, shift_id, base, deducted, payable, not_payable)",
        settlement,
        lock.bureau,
        &ids,
        &shifts,
        &base,
        &deducted,
        &payable,
        &not_payable as &[Option<String>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_adjustments(
    conn: &mut PgConnection,
    lock: &MonthLock,
    settlement: i64,
    draft: &Draft,
    items: &[i64],
) -> sqlx::Result<()> {
    let rows: Vec<_> = draft
        .items
        .iter()
        .zip(items)
        .flat_map(|(item, id)| item.adjustments.iter().map(move |adjustment| (*id, adjustment)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let months: Vec<chrono::NaiveDate> = rows.iter().map(|(_, adjustment)| adjustment.for_month.first()).collect();
    let kinds: Vec<AdjustmentKind> = rows.iter().map(|(_, adjustment)| adjustment.kind).collect();
    let reasons: Vec<String> = rows.iter().map(|(_, adjustment)| adjustment.reason.clone()).collect();
    let amounts: Vec<Decimal> = rows.iter().map(|(_, adjustment)| adjustment.amount).collect();
    sqlx::query!(
        "insert into settlement_adjustments (item_id, settlement_id, bureau_id, for_month, kind, reason, amount)
         select a.item_id, $1, $2, a.for_month, a.kind, a.reason, a.amount
         from unnest($3::bigint[], $4::date[], $5::text[], $6::text[], $7::numeric[])
              as a (item_id, for_month, kind, reason, amount)",
        settlement,
        lock.bureau,
        &ids,
        &months,
        &kinds as &[AdjustmentKind],
        &reasons,
        &amounts
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Calculated → approved, unless somebody was faster or it was sent back.
pub async fn set_approved(
    conn: &mut PgConnection,
    lock: &MonthLock,
    version: i32,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update settlements set status = 'approved', approved_by = $4, approved_at = $5, version = version + 1
         where bureau_id = $1 and month = $2 and version = $3 and status = 'calculated' and returned_by is null
           and reviewed_by is not null",
        lock.bureau,
        lock.month as Month,
        version,
        account,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks a calculation as reviewed.
pub async fn set_reviewed(
    conn: &mut PgConnection,
    lock: &MonthLock,
    version: i32,
    account: i64,
    at: DateTime<FixedOffset>,
    note: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update settlements set reviewed_by = $4, reviewed_at = $5, review_note = $6, version = version + 1
         where bureau_id = $1 and month = $2 and version = $3 and status = 'calculated' and returned_by is null
           and reviewed_by is null",
        lock.bureau,
        lock.month as Month,
        version,
        account,
        at,
        note
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sends a calculation back to its clerk.
pub async fn set_returned(
    conn: &mut PgConnection,
    lock: &MonthLock,
    version: i32,
    account: i64,
    at: DateTime<FixedOffset>,
    reason: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update settlements set return_reason = $6, returned_by = $4, returned_at = $5, version = version + 1,
             reviewed_by = null, reviewed_at = null, review_note = ''
         where bureau_id = $1 and month = $2 and version = $3 and status = 'calculated' and returned_by is null",
        lock.bureau,
        lock.month as Month,
        version,
        account,
        at,
        reason
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Approved → paid.
pub async fn set_paid(
    conn: &mut PgConnection,
    lock: &MonthLock,
    version: i32,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update settlements set status = 'paid', paid_by = $4, paid_at = $5, version = version + 1
         where bureau_id = $1 and month = $2 and version = $3 and status = 'approved'",
        lock.bureau,
        lock.month as Month,
        version,
        account,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a paid month back to approved, because its payment was reversed; false where it is not paid.
pub async fn set_reopened(conn: &mut PgConnection, lock: &MonthLock, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update settlements set status = 'approved', paid_by = null, paid_at = null, version = version + 1
         where bureau_id = $1 and month = $2 and id = $3 and status = 'paid'",
        lock.bureau,
        lock.month as Month,
        id
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
