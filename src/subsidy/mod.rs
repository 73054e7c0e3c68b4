//! PURE. The two subsidies of the plan: what a person's duty month and what a case pays,
//! and why.
//!
//! Owns the arithmetic and its sentences; takes every value from
//! [`Programme`](crate::plan::Programme) and leaves loading, storing and approving to the
//! slices. [`trial`] offers both as JSON.

pub mod case_payout;
pub mod compare;
pub mod duty_facts;
mod duty_month;
pub mod duty_pay;
mod duty_warnings;
pub mod explain;
pub mod json;
pub mod trial;
