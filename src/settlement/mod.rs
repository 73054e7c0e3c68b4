//! The month's settlement: what every duty person is paid, calculated by one, approved by
//! another, paid by a third.
//!
//! Owns `settlements`, `settlement_items`, `settlement_lines` and `settlement_adjustments`.
//! Facts come in a constant number of set queries, [`month::draft`] turns them into
//! amounts, whole sets are written under the bureau's settlement lock. What was approved
//! never changes; what is found later comes into the next open month (A27).

mod actions;
pub mod chase;
pub mod check;
pub mod db;
pub mod month;
pub mod objections;
mod pages;
mod payslips;
mod person;
pub mod receivables;
pub mod rules;
pub mod service;
mod sheet;
pub mod store;
pub mod versions;

pub use chase::chase;
pub use db::{MonthState, month_states};
pub use rules::{Status, Step};
pub use service::{approve, calculate, pay, review, send_back};

use crate::state::AppState;
use crate::web::permissions::{Action, Reach};
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::{AtLeast, May};
    Routes::new(state)
        .get("/settlements", May(Action::ReadSettlement), pages::months)
        .get("/settlements/receivables", AtLeast(Reach::Bureau, Action::ReadSettlement), receivables::list)
        .post("/settlements/receivables/{id}", May(Action::CalculateSettlement), receivables::post)
        .post(
            "/settlements/receivables/{id}/{decision}",
            May(Action::ApproveSettlement).fresh(),
            receivables::post_decision,
        )
        .get("/settlements/{month}/objections", May(Action::ReadSettlement), objections::list)
        .post("/settlements/{month}/objections", May(Action::ObjectFinding), objections::post)
        .post("/settlements/objections/{id}/answer", May(Action::DecideFinding), objections::post_answer)
        .get("/settlements/{month}", May(Action::ReadSettlement), pages::board)
        .get("/settlements/{month}/preview", AtLeast(Reach::Bureau, Action::ReadSettlement), pages::preview)
        .get(
            "/settlements/{month}/preview/people/{person}",
            AtLeast(Reach::Bureau, Action::ReadSettlement),
            person::preview,
        )
        .get("/settlements/{month}/people/{person}", May(Action::ReadSettlement), person::one)
        .get_on_record("/settlements/{month}/payslips", AtLeast(Reach::Bureau, Action::ReadSettlement), payslips::print)
        .get_on_record("/settlements/{month}/print", AtLeast(Reach::Bureau, Action::ReadSettlement), sheet::print)
        .post("/settlements/{month}/calculate", May(Action::CalculateSettlement), actions::calculate)
        .post("/settlements/{month}/venues/{id}/chase", May(Action::CalculateSettlement), chase::post)
        .post("/settlements/{month}/review", May(Action::CalculateSettlement), actions::review)
        .get("/settlements/{month}/compare", AtLeast(Reach::Bureau, Action::ReadSettlement), versions::compare)
        .post("/settlements/{month}/approve", May(Action::ApproveSettlement).fresh(), actions::approve)
        .post("/settlements/{month}/return", May(Action::ApproveSettlement), actions::send_back)
        .post("/settlements/{month}/pay", May(Action::PaySettlement).fresh(), actions::pay)
}
