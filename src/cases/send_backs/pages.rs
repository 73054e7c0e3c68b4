//! The report on send-backs, on the page and as a spreadsheet.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use serde::Deserialize;
use serde_json::json;

use super::db;
use super::rules::{self, Line};
use crate::audit::Audit;
use crate::cases::states::Move;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::at;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::sheet::download;
use crate::web::work::Work;

/// Which year and step are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct Asked {
    year: String,
    step: String,
}

impl Asked {
    fn year(&self, today: NaiveDate) -> i32 {
        self.year.parse().ok().filter(|year| (2000..=today.year()).contains(year)).unwrap_or_else(|| today.year())
    }

    fn step(&self) -> Option<Move> {
        Move::from_code(&self.step).filter(|step| rules::steps().any(|one| one == *step))
    }
}

#[derive(Template)]
#[template(path = "cases/send_backs.html")]
struct ReportPage {
    layout: Layout,
    once: OnceKey,
    year: String,
    step: String,
    years: Vec<(String, String)>,
    reasons: Vec<Line>,
    people: Vec<Line>,
}

impl ReportPage {
    fn steps(&self) -> Vec<(&'static str, &'static str)> {
        rules::steps().map(|step| (step.code(), step.label())).collect()
    }

    fn total(&self) -> i64 {
        self.reasons.iter().map(Line::total).sum()
    }

    fn own_words(&self) -> i64 {
        self.reasons.iter().filter(|line| line.name == rules::OWN_WORDS).map(Line::total).sum()
    }

    fn month_total(&self, month: &usize) -> i64 {
        self.reasons.iter().filter_map(|line| line.months.get(*month)).sum()
    }

    fn shown(&self, times: &i64) -> String {
        if *times == 0 { "—".to_owned() } else { times.to_string() }
    }
}

async fn lines(
    conn: &mut sqlx::PgConnection,
    scope: Scope,
    year: i32,
    step: Option<Move>,
) -> Result<(Vec<Line>, Vec<Line>), AppError> {
    let first = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| at(day, NaiveTime::MIN));
    let (Some(from), Some(until)) = (first(year), first(year + 1)) else {
        return Err(AppError::NotFound);
    };
    let used = db::used(conn, scope.bureau(), from, until).await?;
    Ok((rules::by_reason(&used, step), rules::by_person(&used, step)))
}

pub(in crate::cases) async fn report(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(asked): Query<Asked>,
) -> Answer {
    let today = state.clock.today();
    let year = asked.year(today);
    let mut conn = state.pool.acquire().await?;
    let (reasons, people) = lines(&mut conn, scope, year, asked.step()).await?;
    drop(conn);
    page(&ReportPage {
        layout: layout.titled("退回理由统计").crumb("案件台账", "/cases"),
        once: OnceKey::new(),
        year: year.to_string(),
        step: asked.step().map(|step| step.code().to_owned()).unwrap_or_default(),
        years: (today.year() - 2..=today.year()).rev().map(|year| (year.to_string(), format!("{year}年"))).collect(),
        reasons,
        people,
    })
}

pub(in crate::cases) async fn export(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<Asked>,
) -> Answer {
    let year = posted.form.year(state.clock.today());
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (reasons, people) = lines(work.conn(), scope, year, posted.form.step()).await?;
    let title = format!("{year}年法律援助案件退回理由统计");
    let bytes = rules::sheet(&title, &reasons, &people).xlsx()?;
    work.audit(Audit::new("case.export_send_backs", "case", year).after(json!({ "rows": reasons.len() }))).await?;
    work.commit_at("/cases/send-backs").await?;
    download(
        &format!("send-backs-{year}.xlsx"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        bytes,
    )
}
