//! Pages of findings.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::db::{self, Filter, FindingRow, GapRow, StepRow};
use super::rules::{self, Cost, Mover, NextStep, Status, Step};
use crate::error::AppError;
use crate::plan::Programme;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::time::{SHANGHAI, month_and_day, short_date};
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::{Event, Pager};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::terms::Term;
use crate::{programmes, venues};

/// How many findings are put one step on together, at the most.
const MOST_TOGETHER: i64 = 200;

/// The shade of a state's tag.
pub(super) fn shade(status: Status) -> &'static str {
    match status {
        Status::Proposed => "info",
        Status::Told => "wait",
        Status::Objected => "warn",
        Status::Confirmed => "ok",
        Status::Revoked => "quiet",
    }
}

pub(super) fn mover(actor: &Actor) -> Mover {
    Mover { account: actor.account_id, role: actor.role, person: actor.person_id }
}

/// `150元`, or what a false duty costs.
fn cost_text(cost: Option<&Cost>) -> String {
    match cost {
        None => String::new(),
        Some(Cost { amount: Some(amount), .. }) => crate::plan::money::yuan_text(*amount),
        Some(Cost { amount: None, .. }) => "当天补贴".to_owned(),
    }
}

/// The filters as they stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    month: String,
    #[serde(default)]
    venue: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    before: String,
}

impl ListQuery {
    /// What is asked for; what cannot be read asks for nothing in particular.
    fn filter(&self) -> Filter {
        let person = self.person.trim();
        let number: Option<i64> = person.parse().ok();
        Filter {
            month: self.month.parse().ok(),
            venue: self.venue.parse().ok(),
            person: number,
            name: (number.is_none() && !person.is_empty()).then(|| person.chars().take(30).collect()),
            kind: FindingKind::from_code(&self.kind),
            status: Status::from_code(&self.status),
            highest: self.before.parse().map_or(i64::MAX, |before: i64| before.saturating_sub(1)),
            ..Filter::all()
        }
    }

    fn href(&self, before: Option<i64>) -> String {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let pairs = [
            ("month", self.month.as_str()),
            ("venue", self.venue.as_str()),
            ("person", self.person.as_str()),
            ("kind", self.kind.as_str()),
            ("status", self.status.as_str()),
            ("before", before.as_str()),
        ];
        let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        match serde_html_form::to_string(given) {
            Ok(text) if !text.is_empty() => format!("/findings?{text}"),
            _ => "/findings".to_owned(),
        }
    }

    fn is_plain(&self) -> bool {
        [&self.month, &self.venue, &self.person, &self.kind, &self.status].iter().all(|value| value.is_empty())
    }
}

type Choices = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "findings/list.html")]
struct ListPage {
    layout: Layout,
    query: ListQuery,
    /// Who was searched for.
    term: String,
    errors: Errors,
    rows: Vec<FindingRow>,
    plans: BTreeMap<i32, Programme>,
    venues: Choices,
    kinds: Choices,
    statuses: Choices,
    pager: Pager,
    own: bool,
    may_propose: bool,
    together: Option<Step>,
    check_href: String,
}

impl ListPage {
    fn cost(&self, row: &FindingRow) -> String {
        let plan = self.plans.get(&row.month.year());
        cost_text(plan.map(|plan| rules::cost(plan, row.kind, row.venue_kind)).as_ref())
    }

    fn day(&self, row: &FindingRow) -> String {
        short_date(row.event_on)
    }

    /// As much of the evidence as a row holds; all of it is on the finding's page.
    fn evidence(&self, row: &FindingRow) -> String {
        let mut characters = row.evidence.chars();
        let start: String = characters.by_ref().take(36).collect();
        if characters.next().is_some() { format!("{start}……") } else { start }
    }

    fn shade(&self, row: &FindingRow) -> &'static str {
        shade(row.status)
    }

    fn lede(&self) -> &'static str {
        if self.own {
            "告知您的扣款事项。在异议期内可以提出异议，认定后才计入补贴。"
        } else {
            "提出、告知、异议、认定，只有认定的才计入补贴。"
        }
    }

    fn step_code(&self) -> &'static str {
        self.together.map(Step::code).unwrap_or_default()
    }

    fn is_filtered(&self) -> bool {
        !self.query.is_plain()
    }
}

