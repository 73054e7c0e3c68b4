//! What is due, a batch, a case's way to its payment, and the sheet that is signed.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::db::{self, Asked, BatchRow, CaseRow, ExtensionRow, OutsideRow, PayoutRow};
use super::rules::{self, BatchStatus, ExtensionStatus, OutsideSource, Situation, Step};
use super::voids::{self, Beside, VoidRow};
use crate::error::AppError;
use crate::payments::Trail;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{capitals, yuan_text};
use crate::plan::time::{SHANGHAI, chinese_date, days_left, short_date};
use crate::plan::{Calendar, Month, Programme};
use crate::state::AppState;
use crate::subsidy::case_payout::CasePayout;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::filters;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::{self, ExplainLine};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;

/// How many cases and batches the page lists.
const SHOWN: i64 = 300;
const BATCHES: i64 = 30;

/// A case that waits for its payment.
struct DueCase {
    row: CaseRow,
    payout: CasePayout,
}

impl DueCase {
    fn is_ready(&self) -> bool {
        self.payout.blocked.is_none()
    }

    fn why(&self) -> &'static str {
        self.payout.blocked.map_or("", |blocked| blocked.label())
    }

    fn earmarked(&self) -> String {
        money(&self.payout.earmarked)
    }

    fn operating(&self) -> String {
        money(&self.payout.operating)
    }

    fn place(&self) -> String {
        self.row.state.place.map_or_else(|| "—".to_owned(), |place| format!("第{place}件"))
    }

    /// A36: which it counts as, where void cases before it freed their places.
    fn counts_as(&self) -> Option<i32> {
        self.row.state.position.filter(|position| Some(*position) != self.row.state.place)
    }

    fn due(&self) -> String {
        self.payout.due_on.map(short_date).unwrap_or_default()
    }

    /// The shade and words of how the payment stands to its limit.
    fn limit(&self, today: &NaiveDate) -> (&'static str, String) {
        let Some(due) = self.payout.due_on else { return ("quiet", "—".to_owned()) };
        let shade = match (due - *today).num_days() {
            ..0 => "bad",
            0..=5 => "warn",
            _ => "ok",
        };
        (shade, days_left(due, *today))
    }
}

fn money(amount: &Decimal) -> String {
    if amount.is_zero() { "—".to_owned() } else { yuan_text(*amount) }
}

fn shade(status: BatchStatus) -> &'static str {
    match status {
        BatchStatus::Prepared | BatchStatus::Approved => "wait",
        BatchStatus::Returned => "bad",
        BatchStatus::Dissolved => "quiet",
        BatchStatus::Paid => "ok",
    }
}

#[derive(Template)]
#[template(path = "payouts/due.html")]
struct DuePage {
    layout: Layout,
    once: OnceKey,
    today: NaiveDate,
    ready: Vec<DueCase>,
    waiting: Vec<DueCase>,
    voids: Vec<VoidRow>,
    batches: Vec<BatchRow>,
    may_prepare: bool,
}

impl DuePage {
    fn shade(&self, status: &BatchStatus) -> &'static str {
        shade(*status)
    }

    fn money(&self, amount: &Decimal) -> String {
        money(amount)
    }

    fn late(&self) -> usize {
        self.ready.iter().filter(|case| case.limit(&self.today).0 == "bad").count()
    }

    fn sum(&self) -> String {
        yuan_text(self.ready.iter().map(|case| case.payout.total).sum())
    }
}

/// The payout of each case under the plan of its year; cases of years without a plan are left out.
fn calculated(rows: Vec<CaseRow>, plans: &BTreeMap<i32, (i32, Programme)>, calendar: &Calendar) -> Vec<DueCase> {
    rows.into_iter()
        .filter_map(|row| {
            let (_, plan) = plans.get(&row.state.year()?)?;
            let payout = row.state.payout(plan, calendar);
            Some(DueCase { row, payout })
        })
        .collect()
}

