//! What changes programmes.

use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::pages::{self, EditPage};
use super::{rules, service};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::Posted;
use crate::web::work::Work;

pub(super) async fn change(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<Vec<(String, String)>>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut conn = state.pool.acquire().await?;
    let stored = pages::load(&mut conn, scope, year).await?;
    drop(conn);
    let version = form.iter().find(|(key, _)| key == "version").map(|(_, value)| value.clone()).unwrap_or_default();
    let revision =
        version.parse().map_err(|_| AppError::Unusable("表单缺少版本号，请刷新页面后重新填写。".to_owned()))?;
    let typed = rules::typed(&stored.content.parameters(), &form);
    // A figure that the form does not carry is taken from the revision that the form was
    // filled in on; when that is no longer the latest, the change is refused below.
    let programme = match rules::apply(&stored.content, &typed) {
        Ok(programme) => programme,
        Err(errors) => return form_again(&EditPage::new(layout, &stored).again(once, version, typed, errors)),
    };
    let mut work = Work::begin(&state, &actor, once).await?;
    let year = stored.content.year;
    let revision = service::change(&mut work, scope, year, revision, &programme).await?;
    let message = format!("{year}年方案已保存为第{revision}版。");
    Ok(work.finish(&format!("/programmes/{year}"), message).await?.into_response())
}

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn copy(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let next = service::copy_forward(&mut work, scope, year).await?;
    let message = format!("已复制为{next}年方案，并开立{next}年资金账户。请填写发文字号，逐项核对数值后保存。");
    Ok(work.finish(&format!("/programmes/{next}/edit"), message).await?.into_response())
}
