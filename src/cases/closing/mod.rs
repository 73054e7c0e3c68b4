//! How a case ends, what the review of its file looks at, and the provincial system.

mod pages;
pub mod provincial_rules;
pub mod rules;

pub(super) use pages::{compare, export, provincial};
