//! 五(二)2: worked cases, each named by its reading.

use huifa::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use huifa::plan::{Calendar, Dictionary, Programme};
use huifa::subsidy::case_payout::{Blocked, CaseFacts, CasePayout, calculate};
use rust_decimal::Decimal;

fn case() -> CaseFacts {
    CaseFacts {
        case_kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        groups: [SpecialGroup::MigrantWorker].into(),
        handler: HandlerCategory::Lawyer,
        local_standard: Decimal::from(1500),
        place: Some(1),
        closing_agreed_on: "2024-06-03".parse().ok(),
        entered_on: "2024-06-05".parse().ok(),
        already_paid: false,
        terminated: false,
        extension_days: 0,
    }
}

fn pay(facts: &CaseFacts) -> CasePayout {
    calculate(&Programme::gaoping_2024(), &Calendar::shipped(), facts)
}

/// Earmarked + operating, or why nothing.
fn shown(facts: &CaseFacts) -> String {
    let payout = pay(facts);
    match payout.blocked {
        Some(blocked) => blocked.code().to_owned(),
        None => format!("{}+{}", payout.earmarked, payout.operating),
    }
}

#[track_caller]
fn changed(change: impl FnOnce(&mut CaseFacts), expected: &str) -> CasePayout {
    let mut facts = case();
    change(&mut facts);
    assert_eq!(shown(&facts), expected);
    pay(&facts)
}

#[track_caller]
fn warned(payout: &CasePayout, part: &str) {
    assert!(payout.warnings.iter().any(|warning| warning.contains(part)), "{:?}", payout.warnings);
}

#[test]
fn a31_a37_a38_base_excess_and_over_target() {
    changed(|_| {}, "1000.00+500.00");
    changed(|c| c.local_standard = Decimal::from(1000), "1000.00+0.00");
    warned(&changed(|c| c.local_standard = Decimal::from(800), "1000.00+0.00"), "仍按方案标准补贴");
    // At each limit itself nothing is to be warned of.
    let limit = |c: &mut CaseFacts| {
        c.local_standard = Decimal::from(1000);
        c.place = Some(290);
        c.extension_days = Programme::gaoping_2024().case_extension_days;
    };
    let at_limits = changed(limit, "1000.00+0.00");
    for part in ["超过全年目标任务数", "低于方案标准", "延长时间超过上限"] {
        assert!(!at_limits.warnings.iter().any(|warning| warning.contains(part)), "{:?}", at_limits.warnings);
    }
    changed(|c| c.place = Some(290), "1000.00+500.00");
    let over = changed(|c| c.place = Some(291), "0.00+1500.00");
    assert!(over.counted);
    assert_eq!(over.lines[0].clause, "五(二)2");
    changed(
        |c| {
            c.place = Some(291);
            c.local_standard = Decimal::from(800);
        },
        "0.00+800.00",
    );
}

#[test]
fn a33_only_listed_kinds_of_the_groups_are_programme_cases() {
    for kind in CaseKind::ALL {
        let mut facts = case();
        facts.case_kind = *kind;
        facts.basis = Basis::NotifiedDefence;
        let expected = kind.is_civil_litigation() || kind.is_criminal();
        assert_eq!(pay(&facts).programme_case, expected, "{kind}");
        facts.groups.clear();
        assert!(!pay(&facts).programme_case, "{kind}");
    }
    changed(
        |c| {
            c.groups.clear();
            c.place = None;
        },
        "0.00+1500.00",
    );
}

#[test]
fn defence_on_application_is_ordinary_legal_aid() {
    for (basis, programme_case) in
        [(Basis::Application, false), (Basis::NotifiedDefence, true), (Basis::FullCoverage, true)]
    {
        for kind in CaseKind::ALL.iter().filter(|kind| kind.is_criminal_defence()) {
            let mut facts = case();
            facts.case_kind = *kind;
            facts.basis = basis;
            assert_eq!(pay(&facts).programme_case, programme_case);
        }
    }
}

#[test]
fn a32_criminal_representation_is_flagged_for_review() {
    let payout = changed(|c| c.case_kind = CaseKind::CriminalRepresentation, "1000.00+500.00");
    warned(&payout, "复核");
}

