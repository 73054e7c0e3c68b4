//! PURE. A month's shifts as the pages draw them: the matrix of venues and days, the
//! calendar of one venue, the steps, the people's sums.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};

use super::db::Shift;
use super::planner::{self, Gaps};
use super::rules::MonthTerms;
use super::{Roster, RosterStatus, Stamp};
use crate::plan::dictionaries::{ShiftChange, VenueKind};
use crate::plan::time::{SHANGHAI, month_and_day, short_date};
use crate::venues::db::Venue;
use crate::web::parts::{Day, DayKind, Entry, Matrix, MatrixRow, MonthGrid, Step};

/// Whether the reader may change what is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    /// Cells lead to forms.
    Draws,
    /// Cells only tell.
    Looks,
}

/// A venue with what stands and what is missing there.
#[derive(Debug)]
pub(super) struct VenueMonth {
    pub(super) venue: Venue,
    pub(super) shifts: Vec<Shift>,
    pub(super) gaps: Gaps,
}

impl VenueMonth {
    /// `5月8日、15日`, or how many where they are many.
    pub(super) fn missing_text(&self) -> String {
        days_text(&self.gaps.missing)
    }
}

/// Days of one month in words, `5月8日、15日、22日`; only the first few of many.
pub(super) fn days_text(days: &[NaiveDate]) -> String {
    let rest = days.iter().skip(1).take(5).map(|day| format!("{}日", day.day()));
    let shown: Vec<String> = days.first().map(|day| month_and_day(*day)).into_iter().chain(rest).collect();
    let text = shown.join("、");
    if days.len() > 6 { format!("{text}等{}天", days.len()) } else { text }
}

/// The venues in use, and those that have shifts all the same.
pub(super) fn venue_months(terms: &MonthTerms, venues: Vec<Venue>, shifts: &[Shift]) -> Vec<VenueMonth> {
    let taken: Vec<_> = shifts.iter().map(Shift::taken).collect();
    venues
        .into_iter()
        .map(|venue| {
            let here: Vec<Shift> = shifts.iter().filter(|shift| shift.venue_id == venue.id).cloned().collect();
            let gaps = if venue.active { planner::gaps(terms, &venue, &taken) } else { Gaps::default() };
            VenueMonth { venue, shifts: here, gaps }
        })
        .filter(|row| row.venue.active || !row.shifts.is_empty())
        .collect()
}

/// What kind of day it is by the calendar.
pub(super) fn day_kind(terms: &MonthTerms, day: NaiveDate) -> DayKind {
    match terms.calendar.is_working_day(day) {
        Ok(true) if terms.calendar.special(day).is_some() => DayKind::MakeUp,
        Ok(true) => DayKind::Workday,
        Ok(false) => DayKind::Rest,
        Err(_) => DayKind::by_weekday(day),
    }
}

/// The matrix of venues and days.
pub(super) fn matrix(terms: &MonthTerms, rows: &[VenueMonth], today: NaiveDate, hand: Hand) -> Matrix {
    let month = terms.month;
    let caption = format!("{}值班排班表", month.chinese());
    let mut matrix = Matrix::new(caption, "服务点", month.first(), today, |day| day_kind(terms, day));
    matrix.total_label = "班次".to_owned();
    matrix.rows = rows
        .iter()
        .map(|row| MatrixRow {
            label: row.venue.short_name.clone(),
            note: match row.gaps.missing.len() {
                0 => String::new(),
                missing => format!("缺{missing}天"),
            },
            href: Some(format!("/roster/{month}/venues/{}", row.venue.id)),
            cells: month.days().map(|day| cell(row, day, hand)).collect(),
            total: row.shifts.len().to_string(),
        })
        .collect();
    matrix
}

