//! Records as a reviewer reads many of them.

use chrono::{DateTime, FixedOffset, Utc};
use sqlx::PgConnection;

use crate::plan::dictionaries::{Satisfaction, Topic};
use crate::web::actor::Scope;

/// A record in the list of those about to be reviewed.
#[derive(Clone, Debug)]
pub struct ToReview {
    /// The record.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// As it was seen.
    pub version: i32,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Where.
    pub venue: String,
    /// Who advised.
    pub person: String,
    /// The client's name, to be masked by the page.
    pub client_name: String,
    /// What about.
    pub topic: Topic,
    /// What was told.
    pub facts: String,
    /// What was wanted.
    pub request: String,
    /// What was advised.
    pub advice: String,
    /// Their rating.
    pub satisfaction: Satisfaction,
    /// `unreviewed`, or a code of the result.
    pub review: String,
    /// Who recorded it.
    pub recorded_by: i64,
}

/// The records of these numbers within reach, oldest first.
pub async fn to_review(conn: &mut PgConnection, scope: Scope, ids: &[i64]) -> sqlx::Result<Vec<ToReview>> {
    sqlx::query_as!(
        ToReview,
        r#"
        select c.id, c.number, c.version, c.started_at, v.short_name as venue, p.name as person, c.client_name,
               c.topic as "topic: Topic", c.facts, c.request, c.advice,
               c.satisfaction as "satisfaction: Satisfaction", c.review, c.recorded_by
        from consultations c
        join venues v on v.id = c.venue_id
        join persons p on p.id = c.person_id
        where c.bureau_id = $1 and c.id = any($4)
          and ($2::bigint is null or c.venue_id = $2) and ($3::bigint is null or c.person_id = $3)
        order by c.started_at, c.id
        "#,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        ids
    )
    .fetch_all(conn)
    .await
}

/// Finds records in order that are still as they were seen; gives how many.
pub async fn qualify(
    conn: &mut PgConnection,
    scope: Scope,
    ids: &[i64],
    versions: &[i32],
    by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<usize> {
    let done = sqlx::query!(
        "update consultations c
         set review = 'qualified', review_note = '', reviewed_by = $5, reviewed_at = $6, version = c.version + 1
         from unnest($3::bigint[], $4::integer[]) as seen (id, version)
         where c.id = seen.id and c.version = seen.version and c.bureau_id = $1
           and ($2::bigint is null or c.venue_id = $2) and c.review = 'unreviewed' and c.recorded_by <> $5",
        scope.bureau(),
        scope.venue(),
        ids,
        versions,
        by,
        now
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(usize::try_from(done).unwrap_or_default())
}
