//! What changes a report: prepare, check, sign, withdraw.

use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::period::{Period, ReportKind};
use super::service;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::posted::Posted;
use crate::web::work::Work;

/// A step as typed.
#[derive(Debug, Deserialize)]
pub(super) struct StepForm {
    #[serde(default)]
    reason: String,
}

/// What is asked for by an address.
pub(super) fn asked(kind: &str, period: &str) -> Result<(ReportKind, Period), AppError> {
    let kind = ReportKind::from_code(kind).ok_or(AppError::NotFound)?;
    let period = Period::parse(period).filter(|period| kind.covers(*period)).ok_or(AppError::NotFound)?;
    Ok((kind, period))
}

fn here(kind: ReportKind, period: Period) -> String {
    format!("/reports/{}/{}", kind.code(), period.code())
}

pub(super) async fn prepare(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path((kind, period)): Path<(String, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let (kind, period) = asked(&kind, &period)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::prepare(&mut work, scope, kind, period).await?;
    Ok(work.finish(&here(kind, period), "报表已填报，等待审核人审核。").await?.into_response())
}

pub(super) async fn check(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path((kind, period)): Path<(String, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let (kind, period) = asked(&kind, &period)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::check(&mut work, scope, kind, period).await?;
    Ok(work.finish(&here(kind, period), "报表已审核，等待局领导签发。").await?.into_response())
}

pub(super) async fn sign(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path((kind, period)): Path<(String, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let (kind, period) = asked(&kind, &period)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::sign(&mut work, scope, kind, period).await?;
    Ok(work.finish(&here(kind, period), "报表已签发，可以打印盖章报送。").await?.into_response())
}

pub(super) async fn withdraw(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path((kind, period)): Path<(String, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let (kind, period) = asked(&kind, &period)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::withdraw(&mut work, scope, kind, period, &posted.form.reason).await?;
    Ok(work.finish(&here(kind, period), "报表已撤回，可以重新填报。").await?.into_response())
}
