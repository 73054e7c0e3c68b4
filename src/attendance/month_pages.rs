//! Pages of a month: the table, a venue's certification, the clerk's board.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{DateTime, Days, FixedOffset, NaiveDate};
use serde::Deserialize;

use super::db::{self, BoardRow, MonthFilter, OpenMatter, Shift, ShiftState, VenueMonth};
use crate::error::AppError;
use crate::plan::month::Month;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Pager;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// What the month's table can be narrowed to.
const STATES: &[(&str, &str)] = &[
    ("late", "迟到"),
    ("early", "早退"),
    ("no_sign_in", "未签到"),
    ("no_sign_out", "缺签退"),
    ("correction", "补签待审批"),
];

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct MonthQuery {
    #[serde(default)]
    venue: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "attendance/month.html")]
struct MonthPage {
    layout: Layout,
    month: Month,
    today: NaiveDate,
    query: MonthQuery,
    venues: Vec<(String, String)>,
    shifts: Vec<Shift>,
    pager: Pager,
    /// The venue whose month the reader certifies.
    own_venue: Option<i64>,
    bureau: bool,
    person: bool,
    none: Errors,
}

impl MonthPage {
    fn states(&self) -> Vec<(&'static str, &'static str)> {
        STATES.to_vec()
    }

    fn state(&self, shift: &Shift) -> ShiftState {
        shift.state(self.today)
    }

    fn filtered(&self) -> bool {
        !self.query.venue.is_empty() || !self.query.state.is_empty()
    }
}

pub(super) async fn month(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
    Query(query): Query<MonthQuery>,
) -> Answer {
    let filter = MonthFilter {
        venue: query.venue.parse().ok(),
        state: query.state.clone(),
        after: query.after.split_once('_').and_then(|(day, id)| Some((day.parse().ok()?, id.parse().ok()?))),
    };
    let mut conn = state.pool.acquire().await?;
    let today = state.clock.today();
    let mut shifts = db::shifts_of_month(&mut conn, scope, month, &filter, today, layout.rows.asked()).await?;
    let more = layout.rows.cut(&mut shifts);
    let bureau = matches!(scope, Scope::Bureau { .. });
    let venues = if bureau { venue_choices(&mut conn, scope.bureau()).await? } else { Vec::new() };
    let address = |after: Option<String>| {
        let pairs = [("venue", Some(query.venue.clone())), ("state", Some(query.state.clone())), ("after", after)];
        let pairs: Vec<_> = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
            .collect();
        format!("/attendance/{month}?{}", serde_html_form::to_string(pairs).unwrap_or_default())
    };
    let pager = Pager {
        previous: filter.after.is_some().then(|| address(None)),
        next: shifts.last().filter(|_| more).map(|last| address(Some(format!("{}_{}", last.duty_on, last.id)))),
        text: format!("本页{}个班次", shifts.len()),
        rows: layout.rows,
    };
    page(&MonthPage {
        layout: layout
            .titled(format!("{}考勤", month.chinese()))
            .crumb("考勤", "/attendance")
            .at_month(month, "/attendance/"),
        month,
        today,
        venues,
        shifts,
        pager,
        own_venue: scope.venue(),
        bureau,
        person: matches!(scope, Scope::Own { .. }),
        query,
        none: Errors::new(),
    })
}

async fn venue_choices(conn: &mut sqlx::PgConnection, bureau: i64) -> Result<Vec<(String, String)>, AppError> {
    let venues = crate::venues::db::venues_of(conn, bureau).await?;
    Ok(venues.into_iter().map(|venue| (venue.id.to_string(), venue.short_name)).collect())
}

/// Why a month was sent back, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ReturnForm {
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) version: String,
}

#[derive(Template)]
#[template(path = "attendance/venue_month.html")]
pub(super) struct VenueMonthPage {
    layout: Layout,
    once: OnceKey,
    month: Month,
    now: DateTime<FixedOffset>,
    found: VenueMonth,
    shifts: Vec<Shift>,
    matters: Vec<OpenMatter>,
    may_certify: bool,
    may_return: bool,
    /// Why the certification that was just asked for was refused.
    refused: String,
    form: ReturnForm,
    errors: Errors,
}

