//! Who may be given a case, who fits best, and the handlers' own data.
//!
//! Owns `case_firms` and `case_handlers`.

pub mod db;
mod pages;
pub mod rules;
pub mod service;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::PgConnection;

pub(super) use pages::{change_handler, handlers, new_handler, one_handler, register_handler};
pub use service::{NewHandler, register};

use self::rules::{Candidate, Field, Wanted};
use super::eligibility::rules::{NoticeBasis, age_on};
use super::life::Dossier;
use super::life::dossier::CommonRow;
use crate::error::AppError;
use crate::plan::dictionaries::SpecialGroup;
use crate::plan::dictionary::Dictionary as _;

/// A handler who may or may not be chosen.
#[derive(Clone, Debug)]
pub struct CandidateRow {
    /// The handler.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Firm.
    pub firm: String,
    /// As the rules see them.
    pub candidate: Candidate,
}

/// The case as the assignment sees it.
#[must_use]
pub fn wanted(case: &Dossier, on: NaiveDate) -> Wanted {
    let application = case.application.as_deref();
    let minor = case.groups.contains(&SpecialGroup::Minor)
        || application.is_some_and(|it| {
            it.notice() == Some(NoticeBasis::Minor)
                || it.birth_date.is_some_and(|birth| age_on(birth, case.received_on) < 18)
        });
    Wanted {
        kind: case.kind,
        basis: case.basis,
        cause: case.cause.clone(),
        minor,
        girl: minor && application.is_some_and(|it| it.gender == "female"),
        life_or_death: application.is_some_and(|it| it.life_or_death || it.notice() == Some(NoticeBasis::LifeOrDeath)),
        on,
    }
}

/// The handlers of a bureau, or one of them, as candidates for a case.
///
/// # Errors
/// When the database fails.
pub async fn candidates(
    conn: &mut PgConnection,
    bureau: i64,
    case: &Dossier,
    common: &[CommonRow],
    only: Option<i64>,
) -> Result<Vec<CandidateRow>, AppError> {
    let rows = db::handlers(conn, bureau, only).await?;
    let crossed: Vec<&CommonRow> = common.iter().filter(|row| row.crossed).collect();
    let replaced: BTreeSet<i64> =
        case.assignments.iter().filter(|row| row.ended_on.is_some()).map(|row| row.handler_id).collect();
    let earlier: BTreeSet<i64> = common.iter().filter(|row| row.linked).filter_map(|row| row.handler_id).collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let other_side =
                crossed.iter().find(|other| other.handler_id == Some(row.id)).map(|other| other.number.clone());
            let firm_other_side = crossed
                .iter()
                .find(|other| other.firm_id == Some(row.firm_id) && other.handler_id != Some(row.id))
                .map(|other| other.number.clone());
            CandidateRow {
                id: row.id,
                name: row.name.clone(),
                firm: row.firm.clone(),
                candidate: Candidate {
                    category: row.category,
                    active: row.status == "active",
                    status_reason: row.status_reason.clone(),
                    practising_since: row.practising_since,
                    fields: row.fields.iter().filter_map(|code| Field::from_code(code)).collect(),
                    for_minors: row.for_minors,
                    female: row.gender == "female",
                    load: row.load,
                    other_side,
                    firm_other_side,
                    replaced_before: replaced.contains(&row.id),
                    earlier_stage: earlier.contains(&row.id),
                },
            }
        })
        .collect())
}
