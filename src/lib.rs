//! 惠法 Huifa: the programme of free legal consultation and legal aid, from the
//! duty roster to the ledger. See `docs/architecture.md` for the map of the house.

pub mod plan;
pub mod subsidy;
pub mod trial;
