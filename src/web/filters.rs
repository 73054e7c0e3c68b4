//! How values are written on every page: money, dates, instants.
#![expect(missing_docs, reason = "the filter macro declares items of its own")]

use askama::Values;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone};
use rust_decimal::Decimal;

use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::time::{SHANGHAI, chinese_date, weekday_name};

/// Yuan with separators and two decimals: `1,950.00`.
#[askama::filter_fn]
pub fn yuan(amount: &Decimal, _: &dyn Values) -> askama::Result<String> {
    Ok(money::yuan_text(*amount))
}

/// `2024年5月8日`.
#[askama::filter_fn]
pub fn date(date: &NaiveDate, _: &dyn Values) -> askama::Result<String> {
    Ok(chinese_date(*date))
}

/// `5月8日 星期三`.
#[askama::filter_fn]
pub fn day(date: &NaiveDate, _: &dyn Values) -> askama::Result<String> {
    Ok(format!("{} {}", date.format("%-m月%-d日"), weekday_name(*date)))
}

/// `5月8日`.
#[askama::filter_fn]
pub fn short_date(date: &NaiveDate, _: &dyn Values) -> askama::Result<String> {
    Ok(date.format("%-m月%-d日").to_string())
}

/// `08:30`.
#[askama::filter_fn]
pub fn clock_time(time: &NaiveTime, _: &dyn Values) -> askama::Result<String> {
    Ok(time.format("%H:%M").to_string())
}

/// An instant in Asia/Shanghai: `2024年5月8日 08:30`.
#[askama::filter_fn]
pub fn moment<Tz: TimeZone>(instant: &DateTime<Tz>, _: &dyn Values) -> askama::Result<String> {
    Ok(instant.with_timezone(&SHANGHAI).format("%Y年%-m月%-d日 %H:%M").to_string())
}

/// An instant's time of day in Asia/Shanghai: `08:30`.
#[askama::filter_fn]
pub fn moment_time<Tz: TimeZone>(instant: &DateTime<Tz>, _: &dyn Values) -> askama::Result<String> {
    Ok(instant.with_timezone(&SHANGHAI).format("%H:%M").to_string())
}

/// An instant without its year: `5月8日 08:30`.
#[askama::filter_fn]
pub fn short_moment<Tz: TimeZone>(instant: &DateTime<Tz>, _: &dyn Values) -> askama::Result<String> {
    Ok(instant.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string())
}

/// `2024年5月`.
#[askama::filter_fn]
pub fn month(month: &Month, _: &dyn Values) -> askama::Result<String> {
    Ok(month.chinese())
}
