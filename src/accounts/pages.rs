//! Pages of accounts.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use chrono::{DateTime, FixedOffset};
use serde::Deserialize;

use super::audit_words;
use super::db::{self, AccountRow, AuditRow};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::parts::Pager;
use crate::web::permissions::{Action, Role, reach};
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

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

impl AccountRow {
    /// How it stands, as kind and words of a tag.
    fn standing(&self, now: &DateTime<FixedOffset>) -> (&'static str, &'static str) {
        if self.status == "disabled" {
            ("quiet", "已停用")
        } else if self.locked_until.is_some_and(|until| until > *now) {
            ("warn", "暂时锁定")
        } else if self.must_change_password {
            ("wait", "待首次改密")
        } else {
            ("ok", "正常")
        }
    }
}

/// How many accounts a page of the list shows.
const ACCOUNTS_PAGE: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AccountsQuery {
    q: String,
    after_role: String,
    after_login: String,
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct AccountsPage {
    layout: Layout,
    now: DateTime<FixedOffset>,
    search: String,
    accounts: Vec<AccountRow>,
    pager: Pager,
    may_create: bool,
}

pub(super) async fn accounts(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<AccountsQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let search: String = query.q.trim().chars().take(40).collect();
    let is_first = query.after_login.is_empty();
    let listed = db::Listed {
        search: search.clone(),
        after: (query.after_role, query.after_login),
        limit: i64::try_from(ACCOUNTS_PAGE).unwrap_or(100) + 1,
    };
    let mut accounts = db::accounts_of(&mut conn, scope.bureau(), &listed).await?;
    let more = accounts.len() > ACCOUNTS_PAGE;
    accounts.truncate(ACCOUNTS_PAGE);
    let address =
        |pairs: &[(&str, &str)]| serde_html_form::to_string(pairs).ok().map(|text| format!("/accounts?{text}"));
    let pager = Pager {
        previous: if is_first { None } else { address(&[("q", &search)]) },
        next: accounts.last().filter(|_| more).and_then(|last| {
            address(&[("q", &search), ("after_role", last.role.code()), ("after_login", &last.login)])
        }),
        text: format!("本页{}个账号", accounts.len()),
    };
    page(&AccountsPage {
        layout: layout.titled("账号"),
        now: state.clock.now(),
        search,
        accounts,
        pager,
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
    now: DateTime<FixedOffset>,
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
    scope: Scope,
    Path(id): Path<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let account = db::find_account(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    page(&AccountPage {
        layout: layout.titled(account.name.clone()).crumb("账号", "/accounts"),
        now: state.clock.now(),
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
    /// What was done, in words.
    fn action(record: &AuditRow) -> &str {
        audit_words::action(&record.action)
    }

    /// To what it was done: the kind of thing and its number or name.
    fn subject(record: &AuditRow) -> String {
        format!("{} {}", audit_words::subject(&record.subject), record.subject_id)
    }

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
    let actions = audit_words::actions_named(&search);
    let mut records = db::audit_records(&mut conn, scope.bureau(), query.before, &search, &actions, limit).await?;
    let more = records.len() > AUDIT_PAGE;
    records.truncate(AUDIT_PAGE);
    let older = records.last().filter(|_| more).and_then(|last| {
        let pairs = [("before", last.id.to_string()), ("search", search.clone())];
        serde_html_form::to_string(pairs).ok().map(|text| format!("/audit?{text}"))
    });
    page(&AuditPage { layout: layout.titled("审计记录"), search, records, older })
}
