//! Pages of rosters.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use chrono::NaiveDate;

use super::db::{self, Reading, Shift, Standing};
use super::grid::{self, Hand, Load, VenueMonth};
use super::planner::HolidayOffer;
use super::rules::{MonthTerms, Obstacle};
use super::service::{self, MonthState};
use super::{Roster, RosterStatus};
use crate::error::AppError;
use crate::plan::dictionaries::{ShiftChange, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{chinese_date, local_date, short_date};
use crate::plan::{Month, deadlines};
use crate::state::AppState;
use crate::venues;
use crate::venues::db::Venue;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
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
    InPath(month): InPath<Month>,
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
    page.holidays =
        rows.iter().flat_map(|row| row.gaps.holidays.iter().map(|gap| (row.venue.clone(), gap.clone()))).collect();
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
        let posted = local_date(&stamp.at);
        return (posted > due).then(|| PostingDue {
            title: "公示晚于应公示日".to_owned(),
            text: format!("{rule}实际公示日期为{}。", chinese_date(posted)),
        });
    }
    (today > due)
        .then(|| PostingDue {
            title: "已过应公示日".to_owned(), text: format!("{rule}请尽快提交、审核并公示。")
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
    InPath((month, venue)): InPath<(Month, i64)>,
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
