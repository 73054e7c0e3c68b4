//! PURE. 山西省法律援助管理系统: the list that is entered there, and the comparison with a
//! list exported from it. No interface is known; the office's people carry lists by hand.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::plan::money::half_width;

/// The columns in the order of the application form and of the steps, as the entry asks.
pub const COLUMNS: &[&str] = &[
    "案号",
    "申请编号",
    "受援人",
    "性别",
    "身份证号（掩码）",
    "群体",
    "案件类型和阶段",
    "案件来源",
    "案由",
    "受理日期",
    "决定给予日期",
    "承办单位",
    "承办人",
    "指派日期",
    "签协议日期",
    "结案日期",
    "同意结案日期",
    "结案方式",
    "省系统编号",
    "录入日期",
];

/// A cell that no spreadsheet takes for a formula, quoted where it must be.
#[must_use]
pub fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

/// A table as a spreadsheet reads it: with a byte order mark, lines ended by CR LF.
#[must_use]
pub fn csv(rows: &[Vec<String>]) -> String {
    let mut out = String::from("\u{feff}");
    let head = COLUMNS.iter().map(|name| (*name).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// A case as it stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// 案号.
    pub number: String,
    /// 省系统编号; empty where it is not entered.
    pub entry: String,
    /// Closing is agreed.
    pub agreed: bool,
}

/// What differs between the two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Closing agreed here, and not in the other list.
    pub missing_there: Vec<String>,
    /// In the other list, unknown here.
    pub unknown_here: Vec<String>,
    /// In the other list, and not put down here as entered.
    pub not_put_down: Vec<(String, String)>,
    /// Another number there than here: case, here, there.
    pub other_number: Vec<(String, String, String)>,
    /// Twice in the other list.
    pub doubled: Vec<String>,
    /// Lines that could not be read.
    pub unreadable: Vec<String>,
    /// Equal on both sides.
    pub equal: usize,
}

impl Mismatch {
    /// Whether both lists say the same.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing_there.is_empty()
            && self.unknown_here.is_empty()
            && self.not_put_down.is_empty()
            && self.other_number.is_empty()
            && self.doubled.is_empty()
            && self.unreadable.is_empty()
    }
}

/// A line or a number as it is compared: people copy full-width digits, other brackets and blanks within a number.
fn tidy(text: &str) -> String {
    let mut tidied = String::new();
    for letter in half_width(text).chars() {
        let letter = match letter {
            '(' | '[' | '【' | '（' | '［' => '〔',
            ')' | ']' | '】' | '）' | '］' => '〕',
            '\u{feff}' | '"' => continue,
            other => other,
        };
        if matches!(letter, '〔' | '〕' | '号') {
            tidied.truncate(tidied.trim_end_matches(' ').len());
        } else if letter == ' ' && tidied.ends_with(['〔', '〕']) {
            continue;
        }
        tidied.push(letter);
    }
    tidied.trim().to_owned()
}

