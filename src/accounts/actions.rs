//! What changes accounts.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::db::{self, NewAccount};
use super::pages::{AccountForm, InitialPasswordPage, NewAccountPage, PasswordPage};
use super::policy::Policy;
use super::setup_page::{SetUpDonePage, SetUpForm, SetUpPage, SetUpPerson};
use super::words::secret_word;
use super::{passwords, rights, sign_in};
use crate::audit::{self, Audit, Author};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::permissions::Role;
use crate::web::posted::{Posted, PublicPosted};
use crate::web::session::Address;
use crate::web::work::{Work, snapshot};
use crate::web::{Answer, cookies, session, way_back};

const BREACHED: &str = "这个密码在泄露的密码清单里，别人会先试它。请换一个没有在别处用过的。";

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
    jar: CookieJar,
    posted: Posted<PasswordForm>,
) -> Answer {
    let form = posted.form;
    let mut conn = state.pool.acquire().await?;
    let policy = Policy::load(&mut conn).await?;
    let account = db::credentials_of(&mut conn, actor.account_id).await?;
    let last = db::last_passwords(&mut conn, actor.account_id, policy.remembered_passwords).await?;
    drop(conn);
    let mut errors = Errors::default();
    let known = [account.login.as_str(), &actor.name, &actor.bureau_name];
    if !state.passwords.verify(&form.current, Some(account.password_hash)).await? {
        sign_in::count_wrong_proof(&state, &actor, "account.change_password_refused").await?;
        errors.add("current", "现在的密码不对。连续输错多次将退出登录。");
    } else if let Some(weakness) = passwords::weakness(&policy, actor.role, &form.password, &known) {
        errors.add("password", weakness);
    } else if state.passwords.is_breached(state.config.breached_passwords.as_deref(), &form.password).await? {
        errors.add("password", BREACHED);
    } else if form.password != form.repeated {
        errors.add("repeated", "两次输入的新密码不一样。");
    } else if state.passwords.is_one_of(&form.password, last).await? {
        errors.add("password", format!("新密码不能与最近{}次用过的相同。", policy.remembered_passwords));
    }
    if !errors.is_empty() {
        return form_again(&PasswordPage::new(layout, &actor, &policy, posted.once, errors));
    }
    let hash = state.passwords.hash(form.password).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let now = work.now;
    db::set_password(work.conn(), actor.account_id, &hash, false, now).await?;
    session::close_others(work.conn(), actor.account_id, &actor.session_key).await?;
    session::prove(work.conn(), &actor.session_key, now).await?;
    let token = session::renew(work.conn(), &actor.session_key).await?;
    work.actor.session_key = session::key_of(&token);
    work.audit(Audit::new("account.change_password", "account", actor.account_id)).await?;
    let onward = work.finish("/home", "密码已修改，其他设备上的登录已退出。").await?;
    let secure = state.config.secure_cookies;
    let jar = jar.add(cookies::build(cookies::session_name(secure), token, secure));
    Ok((jar, onward).into_response())
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
    let policy = Policy::default();
    let people = form.people();
    for person in &people {
        check_login(&mut errors, person.field("login"), &person.login);
        check_name(&mut errors, person.field("name"), &person.name);
        check_staff_number(&mut errors, person.field("staff_number"), &person.staff_number);
        let same = |other: &SetUpPerson| other.login == person.login || other.staff_number == person.staff_number;
        if people.iter().filter(|other| same(other)).count() > 1 {
            errors.add(person.field("name"), "三个管理员须是三个人，登录名和人员编号都不能相同。");
        }
    }
    let known = [form.login.trim(), form.name.trim()];
    if let Some(weakness) = passwords::weakness(&policy, Role::SystemAdministrator, &form.password, &known) {
        errors.add("password", weakness);
    } else if state.passwords.is_breached(state.config.breached_passwords.as_deref(), &form.password).await? {
        errors.add("password", BREACHED);
    } else if form.password != form.repeated {
        errors.add("repeated", "两次输入的密码不一样。");
    }
    if !errors.is_empty() {
        return form_again(&SetUpPage::new(layout, form, errors));
    }
    let mut passwords = vec![form.password.clone()];
    for _ in people.iter().skip(1) {
        passwords.push(secret_word()?);
    }
    let mut hashes = Vec::new();
    for password in &passwords {
        hashes.push(state.passwords.hash(password.clone()).await?);
    }
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    // Two people with the token in the same second: one wins, the other is sent to sign in.
    db::lock_set_up(&mut transaction).await?;
    if db::any_account(&mut transaction).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let bureau_id = crate::programmes::install_gaoping(&mut transaction, now).await?;
    for (person, hash) in people.iter().zip(hashes) {
        let new = NewAccount {
            bureau_id,
            login: person.login.clone(),
            name: person.name.clone(),
            role: person.role,
            venue_id: None,
            person_id: None,
            staff_number: Some(person.staff_number.clone()),
            password_hash: hash,
            must_change_password: person.role != Role::SystemAdministrator,
            created_by: None,
        };
        let id = db::insert(&mut transaction, &new, now).await?;
        let record = Audit::new("account.set_up", "account", id)
            .after(serde_json::json!({ "login": new.login, "name": new.name, "role": new.role.code() }))
            .note("首次设置，建立三个管理员账号");
        let author =
            Author { bureau_id: Some(bureau_id), account_id: Some(id), ..Author::stranger("首次设置", &address) };
        audit::write(&mut transaction, author, now, record).await?;
    }
    transaction.commit().await?;
    let given = people.into_iter().zip(passwords).skip(1).collect();
    page(&SetUpDonePage { layout: layout.titled("系统已设置好"), given })
}

