//! The provincial system: what is to be entered, the list for it, the comparison, and how
//! far the year has come.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum_extra::extract::Query;
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::provincial_rules::{self as rules, Here, Mismatch};
use super::rules::ClosingWay;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::secrets::mask_name;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// A case of the year for the province's list.
#[derive(Clone, Debug)]
struct Row {
    id: i64,
    number: String,
    application_number: String,
    recipient: String,
    /// Restricted, and not for the reader: only number, stage and dates.
    shut: bool,
    gender: String,
    id_number: String,
    groups: Vec<SpecialGroup>,
    kind: CaseKind,
    basis: Basis,
    cause: String,
    accepted_on: NaiveDate,
    granted_on: Option<NaiveDate>,
    organisation: String,
    handler_name: String,
    assigned_on: Option<NaiveDate>,
    agreement_on: Option<NaiveDate>,
    concluded_on: Option<NaiveDate>,
    closing_agreed_on: Option<NaiveDate>,
    way: String,
    entry_number: String,
    entered_on: Option<NaiveDate>,
    counted_on: Option<NaiveDate>,
    place: Option<i32>,
    programme_case: bool,
    terminated: bool,
}

/// Cases accepted, closed, entered or counted in a year, at most 2000.
async fn rows(conn: &mut PgConnection, bureau: i64, viewer: i64, year: i32) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select c.id, c.number, c.application_number,
                  case when o.shut then '' else coalesce(a.name, '') end as "recipient!",
                  case when o.shut then '' else coalesce(a.gender, '') end as "gender!",
                  case when o.shut then '' else coalesce(a.id_number_mask, '') end as "id_number!", o.shut as "shut!",
                  c.groups as "groups: Vec<SpecialGroup>", c.kind as "kind: CaseKind", c.basis as "basis: Basis",
                  case when o.shut then '受限案件' else c.cause end as "cause!",
                  c.accepted_on, c.granted_on, c.organisation, c.handler_name, c.assigned_on, c.agreement_on, c.concluded_on,
                  c.closing_agreed_on, coalesce(l.way, '') as "way!", c.entry_number, c.entered_on, c.counted_on, c.place,
                  c.programme_case, c.terminated_on is not null as "terminated!"
           from cases c
           cross join lateral (select c.restricted and not case_open_to(c, $3) as shut) o
           left join case_applications a on a.case_id = c.id
           left join case_closings l on l.case_id = c.id
           where c.bureau_id = $1
             and c.state not in ('draft', 'submitted', 'supplement', 'accepted', 'reviewing', 'refused', 'objection',
                                 'withdrawn', 'deemed_withdrawn', 'not_ours')
             and $2::integer in (extract(year from c.accepted_on)::integer, extract(year from c.closing_agreed_on)::integer,
                                 extract(year from c.entered_on)::integer, c.counted_year)
           order by c.place nulls last, c.closing_agreed_on nulls last, c.number
           limit 2000"#,
        bureau,
        year,
        viewer
    )
    .fetch_all(conn)
    .await
}

impl Row {
    fn line(&self) -> Vec<String> {
        let date = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        let groups: Vec<&str> = self.groups.iter().map(|group| group.label()).collect();
        vec![
            self.number.clone(),
            self.application_number.clone(),
            self.recipient.clone(),
            match self.gender.as_str() {
                "male" => "男".to_owned(),
                "female" => "女".to_owned(),
                _ => String::new(),
            },
            self.id_number.clone(),
            groups.join("、"),
            self.kind.label().to_owned(),
            self.basis.label().to_owned(),
            self.cause.clone(),
            self.accepted_on.to_string(),
            date(self.granted_on),
            self.organisation.clone(),
            self.handler_name.clone(),
            date(self.assigned_on),
            date(self.agreement_on),
            date(self.concluded_on),
            date(self.closing_agreed_on),
            ClosingWay::from_code(&self.way).map_or("", |way| way.label()).to_owned(),
            self.entry_number.clone(),
            date(self.entered_on),
        ]
    }