/// Compares the cases of a year with pasted lines: the province's number and the case's
/// number, in either order, with whatever other columns, parted by commas, tabs or blanks.
#[must_use]
pub fn compare(here: &[Here], pasted: &str) -> Mismatch {
    let mut found = Mismatch::default();
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    for line in pasted.lines().map(tidy).filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line
            .split([',', '\t', '，', ';', '；', '、', ' '])
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        // A court's number may stand in the list as well.
        let is_number = |cell: &&&str| cell.contains('〔') && cell.ends_with('号');
        let number =
            cells.iter().find(|cell| is_number(cell) && cell.contains('援')).or_else(|| cells.iter().find(is_number));
        // Beside the province's number a list has row numbers and dates: what has a letter goes first, then the longest.
        let is_entry = |cell: &&&str| {
            cell.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
                && cell.chars().any(|letter| letter.is_ascii_digit())
                && cell.parse::<NaiveDate>().is_err()
        };
        let entry = cells
            .iter()
            .filter(is_entry)
            .max_by_key(|cell| (cell.chars().any(|letter| letter.is_ascii_alphabetic()), cell.len()));
        match (number, entry) {
            (Some(number), Some(entry)) => {
                let used = entries.insert(entry.to_uppercase(), (*number).to_owned());
                if there.insert((*number).to_owned(), entry.to_uppercase()).is_some() {
                    found.doubled.push((*number).to_owned());
                } else if let Some(other) = used.filter(|other| other != number) {
                    found.doubled.push(format!("{}（{other}和{number}同用一个编号）", entry.to_uppercase()));
                }
            }
            // The head of the list.
            _ if line.contains("案号") || line.contains("编号") => {}
            _ => found.unreadable.push(line.chars().take(60).collect()),
        }
    }
    for case in here {
        match there.remove(&tidy(&case.number)) {
            Some(entry) if case.entry.is_empty() => found.not_put_down.push((case.number.clone(), entry)),
            Some(entry) if entry != tidy(&case.entry).to_uppercase() => {
                found.other_number.push((case.number.clone(), case.entry.clone(), entry));
            }
            Some(_) => found.equal += 1,
            None if case.agreed || !case.entry.is_empty() => found.missing_there.push(case.number.clone()),
            None => {}
        }
    }
    found.unknown_here = there.into_keys().collect();
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn here(number: &str, entry: &str, agreed: bool) -> Here {
        Here { number: number.to_owned(), entry: entry.to_owned(), agreed }
    }

    #[test]
    fn each_difference_between_the_lists_is_named() {
        let cases = [
            here("高法援字〔2024〕001号", "SX1", true),
            here("高法援字〔2024〕002号", "SX2", true),
            here("高法援字〔2024〕003号", "", true),
            here("高法援字〔2024〕004号", "", true),
            here("高法援字〔2024〕005号", "", false),
        ];
        let pasted = "省系统编号,案号\nSX1,高法援字〔2024〕001号\nSX9\t高法援字〔2024〕002号\nSX3,高法援字〔2024〕003号,民事\n\
                      SX7,高法援字〔2024〕099号\nSX1,高法援字〔2024〕001号\n看不懂的一行";
        let found = compare(&cases, pasted);
        assert_eq!(found.equal, 1);
        assert_eq!(found.missing_there, ["高法援字〔2024〕004号"]);
        assert_eq!(found.unknown_here, ["高法援字〔2024〕099号"]);
        assert_eq!(found.not_put_down, [("高法援字〔2024〕003号".to_owned(), "SX3".to_owned())]);
        assert_eq!(found.other_number[0].2, "SX9");
        assert_eq!(found.doubled, ["高法援字〔2024〕001号"]);
        assert_eq!(found.unreadable, ["看不懂的一行"]);
        assert!(!found.is_clean());
        assert!(compare(&cases[..1], "SX1 高法援字〔2024〕001号").is_clean());
    }

    #[test]
    fn any_one_difference_makes_the_lists_differ() {
        let one = || vec!["1".to_owned()];
        let none = Mismatch { equal: 3, ..Mismatch::default() };
        assert!(none.is_clean());
        for differs in [
            Mismatch { missing_there: one(), ..none.clone() },
            Mismatch { unknown_here: one(), ..none.clone() },
            Mismatch { not_put_down: vec![("1".to_owned(), "2".to_owned())], ..none.clone() },
            Mismatch { other_number: vec![("1".to_owned(), "2".to_owned(), "3".to_owned())], ..none.clone() },
            Mismatch { doubled: one(), ..none.clone() },
            Mismatch { unreadable: one(), ..none.clone() },
        ] {
            assert!(!differs.is_clean(), "{differs:?}");
        }
    }

    #[test]
    fn a_list_copied_with_other_digits_brackets_and_blanks_is_the_same_list() {
        let cases = [here("高法援字〔2024〕007号", "SX7", true), here("高法援字〔2024〕008号", "sx-8", true)];
        for pasted in [
            "ＳＸ７，高法援字〔２０２４〕００７号\n高法援字（2024）008号　SX-8",
            "\u{feff}\"SX7\",\"高法援字[2024]007号\"\r\n\r\n高法援字 〔2024〕 008 号\tsx-8\t民事",
            "案号;编号\n高法援字【2024】007号；SX7\n  高法援字(2024)008号  、  Sx-8  ",
            // With row numbers, dates and the court's number.
            "1,2024-06-03,（2024）晋0581民初12号,SX7,高法援字〔2024〕007号\n2,SX-8,高法援字〔2024〕008号,2024-07-01",
        ] {
            let found = compare(&cases, pasted);
            assert!(found.is_clean() && found.equal == 2, "{pasted}: {found:?}");
        }
    }

    #[test]
    fn one_number_of_the_province_for_two_cases_is_said() {
        let cases = [here("高法援字〔2024〕007号", "SX7", true), here("高法援字〔2024〕008号", "SX7", true)];
        let found =
            compare(&cases, "SX7,高法援字〔2024〕007号\nＳＸ７,高法援字〔2024〕008号\nSX7,高法援字〔2024〕008号");
        assert_eq!(
            found.doubled,
            ["SX7（高法援字〔2024〕007号和高法援字〔2024〕008号同用一个编号）", "高法援字〔2024〕008号"]
        );
        // The same line once more is told as doubled, and both cases are there.
        assert_eq!((found.equal, found.missing_there.len()), (2, 0));
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@x"), "'@x");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert!(csv(&[]).starts_with("\u{feff}案号,申请编号"));
    }

    proptest! {
        #[test]
        fn any_paste_is_answered(pasted in "\\PC{0,200}") {
            let _ = compare(&[here("高法援字〔2024〕001号", "SX1", true)], &pasted);
        }
    }
}
