//! What the benchmark stands on: a private cluster of its own on disk, with every write
//! reaching the disk as in real work, the product's server on the loopback, and people
//! who are signed in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, FixedOffset, NaiveDateTime};
use huifa::accounts::passwords::Passwords;
use huifa::accounts::setup::SetupToken;
use huifa::clock::Clock;
use huifa::config::Config;
use huifa::database::{Cluster, pool, rights};
use huifa::plan::dictionary::Dictionary as _;
use huifa::plan::time::SHANGHAI;
use huifa::secrets::Seals;
use huifa::state::AppState;
use huifa::web::actor::Actor;
use huifa::web::permissions::Role;
use huifa::web::visits::{VisitSettings, Visits};
use huifa::web::{server, session};
use huifa::{build_router, programmes};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool, Row as _};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::client::Visitor;
use crate::meter::{Meter, SERVER_THREADS};

/// The database that gets the province beside the county.
pub(crate) const EVERYTHING: &str = "everything";
/// The one where the county stays alone.
pub(crate) const ALONE: &str = "alone";

/// The instant at which all pages are read: the year is nearly over.
const NOW: &str = "2024-12-31 08:20:00";

/// The cluster and the runtime of the servers.
pub(crate) struct Ground {
    cluster: Option<Cluster>,
    home: PathBuf,
    servers: Option<Runtime>,
    /// Reads the CPU times.
    pub(crate) meter: Meter,
    /// The server's version, as it tells it.
    pub(crate) postgres: String,
}

/// One database with the product serving it.
#[derive(Clone)]
pub(crate) struct Site {
    /// What its handlers share.
    pub(crate) state: AppState,
    /// Where it answers.
    pub(crate) address: SocketAddr,
    /// Gaoping's row.
    pub(crate) bureau: i64,
}

impl Ground {
    /// Makes the cluster and a first database with Gaoping in it and nobody at work.
    pub(crate) async fn prepare() -> anyhow::Result<Ground> {
        // Root's own directories are closed to the database's user; the usual temporary one is not.
        let home = std::env::temp_dir().join(format!("huifa-bench-{}", std::process::id()));
        let base = home.clone();
        let cluster = tokio::task::spawn_blocking(move || Cluster::open(&base, None)).await??;
        let servers = Builder::new_multi_thread().enable_all().thread_name(SERVER_THREADS).build()?;

        let mut maintenance = cluster.options("postgres").connect().await?;
        // Loading writes a gigabyte; what is measured afterwards runs on the default again.
        for sql in ["alter system set max_wal_size = '8GB'", "select pg_reload_conf()", "create database everything"] {
            sqlx::query(sql).execute(&mut maintenance).await?;
        }
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut maintenance).await?;
        let postgres: String = sqlx::query_scalar("show server_version").fetch_one(&mut maintenance).await?;
        let meter = Meter::beside(backend.cast_unsigned());
        maintenance.close().await?;

        let ground = Ground { cluster: Some(cluster), home, servers: Some(servers), meter, postgres };
        let pool = ground.pool(EVERYTHING, 2).await?;
        rights::apply(&mut *pool.acquire().await?).await?;
        programmes::install_gaoping(&mut *pool.acquire().await?, instant("2023-12-15 09:00:00")?).await?;
        pool.close().await;
        Ok(ground)
    }

    /// How to reach one of the databases.
    pub(crate) fn options(&self, database: &str) -> anyhow::Result<PgConnectOptions> {
        Ok(self.cluster.as_ref().context("the cluster was closed")?.options(database))
    }

    /// Connections to one of the databases, set as the product sets them.
    pub(crate) async fn pool(&self, database: &str, most: u32) -> anyhow::Result<PgPool> {
        Ok(pool(self.options(database)?, most).await?)
    }

    /// One connection without the limits that guard requests: for loading.
    pub(crate) async fn loader(&self, database: &str) -> anyhow::Result<sqlx::PgConnection> {
        let mut loader = self.options(database)?.connect().await?;
        sqlx::raw_sql(
            "set time zone 'Asia/Shanghai'; set synchronous_commit = off; set work_mem = '128MB';
             set maintenance_work_mem = '256MB'",
        )
        .execute(&mut loader)
        .await?;
        Ok(loader)
    }

    /// Copies a database that nobody uses.
    pub(crate) async fn copy(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let mut maintenance = self.loader("postgres").await?;
        let sql = format!("create database {to} template {from} strategy file_copy");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut maintenance).await?;
        maintenance.close().await?;
        Ok(())
    }

    /// Back to the defaults, with everything loaded on the disk.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let mut maintenance = self.loader("postgres").await?;
        for sql in ["alter system reset max_wal_size", "select pg_reload_conf()", "checkpoint"] {
            sqlx::query(sql).execute(&mut maintenance).await?;
        }
        maintenance.close().await?;
        Ok(())
    }

    /// The product on one of the databases, serving on the loopback as the program's own role,
    /// behind row security.
    pub(crate) async fn site(&self, database: &str) -> anyhow::Result<Site> {
        // Connections belong to the runtime that opened them.
        let program = self.options(database)?.username(rights::PROGRAM);
        let state = state(self.spawned_pool(program).await?)?;
        let (router, _) = build_router(&state);
        let address = self.serve(router).await?;
        let bureau =
            sqlx::query_scalar("select id from bureaus where division_code = '140581'").fetch_one(&state.pool).await?;
        Ok(Site { state, address, bureau })
    }

    /// Connections for a router of one's own, opened where it will run; of the owner, whom
    /// row security does not bind.
    pub(crate) async fn server_pool(&self, database: &str) -> anyhow::Result<PgPool> {
        self.spawned_pool(self.options(database)?).await
    }

    async fn spawned_pool(&self, options: PgConnectOptions) -> anyhow::Result<PgPool> {
        Ok(self.servers.as_ref().context("the servers were stopped")?.spawn(pool(options, 16)).await??)
    }

    /// Serves a router with the product's own accept loop, on threads of the servers.
    pub(crate) async fn serve(&self, router: Router) -> anyhow::Result<SocketAddr> {
        let servers = self.servers.as_ref().context("the servers were stopped")?;
        let (told, address) = tokio::sync::oneshot::channel();
        servers.spawn(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            told.send(listener.local_addr()?).ok();
            server::serve(listener, router, std::future::pending()).await
        });
        Ok(address.await?)
    }

    /// Stops the servers and the cluster and removes what they left.
    pub(crate) async fn clear(mut self) -> anyhow::Result<()> {
        if let Some(servers) = self.servers.take() {
            servers.shutdown_background();
        }
        let (cluster, home) = (self.cluster.take(), self.home.clone());
        tokio::task::spawn_blocking(move || {
            if let Some(cluster) = cluster {
                cluster.leave()?;
            }
            std::fs::remove_dir_all(home)?;
            anyhow::Ok(())
        })
        .await?
    }
}

