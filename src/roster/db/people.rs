//! Venues with the people of the duty bank who serve there.

use sqlx::PgConnection;

use super::super::rules::Candidate;
use crate::plan::dictionaries::{PersonCategory, VenueKind};
use crate::venues::db::Venue;

/// A venue together with the people of the duty bank who serve there and are not gone.
/// With `also`, those persons are read as well, whatever stands against them.
pub(in super::super) async fn venue_and_people(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    also: &[i64],
) -> sqlx::Result<Option<(Venue, Vec<Candidate>)>> {
    let rows = sqlx::query!(
        r#"select v.id, v.kind as "kind: VenueKind", v.code, v.name, v.short_name, v.address, v.phone, v.starts_at, v.ends_at,
                  v.break_from, v.break_to, v.active, v.version,
                  p.id as "person_id?", p.name as "person_name?", p.category as "category?: PersonCategory",
                  p.organisation as "organisation?", p.status as "status?", p.joined_on as "joined_on?", p.licence_valid_to,
                  p.public_official as "public_official?",
                  exists (select from person_venues pv where pv.person_id = p.id and pv.venue_id = v.id) as "serves_here!"
           from venues v
           left join persons p on p.bureau_id = v.bureau_id
             and (p.id = any ($3) or p.status = 'active'
                  and exists (select from person_venues pv where pv.person_id = p.id and pv.venue_id = v.id))
           where v.bureau_id = $1 and v.id = $2
           order by p.pinyin, p.id"#,
        bureau,
        venue,
        also
    )
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let venue = Venue {
        id: first.id,
        kind: first.kind,
        code: first.code.clone(),
        name: first.name.clone(),
        short_name: first.short_name.clone(),
        address: first.address.clone(),
        phone: first.phone.clone(),
        starts_at: first.starts_at,
        ends_at: first.ends_at,
        break_from: first.break_from,
        break_to: first.break_to,
        active: first.active,
        version: first.version,
    };
    let people = rows
        .into_iter()
        .filter_map(|row| {
            Some(Candidate {
                id: row.person_id?,
                name: row.person_name?,
                category: row.category?,
                organisation: row.organisation?,
                status: row.status?,
                joined_on: row.joined_on?,
                licence_valid_to: row.licence_valid_to,
                public_official: row.public_official?,
                serves_here: row.serves_here,
            })
        })
        .collect();
    Ok(Some((venue, people)))
}

/// The venues in use in their order, each with the people of the duty bank who serve there.
pub(in super::super) async fn venues_and_people(
    conn: &mut PgConnection,
    bureau: i64,
) -> sqlx::Result<Vec<(Venue, Vec<Candidate>)>> {
    let rows = sqlx::query!(
        r#"select v.id, v.kind as "kind: VenueKind", v.code, v.name, v.short_name, v.address, v.phone, v.starts_at, v.ends_at,
                  v.break_from, v.break_to, v.active, v.version,
                  p.id as "person_id?", p.name as "person_name?", p.category as "category?: PersonCategory",
                  p.organisation as "organisation?", p.status as "status?", p.joined_on as "joined_on?", p.licence_valid_to,
                  p.public_official as "public_official?"
           from venues v
           left join person_venues pv on pv.venue_id = v.id
           left join persons p on p.id = pv.person_id and p.bureau_id = v.bureau_id and p.status = 'active'
           where v.bureau_id = $1 and v.active
           order by v.sort, v.id, p.pinyin, p.id"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    let mut venues: Vec<(Venue, Vec<Candidate>)> = Vec::new();
    for row in rows {
        if venues.last().is_none_or(|(venue, _)| venue.id != row.id) {
            let venue = Venue {
                id: row.id,
                kind: row.kind,
                code: row.code,
                name: row.name,
                short_name: row.short_name,
                address: row.address,
                phone: row.phone,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                break_from: row.break_from,
                break_to: row.break_to,
                active: row.active,
                version: row.version,
            };
            venues.push((venue, Vec::new()));
        }
        let known = (row.person_id, row.person_name, row.category, row.organisation, row.status, row.joined_on);
        if let (Some(id), Some(name), Some(category), Some(organisation), Some(status), Some(joined_on)) = known
            && let Some((_, people)) = venues.last_mut()
        {
            people.push(Candidate {
                id,
                name,
                category,
                organisation,
                status,
                joined_on,
                licence_valid_to: row.licence_valid_to,
                public_official: row.public_official.unwrap_or_default(),
                serves_here: true,
            });
        }
    }
    Ok(venues)
}
