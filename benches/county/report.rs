//! The table, and the document that it stands in.

use std::fmt::Write as _;

use crate::meter::{Pair, Side, Spread};

/// What is asked of a figure, by `docs/performance.md`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// The subject's rate over the control's is at least this.
    Rate(f64),
    /// The subject's time over the control's is at most this.
    Time(f64),
    /// One takes at most so many milliseconds.
    Milliseconds(f64),
    /// Subject and control are the same thing: the machine's own unrest.
    Null,
    /// Nothing: for knowing.
    None,
}

/// How loud the null pair may be.
const QUIET: std::ops::RangeInclusive<f64> = 0.9..=1.1;

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    work: String,
    subject: String,
    control: String,
    spread: Option<Spread>,
    target: Target,
    cpu: String,
    /// Said below the table where the target is missed.
    cause: &'static str,
}

impl Row {
    /// A pair compared by how many a second.
    pub(crate) fn rate(work: &str, pair: &Pair, unit: &str, target: Target) -> Row {
        Row {
            work: work.to_owned(),
            subject: format!("{} {unit}/s", number(pair.subject.tally.rate())),
            control: format!("{} {unit}/s", number(pair.control.tally.rate())),
            spread: pair.speed(),
            target,
            cpu: cpu_of_both(pair),
            cause: "",
        }
    }

    /// A pair compared by the time that one takes.
    pub(crate) fn time(work: &str, pair: &Pair, target: Target) -> Row {
        Row {
            work: work.to_owned(),
            subject: format!("{} ms", number(pair.subject.milliseconds())),
            control: format!("{} ms", number(pair.control.milliseconds())),
            spread: pair.time(),
            target,
            cpu: cpu_of_both(pair),
            cause: "",
        }
    }

    /// Something held against a number.
    pub(crate) fn alone(work: &str, side: Side, spread: Option<Spread>, target: Target) -> Row {
        Row {
            work: work.to_owned(),
            subject: format!("{} ms", number(side.milliseconds())),
            control: "–".to_owned(),
            spread,
            target,
            cpu: cpu(side),
            cause: "",
        }
    }

    /// Requests a second of something without a control.
    pub(crate) fn plain_rate(work: &str, side: Side) -> Row {
        Row {
            work: work.to_owned(),
            subject: format!("{} req/s", number(side.tally.rate())),
            control: "–".to_owned(),
            spread: None,
            target: Target::None,
            cpu: cpu(side),
            cause: "",
        }
    }

    /// What to say where it misses its target.
    pub(crate) fn because(self, cause: &'static str) -> Row {
        Row { cause, ..self }
    }

    /// With more words beside the subject.
    pub(crate) fn noting(self, note: &str) -> Row {
        Row { subject: format!("{}; {note}", self.subject), ..self }
    }

    /// Whether the target is met; `None` without one.
    fn met(&self) -> Option<bool> {
        let median = self.spread?.median;
        match self.target {
            Target::Rate(least) => Some(median >= least),
            Target::Time(most) | Target::Milliseconds(most) => Some(median <= most),
            Target::Null => Some(QUIET.contains(&median)),
            Target::None => None,
        }
    }

    fn target_text(&self) -> String {
        match self.target {
            Target::Rate(least) => format!("≥ {:.0} %", least * 100.0),
            Target::Time(most) => format!("≤ {most}×"),
            Target::Milliseconds(most) => format!("≤ {most} ms"),
            Target::Null => "0.9–1.1".to_owned(),
            Target::None => "–".to_owned(),
        }
    }

    fn line(&self) -> String {
        let ratio = self.spread.map_or_else(
            || "–".to_owned(),
            |spread| {
                let (unit, median, least, greatest) = match self.target {
                    Target::Milliseconds(_) => {
                        (" ms", number(spread.median), number(spread.least), number(spread.greatest))
                    }
                    _ => (
                        "",
                        format!("{:.2}", spread.median),
                        format!("{:.2}", spread.least),
                        format!("{:.2}", spread.greatest),
                    ),
                };
                format!("**{median}**{unit} ({least}–{greatest})")
            },
        );
        let met = match (self.met(), self.target) {
            (None, _) => "–",
            (Some(true), Target::Null) => "quiet",
            (Some(false), Target::Null) => "**too noisy**",
            (Some(true), _) => "yes",
            (Some(false), _) => "**no**",
        };
        format!(
            "| {} | {} | {} | {ratio} | {} | {met} | {} |",
            self.work,
            self.subject,
            self.control,
            self.target_text(),
            self.cpu
        )
    }
}

