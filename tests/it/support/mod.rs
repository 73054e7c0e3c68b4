//! What the tests share.

pub(crate) mod app;
pub(crate) mod books;
pub(crate) mod case_forms;
pub(crate) mod case_life;
pub(crate) mod database;
pub(crate) mod duty;
pub(crate) mod files;
pub(crate) mod ground;
pub(crate) mod queries;
pub(crate) mod story;
