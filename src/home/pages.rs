//! The first page after signing in.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use super::db;
use super::hints::{self, Hint};
use super::rules::{self, Todo, Waiting};
use crate::cases;
use crate::dashboard::{self, Overview};
use crate::error::AppError;
use crate::plan::time::{chinese_date, weekday_name};
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::chart::Meter;
use crate::web::layout::{Layout, page};
use crate::web::permissions::{Action, Role};
use crate::web::{Answer, filters};

/// How many cases the first page lists; the work list has all.
const MOST_CASES: usize = 20;

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    layout: Layout,
    name: String,
    today: NaiveDate,
    waiting: Waiting,
    meters: Vec<Meter>,
    next: &'static str,
    hints: &'static [Hint],
    setting_up: bool,
    leading: bool,
}

impl HomePage {
    fn lede(&self) -> String {
        format!("{} {}", chinese_date(self.today), weekday_name(self.today))
    }

    fn urgent(&self) -> usize {
        self.waiting.todos.iter().filter(|todo| todo.due.is_some_and(|due| due < self.today)).count()
    }
}

/// Whether the hints of the first day are asked for again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HomeQuery {
    hints: String,
}

pub(super) async fn home(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    headers: HeaderMap,
    Query(query): Query<HomeQuery>,
) -> Answer {
    if actor.must_change_password {
        return Ok(Redirect::to("/password").into_response());
    }
    let now = state.clock.now();
    let today = now.date_naive();
    let (waiting, meters) = if actor.role == Role::Leader {
        for_leader(&state, &actor, today).await?
    } else {
        let mut conn = state.pool.acquire().await?;
        let plan = db::plan(&mut conn, actor.bureau_id, today).await?;
        let rows = match actor.role {
            Role::DutyPerson => match actor.person_id {
                Some(person) => db::of_duty_person(&mut conn, actor.bureau_id, person, today).await?,
                None => Vec::new(),
            },
            Role::VenueStaff => match actor.venue_id {
                Some(venue) => db::of_venue(&mut conn, actor.bureau_id, venue, actor.account_id, today).await?,
                None => Vec::new(),
            },
            Role::LegalAidStaff => match actor.venue_id {
                Some(venue) => db::of_venue(&mut conn, actor.bureau_id, venue, actor.account_id, today).await?,
                None => Vec::new(),
            },
            Role::BureauClerk | Role::Approver | Role::Finance => {
                db::of_bureau(&mut conn, actor.bureau_id, actor.account_id, today).await?
            }
            Role::SystemAdministrator | Role::SecurityAdministrator | Role::AuditAdministrator => {
                db::of_administrators(&mut conn, actor.bureau_id, now).await?
            }
            Role::Leader | Role::LegalAidDirector | Role::Handler => Vec::new(),
        };
        let mut waiting = rules::waiting(actor.role, actor.account_id, &rows, &plan, today);
        let mut due = cases::desk::waiting(&mut conn, &actor, &plan.calendar, plan.case_payment_days(), now).await?;
        let more = due.len().saturating_sub(MOST_CASES);
        due.truncate(MOST_CASES);
        let todos = due.into_iter().map(|one| Todo {
            title: one.title,
            detail: one.detail,
            href: one.href,
            due: one.due,
            ..Todo::default()
        });
        waiting.todos.extend(todos);
        if actor.role != Role::SystemAdministrator {
            waiting.todos.sort_by_key(|todo| (todo.due.is_none(), todo.due));
        }
        if more > 0 {
            waiting.todos.push(Todo {
                title: format!("还有{more}件案件待办"),
                href: if matches!(actor.role, Role::Handler | Role::DutyPerson) { "/cases" } else { "/cases/work" }
                    .to_owned(),
                ..Todo::default()
            });
        }
        (waiting, Vec::new())
    };
    page(&HomePage {
        layout: layout.titled("我的待办"),
        name: actor.name.clone(),
        today,
        leading: actor.role == Role::Leader,
        setting_up: actor.role == Role::SystemAdministrator && !waiting.todos.is_empty(),
        waiting,
        meters,
        next: rules::next_for(actor.role),
        hints: if query.hints != "show" && hints::are_away(&headers, actor.account_id) {
            &[]
        } else {
            hints::hints(actor.role)
        },
    })
}

/// Both targets, and what is late.
async fn for_leader(state: &AppState, actor: &Actor, today: NaiveDate) -> Result<(Waiting, Vec<Meter>), AppError> {
    let scope = actor.authorise(Action::ReadDashboard)?;
    let mut conn = state.pool.acquire().await?;
    let overview: Option<Overview> = dashboard::overview(&mut conn, scope.bureau(), today.year(), today).await?;
    let Some(it) = overview else {
        return Ok((Waiting::default(), Vec::new()));
    };
    let todos = it
        .late
        .iter()
        .map(|late| Todo {
            title: late.title.clone(),
            detail: late.detail.clone(),
            href: late.href.clone(),
            due: late.due,
            ..Todo::default()
        })
        .collect();
    let news = vec![
        Todo {
            title: format!("免费法律咨询：{}", it.consultations.words("人次")),
            href: format!("/dashboard?year={}", it.year),
            ..Todo::default()
        },
        Todo {
            title: format!("法律援助案件：{}", it.cases.words("件")),
            href: format!("/dashboard?year={}", it.year),
            ..Todo::default()
        },
    ];
    Ok((Waiting { todos, news }, vec![it.consultation_meter(), it.case_meter()]))
}
