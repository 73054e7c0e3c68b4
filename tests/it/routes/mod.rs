//! The routes, file by file as the slices are.

mod accounts;
pub(crate) mod duty;
mod findings;
mod settlements;