/// Three figures that count, for a reader.
fn number(value: f64) -> String {
    if value >= 1000.0 {
        let whole = format!("{value:.0}");
        let (thousands, rest) = whole.split_at(whole.len().saturating_sub(3));
        format!("{thousands},{rest}")
    } else if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn cpu(side: Side) -> String {
    let (server, database) = side.cpu_each();
    if server + database > 0.0 { format!("{}+{}", number(server), number(database)) } else { "–".to_owned() }
}

fn cpu_of_both(pair: &Pair) -> String {
    format!("{} / {}", cpu(pair.subject), cpu(pair.control))
}

/// What a page asked of the database.
#[derive(Clone, Debug)]
pub(crate) struct PageQueries {
    /// The page.
    pub(crate) path: String,
    /// Statements in the full bureau and in an almost empty one.
    pub(crate) statements: (usize, Option<usize>),
    /// Rows that the database touched for one page.
    pub(crate) touched: i64,
    /// Large tables that were read from end to end.
    pub(crate) scanned: Vec<String>,
    /// What went wrong, if it did not answer with a page.
    pub(crate) fault: Option<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// What the figures were taken on, in general words.
    pub(crate) machine: String,
    /// How much data there was.
    pub(crate) sizes: Vec<(&'static str, i64)>,
    /// The table.
    pub(crate) rows: Vec<Row>,
    /// The pages' queries.
    pub(crate) pages: Vec<PageQueries>,
    /// Scenes that could not be played, and data that do not hold.
    pub(crate) faults: Vec<String>,
}

impl Report {
    /// Whether a null pair was out of its bounds.
    pub(crate) fn is_noisy(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.target, Target::Null) && row.met() == Some(false))
    }

    /// The tables and what is to be said about them.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        let mut say = |line: &str| writeln!(text, "{line}").unwrap_or_default();
        say(&self.machine);
        say("");
        let sizes: Vec<_> = self.sizes.iter().map(|(name, count)| format!("{} {name}", grouped(*count))).collect();
        say(&format!("Data: {}.", sizes.join(", ")));
        say("");
        if self.is_noisy() {
            say("**The machine was too noisy:** a null pair, the same thing measured against itself, was not within");
            say("0.9–1.1. The ratios below are not to be relied on.");
            say("");
        }
        say(
            "| Work | Subject | Control | Ratio: median (min–max) | Target | Met | CPU ms each, server+database: subject / control |",
        );
        say("|---|---|---|---|---|---|---|");
        for row in &self.rows {
            say(&row.line());
        }
        say("");
        say("| Page | Statements: full bureau / almost empty one | Rows touched | Large tables read from end to end |");
        say("|---|---|---|---|");
        for page in &self.pages {
            let statements = match (&page.fault, page.statements) {
                (Some(fault), _) => fault.clone(),
                (None, (full, Some(empty))) => format!("{full} / {empty}"),
                (None, (full, None)) => full.to_string(),
            };
            let scanned =
                if page.scanned.is_empty() { "none".to_owned() } else { format!("**{}**", page.scanned.join(", ")) };
            say(&format!("| `{}` | {statements} | {} | {scanned} |", page.path, grouped(page.touched)));
        }
        let missed: Vec<&Row> =
            self.rows.iter().filter(|row| row.met() == Some(false) && !matches!(row.target, Target::Null)).collect();
        let heavy: Vec<&PageQueries> = self.pages.iter().filter(|page| page.statements.0 > MOST_STATEMENTS).collect();
        if !missed.is_empty() || !heavy.is_empty() || !self.faults.is_empty() {
            say("");
            say("### Not met");
            say("");
            for row in missed {
                say(format!("- {} (target {}). {}", row.work, row.target_text(), row.cause).trim_end());
            }
            for page in heavy {
                say(&format!(
                    "- `{}` asks {} statements; the target is {MOST_STATEMENTS}.",
                    page.path, page.statements.0
                ));
            }
            for fault in &self.faults {
                say(&format!("- {fault}."));
            }
        }
        text
    }

    /// The whole of `docs/performance.md`.
    pub(crate) fn document(&self) -> String {
        format!("{}\n{}\n{}", include_str!("text/head.md"), self.markdown(), include_str!("text/notes.md"))
    }
}

/// A page asks no more statements than these, the session's among them.
const MOST_STATEMENTS: usize = 4;

fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
