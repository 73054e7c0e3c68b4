//! The trial calculation (试算) as a page: the same pure rules as the settlement, on facts
//! that somebody types. Nothing is stored; everything typed is in the address, so that a
//! trial can be sent to somebody else.

mod asked;
mod case;
mod duty;
pub mod what_if;

use crate::state::AppState;
use crate::web::permissions::{Action, Reach};
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    let may = Access::May(Action::TrialCalculation);
    Routes::new(state).get("/trial", may, duty::page).get("/trial/case", may, case::page).get(
        "/trial/what-if",
        Access::AtLeast(Reach::Bureau, Action::ReadSettlement),
        what_if::page,
    )
}