    fn mask(&self) -> String {
        if self.shut { "受限".to_owned() } else { mask_name(&self.recipient) }
    }
}

/// Which year is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct YearQuery {
    year: String,
}

#[derive(Template)]
#[template(path = "cases/provincial.html")]
struct ProvincialPage {
    layout: Layout,
    once: OnceKey,
    year: i32,
    target: Option<u32>,
    rows: Vec<Row>,
    pasted: String,
    mismatch: Option<Mismatch>,
}

impl ProvincialPage {
    fn to_enter(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.closing_agreed_on.is_some() && row.entered_on.is_none()).collect()
    }

    fn counted(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.place.is_some()).collect()
    }

    fn in_year(&self, on: Option<NaiveDate>) -> bool {
        on.is_some_and(|on| on.year() == self.year)
    }

    fn figure(&self, what: &str) -> String {
        self.rows
            .iter()
            .filter(|row| row.programme_case)
            .filter(|row| match what {
                "accepted" => self.in_year(Some(row.accepted_on)),
                "closed" => self.in_year(row.closing_agreed_on),
                "entered" => self.in_year(row.entered_on),
                _ => self.in_year(row.counted_on),
            })
            .count()
            .to_string()
    }

    fn target_words(&self) -> String {
        self.target.map_or_else(String::new, |target| format!("全年任务{target}件"))
    }
}

async fn build(
    state: &AppState,
    layout: Layout,
    (scope, viewer): (Scope, i64),
    year: i32,
    pasted: String,
) -> Result<ProvincialPage, AppError> {
    let mut conn = state.pool.acquire().await?;
    let rows = rows(&mut conn, scope.bureau(), viewer, year).await?;
    let programme = crate::cases::db::programme_for(&mut conn, scope.bureau(), year).await?;
    drop(conn);
    let mismatch = (!pasted.trim().is_empty()).then(|| {
        let here: Vec<Here> = rows
            .iter()
            .filter(|row| !row.terminated)
            .map(|row| Here {
                number: row.number.clone(),
                entry: row.entry_number.clone(),
                agreed: row.closing_agreed_on.is_some(),
            })
            .collect();
        rules::compare(&here, &pasted)
    });
    Ok(ProvincialPage {
        layout: layout.titled("省系统录入和计数").crumb("案件台账", "/cases"),
        once: OnceKey::new(),
        year,
        target: programme.filter(|programme| programme.year == year).map(|programme| programme.case_target),
        rows,
        pasted,
        mismatch,
    })
}

pub(in crate::cases) async fn provincial(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<YearQuery>,
) -> Answer {
    let year = query.year.parse().unwrap_or_else(|_| state.clock.today().year());
    page(&build(&state, layout, (scope, actor.account_id), year, String::new()).await?)
}

/// A pasted list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct CompareForm {
    year: String,
    pasted: String,
}

pub(in crate::cases) async fn compare(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<CompareForm>,
) -> Answer {
    let year = posted.form.year.parse().map_err(|_| AppError::refused("请选择年度。"))?;
    let shown = build(&state, layout, (scope, actor.account_id), year, posted.form.pasted).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let clean = shown.mismatch.as_ref().is_some_and(Mismatch::is_clean);
    work.audit(Audit::new("case.compare", "case", year).after(json!({ "clean": clean }))).await?;
    work.commit_at("/cases/provincial").await?;
    page(&shown)
}

/// The list in the order in which the province asks, written down as given out.
pub(in crate::cases) async fn export(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<CompareForm>,
) -> Result<Response, AppError> {
    let year: i32 = posted.form.year.parse().map_err(|_| AppError::refused("请选择年度。"))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let rows = rows(work.conn(), scope.bureau(), actor.account_id, year).await?;
    let lines: Vec<Vec<String>> = rows.iter().map(Row::line).collect();
    work.audit(Audit::new("case.export", "case", year).after(json!({ "rows": lines.len() }))).await?;
    work.commit_at("/cases/provincial").await?;
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"cases-{year}.csv\"")),
        ],
        rules::csv(&lines),
    )
        .into_response())
}
