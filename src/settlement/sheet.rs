//! The 补贴发放表: one row a person, as the board shows it and as A4 prints it.

use askama::Template;
use axum::extract::State;
use rust_decimal::Decimal;

use super::db::{self, Head, StoredItem};
use super::month::{Draft, base_of, deducted_of};
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::dictionaries::{FindingKind, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{capitals, in_sentence, round_to_fen, yuan_text};
use crate::plan::time::{SHANGHAI, chinese_date};
use crate::state::AppState;
use crate::subsidy::duty_pay::{DutyFacts, DutyPay};
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};

/// How often, and yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) count: u32,
    pub(super) amount: Decimal,
}

impl Times {
    fn add(&mut self, count: u32, amount: Decimal) {
        self.count = self.count.saturating_add(count);
        self.amount += amount;
    }

    /// 「50.00」 with the number in front; a dash for none.
    pub(super) fn shown(&self) -> String {
        if self.count == 0 { "—".to_owned() } else { yuan_text(self.amount) }
    }

    /// 「1次」; empty for none.
    pub(super) fn times(&self) -> String {
        if self.count == 0 { String::new() } else { format!("{}次", self.count) }
    }
}

/// A person's row.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) person_id: i64,
    pub(super) name: String,
    pub(super) category: &'static str,
    pub(super) organisation: String,
    pub(super) id_number_mask: String,
    pub(super) bank_name: String,
    pub(super) bank_account_mask: String,
    /// Paid centre days.
    pub(super) centre_days: usize,
    /// Paid station shifts.
    pub(super) station_times: usize,
    pub(super) base: Decimal,
    pub(super) record_defect: Times,
    pub(super) late_or_early: Times,
    pub(super) dissatisfied: Times,
    pub(super) off_post: Times,
    /// What cancelled days took.
    pub(super) cancelled: Times,
    /// What was not taken because the shift's pay had ended (A15); not above zero.
    pub(super) floor: Decimal,
    pub(super) deducted: Decimal,
    /// What the month's forfeiture took (A14).
    pub(super) forfeited: Decimal,
    pub(super) adjustment: Decimal,
    pub(super) payable: Decimal,
    pub(super) receivable: Decimal,
    pub(super) remarks: Vec<String>,
    /// Where this person stands, in words with the shade of a tag; nothing on a preview.
    pub(super) standing: Option<(&'static str, String)>,
    /// The transfer that took the money, for readers of payments.
    pub(super) transfer: Option<i64>,
}

/// Where one person's money stands.
fn standing(item: &StoredItem, payable: Decimal) -> (&'static str, String) {
    match (item.payment.as_deref(), item.objections) {
        (Some("sent"), _) => ("ok", "已转账".to_owned()),
        (Some(_), _) => ("warn", "待发".to_owned()),
        (None, 1..) => ("warn", "有异议，待答复".to_owned()),
        (None, _) if payable.is_zero() => ("quiet", "无应发".to_owned()),
        (None, _) => ("wait", "无异议".to_owned()),
    }
}

impl Row {
    fn of(person_id: i64, facts: &DutyFacts, pay: &DutyPay) -> Row {
        let mut row = Row {
            person_id,
            name: facts.person.name.clone(),
            category: facts.person.category.label(),
            base: base_of(pay),
            deducted: deducted_of(pay),
            forfeited: round_to_fen(pay.gross - pay.subtotal),
            adjustment: pay.adjustment,
            payable: pay.payable,
            receivable: pay.receivable,
            ..Row::default()
        };
        for shift in &pay.shifts {
            if !shift.base.is_zero() {
                match shift.venue_kind {
                    VenueKind::ServiceCentre => row.centre_days += 1,
                    VenueKind::Station | VenueKind::LegalAidCentre => row.station_times += 1,
                }
            }
            for line in &shift.lines {
                match line.finding {
                    Some(FindingKind::RecordDefect) => row.record_defect.add(line.count, line.amount),
                    Some(FindingKind::Late | FindingKind::EarlyLeave) => {
                        row.late_or_early.add(line.count, line.amount);
                    }
                    Some(FindingKind::Dissatisfied) => row.dissatisfied.add(line.count, line.amount),
                    Some(FindingKind::OffPost) => row.off_post.add(line.count, line.amount),
                    // A cancelled day takes every shift of it; what is counted is the shifts.
                    Some(FindingKind::FalseDuty) => row.cancelled.add(1, line.amount),
                    None => row.floor += line.amount,
                }
            }
        }
        let unserved = pay
            .shifts
            .iter()
            .filter(|shift| shift.not_payable == Some(crate::subsidy::duty_pay::NotPayable::NotServed))
            .count();
        if facts.person.public_official {
            row.remarks.push("公职人员，不发补贴".to_owned());
        }
        if unserved > 0 {
            row.remarks.push(format!("未到岗{unserved}次"));
        }
        if !row.floor.is_zero() {
            row.remarks.push(format!("超出班次补贴的{}不扣", in_sentence(-row.floor)));
        }
        if !row.receivable.is_zero() {
            row.remarks.push(format!("尚应退{}", in_sentence(row.receivable)));
        }
        row
    }

