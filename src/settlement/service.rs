//! The steps of a month, each in one transaction with its audit record. Pages call these,
//! and so does whatever fills a database without pages.

use rust_decimal::Decimal;
use serde_json::json;

use super::db::{self, Head, MonthFacts};
use super::month::{self, Draft, Loaded};
use super::rules::{self, Step};
use super::store::{self, MonthLock};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::deadlines;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{in_sentence, plain_text};
use crate::plan::time::month_and_day;
use crate::web::actor::Scope;
use crate::web::typed;
use crate::web::work::Work;
use crate::{fund, payments};

/// What a calculation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculated {
    /// The settlement.
    pub id: i64,
    /// How many persons.
    pub people: i32,
    /// Yuan to pay.
    pub payable: Decimal,
    /// Fixes it.
    pub fingerprint: String,
}

/// Why a month cannot be settled yet; `None` when it can.
#[must_use]
pub fn obstacle(facts: &MonthFacts, draft: &Draft, today: chrono::NaiveDate) -> Option<String> {
    let month = draft.month.chinese();
    match facts.last_shift {
        None => return Some(format!("{month}没有已公示的班次，不用计算。")),
        Some(last) if last >= today => {
            return Some(format!("{month}的班次要到{}才值完，之后才能计算；现在可以先看预览。", month_and_day(last)));
        }
        Some(_) => {}
    }
    if !facts.unreported.is_empty() {
        return Some(format!(
            "还有{}个服务点没有上报{month}考勤：{}。全部上报后才能计算，现在可以先看预览。",
            facts.unreported.len(),
            facts.unreported.join("、")
        ));
    }
    (!draft.faults.is_empty()).then(|| format!("有资料不能用于计算：{}。请先更正。", draft.faults.join("；")))
}

struct Ready {
    lock: MonthLock,
    loaded: Loaded,
    facts: MonthFacts,
    head: Option<Head>,
}

/// Locks the bureau's settlements and loads the month.
async fn ready(work: &mut Work, scope: Scope, month: Month) -> Result<Ready, AppError> {
    let bureau = scope.bureau();
    let lock = store::lock_month(work.conn(), bureau, month).await?;
    let (loaded, facts, head) = db::load(work.conn(), bureau, month).await?.ok_or_else(|| no_programme(month))?;
    Ok(Ready { lock, loaded, facts, head })
}

/// A year without a plan has no rates.
fn no_programme(month: Month) -> AppError {
    AppError::refused(format!("{}年的实施方案还没有建立，不能计算补贴。", month.year()))
}

fn judged(work: &Work, step: Step, head: Option<&Head>) -> Result<(), AppError> {
    let situation = head.map(Head::situation).unwrap_or_default();
    rules::judge(step, &situation, work.actor.account_id, work.actor.role).map_err(AppError::Refused)
}

/// The stored head, as the page with `version` showed it.
fn seen(head: Option<Head>, version: Option<i32>) -> Result<Head, AppError> {
    let head = head.ok_or_else(|| AppError::refused("这个月还没有计算。"))?;
    if version.is_some_and(|version| version != head.version) {
        return Err(AppError::refused("您打开页面之后，这个月已有变化。请刷新页面，看过之后再办理。"));
    }
    Ok(head)
}

/// Calculates a month and stores it in place of an unapproved calculation. The same facts give the same fingerprint.
///
/// # Errors
/// A venue has not reported; shifts still to come; already approved; no programme.
pub async fn calculate(work: &mut Work, scope: Scope, month: Month) -> Result<Calculated, AppError> {
    let ready = ready(work, scope, month).await?;
    judged(work, Step::Calculate, ready.head.as_ref())?;
    let draft = month::draft(&ready.loaded);
    if let Some(obstacle) = obstacle(&ready.facts, &draft, work.today()) {
        return Err(AppError::Refused(obstacle));
    }
    let (account, now) = (work.actor.account_id, work.now);
    // A54: everybody concerned may look and object for some working days; a year without calendar counts plain days.
    let today = work.today();
    let until = deadlines::objection(&ready.loaded.plan.content, &ready.loaded.calendar, today)
        .unwrap_or_else(|_| today + chrono::Days::new(u64::from(ready.loaded.plan.content.objection_days)));
    let id = store::store(work.conn(), &ready.lock, &draft, &ready.loaded.plan, account, now, until)
        .await?
        .ok_or_else(|| AppError::refused("这个月刚刚审批，不能重新计算。"))?;
    let totals = draft.totals();
    let record = Audit::new("settlement.calculate", "settlement", id)
        .after(json!({
            "month": month.to_string(),
            "programme": ready.loaded.plan.id,
            "revision": ready.loaded.plan.revision,
            "people": totals.people,
            "base": plain_text(totals.base),
            "deducted": plain_text(totals.deducted),
            "adjustment": plain_text(totals.adjustment),
            "payable": plain_text(totals.payable),
            "fingerprint": draft.fingerprint,
        }))
        .note(format!("计算{}值班补贴", month.chinese()));
    let record = match &ready.head {
        Some(head) => record.before(json!({
            "payable": plain_text(head.payable),
            "fingerprint": head.fingerprint,
            "return_reason": head.return_reason,
        })),
        None => record,
    };
    work.audit(record).await?;
    Ok(Calculated { id, people: totals.people, payable: totals.payable, fingerprint: draft.fingerprint })
}

