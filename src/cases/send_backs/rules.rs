//! PURE. Send-backs counted by reason, by month and by whoever sent back.

use std::collections::BTreeMap;

use crate::cases::states::Move;
use crate::cases::states::rules::{Ask, TABLE};
use crate::cases::states::wordings::Wording;
use crate::plan::dictionary::Dictionary as _;
use crate::web::sheet::{Cell, Sheet, Table};

/// What stands for a reason written freely.
pub const OWN_WORDS: &str = "未用常用理由（自写）";

/// A reason used so often by somebody in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The step.
    pub step: Move,
    /// The reason of the catalogue; `None` where it was written freely.
    pub wording: Option<Wording>,
    /// 1 to 12.
    pub month: u32,
    /// Who took the step.
    pub who: String,
    /// How often.
    pub times: i64,
}

/// The steps whose form offers the catalogue.
pub fn steps() -> impl Iterator<Item = Move> {
    TABLE.iter().filter(|row| row.asks.contains(&Ask::Wording)).map(|row| row.step)
}

/// A line of the report with its twelve months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of the step.
    pub step: &'static str,
    /// The reason, or who.
    pub name: String,
    /// What the receiver is told to do.
    pub advice: &'static str,
    /// January to December.
    pub months: [i64; 12],
}

impl Line {
    /// All of the year.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.months.iter().sum()
    }

    /// The months in which it was used, in words.
    #[must_use]
    pub fn months_words(&self) -> String {
        let used = (1..).zip(&self.months).filter(|(_, times)| **times > 0);
        used.map(|(month, times)| format!("{month}月{times}次")).collect::<Vec<_>>().join("、")
    }
}

/// The reasons in the order of the catalogue; those of one step, or of all.
#[must_use]
pub fn by_reason(used: &[Used], only: Option<Move>) -> Vec<Line> {
    let mut lines = Vec::new();
    for step in steps().filter(|step| only.is_none_or(|only| only == *step)) {
        let reasons = Wording::ALL.iter().copied().filter(|wording| wording.steps().contains(&step)).map(Some);
        for wording in reasons.chain([None]) {
            let months = by_month(used.iter().filter(|one| one.step == step && one.wording == wording));
            let line = Line {
                step: step.label(),
                name: wording.map_or_else(|| OWN_WORDS.to_owned(), |wording| wording.label().to_owned()),
                advice: wording.map_or("", Wording::text),
                months,
            };
            if line.total() > 0 {
                lines.push(line);
            }
        }
    }
    lines
}

/// Whoever sent back, by name; each step a line of its own.
#[must_use]
pub fn by_person(used: &[Used], only: Option<Move>) -> Vec<Line> {
    let mut people: BTreeMap<(&str, usize), Line> = BTreeMap::new();
    for one in used.iter().filter(|one| only.is_none_or(|only| only == one.step)) {
        let at = steps().position(|step| step == one.step).unwrap_or_default();
        let line = people.entry((one.who.as_str(), at)).or_insert_with(|| Line {
            step: one.step.label(),
            name: one.who.clone(),
            advice: "",
            months: [0; 12],
        });
        add(&mut line.months, one);
    }
    people.into_values().collect()
}

fn by_month<'a>(used: impl Iterator<Item = &'a Used>) -> [i64; 12] {
    let mut months = [0; 12];
    for one in used {
        add(&mut months, one);
    }
    months
}

fn add(months: &mut [i64; 12], one: &Used) {
    let month = (one.month as usize).checked_sub(1).and_then(|month| months.get_mut(month));
    if let Some(month) = month {
        *month += one.times;
    }
}

/// The report as a spreadsheet: reasons, people.
#[must_use]
pub fn sheet(title: &str, reasons: &[Line], people: &[Line]) -> Sheet {
    let months: Vec<String> = (1..=12).map(|month| format!("{month}月")).collect();
    let table = |heading: &str, first: [&str; 2], lines: &[Line]| {
        let mut head = first.to_vec();
        head.extend(months.iter().map(String::as_str));
        head.push("合计");
        let mut table = Table::new(heading, &head);
        for line in lines {
            let mut cells = vec![Cell::text(line.step), Cell::text(&line.name)];
            cells.extend(line.months.iter().map(|times| Cell::Count(*times)));
            cells.push(Cell::Count(line.total()));
            table.row(cells);
        }
        table
    };
    Sheet {
        title: title.to_owned(),
        tables: vec![table("按理由", ["事项", "理由"], reasons), table("按经办人", ["事项", "经办人"], people)],
        ..Sheet::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(step: Move, wording: Option<Wording>, month: u32, who: &str, times: i64) -> Used {
        Used { step, wording, month, who: who.to_owned(), times }
    }

    #[test]
    fn each_use_is_counted_once_by_reason_and_once_by_person() {
        let all = [
            used(Move::AskSupplement, Some(Wording::NoIdentity), 5, "白晓霞", 2),
            used(Move::AskSupplement, Some(Wording::NoIdentity), 6, "白晓霞", 1),
            used(Move::AskSupplement, None, 6, "白晓霞", 1),
            used(Move::Terminate, Some(Wording::Other), 12, "李主任", 1),
            used(Move::Refuse, Some(Wording::Other), 12, "李主任", 3),
        ];
        let reasons = by_reason(&all, None);
        let people = by_person(&all, None);
        let sum = |lines: &[Line]| lines.iter().map(Line::total).sum::<i64>();
        assert_eq!((sum(&reasons), sum(&people)), (8, 8));
        assert_eq!(reasons[0].name, "缺身份证明");
        assert_eq!(reasons[0].months_words(), "5月2次、6月1次");
        assert_eq!((reasons[0].months[4], reasons[0].months[5], reasons[0].total()), (2, 1, 3));
        // The same word under two steps is two reasons.
        assert_eq!(reasons.iter().filter(|line| line.name == "其他").count(), 2);
        assert_eq!(by_reason(&all, Some(Move::Terminate)).len(), 1);
        assert_eq!(people.iter().filter(|line| line.name == "李主任").count(), 2);
    }

    #[test]
    fn every_step_that_tells_somebody_what_to_do_next_is_in_the_report() {
        let steps: Vec<&str> = steps().map(|step| step.code()).collect();
        for step in
            ["ask_supplement", "not_ours", "send_back", "refuse", "ask_change", "refuse_change", "return_materials"]
        {
            assert!(steps.contains(&step), "{step}");
        }
    }
}