    /// The row of a stored item; `None` where what is stored cannot be read.
    pub(super) fn stored(item: &StoredItem) -> Option<Row> {
        let facts: DutyFacts = serde_json::from_value(item.facts.clone()).ok()?;
        let pay: DutyPay = serde_json::from_value(item.result.clone()).ok()?;
        let mut row = Row {
            organisation: item.organisation.clone(),
            id_number_mask: item.id_number_mask.clone(),
            bank_name: item.bank_name.clone(),
            bank_account_mask: item.bank_account_mask.clone(),
            standing: Some(standing(item, pay.payable)),
            transfer: item.transfer,
            ..Row::of(item.person_id, &facts, &pay)
        };
        row.remarks.extend(item.held_for.clone().filter(|why| !why.is_empty()));
        Some(row)
    }

    /// What stands in the last column.
    pub(super) fn remark(&self) -> String {
        self.remarks.join("；")
    }
}

/// The rows of a preview.
pub(super) fn rows_of_draft(draft: &Draft) -> Vec<Row> {
    draft
        .items
        .iter()
        .map(|item| Row { organisation: item.organisation.clone(), ..Row::of(item.person_id, &item.facts, &item.pay) })
        .collect()
}

/// The rows of a stored month.
///
/// # Errors
/// When a stored item cannot be read.
pub(super) fn rows_of_items(items: &[StoredItem]) -> Result<Vec<Row>, AppError> {
    let rows: Option<Vec<Row>> = items.iter().map(Row::stored).collect();
    rows.ok_or_else(|| AppError::Internal(anyhow::anyhow!("a stored settlement item cannot be read")))
}

/// The foot of the table.
pub(super) fn totals(rows: &[Row]) -> Row {
    let mut total = Row { name: "合计".to_owned(), ..Row::default() };
    for row in rows {
        total.centre_days += row.centre_days;
        total.station_times += row.station_times;
        total.base += row.base;
        total.record_defect.add(row.record_defect.count, row.record_defect.amount);
        total.late_or_early.add(row.late_or_early.count, row.late_or_early.amount);
        total.dissatisfied.add(row.dissatisfied.count, row.dissatisfied.amount);
        total.off_post.add(row.off_post.count, row.off_post.amount);
        total.cancelled.add(row.cancelled.count, row.cancelled.amount);
        total.deducted += row.deducted;
        total.forfeited += row.forfeited;
        total.adjustment += row.adjustment;
        total.payable += row.payable;
        total.receivable += row.receivable;
    }
    total
}

/// An amount as tables show it: a true minus, a dash for nothing.
pub(super) fn money(amount: &Decimal) -> String {
    if amount.is_zero() { "—".to_owned() } else { signed(amount) }
}

/// An amount with a true minus.
pub(super) fn signed(amount: &Decimal) -> String {
    yuan_text(*amount).replace('-', "−")
}

#[derive(Template)]
#[template(path = "settlement/print.html")]
struct PrintPage {
    layout: Layout,
    month: Month,
    plan_title: String,
    document_number: String,
    head: Head,
    rows: Vec<Row>,
    total: Row,
    bureau: String,
}

impl PrintPage {
    fn money(&self, amount: &Decimal) -> String {
        money(amount)
    }

    fn capitals(&self) -> String {
        capitals(self.head.payable)
    }

    fn made(&self) -> String {
        format!(
            "{}，{}",
            self.head.calculator,
            chinese_date(self.head.calculated_at.with_timezone(&SHANGHAI).date_naive())
        )
    }

    fn paid(&self) -> String {
        self.head.paid_at.map(|at| chinese_date(at.with_timezone(&SHANGHAI).date_naive())).unwrap_or_default()
    }

    fn print_code(&self) -> String {
        self.head.fingerprint.chars().take(16).collect()
    }
}

pub(super) async fn print(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    if scope.person().is_some() {
        return Err(AppError::NotFound);
    }
    let mut conn = state.pool.acquire().await?;
    let ground = db::ground(&mut conn, scope.bureau(), month).await?.ok_or(AppError::NotFound)?;
    let head = ground.head.ok_or(AppError::NotFound)?;
    let rows = rows_of_items(&db::items_of(&mut conn, head.id, None).await?)?;
    drop(conn);
    let bureau = layout.who.as_ref().map(|who| who.bureau_name.clone()).unwrap_or_default();
    page(&PrintPage {
        layout: layout
            .titled(format!("{}值班补贴发放表", month.chinese()))
            .crumb("月结", "/settlements")
            .crumb(month.chinese(), format!("/settlements/{month}")),
        month,
        plan_title: ground.plan.content.title.clone(),
        document_number: ground.plan.content.document_number.clone(),
        total: totals(&rows),
        head,
        rows,
        bureau,
    })
}
