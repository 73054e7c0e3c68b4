//! Pages of accounts.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;

use super::db::{self, AccountRow, AuditRow};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::permissions::{Action, Role, grants, reach};
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// A demonstration account, listed on the sign-in page of the demonstration.
#[derive(Clone, Debug)]
pub(super) struct DemonstrationAccount {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) role: &'static str,
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
pub(super) struct SignInPage {
    pub(super) layout: Layout,
    pub(super) login: String,
    pub(super) next: String,
    pub(super) errors: Errors,
    pub(super) demonstration_accounts: Vec<DemonstrationAccount>,
    pub(super) demonstration_password: &'static str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    layout: Layout,
    actor: Option<Actor>,
    Query(query): Query<Next>,
) -> Answer {
    if actor.is_some() {
        return Ok(Redirect::to("/home").into_response());
    }
    let mut conn = state.pool.acquire().await?;
    if !db::any_account(&mut conn).await? {
        return Ok(Redirect::to("/set-up").into_response());
    }
    drop(conn);
    page(&sign_in_page(&state, layout, String::new(), query.next, Errors::default()).await?)
}

pub(super) async fn sign_in_page(
    state: &AppState,
    layout: Layout,
    login: String,
    next: String,
    errors: Errors,
) -> Result<SignInPage, AppError> {
    let mut demonstration_accounts = Vec::new();
    if state.demonstration {
        let mut conn = state.pool.acquire().await?;
        for (listed, role) in crate::demo::ACCOUNTS {
            if let Some(known) = db::find_credentials(&mut conn, listed).await? {
                demonstration_accounts.push(DemonstrationAccount {
                    login: (*listed).to_owned(),
                    name: known.name,
                    role: role.label(),
                });
            }
        }
    }
    Ok(SignInPage {
        layout: layout.titled("登录"),
        login,
        next,
        errors,
        demonstration_accounts,
        demonstration_password: crate::demo::PASSWORD,
    })
}

#[derive(Template)]
#[template(path = "accounts/password.html")]
pub(super) struct PasswordPage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) first: bool,
    pub(super) hint: String,
    pub(super) errors: Errors,
}

pub(super) async fn password(layout: Layout, actor: Actor) -> Answer {
    page(&PasswordPage::new(layout, &actor, OnceKey::new(), Errors::default()))
}

impl PasswordPage {
    pub(super) fn new(layout: Layout, actor: &Actor, once: OnceKey, errors: Errors) -> PasswordPage {
        PasswordPage {
            layout: layout.titled("修改密码"),
            once,
            first: actor.must_change_password,
            hint: super::passwords::hint(),
            errors,
        }
    }
}

/// The set-up form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct SetUpForm {
    #[serde(default)]
    pub(super) token: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) login: String,
    #[serde(default)]
    pub(super) password: String,
    #[serde(default)]
    pub(super) repeated: String,
}

#[derive(Template)]
#[template(path = "accounts/set_up.html")]
pub(super) struct SetUpPage {
    pub(super) layout: Layout,
    pub(super) typed: SetUpForm,
    pub(super) errors: Errors,
    pub(super) hint: String,
}

impl SetUpPage {
    pub(super) fn new(layout: Layout, form: SetUpForm, errors: Errors) -> SetUpPage {
        SetUpPage { layout: layout.titled("首次设置"), typed: form, errors, hint: super::passwords::hint() }
    }
}

pub(super) async fn set_up(State(state): State<AppState>, layout: Layout, Query(form): Query<SetUpForm>) -> Answer {
    let mut conn = state.pool.acquire().await?;
    if db::any_account(&mut conn).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let form = SetUpForm { token: form.token, ..SetUpForm::default() };
    page(&SetUpPage::new(layout, form, Errors::default()))
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct AccountsPage {
    layout: Layout,
    accounts: Vec<AccountRow>,
    may_create: bool,
}

/// Both the system and the security administrator work on this list.
pub(super) fn account_scope(actor: &Actor) -> Result<Scope, AppError> {
    match actor.may(Action::ResetPasswords) {
        Some(scope) => Ok(scope),
        None => actor.authorise(Action::ManageAccounts),
    }
}

pub(super) async fn accounts(State(state): State<AppState>, layout: Layout, actor: Actor) -> Answer {
    let scope = account_scope(&actor)?;
    let mut conn = state.pool.acquire().await?;
    page(&AccountsPage {
        layout: layout.titled("账号"),
        accounts: db::accounts_of(&mut conn, scope.bureau()).await?,
        may_create: actor.may(Action::ManageAccounts).is_some(),
    })
}

/// A new account as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct AccountForm {
    #[serde(default)]
    pub(super) login: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) role: String,
    #[serde(default)]
    pub(super) venue: String,
    #[serde(default)]
    pub(super) person: String,
}

