//! 五(二)1: worked months, each named by its rule or reading.

use huifa::plan::dictionaries::{CancellationScope, FindingKind, PersonCategory, VenueKind};
use huifa::plan::{Calendar, Month, Programme, YearWithoutCalendar};
use huifa::subsidy::duty_pay::{
    Adjustment, DutyFacts, DutyPay, Findings, NotPayable, PersonFacts, ShiftFacts, calculate_facts,
};
use rust_decimal::Decimal;

/// A June of one person, built shift by shift.
struct June {
    facts: DutyFacts,
    programme: Programme,
}

fn june() -> June {
    June {
        facts: DutyFacts {
            month: Month::new(2024, 6).unwrap(),
            person: PersonFacts {
                name: "示例律师".to_owned(),
                category: PersonCategory::Lawyer,
                public_official: false,
                stars: 0,
            },
            shifts: Vec::new(),
            adjustments: Vec::new(),
        },
        programme: Programme::gaoping_2024(),
    }
}

impl June {
    fn shift(mut self, kind: VenueKind, day: u32, findings: &[(FindingKind, u32)]) -> Self {
        self.facts.shifts.push(ShiftFacts {
            id: (self.facts.shifts.len() + 1).to_string(),
            venue: kind.to_string(),
            venue_kind: kind,
            date: self.facts.month.first().with_day_of(day),
            planned_hours: Decimal::from(if kind == VenueKind::Station { 4 } else { 8 }),
            served: true,
            findings: findings.iter().copied().collect::<Findings>(),
        });
        self
    }

    fn centre(self, day: u32, findings: &[(FindingKind, u32)]) -> Self {
        self.shift(VenueKind::ServiceCentre, day, findings)
    }

    fn station(self, day: u32, findings: &[(FindingKind, u32)]) -> Self {
        self.shift(VenueKind::Station, day, findings)
    }

    fn last(mut self, change: impl FnOnce(&mut ShiftFacts)) -> Self {
        change(self.facts.shifts.last_mut().unwrap());
        self
    }

    fn person(mut self, change: impl FnOnce(&mut PersonFacts)) -> Self {
        change(&mut self.facts.person);
        self
    }

    fn under(mut self, key: &str, typed: &str) -> Self {
        self.programme = self.programme.with_parameter(key, typed).unwrap();
        self
    }

    fn adjusted(mut self, amount: &str) -> Self {
        self.facts
            .adjustments
            .push(Adjustment { reason: "上月已发补贴核减".to_owned(), amount: amount.parse().unwrap() });
        self
    }

    fn pay(&self) -> DutyPay {
        calculate_facts(&self.programme, &Calendar::shipped(), &self.facts)
    }

    /// Each shift's pay, or the reason it has none, then the month.
    fn table(&self) -> String {
        let pay = self.pay();
        let shifts: Vec<_> = pay
            .shifts
            .iter()
            .map(|shift| match shift.not_payable {
                Some(reason) => {
                    assert!(shift.payable.is_zero());
                    serde_json::to_value(reason).unwrap().as_str().unwrap().to_owned()
                }
                None => format!("{}-{}", shift.base, shift.deducted),
            })
            .collect();
        format!("{} | {} | {}", shifts.join(" "), pay.subtotal, pay.payable)
    }

    fn warned(&self, part: &str) -> bool {
        self.pay().warnings.iter().any(|warning| warning.contains(part))
    }
}

trait WithDay {
    fn with_day_of(self, day: u32) -> Self;
}

impl WithDay for chrono::NaiveDate {
    fn with_day_of(self, day: u32) -> Self {
        chrono::Datelike::with_day(&self, day).unwrap()
    }
}

use FindingKind::{Dissatisfied, EarlyLeave, FalseDuty, Late, OffPost, RecordDefect};

#[test]
fn r2_to_r5_deduct_for_each_finding() {
    let month = june()
        .centre(3, &[(RecordDefect, 3), (Late, 1), (EarlyLeave, 1)])
        .centre(4, &[(Dissatisfied, 2)])
        .station(5, &[(OffPost, 1), (RecordDefect, 1)]);
    assert_eq!(month.table(), "200.00-130.00 200.00-100.00 300.00-160.00 | 310.00 | 310.00");
}

#[test]
fn r6_a15_a_shift_bears_no_more_than_its_pay_and_shows_the_full_sum() {
    let month = june().centre(3, &[(OffPost, 2), (Late, 1)]).centre(4, &[]);
    assert_eq!(month.table(), "200.00-200.00 200.00-0.00 | 200.00 | 200.00");
    let amounts: Vec<_> = month.pay().shifts[0].lines.iter().map(|line| line.amount.to_string()).collect();
    assert_eq!(amounts, ["50.00", "200.00", "-50.00"]);
    // What takes just the whole pay needs no such line.
    let whole = june().centre(3, &[(OffPost, 2), (Late, 0)]);
    assert_eq!(whole.table(), "200.00-200.00 | 0.00 | 0.00");
    assert_eq!(whole.pay().shifts[0].lines.len(), 1);
    assert_eq!(Findings::default().with(Late, 0), Findings::default());
}

