//! The database layer: the private cluster in real processes, the pool, and the
//! column types.

mod child;
mod columns;
mod private_cluster;
mod test_database;
mod transactions;
