//! What changes service points.

use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::pages::{self, ListPage, VenueForm, VenuePage};
use super::service;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::Posted;
use crate::web::work::Work;

pub(super) async fn change(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<VenueForm>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut conn = state.pool.acquire().await?;
    let (venue, programme) = pages::load(&state, &mut conn, scope, id).await?;
    drop(conn);
    let change = match form.parse(&venue, programme.as_ref()) {
        Ok(change) => change,
        Err(errors) => {
            let shown = VenuePage::new(layout, venue, programme.as_ref());
            return form_again(&VenuePage { form, once, errors, ..shown });
        }
    };
    let mut work = Work::begin(&state, &actor, once).await?;
    service::change(&mut work, scope, venue.id, &change).await?;
    Ok(work.finish("/venues", format!("{}已保存。", venue.short_name)).await?.into_response())
}

/// The telephone for supervision, as typed, and as it was when the page was opened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PhoneForm {
    was: String,
    phone: String,
}

pub(super) async fn set_supervise_phone(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<PhoneForm>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut errors = Errors::new();
    let phone = pages::check_phone(&mut errors, &form.phone);
    if phone.is_empty() {
        errors.add("phone", "请填写监督电话");
    }
    if !errors.is_empty() {
        let mut conn = state.pool.acquire().await?;
        let shown = ListPage::load(&mut conn, scope, layout).await?;
        return form_again(&ListPage { once, errors, phone: form.phone, ..shown });
    }
    let mut work = Work::begin(&state, &actor, once).await?;
    service::set_supervise_phone(&mut work, scope, &form.was, &phone).await?;
    Ok(work.finish("/venues", "监督电话已保存。").await?.into_response())
}
