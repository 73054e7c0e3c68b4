//! The SQL of what a step adds: decision, time line, clocks, assignment, closing, named people.

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::cases::clocks::Clock;
use crate::cases::clocks::rules::Due;
use crate::cases::states::State;
use crate::plan::dictionaries::HandlerCategory;
use crate::plan::dictionary::Dictionary as _;
use crate::web::permissions::{Action, Role, grants};

/// What a step changes in the application.
#[derive(Debug, Default)]
pub(in crate::cases::life) struct Decision<'a> {
    pub(in crate::cases::life) scope_basis: Option<&'a str>,
    pub(in crate::cases::life) means: Option<&'a str>,
    pub(in crate::cases::life) means_note: Option<&'a str>,
    pub(in crate::cases::life) review_opinion: Option<&'a str>,
    pub(in crate::cases::life) reviewed_by: Option<i64>,
    pub(in crate::cases::life) reviewed_on: Option<NaiveDate>,
    pub(in crate::cases::life) decided_by: Option<i64>,
    pub(in crate::cases::life) decided_on: Option<NaiveDate>,
    pub(in crate::cases::life) supplement_until: Option<NaiveDate>,
    pub(in crate::cases::life) settled_on: Option<NaiveDate>,
}

/// Writes the decision of a step into the application.
pub(in crate::cases::life) async fn decide_application(
    conn: &mut PgConnection,
    case: i64,
    it: &Decision<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_applications set scope_basis = coalesce($2, scope_basis), means = coalesce($3, means),
             means_note = coalesce($4, means_note), review_opinion = coalesce($5, review_opinion),
             reviewed_by = case when $6::bigint is null then reviewed_by else $6 end,
             decided_by = case when $6::bigint is null then coalesce($8, decided_by) else null end,
             reviewed_on = coalesce($7, reviewed_on), decided_on = coalesce($9, decided_on),
             supplements = supplements + case when $10::date is null then 0 else 1 end,
             supplement_until = coalesce($10, supplement_until), settled_on = coalesce($11, settled_on)
         where case_id = $1",
        case,
        it.scope_basis,
        it.means,
        it.means_note,
        it.review_opinion,
        it.reviewed_by,
        it.reviewed_on,
        it.decided_by,
        it.decided_on,
        it.supplement_until,
        it.settled_on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line of the time line.
#[derive(Debug)]
pub(in crate::cases::life) struct NewEvent<'a> {
    pub(in crate::cases::life) kind: &'a str,
    pub(in crate::cases::life) code: &'a str,
    pub(in crate::cases::life) from: Option<State>,
    pub(in crate::cases::life) to: Option<State>,
    pub(in crate::cases::life) on: Option<NaiveDate>,
    pub(in crate::cases::life) words: &'a str,
    pub(in crate::cases::life) note: &'a str,
}

