//! The second factor: one-time codes by time (RFC 6238), and recovery codes for a lost telephone.

use axum::extract::State;
use axum::response::IntoResponse as _;
use axum_extra::extract::CookieJar;
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::db;
use crate::audit::Audit;
use crate::clock::Clock;
use crate::error::AppError;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page as shown};
use crate::web::posted::{OnceKey, Posted};
use crate::web::session::Session;
use crate::web::work::Work;
use crate::web::{Answer, cookies, session};

const SECRET_LENGTH: usize = 20;
const RECOVERY_CODES: usize = 8;
/// The column that a stored secret is sealed for, and the place of one only offered yet.
const FIELD: &str = "second_factor.secret";
const OFFER: &str = "second_factor.offer";

/// Seconds that a code lives.
const STEP: u64 = 30;

fn totp(secret: &Secret, login: &str) -> Result<Totp, AppError> {
    // No code counts before or after its own half minute (ASVS 6.5.5).
    let built = Builder::new()
        .with_step_duration(STEP)
        .with_skew(0)
        .with_secret(secret.clone())
        .with_issuer(Some("Huifa"))
        .with_account_name(login)
        .build();
    built.map_err(|error| AppError::Internal(anyhow::anyhow!("no one-time codes: {error}")))
}

/// The time that telephones go by: the demonstration's clock stands elsewhere.
fn seconds(state: &AppState) -> u64 {
    let clock = if state.demonstration { Clock::system() } else { state.clock.clone() };
    u64::try_from(clock.now().timestamp()).unwrap_or_default()
}

/// Only digits count: people type and paste blanks.
fn digits(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).take(7).collect()
}

/// What a typed code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeCheck {
    /// The code of this half minute, not used before.
    Right,
    /// Of the half minute before or after: typed a little late, or the telephone's clock is off.
    /// It opens nothing, and is no guess either.
    OutOfStep,
    /// Anything else.
    Wrong,
}

/// What is said to [`CodeCheck::OutOfStep`].
pub(super) const OUT_OF_STEP: &str =
    "这个验证码已经换掉了。请输入手机上现在显示的6位数字；仍然不行的，请把手机时间设为自动校准。";

/// Checks `typed` against an account's telephone now; each code counts once.
///
/// # Errors
/// When the database fails or the secret does not open.
pub(super) async fn takes_code(
    state: &AppState,
    conn: &mut PgConnection,
    account_id: i64,
    typed: &str,
) -> Result<CodeCheck, AppError> {
    let Some(factor) = sqlx::query!(
        "select seal_id, secret, last_step from second_factors where account_id = $1 for update",
        account_id
    )
    .fetch_optional(&mut *conn)
    .await?
    else {
        return Ok(CodeCheck::Wrong);
    };
    let secret = parse_secret(&state.seals.open(FIELD, &factor.seal_id.to_string(), &factor.secret)?)?;
    let (codes, typed, now) = (totp(&secret, "account")?, digits(typed), seconds(state));
    let step_at = |at| codes.check(&typed, at).and_then(|step| i64::try_from(step).ok());
    let unused = |step: &i64| *step > factor.last_step;
    let Some(step) = step_at(now).filter(unused) else {
        let beside = [now.saturating_sub(STEP), now + STEP].into_iter().filter_map(step_at).any(|step| unused(&step));
        return Ok(if beside { CodeCheck::OutOfStep } else { CodeCheck::Wrong });
    };
    sqlx::query!("update second_factors set last_step = $2 where account_id = $1", account_id, step)
        .execute(conn)
        .await?;
    Ok(CodeCheck::Right)
}

