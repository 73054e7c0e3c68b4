//! The forms of a draft: one shift, and a venue's whole month.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use super::db::{self, Reading, Shift};
use super::planner::{self, Conflict, HolidayOffer};
use super::rules::{self, MonthTerms, Step};
use super::service::{self, MonthState};
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::dictionaries::{ShiftChange, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{month_and_day, short_date};
use crate::state::AppState;
use crate::venues::db::Venue;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::posted::OnceKey;

/// A new shift as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ShiftForm {
    #[serde(default)]
    pub(super) venue: String,
    #[serde(default)]
    pub(super) day: String,
    #[serde(default)]
    pub(super) person: String,
    #[serde(default)]
    pub(super) starts_at: String,
    #[serde(default)]
    pub(super) ends_at: String,
    #[serde(default)]
    pub(super) break_from: String,
    #[serde(default)]
    pub(super) break_to: String,
    #[serde(default)]
    pub(super) change: String,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) moved_from: String,
    #[serde(default)]
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "roster/shift.html")]
pub(super) struct ShiftPage {
    layout: Layout,
    once: OnceKey,
    month: Month,
    typed: ShiftForm,
    errors: Errors,
    venue: Venue,
    rule: String,
    people: Vec<(String, String)>,
    changes: Vec<(&'static str, &'static str)>,
    origins: Vec<(String, String)>,
}

impl ShiftPage {
    fn back_href(&self) -> String {
        match self.typed.back.as_str() {
            "month" => format!("/roster/{}", self.month),
            _ => format!("/roster/{}/venues/{}", self.month, self.venue.id),
        }
    }
}

pub(super) async fn new_shift(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
    Query(form): Query<ShiftForm>,
) -> Answer {
    page(&shift_page(&state, layout, scope, month, OnceKey::new(), form, Errors::new()).await?)
}

/// Refuses the forms of a roster that is no draft.
pub(super) fn editable(state: MonthState, month: Month) -> Result<MonthTerms, AppError> {
    let Some(roster) = state.roster else {
        return Err(AppError::refused(format!("{}还没有开始排班，请先在排班页点“开始排班”。", month.chinese())));
    };
    rules::check_step(Step::Edit, roster.status, None, 0).map_err(AppError::refused)?;
    state.terms.map_err(|obstacle| AppError::refused(obstacle.sentence()))
}

/// The form of one shift; empty hours are the venue's own.
pub(super) async fn shift_page(
    state: &AppState,
    layout: Layout,
    scope: Scope,
    month: Month,
    once: OnceKey,
    mut form: ShiftForm,
    errors: Errors,
) -> Result<ShiftPage, AppError> {
    let venue_id: i64 = form.venue.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = state.pool.acquire().await?;
    let terms = editable(service::load_month(&mut conn, scope, month).await?, month)?;
    let (venue, people) =
        db::venue_and_people(&mut conn, scope.bureau(), venue_id, &[]).await?.ok_or(AppError::NotFound)?;
    let day = form.day.parse::<NaiveDate>().ok();
    let busy = match day {
        Some(day) => db::shifts(&mut conn, Reading::day(scope, day).with_drafts()).await?,
        None => Vec::new(),
    };
    drop(conn);
    if errors.is_empty() && form.starts_at.is_empty() && form.ends_at.is_empty() {
        let time = |time: NaiveTime| time.format("%H:%M").to_string();
        form.starts_at = time(venue.starts_at);
        form.ends_at = time(venue.ends_at);
        form.break_from = venue.break_from.map(time).unwrap_or_default();
        form.break_to = venue.break_to.map(time).unwrap_or_default();
    }
    let is_station = venue.kind == VenueKind::Station;
    if form.change.is_empty() {
        // Without a due day in view, a station's shift is most likely an additional one.
        let regular = !is_station || day.is_some_and(|day| terms.station_days.contains(&day));
        form.change = if regular { ShiftChange::Normal } else { ShiftChange::Extra }.code().to_owned();
    }
    let choices = if is_station {
        &[ShiftChange::Normal, ShiftChange::Moved, ShiftChange::Extra][..]
    } else {
        &[ShiftChange::Normal][..]
    };
    let people = people
        .iter()
        .map(|person| {
            let elsewhere: Vec<String> = busy
                .iter()
                .filter(|shift| shift.person_id == person.id)
                .map(|shift| format!("{} {}", shift.venue, shift.hours_text()))
                .collect();
            let mut label = format!("{}（{}，{}）", person.name, person.category, person.organisation);
            if !elsewhere.is_empty() {
                label.push_str(&format!(" 当天已排：{}", elsewhere.join("；")));
            }
            (person.id.to_string(), label)
        })
        .collect();
    Ok(ShiftPage {
        layout: layout
            .titled(format!("{} 加一个班次", venue.short_name))
            .crumb(format!("{}排班", month.chinese()), format!("/roster/{month}"))
            .crumb(venue.short_name.clone(), format!("/roster/{month}/venues/{}", venue.id)),
        once,
        month,
        typed: form,
        errors,
        rule: rule_text(&terms, &venue),
        people,
        origins: origins(&terms),
        changes: choices.iter().map(|change| (change.code(), change.label())).collect(),
        venue,
    })
}