/// Approves a calculated month and freezes it, after calculating it again: the facts must still be those of the
/// calculation, and what is stored must still be what was calculated.
///
/// # Errors
/// One's own calculation; sent back; already approved; facts changed since; changed since `version` was shown.
pub async fn approve(work: &mut Work, scope: Scope, month: Month, version: Option<i32>) -> Result<i64, AppError> {
    let ready = ready(work, scope, month).await?;
    judged(work, Step::Approve, ready.head.as_ref())?;
    let head = seen(ready.head, version)?;
    let draft = month::draft(&ready.loaded);
    if let Some(obstacle) = obstacle(&ready.facts, &draft, work.today()) {
        return Err(AppError::refused(format!("计算之后情况有变化，不能审批。{obstacle}")));
    }
    let stored = db::items_of(work.conn(), head.id, None).await?;
    let sound = stored.iter().all(|item| {
        let (plan, revision) = (head.programme_id, head.programme_revision);
        month::item_fingerprint(item.person_id, plan, revision, &item.facts, &item.result) == item.fingerprint
    });
    let fingerprints = stored.iter().map(|item| (item.person_id, item.fingerprint.as_str()));
    if !sound || month::head_fingerprint(fingerprints) != head.fingerprint {
        return Err(AppError::refused(
            "保存的计算结果与校验码不符，不能审批。请退回经办人重新计算，并报告系统管理员。",
        ));
    }
    if draft.fingerprint != head.fingerprint {
        let changed: Vec<&str> = draft
            .items
            .iter()
            .filter(|item| {
                !stored.iter().any(|old| old.person_id == item.person_id && old.fingerprint == item.fingerprint)
            })
            .map(|item| item.facts.person.name.as_str())
            .take(5)
            .collect();
        let whose = if changed.is_empty() { String::new() } else { format!("（涉及{}）", changed.join("、")) };
        return Err(AppError::refused(format!(
            "计算之后考勤、扣款事项或方案有变化{whose}，不能按原结果审批。请退回经办人重新计算。"
        )));
    }
    let (account, now) = (work.actor.account_id, work.now);
    if !store::set_approved(work.conn(), &ready.lock, head.version, account, now).await? {
        return Err(AppError::refused("有人刚刚办理了这个月，请刷新页面查看。"));
    }
    let record = Audit::new("settlement.approve", "settlement", head.id)
        .before(json!({ "status": head.status.code() }))
        .after(json!({ "status": "approved", "payable": plain_text(head.payable), "fingerprint": head.fingerprint }))
        .note(format!("审批{}值班补贴{}", month.chinese(), in_sentence(head.payable)));
    work.audit(record).await?;
    Ok(head.id)
}

/// The clerk's review after the objection window, or before its end with a reason: undisputed pay goes on (A54).
///
/// # Errors
/// Sent back; reviewed already; within the window without a reason; facts changed since the calculation.
pub async fn review(
    work: &mut Work,
    scope: Scope,
    month: Month,
    version: Option<i32>,
    note: &str,
) -> Result<i64, AppError> {
    let note = note.trim();
    if note.chars().count() > 500 {
        return Err(AppError::refused("理由过长，请控制在500字以内。"));
    }
    let ready = ready(work, scope, month).await?;
    judged(work, Step::Review, ready.head.as_ref())?;
    let head = seen(ready.head, version)?;
    rules::may_review(head.objection_until, work.today(), note).map_err(AppError::Refused)?;
    let draft = month::draft(&ready.loaded);
    if draft.fingerprint != head.fingerprint {
        return Err(AppError::refused("计算之后考勤、扣款事项或方案有变化，请重新计算，再复核。"));
    }
    let (account, now) = (work.actor.account_id, work.now);
    if !store::set_reviewed(work.conn(), &ready.lock, head.version, account, now, note).await? {
        return Err(AppError::refused("有人刚刚办理了这个月，请刷新页面查看。"));
    }
    let record = Audit::new("settlement.review", "settlement", head.id)
        .after(json!({ "payable": plain_text(head.payable), "fingerprint": head.fingerprint }))
        .note(if note.is_empty() { format!("复核{}值班补贴", month.chinese()) } else { note.to_owned() });
    work.audit(record).await?;
    Ok(head.id)
}

