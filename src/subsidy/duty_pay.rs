//! 五(二)1 免费法律咨询值班补贴: what one person's duty month pays, rule by rule.
//!
//! Amounts come from the programme; every result carries its steps. For each shift
//! `payable = base − deducted` and `0 ≤ deducted ≤ base`; its lines show each deduction in
//! full and, where the shift's pay could not bear them, what was not taken (A15), so that
//! they add up to `deducted`. The order of the shifts changes nothing but the order of the
//! answer.
//!
//! Rules R1–R6 and R8–R13 are here, the month's R7 and R14 in `duty_month`, the warnings in
//! `duty_warnings`. Where several reasons speak against a shift the first of [`NotPayable`] is given.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use super::duty_facts::{Adjustment, DutyFacts, Findings, PersonFacts, ShiftFacts};
use super::duty_month::settle;
use super::explain::Line;
use crate::plan::calendar::is_weekend;
use crate::plan::clause::{self, Clause};
use crate::plan::dictionaries::{CancellationScope, FindingKind, PersonCategory, VenueKind};
use crate::plan::dictionary::dictionary;
use crate::plan::money::{self, in_sentence, round_to_fen};
use crate::plan::time::month_and_day;
use crate::plan::{Calendar, Month, Programme};

dictionary! {
    /// Why a shift pays nothing, in order of precedence: who serves, whether the shift is
    /// one of this month and a valid one, whether it was served, whether the day was
    /// cancelled, and last whether its place and day are paid.
    NotPayable {
        PublicOfficial = "public_official", "公职人员值班不发补贴";
        OutsideMonth = "outside_month", "不属于本月";
        BelowMinimumHours = "below_minimum_hours", "计划时长不足";
        NotAWorkingDay = "not_a_working_day", "非工作日";
        NotServed = "not_served", "未到岗";
        DayCancelled = "day_cancelled", "当天补贴已取消";
        VenueNotPaid = "venue_not_paid", "该服务点不发补贴";
        DuplicateDay = "duplicate_day", "当天公共法律服务中心值班补贴已计";
    }
}

/// What a month pays one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyPay {
    /// The year of the programme that was applied.
    pub programme: i32,
    /// The month.
    pub month: Month,
    /// The shifts in the order given.
    pub shifts: Vec<ShiftPay>,
    /// Confirmed absences from post in the month, over all service points (A13).
    pub off_post_findings: u32,
    /// Whether they reach the threshold, so that the month pays nothing (A14).
    pub month_forfeited: bool,
    /// Yuan of all shifts before a forfeiture.
    #[serde(with = "money::json")]
    pub gross: Decimal,
    /// Yuan of the month itself.
    #[serde(with = "money::json")]
    pub subtotal: Decimal,
    /// Yuan of all adjustments together.
    #[serde(with = "money::json")]
    pub adjustment: Decimal,
    /// Yuan to pay, never negative: `subtotal + adjustment + receivable`.
    #[serde(with = "money::json")]
    pub payable: Decimal,
    /// Yuan that could not be recovered this month and stay owed (A27).
    #[serde(with = "money::json")]
    pub receivable: Decimal,
    /// The steps of the month; their amounts add up to `payable`.
    pub steps: Vec<Line>,
    /// What an official should look at, in Chinese.
    pub warnings: Vec<String>,
}

/// What one shift pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftPay {
    /// The shift.
    pub id: String,
    /// The day of duty.
    pub date: NaiveDate,
    /// The name of the service point.
    pub venue: String,
    /// Its kind.
    pub venue_kind: VenueKind,
    /// Yuan earned: 0 where nothing is, the rate where the day was cancelled afterwards.
    #[serde(with = "money::json")]
    pub base: Decimal,
    /// Yuan taken from it.
    #[serde(with = "money::json")]
    pub deducted: Decimal,
    /// Yuan left.
    #[serde(with = "money::json")]
    pub payable: Decimal,
    /// Why the shift pays nothing, if a rule says so.
    pub not_payable: Option<NotPayable>,
    /// How the base came about.
    pub earned: Line,
    /// What was deducted, or why there is nothing to deduct from.
    pub lines: Vec<Line>,
}

