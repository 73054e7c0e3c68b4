//! 惠法 Huifa: the programme of free legal consultation and legal aid, from the
//! duty roster to the ledger.
//!
//! `plan` and `subsidy` are pure: they know no database, no clock, no files. `web`
//! is what every page shares. Each other folder is one activity of the office with
//! its pages, actions and SQL. Calls go `commands → slices → web → plan, subsidy`.

pub mod accounts;
pub mod audit;
pub mod clock;
pub mod config;
pub mod database;
pub mod demo;
pub mod error;
pub mod fund;
pub mod installation;
pub mod plan;
pub mod subsidy;
pub mod trial;
