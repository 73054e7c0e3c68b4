//! What every handler shares.

use std::sync::Arc;

use sqlx::PgPool;

use crate::accounts::passwords::Passwords;
use crate::accounts::setup::SetupToken;
use crate::clock::Clock;
use crate::config::Config;
use crate::secrets::Seals;
use crate::web::permissions::Role;
use crate::web::visits::Visits;

/// Cheap to clone: everything in it is shared.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Connections to PostgreSQL.
    pub pool: PgPool,
    /// The one source of "now".
    pub clock: Clock,
    /// What the environment said.
    pub config: Arc<Config>,
    /// Opens and seals personal data.
    pub seals: Arc<Seals>,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// Opens the set-up page of an empty database.
    pub setup: SetupToken,
    /// Counts public forms and what accounts read.
    pub visits: Visits,
    /// The demonstration shows its accounts on the sign-in page and lets the clock be set.
    pub demonstration: bool,
}

impl AppState {
    /// Whether who has this role must sign in with a second factor: administrators, approvers
    /// and payers always, the others where the installation says so. The demonstration leaves
    /// it out unless told otherwise, so that its accounts can be tried.
    pub fn asks_second_factor(&self, role: Role) -> bool {
        (role.needs_second_factor() || self.config.second_factor_for_all)
            && (!self.demonstration || self.config.demonstration_second_factor)
    }
}

impl axum::extract::FromRef<AppState> for PgPool {
    fn from_ref(state: &AppState) -> PgPool {
        state.pool.clone()
    }
}
