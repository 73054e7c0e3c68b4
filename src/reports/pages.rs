//! Which reports there are and how they stand; one report on its page, on paper and as a workbook.

use askama::Template;
use axum::extract::{Path, State};
use axum_extra::extract::Query;
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use super::actions::asked;
use super::db::{self, SigningRow};
use super::period::{Period, ReportKind};
use super::service;
use crate::error::AppError;
use crate::plan::Calendar;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{chinese_date, days_left, short_date};
use crate::programmes;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::sheet::{self, Sheet};
use crate::web::{Answer, filters};

/// Which year is listed.
#[derive(Debug, Deserialize)]
pub(super) struct IndexQuery {
    year: Option<i32>,
}

/// A report of the year.
struct Listed {
    period: Period,
    href: String,
    due: String,
    /// Shade and words of how it stands.
    state: (&'static str, String),
}

/// The reports of one kind.
struct Group {
    label: &'static str,
    reports: Vec<Listed>,
}

#[derive(Template)]
#[template(path = "reports/index.html")]
struct IndexPage {
    layout: Layout,
    year: i32,
    years: Vec<i32>,
    groups: Vec<Group>,
}

fn periods(kind: ReportKind, year: i32) -> Vec<Period> {
    let codes: Vec<String> = match kind {
        ReportKind::Monthly => (1..=12).map(|month| format!("{year}-{month:02}")).collect(),
        ReportKind::Quarterly | ReportKind::Publication => (1..=4).map(|number| format!("{year}-Q{number}")).collect(),
        ReportKind::MidYear => vec![format!("{year}-H1")],
        ReportKind::Yearly | ReportKind::SelfEvaluation | ReportKind::AccountBook => vec![year.to_string()],
    };
    codes.iter().filter_map(|code| Period::parse(code)).collect()
}

fn standing(
    signing: Option<&SigningRow>,
    period: Period,
    due: Option<NaiveDate>,
    (began, today): (NaiveDate, NaiveDate),
) -> (&'static str, String) {
    match signing {
        Some(row) if row.signed_at.is_some() => ("ok", "已签发".to_owned()),
        Some(row) if row.checked_by.is_some() => ("wait", "待签发".to_owned()),
        Some(_) => ("wait", "待审核".to_owned()),
        None if period.first() > today => ("quiet", "未开始".to_owned()),
        None if period.last() >= today => ("info", "期间未满".to_owned()),
        None if period.last() < began => ("quiet", "启用以前".to_owned()),
        None => match due {
            Some(due) => (if due < today { "bad" } else { "warn" }, days_left(due, today)),
            None => ("info", "未填报".to_owned()),
        },
    }
}

pub(super) async fn index(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(query): Query<IndexQuery>,
) -> Answer {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let plans = programmes::db::programmes_of(&mut conn, scope.bureau()).await?;
    let years: Vec<i32> = plans.iter().map(|plan| plan.year).collect();
    let newest =
        years.iter().copied().filter(|year| *year <= today.year()).max().or_else(|| years.iter().copied().min());
    let year = query.year.or(newest).ok_or(AppError::NotFound)?;
    let plan = plans.into_iter().find(|plan| plan.year == year).ok_or(AppError::NotFound)?.content;
    let signings = db::signings(&mut conn, scope.bureau(), None, year).await?;
    // What was over before the bureau worked here was reported on paper.
    let began = db::began(&mut conn, scope.bureau()).await?.unwrap_or(today);
    drop(conn);
    // The limits of the plan do not move over holidays (A29): no calendar is asked.
    let calendar = Calendar::new([], []);
    let groups = ReportKind::ALL
        .iter()
        .map(|kind| Group {
            label: kind.label(),
            reports: periods(*kind, year)
                .into_iter()
                .map(|period| {
                    let due = kind.due(&plan, &calendar, period);
                    let signing = signings.iter().find(|row| row.kind == *kind && row.period == period.code());
                    Listed {
                        period,
                        href: format!("/reports/{}/{}", kind.code(), period.code()),
                        due: due.map(|due| format!("{}前", short_date(due))).unwrap_or_default(),
                        state: standing(signing, period, due, (began, today)),
                    }
                })
                .collect(),
        })
        .collect();
    page(&IndexPage { layout: layout.titled("报表"), year, years, groups })
}

/// As it stood on which day.
#[derive(Debug, Deserialize)]
pub(super) struct ReportQuery {
    #[serde(default)]
    as_of: String,
}

#[derive(Template)]
#[template(path = "reports/report.html")]
struct ReportPage {
    layout: Layout,
    once: OnceKey,
    here: String,
    sheet: Sheet,
    signing: Option<SigningRow>,
    as_of: NaiveDate,
    today: NaiveDate,
    may_prepare: bool,
    may_check: bool,
    may_sign: bool,
    may_withdraw: bool,
    over: bool,
}

impl ReportPage {
    fn code(&self) -> String {
        self.signing.as_ref().map(|row| row.fingerprint.chars().take(16).collect()).unwrap_or_default()
    }

