//! Work in the background, beside the requests: the seals of the audit trail, keeping time,
//! keys that were added.
//!
//! Every program of a database runs it; a lock in the database leaves each piece to one of them.

pub mod retention;

use std::time::Duration;

use crate::audit::chain;
use crate::state::AppState;

/// How long an audit record waits for its seal, at most.
const SEAL_EVERY: Duration = Duration::from_secs(5);

/// How often is looked what was kept long enough.
const KEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Works until it is dropped.
pub async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(SEAL_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut keeping = tokio::time::interval(KEEP_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = state.seals.refresh() {
                    tracing::error!(%error, "the key file could not be read again; the keys known stay");
                }
                seal(&state).await;
            }
            _ = keeping.tick() => match retention::run(&state).await {
                Ok(done) => tracing::info!(done.anonymised, done.drafts, "what was kept long enough is gone"),
                Err(error) => tracing::error!(%error, "keeping time did not finish; it is tried again"),
            },
        }
    }
}

/// Seals what waits, and says so in the log when that fails: the records themselves are safe.
pub async fn seal(state: &AppState) {
    if let Err(error) = chain::seal(&state.pool, &state.seals).await {
        tracing::error!(%error, "the audit trail could not be sealed; it is tried again");
    }
}
