//! The routes, file by file as the slices are.

mod accounts;
mod attendance;
mod consultations;
