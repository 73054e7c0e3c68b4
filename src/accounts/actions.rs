//! What changes accounts.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::db::{self, NewAccount};
use super::pages::{AccountForm, InitialPasswordPage, NewAccountPage, PasswordPage, SetUpForm, SetUpPage};
use super::{passwords, sign_in};
use crate::audit::{self, Audit, Author};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page};
use crate::web::permissions::Role;
use crate::web::posted::{Posted, PublicPosted};
use crate::web::session::Address;
use crate::web::work::{Work, snapshot};
use crate::web::{Answer, constraints, cookies, session, way_back};

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

#[derive(Debug, Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    repeated: String,
}

pub(super) async fn change_password(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    posted: Posted<PasswordForm>,
) -> Answer {
    let form = posted.form;
    let mut conn = state.pool.acquire().await?;
    let account = db::credentials_of(&mut conn, actor.account_id).await?;
    drop(conn);
    let mut errors = Errors::default();
    if account.locked_until.is_some_and(|until| until > state.clock.now()) {
        errors.add("current", sign_in::LOCKED_SENTENCE);
    } else if !state.passwords.verify(&form.current, Some(account.password_hash)).await? {
        sign_in::count_wrong_password(&state, &actor, "account.change_password_refused").await?;
        errors.add("current", "现在的密码不对。连续输错5次，账号将锁定15分钟。");
    }
    if let Some(weakness) = passwords::weakness(&form.password, &[&account.login, &actor.name, &actor.bureau_name]) {
        errors.add("password", weakness);
    } else if form.password == form.current {
        errors.add("password", "新密码不能和现在的一样。");
    } else if form.password != form.repeated {
        errors.add("repeated", "两次输入的新密码不一样。");
    }
    if !errors.is_empty() {
        return form_again(&PasswordPage::new(layout, &actor, posted.once, errors));
    }
    let hash = state.passwords.hash(form.password).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    db::set_password(work.conn(), actor.account_id, &hash, false).await?;
    session::close_others(work.conn(), actor.account_id, &actor.session_key).await?;
    work.audit(Audit::new("account.change_password", "account", actor.account_id)).await?;
    Ok(work.finish("/home", "密码已修改，其他设备上的登录已退出。").await?.into_response())
}

pub(super) async fn set_up(
    State(state): State<AppState>,
    Address(address): Address,
    layout: Layout,
    PublicPosted(form): PublicPosted<SetUpForm>,
) -> Answer {
    let mut errors = Errors::default();
    if !state.setup.matches(&form.token) {
        errors.add("token", "设置口令不对。请从程序启动时的日志中复制。");
    }
    let login = form.login.trim().to_lowercase();
    check_login(&mut errors, &login);
    check_name(&mut errors, form.name.trim());
    if let Some(weakness) = passwords::weakness(&form.password, &[&login, form.name.trim()]) {
        errors.add("password", weakness);
    } else if form.password != form.repeated {
        errors.add("repeated", "两次输入的密码不一样。");
    }
    if !errors.is_empty() {
        return form_again(&SetUpPage::new(layout, form, errors));
    }
    let hash = state.passwords.hash(form.password.clone()).await?;
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    // Two people with the token in the same second: one wins, the other is sent to sign in.
    db::lock_set_up(&mut transaction).await?;
    if db::any_account(&mut transaction).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let bureau_id = crate::programmes::install_gaoping(&mut transaction, now).await?;
    let new = NewAccount {
        bureau_id,
        login,
        name: form.name.trim().to_owned(),
        role: Role::SystemAdministrator,
        venue_id: None,
        person_id: None,
        password_hash: hash,
        must_change_password: false,
        created_by: None,
    };
    let id = db::insert(&mut transaction, &new, now).await?;
    let record = Audit::new("account.set_up", "account", id).note("建立第一个管理员账号");
    let author =
        Author { bureau_id: Some(bureau_id), account_id: Some(id), ..Author::stranger("首次设置", &address) };
    audit::write(&mut transaction, author, now, record).await?;
    transaction.commit().await?;
    Ok(Redirect::to("/sign-in?after=set-up").into_response())
}

fn check_login(errors: &mut Errors, login: &str) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let starts_well = login.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !starts_well || !(2..=40).contains(&login.len()) || !login.chars().all(plain) {
        errors.add("login", "登录名用2到40个小写字母、数字或 . _ -，以字母或数字开头。");
    }
}

fn check_name(errors: &mut Errors, name: &str) {
    if name.is_empty() || name.chars().count() > 30 {
        errors.add("name", "请填写姓名，最多30个字。");
    }
}

