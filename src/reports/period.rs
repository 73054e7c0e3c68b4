//! PURE. Which reports there are, of which periods, and by when each is due.

use chrono::NaiveDate;

use crate::plan::deadlines::{self, Quarter};
use crate::plan::dictionary::dictionary;
use crate::plan::month::Month;
use crate::plan::{Calendar, Programme};

dictionary! {
    /// What is reported.
    ReportKind {
        /// 逐月上报 (A51).
        Monthly = "monthly", "惠民工程月报";
        /// The use of the fund, to the prefecture's bureau within 15 days (五(二)).
        Quarterly = "quarterly", "专项资金使用情况季度报表";
        /// 年中督查.
        MidYear = "mid_year", "年中工作报告";
        /// 年底考核.
        Yearly = "yearly", "年度工作报告";
        /// 绩效自评.
        SelfEvaluation = "self_evaluation", "专项资金绩效自评表";
        /// 专账.
        AccountBook = "account_book", "专项资金专账";
        /// 法律援助法 58: what the public is told.
        Publication = "publication", "补贴发放公示";
    }
}

/// A stretch of time that a report covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A month.
    Month(Month),
    /// A quarter.
    Quarter(Quarter),
    /// The first half of a year.
    Half(i32),
    /// A year.
    Year(i32),
}

impl Period {
    /// Reads `2024-05`, `2024-Q2`, `2024-H1` or `2024`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Period> {
        if let Some((year, number)) = text.split_once("-Q") {
            return Quarter::new(year.parse().ok()?, number.parse().ok()?).map(Period::Quarter);
        }
        if let Some(year) = text.strip_suffix("-H1") {
            return year_of(year).map(Period::Half);
        }
        match text.parse() {
            Ok(month) => Some(Period::Month(month)),
            Err(_) => year_of(text).map(Period::Year),
        }
    }

    /// As it stands in addresses.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Period::Month(month) => month.to_string(),
            Period::Quarter(quarter) => format!("{}-Q{}", quarter.year(), quarter.number()),
            Period::Half(year) => format!("{year}-H1"),
            Period::Year(year) => year.to_string(),
        }
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        match self {
            Period::Month(month) => month.year(),
            Period::Quarter(quarter) => quarter.year(),
            Period::Half(year) | Period::Year(year) => year,
        }
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> NaiveDate {
        match self {
            Period::Month(month) => month.first(),
            Period::Quarter(quarter) => quarter.months().next().map_or(NaiveDate::MIN, Month::first),
            Period::Half(year) | Period::Year(year) => Month::new(year, 1).map_or(NaiveDate::MIN, Month::first),
        }
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> NaiveDate {
        match self {
            Period::Month(month) => month.last(),
            Period::Quarter(quarter) => quarter.last(),
            Period::Half(year) => Month::new(year, 6).map_or(NaiveDate::MAX, Month::last),
            Period::Year(year) => Month::new(year, 12).map_or(NaiveDate::MAX, Month::last),
        }
    }

    /// `2024年5月`, `2024年第2季度`, `2024年上半年`, `2024年`.
    #[must_use]
    pub fn chinese(self) -> String {
        match self {
            Period::Month(month) => month.chinese(),
            Period::Quarter(quarter) => quarter.chinese(),
            Period::Half(year) => format!("{year}年上半年"),
            Period::Year(year) => format!("{year}年"),
        }
    }
}

fn year_of(text: &str) -> Option<i32> {
    text.parse().ok().filter(|year| (2000..2200).contains(year))
}

impl ReportKind {
    /// Whether a report of this kind covers such a period.
    #[must_use]
    pub fn covers(self, period: Period) -> bool {
        match self {
            Self::Monthly => matches!(period, Period::Month(_)),
            Self::Quarterly => matches!(period, Period::Quarter(_)),
            Self::MidYear => matches!(period, Period::Half(_)),
            Self::Yearly | Self::SelfEvaluation => matches!(period, Period::Year(_)),
            Self::AccountBook => matches!(period, Period::Year(_) | Period::Month(_)),
            Self::Publication => matches!(period, Period::Quarter(_) | Period::Year(_)),
        }
    }

    /// By when it is due, where the plan says so.
    #[must_use]
    pub fn due(self, programme: &Programme, calendar: &Calendar, period: Period) -> Option<NaiveDate> {
        match (self, period) {
            (Self::Monthly, Period::Month(month)) => Some(deadlines::monthly_report(programme, calendar, month).due),
            (Self::Quarterly, Period::Quarter(quarter)) => {
                Some(deadlines::quarter_report(programme, calendar, quarter).due)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_and_write_themselves() {
        for text in ["2024-05", "2024-Q2", "2024-H1", "2024"] {
            assert_eq!(Period::parse(text).unwrap().code(), text);
        }
        for text in ["2024-Q5", "2024-13", "24", "2024-H2", "", "x"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
        let quarter = Period::parse("2024-Q1").unwrap();
        assert_eq!(
            (quarter.first().to_string(), quarter.last().to_string()),
            ("2024-01-01".into(), "2024-03-31".into())
        );
    }

    #[test]
    fn the_quarterly_report_is_due_within_fifteen_days() {
        let (plan, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        for (period, due) in
            [("2024-Q1", "2024-04-15"), ("2024-Q2", "2024-07-15"), ("2024-Q3", "2024-10-15"), ("2024-Q4", "2025-01-15")]
        {
            let period = Period::parse(period).unwrap();
            assert_eq!(ReportKind::Quarterly.due(&plan, &calendar, period).unwrap().to_string(), due);
        }
    }
}
