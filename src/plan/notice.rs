//! The yearly holiday notice as text: what a clerk pastes from the State Council's
//! notice, one holiday a line, and checks before it counts.
//!
//! `春节:2月10日至17日放假调休,共8天。2月4日(星期日)、2月18日(星期日)上班。`
//! Half-width and full-width signs, a leading `二、`, weekdays in brackets and sentences
//! that begin with 鼓励 are understood; whatever can be checked is.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::calendar::{SpecialDay, is_weekend};
use super::money::half_width;
use super::time::{chinese_date, month_and_day, weekday_name};

/// A line of a notice that cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeFault {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong, in Chinese.
    pub message: String,
}

impl fmt::Display for NoticeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "第{}行：{}", self.line, self.message)
    }
}

/// The longest break a line may describe; longer is a slip of the pen.
const LONGEST_BREAK: usize = 16;

/// The holidays every year's notice arranges.
const HOLIDAYS: [&str; 7] = ["元旦", "春节", "清明", "劳动节", "端午", "中秋", "国庆"];

/// Reads one year's notice.
///
/// # Errors
/// Every line that cannot be read or contradicts the calendar or another line.
pub fn parse(year: i32, text: &str) -> Result<Vec<SpecialDay>, Vec<NoticeFault>> {
    let mut days: BTreeMap<NaiveDate, SpecialDay> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut names = String::new();
    let mut last_line = 1;
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        let mut fault = |message: String| {
            faults.push(NoticeFault { line: line_number, message });
        };
        let line = half_width(line).replace(char::is_whitespace, "");
        if line.is_empty() || line.starts_with('#') || line.starts_with("来源") {
            continue;
        }
        last_line = line_number;
        match parse_line(year, &line) {
            Err(message) => fault(message),
            Ok((name, read)) => {
                names.push_str(&name);
                for day in read {
                    if let Some(earlier) = days.get(&day.date) {
                        fault(format!("{}重复出现（前面已列入{}）", month_and_day(day.date), earlier.name));
                    } else {
                        days.insert(day.date, day);
                    }
                }
            }
        }
    }
    let missing: Vec<_> = HOLIDAYS.into_iter().filter(|holiday| !names.contains(holiday)).collect();
    if faults.is_empty() && !missing.is_empty() {
        faults.push(NoticeFault {
            line: last_line, message: format!("通知不完整，缺少{}的安排", missing.join("、"))
        });
    }
    if faults.is_empty() { Ok(days.into_values().collect()) } else { Err(faults) }
}

/// Writes special days as a notice that [`parse`] reads back, to be shown and printed.
#[must_use]
pub fn write(days: &[SpecialDay]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for day in days {
        if !names.contains(&day.name.as_str()) {
            names.push(&day.name);
        }
    }
    let mut text = String::new();
    for name in names {
        let of_kind = |is_workday: bool| {
            days.iter().filter(move |day| day.name == name && day.is_workday == is_workday).map(|day| day.date)
        };
        text.push_str(name);
        text.push('\u{ff1a}');
        let breaks = runs(of_kind(false));
        if !breaks.is_empty() {
            let ranges: Vec<_> = breaks.iter().map(|(first, last)| range_text(*first, *last)).collect();
            text.push_str(&format!("{}放假，共{}天。", ranges.join("、"), of_kind(false).count()));
        }
        let make_up: Vec<_> =
            of_kind(true).map(|day| format!("{}({})", month_and_day(day), weekday_name(day))).collect();
        if !make_up.is_empty() {
            text.push_str(&format!("{}上班。", make_up.join("、")));
        }
        text.push('\n');
    }
    text
}

