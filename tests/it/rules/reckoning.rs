//! The formulas of the plan reckoned a second time, in plain numbers and on one page, and
//! compared with the program on any month and any case.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days};
use huifa::plan::dictionaries::{Basis, CaseKind, FindingKind, HandlerCategory, PersonCategory, VenueKind};
use huifa::subsidy::case_payout::CaseFacts;
use huifa::subsidy::duty_pay::DutyFacts;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::properties::{case, facts, pay, payout};

/// The weekend of 8 and 9 June 2024 and the Dragon Boat holiday after it.
const DAYS_OFF: [u32; 3] = [8, 9, 10];

/// 五(二)1: the month of June 2024 in yuan, and the absences from post.
fn month(facts: &DutyFacts) -> (i64, i64) {
    let count = |shift: usize, kind: FindingKind| i64::from(facts.shifts[shift].findings.count(kind));
    let all = 0..facts.shifts.len();
    let absences: i64 = all.clone().map(|shift| count(shift, FindingKind::OffPost)).sum();
    let cancelled: BTreeSet<_> =
        all.clone().filter(|shift| count(*shift, FindingKind::FalseDuty) > 0).map(|n| facts.shifts[n].date).collect();
    let official = facts.person.public_official || facts.person.category == PersonCategory::PublicStaff;
    let mut of_centre: BTreeMap<_, (u32, i64)> = BTreeMap::new();
    let mut sum = 0;
    for index in all {
        let shift = &facts.shifts[index];
        let (rate, absence, hours) = match shift.venue_kind {
            VenueKind::ServiceCentre => (200, 100, 8),
            VenueKind::Station => (300, 150, 4),
            VenueKind::LegalAidCentre => (0, 0, 0),
        };
        let closed = shift.venue_kind == VenueKind::ServiceCentre && DAYS_OFF.contains(&shift.date.day());
        if official || closed || !shift.served || shift.planned_hours < Decimal::from(hours) {
            continue;
        }
        let deduction = 10 * count(index, FindingKind::RecordDefect)
            + 50 * count(index, FindingKind::Late)
            + 50 * count(index, FindingKind::EarlyLeave)
            + 50 * count(index, FindingKind::Dissatisfied)
            + absence * count(index, FindingKind::OffPost);
        let pays = if cancelled.contains(&shift.date) { 0 } else { (rate - deduction).max(0) };
        if shift.venue_kind == VenueKind::ServiceCentre {
            let number: u32 = shift.id.parse().unwrap();
            let first = of_centre.entry(shift.date).or_insert((number, pays));
            if number < first.0 {
                *first = (number, pays);
            }
        } else {
            sum += pays;
        }
    }
    sum += of_centre.values().map(|(_, pays)| pays).sum::<i64>();
    (if absences >= 3 { 0 } else { sum }, absences)
}

/// 五(二)2: whether a case counts, and what the earmarked and the operating fund pay.
fn shares(case: &CaseFacts) -> (bool, Decimal, Decimal) {
    let (zero, base) = (Decimal::ZERO, Decimal::from(1000));
    let defence = matches!(
        case.case_kind,
        CaseKind::CriminalInvestigation
            | CaseKind::CriminalProsecution
            | CaseKind::CriminalFirstInstance
            | CaseKind::CriminalSecondInstance
            | CaseKind::CriminalRetrial
    );
    let listed = matches!(
        case.case_kind,
        CaseKind::CivilFirstInstance
            | CaseKind::CivilSecondInstance
            | CaseKind::CivilRetrial
            | CaseKind::CivilSpecialProcedure
            | CaseKind::CriminalRepresentation
    );
    let programme = !case.groups.is_empty() && (listed || defence && case.basis != Basis::Application);
    let complete = case.closing_agreed_on.is_some() && !case.terminated;
    let counted = programme && complete && case.entered_on.is_some();
    let unpaid = !complete
        || case.already_paid
        || case.handler == HandlerCategory::AgencyStaff
        || case.case_kind == CaseKind::DutyLawyerHelp
        || programme && (!counted || case.place.is_none());
    let within = case.place.is_some_and(|place| place <= 290);
    if unpaid {
        (counted, zero, zero)
    } else if programme && within {
        (counted, base, (case.local_standard - base).max(zero))
    } else {
        (counted, zero, case.local_standard)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_month_reckoned_twice_comes_to_the_same(facts in facts()) {
        let pay = pay(&facts);
        let (sum, absences) = month(&facts);
        prop_assert_eq!(pay.subtotal, Decimal::from(sum));
        prop_assert_eq!(i64::from(pay.off_post_findings), absences);
        let balance = Decimal::from(sum) + facts.adjustments.iter().map(|a| a.amount).sum::<Decimal>();
        prop_assert_eq!(pay.payable, balance.max(Decimal::ZERO));
        prop_assert_eq!(pay.receivable, (-balance).max(Decimal::ZERO));
    }

    #[test]
    fn a_case_reckoned_twice_comes_to_the_same(case in case()) {
        let payout = payout(&case);
        let (counted, earmarked, operating) = shares(&case);
        prop_assert_eq!(payout.counted, counted);
        prop_assert_eq!((payout.earmarked, payout.operating), (earmarked, operating));
        prop_assert_eq!(payout.total, earmarked + operating);
        let due = case.closing_agreed_on
            .filter(|_| payout.total > Decimal::ZERO)
            .map(|agreed| agreed + Days::new(30 + u64::from(case.extension_days)));
        prop_assert_eq!(payout.due_on, due);
    }
}
