//! The plan as data, and the calendar: a bureau's programme of a year beside the
//! clauses that its figures come from.
//!
//! Owns `programmes`, `programme_revisions`, `calendar_years` and `calendar_days`.

mod actions;
mod calendar;
pub mod db;
mod pages;
mod rules;
pub mod service;
mod shipped;

pub use rules::{Difference, differences};
pub use service::{NewCalendarYear, add_calendar_year, change, copy_forward};
pub use shipped::install_gaoping;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    let read = Access::May(Action::ReadProgramme);
    let edit = Access::May(Action::EditProgramme);
    let calendar = Access::May(Action::EditCalendar);
    Routes::new(state)
        .get("/programmes", read, pages::list)
        .get("/programmes/{year}", read, pages::programme)
        .get("/programmes/{year}/edit", edit, pages::edit)
        .post("/programmes/{year}", edit, actions::change)
        .post("/programmes/{year}/copy", edit, actions::copy)
        .get("/calendar", read, calendar::years)
        .get("/calendar/new", calendar, calendar::new)
        .post("/calendar", calendar, calendar::add)
        .get("/calendar/{year}", read, calendar::year)
}
