//! What pays out: the gate, the run with its transfers, what the bank sent back and the next run that takes it in.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

use super::db::{self, Due, NewRun};
use super::rules::{self, Standing, TransferStatus};
use crate::audit::Audit;
use crate::error::AppError;
use crate::fund;
use crate::fund::rules::EntryKind;
use crate::fund::service::NewPosting;
use crate::payouts::db::{BatchRow, PayoutRow};
use crate::plan::Month;
use crate::plan::money::{in_sentence, plain_text};
use crate::plan::time::chinese_date;
use crate::web::actor::Scope;
use crate::web::typed;
use crate::web::work::Work;

/// What payments rest on.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A month's settlement.
    Settlement(i64),
    /// A batch of cases.
    Batch(i64),
}

impl Source {
    fn ids(self) -> (Option<i64>, Option<i64>) {
        match self {
            Source::Settlement(id) => (Some(id), None),
            Source::Batch(id) => (None, Some(id)),
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct RunMade {
    /// The run; none where nobody could be paid.
    pub id: Option<i64>,
    /// Yuan of the earmarked fund that stay owed.
    pub held_earmarked: Decimal,
    /// Yuan of the operating fund that stay owed.
    pub held_operating: Decimal,
    /// Whom it passed over, with why.
    pub held: Vec<(String, String)>,
}

/// Makes the run of a month: everybody whom the gate lets through is sent their pay, the others stay owed.
///
/// # Errors
/// When the database fails.
pub async fn pay_settlement(work: &mut Work, bureau: i64, settlement: i64, month: Month) -> Result<RunMade, AppError> {
    let purpose = format!("{}值班补贴", month.chinese());
    let due = db::due_of_settlement(work.conn(), bureau, settlement, &purpose).await?;
    first_run(work, bureau, month.year(), Source::Settlement(settlement), &purpose, due).await
}

/// Makes the run of a batch of cases.
///
/// # Errors
/// When the database fails.
pub async fn pay_batch(
    work: &mut Work,
    bureau: i64,
    batch: &BatchRow,
    payouts: &[PayoutRow],
) -> Result<RunMade, AppError> {
    let (account, now) = (work.actor.account_id, work.now);
    let mut payees = std::collections::BTreeMap::new();
    for payout in payouts {
        let key = (payout.payee_kind, payout.payee_name.clone(), payout.organisation.clone());
        if let std::collections::btree_map::Entry::Vacant(entry) = payees.entry(key) {
            let (kind, name, organisation) = entry.key().clone();
            let id = db::payee_for(work.conn(), bureau, kind, &name, &organisation, account, now).await?;
            entry.insert(id);
        }
    }
    let ids: Vec<i64> = payees.values().copied().collect();
    let rows = db::payees_by_id(work.conn(), bureau, &ids).await?;
    let due = payouts
        .iter()
        .filter_map(|payout| {
            let key = (payout.payee_kind, payout.payee_name.clone(), payout.organisation.clone());
            let payee = rows.iter().find(|row| Some(&row.id) == payees.get(&key))?;
            Some(Due {
                payable_id: None,
                item_id: None,
                payout_id: Some(payout.id),
                person_id: None,
                payee_id: Some(payee.id),
                name: payout.payee_name.clone(),
                purpose: format!("办案补贴 {}", payout.number),
                earmarked: payout.earmarked,
                operating: payout.operating,
                bank_name: payee.bank_name.clone(),
                bank_account: payee.bank_account.clone(),
                bank_account_mask: payee.bank_account_mask.clone(),
                seal_id: payee.seal_id,
                standing: Standing {
                    hold: None,
                    suspended: false,
                    public_official: payee.public_official,
                    licence_valid_to: payee.licence_valid_to,
                    worked_until: payout.agreed_on,
                    has_account: payee.bank_account.is_some(),
                    change_waits: payee.change_waits,
                },
            })
        })
        .collect();
    let title = format!("{}办案补贴", batch.title());
    first_run(work, bureau, batch.year, Source::Batch(batch.id), &title, due).await
}

async fn first_run(
    work: &mut Work,
    bureau: i64,
    year: i32,
    source: Source,
    title: &str,
    due: Vec<Due>,
) -> Result<RunMade, AppError> {
    if due.is_empty() {
        return Ok(RunMade::default());
    }
    let (settlement, batch) = source.ids();
    let run = NewRun { year, settlement, batch, title, account: work.actor.account_id, at: work.now };
    let held: Vec<Option<String>> = due.iter().map(|due| rules::gate(&due.standing)).collect();
    let payables = db::insert_payables(work.conn(), bureau, run, &due, &held).await?;
    let mut made = RunMade::default();
    let mut sent = Vec::new();
    for ((due, why), payable) in due.iter().zip(&held).zip(payables) {
        match why {
            Some(why) => {
                made.held_earmarked += due.earmarked;
                made.held_operating += due.operating;
                made.held.push((due.name.clone(), why.clone()));
            }
            None => sent.push((payable, due)),
        }
    }
    if !sent.is_empty() {
        let id = db::insert_run(work.conn(), bureau, run).await?;
        db::insert_transfers(work.conn(), bureau, id, &sent).await?;
        made.id = Some(id);
    }
    Ok(made)
}

/// Takes in what is owed of a year and can be sent now; gives the run and how many are in it.
///
/// # Errors
/// Nobody can be paid now; less in a fund than is owed.
pub async fn pay_again(work: &mut Work, scope: Scope, year: i32) -> Result<(i64, usize), AppError> {
    let bureau = scope.bureau();
    let owed = db::owed(work.conn(), bureau, Some(year)).await?;
    let ready: Vec<(i64, &Due)> = owed
        .iter()
        .map(|owed| &owed.due)
        .filter(|due| rules::gate(&due.standing).is_none())
        .filter_map(|due| Some((due.payable_id?, due)))
        .collect();
    if ready.is_empty() {
        return Err(AppError::refused("现在没有可以补发的人：请先处理暂缓、账户等事项。"));
    }
    let payables: Vec<i64> = ready.iter().map(|(id, _)| *id).collect();
    if db::set_sent(work.conn(), bureau, &payables).await? != u64::try_from(payables.len()).unwrap_or(u64::MAX) {
        return Err(AppError::refused("有人刚刚办理了其中的补发，请刷新页面查看。"));
    }
    let today = work.today();
    let title = format!("{}补发（{}人）", chinese_date(today), ready.len());
    let run =
        NewRun { year, settlement: None, batch: None, title: &title, account: work.actor.account_id, at: work.now };
    let id = db::insert_run(work.conn(), bureau, run).await?;
    db::insert_transfers(work.conn(), bureau, id, &ready).await?;
    let sum = |of: fn(&Due) -> Decimal| ready.iter().map(|(_, due)| of(due)).sum::<Decimal>();
    for (kind, amount) in
        [(EntryKind::Repayment, sum(|due| due.earmarked)), (EntryKind::OperatingRepayment, sum(|due| due.operating))]
    {
        post(work, scope, kind, year, amount, &title, ("payment_run", id), today).await?;
    }
    let record = Audit::new("payment.run", "payment_run", id)
        .after(json!({ "transfers": ready.len(), "amount": plain_text(sum(Due::amount)) }))
        .note(&title);
    work.audit(record).await?;
    Ok((id, ready.len()))
}

#[expect(clippy::too_many_arguments, reason = "what an entry says")]
async fn post(
    work: &mut Work,
    scope: Scope,
    kind: EntryKind,
    year: i32,
    amount: Decimal,
    summary: &str,
    document: (&'static str, i64),
    on: NaiveDate,
) -> Result<(), AppError> {
    if amount.is_zero() {
        return Ok(());
    }
    let posting = NewPosting {
        year,
        kind,
        amount,
        entered_on: on,
        summary: summary.to_owned(),
        document_kind: document.0,
        document_id: document.1.to_string(),
        voucher: String::new(),
    };
    fund::service::post(work, scope, posting).await.map(|_| ())
}

/// Records that the bank sent a transfer back: its money is in the account again and owed; gives the run.
///
/// # Errors
/// Came back before; no reason; a day in the future, or before it was sent.
pub async fn return_transfer(
    work: &mut Work,
    scope: Scope,
    id: i64,
    on: NaiveDate,
    reason: &str,
) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let reason = typed::said(reason, 200, "请写明银行退汇的原因，200字以内。")?;
    if on > work.today() {
        return Err(AppError::refused("退汇日期不能晚于今天。"));
    }
    let transfer = db::transfers(work.conn(), bureau, None, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    if transfer.status != TransferStatus::Sent {
        return Err(AppError::refused(format!("这笔转账的状态是“{}”，不能登记退汇。", transfer.status)));
    }
    if on < transfer.sent_on {
        return Err(AppError::refused(format!("退汇日期不能早于登记转账的{}。", chinese_date(transfer.sent_on))));
    }
    let (account, now) = (work.actor.account_id, work.now);
    if !db::set_returned(work.conn(), bureau, &transfer, on, reason, account, now).await? {
        return Err(AppError::refused("这笔转账刚刚已登记退汇，请刷新页面查看。"));
    }
    let summary = format!("银行退汇：{} {}", transfer.payee, transfer.purpose);
    for (kind, amount) in
        [(EntryKind::BankReturn, transfer.earmarked), (EntryKind::OperatingBankReturn, transfer.operating)]
    {
        post(work, scope, kind, transfer.year, amount, &summary, ("transfer", id), on).await?;
    }
    let record = Audit::new("payment.return", "transfer", id)
        .before(json!({ "status": "sent" }))
        .after(json!({ "status": "returned", "amount": plain_text(transfer.amount), "on": on }))
        .note(format!("{}，{}：{reason}", transfer.payee, in_sentence(transfer.amount)));
    work.audit(record).await?;
    Ok(transfer.run_id)
}

/// Makes the payments of a settlement or batch void, because its payment is reversed in the ledger in the same work.
///
/// # Errors
/// Something of it came back from the bank, or was paid in a later run.
pub async fn take_back(work: &mut Work, source: Source) -> Result<(), AppError> {
    let bureau = work.actor.bureau_id;
    let (settlement, batch) = source.ids();
    if db::touched(work.conn(), bureau, settlement, batch).await? > 0 {
        return Err(AppError::refused("这次发放已有退汇或补发的记录，不能整体冲销；个别款项请在发放记录中处理。"));
    }
    Ok(db::set_void(work.conn(), bureau, settlement, batch, None).await?)
}

/// Makes the payment of one case void, because its money came back in cash.
///
/// # Errors
/// When the database fails.
pub async fn void_payout(work: &mut Work, payout: i64) -> Result<(), AppError> {
    let bureau = work.actor.bureau_id;
    Ok(db::set_void(work.conn(), bureau, None, None, Some(payout)).await?)
}
