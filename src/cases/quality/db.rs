//! The SQL of quality reviews.

use chrono::{DateTime, FixedOffset, NaiveDate};
use sqlx::PgConnection;

/// A review, open or done.
#[derive(Clone, Debug)]
pub(super) struct ReviewRow {
    pub(super) id: i64,
    pub(super) case_id: i64,
    pub(super) number: String,
    pub(super) cause: String,
    pub(super) handler: String,
    pub(super) firm: String,
    pub(super) handler_account: Option<i64>,
    pub(super) kind: String,
    pub(super) chosen: String,
    pub(super) reviewer_id: i64,
    pub(super) reviewer: String,
    pub(super) total: Option<i32>,
    pub(super) veto: String,
    pub(super) faults: String,
    pub(super) mend_until: Option<NaiveDate>,
    pub(super) mended_on: Option<NaiveDate>,
    pub(super) mended_note: String,
    pub(super) done_on: Option<NaiveDate>,
}

/// Reviews of a bureau, of one reviewer or handler where they are named, at most 500.
pub(super) async fn reviews(
    conn: &mut PgConnection,
    bureau: i64,
    viewer: i64,
    of: Option<i64>,
    only: Option<i64>,
) -> sqlx::Result<Vec<ReviewRow>> {
    sqlx::query_as!(
        ReviewRow,
        r#"select q.id, q.case_id, c.number,
                  case when c.restricted and not case_open_to(c, $4) then '受限案件' else c.cause end as "cause!", c.handler_name as handler, c.organisation as firm,
                  h.account_id as "handler_account?", q.kind, q.chosen, q.reviewer_id, a.name as reviewer, q.total, q.veto,
                  q.faults, q.mend_until, q.mended_on, q.mended_note, q.done_on
           from case_quality q
           join cases c on c.id = q.case_id
           join accounts a on a.id = q.reviewer_id
           left join case_handlers h on h.id = c.handler_id
           where q.bureau_id = $1 and ($2::bigint is null or q.reviewer_id = $2 or h.account_id = $2)
             and ($3::bigint is null or q.id = $3)
           order by q.done_on nulls first, q.id desc limit 500"#,
        bureau,
        of,
        only,
        viewer
    )
    .fetch_all(conn)
    .await
}

/// Closed cases that have no review of this kind yet.
pub(super) async fn unreviewed(conn: &mut PgConnection, bureau: i64, kind: &str) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select c.id from cases c
         where c.bureau_id = $1 and c.origin = 'live' and c.closing_agreed_on is not null
           and not exists (select from case_quality q where q.case_id = c.id and q.kind = $2)",
        bureau,
        kind
    )
    .fetch_all(conn)
    .await
}

/// The closed case of a number.
pub(super) async fn by_number(conn: &mut PgConnection, bureau: i64, number: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select id from cases where bureau_id = $1 and number = $2 and origin = 'live' and closing_agreed_on is not null",
        bureau,
        number
    )
    .fetch_optional(conn)
    .await
}

/// Whether an account had a part in a case, or works in the firm that handled it.
pub(super) async fn involved(conn: &mut PgConnection, case: i64, account: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from case_events e where e.case_id = $1 and e.account_id = $2 and e.kind <> 'reveal'
                            and (e.kind, e.code) <> ('document', 'quality_review'))
               or exists (select from cases c join case_handlers h on h.id = c.handler_id
                          join case_handlers o on o.firm_id = h.firm_id and o.account_id = $2
                          where c.id = $1) as "involved!""#,
        case,
        account
    )
    .fetch_one(conn)
    .await
}

/// Who may review: the bureau's clerks, and handlers as peers.
pub(super) async fn reviewers(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(i64, String, String)>> {
    let rows = sqlx::query!(
        r#"select a.id, a.name, case when a.role = 'bureau_clerk' then 'administrative' else 'peer' end as "kind!"
           from accounts a
           where a.bureau_id = $1 and a.status = 'active'
             and (a.role = 'bureau_clerk' or exists (select from case_handlers h where h.account_id = a.id and h.status = 'active'))
           order by a.role, a.name, a.id limit 200"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name, row.kind)).collect())
}

#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub(super) async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    kind: &str,
    chosen: &str,
    reviewer: i64,
    by: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_quality (case_id, bureau_id, kind, chosen, reviewer_id, drawn_by, drawn_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        case,
        bureau,
        kind,
        chosen,
        reviewer,
        by,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a reviewer found.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) scores: &'a serde_json::Value,
    pub(super) total: i32,
    pub(super) veto: &'a str,
    pub(super) faults: &'a str,
    pub(super) mend_until: Option<NaiveDate>,
    pub(super) on: NaiveDate,
}

/// Keeps a result; false where it is there already or the review is another's.
pub(super) async fn finish(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    reviewer: i64,
    it: &Outcome<'_>,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update case_quality set scores = $4, total = $5, veto = $6, faults = $7, mend_until = $8, done_on = $9
         where bureau_id = $1 and id = $2 and reviewer_id = $3 and done_on is null",
        bureau,
        id,
        reviewer,
        it.scores,
        it.total,
        it.veto,
        it.faults,
        it.mend_until,
        it.on
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// The handler says what was mended.
pub(super) async fn mend(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    account: i64,
    on: NaiveDate,
    note: &str,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update case_quality q set mended_on = $4, mended_note = $5
         from cases c join case_handlers h on h.id = c.handler_id
         where q.bureau_id = $1 and q.id = $2 and c.id = q.case_id and h.account_id = $3 and q.mend_until is not null
           and q.mended_on is null",
        bureau,
        id,
        account,
        on,
        note
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}
