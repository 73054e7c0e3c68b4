//! PURE. 四(二) and A31–A36: which cases are cases of the programme, in what order the
//! dates of a case come, and when it is counted.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::states::State;
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::programme::Programme;
use crate::plan::time::{chinese_date, month_and_day};
use crate::subsidy::case_payout::{self, CaseFacts};

dictionary! {
    /// How far a case has come.
    Status {
        /// Asked for, not decided on.
        Asked = "asked", "申请审查中";
        /// Accepted, nobody assigned.
        Accepted = "accepted", "待指派";
        /// In the handler's hands.
        Assigned = "assigned", "办理中";
        /// Closing agreed, not yet in the provincial system.
        Agreed = "agreed", "待录入省系统";
        /// Agreed and entered.
        Closed = "closed", "已结案并录入";
        /// Ended before its close.
        Terminated = "terminated", "已终止";
        /// Refused, withdrawn, passed on.
        Ended = "ended", "不予、撤回或转出";
        /// In the archive.
        Archived = "archived", "已归档";
    }
}

impl Status {
    /// The states that it stands for.
    #[must_use]
    pub fn states(self) -> &'static [State] {
        match self {
            Status::Asked => &[State::Draft, State::Submitted, State::Supplement, State::Accepted, State::Reviewing],
            Status::Accepted => &[State::Granted, State::AidFirst, State::Notified],
            Status::Assigned => &[
                State::Assigned,
                State::Reassigning,
                State::Entrusted,
                State::Handling,
                State::Concluded,
                State::ClosingReview,
                State::Returned,
            ],
            Status::Agreed => &[State::CloseAgreed],
            Status::Closed => &[State::Entered],
            Status::Terminated => &[State::Terminated],
            Status::Ended => {
                &[State::Refused, State::Objection, State::Withdrawn, State::DeemedWithdrawn, State::NotOurs]
            }
            Status::Archived => &[State::Archived],
        }
    }

    /// How far a state is.
    #[must_use]
    pub fn of(state: State) -> Status {
        Status::ALL.iter().copied().find(|status| status.states().contains(&state)).unwrap_or(Status::Asked)
    }
}

dictionary! {
    /// The date by which a list takes the cases of a year.
    YearBy {
        Accepted = "accepted", "受理";
        Agreed = "agreed", "同意结案";
        Entered = "entered", "录入省系统";
        Counted = "counted", "计入任务";
    }
}

dictionary! {
    /// Whether a case is one of the programme.
    Part {
        Programme = "programme", "惠民工程案件";
        Ordinary = "ordinary", "普通法律援助";
    }
}

/// The dates of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// 受理.
    pub accepted_on: NaiveDate,
    /// 指派.
    pub assigned_on: Option<NaiveDate>,
    /// 同意结案.
    pub closing_agreed_on: Option<NaiveDate>,
    /// 录入省系统.
    pub entered_on: Option<NaiveDate>,
    /// 终止.
    pub terminated_on: Option<NaiveDate>,
}

impl Dates {
    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.terminated_on.is_some() {
            Status::Terminated
        } else if self.closing_agreed_on.is_some() && self.entered_on.is_some() {
            Status::Closed
        } else if self.closing_agreed_on.is_some() {
            Status::Agreed
        } else if self.assigned_on.is_some() {
            Status::Assigned
        } else {
            Status::Accepted
        }
    }

    /// A34: the later of the agreement and the entry; `None` until both are there.
    #[must_use]
    pub fn counted_on(&self) -> Option<NaiveDate> {
        if self.terminated_on.is_some() {
            return None;
        }
        Some(self.closing_agreed_on?.max(self.entered_on?))
    }
}

/// Whether a case is one of the programme, and the reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eligibility {
    /// Counted towards the year's target once it is closed and entered.
    pub programme_case: bool,
    /// Why, or why not.
    pub reason: String,
}