pub(super) async fn due(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let rows = db::cases(&mut conn, bureau, Asked { ids: None, unpaid: true, limit: SHOWN }).await?;
    let (plans, voids) = voids::plans_and_open_voids(&mut conn, bureau).await?;
    let batches = db::batches(&mut conn, bureau, None, BATCHES).await?;
    drop(conn);
    let (ready, waiting) = calculated(rows, &plans, &no_calendar()).into_iter().partition(DueCase::is_ready);
    page(&DuePage {
        layout: layout.titled("案件补贴"),
        once: OnceKey::new(),
        today: state.clock.today(),
        ready,
        waiting,
        voids,
        batches,
        may_prepare: actor.may(Action::PreparePayouts).is_some(),
    })
}

/// The plan's limits do not move over holidays (A29): a page needs no calendar to say by when a case is due.
fn no_calendar() -> Calendar {
    Calendar::new([], [])
}

/// A payout by itself leads to its case: where a ledger entry names it.
pub(super) async fn item(State(state): State<AppState>, scope: Scope, InPath(id): InPath<i64>) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let row = db::payouts(&mut conn, scope.bureau(), None, None, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    Ok(Redirect::to(&format!("/payouts/cases/{}", row.case_id)).into_response())
}

#[derive(Template)]
#[template(path = "payouts/batch.html")]
struct BatchPage {
    layout: Layout,
    once: OnceKey,
    batch: BatchRow,
    payouts: Vec<PayoutRow>,
    offers: Vec<Step>,
    refusal: String,
    may_post: bool,
}

impl BatchPage {
    fn shade(&self) -> &'static str {
        shade(self.batch.status)
    }

    fn offers(&self, step: &str) -> bool {
        self.offers.iter().any(|offered| offered.code() == step)
    }

    fn money(&self, amount: &Decimal) -> String {
        money(amount)
    }

    fn is_paid(&self) -> bool {
        self.batch.status == BatchStatus::Paid
    }

    fn total(&self) -> String {
        yuan_text(self.batch.total())
    }

    fn capitals(&self) -> String {
        capitals(self.batch.total())
    }

    /// The month of its payment, whose archive holds it.
    fn paid_month(&self) -> Option<Month> {
        self.batch.paid_at.map(|at| Month::of(at.with_timezone(&SHANGHAI).date_naive()))
    }

    fn confirm_pay(&self) -> String {
        format!(
            "支付{}元（{}）：省级专项资金{}元，法律援助业务经费{}元，并登记资金台账。",
            self.total(),
            self.capitals(),
            yuan_text(self.batch.earmarked),
            yuan_text(self.batch.operating)
        )
    }

    fn payment(&self, row: &PayoutRow) -> (&'static str, String) {
        match (row.live, row.payment.as_deref()) {
            (false, _) => ("quiet", row.ended_reason.clone()),
            (true, Some("sent")) => ("ok", "已发".to_owned()),
            (true, Some("owed")) => ("warn", row.held_for.clone().unwrap_or_default()),
            _ => ("info", "未发".to_owned()),
        }
    }

    fn may_refund(&self, row: &PayoutRow) -> bool {
        self.may_post && row.live && row.payment.as_deref() == Some("sent")
    }

    fn day(&self, date: &NaiveDate) -> String {
        short_date(*date)
    }

    fn place(&self, row: &PayoutRow) -> String {
        row.place.map_or_else(|| "—".to_owned(), |place| place.to_string())
    }

    fn steps(&self) -> Vec<parts::Step> {
        let moment = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map(|at| at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string()).unwrap_or_default()
        };
        let batch = &self.batch;
        let state = |done: bool, current: bool| match (done, current) {
            (true, _) => "done",
            (false, true) => "current",
            (false, false) => "todo",
        };
        vec![
            parts::Step {
                label: "编制".to_owned(),
                who: batch.preparer.clone(),
                when: moment(Some(batch.prepared_at)),
                state: "done",
            },
            parts::Step {
                label: "审批".to_owned(),
                who: batch.approver.clone().or_else(|| batch.returner.clone()).unwrap_or_else(|| "审批人".to_owned()),
                when: moment(batch.approved_at.or(batch.returned_at)),
                state: if batch.status == BatchStatus::Returned {
                    "refused"
                } else {
                    state(batch.approved_at.is_some(), batch.status == BatchStatus::Prepared)
                },
            },
            parts::Step {
                label: "发放".to_owned(),
                who: batch.payer.clone().unwrap_or_else(|| "财务人员".to_owned()),
                when: match batch.paid_at {
                    Some(at) => moment(Some(at)),
                    None => batch.due_on.map(|due| format!("最早{}到期", short_date(due))).unwrap_or_default(),
                },
                state: state(batch.paid_at.is_some(), batch.status == BatchStatus::Approved),
            },
        ]
    }
}

