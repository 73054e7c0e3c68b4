//! Measuring: subject and control in turns A B B A, the ratio of each round, and the CPU
//! time of the server's threads and of the database's processes.

use std::fs;
use std::time::{Duration, Instant};

/// How much was done in how long.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Requests answered, rows written, or runs made.
    pub(crate) done: f64,
    /// In this many seconds.
    pub(crate) seconds: f64,
}

impl Tally {
    /// One run of something, timed.
    pub(crate) async fn of_one<T>(run: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<Tally> {
        let started = Instant::now();
        run.await?;
        Ok(Tally { done: 1.0, seconds: started.elapsed().as_secs_f64() })
    }

    /// So many at once within one time.
    pub(crate) fn since(started: Instant, done: usize) -> Tally {
        Tally { done: f64::from(u32::try_from(done).unwrap_or(u32::MAX)), seconds: started.elapsed().as_secs_f64() }
    }

    fn and(self, other: Tally) -> Tally {
        Tally { done: self.done + other.done, seconds: self.seconds + other.seconds }
    }

    /// How many a second.
    pub(crate) fn rate(self) -> f64 {
        if self.seconds > 0.0 { self.done / self.seconds } else { 0.0 }
    }
}

/// CPU seconds used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    /// By the threads of the server's runtime.
    pub(crate) server: f64,
    /// By the database's processes.
    pub(crate) database: f64,
}

impl Cpu {
    fn since(self, before: Cpu) -> Cpu {
        Cpu { server: self.server - before.server, database: self.database - before.database }
    }

    fn and(self, other: Cpu) -> Cpu {
        Cpu { server: self.server + other.server, database: self.database + other.database }
    }
}

/// Reads the CPU times from `/proc`; without one they stay zero and the table shows a dash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    postmaster: Option<u32>,
}

/// The name of the server runtime's threads, at most fifteen bytes.
pub(crate) const SERVER_THREADS: &str = "huifa-server";
/// Clock ticks a second: fixed in Linux's interface to programs.
const TICKS: f64 = 100.0;

impl Meter {
    /// A meter that knows the parent of the database's processes from one of them.
    pub(crate) fn beside(backend: u32) -> Meter {
        let postmaster = fs::read_to_string(format!("/proc/{backend}/stat"))
            .ok()
            .and_then(|stat| after_name(&stat).split(' ').nth(1)?.parse().ok());
        Meter { postmaster }
    }

    /// What was used so far.
    pub(crate) fn read(self) -> Cpu {
        Cpu { server: server_seconds(), database: self.postmaster.map_or(0.0, database_seconds) }
    }

    /// The greatest memory this process ever had, in MB.
    pub(crate) fn memory() -> Option<f64> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
    }
}

/// The fields of a `stat` file behind the name, which may itself hold blanks.
fn after_name(stat: &str) -> &str {
    stat.rsplit_once(") ").map_or("", |(_, rest)| rest)
}

/// The sum of the `stat` fields from `first` to `last`, in seconds.
fn seconds(stat: &str, first: usize, last: usize) -> f64 {
    let ticks = after_name(stat).split(' ').skip(first).take(last + 1 - first);
    ticks.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS
}

fn server_seconds() -> f64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0.0 };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("stat")).ok())
        .filter(|stat| stat.contains(&format!("({SERVER_THREADS})")))
        .map(|stat| seconds(&stat, 11, 12))
        .sum()
}

/// The parent with what its ended children used, and the living children.
fn database_seconds(postmaster: u32) -> f64 {
    let own = fs::read_to_string(format!("/proc/{postmaster}/stat")).map_or(0.0, |stat| seconds(&stat, 11, 14));
    let Ok(processes) = fs::read_dir("/proc") else { return own };
    let children: f64 = processes
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .filter(|stat| after_name(stat).split(' ').nth(1) == Some(&postmaster.to_string()))
        .map(|stat| seconds(&stat, 11, 12))
        .sum();
    own + children
}

