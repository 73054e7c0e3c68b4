//! The SQL of the public pages: only what is published, only what may be public.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgConnection;

use crate::plan::dictionaries::{PersonCategory, ShiftChange};

/// A bureau whose venues are posted.
#[derive(Clone, Debug)]
pub(super) struct Bureau {
    pub(super) id: i64,
    pub(super) division_code: String,
    pub(super) name: String,
    pub(super) supervise_phone: String,
}

/// A venue as posted.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) short_name: String,
    pub(super) address: String,
    pub(super) phone: String,
}

/// A published shift, without anything that is not public; the reason of a change may
/// name a person's circumstances and stays inside.
#[derive(Clone, Debug)]
pub(super) struct Duty {
    pub(super) day: NaiveDate,
    pub(super) starts_at: NaiveTime,
    pub(super) ends_at: NaiveTime,
    pub(super) pause: Option<(NaiveTime, NaiveTime)>,
    pub(super) person: String,
    pub(super) category: PersonCategory,
    pub(super) organisation: String,
    pub(super) change: ShiftChange,
    pub(super) published_at: Option<DateTime<Utc>>,
}

impl Duty {
    /// The hours part by part, so that a page can keep each part whole.
    pub(super) fn spans(&self) -> Vec<String> {
        let span = |from: NaiveTime, to: NaiveTime| format!("{}–{}", from.format("%H:%M"), to.format("%H:%M"));
        match self.pause {
            None => vec![span(self.starts_at, self.ends_at)],
            Some((from, to)) => vec![span(self.starts_at, from), span(to, self.ends_at)],
        }
    }
}

/// The bureaus that have venues, by their division codes.
pub(super) async fn bureaus(conn: &mut PgConnection) -> sqlx::Result<Vec<Bureau>> {
    sqlx::query_as!(
        Bureau,
        "select id, division_code, name, supervise_phone from bureaus b
         where exists (select from venues v where v.bureau_id = b.id and v.active) order by division_code"
    )
    .fetch_all(conn)
    .await
}

/// The bureau of a venue's public code.
pub(super) async fn bureau_of_venue(conn: &mut PgConnection, code: &str) -> sqlx::Result<Option<Bureau>> {
    sqlx::query_as!(
        Bureau,
        "select b.id, b.division_code, b.name, b.supervise_phone from venues v join bureaus b on b.id = v.bureau_id
         where v.code = $1 and v.active order by b.division_code limit 1",
        code
    )
    .fetch_optional(conn)
    .await
}

/// The venues in use, one or all, each with its published shifts from day to day.
pub(super) async fn duties(
    conn: &mut PgConnection,
    bureau: i64,
    code: Option<&str>,
    from: NaiveDate,
    to: NaiveDate,
) -> sqlx::Result<Vec<(Place, Vec<Duty>)>> {
    let rows = sqlx::query!(
        r#"select v.code, v.name, v.short_name, v.address, v.phone,
                  d.duty_on as "duty_on?", d.starts_at as "starts_at?", d.ends_at as "ends_at?", d.break_from, d.break_to,
                  d.change as "change?: ShiftChange", d.published_at, p.name as "person?",
                  p.category as "category?: PersonCategory", p.organisation as "organisation?"
           from venues v
           left join (
               select s.venue_id, s.person_id, s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to, s.change, r.published_at
               from shifts s join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id
               where s.bureau_id = $1 and s.duty_on between $3 and $4 and r.status = 'published'
           ) d on d.venue_id = v.id
           left join persons p on p.id = d.person_id
           where v.bureau_id = $1 and v.active and ($2::text is null or v.code = $2)
           order by v.sort, v.id, d.duty_on, d.starts_at, p.pinyin, p.id"#,
        bureau,
        code,
        from,
        to
    )
    .fetch_all(conn)
    .await?;
    let mut places: Vec<(Place, Vec<Duty>)> = Vec::new();
    for row in rows {
        if places.last().is_none_or(|(place, _)| place.code != row.code) {
            let place = Place {
                code: row.code,
                name: row.name,
                short_name: row.short_name,
                address: row.address,
                phone: row.phone,
            };
            places.push((place, Vec::new()));
        }
        let (Some(day), Some(starts_at), Some(ends_at)) = (row.duty_on, row.starts_at, row.ends_at) else { continue };
        let (Some(change), Some(person)) = (row.change, row.person) else { continue };
        let (Some(category), Some(organisation)) = (row.category, row.organisation) else { continue };
        if let Some((_, duties)) = places.last_mut() {
            duties.push(Duty {
                day,
                starts_at,
                ends_at,
                pause: row.break_from.zip(row.break_to),
                person,
                category,
                organisation,
                change,
                published_at: row.published_at,
            });
        }
    }
    Ok(places)
}
