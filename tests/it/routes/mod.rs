//! The routes, file by file as the slices are.

mod accounts;
mod attendance;
mod calendar;
mod case_life;
mod cases;
mod consultations;
mod dashboard;
pub(crate) mod duty;
mod evidence;
mod find;
mod findings;
mod fund;
mod home;
mod interrupted;
mod objections;
mod payments;
mod payouts;
mod people;
mod posting;
mod programmes;
mod reports;
mod roster;
mod roster_together;
mod settlements;
mod trial;
mod venues;