/// Logins that every guesser tries first and that name no person.
const NOBODY: &[&str] = &[
    "admin",
    "administrator",
    "root",
    "system",
    "sysadmin",
    "audit",
    "auditor",
    "security",
    "secadmin",
    "test",
    "guest",
    "user",
    "demo",
    "manager",
    "operator",
    "huifa",
];

fn check_login(errors: &mut Errors, field: &str, login: &str) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let starts_well = login.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !starts_well || !(2..=40).contains(&login.len()) || !login.chars().all(plain) {
        errors.add(field, "登录名用2到40个小写字母、数字或 . _ -，以字母或数字开头。");
    } else if NOBODY.contains(&login) {
        errors.add(field, "登录名须能认出本人，如姓名的拼音；不用 admin、test 等公用的名字。");
    }
}

fn check_name(errors: &mut Errors, field: &str, name: &str) {
    if name.is_empty() || name.chars().count() > 30 {
        errors.add(field, "请填写姓名，最多30个字。");
    }
}

fn check_staff_number(errors: &mut Errors, field: &str, number: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !(2..=30).contains(&number.len()) || !number.chars().all(plain) {
        errors.add(field, "请填写本人的人员编号（工号、执法证号等），2到30个字母、数字或短横；一人一号。");
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
    check_login(&mut errors, "login", &login);
    check_name(&mut errors, "name", form.name.trim());
    let role = Role::from_code(&form.role);
    let venue_id = form.venue.parse::<i64>().ok();
    let person_id = form.person.parse::<i64>().ok();
    let mut conn = state.pool.acquire().await?;
    let staff_number = form.staff_number.trim().to_uppercase();
    if role.is_some_and(|role| role != Role::DutyPerson) {
        check_staff_number(&mut errors, "staff_number", &staff_number);
    }
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

    let password = secret_word()?;
    let hash = state.passwords.hash(password.clone()).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let new = NewAccount {
        bureau_id: scope.bureau(),
        login: login.clone(),
        name: form.name.trim().to_owned(),
        role,
        venue_id: venue_id.filter(|_| matches!(role, Role::VenueStaff | Role::LegalAidStaff)),
        person_id: person_id.filter(|_| role == Role::DutyPerson),
        staff_number: Some(staff_number).filter(|_| role != Role::DutyPerson),
        password_hash: hash,
        must_change_password: true,
        created_by: Some(actor.account_id),
    };
    let id = match rights::create(&mut work, &new, form.reason.trim()).await {
        Ok(id) => id,
        Err(rights::CreateError::Field(field, words)) => {
            drop(work);
            let mut errors = Errors::default();
            errors.add(field, words);
            return form_again(&again(errors).await?);
        }
        Err(rights::CreateError::Other(error)) => return Err(error),
    };
    work.commit_at(&format!("/accounts/{id}")).await?;
    page(&InitialPasswordPage {
        layout: layout.titled("账号已建立").crumb("账号", "/accounts"),
        lede: "账号还不能登录，等安全管理员授予权限。请把初始密码当面交给本人，7天内有效；离开本页后不再显示。",
        name: new.name,
        login,
        password,
    })
}

pub(super) async fn disable_account(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    // Two administrators who disable each other in the same instant: the second is out already.
    let administrators = db::lock_active(work.conn(), scope.bureau(), actor.role).await?;
    if !administrators.contains(&actor.account_id) {
        return Err(AppError::refused("您的账号刚刚被停用，没有办理。"));
    }
    let before = db::find_account(work.conn(), scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    if before.role.is_administrator() && db::lock_active(work.conn(), scope.bureau(), before.role).await? == [id] {
        return Err(AppError::refused("这是最后一个同类管理员的账号，停用后系统没有人管。请先建立接替的账号。"));
    }
    if !db::disable(work.conn(), scope.bureau(), id, "系统管理员停用").await? {
        return Err(AppError::refused("这个账号已经停用。"));
    }
    session::close_others(work.conn(), id, &[]).await?;
    let record = Audit::new("account.set_status", "account", id);
    work.audit(record.before(snapshot(&before.status)).after(snapshot(&"disabled"))).await?;
    let message = "账号已停用，该账号的登录已全部退出。";
    Ok(work.finish(&format!("/accounts/{id}"), message).await?.into_response())
}

pub(super) async fn reset_password(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    if id == actor.account_id {
        return Err(AppError::refused("自己的密码请在“修改密码”中更换。"));
    }
    let password = secret_word()?;
    let hash = state.passwords.hash(password.clone()).await?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let account = db::find_account(work.conn(), scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    let now = work.now;
    db::set_password(work.conn(), id, &hash, true, now).await?;
    session::close_others(work.conn(), id, &[]).await?;
    work.audit(Audit::new("account.reset_password", "account", id)).await?;
    work.commit_at(&format!("/accounts/{id}")).await?;
    page(&InitialPasswordPage {
        layout: layout.titled("密码已重置").crumb("账号", "/accounts"),
        lede: "请把下面的初始密码当面交给本人，7天内有效。离开本页后不再显示。动态验证码不变。",
        name: account.name,
        login: account.login,
        password,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct AppearanceForm {
    #[serde(default)]
    print: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    rows: String,
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
    if !form.rows.is_empty() {
        jar = jar.add(cookies::rows_choice(&form.rows, secure));
    }
    Ok((jar, Redirect::to(way_back::local(&form.back).unwrap_or("/"))).into_response())
}