pub(super) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(mut query): Query<ListQuery>,
) -> Answer {
    let Term { text: term, sealed } = Term::read(&state, &actor, &query.person)?;
    let filter = ListQuery { person: term.clone(), ..query.clone() }.filter();
    query.person = sealed;
    let mut conn = state.pool.acquire().await?;
    let mut rows = db::findings(&mut conn, scope, &filter, layout.rows.asked()).await?;
    let more = layout.rows.cut(&mut rows);
    let plans = db::plans_of(&mut conn, scope.bureau()).await?;
    let venues = match scope {
        Scope::Bureau { bureau } => venues::db::venues_of(&mut conn, bureau).await?,
        Scope::Own { .. } | Scope::Venue { .. } => Vec::new(),
    };
    drop(conn);
    let next = rows.last().filter(|_| more).map(|last| query.href(Some(last.id)));
    let pager = Pager {
        previous: (!query.before.is_empty()).then(|| query.href(None)),
        next,
        text: format!("本页{}项", rows.len()),
        rows: layout.rows,
    };
    let together = match filter.status {
        Some(Status::Proposed) if actor.may(Action::TellFinding).is_some() => Some(Step::Tell),
        Some(Status::Told) if actor.may(Action::DecideFinding).is_some() => Some(Step::Confirm),
        _ => None,
    };
    let month = filter.month.unwrap_or_else(|| Month::of(state.clock.today()));
    page(&ListPage {
        layout: layout.titled(if scope.person().is_some() { "我的扣款事项" } else { "扣款事项" }),
        errors: Errors::new(),
        rows,
        plans,
        venues: venues.into_iter().map(|venue| (venue.id.to_string(), venue.short_name)).collect(),
        kinds: FindingKind::ALL.iter().map(|kind| (kind.code().to_owned(), kind.label().to_owned())).collect(),
        statuses: Status::ALL.iter().map(|status| (status.code().to_owned(), status.label().to_owned())).collect(),
        pager,
        own: scope.person().is_some(),
        may_propose: actor.may(Action::ProposeFinding).is_some(),
        together,
        check_href: format!("/findings/check/{month}"),
        query,
        term,
    })
}

#[derive(Template)]
#[template(path = "findings/one.html")]
struct OnePage {
    layout: Layout,
    once: OnceKey,
    finding: FindingRow,
    cost: Option<Cost>,
    next: Vec<NextStep>,
    events: Vec<Event>,
    own: bool,
    /// The reader may try the other decision.
    what_if: bool,
}

