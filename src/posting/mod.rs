//! 三(一), 值班公示: who can be asked for free advice, where and when, for everybody and
//! without an account. The addresses are printed on posters: they do not change.
//!
//! Owns nothing; reads published rosters. Shows names, categories, organisations, places,
//! hours and the venues' telephones, never a person's own number, ID or account.

mod db;
mod pages;

use crate::state::AppState;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/", Access::Public, pages::week).get("/posting/{code}", Access::Public, pages::venue)
}