#[test]
fn a34_a35_a_case_counts_on_the_later_day() {
    let payout = pay(&case());
    assert_eq!(payout.counted_on.unwrap().to_string(), "2024-06-05");
    let crossing = changed(
        |c| {
            c.closing_agreed_on = "2024-12-20".parse().ok();
            c.entered_on = "2025-01-06".parse().ok();
        },
        "1000.00+500.00",
    );
    assert_eq!(crossing.counted_on.unwrap().to_string(), "2025-01-06");
    warned(&crossing, "计入2025年度任务");
    assert_eq!(crossing.due_on.unwrap().to_string(), "2025-01-19");
    assert_eq!(crossing.target_on.unwrap().to_string(), "2025-01-17");
    warned(&crossing, "不是工作日");
}

#[test]
fn a36_a_case_without_a_place_waits_for_one() {
    let payout = changed(|c| c.place = None, "no_place");
    assert!(payout.counted);
    warned(&payout, "年度序号");
}

#[test]
fn a39_a40_a41_what_is_never_paid() {
    assert!(changed(|c| c.already_paid = true, "already_paid").counted);
    assert!(changed(|c| c.handler = HandlerCategory::AgencyStaff, "agency_staff").counted);
    assert!(!changed(|c| c.terminated = true, "terminated").counted);
    for ordinary in [true, false] {
        changed(
            |c| {
                c.handler = HandlerCategory::AgencyStaff;
                if ordinary {
                    c.groups.clear();
                }
            },
            "agency_staff",
        );
    }
    let help = changed(|c| c.case_kind = CaseKind::DutyLawyerHelp, "not_a_case");
    assert!(!help.programme_case && !help.counted);
}

#[test]
fn the_entry_is_the_gate_of_the_earmarked_fund_only() {
    let waiting = changed(|c| c.entered_on = None, "not_entered");
    assert!(!waiting.counted);
    let ordinary = changed(
        |c| {
            c.entered_on = None;
            c.place = None;
            c.groups.clear();
        },
        "0.00+1500.00",
    );
    warned(&ordinary, "补录");
    changed(|c| c.closing_agreed_on = None, "closing_not_agreed");
}

#[test]
fn a30_the_extension_moves_the_limit_and_not_the_amount() {
    for (days, due) in [(0, "2024-07-03"), (1, "2024-07-04"), (15, "2024-07-18")] {
        let payout = changed(|c| c.extension_days = days, "1000.00+500.00");
        assert_eq!(payout.due_on.unwrap().to_string(), due);
    }
    let mut facts = case();
    facts.extension_days = 16;
    let faults = facts.faults(&Programme::gaoping_2024());
    assert_eq!(faults[0].to_string(), "extension_days: 16 is more than 15 days");
}

#[test]
fn handlers_who_may_not_defend_are_warned_of() {
    let payout = changed(
        |c| {
            c.case_kind = CaseKind::CriminalFirstInstance;
            c.basis = Basis::FullCoverage;
            c.handler = HandlerCategory::GrassrootsLegalWorker;
        },
        "1000.00+500.00",
    );
    warned(&payout, "不得担任刑事辩护人");
}

#[test]
fn a_zero_local_standard_leaves_nothing_to_pay() {
    let payout = changed(
        |c| {
            c.groups.clear();
            c.place = None;
            c.local_standard = Decimal::ZERO;
        },
        "nothing_due",
    );
    assert_eq!(payout.due_on, None);
    assert_eq!(payout.blocked, Some(Blocked::NothingDue));
}

#[test]
fn another_plan_may_pay_other_kinds_other_amounts() {
    let programme = Programme::gaoping_2024()
        .with_parameter("case_amounts.labour_arbitration", "600")
        .unwrap()
        .with_parameter("special_groups", "farmer")
        .unwrap();
    let mut facts = case();
    facts.case_kind = CaseKind::LabourArbitration;
    let calendar = Calendar::shipped();
    assert!(!calculate(&programme, &calendar, &facts).programme_case);
    facts.groups = [SpecialGroup::Farmer].into();
    let payout = calculate(&programme, &calendar, &facts);
    assert_eq!(payout.earmarked, Decimal::from(600));
    assert_eq!(payout.operating, Decimal::from(900));
}

#[test]
fn every_line_reads_as_a_sentence() {
    let mut text = String::new();
    for place in [None, Some(7), Some(300)] {
        let mut facts = case();
        facts.place = place;
        if place.is_none() {
            facts.groups.clear();
        }
        for line in pay(&facts).lines {
            text += &format!("{} {} {} {}\n", line.fund, line.clause, line.amount, line.text);
        }
    }
    insta::assert_snapshot!(text);
}
