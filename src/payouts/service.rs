//! What is done with case payouts: lock → load → decide → store → record.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::json;

use super::db::{self, Asked, BatchRow, BatchStep, CaseRow, NewPayout};
use super::rules::{self, BatchStatus, ExtensionStatus, OutsideSource, Situation, Step};
use crate::audit::Audit;
use crate::error::AppError;
use crate::fund::rules::EntryKind;
use crate::fund::service::Payment;
use crate::plan::dictionaries::Payee;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{in_sentence, plain_text};
use crate::plan::time::chinese_date;
use crate::plan::{Calendar, Programme};
use crate::settlement::month::{fingerprint_of, to_json};
use crate::web::actor::Scope;
use crate::web::typed;
use crate::web::work::Work;
use crate::{fund, payments, programmes};

/// The most cases of one batch.
pub const MOST: usize = 300;

/// A request to put a payment off.
#[derive(Clone, Debug)]
pub struct NewExtension {
    /// The case.
    pub case: i64,
    /// How many days.
    pub days: u32,
    /// Why.
    pub reason: String,
}

/// What another fund paid for a case.
#[derive(Clone, Debug)]
pub struct NewOutside {
    /// The case.
    pub case: i64,
    /// Which fund.
    pub source: OutsideSource,
    /// Yuan.
    pub amount: Decimal,
    /// When.
    pub paid_on: chrono::NaiveDate,
    /// On what paper.
    pub document: String,
}

/// A reason that must be given.
pub(super) fn said<'a>(text: &'a str, missing: &str) -> Result<&'a str, AppError> {
    typed::said(text, 500, missing)
}

/// What one case pays, as it is stored.
fn payout_of(case: &CaseRow, revision: i32, programme: &Programme, calendar: &Calendar) -> Result<NewPayout, AppError> {
    let facts = case.state.facts(programme);
    if let Some(fault) = facts.faults(programme).first() {
        return Err(AppError::refused(format!("{}的资料不能用于计算：{fault}。", case.number)));
    }
    let payout = case.state.payout(programme, calendar);
    if let Some(blocked) = payout.blocked {
        return Err(AppError::refused(format!("{}现在不能发放：{}。", case.number, blocked.label())));
    }
    let due_on = payout
        .due_on
        .ok_or_else(|| AppError::Internal(anyhow::anyhow!("a case that pays has a day on which it is due")))?;
    let (facts, result) = (to_json(&facts), to_json(&payout));
    let payee_name = match programme.case_payee {
        Payee::Handler => case.handler_name.clone(),
        Payee::Unit => case.organisation.clone(),
    };
    Ok(NewPayout {
        case_id: case.id,
        payee_kind: programme.case_payee,
        payee_name,
        organisation: case.organisation.clone(),
        place: case.state.place,
        fingerprint: fingerprint_of(&json!({
            "case": case.id, "revision": revision, "facts": facts, "result": result,
        })),
        facts,
        result,
        earmarked: payout.earmarked,
        operating: payout.operating,
        due_on,
    })
}

/// Over the fingerprints of a batch's payouts, in the order of their cases.
#[must_use]
pub fn batch_fingerprint<'a>(payouts: impl Iterator<Item = (i64, &'a str)>) -> String {
    crate::settlement::month::head_fingerprint(payouts)
}

