//! The page on which an archive is asked for, and the last ones made.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use serde::Deserialize;

use super::db::{self, Made};
use crate::error::AppError;
use crate::plan::month::Month;
use crate::state::AppState;
use crate::venues;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// What is asked for, as typed or as another page's link says it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    pub(super) venue: String,
    #[serde(default)]
    pub(super) person: String,
    #[serde(default)]
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "evidence/form.html")]
pub(super) struct FormPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    asked: Asked,
    venues: Vec<(String, String)>,
    people: Vec<(String, String)>,
    made: Vec<Made>,
}

impl FormPage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        scope: Scope,
        once: OnceKey,
        asked: Asked,
        errors: Errors,
    ) -> Result<FormPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let venues = venues::db::venues_of(&mut conn, scope.bureau()).await?;
        let people = db::people(&mut conn, scope.bureau()).await?;
        let made = db::made(&mut conn, scope.bureau()).await?;
        Ok(FormPage {
            layout: layout.titled("核查材料"),
            once,
            errors,
            asked,
            venues: venues.into_iter().map(|venue| (venue.id.to_string(), venue.name)).collect(),
            people: people.into_iter().map(|(id, words)| (id.to_string(), words)).collect(),
            made,
        })
    }

    /// The head of a checksum, enough to tell archives apart.
    fn short(made: &Made) -> String {
        made.checksum.chars().take(16).collect()
    }
}

pub(super) async fn form(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(mut asked): Query<Asked>,
) -> Answer {
    let month = Month::of(state.clock.today()).to_string();
    if asked.from.is_empty() {
        asked.from = month;
    }
    if asked.to.is_empty() {
        asked.to.clone_from(&asked.from);
    }
    page(&FormPage::load(&state, layout, scope, OnceKey::new(), asked, Errors::default()).await?)
}
