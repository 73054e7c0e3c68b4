//! Pages of rosters.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::Query;
use chrono::NaiveDate;
use serde::Deserialize;

use super::db::{self, Reading, Shift, Standing};
use super::grid::{self, Hand, Load, VenueMonth};
use super::planner::{Conflict, HolidayOffer};
use super::rules::{self, MonthTerms, Obstacle, Step as RosterStep};
use super::service::{self, MonthState};
use super::{OfMonth, OfMonthAnd, Roster, RosterStatus};
use crate::error::AppError;
use crate::plan::dictionaries::{ShiftChange, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{chinese_date, month_and_day, short_date};
use crate::plan::{Month, deadlines};
use crate::state::AppState;
use crate::venues;
use crate::venues::db::Venue;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, MonthBar, page};
use crate::web::parts::{Matrix, MonthGrid, Step};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// The month to work on: the next one for the clerk once this one is posted.
pub(super) async fn current(State(state): State<AppState>, actor: Actor, scope: Scope) -> Answer {
    let mut month = Month::of(state.clock.today());
    if actor.may(Action::EditRoster).is_some() {
        let mut conn = state.pool.acquire().await?;
        if db::status_of(&mut conn, scope.bureau(), month).await? == Some(RosterStatus::Published) {
            month = month.next();
        }
    }
    Ok(Redirect::to(&format!("/roster/{month}")).into_response())
}

pub(super) async fn month(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    OfMonth(month): OfMonth,
) -> Answer {
    match scope {
        Scope::Bureau { .. } => page(&month_page(&state, layout, &actor, scope, month, MonthForms::default()).await?),
        Scope::Venue { venue, .. } => page(&venue_page(&state, layout, &actor, scope, month, venue).await?),
        Scope::Own { .. } => page(&own_page(&state, layout, scope, month).await?),
    }
}

/// The forms on a month's page, as typed.
#[derive(Debug, Default)]
pub(super) struct MonthForms {
    pub(super) once: OnceKey,
    pub(super) errors: Errors,
    pub(super) gaps_known: bool,
    pub(super) gap_reason: String,
    pub(super) return_reason: String,
}

/// A49: by when the month is posted, in words.
#[derive(Debug)]
struct PostingDue {
    title: String,
    text: String,
}

#[derive(Template)]
#[template(path = "roster/month.html")]
pub(super) struct MonthPage {
    layout: Layout,
    month: Month,
    bureau_name: String,
    forms: MonthForms,
    lede: String,
    obstacle: Option<Obstacle>,
    roster: Option<Roster>,
    steps: Vec<Step>,
    posting_due: Option<PostingDue>,
    matrix: Matrix,
    with_gaps: Vec<VenueMonth>,
    holidays: Vec<(Venue, HolidayOffer)>,
    gap_count: usize,
    shift_count: usize,
    warnings: Vec<String>,
    loads: Vec<Load>,
    may_edit: bool,
    may_approve: bool,
    is_submitter: bool,
    may_publish: bool,
}

impl MonthPage {
    fn draws(&self) -> bool {
        self.may_edit && self.is(RosterStatus::Draft)
    }

    fn is(&self, status: RosterStatus) -> bool {
        self.roster.as_ref().is_some_and(|roster| roster.status == status)
    }

    fn awaits_approval(&self) -> bool {
        self.may_approve && self.is(RosterStatus::Submitted)
    }

    fn may_be_returned(&self) -> bool {
        self.may_approve && (self.is(RosterStatus::Submitted) || self.is(RosterStatus::Approved))
    }

    fn awaits_publication(&self) -> bool {
        self.may_publish && self.is(RosterStatus::Approved)
    }

    fn version(&self) -> i32 {
        self.roster.as_ref().map_or(0, |roster| roster.version)
    }

    fn draft_returned(&self) -> Option<&Roster> {
        self.roster.as_ref().filter(|roster| roster.status == RosterStatus::Draft && roster.returned.is_some())
    }

