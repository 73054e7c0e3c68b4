//! Asking somebody who is signed in to prove themselves again, before money or rights move.
//!
//! A page that needs it is opened afterwards; a form that needs it is kept in the
//! asking page's hidden fields and sent on once the proof is given, so that nothing
//! typed is lost. The proof itself is the accounts' business.

use askama::Template;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use super::form_errors::Errors;
use super::layout::{Asked, Layout};
use super::posted::{self, OnceKey};
use super::routes::Access;
use super::session::Session;
use super::way_back;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;

/// Where the proof is given.
pub const PATH: &str = "/confirm";
/// The field with what proves it.
pub const SECRET: &str = "confirm_secret";
/// The field with the address to go on to.
pub const TO: &str = "confirm_to";
/// The field that says how to go on: `post` or `get`.
pub const METHOD: &str = "confirm_method";
/// The field that names what is asked for.
pub const WHAT: &str = "confirm_what";

/// The asking page.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// The frame.
    pub layout: Layout,
    /// The page's own once-key, where no form is kept.
    pub once: OnceKey,
    /// Mistakes of the last try.
    pub errors: Errors,
    /// What is about to be done, in words.
    pub what: String,
    /// Where to go on to.
    pub to: String,
    /// A form is kept and sent on.
    pub posts: bool,
    /// The kept form as it was typed, with its own token and once-key.
    pub fields: Vec<(String, String)>,
    /// A one-time code is asked for, not the password.
    pub with_code: bool,
    /// The site of passkeys, where the account has one.
    pub passkey: Option<String>,
}

impl ConfirmPage {
    /// The kept form has a token and a once-key of its own.
    fn needs_guard(&self) -> bool {
        !self.posts
    }
}

/// Where a passkey of the account can be shown.
pub fn passkey_site(state: &AppState, session: &Session) -> Option<String> {
    state.config.passkey_site().filter(|_| session.has_passkey).map(|site| site.rp_id)
}

/// Sends a reader to the asking page, or keeps a form in it.
///
/// # Errors
/// When the form cannot be used or was not ours.
pub(super) async fn ask(
    state: &AppState,
    session: &Session,
    access: Access,
    asked: &Asked,
    request: Request,
) -> Result<Response, AppError> {
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let kind = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    let keeps = kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded"));
    if method != Method::POST || !keeps {
        let to = way_back::page_of(&method, &uri, &headers).unwrap_or_else(|| "/home".to_owned());
        let query = serde_html_form::to_string([("to", to)]).unwrap_or_default();
        return Ok(Redirect::to(&format!("{PATH}?{query}")).into_response());
    }
    let to = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let body = posted::body_of(request, state).await?;
    posted::check_token(&body, &session.actor)?;
    let fields: Vec<(String, String)> = posted::parse(&body)?;
    let page = ConfirmPage {
        layout: Layout::build(state, Some(&session.actor), asked).titled("请确认是您本人"),
        once: OnceKey::new(),
        errors: Errors::default(),
        what: match access {
            Access::May(action) | Access::AtLeast(_, action) => action.label().to_owned(),
            Access::Public | Access::FirstPassword | Access::SignedIn => String::new(),
        },
        to,
        posts: true,
        fields: fields.into_iter().filter(|(name, _)| !name.starts_with("confirm_")).collect(),
        with_code: session.has_second_factor,
        passkey: passkey_site(state, session),
    };
    Ok((StatusCode::FORBIDDEN, Html(page.render()?)).into_response())
}
