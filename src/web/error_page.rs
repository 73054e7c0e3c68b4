//! Draws the page of an error: the frame of whoever asked, words, and never internals.

use askama::Template;
use axum::http::{StatusCode, header};
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
    let carried = response.extensions_mut().remove::<ErrorNote>();
    let Some(note) = carried.or_else(|| note_of_an_extractor(&response)) else {
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

/// An extractor refuses in plain English; people are told in Chinese, without its inner words.
fn note_of_an_extractor(response: &Response) -> Option<ErrorNote> {
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !response.status().is_client_error() || !plain {
        return None;
    }
    let (title, text) = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ("提交的内容过大", "请减少内容后重新提交。"),
        _ => ("没有找到这个页面", "地址或查询条件无法识别，请从导航重新进入。"),
    };
    Some(ErrorNote { title: title.to_owned(), text: text.to_owned(), reference: None })
}