    fn made(&self) -> Vec<String> {
        let Some(row) = &self.signing else { return Vec::new() };
        let day = |at: chrono::DateTime<chrono::Utc>| {
            chinese_date(at.with_timezone(&crate::plan::time::SHANGHAI).date_naive())
        };
        let mut made = vec![format!("填报：{}，{}", row.preparer, day(row.prepared_at))];
        if let (Some(who), Some(at)) = (&row.checker, row.checked_at) {
            made.push(format!("审核：{who}，{}", day(at)));
        }
        if let (Some(who), Some(at)) = (&row.signer, row.signed_at) {
            made.push(format!("签发：{who}，{}", day(at)));
        }
        made
    }
}

/// The sheet to show: what was kept where somebody prepared it, else what is drawn as of the day.
async fn shown(
    state: &AppState,
    actor: &Actor,
    scope: Scope,
    kind: ReportKind,
    period: Period,
    as_of: &str,
) -> Result<(Sheet, Option<SigningRow>, NaiveDate), AppError> {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let code = period.code();
    let signing = db::signings(&mut conn, scope.bureau(), Some((kind, &code)), period.year()).await?.pop();
    let asked: Option<NaiveDate> = as_of.parse().ok();
    if let (Some(row), None) = (&signing, asked) {
        let sheet = serde_json::from_value(row.content.clone())
            .map_err(|_| AppError::Internal(anyhow::anyhow!("a stored report cannot be read")))?;
        let as_of = row.as_of;
        return Ok((sheet, signing, as_of));
    }
    let as_of = asked.unwrap_or(today).min(today);
    let (sheet, _) = service::draw(&mut conn, (scope.bureau(), &actor.bureau_name), kind, period, as_of).await?;
    Ok((sheet, None, as_of))
}

pub(super) async fn report(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Path((kind, period)): Path<(String, String)>,
    Query(query): Query<ReportQuery>,
) -> Answer {
    let (kind, period) = asked(&kind, &period)?;
    let (sheet, signing, as_of) = shown(&state, &actor, scope, kind, period, &query.as_of).await?;
    let today = state.clock.today();
    let me = actor.account_id;
    let may = |action: Action| actor.may(action).is_some();
    let row = signing.as_ref();
    page(&ReportPage {
        layout: layout.titled(&sheet.title).crumb("报表", "/reports"),
        once: OnceKey::new(),
        here: format!("/reports/{}/{}", kind.code(), period.code()),
        may_prepare: row.is_none() && query.as_of.is_empty() && may(Action::PrepareReports),
        may_check: row.is_some_and(|row| row.checked_by.is_none() && row.prepared_by != me)
            && may(Action::CheckReports),
        may_sign: row
            .is_some_and(|row| row.checked_by.is_some() && row.signed_at.is_none() && row.checked_by != Some(me))
            && may(Action::SignReports),
        may_withdraw: row.is_some() && may(Action::CheckReports),
        over: period.last() < today || kind == ReportKind::AccountBook,
        sheet,
        signing,
        as_of,
        today,
    })
}

pub(super) async fn workbook(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path((kind, period)): Path<(String, String)>,
    Query(query): Query<ReportQuery>,
) -> Answer {
    let (kind, period) = asked(&kind, &period)?;
    let (sheet, _, _) = shown(&state, &actor, scope, kind, period, &query.as_of).await?;
    let name = format!("{}.xlsx", sheet.title);
    let bytes =
        tokio::task::spawn_blocking(move || sheet.xlsx()).await.map_err(|error| AppError::Internal(error.into()))??;
    sheet::download(&name, sheet::XLSX, bytes)
}