/// 四(二)1: civil litigation (A31) and criminal representation (A32) of a special group;
/// criminal defence only where the authority gave notice or under full coverage; nothing
/// that is neither (A33).
#[must_use]
pub fn eligibility(
    programme: &Programme,
    kind: CaseKind,
    basis: Basis,
    groups: &BTreeSet<SpecialGroup>,
) -> Eligibility {
    let facts = CaseFacts {
        case_kind: kind,
        basis,
        groups: groups.clone(),
        handler: HandlerCategory::Lawyer,
        local_standard: Decimal::ZERO,
        place: None,
        closing_agreed_on: None,
        entered_on: None,
        already_paid: false,
        terminated: false,
        extension_days: 0,
    };
    let programme_case = case_payout::base_amount(programme, &facts).is_some();
    let named: Vec<&str> =
        groups.iter().filter(|group| programme.special_groups.contains(group)).map(|group| group.label()).collect();
    let reason = if programme_case {
        let review = if kind == CaseKind::CriminalRepresentation {
            "；刑事诉讼代理须由审批人复核（A32）"
        } else {
            ""
        };
        format!("受援人为{}，{}（{}），属于惠民工程案件{review}", named.join("、"), kind.label(), basis.label())
    } else if !programme.case_amounts.contains_key(&kind) {
        format!("{}不是民事诉讼代理或刑事案件，不属于惠民工程案件（A33）", kind.label())
    } else if named.is_empty() {
        "受援人不属于方案列明的特殊群体，按普通法律援助办理（方案四（二）1）".to_owned()
    } else {
        "刑事辩护只有通知辩护和律师辩护全覆盖案件计入；申请辩护按普通法律援助办理（方案四（二）1）".to_owned()
    };
    Eligibility { programme_case, reason }
}

/// What does not go together in a registration: field and message.
#[must_use]
pub fn contradictions(kind: CaseKind, basis: Basis, handler: HandlerCategory) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if basis != Basis::Application && !kind.is_criminal() {
        found.push(("basis", format!("{}只有刑事案件才有，{}请选择“申请”", basis.label(), kind.label())));
    }
    if kind.is_criminal_defence() && handler == HandlerCategory::GrassrootsLegalWorker {
        found.push(("handler_category", "基层法律服务工作者不能担任刑事辩护人".to_owned()));
    }
    found
}

/// A step in the life of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// 指派.
    Assign,
    /// 同意结案.
    AgreeClosing,
    /// 录入省系统.
    Enter,
    /// 终止.
    Terminate,
}

impl Step {
    /// The words for its date.
    #[must_use]
    pub fn date_label(self) -> &'static str {
        match self {
            Step::Assign => "指派日期",
            Step::AgreeClosing => "同意结案日期",
            Step::Enter => "录入日期",
            Step::Terminate => "终止日期",
        }
    }
}

/// Whether the step may be taken with a case whose dates are these.
///
/// # Errors
/// A sentence that says what has to be done first.
pub fn may_take(step: Step, dates: &Dates, counted: bool) -> Result<(), String> {
    if dates.terminated_on.is_some() {
        return Err("案件已经终止，不能再登记办理情况。".to_owned());
    }
    if counted {
        return Err("案件已计入年度任务，日期不能再改。".to_owned());
    }
    match step {
        Step::Assign | Step::Enter => Ok(()),
        Step::AgreeClosing if dates.assigned_on.is_none() => Err("案件还没有指派，请先登记指派日期。".to_owned()),
        Step::AgreeClosing => Ok(()),
        Step::Terminate if dates.closing_agreed_on.is_some() => Err("案件已同意结案，不能再终止。".to_owned()),
        Step::Terminate => Ok(()),
    }
}

/// What is wrong with the date of a step; `None` when it fits the others.
#[must_use]
pub fn wrong_date(step: Step, on: NaiveDate, dates: &Dates) -> Option<String> {
    let earliest = match step {
        Step::Assign | Step::Enter => ("受理", dates.accepted_on),
        Step::AgreeClosing => ("指派", dates.assigned_on.unwrap_or(dates.accepted_on)),
        Step::Terminate => match dates.assigned_on {
            Some(assigned) => ("指派", assigned),
            None => ("受理", dates.accepted_on),
        },
    };
    let (name, first) = earliest;
    if on < first {
        return Some(format!("{}不能早于{name}日期（{}）", step.date_label(), chinese_date(first)));
    }
    match (step, dates.closing_agreed_on) {
        (Step::Assign, Some(agreed)) if on > agreed => {
            Some(format!("指派日期不能晚于同意结案日期（{}）", chinese_date(agreed)))
        }
        _ => None,
    }
}

