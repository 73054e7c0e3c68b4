//! tmp
pub mod columns;
mod types;