impl OnePage {
    fn shade(&self) -> &'static str {
        shade(self.finding.status)
    }

    fn shift(&self) -> String {
        let finding = &self.finding;
        format!("{} {}至{}", short_date(finding.event_on), clock(finding.starts_at), clock(finding.ends_at))
    }

    fn times(&self) -> String {
        let at = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map(|at| at.with_timezone(&SHANGHAI).format("%H:%M").to_string())
        };
        match (at(self.finding.signed_in_at), at(self.finding.signed_out_at)) {
            (None, _) => "没有签到".to_owned(),
            (Some(came), None) => format!("{came}签到，没有签退"),
            (Some(came), Some(left)) => format!("{came}签到，{left}签退"),
        }
    }

    /// What tells it from others of its kind, in words.
    fn occurrence(&self) -> String {
        let finding = &self.finding;
        match finding.kind {
            FindingKind::OffPost => format!("{}点名", finding.occurrence),
            FindingKind::FalseDuty if finding.occurrence.is_empty() => "整个班次".to_owned(),
            FindingKind::FalseDuty => format!("{}发现", finding.occurrence),
            FindingKind::RecordDefect | FindingKind::Dissatisfied => match &finding.consultation {
                Some(number) => format!("咨询记录{number}"),
                None => finding.occurrence.trim_start_matches("matter:").to_owned(),
            },
            FindingKind::Late | FindingKind::EarlyLeave => String::new(),
        }
    }

    fn amount(&self) -> String {
        match self.cost.as_ref().map(|cost| cost.amount) {
            Some(Some(amount)) => format!("{}元", crate::plan::money::yuan_text(amount)),
            Some(None) => "取消当天值班补贴".to_owned(),
            None => String::new(),
        }
    }

    /// A27: the month was approved before this is decided, so it comes into the next open one.
    fn comes_late(&self) -> bool {
        self.finding.settled_at.is_some_and(|settled| self.finding.decided_at.is_none_or(|decided| decided > settled))
    }

    fn until(&self) -> String {
        self.finding.objection_until.map(month_and_day).unwrap_or_default()
    }

    fn action(&self, step: &NextStep) -> String {
        format!("/findings/{}/{}", self.finding.id, step.step.code())
    }

    /// The words on the button.
    fn button(&self, step: &NextStep) -> &'static str {
        match step.step {
            Step::Tell => "告知本人",
            Step::Object => "提交异议",
            Step::Confirm => "认定属实",
            Step::Revoke => "撤销",
            Step::Withdraw => "撤回",
        }
    }

    fn button_class(&self, step: &NextStep) -> &'static str {
        match step.step {
            Step::Tell | Step::Confirm | Step::Object => "primary",
            Step::Revoke | Step::Withdraw => "danger",
        }
    }

    fn asks(&self, step: &NextStep) -> &'static str {
        match step.step {
            Step::Confirm => "认定后计入本人当月补贴的计算。",
            Step::Revoke | Step::Withdraw => "撤销后不再计入，也不能恢复；如有需要须重新提出。",
            Step::Tell => "告知后开始计算异议期。",
            Step::Object => "提交后不能修改。",
        }
    }
}

pub(super) fn clock(time: chrono::NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

fn event(row: &StepRow) -> Event {
    let who = match (&row.account, row.role) {
        (Some(name), Some(role)) => format!("{name}（{}）", role.label()),
        _ => "系统".to_owned(),
    };
    let (what, kind) = match row.status {
        Status::Proposed => ("提出扣款事项", ""),
        Status::Told => ("告知本人", ""),
        Status::Objected => ("提出异议", "warn"),
        Status::Confirmed => ("认定属实", "bad"),
        Status::Revoked => ("撤销", "good"),
    };
    Event {
        when: row.at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string(),
        who,
        what: what.to_owned(),
        note: row.note.clone(),
        kind,
    }
}

pub(super) async fn one(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let finding = db::find(&mut conn, scope, id).await?.ok_or(AppError::NotFound)?;
    let steps = db::steps_of(&mut conn, id).await?;
    let plan = programmes::db::find(&mut conn, scope.bureau(), finding.month.year()).await?;
    drop(conn);
    page(&OnePage {
        layout: layout.titled(format!("{}：{}", finding.person, finding.kind)).crumb("扣款事项", "/findings"),
        once: OnceKey::new(),
        cost: plan.map(|plan| rules::cost(&plan.content, finding.kind, finding.venue_kind)),
        next: rules::next_steps(&finding.situation(), &mover(&actor), state.clock.today()),
        events: steps.iter().map(event).collect(),
        own: scope.person().is_some(),
        what_if: actor.may_everywhere(Action::ReadSettlement),
        finding,
    })
}

/// The findings that were ticked, and what to do with them.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct TogetherQuery {
    #[serde(default)]
    step: String,
    #[serde(default)]
    id: Vec<i64>,
}

#[derive(Template)]
#[template(path = "findings/together.html")]
struct TogetherPage {
    layout: Layout,
    once: OnceKey,
    step: Step,
    rows: Vec<FindingRow>,
    refused: Vec<(i64, String)>,
    note: &'static str,
    plans: BTreeMap<i32, Programme>,
}