/// How a case was counted, as its page explains it.
#[must_use]
pub fn counted_words(place: i32, year: i32, target: Option<u32>, dates: &Dates) -> String {
    let (Some(agreed), Some(entered)) = (dates.closing_agreed_on, dates.entered_on) else {
        return String::new();
    };
    let order = if agreed == entered {
        format!("{}同意结案并录入省系统", month_and_day(agreed))
    } else {
        format!(
            "{}同意结案，{}录入省系统，以较晚的{}为准",
            month_and_day(agreed),
            month_and_day(entered),
            month_and_day(agreed.max(entered))
        )
    };
    let share = match target {
        Some(target) if u32::try_from(place).is_ok_and(|place| place > target) => {
            format!(
                "已超过全年任务{target}件，补贴由法律援助业务经费负担（方案五（二）2），此前有案件作废让出位次的除外"
            )
        }
        Some(target) => format!("在全年任务{target}件之内"),
        // A35: the year of the entry may be ahead of its plan.
        None => format!("{year}年的实施方案还没有建立，任务数待定"),
    };
    format!("第{place}件：{order}，计入{year}年任务（A34、A35）；{share}。顺序一经给出不再变动（A36）。")
}

/// Why a case is not counted yet, as its page explains it.
#[must_use]
pub fn uncounted_words(programme_case: bool, dates: &Dates) -> String {
    if dates.terminated_on.is_some() {
        return "案件已终止，不计入任务（A41）。".to_owned();
    }
    if !programme_case {
        return "不是惠民工程案件，不计入任务。".to_owned();
    }
    match (dates.closing_agreed_on, dates.entered_on) {
        (None, None) => "同意结案并录入省系统后计入任务。".to_owned(),
        (Some(_), None) => "已同意结案，录入省系统后计入任务。".to_owned(),
        (None, Some(_)) => "已录入省系统，同意结案后计入任务。".to_owned(),
        (Some(_), Some(_)) => String::new(),
    }
}

