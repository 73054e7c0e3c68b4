//! The register of legal aid cases (案件台账): what the year's target is counted by.
//!
//! Owns `cases`. The office's own files keep the whole life of a case; here stand the
//! dates on which the programme depends: accepted, assigned, closing agreed, entered in
//! the provincial system, or terminated.

mod actions;
pub mod db;
mod pages;
pub mod rules;
pub mod service;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// A case about to be registered, or as it is corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCase {
    /// The office's number: 高法援字〔2024〕001号.
    pub number: String,
    /// Kind and stage; each stage is a case of its own (A42).
    pub kind: CaseKind,
    /// How it came.
    pub basis: Basis,
    /// The recipient's groups (A44: any number, the case counts once).
    pub groups: BTreeSet<SpecialGroup>,
    /// What the handler is.
    pub handler_category: HandlerCategory,
    /// The handler's name.
    pub handler_name: String,
    /// The handler's firm or office.
    pub organisation: String,
    /// 案由.
    pub cause: String,
    /// 受理.
    pub accepted_on: NaiveDate,
}

/// What a step adds to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewStep {
    /// 指派.
    Assigned {
        /// The day.
        on: NaiveDate,
    },
    /// 同意结案.
    ClosingAgreed {
        /// The day.
        on: NaiveDate,
    },
    /// 录入山西省法律援助管理系统.
    Entered {
        /// The day.
        on: NaiveDate,
        /// The number that the provincial system gave.
        number: String,
    },
    /// 终止.
    Terminated {
        /// The day.
        on: NaiveDate,
        /// Why.
        note: String,
    },
}

impl NewStep {
    /// Which step it is.
    #[must_use]
    pub fn step(&self) -> rules::Step {
        match self {
            NewStep::Assigned { .. } => rules::Step::Assign,
            NewStep::ClosingAgreed { .. } => rules::Step::AgreeClosing,
            NewStep::Entered { .. } => rules::Step::Enter,
            NewStep::Terminated { .. } => rules::Step::Terminate,
        }
    }

    /// Its day.
    #[must_use]
    pub fn on(&self) -> NaiveDate {
        match self {
            NewStep::Assigned { on }
            | NewStep::ClosingAgreed { on }
            | NewStep::Entered { on, .. }
            | NewStep::Terminated { on, .. } => *on,
        }
    }
}

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::May;
    Routes::new(state)
        .get("/cases", May(Action::ReadCases), pages::list)
        .get("/cases/new", May(Action::RegisterCases), pages::new)
        .post("/cases", May(Action::RegisterCases), actions::register)
        .get("/cases/{id}", May(Action::ReadCases), pages::one)
        .get("/cases/{id}/edit", May(Action::RegisterCases), pages::edit)
        .post("/cases/{id}", May(Action::RegisterCases), actions::correct)
        .post("/cases/{id}/{step}", May(Action::RegisterCases), actions::take_step)
}