/// The stations' days of the month that a shift may be moved from.
fn origins(terms: &MonthTerms) -> Vec<(String, String)> {
    let mut days: Vec<NaiveDate> = terms.station_days.iter().chain(&terms.station_holidays).copied().collect();
    days.sort_unstable();
    let words = |day: NaiveDate| match terms.station_holidays.contains(&day) {
        true => format!("{}（{}）", short_date(day), terms.rest_name(day)),
        false => short_date(day),
    };
    days.into_iter().map(|day| (day.to_string(), words(day))).collect()
}

/// What the plan asks of a shift at this venue.
fn rule_text(terms: &MonthTerms, venue: &Venue) -> String {
    let least = rules::hours_text(rules::minimum_minutes(&terms.programme, venue.kind));
    match venue.kind {
        VenueKind::ServiceCentre => format!("每个工作日值班，每次不少于{least}，午休不计入（方案四(一)4）。"),
        VenueKind::Station => {
            format!("每{}值班一次，每次不少于{least}（方案四(一)4）。", terms.station_weekday())
        }
        VenueKind::LegalAidCentre => "工作日窗口值班计入任务数，不发补贴（口径A25）。".to_owned(),
    }
}

/// Filling a month, as ticked.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct FillForm {
    #[serde(default)]
    pub(super) people: Vec<String>,
    #[serde(default)]
    pub(super) move_holidays: String,
}

/// The form of filling, with what came of it.
#[derive(Debug, Default)]
pub(super) struct FillShown {
    pub(super) once: OnceKey,
    pub(super) typed: FillForm,
    pub(super) errors: Errors,
    pub(super) conflicts: Vec<Conflict>,
}

#[derive(Template)]
#[template(path = "roster/fill.html")]
pub(super) struct FillPage {
    layout: Layout,
    month: Month,
    shown: FillShown,
    venue: Venue,
    open: Vec<NaiveDate>,
    kept: usize,
    offers: Vec<HolidayOffer>,
    hours: String,
    people: Vec<(String, String)>,
}

impl FillPage {
    fn open_text(&self) -> String {
        let plain = self.open.len() > 6;
        let words = |day: &NaiveDate| if plain { month_and_day(*day) } else { short_date(*day) };
        self.open.iter().map(words).collect::<Vec<_>>().join("、")
    }

    /// `5月1日 周三（劳动节放假）改到5月6日 周一`.
    fn offers_text(&self) -> String {
        let lines: Vec<String> = self
            .offers
            .iter()
            .filter_map(|gap| {
                let day = gap.offer?;
                Some(format!("{}（{}）改到{}", short_date(gap.holiday), gap.name, short_date(day)))
            })
            .collect();
        lines.join("；")
    }
}

pub(super) async fn fill(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath((month, venue)): InPath<(Month, i64)>,
) -> Answer {
    page(&fill_page(&state, layout, scope, month, venue, FillShown::default()).await?)
}

/// The form of filling a venue's month.
pub(super) async fn fill_page(
    state: &AppState,
    layout: Layout,
    scope: Scope,
    month: Month,
    venue: i64,
    shown: FillShown,
) -> Result<FillPage, AppError> {
    let mut conn = state.pool.acquire().await?;
    let terms = editable(service::load_month(&mut conn, scope, month).await?, month)?;
    let (venue, people) =
        db::venue_and_people(&mut conn, scope.bureau(), venue, &[]).await?.ok_or(AppError::NotFound)?;
    let shifts = db::shifts(&mut conn, Reading::month(scope, month).with_drafts()).await?;
    drop(conn);
    let taken: Vec<_> = shifts.iter().map(Shift::taken).collect();
    let days = planner::open_days(&terms, &venue, &taken);
    let people = people
        .iter()
        .map(|person| {
            let count = shifts.iter().filter(|shift| shift.person_id == person.id).count();
            let label = format!("{}（{}，{}）本月已排{count}次", person.name, person.category, person.organisation);
            (person.id.to_string(), label)
        })
        .collect();
    Ok(FillPage {
        layout: layout
            .titled(format!("{} 整月轮排", venue.short_name))
            .crumb(format!("{}排班", month.chinese()), format!("/roster/{month}"))
            .crumb(venue.short_name.clone(), format!("/roster/{month}/venues/{}", venue.id)),
        month,
        shown,
        hours: db::hours_text(venue.starts_at, venue.ends_at, venue.break_from.zip(venue.break_to)),
        open: days.open,
        kept: days.kept.len(),
        offers: planner::gaps(&terms, &venue, &taken).holidays,
        people,
        venue,
    })
}
