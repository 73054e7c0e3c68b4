//! PURE. Stored months and cases calculated twice, as they are and as they would be.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::fund::outlook::{self, Forecast, Pace};
use crate::payouts::rules::CaseState;
use crate::plan::dictionaries::{CaseKind, FindingKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::round_to_fen;
use crate::plan::{Calendar, Programme};
use crate::subsidy::case_payout::CasePayout;
use crate::subsidy::compare::{self, Change};
use crate::subsidy::duty_pay::{DutyFacts, calculate_facts};

/// What is supposed.
#[derive(Debug, Clone, Default)]
pub struct Supposed {
    /// A finding of that shift and kind, confirmed or revoked.
    pub finding: Option<(String, FindingKind, Turn)>,
    /// Other local standards, by kind of case.
    pub standards: BTreeMap<CaseKind, Decimal>,
    /// Another plan's values.
    pub programme: Option<Programme>,
}

/// Which way a finding is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It counts once more.
    Confirmed,
    /// It counts once less.
    Revoked,
}

/// A person's month in the year looked at.
#[derive(Debug, Clone)]
pub struct PersonMonth {
    /// The person.
    pub person_id: i64,
    /// The facts of the month, with today's confirmed findings and without other months' money.
    pub facts: DutyFacts,
}

/// A case of the year looked at.
#[derive(Debug, Clone)]
pub struct YearCase {
    /// The case.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// Who handled it.
    pub handler: String,
    /// What its payment depends on; paid means by another fund.
    pub state: CaseState,
}

/// One amount that would move, with its reasons.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Whose.
    pub who: String,
    /// Where their page is.
    pub href: String,
    /// Yuan as things are.
    pub before: Decimal,
    /// Yuan as they would be.
    pub after: Decimal,
    /// Line by line, with the month or the case in front.
    pub lines: Vec<(String, Change)>,
}

impl Moved {
    /// Yuan more; negative is less.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        round_to_fen(self.after - self.before)
    }
}

/// An amount as it is and as it would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pair {
    /// As it is.
    pub before: Decimal,
    /// As it would be.
    pub after: Decimal,
}

impl Pair {
    /// Yuan more; negative is less.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        round_to_fen(self.after - self.before)
    }

    fn add(&mut self, before: Decimal, after: Decimal) {
        self.before += before;
        self.after += after;
    }
}

/// What would come of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Duty persons whose pay would move, the most first.
    pub people: Vec<Moved>,
    /// Handlers whose cases would pay otherwise, the most first.
    pub handlers: Vec<Moved>,
    /// Duty subsidy of the months looked at.
    pub duty: Pair,
    /// Case subsidy from the earmarked fund.
    pub earmarked_cases: Pair,
    /// Case subsidy from the operating fund.
    pub operating_cases: Pair,
    /// How many months and cases were looked at.
    pub months: usize,
    /// How many cases.
    pub cases: usize,
    /// The rest of the year as it is.
    pub forecast: Forecast,
    /// The rest of the year as it would be.
    pub forecast_after: Forecast,
    /// The operating fund beyond what is committed, as it is and as it would be.
    pub operating_free: Pair,
}

impl Outcome {
    /// Both uses of the earmarked fund.
    #[must_use]
    pub fn earmarked(&self) -> Pair {
        Pair {
            before: self.duty.before + self.earmarked_cases.before,
            after: self.duty.after + self.earmarked_cases.after,
        }
    }

    /// Whether nothing would move.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.people.is_empty() && self.handlers.is_empty()
    }
}

/// The plan that would be applied to the year: another's values with the year's own dates, and other local standards.
#[must_use]
pub fn supposed_plan(own: &Programme, supposed: &Supposed) -> Programme {
    let mut plan = match &supposed.programme {
        Some(other) => {
            Programme { year: own.year, valid_from: own.valid_from, valid_to: own.valid_to, ..other.clone() }
        }
        None => own.clone(),
    };
    plan.local_standards.extend(supposed.standards.iter().map(|(kind, amount)| (*kind, *amount)));
    plan
}

/// The facts with the finding decided the supposed way.
fn turned(facts: &DutyFacts, supposed: &Supposed) -> DutyFacts {
    let mut facts = facts.clone();
    if let Some((id, kind, turn)) = &supposed.finding
        && let Some(shift) = facts.shifts.iter_mut().find(|shift| shift.id == *id)
    {
        shift.findings = match turn {
            Turn::Confirmed => shift.findings.clone().with(*kind, 1),
            Turn::Revoked => shift
                .findings
                .iter()
                .map(|(known, count)| (known, if known == *kind { count.saturating_sub(1) } else { count }))
                .collect(),
        };
    }
    facts
}

