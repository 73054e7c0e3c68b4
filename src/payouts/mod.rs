//! Case subsidies (办案补贴), 五(二)2: which closed cases are due, in batches that one prepares, another approves and a
//! third pays; putting a payment off; what other funds paid.
//!
//! Owns `case_extensions`, `case_outside_payments`, `case_batches` and `case_payouts`. The register of cases is read,
//! never written. What was approved is frozen with its facts; a batch goes to the ledger and to the bank through
//! [`crate::fund`] and [`crate::payments`].

mod actions;
pub mod db;
mod pages;
pub mod rules;
pub mod service;
pub mod voids;

pub use rules::{BatchStatus, OutsideSource, Step};
pub use service::{
    NewExtension, NewOutside, approve, ask_extension, decide_extension, dissolve, pay, prepare, record_outside, reopen,
    send_back,
};
pub use voids::{ask_void, decide_void};

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/payouts", May(Action::ReadPayouts), pages::due)
        .post("/payouts", May(Action::PreparePayouts), actions::prepare)
        .get("/payouts/cases/{id}", May(Action::ReadPayouts), pages::case)
        .post("/payouts/cases/{id}/extensions", May(Action::PreparePayouts), actions::ask_extension)
        .post("/payouts/extensions/{id}/{decision}", May(Action::ApprovePayouts).fresh(), actions::decide_extension)
        .post("/payouts/cases/{id}/outside", May(Action::PreparePayouts), actions::record_outside)
        .post("/payouts/outside/{id}/withdraw", May(Action::ApprovePayouts).fresh(), actions::withdraw_outside)
        .post("/payouts/cases/{id}/void", May(Action::PreparePayouts), voids::ask)
        .post("/payouts/voids/{id}/{decision}", May(Action::ApprovePayouts).fresh(), voids::decide)
        .get("/payouts/batches/{id}", May(Action::ReadPayouts), pages::batch)
        .get_on_record("/payouts/batches/{id}/print", May(Action::ReadPayouts), pages::print)
        .post("/payouts/batches/{id}/approve", May(Action::ApprovePayouts).fresh(), actions::approve)
        .post("/payouts/batches/{id}/return", May(Action::ApprovePayouts), actions::send_back)
        .post("/payouts/batches/{id}/dissolve", May(Action::PreparePayouts), actions::dissolve)
        .post("/payouts/batches/{id}/pay", May(Action::PaySettlement).fresh(), actions::pay)
        .post("/payouts/batches/{id}/reopen", May(Action::PostFund).fresh(), actions::reopen)
        .get("/payouts/items/{id}", May(Action::ReadPayouts), pages::item)
        .post("/payouts/items/{id}/refund", May(Action::PostFund).fresh(), actions::refund)
}
