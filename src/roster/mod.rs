//! Rosters: a month's shifts drawn by hand, handed in, agreed to by a second person and
//! posted. 四(一)4, 三(一) 提前公示.
//!
//! Owns `rosters` and `shifts`. One [`Shift`] is the unit of everything after it: others
//! read shifts through [`shifts`] and never write them. Leaves the public pages to
//! [`crate::posting`].

mod actions;
mod db;
mod forms;
mod grid;
mod pages;
pub mod planner;
mod rearrange;
pub mod rules;
pub mod service;
mod together;

use chrono::{DateTime, Utc};

pub use db::{Reading, Shift, Standing, shifts};
pub use rearrange::{FilledAll, Move, fill_all, move_shift};
pub use service::{
    Added, Filled, GapConsent, MonthState, NewFilling, NewShift, RosterError, Seen, add_shift, approve, fill_venue,
    load_month, publish, remove_shift, return_to_draft, start_month, submit,
};

use crate::plan::Month;
use crate::plan::dictionary::{Dictionary, dictionary};
use crate::state::AppState;
use crate::text_column;
use crate::web::permissions::{Action, Reach};
use crate::web::routes::{Access, Routes};

dictionary! {
    /// How far a month's roster has come.
    RosterStatus {
        /// Being drawn by the clerk.
        Draft = "draft", "编制中";
        /// Handed to the approver.
        Submitted = "submitted", "待审核";
        /// Agreed to by a second person.
        Approved = "approved", "已批准";
        /// Posted; its shifts are what people are on duty by.
        Published = "published", "已公示";
    }
}
text_column!(RosterStatus);

/// Who took a step, and when.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The account.
    pub account: i64,
    /// The person's name.
    pub who: String,
    /// The instant.
    pub at: DateTime<Utc>,
}

/// A month's roster without its shifts.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The row.
    pub id: i64,
    /// The month.
    pub month: Month,
    /// How far it has come.
    pub status: RosterStatus,
    /// Counts its changes, those of its shifts included.
    pub version: i32,
    /// Who began it.
    pub made: Stamp,
    /// Who handed it in; none while it is a draft.
    pub submitted: Option<Stamp>,
    /// Who agreed.
    pub approved: Option<Stamp>,
    /// Who posted it.
    pub published: Option<Stamp>,
    /// Who last sent it back.
    pub returned: Option<Stamp>,
    /// Why it was last sent back.
    pub return_reason: String,
    /// Why it was handed in with due days left empty.
    pub gap_reason: String,
}

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::{AtLeast, May};
    let (read, edit) = (May(Action::ReadRoster), May(Action::EditRoster));
    Routes::new(state)
        .get("/roster", read, pages::current)
        .get("/roster/{month}", read, pages::month)
        .post("/roster/{month}/start", edit, actions::start)
        .get("/roster/{month}/venues/{venue}", AtLeast(Reach::Venue, Action::ReadRoster), pages::venue)
        .get("/roster/{month}/venues/{venue}/fill", edit, forms::fill)
        .post("/roster/{month}/venues/{venue}/fill", edit, actions::fill)
        .get("/roster/{month}/fill-all", edit, together::fill_all)
        .post("/roster/{month}/fill-all", edit, together::fill_all_now)
        .post("/roster/{month}/move", edit, together::move_shift)
        .get("/roster/{month}/shifts/{shift}/move", edit, together::move_form)
        .get("/roster/{month}/shifts/new", edit, forms::new_shift)
        .post("/roster/{month}/shifts", edit, actions::add_shift)
        .post("/roster/{month}/shifts/{shift}/remove", edit, actions::remove_shift)
        .post("/roster/{month}/submit", edit, actions::submit)
        .post("/roster/{month}/approve", May(Action::ApproveRoster).fresh(), actions::approve)
        .post("/roster/{month}/return", May(Action::ApproveRoster), actions::return_to_draft)
        .post("/roster/{month}/publish", May(Action::PublishRoster), actions::publish)
}
