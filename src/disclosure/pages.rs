//! Asking for what is sealed, and what is shown then.

use askama::Template;
use axum::extract::State;

use super::db::{self, Sealed};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::posted::OnceKey;

/// The form that asks why.
#[derive(Template)]
#[template(path = "disclosure/ask.html")]
pub(super) struct AskPage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) errors: Errors,
    pub(super) reason: String,
    /// Masks as the other pages show them.
    pub(super) masked: Vec<(&'static str, String)>,
    pub(super) action: String,
    pub(super) back: String,
    /// Where a copy of everything is asked for.
    pub(super) copy: Option<String>,
}

/// The values, once.
#[derive(Template)]
#[template(path = "disclosure/shown.html")]
pub(super) struct ShownPage {
    pub(super) layout: Layout,
    pub(super) values: Vec<(&'static str, String)>,
    pub(super) reason: String,
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "disclosure/notice.html")]
struct NoticePage {
    layout: Layout,
}

/// Whose values, and what the third of them is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Person,
    Client,
}

impl Subject {
    pub(super) fn place(self, id: i64) -> String {
        match self {
            Subject::Person => format!("/people/{id}"),
            Subject::Client => format!("/consultations/{id}"),
        }
    }

    pub(super) fn third(self) -> &'static str {
        match self {
            Subject::Person => "银行账号",
            Subject::Client => "住址",
        }
    }

    pub(super) fn ask(self, layout: Layout, id: i64, sealed: &Sealed, once: OnceKey) -> AskPage {
        let place = self.place(id);
        let masked =
            [("身份证号", &sealed.id_number_mask), ("电话", &sealed.phone_mask), (self.third(), &sealed.third_mask)];
        let (list, address) = match self {
            Subject::Person => ("值班人员库", "/people"),
            Subject::Client => ("咨询记录", "/consultations"),
        };
        AskPage {
            layout: layout.titled("查看完整个人信息").crumb(list, address).crumb(sealed.name.clone(), place.clone()),
            once,
            errors: Errors::new(),
            reason: String::new(),
            masked: masked.into_iter().filter(|(_, mask)| !mask.is_empty()).map(|(l, m)| (l, m.clone())).collect(),
            action: format!("{place}/reveal"),
            copy: matches!(self, Subject::Person).then(|| format!("{place}/copy")),
            back: place,
        }
    }
}

pub(super) async fn person(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let sealed = db::person(&mut conn, scope, id).await?.ok_or(AppError::NotFound)?;
    page(&Subject::Person.ask(layout, id, &sealed, OnceKey::new()))
}

pub(super) async fn client(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let sealed = db::client(&mut conn, scope, id).await?.ok_or(AppError::NotFound)?;
    page(&Subject::Client.ask(layout, id, &sealed, OnceKey::new()))
}

pub(super) async fn notice(layout: Layout) -> Answer {
    page(&NoticePage { layout: layout.titled("个人信息保护告知") })
}
