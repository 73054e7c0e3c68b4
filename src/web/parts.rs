//! The plain data behind the larger components of `templates/components/ui.html`:
//! what a page fills and a macro draws. Nothing here knows what a shift is.

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};

use crate::plan::clause;
use crate::plan::readings::READINGS;

/// A step of an approval: 做 → 核 → 批 → 付.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What is done: 「制表」.
    pub label: String,
    /// Who did it or has to; may be empty.
    pub who: String,
    /// When it was done, or by when it must be; may be empty.
    pub when: String,
    /// `done`, `current`, `todo` or `refused`.
    pub state: &'static str,
}

impl Step {
    /// The state in words, so that colour is not the only sign.
    #[must_use]
    pub fn state_label(&self) -> &'static str {
        match self.state {
            "done" => "已完成",
            "current" => "待办理",
            "refused" => "已退回",
            _ => "未开始",
        }
    }
}

/// Something that happened, in a time line; the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// When, as people write it.
    pub when: String,
    /// Who did it, with the role.
    pub who: String,
    /// What was done, one sentence.
    pub what: String,
    /// The reason or opinion that was written; may be empty.
    pub note: String,
    /// "" for ordinary, `good`, `bad` or `warn`.
    pub kind: &'static str,
}

/// A line of a calculation that an official can follow with the plan in hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplainLine {
    /// The clause it stands on: 「五（二）1」.
    pub clause: String,
    /// What it says: 「工作站值班」.
    pub text: String,
    /// The quantity with its unit: 「4次」.
    pub quantity: String,
    /// The rate: 「300.00」.
    pub rate: String,
    /// The amount with its sign: 「1,200.00」, 「−50.00」.
    pub amount: String,
    /// "" for ordinary, `minus` or `total`.
    pub kind: &'static str,
}

/// How many rows of a list are shown at once: what the reader has chosen on this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows(u16);

impl Rows {
    /// What is offered; the first holds where nothing was chosen.
    pub const OFFERED: [u16; 3] = [50, 100, 200];

    /// The choice that was written; the first for anything that is not offered.
    #[must_use]
    pub fn of(typed: &str) -> Rows {
        Rows(Self::OFFERED.into_iter().find(|rows| rows.to_string() == typed).unwrap_or(50))
    }

    /// How many are shown.
    #[must_use]
    pub fn shown(self) -> u16 {
        self.0
    }

    /// How many to ask the database for: one more, to know whether others follow.
    #[must_use]
    pub fn asked(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// Takes away what was asked for beyond the page; says whether others follow.
    pub fn cut<T>(self, rows: &mut Vec<T>) -> bool {
        let follow = rows.len() > usize::from(self.0);
        rows.truncate(usize::from(self.0));
        follow
    }
}

impl Default for Rows {
    fn default() -> Self {
        Rows::of("")
    }
}

/// The way to the neighbouring pages of a long list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pager {
    /// The address of the page before.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
    /// What this page shows: 「本页100条」.
    pub text: String,
    /// How many rows were asked for.
    pub rows: Rows,
}

impl Pager {
    /// The numbers of rows to choose from, and whether each is the one in force; none for a
    /// list that is short at any choice.
    #[must_use]
    pub fn choices(&self) -> Vec<(u16, bool)> {
        if self.previous.is_none() && self.next.is_none() && self.rows == Rows::default() {
            return Vec::new();
        }
        Rows::OFFERED.into_iter().map(|rows| (rows, rows == self.rows.shown())).collect()
    }
}

/// What stands on a day: in a calendar or in a matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// A short text, a name as a rule; empty for nothing.
    pub text: String,
    /// The long text for the pointer and the screen reader.
    pub title: String,
    /// "" for ordinary, `gap` nobody yet, `changed`, `leave`, `conflict`, `done`.
    pub kind: &'static str,
    /// Where a press leads.
    pub href: Option<String>,
    /// What a pointer takes up here, as the form of a move names it; empty where nothing is moved.
    pub take: String,
    /// Where it may be put down, as that form names it; empty where nothing may.
    pub place: String,
}

