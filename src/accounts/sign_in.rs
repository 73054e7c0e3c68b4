//! Signing in and out.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, FixedOffset};
use serde::Deserialize;
use sqlx::PgConnection;

use super::actions::Nothing;
use super::db::{self, Credentials};
use super::guesses::{self, Device};
use super::policy::Policy;
use super::second_step;
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
pub(super) struct SignInPage {
    layout: Layout,
    login: String,
    next: String,
    errors: Errors,
    demonstration_accounts: Vec<DemonstrationAccount>,
    demonstration_password: &'static str,
    /// The site that passkeys are made for.
    passkey: Option<String>,
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
            "step" => ("error", "动态验证码输错多次或等待超时，请重新登录。"),
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
            passkey: state.config.passkey_site().map(|site| site.rp_id),
        })
    }
}

/// The page again, after a passkey that does not count.
pub(super) async fn again(
    state: &AppState,
    layout: Layout,
    next: String,
    errors: Errors,
) -> Result<SignInPage, AppError> {
    SignInPage::load(state, layout, String::new(), next, errors).await
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
    let device = guesses::device_key(&state, &jar);
    // A known browser is not held up by what others at its address do.
    let at_home = device.is_some() && known.as_ref().is_some_and(|account| account.knows(device.as_deref()));
    if !at_home && !guesses::wait_turn(&state, &address).await? {
        let mut errors = Errors::default();
        errors.add("login", "这个网络地址上输错密码的次数太多，请过一会儿再登录。");
        let page = SignInPage::load(&state, layout, form.login, form.next, errors).await?;
        return Ok((StatusCode::TOO_MANY_REQUESTS, form_again(&page)?).into_response());
    }
    // An unknown login costs as much as a known one, and no transaction waits meanwhile.
    let hash = known.map(|account| account.password_hash);
    let right = state.passwords.verify(&form.password, hash.clone()).await?;

    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let policy = Policy::load(&mut transaction).await?;
    let account = db::lock_credentials(&mut transaction, &login).await?;
    let device = match &account {
        Some(account) => guesses::lock_device(&mut transaction, device.as_ref(), account.id, now).await?,
        None => None,
    };
    let locked = is_locked(&mut transaction, &policy, account.as_ref(), device.as_ref(), &login, now).await?;
    let admitted = match &account {
        Some(account) if right && !locked => hash.as_ref() == Some(&account.password_hash),
        _ => false,
    };
    let (Some(account), true) = (&account, admitted) else {
        let refused = Refused { login: &login, address: &address, locked, now };
        refuse(&mut transaction, &policy, account.as_ref(), device.as_ref(), &refused).await?;
        transaction.commit().await?;
        let mut errors = Errors::default();
        errors.add("login", if locked { policy.locked_sentence() } else { policy.wrong_sentence() });
        return form_again(&SignInPage::load(&state, layout, form.login, form.next, errors).await?);
    };
    if let Some(sentence) = account.too_late(&policy, now) {
        let refused = Refused { login: &login, address: &address, locked: false, now };
        note_refusal(&mut transaction, Some(account), &refused, sentence).await?;
        transaction.commit().await?;
        let mut errors = Errors::default();
        errors.add("login", sentence);
        return form_again(&SignInPage::load(&state, layout, form.login, form.next, errors).await?);
    }
    let arrival = Arriving { jar, headers, address, next: form.next };
    if account.has_second_factor {
        let jar = second_step::begin(&state, &mut transaction, account.id, &arrival, now).await?;
        transaction.commit().await?;
        return Ok((jar, Redirect::to("/sign-in/code")).into_response());
    }
    let jar = admit(&state, &mut transaction, account, None, &arrival, now).await?;
    transaction.commit().await?;
    Ok((jar, Redirect::to(arrival.leads_to())).into_response())
}

/// What a sign-in needs of the request that ends it.
pub(super) struct Arriving {
    pub(super) jar: CookieJar,
    pub(super) headers: HeaderMap,
    pub(super) address: String,
    pub(super) next: String,
}

impl Arriving {
    /// Only to pages of this site, and not back here.
    pub(super) fn leads_to(&self) -> &str {
        way_back::local(&self.next).filter(|next| !next.starts_with("/sign-in")).unwrap_or("/home")
    }
}

