//! What each page asks of the database: statements counted as the driver reports them, rows
//! touched and tables read from end to end as the server counts them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use huifa::build_router;
use sqlx::{Connection as _, PgConnection};
use tower::ServiceExt as _;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::ground::{EVERYTHING, Ground, Site, state};
use crate::report::PageQueries;

/// The pages, and whose they are: the rest of a login behind the bureau's head; empty for the public.
const PAGES: &[(&str, &str)] = &[
    ("/?county=140581", ""),
    ("/home", "bureau_clerk"),
    ("/dashboard?year=2024", "bureau_clerk"),
    ("/roster/2024-07", "bureau_clerk"),
    ("/attendance", "bureau_clerk"),
    ("/attendance/2024-07", "bureau_clerk"),
    ("/attendance/2024-07/venues", "bureau_clerk"),
    ("/consultations", "bureau_clerk"),
    ("/consultations?month=2024-07&topic=family", "bureau_clerk"),
    ("/findings", "bureau_clerk"),
    ("/settlements", "bureau_clerk"),
    ("/settlements/2024-11", "bureau_clerk"),
    ("/settlements/2024-11/preview", "bureau_clerk"),
    ("/fund/2024", "bureau_clerk"),
    ("/cases", "bureau_clerk"),
    ("/people", "bureau_clerk"),
    ("/programmes/2024", "bureau_clerk"),
    ("/audit", "audit_administrator"),
];

/// Large tables that a page may read from end to end, with the reason in the row's comment.
const ALLOWED: &[(&str, &str)] = &[];
/// A table is large from so many rows on.
const LARGE: f64 = 20_000.0;
/// Often enough that the database would settle on a plan for all values.
const TIMES: usize = 7;

/// Asks for every page in the full bureau and in the almost empty one.
pub(crate) async fn pages(ground: &Ground, site: &Site) -> anyhow::Result<Vec<PageQueries>> {
    let mut found = Vec::new();
    for (path, role) in PAGES {
        let sign_in = async |head: &str| -> anyhow::Result<Option<String>> {
            if role.is_empty() { Ok(None) } else { Ok(site.sign_in(&format!("{head}.{role}")).await?.0.cookie) }
        };
        let (full, empty) = (sign_in("b0").await?, sign_in("rush").await?);
        let mut watcher = ground.loader(EVERYTHING).await?;
        let before = tables(&mut watcher).await?;
        let asked = ask(ground, (*path).to_owned(), full, TIMES).await?;
        let after = tables(&mut watcher).await?;
        let other = match (&asked, role.is_empty()) {
            (Ok(_), false) => ask(ground, (*path).to_owned(), empty, 1).await?.ok(),
            _ => None,
        };
        watcher.close().await?;
        found.push(judge(path, asked, other, &before, &after));
    }
    Ok(found)
}

#[derive(Clone, Copy, Debug, Default)]
struct Table {
    rows: f64,
    scans: i64,
    touched: i64,
}

fn judge(
    path: &str,
    asked: Result<usize, String>,
    other: Option<usize>,
    before: &BTreeMap<String, Table>,
    after: &BTreeMap<String, Table>,
) -> PageQueries {
    let old = |name: &str| before.get(name).copied().unwrap_or_default();
    let touched: i64 = after.iter().map(|(name, table)| table.touched - old(name).touched).sum();
    let scanned = after
        .iter()
        .filter(|(name, table)| table.rows > LARGE && table.scans > old(name).scans)
        .map(|(name, _)| name.clone())
        .filter(|name| !ALLOWED.contains(&(path, name.as_str())));
    PageQueries {
        path: path.to_owned(),
        statements: (asked.as_ref().copied().unwrap_or_default(), other),
        touched: touched / i64::try_from(TIMES).unwrap_or(1),
        scanned: scanned.collect(),
        fault: asked.err(),
    }
}

/// What the server has counted, once all who were asked have told it.
async fn tables(watcher: &mut PgConnection) -> anyhow::Result<BTreeMap<String, Table>> {
    let rows: Vec<(String, f32, i64, i64)> = sqlx::query_as(
        "select s.relname::text, greatest(c.reltuples, 0), coalesce(s.seq_scan, 0), coalesce(s.seq_tup_read, 0) + coalesce(s.idx_tup_fetch, 0)
         from pg_stat_user_tables s join pg_class c on c.oid = s.relid",
    )
    .fetch_all(watcher)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(name, rows, scans, touched)| (name, Table { rows: f64::from(rows), scans, touched }))
        .collect())
}

/// Asks for a page so often through a pool of its own, which is closed afterwards so that the
/// server's counters are complete; gives the statements of the last time.
async fn ask(
    ground: &Ground,
    path: String,
    cookie: Option<String>,
    times: usize,
) -> anyhow::Result<Result<usize, String>> {
    let options = ground.options(EVERYTHING)?;
    let asked = tokio::task::spawn_blocking(move || {
        // Counting listens on one thread, so everything happens on it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let pool = huifa::database::pool(options, 2).await?;
            let (router, _) = build_router(&state(pool.clone())?);
            let counter = Counter::default();
            let mut asked = Ok(0);
            for _ in 0..times {
                counter.statements.store(0, Ordering::Relaxed);
                let listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(counter.clone()));
                let status = get(&router, &path, cookie.as_deref()).await?;
                drop(listening);
                asked = if status == StatusCode::OK {
                    Ok(counter.statements.load(Ordering::Relaxed))
                } else {
                    Err(format!("answered {}", status.as_u16()))
                };
            }
            pool.close().await;
            anyhow::Ok(asked)
        })
    })
    .await??;
    // The last of its server processes may still be telling what it did.
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(asked)
}

async fn get(router: &Router, path: &str, cookie: Option<&str>) -> anyhow::Result<StatusCode> {
    let mut request = Request::builder().uri(path).header(header::HOST, "localhost");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, format!("huifa={cookie}"));
    }
    let mut request = request.body(Body::empty())?;
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    Ok(router.clone().oneshot(request).await?.status())
}

/// Counts the statements that the driver reports.
#[derive(Clone, Debug, Default)]
struct Counter {
    statements: Arc<AtomicUsize>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        // The pool's own cleaning between two borrowers, and the settings of a new session.
        let housekeeping = statement.text.starts_with("begin; rollback") || statement.text.starts_with("set ");
        if !housekeeping {
            self.statements.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(Default)]
struct Statement {
    text: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.text);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "summary" && self.text.is_empty() {
            self.text = format!("{value:?}");
        }
    }
}
