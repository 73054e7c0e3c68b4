//! The walls: who gets where, route by route, role by role, object by object.

mod audit;
mod manifest;
mod matrix;
mod requests;
mod rows;
mod world;