#[derive(Template)]
#[template(path = "accounts/new.html")]
pub(super) struct NewAccountPage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) typed: AccountForm,
    pub(super) errors: Errors,
    pub(super) roles: Vec<(String, String)>,
    pub(super) venues: Vec<(String, String)>,
    pub(super) people: Vec<(String, String)>,
}

impl NewAccountPage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        scope: Scope,
        once: OnceKey,
        form: AccountForm,
        errors: Errors,
    ) -> Result<NewAccountPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let choices = |rows: Vec<(i64, String)>| rows.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        Ok(NewAccountPage {
            layout: layout.titled("新建账号").crumb("账号", "/accounts"),
            once,
            typed: form,
            errors,
            roles: Role::ALL.iter().map(|role| (role.code().to_owned(), role.label().to_owned())).collect(),
            venues: choices(db::venue_choices(&mut conn, scope.bureau()).await?),
            people: choices(db::people_without_account(&mut conn, scope.bureau()).await?),
        })
    }
}

pub(super) async fn new_account(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let form = AccountForm::default();
    page(&NewAccountPage::load(&state, layout, scope, OnceKey::new(), form, Errors::default()).await?)
}

#[derive(Template)]
#[template(path = "accounts/one.html")]
struct AccountPage {
    layout: Layout,
    once: OnceKey,
    account: AccountRow,
    may_manage: bool,
    may_reset: bool,
    is_self: bool,
}

pub(super) async fn account(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    Path(id): Path<i64>,
) -> Answer {
    let scope = account_scope(&actor)?;
    let mut conn = state.pool.acquire().await?;
    let account = db::find_account(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    page(&AccountPage {
        layout: layout.titled(account.name.clone()).crumb("账号", "/accounts"),
        once: OnceKey::new(),
        may_manage: actor.may(Action::ManageAccounts).is_some(),
        may_reset: actor.may(Action::ResetPasswords).is_some(),
        is_self: account.id == actor.account_id,
        account,
    })
}

/// An initial password, shown once.
#[derive(Template)]
#[template(path = "accounts/initial_password.html")]
pub(super) struct InitialPasswordPage {
    pub(super) layout: Layout,
    pub(super) name: String,
    pub(super) login: String,
    pub(super) password: String,
}

#[derive(Template)]
#[template(path = "accounts/permissions.html")]
struct PermissionsPage {
    layout: Layout,
    roles: Vec<Role>,
    rows: Vec<PermissionRow>,
}

struct PermissionRow {
    label: &'static str,
    cells: Vec<Option<&'static str>>,
}

pub(super) async fn permissions(layout: Layout) -> Answer {
    let roles: Vec<Role> = Role::ALL.to_vec();
    let rows = Action::ALL
        .iter()
        .map(|action| PermissionRow {
            label: action.label(),
            cells: roles.iter().map(|role| reach(*role, *action).map(|reach| reach.label())).collect(),
        })
        .collect();
    debug_assert!(roles.iter().all(|role| !grants(*role).is_empty()));
    page(&PermissionsPage { layout: layout.titled("权限表"), roles, rows })
}

/// How many records a page of the audit trail shows.
const AUDIT_PAGE: usize = 50;

#[derive(Debug, Deserialize)]
pub(super) struct AuditQuery {
    before: Option<i64>,
    #[serde(default)]
    search: String,
}

#[derive(Template)]
#[template(path = "accounts/audit.html")]
struct AuditPage {
    layout: Layout,
    search: String,
    records: Vec<AuditRow>,
    older: Option<String>,
}

impl AuditPage {
    /// Before and after as indented text.
    fn text(value: &Option<serde_json::Value>) -> String {
        value.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
    }
}

pub(super) async fn audit(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(query): Query<AuditQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let search: String = query.search.trim().chars().take(50).collect();
    let limit = i64::try_from(AUDIT_PAGE).unwrap_or(50) + 1;
    let mut records = db::audit_records(&mut conn, scope.bureau(), query.before, &search, limit).await?;
    let more = records.len() > AUDIT_PAGE;
    records.truncate(AUDIT_PAGE);
    let older = records.last().filter(|_| more).and_then(|last| {
        let pairs = [("before", last.id.to_string()), ("search", search.clone())];
        serde_html_form::to_string(pairs).ok().map(|text| format!("/audit?{text}"))
    });
    page(&AuditPage { layout: layout.titled("审计记录"), search, records, older })
}