#[test]
fn r7_a11_three_absences_forfeit_the_month_and_two_do_not() {
    let two = june().centre(3, &[(OffPost, 1)]).station(5, &[(OffPost, 1)]);
    assert_eq!(two.table(), "200.00-100.00 300.00-150.00 | 250.00 | 250.00");
    assert!(two.warned("再有1次"));
    let three = two.centre(6, &[(OffPost, 1)]).centre(7, &[]);
    assert!(three.pay().month_forfeited);
    assert_eq!(three.pay().subtotal, Decimal::ZERO);
    assert_eq!(three.pay().gross, Decimal::from(550));
}

#[test]
fn a13_absences_of_all_places_count_also_where_nothing_is_paid() {
    let month = june().centre(3, &[(OffPost, 1)]).station(5, &[(OffPost, 1)]).shift(
        VenueKind::LegalAidCentre,
        6,
        &[(OffPost, 1)],
    );
    assert_eq!(month.table(), "200.00-100.00 300.00-150.00 venue_not_paid | 0.00 | 0.00");
}

#[test]
fn a17_false_duty_cancels_the_whole_day_at_all_places() {
    let month = june()
        .centre(5, &[(FalseDuty, 1)])
        .station(5, &[(Late, 1)])
        .shift(VenueKind::LegalAidCentre, 5, &[])
        .centre(6, &[]);
    assert_eq!(month.table(), "day_cancelled day_cancelled day_cancelled 200.00-0.00 | 200.00 | 200.00");
    let pay = month.pay();
    assert_eq!(pay.shifts[1].deducted, Decimal::from(300));
    assert_eq!(pay.shifts[2].base, Decimal::ZERO);
    assert!(month.warned("通报批评"));
}

#[test]
fn a17_the_other_reading_cancels_only_the_shift() {
    let month = june().under("cancellation_scope", "shift").centre(5, &[(FalseDuty, 1)]).station(5, &[]);
    assert_eq!(month.programme.cancellation_scope, CancellationScope::Shift);
    assert_eq!(month.table(), "day_cancelled 300.00-0.00 | 300.00 | 300.00");
}

#[test]
fn a18_an_absence_on_a_cancelled_day_still_counts() {
    let month = june().centre(3, &[(OffPost, 2)]).centre(4, &[(OffPost, 1), (FalseDuty, 1)]).centre(5, &[]);
    assert_eq!(month.pay().off_post_findings, 3);
    assert!(month.pay().month_forfeited);
}

#[test]
fn r9_a19_a_shift_not_served_earns_nothing_and_with_finding_5_costs_the_day() {
    let absent = june().station(5, &[]).station(12, &[]).last(|s| s.served = false);
    assert_eq!(absent.table(), "300.00-0.00 not_served | 300.00 | 300.00");
    assert!(absent.warned("如未经请假"));
    let found = june().centre(12, &[]).station(12, &[(FalseDuty, 1)]).last(|s| s.served = false);
    assert_eq!(found.table(), "day_cancelled not_served | 0.00 | 0.00");
    assert!(found.warned("通报批评"));
}

#[test]
fn a18_an_absent_person_cannot_also_be_late() {
    let month = june().centre(3, &[(Late, 1)]).last(|s| s.served = false);
    assert_eq!(month.table(), "not_served | 0.00 | 0.00");
    assert!(month.warned("重复认定"));
    assert!(month.pay().shifts[0].lines.iter().all(|line| line.amount.is_zero()));
}

#[test]
fn r11_a26_public_officials_are_not_paid_by_flag_or_by_category() {
    let by_flag = june().person(|p| p.public_official = true).centre(3, &[]);
    let by_category = june().person(|p| p.category = PersonCategory::PublicStaff).centre(3, &[]);
    for month in [by_flag, by_category] {
        assert_eq!(month.table(), "public_official | 0.00 | 0.00");
    }
}

#[test]
fn r12_a04_fewer_hours_than_the_plan_asks_for_are_no_duty() {
    let hours = |text: &str| text.parse::<Decimal>().unwrap();
    let month = june()
        .centre(3, &[])
        .last(|s| s.planned_hours = hours("7.99"))
        .station(5, &[])
        .last(|s| s.planned_hours = hours("3.5"))
        .station(12, &[])
        .last(|s| s.planned_hours = hours("4.0"));
    assert_eq!(month.table(), "below_minimum_hours below_minimum_hours 300.00-0.00 | 300.00 | 300.00");
}

#[test]
fn r12_the_centre_works_on_working_days_and_make_up_saturdays_only() {
    let month = june().centre(8, &[]).centre(10, &[]).centre(11, &[]);
    assert_eq!(month.table(), "not_a_working_day not_a_working_day 200.00-0.00 | 200.00 | 200.00");
    let mut may = june();
    may.facts.month = Month::new(2024, 5).unwrap();
    assert_eq!(may.centre(11, &[]).table(), "200.00-0.00 | 200.00 | 200.00");
}

