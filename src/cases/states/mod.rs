//! The states of a case and the one table of what leads from one to the next.

mod needs;
mod pages;
pub mod rules;
mod table;
pub mod wordings;

pub(super) use pages::table;
pub use rules::{Move, State};
