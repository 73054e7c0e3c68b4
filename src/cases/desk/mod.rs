//! 待办: what waits for whom, ordered by what is due; the load of each worker; cases
//! handed over many at once.

mod db;
mod pages;
pub mod rules;

use chrono::{DateTime, FixedOffset, NaiveDate};
use sqlx::PgConnection;

pub(super) use pages::{hand_over, work_list};

use self::rules::Desk;
use crate::error::AppError;
use crate::plan::calendar::Calendar;
use crate::web::actor::Actor;

/// One thing that waits in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What is to be done with which case.
    pub title: String,
    /// What one needs to know.
    pub detail: String,
    /// The case.
    pub href: String,
    /// By when.
    pub due: Option<NaiveDate>,
}

/// What waits in cases for an account, the most pressing first; one statement.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    conn: &mut PgConnection,
    actor: &Actor,
    calendar: &Calendar,
    payment_days: u32,
    now: DateTime<FixedOffset>,
) -> Result<Vec<Due>, AppError> {
    let desks = Desk::of(actor);
    if desks.is_empty() {
        return Ok(Vec::new());
    }
    let rows = db::waiting(conn, actor.bureau_id, actor.account_id, &desks, now.date_naive(), None).await?;
    Ok(rules::due(rows, calendar, payment_days, now))
}
