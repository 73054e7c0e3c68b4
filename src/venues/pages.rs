//! Pages of the service points.

use askama::Template;
use axum::extract::State;
use chrono::NaiveTime;
use serde::Deserialize;
use sqlx::PgConnection;

use super::db::{self, Hours, Venue};
use super::rules;
use crate::error::AppError;
use crate::plan::money::half_width;
use crate::plan::programme::Programme;
use crate::programmes;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::posted::OnceKey;

#[derive(Template)]
#[template(path = "venues/list.html")]
pub(super) struct ListPage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) errors: Errors,
    pub(super) venues: Vec<Venue>,
    pub(super) stored_phone: String,
    pub(super) phone: String,
}

impl ListPage {
    pub(super) async fn load(conn: &mut PgConnection, scope: Scope, layout: Layout) -> Result<ListPage, AppError> {
        let stored_phone = db::supervise_phone(conn, scope.bureau()).await?;
        Ok(ListPage {
            layout: layout.titled("服务点"),
            once: OnceKey::new(),
            errors: Errors::new(),
            venues: db::venues_of(conn, scope.bureau()).await?,
            phone: stored_phone.clone(),
            stored_phone,
        })
    }

    fn hours(venue: &Venue) -> String {
        let parts: Vec<String> = venue
            .hours()
            .segments()
            .iter()
            .map(|(from, to)| format!("{}–{}", from.format("%H:%M"), to.format("%H:%M")))
            .collect();
        parts.join("，")
    }
}

pub(super) async fn list(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    page(&ListPage::load(&mut conn, scope, layout).await?)
}

/// A service point as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct VenueForm {
    pub(super) version: String,
    pub(super) address: String,
    pub(super) phone: String,
    pub(super) starts_at: String,
    pub(super) ends_at: String,
    pub(super) break_from: String,
    pub(super) break_to: String,
    pub(super) active: String,
}

impl VenueForm {
    fn of(venue: &Venue) -> VenueForm {
        let clock = |time: NaiveTime| time.format("%H:%M").to_string();
        VenueForm {
            version: venue.version.to_string(),
            address: venue.address.clone(),
            phone: venue.phone.clone(),
            starts_at: clock(venue.starts_at),
            ends_at: clock(venue.ends_at),
            break_from: venue.break_from.map(clock).unwrap_or_default(),
            break_to: venue.break_to.map(clock).unwrap_or_default(),
            active: if venue.active { "yes".to_owned() } else { String::new() },
        }
    }

    /// Reads the form of `venue` under a programme, where there is one.
    pub(super) fn parse(&self, venue: &Venue, programme: Option<&Programme>) -> Result<super::Change, Errors> {
        let mut errors = Errors::new();
        let address = self.address.trim().to_owned();
        if address.chars().count() > 100 {
            errors.add("address", "地址最多100个字");
        }
        let phone = check_phone(&mut errors, &self.phone);
        let starts_at = clock_time(&mut errors, "starts_at", &self.starts_at);
        let ends_at = clock_time(&mut errors, "ends_at", &self.ends_at);
        if starts_at.is_none() {
            errors.add("starts_at", "请填写上班时间");
        }
        if ends_at.is_none() {
            errors.add("ends_at", "请填写下班时间");
        }
        let break_from = clock_time(&mut errors, "break_from", &self.break_from);
        let break_to = clock_time(&mut errors, "break_to", &self.break_to);
        match (break_from, break_to) {
            (Some(_), None) if errors.on("break_to").is_empty() => {
                errors.add("break_to", "请填写休息结束时间，或把休息开始时间清空")
            }
            (None, Some(_)) if errors.on("break_from").is_empty() => {
                errors.add("break_from", "请填写休息开始时间，或把休息结束时间清空")
            }
            _ => {}
        }
        let version = self.version.parse().ok();
        if version.is_none() {
            errors.add("", "表单缺少版本号，请刷新页面后重新填写");
        }
        let (Some(starts_at), Some(ends_at), Some(version), true) = (starts_at, ends_at, version, errors.is_empty())
        else {
            return Err(errors);
        };
        let hours = Hours { starts_at, ends_at, pause: break_from.zip(break_to) };
        if ends_at <= starts_at {
            errors.add("ends_at", "下班时间须晚于上班时间");
        } else if hours.pause.is_some_and(|(from, to)| !(starts_at < from && from < to && to < ends_at)) {
            errors.add("break_from", "休息时间须在上班时间之内，结束晚于开始");
        } else if let Some(shortfall) = programme.and_then(|plan| rules::shortfall(plan, venue.kind, &hours)) {
            errors.add("ends_at", shortfall);
        }
        if errors.is_empty() {
            Ok(super::Change { version, address, phone, hours, active: self.is_active() })
        } else {
            Err(errors)
        }
    }

    fn is_active(&self) -> bool {
        self.active == "yes"
    }
}

/// A public telephone as typed; empty is allowed.
pub(super) fn check_phone(errors: &mut Errors, typed: &str) -> String {
    let phone = half_width(typed.trim());
    let plain = phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '(' | ')' | '/'));
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if !phone.is_empty() && (!plain || digits < 3 || phone.len() > 40) {
        errors.add("phone", "电话只能用数字和连字符，例如0356-5220000");
    }
    phone
}

fn clock_time(errors: &mut Errors, field: &str, typed: &str) -> Option<NaiveTime> {
    let typed = half_width(typed.trim());
    if typed.is_empty() {
        return None;
    }
    let read = NaiveTime::parse_from_str(&typed, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&typed, "%H:%M:%S"));
    if read.is_err() {
        errors.add(field, "请按08:30的格式填写时间");
    }
    read.ok()
}

#[derive(Template)]
#[template(path = "venues/one.html")]
pub(super) struct VenuePage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) venue: Venue,
    pub(super) form: VenueForm,
    pub(super) errors: Errors,
    pub(super) hours_hint: String,
}

/// The service point behind an address, and the programme in force.
pub(super) async fn load(
    state: &AppState,
    conn: &mut PgConnection,
    scope: Scope,
    id: i64,
) -> Result<(Venue, Option<Programme>), AppError> {
    let venue = db::find(conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    let programme = programmes::db::in_force(conn, scope.bureau(), state.clock.today()).await?;
    Ok((venue, programme.map(|stored| stored.content)))
}

impl VenuePage {
    pub(super) fn new(layout: Layout, venue: Venue, programme: Option<&Programme>) -> VenuePage {
        let minimum = programme.and_then(|plan| plan.minimum_hours(venue.kind));
        let counted = if programme.is_some_and(|plan| plan.count_midday_break) { "含" } else { "不含" };
        VenuePage {
            layout: layout.titled(venue.name.clone()).crumb("服务点", "/venues"),
            once: OnceKey::new(),
            form: VenueForm::of(&venue),
            errors: Errors::new(),
            hours_hint: match minimum {
                Some(hours) => format!(
                    "新排的班次按此时间生成。方案四(一)4：每次值班不少于{}小时（{counted}休息时间）。",
                    hours.normalize()
                ),
                None => "新排的班次按此时间生成。方案没有规定法律援助中心的值班时长。".to_owned(),
            },
            venue,
        }
    }
}

pub(super) async fn venue(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let (venue, programme) = load(&state, &mut conn, scope, id).await?;
    page(&VenuePage::new(layout, venue, programme.as_ref()))
}
