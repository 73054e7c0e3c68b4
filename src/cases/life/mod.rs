//! A case lived here: its application, its steps, its time line. The only room that
//! writes the tables behind the register.

pub mod actions;
mod decide;
pub mod dossier;
pub mod form;
pub mod handling;
pub mod intake;
pub mod named;
mod next;
pub mod pages;
pub mod papers;
pub mod person;
mod scans;
mod store;
pub mod take;

pub use dossier::Dossier;
pub use store::NewClosing;
pub use take::{MoveInput, take};

/// The next number of applications of a year, for one that a stranger sends.
///
/// # Errors
/// When the database fails.
pub(super) async fn next_application_number(
    conn: &mut sqlx::PgConnection,
    bureau: i64,
    year: i32,
) -> sqlx::Result<i32> {
    store::next_number(conn, bureau, year, "申").await
}
