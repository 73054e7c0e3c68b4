//! The limits that run on a case: what each is, from when to when, and who has to act.

pub mod rules;

pub use rules::{Clock, Owner};