/// What a year's months and cases are calculated from.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The year's plan.
    pub plan: &'a Programme,
    /// The calendar.
    pub calendar: &'a Calendar,
    /// The months of its persons.
    pub months: &'a [PersonMonth],
    /// Its cases.
    pub cases: &'a [YearCase],
    /// What the forecast is made from.
    pub pace: Pace,
    /// Yuan of the operating fund beyond what is committed.
    pub operating_free: Decimal,
}

/// Calculates everything twice. Nothing is stored.
#[must_use]
pub fn suppose(ground: &Ground<'_>, supposed: &Supposed) -> Outcome {
    let plan = supposed_plan(ground.plan, supposed);
    let mut duty = Pair::default();
    let mut people: BTreeMap<i64, Moved> = BTreeMap::new();
    for month in ground.months {
        let before = calculate_facts(ground.plan, ground.calendar, &month.facts);
        let after = calculate_facts(&plan, ground.calendar, &turned(&month.facts, supposed));
        duty.add(before.payable, after.payable);
        let changes = compare::changes(Some(&before), Some(&after));
        if changes.is_empty() {
            continue;
        }
        let name = month.facts.month.chinese();
        let href = format!("/settlements/{}/people/{}", month.facts.month, month.person_id);
        let row = people.entry(month.person_id).or_insert_with(|| Moved {
            who: month.facts.person.name.clone(),
            href,
            before: Decimal::ZERO,
            after: Decimal::ZERO,
            lines: Vec::new(),
        });
        row.before += before.payable;
        row.after += after.payable;
        row.lines.extend(changes.into_iter().map(|change| (name.clone(), change)));
    }
    let (mut earmarked_cases, mut operating_cases) = (Pair::default(), Pair::default());
    let mut handlers: BTreeMap<&str, Moved> = BTreeMap::new();
    for case in ground.cases {
        let before = case.state.payout(ground.plan, ground.calendar);
        let after = case.state.payout(&plan, ground.calendar);
        earmarked_cases.add(before.earmarked, after.earmarked);
        operating_cases.add(before.operating, after.operating);
        if (before.earmarked, before.operating) == (after.earmarked, after.operating) {
            continue;
        }
        let row = handlers.entry(case.handler.as_str()).or_insert_with(|| Moved {
            who: case.handler.clone(),
            href: format!("/payouts/cases/{}", case.id),
            before: Decimal::ZERO,
            after: Decimal::ZERO,
            lines: Vec::new(),
        });
        row.before += before.total;
        row.after += after.total;
        row.lines.push((case.number.clone(), case_change(&before, &after)));
    }
    let forecast = outlook::forecast(ground.plan, &ground.pace);
    let forecast_after = outlook::forecast(&plan, &supposed_pace(ground.pace, duty, earmarked_cases));
    let operating_free =
        Pair { before: ground.operating_free, after: ground.operating_free - operating_cases.difference() };
    Outcome {
        people: sorted(people.into_values()),
        handlers: sorted(handlers.into_values()),
        duty,
        earmarked_cases,
        operating_cases,
        months: ground.months.iter().map(|month| month.facts.month).collect::<std::collections::BTreeSet<_>>().len(),
        cases: ground.cases.len(),
        forecast,
        forecast_after,
        operating_free,
    }
}

/// The months to come cost more or less in the proportion of the months looked at; what those would have cost more is
/// missing today.
fn supposed_pace(pace: Pace, duty: Pair, cases: Pair) -> Pace {
    let scaled = |amount: Decimal| {
        let product = amount * duty.after;
        product.checked_div(duty.before).unwrap_or(amount)
    };
    Pace {
        unspent: pace.unspent - duty.difference() - cases.difference(),
        rostered: round_to_fen(scaled(pace.rostered)),
        paid: (round_to_fen(scaled(pace.paid.0)), pace.paid.1),
        ..pace
    }
}

fn case_change(before: &CasePayout, after: &CasePayout) -> Change {
    let lines = |payout: &CasePayout| -> Vec<String> {
        let lines = payout.lines.iter().map(|line| format!("{} {}", line.clause, line.text));
        lines.chain(payout.blocked.map(|blocked| blocked.label().to_owned())).collect()
    };
    let (had, has) = (lines(before), lines(after));
    Change {
        subject: "办案补贴".to_owned(),
        before: before.total,
        after: after.total,
        gone: had.iter().filter(|line| !has.contains(line)).cloned().collect(),
        came: has.iter().filter(|line| !had.contains(line)).cloned().collect(),
    }
}

