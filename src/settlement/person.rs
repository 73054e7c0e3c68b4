//! One person's month, every line explaining itself.

use askama::Template;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::db::{self, Head};
use super::month;
use super::objections::{self, ObjectionRow};
use super::pages::{moment, shade};
use super::sheet::{self, Row};
use crate::error::AppError;
use crate::findings;
use crate::payments::Trail;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{capitals, round_to_fen};
use crate::plan::time::short_date;
use crate::plan::{Month, clause};
use crate::state::AppState;
use crate::subsidy::duty_pay::{DutyFacts, DutyPay, ShiftPay};
use crate::subsidy::explain::Line;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::filters;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::{ExplainLine, Step};
use crate::web::posted::OnceKey;

/// The findings of a month that a page lists.
const FINDINGS: i64 = 50;

#[derive(Template)]
#[template(path = "settlement/person.html")]
struct PersonPage {
    layout: Layout,
    month: Month,
    plan: String,
    head: Option<Head>,
    row: Row,
    pay: DutyPay,
    findings: Vec<findings::db::FindingRow>,
    preview: bool,
    own: bool,
    once: OnceKey,
    objections: Vec<ObjectionRow>,
    /// The earlier months that are put right in this one.
    earlier: Vec<Month>,
    trail: Trail,
    /// Why the money is not with the person, where it is not.
    held_for: Option<String>,
    /// The last day on which this reader may object; none where they may not.
    objects_until: Option<NaiveDate>,
}

impl PersonPage {
    fn choices(&self) -> Vec<(String, String)> {
        let shifts = self.pay.shifts.iter();
        shifts.map(|shift| (shift.id.clone(), format!("{} {}", short_date(shift.date), shift.venue))).collect()
    }

    fn state(&self) -> &'static str {
        if self.preview { "预览" } else { db::status_label(self.head.as_ref().map(|head| head.status)) }
    }

    fn shade(&self) -> &'static str {
        if self.preview { "info" } else { shade(self.head.as_ref().map(|head| head.status)) }
    }

    fn lede(&self) -> String {
        let organisation =
            if self.row.organisation.is_empty() { String::new() } else { format!(" · {}", self.row.organisation) };
        format!("{}{organisation} · {}", self.row.category, self.plan)
    }

    fn money(&self, amount: &rust_decimal::Decimal) -> String {
        sheet::money(amount)
    }

    fn signed(&self, amount: &rust_decimal::Decimal) -> String {
        sheet::signed(amount)
    }

    fn capitals(&self) -> String {
        capitals(self.pay.payable)
    }

    fn day(&self, shift: &ShiftPay) -> String {
        short_date(shift.date)
    }

    /// What happened on a shift, in words; empty where nothing did.
    fn remarks(&self, shift: &ShiftPay) -> Vec<String> {
        match shift.not_payable {
            Some(reason) => vec![reason.label().to_owned()],
            None => {
                let found = shift.lines.iter().filter_map(|line| line.finding.map(|kind| (kind, line.count)));
                found.map(|(kind, count)| format!("{}{count}次", kind.label())).collect()
            }
        }
    }

    fn remark_shade(&self, shift: &ShiftPay) -> &'static str {
        if shift.not_payable.is_some() { "bad" } else { "warn" }
    }

    /// The whole calculation, shift by shift, then the month.
    fn lines(&self) -> Vec<ExplainLine> {
        let mut lines = Vec::new();
        for shift in &self.pay.shifts {
            // The reason for which nothing was earned stands among the lines too.
            if shift.lines.first() != Some(&shift.earned) {
                lines.push(ExplainLine { rate: rate(&shift.earned), ..explained(&shift.earned, "") });
            }
            for line in &shift.lines {
                let taken = Line { amount: -line.amount, ..line.clone() };
                let kind = if line.amount.is_zero() { "" } else { "minus" };
                lines.push(ExplainLine { rate: rate(line), ..explained(&taken, kind) });
            }
        }
        for step in &self.pay.steps {
            let minus = step.amount.is_sign_negative() && !step.amount.is_zero();
            lines.push(explained(step, if minus { "minus" } else { "" }));
        }
        lines.push(ExplainLine {
            text: format!("{}实发", self.month.chinese()),
            amount: sheet::signed(&self.pay.payable),
            kind: "total",
            ..ExplainLine::default()
        });
        lines
    }

    fn steps(&self) -> Vec<Step> {
        let Some(head) = &self.head else {
            return Vec::new();
        };
        let state = |done: bool, current: bool| {
            if done {
                "done"
            } else if current {
                "current"
            } else {
                "todo"
            }
        };
        let approved = head.approved_at.is_some();
        vec![
            Step {
                label: "计算".to_owned(),
                who: head.calculator.clone(),
                when: moment(Some(head.calculated_at)),
                state: "done",
            },
            Step {
                label: "审批".to_owned(),
                who: head.approver.clone().unwrap_or_default(),
                when: moment(head.approved_at),
                state: if head.returner.is_some() { "refused" } else { state(approved, true) },
            },
            Step {
                label: "发放".to_owned(),
                who: head.payer.clone().unwrap_or_default(),
                when: moment(head.paid_at),
                state: state(head.paid_at.is_some(), approved),
            },
        ]
    }

    fn gross_note(&self) -> String {
        format!("中心{}天，工作站{}次", self.row.centre_days, self.row.station_times)
    }

    fn deduction_note(&self) -> String {
        if self.row.forfeited.is_zero() {
            "以各班次补贴为限".to_owned()
        } else {
            format!("另有当月不发{}元", sheet::signed(&self.row.forfeited))
        }
    }

    fn finding_day(&self, row: &findings::db::FindingRow) -> String {
        short_date(row.event_on)
    }
}

