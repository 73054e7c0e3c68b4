//! The pool: the settings of each session, and what guards a connection on its
//! way from one borrower to the next.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};

use super::wall::Wall;

/// How long a request waits for a free connection.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(10);

/// Duty days are dates in Shanghai, so the session's day turns there; nothing
/// may run, wait for a lock or sit in a transaction for ever.
const SESSION: &str = "set time zone 'Asia/Shanghai'; \
     set statement_timeout = '30s'; \
     set lock_timeout = '10s'; \
     set idle_in_transaction_session_timeout = '30s'";

/// A pool of at most `max` connections, whose sessions are set as the house
/// relies on, who are lent behind the borrower's wall, and whose connections never carry a transaction from one borrower
/// to the next.
///
/// # Errors
/// When the first connection fails.
pub async fn pool(options: PgConnectOptions, max: u32) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(max)
        .acquire_timeout(ACQUIRE_WITHIN)
        .test_before_acquire(false)
        // The borrower's wall goes up before the connection is lent; a dead one shows here too.
        .before_acquire(|connection, _| {
            let wall = Wall::current().statement();
            Box::pin(async move {
                connection.execute(AssertSqlSafe(wall)).await?;
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            let wall = Wall::current().statement();
            Box::pin(async move {
                connection.execute(SESSION).await?;
                connection.execute(AssertSqlSafe(wall)).await.map(drop)
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                // A `begin` cancelled in flight opens a transaction that sqlx does
                // not know of; the next borrower's writes would fall into it, be
                // acknowledged and be lost. `begin` first keeps the server from
                // warning of a rollback without a transaction; in a failed one it
                // is an error, and the connection is thrown away.
                if connection.is_in_transaction() {
                    return Ok(false);
                }
                connection.execute("begin; rollback").await?;
                Ok(true)
            })
        })
        .connect_with(options.application_name("huifa"))
        .await
}
