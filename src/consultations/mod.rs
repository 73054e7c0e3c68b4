//! Service records (法律咨询登记表): recording, half-written drafts, review.
//!
//! Owns `consultations`, `consultation_drafts` and `consultation_sums`. One saved
//! record is one 人次 (A43); the sums are kept by the transaction that records.

mod actions;
pub mod db;
mod form;
mod hand_on;
mod pages;
mod personal;
pub mod record;
pub mod service;
mod together;

pub use hand_on::{HandedOn, hand_on};
pub use record::{Client, ClientGender, NewConsultation};
pub use service::{NewReview, Recorded, edit, hold_month, record, review};
pub use together::qualify;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/consultations", May(Action::ReadConsultations), pages::list)
        .post("/consultations", May(Action::RecordConsultation), actions::record)
        .get("/consultations/new", May(Action::RecordConsultation), pages::new_consultation)
        .ask("/consultations/known", May(Action::RecordConsultation), actions::look_up)
        .post("/consultations/draft", May(Action::RecordConsultation), actions::save_draft)
        .post("/consultations/draft/discard", May(Action::RecordConsultation), actions::discard_draft)
        .get("/consultations/together", May(Action::ReviewConsultations), together::together)
        .post("/consultations/together", May(Action::ReviewConsultations), together::review_together)
        .get("/consultations/{id}", May(Action::ReadConsultations), pages::consultation)
        .get("/consultations/{id}/edit", May(Action::RecordConsultation), pages::edit)
        .post("/consultations/{id}/edit", May(Action::RecordConsultation), actions::edit)
        .post("/consultations/{id}/review", May(Action::ReviewConsultations), actions::review)
}
