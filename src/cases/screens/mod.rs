//! Screens against forged and split cases: what looks odd is shown with its evidence, and a
//! person decides what it means.
//!
//! Owns `case_screenings`.

mod db;
mod pages;
pub mod rules;
pub mod service;

pub(crate) use pages::kind_words;
pub(super) use pages::{decide, list};
