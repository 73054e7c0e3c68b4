//! Signing in and out.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Duration, FixedOffset};
use serde::Deserialize;
use sqlx::PgConnection;

use super::actions::Nothing;
use super::db::{self, Credentials};
use crate::audit::{self, Audit, Author};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::form_errors::Errors;
use crate::web::layout::{Flash, Layout, form_again};
use crate::web::posted::{Posted, PublicPosted};
use crate::web::session::Address;
use crate::web::work::Work;
use crate::web::{Answer, cookies, layout, session, way_back};

/// Wrong passwords in a row before the account is locked (GB/T 22239, 身份鉴别).
const FAILURES: i32 = 5;
/// How long it stays locked.
const LOCKED: Duration = Duration::minutes(15);

pub(super) const LOCKED_SENTENCE: &str = "密码连续输错多次，账号已暂时锁定。请15分钟后再试，或请安全管理员解锁。";
const WRONG_SENTENCE: &str = "登录名或密码不对。连续输错5次，账号将锁定15分钟。";

const NOTE_WRONG: &str = "登录名或密码不对";
const NOTE_LOCKED: &str = "锁定期间尝试登录";

/// A demonstration account, listed on the sign-in page of the demonstration.
#[derive(Clone, Debug)]
struct DemonstrationAccount {
    login: String,
    name: String,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    layout: Layout,
    login: String,
    next: String,
    errors: Errors,
    demonstration_accounts: Vec<DemonstrationAccount>,
    demonstration_password: &'static str,
}

/// What leads somebody to this page.
#[derive(Debug, Deserialize)]
pub(super) struct Arrival {
    #[serde(default)]
    next: String,
    #[serde(default)]
    after: String,
}

impl Arrival {
    fn message(&self) -> Option<Flash> {
        let (kind, text) = match self.after.as_str() {
            "set-up" => ("success", "系统已设置好。请用刚才填写的登录名和密码登录。"),
            "lost" => ("error", "登录已过期，刚才提交的内容没有保存。请登录后重新提交。"),
            _ if !self.next.is_empty() => ("notice", "请先登录，登录后会打开您要的页面。"),
            _ => return None,
        };
        Some(Flash::stored(kind, text.to_owned()))
    }
}

pub(super) async fn page(
    State(state): State<AppState>,
    mut layout: Layout,
    actor: Option<Actor>,
    Query(arrival): Query<Arrival>,
) -> Answer {
    if actor.is_some() {
        return Ok(Redirect::to("/home").into_response());
    }
    let mut conn = state.pool.acquire().await?;
    if !db::any_account(&mut conn).await? {
        return Ok(Redirect::to("/set-up").into_response());
    }
    drop(conn);
    layout.flash = arrival.message();
    layout::page(&SignInPage::load(&state, layout, String::new(), arrival.next, Errors::default()).await?)
}

impl SignInPage {
    async fn load(
        state: &AppState,
        layout: Layout,
        login: String,
        next: String,
        errors: Errors,
    ) -> Result<SignInPage, AppError> {
        Ok(SignInPage {
            layout: layout.titled("登录"),
            login,
            next,
            errors,
            demonstration_accounts: demonstration_accounts(state).await?,
            demonstration_password: crate::demo::PASSWORD,
        })
    }
}

async fn demonstration_accounts(state: &AppState) -> Result<Vec<DemonstrationAccount>, AppError> {
    if !state.demonstration {
        return Ok(Vec::new());
    }
    let logins: Vec<String> = crate::demo::ACCOUNTS.iter().map(|(login, _)| (*login).to_owned()).collect();
    let mut conn = state.pool.acquire().await?;
    let known = db::named(&mut conn, &logins).await?;
    Ok(crate::demo::ACCOUNTS
        .iter()
        .filter_map(|(listed, role)| {
            let (login, name) = known.iter().find(|(login, _)| login == listed)?.clone();
            Some(DemonstrationAccount { login, name, role: role.label() })
        })
        .collect())
}