impl VenueMonthPage {
    #[expect(clippy::too_many_arguments, reason = "who asks for what, and what was typed")]
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        (month, venue): (Month, i64),
        once: OnceKey,
        refused: String,
        form: ReturnForm,
        errors: Errors,
    ) -> Result<VenueMonthPage, AppError> {
        let scope = actor.authorise(Action::ReadAttendance)?;
        let within = match scope {
            Scope::Own { .. } => false,
            Scope::Venue { venue: own, .. } => own == venue,
            Scope::Bureau { .. } => true,
        };
        if !within {
            return Err(AppError::NotFound);
        }
        let mut conn = state.pool.acquire().await?;
        let found = db::find_month(&mut conn, scope.bureau(), venue, month).await?.ok_or(AppError::NotFound)?;
        let certifies = actor.may(Action::CertifyMonth).and_then(Scope::venue) == Some(venue);
        Ok(VenueMonthPage {
            layout: layout
                .titled(format!("{}{}考勤审定", found.venue, month.chinese()))
                .crumb("考勤", "/attendance")
                .crumb(month.chinese(), format!("/attendance/{month}"))
                .at_venue(found.venue.clone()),
            once,
            month,
            now: state.clock.now(),
            shifts: db::shifts_of_venue_month(&mut conn, scope.bureau(), venue, month).await?,
            matters: db::open_matters_of(&mut conn, scope.bureau(), venue, month).await?,
            may_certify: certifies && !found.reported,
            may_return: found.reported && actor.may(Action::ReturnMonth).is_some(),
            found,
            refused,
            form,
            errors,
        })
    }

    fn state(&self, shift: &Shift) -> ShiftState {
        shift.state(self.now.date_naive())
    }

    /// Why it cannot be certified yet, besides what is open; `""` when it can.
    fn not_over(&self) -> String {
        super::service::not_over(&self.shifts, self.month, self.now).unwrap_or_default()
    }

    fn ready(&self) -> bool {
        self.matters.is_empty() && self.not_over().is_empty()
    }

    fn count(&self, wanted: ShiftState) -> usize {
        self.shifts.iter().filter(|shift| self.state(shift) == wanted).count()
    }

    fn served(&self) -> String {
        self.shifts.iter().filter(|shift| shift.signed_in_at.is_some()).count().to_string()
    }

    fn no_sign_in(&self) -> String {
        self.count(ShiftState::NoSignIn).to_string()
    }

    fn no_sign_out(&self) -> String {
        self.count(ShiftState::NoSignOut).to_string()
    }

    fn consultations(&self) -> String {
        self.shifts.iter().map(|shift| shift.consultations).sum::<i64>().to_string()
    }

    fn total(&self) -> String {
        self.shifts.len().to_string()
    }
}

pub(super) async fn venue_month(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    InPath((month, venue)): InPath<(Month, i64)>,
) -> Answer {
    let place = (month, venue);
    let (refused, form, errors) = (String::new(), ReturnForm::default(), Errors::new());
    page(&VenueMonthPage::load(&state, layout, &actor, place, OnceKey::new(), refused, form, errors).await?)
}

#[derive(Template)]
#[template(path = "attendance/board.html")]
struct BoardPage {
    layout: Layout,
    month: Month,
    today: NaiveDate,
    due: Option<NaiveDate>,
    rows: Vec<BoardRow>,
}

impl BoardPage {
    fn over(&self) -> bool {
        self.today > self.month.last()
    }

    fn late(&self) -> bool {
        self.due.is_some_and(|due| self.today > due)
    }

    fn reported(&self) -> usize {
        self.rows.iter().filter(|row| row.reported).count()
    }

    fn state(&self, row: &BoardRow) -> (&'static str, &'static str) {
        if row.reported {
            ("ok", "已上报")
        } else if self.late() {
            ("bad", "逾期未上报")
        } else if !row.return_reason.is_empty() {
            ("warn", "退回待重报")
        } else if self.over() {
            ("wait", "待上报")
        } else {
            ("quiet", "本月进行中")
        }
    }

    fn waiting(&self) -> String {
        (self.rows.len() - self.reported()).to_string()
    }

    fn irregular(&self) -> String {
        self.rows.iter().map(|row| row.no_sign_in + row.no_sign_out + row.irregular).sum::<i64>().to_string()
    }

    fn open(&self) -> String {
        self.rows.iter().map(|row| row.open_findings + row.open_corrections).sum::<i64>().to_string()
    }
}

pub(super) async fn board(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    if matches!(scope, Scope::Own { .. }) {
        return Err(AppError::NotFound);
    }
    let mut conn = state.pool.acquire().await?;
    let today = state.clock.today();
    let programme = crate::programmes::db::find(&mut conn, scope.bureau(), month.year()).await?;
    let due = programme.and_then(|programme| {
        let after = u64::from(programme.content.monthly_report_day.saturating_sub(1));
        month.next().first().checked_add_days(Days::new(after))
    });
    page(&BoardPage {
        layout: layout
            .titled(format!("{}考勤上报", month.chinese()))
            .crumb("考勤", "/attendance")
            .crumb(month.chinese(), format!("/attendance/{month}")),
        month,
        today,
        due,
        rows: db::board(&mut conn, scope.bureau(), scope.venue(), month, today).await?,
    })
}
