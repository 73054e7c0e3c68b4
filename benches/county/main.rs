//! The benchmark: a county's year and a province's, and what the product needs for its
//! work beside what the bare database, or the bare server, needs for the same.
//!
//! `cargo bench --bench county` prints a table; `-- --write` also writes
//! `docs/performance.md`. It measures and reports, and fails only where it cannot run.

mod bare;
mod client;
mod figures;
mod fill;
mod ground;
mod meter;
mod pages;
mod queries;
mod report;
mod settlement;
mod sign_in;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use huifa::secrets::Seals;

use crate::ground::{ALONE, EVERYTHING, Ground};
use crate::pages::Pages;
use crate::report::{Report, Row};
use crate::settlement::Settling;
use crate::sign_in::Rush;

const HELP: &str = "\
cargo bench --bench county -- [options]
  --county-only   without the province: a quick run
  --rounds N      rounds A B B A of each pair (default 5; 3 with --county-only)
  --write         also write docs/performance.md
";

/// What was asked for.
#[derive(Clone, Copy, Debug)]
struct Options {
    province: bool,
    rounds: Option<usize>,
    write: bool,
}

impl Options {
    fn parse(words: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options { province: true, rounds: None, write: false };
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                // What cargo itself passes on.
                "--bench" => {}
                "--province" => options.province = true,
                "--county-only" => options.province = false,
                "--write" => options.write = true,
                "--rounds" => {
                    options.rounds = Some(words.next()?.parse().ok().filter(|rounds| (1..=100).contains(rounds))?)
                }
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        std::io::stderr().write_all(HELP.as_bytes()).ok();
        return ExitCode::from(2);
    };
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("bench")
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("could not run: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Progress, on the terminal's other channel.
fn tell(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

async fn run(options: Options) -> anyhow::Result<()> {
    let ground = Ground::prepare().await?;
    let measured = measure(&ground, options).await;
    measured.and(ground.clear().await)
}

async fn measure(ground: &Ground, options: Options) -> anyhow::Result<()> {
    let started = Instant::now();
    tell("filling a county's year …");
    let mut sizes = fill::county(ground).await?;
    let faults = broken(ground, ALONE, "the filled county").await?;
    if options.province {
        tell(&format!("{:.0} s; filling the province's …", started.elapsed().as_secs_f64()));
        sizes = fill::province(ground).await?;
    }
    ground.settle().await?;
    let rounds = options.rounds.unwrap_or(if options.province { 5 } else { 3 });
    let mut report = Report { machine: machine(ground), sizes, faults, ..Report::default() };

    let site = ground.site(EVERYTHING).await?;
    tell(&format!("{:.0} s; asking for every page …", started.elapsed().as_secs_f64()));
    report.pages = queries::pages(ground, &site).await?;

    let bare = ground.serve(bare::router(ground.server_pool(EVERYTHING).await?, site.bureau)).await?;
    let (clerk, _) = site.sign_in("b0.bureau_clerk").await?;
    let turn = Duration::from_millis(if options.province { 600 } else { 400 });
    let pages = Pages { ground, site: &site, bare, clerk, rounds, turn };
    let mut scene = |name: &str, played: anyhow::Result<Vec<Row>>| {
        tell(&format!("{:.0} s; {name} measured", started.elapsed().as_secs_f64()));
        match played {
            Ok(rows) => report.rows.extend(rows),
            Err(error) => report.faults.push(format!("Not measured: {name}: {error:#}")),
        }
    };
    scene("the ground line", pages.ground_line().await);
    for list in pages::LISTS {
        scene(list.name, pages.list(list).await);
    }
    scene("the public posting", pages.posting().await);
    scene("compression", pages.compression().await);
    if options.province {
        let alone = ground.site(ALONE).await?;
        for (name, path) in pages::AMONG {
            scene(name, pages.among(&alone, name, path).await);
        }
    }
    for (name, path) in pages::SEARCHES {
        scene(name, pages.search(name, path).await);
    }
    scene("signing in to shifts", async { Rush::at(&site).await?.scenes(ground, &site, rounds).await }.await);
    scene("settlement", async { Settling::on(ground, &site, rounds).await?.scenes(options.province).await }.await);
    scene("figures", figures::scenes(ground, &site, rounds, options.province).await);
    scene("a flood of sign-ins", pages.flood().await);

    if !options.province {
        report.faults.extend(broken(ground, EVERYTHING, "the county after the work").await?);
    }

    std::io::stdout().write_all(report.markdown().as_bytes())?;
    if options.write {
        anyhow::ensure!(!cfg!(debug_assertions), "the document is written by a release build only");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
        std::fs::write(path, report.document())?;
    }
    Ok(())
}

/// What `huifa check` has to say of a database.
async fn broken(ground: &Ground, database: &str, whose: &str) -> anyhow::Result<Vec<String>> {
    let pool = ground.pool(database, 1).await?;
    let report = huifa::check::ask(&pool, &Seals::from_master(&[7; 32])?).await?;
    pool.close().await;
    let broken = report.answers.iter().filter(|answer| !answer.faults.is_empty());
    Ok(broken
        .map(|answer| {
            let first = answer.faults.first().map(String::as_str).unwrap_or_default();
            format!("`huifa check` on {whose}: {}, {} times, as: {first}", answer.name, answer.faults.len())
        })
        .collect())
}

/// The machine in general words.
fn machine(ground: &Ground) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let version = ground.postgres.split(' ').next().unwrap_or_default();
    let build =
        if cfg!(debug_assertions) { "a build without optimisation: the figures mean nothing" } else { "release build" };
    format!(
        "{cores} cores shared by server, clients and database; {} {}; PostgreSQL {version}, its own defaults, every commit on the disk; {build}.",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}
