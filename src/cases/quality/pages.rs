//! Pages of quality reviews.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::db::{self, ReviewRow};
use super::rules::{self, Indicator, Kind, Veto};
use super::service::{self, Choice, NewResult};
use crate::cases::life::dossier::Viewer;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters, typed};

impl ReviewRow {
    fn kind_words(&self) -> &'static str {
        Kind::from_code(&self.kind).map_or("", |kind| kind.label())
    }

    fn is_for(&self, account: &i64) -> bool {
        self.reviewer_id == *account
    }

    fn is_by(&self, account: &i64) -> bool {
        self.handler_account == Some(*account)
    }

    fn level_words(&self) -> String {
        match self.total {
            Some(total) => {
                let level = rules::level(total, Veto::from_code(&self.veto));
                format!("{total}分，{}", level.label())
            }
            None => "待评查".to_owned(),
        }
    }

    fn tag(&self) -> &'static str {
        match self.total.map(|total| rules::level(total, Veto::from_code(&self.veto))) {
            None => "wait",
            Some(rules::Level::Fail) => "bad",
            Some(rules::Level::Pass) => "warn",
            Some(rules::Level::Good | rules::Level::Excellent) => "ok",
        }
    }
}

/// Results of one handler or firm.
struct Line {
    name: String,
    reviews: usize,
    mean: String,
    failed: usize,
}

#[derive(Template)]
#[template(path = "cases/quality.html")]
struct ListPage {
    layout: Layout,
    once: OnceKey,
    rows: Vec<ReviewRow>,
    reviewers: Vec<(String, String)>,
    may_draw: bool,
    whole: bool,
    account: i64,
}

impl ListPage {
    fn results(&self, by: fn(&ReviewRow) -> &str) -> Vec<Line> {
        let mut lines: BTreeMap<&str, (usize, i64, usize)> = BTreeMap::new();
        for row in &self.rows {
            if let Some(total) = row.total {
                let line = lines.entry(by(row)).or_default();
                line.0 += 1;
                line.1 += i64::from(total);
                line.2 += usize::from(rules::level(total, Veto::from_code(&row.veto)) == rules::Level::Fail);
            }
        }
        lines
            .into_iter()
            .map(|(name, (reviews, sum, failed))| {
                let tenths = sum * 10 / i64::try_from(reviews).unwrap_or(1).max(1);
                Line { name: name.to_owned(), reviews, mean: format!("{}.{}", tenths / 10, tenths % 10), failed }
            })
            .collect()
    }

    fn by_handler(&self) -> Vec<Line> {
        self.results(|row| &row.handler)
    }

    fn by_firm(&self) -> Vec<Line> {
        self.results(|row| &row.firm)
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        Kind::ALL.iter().map(|kind| (kind.code(), kind.label())).collect()
    }
}

pub(in crate::cases) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let whole = actor.may(Action::ReviewCaseQuality).is_some() || actor.may(Action::DecideCases).is_some();
    let rows =
        db::reviews(&mut conn, scope.bureau(), actor.account_id, (!whole).then_some(actor.account_id), None).await?;
    let may_draw = actor.may(Action::ReviewCaseQuality).is_some();
    let reviewers = if may_draw { db::reviewers(&mut conn, scope.bureau()).await? } else { Vec::new() };
    drop(conn);
    page(&ListPage {
        layout: layout.titled("案件质量评查").crumb("案件台账", "/cases"),
        once: OnceKey::new(),
        rows,
        reviewers: reviewers
            .into_iter()
            .map(|(id, name, kind)| {
                (id.to_string(), format!("{name}（{}）", Kind::from_code(&kind).map_or("", |kind| kind.label())))
            })
            .collect(),
        may_draw,
        whole,
        account: actor.account_id,
    })
}

/// A draw as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct DrawForm {
    kind: String,
    reviewer: String,
    count: String,
    numbers: String,
    reason: String,
}

pub(in crate::cases) async fn draw(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<DrawForm>,
) -> Answer {
    let form = &posted.form;
    let kind = Kind::from_code(&form.kind).ok_or_else(|| AppError::refused("请选择评查类型。"))?;
    let reviewer: i64 = form.reviewer.parse().map_err(|_| AppError::refused("请选择评查人。"))?;
    let numbers: Vec<String> = form.numbers.split_whitespace().map(str::to_owned).collect();
    let choice = if numbers.is_empty() {
        let count = form.count.trim().parse::<usize>().ok().filter(|count| (1..=50).contains(count));
        Choice::Lot(count.ok_or_else(|| AppError::refused("请填写抽取件数（1到50），或者写明指定的案号。"))?)
    } else {
        if form.reason.trim().is_empty() {
            return Err(AppError::refused("指定评查的，请写明理由。"));
        }
        Choice::Picked(numbers, form.reason.trim().to_owned())
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let drawn = service::draw(&mut work, scope, kind, reviewer, &choice).await?;
    Ok(work.finish("/cases/quality", format!("已安排评查{drawn}件。")).await?.into_response())
}

/// A score sheet as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct SheetForm {
    scores: Vec<String>,
    veto: String,
    faults: String,
    mend_until: String,
}

