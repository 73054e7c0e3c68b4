//! A venue's month: open, or certified and reported.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;

/// A venue's month. One that nobody touched is open, with version 0.
#[derive(Clone, Debug, Serialize)]
pub struct VenueMonth {
    /// The venue.
    pub venue_id: i64,
    /// Its short name.
    pub venue: String,
    /// Certified and reported.
    pub reported: bool,
    /// Who certified.
    pub certifier: Option<String>,
    /// When.
    pub certified_at: Option<DateTime<Utc>>,
    /// Why it was sent back last.
    pub return_reason: String,
    /// For guarded updates.
    pub version: i32,
}

/// A venue's month, whether or not a row exists; `None` when the bureau has no such venue.
pub async fn find_month(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    month: Month,
) -> sqlx::Result<Option<VenueMonth>> {
    sqlx::query_as!(
        VenueMonth,
        r#"
        select v.id as venue_id, v.short_name as venue, coalesce(m.status = 'reported', false) as "reported!",
               c.name as "certifier?", m.certified_at as "certified_at?", coalesce(m.return_reason, '') as "return_reason!",
               coalesce(m.version, 0) as "version!"
        from venues v
        left join venue_months m on m.venue_id = v.id and m.bureau_id = v.bureau_id and m.month = $3
        left join accounts c on c.id = m.certified_by
        where v.bureau_id = $1 and v.id = $2
        "#,
        bureau,
        venue,
        month as Month
    )
    .fetch_optional(conn)
    .await
}

/// Waits until nobody writes attendance of the venue's month, and lets nobody begin.
pub async fn close_month(conn: &mut PgConnection, venue: i64, month: Month) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('huifa.venue_month.' || $1::bigint || '.' || $2::date, 0))",
        venue,
        month as Month
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How far the month's roster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterState {
    /// Nobody made one.
    None,
    /// Made, not yet published.
    Unpublished,
    /// Published.
    Published,
}

/// How far the month's roster is.
pub async fn roster_state(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<RosterState> {
    let status =
        sqlx::query_scalar!("select status from rosters where bureau_id = $1 and month = $2", bureau, month as Month)
            .fetch_optional(conn)
            .await?;
    Ok(match status.as_deref() {
        None => RosterState::None,
        Some("published") => RosterState::Published,
        Some(_) => RosterState::Unpublished,
    })
}

/// Certifies and reports an open month; false when it was reported already.
pub async fn report_month(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    month: Month,
    by: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into venue_months (venue_id, bureau_id, month, status, certified_by, certified_at)
         values ($1, $2, $3, 'reported', $4, $5)
         on conflict (venue_id, month) do update
         set status = 'reported', certified_by = excluded.certified_by, certified_at = excluded.certified_at,
             version = venue_months.version + 1
         where venue_months.status = 'open'",
        venue,
        bureau,
        month as Month,
        by,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sends a reported month back; false when it was not reported, or another version.
pub async fn return_month(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    month: Month,
    version: i32,
    reason: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update venue_months
         set status = 'open', certified_by = null, certified_at = null, return_reason = $5, version = version + 1
         where bureau_id = $1 and venue_id = $2 and month = $3 and version = $4 and status = 'reported'",
        bureau,
        venue,
        month as Month,
        version,
        reason
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The state of the month's settlement, held until this transaction ends.
pub async fn settlement_status(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select status from settlements where bureau_id = $1 and month = $2 for share",
        bureau,
        month as Month
    )
    .fetch_optional(conn)
    .await
}

/// Something undecided that keeps a month from being certified.
#[derive(Clone, Debug)]
pub struct OpenMatter {
    /// The finding, `None` for a correction.
    pub finding: Option<i64>,
    /// The finding's kind.
    pub kind: Option<FindingKind>,
    /// The status of either.
    pub status: String,
    /// The shift.
    pub shift_id: i64,
    /// About whom.
    pub person: String,
    /// The day of the event.
    pub on: NaiveDate,
}

impl OpenMatter {
    /// What it is, in words.
    #[must_use]
    pub fn label(&self) -> String {
        self.kind.map_or_else(|| "补签申请".to_owned(), |kind| format!("扣款事项：{}", kind.label()))
    }

    /// Where it stands, in words.
    #[must_use]
    pub fn status_label(&self) -> &'static str {
        match self.status.as_str() {
            "asked" => "待审批",
            "proposed" => "待告知",
            "told" => "已告知，异议期内",
            _ => "有异议，待复核",
        }
    }

    /// Where it is dealt with.
    #[must_use]
    pub fn href(&self) -> String {
        self.finding.map_or_else(|| format!("/attendance/shifts/{}", self.shift_id), |id| format!("/findings/{id}"))
    }
}

/// The undecided findings and corrections of a venue's month, by day.
pub async fn open_matters_of(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    month: Month,
) -> sqlx::Result<Vec<OpenMatter>> {
    sqlx::query_as!(
        OpenMatter,
        r#"
        select open.finding as "finding?", open.kind as "kind?: FindingKind", open.status as "status!", s.id as shift_id,
               p.name as person, s.duty_on as "on"
        from shifts s
        join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
        join lateral (
            select f.id as finding, f.kind, f.status from findings f
            where f.shift_id = s.id and f.status in ('proposed', 'told', 'objected')
            union all
            select null, null, k.status from attendance_corrections k
            where k.shift_id = s.id and k.status = 'asked'
        ) open on true
        where s.bureau_id = $1 and s.venue_id = $2 and s.month = $3
        order by s.duty_on, s.id, open.finding limit 300
        "#,
        bureau,
        venue,
        month as Month
    )
    .fetch_all(conn)
    .await
}

/// A finding about a shift, as its page lists it.
#[derive(Clone, Debug)]
pub struct FindingOfShift {
    /// The finding.
    pub id: i64,
    /// What of.
    pub kind: FindingKind,
    /// Where it stands.
    pub status: String,
    /// What it rests on.
    pub evidence: String,
}

impl FindingOfShift {
    /// Where it stands, in words.
    #[must_use]
    pub fn status_label(&self) -> &'static str {
        match self.status.as_str() {
            "proposed" => "拟扣",
            "told" => "已告知",
            "objected" => "有异议",
            "confirmed" => "已认定",
            _ => "已撤销",
        }
    }
}