/// Calculates one person's month. Facts are taken as they are; whether they may be
/// approved says [`DutyFacts::faults`].
#[must_use]
pub fn calculate(
    programme: &Programme,
    calendar: &Calendar,
    month: Month,
    person: &PersonFacts,
    shifts: &[ShiftFacts],
    adjustments: &[Adjustment],
) -> DutyPay {
    let duty = Duty { programme, calendar, month, person, shifts };
    let cancelled = duty.cancelled_days();
    let duplicates = duty.duplicate_centre_days();
    let shifts: Vec<_> = shifts.iter().map(|shift| duty.price(shift, &cancelled, &duplicates)).collect();
    let off_post_findings = duty.off_post_findings();
    let month_forfeited = off_post_findings >= programme.off_post_threshold;
    let total = settle(&duty, &shifts, off_post_findings, adjustments);
    let warnings = duty.warnings(&shifts, &total, off_post_findings);
    DutyPay {
        programme: programme.year,
        month,
        shifts,
        off_post_findings,
        month_forfeited,
        gross: total.gross,
        subtotal: total.subtotal,
        adjustment: total.adjustment,
        payable: total.payable,
        receivable: total.receivable,
        steps: total.steps,
        warnings,
    }
}

/// Calculates frozen facts again.
#[must_use]
pub fn calculate_facts(programme: &Programme, calendar: &Calendar, facts: &DutyFacts) -> DutyPay {
    calculate(programme, calendar, facts.month, &facts.person, &facts.shifts, &facts.adjustments)
}

pub(super) struct Duty<'a> {
    pub(super) programme: &'a Programme,
    pub(super) calendar: &'a Calendar,
    pub(super) month: Month,
    pub(super) person: &'a PersonFacts,
    pub(super) shifts: &'a [ShiftFacts],
}

