//! 行政评查、同行评估: closed cases drawn by lot or picked, reviewed by people who had no
//! part in them, with a score sheet, faults to mend and results by handler and firm.
//!
//! Owns `case_quality`.

mod db;
mod pages;
pub mod rules;
mod service;

pub use service::{Choice, NewResult, draw as draw_reviews, finish as finish_review};

pub(super) use pages::{draw, list, mended, sheet, submit};
