//! 惠法 Huifa: the programme of free legal consultation and legal aid, from the
//! duty roster to the ledger. See `docs/architecture.md` for the map of the house.

pub mod database;
pub mod secrets;

/// Every migration of the schema, in order; the one place that names their folder.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
