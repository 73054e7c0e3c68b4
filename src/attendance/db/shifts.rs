//! Shifts with what the register holds of them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::attendance::rules::{Planned, Side, Signed};
use crate::error::AppError;
use crate::plan::dictionaries::VenueKind;
use crate::plan::month::Month;
use crate::plan::time::SHANGHAI;
use crate::web::actor::Scope;

/// A published shift and its attendance.
#[derive(Clone, Debug, Serialize)]
pub struct Shift {
    /// The shift.
    pub id: i64,
    /// The month it is settled in.
    pub month: Month,
    /// Where.
    pub venue_id: i64,
    /// The venue's short name.
    pub venue: String,
    /// What kind of venue.
    pub venue_kind: VenueKind,
    /// Who.
    pub person_id: i64,
    /// Their name.
    pub person: String,
    /// The duty day.
    pub duty_on: NaiveDate,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The break's first minute.
    pub break_from: Option<NaiveTime>,
    /// The break's last minute.
    pub break_to: Option<NaiveTime>,
    /// The roster is published: only then can be signed in.
    pub published: bool,
    /// When it was posted.
    pub posted_at: Option<DateTime<Utc>>,
    /// Who certified the venue's month.
    pub certifier: Option<String>,
    /// When.
    pub certified_at: Option<DateTime<Utc>>,
    /// The venue's month is certified: nothing changes any more.
    pub reported: bool,
    /// The month's pay is approved: what is put right comes into the next open month (A27).
    pub settled: bool,
    /// When signed in.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// `self`, `desk` or `correction`.
    pub sign_in_method: Option<String>,
    /// When signed out.
    pub signed_out_at: Option<DateTime<Utc>>,
    /// `self`, `desk` or `correction`.
    pub sign_out_method: Option<String>,
    /// Minutes late.
    pub late_minutes: i32,
    /// Minutes left early.
    pub early_minutes: i32,
    /// What was noted on the day.
    pub remark: String,
    /// Of the attendance; 0 without one.
    pub version: i32,
    /// Consultations recorded in the shift.
    pub consultations: i64,
    /// Findings that are not decided.
    pub open_findings: i64,
    /// Corrections that nobody decided.
    pub open_corrections: i64,
}

/// Where a shift stands, as the tables show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftState {
    /// Its day has not come, or has only begun.
    Waiting,
    /// Signed in, still on duty.
    OnDuty,
    /// Signed in and out.
    Served,
    /// The day is over without a sign-in.
    NoSignIn,
    /// The day is over without a sign-out.
    NoSignOut,
}

impl ShiftState {
    /// The word in the tables.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            ShiftState::Waiting => "待值班",
            ShiftState::OnDuty => "在岗",
            ShiftState::Served => "已签退",
            ShiftState::NoSignIn => "未签到",
            ShiftState::NoSignOut => "缺签退",
        }
    }

    /// The kind of its tag.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            ShiftState::Waiting => "quiet",
            ShiftState::OnDuty => "wait",
            ShiftState::Served => "ok",
            ShiftState::NoSignIn => "bad",
            ShiftState::NoSignOut => "warn",
        }
    }
}

impl Shift {
    /// As the rules see it.
    #[must_use]
    pub fn planned(&self) -> Planned {
        Planned { on: self.duty_on, starts_at: self.starts_at, ends_at: self.ends_at }
    }

    /// As the rules see it.
    #[must_use]
    pub fn signed(&self) -> Signed {
        Signed { in_at: self.local(Side::SignIn), out_at: self.local(Side::SignOut) }
    }

    /// When it was signed, on the wall of the bureau.
    #[must_use]
    pub fn local(&self, side: Side) -> Option<DateTime<FixedOffset>> {
        let instant = match side {
            Side::SignIn => self.signed_in_at,
            Side::SignOut => self.signed_out_at,
        };
        instant.map(|instant| instant.with_timezone(&SHANGHAI))
    }

    /// How it was signed in, where that is worth saying.
    #[must_use]
    pub fn in_note(&self) -> &'static str {
        note_of(self.sign_in_method.as_deref())
    }

    /// How it was signed out, where that is worth saying.
    #[must_use]
    pub fn out_note(&self) -> &'static str {
        note_of(self.sign_out_method.as_deref())
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self, today: NaiveDate) -> ShiftState {
        match (self.signed_in_at, self.signed_out_at) {
            (Some(_), Some(_)) => ShiftState::Served,
            (Some(_), None) if today > self.duty_on => ShiftState::NoSignOut,
            (Some(_), None) => ShiftState::OnDuty,
            (None, _) if today > self.duty_on => ShiftState::NoSignIn,
            (None, _) => ShiftState::Waiting,
        }
    }
}

