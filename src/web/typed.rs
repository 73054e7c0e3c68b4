//! Reads typed fields: what was meant, or what to correct beside the field.

use chrono::NaiveDate;

use super::form_errors::Errors;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary;
use crate::plan::money::half_width;
use crate::plan::time::chinese_date;

/// A date that must be given.
pub fn date(errors: &mut Errors, field: &str, label: &str, typed: &str) -> Option<NaiveDate> {
    let plain = half_width(typed.trim());
    if plain.is_empty() {
        errors.add(field, format!("请填写{label}"));
        return None;
    }
    let read = plain.parse::<NaiveDate>().ok();
    if read.is_none() {
        errors.add(field, format!("{label}应为日期，例如2024-05-08"));
    }
    read
}

/// A date that must be given and lie in the past or be today.
pub fn date_until(errors: &mut Errors, field: &str, label: &str, typed: &str, today: NaiveDate) -> Option<NaiveDate> {
    let read = date(errors, field, label, typed)?;
    if read > today {
        errors.add(field, format!("{label}不能晚于今天（{}）", chinese_date(today)));
        return None;
    }
    Some(read)
}

/// A line of text that must be given, of at most so many characters.
pub fn line(errors: &mut Errors, field: &str, label: &str, typed: &str, longest: usize) -> String {
    let text = typed.trim().to_owned();
    if text.is_empty() {
        errors.add(field, format!("请填写{label}"));
    }
    at_most(errors, field, label, &text, longest);
    text
}

/// A line of text that may be left empty.
pub fn optional_line(errors: &mut Errors, field: &str, label: &str, typed: &str, longest: usize) -> String {
    let text = typed.trim().to_owned();
    at_most(errors, field, label, &text, longest);
    text
}

/// What a step must be given in words, of at most so many characters, where no form is shown again.
///
/// # Errors
/// [`AppError::Refused`] with `missing` where nothing is said; where too much is.
pub fn said<'a>(typed: &'a str, longest: usize, missing: &str) -> Result<&'a str, AppError> {
    let text = typed.trim();
    match text.chars().count() {
        0 => Err(AppError::refused(missing)),
        length if length > longest => {
            Err(AppError::refused(format!("文字过长，请控制在{longest}字以内，现在有{length}个字。")))
        }
        _ => Ok(text),
    }
}

/// The rows ticked in a list, by their numbers.
///
/// # Errors
/// [`AppError::Unusable`] where one is no number: the rest is not done without it, as with
/// one out of reach.
pub fn rows(typed: &[String]) -> Result<Vec<i64>, AppError> {
    typed.iter().map(|id| id.parse().ok()).collect::<Option<_>>().ok_or_else(|| {
        AppError::Unusable("勾选的内容中有一项无法识别，全部没有办理。请刷新页面后重新勾选。".to_owned())
    })
}

/// What was ticked among the values of a dictionary, in its order and each once; an empty one
/// is none, and what stands in no dictionary is not left out in silence.
pub fn codes<D: Dictionary + PartialEq>(errors: &mut Errors, field: &str, typed: &[String]) -> Vec<D> {
    if typed.iter().any(|code| !code.is_empty() && D::from_code(code).is_none()) {
        errors.add(field, "勾选的内容中有一项无法识别，请刷新页面后重新勾选");
    }
    D::ALL.iter().copied().filter(|value| typed.iter().any(|code| code == value.code())).collect()
}

fn at_most(errors: &mut Errors, field: &str, label: &str, text: &str, longest: usize) {
    let length = text.chars().count();
    if length > longest {
        errors.add(field, format!("{label}最多{longest}个字，现在有{length}个字"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_date_says_what_to_correct() {
        let today: NaiveDate = "2024-05-08".parse().unwrap();
        for (typed, message) in [
            ("", "请填写到账日期"),
            ("2024-02-30", "到账日期应为日期，例如2024-05-08"),
            ("五月", "到账日期应为日期，例如2024-05-08"),
            ("2024-05-09", "到账日期不能晚于今天（2024年5月8日）"),
        ] {
            let mut errors = Errors::new();
            assert_eq!(date_until(&mut errors, "on", "到账日期", typed, today), None);
            assert_eq!(errors.on("on"), message);
        }
        let mut errors = Errors::new();
        assert_eq!(date_until(&mut errors, "on", "到账日期", " ２０２４-05-08 ", today), Some(today));
        assert!(errors.is_empty());
    }

    #[test]
    fn a_line_is_given_and_not_too_long() {
        let mut errors = Errors::new();
        assert_eq!(line(&mut errors, "a", "文号", " 晋财 ", 4), "晋财");
        line(&mut errors, "b", "文号", "  ", 4);
        line(&mut errors, "c", "文号", "一二三四五", 4);
        assert_eq!(errors.on("b"), "请填写文号");
        assert_eq!(errors.on("c"), "文号最多4个字，现在有5个字");
        assert_eq!(errors.len(), 2);
    }

    #[test]
    fn what_was_ticked_and_is_unknown_is_not_left_out_in_silence() {
        use crate::plan::dictionaries::Outcome;
        let typed = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(rows(&typed(&["3", "1"])).unwrap(), [3, 1]);
        for wrong in [&["1", "x"][..], &["1", ""], &["1;2"], &["99999999999999999999"]] {
            assert!(rows(&typed(wrong)).is_err(), "{wrong:?}");
        }
        let mut errors = Errors::new();
        let one = Outcome::ALL[0];
        assert_eq!(codes::<Outcome>(&mut errors, "a", &typed(&[one.code(), "", one.code()])), [one]);
        assert!(errors.is_empty());
        codes::<Outcome>(&mut errors, "a", &typed(&[one.code(), "x"]));
        assert!(errors.on("a").contains("无法识别"));
    }
}
