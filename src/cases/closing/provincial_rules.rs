//! PURE. 山西省法律援助管理系统: the list that is entered there, and the comparison with a
//! list exported from it. No interface is known; the office's people carry lists by hand.

use std::collections::BTreeMap;

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

/// Compares the cases of a year with pasted lines: the province's number and the case's
/// number, in either order, with whatever other columns, parted by commas, tabs or blanks.
#[must_use]
pub fn compare(here: &[Here], pasted: &str) -> Mismatch {
    let mut found = Mismatch::default();
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    for line in pasted.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line
            .split([',', '\t', '，', ';', ' '])
            .map(|cell| cell.trim().trim_matches('"').trim_start_matches('\u{feff}'))
            .filter(|cell| !cell.is_empty())
            .collect();
        let number = cells.iter().find(|cell| cell.contains('〔') && cell.ends_with('号'));
        let entry = cells.iter().find(|cell| {
            cell.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
                && cell.chars().any(|c| c.is_ascii_digit())
        });
        match (number, entry) {
            (Some(number), Some(entry)) => {
                if there.insert((*number).to_owned(), (*entry).to_owned()).is_some() {
                    found.doubled.push((*number).to_owned());
                }
            }
            // The head of the list.
            _ if line.contains("案号") || line.contains("编号") => {}
            _ => found.unreadable.push(line.chars().take(60).collect()),
        }
    }
    for case in here {
        match there.remove(&case.number) {
            Some(entry) if case.entry.is_empty() => found.not_put_down.push((case.number.clone(), entry)),
            Some(entry) if entry != case.entry => {
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
