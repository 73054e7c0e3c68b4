//! Who may try a password now: locks of accounts, of known browsers, lines before addresses.
//!
//! Wrong passwords lock an account for browsers that never were signed in to it. A browser
//! that was carries a cookie and has a count of its own: a stranger who types wrong
//! passwords for a colleague's login does not lock the colleague out of their own desk.
//! Addresses are slowed, never shut: a whole office shares one.

use axum_extra::extract::CookieJar;
use chrono::{DateTime, Duration, FixedOffset, Utc};
use sqlx::PgConnection;

use super::db;
use super::policy::Policy;
use crate::error::AppError;
use crate::state::AppState;
use crate::web::visits::counted;
use crate::web::{cookies, session};

/// Wrong passwords from one address within [`WINDOW`] before its tries wait in line.
const FREE_FAILURES: i32 = 20;
/// How long wrong passwords of an address are counted together.
const WINDOW: Duration = Duration::minutes(15);
/// One try each so long, once in line.
const STEP: Duration = Duration::seconds(1);
/// Whoever would wait longer is told to come back.
const LONGEST_WAIT: Duration = Duration::seconds(3);
/// A browser is known for so long after its last sign-in.
pub(super) const KNOWN: Duration = Duration::days(180);

/// A browser that was signed in to the account before.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) key: Vec<u8>,
    pub(super) failed: i32,
    pub(super) locked_until: Option<DateTime<Utc>>,
}

/// The key of the request's device cookie.
pub(super) fn device_key(state: &AppState, jar: &CookieJar) -> Option<Vec<u8>> {
    jar.get(cookies::device_name(state.config.secure_cookies)).map(|cookie| session::key_of(cookie.value()))
}

/// Waits for the address's turn; `false` when the line is too long.
///
/// # Errors
/// When the database fails.
pub(super) async fn wait_turn(state: &AppState, address: &str) -> Result<bool, AppError> {
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let line = sqlx::query_scalar!(
        "select free_at from failing_addresses where address = $1 and failures >= $2 and since > $3 for update",
        counted(address),
        FREE_FAILURES,
        now - WINDOW,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(line) = line else { return Ok(true) };
    let turn = line.max(now.with_timezone(&Utc));
    if turn > now + LONGEST_WAIT {
        return Ok(false);
    }
    sqlx::query!("update failing_addresses set free_at = $2 where address = $1", counted(address), turn + STEP)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    tokio::time::sleep(turn.signed_duration_since(now).to_std().unwrap_or_default()).await;
    Ok(true)
}

/// Counts a wrong password against the address it came from.
pub(super) async fn count_address(
    conn: &mut PgConnection,
    address: &str,
    now: DateTime<FixedOffset>,
) -> Result<(), AppError> {
    sqlx::query!(
        "insert into failing_addresses (address, failures, since, free_at) values ($1, 1, $2, $2)
         on conflict (address) do update
         set failures = case when failing_addresses.since > $3 then failing_addresses.failures + 1 else 1 end,
             since = case when failing_addresses.since > $3 then failing_addresses.since else $2 end",
        counted(address),
        now,
        now - WINDOW,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The browser, if it is known for this account; held until the transaction ends.
pub(super) async fn lock_device(
    conn: &mut PgConnection,
    key: Option<&Vec<u8>>,
    account_id: i64,
    now: DateTime<FixedOffset>,
) -> Result<Option<Device>, AppError> {
    let Some(key) = key else { return Ok(None) };
    Ok(sqlx::query_as!(
        Device,
        "select id as key, failed, locked_until from known_devices
         where id = $1 and account_id = $2 and seen_at > $3 for update",
        key,
        account_id,
        now - KNOWN,
    )
    .fetch_optional(conn)
    .await?)
}

/// Counts a wrong password against the browser where it is known, else against the account.
pub(super) async fn count(
    conn: &mut PgConnection,
    policy: &Policy,
    account_id: i64,
    device: Option<&Device>,
    now: DateTime<FixedOffset>,
) -> Result<(), AppError> {
    let Some(device) = device else {
        return Ok(db::count_failure(conn, account_id, policy.failures, now + policy.lock()).await?);
    };
    let full = device.failed + 1 >= policy.failures;
    sqlx::query!(
        "update known_devices set failed = $2, locked_until = $3 where id = $1",
        device.key,
        if full { 0 } else { device.failed + 1 },
        full.then(|| now + policy.lock()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers the browser after a sign-in; gives the value of its cookie when it is new.
pub(super) async fn remember(
    conn: &mut PgConnection,
    account_id: i64,
    known: Option<&Vec<u8>>,
    now: DateTime<FixedOffset>,
) -> Result<Option<String>, AppError> {
    if let Some(key) = known {
        let renewed = sqlx::query!(
            "update known_devices set failed = 0, locked_until = null, seen_at = $3
             where id = $1 and account_id = $2",
            key,
            account_id,
            now
        )
        .execute(&mut *conn)
        .await?
        .rows_affected();
        if renewed == 1 {
            return Ok(None);
        }
    }
    let token = session::random_token()?;
    sqlx::query!(
        "insert into known_devices (id, account_id, seen_at) values ($1, $2, $3)",
        session::key_of(&token),
        account_id,
        now
    )
    .execute(&mut *conn)
    .await?;
    // Ten browsers of one account are enough; older ones are strangers again.
    sqlx::query!(
        "delete from known_devices where account_id = $1 and id not in
             (select id from known_devices where account_id = $1 order by seen_at desc, id limit 10)",
        account_id
    )
    .execute(conn)
    .await?;
    Ok(Some(token))
}

/// Deletes some of what no longer counts.
pub(super) async fn sweep(conn: &mut PgConnection, now: DateTime<FixedOffset>) -> Result<(), AppError> {
    sqlx::query!(
        "delete from failing_addresses where address in
             (select address from failing_addresses where since < $1 order by since limit 100 for update skip locked)",
        now - WINDOW
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from sign_in_steps where id in
             (select id from sign_in_steps where expires_at < $1 order by expires_at limit 100 for update skip locked)",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
