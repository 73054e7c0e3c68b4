//! The duty bank (值班人员库): who may be put on a roster, with their proofs.
//!
//! Owns `persons` and `person_venues`. Identity numbers, telephones and bank accounts
//! are sealed before they are stored; pages show masks only.

mod actions;
mod choices;
pub mod db;
mod form;
mod names;
mod pages;
mod rules;
pub mod service;

pub use choices::PersonStatus;
pub use names::pinyin;
pub use rules::{BankAccount, NewPerson, Particulars, Phone, parse_id_number};
pub use service::{Change, RegisterError, change, register, set_status};

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    let read = Access::May(Action::ReadPeople);
    let edit = Access::May(Action::EditPeople);
    Routes::new(state)
        .get("/people", read, pages::list)
        .get("/people/new", edit, pages::new)
        .post("/people", edit, actions::register)
        .get("/people/{id}", read, pages::person)
        .get("/people/{id}/edit", edit, pages::edit)
        .post("/people/{id}", edit, actions::change)
        .post("/people/{id}/status", edit, actions::set_status)
}
