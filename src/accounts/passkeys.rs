//! Passkeys of an account: made, named and removed on one's own page, shown at the sign-in
//! (where they count as both factors, as the device verifies its owner) and when somebody
//! proves themselves again. Password and one-time code stay as they are beside them.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Duration, FixedOffset, Utc};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::actions::Nothing;
use super::sign_in::{self, Arriving, Refused};
use super::{db, guesses, webauthn};
use crate::accounts::policy::Policy;
use crate::audit::{self, Audit, Author};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page as shown};
use crate::web::posted::{OnceKey, Posted, PublicPosted};
use crate::web::session::{Address, Session};
use crate::web::visits::counted;
use crate::web::work::Work;
use crate::web::{Answer, cookies, session, typed};

/// A challenge is answered within this.
const PATIENCE: Duration = Duration::minutes(5);
/// Devices of one account.
const MOST: i64 = 10;
/// Sign-ins begun from one address that may wait at a time; older ones end.
const MOST_WAITING: i64 = 100;

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Register,
    SignIn,
    Confirm,
}

impl Purpose {
    fn code(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::SignIn => "sign_in",
            Purpose::Confirm => "confirm",
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the script read out in hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() > 2 * webauthn::LONGEST || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A new challenge for a holder, in the place of an older one for the same.
async fn challenge(
    conn: &mut PgConnection,
    holder: &[u8],
    purpose: Purpose,
    address: &str,
    now: DateTime<FixedOffset>,
) -> Result<Vec<u8>, AppError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(anyhow::anyhow!("no randomness: {error}")))?;
    sqlx::query!(
        "insert into passkey_challenges (holder, purpose, challenge, address, expires_at) values ($1, $2, $3, $4, $5)
         on conflict (holder, purpose) do update set challenge = excluded.challenge, expires_at = excluded.expires_at",
        holder,
        purpose.code(),
        bytes.as_slice(),
        address,
        now + PATIENCE
    )
    .execute(conn)
    .await?;
    Ok(bytes.to_vec())
}

/// Takes the challenge away, answered or not: it never comes again.
async fn take(
    conn: &mut PgConnection,
    holder: &[u8],
    purpose: Purpose,
    now: DateTime<FixedOffset>,
) -> Result<Option<Vec<u8>>, AppError> {
    let taken = sqlx::query!(
        "delete from passkey_challenges where holder = $1 and purpose = $2 returning challenge, expires_at",
        holder,
        purpose.code()
    )
    .fetch_optional(conn)
    .await?;
    Ok(taken.filter(|row| row.expires_at > now).map(|row| row.challenge))
}

/// Deletes some of what has run out.
pub(super) async fn sweep(conn: &mut PgConnection, now: DateTime<FixedOffset>) -> Result<(), AppError> {
    sqlx::query!(
        "delete from passkey_challenges where (holder, purpose) in
             (select holder, purpose from passkey_challenges where expires_at < $1
              order by expires_at limit 100 for update skip locked)",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A device as its owner sees it.
#[derive(Clone, Debug)]
pub(super) struct PasskeyRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) used_at: Option<DateTime<Utc>>,
}

pub(super) async fn of_account(conn: &mut PgConnection, account_id: i64) -> sqlx::Result<Vec<PasskeyRow>> {
    sqlx::query_as!(
        PasskeyRow,
        "select id, name, created_at, used_at from passkeys where account_id = $1 order by id limit 20",
        account_id
    )
    .fetch_all(conn)
    .await
}

#[derive(askama::Template)]
#[template(path = "accounts/passkey_new.html")]
struct NewPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    name: String,
    rp_id: String,
    challenge: String,
    /// The account as devices know it: says nothing of the person.
    user: String,
    login: String,
    known: String,
}

fn no_site() -> AppError {
    AppError::refused("系统还没有设置对外的网址（HUIFA_PUBLIC_URL），不能使用通行密钥。请联系系统管理员。")
}

impl NewPage {
    async fn load(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        (name, once, errors): (String, OnceKey, Errors),
    ) -> Result<NewPage, AppError> {
        let site = state.config.passkey_site().ok_or_else(no_site)?;
        let mut conn = state.pool.acquire().await?;
        let known = sqlx::query_scalar!("select credential_id from passkeys where account_id = $1", actor.account_id)
            .fetch_all(&mut *conn)
            .await?;
        let login = db::credentials_of(&mut conn, actor.account_id).await?.login;
        let now = state.clock.now();
        let challenge = challenge(&mut conn, &actor.session_key, Purpose::Register, "", now).await?;
        let user = Sha256::digest(format!("huifa account {}", actor.account_id).as_bytes());
        Ok(NewPage {
            layout: layout.titled("添加通行密钥").crumb("登录与安全", "/my-account"),
            once,
            errors,
            name,
            rp_id: site.rp_id,
            challenge: hex(&challenge),
            user: hex(&user),
            login,
            known: known.iter().map(|id| hex(id)).collect::<Vec<_>>().join(" "),
        })
    }
}

