//! 五(二)2 特殊群体法律援助案件补贴: what one case pays, from which fund and by when.
//!
//! A case is a programme case by its kind, basis and groups; it counts when its closing is
//! agreed and it is entered in the provincial system; the earmarked fund pays the base
//! amount of the first cases up to the target, the operating fund whatever the local
//! standard asks beyond. Each amount carries its clause and a sentence.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::duty_facts::check_fen;
use super::explain::{Fault, FundLine};
use crate::plan::clause::{self, Clause};
use crate::plan::deadlines;
use crate::plan::dictionaries::{Basis, CaseKind, FundSource, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::dictionary;
use crate::plan::money::{self, in_sentence, round_to_fen};
use crate::plan::time::{chinese_date, month_and_day};
use crate::plan::{Calendar, Programme};

/// What is known of a case when its subsidy is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Kind and stage.
    pub case_kind: CaseKind,
    /// How it came to the legal aid centre.
    pub basis: Basis,
    /// The special groups the recipient belongs to (A44: any number, one case).
    pub groups: BTreeSet<SpecialGroup>,
    /// Who handled it.
    pub handler: HandlerCategory,
    /// Yuan the local standard gives for such a case.
    pub local_standard: Decimal,
    /// Its place in the year's count, once it has one (A36).
    pub place: Option<u32>,
    /// When the legal aid centre agreed to close it.
    pub closing_agreed_on: Option<NaiveDate>,
    /// When it was entered in the provincial system.
    pub entered_on: Option<NaiveDate>,
    /// Whether a subsidy was paid for it before, by whatever project (A39).
    pub already_paid: bool,
    /// Whether it was terminated (A41).
    pub terminated: bool,
    /// Days of extension granted, together (A30).
    pub extension_days: u32,
}

dictionary! {
    /// Why nothing can be paid for a case now, in order of precedence.
    Blocked {
        NotACase = "not_a_case", "值班律师法律帮助不作为案件，不发办案补贴";
        Terminated = "terminated", "案件已终止，不计入任务数，不发惠民工程补贴";
        ClosingNotAgreed = "closing_not_agreed", "法律援助中心尚未同意结案";
        AgencyStaff = "agency_staff", "由法律援助机构工作人员办理，不发办案补贴";
        AlreadyPaid = "already_paid", "该案已发放过补贴，不得重复发放";
        NotEntered = "not_entered", "尚未录入山西省法律援助管理系统，录入后方可发放";
        NoPlace = "no_place", "尚未编列年度序号，无法确定是否在目标任务数之内";
        NothingDue = "nothing_due", "当地执行标准为零，无应发金额";
    }
}

/// What a case pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasePayout {
    /// The year of the programme that was applied.
    pub programme: i32,
    /// Whether kind, basis and groups make it a programme case.
    pub programme_case: bool,
    /// Whether it counts towards the target (A34).
    pub counted: bool,
    /// The later of agreement and entry, once it counts.
    pub counted_on: Option<NaiveDate>,
    /// Yuan from the earmarked fund.
    #[serde(with = "money::json")]
    pub earmarked: Decimal,
    /// Yuan from the operating fund.
    #[serde(with = "money::json")]
    pub operating: Decimal,
    /// Both together.
    #[serde(with = "money::json")]
    pub total: Decimal,
    /// Why nothing can be paid now; given exactly when `total` is zero.
    pub blocked: Option<Blocked>,
    /// The last day of payment, extension included; given exactly when something is due.
    pub due_on: Option<NaiveDate>,
    /// The last working day not after it.
    pub target_on: Option<NaiveDate>,
    /// What each fund pays and why.
    pub lines: Vec<FundLine>,
    /// What an official should look at, in Chinese.
    pub warnings: Vec<String>,
}

impl CaseFacts {
    /// What makes these facts impossible to price, named by field. An empty list is the
    /// condition under which a payment may be approved.
    #[must_use]
    pub fn faults(&self, programme: &Programme) -> Vec<Fault> {
        let checks = [
            ("local_standard", check_standard(self.local_standard)),
            ("place", self.place.map_or(Ok(()), check_place)),
            ("extension_days", check_extension(programme, self.extension_days)),
        ];
        checks.into_iter().filter_map(|(field, check)| Some(Fault::new(field, check.err()?))).collect()
    }
}

pub(super) fn check_standard(amount: Decimal) -> Result<(), String> {
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(format!("{amount} is less than zero"));
    }
    check_fen(amount)
}

pub(super) fn check_place(place: u32) -> Result<(), String> {
    if place == 0 { Err("0 is not a place, counting starts at 1".to_owned()) } else { Ok(()) }
}

