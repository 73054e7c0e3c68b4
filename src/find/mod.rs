//! Finding: the pages an account can open and the things it may see, by a few letters.
//!
//! Owns nothing. The page works by itself; the palette (Ctrl+K) shows the same answers.

mod db;
mod pages;

use crate::state::AppState;
use crate::web::routes::{Access, Routes};
use crate::web::terms;

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/find", Access::SignedIn, pages::find).ask(terms::PATH, Access::SignedIn, terms::search)
}