#[test]
fn a01_a02_a_station_shift_may_be_moved_to_any_day() {
    let month = june().station(6, &[]).station(10, &[]);
    assert_eq!(month.table(), "300.00-0.00 300.00-0.00 | 600.00 | 600.00");
    assert!(month.warned("6月10日不是工作日"));
    assert!(!month.warned("6月6日"));
}

#[test]
fn a22_the_centre_pays_a_person_once_a_day() {
    let month = june().centre(3, &[]).centre(3, &[(Late, 1)]);
    assert_eq!(month.table(), "200.00-0.00 duplicate_day | 200.00 | 200.00");
    let served_second = june().centre(3, &[]).last(|s| s.served = false).centre(3, &[]);
    assert_eq!(served_second.table(), "not_served 200.00-0.00 | 200.00 | 200.00");
}

#[test]
fn a23_two_stations_a_day_are_two_person_times() {
    let month = june().station(5, &[]).station(5, &[]);
    assert_eq!(month.table(), "300.00-0.00 300.00-0.00 | 600.00 | 600.00");
    assert!(month.warned("时间是否重叠"));
}

#[test]
fn a25_the_legal_aid_centre_is_not_paid_until_a_plan_names_a_rate() {
    let month = june().shift(VenueKind::LegalAidCentre, 3, &[]);
    assert_eq!(month.table(), "venue_not_paid | 0.00 | 0.00");
    let paid = month.under("legal_aid_centre_rate", "150");
    assert_eq!(paid.table(), "150.00-0.00 | 150.00 | 150.00");
}

#[test]
fn r14_a27_adjustments_never_make_a_month_negative() {
    let less = june().centre(3, &[]).adjusted("-50").adjusted("-20.50");
    assert_eq!(less.table(), "200.00-0.00 | 200.00 | 129.50");
    let more = june().centre(3, &[]).adjusted("30");
    assert_eq!(more.table(), "200.00-0.00 | 200.00 | 230.00");
    let owed = june().centre(3, &[]).adjusted("-300");
    assert_eq!(owed.table(), "200.00-0.00 | 200.00 | 0.00");
    assert_eq!(owed.pay().receivable, Decimal::from(100));
    assert!(owed.warned("应退"));
    let forfeited = june().centre(3, &[(OffPost, 3)]).adjusted("80");
    assert_eq!(forfeited.table(), "200.00-200.00 | 0.00 | 80.00");
}

#[test]
fn stars_multiply_the_rate_once_a_plan_says_so() {
    let month = june().person(|p| p.stars = 5).centre(3, &[(Late, 1)]);
    assert_eq!(month.table(), "200.00-50.00 | 150.00 | 150.00");
    let starred = month.under("star_multipliers.5", "1.2");
    assert_eq!(starred.table(), "240.00-50.00 | 190.00 | 190.00");
}

#[test]
fn a_month_without_shifts_pays_nothing() {
    assert_eq!(june().table(), " | 0.00 | 0.00");
}

#[test]
fn facts_that_cannot_be_approved_are_named() {
    let mut month = june().centre(3, &[(Late, 2)]).centre(4, &[]);
    month.facts.shifts[1].id = "1".to_owned();
    month.facts.shifts[1].date = "2024-07-01".parse().unwrap();
    let calendar = Calendar::shipped();
    let faults = month.facts.faults(&month.programme, &calendar);
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "shifts[0].findings.late: 2 is more than one for one shift",
            "shifts[1].id: 1 is given twice",
            "shifts[1].date: 2024-07-01 is not in 2024-06",
        ]
    );
    assert_eq!(month.pay().shifts[1].not_payable, Some(NotPayable::OutsideMonth));
    assert_eq!(month.pay().shifts[0].deducted, Decimal::from(50));
    let unknown = Calendar::default();
    assert!(unknown.is_working_day(month.facts.month.first()) == Err(YearWithoutCalendar(2024)));
    let pay = calculate_facts(&month.programme, &unknown, &month.facts);
    assert!(pay.warnings[0].contains("尚未导入2024年"));
}

#[test]
fn every_step_reads_as_a_sentence() {
    let month = june()
        .centre(3, &[(OffPost, 2), (Late, 1)])
        .centre(4, &[(FalseDuty, 1), (OffPost, 1)])
        .station(4, &[(Dissatisfied, 1)])
        .station(5, &[(RecordDefect, 2), (EarlyLeave, 1)])
        .centre(8, &[])
        .adjusted("-80");
    let pay = month.pay();
    let mut text = String::new();
    for shift in &pay.shifts {
        text += &format!("{} {}\n", shift.base, shift.earned.text);
        for line in &shift.lines {
            text += &format!("  {} {} {}\n", line.clause, line.amount, line.text);
        }
    }
    for step in &pay.steps {
        text += &format!("{} {} {}\n", step.clause, step.amount, step.text);
    }
    for warning in &pay.warnings {
        text += &format!("! {warning}\n");
    }
    insta::assert_snapshot!(text);
}
