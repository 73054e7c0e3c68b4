//! What waits for the person who has signed in (我的待办), with the day by which it is due.
//!
//! Owns nothing: it asks the tables of the slices, once for each role.

pub mod db;
mod hints;
mod pages;
pub mod rules;

use crate::state::AppState;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/home", Access::SignedIn, pages::home).post(
        "/home/hints",
        Access::SignedIn,
        hints::put_away,
    )
}
