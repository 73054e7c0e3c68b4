//! The citizen's identity number (GB 11643): six digits of area, the birth date,
//! three of sequence (odd for men), and a check character.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate};

use super::mask_id_number;

/// An area that is assigned to nobody, for invented people.
const DEMO_AREA: &str = "149999";
/// Nobody alive was born before.
const FIRST_YEAR: i32 = 1880;

/// A valid identity number, with an upper-case X.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber {
    text: String,
    birth: NaiveDate,
    gender: Gender,
}

/// The gender in an identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// 男
    Male,
    /// 女
    Female,
}

/// What is wrong with an identity number, in the words of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// Not eighteen characters.
    #[error("身份证号应为 18 位")]
    Length,
    /// Something other than digits and a final X.
    #[error("身份证号只能是数字，最后一位可以是 X")]
    Characters,
    /// The area begins with no province's digit.
    #[error("身份证号的前六位地区码不对")]
    Area,
    /// The date in it does not exist.
    #[error("身份证号中的出生日期不存在")]
    Date,
    /// The check character does not fit: most likely a slip of one digit.
    #[error("身份证号的校验位不对，请核对是否输错")]
    Check,
}

impl FromStr for IdNumber {
    type Err = IdNumberError;

    /// Reads a number as typed: blanks around it and a lower-case x are fine.
    fn from_str(typed: &str) -> Result<Self, IdNumberError> {
        let text = typed.trim().to_ascii_uppercase();
        if text.chars().count() != 18 {
            return Err(IdNumberError::Length);
        }
        let (body, check) = match text.as_bytes().split_last_chunk::<1>() {
            Some((body, [check])) if body.iter().all(u8::is_ascii_digit) => (body, *check),
            _ => return Err(IdNumberError::Characters),
        };
        if !(check.is_ascii_digit() || check == b'X') {
            return Err(IdNumberError::Characters);
        }
        let digits: Vec<u32> = body.iter().map(|digit| u32::from(digit - b'0')).collect();
        let number =
            |from: usize, count: usize| digits.iter().skip(from).take(count).fold(0, |sum, digit| sum * 10 + digit);
        if number(0, 1) == 0 {
            return Err(IdNumberError::Area);
        }
        let birth = i32::try_from(number(6, 4))
            .ok()
            .filter(|year| *year >= FIRST_YEAR)
            .and_then(|year| NaiveDate::from_ymd_opt(year, number(10, 2), number(12, 2)))
            .ok_or(IdNumberError::Date)?;
        if char::from(check) != check_character(&digits) {
            return Err(IdNumberError::Check);
        }
        let gender = if number(14, 3) % 2 == 1 { Gender::Male } else { Gender::Female };
        Ok(Self { text, birth, gender })
    }
}

impl IdNumber {
    /// The eighteen characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The birth date in it; whether it lies in the future is for the caller's
    /// clock to say.
    #[must_use]
    pub fn birth(&self) -> NaiveDate {
        self.birth
    }

    /// The gender in it.
    #[must_use]
    pub fn gender(&self) -> Gender {
        self.gender
    }
}

impl fmt::Debug for IdNumber {
    /// Masked: a log never holds the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", mask_id_number(&self.text))
    }
}

/// ISO 7064 MOD 11-2 of the first seventeen digits.
fn check_character(digits: &[u32]) -> char {
    let rest = digits.iter().fold(0, |rest, digit| (rest + digit) * 2 % 11);
    match (12 - rest) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('X'),
    }
}

/// A valid number that belongs to nobody, for demonstrations and tests.
///
/// `sequence` counts those of one birthday modulo 1000; odd ones are men's.
#[must_use]
pub fn demo_id_number(birth: NaiveDate, sequence: u16) -> String {
    let body = format!("{DEMO_AREA}{:04}{:02}{:02}{:03}", birth.year(), birth.month(), birth.day(), sequence % 1000);
    let digits: Vec<u32> = body.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let check = check_character(&digits);
    format!("{body}{check}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<IdNumber, IdNumberError> {
        text.parse()
    }

    #[test]
    fn the_standards_own_example_is_valid_in_either_case() {
        let number = read(" 11010519491231002x ").unwrap();
        assert_eq!(number.as_str(), "11010519491231002X");
        assert_eq!(number.birth().to_string(), "1949-12-31");
        assert_eq!(number.gender(), Gender::Female);
        assert_eq!(format!("{number:?}"), "IdNumber(110105********002X)");
        // The standard's second example.
        assert_eq!(read("440524188001010014").unwrap().gender(), Gender::Male);
    }

    #[test]
    fn each_fault_is_named() {
        assert_eq!(read(""), Err(IdNumberError::Length));
        assert_eq!(read("1101051949123100"), Err(IdNumberError::Length));
        assert_eq!(read("一二三四五六"), Err(IdNumberError::Length));
        assert_eq!(read(&"一".repeat(18)), Err(IdNumberError::Characters));
        assert_eq!(read("1101051949123100XX"), Err(IdNumberError::Characters));
        assert_eq!(read("11010519491231002Y"), Err(IdNumberError::Characters));
        assert_eq!(read("010105194912310028"), Err(IdNumberError::Area));
        assert_eq!(read("110105194902300026"), Err(IdNumberError::Date));
        assert_eq!(read("110105094912310026"), Err(IdNumberError::Date));
        assert_eq!(read("110105194912310021"), Err(IdNumberError::Check));
    }

    proptest! {
        #[test]
        fn anything_typed_is_answered(text in ".*", eighteen in "\\PC{18}") {
            let _ = read(&text);
            let _ = read(&eighteen);
        }

        #[test]
        fn an_invented_number_is_valid_and_one_slip_is_seen(
            days in 0_i32..40_000, sequence in any::<u16>(), at in 0_usize..17, by in 1_u8..10,
        ) {
            let birth = NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap();
            let text = demo_id_number(birth, sequence);
            let number = read(&text).unwrap();
            prop_assert_eq!(number.birth(), birth);
            let man = sequence % 1000 % 2 == 1;
            prop_assert_eq!(number.gender() == Gender::Male, man);
            let mut slip = text.into_bytes();
            slip[at] = b'0' + (slip[at] - b'0' + by) % 10;
            prop_assert!(read(&String::from_utf8(slip).unwrap()).is_err());
        }
    }
}