/// Prepares a batch of cases of one plan's year; gives it with its number.
///
/// # Errors
/// A case that cannot be paid now, with the reason; cases of two years; none or too many.
pub async fn prepare(work: &mut Work, scope: Scope, cases: &[i64]) -> Result<(i64, String), AppError> {
    let bureau = scope.bureau();
    let mut cases = cases.to_vec();
    cases.sort_unstable();
    cases.dedup();
    if cases.is_empty() {
        return Err(AppError::refused("请先勾选要发放的案件。"));
    }
    if cases.len() > MOST {
        return Err(AppError::refused(format!("一个批次最多{MOST}件，请分批编制。")));
    }
    db::lock_payouts(work.conn(), bureau).await?;
    db::lock_cases(work.conn(), bureau, &cases).await?;
    let asked = Asked { ids: Some(&cases), unpaid: false, limit: i64::try_from(MOST).unwrap_or(300) };
    let rows = db::cases(work.conn(), bureau, asked).await?;
    if rows.len() != cases.len() {
        return Err(AppError::NotFound);
    }
    let mut years: Vec<i32> = rows.iter().filter_map(|row| row.state.year()).collect();
    years.sort_unstable();
    years.dedup();
    let year = match years.as_slice() {
        [year] => *year,
        [] => return Err(AppError::refused("所选案件都还没有同意结案，不能发放。")),
        _ => return Err(AppError::refused("所选案件分属不同年度，请按年度分别编制批次。")),
    };
    let plans = db::plans(work.conn(), bureau).await?;
    let (revision, programme) = plans
        .get(&year)
        .ok_or_else(|| AppError::refused(format!("{year}年的实施方案还没有建立，不能计算案件补贴。")))?;
    let calendar = programmes::db::calendar(work.conn()).await?;
    let mut payouts = Vec::with_capacity(rows.len());
    for row in &rows {
        if let (Some(batch), Some(status)) = (row.batch, row.batch_status) {
            let batch = db::batches(work.conn(), bureau, Some(batch), 1).await?.pop();
            return Err(AppError::refused(format!(
                "{}已编入{}（{}），每件只发一次。",
                row.number,
                batch.map_or_else(|| "另一批次".to_owned(), |batch| batch.title()),
                status.label()
            )));
        }
        payouts.push(payout_of(row, *revision, programme, &calendar)?);
    }
    let fingerprint = batch_fingerprint(payouts.iter().map(|payout| (payout.case_id, payout.fingerprint.as_str())));
    let (account, now) = (work.actor.account_id, work.now);
    let (id, number) =
        db::insert_batch(work.conn(), bureau, year, *revision, &payouts, &fingerprint, account, now).await?;
    let sum = |of: fn(&NewPayout) -> Decimal| plain_text(payouts.iter().map(of).sum());
    let record = Audit::new("payout.prepare", "case_batch", id)
        .after(json!({
            "year": year, "number": number, "cases": cases, "earmarked": sum(|payout| payout.earmarked),
            "operating": sum(|payout| payout.operating), "fingerprint": fingerprint,
        }))
        .note(format!("编制{year}年第{number}批办案补贴，{}件", payouts.len()));
    work.audit(record).await?;
    Ok((id, format!("{year}年第{number}批")))
}

/// The batch, judged for a step.
async fn judged(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: Option<i32>,
    step: Step,
) -> Result<BatchRow, AppError> {
    let bureau = scope.bureau();
    db::lock_payouts(work.conn(), bureau).await?;
    let batch = db::batches(work.conn(), bureau, Some(id), 1).await?.pop().ok_or(AppError::NotFound)?;
    let at = Situation { status: batch.status, prepared_by: batch.prepared_by, approved_by: batch.approved_by };
    rules::judge(step, &at, work.actor.account_id, work.actor.role).map_err(AppError::Refused)?;
    if version.is_some_and(|seen| seen != batch.version) {
        return Err(AppError::refused("您打开页面之后，这个批次已有变化。请刷新页面，看过之后再办理。"));
    }
    Ok(batch)
}

async fn moved(work: &mut Work, scope: Scope, batch: &BatchRow, to: BatchStatus, reason: &str) -> Result<(), AppError> {
    let step = BatchStep {
        id: batch.id,
        version: batch.version,
        from: batch.status,
        to,
        account: work.actor.account_id,
        at: work.now,
        reason,
    };
    if db::set_batch(work.conn(), scope.bureau(), step).await? {
        Ok(())
    } else {
        Err(AppError::refused("有人刚刚办理了这个批次，请刷新页面查看。"))
    }
}

