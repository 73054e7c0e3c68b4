//! What a consultation gives to an application for legal aid, so that nothing is typed twice.

use sqlx::PgConnection;
use uuid::Uuid;

use super::personal;
use crate::error::AppError;
use crate::plan::dictionaries::{SpecialGroup, VenueKind};
use crate::secrets::Seals;
use crate::web::actor::Scope;

/// A consultation as the legal aid centre takes it over.
#[derive(Clone, Debug)]
pub struct HandedOn {
    /// Its number.
    pub number: String,
    /// The client.
    pub name: String,
    /// `male` or `female`.
    pub gender: String,
    /// Opened.
    pub id_number: Option<String>,
    /// Opened.
    pub phone: Option<String>,
    /// Opened.
    pub address: Option<String>,
    /// 乡镇.
    pub township: String,
    /// Groups.
    pub groups: Vec<SpecialGroup>,
    /// 案由.
    pub cause: String,
    /// 事实.
    pub facts: String,
    /// 诉求.
    pub request: String,
    /// Where it was given.
    pub venue: String,
    /// Of which kind.
    pub venue_kind: VenueKind,
}

struct Row {
    number: String,
    seal_id: Uuid,
    client_name: String,
    gender: String,
    id_number: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    address: Option<Vec<u8>>,
    township: String,
    groups: Vec<SpecialGroup>,
    cause: String,
    facts: String,
    request: String,
    venue: String,
    venue_kind: VenueKind,
}

/// A consultation within the scope, with its sealed values opened for the centre.
///
/// # Errors
/// When the database fails or a value does not open.
pub async fn hand_on(
    conn: &mut PgConnection,
    seals: &Seals,
    scope: Scope,
    id: i64,
) -> Result<Option<HandedOn>, AppError> {
    let row = sqlx::query_as!(
        Row,
        r#"select c.number, c.seal_id, c.client_name, c.gender, c.id_number, c.phone, c.address, c.township,
                  c.groups as "groups: Vec<SpecialGroup>", c.cause, c.facts, c.request, v.short_name as venue,
                  v.kind as "venue_kind: VenueKind"
           from consultations c join venues v on v.id = c.venue_id
           where c.bureau_id = $1 and c.id = $2 and ($3::bigint is null or c.venue_id = $3)
             and ($4::bigint is null or c.person_id = $4)"#,
        scope.bureau(),
        id,
        scope.venue(),
        scope.person()
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let opened = personal::open_client(
        seals,
        row.seal_id,
        row.id_number.as_deref(),
        row.phone.as_deref(),
        row.address.as_deref(),
    )?;
    Ok(Some(HandedOn {
        number: row.number,
        name: row.client_name,
        gender: row.gender,
        id_number: opened.0,
        phone: opened.1,
        address: opened.2,
        township: row.township,
        groups: row.groups,
        cause: row.cause,
        facts: row.facts,
        request: row.request,
        venue: row.venue,
        venue_kind: row.venue_kind,
    }))
}
