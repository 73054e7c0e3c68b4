//! What the form needs while it is being filled in: who came before, half-written drafts.

use chrono::{DateTime, FixedOffset, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::plan::dictionaries::{SpecialGroup, Topic};
use crate::web::actor::Scope;

/// Somebody who came before.
#[derive(Clone, Debug)]
pub struct Known {
    /// Their name.
    pub client_name: String,
    /// Their gender.
    pub gender: String,
    /// Their year of birth.
    pub birth_year: Option<i32>,
    /// Their township.
    pub township: String,
    /// Their groups.
    pub groups: Vec<SpecialGroup>,
    /// What about, the last time.
    pub topic: Topic,
    /// When, the last time.
    pub started_at: DateTime<Utc>,
    /// How often.
    pub visits: i64,
}

/// Who called from a number before. A sensitive record is found only by those in
/// whose reach it lies.
pub async fn find_known(
    conn: &mut PgConnection,
    scope: Scope,
    phone_indexes: &[Vec<u8>],
) -> sqlx::Result<Option<Known>> {
    sqlx::query_as!(
        Known,
        r#"
        select c.client_name, c.gender, c.birth_year, c.township, c.groups as "groups: Vec<SpecialGroup>",
               c.topic as "topic: Topic", c.started_at, count(*) over () as "visits!"
        from consultations c
        where c.bureau_id = $1 and c.phone_index = any($4)
          and (not c.sensitive or (($2::bigint is null or c.venue_id = $2) and ($3::bigint is null or c.person_id = $3)))
        order by c.started_at desc, c.id desc limit 1
        "#,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        phone_indexes
    )
    .fetch_optional(conn)
    .await
}

/// Keeps a half-written record of the form `once`; false when the shift is out of reach.
pub async fn save_draft(
    conn: &mut PgConnection,
    scope: Scope,
    account: i64,
    shift: i64,
    content: &[u8],
    once: Uuid,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into consultation_drafts (account_id, shift_id, content, saved_at, once)
         select $1, s.id, $3, $4, $8 from shifts s
         where s.id = $2 and s.bureau_id = $5 and ($6::bigint is null or s.venue_id = $6) and ($7::bigint is null or s.person_id = $7)
         on conflict (account_id, shift_id) do update set content = excluded.content, saved_at = excluded.saved_at,
             once = excluded.once",
        account,
        shift,
        content,
        now,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        once
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The half-written record of an account in a shift, sealed. One that an autosave wrote
/// in the very moment in which its form was accepted is no draft any more.
pub async fn find_draft(
    conn: &mut PgConnection,
    account: i64,
    shift: i64,
) -> sqlx::Result<Option<(Vec<u8>, DateTime<Utc>)>> {
    let row = sqlx::query!(
        "select d.content, d.saved_at from consultation_drafts d
         where d.account_id = $1 and d.shift_id = $2 and not exists (
             select from once_keys k where k.key = d.once and k.account_id = d.account_id)",
        account,
        shift
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.content, row.saved_at)))
}

/// Throws the half-written record away.
pub async fn delete_draft(conn: &mut PgConnection, account: i64, shift: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from consultation_drafts where account_id = $1 and shift_id = $2", account, shift)
        .execute(conn)
        .await?;
    Ok(())
}

/// The townships of a venue's bureau, to pick from while typing.
pub async fn townships(conn: &mut PgConnection, venue: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select t.short_name from venues v join venues t on t.bureau_id = v.bureau_id and t.kind = 'station'
         where v.id = $1 order by t.sort, t.id",
        venue
    )
    .fetch_all(conn)
    .await
}
