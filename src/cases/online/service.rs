//! Takes in what a stranger sends.

use chrono::Datelike as _;
use serde_json::json;
use uuid::Uuid;

use super::db::{self, NewOnline, Office};
use crate::audit::{self, Audit, Author};
use crate::cases::documents::rules::document_number;
use crate::cases::life::next_application_number;
use crate::cases::life::person::{Education, Health};
use crate::database::wall::within;
use crate::error::AppError;
use crate::plan::dictionaries::SpecialGroup;
use crate::secrets::{Gender, IdNumber, mask_id_number, mask_phone};
use crate::state::AppState;

/// Applications of one person that may wait at a time.
const MOST_WAITING: i64 = 3;

/// What a stranger may tell of the person at once, so that the window need not ask again.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Where to write to, and to go to.
    pub address: String,
    /// 邮编.
    pub postcode: String,
    /// 户籍所在地.
    pub domicile: String,
    /// 民族.
    pub ethnicity: String,
    /// 职业.
    pub occupation: String,
    /// 文化程度.
    pub education: Option<Education>,
    /// 身体状况.
    pub health: Option<Health>,
}

/// An application as a stranger sends it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Name.
    pub name: String,
    /// Identity number.
    pub id_number: IdNumber,
    /// Telephone, in its kept form.
    pub phone: String,
    /// 乡镇.
    pub township: String,
    /// What else the application form asks of a person.
    pub person: Told,
    /// Groups, as ticked.
    pub groups: Vec<SpecialGroup>,
    /// Cannot move easily.
    pub hard_to_move: bool,
    /// The other side.
    pub opponent: String,
    /// What happened.
    pub facts: String,
    /// What is wanted.
    pub request: String,
}

/// Keeps an application apart from the cases and gives its number; `None` while as many of
/// the same person wait as may.
pub(super) async fn take_in(
    state: &AppState,
    office: &Office,
    sent: &Sent,
    address: &str,
) -> Result<Option<String>, AppError> {
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let known = state.seals.blind_indexes("case_online.id_number", sent.id_number.as_str());
    let since = now - chrono::TimeDelta::days(1);
    if db::waiting_of(&mut transaction, office.bureau, &known, since).await? >= MOST_WAITING {
        return Ok(None);
    }
    let year = now.year();
    let next = next_application_number(&mut transaction, office.bureau, year).await?;
    let county = office.short_name.chars().next().unwrap_or('县');
    let number = document_number(county, "申", year, next);
    let seal_id = Uuid::new_v4();
    let row = seal_id.to_string();
    let sealed = |field: &str, text: &str| match text {
        "" => Ok(None),
        text => state.seals.seal(field, &row, text).map(Some),
    };
    let new = NewOnline {
        number: &number,
        seal_id,
        name: &sent.name,
        gender: if sent.id_number.gender() == Gender::Female { "female" } else { "male" },
        id_number: state.seals.seal("case_online.id_number", &row, sent.id_number.as_str())?,
        id_number_index: state.seals.blind_index("case_online.id_number", sent.id_number.as_str()),
        id_number_mask: mask_id_number(sent.id_number.as_str()),
        phone: state.seals.seal("case_online.phone", &row, &sent.phone)?,
        phone_index: state.seals.blind_index("case_online.phone", &sent.phone),
        phone_mask: mask_phone(&sent.phone),
        township: &sent.township,
        address: sealed("case_online.address", &sent.person.address)?,
        domicile: sealed("case_online.domicile", &sent.person.domicile)?,
        person: &sent.person,
        groups: &sent.groups,
        hard_to_move: sent.hard_to_move,
        opponent: &sent.opponent,
        facts: &sent.facts,
        request: &sent.request,
    };
    let id = db::insert(&mut transaction, office.bureau, &new, now).await?;
    let author = Author { bureau_id: Some(office.bureau), ..Author::stranger("网上申请人", address) };
    audit::write(
        &mut transaction,
        author,
        now,
        Audit::new("case.send_online", "online_application", id)
            .after(json!({ "number": number, "id_number": new.id_number_mask, "phone": new.phone_mask })),
    )
    .await?;
    transaction.commit().await?;
    Ok(Some(number))
}

/// The same for the first office, for the demonstration.
///
/// # Errors
/// When the database fails.
pub async fn send_to_first(state: &AppState, sent: &Sent) -> Result<Option<String>, AppError> {
    let mut conn = state.pool.acquire().await?;
    let office = db::office(&mut conn, "").await?.ok_or(AppError::NotFound)?;
    drop(conn);
    within(office.wall(), take_in(state, &office, sent, "-")).await
}
