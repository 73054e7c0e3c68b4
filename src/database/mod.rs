//! The database: where it is, how connections to it behave, and the private
//! cluster that is used when no other is named.

pub mod cluster;
pub mod columns;
mod pool;
pub mod rights;
mod types;
pub mod wall;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

pub use cluster::{Cluster, ClusterError};
pub use pool::pool;

/// The database's name in the private cluster.
pub const NAME: &str = "huifa";

/// How often a private server that died is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How long the pool may take to get its connections back at the end.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// Where the database is and how many connections to use.
#[derive(Clone, Default)]
pub struct DatabaseSettings {
    /// `DATABASE_URL`: a server run by somebody else; none means the private cluster.
    pub url: Option<String>,
    /// `HUIFA_MIGRATION_URL`: the same database as the role that owns the schema; none means `url`.
    pub migration_url: Option<String>,
    /// `HUIFA_DATA_DIR`: where the private cluster lies.
    pub data_dir: Option<PathBuf>,
    /// `HUIFA_PG_BIN`: the only directory of server programs to consider.
    pub pg_bin: Option<PathBuf>,
    /// The most connections of the pool; 0 means the default of 20.
    pub max_connections: u32,
}

impl fmt::Debug for DatabaseSettings {
    /// The address holds a password, so it is never printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("migration_url", &self.migration_url.as_ref().map(|_| "…"))
            .field("data_dir", &self.data_dir)
            .field("pg_bin", &self.pg_bin)
            .field("max_connections", &self.max_connections)
            .finish()
    }
}

impl DatabaseSettings {
    /// Reads the settings through `get`, which answers a variable's value.
    /// Empty values count as absent.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        Self {
            url: get("DATABASE_URL"),
            migration_url: get("HUIFA_MIGRATION_URL"),
            data_dir: get("HUIFA_DATA_DIR").map(PathBuf::from),
            pg_bin: get("HUIFA_PG_BIN").map(PathBuf::from),
            max_connections: 0,
        }
    }

    /// The application's data directory: as set, else `/var/lib/huifa` for root
    /// and `huifa` in the user's data home for everybody else.
    ///
    /// # Errors
    /// When there is no setting and no home.
    pub fn data_dir(&self) -> Result<PathBuf, ClusterError> {
        if let Some(set) = &self.data_dir {
            return Ok(set.clone());
        }
        if rustix::process::geteuid().is_root() {
            return Ok(PathBuf::from("/var/lib/huifa"));
        }
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        variable("XDG_DATA_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
            .map(|data| data.join("huifa"))
            .ok_or(ClusterError::NoHome)
    }
}

/// The open database: its pool and, for the embedded default, our share in the
/// private cluster. Close it at the end; a drop leaves the cluster as well.
#[derive(Debug)]
pub struct Database {
    /// The connections everything uses, as the role of the program: the schema must have been
    /// migrated once before the first is taken.
    pub pool: PgPool,
    /// How to open further connections as the owner of the schema.
    pub owner: PgConnectOptions,
    cluster: Option<Arc<Cluster>>,
    watch: Option<tokio::task::JoinHandle<()>>,
}

/// Opens the database of the settings: the server named there, or our own.
///
/// # Errors
/// Each with one Chinese sentence for the terminal that says what to do.
pub async fn open(settings: &DatabaseSettings) -> anyhow::Result<Database> {
    let most = match settings.max_connections {
        0 => 20,
        set => set,
    };
    if let Some(url) = &settings.url {
        let options = parsed("DATABASE_URL", url)?;
        check_version(&options).await?;
        let owner = match &settings.migration_url {
            Some(url) => parsed("HUIFA_MIGRATION_URL", url)?,
            None => options.clone(),
        };
        // Whoever signs in works as the program's role and has its rights, no more.
        rights::make_role(&owner).await?;
        let pool = pool(options.options([("role", rights::PROGRAM)]), most)
            .await
            .context("无法以程序角色 huifa_program 连接 DATABASE_URL 指定的数据库；该账号须是这个角色的成员")?;
        return Ok(Database { pool, owner, cluster: None, watch: None });
    }

    let base = settings.data_dir()?;
    let bin = settings.pg_bin.clone();
    let cluster = tokio::task::spawn_blocking(move || Cluster::open(&base, bin.as_deref())).await??;
    let cluster = Arc::new(cluster);
    let owner = cluster.options(NAME);
    let opened = match make_ready(&cluster, &owner).await {
        Ok(()) => pool(owner.clone().username(rights::PROGRAM), most).await.map_err(Into::into),
        Err(error) => Err(error),
    };
    let pool = match opened {
        Ok(pool) => pool,
        Err(error) => {
            leave(cluster).await.ok();
            return Err(error.context("内置数据库已启动，但无法连接"));
        }
    };
    let watch = tokio::spawn(watch(Arc::clone(&cluster)));
    Ok(Database { pool, owner, cluster: Some(cluster), watch: Some(watch) })
}

