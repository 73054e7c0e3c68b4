//! What must hold of every month and every case, whatever the facts.

use std::collections::BTreeMap;

use huifa::plan::dictionaries::{
    Basis, CaseKind, FindingKind, HandlerCategory, PersonCategory, SpecialGroup, VenueKind,
};
use huifa::plan::{Calendar, Dictionary, Month, Programme};
use huifa::subsidy::case_payout::{self, CaseFacts, CasePayout};
use huifa::subsidy::duty_pay::{Adjustment, DutyFacts, DutyPay, Findings, PersonFacts, ShiftFacts, calculate_facts};
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

fn any_of<D: Dictionary + std::fmt::Debug>() -> impl Strategy<Value = D> {
    select(D::ALL)
}

fn findings() -> impl Strategy<Value = Findings> {
    let kind = prop_oneof![
        6 => select(&[FindingKind::Late, FindingKind::EarlyLeave, FindingKind::RecordDefect,
            FindingKind::Dissatisfied, FindingKind::OffPost][..]),
        1 => Just(FindingKind::FalseDuty),
    ];
    prop::collection::btree_map(kind, 0_u32..3, 0..3).prop_map(|counts: BTreeMap<_, _>| {
        counts
            .into_iter()
            .map(|(kind, count)| match kind {
                FindingKind::Late | FindingKind::EarlyLeave => (kind, count.min(1)),
                _ => (kind, count),
            })
            .collect()
    })
}

fn shift() -> impl Strategy<Value = ShiftFacts> {
    (
        any_of::<VenueKind>(),
        0_u64..12,
        prop_oneof![8 => Just(8_u32), 1 => Just(4), 1 => Just(3)],
        prop::bool::weighted(0.9),
        findings(),
    )
        .prop_map(|(venue_kind, day, hours, served, findings)| ShiftFacts {
            id: String::new(),
            venue: venue_kind.to_string(),
            venue_kind,
            date: "2024-06-03".parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(day),
            planned_hours: Decimal::from(hours),
            served,
            findings,
        })
}

