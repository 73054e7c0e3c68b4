//! What changes the ledger: lock the year's books → look whether the money suffices →
//! write the entry and its lines → record.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

use super::db::{self, Books, NewEntry};
use super::rules::{self, Account, EntryKind, Line};
use super::{NewReceipt, NewTransfer};
use crate::audit::Audit;
use crate::error::AppError;
use crate::payments;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::time::chinese_date;
use crate::settlement;
use crate::web::actor::Scope;
use crate::web::work::Work;

/// Records that provincial money reached the county finance bureau; gives the entry.
///
/// # Errors
/// [`AppError::Refused`] where the year has no books.
pub async fn record_receipt(work: &mut Work, scope: Scope, new: NewReceipt) -> Result<i64, AppError> {
    let books = open(work, scope.bureau(), new.year).await?;
    let entry = NewEntry {
        kind: EntryKind::Receipt,
        entered_on: new.received_on,
        summary: "省级专项资金到账".to_owned(),
        voucher: new.voucher,
        document_kind: "notice",
        document_id: new.notice,
        document_on: new.notice_on,
        reversal_of: None,
    };
    post_amount(work, &books, entry, new.amount).await
}

/// Records that the county finance bureau transferred money to the justice bureau.
///
/// # Errors
/// [`AppError::Refused`] where less is there, with what is missing.
pub async fn record_transfer(work: &mut Work, scope: Scope, new: NewTransfer) -> Result<i64, AppError> {
    let books = open(work, scope.bureau(), new.year).await?;
    let entry = NewEntry {
        kind: EntryKind::Transfer,
        entered_on: new.transferred_on,
        summary: "市财政局拨付至市司法局".to_owned(),
        voucher: new.voucher,
        document_kind: "transfer_order",
        document_id: new.order,
        document_on: None,
        reversal_of: None,
    };
    post_amount(work, &books, entry, new.amount).await
}

/// Pays a month's duty subsidies out of the bureau's account; gives the entry. The caller
/// marks the settlement as paid in the same work. `amount` is above zero: a month that
/// pays nothing needs no entry.
///
/// # Errors
/// [`AppError::Refused`] where less is there, with what is missing.
pub async fn pay_duty_subsidy(
    work: &mut Work,
    bureau: i64,
    year: i32,
    settlement_id: i64,
    month: Month,
    amount: Decimal,
) -> Result<i64, AppError> {
    let payment = Payment {
        kind: EntryKind::DutyPayment,
        summary: format!("{}值班补贴", month.chinese()),
        document_kind: db::SETTLEMENT,
        document_id: settlement_id.to_string(),
        paid: amount,
        held: Decimal::ZERO,
    };
    pay(work, bureau, year, payment).await
}

/// A subsidy about to leave the fund.
#[derive(Clone, Debug)]
pub struct Payment {
    /// A payment of duty, or of cases from either fund.
    pub kind: EntryKind,
    /// What it is for.
    pub summary: String,
    /// What kind of thing it rests on.
    pub document_kind: &'static str,
    /// Which one.
    pub document_id: String,
    /// Yuan that leave the account today.
    pub paid: Decimal,
    /// Yuan that are spent and owed: their persons cannot be paid yet.
    pub held: Decimal,
}

/// Posts a payment; gives the entry. Something is paid or held.
///
/// # Errors
/// [`AppError::Refused`] where less is there than is paid and held together.
pub async fn pay(work: &mut Work, bureau: i64, year: i32, payment: Payment) -> Result<i64, AppError> {
    let books = open(work, bureau, year).await?;
    let (paid, held) = (money::round_to_fen(payment.paid), money::round_to_fen(payment.held));
    // What is held must be there too: it is only not sent yet.
    let whole = rules::lines(payment.kind, paid + held).into_iter().flatten().collect::<Vec<_>>();
    suffices(&books, &whole)?;
    let entry = NewEntry {
        kind: payment.kind,
        entered_on: work.today(),
        summary: payment.summary,
        voucher: String::new(),
        document_kind: payment.document_kind,
        document_id: payment.document_id,
        document_on: None,
        reversal_of: None,
    };
    write(work, &books, entry, &rules::payment_lines(payment.kind, paid, held), "").await
}

