//! The walls: who gets where, route by route, role by role, object by object.

mod attacks;
mod audit;
mod disclosure;
mod document;
mod first;
mod formulas;
mod held;
mod junk;
mod links;
mod manifest;
mod matrix;
mod often;
mod requests;
mod rows;
mod schema;
mod statements;
mod terms;
mod world;