/// What one of them costs; a dash where the line is no product.
fn rate(line: &Line) -> String {
    let cancels = line.finding == Some(FindingKind::FalseDuty);
    let is_step = line.finding.is_none() && line.clause != clause::DUTY_RATES.number;
    if line.count == 0 || line.amount.is_zero() || cancels || is_step {
        return "—".to_owned();
    }
    sheet::signed(&round_to_fen(line.amount / Decimal::from(line.count)))
}

fn explained(line: &Line, kind: &'static str) -> ExplainLine {
    ExplainLine {
        clause: line.clause.clone(),
        text: line.text.clone(),
        quantity: if line.count == 0 { String::new() } else { line.count.to_string() },
        rate: "—".to_owned(),
        amount: sheet::money(&line.amount),
        kind,
    }
}

pub(super) async fn one(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath((month, person)): InPath<(Month, i64)>,
) -> Answer {
    if scope.person().is_some_and(|own| own != person) {
        return Err(AppError::NotFound);
    }
    let mut conn = state.pool.acquire().await?;
    let ground = db::ground(&mut conn, scope.bureau(), month).await?.ok_or(AppError::NotFound)?;
    let head = ground.head.ok_or(AppError::NotFound)?;
    let item = db::items_of(&mut conn, head.id, Some(person)).await?.pop().ok_or(AppError::NotFound)?;
    let of_person = findings::db::Filter { month: Some(month), person: Some(person), ..findings::db::Filter::all() };
    let found = findings::db::findings(&mut conn, scope, &of_person, FINDINGS).await?;
    let objections = match scope.person() {
        Some(_) => objections::objections(&mut conn, scope.bureau(), month, Some(person)).await?,
        None => Vec::new(),
    };
    drop(conn);
    let unreadable = || AppError::Internal(anyhow::anyhow!("a stored settlement item cannot be read"));
    let row = Row::stored(&item).ok_or_else(unreadable)?;
    let facts: DutyFacts = serde_json::from_value(item.facts).map_err(|_| unreadable())?;
    let pay: DutyPay = serde_json::from_value(item.result).map_err(|_| unreadable())?;
    let own = scope.person().is_some();
    page(&PersonPage {
        layout: framed(layout, month, &facts.person.name, own, false),
        month,
        plan: format!("{}年方案第{}版", pay.programme, head.programme_revision),
        objects_until: head
            .objection_until
            .filter(|until| own && *until >= state.clock.today() && head.status != super::Status::Paid),
        head: Some(head),
        row,
        pay,
        findings: found,
        preview: false,
        own,
        once: OnceKey::new(),
        objections,
        earlier: item.earlier.into_iter().map(Month::of).collect(),
        trail: item.trail.map(|trail| trail.0).unwrap_or_default(),
        held_for: item.held_for.filter(|why| !why.is_empty()),
    })
}

fn framed(layout: Layout, month: Month, name: &str, own: bool, preview: bool) -> Layout {
    let layout = layout.crumb(if own { "我的补贴" } else { "月结" }, "/settlements");
    if own {
        return layout.titled(format!("{}补贴", month.chinese()));
    }
    let (word, back) = if preview {
        ("补贴预览", format!("/settlements/{month}/preview"))
    } else {
        ("补贴", format!("/settlements/{month}"))
    };
    layout.titled(format!("{name}{}{word}", month.chinese())).crumb(month.chinese(), back)
}

pub(super) async fn preview(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath((month, person)): InPath<(Month, i64)>,
) -> Answer {
    if scope.person().is_some() {
        return Err(AppError::NotFound);
    }
    let mut conn = state.pool.acquire().await?;
    let (loaded, _, _) = db::load(&mut conn, scope.bureau(), month).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let drafted = month::draft(&loaded);
    let rows = sheet::rows_of_draft(&drafted);
    let found = drafted.items.into_iter().zip(rows).find(|(item, _)| item.person_id == person);
    let (item, row) = found.ok_or(AppError::NotFound)?;
    page(&PersonPage {
        layout: framed(layout, month, &item.facts.person.name, false, true),
        month,
        plan: format!("{}年方案第{}版", item.pay.programme, loaded.plan.revision),
        head: None,
        row,
        pay: item.pay,
        findings: Vec::new(),
        preview: true,
        own: false,
        once: OnceKey::new(),
        objections: Vec::new(),
        earlier: Vec::new(),
        trail: Trail::default(),
        held_for: None,
        objects_until: None,
    })
}
