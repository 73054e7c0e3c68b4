//! Server-side sessions: an opaque random cookie, its SHA-256 in the database.

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, Duration, FixedOffset, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tower_http::request_id::RequestId;

use super::actor::Actor;
use super::cookies;
use super::layout::Flash;
use super::permissions::Role;
use super::way_back;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;

/// A form is not sent again after this long.
const ONCE_KEYS_KEPT: Duration = Duration::days(3);

/// What a request tells about who sends it.
#[derive(Clone, Debug)]
pub struct Visitor {
    key: Option<Vec<u8>>,
    address: String,
    request_id: String,
}

impl Visitor {
    /// Reads the request's cookie, peer and number.
    pub fn of(state: &AppState, request: &Request) -> Visitor {
        Visitor {
            key: of_cookie(state, &CookieJar::from_headers(request.headers())),
            address: address_of(state, request.extensions(), request.headers()),
            request_id: request
                .extensions()
                .get::<RequestId>()
                .and_then(|id| id.header_value().to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// A session that counts: who it belongs to and how well that is known.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts.
    pub actor: Actor,
    /// Until when their last proof counts for moving money or rights.
    fresh_until: DateTime<Utc>,
    /// They prove it with a one-time code, not with the password alone.
    pub has_second_factor: bool,
    /// A device of theirs can prove it with a passkey.
    pub has_passkey: bool,
    /// The role signs in with a second factor, and this session had none.
    pub second_factor_due: bool,
}

impl Session {
    /// Whether the last proof is recent enough to move money or rights.
    pub fn is_fresh(&self, state: &AppState) -> bool {
        self.fresh_until > state.clock.now()
    }
}

/// The account behind the visitor's cookie, if it still counts.
///
/// # Errors
/// Only when the database does not answer.
pub async fn load(state: &AppState, visitor: Visitor) -> Result<Option<Session>, AppError> {
    let Some(key) = visitor.key else { return Ok(None) };
    let now = state.clock.now();
    let row = sqlx::query!(
        r#"
        select s.form_token, s.seen_at, s.second_factor, s.flash_text is not null as "flash_waiting!",
               s.proved_at + make_interval(mins => p.fresh_minutes) as "fresh_until!",
               exists (select from second_factors f where f.account_id = a.id) as "has_second_factor!",
               exists (select from passkeys k where k.account_id = a.id) as "has_passkey!",
               a.must_change_password or p.password_days > 0
                   and a.password_changed_at + make_interval(days => p.password_days) < $2 as "must_change_password!",
               a.id as account_id, a.name, a.role as "role: Role", a.bureau_id, b.name as bureau_name, a.venue_id,
               v.name as "venue_name?", a.person_id
        from sessions s
        join accounts a on a.id = s.account_id
        join bureaus b on b.id = a.bureau_id
        cross join security_policy p
        left join venues v on v.id = a.venue_id
        where s.id = $1 and s.expires_at > $2 and a.status = 'active'
          and s.seen_at > $2 - make_interval(mins => case when a.role = any($3) then p.administrators_idle_minutes
                                                          else p.idle_minutes end)
        "#,
        key,
        now,
        &administrators(),
    )
    .fetch_optional(&state.pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // A write a minute is enough to know that somebody is there.
    if row.seen_at < now - Duration::minutes(1) {
        sqlx::query!("update sessions set seen_at = greatest(seen_at, $2) where id = $1", key, now)
            .execute(&state.pool)
            .await?;
    }
    let actor = Actor {
        account_id: row.account_id,
        name: row.name,
        role: row.role,
        bureau_id: row.bureau_id,
        bureau_name: row.bureau_name,
        venue_id: row.venue_id,
        venue_name: row.venue_name,
        person_id: row.person_id,
        address: visitor.address,
        form_token: row.form_token,
        session_key: key,
        must_change_password: row.must_change_password,
        request_id: visitor.request_id,
        flash_waiting: row.flash_waiting,
    };
    let second_factor_due = state.asks_second_factor(actor.role) && row.second_factor.is_none();
    Ok(Some(Session {
        actor,
        fresh_until: row.fresh_until,
        has_second_factor: row.has_second_factor,
        has_passkey: row.has_passkey,
        second_factor_due,
    }))
}

/// Opens a session and gives the cookie's value.
///
/// # Errors
/// When the database or the system's randomness fails.
pub async fn open(
    conn: &mut PgConnection,
    account_id: i64,
    now: DateTime<FixedOffset>,
    address: &str,
    user_agent: &str,
    second_factor: Option<&str>,
) -> Result<String, AppError> {
    let token = random_token()?;
    let form_token = random_token()?;
    let user_agent: String = user_agent.chars().take(200).collect();
    sqlx::query!(
        "insert into sessions (id, account_id, form_token, created_at, seen_at, proved_at, expires_at, address, user_agent,
             second_factor)
         select $1, $2, $3, $4::timestamptz, $4::timestamptz, $4::timestamptz,
             $4::timestamptz + make_interval(hours => longest_hours), $5, $6, $7 from security_policy",
        key_of(&token),
        account_id,
        form_token,
        now,
        address,
        user_agent,
        second_factor,
    )
    .execute(conn)
    .await?;
    Ok(token)
}

/// The roles whose sessions end sooner, as their column has them.
fn administrators() -> Vec<String> {
    let administrators = Role::ALL.iter().filter(|role| role.is_administrator());
    administrators.map(|role| role.code().to_owned()).collect()
}

/// Notes that the person of a session proved themselves again.
///
/// # Errors
/// When the database fails.
pub async fn prove(conn: &mut PgConnection, key: &[u8], now: DateTime<FixedOffset>) -> Result<(), AppError> {
    sqlx::query!("update sessions set proved_at = $2, failed = 0 where id = $1", key, now).execute(conn).await?;
    Ok(())
}

/// Gives a session a new key, whoever holds the old one is out; gives the cookie's value.
///
/// Done wherever somebody proves themselves anew: what was taken of the session before
/// gains nothing by the proof. The token of its forms stays, so that open pages can be sent.
///
/// # Errors
/// When the database or the system's randomness fails.
pub async fn renew(conn: &mut PgConnection, key: &[u8]) -> Result<String, AppError> {
    let token = random_token()?;
    sqlx::query!("update sessions set id = $2 where id = $1", key, key_of(&token)).execute(conn).await?;
    Ok(token)
}

/// Notes that a second factor was shown within a session.
///
/// # Errors
/// When the database fails.
pub async fn note_second_factor(conn: &mut PgConnection, key: &[u8], kind: &str) -> Result<(), AppError> {
    sqlx::query!("update sessions set second_factor = $2 where id = $1", key, kind).execute(conn).await?;
    Ok(())
}

/// Counts a wrong proof within a session; the last that is allowed ends it.
///
/// Whoever sits at somebody else's open session gets that many guesses, and the account
/// itself is not locked for its owner.
///
/// # Errors
/// When the database fails.
pub async fn count_wrong_proof(conn: &mut PgConnection, key: &[u8]) -> Result<bool, AppError> {
    let over = sqlx::query_scalar!(
        r#"update sessions s set failed = s.failed + 1 from security_policy p where s.id = $1
           returning s.failed >= p.failures as "over!""#,
        key
    )
    .fetch_optional(&mut *conn)
    .await?
    .unwrap_or(true);
    if over {
        close(conn, key).await?;
    }
    Ok(over)
}

/// Ends one session.
///
/// # Errors
/// When the database fails.
pub async fn close(conn: &mut PgConnection, key: &[u8]) -> Result<(), AppError> {
    sqlx::query!("delete from sessions where id = $1", key).execute(conn).await?;
    Ok(())
}

/// Ends all sessions of an account, except the one given.
///
/// # Errors
/// When the database fails.
pub async fn close_others(conn: &mut PgConnection, account_id: i64, keep: &[u8]) -> Result<(), AppError> {
    sqlx::query!("delete from sessions where account_id = $1 and id <> $2", account_id, keep).execute(conn).await?;
    Ok(())
}

/// Leaves a message for the next page that this session opens.
///
/// # Errors
/// When the database fails.
pub async fn leave_flash(conn: &mut PgConnection, key: &[u8], kind: &str, text: &str) -> Result<(), AppError> {
    sqlx::query!("update sessions set flash_kind = $2, flash_text = $3 where id = $1", key, kind, text)
        .execute(conn)
        .await?;
    Ok(())
}

/// The same, unless a message waits already.
///
/// # Errors
/// When the database fails.
pub async fn leave_flash_unless_one_waits(
    conn: &mut PgConnection,
    key: &[u8],
    kind: &str,
    text: &str,
) -> Result<(), AppError> {
    sqlx::query!(
        "update sessions set flash_kind = $2, flash_text = $3 where id = $1 and flash_text is null",
        key,
        kind,
        text
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes some of what has run out: sessions, and once-keys of forms that nobody sends again.
///
/// # Errors
/// When the database fails.
pub async fn sweep(conn: &mut PgConnection, now: DateTime<FixedOffset>) -> Result<(), AppError> {
    sqlx::query!(
        "delete from sessions where id in
             (select id from sessions where expires_at < $1 order by expires_at limit 100 for update skip locked)",
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from once_keys where (key, account_id, form) in
             (select key, account_id, form from once_keys
              where used_at < $1 order by used_at limit 1000 for update skip locked)",
        now - ONCE_KEYS_KEPT
    )
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Takes the message that waits for this session.
///
/// # Errors
/// When the database fails.
pub async fn take_flash(state: &AppState, key: &[u8]) -> Result<Option<Flash>, AppError> {
    let waiting = sqlx::query!(
        r#"
        with waiting as (
            select id, flash_kind, flash_text from sessions where id = $1 and flash_text is not null for update
        )
        update sessions s set flash_kind = null, flash_text = null
        from waiting w where s.id = w.id
        returning w.flash_kind as "kind", w.flash_text as "text"
        "#,
        key
    )
    .fetch_optional(&state.pool)
    .await?;
    Ok(waiting.and_then(|row| Some(Flash::stored(&row.kind?, row.text?))))
}

impl FromRequestParts<AppState> for Session {
    type Rejection = AppError;

    /// As the route's guard loaded it.
    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Session, AppError> {
        parts
            .extensions
            .get::<Session>()
            .cloned()
            .ok_or_else(|| way_back::sign_in_first(&parts.method, &parts.uri, &parts.headers))
    }
}

/// Where a request comes from: the peer, or what the trusted proxy says of it.
#[derive(Clone, Debug)]
pub struct Address(pub String);

impl FromRequestParts<AppState> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Address, Self::Rejection> {
        Ok(Address(address_of(state, &parts.extensions, &parts.headers)))
    }
}

pub(super) fn address_of(state: &AppState, extensions: &Extensions, headers: &HeaderMap) -> String {
    let peer = extensions
        .get::<ConnectInfo<std::net::SocketAddr>>()
        .map_or_else(|| "-".to_owned(), |peer| peer.0.ip().to_string());
    if state.config.behind_proxy
        && let Some(forwarded) = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok())
        && let Some(last) = forwarded.rsplit(',').next()
        && let Ok(address) = last.trim().parse::<std::net::IpAddr>()
    {
        return address.to_string();
    }
    peer
}

/// The key under which a random cookie value is stored.
pub fn key_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A random value for a cookie: 32 bytes in hexadecimal digits.
///
/// # Errors
/// When the system's randomness fails.
pub fn random_token() -> Result<String, AppError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(anyhow::anyhow!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The database key of the request's session cookie, whether or not it still counts.
pub fn of_cookie(state: &AppState, jar: &CookieJar) -> Option<Vec<u8>> {
    jar.get(cookies::session_name(state.config.secure_cookies)).map(|cookie| key_of(cookie.value()))
}
