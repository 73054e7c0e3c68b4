//! What changes a month's settlement.

use axum::extract::State;
use axum::response::IntoResponse as _;

use super::service;
use crate::plan::Month;
use crate::plan::money::in_sentence;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::posted::{Posted, StepForm};
use crate::web::work::Work;

pub(super) async fn calculate(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
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
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::review(&mut work, scope, month, posted.form.version()?, &posted.form.reason).await?;
    let message = format!("{}补贴已复核，等待审批人审批。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn approve(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::approve(&mut work, scope, month, posted.form.version()?).await?;
    let message = format!("{}补贴已审批，等待财务人员发放。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn send_back(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::send_back(&mut work, scope, month, posted.form.version()?, &posted.form.reason).await?;
    let message = format!("{}月结已退回，经办人更正后重新计算。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}

pub(super) async fn pay(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::pay(&mut work, scope, month, posted.form.version()?).await?;
    let message = format!("{}补贴已登记发放，资金台账已记账。", month.chinese());
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}