/// Approves a batch, after calculating every case again: nothing may have changed since.
///
/// # Errors
/// One's own batch; sent back; facts changed since; changed since `version` was shown.
pub async fn approve(work: &mut Work, scope: Scope, id: i64, version: Option<i32>) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let batch = judged(work, scope, id, version, Step::Approve).await?;
    let stored = db::payouts(work.conn(), bureau, Some(id), None, None).await?;
    let ids: Vec<i64> = stored.iter().map(|payout| payout.case_id).collect();
    db::lock_cases(work.conn(), bureau, &ids).await?;
    let asked = Asked { ids: Some(&ids), unpaid: false, limit: i64::try_from(ids.len()).unwrap_or(i64::MAX) };
    let mut rows: BTreeMap<i64, CaseRow> =
        db::cases(work.conn(), bureau, asked).await?.into_iter().map(|row| (row.id, row)).collect();
    let plans = db::plans(work.conn(), bureau).await?;
    let calendar = programmes::db::calendar(work.conn()).await?;
    let (revision, programme) = plans.get(&batch.year).ok_or(AppError::NotFound)?;
    for payout in &stored {
        let case = rows.get_mut(&payout.case_id).ok_or(AppError::NotFound)?;
        // Its own payout is what makes it paid; anything else still counts.
        case.state.already_paid = case.outside.is_some();
        let again = payout_of(case, *revision, programme, &calendar)?;
        // A case may have moved on, e.g. been entered; what counts is whom it pays, how much and by when.
        let same = again.earmarked == payout.earmarked
            && again.operating == payout.operating
            && again.place == payout.place
            && again.due_on == payout.due_on
            && (again.payee_kind, again.payee_name.as_str()) == (payout.payee_kind, payout.payee_name.as_str());
        if !same {
            return Err(AppError::refused(format!(
                "编制之后{}的情况有变化，不能按原结果审批。请退回经办人重新编制。",
                payout.number
            )));
        }
    }
    if batch_fingerprint(stored.iter().map(|row| (row.case_id, row.fingerprint.as_str()))) != batch.fingerprint {
        return Err(AppError::refused("保存的批次与校验码不符，不能审批，请报告系统管理员。"));
    }
    moved(work, scope, &batch, BatchStatus::Approved, "").await?;
    let record = Audit::new("payout.approve", "case_batch", id)
        .before(json!({ "status": batch.status.code() }))
        .after(json!({ "status": "approved", "total": plain_text(batch.total()), "fingerprint": batch.fingerprint }))
        .note(format!("审批{}办案补贴{}", batch.title(), in_sentence(batch.total())));
    work.audit(record).await
}

/// Sends a batch back; everything in it stays to be read.
///
/// # Errors
/// One's own batch; no reason; approved already.
pub async fn send_back(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: Option<i32>,
    reason: &str,
) -> Result<(), AppError> {
    let reason = said(reason, "请写明退回的理由，经办人据此更正。")?;
    let batch = judged(work, scope, id, version, Step::Return).await?;
    moved(work, scope, &batch, BatchStatus::Returned, reason).await?;
    work.audit(Audit::new("payout.return", "case_batch", id).note(reason)).await
}

/// Gives a batch up: its cases are due again, its rows stay.
///
/// # Errors
/// Approved or paid already; no reason.
pub async fn dissolve(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: Option<i32>,
    reason: &str,
) -> Result<(), AppError> {
    let reason = said(reason, "请写明撤销的理由。")?;
    let batch = judged(work, scope, id, version, Step::Dissolve).await?;
    let (account, now) = (work.actor.account_id, work.now);
    db::end_payouts(work.conn(), id, None, account, now, reason).await?;
    moved(work, scope, &batch, BatchStatus::Dissolved, "").await?;
    work.audit(Audit::new("payout.dissolve", "case_batch", id).note(reason)).await
}

/// Pays an approved batch: one entry for each fund, and what the bank is told.
///
/// # Errors
/// Whoever prepared or approved it; not approved; paid already; less in a fund than is to be paid.
pub async fn pay(work: &mut Work, scope: Scope, id: i64, version: Option<i32>) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let batch = judged(work, scope, id, version, Step::Pay).await?;
    moved(work, scope, &batch, BatchStatus::Paid, "").await?;
    let payouts = db::payouts(work.conn(), bureau, Some(id), None, None).await?;
    let run = payments::pay_batch(work, bureau, &batch, &payouts).await?;
    for (kind, whole, held) in [
        (EntryKind::CasePayment, batch.earmarked, run.held_earmarked),
        (EntryKind::OperatingCasePayment, batch.operating, run.held_operating),
    ] {
        if whole.is_zero() {
            continue;
        }
        let payment = Payment {
            kind,
            summary: format!("{}办案补贴", batch.title()),
            document_kind: fund::db::CASE_BATCH,
            document_id: id.to_string(),
            paid: whole - held,
            held,
        };
        fund::service::pay(work, bureau, batch.year, payment).await?;
    }
    let record = Audit::new("payout.pay", "case_batch", id)
        .before(json!({ "status": "approved" }))
        .after(json!({ "status": "paid", "total": plain_text(batch.total()), "run": run.id }))
        .note(format!("发放{}办案补贴{}", batch.title(), in_sentence(batch.total())));
    work.audit(record).await
}

