//! Reports (六(一), 五(二) 末段): monthly, quarterly on the use of the fund, mid-year, year-end, the self-evaluation, the
//! special-account book, and what is published, without names.
//!
//! Owns `report_signings`. Every figure is drawn from the ledger and the approved months as they stood on the day asked
//! for, so that a report of any past day comes out the same; what was signed is kept whole.

mod actions;
pub mod build;
pub mod db;
mod pages;
pub mod period;
pub mod service;

pub use period::{Period, ReportKind};
pub use service::{check, prepare, sign, withdraw};

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/reports", May(Action::ReadReports), pages::index)
        .get("/reports/{kind}/{period}", May(Action::ReadReports), pages::report)
        .get_on_record("/reports/{kind}/{period}/xlsx", May(Action::ReadReports), pages::workbook)
        .post("/reports/{kind}/{period}/prepare", May(Action::PrepareReports), actions::prepare)
        .post("/reports/{kind}/{period}/check", May(Action::CheckReports).fresh(), actions::check)
        .post("/reports/{kind}/{period}/sign", May(Action::SignReports).fresh(), actions::sign)
        .post("/reports/{kind}/{period}/withdraw", May(Action::CheckReports), actions::withdraw)
}