impl Duty<'_> {
    fn price(&self, shift: &ShiftFacts, cancelled: &BTreeSet<NaiveDate>, duplicates: &BTreeSet<&str>) -> ShiftPay {
        let unearned = self.unearned(shift);
        let unpaid = self.unpaid(shift, duplicates);
        let cancelled = self.is_cancelled(shift, cancelled);
        let not_payable = unearned.or(cancelled.then_some(NotPayable::DayCancelled)).or(unpaid);
        let earned = match unearned.or(unpaid) {
            None => self.earned(shift),
            Some(reason) => self.nothing_earned(shift, reason),
        };
        let base = earned.amount;
        let mut lines = Vec::new();
        if let Some(reason) = not_payable.filter(|reason| *reason != NotPayable::DayCancelled) {
            lines.push(self.nothing_earned(shift, reason));
        }
        if cancelled {
            lines.push(self.day_cancelled(shift, base));
        }
        if not_payable.is_some() {
            lines.extend(absorbed(shift, cancelled));
        } else {
            lines.extend(self.deductions(shift));
            lines.extend(floor(base, &lines));
        }
        let deducted = round_to_fen(lines.iter().map(|line| line.amount).sum());
        ShiftPay {
            id: shift.id.clone(),
            date: shift.date,
            venue: shift.venue.clone(),
            venue_kind: shift.venue_kind,
            base,
            deducted,
            payable: round_to_fen(base - deducted),
            not_payable,
            earned,
            lines,
        }
    }

    /// R1, 五(二)1: the rate of the place, for a person and day or a person and shift.
    fn earned(&self, shift: &ShiftFacts) -> Line {
        let rate = self.programme.rate(shift.venue_kind).unwrap_or_default();
        let factor = self.programme.star_multiplier(self.person.stars);
        let base = round_to_fen(rate * factor);
        let unit = match shift.venue_kind {
            VenueKind::ServiceCentre => "值班1天，按每人每天",
            VenueKind::Station | VenueKind::LegalAidCentre => "值班1次，按每人次",
        };
        let stars = if factor == Decimal::ONE {
            String::new()
        } else {
            format!("、{}星级系数{}", self.person.stars, factor.normalize())
        };
        let text = format!(
            "{}在{}{unit}{}{stars}计发{}。",
            month_and_day(shift.date),
            shift.venue,
            in_sentence(rate),
            in_sentence(base)
        );
        Line::step(clause::DUTY_RATES, 1, base, text)
    }

    /// R9, R11, R12: the reasons for which a shift earns nothing at all.
    fn unearned(&self, shift: &ShiftFacts) -> Option<NotPayable> {
        if self.is_public_official() {
            Some(NotPayable::PublicOfficial)
        } else if !self.month.contains(shift.date) {
            Some(NotPayable::OutsideMonth)
        } else if self.is_below_minimum(shift) {
            Some(NotPayable::BelowMinimumHours)
        } else if shift.venue_kind == VenueKind::ServiceCentre && !self.is_working_day(shift.date) {
            Some(NotPayable::NotAWorkingDay)
        } else if !shift.served {
            Some(NotPayable::NotServed)
        } else {
            None
        }
    }

    /// A22, A25: the reasons for which the place or the day is not paid.
    fn unpaid(&self, shift: &ShiftFacts, duplicates: &BTreeSet<&str>) -> Option<NotPayable> {
        if self.programme.rate(shift.venue_kind).is_none() {
            Some(NotPayable::VenueNotPaid)
        } else if duplicates.contains(shift.id.as_str()) {
            Some(NotPayable::DuplicateDay)
        } else {
            None
        }
    }

    /// R11, A26: 非公职人员 — by the flag or by the category.
    pub(super) fn is_public_official(&self) -> bool {
        self.person.public_official || self.person.category == PersonCategory::PublicStaff
    }

    /// R12, 四(一)4: a roster with fewer hours than the plan asks for is no duty.
    fn is_below_minimum(&self, shift: &ShiftFacts) -> bool {
        self.programme.minimum_hours(shift.venue_kind).is_some_and(|minimum| shift.planned_hours < minimum)
    }

    /// Weekends rest where the year's notice is unknown; a warning says so.
    pub(super) fn is_working_day(&self, date: NaiveDate) -> bool {
        self.calendar.is_working_day(date).unwrap_or_else(|_| !is_weekend(date))
    }

    /// R8, A17: the days on which false duty was verified, wherever it was.
    pub(super) fn cancelled_days(&self) -> BTreeSet<NaiveDate> {
        self.shifts.iter().filter(|shift| shift.findings.has(FindingKind::FalseDuty)).map(|shift| shift.date).collect()
    }

    fn is_cancelled(&self, shift: &ShiftFacts, cancelled: &BTreeSet<NaiveDate>) -> bool {
        match self.programme.cancellation_scope {
            CancellationScope::PersonDay => cancelled.contains(&shift.date),
            CancellationScope::Shift => shift.findings.has(FindingKind::FalseDuty),
        }
    }

    /// R1, A22: 每人每天 — of several centre shifts of a day that would earn, the one with
    /// the lowest number is paid and the others are these.
    fn duplicate_centre_days(&self) -> BTreeSet<&str> {
        let mut by_day: BTreeMap<NaiveDate, Vec<&str>> = BTreeMap::new();
        for shift in self.shifts {
            if shift.venue_kind == VenueKind::ServiceCentre && self.unearned(shift).is_none() {
                by_day.entry(shift.date).or_default().push(&shift.id);
            }
        }
        let mut duplicates = BTreeSet::new();
        for mut ids in by_day.into_values() {
            ids.sort_by_key(|id| numbered(id));
            duplicates.extend(ids.into_iter().skip(1));
        }
        duplicates
    }

    /// R7, A13, A18: confirmed absences from post, over all service points, also on a
    /// cancelled day.
    fn off_post_findings(&self) -> u32 {
        self.shifts
            .iter()
            .filter(|shift| self.month.contains(shift.date))
            .map(|shift| shift.findings.count(FindingKind::OffPost))
            .fold(0, u32::saturating_add)
    }

    /// R2–R5: what the findings of a shift cost, each in full.
    fn deductions(&self, shift: &ShiftFacts) -> Vec<Line> {
        shift
            .findings
            .iter()
            .filter_map(|(kind, count)| match kind {
                FindingKind::Late => Some(self.late(count)),
                FindingKind::EarlyLeave => Some(self.early_leave(count)),
                FindingKind::RecordDefect => Some(self.record_defects(count)),
                FindingKind::Dissatisfied => Some(self.dissatisfied(count)),
                FindingKind::OffPost => Some(self.off_post(shift, count)),
                FindingKind::FalseDuty => None,
            })
            .collect()
    }

    /// R2, 五(二)1(1): for each defective record, not for each field (A08).
    fn record_defects(&self, count: u32) -> Line {
        let each = self.programme.record_defect_deduction;
        priced(FindingKind::RecordDefect, count, each, |total| {
            format!("服务记录内容缺项、不规范{count}份，每份扣{}，共扣{total}。", in_sentence(each))
        })
    }

    /// R3, 五(二)1(2): coming late, at most once a shift (A06).
    fn late(&self, count: u32) -> Line {
        let each = self.programme.late_deduction;
        priced(FindingKind::Late, count.min(1), each, |total| format!("迟到1次，扣{total}。"))
    }

    /// R3, R13, 五(二)1(2): leaving early, at most once a shift (A06).
    fn early_leave(&self, count: u32) -> Line {
        let each = self.programme.early_leave_deduction;
        priced(FindingKind::EarlyLeave, count.min(1), each, |total| format!("早退1次，扣{total}。"))
    }

    /// R4, 五(二)1(3): for each verified matter (A09).
    fn dissatisfied(&self, count: u32) -> Line {
        let each = self.programme.dissatisfied_deduction;
        priced(FindingKind::Dissatisfied, count, each, |total| {
            format!("服务对象评价为“不满意”或被投诉，经核实属实{count}次，每次扣{}，共扣{total}。", in_sentence(each))
        })
    }

    /// R5, 五(二)1(4): for each absence found without good reason.
    fn off_post(&self, shift: &ShiftFacts, count: u32) -> Line {
        let each = self.programme.off_post_deduction(shift.venue_kind);
        priced(FindingKind::OffPost, count, each, |total| {
            format!(
                "点名抽查发现无正当理由脱岗{count}次，{}值班每次扣{}，共扣{total}。",
                shift.venue_kind,
                in_sentence(each)
            )
        })
    }

    /// R8, 五(二)1(5): the day's pay is cancelled (A17).
    fn day_cancelled(&self, shift: &ShiftFacts, base: Decimal) -> Line {
        let own = shift.findings.count(FindingKind::FalseDuty);
        let scope = match self.programme.cancellation_scope {
            CancellationScope::PersonDay => "取消本人当天全部值班补贴",
            CancellationScope::Shift => "取消该班次补贴",
        };
        let taken = if base.is_zero() { String::new() } else { format!("，本班次取消{}", in_sentence(base)) };
        let day = month_and_day(shift.date);
        let text = format!("{day}经核实值班日不在岗或存在虚假值班情形，{scope}{taken}。");
        Line::finding(FindingKind::FalseDuty, own, base, text)
    }

    fn nothing_earned(&self, shift: &ShiftFacts, reason: NotPayable) -> Line {
        let day = month_and_day(shift.date);
        let hours = |hours: Decimal| hours.normalize();
        let (clause, text): (Clause, String) = match reason {
            NotPayable::PublicOfficial => (
                clause::DUTY_PERSONS,
                format!("{}为公职人员，{day}值班不发补贴，其服务计入咨询任务数。", self.person.name),
            ),
            NotPayable::OutsideMonth => {
                (clause::MONTHLY_ASSESSMENT, format!("{day}的班次不属于{}，不在本月计发。", self.month.chinese()))
            }
            NotPayable::BelowMinimumHours => (
                match shift.venue_kind {
                    VenueKind::Station => clause::STATION_TIME,
                    VenueKind::ServiceCentre | VenueKind::LegalAidCentre => clause::CENTRE_TIME,
                },
                format!(
                    "{day}计划值班{}小时，少于规定的{}小时，不符合排班规则，不计补贴。",
                    hours(shift.planned_hours),
                    hours(self.programme.minimum_hours(shift.venue_kind).unwrap_or_default())
                ),
            ),
            NotPayable::NotAWorkingDay => {
                (clause::CENTRE_TIME, format!("{day}不是工作日，公共法律服务中心只在工作日安排值班，不计补贴。"))
            }
            NotPayable::NotServed => {
                (clause::MONTHLY_ASSESSMENT, format!("{day}在{}的班次未到岗，不计补贴。", shift.venue))
            }
            NotPayable::DayCancelled => (clause::FALSE_DUTY, format!("{day}的值班补贴已取消。")),
            NotPayable::VenueNotPaid => (
                clause::DUTY_RATES,
                format!(
                    "{day}在{}值班，实施方案未规定该服务点的值班补贴，不予发放，其服务计入咨询任务数。",
                    shift.venue
                ),
            ),
            NotPayable::DuplicateDay => (
                clause::DUTY_RATES,
                format!("{day}公共法律服务中心值班补贴按每人每天计发，当天已计一次，本班次不重复计发。"),
            ),
        };
        Line::step(clause, 0, Decimal::ZERO, text)
    }
}