    fn known_gaps(&self) -> Option<&str> {
        let roster = self.roster.as_ref().filter(|roster| roster.status != RosterStatus::Draft)?;
        Some(roster.gap_reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// The form of the shift that takes a holiday's place.
    fn offer_href(&self, venue: &Venue, gap: &HolidayOffer) -> Option<String> {
        let day = gap.offer.filter(|_| self.draws())?;
        let pairs = [
            ("venue", venue.id.to_string()),
            ("day", day.to_string()),
            ("change", ShiftChange::Moved.code().to_owned()),
            ("moved_from", gap.holiday.to_string()),
            ("reason", gap.reason()),
            ("back", "month".to_owned()),
        ];
        let query = serde_html_form::to_string(pairs).ok()?;
        Some(format!("/roster/{}/shifts/new?{query}", self.month))
    }
}

/// The grid of all venues, for the bureau.
pub(super) async fn month_page(
    state: &AppState,
    layout: Layout,
    actor: &Actor,
    scope: Scope,
    month: Month,
    forms: MonthForms,
) -> Result<MonthPage, AppError> {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let MonthState { bureau_name, roster, terms } = service::load_month(&mut conn, scope, month).await?;
    let may_edit = actor.may(Action::EditRoster).is_some();
    let drawn = may_edit && roster.as_ref().is_some_and(|roster| roster.status == RosterStatus::Draft);
    let mut page = MonthPage {
        layout: layout.titled(format!("{}排班", month.chinese())).at_month(month, "/roster/"),
        month,
        bureau_name,
        forms,
        lede: String::new(),
        obstacle: None,
        steps: Vec::new(),
        posting_due: None,
        matrix: Matrix::default(),
        with_gaps: Vec::new(),
        holidays: Vec::new(),
        gap_count: 0,
        shift_count: 0,
        warnings: Vec::new(),
        loads: Vec::new(),
        may_edit,
        may_approve: actor.may(Action::ApproveRoster).is_some(),
        is_submitter: submitter_of(roster.as_ref()) == Some(actor.account_id),
        may_publish: actor.may(Action::PublishRoster).is_some(),
        roster,
    };
    let terms = match terms {
        Ok(terms) => terms,
        Err(obstacle) => {
            page.obstacle = Some(obstacle);
            return Ok(page);
        }
    };
    let post_by = deadlines::posting(&terms.programme, &terms.calendar, month).ok();
    let Some(roster) = &page.roster else {
        page.lede = due_text(&terms);
        return Ok(page);
    };
    let shifts = db::shifts(&mut conn, Reading::month(scope, month).with_drafts()).await?;
    let venues = venues::db::venues_of(&mut conn, scope.bureau()).await?;
    drop(conn);
    let rows = grid::venue_months(&terms, venues, &shifts);
    page.steps = grid::steps(roster, post_by);
    page.posting_due = post_by.and_then(|day| posting_due(&terms, roster, day, today));
    page.matrix = grid::matrix(&terms, &rows, today, if drawn { Hand::Draws } else { Hand::Looks });
    page.warnings = grid::warnings(&terms, &rows);
    page.loads = grid::loads(&shifts);
    page.gap_count = rows.iter().map(|row| row.gaps.missing.len()).sum();
    page.shift_count = shifts.len();
    page.lede = match page.gap_count {
        0 => format!("{}个服务点，{}个班次，应值班日都已排人。", rows.len(), shifts.len()),
        gaps => format!("{}个服务点，{}个班次，还有{gaps}个应值班日没有排人。", rows.len(), shifts.len()),
    };
    page.holidays = rows
        .iter()
        .flat_map(|row| row.gaps.holidays.iter().map(|gap| (row.venue.clone(), gap.clone())))
        .collect();
    page.with_gaps = rows.into_iter().filter(|row| !row.gaps.missing.is_empty()).collect();
    Ok(page)
}

fn submitter_of(roster: Option<&Roster>) -> Option<i64> {
    Some(roster?.submitted.as_ref()?.account)
}

/// What the month asks for, before anything is drawn.
fn due_text(terms: &MonthTerms) -> String {
    format!(
        "公共法律服务中心值班{}个工作日，工作站值班{}个{}（方案四(一)4）。",
        terms.working_days.len(),
        terms.station_days.len(),
        terms.station_weekday()
    )
}

/// A49: whether the posting is late, or soon will be.
fn posting_due(terms: &MonthTerms, roster: &Roster, due: NaiveDate, today: NaiveDate) -> Option<PostingDue> {
    let days = terms.programme.posting_lead_days;
    let rule = format!("每月排班至少提前{days}个工作日公示，本月最迟应在{}公示（口径A49）。", short_date(due));
    if let Some(stamp) = &roster.published {
        let posted = crate::plan::time::local_date(&stamp.at);
        return (posted > due).then(|| PostingDue {
            title: "公示晚于应公示日".to_owned(),
            text: format!("{rule}实际公示日期为{}。", chinese_date(posted)),
        });
    }
    (today > due).then(|| PostingDue {
        title: "已过应公示日".to_owned(),
        text: format!("{rule}请尽快提交、审核并公示。"),
    })
}

#[derive(Template)]
#[template(path = "roster/venue.html")]
pub(super) struct VenuePage {
    layout: Layout,
    month: Month,
    row: VenueMonth,
    obstacle: Option<Obstacle>,
    status: Option<RosterStatus>,
    calendar: MonthGrid,
    draws: bool,
    whole_bureau: bool,
}

impl VenuePage {
    fn status_kind(&self) -> &'static str {
        match self.status {
            Some(RosterStatus::Published | RosterStatus::Approved) => "ok",
            Some(RosterStatus::Submitted) => "wait",
            Some(RosterStatus::Draft) | None => "info",
        }
    }

    fn status_label(&self) -> &'static str {
        self.status.map_or("未开始", |status| status.label())
    }

    /// Nothing of the month may be seen yet.
    fn hidden(&self) -> bool {
        !self.whole_bureau && self.status != Some(RosterStatus::Published)
    }

    /// Whether there is a day that filling would fill.
    fn has_open_days(&self) -> bool {
        let gaps = &self.row.gaps;
        self.row.venue.kind == VenueKind::LegalAidCentre || !gaps.missing.is_empty() || !gaps.holidays.is_empty()
    }