pub(super) async fn new_page(State(state): State<AppState>, layout: Layout, actor: Actor) -> Answer {
    shown(&NewPage::load(&state, layout, &actor, (String::new(), OnceKey::new(), Errors::new())).await?)
}

#[derive(Debug, Deserialize)]
pub(super) struct NewForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    client_data: String,
    #[serde(default)]
    attestation: String,
}

pub(super) async fn add(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    posted: Posted<NewForm>,
) -> Answer {
    let form = posted.form;
    let mut errors = Errors::new();
    let name = typed::line(&mut errors, "name", "名称", &form.name, 30);
    let site = state.config.passkey_site().ok_or_else(no_site)?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let now = work.now;
    let registered = match (
        take(work.conn(), &actor.session_key, Purpose::Register, now).await?,
        unhex(&form.client_data),
        unhex(&form.attestation),
    ) {
        (Some(challenge), Some(client), Some(attestation)) if errors.is_empty() => {
            webauthn::register(&site, &challenge, &client, &attestation).ok()
        }
        _ => None,
    };
    let Some(new) = registered else {
        errors.add("", "设备没有给出可用的密钥，或者等得太久了。请再按一次“在这台设备上建立”");
        drop(work);
        return form_again(&NewPage::load(&state, layout, &actor, (form.name, posted.once, errors)).await?);
    };
    // Two at once must not pass the limit together.
    sqlx::query!("select id from accounts where id = $1 for no key update", actor.account_id)
        .fetch_one(work.conn())
        .await?;
    let count =
        sqlx::query_scalar!(r#"select count(*) as "count!" from passkeys where account_id = $1"#, actor.account_id)
            .fetch_one(work.conn())
            .await?;
    if count >= MOST {
        return Err(AppError::refused("一个账号最多10个通行密钥，请先删除不用的。"));
    }
    let id = sqlx::query_scalar!(
        "insert into passkeys (account_id, credential_id, public_key, sign_count, name, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (credential_id) do nothing returning id",
        actor.account_id,
        new.credential_id,
        new.public_key,
        i64::from(new.sign_count),
        name,
        now
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("这台设备上的通行密钥已经登记过，不用再添加。"))?;
    work.audit(
        Audit::new("account.add_passkey", "account", actor.account_id).after(json!({ "passkey": id, "name": name })),
    )
    .await?;
    Ok(work.finish("/my-account", format!("已添加通行密钥“{name}”，下次登录可以直接用它。")).await?.into_response())
}

pub(super) async fn remove(
    State(state): State<AppState>,
    actor: Actor,
    InPath(id): InPath<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let name = sqlx::query_scalar!(
        "delete from passkeys where id = $1 and account_id = $2 returning name",
        id,
        actor.account_id
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or(AppError::NotFound)?;
    work.audit(
        Audit::new("account.remove_passkey", "account", actor.account_id)
            .before(json!({ "passkey": id, "name": name })),
    )
    .await?;
    Ok(work.finish("/my-account", format!("已删除通行密钥“{name}”。")).await?.into_response())
}

/// Takes all passkeys of an account away, as with a lost second factor.
///
/// # Errors
/// When the database fails.
pub(super) async fn remove_all(conn: &mut PgConnection, account_id: i64) -> Result<(), AppError> {
    sqlx::query!("delete from passkeys where account_id = $1", account_id).execute(conn).await?;
    Ok(())
}

/// A challenge for somebody at the sign-in page.
pub(super) async fn begin(State(state): State<AppState>, Address(address): Address, jar: CookieJar) -> Answer {
    if state.config.passkey_site().is_none() {
        return Err(AppError::NotFound);
    }
    let (now, token, address) = (state.clock.now(), session::random_token()?, counted(&address));
    let mut transaction = state.pool.begin().await?;
    let bytes = challenge(&mut transaction, &session::key_of(&token), Purpose::SignIn, &address, now).await?;
    sqlx::query!(
        "delete from passkey_challenges where purpose = 'sign_in' and address = $1 and holder not in
             (select holder from passkey_challenges where purpose = 'sign_in' and address = $1
              order by expires_at desc, holder limit $2)",
        address,
        MOST_WAITING
    )
    .execute(&mut *transaction)
    .await?;
    sweep(&mut transaction, now).await?;
    transaction.commit().await?;
    let secure = state.config.secure_cookies;
    let jar = jar.add(cookies::build(cookies::passkey_name(secure), token, secure));
    Ok((jar, Json(json!({ "challenge": hex(&bytes), "known": [] }))).into_response())
}

/// A challenge for somebody who proves themselves again.
pub(super) async fn begin_again(State(state): State<AppState>, actor: Actor) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let known = sqlx::query_scalar!("select credential_id from passkeys where account_id = $1", actor.account_id)
        .fetch_all(&mut *conn)
        .await?;
    if known.is_empty() || state.config.passkey_site().is_none() {
        return Err(AppError::NotFound);
    }
    let now = state.clock.now();
    let bytes = challenge(&mut conn, &actor.session_key, Purpose::Confirm, "", now).await?;
    let known: Vec<String> = known.iter().map(|id| hex(id)).collect();
    Ok(Json(json!({ "challenge": hex(&bytes), "known": known })).into_response())
}

/// What a device signed, as the script read it out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SignedForm {
    pub(super) credential: String,
    pub(super) client_data: String,
    pub(super) told: String,
    pub(super) signed: String,
    pub(super) next: String,
}

