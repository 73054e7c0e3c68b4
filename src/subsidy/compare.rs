//! Two calculations of one person's month side by side: which amounts moved, by how much,
//! and which sentences were exchanged for which; and which facts went in differently.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::duty_pay::{DutyFacts, DutyPay, ShiftFacts, ShiftPay};
use super::explain::Line;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{in_sentence, round_to_fen};
use crate::plan::time::month_and_day;

/// A line of a month that is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A shift, the forfeiture, an adjustment.
    pub subject: String,
    /// Yuan before.
    pub before: Decimal,
    /// Yuan after.
    pub after: Decimal,
    /// The sentences that went, each with its clause.
    pub gone: Vec<String>,
    /// The sentences that came.
    pub came: Vec<String>,
}

impl Change {
    /// Yuan more; negative is less.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        round_to_fen(self.after - self.before)
    }
}

/// What moved between two calculations of a month; a person may be in one of them only. The differences add up to the
/// difference of what is paid.
#[must_use]
pub fn changes(before: Option<&DutyPay>, after: Option<&DutyPay>) -> Vec<Change> {
    let mut found = shift_changes(before, after);
    found.extend(exchanged("当月不予发放".to_owned(), forfeited(before), forfeited(after)));
    let (mut had, mut has) = (adjustments(before), adjustments(after));
    has.retain(|line| match had.iter().position(|old| old == line) {
        Some(place) => {
            had.remove(place);
            false
        }
        None => true,
    });
    found.extend(had.into_iter().filter_map(|line| exchanged("以前月份调整".to_owned(), Some(line), None)));
    found.extend(has.into_iter().filter_map(|line| exchanged("以前月份调整".to_owned(), None, Some(line))));
    found.extend(exchanged("列为应退".to_owned(), owed(before), owed(after)));
    found
}

fn shift_changes(before: Option<&DutyPay>, after: Option<&DutyPay>) -> Vec<Change> {
    let of = |pay: Option<&DutyPay>| -> BTreeMap<(chrono::NaiveDate, String), ShiftPay> {
        let shifts = pay.map(|pay| pay.shifts.as_slice()).unwrap_or_default();
        shifts.iter().map(|shift| ((shift.date, shift.id.clone()), shift.clone())).collect()
    };
    let (had, has) = (of(before), of(after));
    let keys: std::collections::BTreeSet<_> = had.keys().chain(has.keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let (old, new) = (had.get(key), has.get(key));
            let amounts = |shift: Option<&ShiftPay>| shift.map(|shift| (shift.base, shift.deducted, shift.not_payable));
            if amounts(old) == amounts(new) {
                return None;
            }
            let shift = new.or(old)?;
            let (mut gone, mut came) = (sentences(old), sentences(new));
            let both: Vec<String> = gone.iter().filter(|text| came.contains(text)).cloned().collect();
            gone.retain(|text| !both.contains(text));
            came.retain(|text| !both.contains(text));
            Some(Change {
                subject: format!("{} {}", month_and_day(shift.date), shift.venue),
                before: old.map_or(Decimal::ZERO, |shift| shift.payable),
                after: new.map_or(Decimal::ZERO, |shift| shift.payable),
                gone,
                came,
            })
        })
        .collect()
}

fn sentences(shift: Option<&ShiftPay>) -> Vec<String> {
    let Some(shift) = shift else { return Vec::new() };
    let mut lines = vec![clause_and_text(&shift.earned)];
    lines.extend(shift.lines.iter().filter(|line| **line != shift.earned).map(clause_and_text));
    lines
}

fn clause_and_text(line: &Line) -> String {
    format!("{} {}", line.clause, line.text)
}

/// The steps of a month after its sum and its forfeiture, without what stays owed.
fn adjustments(pay: Option<&DutyPay>) -> Vec<&Line> {
    let Some(pay) = pay else { return Vec::new() };
    let owed = owed(Some(pay));
    pay.steps.iter().skip(1).filter(|step| step.finding.is_none() && Some(*step) != owed).collect()
}

fn forfeited(pay: Option<&DutyPay>) -> Option<&Line> {
    pay.and_then(|pay| pay.steps.iter().find(|step| step.finding.is_some()))
}

/// What could not be recovered is the last step of its month.
fn owed(pay: Option<&DutyPay>) -> Option<&Line> {
    pay.filter(|pay| !pay.receivable.is_zero()).and_then(|pay| pay.steps.last())
}

fn exchanged(subject: String, before: Option<&Line>, after: Option<&Line>) -> Option<Change> {
    let amount = |line: Option<&Line>| line.map_or(Decimal::ZERO, |line| line.amount);
    if amount(before) == amount(after) {
        return None;
    }
    Some(Change {
        subject,
        before: amount(before),
        after: amount(after),
        gone: before.map(clause_and_text).into_iter().collect(),
        came: after.map(clause_and_text).into_iter().collect(),
    })
}

