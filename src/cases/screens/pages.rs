//! The page of the screens.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::json;

use super::db::{self, Decided, Suspicion};
use super::rules::Verdict;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::layout::{Layout, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// The screen's name.
fn kind_words(kind: &str) -> &'static str {
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
    let (bureau, today) = (scope.bureau(), work.today());
    // The evidence is taken from the database again, never from the form.
    let rows = db::suspicions(work.conn(), bureau, actor.account_id, today).await?;
    let found = rows.into_iter().find(|row| row.kind == form.kind && row.key == form.key);
    let found = found.ok_or_else(|| AppError::refused("这一条已经有人核实过，或者不再存在。"))?;
    if found.shut {
        return Err(AppError::Forbidden(
            "这一条涉及受限案件，只由指定人员核实；需要您核实的，请法律援助中心负责人在案件页指定您。".to_owned(),
        ));
    }
    let (by, at) = (work.actor.account_id, work.now);
    let evidence = (found.words.as_str(), found.cases.as_slice());
    db::insert(work.conn(), bureau, &found.kind, &found.key, evidence, verdict.code(), note, by, at).await?;
    work.audit(
        Audit::new("case.screen", "case", found.cases.first().copied().unwrap_or_default())
            .after(json!({ "kind": found.kind, "words": found.words, "verdict": verdict, "cases": found.cases }))
            .note(note),
    )
    .await?;
    Ok(work.finish("/cases/screens", "核实结论已记录。").await?.into_response())
}