/// Sends a calculated month back to its clerk.
///
/// # Errors
/// One's own calculation; no reason; already approved; changed since `version` was shown.
pub async fn send_back(
    work: &mut Work,
    scope: Scope,
    month: Month,
    version: Option<i32>,
    reason: &str,
) -> Result<i64, AppError> {
    let reason = typed::said(reason, 500, "请写明退回的理由，经办人据此更正。")?;
    let bureau = scope.bureau();
    let lock = store::lock_month(work.conn(), bureau, month).await?;
    let head = db::ground(work.conn(), bureau, month).await?.and_then(|ground| ground.head);
    judged(work, Step::Return, head.as_ref())?;
    let head = seen(head, version)?;
    let (account, now) = (work.actor.account_id, work.now);
    if !store::set_returned(work.conn(), &lock, head.version, account, now, reason).await? {
        return Err(AppError::refused("有人刚刚办理了这个月，请刷新页面查看。"));
    }
    let record = Audit::new("settlement.return", "settlement", head.id).note(reason);
    work.audit(record).await?;
    Ok(head.id)
}

/// Pays an approved month out of the earmarked fund; a month that comes to nothing is marked without an entry.
///
/// # Errors
/// Whoever calculated or approved it; not approved; already paid; less in the fund than is to be paid.
pub async fn pay(work: &mut Work, scope: Scope, month: Month, version: Option<i32>) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let lock = store::lock_month(work.conn(), bureau, month).await?;
    let head = db::ground(work.conn(), bureau, month).await?.and_then(|ground| ground.head);
    judged(work, Step::Pay, head.as_ref())?;
    let head = seen(head, version)?;
    let (account, now) = (work.actor.account_id, work.now);
    if !store::set_paid(work.conn(), &lock, head.version, account, now).await? {
        return Err(AppError::refused("有人刚刚办理了这个月，请刷新页面查看。"));
    }
    let entry = post(work, bureau, month, &head).await?;
    let record = Audit::new("settlement.pay", "settlement", head.id)
        .before(json!({ "status": head.status.code() }))
        .after(json!({ "status": "paid", "payable": plain_text(head.payable), "entry": entry }))
        .note(format!("发放{}值班补贴{}", month.chinese(), in_sentence(head.payable)));
    work.audit(record).await?;
    Ok(head.id)
}

/// The one place where a settlement touches the ledger and the bank; `None` for a month that comes to nothing. Whoever
/// the gate stops stays owed.
async fn post(work: &mut Work, bureau: i64, month: Month, head: &Head) -> Result<Option<i64>, AppError> {
    if head.payable.is_zero() {
        return Ok(None);
    }
    let run = payments::pay_settlement(work, bureau, head.id, month).await?;
    let payment = fund::service::Payment {
        kind: fund::rules::EntryKind::DutyPayment,
        summary: format!("{}值班补贴", month.chinese()),
        document_kind: fund::db::SETTLEMENT,
        document_id: head.id.to_string(),
        paid: head.payable - run.held_earmarked,
        held: run.held_earmarked,
    };
    fund::service::pay(work, bureau, month.year(), payment).await.map(Some)
}

/// Keeps other settlements of the bureau out until the work ends: before the ledger's books are locked, never after.
///
/// # Errors
/// When the database fails.
pub async fn hold(work: &mut Work, bureau: i64, month: Month) -> Result<MonthLock, AppError> {
    Ok(store::lock_month(work.conn(), bureau, month).await?)
}

/// Takes a paid month back to approved, because the ledger reverses its payment in the same work.
///
/// # Errors
/// Not paid, or not any more.
pub async fn reopen(work: &mut Work, lock: &MonthLock, id: i64, reason: &str) -> Result<(), AppError> {
    if !store::set_reopened(work.conn(), lock, id).await? {
        return Err(AppError::refused("对应的月结已不是“已发放”状态，请刷新后核对再冲销。"));
    }
    let record = Audit::new("settlement.reopen", "settlement", id)
        .before(json!({ "status": "paid" }))
        .after(json!({ "status": "approved" }))
        .note(reason);
    work.audit(record).await
}