fn priced(kind: FindingKind, count: u32, each: Decimal, text: impl FnOnce(String) -> String) -> Line {
    let amount = round_to_fen(each * Decimal::from(count));
    Line::finding(kind, count, amount, text(in_sentence(amount)))
}

/// R8, A17: findings of a shift that pays nothing cost nothing more.
fn absorbed(shift: &ShiftFacts, cancelled: bool) -> impl Iterator<Item = Line> {
    shift.findings.iter().filter(move |(kind, _)| !(cancelled && *kind == FindingKind::FalseDuty)).map(
        |(kind, count)| {
            let counted = match kind {
                FindingKind::OffPost => "，仍计入当月脱岗次数",
                FindingKind::Late
                | FindingKind::EarlyLeave
                | FindingKind::RecordDefect
                | FindingKind::Dissatisfied
                | FindingKind::FalseDuty => "",
            };
            let text = format!("{kind}{count}次，该班次不发补贴，不另扣款{counted}。");
            Line::finding(kind, count, Decimal::ZERO, text)
        },
    )
}

/// R6, A15: deductions end with the shift's pay; nothing is carried.
fn floor(base: Decimal, deductions: &[Line]) -> Option<Line> {
    let full: Decimal = deductions.iter().map(|line| line.amount).sum();
    (full > base).then(|| {
        let text = format!(
            "应扣{}，以本班次补贴{}为限，超出的{}不再扣除，也不结转。",
            in_sentence(full),
            in_sentence(base),
            in_sentence(full - base)
        );
        Line::step(clause::DEDUCTIONS, 1, base - full, text)
    })
}

/// Numbers in the order of their value, before any other text.
pub(super) fn numbered(id: &str) -> (bool, u64, &str) {
    match id.parse::<u64>() {
        Ok(number) => (false, number, id),
        Err(_) => (true, 0, id),
    }
}
