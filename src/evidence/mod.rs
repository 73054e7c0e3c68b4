//! 核查材料: everything behind a payment, a person, a venue or a period in one archive that
//! an auditor opens without this product (三(一): the fund is used for its purpose alone; 三(二): finance inspects its use).
//!
//! Owns nothing; reads across, in one snapshot, within the bureau. Clients appear by their
//! masks alone. Every archive leaves an audit record with its reason and its checksum.

mod actions;
mod db;
mod pack;
mod pages;
mod sections;

use chrono::NaiveDate;

use crate::plan::month::Month;
use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// What an archive is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The bureau.
    pub bureau: i64,
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// Only this venue.
    pub venue: Option<i64>,
    /// Only this person.
    pub person: Option<i64>,
}

impl Extent {
    /// The first and the last day.
    fn days(&self) -> (NaiveDate, NaiveDate) {
        (self.from.first(), self.to.last())
    }

    /// The period in words.
    fn period(&self) -> String {
        if self.from == self.to {
            self.from.chinese()
        } else {
            format!("{}至{}", self.from.chinese(), self.to.chinese())
        }
    }

    /// Neither narrowed to a venue nor to a person.
    fn is_whole(&self) -> bool {
        self.venue.is_none() && self.person.is_none()
    }
}

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/evidence", Access::May(Action::ExportEvidence), pages::form).post(
        "/evidence",
        Access::May(Action::ExportEvidence).fresh(),
        actions::make,
    )
}
