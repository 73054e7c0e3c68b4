//! Pages of the handlers.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::NaiveDate;
use serde::Deserialize;

use super::db::{self, HandlerRow};
use super::rules::Field;
use super::service::{self, NewHandler};
use crate::error::AppError;
use crate::plan::dictionaries::HandlerCategory;
use crate::plan::dictionary::Dictionary;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters, typed};

impl HandlerRow {
    fn status_words(&self) -> &'static str {
        match self.status.as_str() {
            "active" => "在册",
            "suspended" => "暂停",
            _ => "退出",
        }
    }

    fn tag(&self) -> &'static str {
        match self.status.as_str() {
            "active" => "ok",
            "suspended" => "warn",
            _ => "quiet",
        }
    }

    fn field_words(&self) -> String {
        let words: Vec<&str> =
            self.fields.iter().filter_map(|code| Field::from_code(code)).map(|it| it.label()).collect();
        if words.is_empty() { "—".to_owned() } else { words.join("、") }
    }
}

#[derive(Template)]
#[template(path = "cases/handlers.html")]
struct ListPage {
    layout: Layout,
    may_change: bool,
    handlers: Vec<HandlerRow>,
}

pub(in crate::cases) async fn handlers(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let handlers = db::handlers(&mut conn, scope.bureau(), None).await?;
    page(&ListPage {
        layout: layout.titled("承办人名册").crumb("案件台账", "/cases"),
        may_change: actor.may(Action::RegisterCases).is_some(),
        handlers,
    })
}

/// A handler as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct HandlerForm {
    name: String,
    gender: String,
    category: String,
    firm: String,
    licence_number: String,
    practising_since: String,
    fields: Vec<String>,
    for_minors: String,
    login: String,
    status: String,
    status_reason: String,
    version: String,
}

#[derive(Template)]
#[template(path = "cases/handler.html")]
struct FormPage {
    layout: Layout,
    once: OnceKey,
    form: HandlerForm,
    errors: Errors,
    action: String,
    existing: bool,
    today: String,
}

type Choices = Vec<(&'static str, &'static str)>;

fn choices<D: Dictionary>() -> Choices {
    D::ALL.iter().map(|one| (one.code(), one.label())).collect()
}

impl FormPage {
    fn new(
        layout: Layout,
        id: Option<i64>,
        today: NaiveDate,
        once: OnceKey,
        form: HandlerForm,
        errors: Errors,
    ) -> FormPage {
        let title = if id.is_some() { "承办人资料" } else { "登记承办人" };
        FormPage {
            layout: layout.titled(title).crumb("承办人名册", "/cases/handlers"),
            once,
            form,
            errors,
            action: id.map_or_else(|| "/cases/handlers".to_owned(), |id| format!("/cases/handlers/{id}")),
            existing: id.is_some(),
            today: today.to_string(),
        }
    }

    fn categories(&self) -> Choices {
        choices::<HandlerCategory>()
    }

    fn fields(&self) -> Choices {
        choices::<Field>()
    }

    fn genders(&self) -> Choices {
        vec![("male", "男"), ("female", "女")]
    }

    fn statuses(&self) -> Choices {
        vec![("active", "在册"), ("suspended", "暂停"), ("left", "退出")]
    }

    fn minors(&self) -> bool {
        self.form.for_minors == "yes"
    }
}