/// Takes a paid batch back to approved and reverses its entries: the payment was recorded by mistake.
///
/// # Errors
/// Not paid; something of it came back already, from the bank or in cash; no reason.
pub async fn reopen(work: &mut Work, scope: Scope, id: i64, reason: &str) -> Result<(), AppError> {
    let reason = said(reason, "请写明冲销的理由。")?;
    let bureau = scope.bureau();
    db::lock_payouts(work.conn(), bureau).await?;
    let batch = db::batches(work.conn(), bureau, Some(id), 1).await?.pop().ok_or(AppError::NotFound)?;
    if batch.status != BatchStatus::Paid {
        return Err(AppError::refused("这个批次不是“已发放”状态，没有可以冲销的付款。"));
    }
    // What came back in cash is in the books already: the whole would come back twice.
    if let Some(back) = db::payouts(work.conn(), bureau, Some(id), None, None).await?.iter().find(|row| !row.live) {
        return Err(AppError::refused(format!(
            "{}的补贴已经收回，这个批次不能再整体冲销；其余各件请逐件收回。",
            back.number
        )));
    }
    payments::take_back(work, payments::Source::Batch(id)).await?;
    for entry in db::entries_of(work.conn(), bureau, id).await? {
        fund::service::mirror(work, bureau, entry, reason).await?;
    }
    moved(work, scope, &batch, BatchStatus::Approved, "").await?;
    work.audit(Audit::new("payout.reopen", "case_batch", id).after(json!({ "status": "approved" })).note(reason)).await
}

/// Records that the subsidy of one case came back in cash: it was paid and not due (A36, A39). The case may be paid
/// again, or not, as its facts then say; what was paid stays on record.
///
/// # Errors
/// Not paid; came back before; no reason.
pub async fn refund(work: &mut Work, scope: Scope, payout: i64, reason: &str) -> Result<i64, AppError> {
    let reason = said(reason, "请写明收回的理由和依据。")?;
    let bureau = scope.bureau();
    db::lock_payouts(work.conn(), bureau).await?;
    let row = db::payouts(work.conn(), bureau, None, None, Some(payout)).await?.pop().ok_or(AppError::NotFound)?;
    let batch = db::batches(work.conn(), bureau, Some(row.batch_id), 1).await?.pop().ok_or(AppError::NotFound)?;
    if !row.live {
        return Err(AppError::refused(format!("{}的补贴已经收回或撤销。", row.number)));
    }
    // Sent is only what a paid batch sent: where the payment is taken back, its transfers are void.
    if row.payment.as_deref() != Some("sent") {
        return Err(AppError::refused(format!("{}的补贴还没有发到收款人，不用收回。", row.number)));
    }
    let (account, now, today) = (work.actor.account_id, work.now, work.today());
    for (kind, amount) in [(EntryKind::CaseRefund, row.earmarked), (EntryKind::OperatingCaseRefund, row.operating)] {
        if amount.is_zero() {
            continue;
        }
        let posting = fund::service::NewPosting {
            year: batch.year,
            kind,
            amount,
            entered_on: today,
            summary: format!("收回{}办案补贴：{reason}", row.number),
            document_kind: "case_payout",
            document_id: payout.to_string(),
            voucher: String::new(),
        };
        fund::service::post(work, scope, posting).await?;
    }
    payments::void_payout(work, payout).await?;
    db::end_payouts(work.conn(), row.batch_id, Some(payout), account, now, reason).await?;
    let record = Audit::new("payout.refund", "case_payout", payout)
        .before(json!({ "case": row.case_id, "earmarked": plain_text(row.earmarked), "operating": plain_text(row.operating) }))
        .note(reason);
    work.audit(record).await?;
    Ok(row.batch_id)
}

/// Asks for a payment to be put off.
///
/// # Errors
/// Too many days together; overdue already; paid already; another request waits.
pub async fn ask_extension(work: &mut Work, scope: Scope, new: NewExtension) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let reason = said(&new.reason, "请写明延长的理由。")?;
    let (case, programme) = case_and_plan(work, bureau, new.case).await?;
    if case.state.already_paid {
        return Err(AppError::refused("这个案件的补贴已编入批次或已经发放，不用延期。"));
    }
    let granted = u32::try_from(case.state.extension_days).unwrap_or(0);
    rules::may_extend(&programme, case.state.agreed_on, granted, new.days, work.today()).map_err(AppError::Refused)?;
    let (account, now) = (work.actor.account_id, work.now);
    let days = i32::try_from(new.days).unwrap_or(i32::MAX);
    let id = db::insert_extension(work.conn(), bureau, case.id, days, reason, account, now).await?;
    let record = Audit::new("payout.ask_extension", "case_extension", id)
        .after(json!({ "case": case.id, "days": new.days }))
        .note(reason);
    work.audit(record).await?;
    Ok(id)
}

