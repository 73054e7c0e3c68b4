//! What the tests share.

pub(crate) mod app;
pub(crate) mod database;
pub(crate) mod duty;
