//! What changes a month's settlement.

use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::service;
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::money::in_sentence;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::posted::Posted;
use crate::web::work::Work;

/// A step as typed: the version that was seen, and the reason where one is given.
#[derive(Debug, Deserialize)]
pub(super) struct StepForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    reason: String,
}

impl StepForm {
    /// The version of the page, where it names one; what is no version was not written by a page.
    fn version(&self) -> Result<Option<i32>, AppError> {
        match self.version.as_str() {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|_| AppError::refused("页面的版本无法识别，请刷新页面后再办理。")),
        }
    }
}

fn parsed(month: &str) -> Result<Month, AppError> {
    month.parse().map_err(|_| AppError::NotFound)
}

pub(super) async fn calculate(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(month): Path<String>,
    posted: Posted<StepForm>,
) -> Answer {
    let month = parsed(&month)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let done = service::calculate(&mut work, scope, month).await?;
    let message =
        format!("已计算{}人，实发{}，本人可以查看明细，异议期结束后复核。", done.people, in_sentence(done.payable));
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn review(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(month): Path<String>,
    posted: Posted<StepForm>,
) -> Answer {
    let month = parsed(&month)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::review(&mut work, scope, month, posted.form.version()?, &posted.form.reason).await?;
    let message = format!("{}补贴已复核，等待审批人审批。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn approve(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(month): Path<String>,
    posted: Posted<StepForm>,
) -> Answer {
    let month = parsed(&month)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::approve(&mut work, scope, month, posted.form.version()?).await?;
    let message = format!("{}补贴已审批，等待财务人员发放。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn send_back(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(month): Path<String>,
    posted: Posted<StepForm>,
) -> Answer {
    let month = parsed(&month)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::send_back(&mut work, scope, month, posted.form.version()?, &posted.form.reason).await?;
    let message = format!("{}月结已退回，经办人更正后重新计算。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn pay(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(month): Path<String>,
    posted: Posted<StepForm>,
) -> Answer {
    let month = parsed(&month)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::pay(&mut work, scope, month, posted.form.version()?).await?;
    let message = format!("{}补贴已登记发放，资金台账已记账。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}
