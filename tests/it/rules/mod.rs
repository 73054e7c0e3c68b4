//! The rules of the plan, by clause and reading, and what must hold whatever the facts.

mod case_payout;
mod duty_pay;
mod properties;
mod purity;
mod reckoning;
mod sources;
