//! The integration tests: one binary, laid out as the house is.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail by panicking")]

mod database;
mod routes;
mod support;