/// Any entry of one amount between the two accounts of its kind, resting on a document; gives the entry.
///
/// # Errors
/// [`AppError::Refused`] where less is there, or the period is closed.
pub async fn post(work: &mut Work, scope: Scope, new: NewPosting) -> Result<i64, AppError> {
    let books = open(work, scope.bureau(), new.year).await?;
    if new.kind == EntryKind::FundReturn {
        let owed = -books.balance(Account::Unpaid);
        let free = books.balance(Account::AtBureau) - owed;
        if new.amount > free {
            return Err(AppError::refused(format!(
                "专账余额中有{}元是待发补贴，可以上缴的只有{}元。",
                money::yuan_text(owed),
                money::yuan_text(free.max(Decimal::ZERO))
            )));
        }
    }
    let entry = NewEntry {
        kind: new.kind,
        entered_on: new.entered_on,
        summary: new.summary,
        voucher: new.voucher,
        document_kind: new.document_kind,
        document_id: new.document_id,
        document_on: None,
        reversal_of: None,
    };
    post_amount(work, &books, entry, new.amount).await
}

/// An amount that moves between the two accounts of its kind.
#[derive(Clone, Debug)]
pub struct NewPosting {
    /// The year of the books.
    pub year: i32,
    /// What it records.
    pub kind: EntryKind,
    /// Yuan.
    pub amount: Decimal,
    /// The day.
    pub entered_on: NaiveDate,
    /// What it is for.
    pub summary: String,
    /// What kind of thing it rests on.
    pub document_kind: &'static str,
    /// Which one.
    pub document_id: String,
    /// The voucher's number; may be empty.
    pub voucher: String,
}

/// Mirrors an entry; a duty payment's settlement goes back from paid to approved with it.
///
/// # Errors
/// [`AppError::NotFound`] outside the scope; [`AppError::Refused`] where the entry is a
/// reversal, was reversed before, or its money has been passed on.
pub async fn reverse(work: &mut Work, scope: Scope, id: i64, reason: &str) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let asked = db::find_entry(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    if !asked.kind.is_reversed_alone() {
        return Err(AppError::refused(format!(
            "“{}”由发放业务自动记账，不能单独冲销；请在对应的发放批次中办理。",
            asked.kind.label()
        )));
    }
    // A payment locks its settlement first and the books second; so does its reversal.
    let settled = match asked.settlement().zip(asked.settled_month) {
        Some((settlement, month)) => Some((settlement, settlement::service::hold(work, bureau, month).await?)),
        None => None,
    };
    if let Some((settlement, _)) = &settled {
        payments::take_back(work, payments::Source::Settlement(*settlement)).await?;
    }
    let made = mirror(work, bureau, id, reason).await?;
    if let Some((settlement, lock)) = settled {
        let note = format!("付款记录第{}号已冲销：{reason}", asked.number);
        settlement::service::reopen(work, &lock, settlement, &note).await?;
    }
    Ok(made)
}

