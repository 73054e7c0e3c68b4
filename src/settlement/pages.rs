//! The list of months, the board of a month, the preview.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use chrono::{DateTime, NaiveDate, Utc};

use super::db::{self, Ground, Head, MonthState, OwnMonth, VenueReport};
use super::month;
use super::rules::{self, Progress, Stage, StageRow, Status, Step};
use super::service;
use super::sheet::{self, Row};
use crate::error::AppError;
use crate::plan::deadlines::{self, PlanLimit};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{capitals, yuan_text};
use crate::plan::time::{SHANGHAI, month_and_day};
use crate::plan::{Calendar, Month, Programme};
use crate::programmes;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;

/// How many months the list shows.
const MONTHS: i64 = 24;

/// The shade of a state's tag.
pub(super) fn shade(status: Option<Status>) -> &'static str {
    match status {
        None => "info",
        Some(Status::Calculated | Status::Approved) => "wait",
        Some(Status::Paid) => "ok",
    }
}

/// `5月8日 09:12`.
pub(super) fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string()).unwrap_or_default()
}

/// A28: by when a month is to be paid, and the working day to aim at.
fn due_text(limit: &PlanLimit) -> String {
    let due = month_and_day(limit.due);
    match limit.target {
        Some(target) if target != limit.due => format!("{due}前（遇节假日，请于{}前办理）", month_and_day(target)),
        _ => format!("{due}前"),
    }
}

#[derive(Template)]
#[template(path = "settlement/months.html")]
struct MonthsPage {
    layout: Layout,
    months: Vec<MonthState>,
    plans: BTreeMap<i32, Programme>,
    calendar: Calendar,
    today: NaiveDate,
}

impl MonthsPage {
    fn limit(&self, month: &Month) -> Option<PlanLimit> {
        self.plans.get(&month.year()).map(|plan| deadlines::duty_pay(plan, &self.calendar, *month))
    }

    fn due(&self, row: &MonthState) -> String {
        match (row.paid_at, self.limit(&row.month)) {
            (Some(_), _) => format!("{}发放", moment(row.paid_at)),
            (None, Some(limit)) => due_text(&limit),
            (None, None) => String::new(),
        }
    }

    fn is_late(&self, row: &MonthState) -> bool {
        row.paid_at.is_none() && self.limit(&row.month).is_some_and(|limit| limit.is_missed_on(self.today))
    }

    fn shade(&self, row: &MonthState) -> &'static str {
        if row.returned { "bad" } else { shade(row.status) }
    }

    fn state(&self, row: &MonthState) -> &'static str {
        if row.returned { "已退回" } else { row.stage().label() }
    }

    fn payable(&self, row: &MonthState) -> String {
        row.payable.map_or_else(|| "—".to_owned(), yuan_text)
    }
}

#[derive(Template)]
#[template(path = "settlement/own.html")]
struct OwnPage {
    layout: Layout,
    months: Vec<OwnMonth>,
    person: i64,
}

impl OwnPage {
    fn shade(&self, row: &OwnMonth) -> &'static str {
        shade(Some(row.status))
    }

    fn money(&self, amount: &rust_decimal::Decimal) -> String {
        sheet::money(amount)
    }

    fn paid(&self, row: &OwnMonth) -> String {
        moment(row.paid_at)
    }
}

pub(super) async fn months(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    if let Some(person) = scope.person() {
        let months = db::own_months(&mut conn, scope.bureau(), person, MONTHS).await?;
        return page(&OwnPage { layout: layout.titled("我的补贴"), months, person });
    }
    let months = db::month_states(&mut conn, scope.bureau(), MONTHS).await?;
    let plans = crate::findings::db::plans_of(&mut conn, scope.bureau()).await?;
    let calendar = programmes::db::calendar(&mut conn).await?;
    page(&MonthsPage { layout: layout.titled("月结"), months, plans, calendar, today: state.clock.today() })
}

