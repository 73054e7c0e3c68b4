//! What is known of a person's duty month before it is priced, and which facts cannot be
//! priced at all. Facts are frozen with every approved calculation and read back from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::explain::Fault;
use crate::plan::dictionaries::{FindingKind, PersonCategory, VenueKind};
use crate::plan::dictionary::Dictionary;
use crate::plan::{Calendar, Month, Programme};

/// One person's month: everything a calculation depends on beside the programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyFacts {
    /// The month.
    pub month: Month,
    /// The person.
    pub person: PersonFacts,
    /// The shifts of that month.
    pub shifts: Vec<ShiftFacts>,
    /// What earlier months still owe or are owed (A27).
    pub adjustments: Vec<Adjustment>,
}

/// The duty person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// The name, for the sentences.
    pub name: String,
    /// 四(一)3: the category.
    pub category: PersonCategory,
    /// A26: whether the person is on the public payroll, whatever the category.
    pub public_official: bool,
    /// Stars awarded; 0 for none.
    #[serde(default)]
    pub stars: u8,
}

/// One shift and what was confirmed about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftFacts {
    /// What tells it from the others.
    pub id: String,
    /// The name of the service point.
    pub venue: String,
    /// Its kind.
    pub venue_kind: VenueKind,
    /// The day of duty.
    pub date: NaiveDate,
    /// Net planned hours (A04).
    pub planned_hours: Decimal,
    /// Whether the person signed in or an approved exception says so.
    pub served: bool,
    /// The confirmed findings.
    pub findings: Findings,
}

/// How many findings of each kind are confirmed; a kind left out is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Findings(BTreeMap<FindingKind, u32>);

impl Findings {
    /// None at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// These and so many more of a kind.
    #[must_use]
    pub fn with(mut self, kind: FindingKind, count: u32) -> Self {
        self.add(kind, count);
        self
    }

    /// Adds so many of a kind.
    pub fn add(&mut self, kind: FindingKind, count: u32) {
        if count > 0 {
            let known = self.0.entry(kind).or_default();
            *known = known.saturating_add(count);
        }
    }

    /// How many of a kind.
    #[must_use]
    pub fn count(&self, kind: FindingKind) -> u32 {
        self.0.get(&kind).copied().unwrap_or(0)
    }

    /// Whether there is one of a kind.
    #[must_use]
    pub fn has(&self, kind: FindingKind) -> bool {
        self.count(kind) > 0
    }

    /// The kinds found, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FindingKind, u32)> + '_ {
        self.0.iter().map(|(kind, count)| (*kind, *count)).filter(|(_, count)| *count > 0)
    }
}

impl FromIterator<(FindingKind, u32)> for Findings {
    fn from_iter<I: IntoIterator<Item = (FindingKind, u32)>>(counts: I) -> Self {
        let mut findings = Self::none();
        for (kind, count) in counts {
            findings.add(kind, count);
        }
        findings
    }
}

/// Money of an earlier month settled with this one: negative is recovered, positive paid
/// in addition (A27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Why.
    pub reason: String,
    /// Yuan.
    pub amount: Decimal,
}

impl DutyFacts {
    /// What makes these facts impossible to price under a programme, named by field. An
    /// empty list is the condition under which a result may be approved.
    #[must_use]
    pub fn faults(&self, programme: &Programme, calendar: &Calendar) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |field: String, result: Result<(), String>| {
            if let Err(message) = result {
                faults.push(Fault::new(field, message));
            }
        };
        check("month".into(), check_month(programme, calendar, self.month));
        check("person.name".into(), check_words(&self.person.name));
        let mut ids = BTreeSet::new();
        for (index, shift) in self.shifts.iter().enumerate() {
            let field = |name: &str| format!("shifts[{index}].{name}");
            check(field("id"), check_words(&shift.id));
            check(field("id"), check_new(&mut ids, &shift.id));
            check(field("venue"), check_words(&shift.venue));
            check(field("date"), check_date(programme, self.month, shift.date));
            check(field("planned_hours"), check_hours(shift.planned_hours));
            for (kind, count) in shift.findings.iter() {
                check(field(&format!("findings.{}", kind.code())), check_count(kind, count));
            }
        }
        for (index, adjustment) in self.adjustments.iter().enumerate() {
            check(format!("adjustments[{index}].reason"), check_words(&adjustment.reason));
            check(format!("adjustments[{index}].amount"), check_fen(adjustment.amount));
        }
        faults
    }
}

type Check = Result<(), String>;

/// The month must lie in the programme and its year must have a calendar.
pub(super) fn check_month(programme: &Programme, calendar: &Calendar, month: Month) -> Check {
    if !programme.applies_in(month) {
        Err(format!("{month} is outside the programme of {}", programme.year))
    } else if !calendar.knows(month.year()) {
        Err(format!("no calendar is known for {}", month.year()))
    } else {
        Ok(())
    }
}

/// The day must lie in the month and in the programme.
pub(super) fn check_date(programme: &Programme, month: Month, date: NaiveDate) -> Check {
    if !month.contains(date) {
        Err(format!("{date} is not in {month}"))
    } else if programme.applies_in(month) && !programme.applies_on(date) {
        Err(format!("{date} is outside the programme of {}", programme.year))
    } else {
        Ok(())
    }
}

/// A day has twenty-four hours.
pub(super) fn check_hours(hours: Decimal) -> Check {
    if hours.is_sign_negative() && !hours.is_zero() || hours > Decimal::from(24) {
        Err(format!("{hours} is not between 0 and 24 hours"))
    } else {
        Ok(())
    }
}

/// More findings of a kind than a shift can have: a slip of the keyboard.
const FINDINGS_AT_MOST: u32 = 9999;

/// A06: there is one sign-in and one sign-out, so one late and one early at most.
pub(super) fn check_count(kind: FindingKind, count: u32) -> Check {
    match kind {
        FindingKind::Late | FindingKind::EarlyLeave if count > 1 => {
            Err(format!("{count} is more than one for one shift"))
        }
        _ if count > FINDINGS_AT_MOST => Err(format!("{count} is more than {FINDINGS_AT_MOST} for one shift")),
        FindingKind::Late
        | FindingKind::EarlyLeave
        | FindingKind::RecordDefect
        | FindingKind::Dissatisfied
        | FindingKind::OffPost
        | FindingKind::FalseDuty => Ok(()),
    }
}

pub(super) fn check_words(text: &str) -> Check {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

pub(super) fn check_new(known: &mut BTreeSet<String>, id: &str) -> Check {
    if known.insert(id.to_owned()) { Ok(()) } else { Err(format!("{id} is given twice")) }
}

/// Money ends at fen.
pub(super) fn check_fen(amount: Decimal) -> Check {
    if amount.normalize().scale() > 2 { Err(format!("{amount} has more than two decimals")) } else { Ok(()) }
}