/// Whether `typed` is an unused recovery code of an account; it is used up by this.
///
/// # Errors
/// When the database fails.
pub(super) async fn takes_recovery_code(
    state: &AppState,
    conn: &mut PgConnection,
    account_id: i64,
    typed: &str,
) -> Result<bool, AppError> {
    let used = sqlx::query!(
        "update recovery_codes set used_at = $3 where account_id = $1 and code = $2 and used_at is null",
        account_id,
        code_key(typed),
        state.clock.now(),
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(used == 1)
}

fn code_key(code: &str) -> Vec<u8> {
    let plain: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    Sha256::digest(plain.as_bytes()).to_vec()
}

fn parse_secret(base32: &str) -> Result<Secret, AppError> {
    Secret::try_from_base32(base32).map_err(|_| AppError::Internal(anyhow::anyhow!("a sealed secret is no base32")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes().chunks(2);
    bytes.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A secret that is offered on the page: sealed for this session into the form, stored once a
/// code of it was shown.
struct Offer {
    secret: Secret,
    sealed: String,
}

impl Offer {
    fn new(state: &AppState, actor: &Actor) -> Result<Offer, AppError> {
        let mut bytes = [0_u8; SECRET_LENGTH];
        getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(anyhow::anyhow!("no randomness: {error}")))?;
        let secret = Secret::from(bytes.as_slice());
        let sealed = state.seals.seal(OFFER, &actor.form_token, &secret.to_base32())?;
        Ok(Offer { secret, sealed: hex(&sealed) })
    }

    fn posted(state: &AppState, actor: &Actor, sealed: String) -> Result<Offer, AppError> {
        let unusable = || AppError::Unusable("页面已过期，请重新打开“动态验证码”页面。".to_owned());
        let bytes = unhex(&sealed).ok_or_else(unusable)?;
        let base32 = state.seals.open(OFFER, &actor.form_token, &bytes).map_err(|_| unusable())?;
        Ok(Offer { secret: parse_secret(&base32)?, sealed })
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/second_factor.html")]
struct SecondFactorPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    /// The role needs it and this session has none.
    due: bool,
    /// There is one already; a new one takes its place.
    there: bool,
    codes_left: i64,
    offer: String,
    /// The secret for typing, in groups of four.
    key: String,
    qr_size: i32,
    qr_path: String,
}

impl SecondFactorPage {
    async fn load(
        state: &AppState,
        layout: Layout,
        session: &Session,
        once: OnceKey,
        offer: &Offer,
        errors: Errors,
    ) -> Result<SecondFactorPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let login = db::credentials_of(&mut conn, session.actor.account_id).await?.login;
        let url = totp(&offer.secret, &login)?
            .to_url()
            .map_err(|error| AppError::Internal(anyhow::anyhow!("no address of the secret: {error}")))?;
        let code = QrCode::encode_text(&url, QrCodeEcc::Medium)
            .map_err(|_| AppError::Internal(anyhow::anyhow!("the address is too long for its picture")))?;
        let base32 = offer.secret.to_base32();
        let letters: Vec<char> = base32.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
        Ok(SecondFactorPage {
            layout: layout.titled("动态验证码").crumb("登录与安全", "/my-account"),
            once,
            errors,
            due: session.second_factor_due,
            there: session.has_second_factor,
            codes_left: db::recovery_codes_left(&mut conn, session.actor.account_id).await?,
            offer: offer.sealed.clone(),
            key: groups.join(" "),
            qr_size: code.size() + 8,
            qr_path: path_of(&code),
        })
    }
}

/// The dark squares as one path, with the quiet margin of four.
fn path_of(code: &QrCode) -> String {
    let squares = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    squares.filter(|(x, y)| code.get_module(*x, *y)).map(|(x, y)| format!("M{},{}h1v1h-1z", x + 4, y + 4)).collect()
}

pub(super) async fn page(State(state): State<AppState>, layout: Layout, session: Session) -> Answer {
    let offer = Offer::new(&state, &session.actor)?;
    shown(&SecondFactorPage::load(&state, layout, &session, OnceKey::new(), &offer, Errors::default()).await?)
}

#[derive(Debug, Deserialize)]
pub(super) struct EnrolForm {
    #[serde(default)]
    offer: String,
    #[serde(default)]
    code: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/recovery_codes.html")]
struct RecoveryCodesPage {
    layout: Layout,
    codes: Vec<String>,
    /// Where one goes on from here.
    then: &'static str,
}

pub(super) async fn enrol(
    State(state): State<AppState>,
    layout: Layout,
    session: Session,
    jar: CookieJar,
    posted: Posted<EnrolForm>,
) -> Answer {
    let actor = &session.actor;
    let offer = Offer::posted(&state, actor, posted.form.offer)?;
    let step = totp(&offer.secret, "account")?.check(&digits(&posted.form.code), seconds(&state));
    let Some(step) = step.and_then(|step| i64::try_from(step).ok()) else {
        let mut errors = Errors::default();
        errors.add("code", "验证码不对。请确认手机时间是自动校准的，再输入现在显示的6位数字。");
        return form_again(&SecondFactorPage::load(&state, layout, &session, posted.once, &offer, errors).await?);
    };
    let mut work = Work::begin(&state, actor, posted.once).await?;
    let seal_id = Uuid::new_v4();
    let secret = state.seals.seal(FIELD, &seal_id.to_string(), &offer.secret.to_base32())?;
    let now = work.now;
    sqlx::query!(
        "insert into second_factors (account_id, seal_id, secret, last_step, confirmed_at) values ($1, $2, $3, $4, $5)
         on conflict (account_id) do update
         set seal_id = excluded.seal_id, secret = excluded.secret, last_step = excluded.last_step,
             confirmed_at = excluded.confirmed_at",
        actor.account_id,
        seal_id,
        secret,
        step,
        now
    )
    .execute(work.conn())
    .await?;
    let codes = renew_codes(work.conn(), actor.account_id).await?;
    session::note_second_factor(work.conn(), &actor.session_key, "totp").await?;
    session::close_others(work.conn(), actor.account_id, &actor.session_key).await?;
    let token = session::renew(work.conn(), &actor.session_key).await?;
    work.audit(Audit::new("account.enrol_second_factor", "account", actor.account_id)).await?;
    work.commit_at("/my-account").await?;
    let page = shown(&RecoveryCodesPage { layout: layout.titled("动态验证码已启用"), codes, then: "/home" })?;
    let secure = state.config.secure_cookies;
    Ok((jar.add(cookies::build(cookies::session_name(secure), token, secure)), page).into_response())
}

pub(super) async fn renew_recovery_codes(
    State(state): State<AppState>,
    layout: Layout,
    session: Session,
    posted: Posted<super::actions::Nothing>,
) -> Answer {
    if !session.has_second_factor {
        return Err(AppError::refused("您还没有启用动态验证码，没有恢复码可换。"));
    }
    let mut work = Work::begin(&state, &session.actor, posted.once).await?;
    let codes = renew_codes(work.conn(), session.actor.account_id).await?;
    work.audit(Audit::new("account.renew_recovery_codes", "account", session.actor.account_id)).await?;
    work.commit_at("/my-account").await?;
    shown(&RecoveryCodesPage { layout: layout.titled("恢复码已更换"), codes, then: "/my-account" })
}

async fn renew_codes(conn: &mut PgConnection, account_id: i64) -> Result<Vec<String>, AppError> {
    let codes = (0..RECOVERY_CODES).map(|_| super::words::secret_word()).collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<Vec<u8>> = codes.iter().map(|code| code_key(code)).collect();
    sqlx::query!("delete from recovery_codes where account_id = $1", account_id).execute(&mut *conn).await?;
    sqlx::query!("insert into recovery_codes (account_id, code) select $1, unnest($2::bytea[])", account_id, &keys)
        .execute(conn)
        .await?;
    Ok(codes)
}

/// Takes an account's second factor away, so that it is set up anew at the next sign-in.
///
/// # Errors
/// When the database fails.
pub(super) async fn remove(conn: &mut PgConnection, account_id: i64) -> Result<(), AppError> {
    sqlx::query!("delete from recovery_codes where account_id = $1", account_id).execute(&mut *conn).await?;
    sqlx::query!("delete from second_factors where account_id = $1", account_id).execute(&mut *conn).await?;
    // A lost telephone may hold a passkey as well.
    super::passkeys::remove_all(conn, account_id).await
}
