//! Signing in and out, corrections afterwards, and the month's certification.
//!
//! Owns `attendances`, `attendance_corrections` and `venue_months`. What is late or
//! early is decided in [`rules`]; what follows from it in money is left to findings
//! and the settlement.

mod actions;
pub mod db;
mod month_pages;
mod pages;
pub mod rules;
pub mod service;

pub use rules::{Planned, Side};
pub use service::{
    Certification, Decision, NewCorrection, Signature, ask_correction, certify, decide_correction, note_remark,
    return_month, sign_in, sign_out,
};

use crate::state::AppState;
use crate::web::permissions::{Action, Reach};
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::{AtLeast, May};
    Routes::new(state)
        .get("/attendance", May(Action::ReadAttendance), pages::today)
        .get("/attendance/shifts/{id}", May(Action::ReadAttendance), pages::shift)
        .post("/attendance/shifts/{id}/sign-in", May(Action::SignAttendance), actions::sign_in)
        .post("/attendance/shifts/{id}/sign-out", May(Action::SignAttendance), actions::sign_out)
        .post("/attendance/shifts/{id}/remark", May(Action::SignAttendance), actions::note_remark)
        .post("/attendance/shifts/{id}/corrections", May(Action::AskCorrection), actions::ask_correction)
        .post("/attendance/corrections/{id}/decide", May(Action::DecideCorrection), actions::decide_correction)
        .get("/attendance/{month}", May(Action::ReadAttendance), month_pages::month)
        .get("/attendance/{month}/venues", AtLeast(Reach::Venue, Action::ReadAttendance), month_pages::board)
        .get("/attendance/{month}/venues/{id}", AtLeast(Reach::Venue, Action::ReadAttendance), month_pages::venue_month)
        .post("/attendance/{month}/venues/{id}/certify", May(Action::CertifyMonth), actions::certify)
        .post("/attendance/{month}/venues/{id}/return", May(Action::ReturnMonth), actions::return_month)
}
