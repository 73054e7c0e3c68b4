//! What is sealed, shown in full: to whom the table allows it, for a reason, on record; and
//! a copy of everything that is held about somebody, when they ask for it (PIPL 45).
//! The notice of what is collected and why (PIPL 17, 35) is a public page of this slice.
//!
//! Owns `data_corrections`.

mod actions;
mod db;
mod held;
mod pages;
mod requests;

pub use requests::note_wish;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    let asked = Access::May(Action::AnswerPersons);
    let (person, client) = (Access::May(Action::RevealPerson), Access::May(Action::RevealClient));
    Routes::new(state)
        .get("/privacy", Access::Public, pages::notice)
        .get("/data-requests", asked, requests::page)
        .ask("/data-requests/look", asked, requests::look)
        .post("/data-requests/copy", asked.fresh(), requests::copy)
        .post("/data-requests/corrections", asked, requests::note_correction)
        .post("/data-requests/corrections/{id}", asked, requests::answer_correction)
        .get("/people/{id}/reveal", person, pages::person)
        .post("/people/{id}/reveal", person.fresh(), actions::reveal_person)
        .post("/people/{id}/copy", person.fresh(), actions::copy_person)
        .get("/consultations/{id}/reveal", client, pages::client)
        .post("/consultations/{id}/reveal", client.fresh(), actions::reveal_client)
}
