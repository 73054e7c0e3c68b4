//! What changes the duty bank.

use axum::extract::State;
use axum::response::IntoResponse as _;

use super::PersonStatus;
use super::form::PersonForm;
use super::pages::{self, FormPage, PersonPage, StatusForm};
use super::service::{self, RegisterError};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;

/// The form again, as typed.
async fn again(
    state: &AppState,
    scope: Scope,
    layout: Layout,
    person: Option<i64>,
    (form, once, errors): (PersonForm, OnceKey, Errors),
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let person = match person {
        Some(id) => Some(pages::load(&mut conn, scope, id).await?),
        None => None,
    };
    let reading = pages::reading(state, &mut conn, scope.bureau()).await?;
    let shown = FormPage::load(&mut conn, scope, layout, person, reading).await?;
    form_again(&FormPage { form, once, errors, ..shown })
}

fn beside_id_number(sentence: String) -> Errors {
    let mut errors = Errors::new();
    errors.add("id_number", sentence);
    errors
}

pub(super) async fn register(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<PersonForm>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut conn = state.pool.acquire().await?;
    let reading = pages::reading(&state, &mut conn, scope.bureau()).await?;
    drop(conn);
    let new = match form.parse_new(reading) {
        Ok(new) => new,
        Err(errors) => return again(&state, scope, layout, None, (form, once, errors)).await,
    };
    let mut work = Work::begin(&state, &actor, once).await?;
    match service::register(&mut work, scope, &state.seals, &new).await {
        Ok(id) => {
            let message = format!("{}已登记入库。", new.particulars.name);
            Ok(work.finish(&format!("/people/{id}"), message).await?.into_response())
        }
        Err(RegisterError::IdNumber(sentence)) => {
            drop(work);
            again(&state, scope, layout, None, (form, once, beside_id_number(sentence))).await
        }
        Err(RegisterError::Failed(error)) => Err(error),
    }
}

pub(super) async fn change(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<PersonForm>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut conn = state.pool.acquire().await?;
    let person = pages::load(&mut conn, scope, id).await?;
    let reading = pages::reading(&state, &mut conn, scope.bureau()).await?;
    drop(conn);
    let new = match form.parse_change(reading, !person.bank_account_mask.is_empty()) {
        Ok(new) => new,
        Err(errors) => return again(&state, scope, layout, Some(id), (form, once, errors)).await,
    };
    let mut work = Work::begin(&state, &actor, once).await?;
    match service::change(&mut work, scope, &state.seals, person.id, &new).await {
        Ok(()) => Ok(work.finish(&format!("/people/{}", person.id), "登记已修改。").await?.into_response()),
        Err(RegisterError::IdNumber(sentence)) => {
            drop(work);
            again(&state, scope, layout, Some(id), (form, once, beside_id_number(sentence))).await
        }
        Err(RegisterError::Failed(error)) => Err(error),
    }
}

pub(super) async fn set_status(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<StatusForm>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut errors = Errors::new();
    let status = PersonStatus::from_code(&form.status);
    match status {
        None => errors.add("status", "请选择要改成的状态"),
        Some(PersonStatus::Suspended | PersonStatus::Left) if form.reason.trim().is_empty() => {
            errors.add("reason", "请写明原因，例如“本人申请”“工作调动”");
        }
        Some(_) => {}
    }
    let (Some(status), true) = (status, errors.is_empty()) else {
        let mut conn = state.pool.acquire().await?;
        let shown = PersonPage::load(&state, &mut conn, layout, &actor, scope, id).await?;
        return form_again(&PersonPage { form, once, errors, ..shown });
    };
    let version =
        form.version.parse().map_err(|_| AppError::Unusable("表单缺少版本号，请刷新页面后重试。".to_owned()))?;
    let mut work = Work::begin(&state, &actor, once).await?;
    let shifts = service::set_status(&mut work, scope, id, version, status, &form.reason).await?;
    let message = match (status, shifts) {
        (PersonStatus::Active, _) => "已恢复在库。".to_owned(),
        (_, 0) => format!("状态已改为“{status}”。"),
        (_, shifts) => format!("状态已改为“{status}”。今后还有{shifts}个班次排了该人员，请调整排班或安排替班。"),
    };
    Ok(work.finish(&format!("/people/{id}"), message).await?.into_response())
}
