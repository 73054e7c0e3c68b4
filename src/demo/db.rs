//! What the story looks up to know whose turn it is, and the sessions that move with the clock.

use chrono::{NaiveDate, NaiveTime};
use sqlx::PgConnection;

use crate::plan::dictionaries::{FindingKind, VenueKind};
use crate::plan::month::Month;

/// A published shift of a day.
#[derive(Clone, Debug)]
pub(super) struct DayShift {
    pub(super) id: i64,
    pub(super) venue_id: i64,
    pub(super) venue_kind: VenueKind,
    pub(super) person_id: i64,
    pub(super) starts_at: NaiveTime,
    pub(super) ends_at: NaiveTime,
    pub(super) break_from: Option<NaiveTime>,
    pub(super) break_to: Option<NaiveTime>,
    pub(super) signed_in: bool,
}

pub(super) async fn shifts_on(conn: &mut PgConnection, bureau: i64, day: NaiveDate) -> sqlx::Result<Vec<DayShift>> {
    sqlx::query_as!(
        DayShift,
        r#"select s.id, s.venue_id, s.venue_kind as "venue_kind: VenueKind", s.person_id, s.starts_at, s.ends_at,
                  s.break_from, s.break_to,
                  exists (select from attendances t where t.shift_id = s.id) as "signed_in!"
           from shifts s join rosters r on r.id = s.roster_id
           where s.bureau_id = $1 and s.duty_on = $2 and r.status = 'published' order by s.id"#,
        bureau,
        day
    )
    .fetch_all(conn)
    .await
}

/// A finding that waits for somebody.
#[derive(Clone, Debug)]
pub(super) struct OpenFinding {
    pub(super) id: i64,
    pub(super) status: String,
    pub(super) kind: FindingKind,
    pub(super) venue_id: i64,
    pub(super) person_id: i64,
    pub(super) by_clerk: bool,
}

pub(super) async fn open_findings(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<OpenFinding>> {
    sqlx::query_as!(
        OpenFinding,
        r#"select f.id, f.status, f.kind as "kind: FindingKind", f.venue_id, f.person_id,
                  coalesce(a.role = 'bureau_clerk', false) as "by_clerk!"
           from findings f left join accounts a on a.id = f.proposed_by
           where f.bureau_id = $1 and f.status in ('proposed', 'told', 'objected') order by f.id"#,
        bureau
    )
    .fetch_all(conn)
    .await
}

/// Records of a day that nobody has reviewed.
pub(super) async fn unreviewed(conn: &mut PgConnection, bureau: i64, day: NaiveDate) -> sqlx::Result<Vec<(i64, i32)>> {
    let rows = sqlx::query!(
        "select c.id, c.version from consultations c join shifts s on s.id = c.shift_id
         where c.bureau_id = $1 and s.duty_on = $2 and c.review = 'unreviewed' order by c.id",
        bureau,
        day
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}

/// Corrections that wait for somebody.
pub(super) async fn open_corrections(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        "select c.id, s.venue_id from attendance_corrections c join shifts s on s.id = c.shift_id
         where c.bureau_id = $1 and c.status = 'asked' order by c.id",
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.venue_id)).collect())
}

/// Venues with shifts in a month that they have not reported.
pub(super) async fn venues_to_report(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select distinct s.venue_id from shifts s
         where s.bureau_id = $1 and s.month = $2
           and not exists (select from venue_months m
                           where m.venue_id = s.venue_id and m.month = s.month and m.status = 'reported')
         order by s.venue_id",
        bureau,
        month as Month
    )
    .fetch_all(conn)
    .await
}

/// Cases by what they still lack.
#[derive(Clone, Debug)]
pub(super) struct OpenCase {
    pub(super) id: i64,
    pub(super) version: i32,
    pub(super) accepted_on: NaiveDate,
    pub(super) assigned_on: Option<NaiveDate>,
    pub(super) closing_agreed_on: Option<NaiveDate>,
}

pub(super) async fn open_cases(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<OpenCase>> {
    sqlx::query_as!(
        OpenCase,
        "select id, version, accepted_on, assigned_on, closing_agreed_on from cases
         where bureau_id = $1 and origin = 'paper' and entered_on is null and terminated_on is null order by id",
        bureau
    )
    .fetch_all(conn)
    .await
}

/// The version and the address of a case lived in the system.
pub(super) async fn case_version(conn: &mut PgConnection, id: i64) -> sqlx::Result<i32> {
    sqlx::query_scalar!("select version from cases where id = $1", id).fetch_one(conn).await
}

/// The first day after a case was at work on which somebody served on duty.
pub(super) async fn day_served(
    conn: &mut PgConnection,
    person: i64,
    begun: NaiveDate,
) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar!(
        r#"select min(s.duty_on) from shifts s join attendances b on b.shift_id = s.id
           where s.person_id = $1 and s.duty_on > $2::date + 7"#,
        person,
        begun
    )
    .fetch_one(conn)
    .await
}

