//! What a database is for: real work or the demonstration, never both.

use chrono::{DateTime, FixedOffset, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use crate::secrets::Seals;

/// What the program wants of the database that it opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real work.
    Production,
    /// Invented people, a settable clock.
    Demonstration,
}

/// Marks a new database, and refuses one that is for something else or whose
/// personal data were sealed with another key.
///
/// # Errors
/// Which of the two, in words.
pub async fn claim(pool: &PgPool, purpose: Purpose, seals: &Seals, now: DateTime<FixedOffset>) -> anyhow::Result<()> {
    let demonstration = purpose == Purpose::Demonstration;
    sqlx::query!(
        "insert into installation (demonstration, key_fingerprint, made_at) values ($1, $2, $3)
         on conflict (only_row) do nothing",
        demonstration,
        seals.fingerprint(),
        now
    )
    .execute(pool)
    .await?;
    let marked = sqlx::query!("select demonstration, key_fingerprint from installation").fetch_one(pool).await?;
    match (marked.demonstration, purpose) {
        (true, Purpose::Production) => anyhow::bail!(
            "这个数据库存放的是演示数据，不能用于正式工作。请另选数据库（DATABASE_URL）或数据目录（HUIFA_DATA_DIR）。"
        ),
        (false, Purpose::Demonstration) => {
            anyhow::bail!("这个数据库存放的是正式数据，不能填入演示数据。请另选数据库或数据目录。")
        }
        _ if marked.key_fingerprint != seals.fingerprint() => anyhow::bail!(
            "主密钥与数据库不相符，已加密的个人信息无法读取。请恢复原来的主密钥文件，或用 HUIFA_KEY_FILE 指明其位置。"
        ),
        _ => Ok(()),
    }
}

/// The last instant that anything was recorded at: where a demonstration's clock goes on.
///
/// # Errors
/// When the database fails.
pub async fn last_recorded(conn: &mut PgConnection) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("select max(at) from audit_records").fetch_one(conn).await
}

/// Empties a demonstration database, as the owner of its schema.
///
/// # Errors
/// When it is not one, or the database fails.
pub async fn empty(owner: &PgConnectOptions) -> anyhow::Result<()> {
    let mut conn = owner.connect().await?;
    let there = sqlx::query_scalar!(r#"select to_regclass('public.installation') is not null as "there!""#)
        .fetch_one(&mut conn)
        .await?;
    if there
        && sqlx::query_scalar!("select demonstration from installation").fetch_optional(&mut conn).await? == Some(false)
    {
        anyhow::bail!("这个数据库存放的是正式数据，不能清空。");
    }
    let mut transaction = conn.begin().await?;
    sqlx::raw_sql("drop schema public cascade; create schema public").execute(&mut *transaction).await?;
    transaction.commit().await?;
    conn.close().await?;
    Ok(())
}
