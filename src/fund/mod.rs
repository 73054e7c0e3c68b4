//! The ledger of the earmarked fund (专项资金台账): double entry, append only.
//!
//! Owns `fund_accounts`, `fund_entries` and `fund_postings`. Money comes in by receipts,
//! reaches the bureau by transfers and leaves by the payments of a settlement; what was
//! wrong is mirrored by a reversal.

mod actions;
pub mod db;
mod other;
pub mod outlook;
mod pages;
pub mod rules;
pub mod service;
pub mod year_end;

use chrono::NaiveDate;
use rust_decimal::Decimal;

pub(crate) use pages::percent;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// 省级专项资金到账: money of the province reached the county finance bureau.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// The year of the plan that it is for.
    pub year: i32,
    /// Yuan.
    pub amount: Decimal,
    /// The day on which it arrived; the 30 days run from here (A55).
    pub received_on: NaiveDate,
    /// The number of the notice that ordered it.
    pub notice: String,
    /// The date of that notice.
    pub notice_on: Option<NaiveDate>,
    /// The voucher's number in the office's own books; may be empty.
    pub voucher: String,
}

/// 拨付至司法局: the county finance bureau passed money on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// The year of the plan that it is for.
    pub year: i32,
    /// Yuan.
    pub amount: Decimal,
    /// The day on which the bureau had it.
    pub transferred_on: NaiveDate,
    /// The number of the payment order.
    pub order: String,
    /// The voucher's number in the office's own books; may be empty.
    pub voucher: String,
}

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/fund", May(Action::ReadFund), pages::newest_year)
        .get("/fund/{year}", May(Action::ReadFund), pages::ledger)
        .get("/fund/{year}/receipts/new", May(Action::PostFund), pages::new_receipt)
        .post("/fund/{year}/receipts", May(Action::PostFund).fresh(), actions::record_receipt)
        .get("/fund/{year}/transfers/new", May(Action::PostFund), pages::new_transfer)
        .post("/fund/{year}/transfers", May(Action::PostFund).fresh(), actions::record_transfer)
        .get("/fund/{year}/entries/new", May(Action::PostFund), other::new)
        .post("/fund/{year}/entries", May(Action::PostFund).fresh(), other::record)
        .get("/fund/{year}/outlook", May(Action::ReadFund), outlook::page)
        .get("/fund/{year}/periods", May(Action::ReadFund), year_end::page)
        .post("/fund/{year}/periods/{month}/close", May(Action::PostFund).fresh(), year_end::close)
        .post("/fund/{year}/carry-over", May(Action::PostFund).fresh(), year_end::carry)
        .get("/fund/entries/{id}", May(Action::ReadFund), pages::entry)
        .post("/fund/entries/{id}/reverse", May(Action::PostFund).fresh(), actions::reverse)
}
