//! The page of a first start: the bureau and its three administrators, who are three people.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;

use super::db;
use super::passwords;
use super::policy::Policy;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::permissions::Role;

/// The set-up form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SetUpForm {
    pub(super) token: String,
    pub(super) name: String,
    pub(super) login: String,
    pub(super) staff_number: String,
    pub(super) password: String,
    pub(super) repeated: String,
    pub(super) security_name: String,
    pub(super) security_login: String,
    pub(super) security_staff_number: String,
    pub(super) audit_name: String,
    pub(super) audit_login: String,
    pub(super) audit_staff_number: String,
}

/// One of the three.
#[derive(Clone, Debug)]
pub(super) struct SetUpPerson {
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) login: String,
    pub(super) staff_number: String,
}

impl SetUpPerson {
    /// The name of their field on the form.
    pub(super) fn field(&self, name: &'static str) -> &'static str {
        match (self.role, name) {
            (Role::SecurityAdministrator, "login") => "security_login",
            (Role::SecurityAdministrator, "name") => "security_name",
            (Role::SecurityAdministrator, _) => "security_staff_number",
            (Role::AuditAdministrator, "login") => "audit_login",
            (Role::AuditAdministrator, "name") => "audit_name",
            (Role::AuditAdministrator, _) => "audit_staff_number",
            _ => name,
        }
    }
}

impl SetUpForm {
    /// The three administrators, whoever fills in the form first.
    pub(super) fn people(&self) -> [SetUpPerson; 3] {
        let person = |role, name: &str, login: &str, staff_number: &str| SetUpPerson {
            role,
            name: name.trim().to_owned(),
            login: login.trim().to_lowercase(),
            staff_number: staff_number.trim().to_uppercase(),
        };
        [
            person(Role::SystemAdministrator, &self.name, &self.login, &self.staff_number),
            person(Role::SecurityAdministrator, &self.security_name, &self.security_login, &self.security_staff_number),
            person(Role::AuditAdministrator, &self.audit_name, &self.audit_login, &self.audit_staff_number),
        ]
    }
}

#[derive(Template)]
#[template(path = "accounts/set_up.html")]
pub(super) struct SetUpPage {
    layout: Layout,
    typed: SetUpForm,
    errors: Errors,
    hint: String,
}

impl SetUpPage {
    pub(super) fn new(layout: Layout, form: SetUpForm, errors: Errors) -> SetUpPage {
        let hint = passwords::hint(&Policy::default(), Role::SystemAdministrator);
        SetUpPage { layout: layout.titled("首次设置"), typed: form, errors, hint }
    }
}

/// The initial passwords of the two others, shown once.
#[derive(Template)]
#[template(path = "accounts/set_up_done.html")]
pub(super) struct SetUpDonePage {
    pub(super) layout: Layout,
    pub(super) given: Vec<(SetUpPerson, String)>,
}

pub(super) async fn set_up(State(state): State<AppState>, layout: Layout, Query(form): Query<SetUpForm>) -> Answer {
    let mut conn = state.pool.acquire().await?;
    if db::any_account(&mut conn).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let form = SetUpForm { token: form.token, ..SetUpForm::default() };
    page(&SetUpPage::new(layout, form, Errors::default()))
}
