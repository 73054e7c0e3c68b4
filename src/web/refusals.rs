//! Writes down what was refused: on the trail for an account, in the log for a stranger.
//!
//! What somebody types wrongly into a form is no refusal: the form comes back with its words.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::actor::Actor;
use super::error_page;
use super::routes::Declared;
use crate::audit::{self, Audit};
use crate::error::AppError;
use crate::state::AppState;

/// What the refusal of a declared route is on the trail. An address that is no
/// route's passes no control, and a fault of ours is no refusal.
fn action_of(declared: &Declared, status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::FORBIDDEN => Some("access.refused"),
        // Foreign things are answered as if they were not there.
        StatusCode::NOT_FOUND if !declared.path.is_empty() => Some("access.missing"),
        StatusCode::CONFLICT => Some("access.not_carried_out"),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Some("access.unusable"),
        _ => None,
    }
}

/// The answer, with its refusal written down. What cannot be written down becomes a fault.
pub(super) async fn noted(
    state: &AppState,
    declared: &Declared,
    actor: Option<&Actor>,
    path: &str,
    response: Response,
) -> Response {
    let Some((status, note)) = error_page::note_of(&response) else { return response };
    let Some(action) = action_of(declared, status) else { return response };
    let Some(actor) = actor else {
        in_the_log(status);
        return response;
    };
    // The words of a rule may name people; those of a missing permission name roles.
    let words = if status == StatusCode::FORBIDDEN { note.text } else { note.title };
    let record = Audit::new(action, "page", path).note(words);
    let written = match state.pool.acquire().await {
        Ok(mut conn) => audit::write(&mut conn, actor, state.clock.now(), record).await,
        Err(error) => Err(error.into()),
    };
    match written {
        Ok(()) => response,
        Err(error) => AppError::into_response(error),
    }
}

/// A line of the log, in the request's span: its number, method and path, nobody's name.
pub(super) fn in_the_log(status: StatusCode) {
    tracing::warn!(status = status.as_u16(), "a request was refused");
}
