//! Bureaus and their service points: addresses, telephones and usual hours.
//!
//! Owns `bureaus` and `venues`.

mod actions;
pub mod db;
mod pages;
mod rules;
pub mod service;

pub use rules::shortfall;
pub use service::{Change, change};

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    let edit = Access::May(Action::EditVenues);
    Routes::new(state)
        .get("/venues", edit, pages::list)
        .get("/venues/{id}", edit, pages::venue)
        .post("/venues/{id}", edit, actions::change)
        .post("/venues/supervise-phone", edit, actions::set_supervise_phone)
}
