//! The page of the screens.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::db::{self, Decided, Suspicion};
use super::rules::Verdict;
use super::service;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::layout::{Layout, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// The screen's name.
pub(crate) fn kind_words(kind: &str) -> &'static str {
    match kind {
        "split" => "一案拆成数案",
        "phone" => "多人同一电话",
        "wording" => "案情文字雷同",
        "spike" => "月度件数突增",
        "two_courts" => "同时两处开庭",
        "on_duty" => "值班时间开庭",
        "year_spike" => "年度件数突增",
        "unsigned" => "协议没有签名",
        "back_dated" => "日期倒签",
        _ => "没有会见记录",
    }
}

impl Suspicion {
    fn name(&self) -> &'static str {
        kind_words(&self.kind)
    }
}

impl Decided {
    fn name(&self) -> &'static str {
        kind_words(&self.kind)
    }

    fn verdict_words(&self) -> &'static str {
        Verdict::from_code(&self.verdict).map_or("", |verdict| verdict.label())
    }
}

#[derive(Template)]
#[template(path = "cases/screens.html")]
struct ScreensPage {
    layout: Layout,
    once: OnceKey,
    rows: Vec<Suspicion>,
    decided: Vec<Decided>,
}

impl ScreensPage {
    fn verdicts(&self) -> Vec<(&'static str, &'static str)> {
        Verdict::ALL.iter().map(|verdict| (verdict.code(), verdict.label())).collect()
    }
}

pub(in crate::cases) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let rows = db::suspicions(&mut conn, scope.bureau(), actor.account_id, state.clock.today()).await?;
    let decided = db::decided(&mut conn, scope.bureau(), actor.account_id).await?;
    let layout = layout.titled("异常筛查").crumb("案件质量评查", "/cases/quality");
    page(&ScreensPage { layout, once: OnceKey::new(), rows, decided })
}

/// A decision as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct DecideForm {
    kind: String,
    key: String,
    verdict: String,
    note: String,
}

pub(in crate::cases) async fn decide(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<DecideForm>,
) -> Answer {
    let form = posted.form;
    let verdict = Verdict::from_code(&form.verdict).ok_or_else(|| AppError::refused("请选择核实结论。"))?;
    let note = form.note.trim();
    if note.chars().count() < 4 {
        return Err(AppError::refused("请写明怎样核实、结论的依据。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::decide(&mut work, scope, (&form.kind, &form.key), verdict, note).await?;
    Ok(work.finish("/cases/screens", "核实结论已记录。").await?.into_response())
}