fn parsed(setting: &str, url: &str) -> anyhow::Result<PgConnectOptions> {
    PgConnectOptions::from_str(url)
        .ok()
        .with_context(|| format!("{setting} 的格式不对，应为 postgres://用户:口令@主机:端口/数据库"))
}

impl Database {
    /// Our share in the private cluster, where the database is the embedded one.
    #[must_use]
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_deref()
    }

    /// Closes the pool and leaves the private cluster, which stops with its last
    /// user. To be called when the program ends, also on SIGTERM and SIGINT.
    ///
    /// # Errors
    /// When the private server does not stop.
    pub async fn close(mut self) -> anyhow::Result<()> {
        if let Some(watch) = self.watch.take() {
            watch.abort();
            watch.await.ok();
        }
        if tokio::time::timeout(CLOSE_WITHIN, self.pool.close()).await.is_err() {
            tracing::warn!("connections were still busy at the end");
        }
        match self.cluster.take() {
            Some(cluster) => leave(cluster).await,
            None => Ok(()),
        }
    }
}

impl Drop for Database {
    /// Ends the watch, which shares the cluster, so that the cluster is left too.
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

/// Leaves the cluster on a blocking thread; a watch just ending drops the rest.
async fn leave(cluster: Arc<Cluster>) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || match Arc::into_inner(cluster) {
        Some(cluster) => cluster.leave(),
        None => Ok(()),
    })
    .await??;
    Ok(())
}

/// Brings the private server back if it dies while we use it.
async fn watch(cluster: Arc<Cluster>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let cluster = Arc::clone(&cluster);
        match tokio::task::spawn_blocking(move || cluster.revive()).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => {
                tracing::warn!("the private database server had died; started it again")
            }
            Ok(Err(error)) => tracing::error!(%error, "the private database server is down"),
            Err(_) => return,
        }
    }
}

/// Our database and the program's role in it.
async fn make_ready(cluster: &Cluster, owner: &PgConnectOptions) -> anyhow::Result<()> {
    create_if_missing(cluster).await?;
    rights::make_role(owner).await
}

/// Makes our database in a new cluster; two at once is fine.
async fn create_if_missing(cluster: &Cluster) -> anyhow::Result<()> {
    let mut maintenance = cluster.options("postgres").connect().await?;
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(NAME)
        .fetch_one(&mut maintenance)
        .await?;
    if !there {
        let made = sqlx::query("create database huifa").execute(&mut maintenance).await;
        match made {
            Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P04" | "23505")) => {}
            other => {
                other?;
            }
        }
    }
    maintenance.close().await?;
    Ok(())
}

/// Refuses a server older than what the schema needs.
async fn check_version(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = options.connect().await.context("无法连接 DATABASE_URL 指定的数据库")?;
    let version: i32 =
        sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(&mut connection).await?;
    connection.close().await?;
    refuse_old(version)
}

/// The refusal itself; `version` as in `server_version_num`.
fn refuse_old(version: i32) -> anyhow::Result<()> {
    let major = version / 10_000;
    if major < cluster::OLDEST_MAJOR.cast_signed() {
        bail!(
            "DATABASE_URL 指定的服务器是 PostgreSQL {major}，惠法需要 {} 或更新版本，请升级该服务器或另选一个（PostgreSQL {0}+ required）。",
            cluster::OLDEST_MAJOR
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_before_15_is_refused_with_a_sentence() {
        assert!(refuse_old(150_018).is_ok());
        assert!(refuse_old(180_000).is_ok());
        let said = refuse_old(140_022).unwrap_err().to_string();
        assert!(said.contains("PostgreSQL 14") && said.contains("PostgreSQL 15+"), "{said}");
    }

    #[test]
    fn the_password_in_the_address_is_never_printed() {
        let settings =
            DatabaseSettings::read(|name| (name == "DATABASE_URL").then(|| "postgres://a:secret@host/db".to_owned()));
        assert!(settings.url.is_some());
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn an_empty_variable_counts_as_absent() {
        let settings = DatabaseSettings::read(|_| Some(" ".to_owned()));
        assert!(settings.url.is_none() && settings.data_dir.is_none());
    }
}
