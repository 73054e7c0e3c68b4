//! The integration tests: one binary, laid out as the house is.

mod database;
mod support;
