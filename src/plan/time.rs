//! The time zone of the programme and how dates are written in Chinese.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Weekday};

/// China standard time, the only zone of the programme.
pub const SHANGHAI: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(zone) => zone,
    None => unreachable!(),
};

/// The instant at which the clocks of the bureau show this date and time.
#[must_use]
pub fn at(date: NaiveDate, time: NaiveTime) -> DateTime<FixedOffset> {
    let local = date.and_time(time);
    let utc = local.checked_sub_signed(TimeDelta::hours(8)).unwrap_or(local);
    DateTime::from_naive_utc_and_offset(utc, SHANGHAI)
}

/// The date on the wall of the bureau at an instant.
#[must_use]
pub fn local_date<Tz: chrono::TimeZone>(instant: &DateTime<Tz>) -> NaiveDate {
    instant.with_timezone(&SHANGHAI).date_naive()
}

/// `2024年5月8日`.
#[must_use]
pub fn chinese_date(date: NaiveDate) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// How many days a limit still has, or has been over, in the words of every list.
#[must_use]
pub fn days_left(due_on: NaiveDate, today: NaiveDate) -> String {
    days_left_words((due_on - today).num_days())
}

/// `还剩3天`, `今天到期` or `逾期3天` (below zero).
#[must_use]
pub fn days_left_words(days: i64) -> String {
    match days {
        0 => "今天到期".to_owned(),
        late if late < 0 => format!("逾期{}天", -late),
        left => format!("还剩{left}天"),
    }
}

/// `5月8日`.
#[must_use]
pub fn month_and_day(date: NaiveDate) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// `星期三`.
#[must_use]
pub fn weekday_name(date: NaiveDate) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "星期一",
        Weekday::Tue => "星期二",
        Weekday::Wed => "星期三",
        Weekday::Thu => "星期四",
        Weekday::Fri => "星期五",
        Weekday::Sat => "星期六",
        Weekday::Sun => "星期日",
    }
}

/// `周三`.
#[must_use]
pub fn weekday_short(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}

/// `5月8日 周三`.
#[must_use]
pub fn short_date(date: NaiveDate) -> String {
    format!("{} {}", month_and_day(date), weekday_short(date.weekday()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_an_official_writes_them() {
        let date = NaiveDate::from_ymd_opt(2024, 5, 8).unwrap();
        assert_eq!(chinese_date(date), "2024年5月8日");
        assert_eq!(weekday_name(date), "星期三");
        assert_eq!(short_date(date), "5月8日 周三");
    }

    #[test]
    fn the_first_hours_of_a_month_belong_to_it() {
        let date = NaiveDate::from_ymd_opt(2024, 6, 1).unwrap();
        let instant = at(date, NaiveTime::from_hms_opt(0, 30, 0).unwrap());
        assert_eq!(instant.to_rfc3339(), "2024-06-01T00:30:00+08:00");
        assert_eq!(instant.to_utc().date_naive().to_string(), "2024-05-31");
        assert_eq!(local_date(&instant.to_utc()), date);
    }
}
