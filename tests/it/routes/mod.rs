//! The routes, file by file as the slices are.

mod accounts;
mod cases;
mod dashboard;
mod fund;
mod home;