pub(super) async fn batch(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let batch = db::batches(&mut conn, bureau, Some(id), 1).await?.pop().ok_or(AppError::NotFound)?;
    let payouts = db::payouts(&mut conn, bureau, Some(id), None, None).await?;
    drop(conn);
    let at = Situation { status: batch.status, prepared_by: batch.prepared_by, approved_by: batch.approved_by };
    let judged: Vec<(Step, Result<(), String>)> = Step::ALL
        .iter()
        .filter(|step| actor.may(step.needs()).is_some())
        .map(|step| (*step, rules::judge(*step, &at, actor.account_id, actor.role)))
        .collect();
    // Of what this reader's role is for next, why it may not be done; the rest is silence.
    let next = match batch.status {
        BatchStatus::Prepared => Some(Step::Approve),
        BatchStatus::Approved => Some(Step::Pay),
        _ => None,
    };
    let refusal = judged
        .iter()
        .find_map(|(step, verdict)| verdict.as_ref().err().filter(|_| Some(*step) == next).cloned())
        .unwrap_or_default();
    page(&BatchPage {
        layout: layout.titled(format!("{}办案补贴", batch.title())).crumb("案件补贴", "/payouts"),
        once: OnceKey::new(),
        batch,
        payouts,
        offers: judged.into_iter().filter(|(_, verdict)| verdict.is_ok()).map(|(step, _)| step).collect(),
        refusal,
        may_post: actor.may(Action::PostFund).is_some(),
    })
}

#[derive(Template)]
#[template(path = "payouts/print.html")]
struct PrintPage {
    layout: Layout,
    batch: BatchRow,
    payouts: Vec<PayoutRow>,
    bureau: String,
}

impl PrintPage {
    fn money(&self, amount: &Decimal) -> String {
        money(amount)
    }

    fn total(&self) -> String {
        yuan_text(self.batch.total())
    }

    fn capitals(&self) -> String {
        capitals(self.batch.total())
    }

    fn groups(&self, row: &PayoutRow) -> String {
        if row.restricted {
            return "受限案件".to_owned();
        }
        row.groups.iter().map(|group| group.label()).collect::<Vec<_>>().join("、")
    }

    fn day(&self, date: &Option<NaiveDate>) -> String {
        date.map(chinese_date).unwrap_or_default()
    }

    fn due(&self, date: &NaiveDate) -> String {
        chinese_date(*date)
    }

    fn place(&self, row: &PayoutRow) -> String {
        row.place.map_or_else(|| "—".to_owned(), |place| place.to_string())
    }

    fn code(&self) -> String {
        self.batch.fingerprint.chars().take(16).collect()
    }
}

pub(super) async fn print(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let batch = db::batches(&mut conn, scope.bureau(), Some(id), 1).await?.pop().ok_or(AppError::NotFound)?;
    let payouts = db::payouts(&mut conn, scope.bureau(), Some(id), None, None).await?;
    drop(conn);
    page(&PrintPage {
        layout: layout
            .titled(format!("特殊群体法律援助办案补贴发放表（{}）", batch.title()))
            .crumb("案件补贴", "/payouts")
            .crumb(batch.title(), format!("/payouts/batches/{id}")),
        batch,
        payouts,
        bureau: actor.bureau_name,
    })
}

#[derive(Template)]
#[template(path = "payouts/case.html")]
struct CasePage {
    layout: Layout,
    once: OnceKey,
    second: OnceKey,
    case: DueCase,
    payouts: Vec<PayoutRow>,
    extensions: Vec<ExtensionRow>,
    outside: Vec<OutsideRow>,
    voids: Vec<VoidRow>,
    sources: Vec<(&'static str, &'static str)>,
    left: u32,
    today: NaiveDate,
    may_prepare: bool,
    may_approve: bool,
    account: i64,
}

impl CasePage {
    fn money(&self, amount: &Decimal) -> String {
        money(amount)
    }

