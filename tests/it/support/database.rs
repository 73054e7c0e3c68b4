//! A database of its own for every test.
//!
//! All tests of all test processes share one throw-away cluster, which stays up
//! between runs. The schema is migrated once into a template named after the
//! migrations' checksums; each test gets a copy, tens of milliseconds each, and
//! drops it at its end. What a killed run left is dropped by the next.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use huifa::MIGRATOR;
use huifa::database::{Cluster, pool, rights};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

/// A fresh database with the whole schema, dropped with this value.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    /// Connections of the owner of the schema: for what a test looks at and puts there.
    pub(crate) pool: PgPool,
    /// Connections as the program uses them, with its rights and no more.
    pub(crate) program: PgPool,
    /// How to open more of them.
    pub(crate) options: PgConnectOptions,
    /// The address for a program started by the test, as `DATABASE_URL`.
    pub(crate) url: String,
    name: String,
}

impl TestDatabase {
    /// A database with every migration applied.
    pub(crate) async fn new() -> Self {
        let server = server();
        Self::copy_of(server, &server.template).await
    }

    /// A database with nothing in it, for tests of the migrations themselves.
    pub(crate) async fn empty() -> Self {
        Self::copy_of(server(), "template0").await
    }

    async fn copy_of(server: &Server, template: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t_{}_{number}", std::process::id());
        let mut maintenance = server.maintenance().await;
        run(&mut maintenance, &format!("create database {name} template {template} strategy file_copy")).await;
        maintenance.close().await.ok();

        let options = server.cluster.options(&name);
        let socket = server.cluster.socket().display().to_string().replace('/', "%2F");
        Self {
            pool: pool(options.clone(), 8).await.expect("a pool of the test's database"),
            program: pool(options.clone().username(rights::PROGRAM), 8).await.expect("a pool of the program"),
            url: format!("postgres://huifa@{socket}/{name}?sslmode=disable"),
            options,
            name,
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop_it = format!("drop database if exists {} with (force)", self.name);
        apart(|| async move {
            run(&mut server().maintenance().await, &drop_it).await;
        });
    }
}

/// The shared server, and the template made for this build's migrations.
struct Server {
    cluster: Cluster,
    template: String,
}

impl Server {
    async fn maintenance(&self) -> PgConnection {
        connect(&self.cluster, "postgres").await
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        apart(|| async {
            let cluster = Cluster::throwaway(&home(), None).expect("the tests' cluster");
            let template = template_name();
            let mut maintenance = connect(&cluster, "postgres").await;
            // One test process at a time sweeps up and makes the template.
            run(&mut maintenance, "select pg_advisory_lock(26011)").await;
            sweep(&mut maintenance).await;
            make_template(&cluster, &mut maintenance, &template).await;
            maintenance.close().await.ok();
            Server { cluster, template }
        })
    })
}

/// Runs to the end on a thread and runtime of its own, so that a test's runtime
/// is never blocked by work that itself needs one.
fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    std::thread::spawn(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work())
    })
    .join()
    .expect("the database's helper thread")
}

async fn connect(cluster: &Cluster, database: &str) -> PgConnection {
    let options = cluster.options(database);
    options.connect().await.expect("a connection to the tests' cluster")
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A name that changes whenever a migration does.
fn template_name() -> String {
    let mut name = "huifa_template_".to_owned();
    let migrations = MIGRATOR.iter().flat_map(|migration| migration.checksum.iter().copied());
    let all: Vec<u8> = migrations.chain(rights::WHAT.bytes()).collect();
    // FNV-1a: a name, not a proof.
    let hash = all
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    write!(name, "{hash:016x}").expect("writing to a string");
    name
}

async fn make_template(cluster: &Cluster, maintenance: &mut PgConnection, name: &str) {
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut *maintenance)
        .await
        .expect("the list of databases");
    if there {
        return;
    }
    run(maintenance, &format!("drop database if exists {name}_new with (force)")).await;
    run(maintenance, &format!("create database {name}_new template template0")).await;
    let mut new = connect(cluster, &format!("{name}_new")).await;
    rights::apply(&mut new).await.expect("the migrations apply");
    new.close().await.expect("nobody stays connected to the template");
    run(maintenance, &format!("alter database {name}_new rename to {name}")).await;
}

/// Drops the databases of test processes that are gone, and all but the newest
/// templates.
async fn sweep(maintenance: &mut PgConnection) {
    let all: Vec<String> = sqlx::query_scalar(
        "select datname from pg_database where datname like 't\\_%' or datname like 'huifa\\_template\\_%' order by oid desc",
    )
    .fetch_all(&mut *maintenance)
    .await
    .expect("the list of databases");
    let mut templates = 0;
    for name in all {
        let left = match name.strip_prefix("t_").and_then(|rest| rest.split_once('_')) {
            Some((pid, _)) => !alive(pid),
            None => {
                templates += 1;
                templates > 8
            }
        };
        if left {
            let drop_it = format!("drop database if exists {name} with (force)");
            sqlx::raw_sql(AssertSqlSafe(drop_it)).execute(&mut *maintenance).await.ok();
        }
    }
}

fn alive(pid: &str) -> bool {
    Command::new("kill")
        .args(["-0", pid])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where the throw-away cluster lies: in memory where that has room.
fn home() -> PathBuf {
    scratch().join(format!("huifa-tests-{}", whoami()))
}

/// A directory for what tests throw away, in memory where a gigabyte is free.
pub(crate) fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let free: u64 = Command::new("df")
        .args(["-Pk", "/dev/shm"])
        .output()
        .ok()
        .and_then(|said| {
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            said.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
        })
        .unwrap_or(0);
    if memory.is_dir() && free > 1_000_000 { memory.to_owned() } else { env::temp_dir() }
}

/// The user's number, so that two users' tests do not meet.
pub(crate) fn whoami() -> String {
    let said = Command::new("id").arg("-u").output().expect("id -u");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}