/// One square of the matrix: the name, how many, or that somebody is missing.
fn cell(row: &VenueMonth, day: NaiveDate, hand: Hand) -> Entry {
    let here: Vec<&Shift> = row.shifts.iter().filter(|shift| shift.duty_on == day).collect();
    let place = format!("{} {}", short_date(day), row.venue.short_name);
    let Some(first) = here.first() else {
        if !row.gaps.missing.contains(&day) {
            return Entry::default();
        }
        let gap = Entry::new("缺", format!("{place}：还没有排人")).kind("gap");
        return match hand {
            Hand::Draws => gap.movable("", place_of(row.venue.id, day)).to(new_shift_href(row.venue.id, day, "month")),
            Hand::Looks => gap,
        };
    };
    let text = match here.len() {
        1 => first.person.clone(),
        count => format!("{}等{count}人", first.person),
    };
    let names: Vec<String> = here.iter().map(|shift| told(shift)).collect();
    let changed = here.iter().any(|shift| shift.change != ShiftChange::Normal);
    let entry = match (hand, here.as_slice()) {
        (Hand::Draws, [only]) => {
            Entry::default().movable(format!("{}:{}", only.id, only.version), place_of(row.venue.id, day))
        }
        _ => Entry::default(),
    };
    Entry { text, title: format!("{place}：{}", names.join("；")), ..entry }
        .kind(if changed { "changed" } else { "" })
        .to(format!("/roster/{}/venues/{}", first.month, row.venue.id))
}

/// `张三 08:00–12:00，改期（……）`.
fn told(shift: &Shift) -> String {
    let plain = format!("{} {}", shift.person, shift.hours_text());
    match shift.change {
        ShiftChange::Normal => plain,
        ShiftChange::Moved | ShiftChange::Extra | ShiftChange::Cancelled => {
            format!("{plain}，{}：{}", shift.change_text(), shift.change_reason)
        }
    }
}

/// A square of the matrix, as the form of a move names it.
pub(super) fn place_of(venue: i64, day: NaiveDate) -> String {
    format!("{venue}:{day}")
}

/// The form of one more shift.
pub(super) fn new_shift_href(venue: i64, day: NaiveDate, back: &str) -> String {
    let month = crate::plan::Month::of(day);
    format!("/roster/{month}/shifts/new?venue={venue}&day={day}&back={back}")
}

/// The calendar of one venue.
pub(super) fn calendar(terms: &MonthTerms, row: &VenueMonth, today: NaiveDate, hand: Hand) -> MonthGrid {
    MonthGrid::new(terms.month.first(), today, |day| {
        let mut entries: Vec<Entry> = row
            .shifts
            .iter()
            .filter(|shift| shift.duty_on == day)
            .map(|shift| {
                let changed = shift.change != ShiftChange::Normal;
                Entry::new(shift.person.clone(), told(shift)).kind(if changed { "changed" } else { "" })
            })
            .collect();
        if row.gaps.missing.contains(&day) {
            let gap = Entry::new("缺人", format!("{}：还没有排人", short_date(day))).kind("gap");
            entries.push(match hand {
                Hand::Draws => gap.to(new_shift_href(row.venue.id, day, "venue")),
                Hand::Looks => gap,
            });
        }
        let kind = day_kind(terms, day);
        let special = terms.calendar.special(day);
        let note = match kind {
            DayKind::MakeUp => "调休上班".to_owned(),
            DayKind::Rest => special.map(|special| special.name.clone()).unwrap_or_default(),
            DayKind::Workday => String::new(),
        };
        Day { kind, note, entries }
    })
}

