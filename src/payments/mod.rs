//! Paying out (资金发放): what is owed to whom, the runs that the bank is told of, what it sent back, the second person
//! for every account that changes, and pay that is held.
//!
//! Owns `payees`, `bank_changes`, `pay_holds`, `payment_runs`, `payables`, `transfers` and `bank_layouts`. A settlement
//! or a batch of cases makes its run in the work that pays it; whoever does not pass the gate stays owed and is taken
//! into a later run. Account numbers are opened only for the bank's file, and that is written down.

pub mod accounts;
mod actions;
pub mod db;
mod files;
mod pages;
pub mod rules;
pub mod service;
mod tax;
mod trail;

pub use accounts::{Particulars, Whose, ask_bank_change, change_payee, decide_bank_change, hold, release};
pub use service::{RunMade, Source, pay_again, pay_batch, pay_settlement, return_transfer, take_back, void_payout};
pub use trail::Trail;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/payments", May(Action::ReadPayments), pages::overview)
        .post("/payments/runs", May(Action::PaySettlement).fresh(), actions::pay_again)
        .get("/payments/runs/{id}", May(Action::ReadPayments), pages::run)
        .post("/payments/runs/{id}/file", May(Action::PaySettlement).fresh(), files::bank_file)
        .get("/payments/transfers/{id}", May(Action::ReadPayments), pages::transfer)
        .post("/payments/transfers/{id}/return", May(Action::PaySettlement).fresh(), actions::return_transfer)
        .get("/payments/layout", May(Action::PaySettlement), files::layout_page)
        .post("/payments/layout", May(Action::PaySettlement), files::save_layout)
        .get("/payments/holds", May(Action::ReadPayments), pages::holds)
        .post("/payments/holds", May(Action::HoldPay), actions::hold)
        .post("/payments/holds/{id}/release", May(Action::HoldPay).fresh(), actions::release)
        .get("/payments/accounts", May(Action::ReadPayments), pages::accounts)
        .post(
            "/payments/accounts/{id}/{decision}",
            May(Action::ConfirmBankAccount).fresh(),
            actions::decide_bank_change,
        )
        .get("/payments/payees/{id}", May(Action::ReadPayments), pages::payee)
        .post("/payments/payees/{id}", May(Action::PreparePayouts), actions::change_payee)
        .get("/payments/tax/{year}", May(Action::ReadPayments), tax::page)
        .post("/payments/tax/{year}/file", May(Action::PaySettlement).fresh(), tax::file)
}