impl TogetherPage {
    fn step_code(&self) -> &'static str {
        self.step.code()
    }

    fn cost_of(&self, row: &FindingRow) -> Option<Cost> {
        self.plans.get(&row.month.year()).map(|plan| rules::cost(plan, row.kind, row.venue_kind))
    }

    fn cost(&self, row: &FindingRow) -> String {
        cost_text(self.cost_of(row).as_ref())
    }

    fn day(&self, row: &FindingRow) -> String {
        short_date(row.event_on)
    }

    /// Why a row cannot be done; empty where it can.
    fn refusal(&self, row: &FindingRow) -> &str {
        self.refused.iter().find(|(id, _)| *id == row.id).map_or("", |(_, text)| text)
    }

    fn people(&self) -> usize {
        self.rows.iter().map(|row| row.person_id).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// By kind: how many, and what they cost together before the shifts' pay limits it.
    fn counts(&self) -> Vec<(&'static str, usize, String)> {
        FindingKind::ALL
            .iter()
            .filter_map(|kind| {
                let of_kind: Vec<_> = self.rows.iter().filter(|row| row.kind == *kind).collect();
                let amounts: Vec<_> = of_kind.iter().filter_map(|row| self.cost_of(row)?.amount).collect();
                let total: Decimal = amounts.iter().sum();
                let text =
                    if amounts.is_empty() { "当天补贴".to_owned() } else { crate::plan::money::yuan_text(total) };
                (!of_kind.is_empty()).then(|| (kind.label(), of_kind.len(), text))
            })
            .collect()
    }
}

pub(super) async fn together(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<TogetherQuery>,
) -> Answer {
    let step = match Step::from_code(&query.step) {
        Some(step @ (Step::Tell | Step::Confirm)) => step,
        _ => return Err(AppError::NotFound),
    };
    if query.id.is_empty() {
        return Err(AppError::Unusable("还没有勾选扣款事项。请返回列表，勾选后再办理。".to_owned()));
    }
    let mut conn = state.pool.acquire().await?;
    let rows = db::findings(&mut conn, scope, &Filter::some(&query.id), MOST_TOGETHER).await?;
    let plans = db::plans_of(&mut conn, scope.bureau()).await?;
    drop(conn);
    if rows.len() != query.id.len() {
        return Err(AppError::NotFound);
    }
    let mut refused = Vec::new();
    let mut note = "";
    for row in &rows {
        match rules::judge(step, &row.situation(), &mover(&actor), state.clock.today()) {
            rules::Verdict::Refused(text) => refused.push((row.id, text)),
            rules::Verdict::WithNote(text) => note = text,
            rules::Verdict::Allowed => {}
        }
    }
    let title = format!("一并{}{}项扣款事项", step.label(), rows.len());
    page(&TogetherPage {
        layout: layout.titled(title).crumb("扣款事项", "/findings"),
        once: OnceKey::new(),
        step,
        rows,
        refused,
        note,
        plans,
    })
}

#[derive(Template)]
#[template(path = "findings/check.html")]
struct CheckPage {
    layout: Layout,
    once: OnceKey,
    month: Month,
    absent: Vec<GapRow>,
    unsigned: Vec<GapRow>,
}

impl CheckPage {
    fn day(&self, row: &GapRow) -> String {
        short_date(row.duty_on)
    }

    fn hours(&self, row: &GapRow) -> String {
        format!("{}至{}", clock(row.starts_at), clock(row.ends_at))
    }

    fn came(&self, row: &GapRow) -> String {
        row.signed_in_at.map(|at| at.with_timezone(&SHANGHAI).format("%H:%M").to_string()).unwrap_or_default()
    }

    /// How many missing sign-outs are not proposed yet.
    fn unproposed(&self) -> usize {
        self.unsigned.iter().filter(|row| row.finding_id.is_none()).count()
    }
}

pub(super) async fn check(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let gaps = db::gaps(&mut conn, scope, month, state.clock.today()).await?;
    drop(conn);
    let (unsigned, absent) = gaps.into_iter().partition(|gap| gap.signed_in_at.is_some());
    page(&CheckPage {
        layout: layout
            .titled(format!("{}考勤核对", month.chinese()))
            .crumb("扣款事项", "/findings")
            .at_month(month, "/findings/check/"),
        once: OnceKey::new(),
        month,
        absent,
        unsigned,
    })
}
