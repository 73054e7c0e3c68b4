//! The shifts and records that a finding can rest on.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgConnection;

use crate::findings::rules::{Presence, Status};
use crate::plan::dictionaries::{FindingKind, ReviewResult, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::time::local_date;
use crate::web::actor::Scope;

/// A shift as a proposal needs it.
#[derive(Clone, Debug)]
pub struct ShiftRow {
    /// The shift.
    pub id: i64,
    /// Its month.
    pub month: Month,
    /// The day of duty.
    pub duty_on: NaiveDate,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The break.
    pub break_from: Option<NaiveTime>,
    /// The break's end.
    pub break_to: Option<NaiveTime>,
    /// The short name of the venue.
    pub venue: String,
    /// Its kind.
    pub venue_kind: VenueKind,
    /// The person's name.
    pub person: String,
    /// When they signed in.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// When they signed out.
    pub signed_out_at: Option<DateTime<Utc>>,
    /// The month's settlement, if there is one.
    pub settled: Option<String>,
}

impl ShiftRow {
    /// Its hours with the person's own.
    #[must_use]
    pub fn presence(&self) -> Presence {
        let clock = |at: DateTime<Utc>| at.with_timezone(&crate::plan::time::SHANGHAI).time();
        Presence {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            pause: self.break_from.zip(self.break_to),
            signed_in: self.signed_in_at.filter(|at| local_date(at) == self.duty_on).map(clock),
            signed_out: self.signed_out_at.filter(|at| local_date(at) == self.duty_on).map(clock),
        }
    }
}

/// A shift of a published roster. `lock` keeps two proposals on it apart.
pub async fn find_shift(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<ShiftRow>> {
    sqlx::query_as!(
        ShiftRow,
        r#"select s.id, s.month as "month: Month", s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to,
                  v.short_name as venue, s.venue_kind as "venue_kind: VenueKind", p.name as person,
                  a.signed_in_at as "signed_in_at?", a.signed_out_at as "signed_out_at?", m.status as "settled?"
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join venues v on v.id = s.venue_id
           join persons p on p.id = s.person_id
           left join attendances a on a.shift_id = s.id
           left join settlements m on m.bureau_id = s.bureau_id and m.month = s.month
           where s.id = $3 and s.bureau_id = $1 and ($2::bigint is null or s.venue_id = $2)"#,
        scope.bureau(),
        scope.venue(),
        id
    )
    .fetch_optional(conn)
    .await
}

/// Lets one proposal at a time look at a shift's findings and add to them.
pub async fn lock_shift(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('huifa.findings:' || $1::bigint::text, 0))", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The live findings of a shift: kind and occurrence.
pub async fn live_findings(conn: &mut PgConnection, shift: i64) -> sqlx::Result<Vec<(FindingKind, String)>> {
    let rows = sqlx::query!(
        r#"select kind as "kind: FindingKind", occurrence from findings where shift_id = $1 and status <> 'revoked'"#,
        shift
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.occurrence)).collect())
}

/// Waits while the shift's venue certifies its month, and keeps it from beginning until the transaction ends: a
/// finding is there before the certification, which then waits for it, or comes after it as a later one (A27).
pub async fn hold_venue_month(conn: &mut PgConnection, shift: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended('huifa.venue_month.' || s.venue_id || '.' || s.month, 0))
         from shifts s where s.id = $1",
        shift
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A record of a shift that a finding can rest on.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// The record.
    pub id: i64,
    /// Its shift.
    pub shift_id: i64,
    /// Its number.
    pub number: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// What its review said: a code of the review, or `unreviewed`.
    pub review: String,
    /// What the reviewer wrote.
    pub review_note: String,
}

impl RecordRow {
    /// The review in words.
    #[must_use]
    pub fn review_label(&self) -> &'static str {
        ReviewResult::from_code(&self.review).map_or("未复核", |review| review.label())
    }
}

/// The records of a shift, in the order of the day.
pub async fn records_of(conn: &mut PgConnection, shift: i64) -> sqlx::Result<Vec<RecordRow>> {
    sqlx::query_as!(
        RecordRow,
        "select id, shift_id, number, started_at, review, review_note from consultations
         where shift_id = $1 order by started_at, id limit 200",
        shift
    )
    .fetch_all(conn)
    .await
}

/// One record of a bureau, with its shift.
pub async fn find_record(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<RecordRow>> {
    sqlx::query_as!(
        RecordRow,
        "select id, shift_id, number, started_at, review, review_note from consultations
         where id = $2 and bureau_id = $1",
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
}

/// A shift of a month whose attendance leaves a question.
#[derive(Clone, Debug)]
pub struct GapRow {
    /// The shift.
    pub shift_id: i64,
    /// The day of duty.
    pub duty_on: NaiveDate,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The venue.
    pub venue: String,
    /// The person.
    pub person: String,
    /// When they signed in; `None` where they did not.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// The live finding about it, early leave or false duty.
    pub finding_id: Option<i64>,
    /// Where that stands.
    pub finding_status: Option<Status>,
}

/// The shifts of a month before today without a sign-in (A19) or without a sign-out (R13).
pub async fn gaps(conn: &mut PgConnection, scope: Scope, month: Month, today: NaiveDate) -> sqlx::Result<Vec<GapRow>> {
    sqlx::query_as!(
        GapRow,
        r#"select s.id as shift_id, s.duty_on, s.starts_at, s.ends_at, v.short_name as venue, p.name as person,
                  a.signed_in_at as "signed_in_at?", f.id as "finding_id?", f.status as "finding_status?: Status"
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join venues v on v.id = s.venue_id
           join persons p on p.id = s.person_id
           left join attendances a on a.shift_id = s.id
           left join lateral (
               select id, status from findings
               where shift_id = s.id and status <> 'revoked'
                 and kind = case when a.shift_id is null then 'false_duty' else 'early_leave' end
               limit 1) f on true
           where s.bureau_id = $1 and s.month = $2 and ($3::bigint is null or s.venue_id = $3)
             and s.duty_on < $4 and (a.shift_id is null or a.signed_out_at is null)
           order by s.duty_on, v.sort, s.id limit 500"#,
        scope.bureau(),
        month as Month,
        scope.venue(),
        today
    )
    .fetch_all(conn)
    .await
}

/// The shifts of a day on published rosters, to choose one from.
pub async fn shifts_on(conn: &mut PgConnection, scope: Scope, day: NaiveDate) -> sqlx::Result<Vec<ShiftRow>> {
    sqlx::query_as!(
        ShiftRow,
        r#"select s.id, s.month as "month: Month", s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to,
                  v.short_name as venue, s.venue_kind as "venue_kind: VenueKind", p.name as person,
                  a.signed_in_at as "signed_in_at?", a.signed_out_at as "signed_out_at?", m.status as "settled?"
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join venues v on v.id = s.venue_id
           join persons p on p.id = s.person_id
           left join attendances a on a.shift_id = s.id
           left join settlements m on m.bureau_id = s.bureau_id and m.month = s.month
           where s.bureau_id = $1 and s.duty_on = $2 and ($3::bigint is null or s.venue_id = $3)
           order by v.sort, s.starts_at, s.id limit 200"#,
        scope.bureau(),
        day,
        scope.venue()
    )
    .fetch_all(conn)
    .await
}