/// How far the roster has come, with who and when.
pub(super) fn steps(roster: &Roster, post_by: Option<NaiveDate>) -> Vec<Step> {
    use RosterStatus::{Approved, Draft, Published, Submitted};
    let when = |stamp: &Stamp| stamp.at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string();
    let step = |label: &str, stamp: Option<&Stamp>, state: &'static str| Step {
        label: label.to_owned(),
        who: stamp.map(|stamp| stamp.who.clone()).unwrap_or_default(),
        when: stamp.map(when).unwrap_or_default(),
        state,
    };
    let (made, handed_in, checked, posted) = match roster.status {
        Draft => ("current", "todo", if roster.returned.is_some() { "refused" } else { "todo" }, "todo"),
        Submitted => ("done", "done", "current", "todo"),
        Approved => ("done", "done", "done", "current"),
        Published => ("done", "done", "done", "done"),
    };
    let reviewer = if roster.status == Draft { roster.returned.as_ref() } else { roster.approved.as_ref() };
    let mut posting = step("公示", roster.published.as_ref(), posted);
    if let Some(day) = post_by.filter(|_| roster.published.is_none()) {
        posting.when = format!("最迟{}", short_date(day));
    }
    vec![
        step("编制", Some(&roster.made), made),
        step("提交", roster.submitted.as_ref(), handed_in),
        step("审核", reviewer, checked),
        posting,
    ]
}

/// How often a person stands in the month.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) person: String,
    pub(super) organisation: String,
    pub(super) centre: usize,
    pub(super) station: usize,
    pub(super) legal_aid: usize,
}

impl Load {
    /// Everywhere together.
    pub(super) fn total(&self) -> usize {
        self.centre + self.station + self.legal_aid
    }
}

/// The sums of everybody, the busiest first.
pub(super) fn loads(shifts: &[Shift]) -> Vec<Load> {
    let mut by_person: BTreeMap<i64, Load> = BTreeMap::new();
    for shift in shifts {
        let load = by_person.entry(shift.person_id).or_default();
        load.person.clone_from(&shift.person);
        load.organisation.clone_from(&shift.organisation);
        match shift.venue_kind {
            VenueKind::ServiceCentre => load.centre += 1,
            VenueKind::Station => load.station += 1,
            VenueKind::LegalAidCentre => load.legal_aid += 1,
        }
    }
    let mut loads: Vec<Load> = by_person.into_values().collect();
    loads.sort_by(|one, other| other.total().cmp(&one.total()).then_with(|| one.person.cmp(&other.person)));
    loads
}

/// What the clerk and the approver should know before they go on (A21, A25, A26).
pub(super) fn warnings(terms: &MonthTerms, rows: &[VenueMonth]) -> Vec<String> {
    let usual = terms.programme.persons_per_shift as usize;
    let mut warnings = Vec::new();
    for row in rows {
        let mut crowded: Vec<NaiveDate> = Vec::new();
        for shift in &row.shifts {
            let together = row.shifts.iter().filter(|other| {
                other.duty_on == shift.duty_on && other.starts_at < shift.ends_at && shift.starts_at < other.ends_at
            });
            if together.count() > usual && crowded.last() != Some(&shift.duty_on) {
                crowded.push(shift.duty_on);
            }
        }
        if !crowded.is_empty() {
            warnings.push(format!(
                "{}{}同一班次超过{usual}人，每人分别补贴（口径A21）。",
                row.venue.short_name,
                days_text(&crowded)
            ));
        }
        if terms.programme.rate(row.venue.kind).is_none() && !row.shifts.is_empty() {
            let text = format!("{}的值班计入任务数，不发补贴（口径A25）。", row.venue.short_name);
            warnings.push(text);
        }
    }
    let mut officials: Vec<&str> = rows
        .iter()
        .flat_map(|row| &row.shifts)
        .filter(|shift| shift.public_official)
        .map(|shift| shift.person.as_str())
        .collect();
    officials.sort_unstable();
    officials.dedup();
    if !officials.is_empty() {
        warnings.push(format!("{}是公职人员，值班不发补贴（口径A26）。", officials.join("、")));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_days_are_counted() {
        let days: Vec<NaiveDate> = (1..=8).filter_map(|day| NaiveDate::from_ymd_opt(2024, 5, day)).collect();
        assert_eq!(days_text(&days), "5月1日、2日、3日、4日、5日、6日等8天");
        assert_eq!(days_text(&days[..2]), "5月1日、2日");
        assert_eq!(days_text(&[]), "");
    }
}
