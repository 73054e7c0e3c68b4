//! Alive and able to serve, for whoever watches the program.

use axum::extract::State;
use axum::http::StatusCode;

use super::routes::Routes;
use crate::state::AppState;

/// Whether the program runs and can serve, in one word, for a balancer in front of it;
/// figures are for the watch alone (`web::watch`).
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).file("/healthz", alive).file("/readyz", ready)
}

/// The program runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The program can serve: its database answers.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let asked = sqlx::query_scalar!(r#"select 1 as "one!""#).fetch_one(&state.pool);
    match tokio::time::timeout(std::time::Duration::from_secs(2), asked).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