/// The findings about a shift.
pub async fn findings_of_shift(conn: &mut PgConnection, bureau: i64, shift: i64) -> sqlx::Result<Vec<FindingOfShift>> {
    sqlx::query_as!(
        FindingOfShift,
        r#"select id, kind as "kind: FindingKind", status, evidence from findings
           where bureau_id = $1 and shift_id = $2 order by id limit 50"#,
        bureau,
        shift
    )
    .fetch_all(conn)
    .await
}

/// A venue's month on the clerk's board.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// The venue.
    pub venue_id: i64,
    /// Its short name.
    pub venue: String,
    /// Published shifts.
    pub shifts: i64,
    /// Signed in to.
    pub served: i64,
    /// Over, without a sign-in.
    pub no_sign_in: i64,
    /// Over, signed in to, not signed out of.
    pub no_sign_out: i64,
    /// Late or early.
    pub irregular: i64,
    /// Corrections nobody decided.
    pub open_corrections: i64,
    /// Findings nobody decided.
    pub open_findings: i64,
    /// Certified and reported.
    pub reported: bool,
    /// Who certified.
    pub certifier: Option<String>,
    /// When.
    pub certified_at: Option<DateTime<Utc>>,
    /// Why it was sent back last.
    pub return_reason: String,
}

/// Every venue's month side by side.
pub async fn board(
    conn: &mut PgConnection,
    bureau: i64,
    venue: Option<i64>,
    month: Month,
    today: NaiveDate,
) -> sqlx::Result<Vec<BoardRow>> {
    sqlx::query_as!(
        BoardRow,
        r#"
        with of_month as (
            select s.id, s.venue_id, s.duty_on < $4 as over, a.shift_id is not null as signed_in,
                   a.signed_out_at is not null as signed_out, a.late_minutes, a.early_minutes
            from shifts s
            join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
            left join attendances a on a.shift_id = s.id
            where s.bureau_id = $1 and s.month = $3 and ($2::bigint is null or s.venue_id = $2)
        ), counted as (
            select venue_id, count(*) as shifts, count(*) filter (where signed_in) as served,
                   count(*) filter (where over and not signed_in) as no_sign_in,
                   count(*) filter (where over and signed_in and not signed_out) as no_sign_out,
                   coalesce(sum((late_minutes > 0)::int + (early_minutes > 0)::int), 0) as irregular
            from of_month group by venue_id
        ), corrections as (
            select o.venue_id, count(*) as open from attendance_corrections k join of_month o on o.id = k.shift_id
            where k.status = 'asked' group by o.venue_id
        ), undecided as (
            select o.venue_id, count(*) as open from findings f join of_month o on o.id = f.shift_id
            where f.status in ('proposed', 'told', 'objected') group by o.venue_id
        )
        select v.id as venue_id, v.short_name as venue, coalesce(c.shifts, 0) as "shifts!", coalesce(c.served, 0) as "served!",
               coalesce(c.no_sign_in, 0) as "no_sign_in!", coalesce(c.no_sign_out, 0) as "no_sign_out!",
               coalesce(c.irregular, 0) as "irregular!", coalesce(k.open, 0) as "open_corrections!",
               coalesce(u.open, 0) as "open_findings!", coalesce(m.status = 'reported', false) as "reported!",
               x.name as "certifier?", m.certified_at as "certified_at?", coalesce(m.return_reason, '') as "return_reason!"
        from venues v
        left join counted c on c.venue_id = v.id
        left join corrections k on k.venue_id = v.id
        left join undecided u on u.venue_id = v.id
        left join venue_months m on m.venue_id = v.id and m.bureau_id = v.bureau_id and m.month = $3
        left join accounts x on x.id = m.certified_by
        where v.bureau_id = $1 and ($2::bigint is null or v.id = $2) and (v.active or c.shifts > 0 or m.status is not null)
        order by v.sort, v.id
        "#,
        bureau,
        venue,
        month as Month,
        today
    )
    .fetch_all(conn)
    .await
}
