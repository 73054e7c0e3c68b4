//! The work list of the centre.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum_extra::extract::Query;
use chrono::{DateTime, Datelike as _, FixedOffset};
use serde::Deserialize;
use serde_json::json;

use super::db::{self, Speed};
use super::rules::{self, Desk, Load, WaitingRow};
use crate::audit::Audit;
use crate::cases::clocks::rules::Pressure;
use crate::error::AppError;
use crate::plan::calendar::Calendar;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// Whose work is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct WorkQuery {
    worker: String,
}

#[derive(Template)]
#[template(path = "cases/work.html")]
struct WorkPage {
    layout: Layout,
    once: OnceKey,
    now: DateTime<FixedOffset>,
    calendar: Calendar,
    worker: String,
    workers: Vec<(String, String)>,
    rows: Vec<WaitingRow>,
    loads: Vec<(String, Load)>,
    speed: Speed,
    mine: i64,
    desk: Desk,
    may_hand_over: bool,
}

impl WorkPage {
    /// What whoever reads should take up next: at their desk, theirs or nobody's, first in order.
    fn next(&self) -> Option<&WaitingRow> {
        rules::next_for(&self.rows, self.desk, self.mine)
    }

    /// The case with whom it lies with.
    fn ticked(&self, row: &WaitingRow) -> String {
        format!("{}.{}", row.id, row.worker_id.unwrap_or_default())
    }

    /// Whether there may be more than are shown.
    fn is_cut(&self) -> bool {
        self.rows.len() >= db::MOST
    }

    fn task(&self, row: &WaitingRow) -> &'static str {
        row.state.map_or("", rules::task)
    }

    fn clock(&self, row: &WaitingRow) -> String {
        row.clock.map(|clock| clock.to_string()).unwrap_or_default()
    }

    fn tag(&self, row: &WaitingRow) -> &'static str {
        rules::pressure_of(row, &self.calendar, self.now).map_or("quiet", Pressure::tag)
    }

    fn left(&self, row: &WaitingRow) -> String {
        rules::left_of(row, self.now).unwrap_or_else(|| "没有期限".to_owned())
    }

    fn days(&self, days: &Option<f64>) -> String {
        days.map_or_else(|| "—".to_owned(), |days| format!("{days:.1}"))
    }
}

pub(in crate::cases) async fn work_list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<WorkQuery>,
) -> Answer {
    let now = state.clock.now();
    let today = now.date_naive();
    let mut conn = state.pool.acquire().await?;
    let calendar = crate::programmes::db::calendar(&mut conn).await?;
    let worker: Option<i64> = query.worker.parse().ok();
    let desks = [Desk::Centre, Desk::Director];
    let rows = db::waiting(&mut conn, scope.bureau(), actor.account_id, &desks, today, worker).await?;
    let workers = db::workers(&mut conn, scope.bureau()).await?;
    let since = today.with_month(1).and_then(|day| day.with_day(1)).unwrap_or(today);
    let speed = db::speed(&mut conn, scope.bureau(), since).await?;
    drop(conn);
    let loads = rules::loads(&rows, &calendar, today).into_iter().collect();
    let mut rows: Vec<WaitingRow> = rows.into_iter().filter(|row| row.kind == "case").collect();
    rows.sort_by_key(rules::order);
    page(&WorkPage {
        layout: layout.titled("案件待办").crumb("案件台账", "/cases"),
        once: OnceKey::new(),
        now,
        mine: actor.account_id,
        desk: if actor.may(Action::RegisterCases).is_some() { Desk::Centre } else { Desk::Director },
        calendar,
        worker: query.worker,
        workers: workers.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        rows,
        loads,
        speed,
        may_hand_over: actor.may(Action::RegisterCases).is_some(),
    })
}

/// Cases to be handed over, as ticked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct HandOverForm {
    cases: Vec<String>,
    to: String,
}

pub(in crate::cases) async fn hand_over(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<HandOverForm>,
) -> Answer {
    // Each case with whom it lies with on the page: what was handed over meanwhile is not handed over again.
    let pairs: BTreeMap<i64, i64> = posted
        .form
        .cases
        .iter()
        .filter_map(|ticked| {
            let (case, worker) = ticked.split_once('.')?;
            Some((case.parse().ok()?, worker.parse().ok()?))
        })
        .collect();
    let (cases, held): (Vec<i64>, Vec<i64>) = pairs.into_iter().unzip();
    if cases.is_empty() || cases.len() != posted.form.cases.len() || cases.len() > 250 {
        return Err(AppError::refused("请勾选要移交的案件（一次最多250件）。"));
    }
    let to: i64 = posted.form.to.parse().map_err(|_| AppError::refused("请选择移交给谁。"))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let bureau = scope.bureau();
    let workers = db::workers(work.conn(), bureau).await?;
    let Some((_, name)) = workers.iter().find(|(id, _)| *id == to) else {
        return Err(AppError::refused("移交对象不是在用的法律援助中心账号。"));
    };
    let moved = db::hand_over(work.conn(), bureau, (&cases, &held), to, actor.account_id).await?;
    if moved.len() != cases.len() {
        // All or none: what cannot be handed over stops the rest.
        return Err(AppError::refused(
            "所选案件中有刚被别人移交的、已归档的、不在本局的或者您不能打开的受限案件，全部没有移交。请刷新页面重新勾选。",
        ));
    }
    let (by, at, signature) = (work.actor.account_id, work.now, work.actor.signature());
    let words = format!("移交给{name}经办");
    db::note_hand_over(work.conn(), bureau, &cases, (by, &signature), at, &words).await?;
    work.audit(
        Audit::new("case.hand_over", "case", format!("{}件", cases.len())).after(json!({ "cases": cases, "to": to })),
    )
    .await?;
    let message = format!("{}件案件已移交给{name}。", cases.len());
    Ok(work.finish("/cases/work", message).await?.into_response())
}
