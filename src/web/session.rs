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
use crate::state::AppState;

/// A session ends after this long without a request (GB/T 22239, 身份鉴别).
const IDLE: Duration = Duration::minutes(30);
/// And after this long in any case.
const LONGEST: Duration = Duration::hours(10);

/// Moving money or rights asks for a proof that is no older than this.
const FRESH: Duration = Duration::minutes(10);

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
    /// When they last proved it.
    proved_at: DateTime<Utc>,
    /// They prove it with a one-time code, not with the password alone.
    pub has_second_factor: bool,
}

impl Session {
    /// Whether the last proof is recent enough to move money or rights.
    pub fn is_fresh(&self, state: &AppState) -> bool {
        self.proved_at + FRESH > state.clock.now()
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
        select s.form_token, s.seen_at, s.proved_at, s.flash_text is not null as "flash_waiting!",
               a.id as account_id, a.name, a.role as "role: Role", a.bureau_id, b.name as bureau_name, a.venue_id, v.name as "venue_name?", a.person_id, a.must_change_password
        from sessions s
        join accounts a on a.id = s.account_id
        join bureaus b on b.id = a.bureau_id
        left join venues v on v.id = a.venue_id
        where s.id = $1 and s.expires_at > $2 and s.seen_at > $3 and a.status = 'active'
        "#,
        key,
        now,
        now - IDLE,
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
    Ok(Some(Session { actor, proved_at: row.proved_at, has_second_factor: false }))
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
) -> Result<String, AppError> {
    let token = random_token()?;
    let form_token = random_token()?;
    let user_agent: String = user_agent.chars().take(200).collect();
    sqlx::query!(
        "insert into sessions (id, account_id, form_token, created_at, seen_at, proved_at, expires_at, address, user_agent)
         values ($1, $2, $3, $4, $4, $4, $5, $6, $7)",
        key_of(&token),
        account_id,
        form_token,
        now,
        now + LONGEST,
        address,
        user_agent,
    )
    .execute(conn)
    .await?;
    Ok(token)
}

/// Notes that the person of a session proved themselves again.
///
/// # Errors
/// When the database fails.
pub async fn prove(conn: &mut PgConnection, key: &[u8], now: DateTime<FixedOffset>) -> Result<(), AppError> {
    sqlx::query!("update sessions set proved_at = $2 where id = $1", key, now).execute(conn).await?;
    Ok(())
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

fn address_of(state: &AppState, extensions: &Extensions, headers: &HeaderMap) -> String {
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

fn key_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn random_token() -> Result<String, AppError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(anyhow::anyhow!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The database key of the request's session cookie, whether or not it still counts.
pub fn of_cookie(state: &AppState, jar: &CookieJar) -> Option<Vec<u8>> {
    jar.get(cookies::session_name(state.config.secure_cookies)).map(|cookie| key_of(cookie.value()))
}