/// Splits a file of several years at the lines that name a year alone.
#[must_use]
pub fn sections(text: &str) -> Vec<(i32, &str)> {
    let mut heads: Vec<(i32, usize, usize)> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let year = line.trim().strip_suffix('年').and_then(|y| y.parse().ok());
        if let Some(year) = year {
            heads.push((year, offset, offset + line.len()));
        }
        offset += line.len();
    }
    let ends = heads.iter().skip(1).map(|(_, start, _)| *start).chain([text.len()]).collect::<Vec<_>>();
    heads.iter().zip(ends).filter_map(|((year, _, start), end)| Some((*year, text.get(*start..end)?))).collect()
}

fn parse_line(year: i32, line: &str) -> Result<(String, Vec<SpecialDay>), String> {
    let unreadable =
        || format!("无法识别“{line}”，请按“春节：2月10日至17日放假调休，共8天。2月4日（星期日）上班。”的格式填写");
    let (name, arrangement) = line.split_once(':').ok_or_else(unreadable)?;
    let name = without_numbering(name);
    if name.is_empty() {
        return Err(unreadable());
    }
    let mut days = Vec::new();
    for sentence in arrangement.split(['。', ';']) {
        if sentence.is_empty() || sentence.starts_with("鼓励") {
            continue;
        }
        if let Some((ranges, rest)) = sentence.split_once("放假") {
            let breaks = parse_ranges(year, ranges)?;
            if let Some(stated) = stated_days(rest)
                && stated != breaks.len()
            {
                return Err(format!("{name}写明放假{stated}天，所列日期却是{}天", breaks.len()));
            }
            days.extend(breaks.into_iter().map(|date| SpecialDay { date, is_workday: false, name: name.to_owned() }));
        } else if let Some((dates, _)) = sentence.split_once("上班") {
            for date in parse_ranges(year, dates)? {
                if !is_weekend(date) {
                    return Err(format!(
                        "{}是{}，不是周末，不能列为调休上班日",
                        month_and_day(date),
                        weekday_name(date)
                    ));
                }
                days.push(SpecialDay { date, is_workday: true, name: name.to_owned() });
            }
        } else {
            return Err(unreadable());
        }
    }
    if days.is_empty() {
        return Err(unreadable());
    }
    Ok((name.to_owned(), days))
}

/// `二、春节` without its number. A name may itself hold 、 as in 国庆节、中秋节.
fn without_numbering(name: &str) -> &str {
    match name.split_once('、') {
        Some((number, rest))
            if !number.is_empty()
                && number.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c)) =>
        {
            rest
        }
        _ => name,
    }
}

/// The number in `共8天` or `1天`.
fn stated_days(text: &str) -> Option<usize> {
    let (before, _) = text.split_once('天')?;
    let digits: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
    digits.chars().rev().collect::<String>().parse().ok()
}

fn parse_ranges(year: i32, text: &str) -> Result<Vec<NaiveDate>, String> {
    let mut dates = Vec::new();
    for part in split_outside_brackets(text) {
        let (first, last) = match part.split_once('至') {
            Some((first, last)) => {
                let first = parse_date(year, None, first)?;
                (first, parse_date(year, Some(first.month()), last)?)
            }
            None => {
                let date = parse_date(year, None, &part)?;
                (date, date)
            }
        };
        if last < first {
            return Err(format!("“{part}”的结束日期早于开始日期"));
        }
        let range: Vec<_> = first.iter_days().take_while(|day| *day <= last).collect();
        if range.len() > LONGEST_BREAK {
            return Err(format!("“{part}”长达{}天，超过{LONGEST_BREAK}天，请核对", range.len()));
        }
        dates.extend(range);
    }
    Ok(dates)
}

