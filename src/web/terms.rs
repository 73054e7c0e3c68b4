//! What people search lists for, names and numbers of people mostly, out of addresses: an
//! address lies in histories, in logs of proxies and on screens.
//!
//! A list's search is sent as a form. The answer leads to the list with the term sealed for
//! this session in its address, so that paging, reloading and going back work as ever, and
//! nobody else can read it or use it.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;

use super::actor::Actor;
use super::posted::Posted;
use super::{Answer, way_back};
use crate::error::AppError;
use crate::state::AppState;

/// Where a list's search is sent.
pub const PATH: &str = "/search";

/// The lists that are searched, each with the field of its term.
const LISTS: &[(&str, &str)] = &[
    ("/people", "search"),
    ("/consultations", "q"),
    ("/cases", "q"),
    ("/findings", "person"),
    ("/accounts", "q"),
    ("/audit", "search"),
    ("/find", "q"),
];

/// The field with the list to go to.
const LIST: &str = "list";
/// A sealed term begins so; nothing that is typed does.
const MARK: char = '~';
const FIELD: &str = "search.term";
/// A sealed term is good for so many seconds.
const LIFE: i64 = 12 * 3600;
/// No term is longer.
const LONGEST: usize = 60;

/// A term of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// As typed.
    pub text: String,
    /// As it stands in an address; empty like the text.
    pub sealed: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Term {
    /// A term that is going to stand in an address.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn typed(state: &AppState, actor: &Actor, text: &str) -> Result<Term, AppError> {
        let text: String = text.trim().chars().take(LONGEST).collect();
        if text.is_empty() {
            return Ok(Term::default());
        }
        let until = state.clock.now().timestamp().saturating_add(LIFE);
        let sealed = state.seals.seal(FIELD, &actor.form_token, &format!("{until}|{text}"))?;
        Ok(Term { sealed: format!("{MARK}{}", hex(&sealed)), text })
    }

    /// The term of an address: sealed, or written there by hand.
    ///
    /// # Errors
    /// [`AppError::Refused`] for one of another session, or too old.
    pub fn read(state: &AppState, actor: &Actor, asked: &str) -> Result<Term, AppError> {
        let Some(digits) = asked.strip_prefix(MARK) else { return Term::typed(state, actor, asked) };
        let over = || AppError::refused("这次查找已经过期。请回到列表，重新输入要找的内容。");
        let bytes: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let opened = state.seals.open(FIELD, &actor.form_token, &bytes.ok_or_else(over)?).map_err(|_| over())?;
        let (until, text) = opened.split_once('|').ok_or_else(over)?;
        if until.parse::<i64>().map_err(|_| over())? < state.clock.now().timestamp() {
            return Err(over());
        }
        Ok(Term { text: text.to_owned(), sealed: asked.to_owned() })
    }
}

/// A search as typed: the list and all fields of its form.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct SearchForm(Vec<(String, String)>);

/// Leads to the list with the term sealed and the other conditions as they are.
///
/// # Errors
/// When the list is none of ours.
pub async fn search(State(state): State<AppState>, actor: Actor, posted: Posted<SearchForm>) -> Answer {
    let fields = posted.form.0;
    let list = fields.iter().find(|(name, _)| name == LIST).map(|(_, value)| value.as_str()).unwrap_or_default();
    let (list, term) =
        LISTS.iter().find(|(known, _)| *known == list && way_back::local(known).is_some()).ok_or(AppError::NotFound)?;
    let mut pairs = Vec::new();
    for (name, value) in &fields {
        if [LIST, "token", "once"].contains(&name.as_str()) || value.is_empty() {
            continue;
        }
        let value = if name == term { Term::typed(&state, &actor, value)?.sealed } else { value.clone() };
        if !value.is_empty() {
            pairs.push((name.as_str(), value));
        }
    }
    let query = serde_html_form::to_string(pairs).map_err(|error| AppError::Internal(error.into()))?;
    let to = if query.is_empty() { (*list).to_owned() } else { format!("{list}?{query}") };
    Ok(Redirect::to(&to).into_response())
}
