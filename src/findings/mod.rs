//! Findings (扣款事项): what may cost a duty person money, from the proposal with its
//! evidence over the telling and the objection to the decision.
//!
//! Owns `findings` and `finding_steps`. Only a confirmed finding counts, and only
//! [`crate::settlement`] puts it into money. Whoever proposes never confirms.

mod actions;
pub mod db;
mod pages;
mod propose;
pub mod rules;
pub mod service;
mod system;

pub use rules::{Status, Step};
pub use service::{
    Matter, NewFinding, Subject, confirm, object, propose, propose_record_defect, revoke, take_step,
    take_step_together, tell,
};
pub use system::{propose_from_attendance, propose_missing_sign_outs};

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/findings", May(Action::ReadFindings), pages::list)
        .post("/findings", May(Action::ProposeFinding), actions::create)
        .get("/findings/new", May(Action::ProposeFinding), propose::new_finding)
        .get("/findings/check/{month}", May(Action::ProposeFinding), pages::check)
        .post("/findings/check/{month}", May(Action::ProposeFinding), actions::propose_missing_sign_outs)
        .get("/findings/together", May(Action::ReadFindings), pages::together)
        .post("/findings/together", May(Action::ReadFindings), actions::take_step_together)
        .get("/findings/{id}", May(Action::ReadFindings), pages::one)
        .post("/findings/{id}/tell", May(Action::TellFinding), actions::tell)
        .post("/findings/{id}/object", May(Action::ObjectFinding), actions::object)
        .post("/findings/{id}/confirm", May(Action::DecideFinding), actions::confirm)
        .post("/findings/{id}/revoke", May(Action::DecideFinding), actions::revoke)
        .post("/findings/{id}/withdraw", May(Action::ProposeFinding), actions::withdraw)
}