pub(super) fn facts() -> impl Strategy<Value = DutyFacts> {
    (
        prop::collection::vec(shift(), 0..10),
        prop::collection::vec(-900_i64..300, 0..3),
        any_of::<PersonCategory>(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(mut shifts, amounts, category, public_official)| {
            for (index, shift) in shifts.iter_mut().enumerate() {
                shift.id = (index + 1).to_string();
            }
            DutyFacts {
                month: Month::new(2024, 6).unwrap(),
                person: PersonFacts { name: "示例".to_owned(), category, public_official, stars: 0 },
                shifts,
                adjustments: amounts
                    .into_iter()
                    .map(|amount| Adjustment { reason: "上月核减".to_owned(), amount: Decimal::from(amount) })
                    .collect(),
            }
        })
}

pub(super) fn case() -> impl Strategy<Value = CaseFacts> {
    let date = || {
        prop::option::weighted(
            0.9,
            (0_u64..300).prop_map(|day| "2024-02-01".parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(day)),
        )
    };
    (
        (any_of::<CaseKind>(), any_of::<Basis>(), any_of::<HandlerCategory>()),
        prop::collection::btree_set(any_of::<SpecialGroup>(), 0..3),
        0_i64..3000,
        prop::option::weighted(0.9, 1_u32..600),
        (date(), date()),
        (prop::bool::weighted(0.1), prop::bool::weighted(0.1), 0_u32..=15),
    )
        .prop_map(|((case_kind, basis, handler), groups, standard, place, dates, rest)| CaseFacts {
            case_kind,
            basis,
            groups,
            handler,
            local_standard: Decimal::from(standard),
            place,
            closing_agreed_on: dates.0,
            entered_on: dates.1,
            already_paid: rest.0,
            terminated: rest.1,
            extension_days: rest.2,
        })
}

pub(super) fn pay(facts: &DutyFacts) -> DutyPay {
    calculate_facts(&Programme::gaoping_2024(), &Calendar::shipped(), facts)
}

pub(super) fn payout(facts: &CaseFacts) -> CasePayout {
    case_payout::calculate(&Programme::gaoping_2024(), &Calendar::shipped(), facts)
}

fn sum(amounts: impl Iterator<Item = Decimal>) -> Decimal {
    amounts.sum()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_negative_nothing_exceeds_its_base_and_lines_add_up(facts in facts()) {
        let pay = pay(&facts);
        prop_assert_eq!(facts.faults(&Programme::gaoping_2024(), &Calendar::shipped()), vec![]);
        for shift in &pay.shifts {
            prop_assert!(shift.deducted >= Decimal::ZERO && shift.deducted <= shift.base);
            prop_assert_eq!(shift.payable, shift.base - shift.deducted);
            prop_assert_eq!(sum(shift.lines.iter().map(|line| line.amount)), shift.deducted);
            prop_assert_eq!(shift.earned.amount, shift.base);
            prop_assert!(shift.not_payable.is_none() || shift.payable.is_zero());
        }
        prop_assert_eq!(sum(pay.shifts.iter().map(|shift| shift.payable)), pay.gross);
        prop_assert_eq!(pay.subtotal, if pay.month_forfeited { Decimal::ZERO } else { pay.gross });
        prop_assert_eq!(sum(pay.steps.iter().map(|step| step.amount)), pay.payable);
        prop_assert_eq!(pay.subtotal + pay.adjustment, pay.payable - pay.receivable);
        prop_assert!(pay.payable >= Decimal::ZERO && pay.receivable >= Decimal::ZERO);
        prop_assert!(pay.payable.is_zero() || pay.receivable.is_zero());
    }

    #[test]
    fn whole_yuan_stay_whole_and_carry_two_decimals(facts in facts()) {
        let pay = pay(&facts);
        for amount in [pay.gross, pay.subtotal, pay.adjustment, pay.payable, pay.receivable] {
            prop_assert!(amount.fract().is_zero());
            prop_assert_eq!(amount.scale(), 2);
        }
    }

    #[test]
    fn the_order_of_the_shifts_changes_only_the_order_of_the_answer(
        (facts, shuffled) in facts().prop_flat_map(|facts| {
            let shuffled = Just(facts.shifts.clone()).prop_shuffle();
            (Just(facts), shuffled)
        })
    ) {
        let mut first = pay(&facts);
        let mut second = pay(&DutyFacts { shifts: shuffled, ..facts });
        first.shifts.sort_by(|a, b| a.id.cmp(&b.id));
        second.shifts.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(first, second);
    }

    #[test]
    fn a_further_finding_never_raises_the_pay(
        facts in facts(),
        kind in any_of::<FindingKind>(),
        index in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!facts.shifts.is_empty());
        let before = pay(&facts);
        let mut worse = facts.clone();
        let index = index.index(worse.shifts.len());
        worse.shifts[index].findings.add(kind, 1);
        let after = pay(&worse);
        prop_assert!(after.payable <= before.payable);
        prop_assert!(after.subtotal <= before.subtotal);
    }

    #[test]
    fn frozen_months_are_read_back_and_give_the_same(facts in facts()) {
        let pay = pay(&facts);
        let json = serde_json::to_string(&facts).unwrap();
        let thawed: DutyFacts = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&thawed, &facts);
        prop_assert_eq!(serde_json::to_string(&thawed).unwrap(), json);
        let value = serde_json::to_value(&pay).unwrap();
        prop_assert_eq!(serde_json::from_value::<DutyPay>(value.clone()).unwrap(), pay);
        let again = self::pay(&thawed);
        prop_assert_eq!(serde_json::to_value(again).unwrap(), value);
    }

    #[test]
    fn a_case_keeps_to_its_amounts(facts in case()) {
        let programme = Programme::gaoping_2024();
        prop_assert_eq!(facts.faults(&programme), vec![]);
        let payout = payout(&facts);
        let (base, standard) = (Decimal::from(1000), facts.local_standard);
        prop_assert!(payout.earmarked.is_zero() || payout.earmarked == base);
        if payout.earmarked == base {
            prop_assert_eq!(payout.operating, (standard - base).max(Decimal::ZERO));
            prop_assert!(payout.programme_case && payout.counted);
            prop_assert!(facts.closing_agreed_on.is_some() && facts.entered_on.is_some());
            prop_assert!(facts.place.is_some_and(|place| place <= programme.case_target));
            prop_assert!(!facts.already_paid && !facts.terminated);
            prop_assert!(facts.handler != HandlerCategory::AgencyStaff);
        }
        prop_assert_eq!(payout.total, payout.earmarked + payout.operating);
        prop_assert!(payout.total <= base.max(standard));
        prop_assert_eq!(payout.total, sum(payout.lines.iter().map(|line| line.amount)));
        prop_assert_eq!(payout.total.is_zero(), payout.blocked.is_some());
        prop_assert_eq!(payout.total.is_zero(), payout.due_on.is_none());
        prop_assert_eq!(payout.counted, payout.counted_on.is_some());
    }

    #[test]
    fn frozen_cases_are_read_back_and_give_the_same(facts in case()) {
        let payout = payout(&facts);
        let json = serde_json::to_string(&facts).unwrap();
        let thawed: CaseFacts = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&thawed, &facts);
        let value = serde_json::to_value(&payout).unwrap();
        prop_assert_eq!(serde_json::from_value::<CasePayout>(value).unwrap(), payout.clone());
        prop_assert_eq!(self::payout(&thawed), payout);
    }
}

#[test]
fn the_earmarked_fund_pays_at_most_the_target_in_a_year() {
    let mut facts = CaseFacts {
        case_kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        groups: [SpecialGroup::Farmer].into(),
        handler: HandlerCategory::Lawyer,
        local_standard: Decimal::from(1200),
        place: None,
        closing_agreed_on: "2024-06-03".parse().ok(),
        entered_on: "2024-06-03".parse().ok(),
        already_paid: false,
        terminated: false,
        extension_days: 0,
    };
    let total: Decimal = (1..=400)
        .map(|place| {
            facts.place = Some(place);
            payout(&facts).earmarked
        })
        .sum();
    assert_eq!(total, Decimal::from(290_000));
}
