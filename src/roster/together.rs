//! The pages and forms of changing many shifts at once: filling all venues, and moving.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum_extra::extract::Query;
use chrono::NaiveDate;
use serde::Deserialize;

use super::db::{self, Reading, Shift};
use super::grid;
use super::planner::{Holidays, VenueFilling};
use super::rearrange::{self, Move};
use super::service::{self, RosterError, Seen};
use super::{Roster, forms};
use crate::error::AppError;
use crate::plan::dictionaries::VenueKind;
use crate::plan::month::Month;
use crate::plan::time::short_date;
use crate::state::AppState;
use crate::venues;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::typed;
use crate::web::work::Work;

/// Filling all venues, as ticked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FillAllForm {
    version: String,
    venues: Vec<String>,
    holidays: String,
}

fn holidays_of(code: &str) -> Holidays {
    if code == "move" { Holidays::Move } else { Holidays::LeaveOut }
}

#[derive(Template)]
#[template(path = "roster/fill_all.html")]
struct FillAllPage {
    layout: Layout,
    once: OnceKey,
    month: Month,
    version: i32,
    moves_holidays: bool,
    rows: Vec<VenueFilling>,
}

impl FillAllPage {
    fn added(&self) -> usize {
        self.rows.iter().map(|row| row.filling.proposals.len()).sum()
    }

    fn left(&self) -> usize {
        self.rows.iter().map(|row| row.filling.conflicts.len()).sum()
    }

    fn lede(&self) -> String {
        let all = format!("{}个服务点，新排{}个班次", self.rows.len(), self.added());
        match self.left() {
            0 => format!("{all}。已经排好的日子不动；确认之前什么都没有保存。"),
            left => format!("{all}，还有{left}天排不上。已经排好的日子不动；确认之前什么都没有保存。"),
        }
    }

    /// `5月8日、15日`.
    fn days(row: &VenueFilling) -> String {
        let days: Vec<NaiveDate> = row.filling.proposals.iter().map(|(proposal, _)| proposal.day).collect();
        grid::days_text(&days)
    }

    /// Why days stay empty: without anybody one reason is enough.
    fn obstacles(row: &VenueFilling) -> Vec<String> {
        if row.people == 0 {
            let days: Vec<NaiveDate> = row.filling.conflicts.iter().map(|conflict| conflict.day).collect();
            return vec![format!("{}：值班人员库中没有可以在这里值班的人员。", grid::days_text(&days))];
        }
        row.filling.conflicts.iter().map(super::planner::Conflict::sentence).collect()
    }
}

pub(super) async fn fill_all(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
    Query(form): Query<FillAllForm>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let of_month = service::load_month(&mut conn, scope, month).await?;
    let version = of_month.roster.as_ref().map_or(0, |roster: &Roster| roster.version);
    let terms = forms::editable(of_month, month)?;
    let rows = rearrange::preview_all(&mut conn, scope, &terms, holidays_of(&form.holidays)).await?;
    page(&FillAllPage {
        layout: layout.titled("全部服务点轮排").crumb(format!("{}排班", month.chinese()), format!("/roster/{month}")),
        once: OnceKey::new(),
        month,
        version,
        moves_holidays: form.holidays == "move",
        rows,
    })
}

