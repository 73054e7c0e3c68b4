//! What changes findings.

use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::db;
use super::propose::{FindingForm, form_page};
use super::rules::Step;
use super::service;
use crate::error::AppError;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::permissions::Action;
use crate::web::posted::Posted;
use crate::web::work::Work;

pub(super) async fn create(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<FindingForm>,
) -> Answer {
    let errors = match posted.form.parse(posted.form.shift_id()?) {
        Ok(new) => {
            let mut work = Work::begin(&state, &actor, posted.once).await?;
            match service::propose(&mut work, scope, new).await {
                Ok(id) => {
                    let message = "扣款事项已提出。告知本人、异议期满后，由另一人认定。";
                    return Ok(work.finish(&format!("/findings/{id}"), message).await?.into_response());
                }
                // A rule's refusal stands on the form, so that what was typed is not lost.
                Err(AppError::Refused(text)) => {
                    let mut errors = Errors::new();
                    errors.add("", text);
                    errors
                }
                Err(other) => return Err(other),
            }
        }
        Err(errors) => errors,
    };
    match form_page(&state, layout, scope, posted.once, posted.form, errors).await? {
        Some(shown) => form_again(&shown),
        None => Err(AppError::NotFound),
    }
}

/// A step with one finding as typed.
#[derive(Debug, Deserialize)]
pub(super) struct StepForm {
    #[serde(default)]
    note: String,
    #[serde(default)]
    version: String,
}

async fn take(state: &AppState, actor: &Actor, scope: Scope, id: i64, step: Step, posted: Posted<StepForm>) -> Answer {
    let mut work = Work::begin(state, actor, posted.once).await?;
    let version = posted.form.version.parse().ok();
    let finding = service::take_step(&mut work, scope, step, id, version, &posted.form.note).await?;
    let message = match step {
        Step::Tell => "已告知本人，异议期开始。".to_owned(),
        Step::Object => "异议已提交，等待答复。".to_owned(),
        Step::Confirm if finding.kind == FindingKind::OffPost => {
            let count = db::off_post_count(work.conn(), finding.person_id, finding.month).await?;
            format!("已认定。{}{}已认定脱岗{count}次。", finding.person, finding.month.chinese())
        }
        Step::Confirm if finding.kind == FindingKind::FalseDuty => "已认定。请另行办理通报批评。".to_owned(),
        Step::Confirm => "已认定。".to_owned(),
        Step::Revoke => "已撤销。".to_owned(),
        Step::Withdraw => "已撤回。".to_owned(),
    };
    Ok(work.finish(&format!("/findings/{id}"), message).await?.into_response())
}

pub(super) async fn tell(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    take(&state, &actor, scope, id, Step::Tell, posted).await
}

pub(super) async fn object(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    take(&state, &actor, scope, id, Step::Object, posted).await
}

pub(super) async fn confirm(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    take(&state, &actor, scope, id, Step::Confirm, posted).await
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    take(&state, &actor, scope, id, Step::Revoke, posted).await
}

pub(super) async fn withdraw(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    take(&state, &actor, scope, id, Step::Withdraw, posted).await
}

/// The ticked findings as the confirmation sends them: `12:3` is finding 12 as of version 3.
#[derive(Debug, Deserialize)]
pub(super) struct TogetherForm {
    #[serde(default)]
    step: String,
    #[serde(default)]
    seen: Vec<String>,
    #[serde(default)]
    note: String,
}

pub(super) async fn take_step_together(
    State(state): State<AppState>,
    actor: Actor,
    posted: Posted<TogetherForm>,
) -> Answer {
    let (step, action) = match Step::from_code(&posted.form.step) {
        Some(Step::Tell) => (Step::Tell, Action::TellFinding),
        Some(Step::Confirm) => (Step::Confirm, Action::DecideFinding),
        _ => return Err(AppError::Unusable("请从列表勾选后办理。".to_owned())),
    };
    let scope = actor.authorise(action)?;
    let seen: Option<Vec<(i64, i32)>> = posted
        .form
        .seen
        .iter()
        .map(|pair| {
            let (id, version) = pair.split_once(':')?;
            Some((id.parse().ok()?, version.parse().ok()?))
        })
        .collect();
    let seen =
        seen.filter(|seen| !seen.is_empty()).ok_or_else(|| AppError::Unusable("请从列表勾选后办理。".to_owned()))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let count = service::take_step_together(&mut work, scope, step, &seen, &posted.form.note).await?;
    let message = match step {
        Step::Tell => format!("已告知{count}项，异议期开始。"),
        _ => format!("已认定{count}项。"),
    };
    Ok(work.finish("/findings", message).await?.into_response())
}

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn propose_missing_sign_outs(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let new = super::system::propose_missing_sign_outs(&mut work, scope, month).await?;
    if new == 0 {
        return Err(AppError::refused("没有新的未签退班次，无需提出。"));
    }
    let message = format!("已提出{new}项早退。请告知本人，异议期满后认定。");
    Ok(work.finish(&format!("/findings/check/{month}"), message).await?.into_response())
}
