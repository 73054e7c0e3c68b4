//! Progress and figures for the leadership (进度总览): both targets against the time line,
//! the money, and what is late, each leading to the list behind it.
//!
//! Owns nothing: it reads the sums that the slices keep.

pub mod db;
mod pages;
pub mod rules;

use chrono::{Datelike as _, NaiveDate};
use sqlx::PgConnection;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

pub use rules::Overview;

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state).get("/dashboard", May(Action::ReadDashboard), pages::overview).get(
        "/dashboard/consultations",
        May(Action::ReadDashboard),
        pages::consultations,
    )
}

/// Everything the overview of a bureau's year shows, in three queries; `None` while the
/// year has no programme.
///
/// # Errors
/// When the database fails.
pub async fn overview(
    conn: &mut PgConnection,
    bureau: i64,
    year: i32,
    today: NaiveDate,
) -> sqlx::Result<Option<Overview>> {
    let Some(frame) = db::frame(conn, bureau, year).await? else {
        return Ok(None);
    };
    let sums = db::sums(conn, bureau, year).await?;
    let signs = db::signs(conn, bureau, year, today).await?;
    Ok(Some(rules::overview(&frame, &sums, &signs, today)))
}

/// The year that is looked at when none is named: this one, or the newest before it.
///
/// # Errors
/// When the database fails.
pub async fn default_year(conn: &mut PgConnection, bureau: i64, today: NaiveDate) -> sqlx::Result<Option<i32>> {
    let years = db::years(conn, bureau).await?;
    let this_year = today.year();
    Ok(years.iter().copied().find(|year| *year <= this_year).or_else(|| years.last().copied()))
}