/// A30: extensions together are at most fifteen days.
pub(super) fn check_extension(programme: &Programme, days: u32) -> Result<(), String> {
    let most = programme.case_extension_days;
    if days > most { Err(format!("{days} is more than {most} days")) } else { Ok(()) }
}

/// Decides what a case pays. Facts are taken as they are; whether they may be approved
/// says [`CaseFacts::faults`].
#[must_use]
pub fn calculate(programme: &Programme, calendar: &Calendar, facts: &CaseFacts) -> CasePayout {
    let base = base_amount(programme, facts);
    let counted_on = counted_on(base, facts);
    let blocked = blocked(base, facts);
    let lines = match blocked {
        Some(_) => Vec::new(),
        None => amounts(programme, base, facts),
    };
    let of_fund =
        |fund: FundSource| round_to_fen(lines.iter().filter(|line| line.fund == fund).map(|line| line.amount).sum());
    let earmarked = of_fund(FundSource::Earmarked);
    let operating = of_fund(FundSource::Operating);
    let total = earmarked + operating;
    let limit = facts
        .closing_agreed_on
        .filter(|_| !total.is_zero())
        .map(|agreed| deadlines::case_payout(programme, calendar, agreed, facts.extension_days));
    CasePayout {
        programme: programme.year,
        programme_case: base.is_some(),
        counted: counted_on.is_some(),
        counted_on,
        earmarked,
        operating,
        total,
        blocked: blocked.or(total.is_zero().then_some(Blocked::NothingDue)),
        due_on: limit.map(|limit| limit.due),
        target_on: limit.and_then(|limit| limit.target),
        warnings: warnings(programme, base, counted_on, limit, facts),
        lines,
    }
}

/// 四(二)1, A31–A33, A56: the base amount of a programme case; `None` for ordinary legal
/// aid. Civil litigation and representation in criminal proceedings need a group; defence
/// needs a group and a notice or full coverage, so that defence on application is ordinary.
#[must_use]
pub fn base_amount(programme: &Programme, facts: &CaseFacts) -> Option<Decimal> {
    let of_group = facts.groups.iter().any(|group| programme.special_groups.contains(group));
    let basis_fits = match facts.basis {
        Basis::NotifiedDefence | Basis::FullCoverage => true,
        Basis::Application => !facts.case_kind.is_criminal_defence(),
    };
    let amount = programme.case_amounts.get(&facts.case_kind).copied();
    amount.filter(|_| facts.case_kind.is_case() && of_group && basis_fits)
}

/// A34, A35: a programme case counts on the later day of agreement and entry.
fn counted_on(base: Option<Decimal>, facts: &CaseFacts) -> Option<NaiveDate> {
    if base.is_none() || facts.terminated {
        return None;
    }
    Some(facts.closing_agreed_on?.max(facts.entered_on?))
}

/// The first reason for which nothing can be paid now. The entry is the gate of the
/// earmarked fund (四(二)3(3)); an ordinary case does not wait for it.
fn blocked(base: Option<Decimal>, facts: &CaseFacts) -> Option<Blocked> {
    let in_programme = base.is_some();
    if !facts.case_kind.is_case() {
        Some(Blocked::NotACase)
    } else if facts.terminated {
        Some(Blocked::Terminated)
    } else if facts.closing_agreed_on.is_none() {
        Some(Blocked::ClosingNotAgreed)
    } else if facts.handler == HandlerCategory::AgencyStaff {
        Some(Blocked::AgencyStaff)
    } else if facts.already_paid {
        Some(Blocked::AlreadyPaid)
    } else if in_programme && facts.entered_on.is_none() {
        Some(Blocked::NotEntered)
    } else if in_programme && facts.place.is_none() {
        Some(Blocked::NoPlace)
    } else {
        None
    }
}

/// What each fund pays for a case that nothing blocks.
fn amounts(programme: &Programme, base: Option<Decimal>, facts: &CaseFacts) -> Vec<FundLine> {
    let standard = round_to_fen(facts.local_standard);
    let lines = match (base, facts.place) {
        (Some(base), Some(place)) if place <= programme.case_target => {
            vec![within_target(programme, base, place), above_base(base, standard)]
        }
        (Some(_), Some(place)) => vec![over_target(programme, standard, place)],
        (None, _) | (Some(_), None) => vec![ordinary(standard)],
    };
    lines.into_iter().filter(|line| !line.amount.is_zero()).collect()
}

/// 五(二)2, A31, A37: the base amount, also where the local standard is lower.
fn within_target(programme: &Programme, base: Decimal, place: u32) -> FundLine {
    line(
        FundSource::Earmarked,
        base,
        clause::CASE_BASE,
        format!(
            "特殊群体法律援助案件，年度序号第{place}件，在全年目标任务{}件之内，由省级专项资金每件补贴{}。",
            programme.case_target,
            in_sentence(base)
        ),
    )
}

