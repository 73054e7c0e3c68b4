//! The SQL of programmes and of the calendar.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::plan::calendar::{Calendar, SpecialDay};
use crate::plan::notice;
use crate::plan::programme::Programme;

/// A programme as stored.
#[derive(Clone, Debug)]
pub struct StoredProgramme {
    /// The row.
    pub id: i64,
    /// Counts the changes; stamped on calculations.
    pub revision: i32,
    /// The plan itself.
    pub content: Programme,
    /// A month was approved under it: it can no longer change.
    pub frozen: bool,
}

/// Adds a bureau's programme of a year, as its first revision.
pub async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    programme: &Programme,
    made_by: Option<i64>,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    let id = sqlx::query_scalar!(
        "insert into programmes (bureau_id, year, content, created_at) values ($1, $2, $3, $4) returning id",
        bureau,
        programme.year,
        Json(programme) as _,
        now
    )
    .fetch_one(&mut *conn)
    .await?;
    insert_revision(conn, id, 1, programme, made_by, now).await?;
    Ok(id)
}

/// Keeps a revision for good.
pub async fn insert_revision(
    conn: &mut PgConnection,
    id: i64,
    revision: i32,
    programme: &Programme,
    made_by: Option<i64>,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into programme_revisions (programme_id, revision, content, made_by, made_at) values ($1, $2, $3, $4, $5)",
        id,
        revision,
        Json(programme) as _,
        made_by,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The programme of a bureau's year.
pub async fn find(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Option<StoredProgramme>> {
    let row = sqlx::query!(
        r#"select p.id, p.revision, p.content as "content: Json<Programme>",
                  exists (select from settlements s where s.programme_id = p.id and s.status <> 'calculated') as "frozen!"
           from programmes p where p.bureau_id = $1 and p.year = $2"#,
        bureau,
        year
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| StoredProgramme {
        id: row.id,
        revision: row.revision,
        content: row.content.0,
        frozen: row.frozen,
    }))
}

/// The programme whose figures hold on a day: that of its year; failing that, of the latest year before.
pub async fn in_force(conn: &mut PgConnection, bureau: i64, day: NaiveDate) -> sqlx::Result<Option<StoredProgramme>> {
    let year = sqlx::query_scalar!(
        r#"select year from programmes where bureau_id = $1
           order by (year <= $2) desc, abs(year - $2) limit 1"#,
        bureau,
        day.year()
    )
    .fetch_optional(&mut *conn)
    .await?;
    match year {
        Some(year) => find(conn, bureau, year).await,
        None => Ok(None),
    }
}

/// A year in the list of programmes.
#[derive(Clone, Debug)]
pub struct ProgrammeRow {
    /// The year.
    pub year: i32,
    /// Counts the changes.
    pub revision: i32,
    /// The plan itself.
    pub content: Programme,
    /// A month was approved under it.
    pub frozen: bool,
}

/// The programmes of a bureau, the latest first.
pub async fn programmes_of(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<ProgrammeRow>> {
    let rows = sqlx::query!(
        r#"select p.year, p.revision, p.content as "content: Json<Programme>",
                  exists (select from settlements s where s.programme_id = p.id and s.status <> 'calculated') as "frozen!"
           from programmes p where p.bureau_id = $1 order by p.year desc limit 50"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ProgrammeRow { year: row.year, revision: row.revision, content: row.content.0, frozen: row.frozen })
        .collect())
}

/// Writes a new revision over the one that was read; none when somebody else did so before.
pub async fn update(
    conn: &mut PgConnection,
    id: i64,
    revision: i32,
    programme: &Programme,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "update programmes set content = $3, revision = revision + 1 where id = $1 and revision = $2 returning revision",
        id,
        revision,
        Json(programme) as _
    )
    .fetch_optional(conn)
    .await
}

/// A revision with who made it.
#[derive(Clone, Debug)]
pub struct RevisionRow {
    /// Its number.
    pub revision: i32,
    /// The plan as it was.
    pub content: Programme,
    /// Who made it; none for the one that came with the product.
    pub made_by: Option<String>,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// The latest revisions of a programme, the latest first.
pub async fn revisions_of(conn: &mut PgConnection, id: i64, limit: i64) -> sqlx::Result<Vec<RevisionRow>> {
    let rows = sqlx::query!(
        r#"select r.revision, r.content as "content: Json<Programme>", a.name as "made_by?", r.made_at
           from programme_revisions r left join accounts a on a.id = r.made_by
           where r.programme_id = $1 order by r.revision desc limit $2"#,
        id,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RevisionRow {
            revision: row.revision,
            content: row.content.0,
            made_by: row.made_by,
            made_at: row.made_at,
        })
        .collect())
}

/// A year of the calendar as it was entered.
#[derive(Clone, Debug)]
pub struct CalendarYearRow {
    /// The year.
    pub year: i32,
    /// The notice as entered.
    pub notice: String,
    /// Which notice it was.
    pub source: String,
    /// When it was entered.
    pub added_at: DateTime<Utc>,
}

/// One year of the calendar.
pub async fn find_calendar_year(conn: &mut PgConnection, year: i32) -> sqlx::Result<Option<CalendarYearRow>> {
    sqlx::query_as!(CalendarYearRow, "select year, notice, source, added_at from calendar_years where year = $1", year)
        .fetch_optional(conn)
        .await
}

/// All years that are known, with their special days.
pub async fn calendar(conn: &mut PgConnection) -> sqlx::Result<Calendar> {
    let rows = sqlx::query!(
        r#"select y.year as "year!", d.day as "day?", d.is_workday as "is_workday?", d.name as "name?"
           from calendar_years y left join calendar_days d on d.year = y.year"#
    )
    .fetch_all(conn)
    .await?;
    let years: Vec<i32> = rows.iter().map(|row| row.year).collect();
    let days = rows
        .into_iter()
        .filter_map(|row| Some(SpecialDay { date: row.day?, is_workday: row.is_workday?, name: row.name? }));
    Ok(Calendar::new(years, days))
}

/// Adds a year's notice and its days.
pub async fn insert_calendar_year(
    conn: &mut PgConnection,
    year: i32,
    text: &str,
    source: &str,
    days: &[SpecialDay],
    now: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into calendar_years (year, notice, source, added_at) values ($1, $2, $3, $4)",
        year,
        text,
        source,
        now
    )
    .execute(&mut *conn)
    .await?;
    let dates: Vec<_> = days.iter().map(|day| day.date).collect();
    let workdays: Vec<_> = days.iter().map(|day| day.is_workday).collect();
    let names: Vec<_> = days.iter().map(|day| day.name.clone()).collect();
    sqlx::query!(
        "insert into calendar_days (day, year, is_workday, name)
         select d.day, $1, d.is_workday, d.name from unnest($2::date[], $3::boolean[], $4::text[]) as d (day, is_workday, name)",
        year,
        &dates,
        &workdays,
        &names
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds the years that come with the product, unless they are there.
pub async fn install_calendar(conn: &mut PgConnection, now: DateTime<FixedOffset>) -> sqlx::Result<()> {
    let known = calendar(conn).await?;
    let shipped = Calendar::shipped();
    for year in shipped.years().filter(|year| !known.knows(*year)) {
        let days: Vec<SpecialDay> = shipped.special_days(year).cloned().collect();
        insert_calendar_year(conn, year, &notice::write(&days), "国务院办公厅通知（随系统提供）", &days, now).await?;
    }
    Ok(())
}
