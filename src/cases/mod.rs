//! Legal aid cases, from the first question to the archive (案件台账): what the year's
//! target is counted by.
//!
//! Owns `cases` and every `case_*` table. A case is lived here (`life`, by the table of
//! `states`, under the limits of `clocks`), or registered from a paper file with its dates
//! alone (`service`). What the payouts need of a case stands in `cases` itself: closing
//! agreed, entered, counted, place, kind, handler, organisation, terminated; [`facts`]
//! gives it by case.

mod actions;
pub mod assignment;
pub mod clocks;
pub mod closing;
mod columns;
pub mod db;
pub mod desk;
pub mod documents;
pub mod eligibility;
pub mod life;
pub mod online;
mod pages;
pub mod quality;
pub mod rules;
pub mod screens;
pub mod send_backs;
pub mod service;
pub mod states;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::state::AppState;
use crate::web::permissions::{Action, Reach};
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
        .get("/cases/states", May(Action::ReadCases), states::table)
        .get("/cases/provincial", May(Action::RegisterCases), closing::provincial)
        .post("/cases/provincial", May(Action::RegisterCases), closing::compare)
        .post("/cases/provincial/export", May(Action::RegisterCases).fresh(), closing::export)
        .get("/cases/quality", May(Action::WorkOnCases), quality::list)
        .post("/cases/quality", May(Action::ReviewCaseQuality), quality::draw)
        .get("/cases/quality/{id}", May(Action::WorkOnCases), quality::sheet)
        .post("/cases/quality/{id}", May(Action::WorkOnCases), quality::submit)
        .post("/cases/quality/{id}/mended", May(Action::HandleCases), quality::mended)
        .get("/cases/screens", May(Action::ReviewCaseQuality), screens::list)
        .post("/cases/screens", May(Action::ReviewCaseQuality), screens::decide)
        .get("/cases/work", Access::AtLeast(Reach::Bureau, Action::WorkOnCases), desk::work_list)
        .post("/cases/work", May(Action::RegisterCases), desk::hand_over)
        .get("/cases/send-backs", Access::AtLeast(Reach::Bureau, Action::WorkOnCases), send_backs::report)
        .post("/cases/send-backs/export", Access::AtLeast(Reach::Bureau, Action::WorkOnCases), send_backs::export)
        .get("/cases/online", May(Action::RegisterCases), online::list)
        .post("/cases/online/{id}/open", May(Action::RegisterCases), online::open)
        .post("/cases/online/{id}/decline", May(Action::RegisterCases), online::decline)
        .post("/cases/from-consultation/{id}", May(Action::PassOnCases), online::pass_on)
        .get("/legal-aid", Access::Public, online::apply)
        .post("/legal-aid", Access::Public, online::send)
        .get("/legal-aid/status", Access::Public, online::ask_status)
        .post("/legal-aid/status", Access::Public, online::look_up)
        .get("/cases/new", May(Action::RegisterCases), pages::new)
        .post("/cases", May(Action::RegisterCases), actions::register)
        .get("/cases/apply", May(Action::RegisterCases), life::pages::apply)
        .post("/cases/apply", May(Action::RegisterCases), life::actions::begin)
        .get("/cases/handlers", May(Action::RegisterCases), assignment::handlers)
        .post("/cases/handlers", May(Action::RegisterCases), assignment::register_handler)
        .get("/cases/handlers/new", May(Action::RegisterCases), assignment::new_handler)
        .get("/cases/handlers/{id}", May(Action::RegisterCases), assignment::one_handler)
        .post("/cases/handlers/{id}", May(Action::RegisterCases), assignment::change_handler)
        .get("/cases/hearings.ics", May(Action::HandleCases), life::actions::my_calendar)
        .get("/cases/{id}", May(Action::ReadCases), pages::one)
        .get("/cases/{id}/edit", May(Action::RegisterCases), pages::edit)
        .post("/cases/{id}", May(Action::RegisterCases), actions::correct)
        .get("/cases/{id}/application", May(Action::RegisterCases), life::pages::edit_application)
        .post("/cases/{id}/application", May(Action::RegisterCases), life::actions::correct)
        .get("/cases/{id}/do/{step}", May(Action::WorkOnCases), life::pages::step)
        .post("/cases/{id}/do/{step}", May(Action::WorkOnCases), life::actions::take_step)
        .post("/cases/{id}/named", May(Action::DecideCases).fresh(), life::actions::name_person)
        .post("/cases/{id}/reveal", May(Action::WorkOnCases).fresh(), life::actions::reveal)
        .post("/cases/{id}/records", May(Action::WorkOnCases), life::actions::record)
        .post("/cases/{id}/messages", May(Action::WorkOnCases), life::actions::message)
        .post("/cases/{id}/papers", May(Action::WorkOnCases), life::actions::file_paper)
        .post("/cases/{id}/papers/listed", May(Action::WorkOnCases), life::actions::file_paper)
        .post("/cases/{id}/scans", May(Action::WorkOnCases), life::actions::file_scan)
        .get("/cases/{id}/papers/{paper}", May(Action::ReadCases), life::pages::paper)
        .post("/cases/{id}/papers/{paper}/remove", May(Action::WorkOnCases), life::actions::remove_paper)
        .get("/cases/{id}/hearings.ics", May(Action::ReadCases), life::actions::calendar)
        .post("/cases/{id}/{step}", May(Action::RegisterCases), actions::take_step)
}