#[derive(Debug, Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    Address(address): Address,
    layout: Layout,
    headers: HeaderMap,
    jar: CookieJar,
    PublicPosted(form): PublicPosted<SignInForm>,
) -> Answer {
    let login = form.login.trim().to_lowercase();
    let mut conn = state.pool.acquire().await?;
    let known = db::find_credentials(&mut conn, &login).await?;
    drop(conn);
    // An unknown login costs as much as a known one, and no transaction waits meanwhile.
    let hash = known.map(|account| account.password_hash);
    let right = state.passwords.verify(&form.password, hash.clone()).await?;

    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let account = db::lock_credentials(&mut transaction, &login).await?;
    let locked = is_locked(&mut transaction, account.as_ref(), &login, now).await?;
    let admitted = match &account {
        Some(account) if right && !locked => hash.as_ref() == Some(&account.password_hash),
        _ => false,
    };
    let (Some(account), true) = (&account, admitted) else {
        refuse(&mut transaction, account.as_ref(), &login, locked, &address, now).await?;
        transaction.commit().await?;
        let mut errors = Errors::default();
        errors.add("login", if locked { LOCKED_SENTENCE } else { WRONG_SENTENCE });
        return form_again(&SignInPage::load(&state, layout, form.login, form.next, errors).await?);
    };
    db::note_sign_in(&mut transaction, account.id, now).await?;
    // A session that was there before is ended: the key changes with the person.
    if let Some(old) = session::of_cookie(&state, &jar) {
        session::close(&mut transaction, &old).await?;
    }
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = session::open(&mut transaction, account.id, now, &address, agent).await?;
    let author = Author {
        bureau_id: Some(account.bureau_id),
        account_id: Some(account.id),
        ..Author::stranger(&format!("{}（{}）", account.name, account.role.label()), &address)
    };
    audit::write(&mut transaction, author, now, Audit::new("account.sign_in", "account", account.id)).await?;
    session::sweep(&mut transaction, now).await?;
    transaction.commit().await?;

    let secure = state.config.secure_cookies;
    let jar = jar.add(cookies::build(cookies::session_name(secure), token, secure));
    let next = way_back::local(&form.next).filter(|next| !next.starts_with("/sign-in"));
    Ok((jar, Redirect::to(next.unwrap_or("/home"))).into_response())
}

/// A login that belongs to nobody is locked by the same rule as an account, reckoned
/// from the refusals on record: the answers do not tell which logins exist.
async fn is_locked(
    conn: &mut PgConnection,
    account: Option<&Credentials>,
    login: &str,
    now: DateTime<FixedOffset>,
) -> Result<bool, AppError> {
    if let Some(account) = account {
        return Ok(account.locked_until.is_some_and(|until| until > now));
    }
    let (refused, last) = db::refusals_of(conn, &shown(login), NOTE_WRONG).await?;
    let full = refused > 0 && refused % i64::from(FAILURES) == 0;
    Ok(full && last.is_some_and(|last| last + LOCKED > now))
}

async fn refuse(
    conn: &mut PgConnection,
    account: Option<&Credentials>,
    login: &str,
    locked: bool,
    address: &str,
    now: DateTime<FixedOffset>,
) -> Result<(), AppError> {
    if let Some(account) = account.filter(|_| !locked) {
        db::count_failure(conn, account.id, FAILURES, now + LOCKED).await?;
    }
    let author =
        Author { bureau_id: account.map(|account| account.bureau_id), ..Author::stranger("未登录", address) };
    let record = Audit::new("account.sign_in_refused", "account", shown(login));
    audit::write(conn, author, now, record.note(if locked { NOTE_LOCKED } else { NOTE_WRONG })).await
}

/// A login as the audit trail keeps it: no longer than a real one.
fn shown(login: &str) -> String {
    login.chars().take(40).collect()
}

/// Counts a wrong password typed by somebody who is signed in, by the same rule as at sign-in.
pub(super) async fn count_wrong_password(
    state: &AppState,
    actor: &Actor,
    action: &'static str,
) -> Result<(), AppError> {
    let mut work = Work::unattended(state, actor).await?;
    let until = work.now + LOCKED;
    db::count_failure(work.conn(), actor.account_id, FAILURES, until).await?;
    work.audit(Audit::new(action, "account", actor.account_id).note("密码不对")).await?;
    work.commit().await
}

pub(super) async fn sign_out(
    State(state): State<AppState>,
    actor: Actor,
    jar: CookieJar,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    session::close(work.conn(), &actor.session_key).await?;
    work.audit(Audit::new("account.sign_out", "account", actor.account_id)).await?;
    work.commit_at("/").await?;
    let secure = state.config.secure_cookies;
    let jar = jar.remove(cookies::build(cookies::session_name(secure), String::new(), secure));
    Ok((jar, Redirect::to("/")).into_response())
}
