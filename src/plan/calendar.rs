//! Working days: the weekend corrected by the State Council's yearly notice.
//!
//! A year without its notice has no working days: every question about it is answered
//! with [`YearWithoutCalendar`], so that nobody rosters on a guess.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::month::Month;
use super::notice;

/// A day that is not what its weekday says: a day off, or a weekend day worked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialDay {
    /// The day.
    pub date: NaiveDate,
    /// `true` for a weekend day worked to make up, `false` for a day of the break.
    pub is_workday: bool,
    /// The holiday it belongs to.
    pub name: String,
}

/// The holiday notice of this year has not been entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("尚未导入{0}年节假日安排，无法判断工作日")]
pub struct YearWithoutCalendar(pub i32);

/// The known years and their special days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    years: BTreeSet<i32>,
    days: BTreeMap<NaiveDate, SpecialDay>,
}

type Known<T> = Result<T, YearWithoutCalendar>;

impl Calendar {
    /// A calendar of these years; days of other years are left out.
    #[must_use]
    pub fn new(years: impl IntoIterator<Item = i32>, days: impl IntoIterator<Item = SpecialDay>) -> Self {
        let years: BTreeSet<i32> = years.into_iter().collect();
        let days = days.into_iter().filter(|day| years.contains(&day.date.year())).map(|day| (day.date, day)).collect();
        Self { years, days }
    }

    /// The years 2024 to 2026 as published. A section that cannot be read would leave its
    /// year unknown; a test shows that none is.
    #[must_use]
    pub fn shipped() -> Self {
        let mut years = Vec::new();
        let mut days = Vec::new();
        for (year, text) in notice::sections(include_str!("calendar_2024_2026.txt")) {
            if let Ok(read) = notice::parse(year, text) {
                years.push(year);
                days.extend(read);
            }
        }
        Self::new(years, days)
    }

    /// The years whose notice is known, in order.
    pub fn years(&self) -> impl Iterator<Item = i32> + '_ {
        self.years.iter().copied()
    }

    /// Whether the notice of a year is known.
    #[must_use]
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// The special day on this date, if it is one.
    #[must_use]
    pub fn special(&self, date: NaiveDate) -> Option<&SpecialDay> {
        self.days.get(&date)
    }

    /// The special days of a year, in order.
    pub fn special_days(&self, year: i32) -> impl Iterator<Item = &SpecialDay> {
        self.days.values().filter(move |day| day.date.year() == year)
    }

    /// Whether people work on this date.
    ///
    /// # Errors
    /// When the notice of its year is not known; so for every function below.
    pub fn is_working_day(&self, date: NaiveDate) -> Known<bool> {
        if !self.knows(date.year()) {
            return Err(YearWithoutCalendar(date.year()));
        }
        Ok(match self.special(date) {
            Some(day) => day.is_workday,
            None => !is_weekend(date),
        })
    }

    /// The working days of a month, in order.
    ///
    /// # Errors
    /// When the year has no calendar.
    pub fn working_days(&self, month: Month) -> Known<Vec<NaiveDate>> {
        self.keep_working(month.days())
    }

    /// How many working days lie from the first to the last date, both included.
    ///
    /// # Errors
    /// When a year between them has no calendar.
    pub fn working_days_between(&self, first: NaiveDate, last: NaiveDate) -> Known<usize> {
        let days = first.iter_days().take_while(|day| *day <= last);
        self.keep_working(days).map(|days| days.len())
    }

    /// A01: the Wednesdays of a month on which the stations are staffed.
    ///
    /// # Errors
    /// When the year has no calendar.
    pub fn station_days(&self, month: Month) -> Known<Vec<NaiveDate>> {
        self.station_days_on(month, Weekday::Wed)
    }

    /// The station days of a month under a plan that names another weekday.
    ///
    /// # Errors
    /// When the year has no calendar.
    pub fn station_days_on(&self, month: Month, weekday: Weekday) -> Known<Vec<NaiveDate>> {
        self.keep_working(month.days().filter(|day| day.weekday() == weekday))
    }

    /// A03: the Wednesdays of a month that are holidays, on which no shift is rostered and
    /// another day may be offered.
    ///
    /// # Errors
    /// When the year has no calendar.
    pub fn holiday_wednesdays(&self, month: Month) -> Known<Vec<NaiveDate>> {
        let mut holidays = Vec::new();
        for day in month.days().filter(|day| day.weekday() == Weekday::Wed) {
            if !self.is_working_day(day)? {
                holidays.push(day);
            }
        }
        Ok(holidays)
    }

    /// The date itself or the nearest working day before it: the target shown beside a
    /// limit of the plan (A28).
    ///
    /// # Errors
    /// When a year on the way has no calendar.
    pub fn working_day_on_or_before(&self, date: NaiveDate) -> Known<NaiveDate> {
        self.nearest(date, NaiveDate::pred_opt)
    }

    /// The date itself or the nearest working day after it, to which a procedural limit
    /// moves (A29).
    ///
    /// # Errors
    /// When a year on the way has no calendar.
    pub fn working_day_on_or_after(&self, date: NaiveDate) -> Known<NaiveDate> {
        self.nearest(date, NaiveDate::succ_opt)
    }

    /// The last of so many working days after a date, which is not counted itself.
    ///
    /// # Errors
    /// When a year on the way has no calendar.
    pub fn add_working_days(&self, date: NaiveDate, days: u32) -> Known<NaiveDate> {
        self.count_working_days(date, days, NaiveDate::succ_opt)
    }

    /// The first of so many working days before a date, which is not counted itself.
    ///
    /// # Errors
    /// When a year on the way has no calendar.
    pub fn subtract_working_days(&self, date: NaiveDate, days: u32) -> Known<NaiveDate> {
        self.count_working_days(date, days, NaiveDate::pred_opt)
    }

    fn keep_working(&self, days: impl Iterator<Item = NaiveDate>) -> Known<Vec<NaiveDate>> {
        let mut working = Vec::new();
        for day in days {
            if self.is_working_day(day)? {
                working.push(day);
            }
        }
        Ok(working)
    }

    fn nearest(&self, date: NaiveDate, step: fn(&NaiveDate) -> Option<NaiveDate>) -> Known<NaiveDate> {
        let mut day = date;
        while !self.is_working_day(day)? {
            day = step(&day).ok_or(YearWithoutCalendar(day.year()))?;
        }
        Ok(day)
    }

    fn count_working_days(
        &self,
        date: NaiveDate,
        days: u32,
        step: fn(&NaiveDate) -> Option<NaiveDate>,
    ) -> Known<NaiveDate> {
        let mut day = date;
        for _ in 0..days {
            let beside = step(&day).ok_or(YearWithoutCalendar(day.year()))?;
            day = self.nearest(beside, step)?;
        }
        Ok(day)
    }
}