/// What went into two calculations of a month differently, in words.
#[must_use]
pub fn inputs(before: Option<&DutyFacts>, after: Option<&DutyFacts>) -> Vec<String> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (None, Some(after)) => return vec![format!("新列入，{}个班次", after.shifts.len())],
        (Some(before), None) => return vec![format!("不再列入，原有{}个班次", before.shifts.len())],
        (None, None) => return Vec::new(),
    };
    let mut words = Vec::new();
    if before.person.category != after.person.category {
        words.push(format!("人员类别由“{}”改为“{}”", before.person.category, after.person.category));
    }
    if before.person.public_official != after.person.public_official {
        words.push(
            if after.person.public_official { "改为公职人员（A26）" } else { "改为非公职人员（A26）" }.to_owned(),
        );
    }
    if before.person.stars != after.person.stars {
        words.push(format!("星级由{}改为{}", before.person.stars, after.person.stars));
    }
    let find = |facts: &DutyFacts, id: &str| facts.shifts.iter().find(|shift| shift.id == id).cloned();
    for old in &before.shifts {
        match find(after, &old.id) {
            None => words.push(format!("{}：不再列入", place(old))),
            Some(new) => words.extend(shift_inputs(old, &new)),
        }
    }
    let added = after.shifts.iter().filter(|shift| find(before, &shift.id).is_none());
    words.extend(added.map(|shift| format!("{}：新列入", place(shift))));
    let reasons = |facts: &DutyFacts| {
        let all = facts.adjustments.iter();
        all.map(|adjustment| (adjustment.reason.clone(), adjustment.amount)).collect::<Vec<_>>()
    };
    let (had, has) = (reasons(before), reasons(after));
    words.extend(
        had.iter()
            .filter(|line| !has.contains(line))
            .map(|(reason, amount)| format!("不再调整以前月份{}：{reason}", in_sentence(*amount))),
    );
    words.extend(
        has.iter()
            .filter(|line| !had.contains(line))
            .map(|(reason, amount)| format!("调整以前月份{}（A27）：{reason}", in_sentence(*amount))),
    );
    words
}

fn place(shift: &ShiftFacts) -> String {
    format!("{} {}", month_and_day(shift.date), shift.venue)
}

fn shift_inputs(old: &ShiftFacts, new: &ShiftFacts) -> Vec<String> {
    let mut words = Vec::new();
    if place(old) != place(new) {
        words.push(format!("{}：改为{}", place(old), place(new)));
    }
    if old.served != new.served {
        words.push(format!("{}：{}", place(new), if new.served { "改为到岗" } else { "改为未到岗" }));
    }
    if old.planned_hours != new.planned_hours {
        let hours = |shift: &ShiftFacts| shift.planned_hours.normalize();
        words.push(format!("{}：计划时长由{}小时改为{}小时", place(new), hours(old), hours(new)));
    }
    for kind in FindingKind::ALL {
        let (had, has) = (old.findings.count(*kind), new.findings.count(*kind));
        if had != has {
            words.push(format!("{}：“{}”由{had}次改为{has}次", place(new), kind.label()));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::dictionaries::{PersonCategory, VenueKind};
    use crate::plan::money::yuan;
    use crate::plan::{Calendar, Programme};
    use crate::subsidy::duty_pay::{Adjustment, Findings, PersonFacts, calculate_facts};

    fn facts() -> DutyFacts {
        let shift = |id: &str, date: &str| ShiftFacts {
            id: id.to_owned(),
            venue: "米山镇".to_owned(),
            venue_kind: VenueKind::Station,
            date: date.parse().unwrap(),
            planned_hours: Decimal::from(4),
            served: true,
            findings: Findings::none(),
        };
        DutyFacts {
            month: "2024-06".parse().unwrap(),
            person: PersonFacts {
                name: "毕示远".to_owned(),
                category: PersonCategory::Lawyer,
                public_official: false,
                stars: 0,
            },
            shifts: vec![shift("1", "2024-06-05"), shift("2", "2024-06-12"), shift("3", "2024-06-19")],
            adjustments: Vec::new(),
        }
    }

    fn pay(facts: &DutyFacts) -> DutyPay {
        calculate_facts(&Programme::gaoping_2024(), &Calendar::shipped(), facts)
    }

    fn check(before: Option<&DutyFacts>, after: Option<&DutyFacts>) -> Vec<Change> {
        let (old, new) = (before.map(pay), after.map(pay));
        let changes = changes(old.as_ref(), new.as_ref());
        let sum: Decimal = changes.iter().map(Change::difference).sum();
        let paid = |pay: &Option<DutyPay>| pay.as_ref().map_or(Decimal::ZERO, |pay| pay.payable);
        assert_eq!(sum, paid(&new) - paid(&old), "the differences add up");
        changes
    }

    #[test]
    fn the_same_month_has_no_changes() {
        assert!(check(Some(&facts()), Some(&facts())).is_empty());
        assert!(inputs(Some(&facts()), Some(&facts())).is_empty());
    }

    #[test]
    fn every_kind_of_change_adds_up_and_is_named() {
        let before = facts();
        let mut late = facts();
        late.shifts[1].findings = Findings::none().with(FindingKind::Late, 1);
        let found = check(Some(&before), Some(&late));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].subject.as_str(), found[0].difference()), ("6月12日 米山镇", yuan(-50)));
        assert_eq!(found[0].came, ["五(二)1(2) 迟到1次，扣50元。"]);
        assert_eq!(inputs(Some(&before), Some(&late)), ["6月12日 米山镇：“迟到”由0次改为1次"]);

        let mut forfeited = facts();
        for shift in &mut forfeited.shifts {
            shift.findings = Findings::none().with(FindingKind::OffPost, 1);
        }
        let found = check(Some(&before), Some(&forfeited));
        assert_eq!(found.len(), 4, "three shifts and the month");

        let mut owing = facts();
        owing.adjustments = vec![Adjustment { reason: "五月".to_owned(), amount: yuan(-2_000) }];
        owing.shifts.pop();
        owing.shifts[0].served = false;
        let found = check(Some(&before), Some(&owing));
        let subjects: Vec<&str> = found.iter().map(|change| change.subject.as_str()).collect();
        assert_eq!(subjects, ["6月5日 米山镇", "6月19日 米山镇", "以前月份调整", "列为应退"]);
        check(Some(&owing), Some(&before));
        check(None, Some(&owing));
        check(Some(&late), None);
    }
}
