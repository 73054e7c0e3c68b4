//! The plan as data, and the calendar: a bureau's programme of a year beside the
//! clauses that its figures come from.
//!
//! Owns `programmes`, `programme_revisions`, `calendar_years` and `calendar_days`.

pub mod db;
mod shipped;

pub use shipped::install_gaoping;
use crate::state::AppState;
use crate::web::routes::Routes;
/// tmp
pub fn routes(state: &AppState) -> Routes { Routes::new(state) }
