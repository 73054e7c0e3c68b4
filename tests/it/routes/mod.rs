//! The routes, file by file as the slices are.

mod accounts;
mod calendar;
mod people;
mod programmes;
mod trial;
mod venues;
mod posting;
mod roster;
mod attendance;
mod consultations;
mod cases;
mod dashboard;
mod fund;
mod home;
