//! Pages of accounts.

use askama::Template;
use axum::extract::{Query, State};
use chrono::{DateTime, FixedOffset};
use serde::Deserialize;

use super::audit_fields::{self, Content};
use super::audit_file::AuditQuery;
use super::audit_words;
use super::db::{self, AccountRow, AuditRow};
use super::policy::Policy;
use super::rights::{self, RequestRow, RoleForm};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Pager;
use crate::web::permissions::{Action, Role, reach};
use crate::web::posted::OnceKey;
use crate::web::terms::Term;
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

pub(super) async fn password(State(state): State<AppState>, layout: Layout, actor: Actor) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let policy = Policy::load(&mut conn).await?;
    page(&PasswordPage::new(layout, &actor, &policy, OnceKey::new(), Errors::default()))
}

impl PasswordPage {
    pub(super) fn new(layout: Layout, actor: &Actor, policy: &Policy, once: OnceKey, errors: Errors) -> PasswordPage {
        PasswordPage {
            layout: layout.titled("修改密码"),
            once,
            first: actor.must_change_password,
            hint: super::passwords::hint(policy, actor.role),
            errors,
        }
    }
}

impl AccountRow {
    /// How it stands, as kind and words of a tag.
    fn standing(&self, now: &DateTime<FixedOffset>) -> (&'static str, &'static str) {
        if self.status == "disabled" {
            ("quiet", "已停用")
        } else if self.status == "waiting" {
            ("wait", "待授权")
        } else if self.locked_until.is_some_and(|until| until > *now) {
            ("warn", "暂时锁定")
        } else if self.must_change_password {
            ("wait", "待首次改密")
        } else {
            ("ok", "正常")
        }
    }
}

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
    let Term { text, sealed } = Term::read(&state, &actor, &query.q)?;
    let search: String = text.chars().take(40).collect();
    let is_first = query.after_login.is_empty();
    let listed =
        db::Listed { search: search.clone(), after: (query.after_role, query.after_login), limit: layout.rows.asked() };
    let mut accounts = db::accounts_of(&mut conn, scope.bureau(), &listed).await?;
    let more = layout.rows.cut(&mut accounts);
    let address =
        |pairs: &[(&str, &str)]| serde_html_form::to_string(pairs).ok().map(|text| format!("/accounts?{text}"));
    let pager = Pager {
        previous: if is_first { None } else { address(&[("q", &sealed)]) },
        next: accounts.last().filter(|_| more).and_then(|last| {
            address(&[("q", &sealed), ("after_role", last.role.code()), ("after_login", &last.login)])
        }),
        text: format!("本页{}个账号", accounts.len()),
        rows: layout.rows,
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
    #[serde(default)]
    pub(super) staff_number: String,
    #[serde(default)]
    pub(super) reason: String,
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
pub(super) struct AccountPage {
    layout: Layout,
    now: DateTime<FixedOffset>,
    once: OnceKey,
    account: AccountRow,
    requests: Vec<RequestRow>,
    errors: Errors,
    typed: RoleForm,
    roles: Vec<(String, String)>,
    venues: Vec<(String, String)>,
    may_manage: bool,
    may_reset: bool,
    may_grant: bool,
    is_self: bool,
    needs_second_factor: bool,
}

impl AccountPage {
    /// The request that waits for a decision.
    fn open(&self) -> Option<&RequestRow> {
        self.requests.iter().find(|request| request.is_open())
    }

    /// Whether the reader may decide the open request: not their own.
    fn may_decide(&self) -> bool {
        self.may_grant && !self.is_self && self.open().is_some_and(|request| !request.asked_by_reader)
    }
}

pub(super) async fn account(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let form = RoleForm::default();
    page(&account_page(&state, layout, &actor, scope, id, OnceKey::new(), form, Errors::default()).await?)
}

#[expect(clippy::too_many_arguments, reason = "what a page shown again needs, used twice")]
pub(super) async fn account_page(
    state: &AppState,
    layout: Layout,
    actor: &Actor,
    scope: Scope,
    id: i64,
    once: OnceKey,
    typed: RoleForm,
    errors: Errors,
) -> Result<AccountPage, AppError> {
    let mut conn = state.pool.acquire().await?;
    let account = db::find_account(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    let may_manage = actor.may(Action::ManageAccounts).is_some();
    let venues = if may_manage { db::venue_choices(&mut conn, scope.bureau()).await? } else { Vec::new() };
    let staff = Role::ALL.iter().filter(|role| **role != Role::DutyPerson && **role != account.role);
    Ok(AccountPage {
        layout: layout.titled(account.name.clone()).crumb("账号", "/accounts"),
        now: state.clock.now(),
        once,
        requests: rights::requests_of(&mut conn, scope.bureau(), id, actor.account_id).await?,
        errors,
        typed,
        roles: staff.map(|role| (role.code().to_owned(), role.label().to_owned())).collect(),
        venues: venues.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        may_manage,
        may_reset: actor.may(Action::ResetPasswords).is_some(),
        may_grant: actor.may(Action::GrantRights).is_some(),
        is_self: account.id == actor.account_id,
        needs_second_factor: state.asks_second_factor(account.role),
        account,
    })
}

/// An initial password, shown once.
#[derive(Template)]
#[template(path = "accounts/initial_password.html")]
pub(super) struct InitialPasswordPage {
    pub(super) layout: Layout,
    pub(super) lede: &'static str,
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

#[derive(Template)]
#[template(path = "accounts/audit.html")]
struct AuditPage {
    layout: Layout,
    search: String,
    from: String,
    to: String,
    /// What the page shows, for the address of its file.
    asked: String,
    records: Vec<AuditRow>,
    pager: Pager,
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

    /// What it says of the thing, field by field.
    fn content(record: &AuditRow) -> Content {
        audit_fields::content(record)
    }
}

pub(super) async fn audit(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<AuditQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let Term { text, sealed } = Term::read(&state, &actor, &query.search)?;
    let part = query.part(&text);
    let mut records = db::audit_records(&mut conn, scope.bureau(), &part, layout.rows.asked()).await?;
    let more = layout.rows.cut(&mut records);
    let address = |before: Option<i64>| {
        let before = before.map(|id| ("before", id.to_string()));
        let asked = [("search", &sealed), ("from", &query.from), ("to", &query.to)];
        let asked = asked.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone()));
        let pairs: Vec<_> = before.into_iter().chain(asked).collect();
        serde_html_form::to_string(pairs).unwrap_or_default()
    };
    let pager = Pager {
        previous: query.before.map(|_| format!("/audit?{}", address(None))),
        next: records.last().filter(|_| more).map(|last| format!("/audit?{}", address(Some(last.id)))),
        text: format!("本页{}条", records.len()),
        rows: layout.rows,
    };
    let asked = address(None);
    let (from, to) = (query.from, query.to);
    page(&AuditPage { layout: layout.titled("审计记录"), search: part.search, from, to, asked, records, pager })
}
