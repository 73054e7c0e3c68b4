//! Draws the page of an error: the frame of whoever asked, words, and never internals.

use askama::Template;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::actor::Actor;
use super::layout::Layout;
use crate::error::ErrorNote;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    note: ErrorNote,
}

/// The response as it is, or the page of the error that it carries.
pub fn draw(state: &AppState, actor: Option<&Actor>, path: &str, large_print: bool, mut response: Response) -> Response {
    let Some(note) = response.extensions_mut().remove::<ErrorNote>() else {
        return response;
    };
    let status = response.status();
    let layout = Layout::build(state, actor, path, large_print).titled(note.title.clone());
    match (ErrorPage { layout, note }).render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page itself failed");
            (status, "系统出现故障，请稍后重试。").into_response()
        }
    }
}
