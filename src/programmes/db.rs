//! The SQL of programmes and of the calendar.

use chrono::{DateTime, FixedOffset};
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

/// All years that are known, with their special days.
pub async fn calendar(conn: &mut PgConnection) -> sqlx::Result<Calendar> {
    let rows = sqlx::query!(
        r#"select y.year as "year!", d.day as "day?", d.is_workday as "is_workday?", d.name as "name?"
           from calendar_years y left join calendar_days d on d.year = y.year"#
    )
    .fetch_all(conn)
    .await?;
    let years: Vec<i32> = rows.iter().map(|row| row.year).collect();
    let days = rows.into_iter().filter_map(|row| {
        Some(SpecialDay { date: row.day?, is_workday: row.is_workday?, name: row.name? })
    });
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