pub(super) async fn fill_all_now(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<FillAllForm>,
) -> Answer {
    let form = posted.form;
    let seen = form.version.parse().map(Seen::Version).map_err(|_| no_version())?;
    let chosen = typed::rows(&form.venues)?;
    if chosen.is_empty() {
        return Err(AppError::refused("没有勾选服务点，什么都没有排。请返回勾选。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let filled = rearrange::fill_all(&mut work, scope, month, seen, &chosen, holidays_of(&form.holidays)).await?;
    let mut message = format!("{}个服务点新排{}个班次。", filled.venues, filled.added);
    if filled.left > 0 {
        message.push_str(&format!("还有{}天排不上，请单独安排。", filled.left));
    }
    Ok(work.finish(&format!("/roster/{month}"), message).await?.into_response())
}

fn no_version() -> AppError {
    AppError::Unusable("表单缺少版本号，请刷新页面后重试。".to_owned())
}

/// A move: what is taken up, `shift:version`, and where it is put down, `venue:day`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MoveForm {
    take: String,
    place: String,
    reason: String,
    back: String,
}

impl MoveForm {
    fn parse(&self) -> Result<Move, AppError> {
        let taken = self.take.split_once(':').and_then(|(id, version)| Some((id.parse().ok()?, version.parse().ok()?)));
        let place = self.place.split_once(':').and_then(|(id, day)| Some((id.parse().ok()?, day.parse().ok()?)));
        let ((shift, version), (venue, day)) =
            taken.zip(place).ok_or_else(|| AppError::Unusable("请选择要改到的日子。".to_owned()))?;
        Ok(Move { shift, version, venue, day, reason: self.reason.clone() })
    }
}

#[derive(Template)]
#[template(path = "roster/move.html")]
struct MovePage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    month: Month,
    shift: Shift,
    places: Vec<(String, String)>,
    typed: MoveForm,
    needs_reason: bool,
}

impl MovePage {
    fn lede(&self) -> String {
        format!("现在是{}，{} {}。", short_date(self.shift.duty_on), self.shift.venue, self.shift.hours_text())
    }
}

pub(super) async fn move_form(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath((month, shift)): InPath<(Month, i64)>,
    Query(typed): Query<MoveForm>,
) -> Answer {
    page(&move_page(&state, layout, scope, month, shift, (OnceKey::new(), typed, Errors::new())).await?)
}

/// The days of the shift's venue to which it can go, with who stands there.
async fn move_page(
    state: &AppState,
    layout: Layout,
    scope: Scope,
    month: Month,
    shift: i64,
    (once, typed, errors): (OnceKey, MoveForm, Errors),
) -> Result<MovePage, AppError> {
    let mut conn = state.pool.acquire().await?;
    let terms = forms::editable(service::load_month(&mut conn, scope, month).await?, month)?;
    let shifts = db::shifts(&mut conn, Reading::month(scope, month).with_drafts()).await?;
    let shift = shifts.iter().find(|known| known.id == shift).cloned().ok_or(AppError::NotFound)?;
    let venue = venues::db::find(&mut conn, scope.bureau(), shift.venue_id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let places = terms
        .working_days
        .iter()
        .filter(|day| **day != shift.duty_on)
        .filter_map(|day| {
            let there: Vec<&Shift> =
                shifts.iter().filter(|other| other.venue_id == venue.id && other.duty_on == *day).collect();
            let is_due = venue.kind != VenueKind::Station || terms.station_days.contains(day);
            let words = match there.as_slice() {
                [] if is_due => "没有排人".to_owned(),
                [] => "改期，须写理由".to_owned(),
                [other] if other.person_id == shift.person_id => return None,
                [other] => format!("与{}对调", other.person),
                _ => return None,
            };
            Some((grid::place_of(venue.id, *day), format!("{}（{words}）", short_date(*day))))
        })
        .collect();
    Ok(MovePage {
        layout: layout
            .titled(format!("{}改到另一天", shift.person))
            .crumb(format!("{}排班", month.chinese()), format!("/roster/{month}"))
            .crumb(venue.short_name.clone(), format!("/roster/{month}/venues/{}", venue.id)),
        once,
        errors,
        month,
        needs_reason: venue.kind == VenueKind::Station,
        shift,
        places,
        typed,
    })
}

pub(super) async fn move_shift(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<MoveForm>,
) -> Answer {
    let form = posted.form;
    let new = form.parse()?;
    let (shift, venue) = (new.shift, new.venue);
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let refusals = match rearrange::move_shift(&mut work, scope, month, new).await {
        Ok(message) => {
            let back = match form.back.as_str() {
                "venue" => format!("/roster/{month}/venues/{venue}"),
                _ => format!("/roster/{month}"),
            };
            return Ok(work.finish(&back, message).await?.into_response());
        }
        Err(RosterError::Rules(refusals)) => refusals,
        Err(other) => return Err(other.into()),
    };
    drop(work);
    // Dragged in the grid, the sentences come back as they are; the form shows them again.
    if form.back != "venue" {
        return Err(RosterError::Rules(refusals).into());
    }
    let mut errors = Errors::new();
    for refusal in refusals {
        let field = if refusal.field == "reason" { "reason" } else { "place" };
        errors.add(field, refusal.sentence());
    }
    form_again(&move_page(&state, layout, scope, month, shift, (posted.once, form, errors)).await?)
}