fn note_of(method: Option<&str>) -> &'static str {
    match method {
        Some("desk") => "前台代签",
        Some("correction") => "补签",
        Some(_) | None => "",
    }
}

/// The one list of columns; what follows picks and orders.
macro_rules! select_shifts {
    ($tail:tt, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Shift,
            r#"
            select s.id, s.month as "month: Month", s.venue_id, v.short_name as venue, s.venue_kind as "venue_kind: VenueKind",
                   s.person_id, p.name as person, s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to,
                   r.status = 'published' as "published!", r.published_at as posted_at,
                   (select k.name from accounts k where k.id = m.certified_by) as certifier,
                   m.certified_at as "certified_at?",
                   coalesce(m.status = 'reported', false) as "reported!",
                   exists (select from settlements t where t.bureau_id = s.bureau_id and t.month = s.month
                           and t.status <> 'calculated') as "settled!",
                   a.signed_in_at as "signed_in_at?", a.sign_in_method as "sign_in_method?",
                   a.signed_out_at, a.sign_out_method,
                   coalesce(a.late_minutes, 0) as "late_minutes!", coalesce(a.early_minutes, 0) as "early_minutes!",
                   coalesce(a.remark, '') as "remark!", coalesce(a.version, 0) as "version!",
                   (select count(*) from consultations c where c.shift_id = s.id) as "consultations!",
                   (select count(*) from findings f
                    where f.shift_id = s.id and f.status in ('proposed', 'told', 'objected')) as "open_findings!",
                   (select count(*) from attendance_corrections k
                    where k.shift_id = s.id and k.status = 'asked') as "open_corrections!"
            from shifts s
            join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id
            join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
            join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
            left join attendances a on a.shift_id = s.id
            left join venue_months m on m.venue_id = s.venue_id and m.bureau_id = s.bureau_id and m.month = s.month
            where s.bureau_id = $1 and ($2::bigint is null or s.venue_id = $2) and ($3::bigint is null or s.person_id = $3)
            "# + $tail,
            $($argument),+
        )
    };
}

/// One shift within reach.
pub async fn find_shift(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<Shift>> {
    select_shifts!("and s.id = $4", scope.bureau(), scope.venue(), scope.person(), id).fetch_optional(conn).await
}

/// Locks a shift within reach: two who decide on it take turns, and the certification
/// of its month waits until this transaction ends. A statement of its own, so that what
/// is read after it is what the one before has left. Gives the minutes that still are on
/// time by the plan of the duty day (A07), if there is a plan.
///
/// # Errors
/// [`AppError::NotFound`] when the shift is out of reach.
pub async fn lock_shift(conn: &mut PgConnection, scope: Scope, id: i64) -> Result<Option<u32>, AppError> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended('huifa.venue_month.' || s.venue_id || '.' || s.month, 0)),
                (select (g.content ->> 'grace_minutes')::integer from programmes g
                 where g.bureau_id = s.bureau_id and g.year = s.calendar_year) as grace
         from shifts s
         where s.bureau_id = $1 and ($2::bigint is null or s.venue_id = $2) and ($3::bigint is null or s.person_id = $3)
           and s.id = $4
         for update",
        scope.bureau(),
        scope.venue(),
        scope.person(),
        id
    )
    .fetch_optional(conn)
    .await?
    .map(|row| row.grace.and_then(|minutes| u32::try_from(minutes).ok()))
    .ok_or(AppError::NotFound)
}

