//! Pages of a case lived here: the application form, the case itself, a step, a paper.

mod application;
mod case;
mod paper;
mod step;
mod timeline;

pub(in crate::cases) use application::{ApplicationPage, apply, edit_application};
pub(in crate::cases) use case::{LifePage, NameForm};
pub(in crate::cases) use paper::paper;
pub(in crate::cases) use step::{StepForm, StepPage, row_of, step};

use super::dossier::{self, Dossier, Viewer};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};

type Choices = Vec<(&'static str, &'static str)>;

fn choices<D: Dictionary>(keep: impl Fn(D) -> bool) -> Choices {
    D::ALL.iter().filter(|one| keep(**one)).map(|one| (one.code(), one.label())).collect()
}

/// The case of an address, if this account may open it.
pub(in crate::cases) async fn open(
    state: &AppState,
    actor: &Actor,
    scope: Scope,
    id: i64,
) -> Result<Dossier, AppError> {
    let mut conn = state.pool.acquire().await?;
    let found = dossier::find(&mut conn, scope.bureau(), Viewer::of(actor), id).await?;
    found.filter(|it| it.may_open).ok_or(AppError::NotFound)
}
