//! Work in the background, beside the requests: the seals of the audit trail.
//!
//! Every program of a database runs it; a lock in the database leaves each piece to one of them.

use std::time::Duration;

use crate::audit::chain;
use crate::state::AppState;

/// How long an audit record waits for its seal, at most.
const SEAL_EVERY: Duration = Duration::from_secs(5);

/// Works until it is dropped.
pub async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(SEAL_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        seal(&state).await;
    }
}

/// Seals what waits, and says so in the log when that fails: the records themselves are safe.
pub async fn seal(state: &AppState) {
    if let Err(error) = chain::seal(&state.pool, &state.seals).await {
        tracing::error!(%error, "the audit trail could not be sealed; it is tried again");
    }
}
