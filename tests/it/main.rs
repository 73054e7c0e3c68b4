//! The integration tests: one binary, laid out as the house is.

#[cfg(test)]
mod database;
#[cfg(test)]
mod support;