/// What a side of a pair came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Side {
    /// All its turns.
    pub(crate) tally: Tally,
    /// What they used.
    pub(crate) cpu: Cpu,
}

impl Side {
    /// Milliseconds of the server's and of the database's CPU for one.
    pub(crate) fn cpu_each(self) -> (f64, f64) {
        let each = |seconds: f64| if self.tally.done > 0.0 { seconds * 1000.0 / self.tally.done } else { 0.0 };
        (each(self.cpu.server), each(self.cpu.database))
    }

    /// Milliseconds of time for one, where one is done after the other.
    pub(crate) fn milliseconds(self) -> f64 {
        let rate = self.tally.rate();
        if rate > 0.0 { 1000.0 / rate } else { 0.0 }
    }
}

/// A subject beside its control.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// What is measured.
    pub(crate) subject: Side,
    /// What it is held against.
    pub(crate) control: Side,
    /// Subject's rate over control's, of each round, in rising order.
    rates: Vec<f64>,
}

/// The median with the least and the greatest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    /// The middle one.
    pub(crate) median: f64,
    /// The least.
    pub(crate) least: f64,
    /// The greatest.
    pub(crate) greatest: f64,
}

impl Spread {
    /// Of values, if there are any.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_by(f64::total_cmp);
        Some(Spread { median: *values.get(values.len() / 2)?, least: *values.first()?, greatest: *values.last()? })
    }
}

impl Pair {
    /// How the subject's rate stands to the control's: 1 is as fast, below is slower.
    pub(crate) fn speed(&self) -> Option<Spread> {
        Spread::of(self.rates.clone())
    }

    /// How the subject's time stands to the control's: 1 is as long, above is longer.
    pub(crate) fn time(&self) -> Option<Spread> {
        Spread::of(self.rates.iter().filter(|rate| **rate > 0.0).map(|rate| 1.0 / rate).collect())
    }
}

/// Runs both in turns A B B A, so many rounds, after one turn of each that does not count.
pub(crate) async fn pair(
    meter: Meter,
    rounds: usize,
    mut subject: impl AsyncFnMut() -> anyhow::Result<Tally>,
    mut control: impl AsyncFnMut() -> anyhow::Result<Tally>,
) -> anyhow::Result<Pair> {
    subject().await?;
    control().await?;
    let mut pair = Pair { subject: Side::default(), control: Side::default(), rates: Vec::new() };
    for _ in 0..rounds {
        let first = turn(meter, &mut subject).await?;
        let second = turn(meter, &mut control).await?;
        let third = turn(meter, &mut control).await?;
        let fourth = turn(meter, &mut subject).await?;
        let (subject, control) = (joined(first, fourth), joined(second, third));
        pair.rates.push(subject.tally.rate() / control.tally.rate().max(f64::MIN_POSITIVE));
        pair.subject = joined(pair.subject, subject);
        pair.control = joined(pair.control, control);
    }
    Ok(pair)
}

/// One thing by itself, so many turns after one that does not count; the spread is of
/// milliseconds for one.
pub(crate) async fn alone(
    meter: Meter,
    rounds: usize,
    mut subject: impl AsyncFnMut() -> anyhow::Result<Tally>,
) -> anyhow::Result<(Side, Option<Spread>)> {
    subject().await?;
    let (mut side, mut each) = (Side::default(), Vec::new());
    for _ in 0..rounds {
        let one = turn(meter, &mut subject).await?;
        each.push(one.milliseconds());
        side = joined(side, one);
    }
    Ok((side, Spread::of(each)))
}

async fn turn(meter: Meter, work: &mut impl AsyncFnMut() -> anyhow::Result<Tally>) -> anyhow::Result<Side> {
    let before = meter.read();
    let tally = work().await?;
    Ok(Side { tally, cpu: meter.read().since(before) })
}

fn joined(one: Side, other: Side) -> Side {
    Side { tally: one.tally.and(other.tally), cpu: one.cpu.and(other.cpu) }
}

/// A time that a turn lasts.
pub(crate) fn until(length: Duration) -> Instant {
    Instant::now() + length
}