/// The number after the highest of a year: `高法援字〔2024〕001号`. `taken` are the numbers
/// of that year that begin like it.
#[must_use]
pub fn next_number(county: char, year: i32, taken: &[String]) -> String {
    let prefix = format!("{county}法援字〔{year}〕");
    let highest = taken
        .iter()
        .filter_map(|number| number.strip_prefix(prefix.as_str())?.strip_suffix('号')?.parse::<u32>().ok())
        .max()
        .unwrap_or(0);
    format!("{prefix}{:03}号", highest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dates() -> Dates {
        Dates {
            accepted_on: day("2024-05-06"),
            assigned_on: None,
            closing_agreed_on: None,
            entered_on: None,
            terminated_on: None,
        }
    }

    #[test]
    fn a31_a32_a33_what_is_a_case_of_the_programme() {
        use Basis::{Application, FullCoverage, NotifiedDefence};
        use CaseKind::*;
        let programme = Programme::gaoping_2024();
        let group: BTreeSet<_> = [SpecialGroup::MigrantWorker].into();
        let none = BTreeSet::new();
        for (kind, basis, groups, eligible) in [
            (CivilFirstInstance, Application, &group, true),
            (CivilSecondInstance, Application, &group, true),
            (CivilFirstInstance, Application, &none, false),
            (CriminalInvestigation, NotifiedDefence, &group, true),
            (CriminalFirstInstance, FullCoverage, &group, true),
            (CriminalFirstInstance, Application, &group, false),
            (CriminalFirstInstance, NotifiedDefence, &none, false),
            (CriminalRepresentation, Application, &group, true),
            (LabourArbitration, Application, &group, false),
            (AdministrativeLitigation, Application, &group, false),
            (Enforcement, Application, &group, false),
        ] {
            let decided = eligibility(&programme, kind, basis, groups);
            assert_eq!(decided.programme_case, eligible, "{kind} {basis}: {}", decided.reason);
        }
    }

    #[test]
    fn every_state_counts_in_one_status() {
        for state in State::ALL {
            assert_eq!(Status::ALL.iter().filter(|status| status.states().contains(state)).count(), 1, "{state}");
        }
    }

    #[test]
    fn a34_a_case_is_counted_on_the_later_of_agreement_and_entry() {
        let mut dates = dates();
        assert_eq!(dates.counted_on(), None);
        dates.assigned_on = Some(day("2024-05-07"));
        dates.closing_agreed_on = Some(day("2024-12-30"));
        assert_eq!((dates.status(), dates.counted_on()), (Status::Agreed, None));
        dates.entered_on = Some(day("2025-01-03"));
        assert_eq!((dates.status(), dates.counted_on()), (Status::Closed, Some(day("2025-01-03"))));
        assert_eq!(
            counted_words(37, 2025, Some(290), &dates),
            "第37件：12月30日同意结案，1月3日录入省系统，以较晚的1月3日为准，计入2025年任务（A34、A35）；在全年任务290件之内。顺序一经给出不再变动（A36）。"
        );
        assert!(counted_words(290, 2025, Some(290), &dates).contains("在全年任务290件之内"));
        assert!(counted_words(291, 2025, Some(290), &dates).contains("超过全年任务290件"));
        assert!(counted_words(1, 2025, None, &dates).contains("2025年的实施方案还没有建立，任务数待定"));
        dates.terminated_on = Some(day("2025-01-04"));
        assert_eq!(dates.counted_on(), None, "a case that was ended counts for no year");
        dates.closing_agreed_on = None;
        dates.terminated_on = Some(day("2024-06-01"));
        assert_eq!((dates.status(), dates.counted_on()), (Status::Terminated, None));
    }

    #[test]
    fn steps_come_in_order() {
        let mut dates = dates();
        assert_eq!(may_take(Step::AgreeClosing, &dates, false).unwrap_err(), "案件还没有指派，请先登记指派日期。");
        assert_eq!(
            wrong_date(Step::Assign, day("2024-05-05"), &dates).unwrap(),
            "指派日期不能早于受理日期（2024年5月6日）"
        );
        dates.assigned_on = Some(day("2024-05-08"));
        assert_eq!(
            wrong_date(Step::AgreeClosing, day("2024-05-07"), &dates).unwrap(),
            "同意结案日期不能早于指派日期（2024年5月8日）"
        );
        assert_eq!(wrong_date(Step::Enter, day("2024-05-06"), &dates), None);
        dates.closing_agreed_on = Some(day("2024-06-03"));
        assert!(may_take(Step::Terminate, &dates, false).unwrap_err().contains("已同意结案"));
        assert!(wrong_date(Step::Assign, day("2024-06-04"), &dates).unwrap().contains("不能晚于"));
        assert!(may_take(Step::Enter, &dates, true).unwrap_err().contains("已计入"));
    }

    #[test]
    fn numbers_go_on_from_the_highest() {
        let taken = ["高法援字〔2024〕009号", "高法援字〔2024〕012号", "高法援字〔2024〕补1号"].map(String::from);
        assert_eq!(next_number('高', 2024, &taken), "高法援字〔2024〕013号");
        assert_eq!(next_number('高', 2025, &taken), "高法援字〔2025〕001号");
    }

    #[test]
    fn a_defence_is_not_given_to_a_grassroots_worker() {
        let found = contradictions(
            CaseKind::CriminalFirstInstance,
            Basis::NotifiedDefence,
            HandlerCategory::GrassrootsLegalWorker,
        );
        assert_eq!(found[0].0, "handler_category");
        let found = contradictions(CaseKind::CivilFirstInstance, Basis::NotifiedDefence, HandlerCategory::Lawyer);
        assert_eq!(found[0].1, "通知辩护只有刑事案件才有，民事一审代理请选择“申请”");
    }
}