/// The first quality review.
pub(super) async fn first_review(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select min(id) as "id!" from case_quality where bureau_id = $1"#, bureau)
        .fetch_one(conn)
        .await
}

pub(super) async fn all_accounts(conn: &mut PgConnection) -> sqlx::Result<Vec<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"select a.id, a.login, a.name, a.role as "role: crate::web::permissions::Role", a.bureau_id,
                  b.name as bureau_name, a.venue_id, v.name as "venue_name?", a.person_id
           from accounts a join bureaus b on b.id = a.bureau_id left join venues v on v.id = a.venue_id order by a.id"#
    )
    .fetch_all(conn)
    .await
}

/// An account as the story acts for it.
#[derive(Clone, Debug)]
pub(super) struct AccountRow {
    pub(super) id: i64,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) role: crate::web::permissions::Role,
    pub(super) bureau_id: i64,
    pub(super) bureau_name: String,
    pub(super) venue_id: Option<i64>,
    pub(super) venue_name: Option<String>,
    pub(super) person_id: Option<i64>,
}

/// Moves every session along with the clock, so that nobody is signed out by it.
pub(super) async fn move_sessions(
    conn: &mut PgConnection,
    now: chrono::DateTime<chrono::FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!("update sessions set seen_at = $1, expires_at = $1::timestamptz + interval '10 hours'", now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Duty persons with settled pay, by name.
pub(super) async fn people_with_pay(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select p.id from persons p
         where p.bureau_id = $1 and exists (select from settlement_items i where i.person_id = p.id and i.payable > 0)
         order by p.pinyin, p.id",
        bureau
    )
    .fetch_all(conn)
    .await
}

/// A confirmed finding of a kind in a month, and who confirmed it.
pub(super) async fn confirmed(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
    kind: FindingKind,
) -> sqlx::Result<Option<(i64, i64)>> {
    let row = sqlx::query!(
        r#"select id, decided_by as "decided_by!" from findings
           where bureau_id = $1 and kind = $4 and status = 'confirmed' and decided_by is not null
             and event_on between $2 and $3
           order by id limit 1"#,
        bureau,
        month.first(),
        month.last(),
        kind as FindingKind
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.decided_by)))
}

/// The signed station shifts of the people of whom nothing was found in a month, person by person.
pub(super) async fn spotless_shifts(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<Vec<DayShift>> {
    sqlx::query_as!(
        DayShift,
        r#"select s.id, s.venue_id, s.venue_kind as "venue_kind: VenueKind", s.person_id, s.starts_at, s.ends_at,
                  s.break_from, s.break_to, true as "signed_in!"
           from shifts s join rosters r on r.id = s.roster_id join attendances t on t.shift_id = s.id
           where s.bureau_id = $1 and s.month = $2 and s.venue_kind = 'station' and t.signed_out_at is not null
             and not exists (select from findings f where f.person_id = s.person_id and f.event_on between $2 and $3)
             and not exists (select from shifts o left join attendances a on a.shift_id = o.id
                             where o.person_id = s.person_id and o.month = $2
                               and (o.venue_kind <> 'station' or a.signed_out_at is null))
           order by s.person_id desc, s.duty_on"#,
        bureau,
        month as Month,
        month.last()
    )
    .fetch_all(conn)
    .await
}

/// The first shift of a month that nobody signed.
pub(super) async fn unsigned_shift(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
) -> sqlx::Result<Option<DayShift>> {
    sqlx::query_as!(
        DayShift,
        r#"select s.id, s.venue_id, s.venue_kind as "venue_kind: VenueKind", s.person_id, s.starts_at, s.ends_at,
                  s.break_from, s.break_to, false as "signed_in!"
           from shifts s join rosters r on r.id = s.roster_id
           where s.bureau_id = $1 and s.month = $2 and r.status = 'published' and s.venue_kind = 'station'
             and not exists (select from attendances t where t.shift_id = s.id)
           order by s.id limit 1"#,
        bureau,
        month as Month
    )
    .fetch_optional(conn)
    .await
}