pub(super) async fn create_account(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<AccountForm>,
) -> Answer {
    let form = posted.form.clone();
    let login = form.login.trim().to_lowercase();
    let mut errors = Errors::default();
    check_login(&mut errors, &login);
    check_name(&mut errors, form.name.trim());
    let role = Role::from_code(&form.role);
    let venue_id = form.venue.parse::<i64>().ok();
    let person_id = form.person.parse::<i64>().ok();
    let mut conn = state.pool.acquire().await?;
    match role {
        None => errors.add("role", "请选择角色。"),
        Some(Role::DutyPerson) => {
            let known = db::people_without_account(&mut conn, scope.bureau()).await?;
            if !person_id.is_some_and(|id| known.iter().any(|(person, _)| *person == id)) {
                errors.add("person", "请选择账号对应的值班人员；已有账号的人员不在列表中。");
            }
        }
        Some(Role::VenueStaff | Role::LegalAidStaff) => {
            let known = db::venue_choices(&mut conn, scope.bureau()).await?;
            if !venue_id.is_some_and(|id| known.iter().any(|(venue, _)| *venue == id)) {
                errors.add("venue", "请选择账号所在的服务点。");
            }
        }
        Some(_) => {}
    }
    drop(conn);
    let again = |errors: Errors| NewAccountPage::load(&state, layout.clone(), scope, posted.once, form.clone(), errors);
    let (Some(role), true) = (role, errors.is_empty()) else {
        return form_again(&again(errors).await?);
    };

    let password = initial_password()?;
    let hash = state.passwords.hash(password.clone()).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let new = NewAccount {
        bureau_id: scope.bureau(),
        login: login.clone(),
        name: form.name.trim().to_owned(),
        role,
        venue_id: venue_id.filter(|_| matches!(role, Role::VenueStaff | Role::LegalAidStaff)),
        person_id: person_id.filter(|_| role == Role::DutyPerson),
        password_hash: hash,
        must_change_password: true,
        created_by: Some(actor.account_id),
    };
    let now = work.now;
    let id = match db::insert(work.conn(), &new, now).await {
        Ok(id) => id,
        Err(error) if constraints::violated(&error) == Some("accounts_login") => {
            drop(work);
            let mut errors = Errors::default();
            errors.add("login", "这个登录名已被使用，请换一个。");
            return form_again(&again(errors).await?);
        }
        Err(error) => return Err(error.into()),
    };
    let after = serde_json::json!({ "login": new.login, "name": new.name, "role": role.code() });
    work.audit(Audit::new("account.create", "account", id).after(after)).await?;
    work.commit_at(&format!("/accounts/{id}")).await?;
    page(&InitialPasswordPage {
        layout: layout.titled("账号已建立").crumb("账号", "/accounts"),
        name: new.name,
        login,
        password,
    })
}

/// What an account can be put to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    Disabled,
}

impl Status {
    fn code(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Disabled => "disabled",
        }
    }
}

pub(super) async fn disable_account(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(id): Path<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    if id == actor.account_id {
        return Err(AppError::refused("不能停用自己的账号。请由另一名系统管理员停用。"));
    }
    set_status(&state, &actor, scope, id, posted, Status::Disabled).await
}

pub(super) async fn enable_account(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Path(id): Path<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    set_status(&state, &actor, scope, id, posted, Status::Active).await
}

async fn set_status(
    state: &AppState,
    actor: &Actor,
    scope: Scope,
    id: i64,
    posted: Posted<Nothing>,
    status: Status,
) -> Answer {
    let mut work = Work::begin(state, actor, posted.once).await?;
    // Two administrators who disable each other in the same instant: the second is out already.
    let administrators = db::lock_active(work.conn(), scope.bureau(), actor.role).await?;
    if !administrators.contains(&actor.account_id) {
        return Err(AppError::refused("您的账号刚刚被停用，没有办理。"));
    }
    let before = db::find_account(work.conn(), scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    if !db::set_status(work.conn(), scope.bureau(), id, status.code()).await? {
        return Err(AppError::refused(match status {
            Status::Active => "这个账号正在使用中，不需要恢复。",
            Status::Disabled => "这个账号已经停用。",
        }));
    }
    if status == Status::Disabled {
        session::close_others(work.conn(), id, &[]).await?;
    }
    work.audit(
        Audit::new("account.set_status", "account", id)
            .before(snapshot(&before.status))
            .after(snapshot(&status.code())),
    )
    .await?;
    let message = match status {
        Status::Active => "账号已恢复使用。",
        Status::Disabled => "账号已停用，该账号的登录已全部退出。",
    };
    Ok(work.finish(&format!("/accounts/{id}"), message).await?.into_response())
}

pub(super) async fn reset_password(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Path(id): Path<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    if id == actor.account_id {
        return Err(AppError::refused("自己的密码请在“修改密码”中更换。"));
    }
    let password = initial_password()?;
    let hash = state.passwords.hash(password.clone()).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let account = db::find_account(work.conn(), scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    db::set_password(work.conn(), id, &hash, true).await?;
    session::close_others(work.conn(), id, &[]).await?;
    work.audit(Audit::new("account.reset_password", "account", id)).await?;
    work.commit_at(&format!("/accounts/{id}")).await?;
    page(&InitialPasswordPage {
        layout: layout.titled("密码已重置").crumb("账号", "/accounts"),
        name: account.name,
        login: account.login,
        password,
    })
}

/// Sixteen letters and digits that are not mistaken for one another.
fn initial_password() -> Result<String, AppError> {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(anyhow::anyhow!("no randomness: {error}")))?;
    Ok(bytes
        .iter()
        .enumerate()
        .flat_map(|(place, byte)| {
            let letter = LETTERS.get(usize::from(*byte) % LETTERS.len()).map_or('x', |letter| char::from(*letter));
            (place > 0 && place % 4 == 0).then_some('-').into_iter().chain(std::iter::once(letter))
        })
        .collect())
}

#[derive(Debug, Deserialize)]
pub(super) struct AppearanceForm {
    #[serde(default)]
    print: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn appearance(
    State(state): State<AppState>,
    jar: CookieJar,
    PublicPosted(form): PublicPosted<AppearanceForm>,
) -> Answer {
    let secure = state.config.secure_cookies;
    let mut jar = jar;
    if !form.print.is_empty() {
        jar = jar.add(cookies::print_choice(form.print == "large", secure));
    }
    if !form.theme.is_empty() {
        jar = jar.add(cookies::theme_choice(&form.theme, secure));
    }
    Ok((jar, Redirect::to(way_back::local(&form.back).unwrap_or("/"))).into_response())
}