/// The published shifts of a day, in the order of the venues.
pub async fn shifts_on(conn: &mut PgConnection, scope: Scope, day: NaiveDate, limit: i64) -> sqlx::Result<Vec<Shift>> {
    select_shifts!(
        "and s.duty_on = $4 and r.status = 'published' order by v.sort, v.id, s.starts_at, s.id limit $5",
        scope.bureau(),
        scope.venue(),
        scope.person(),
        day,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The next published shifts after a day.
pub async fn next_shifts(
    conn: &mut PgConnection,
    scope: Scope,
    day: NaiveDate,
    limit: i64,
) -> sqlx::Result<Vec<Shift>> {
    select_shifts!(
        "and s.duty_on > $4 and r.status = 'published' order by s.duty_on, s.id limit $5",
        scope.bureau(),
        scope.venue(),
        scope.person(),
        day,
        limit
    )
    .fetch_all(conn)
    .await
}

/// What of a month is asked for.
#[derive(Clone, Debug, Default)]
pub struct MonthFilter {
    /// One venue.
    pub venue: Option<i64>,
    /// `late`, `early`, `no_sign_in`, `no_sign_out` or `correction`; empty for all.
    pub state: String,
    /// Only behind this day and shift.
    pub after: Option<(NaiveDate, i64)>,
}

/// The published shifts of a month by day, at most `limit`.
pub async fn shifts_of_month(
    conn: &mut PgConnection,
    scope: Scope,
    month: Month,
    filter: &MonthFilter,
    today: NaiveDate,
    limit: i64,
) -> sqlx::Result<Vec<Shift>> {
    select_shifts!(
        "and s.month = $4 and r.status = 'published'
         and ($5::bigint is null or s.venue_id = $5)
         and ($6::date is null or (s.duty_on, s.id) > ($6, $7::bigint))
         and case $8::text
                 when 'late' then a.late_minutes > 0
                 when 'early' then a.early_minutes > 0
                 when 'no_sign_in' then a.shift_id is null and s.duty_on < $9::date
                 when 'no_sign_out' then a.shift_id is not null and a.signed_out_at is null and s.duty_on < $9::date
                 when 'correction' then exists (select from attendance_corrections k where k.shift_id = s.id and k.status = 'asked')
                 else true
             end
         order by s.duty_on, s.id limit $10",
        scope.bureau(),
        scope.venue(),
        scope.person(),
        month as Month,
        filter.venue,
        filter.after.map(|after| after.0),
        filter.after.map(|after| after.1),
        filter.state,
        today,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Every published shift of a venue's month: a few dozen at most.
pub async fn shifts_of_venue_month(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    month: Month,
) -> sqlx::Result<Vec<Shift>> {
    select_shifts!(
        "and s.month = $4 and r.status = 'published' order by s.duty_on, s.starts_at, s.id limit 400",
        bureau,
        Some(venue),
        None::<i64>,
        month as Month
    )
    .fetch_all(conn)
    .await
}

/// Writes a sign-in.
pub async fn insert_sign_in(
    conn: &mut PgConnection,
    shift: &Shift,
    bureau: i64,
    at: DateTime<FixedOffset>,
    by: i64,
    method: &str,
    late_minutes: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, late_minutes)
         values ($1, $2, $3, $4, $5, $6)",
        shift.id,
        bureau,
        at,
        by,
        method,
        late_minutes
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a sign-out; false when there is no open sign-in.
pub async fn set_sign_out(
    conn: &mut PgConnection,
    shift: i64,
    at: DateTime<FixedOffset>,
    by: i64,
    method: &str,
    early_minutes: i32,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update attendances
         set signed_out_at = $2, signed_out_by = $3, sign_out_method = $4, early_minutes = $5, version = version + 1
         where shift_id = $1 and signed_out_at is null",
        shift,
        at,
        by,
        method,
        early_minutes
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes a corrected side with its minutes; false when a sign-out has no sign-in.
pub async fn correct(
    conn: &mut PgConnection,
    bureau: i64,
    shift: i64,
    side: Side,
    at: DateTime<Utc>,
    by: i64,
    minutes: i32,
) -> sqlx::Result<bool> {
    let done = match side {
        Side::SignIn => {
            sqlx::query!(
            "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, late_minutes)
             values ($1, $2, $3, $4, 'correction', $5)
             on conflict (shift_id) do update
             set signed_in_at = excluded.signed_in_at, signed_in_by = excluded.signed_in_by,
                 sign_in_method = excluded.sign_in_method, late_minutes = excluded.late_minutes,
                 version = attendances.version + 1",
            shift,
            bureau,
            at,
            by,
            minutes
        )
            .execute(conn)
            .await?
        }
        Side::SignOut => {
            sqlx::query!(
                "update attendances
             set signed_out_at = $3, signed_out_by = $4, sign_out_method = 'correction', early_minutes = $5,
                 version = version + 1
             where shift_id = $1 and bureau_id = $2",
                shift,
                bureau,
                at,
                by,
                minutes
            )
            .execute(conn)
            .await?
        }
    };
    Ok(done.rows_affected() == 1)
}

/// Writes the remark; false when there is no attendance or somebody else changed it.
pub async fn set_remark(conn: &mut PgConnection, shift: i64, version: i32, remark: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update attendances set remark = $3, version = version + 1 where shift_id = $1 and version = $2",
        shift,
        version,
        remark
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