/// Grants a request to put a payment off, or refuses it; gives the case.
///
/// # Errors
/// One's own request; decided before; too many days together; overdue already.
pub async fn decide_extension(
    work: &mut Work,
    scope: Scope,
    id: i64,
    grant: bool,
    note: &str,
) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let row = db::extension(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    let (case, programme) = case_and_plan(work, bureau, row.case_id).await?;
    if row.status != ExtensionStatus::Asked {
        return Err(AppError::refused(format!("这份申请已经办理：{}。", row.status.label())));
    }
    let account = work.actor.account_id;
    if row.asked_by == account {
        return Err(AppError::refused("这份申请由您提出，须由另一人审批。"));
    }
    let note = if grant {
        let granted = u32::try_from(case.state.extension_days).unwrap_or(0);
        let days = u32::try_from(row.days).unwrap_or(0);
        rules::may_extend(&programme, case.state.agreed_on, granted, days, work.today()).map_err(AppError::Refused)?;
        note.trim()
    } else {
        said(note, "请写明不同意的理由。")?
    };
    let status = if grant { ExtensionStatus::Granted } else { ExtensionStatus::Refused };
    let now = work.now;
    if !db::decide_extension(work.conn(), bureau, id, status, account, now, note).await? {
        return Err(AppError::refused("有人刚刚办理了这份申请，请刷新页面查看。"));
    }
    let record = Audit::new("payout.decide_extension", "case_extension", id)
        .after(json!({ "case": row.case_id, "days": row.days, "status": status.code() }))
        .note(note);
    work.audit(record).await?;
    Ok(row.case_id)
}

async fn case_and_plan(work: &mut Work, bureau: i64, case: i64) -> Result<(CaseRow, Programme), AppError> {
    db::lock_cases(work.conn(), bureau, &[case]).await?;
    let asked = Asked { ids: Some(&[case]), unpaid: false, limit: 1 };
    let row = db::cases(work.conn(), bureau, asked).await?.pop().ok_or(AppError::NotFound)?;
    let year = row.state.year().ok_or_else(|| AppError::refused("案件还没有同意结案。"))?;
    let mut plans = db::plans(work.conn(), bureau).await?;
    let (_, programme) =
        plans.remove(&year).ok_or_else(|| AppError::refused(format!("{year}年的实施方案还没有建立。")))?;
    Ok((row, programme))
}

/// Records that another fund paid a case; the programme then never does (A39).
///
/// # Errors
/// Paid by the programme already, or in a batch; a day in the future.
pub async fn record_outside(work: &mut Work, scope: Scope, new: NewOutside) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    db::lock_payouts(work.conn(), bureau).await?;
    db::lock_cases(work.conn(), bureau, &[new.case]).await?;
    let asked = Asked { ids: Some(&[new.case]), unpaid: false, limit: 1 };
    let case = db::cases(work.conn(), bureau, asked).await?.pop().ok_or(AppError::NotFound)?;
    if let Some(status) = case.batch_status {
        return Err(AppError::refused(format!(
            "{}的补贴已在惠民工程批次中（{}）。请先撤销批次或收回补贴，再登记其他资金的发放。",
            case.number,
            status.label()
        )));
    }
    if new.paid_on > work.today() {
        return Err(AppError::refused(format!("发放日期{}还没有到。", chinese_date(new.paid_on))));
    }
    let document = said(&new.document, "请写明凭证或依据。")?;
    let (account, now) = (work.actor.account_id, work.now);
    let id =
        db::insert_outside(work.conn(), bureau, new.case, new.source, new.amount, new.paid_on, document, account, now)
            .await?;
    let record = Audit::new("payout.record_outside", "case", new.case)
        .after(json!({ "payment": id, "source": new.source.code(), "amount": plain_text(new.amount) }))
        .note(document);
    work.audit(record).await?;
    Ok(id)
}

/// Takes such a record back; gives the case.
///
/// # Errors
/// Taken back before; no reason.
pub async fn withdraw_outside(work: &mut Work, scope: Scope, id: i64, why: &str) -> Result<i64, AppError> {
    let why = said(why, "请写明撤销的理由。")?;
    let (bureau, account, now) = (scope.bureau(), work.actor.account_id, work.now);
    if !db::has_outside(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let case = db::withdraw_outside(work.conn(), bureau, id, account, now, why)
        .await?
        .ok_or_else(|| AppError::refused("这条记录已经撤销。"))?;
    work.audit(Audit::new("payout.withdraw_outside", "case", case).after(json!({ "payment": id })).note(why)).await?;
    Ok(case)
}