#[derive(Template)]
#[template(path = "cases/quality_sheet.html")]
struct SheetPage {
    layout: Layout,
    once: OnceKey,
    review: ReviewRow,
    form: SheetForm,
    errors: Errors,
}

impl SheetPage {
    fn new(layout: Layout, review: ReviewRow, once: OnceKey, form: SheetForm, errors: Errors) -> SheetPage {
        SheetPage {
            layout: layout.titled("评查打分").crumb("案件质量评查", "/cases/quality"),
            once,
            review,
            form,
            errors,
        }
    }

    fn indicators(&self) -> Vec<(&'static str, i32, String)> {
        Indicator::ALL
            .iter()
            .zip(0..)
            .map(|(it, index): (_, usize)| {
                let typed = self.form.scores.get(index).cloned().unwrap_or_else(|| it.weight().to_string());
                (it.label(), it.weight(), typed)
            })
            .collect()
    }

    fn vetoes(&self) -> Vec<(&'static str, &'static str)> {
        Veto::ALL.iter().map(|veto| (veto.code(), veto.label())).collect()
    }
}

async fn own(state: &AppState, actor: &Actor, scope: Scope, id: i64) -> Result<ReviewRow, AppError> {
    let mut conn = state.pool.acquire().await?;
    let row = db::reviews(&mut conn, scope.bureau(), actor.account_id, None, Some(id)).await?.into_iter().next();
    let row = row.ok_or(AppError::NotFound)?;
    if row.reviewer_id != actor.account_id && Viewer::of(actor).assigned_only {
        return Err(AppError::NotFound);
    }
    if row.reviewer_id != actor.account_id || row.done_on.is_some() {
        return Err(AppError::refused(format!("这份评查由{}打分，提交后不能再改。", row.reviewer)));
    }
    Ok(row)
}

pub(in crate::cases) async fn sheet(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let review = own(&state, &actor, scope, id).await?;
    page(&SheetPage::new(layout, review, OnceKey::new(), SheetForm::default(), Errors::default()))
}

pub(in crate::cases) async fn submit(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<SheetForm>,
) -> Answer {
    let review = own(&state, &actor, scope, id).await?;
    let mut errors = Errors::new();
    let scores: BTreeMap<Indicator, i32> = Indicator::ALL
        .iter()
        .zip(&posted.form.scores)
        .filter_map(|(indicator, typed)| Some((*indicator, typed.trim().parse().ok()?)))
        .collect();
    if let Err((_, message)) = rules::total(&scores) {
        errors.add("", message);
    }
    let faults = typed::optional_line(&mut errors, "faults", "问题", &posted.form.faults, 1000);
    let mut mend_until = None;
    if !posted.form.mend_until.trim().is_empty() {
        mend_until = typed::date(&mut errors, "mend_until", "整改期限", &posted.form.mend_until);
        if faults.is_empty() {
            errors.add("faults", "设了整改期限，请写明问题");
        }
    }
    if !errors.is_empty() {
        return form_again(&SheetPage::new(layout, review, posted.once, posted.form, errors));
    }
    let new = NewResult { scores, veto: Veto::from_code(&posted.form.veto), faults, mend_until };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let level = service::finish(&mut work, scope, review.id, &new).await?;
    Ok(work.finish("/cases/quality", format!("{}评为“{level}”。", review.number)).await?.into_response())
}

/// What was mended, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct MendForm {
    note: String,
}

pub(in crate::cases) async fn mended(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<MendForm>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let row = db::reviews(&mut conn, scope.bureau(), actor.account_id, Some(actor.account_id), Some(id))
        .await?
        .into_iter()
        .next();
    drop(conn);
    row.filter(|row| row.is_by(&actor.account_id)).ok_or(AppError::NotFound)?;
    let note = posted.form.note.trim().to_owned();
    if note.chars().count() < 4 {
        return Err(AppError::refused("请写明整改了什么。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::mend(&mut work, scope, id, &note).await?;
    Ok(work.finish("/cases/quality", "整改情况已提交。").await?.into_response())
}