/// What the board says about a month beside its rows.
struct Frame {
    month: Month,
    limit: PlanLimit,
    today: NaiveDate,
    venues: Vec<VenueReport>,
    head: Option<Head>,
}

impl Frame {
    fn unreported(&self) -> Vec<&VenueReport> {
        self.venues.iter().filter(|venue| venue.reported_at.is_none()).collect()
    }

    fn open_findings(&self) -> i64 {
        self.venues.iter().map(|venue| venue.open_findings).sum()
    }

    fn decided_since(&self) -> i64 {
        match self.head.as_ref().map(|head| head.status) {
            Some(Status::Calculated) => self.venues.iter().map(|venue| venue.decided_since).sum(),
            _ => 0,
        }
    }

    fn status(&self) -> Option<Status> {
        self.head.as_ref().map(|head| head.status)
    }

    fn is_returned(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.returner.is_some())
    }

    fn is_late(&self) -> bool {
        self.status() != Some(Status::Paid) && self.limit.is_missed_on(self.today)
    }

    fn progress(&self) -> Progress {
        let head = self.head.as_ref();
        Progress {
            collected: !self.venues.is_empty() && self.unreported().is_empty(),
            status: self.status(),
            returned: self.is_returned(),
            reviewed: head.is_some_and(|head| head.reviewed_by.is_some()),
            locked: head.is_some_and(|head| head.locked),
        }
    }

    /// The table of stages, each with who took it and when.
    fn steps(&self) -> Vec<parts::Step> {
        let reached = rules::stage(&self.progress());
        let next = rules::STAGES.iter().map(|row| row.stage).find(|stage| *stage > reached);
        let refused = reached == Stage::Calculated;
        rules::STAGES
            .iter()
            .map(|row| {
                let state = match row.stage {
                    // Sent back: it stands at its calculation, and nobody has to look at it before it is calculated again.
                    Stage::Calculated if refused => "refused",
                    stage if stage <= reached => "done",
                    stage if Some(stage) == next && !refused => "current",
                    _ => "todo",
                };
                let (who, when) = self.taken(row);
                parts::Step { label: row.label.to_owned(), who, when, state }
            })
            .collect()
    }

    /// Who took a step and when; who will, and until when.
    fn taken(&self, row: &StageRow) -> (String, String) {
        let by = |name: Option<String>| name.unwrap_or_else(|| row.by.to_owned());
        let head = self.head.as_ref();
        let day = |day: NaiveDate| format!("{}前", month_and_day(day));
        match row.stage {
            Stage::Open => (String::new(), String::new()),
            Stage::Collected => {
                let (total, missing) = (self.venues.len(), self.unreported().len());
                let last = self.venues.iter().filter_map(|venue| venue.reported_at).max();
                let when = if missing == 0 && total > 0 { moment(last) } else { String::new() };
                (format!("{}/{total}个服务点", total - missing), when)
            }
            Stage::Calculated => {
                let head = head.map(|head| (head.calculator.clone(), moment(Some(head.calculated_at))));
                head.unwrap_or((row.by.to_owned(), String::new()))
            }
            Stage::Notified => match head.and_then(|head| head.objection_until) {
                Some(until) => ("异议期".to_owned(), format!("至{}", month_and_day(until))),
                None => (row.by.to_owned(), String::new()),
            },
            Stage::Reviewed => {
                (by(head.and_then(|head| head.reviewer.clone())), moment(head.and_then(|head| head.reviewed_at)))
            }
            Stage::Approved => {
                let who = head.and_then(|head| head.approver.clone().or_else(|| head.returner.clone()));
                (by(who), moment(head.and_then(|head| head.approved_at.or(head.returned_at))))
            }
            Stage::Paid => {
                let when = match head.and_then(|head| head.paid_at) {
                    Some(at) => moment(Some(at)),
                    None => day(self.limit.target.unwrap_or(self.limit.due)),
                };
                (by(head.and_then(|head| head.payer.clone())), when)
            }
            Stage::Locked => {
                let when = if head.is_some_and(|head| head.locked) { "已结账" } else { "结账后" };
                (row.by.to_owned(), when.to_owned())
            }
        }
    }
}

