//! What stands before a public form when it is sent often: a question, or the request to
//! wait. What was typed stays in the page and is sent on with the answer.

use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::form_errors::Errors;
use super::layout::{Asked, Layout};
use super::posted;
use super::question::Question;
use super::refusals;
use super::routes::{Access, Declared, Effect};
use super::session;
use super::visits::{Use, Verdict};
use crate::audit::{self, Audit};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::permissions::Action;

/// The field with the answer.
const ANSWER: &str = "question_answer";
/// The field with what the question carries.
const SEAL: &str = "question_seal";
/// After so many seconds a refused form may be sent again.
const WAIT: &str = "600";

/// Public forms that are not counted here: signing in has stricter lines of its own, and how
/// pages look and which time the demonstration shows harms nobody.
const NOT_COUNTED: &[&str] = &["/sign-in", "/sign-in/code", "/sign-in/passkey", "/appearance", "/demonstration"];

#[derive(Template)]
#[template(path = "question.html")]
struct QuestionPage {
    layout: Layout,
    errors: Errors,
    /// None where the visitor has to wait.
    question: Option<Question>,
    /// Where the kept form goes.
    to: String,
    /// The kept form as it was typed.
    fields: Vec<(String, String)>,
}

/// Lets a stranger's form through, or answers it with a question.
///
/// # Errors
/// With the page to show instead.
pub(super) async fn stranger(
    state: &AppState,
    declared: &Declared,
    asked: &Asked,
    request: Request,
) -> Result<Result<Request, Response>, AppError> {
    if declared.method != "POST" || declared.access != Access::Public || NOT_COUNTED.contains(&declared.path) {
        return Ok(Ok(request));
    }
    let now = state.clock.now().timestamp();
    let address = session::address_of(state, request.extensions(), request.headers());
    let verdict = state.visits.form(declared.path, &address, now);
    if verdict == Verdict::Free {
        return Ok(Ok(request));
    }
    let to = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let body = posted::body_of(Request::new(body), state).await?;
    let fields: Vec<(String, String)> = posted::parse(&body)?;
    let of = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut errors = Errors::new();
    if verdict == Verdict::Asked
        && let (Some(seal), Some(answer)) = (of(SEAL), of(ANSWER))
    {
        if state.visits.takes(declared.path, seal, answer, now) {
            return Ok(Ok(Request::from_parts(parts, Body::from(body))));
        }
        errors.add(ANSWER, "回答不对，或者等得太久了。请回答新的问题");
    }
    if verdict == Verdict::TooMany || !errors.is_empty() {
        refusals::in_the_log(StatusCode::TOO_MANY_REQUESTS);
    }
    let question = match verdict {
        Verdict::TooMany => None,
        Verdict::Free | Verdict::Asked => Some(state.visits.ask(declared.path, now)?),
    };
    let page = QuestionPage {
        layout: Layout::build(state, None, asked).titled(if question.is_some() {
            "请回答一个问题"
        } else {
            "请稍后再提交"
        }),
        errors,
        question,
        to,
        fields: fields.into_iter().filter(|(name, _)| name != ANSWER && name != SEAL).collect(),
    };
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Html(page.render()?)).into_response();
    if page.question.is_none() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(WAIT));
    }
    Ok(Err(response))
}

/// Counts what an account reads and takes away. Generous: a person does not come near it, a
/// program that empties the lists does. The first refusal of an hour is written down.
///
/// # Errors
/// [`AppError::TooMany`] beyond what the settings put up with.
pub(super) async fn account(state: &AppState, declared: &Declared, actor: &Actor) -> Result<(), AppError> {
    let now = state.clock.now();
    let counted = |what| state.visits.account(actor.account_id, what, now.timestamp());
    let mut refused = counted(Use::Page).err().map(|note| (note, 60));
    if refused.is_none() && takes_away(declared) {
        refused = counted(Use::Taken).err().map(|note| (note, 600));
    }
    let Some((note, seconds)) = refused else { return Ok(()) };
    if note {
        let record = Audit::new("access.too_many", "page", declared.path).note("短时间内打开或者取出过多");
        audit::write(&mut *state.pool.acquire().await?, actor, now, record).await?;
    }
    Err(AppError::TooMany { seconds })
}

/// Whether a route gives out prints, downloads or sealed values.
fn takes_away(declared: &Declared) -> bool {
    declared.effect == Effect::ReadsOnRecord
        || declared.access.action().is_some_and(|action| {
            matches!(
                action,
                Action::RevealPerson
                    | Action::RevealClient
                    | Action::AnswerPersons
                    | Action::ExportEvidence
                    | Action::ExportAudit
            ) && declared.method == "POST"
        })
}
