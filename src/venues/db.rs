//! The SQL of bureaus and service points.

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;
use sqlx::PgConnection;

use crate::plan::dictionaries::VenueKind;

/// The hours of a day: from, to, and the break that is not counted (A04).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The midday break.
    pub pause: Option<(NaiveTime, NaiveTime)>,
}

const fn on_the_hour(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 0, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

/// 08:00–12:00 and 14:00–18:00: net eight hours (A04).
pub const CENTRE_HOURS: Hours =
    Hours { starts_at: on_the_hour(8), ends_at: on_the_hour(18), pause: Some((on_the_hour(12), on_the_hour(14))) };

/// 08:00–12:00: four hours.
pub const STATION_HOURS: Hours = Hours { starts_at: on_the_hour(8), ends_at: on_the_hour(12), pause: None };

/// A service point.
#[derive(Clone, Debug, Serialize)]
pub struct Venue {
    /// The venue.
    pub id: i64,
    /// What kind it is.
    pub kind: VenueKind,
    /// The statistics code of its township, or the bureau's own.
    pub code: String,
    /// The full name.
    pub name: String,
    /// The name in tables.
    pub short_name: String,
    /// Where it is.
    pub address: String,
    /// The public telephone.
    pub phone: String,
    /// Where a new shift begins.
    pub starts_at: NaiveTime,
    /// Where it ends.
    pub ends_at: NaiveTime,
    /// The break's first minute.
    pub break_from: Option<NaiveTime>,
    /// The break's last minute.
    pub break_to: Option<NaiveTime>,
    /// In use.
    pub active: bool,
    /// For edits: nobody overwrites another's.
    pub version: i32,
}

impl Venue {
    /// Its usual hours.
    pub fn hours(&self) -> Hours {
        Hours { starts_at: self.starts_at, ends_at: self.ends_at, pause: self.break_from.zip(self.break_to) }
    }
}

/// A service point about to be added.
#[derive(Clone, Debug)]
pub struct NewVenue {
    /// What kind it is.
    pub kind: VenueKind,
    /// The statistics code of its township, or the bureau's own.
    pub code: String,
    /// The full name.
    pub name: String,
    /// The name in tables.
    pub short_name: String,
    /// Where it is.
    pub address: String,
    /// Its usual hours.
    pub hours: Hours,
    /// Its place in lists.
    pub sort: i32,
}

/// Adds a bureau.
pub async fn insert_bureau(
    conn: &mut PgConnection,
    division_code: &str,
    name: &str,
    short_name: &str,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into bureaus (division_code, name, short_name) values ($1, $2, $3) returning id",
        division_code,
        name,
        short_name
    )
    .fetch_one(conn)
    .await
}

/// Adds a service point.
pub async fn insert(conn: &mut PgConnection, bureau: i64, new: &NewVenue) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into venues (bureau_id, kind, code, name, short_name, address, starts_at, ends_at, break_from, break_to, sort)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id",
        bureau,
        new.kind as VenueKind,
        new.code,
        new.name,
        new.short_name,
        new.address,
        new.hours.starts_at,
        new.hours.ends_at,
        new.hours.pause.map(|pause| pause.0),
        new.hours.pause.map(|pause| pause.1),
        new.sort
    )
    .fetch_one(conn)
    .await
}

/// The service points of a bureau in their order.
pub async fn venues_of(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<Venue>> {
    sqlx::query_as!(
        Venue,
        r#"select id, kind as "kind: VenueKind", code, name, short_name, address, phone, starts_at, ends_at,
                  break_from, break_to, active, version
           from venues where bureau_id = $1 order by sort, id"#,
        bureau
    )
    .fetch_all(conn)
    .await
}

/// One service point of a bureau.
pub async fn find(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<Venue>> {
    sqlx::query_as!(
        Venue,
        r#"select id, kind as "kind: VenueKind", code, name, short_name, address, phone, starts_at, ends_at,
                  break_from, break_to, active, version
           from venues where bureau_id = $1 and id = $2"#,
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
}

/// Changes what may change of a service point; false when somebody else changed it since `version`.
pub async fn update(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    version: i32,
    change: &super::service::Change,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update venues set address = $4, phone = $5, starts_at = $6, ends_at = $7, break_from = $8, break_to = $9,
                active = $10, version = version + 1
         where bureau_id = $1 and id = $2 and version = $3",
        bureau,
        id,
        version,
        change.address,
        change.phone,
        change.hours.starts_at,
        change.hours.ends_at,
        change.hours.pause.map(|pause| pause.0),
        change.hours.pause.map(|pause| pause.1),
        change.active
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// How many shifts a service point has from a day on.
pub async fn shifts_from(conn: &mut PgConnection, bureau: i64, id: i64, day: NaiveDate) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from shifts where bureau_id = $1 and venue_id = $2 and duty_on >= $3"#,
        bureau,
        id,
        day
    )
    .fetch_one(conn)
    .await
}

/// The telephone for supervision that postings name.
pub async fn supervise_phone(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<String> {
    sqlx::query_scalar!("select supervise_phone from bureaus where id = $1", bureau).fetch_one(conn).await
}

/// Sets it; false when it is no longer what was read.
pub async fn set_supervise_phone(conn: &mut PgConnection, bureau: i64, was: &str, phone: &str) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update bureaus set supervise_phone = $3 where id = $1 and supervise_phone = $2",
        bureau,
        was,
        phone
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}
