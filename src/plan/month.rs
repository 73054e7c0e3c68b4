//! A calendar month, the unit of rosters, certification and settlement (A12).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A month of a year, `2024-05` in text and JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: NaiveDate,
}

/// The text is not a month of the form `2024-05`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a month")]
pub struct NotAMonth(pub String);

impl Month {
    /// The month of this year and number; `None` unless the year is 1–9999 and the month 1–12.
    #[must_use]
    pub fn new(year: i32, month: u32) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        NaiveDate::from_ymd_opt(year, month, 1).map(|first| Self { first })
    }

    /// The month a date lies in.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self { first: date.with_day(1).unwrap_or(date) }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.first.year()
    }

    /// The number of the month, 1–12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.first.month()
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> NaiveDate {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> NaiveDate {
        self.next().first.pred_opt().unwrap_or(self.first)
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.checked_add_months(Months::new(1)).unwrap_or(self.first) }
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.checked_sub_months(Months::new(1)).unwrap_or(self.first) }
    }

    /// Every day, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(move |day| self.contains(*day))
    }

    /// Whether the date lies in this month.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }

    /// How an official writes it: `2024年5月`.
    #[must_use]
    pub fn chinese(self) -> String {
        format!("{}年{}月", self.year(), self.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let digits = |part: &str, length: usize| {
            (part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u32>().ok())
                .flatten()
        };
        text.split_once('-')
            .and_then(|(year, month)| {
                let year = i32::try_from(digits(year, 4)?).ok()?;
                Self::new(year, digits(month, 2)?)
            })
            .ok_or_else(|| NotAMonth(text.to_owned()))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_knows_its_days_and_neighbours() {
        let february = month("2024-02");
        assert_eq!(february.days().count(), 29);
        assert_eq!(february.last().to_string(), "2024-02-29");
        assert_eq!(month("2024-12").next(), month("2025-01"));
        assert_eq!(month("2025-01").previous(), month("2024-12"));
        assert_eq!(february.chinese(), "2024年2月");
        assert!(february.contains(february.last()));
        assert!(!february.contains(february.next().first()));
    }

    #[test]
    fn only_the_plain_form_is_a_month() {
        for text in ["2024-5", "2024-13", "2024-00", "24-05", "2024-05-01", "+024-05", "2024/05", ""] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth(text.to_owned())));
        }
    }

    #[test]
    fn json_keeps_a_month() {
        let json = serde_json::to_string(&month("2024-05")).unwrap();
        assert_eq!(json, "\"2024-05\"");
        assert_eq!(serde_json::from_str::<Month>(&json).unwrap(), month("2024-05"));
        assert!(serde_json::from_str::<Month>("\"2024-14\"").is_err());
    }

    #[test]
    fn years_have_one_to_four_digits() {
        for (year, month, there) in
            [(0, 1, false), (1, 1, true), (9999, 12, true), (10_000, 1, false), (2024, 0, false), (2024, 13, false)]
        {
            assert_eq!(Month::new(year, month).is_some(), there, "{year}-{month}");
        }
    }
}
