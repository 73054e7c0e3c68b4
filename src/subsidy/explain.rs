//! What every amount carries with it: the steps that led to it, each with its clause and
//! a sentence an official can sign, and the faults of facts that cannot be calculated.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::plan::clause::Clause;
use crate::plan::dictionaries::{FindingKind, FundSource};
use crate::plan::money::{self, round_to_fen};

/// A step of a duty month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The finding it stands for; `None` for a step that is no finding.
    pub finding: Option<FindingKind>,
    /// How often.
    pub count: u32,
    /// Yuan. Among the deductions of a shift what is taken is positive, and the part that
    /// the shift's pay could not bear is given back as a negative line.
    #[serde(with = "money::json")]
    pub amount: Decimal,
    /// The number of the clause.
    pub clause: String,
    /// The sentence.
    pub text: String,
}

impl Line {
    /// A step that is no finding.
    #[must_use]
    pub fn step(clause: Clause, count: u32, amount: Decimal, text: String) -> Self {
        Self { finding: None, count, amount: round_to_fen(amount), clause: clause.number.to_owned(), text }
    }

    /// What a finding costs.
    #[must_use]
    pub fn finding(kind: FindingKind, count: u32, amount: Decimal, text: String) -> Self {
        Self { finding: Some(kind), ..Self::step(clause_of(kind), count, amount, text) }
    }
}

/// What one fund pays for a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundLine {
    /// The fund.
    pub fund: FundSource,
    /// Yuan.
    #[serde(with = "money::json")]
    pub amount: Decimal,
    /// The number of the clause.
    pub clause: String,
    /// The sentence.
    pub text: String,
}

/// The clause under which a finding costs money.
#[must_use]
pub fn clause_of(kind: FindingKind) -> Clause {
    use crate::plan::clause;
    match kind {
        FindingKind::RecordDefect => clause::RECORD_DEFECT,
        FindingKind::Late | FindingKind::EarlyLeave => clause::LATE_OR_EARLY,
        FindingKind::Dissatisfied => clause::DISSATISFIED,
        FindingKind::OffPost => clause::OFF_POST,
        FindingKind::FalseDuty => clause::FALSE_DUTY,
    }
}

/// A fact that cannot be calculated with, named by its field: `shifts[2].date`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Fault {
    /// A fault of this field.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
