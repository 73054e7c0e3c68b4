//! What was typed into a trial: pairs from the address, read field by field.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::plan::money::half_width;
use crate::plan::time::chinese_date;
use crate::web::form_errors::Errors;

/// The fields as typed, in the order of the address.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(pub(super) Vec<(String, String)>);

impl Asked {
    /// The value of a field; nothing where it is missing.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The value of a field, or what it begins with.
    pub(super) fn or(&self, name: &str, fallback: &str) -> String {
        self.find(name).unwrap_or(fallback).to_owned()
    }

    /// All values of a field.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A whole number from 0 to `most`; an empty field is 0.
pub(super) fn count(errors: &mut Errors, field: &str, typed: &str, most: u32) -> u32 {
    if typed.is_empty() {
        return 0;
    }
    match half_width(typed).parse::<u32>() {
        Ok(count) if count <= most => count,
        Ok(_) | Err(_) => {
            errors.add(field, format!("请填写0至{most}的整数"));
            0
        }
    }
}

/// A date; an empty field is none.
pub(super) fn date(errors: &mut Errors, field: &str, typed: &str) -> Option<NaiveDate> {
    if typed.is_empty() {
        return None;
    }
    let read = half_width(typed).parse().ok();
    if read.is_none() {
        errors.add(field, "没有这一天，请按2024-05-08的格式填写日期");
    }
    read
}

/// Hours of a day.
pub(super) fn hours(errors: &mut Errors, field: &str, typed: &str) -> Decimal {
    match half_width(typed).parse::<Decimal>() {
        Ok(hours) if !hours.is_sign_negative() && hours <= Decimal::from(24) => hours,
        Ok(_) | Err(_) => {
            errors.add(field, "请填写0至24之间的小时数，例如8或4.5");
            Decimal::ZERO
        }
    }
}

/// A date in a sentence; a dash for none.
pub(super) fn words(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| "—".to_owned(), chinese_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_limits_and_nothing_typed_is_none() {
        for (typed, read, message) in [
            ("", 0, ""),
            ("0", 0, ""),
            ("３１", 31, ""),
            ("32", 0, "请填写0至31的整数"),
            ("-1", 0, "请填写0至31的整数"),
            ("1.5", 0, "请填写0至31的整数"),
        ] {
            let mut errors = Errors::new();
            assert_eq!(count(&mut errors, "days", typed, 31), read, "{typed}");
            assert_eq!(errors.on("days"), message, "{typed}");
        }
    }
}