fn parse(form: &HandlerForm, today: NaiveDate) -> Result<(NewHandler, String, String), Errors> {
    let mut errors = Errors::new();
    let name = typed::line(&mut errors, "name", "姓名", &form.name, 30);
    let firm = typed::line(&mut errors, "firm", "所属单位", &form.firm, 60);
    let category = HandlerCategory::from_code(&form.category);
    if category.is_none() {
        errors.add("category", "请选择类别");
    }
    if !matches!(form.gender.as_str(), "male" | "female") {
        errors.add("gender", "请选择性别");
    }
    let licence_number = typed::optional_line(&mut errors, "licence_number", "执业证号", &form.licence_number, 40);
    let practising_since = if form.practising_since.trim().is_empty() {
        None
    } else {
        typed::date_until(&mut errors, "practising_since", "执业起始日期", &form.practising_since, today)
    };
    if let Some(HandlerCategory::Lawyer | HandlerCategory::GrassrootsLegalWorker) = category {
        if licence_number.is_empty() {
            errors.add("licence_number", "律师和基层法律服务工作者须填写执业证号");
        }
        if form.practising_since.trim().is_empty() {
            errors.add("practising_since", "请填写执业起始日期；重大案件须执业满三年");
        }
    }
    let fields = typed::codes(&mut errors, "fields", &form.fields);
    let login = typed::optional_line(&mut errors, "login", "登录名", &form.login, 40);
    let status = match form.status.as_str() {
        "suspended" | "left" => form.status.clone(),
        _ => "active".to_owned(),
    };
    let reason = typed::optional_line(&mut errors, "status_reason", "原因", &form.status_reason, 100);
    if status != "active" && reason.is_empty() {
        errors.add("status_reason", "请写明暂停或者退出的原因");
    }
    match category {
        Some(category) if errors.is_empty() => Ok((
            NewHandler {
                name,
                female: form.gender == "female",
                category,
                firm,
                licence_number,
                practising_since,
                fields: fields.into_iter().collect(),
                for_minors: form.for_minors == "yes",
                login,
            },
            status,
            reason,
        )),
        _ => Err(errors),
    }
}

pub(in crate::cases) async fn new_handler(State(state): State<AppState>, layout: Layout) -> Answer {
    let today = state.clock.today();
    page(&FormPage::new(layout, None, today, OnceKey::new(), HandlerForm::default(), Errors::default()))
}

pub(in crate::cases) async fn one_handler(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let row = db::handlers(&mut conn, scope.bureau(), Some(id)).await?.into_iter().next().ok_or(AppError::NotFound)?;
    let form = HandlerForm {
        name: row.name,
        gender: row.gender,
        category: row.category.code().to_owned(),
        firm: row.firm,
        licence_number: row.licence_number,
        practising_since: row.practising_since.map(|on| on.to_string()).unwrap_or_default(),
        fields: row.fields,
        for_minors: if row.for_minors { "yes".to_owned() } else { String::new() },
        login: row.login,
        status: row.status,
        status_reason: row.status_reason,
        version: row.version.to_string(),
    };
    page(&FormPage::new(layout, Some(id), state.clock.today(), OnceKey::new(), form, Errors::default()))
}

pub(in crate::cases) async fn register_handler(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<HandlerForm>,
) -> Answer {
    let today = state.clock.today();
    let (new, ..) = match parse(&posted.form, today) {
        Ok(parsed) => parsed,
        Err(errors) => return form_again(&FormPage::new(layout, None, today, posted.once, posted.form, errors)),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::register(&mut work, scope, &new).await?;
    Ok(work.finish("/cases/handlers", format!("{}已登记，可以指派案件。", new.name)).await?.into_response())
}

pub(in crate::cases) async fn change_handler(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<HandlerForm>,
) -> Answer {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    if db::handlers(&mut conn, scope.bureau(), Some(id)).await?.is_empty() {
        return Err(AppError::NotFound);
    }
    drop(conn);
    let version: i32 = posted.form.version.parse().map_err(|_| AppError::refused("页面已过期，请刷新后重新填写。"))?;
    let (new, status, reason) = match parse(&posted.form, today) {
        Ok(parsed) => parsed,
        Err(errors) => return form_again(&FormPage::new(layout, Some(id), today, posted.once, posted.form, errors)),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::change(&mut work, scope, id, version, &new, (&status, &reason)).await?;
    Ok(work.finish("/cases/handlers", format!("{}的资料已保存。", new.name)).await?.into_response())
}
