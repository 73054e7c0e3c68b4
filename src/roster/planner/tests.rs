//! What is due, what is missing, and taking turns.

use proptest::prelude::*;

use super::super::rules::tests::{date, person, taken, terms, venue};
use super::*;
use crate::plan::month::Month;

fn station() -> Venue {
    venue(3, VenueKind::Station, "米山镇")
}

fn centre() -> Venue {
    venue(1, VenueKind::ServiceCentre, "市公共法律服务中心")
}

fn days(filling: &Filling) -> Vec<String> {
    filling
        .proposals
        .iter()
        .map(|(proposal, _)| format!("{} {} {}", proposal.day, proposal.person, proposal.change))
        .collect()
}

#[test]
fn clause_4_1_4_the_due_days_of_may_2024() {
    let may = terms("2024-05");
    assert_eq!(due_days(&may, VenueKind::ServiceCentre).len(), 21);
    let wednesdays = ["2024-05-08", "2024-05-15", "2024-05-22", "2024-05-29"].map(date);
    assert_eq!(due_days(&may, VenueKind::Station), wednesdays);
    assert_eq!(due_days(&may, VenueKind::LegalAidCentre), [] as [NaiveDate; 0]);
}

#[test]
fn a03_every_holiday_wednesday_is_listed_with_an_offer() {
    let mut table = String::new();
    for month in (1..=12).filter_map(|month| Month::new(2024, month)) {
        for gap in gaps(&terms(&month.to_string()), &station(), &[]).holidays {
            let offer = gap.offer.map(short_date).unwrap_or_default();
            table += &format!("{} → {offer}：{}\n", short_date(gap.holiday), gap.reason());
        }
    }
    insta::assert_snapshot!(table, @r"
    2月14日 周三 → 2月18日 周日：2月14日春节放假，改期值班
    5月1日 周三 → 5月6日 周一：5月1日劳动节放假，改期值班
    10月2日 周三 → 10月8日 周二：10月2日国庆节放假，改期值班
    ");
}

#[test]
fn a_moved_shift_makes_good_the_day_it_stands_for() {
    let may = terms("2024-05");
    let moved = Taken { moved_from: Some(date("2024-05-01")), ..taken(&station(), 7, "2024-05-06") };
    let gaps_after = |shifts: &[Taken]| gaps(&may, &station(), shifts);
    let after_holiday = gaps_after(std::slice::from_ref(&moved));
    assert_eq!((after_holiday.missing.len(), after_holiday.holidays.len()), (4, 0));
    let within_week = gaps_after(&[Taken { moved_from: Some(date("2024-05-08")), ..moved }]);
    assert_eq!(within_week.missing, ["2024-05-15", "2024-05-22", "2024-05-29"].map(date));
    assert_eq!(within_week.holidays.len(), 1);
}

#[test]
fn people_take_turns_and_filled_days_are_kept() {
    let people = [person(7, "张三"), person(8, "李四")];
    let standing = [taken(&station(), 9, "2024-05-15")];
    let filling = fill(&terms("2024-05"), &station(), &people, &standing, Holidays::LeaveOut);
    assert_eq!(filling.kept, [date("2024-05-15")]);
    assert_eq!(days(&filling), ["2024-05-08 7 正常", "2024-05-22 8 正常", "2024-05-29 7 正常"]);
    let moved = fill(&terms("2024-05"), &station(), &people, &standing, Holidays::Move);
    assert_eq!(days(&moved)[0], "2024-05-06 7 改期");
    assert_eq!(moved.proposals[0].0.reason, "5月1日劳动节放假，改期值班");
}

#[test]
fn who_cannot_is_passed_over_and_a_day_for_nobody_is_a_conflict() {
    let elsewhere = venue(4, VenueKind::Station, "三甲镇");
    let busy = [taken(&elsewhere, 7, "2024-05-08")];
    let people = [person(7, "张三"), person(8, "李四")];
    let filling = fill(&terms("2024-05"), &station(), &people, &busy, Holidays::LeaveOut);
    assert_eq!(days(&filling)[..2], ["2024-05-08 8 正常", "2024-05-15 7 正常"]);
    let alone = fill(&terms("2024-05"), &station(), &people[..1], &busy, Holidays::LeaveOut);
    assert_eq!(alone.conflicts.len(), 1);
    let sentence = alone.conflicts[0].sentence();
    assert!(sentence.starts_with("5月8日 周三：张三当天 08:00–12:00 已在三甲镇值班"), "{sentence}");
}

#[test]
fn the_window_of_the_legal_aid_centre_is_filled_on_working_days() {
    let window = venue(2, VenueKind::LegalAidCentre, "市法律援助中心");
    let filling = fill(&terms("2024-05"), &window, &[person(7, "张三")], &[], Holidays::LeaveOut);
    assert_eq!(filling.proposals.len(), 21);
    assert_eq!(gaps(&terms("2024-05"), &window, &[]), Gaps::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands and whoever is chosen: what filling proposes overlaps nothing, uses
    /// nobody who may not serve, and doubles no centre day.
    #[test]
    fn filling_never_overlaps_and_never_uses_the_ineligible(
        month in 1_u32..=12,
        at_centre in any::<bool>(),
        move_holidays in any::<bool>(),
        people in proptest::collection::vec((1_i64..8, 0_u8..5), 1..6),
        standing in proptest::collection::vec((1_i64..8, 0_u32..31, 0_u8..3), 0..60),
    ) {
        let month = Month::new(2024, month).unwrap();
        let may = terms(&month.to_string());
        let here = if at_centre { centre() } else { station() };
        let elsewhere = [centre(), station(), venue(4, VenueKind::Station, "三甲镇")];
        let all_days: Vec<NaiveDate> = month.days().collect();
        let standing: Vec<Taken> = standing
            .iter()
            .map(|(person, day, place)| {
                let day = all_days[*day as usize % all_days.len()];
                taken(&elsewhere[usize::from(*place)], *person, &day.to_string())
            })
            .collect();
        let people: Vec<Candidate> = people
            .iter()
            .map(|(id, kind)| {
                let mut candidate = person(*id, "张三");
                match kind {
                    0 => candidate.status = "suspended".to_owned(),
                    1 => candidate.serves_here = false,
                    2 => candidate.joined_on = all_days[15],
                    _ => {}
                }
                candidate
            })
            .collect();
        let holidays = if move_holidays { Holidays::Move } else { Holidays::LeaveOut };
        let filling = fill(&may, &here, &people, &standing, holidays);
        let mut all = standing.clone();
        for (proposal, accepted) in &filling.proposals {
            let allowed = people.iter().any(|candidate| {
                candidate.id == proposal.person
                    && candidate.status == "active"
                    && candidate.serves_here
                    && candidate.joined_on <= proposal.day
            });
            prop_assert!(allowed, "{proposal:?}");
            prop_assert!(accepted.planned_minutes >= accepted.minimum_minutes);
            prop_assert!(may.is_working_day(proposal.day));
            for other in all.iter().filter(|other| other.person == proposal.person && other.day == proposal.day) {
                let apart = proposal.hours.ends_at <= other.starts_at || other.ends_at <= proposal.hours.starts_at;
                prop_assert!(apart, "{proposal:?} {other:?}");
                prop_assert!(!(at_centre && other.kind == VenueKind::ServiceCentre));
            }
            prop_assert!(!all.iter().any(|other| other.venue == here.id && other.day == proposal.day
                && proposal.change == ShiftChange::Normal), "a filled day is kept");
            all.push(Taken {
                starts_at: proposal.hours.starts_at,
                ends_at: proposal.hours.ends_at,
                moved_from: proposal.moved_from,
                ..taken(&here, proposal.person, &proposal.day.to_string())
            });
        }
        let filled = filling.proposals.len() + filling.kept.len() + filling.conflicts.len();
        prop_assert!(filled >= due_days(&may, here.kind).len());
    }
}
