//! What changes case payouts.

use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::rules::OutsideSource;
use super::service::{self, NewExtension, NewOutside};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::posted::{Posted, StepForm};
use crate::web::work::Work;

/// The cases ticked for a batch.
#[derive(Debug, Deserialize)]
pub(super) struct PrepareForm {
    #[serde(default)]
    case: Vec<String>,
}

pub(super) async fn prepare(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<PrepareForm>,
) -> Answer {
    let cases: Vec<i64> =
        posted.form.case.iter().map(|id| id.parse()).collect::<Result<_, _>>().map_err(|_| AppError::NotFound)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (id, title) = service::prepare(&mut work, scope, &cases).await?;
    let message = format!("已编制{title}，{}件，等待审批人审批。", cases.len());
    Ok(work.finish(&format!("/payouts/batches/{id}"), message).await?.into_response())
}

pub(super) async fn approve(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::approve(&mut work, scope, id, posted.form.version()?).await?;
    Ok(work.finish(&format!("/payouts/batches/{id}"), "批次已审批，等待财务人员发放。").await?.into_response())
}

pub(super) async fn send_back(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::send_back(&mut work, scope, id, posted.form.version()?, &posted.form.reason).await?;
    let message = "批次已退回，经办人撤销后重新编制。";
    Ok(work.finish(&format!("/payouts/batches/{id}"), message).await?.into_response())
}

pub(super) async fn dissolve(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::dissolve(&mut work, scope, id, posted.form.version()?, &posted.form.reason).await?;
    Ok(work.finish("/payouts", "批次已撤销，其中的案件可以重新编入批次。").await?.into_response())
}

pub(super) async fn pay(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::pay(&mut work, scope, id, posted.form.version()?).await?;
    let message = "批次已登记发放，资金台账已记账；银行文件在“资金发放”中导出。";
    Ok(work.finish(&format!("/payouts/batches/{id}"), message).await?.into_response())
}

pub(super) async fn reopen(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::reopen(&mut work, scope, id, &posted.form.reason).await?;
    Ok(work.finish(&format!("/payouts/batches/{id}"), "付款已冲销，批次回到待发放。").await?.into_response())
}

pub(super) async fn refund(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let batch = service::refund(&mut work, scope, id, &posted.form.reason).await?;
    Ok(work.finish(&format!("/payouts/batches/{batch}"), "已登记收回，款项记回账户。").await?.into_response())
}

/// A request to put a payment off, as typed.
#[derive(Debug, Deserialize)]
pub(super) struct ExtensionForm {
    #[serde(default)]
    days: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn ask_extension(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(case): InPath<i64>,
    posted: Posted<ExtensionForm>,
) -> Answer {
    let days = money::half_width(posted.form.days.trim())
        .parse()
        .map_err(|_| AppError::refused("请用数字填写延长的天数。"))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::ask_extension(&mut work, scope, NewExtension { case, days, reason: posted.form.reason }).await?;
    Ok(work.finish(&format!("/payouts/cases/{case}"), "延期申请已提交，等待审批人审批。").await?.into_response())
}

pub(super) async fn decide_extension(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((id, decision)): InPath<(i64, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let grant = match decision.as_str() {
        "grant" => true,
        "refuse" => false,
        _ => return Err(AppError::NotFound),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let case = service::decide_extension(&mut work, scope, id, grant, &posted.form.reason).await?;
    let message =
        if grant { "已同意延期，发放期限相应顺延。" } else { "未同意延期，发放期限不变。" };
    Ok(work.finish(&format!("/payouts/cases/{case}"), message).await?.into_response())
}

/// What another fund paid, as typed.
#[derive(Debug, Deserialize)]
pub(super) struct OutsideForm {
    #[serde(default)]
    source: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    paid_on: String,
    #[serde(default)]
    document: String,
}

pub(super) async fn record_outside(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(case): InPath<i64>,
    posted: Posted<OutsideForm>,
) -> Answer {
    let form = posted.form;
    let new = NewOutside {
        case,
        source: OutsideSource::from_code(&form.source).ok_or_else(|| AppError::refused("请选择是哪项资金发放的。"))?,
        amount: money::parse_amount(&form.amount).map_err(|sentence| AppError::refused(format!("{sentence}。")))?,
        paid_on: form.paid_on.trim().parse().map_err(|_| AppError::refused("请填写发放日期。"))?,
        document: form.document,
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::record_outside(&mut work, scope, new).await?;
    let message = "已登记其他资金的发放，惠民工程不再重复发放。";
    Ok(work.finish(&format!("/payouts/cases/{case}"), message).await?.into_response())
}

pub(super) async fn withdraw_outside(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let case = service::withdraw_outside(&mut work, scope, id, &posted.form.reason).await?;
    Ok(work.finish(&format!("/payouts/cases/{case}"), "登记已撤销。").await?.into_response())
}