fn sorted(rows: impl Iterator<Item = Moved>) -> Vec<Moved> {
    let mut rows: Vec<Moved> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.difference().abs()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::dictionaries::{Basis, HandlerCategory, PersonCategory, SpecialGroup, VenueKind};
    use crate::plan::money::yuan;
    use crate::subsidy::duty_pay::{Findings, PersonFacts, ShiftFacts};

    fn month(person: i64, findings: Findings) -> PersonMonth {
        PersonMonth {
            person_id: person,
            facts: DutyFacts {
                month: "2024-06".parse().unwrap(),
                person: PersonFacts {
                    name: format!("第{person}人"),
                    category: PersonCategory::Lawyer,
                    public_official: false,
                    stars: 0,
                },
                shifts: vec![ShiftFacts {
                    id: person.to_string(),
                    venue: "米山镇".to_owned(),
                    venue_kind: VenueKind::Station,
                    date: "2024-06-05".parse().unwrap(),
                    planned_hours: Decimal::from(4),
                    served: true,
                    findings,
                }],
                adjustments: Vec::new(),
            },
        }
    }

    fn case(place: i32) -> YearCase {
        YearCase {
            id: i64::from(place),
            number: format!("第{place}号"),
            handler: "申律师".to_owned(),
            state: CaseState {
                kind: CaseKind::CivilFirstInstance,
                basis: Basis::Application,
                groups: [SpecialGroup::Elderly].into_iter().collect(),
                handler: HandlerCategory::Lawyer,
                agreed_on: "2024-06-03".parse().ok(),
                entered_on: "2024-06-04".parse().ok(),
                terminated: false,
                counted_year: Some(2024),
                place: Some(place),
                position: Some(place),
                extension_days: 0,
                already_paid: false,
            },
        }
    }

    fn pace() -> Pace {
        Pace {
            today: "2024-06-29".parse().unwrap(),
            unspent: yuan(400_000),
            rostered: yuan(20_000),
            rostered_until: "2024-07".parse().ok(),
            paid: (yuan(100_000), 5),
            counted: (100, 90),
            saved: Decimal::ZERO,
        }
    }

    fn outcome(supposed: &Supposed) -> Outcome {
        let plan = Programme::gaoping_2024();
        let calendar = Calendar::shipped();
        let months = [month(1, Findings::none()), month(2, Findings::none().with(FindingKind::Late, 1))];
        let cases = [case(290), case(291)];
        let ground = Ground {
            plan: &plan,
            calendar: &calendar,
            months: &months,
            cases: &cases,
            pace: pace(),
            operating_free: yuan(600),
        };
        suppose(&ground, supposed)
    }

    #[test]
    fn nothing_supposed_moves_nothing() {
        let outcome = outcome(&Supposed::default());
        assert!(outcome.is_same());
        assert_eq!(outcome.forecast, outcome.forecast_after);
        assert_eq!(outcome.duty, Pair { before: yuan(550), after: yuan(550) });
    }

    #[test]
    fn a_finding_moves_one_person_either_way() {
        let confirmed =
            Supposed { finding: Some(("1".to_owned(), FindingKind::OffPost, Turn::Confirmed)), ..Supposed::default() };
        let up = outcome(&confirmed);
        assert_eq!(up.people.len(), 1);
        assert_eq!((up.people[0].who.as_str(), up.people[0].difference()), ("第1人", yuan(-150)));
        assert_eq!(up.duty.difference(), yuan(-150));
        let revoked =
            Supposed { finding: Some(("2".to_owned(), FindingKind::Late, Turn::Revoked)), ..Supposed::default() };
        assert_eq!(outcome(&revoked).people[0].difference(), yuan(50));
    }

    #[test]
    fn a_higher_local_standard_costs_the_operating_fund_and_may_exhaust_it() {
        let plan = Programme::gaoping_2024();
        let usual = plan.local_standards[&CaseKind::CivilFirstInstance];
        let standards = [(CaseKind::CivilFirstInstance, usual + yuan(500))].into_iter().collect();
        let outcome = outcome(&Supposed { standards, ..Supposed::default() });
        assert_eq!(outcome.earmarked_cases.difference(), Decimal::ZERO);
        assert_eq!(outcome.operating_cases.difference(), yuan(1_000), "one within the target, one beyond it");
        assert_eq!(outcome.operating_free.after, yuan(-400));
        assert_eq!(outcome.handlers[0].lines.len(), 2);
        assert_eq!(outcome.forecast, outcome.forecast_after, "the earmarked fund does not feel it");
    }

    #[test]
    fn another_plan_is_run_over_the_past_and_over_what_is_to_come() {
        let mut draft = Programme::gaoping_2024();
        draft.year = 2025;
        draft.station_rate = yuan(600);
        draft.case_target = 291;
        let outcome = outcome(&Supposed { programme: Some(draft), ..Supposed::default() });
        assert_eq!(outcome.duty, Pair { before: yuan(550), after: yuan(1_150) });
        assert_eq!(outcome.earmarked_cases.difference(), yuan(1_000), "the 291st is within the target");
        assert!(outcome.forecast_after.duty > outcome.forecast.duty * Decimal::from(2));
        assert!(outcome.forecast_after.left < outcome.forecast.left);
    }
}