/// Adds a line to the time line.
pub(in crate::cases::life) async fn add_event(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    by: (i64, &str),
    at: DateTime<FixedOffset>,
    event: &NewEvent<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_events (case_id, bureau_id, at, account_id, actor, kind, code, from_state, to_state, on_date, words, note)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        case,
        bureau,
        at,
        by.0,
        by.1,
        event.kind,
        event.code,
        event.from.map_or("", |state| state.code()),
        event.to.map_or("", |state| state.code()),
        event.on,
        event.words,
        event.note
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Starts a clock; one that runs already is left alone.
pub(in crate::cases::life) async fn start_clock(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    clock: Clock,
    started_on: NaiveDate,
    due: Due,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_clocks (case_id, bureau_id, kind, started_on, due_on, due_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (case_id, kind) where ended_on is null do nothing",
        case,
        bureau,
        clock as Clock,
        started_on,
        due.on,
        due.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends clocks that run.
pub(in crate::cases::life) async fn end_clocks(
    conn: &mut PgConnection,
    case: i64,
    clocks: &[Clock],
    on: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_clocks set ended_on = greatest($3, started_on), paused_on = null
         where case_id = $1 and kind = any ($2) and ended_on is null",
        case,
        clocks as &[Clock],
        on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Stops the review's clock.
pub(in crate::cases::life) async fn pause_review(
    conn: &mut PgConnection,
    case: i64,
    on: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_clocks set paused_on = greatest($2, started_on) where case_id = $1 and kind = 'review' and ended_on is null",
        case,
        on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the review's clock run on, until a new last day.
pub(in crate::cases::life) async fn resume_review(
    conn: &mut PgConnection,
    case: i64,
    paused_days: i32,
    due_on: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_clocks set paused_on = null, paused_days = $2, due_on = $3
         where case_id = $1 and kind = 'review' and ended_on is null",
        case,
        paused_days,
        due_on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives the case to a handler.
pub(in crate::cases::life) async fn insert_assignment(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    handler: i64,
    number: &str,
    on: NaiveDate,
    by: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_assignments (case_id, bureau_id, handler_id, number, assigned_on, assigned_by)
         values ($1, $2, $3, $4, $5, $6)",
        case,
        bureau,
        handler,
        number,
        on,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The handler has taken the case on.
pub(in crate::cases::life) async fn accept_assignment(
    conn: &mut PgConnection,
    case: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update case_assignments set accepted_at = $2 where case_id = $1 and ended_on is null and accepted_at is null",
        case,
        at
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// Ends the open assignment.
pub(in crate::cases::life) async fn end_assignment(
    conn: &mut PgConnection,
    case: i64,
    on: NaiveDate,
    why: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_assignments set ended_on = greatest($2, assigned_on), end_reason = $3 where case_id = $1 and ended_on is null",
        case,
        on,
        why
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The closing report as the handler gives it.
#[derive(Clone, Debug, Default)]
pub struct NewClosing {
    /// A code.
    pub way: String,
    /// 法院案号.
    pub court_number: String,
    /// A code or empty.
    pub effect: String,
    /// 结果摘要.
    pub summary: String,
    /// 采纳情况.
    pub adopted: String,
    /// In yuan.
    pub recovered: Option<Decimal>,
    /// 出庭.
    pub hearings: i32,
    /// 会见.
    pub meetings: i32,
    /// 阅卷.
    pub readings: i32,
}

/// Keeps the closing report.
pub(in crate::cases::life) async fn save_closing(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    by: i64,
    new: &NewClosing,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_closings (case_id, bureau_id, way, court_number, effect, summary, adopted, recovered, hearings,
             meetings, readings, reported_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (case_id) do update set way = $3, court_number = $4, effect = $5, summary = $6, adopted = $7,
             recovered = $8, hearings = $9, meetings = $10, readings = $11, reported_by = $12",
        case,
        bureau,
        new.way,
        new.court_number,
        new.effect,
        new.summary,
        new.adopted,
        new.recovered,
        new.hearings,
        new.meetings,
        new.readings,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the item-by-item review, or forgets it when the file goes back.
pub(in crate::cases::life) async fn save_review(
    conn: &mut PgConnection,
    case: i64,
    review: Option<(i64, NaiveDate, &serde_json::Value, &str)>,
) -> sqlx::Result<()> {
    let (by, on, items, opinion) = match review {
        Some((by, on, items, opinion)) => (Some(by), Some(on), Some(items), opinion),
        None => (None, None, None, ""),
    };
    sqlx::query!(
        "update case_closings set reviewed_by = $2, reviewed_on = $3, items = coalesce($4, items), review_opinion = $5
         where case_id = $1",
        case,
        by,
        on,
        items,
        opinion
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who agreed to close.
pub(in crate::cases::life) async fn agree_closing(conn: &mut PgConnection, case: i64, by: i64) -> sqlx::Result<()> {
    sqlx::query!("update case_closings set agreed_by = $2 where case_id = $1", case, by).execute(conn).await?;
    Ok(())
}

/// Names somebody for a restricted case; false where they are named already.
pub(in crate::cases::life) async fn give_access(
    conn: &mut PgConnection,
    case: i64,
    account: i64,
    by: i64,
    at: DateTime<FixedOffset>,
    reason: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into case_access (case_id, account_id, granted_at, granted_by, reason) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        case,
        account,
        at,
        by,
        reason
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// Takes a name off; false where it does not stand there.
pub(in crate::cases::life) async fn take_access(
    conn: &mut PgConnection,
    case: i64,
    account: i64,
) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from case_access where case_id = $1 and account_id = $2", case, account)
        .execute(conn)
        .await?
        .rows_affected();
    Ok(done == 1)
}

/// An account in use whose role reads cases, by its login: its id and name.
pub(in crate::cases::life) async fn reader(
    conn: &mut PgConnection,
    bureau: i64,
    login: &str,
) -> sqlx::Result<Option<(i64, String)>> {
    let roles: Vec<&str> = Role::ALL
        .iter()
        .filter(|role| grants(**role).iter().any(|(action, _)| *action == Action::ReadCases))
        .map(|role| role.code())
        .collect();
    let row = sqlx::query!(
        "select id, name from accounts where bureau_id = $1 and login = $2 and status = 'active' and role = any ($3)",
        bureau,
        login,
        &roles as &[&str]
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.name)))
}

/// Locks a case for a step.
pub(in crate::cases::life) async fn lock(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<bool> {
    let row = sqlx::query!("select id from cases where bureau_id = $1 and id = $2 for update", bureau, id)
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// A handler as the assignment needs one.
#[derive(Clone, Debug)]
pub(in crate::cases::life) struct HandlerRow {
    pub(in crate::cases::life) name: String,
    pub(in crate::cases::life) firm: String,
    pub(in crate::cases::life) category: HandlerCategory,
    pub(in crate::cases::life) licence: String,
    pub(in crate::cases::life) account_id: Option<i64>,
}

/// A handler of the bureau.
pub(in crate::cases::life) async fn find_handler(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
) -> sqlx::Result<Option<HandlerRow>> {
    sqlx::query_as!(
        HandlerRow,
        r#"select h.name, f.name as firm, h.category as "category: HandlerCategory", h.licence_number as licence, h.account_id
           from case_handlers h join case_firms f on f.id = h.firm_id
           where h.bureau_id = $1 and h.id = $2"#,
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
}
