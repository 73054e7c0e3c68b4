//! 惠法 Huifa: the programme of free legal consultation and legal aid, from the
//! duty roster to the ledger.
//!
//! `plan` and `subsidy` are pure: they know no database, no clock, no files. `web`
//! is what every page shares. Each other folder is one activity of the office with
//! its pages, actions and SQL. Calls go `commands → slices → web → plan, subsidy`.

pub mod accounts;
pub mod attendance;
pub mod audit;
pub mod cases;
pub mod check;
pub mod clock;
pub mod config;
pub mod consultations;
pub mod dashboard;
pub mod database;
pub mod demo;
pub mod error;
pub mod find;
pub mod findings;
pub mod fund;
pub mod handbook;
pub mod home;
pub mod installation;
pub mod jobs;
pub mod payments;
pub mod payouts;
pub mod people;
pub mod plan;
pub mod posting;
pub mod programmes;
pub mod reports;
pub mod roster;
pub mod secrets;
pub mod settlement;
pub mod state;
pub mod subsidy;
pub mod trial;
pub mod trials;
pub mod venues;
pub mod web;

use axum::Router;

use crate::state::AppState;
use crate::web::routes::{Declared, Routes};

/// The schema, in order; forward only.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Every route with who may take it.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state)
        .merge(accounts::routes(state))
        .merge(attendance::routes(state))
        .merge(cases::routes(state))
        .merge(consultations::routes(state))
        .merge(dashboard::routes(state))
        .merge(demo::routes(state))
        .merge(find::routes(state))
        .merge(findings::routes(state))
        .merge(fund::routes(state))
        .merge(handbook::routes(state))
        .merge(home::routes(state))
        .merge(payments::routes(state))
        .merge(payouts::routes(state))
        .merge(people::routes(state))
        .merge(posting::routes(state))
        .merge(programmes::routes(state))
        .merge(reports::routes(state))
        .merge(roster::routes(state))
        .merge(settlement::routes(state))
        .merge(trials::routes(state))
        .merge(venues::routes(state))
        .merge(web::assets::routes(state))
        .merge(web::health::routes(state))
        .merge(web::styleguide::routes(state))
}

/// The whole product behind one service, and the manifest of its routes.
pub fn build_router(state: &AppState) -> (Router, Vec<Declared>) {
    let (router, declared) = routes(state).build();
    (web::server::layered(state, router), declared)
}
