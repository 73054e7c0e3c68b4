//! Where the money of one payable went: what the bank was told of it, and the entries of the ledger that it is in.
//! The database puts it together (`payable_trail`), so that a page reads it with what it shows it beside.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::rules::TransferStatus;
use crate::fund::rules::EntryKind;

/// The way of one payable, oldest first.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Trail {
    /// What the bank was told.
    pub transfers: Vec<Sent>,
    /// What the ledger says.
    pub entries: Vec<Booked>,
}

impl Trail {
    /// Nothing was paid yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transfers.is_empty() && self.entries.is_empty()
    }
}

/// One transfer.
#[derive(Clone, Debug, Deserialize)]
pub struct Sent {
    /// The row, which the bank's file names.
    pub id: i64,
    /// The year of its run.
    pub year: i32,
    /// The number of its run.
    pub number: i32,
    /// When the run was made.
    pub made_at: DateTime<Utc>,
    /// The payee's bank.
    pub bank: String,
    /// The payee's masked account.
    pub mask: String,
    /// Yuan.
    pub amount: Decimal,
    /// Where it stands.
    pub status: TransferStatus,
    /// When the bank sent it back.
    pub returned_on: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

impl Sent {
    /// The number that the bank's file carries.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("HF{:0>10}", self.id)
    }

    /// The shade of where it stands.
    #[must_use]
    pub fn shade(&self) -> &'static str {
        match self.status {
            TransferStatus::Sent => "ok",
            TransferStatus::Returned => "bad",
            TransferStatus::Void => "quiet",
        }
    }
}

/// One entry of the ledger.
#[derive(Clone, Debug, Deserialize)]
pub struct Booked {
    /// The entry.
    pub id: i64,
    /// Its year.
    pub year: i32,
    /// Its number in the year.
    pub number: i32,
    /// What kind.
    pub kind: EntryKind,
    /// Its day.
    pub entered_on: NaiveDate,
    /// What it says.
    pub summary: String,
    /// Another entry undoes it.
    pub reversed: bool,
}
