//! For whoever watches the program, on a listener of its own: alive, able to serve, figures.
//! From where people come in the first two answer in a word; the figures are never reached there.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::health;
use crate::state::AppState;

/// Answers by the first digit of their status.
static ANSWERS: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];

/// Counts an answer.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if let Some(counter) = ANSWERS.get(usize::from(response.status().as_u16() / 100)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    response
}

/// The pages of the watch.
pub fn router(state: &AppState) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics))
        .with_state(state.clone())
}

/// Figures in the text form that Prometheus reads. No name, address or path is in them.
async fn metrics(State(state): State<AppState>) -> Response {
    let mut text = String::from("# TYPE huifa_answers_total counter\n");
    for (class, counter) in ANSWERS.iter().enumerate().skip(1) {
        text.push_str(&format!("huifa_answers_total{{class=\"{class}xx\"}} {}\n", counter.load(Ordering::Relaxed)));
    }
    text.push_str(&format!(
        "# TYPE huifa_database_connections gauge\nhuifa_database_connections {}\n\
         # TYPE huifa_database_connections_idle gauge\nhuifa_database_connections_idle {}\n",
        state.pool.size(),
        state.pool.num_idle()
    ));
    let waiting = sqlx::query_scalar!(
        r#"select count(*) as "count!" from audit_records r
           where r.id > (select floor from audit_sealing) and not exists (select from audit_links l where l.record_id = r.id)"#
    )
    .fetch_one(&state.pool)
    .await;
    match waiting {
        Ok(waiting) => {
            text.push_str(&format!("# TYPE huifa_audit_unsealed gauge\nhuifa_audit_unsealed {waiting}\n"));
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}
