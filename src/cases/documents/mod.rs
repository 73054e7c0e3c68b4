//! The papers of a case: forms that are filled in here, scans, and what is kept on paper;
//! the order of the volume and how long it is kept.

pub mod forms;
mod pdf;
pub mod rules;
pub mod uploads;

pub use rules::Kind;
