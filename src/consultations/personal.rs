//! How the personal data of a record are kept: sealed for the row, masked for the
//! eye, indexed blindly for the search.

use uuid::Uuid;

use super::record::Client;
use crate::error::AppError;
use crate::secrets::{SealError, Seals, mask_id_number, mask_phone};

const PHONE: &str = "consultation.phone";
const ID_NUMBER: &str = "consultation.id_number";
const ADDRESS: &str = "consultation.address";
const DRAFT: &str = "consultation_draft";

/// A value as stored; nothing of it tells the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// Sealed for its row.
    pub(super) sealed: Option<Vec<u8>>,
    /// Finds it without opening any.
    pub(super) index: Option<Vec<u8>>,
    /// What pages show.
    pub(super) mask: String,
}

/// The three values of a client that are sealed.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptClient {
    /// Telephone.
    pub(super) phone: Kept,
    /// Identity number.
    pub(super) id_number: Kept,
    /// Village and house.
    pub(super) address: Option<Vec<u8>>,
}

/// Seals a client's values for the row `seal_id`.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn keep(seals: &Seals, seal_id: Uuid, client: &Client) -> Result<KeptClient, AppError> {
    let row = seal_id.to_string();
    let sealed = |field: &str, value: &str| seals.seal(field, &row, value).map_err(failed);
    let mut kept = KeptClient::default();
    if let Some(phone) = &client.phone {
        kept.phone = Kept {
            sealed: Some(sealed(PHONE, phone)?),
            index: Some(phone_index(seals, phone)),
            mask: mask_phone(phone),
        };
    }
    if let Some(number) = &client.id_number {
        kept.id_number = Kept {
            sealed: Some(sealed(ID_NUMBER, number)?),
            index: Some(id_number_index(seals, number)),
            mask: mask_id_number(number),
        };
    }
    if !client.address.is_empty() {
        kept.address = Some(sealed(ADDRESS, &client.address)?);
    }
    Ok(kept)
}

/// Identity number, telephone, address.
type Opened = (Option<String>, Option<String>, Option<String>);

/// Opens what [`keep`] sealed.
///
/// # Errors
/// When a value was sealed under another key or for another row.
pub(super) fn open_client(
    seals: &Seals,
    seal_id: Uuid,
    id_number: Option<&[u8]>,
    phone: Option<&[u8]>,
    address: Option<&[u8]>,
) -> Result<Opened, AppError> {
    let row = seal_id.to_string();
    let one = |field: &str, sealed: Option<&[u8]>| {
        sealed.map(|sealed| seals.open(field, &row, sealed)).transpose().map_err(failed)
    };
    Ok((one(ID_NUMBER, id_number)?, one(PHONE, phone)?, one(ADDRESS, address)?))
}

/// What a telephone number is found by.
#[must_use]
pub(super) fn phone_index(seals: &Seals, phone: &str) -> Vec<u8> {
    seals.blind_index(PHONE, phone)
}

/// What an identity number is found by.
#[must_use]
pub(super) fn id_number_index(seals: &Seals, number: &str) -> Vec<u8> {
    seals.blind_index(ID_NUMBER, number)
}

/// What a telephone number may be found by while keys change.
#[must_use]
pub(super) fn phone_indexes(seals: &Seals, phone: &str) -> Vec<Vec<u8>> {
    seals.blind_indexes(PHONE, phone)
}

/// What an identity number may be found by while keys change.
#[must_use]
pub(super) fn id_number_indexes(seals: &Seals, number: &str) -> Vec<Vec<u8>> {
    seals.blind_indexes(ID_NUMBER, number)
}

/// Seals a half-written record whole: it may hold anything.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn seal_draft(seals: &Seals, account: i64, shift: i64, content: &str) -> Result<Vec<u8>, AppError> {
    seals.seal(DRAFT, &format!("{account}.{shift}"), content).map_err(failed)
}

/// Opens what [`seal_draft`] made; `None` for one under another key, which is as good as none.
#[must_use]
pub(super) fn open_draft(seals: &Seals, account: i64, shift: i64, sealed: &[u8]) -> Option<String> {
    seals.open(DRAFT, &format!("{account}.{shift}"), sealed).ok()
}

fn failed(error: SealError) -> AppError {
    AppError::Internal(error.into())
}