/// Writes the mirror of an entry, whatever its kind; the caller undoes what rests on it.
///
/// # Errors
/// As [`reverse`].
pub async fn mirror(work: &mut Work, bureau: i64, id: i64, reason: &str) -> Result<i64, AppError> {
    let asked = db::find_entry(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    let books = open(work, bureau, asked.year).await?;
    // Read under the lock: nobody else reverses it meanwhile.
    let entry = db::find_entry(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    if entry.kind == EntryKind::Reversal {
        return Err(AppError::refused("冲销记录本身不能再冲销；如冲销有误，请重新登记原来的业务。"));
    }
    if let Some(number) = entry.reversed_by_number {
        return Err(AppError::refused(format!("第{}号记录已由第{number}号记录冲销，不能重复冲销。", entry.number)));
    }
    let original: Vec<Line> =
        entry.postings.iter().map(|posting| Line { account: posting.account, amount: posting.amount }).collect();
    let lines = rules::mirrored(&original);
    if let Some(short) = rules::shortage(|account| books.balance(account), &lines) {
        return Err(AppError::refused(format!(
            "不能冲销：这笔钱已经用出去一部分。{}请先冲销其后的记录。",
            short.sentence()
        )));
    }
    let mirror = NewEntry {
        kind: EntryKind::Reversal,
        entered_on: work.today(),
        summary: format!("冲销第{}号（{}）：{reason}", entry.number, entry.summary),
        voucher: String::new(),
        document_kind: "entry",
        document_id: id.to_string(),
        document_on: None,
        reversal_of: Some(id),
    };
    write(work, &books, mirror, &lines, reason).await
}

/// The year's books, locked until the work ends.
pub(super) async fn open(work: &mut Work, bureau: i64, year: i32) -> Result<Books, AppError> {
    db::lock_books(work.conn(), bureau, year)
        .await?
        .ok_or_else(|| AppError::refused(format!("{year}年度的资金账还没有建立，请先建立该年度的实施方案。")))
}

async fn post_amount(work: &mut Work, books: &Books, entry: NewEntry, amount: Decimal) -> Result<i64, AppError> {
    if amount <= Decimal::ZERO {
        return Err(AppError::refused("金额须大于零。"));
    }
    let amount = money::round_to_fen(amount);
    let lines = rules::lines(entry.kind, amount)
        .ok_or_else(|| AppError::Internal(anyhow::anyhow!("a reversal has no lines of its own")))?;
    suffices(books, &lines)?;
    if entry.kind.is_by_hand() {
        fits_its_day(work, books, &entry, amount, &lines).await?;
    }
    write(work, books, entry, &lines, "").await
}

/// Refuses what a person enters a second time, and what was not there on the day that is given.
async fn fits_its_day(
    work: &mut Work,
    books: &Books,
    entry: &NewEntry,
    amount: Decimal,
    lines: &[Line],
) -> Result<(), AppError> {
    if let Some((number, on)) = db::same_entry(work.conn(), books, entry, amount).await? {
        return Err(AppError::refused(format!(
            "没有记账。同一单据、同样金额的“{}”已在{}登记（第{number}号）。确属另一笔的，请在单据号后注明，如“（第二次）”。",
            entry.kind.label(),
            chinese_date(on)
        )));
    }
    if entry.entered_on >= work.today() {
        return Ok(());
    }
    let least = db::least_since(work.conn(), books, entry.entered_on).await?;
    let of = |account: Account| least.iter().find(|(row, _)| *row == account).map_or(Decimal::ZERO, |(_, yuan)| *yuan);
    match rules::shortage(of, lines) {
        None => Ok(()),
        Some(short) => Err(AppError::refused(format!(
            "没有记账。按{}记账，当天或其后{}请核对日期。",
            chinese_date(entry.entered_on),
            short.sentence()
        ))),
    }
}

/// Refuses what the accounts cannot bear, with what is to be done first.
fn suffices(books: &Books, lines: &[Line]) -> Result<(), AppError> {
    let Some(short) = rules::shortage(|account| books.balance(account), lines) else {
        return Ok(());
    };
    let advice = match short.account {
        Account::AtBureau => "请先登记市财政局的拨付。",
        Account::AtFinance => "请先登记省级专项资金到账。",
        Account::OperatingAtBureau => "请先登记业务经费到账。",
        Account::WorkingAtFinance => "请先登记财政工作经费的安排。",
        _ => "",
    };
    Err(AppError::refused(format!("没有记账。{}{advice}", short.sentence())))
}

pub(super) async fn write(
    work: &mut Work,
    books: &Books,
    entry: NewEntry,
    lines: &[Line],
    note: &str,
) -> Result<i64, AppError> {
    let (account_id, now) = (work.actor.account_id, work.now);
    let made = db::insert_entry(work.conn(), books, &entry, lines, account_id, now).await?;
    let action = entry.kind.audit_action();
    let sides: Vec<_> = lines
        .iter()
        .map(|line| json!({ "account": line.account.code(), "amount": money::plain_text(line.amount) }))
        .collect();
    let record = Audit::new(action, "fund_entry", made.id)
        .after(json!({
            "number": made.number,
            "summary": entry.summary,
            "document": entry.document_id,
            "entered_on": chinese_date(entry.entered_on),
            "lines": sides,
        }))
        .note(note);
    work.audit(record).await?;
    Ok(made.id)
}

/// How the receipts of a year have been passed on, for pages and lists of what is late.
#[must_use]
pub fn passages(rows: &[db::MovementRow], days: u32) -> Vec<(i64, rules::Passage)> {
    let of = |kind: EntryKind| {
        rows.iter()
            .filter(move |row| row.kind == kind)
            .map(|row| rules::Movement { on: row.on, amount: row.amount })
            .collect::<Vec<_>>()
    };
    let mut receipts: Vec<(NaiveDate, i64)> =
        rows.iter().filter(|row| row.kind == EntryKind::Receipt).map(|row| (row.on, row.id)).collect();
    receipts.sort_by_key(|(on, _)| *on);
    let passages = rules::passages(&of(EntryKind::Receipt), &of(EntryKind::Transfer), days);
    receipts.into_iter().map(|(_, id)| id).zip(passages).collect()
}