    fn lines(&self) -> Vec<ExplainLine> {
        let mut lines: Vec<ExplainLine> = self
            .case
            .payout
            .lines
            .iter()
            .map(|line| ExplainLine {
                clause: line.clause.clone(),
                text: format!("{}：{}", line.fund, line.text),
                quantity: String::new(),
                rate: "—".to_owned(),
                amount: yuan_text(line.amount),
                kind: "",
            })
            .collect();
        lines.push(ExplainLine {
            text: "应发合计".to_owned(),
            amount: yuan_text(self.case.payout.total),
            kind: "total",
            ..ExplainLine::default()
        });
        lines
    }

    /// What a payout takes from which fund.
    fn paid(&self, row: &PayoutRow) -> String {
        let funds = [("省级专项资金", row.earmarked), ("法律援助业务经费", row.operating)];
        let parts: Vec<String> = funds
            .iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(fund, amount)| format!("{fund}{}元", yuan_text(*amount)))
            .collect();
        parts.join("，")
    }

    /// Where the money of a payout went, once it was paid.
    fn trail<'a>(&self, row: &'a PayoutRow) -> Option<&'a Trail> {
        row.trail.as_ref().map(|trail| &trail.0).filter(|trail| !trail.is_empty())
    }

    fn shade(&self, status: &ExtensionStatus) -> &'static str {
        match status {
            ExtensionStatus::Asked => "wait",
            ExtensionStatus::Granted => "ok",
            ExtensionStatus::Refused => "bad",
        }
    }

    fn may_ask(&self) -> bool {
        self.may_prepare
            && self.left > 0
            && self.case.row.batch.is_none()
            && !self.case.row.extension_asked
            && self.case.payout.due_on.is_some_and(|due| due >= self.today)
    }

    fn decides(&self, extension: &ExtensionRow) -> bool {
        self.may_approve && extension.status == ExtensionStatus::Asked && extension.asked_by != self.account
    }

    fn is_void(&self) -> bool {
        self.voids.iter().any(|row| row.agreed == Some(true))
    }

    /// A counted case may be asked to be void, once (A36).
    fn may_void(&self) -> bool {
        let open = self.voids.iter().any(|row| row.agreed != Some(false));
        self.may_prepare && self.case.row.state.place.is_some() && !open
    }

    fn decides_void(&self, row: &VoidRow) -> bool {
        self.may_approve && row.agreed.is_none() && row.asked_by != self.account
    }

    fn may_record(&self) -> bool {
        self.may_prepare && self.case.row.batch.is_none()
    }
}

pub(super) async fn case(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let mut rows = db::cases(&mut conn, bureau, Asked { ids: Some(&[id]), unpaid: false, limit: 1 }).await?;
    for row in &mut rows {
        // Its own payout is explained, not refused as the second.
        row.state.already_paid = row.outside.is_some();
    }
    let payouts = db::payouts(&mut conn, bureau, None, Some(id), None).await?;
    let Beside { plans, voids, extensions, outside } = voids::beside(&mut conn, bureau, id).await?;
    drop(conn);
    if rows.is_empty() {
        return Err(AppError::NotFound);
    }
    let most =
        rows.first().and_then(|row| plans.get(&row.state.year()?)).map_or(0, |(_, plan)| plan.case_extension_days);
    let case = calculated(rows, &plans, &no_calendar())
        .pop()
        .ok_or_else(|| AppError::refused("案件还没有同意结案，暂无补贴可算。"))?;
    let granted = u32::try_from(case.row.state.extension_days).unwrap_or(0);
    page(&CasePage {
        layout: layout.titled(format!("{}补贴", case.row.number)).crumb("案件补贴", "/payouts"),
        once: OnceKey::new(),
        second: OnceKey::new(),
        left: most.saturating_sub(granted),
        case,
        payouts,
        extensions,
        outside,
        voids,
        sources: OutsideSource::ALL.iter().map(|source| (source.code(), source.label())).collect(),
        today: state.clock.today(),
        may_prepare: actor.may(Action::PreparePayouts).is_some(),
        may_approve: actor.may(Action::ApprovePayouts).is_some(),
        account: actor.account_id,
    })
}
