//! Draws the page of an error: the frame of whoever asked, words, and never internals.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::actor::Actor;
use super::layout::{Asked, Layout};
use crate::error::ErrorNote;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    note: ErrorNote,
    /// The page whose form was refused.
    sent_from: Option<String>,
}

/// What an error response says, and with which status; `None` for any other response.
pub(super) fn note_of(response: &Response) -> Option<(StatusCode, ErrorNote)> {
    let carried = response.extensions().get::<ErrorNote>().map(|note| (response.status(), note.clone()));
    carried.or_else(|| note_of_an_extractor(response))
}

/// The response as it is, or the page of the error that it carries.
pub fn draw(state: &AppState, actor: Option<&Actor>, asked: &Asked, mut response: Response) -> Response {
    let Some((status, note)) = note_of(&response) else {
        return response;
    };
    let layout = Layout::build(state, actor, asked).titled(note.title.clone());
    match (ErrorPage { layout, note, sent_from: asked.sent_from().map(str::to_owned) }).render() {
        Ok(html) => {
            let wait = response.headers_mut().remove(header::RETRY_AFTER);
            let mut page = (status, Html(html)).into_response();
            if let Some(wait) = wait {
                page.headers_mut().insert(header::RETRY_AFTER, wait);
            }
            page
        }
        Err(error) => {
            tracing::error!(%error, "the error page itself failed");
            (status, "系统出现故障，请稍后重试。").into_response()
        }
    }
}

/// An extractor refuses in plain English; people are told in Chinese, without its inner words.
/// An address or query that cannot be read leads nowhere: it is not found.
fn note_of_an_extractor(response: &Response) -> Option<(StatusCode, ErrorNote)> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !response.status().is_client_error() || !plain {
        return None;
    }
    let (status, title, text) = match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
            (StatusCode::NOT_FOUND, "没有找到这个页面", "地址或查询条件无法识别，请从导航重新进入。")
        }
        status => (status, "无法识别提交的内容", "请返回原页面，刷新后重新提交。"),
    };
    Some((status, ErrorNote { title: title.to_owned(), text: text.to_owned(), reference: None }))
}
