//! The month above its shifts: forfeiture (R7), adjustments and what stays owed (R14).

use rust_decimal::Decimal;

use super::duty_pay::{Adjustment, Duty, ShiftPay};
use super::explain::Line;
use crate::plan::Programme;
use crate::plan::clause;
use crate::plan::dictionaries::FindingKind;
use crate::plan::money::{in_sentence, round_to_fen};

/// The sums of a month and the steps that lead to them.
pub(super) struct Total {
    pub(super) gross: Decimal,
    pub(super) subtotal: Decimal,
    pub(super) adjustment: Decimal,
    pub(super) payable: Decimal,
    pub(super) receivable: Decimal,
    pub(super) steps: Vec<Line>,
}

/// R7 and R14: the month's sum, its forfeiture, the adjustments and what stays owed.
pub(super) fn settle(
    duty: &Duty<'_>,
    shifts: &[ShiftPay],
    off_post_findings: u32,
    adjustments: &[Adjustment],
) -> Total {
    let gross = round_to_fen(shifts.iter().map(|shift| shift.payable).sum());
    let paid = shifts.iter().filter(|shift| !shift.payable.is_zero());
    let paid = u32::try_from(paid.count()).unwrap_or(u32::MAX);
    let mut steps = vec![Line::step(
        clause::MONTHLY_ASSESSMENT,
        paid,
        gross,
        format!("{}有{paid}个班次计发补贴，扣减后合计{}。", duty.month.chinese(), in_sentence(gross)),
    )];
    steps.extend(month_forfeited(duty.programme, off_post_findings, gross));
    let subtotal = round_to_fen(steps.iter().map(|step| step.amount).sum());
    steps.extend(adjustments.iter().map(adjusted));
    let adjustment = adjustments.iter().map(|a| round_to_fen(a.amount)).sum();
    let adjustment = round_to_fen(adjustment);
    let balance = subtotal + adjustment;
    let payable = round_to_fen(balance.max(Decimal::ZERO));
    let receivable = round_to_fen(payable - balance);
    if !receivable.is_zero() {
        let text = format!("本月补贴不足以抵扣，尚有{}列为应退，在以后月份追扣。", in_sentence(receivable));
        steps.push(Line::step(clause::MONTHLY_ASSESSMENT, 1, receivable, text));
    }
    Total { gross, subtotal, adjustment, payable, receivable, steps }
}

/// R7, 五(二)1(4), A11–A14: with three or more absences the month pays nothing.
fn month_forfeited(programme: &Programme, off_post_findings: u32, gross: Decimal) -> Option<Line> {
    (off_post_findings >= programme.off_post_threshold).then(|| {
        let text = format!(
            "当月经确认脱岗{off_post_findings}次，达到{}次以上，当月值班补贴{}不予发放。",
            programme.off_post_threshold,
            in_sentence(gross)
        );
        Line::finding(FindingKind::OffPost, off_post_findings, -gross, text)
    })
}

/// R14, A27: money of earlier months.
fn adjusted(adjustment: &Adjustment) -> Line {
    let amount = round_to_fen(adjustment.amount);
    let (word, shown) = if amount.is_sign_negative() { ("追扣", -amount) } else { ("补发", amount) };
    let reason = adjustment.reason.trim().trim_end_matches(['。', '；', '.', ';']);
    let text = format!("{word}以前月份值班补贴{}，事由：{reason}。", in_sentence(shown));
    Line::step(clause::MONTHLY_ASSESSMENT, 1, amount, text)
}