impl Entry {
    /// An ordinary entry with a short and a long text.
    #[must_use]
    pub fn new(text: impl Into<String>, title: impl Into<String>) -> Self {
        Self { text: text.into(), title: title.into(), ..Self::default() }
    }

    /// The same entry of another kind.
    #[must_use]
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// The same entry, to be taken up as `take` and put down at `place`.
    #[must_use]
    pub fn movable(mut self, take: impl Into<String>, place: impl Into<String>) -> Self {
        self.take = take.into();
        self.place = place.into();
        self
    }

    /// The same entry leading somewhere.
    #[must_use]
    pub fn to(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// What kind of day it is, for its shade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayKind {
    /// A day on which offices work.
    #[default]
    Workday,
    /// A weekend or a holiday.
    Rest,
    /// A weekend day worked in exchange for a holiday.
    MakeUp,
}

impl DayKind {
    /// The class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Workday => "work",
            Self::Rest => "rest",
            Self::MakeUp => "makeup",
        }
    }

    /// A plain Saturday or Sunday rests; a page with the calendar knows better.
    #[must_use]
    pub fn by_weekday(date: NaiveDate) -> Self {
        match date.weekday() {
            Weekday::Sat | Weekday::Sun => Self::Rest,
            Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => Self::Workday,
        }
    }
}

/// A day of a calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// Which kind of day.
    pub kind: DayKind,
    /// A word about the day: 「劳动节」, 「调休上班」; may be empty.
    pub note: String,
    /// What stands on it.
    pub entries: Vec<Entry>,
}

/// A square of a month's grid: a day with its names, or a blank before or after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Square {
    /// 「8」; empty outside the month.
    pub number: String,
    /// 「5月8日 星期三」.
    pub full: String,
    /// Whether it is today.
    pub today: bool,
    /// The day itself.
    pub day: Day,
}

/// A month, week by row, Monday first. On a telephone it becomes a list of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthGrid {
    /// 「2024年5月」, read out as the table's name.
    pub label: String,
    /// The weeks, each of seven squares.
    pub weeks: Vec<Vec<Square>>,
}

impl MonthGrid {
    /// Lays out the month of `date`; `fill` tells what stands on each day.
    pub fn new(date: NaiveDate, today: NaiveDate, mut fill: impl FnMut(NaiveDate) -> Day) -> Self {
        let mut squares: Vec<Square> = days_of(date)
            .map(|date| Square {
                number: date.day().to_string(),
                full: long_date(date),
                today: date == today,
                day: fill(date),
            })
            .collect();
        let first = date.with_day(1).unwrap_or(date);
        let blanks = usize::try_from(first.weekday().num_days_from_monday()).unwrap_or(0);
        squares.splice(0..0, std::iter::repeat_n(Square::default(), blanks));
        while !squares.len().is_multiple_of(7) {
            squares.push(Square::default());
        }
        Self {
            label: format!("{}年{}月", date.year(), date.month()),
            weeks: squares.chunks(7).map(<[Square]>::to_vec).collect(),
        }
    }
}

/// The head of a matrix's column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatrixDay {
    /// 「8」.
    pub number: String,
    /// 「三」.
    pub weekday: &'static str,
    /// Which kind of day.
    pub kind: DayKind,
    /// Whether it is today.
    pub today: bool,
}

/// A row of a matrix: a venue or a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatrixRow {
    /// Its short name.
    pub label: String,
    /// A word below it: the unit, the category; may be empty.
    pub note: String,
    /// Where its name leads.
    pub href: Option<String>,
    /// One entry for each day; an empty text is an empty cell.
    pub cells: Vec<Entry>,
    /// The last column; empty when the matrix has none.
    pub total: String,
}

/// Persons or venues against the days of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The caption, read out as the table's name.
    pub caption: String,
    /// The head of the first column.
    pub corner: String,
    /// The head of the last column; empty for none.
    pub total_label: String,
    /// The heads of the days.
    pub days: Vec<MatrixDay>,
    /// The rows.
    pub rows: Vec<MatrixRow>,
}

