//! Showing what is sealed. Nothing is shown that could not be written down.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::json;

use super::db::{self, Sealed};
use super::pages::{ShownPage, Subject};
use crate::audit::Audit;
use crate::error::AppError;
use crate::secrets::Seals;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::Posted;
use crate::web::work::Work;

/// A reason says something.
const SHORTEST_REASON: usize = 4;

/// Why somebody wants to see it.
#[derive(Debug, Deserialize)]
pub(super) struct ReasonForm {
    #[serde(default)]
    reason: String,
}

fn open(seals: &Seals, subject: Subject, sealed: &Sealed) -> Result<Vec<(&'static str, String)>, AppError> {
    let fields = match subject {
        Subject::Person => ["person.id_number", "person.phone", "person.bank_account"],
        Subject::Client => ["consultation.id_number", "consultation.phone", "consultation.address"],
    };
    let stored = [("身份证号", &sealed.id_number), ("电话", &sealed.phone), (subject.third(), &sealed.third)];
    let mut values = Vec::new();
    for (field, (label, value)) in fields.into_iter().zip(stored) {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            values.push((label, seals.open(field, &sealed.seal_id.to_string(), value)?));
        }
    }
    Ok(values)
}

async fn reveal(
    state: &AppState,
    layout: Layout,
    (actor, scope): (Actor, Scope),
    (subject, id): (Subject, i64),
    posted: Posted<ReasonForm>,
) -> Answer {
    let mut work = Work::begin(state, &actor, posted.once).await?;
    let sealed = match subject {
        Subject::Person => db::person(work.conn(), scope, id).await?,
        Subject::Client => db::client(work.conn(), scope, id).await?,
    };
    let sealed = sealed.ok_or(AppError::NotFound)?;
    let reason = posted.form.reason.trim().to_owned();
    if reason.chars().count() < SHORTEST_REASON {
        let mut again = subject.ask(layout, id, &sealed, posted.once);
        again.errors.add("reason", "请写明查看的事由，例如“核对银行账号，补贴被退回”。");
        again.reason = reason;
        return form_again(&again);
    }
    let values = open(&state.seals, subject, &sealed)?;
    let labels: Vec<_> = values.iter().map(|(label, _)| *label).collect();
    let (action, kind) = match subject {
        Subject::Person => ("person.reveal", "person"),
        Subject::Client => ("consultation.reveal", "consultation"),
    };
    work.audit(Audit::new(action, kind, id).after(json!({ "shown": labels })).note(reason.clone())).await?;
    let back = subject.place(id);
    work.commit_at(&back).await?;
    page(&ShownPage { layout: layout.titled(sealed.name), values, reason, back })
}

pub(super) async fn reveal_person(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReasonForm>,
) -> Answer {
    reveal(&state, layout, (actor, scope), (Subject::Person, id), posted).await
}

pub(super) async fn reveal_client(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReasonForm>,
) -> Answer {
    reveal(&state, layout, (actor, scope), (Subject::Client, id), posted).await
}

/// Everything that is held about somebody, as a file for them (PIPL 45).
pub(super) async fn copy_person(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReasonForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let sealed = db::person(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    let reason = posted.form.reason.trim().to_owned();
    if reason.chars().count() < SHORTEST_REASON {
        let mut again = Subject::Person.ask(layout, id, &sealed, posted.once);
        again.errors.add("reason", "请写明依据，例如“本人书面申请，6月3日”。");
        again.reason = reason;
        return form_again(&again);
    }
    let mut everything = db::everything(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    for (label, value) in open(&state.seals, Subject::Person, &sealed)? {
        if let Some(all) = everything.as_object_mut() {
            all.insert(label.to_owned(), value.into());
        }
    }
    work.audit(Audit::new("person.copy", "person", id).note(reason)).await?;
    work.commit_at(&Subject::Person.place(id)).await?;
    let text = serde_json::to_string_pretty(&everything).map_err(|error| AppError::Internal(error.into()))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"huifa-person.json\""),
    ];
    Ok((headers, text).into_response())
}
