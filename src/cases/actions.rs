//! What registers cases and their dates.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::NaiveDate;

use super::pages::{CaseForm, CasePage, FormPage, StepForm, date_field};
use super::rules::{self, Step};
use super::{NewCase, NewStep, db, service};
use crate::error::AppError;
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::Posted;
use crate::web::work::Work;
use crate::web::{Answer, typed};

const NUMBER_TAKEN: &str = "已有相同编号的案件，请核对编号";

fn parse(form: &CaseForm, today: NaiveDate) -> Result<NewCase, Errors> {
    let mut errors = Errors::new();
    let number = typed::line(&mut errors, "number", "案件编号", &form.number, 40);
    let kind = CaseKind::from_code(&form.kind).filter(|kind| kind.is_case());
    if kind.is_none() {
        errors.add("kind", "请选择案件类型和阶段");
    }
    let basis = Basis::from_code(&form.basis);
    if basis.is_none() {
        errors.add("basis", "请选择案件来源");
    }
    let groups: BTreeSet<SpecialGroup> = typed::codes(&mut errors, "groups", &form.groups).into_iter().collect();
    let accepted_on = typed::date_until(&mut errors, "accepted_on", "受理日期", &form.accepted_on, today);
    let cause = typed::line(&mut errors, "cause", "案由", &form.cause, 60);
    let handler_category = HandlerCategory::from_code(&form.handler_category);
    if handler_category.is_none() {
        errors.add("handler_category", "请选择承办人类别");
    }
    let handler_name = typed::line(&mut errors, "handler_name", "承办人姓名", &form.handler_name, 30);
    let organisation = typed::line(&mut errors, "organisation", "承办单位", &form.organisation, 60);
    if let (Some(kind), Some(basis), Some(handler)) = (kind, basis, handler_category) {
        for (field, message) in rules::contradictions(kind, basis, handler) {
            errors.add(field, message);
        }
    }
    match (kind, basis, handler_category, accepted_on) {
        (Some(kind), Some(basis), Some(handler_category), Some(accepted_on)) if errors.is_empty() => Ok(NewCase {
            number,
            kind,
            basis,
            groups,
            handler_category,
            handler_name,
            organisation,
            cause,
            accepted_on,
        }),
        _ => Err(errors),
    }
}

/// Whether the database refused because the number is taken.
fn number_taken(error: &AppError) -> bool {
    matches!(error, AppError::Refused(text) if text.contains("相同编号的案件"))
}

fn number_error() -> Errors {
    let mut errors = Errors::new();
    errors.add("number", NUMBER_TAKEN);
    errors
}

pub(super) async fn register(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<CaseForm>,
) -> Answer {
    let today = state.clock.today();
    let new = match parse(&posted.form, today) {
        Ok(new) => new,
        Err(errors) => return form_again(&FormPage::for_new(layout, today, posted.once, posted.form, errors)),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    match service::register(&mut work, scope, new).await {
        Ok(id) => {
            let message = "案件已登记，指派后请登记指派日期。";
            Ok(work.finish(&format!("/cases/{id}"), message).await?.into_response())
        }
        Err(error) if number_taken(&error) => {
            form_again(&FormPage::for_new(layout, today, posted.once, posted.form, number_error()))
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn correct(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<CaseForm>,
) -> Answer {
    let today = state.clock.today();
    let version: i32 = posted.form.version.parse().map_err(|_| stale())?;
    let again = async |errors: Errors| {
        let mut conn = state.pool.acquire().await?;
        let case = db::find(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
        form_again(&FormPage::for_case(layout.clone(), today, &case, posted.once, posted.form.clone(), errors))
    };
    let new = match parse(&posted.form, today) {
        Ok(new) => new,
        Err(errors) => return again(errors).await,
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    match service::correct(&mut work, scope, id, version, new).await {
        Ok(()) => Ok(work.finish(&format!("/cases/{id}"), "登记内容已更正。").await?.into_response()),
        Err(error) if number_taken(&error) => {
            drop(work);
            again(number_error()).await
        }
        Err(error) => Err(error),
    }
}

fn stale() -> AppError {
    AppError::refused("页面已过期，请刷新后重新填写。")
}

/// A step by its name in the address.
fn step_of(code: &str) -> Option<Step> {
    match code {
        "assigned" => Some(Step::Assign),
        "closing-agreed" => Some(Step::AgreeClosing),
        "entered" => Some(Step::Enter),
        "terminated" => Some(Step::Terminate),
        _ => None,
    }
}

fn parse_step(step: Step, form: &StepForm, today: NaiveDate) -> Result<NewStep, Errors> {
    let mut errors = Errors::new();
    let on = typed::date_until(&mut errors, date_field(step), step.date_label(), form.on(step), today);
    let number = match step {
        Step::Enter => typed::line(&mut errors, "entry_number", "省系统编号", &form.entry_number, 40),
        Step::Assign | Step::AgreeClosing | Step::Terminate => String::new(),
    };
    let note = match step {
        Step::Terminate => typed::line(&mut errors, "termination_note", "终止原因", &form.termination_note, 200),
        Step::Assign | Step::AgreeClosing | Step::Enter => String::new(),
    };
    let Some(on) = on.filter(|_| errors.is_empty()) else {
        return Err(errors);
    };
    Ok(match step {
        Step::Assign => NewStep::Assigned { on },
        Step::AgreeClosing => NewStep::ClosingAgreed { on },
        Step::Enter => NewStep::Entered { on, number },
        Step::Terminate => NewStep::Terminated { on, note },
    })
}

pub(super) async fn take_step(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath((id, step)): InPath<(i64, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let step = step_of(&step).ok_or(AppError::NotFound)?;
    let version: i32 = posted.form.version.parse().map_err(|_| stale())?;
    let mut conn = state.pool.acquire().await?;
    let case = db::find(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let parsed = parse_step(step, &posted.form, state.clock.today()).and_then(|new| {
        match rules::wrong_date(step, new.on(), &case.dates()) {
            None => Ok(new),
            Some(message) => {
                let mut errors = Errors::new();
                errors.add(date_field(step), message);
                Err(errors)
            }
        }
    });
    let new = match parsed {
        Ok(new) => new,
        Err(errors) => {
            let typed = Some((step, posted.form, errors));
            return form_again(&CasePage::load(&state, layout, &actor, scope, id, posted.once, typed).await?);
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let message = match service::take_step(&mut work, scope, id, version, new).await? {
        Some(place) => format!("已登记。本案计入任务，列第{place}件。"),
        None => "已登记。".to_owned(),
    };
    Ok(work.finish(&format!("/cases/{id}"), message).await?.into_response())
}