/// Saturday or Sunday, whatever the notice says.
#[must_use]
pub fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(year: i32) -> impl Iterator<Item = Month> {
        (1..=12).map(move |month| Month::new(year, month).unwrap())
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_shipped_year_is_read() {
        let calendar = Calendar::shipped();
        assert_eq!(calendar.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
        assert_eq!(calendar.days.len(), 108);
    }

    #[test]
    fn working_days_of_every_month() {
        let calendar = Calendar::shipped();
        let mut table = String::new();
        for year in calendar.years() {
            let working: Vec<_> = months(year).map(|month| calendar.working_days(month).unwrap().len()).collect();
            let stations: Vec<_> = months(year).map(|month| calendar.station_days(month).unwrap().len()).collect();
            let holidays: Vec<_> = months(year)
                .flat_map(|month| calendar.holiday_wednesdays(month).unwrap())
                .map(|day| day.format("%m-%d").to_string())
                .collect();
            table += &format!(
                "{year}: {working:?} = {}\n      {stations:?} = {}\n      {}\n",
                working.iter().sum::<usize>(),
                stations.iter().sum::<usize>(),
                holidays.join(" ")
            );
        }
        insta::assert_snapshot!(table, @r"
        2024: [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22] = 251
              [5, 3, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4] = 49
              02-14 05-01 10-02
        2025: [19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23] = 248
              [3, 4, 4, 5, 4, 4, 5, 4, 4, 3, 4, 5] = 49
              01-01 01-29 10-01 10-08
        2026: [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23] = 248
              [4, 3, 4, 5, 4, 4, 5, 4, 5, 3, 4, 5] = 50
              02-18 10-07
        ");
    }

    #[test]
    fn working_days_are_counted_across_months() {
        let calendar = Calendar::shipped();
        let between = |first, last| calendar.working_days_between(date(first), date(last));
        assert_eq!(between("2024-01-01", "2024-06-30"), Ok(123));
        assert_eq!(between("2024-01-01", "2026-12-31"), Ok(251 + 248 + 248));
        assert_eq!(between("2024-06-08", "2024-06-10"), Ok(0));
        assert_eq!(between("2024-06-11", "2024-06-10"), Ok(0));
    }

    #[test]
    fn counting_goes_over_make_up_days() {
        let calendar = Calendar::shipped();
        let asked = date("2024-09-27");
        let end = calendar.add_working_days(asked, 5).unwrap();
        assert_eq!(end, date("2024-10-10"));
        assert_eq!(calendar.subtract_working_days(end, 5), Ok(asked));
        assert_eq!(calendar.add_working_days(asked, 0), Ok(asked));
    }

    #[test]
    fn a_year_without_notice_is_refused() {
        let calendar = Calendar::shipped();
        assert_eq!(calendar.is_working_day(date("2027-01-04")), Err(YearWithoutCalendar(2027)));
        assert_eq!(calendar.working_day_on_or_after(date("2026-12-31")), Ok(date("2026-12-31")));
        assert_eq!(calendar.add_working_days(date("2026-12-31"), 1), Err(YearWithoutCalendar(2027)));
        assert_eq!(YearWithoutCalendar(2027).to_string(), "尚未导入2027年节假日安排，无法判断工作日");
    }
}