impl Matrix {
    /// A matrix without rows for the month of `date`; `kind` tells the holidays.
    pub fn new(
        caption: impl Into<String>,
        corner: impl Into<String>,
        date: NaiveDate,
        today: NaiveDate,
        mut kind: impl FnMut(NaiveDate) -> DayKind,
    ) -> Self {
        Self {
            caption: caption.into(),
            corner: corner.into(),
            total_label: String::new(),
            days: days_of(date)
                .map(|date| MatrixDay {
                    number: date.day().to_string(),
                    weekday: weekday(date),
                    kind: kind(date),
                    today: date == today,
                })
                .collect(),
            rows: Vec::new(),
        }
    }

    /// The cells of a row with the heads of their columns.
    pub fn cells<'a>(&'a self, row: &'a MatrixRow) -> impl Iterator<Item = (&'a MatrixDay, &'a Entry)> {
        self.days.iter().zip(&row.cells)
    }
}

/// The days of the month of `date`, in order.
pub fn days_of(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let first = date.with_day(1).unwrap_or(date);
    let end = first + Months::new(1);
    std::iter::successors(Some(first), |day| day.checked_add_days(Days::new(1))).take_while(move |day| *day < end)
}

/// 「三」 for a Wednesday.
#[must_use]
pub fn weekday(date: NaiveDate) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "一",
        Weekday::Tue => "二",
        Weekday::Wed => "三",
        Weekday::Thu => "四",
        Weekday::Fri => "五",
        Weekday::Sat => "六",
        Weekday::Sun => "日",
    }
}

/// 「5月8日 星期三」.
#[must_use]
pub fn long_date(date: NaiveDate) -> String {
    format!("{}月{}日 星期{}", date.month(), date.day(), weekday(date))
}

/// What a figure or a rule rests on: clauses of the plan and readings, by their numbers with
/// blanks between, `二 A34`; each with its words.
#[must_use]
pub fn grounds(numbers: &str) -> Vec<(&'static str, &'static str)> {
    numbers
        .split_whitespace()
        .flat_map(|number| {
            let clauses = clause::ALL.iter().filter(move |clause| clause.number == number);
            let readings = READINGS.iter().filter(move |reading| reading.number == number);
            clauses
                .map(|clause| (clause.number, clause.text))
                .chain(readings.map(|reading| (reading.number, reading.text)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that the templates cite, with the file of each.
    fn cited(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                cited(&entry.path(), found);
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            for cite in ["ui::why(\"", "grounds=\""].iter().flat_map(|mark| text.split(mark).skip(1)) {
                let numbers = cite.split('"').next().unwrap();
                found
                    .extend(numbers.split_whitespace().map(|one| (entry.path().display().to_string(), one.to_owned())));
            }
        }
    }

    #[test]
    fn every_ground_that_a_page_cites_is_a_clause_or_a_reading() {
        let mut found = Vec::new();
        cited(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
        assert!(found.len() >= 20, "{found:?}");
        for (file, number) in found {
            assert!(!grounds(&number).is_empty(), "{file} cites {number}");
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_grid_has_whole_weeks_and_every_day_once() {
        for month in 1..=12 {
            let date = NaiveDate::from_ymd_opt(2024, month, 15).unwrap();
            let grid = MonthGrid::new(date, date, |_| Day::default());
            assert!(grid.weeks.iter().all(|week| week.len() == 7));
            let numbers: Vec<_> = grid.weeks.concat().into_iter().map(|square| square.number).collect();
            let filled = numbers.iter().filter(|number| !number.is_empty()).count();
            assert_eq!(filled, days_of(date).count());
        }
        let may = MonthGrid::new(day("2024-05-08"), day("2024-05-08"), |_| Day::default());
        // 1 May 2024 was a Wednesday.
        assert_eq!(may.weeks[0][1].number, "");
        assert_eq!(may.weeks[0][2].full, "5月1日 星期三");
        assert!(may.weeks[1][2].today);
    }
}
