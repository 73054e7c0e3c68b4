//! PURE. The implementation plan as data: what a year's plan fixes, the calendar it
//! runs on, the counting of days, money and the dictionaries.
//!
//! Owns every figure, clause and code that the slices share. Knows no SQL, HTTP,
//! clock, file or randomness; leaves the arithmetic of the subsidies to
//! `crate::subsidy`.

pub mod calendar;
pub mod clause;
pub mod deadlines;
pub mod dictionaries;
pub mod dictionary;
pub mod money;
pub mod month;
pub mod notice;
mod parameter_table;
pub mod parameters;
pub mod programme;
pub mod readings;
pub mod time;

pub use calendar::{Calendar, SpecialDay, YearWithoutCalendar};
pub use clause::Clause;
pub use dictionary::Dictionary;
pub use month::Month;
pub use parameters::{Input, Parameter};
pub use programme::Programme;