#[derive(Template)]
#[template(path = "settlement/board.html")]
struct BoardPage {
    layout: Layout,
    once: OnceKey,
    frame: Frame,
    rows: Vec<Row>,
    total: Row,
    /// What this reader may do next, if anything.
    offer: Option<Step>,
    /// This reader may send it back to the clerk.
    may_return: bool,
    /// Why this reader may not do what their role is for; empty where they may or it is not theirs.
    refusal: String,
    preview: bool,
    obstacle: String,
    may_chase: bool,
}

impl BoardPage {
    fn month(&self) -> Month {
        self.frame.month
    }

    fn steps(&self) -> Vec<parts::Step> {
        self.frame.steps()
    }

    fn shade(&self) -> &'static str {
        if self.frame.is_returned() { "bad" } else { shade(self.frame.status()) }
    }

    fn state(&self) -> &'static str {
        if self.preview {
            "预览"
        } else if self.frame.is_returned() {
            "已退回"
        } else {
            rules::stage(&self.frame.progress()).label()
        }
    }

    fn stages(&self) -> &'static [StageRow] {
        rules::STAGES
    }

    /// Within the window a review gives its reason (A54).
    fn reviews_early(&self) -> bool {
        let until = self.frame.head.as_ref().and_then(|head| head.objection_until);
        rules::may_review(until, self.frame.today, "").is_err()
    }

    fn offers_review(&self) -> bool {
        self.offer == Some(Step::Review)
    }

    /// A recalculation stays possible while the month waits for its review.
    fn offers_recalculation(&self) -> bool {
        self.offers_calculation() || self.offers_review()
    }

    fn lede(&self) -> String {
        let window =
            self.frame.head.as_ref().filter(|head| head.status != Status::Paid).and_then(|head| head.objection_until);
        let window = window.map(|until| format!("；本人可在{}前提出异议", month_and_day(until))).unwrap_or_default();
        format!("发放期限：{}{window}", due_text(&self.frame.limit))
    }

    fn offers_preview(&self) -> bool {
        !self.is_stored() && !self.frame.venues.is_empty()
    }

    fn offers_calculation(&self) -> bool {
        self.offer == Some(Step::Calculate)
    }

    fn offers_approval(&self) -> bool {
        self.offer == Some(Step::Approve)
    }

    fn offers_payment(&self) -> bool {
        self.offer == Some(Step::Pay)
    }

    fn calculate_label(&self) -> &'static str {
        if self.frame.head.is_some() { "重新计算" } else { "计算" }
    }

    /// The one primary button, unless the month already waits for somebody else.
    fn calculate_kind(&self) -> &'static str {
        if self.frame.head.is_some() && !self.frame.is_returned() && self.frame.decided_since() == 0 {
            ""
        } else {
            "primary"
        }
    }

    fn is_closed(&self) -> bool {
        matches!(self.frame.status(), Some(Status::Approved | Status::Paid))
    }

    fn money(&self, amount: &rust_decimal::Decimal) -> String {
        sheet::money(amount)
    }

    fn signed(&self, amount: &rust_decimal::Decimal) -> String {
        sheet::signed(amount)
    }

    fn capitals(&self) -> String {
        capitals(self.total.payable)
    }

    fn version(&self) -> i32 {
        self.frame.head.as_ref().map_or(0, |head| head.version)
    }

    fn person_href(&self, row: &Row) -> String {
        let preview = if self.preview { "preview/" } else { "" };
        format!("/settlements/{}/{preview}people/{}", self.frame.month, row.person_id)
    }

    fn unreported(&self) -> String {
        self.frame.unreported().iter().map(|venue| venue.name.as_str()).collect::<Vec<_>>().join("、")
    }

    fn reported(&self, venue: &VenueReport) -> String {
        match (&venue.reported_by, venue.reported_at) {
            (Some(by), at @ Some(_)) => format!("{by}，{}", moment(at)),
            _ => String::new(),
        }
    }

    /// Who asked for it last, and when.
    fn chased(&self, venue: &VenueReport) -> String {
        match &venue.chased_by {
            Some(by) => format!("{by}，{}催办", moment(venue.chased_at)),
            None => String::new(),
        }
    }

    /// Late, and not asked today.
    fn may_chase(&self, venue: &VenueReport) -> bool {
        let asked = venue.chased_at.map(|at| at.with_timezone(&SHANGHAI).date_naive());
        self.may_chase
            && venue.reported_at.is_none()
            && venue.last_shift < self.frame.today
            && asked != Some(self.frame.today)
    }

    fn chase_href(&self, venue: &VenueReport) -> String {
        format!("/settlements/{}/venues/{}/chase", self.frame.month, venue.id)
    }

    fn findings_href(&self) -> String {
        format!("/findings?month={}", self.frame.month)
    }

    fn is_stored(&self) -> bool {
        self.frame.head.is_some() && !self.preview
    }

    fn deduction_note(&self) -> String {
        let count = self.rows.iter().filter(|row| !row.deducted.is_zero()).count();
        if count == 0 { "没有扣款".to_owned() } else { format!("涉及{count}人") }
    }

    fn work_note(&self) -> String {
        format!("中心{}天，工作站{}次", self.total.centre_days, self.total.station_times)
    }

    fn forfeit_note(&self) -> String {
        let count = self.rows.iter().filter(|row| !row.forfeited.is_zero()).count();
        format!("{count}人脱岗达到规定次数")
    }

    fn confirm_pay(&self) -> String {
        format!(
            "从专项资金支付{}元（{}），并登记资金台账。支付后不能撤回，只能冲销。",
            yuan_text(self.total.payable),
            self.capitals()
        )
    }

    fn confirm_approve(&self) -> String {
        format!("审批后金额固定为{}元，不能再改；之后认定的扣款计入以后月份。", yuan_text(self.total.payable))
    }
}