/// What the handlers share.
pub(crate) fn state(pool: PgPool) -> anyhow::Result<AppState> {
    Ok(AppState {
        pool,
        clock: Clock::standing_at(instant(NOW)?),
        config: Arc::new(Config::from_lookup(|_| None)?),
        // The load of a whole county comes from a few accounts.
        visits: Visits::new(VisitSettings { pages: 1_000_000, taken: 1_000_000, ..VisitSettings::default() })?,
        seals: Arc::new(Seals::from_master(&[7; 32])?),
        passwords: Passwords::new(2)?,
        setup: SetupToken::random()?,
        demonstration: false,
    })
}

/// An instant of Shanghai from `2024-12-31 08:20:00`.
pub(crate) fn instant(text: &str) -> anyhow::Result<DateTime<FixedOffset>> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")?
        .and_local_timezone(SHANGHAI)
        .single()
        .context("Shanghai has no gaps")
}

impl Site {
    /// The account of this login, signed in.
    pub(crate) async fn sign_in(&self, login: &str) -> anyhow::Result<(Visitor, Actor)> {
        let mut conn = self.state.pool.acquire().await?;
        let account: i64 =
            sqlx::query_scalar("select id from accounts where login = $1").bind(login).fetch_one(&mut *conn).await?;
        let cookie = session::open(&mut conn, account, self.state.clock.now(), "127.0.0.1", "benchmark", None).await?;
        // A real session is written once a minute; the benchmark's clock may jump.
        sqlx::query(
            "update sessions set expires_at = 'infinity', seen_at = '2200-01-01', proved_at = '2200-01-01',
                 second_factor = 'totp' where account_id = $1",
        )
        .bind(account)
        .execute(&mut *conn)
        .await?;
        let row = sqlx::query(
            "select a.name, a.role, a.bureau_id, b.name as bureau_name, a.venue_id, v.name as venue_name, s.form_token, s.id
             from accounts a join bureaus b on b.id = a.bureau_id left join venues v on v.id = a.venue_id
             join sessions s on s.account_id = a.id where a.id = $1 order by s.created_at desc limit 1",
        )
        .bind(account)
        .fetch_one(&mut *conn)
        .await?;
        let form_token: String = row.try_get("form_token")?;
        let actor = Actor {
            account_id: account,
            name: row.try_get("name")?,
            role: Role::from_code(row.try_get("role")?).context("an unknown role")?,
            bureau_id: row.try_get("bureau_id")?,
            bureau_name: row.try_get("bureau_name")?,
            venue_id: row.try_get("venue_id")?,
            venue_name: row.try_get("venue_name")?,
            person_id: None,
            address: "127.0.0.1".to_owned(),
            form_token: form_token.clone(),
            session_key: row.try_get("id")?,
            must_change_password: false,
            request_id: String::new(),
            flash_waiting: false,
        };
        Ok((Visitor { cookie: Some(cookie), form_token }, actor))
    }
}