/// Checks what a device signed on a challenge; gives the account of the key, whose count is
/// moved on.
async fn owner(
    state: &AppState,
    conn: &mut PgConnection,
    challenge: &[u8],
    form: &SignedForm,
    address: &str,
) -> Result<Option<i64>, AppError> {
    let (Some(site), Some(credential), Some(client), Some(told), Some(signed)) = (
        state.config.passkey_site(),
        unhex(&form.credential),
        unhex(&form.client_data),
        unhex(&form.told),
        unhex(&form.signed),
    ) else {
        return Ok(None);
    };
    let known = sqlx::query!(
        "select k.id, k.account_id, k.public_key, k.sign_count, a.bureau_id
         from passkeys k join accounts a on a.id = k.account_id where k.credential_id = $1 for update of k",
        credential
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(known) = known else { return Ok(None) };
    let count = u32::try_from(known.sign_count).unwrap_or(u32::MAX);
    let checked = webauthn::verify(&site, challenge, (&known.public_key, count), &client, &told, &signed);
    let count = match checked {
        Ok(count) => count,
        Err(refusal) => {
            // Tells a copied key from a slip: whoever looks after the trail sees it.
            if refusal == webauthn::Refusal::WentBack {
                let record = Audit::new("account.passkey_copied", "account", known.account_id);
                let author = Author { bureau_id: Some(known.bureau_id), ..Author::stranger("未登录", address) };
                audit::write(&mut *conn, author, state.clock.now(), record).await?;
            }
            return Ok(None);
        }
    };
    sqlx::query!(
        "update passkeys set sign_count = $2, used_at = $3 where id = $1",
        known.id,
        i64::from(count),
        state.clock.now()
    )
    .execute(conn)
    .await?;
    Ok(Some(known.account_id))
}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    Address(address): Address,
    layout: Layout,
    headers: HeaderMap,
    jar: CookieJar,
    PublicPosted(form): PublicPosted<SignedForm>,
) -> Answer {
    let secure = state.config.secure_cookies;
    let holder = jar.get(cookies::passkey_name(secure)).map(|cookie| session::key_of(cookie.value()));
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let asked = match &holder {
        Some(holder) => take(&mut transaction, holder, Purpose::SignIn, now).await?,
        None => None,
    };
    let account = match asked {
        Some(challenge) => owner(&state, &mut transaction, &challenge, &form, &address).await?,
        None => None,
    };
    // A disabled account has no credentials that count.
    let account = match account {
        Some(id) => {
            let login = db::credentials_of(&mut transaction, id).await?.login;
            db::lock_credentials(&mut transaction, &login).await?
        }
        None => None,
    };
    let policy = Policy::load(&mut transaction).await?;
    let late = account.as_ref().and_then(|account| account.too_late(&policy, now));
    let (Some(account), None) = (&account, late) else {
        let login = account.as_ref().map(|account| account.login.clone()).unwrap_or_default();
        let refused = Refused { login: &login, address: &address, locked: false, now };
        guesses::count_address(&mut transaction, &address, now).await?;
        sign_in::note_refusal(&mut transaction, account.as_ref(), &refused, late.unwrap_or("通行密钥不对")).await?;
        transaction.commit().await?;
        let mut errors = Errors::default();
        errors
            .add("", late.unwrap_or("这个通行密钥不能登录：可能已经删除，或者等得太久。请再试一次，或者用密码登录。"));
        return form_again(&sign_in::again(&state, layout, form.next, errors).await?);
    };
    let arriving = Arriving { jar, headers, address, next: form.next };
    let jar = sign_in::admit(&state, &mut transaction, account, Some("passkey"), &arriving, now).await?;
    transaction.commit().await?;
    let jar = jar.remove(cookies::build(cookies::passkey_name(secure), String::new(), secure));
    Ok((jar, Redirect::to(arriving.leads_to())).into_response())
}

/// Whether a device of the account signed the challenge that its session was given.
///
/// # Errors
/// When the database fails.
pub(super) async fn confirms(state: &AppState, session: &Session, form: &SignedForm) -> Result<bool, AppError> {
    let actor = &session.actor;
    let mut transaction = state.pool.begin().await?;
    let asked = take(&mut transaction, &actor.session_key, Purpose::Confirm, state.clock.now()).await?;
    let account = match asked {
        Some(challenge) => owner(state, &mut transaction, &challenge, form, &actor.address).await?,
        None => None,
    };
    transaction.commit().await?;
    Ok(account == Some(actor.account_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_says_is_hexadecimal_whole_and_bounded() {
        assert_eq!(unhex("00fF"), Some(vec![0, 255]));
        for wrong in ["0", "0g", "é0"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
        let longest = "00".repeat(webauthn::LONGEST);
        assert_eq!(unhex(&longest).unwrap().len(), webauthn::LONGEST);
        assert_eq!(unhex(&format!("{longest}00")), None);
    }
}
