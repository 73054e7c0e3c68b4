//! What the system's own proposals rest on.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgConnection;

use crate::findings::rules::Status;
use crate::plan::dictionaries::FindingKind;
use crate::plan::month::Month;
use crate::web::actor::Scope;

/// What the system compares with its own proposals: a shift's attendance.
#[derive(Clone, Debug)]
pub struct AttendanceRow {
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// When the person signed in.
    pub signed_in_at: DateTime<Utc>,
    /// When the person signed out.
    pub signed_out_at: Option<DateTime<Utc>>,
    /// Whole minutes after the planned first one.
    pub late_minutes: i32,
    /// Whole minutes before the planned last one.
    pub early_minutes: i32,
    /// A07: minutes that still are on time.
    pub grace: i32,
}

/// The attendance of a shift, if it was signed in to.
pub async fn attendance_of(conn: &mut PgConnection, bureau: i64, shift: i64) -> sqlx::Result<Option<AttendanceRow>> {
    sqlx::query_as!(
        AttendanceRow,
        r#"select s.starts_at, s.ends_at, a.signed_in_at, a.signed_out_at, a.late_minutes, a.early_minutes,
                  coalesce((select (content ->> 'grace_minutes')::integer from programmes
                            where bureau_id = s.bureau_id and year = s.calendar_year), 0) as "grace!"
           from attendances a join shifts s on s.id = a.shift_id
           where a.shift_id = $2 and a.bureau_id = $1"#,
        bureau,
        shift
    )
    .fetch_optional(conn)
    .await
}

/// A proposal of the system about a shift's times.
#[derive(Clone, Debug)]
pub struct SystemRow {
    /// The finding.
    pub id: i64,
    /// Late or early.
    pub kind: FindingKind,
    /// What it says.
    pub evidence: String,
    /// Where it stands.
    pub status: Status,
    /// Its version.
    pub version: i32,
    /// What was written when it was revoked.
    pub decision_note: String,
}

/// The late and early findings of a shift that the system proposed, revoked ones included.
pub async fn system_findings(conn: &mut PgConnection, shift: i64) -> sqlx::Result<Vec<SystemRow>> {
    sqlx::query_as!(
        SystemRow,
        r#"select id, kind as "kind: FindingKind", evidence, status as "status: Status", version, decision_note
           from findings where shift_id = $1 and proposed_by is null and kind in ('late', 'early_leave')
           order by id for update"#,
        shift
    )
    .fetch_all(conn)
    .await
}

/// The shifts of a month that were signed in to and not out of, before a day.
pub async fn unsigned_out(
    conn: &mut PgConnection,
    scope: Scope,
    month: Month,
    today: NaiveDate,
) -> sqlx::Result<Vec<(i64, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        r#"select s.id, a.signed_in_at
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join attendances a on a.shift_id = s.id and a.signed_out_at is null
           where s.bureau_id = $1 and s.month = $2 and ($3::bigint is null or s.venue_id = $3) and s.duty_on < $4
           order by s.id"#,
        scope.bureau(),
        month as Month,
        scope.venue(),
        today
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.signed_in_at)).collect())
}