fn frame(state: &AppState, month: Month, ground: &Ground, venues: Vec<VenueReport>) -> Frame {
    Frame {
        month,
        limit: deadlines::duty_pay(&ground.plan.content, &ground.calendar, month),
        today: state.clock.today(),
        venues,
        head: ground.head.clone(),
    }
}

fn titled(layout: Layout, month: Month, preview: bool) -> Layout {
    let layout = layout.crumb("月结", "/settlements");
    if preview {
        let here = format!("/settlements/{month}");
        layout.titled(format!("{}补贴预览", month.chinese())).crumb(month.chinese(), here)
    } else {
        layout.titled(format!("{}月结", month.chinese()))
    }
    .at_month(month, "/settlements/")
}

/// A month whose year has no plan: nothing can be calculated, and the page says what comes first.
#[derive(Template)]
#[template(path = "settlement/no_plan.html")]
struct NoPlanPage {
    layout: Layout,
    month: Month,
    may_edit: bool,
}

fn no_plan(layout: Layout, actor: &Actor, month: Month) -> Answer {
    let may_edit = actor.may(Action::EditProgramme).is_some();
    page(&NoPlanPage { layout: titled(layout, month, false), month, may_edit })
}

pub(super) async fn board(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    // Somebody who sees only their own pay has no board; their own page is next door.
    if let Some(person) = scope.person() {
        return Ok(Redirect::to(&format!("/settlements/{month}/people/{person}")).into_response());
    }
    let mut conn = state.pool.acquire().await?;
    let Some(ground) = db::ground(&mut conn, scope.bureau(), month).await? else {
        return no_plan(layout, &actor, month);
    };
    let since = ground.head.as_ref().map(|head| head.calculated_at);
    let venues = db::venue_reports(&mut conn, scope.bureau(), month, since).await?;
    let mut rows = match &ground.head {
        Some(head) => sheet::rows_of_items(&db::items_of(&mut conn, head.id, None).await?)?,
        None => Vec::new(),
    };
    if actor.may(Action::ReadPayments).is_none() {
        rows.iter_mut().for_each(|row| row.transfer = None);
    }
    drop(conn);
    let frame = frame(&state, month, &ground, venues);
    let (offer, refusal) = offer(&actor, &frame);
    let obstacle = if offer == Some(Step::Calculate) { obstacle(&frame) } else { String::new() };
    page(&BoardPage {
        layout: titled(layout, month, false),
        once: OnceKey::new(),
        offer: offer.filter(|_| obstacle.is_empty()),
        may_return: frame
            .head
            .as_ref()
            .is_some_and(|head| rules::judge(Step::Return, &head.situation(), actor.account_id, actor.role).is_ok()),
        refusal,
        total: sheet::totals(&rows),
        rows,
        preview: false,
        obstacle,
        may_chase: actor.may(Action::CalculateSettlement).is_some(),
        frame,
    })
}

