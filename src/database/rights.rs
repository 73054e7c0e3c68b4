//! Two roles: one owns the schema and changes it, the other runs the program and cannot.

use anyhow::{Context as _, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::MIGRATOR;

/// The role that the running program works as: it reads and writes rows and owns nothing.
pub const PROGRAM: &str = "huifa_program";

/// What the program's role may do, in SQL.
pub const WHAT: &str = include_str!("rights.sql");

/// One migration at a time: the lock's number.
const MIGRATING: i64 = 26_027;

/// Makes the program's role where it is missing.
///
/// # Errors
/// When it is missing and this role may not make it.
pub async fn make_role(owner: &PgConnectOptions) -> anyhow::Result<()> {
    let mut conn = owner.connect().await.context("无法连接数据库")?;
    sqlx::raw_sql(include_str!("role.sql"))
        .execute(&mut conn)
        .await
        .with_context(|| format!("数据库里还没有程序角色，请由数据库管理员执行 create role {PROGRAM} login 后重试"))?;
    conn.close().await?;
    Ok(())
}

/// Brings the schema up to date and gives the program its rights, as the owner of the schema.
/// A role that may not change the schema only looks whether it is up to date.
///
/// # Errors
/// When a migration fails, or one is due and this role may not run it.
pub async fn migrate(owner: &PgConnectOptions) -> anyhow::Result<()> {
    let mut conn = owner.connect().await.context("无法连接数据库")?;
    let may: bool = sqlx::query_scalar("select has_schema_privilege(current_user, 'public', 'create')")
        .fetch_one(&mut conn)
        .await?;
    if may {
        apply(&mut conn).await?;
    } else {
        up_to_date(&mut conn).await?;
    }
    conn.close().await?;
    Ok(())
}

/// The migrations and the rights on a connection of the owner.
///
/// # Errors
/// When one fails.
pub async fn apply(conn: &mut PgConnection) -> anyhow::Result<()> {
    MIGRATOR.run(&mut *conn).await.context("数据库结构更新失败")?;
    let mut transaction = conn.begin().await?;
    sqlx::raw_sql(include_str!("role.sql")).execute(&mut *transaction).await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(MIGRATING).execute(&mut *transaction).await?;
    sqlx::raw_sql(WHAT)
        .execute(&mut *transaction)
        .await
        .context("无法设置程序角色 huifa_program 的权限：执行更新的数据库账号须拥有这些表")?;
    transaction.commit().await?;
    Ok(())
}

async fn up_to_date(conn: &mut PgConnection) -> anyhow::Result<()> {
    let there: bool =
        sqlx::query_scalar("select to_regclass('public._sqlx_migrations') is not null").fetch_one(&mut *conn).await?;
    let applied: i64 = if there {
        sqlx::query_scalar("select count(*) from _sqlx_migrations where success").fetch_one(&mut *conn).await?
    } else {
        0
    };
    if applied < i64::try_from(MIGRATOR.iter().count())? {
        bail!(
            "数据库结构需要更新，而当前的数据库账号无权更改结构。请用 HUIFA_MIGRATION_URL 指明有权的账号，运行 huifa migrate。"
        );
    }
    Ok(())
}
