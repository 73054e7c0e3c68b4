//! What changes attendance.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use chrono::NaiveTime;
use serde::Deserialize;

use super::month_pages::{ReturnForm, VenueMonthPage};
use super::pages::{CorrectionForm, ShiftPage};
use super::rules::Side;
use super::service::{self, Certification, Decision, NewCorrection};
use crate::error::AppError;
use crate::plan::month::Month;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(shift): InPath<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let signed = service::sign_in(&mut work, scope, shift).await?;
    let late = if signed.minutes > 0 { format!("，记迟到{}分钟", signed.minutes) } else { String::new() };
    let message = format!("{}已于{}签到{late}。", signed.person, signed.at.format("%H:%M"));
    Ok(work.finish("/attendance", message).await?.into_response())
}

pub(super) async fn sign_out(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(shift): InPath<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let signed = service::sign_out(&mut work, scope, shift).await?;
    let early = if signed.minutes > 0 { format!("，记早退{}分钟", signed.minutes) } else { String::new() };
    let message = format!("{}已于{}签退{early}。", signed.person, signed.at.format("%H:%M"));
    Ok(work.finish("/attendance", message).await?.into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct RemarkForm {
    #[serde(default)]
    remark: String,
    #[serde(default)]
    version: String,
}

pub(super) async fn note_remark(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(shift): InPath<i64>,
    posted: Posted<RemarkForm>,
) -> Answer {
    let remark: String = posted.form.remark.trim().chars().take(200).collect();
    let version = posted.form.version.parse().unwrap_or_default();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::note_remark(&mut work, scope, shift, version, &remark).await?;
    Ok(work.finish(&format!("/attendance/shifts/{shift}"), "异常说明已保存。").await?.into_response())
}

pub(super) async fn ask_correction(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(shift): InPath<i64>,
    posted: Posted<CorrectionForm>,
) -> Answer {
    let form = posted.form;
    let mut errors = Errors::new();
    let side = Side::from_code(&form.side);
    if side.is_none() {
        errors.add("side", "请选择补签到还是补签退。");
    }
    let time = NaiveTime::parse_from_str(form.time.trim(), "%H:%M").ok();
    if time.is_none() {
        errors.add("time", "请填写实际到岗或离岗的时间，如08:00。");
    }
    let reason = form.reason.trim().to_owned();
    if reason.chars().count() < 4 {
        errors.add("reason", "请写明没有按时签的原因，至少4个字。");
    } else if reason.chars().count() > 200 {
        errors.add("reason", "原因最多200个字。");
    }
    let (Some(side), Some(time), true) = (side, time, errors.is_empty()) else {
        let page = ShiftPage::load(&state, layout, &actor, scope, shift, posted.once, (form, errors)).await?;
        return form_again(&page);
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::ask_correction(&mut work, scope, shift, &NewCorrection { side, time, reason }).await?;
    let to = format!("/attendance/shifts/{shift}");
    Ok(work.finish(&to, "补签申请已提交，等待审批。").await?.into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct DecisionForm {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn decide_correction(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(correction): InPath<i64>,
    posted: Posted<DecisionForm>,
) -> Answer {
    let note: String = posted.form.note.trim().chars().take(200).collect();
    let decision = match posted.form.decision.as_str() {
        "agree" => Decision::Agreed,
        "refuse" if note.is_empty() => {
            return Err(AppError::Unusable("不同意补签时请写明理由。请返回填写后再提交。".to_owned()));
        }
        "refuse" => Decision::Refused,
        _ => return Err(AppError::Unusable("请选择同意或不同意。".to_owned())),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let shift = service::decide_correction(&mut work, scope, correction, decision, &note).await?;
    let message = match decision {
        Decision::Agreed => "已同意补签，考勤已更正。",
        Decision::Refused => "已不同意补签，考勤不变。",
    };
    Ok(work.finish(&format!("/attendance/shifts/{shift}"), message).await?.into_response())
}

pub(super) async fn certify(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath((month, venue)): InPath<(Month, i64)>,
    posted: Posted<Nothing>,
) -> Answer {
    let (month, venue): (Month, i64) = (month, venue);
    let to = format!("/attendance/{month}/venues/{venue}");
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let outcome = match service::certify(&mut work, scope, month, venue).await {
        Ok(outcome) => outcome,
        Err(AppError::Refused(reason)) => {
            // The transaction ends here with nothing done; the page lists what is open.
            drop(work);
            let (form, errors) = (ReturnForm::default(), Errors::new());
            let place = (month, venue);
            let again =
                VenueMonthPage::load(&state, layout, &actor, place, OnceKey::new(), reason, form, errors).await?;
            return Ok((StatusCode::CONFLICT, page(&again)?).into_response());
        }
        Err(error) => return Err(error),
    };
    let answer = match outcome {
        Certification::Reported => work.finish(&to, format!("{}考勤已审定并上报司法局。", month.chinese())).await?,
        Certification::FindingsProposed(count) => {
            let first = format!(
                "还没有上报：有班次没有签退也没有补签，系统已按早退提出{count}项扣款事项，处理完后再审定上报。"
            );
            work.finish_unfinished(&to, first).await?
        }
    };
    Ok(answer.into_response())
}

pub(super) async fn return_month(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath((month, venue)): InPath<(Month, i64)>,
    posted: Posted<ReturnForm>,
) -> Answer {
    let (month, venue): (Month, i64) = (month, venue);
    let form = posted.form;
    let reason = form.reason.trim().to_owned();
    let mut errors = Errors::new();
    if reason.chars().count() < 4 {
        errors.add("reason", "请写明退回的原因，至少4个字。");
    } else if reason.chars().count() > 200 {
        errors.add("reason", "原因最多200个字。");
    }
    if !errors.is_empty() {
        let place = (month, venue);
        let again =
            VenueMonthPage::load(&state, layout, &actor, place, posted.once, String::new(), form, errors).await?;
        return form_again(&again);
    }
    let version = form.version.parse().unwrap_or_default();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::return_month(&mut work, scope, month, venue, version, &reason).await?;
    let to = format!("/attendance/{month}/venues/{venue}");
    Ok(work.finish(&to, format!("{}考勤已退回站点。", month.chinese())).await?.into_response())
}
