//! The integration tests, one program laid out as the house is.

mod rules;
mod trial;