/// Opens the session of somebody who proved themselves; gives the cookies.
pub(super) async fn admit(
    state: &AppState,
    conn: &mut PgConnection,
    account: &Credentials,
    second_factor: Option<&'static str>,
    arriving: &Arriving,
    now: DateTime<FixedOffset>,
) -> Result<CookieJar, AppError> {
    let Arriving { jar, headers, address, .. } = arriving;
    db::note_sign_in(conn, account.id, now).await?;
    // A session that was there before is ended: the key changes with the person.
    if let Some(old) = session::of_cookie(state, jar) {
        session::close(conn, &old).await?;
    }
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = session::open(conn, account.id, now, address, agent, second_factor).await?;
    let known = guesses::device_key(state, jar);
    let device = guesses::remember(conn, account.id, known.as_ref(), now).await?;
    let author = Author {
        bureau_id: Some(account.bureau_id),
        account_id: Some(account.id),
        ..Author::stranger(&format!("{}（{}）", account.name, account.role.label()), address)
    };
    let how = match second_factor {
        Some("totp") => "密码和动态验证码",
        Some("recovery") => "密码和恢复码",
        Some("passkey") => "通行密钥",
        _ => "密码",
    };
    audit::write(conn, author, now, Audit::new("account.sign_in", "account", account.id).note(how)).await?;
    session::sweep(conn, now).await?;
    guesses::sweep(conn, now).await?;

    let secure = state.config.secure_cookies;
    let mut jar = jar.clone().add(cookies::build(cookies::session_name(secure), token, secure));
    if let Some(device) = device {
        jar = jar.add(cookies::device(device, secure));
    }
    Ok(jar)
}

/// A login that belongs to nobody is locked by the same rule as an account, reckoned
/// from the refusals on record: the answers do not tell which logins exist.
async fn is_locked(
    conn: &mut PgConnection,
    policy: &Policy,
    account: Option<&Credentials>,
    device: Option<&Device>,
    login: &str,
    now: DateTime<FixedOffset>,
) -> Result<bool, AppError> {
    if let Some(device) = device {
        return Ok(device.locked_until.is_some_and(|until| until > now));
    }
    if let Some(account) = account {
        return Ok(account.locked_until.is_some_and(|until| until > now));
    }
    let (refused, last) = db::refusals_of(conn, &shown(login), NOTE_WRONG).await?;
    let full = refused > 0 && refused % i64::from(policy.failures) == 0;
    Ok(full && last.is_some_and(|last| last + policy.lock() > now))
}

/// A try that led nowhere.
pub(super) struct Refused<'a> {
    pub(super) login: &'a str,
    pub(super) address: &'a str,
    pub(super) locked: bool,
    pub(super) now: DateTime<FixedOffset>,
}

async fn refuse(
    conn: &mut PgConnection,
    policy: &Policy,
    account: Option<&Credentials>,
    device: Option<&Device>,
    refused: &Refused<'_>,
) -> Result<(), AppError> {
    if let Some(account) = account.filter(|_| !refused.locked) {
        guesses::count(conn, policy, account.id, device, refused.now).await?;
    }
    guesses::count_address(conn, refused.address, refused.now).await?;
    note_refusal(conn, account, refused, if refused.locked { NOTE_LOCKED } else { NOTE_WRONG }).await
}

pub(super) async fn note_refusal(
    conn: &mut PgConnection,
    account: Option<&Credentials>,
    refused: &Refused<'_>,
    note: &str,
) -> Result<(), AppError> {
    let bureau_id = account.map(|account| account.bureau_id);
    let author = Author { bureau_id, ..Author::stranger("未登录", refused.address) };
    let record = Audit::new("account.sign_in_refused", "account", shown(refused.login));
    audit::write(conn, author, refused.now, record.note(note)).await
}

/// A login as the audit trail keeps it: no longer than a real one.
fn shown(login: &str) -> String {
    login.chars().take(40).collect()
}

/// Counts a wrong proof by somebody who is signed in. Too many end the session: then the
/// answer is the way to the sign-in page.
pub(super) async fn count_wrong_proof(state: &AppState, actor: &Actor, action: &'static str) -> Result<(), AppError> {
    let mut work = Work::unattended(state, actor).await?;
    let over = session::count_wrong_proof(work.conn(), &actor.session_key).await?;
    let note = if over { "多次不对，已退出登录" } else { "密码或验证码不对" };
    work.audit(Audit::new(action, "account", actor.account_id).note(note)).await?;
    work.commit().await?;
    if over {
        return Err(AppError::SignInRequired { next: "/home".to_owned(), lost_form: true });
    }
    Ok(())
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
    // What this browser keeps of the pages goes with the session; how pages look stays.
    let clear = [("clear-site-data", "\"cache\", \"storage\"")];
    Ok((clear, jar, Redirect::to("/")).into_response())
}
