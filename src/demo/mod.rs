//! The demonstration: a bureau with invented people whose months of 2024 are lived
//! through the services that the pages use, under a clock that can be set.

mod cast;
mod db;
mod invented;
mod pages;
mod story;

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveTime};

use crate::database::wall::{self, Wall};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::at;
use crate::state::AppState;
use crate::web::permissions::Role;
use crate::web::routes::{Access, Routes};

/// The password of every demonstration account, shown on the sign-in page.
pub const PASSWORD: &str = "gaoping-2024-demo";

/// The accounts of the sign-in page, in its order.
pub const ACCOUNTS: &[(&str, Role)] = &[
    ("clerk", Role::BureauClerk),
    ("approver", Role::Approver),
    ("finance", Role::Finance),
    ("leader", Role::Leader),
    ("centre", Role::VenueStaff),
    ("mishan", Role::VenueStaff),
    ("lawyer", Role::DutyPerson),
    ("legalaid", Role::LegalAidStaff),
    ("director", Role::LegalAidDirector),
    ("handler", Role::Handler),
    ("system", Role::SystemAdministrator),
    ("security", Role::SecurityAdministrator),
    ("audit", Role::AuditAdministrator),
];

/// The address of the page on which the clock is moved on.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/demonstration", Access::Public, pages::clock).post(
        "/demonstration",
        Access::SignedIn,
        pages::set_clock,
    )
}

fn moment(year: i32, month: u32, day: u32, hour: u32) -> DateTime<FixedOffset> {
    let date = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    at(date, NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default())
}

/// Where the demonstration stands when nothing else is asked: 5 June 2024, nine o'clock.
pub fn stands_at() -> DateTime<FixedOffset> {
    moment(2024, 6, 5, 9)
}

/// Whether the demonstration can stand there: in the year of its plan.
pub fn covers(instant: DateTime<FixedOffset>) -> bool {
    instant.year() == 2024
}

/// Lives through the year up to `until`, and leaves the clock there.
///
/// # Errors
/// When a service refuses what the story does: then the story is wrong.
pub async fn fill(state: &AppState, until: DateTime<FixedOffset>) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    state.clock.set(moment(2023, 12, 20, 9));
    let lived = async {
        let cast = cast::assemble(state).await?;
        story::live(state, &cast, until).await
    };
    wall::within(Wall::Everything, lived).await?;
    state.clock.set(until);
    cast::administrators_desk(state).await?;
    tracing::info!(seconds = began.elapsed().as_secs(), "the demonstration is filled");
    Ok(())
}

/// The accounts as the terminal shows them.
pub fn account_table() -> String {
    let rows: String = ACCOUNTS.iter().map(|(login, role)| format!("  {login:<10} {}\n", role.label())).collect();
    format!("演示账号（密码都是 {PASSWORD}）：\n{rows}")
}