/// 五(二)2: what the local standard gives beyond the base amount.
fn above_base(base: Decimal, standard: Decimal) -> FundLine {
    let excess = round_to_fen((standard - base).max(Decimal::ZERO));
    line(
        FundSource::Operating,
        excess,
        clause::CASE_BASE,
        format!(
            "当地办案补贴执行标准{}高于{}，超过部分{}由法律援助业务经费补足。",
            in_sentence(standard),
            in_sentence(base),
            in_sentence(excess)
        ),
    )
}

/// 五(二)2, A38: beyond the target the operating fund pays the local standard.
fn over_target(programme: &Programme, standard: Decimal, place: u32) -> FundLine {
    line(
        FundSource::Operating,
        standard,
        clause::OVER_TARGET,
        format!(
            "年度序号第{place}件，超过全年目标任务{}件，由法律援助业务经费按当地标准补贴{}。",
            programme.case_target,
            in_sentence(standard)
        ),
    )
}

/// 四(二)1, A33: a case outside the programme is ordinary legal aid.
fn ordinary(standard: Decimal) -> FundLine {
    line(
        FundSource::Operating,
        standard,
        clause::SPECIAL_GROUPS,
        format!("不属于惠民工程案件，按普通法律援助案件由法律援助业务经费补贴{}。", in_sentence(standard)),
    )
}

fn line(fund: FundSource, amount: Decimal, clause: Clause, text: String) -> FundLine {
    FundLine { fund, amount: round_to_fen(amount), clause: clause.number.to_owned(), text }
}

fn warnings(
    programme: &Programme,
    base: Option<Decimal>,
    counted_on: Option<NaiveDate>,
    limit: Option<deadlines::PlanLimit>,
    facts: &CaseFacts,
) -> Vec<String> {
    let kind = facts.case_kind;
    let (counted, defence) = (counted_on.is_some(), kind.is_criminal_defence());
    let over_target = facts.place.is_some_and(|place| place > programme.case_target);
    let awaits_entry = facts.entered_on.is_none() && facts.closing_agreed_on.is_some();
    let fixed = [
        (base.is_some() && kind == CaseKind::CriminalRepresentation, "刑事诉讼代理案件列入惠民工程须经复核。"),
        (
            defence && facts.handler == HandlerCategory::GrassrootsLegalWorker,
            "基层法律服务工作者不得担任刑事辩护人，请核对承办人。",
        ),
        (defence && facts.handler == HandlerCategory::Volunteer, "刑事辩护应由律师承办，请核对志愿者的律师资格。"),
        (
            defence && facts.basis == Basis::Application && !facts.groups.is_empty(),
            "申请辩护案件不列入惠民工程，按普通法律援助办理。",
        ),
        (
            !kind.is_criminal() && facts.basis != Basis::Application,
            "通知辩护、律师辩护全覆盖只适用于刑事案件，请核对案件来源。",
        ),
        (counted && facts.place.is_none(), "该案已计入任务数，但尚未编列年度序号，编号后方可发放。"),
        (!counted && facts.place.is_some(), "该案不计入任务数，却已编列年度序号，请核对。"),
        (counted && over_target, "该案超过全年目标任务数，不使用省级专项资金。"),
        (
            base.is_some_and(|base| facts.local_standard < base) && !over_target,
            "当地执行标准低于方案标准，在目标任务数之内的仍按方案标准补贴。",
        ),
        (
            base.is_some() && awaits_entry && !facts.terminated,
            "尚未录入省系统，不计入任务数；发放期限自同意结案起照常计算。",
        ),
        (base.is_none() && awaits_entry && kind.is_case(), "尚未录入省系统，请及时补录。"),
        (facts.extension_days > programme.case_extension_days, "延长时间超过上限，已按上限计算。"),
    ];
    let mut warnings: Vec<String> =
        fixed.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()).collect();
    if let Some(day) = counted_on.filter(|day| day.year() != programme.year) {
        warnings.push(format!(
            "该案自{}起计入{}年度任务，应适用该年度实施方案；本次按{}年方案的标准计算。",
            chinese_date(day),
            day.year(),
            programme.year
        ));
    }
    if let Some((due, target)) = limit.and_then(|limit| Some((limit.due, limit.target?)))
        && due != target
    {
        warnings.push(format!(
            "应付截止日{}不是工作日，请于{}前（含当日）办理。",
            chinese_date(due),
            month_and_day(target)
        ));
    }
    warnings
}
