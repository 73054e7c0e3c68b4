//! The ledger of the earmarked fund: double entry, append only. Owns `fund_accounts`,
//! `fund_entries` and `fund_postings`.

pub mod db;
