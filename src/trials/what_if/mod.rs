//! What if: a finding decided the other way, another local standard, another plan, over the stored months and cases of a
//! year. Nothing is stored.

mod db;
mod pages;
pub mod rules;

pub(super) use pages::page;