/// The parts between 、 or commas; those inside brackets (`农历除夕、周二`) do not divide.
fn split_outside_brackets(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '、' | ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// One date, `2024年2月10日(星期六)` with year, month and weekday where given.
fn parse_date(year: i32, month: Option<u32>, text: &str) -> Result<NaiveDate, String> {
    let unreadable = || format!("无法识别日期“{text}”");
    let (day_text, note) = text.split_once('(').unwrap_or((text, ""));
    let (stated_year, rest) = match day_text.split_once('年') {
        Some((stated, rest)) => (Some(stated.parse::<i32>().map_err(|_| unreadable())?), rest),
        None => (None, day_text),
    };
    let (month, rest) = match rest.split_once('月') {
        Some((month, rest)) => (Some(month.parse().map_err(|_| unreadable())?), rest),
        None => (month, rest),
    };
    let day = rest.strip_suffix('日').and_then(|day| day.parse().ok()).ok_or_else(unreadable)?;
    let month = month.ok_or_else(unreadable)?;
    let stated = stated_year.unwrap_or(year);
    let date = NaiveDate::from_ymd_opt(stated, month, day).ok_or_else(|| format!("{stated}年没有{month}月{day}日"))?;
    if stated != year {
        return Err(format!("{}不属于{year}年", chinese_date(date)));
    }
    if let Some(weekday) = stated_weekday(note)
        && !weekday_name(date).ends_with(weekday)
    {
        return Err(format!("{}是{}，与所写的星期不符", month_and_day(date), weekday_name(date)));
    }
    Ok(date)
}

/// The weekday's last character in `星期日)` or `农历除夕、周二)`.
fn stated_weekday(note: &str) -> Option<char> {
    let (_, after) = note.split_once("星期").or_else(|| note.split_once('周'))?;
    match after.chars().next()? {
        '天' => Some('日'),
        c => Some(c),
    }
}

fn runs(dates: impl Iterator<Item = NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for date in dates {
        match runs.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(date) => *last = date,
            _ => runs.push((date, date)),
        }
    }
    runs
}

fn range_text(first: NaiveDate, last: NaiveDate) -> String {
    if first == last {
        month_and_day(first)
    } else if first.month() == last.month() {
        format!("{}至{}日", month_and_day(first), last.day())
    } else {
        format!("{}至{}", month_and_day(first), month_and_day(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::calendar::Calendar;

    const NOTICE_2025: &str = "\
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
";

    #[test]
    fn the_notice_can_be_pasted_as_published() {
        let shipped = Calendar::shipped();
        let expected: Vec<_> = shipped.special_days(2025).cloned().collect();
        assert_eq!(parse(2025, NOTICE_2025), Ok(expected));
    }

    #[test]
    fn a_written_notice_is_read_back() {
        let shipped = Calendar::shipped();
        for year in shipped.years() {
            let days: Vec<_> = shipped.special_days(year).cloned().collect();
            assert_eq!(parse(year, &write(&days)), Ok(days));
        }
    }

    #[track_caller]
    fn refused(line: &str, message: &str) {
        let faults = parse(2025, &format!("{NOTICE_2025}{line}\n")).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let shown = faults[0].to_string();
        assert!(shown.starts_with("第7行"), "{shown}");
        assert!(shown.contains(message), "{shown}");
    }

    #[test]
    fn a_wrong_line_is_refused_with_its_number() {
        refused("补假：3月3日上班。", "不是周末");
        refused("补假：1月1日放假。", "重复出现");
        refused("长假：7月1日至20日放假。", "超过16天");
        refused("补假：2024年3月3日放假。", "不属于2025年");
        refused("补假：2月30日放假。", "没有2月30日");
        refused("补假：3月3日（周二）放假。", "星期不符");
        refused("补假：3月3日至5日放假，共2天。", "却是3天");
        refused("补假：3月5日至3日放假。", "早于开始日期");
        refused("补假：三月三日放假。", "无法识别日期");
        refused("补假：3月3日休息。", "无法识别");
        refused("请各单位遵照执行", "无法识别");
        refused("一、：1月1日放假。", "无法识别");
        refused("元旦：鼓励错峰出行。", "无法识别");
    }

    #[test]
    fn a_notice_without_one_of_the_holidays_is_incomplete() {
        let faults = parse(2025, "元旦：1月1日放假。\n").unwrap_err();
        assert!(faults[0].message.contains("缺少春节、清明、劳动节"));
        assert!(parse(2025, "").is_err());
    }
}