    fn hours(&self) -> String {
        let hours = self.row.venue.hours();
        db::hours_text(hours.starts_at, hours.ends_at, hours.pause)
    }
}

pub(super) async fn venue(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    OfMonthAnd(month, venue): OfMonthAnd,
) -> Answer {
    let allowed = match scope {
        Scope::Bureau { .. } => true,
        Scope::Venue { venue: own, .. } => own == venue,
        Scope::Own { .. } => false,
    };
    if !allowed {
        return Err(AppError::NotFound);
    }
    page(&venue_page(&state, layout, &actor, scope, month, venue).await?)
}

/// One venue's month: drafts for the bureau, what is posted for the venue itself.
async fn venue_page(
    state: &AppState,
    layout: Layout,
    actor: &Actor,
    scope: Scope,
    month: Month,
    venue: i64,
) -> Result<VenuePage, AppError> {
    let whole_bureau = matches!(scope, Scope::Bureau { .. });
    let mut conn = state.pool.acquire().await?;
    let venue = venues::db::find(&mut conn, scope.bureau(), venue).await?.ok_or(AppError::NotFound)?;
    let state_of_month = service::load_month(&mut conn, scope, month).await?;
    let reading = Reading::month(scope, month).of_venue(venue.id);
    let standing = if whole_bureau { Standing::Any } else { Standing::Published };
    let shifts = db::shifts(&mut conn, Reading { standing, ..reading }).await?;
    drop(conn);
    let status = state_of_month.roster.map(|roster| roster.status);
    let draws = status == Some(RosterStatus::Draft) && actor.may(Action::EditRoster).is_some();
    let base = if whole_bureau { format!("/venues/{}", venue.id) } else { String::new() };
    let mut layout = layout.titled(format!("{} {}排班", venue.short_name, month.chinese()));
    if whole_bureau {
        layout = layout.crumb(format!("{}排班", month.chinese()), format!("/roster/{month}"));
    }
    layout.month = Some(MonthBar {
        label: month.chinese(),
        previous_href: format!("/roster/{}{base}", month.previous()),
        next_href: format!("/roster/{}{base}", month.next()),
    });
    let (row, calendar, obstacle) = match state_of_month.terms {
        Ok(terms) => {
            let mut rows = grid::venue_months(&terms, vec![Venue { active: true, ..venue.clone() }], &shifts);
            let mut row = rows.pop().ok_or(AppError::NotFound)?;
            if status.is_none() || !venue.active {
                row.gaps = super::planner::Gaps::default();
            }
            let hand = if draws { Hand::Draws } else { Hand::Looks };
            let calendar = grid::calendar(&terms, &row, state.clock.today(), hand);
            (row, calendar, None)
        }
        Err(obstacle) => {
            let row = VenueMonth { venue, shifts, gaps: super::planner::Gaps::default() };
            (row, MonthGrid::default(), Some(obstacle))
        }
    };
    Ok(VenuePage {
        layout: layout.at_venue(row.venue.short_name.clone()),
        month,
        row,
        obstacle,
        status,
        calendar,
        draws,
        whole_bureau,
    })
}

#[derive(Template)]
#[template(path = "roster/own.html")]
struct OwnPage {
    layout: Layout,
    coming: Vec<Shift>,
    past: Vec<Shift>,
    today: NaiveDate,
    published: bool,
}

impl OwnPage {
    fn is_today(&self, shift: &Shift) -> bool {
        shift.duty_on == self.today
    }
}

/// A duty person's own shifts.
async fn own_page(state: &AppState, layout: Layout, scope: Scope, month: Month) -> Result<OwnPage, AppError> {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let status = db::status_of(&mut conn, scope.bureau(), month).await?;
    let shifts = db::shifts(&mut conn, Reading::month(scope, month)).await?;
    let (mut coming, mut past): (Vec<_>, Vec<_>) = shifts.into_iter().partition(|shift| shift.duty_on >= today);
    for list in [&mut coming, &mut past] {
        list.sort_by_key(|shift| (shift.duty_on, shift.starts_at));
    }
    Ok(OwnPage {
        layout: layout.titled(format!("我的{}班次", month.chinese())).at_month(month, "/roster/"),
        coming,
        past,
        today,
        published: status == Some(RosterStatus::Published),
    })
}

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
    OfMonth(month): OfMonth,
    Query(form): Query<ShiftForm>,
) -> Answer {
    page(&shift_page(&state, layout, scope, month, OnceKey::new(), form, Errors::new()).await?)
}

/// Refuses the forms of a roster that is no draft.
fn editable(state: MonthState, month: Month) -> Result<MonthTerms, AppError> {
    let Some(roster) = state.roster else {
        return Err(AppError::refused(format!("{}还没有开始排班，请先在排班页点“开始排班”。", month.chinese())));
    };
    rules::check_step(RosterStep::Edit, roster.status, None, 0).map_err(AppError::refused)?;
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
        let time = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
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
    OfMonthAnd(month, venue): OfMonthAnd,
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
    let days = super::planner::open_days(&terms, &venue, &taken);
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
        offers: super::planner::gaps(&terms, &venue, &taken).holidays,
        people,
        venue,
    })
}