/// The step that this reader's role is for, as things stand; or why it may not be taken now.
fn offer(actor: &Actor, frame: &Frame) -> (Option<Step>, String) {
    let situation = frame.head.as_ref().map(Head::situation).unwrap_or_default();
    let next = match (frame.status(), frame.is_returned()) {
        (None, _) | (Some(Status::Calculated), true) => &[Step::Calculate][..],
        (Some(Status::Calculated), false) if frame.decided_since() > 0 => &[Step::Approve, Step::Calculate],
        (Some(Status::Calculated), false) if situation.reviewed_by.is_none() => &[Step::Approve, Step::Review],
        (Some(Status::Calculated), false) => &[Step::Approve, Step::Calculate],
        (Some(Status::Approved), _) => &[Step::Pay],
        (Some(Status::Paid), _) => &[],
    };
    let mine = next.iter().find(|step| actor.may(step.needs()).is_some());
    match mine {
        None => (None, String::new()),
        Some(step) => match rules::judge(*step, &situation, actor.account_id, actor.role) {
            Ok(()) => (Some(*step), String::new()),
            Err(text) => (None, text),
        },
    }
}

/// Why a calculation would be refused, as far as the board knows.
fn obstacle(frame: &Frame) -> String {
    let missing = frame.unreported();
    let last = frame.venues.iter().map(|venue| venue.last_shift).max();
    match last {
        None => "没有已公示的班次，不用计算。".to_owned(),
        Some(last) if last >= frame.today => {
            format!("班次要到{}才值完，之后才能计算。", month_and_day(last))
        }
        Some(_) if !missing.is_empty() => format!("还有{}个服务点没有上报考勤，全部上报后才能计算。", missing.len()),
        Some(_) => String::new(),
    }
}

pub(super) async fn preview(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    if scope.person().is_some() {
        return Err(AppError::NotFound);
    }
    let mut conn = state.pool.acquire().await?;
    let Some((loaded, facts, head)) = db::load(&mut conn, scope.bureau(), month).await? else {
        return no_plan(layout, &actor, month);
    };
    drop(conn);
    let drafted = month::draft(&loaded);
    let rows = sheet::rows_of_draft(&drafted);
    let obstacle = service::obstacle(&facts, &drafted, state.clock.today()).unwrap_or_default();
    let limit = deadlines::duty_pay(&loaded.plan.content, &loaded.calendar, month);
    page(&BoardPage {
        layout: titled(layout, month, true),
        once: OnceKey::new(),
        offer: None,
        may_return: false,
        refusal: String::new(),
        total: sheet::totals(&rows),
        rows,
        preview: true,
        obstacle,
        may_chase: false,
        frame: Frame { month, limit, today: state.clock.today(), venues: Vec::new(), head },
    })
}
