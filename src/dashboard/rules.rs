//! PURE. 二 目标任务 against the time line of working days, and what is late.

use chrono::{Datelike as _, NaiveDate};

use super::db::{CaseFigures, Frame, MoneyFigures, SignRow, SumRow};
use crate::fund::rules::{Movement, passages};
use crate::plan::calendar::Calendar;
use crate::plan::deadlines;
use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::plan::time::{days_left_words, month_and_day};
use crate::web::chart::thousands;

/// A target against the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub done: i64,
    /// What the year asks.
    pub target: i64,
    /// What should be done by today; `None` while the year has no calendar.
    pub expected: Option<i64>,
}

impl Progress {
    /// Ahead of the time line or behind it, in words.
    #[must_use]
    pub fn words(&self, unit: &str) -> String {
        let Some(expected) = self.expected else {
            return "工作日历还没有录入，不能计算时间进度".to_owned();
        };
        let due = format!("按时间进度应完成{}{unit}", thousands(expected));
        match self.done - expected {
            0 => format!("{due}，正好持平"),
            ahead if ahead > 0 => format!("{due}，超前{}{unit}", thousands(ahead)),
            behind => format!("{due}，落后{}{unit}", thousands(-behind)),
        }
    }
}

/// How much of the year's working time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLine {
    /// Working days that are over, today included.
    pub done: i64,
    /// Working days of the year.
    pub all: i64,
}

impl TimeLine {
    /// The time line of a year as it stands at the end of `day`; `None` without a calendar.
    #[must_use]
    pub fn at(calendar: &Calendar, year: i32, day: NaiveDate) -> Option<TimeLine> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        let last = NaiveDate::from_ymd_opt(year, 12, 31)?;
        let count = |until: NaiveDate| {
            let days = calendar.working_days_between(first, until).ok()?;
            i64::try_from(days).ok()
        };
        Some(TimeLine { done: count(day.min(last))?, all: count(last)? })
    }

    /// What of a year's target should be done: working days over ÷ all × target.
    #[must_use]
    pub fn expected(&self, target: i64) -> i64 {
        (self.done * target).checked_div(self.all).unwrap_or(0)
    }
}

/// Something that somebody should ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// What it is.
    pub title: String,
    /// Who or how much.
    pub detail: String,
    /// The list behind it.
    pub href: String,
    /// The day by which it should have been done.
    pub due: Option<NaiveDate>,
    /// Days after it; 0 or less while it only comes near.
    pub days_late: i64,
}

impl Late {
    /// The colour of its tag.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        if self.days_late > 0 { "bad" } else { "warn" }
    }

    /// How late it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        days_left_words(-self.days_late)
    }
}

/// A venue's consultations in the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueSum {
    /// The venue.
    pub id: i64,
    /// Its name in tables.
    pub name: String,
    /// Consultations.
    pub counted: i64,
    /// Month by month, January first.
    pub months: Vec<i64>,
}

/// Everything the overview shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The year looked at.
    pub year: i32,
    /// The years that there are.
    pub years: Vec<i32>,
    /// The time line today.
    pub time_line: Option<TimeLine>,
    /// Consultations against 8,600.
    pub consultations: Progress,
    /// Cases against 290.
    pub cases: Progress,
    /// How far the cases have come.
    pub case_figures: CaseFigures,
    /// The money.
    pub money: MoneyFigures,
    /// Consultations by venue, in the venues' order.
    pub venues: Vec<VenueSum>,
    /// Month by month: done so far and expected so far, consultations then cases; what is
    /// done is `None` for months to come.
    pub consultation_line: Vec<(Option<i64>, Option<i64>)>,
    /// The same of cases.
    pub case_line: Vec<(Option<i64>, Option<i64>)>,
    /// What is late or nearly so, the latest first.
    pub late: Vec<Late>,
}

/// The months of a year.
pub fn months_of(year: i32) -> impl Iterator<Item = Month> {
    (1..=12).filter_map(move |month| Month::new(year, month))
}

/// Puts the overview together.
#[must_use]
pub fn overview(frame: &Frame, sums: &[SumRow], signs: &[SignRow], today: NaiveDate) -> Overview {
    let (programme, calendar) = (&frame.programme, &frame.calendar);
    let year = programme.year;
    let time_line = TimeLine::at(calendar, year, today);
    let venues = by_venue(sums, year);
    let done: i64 = venues.iter().map(|venue| venue.counted).sum();
    let progress = |done: i64, target: u32| Progress {
        done,
        target: i64::from(target),
        expected: time_line.map(|line| line.expected(i64::from(target))),
    };
    let consultations_in = |month: Month| {
        let place = usize::try_from(month.month()).unwrap_or(1).saturating_sub(1);
        venues.iter().filter_map(|venue| venue.months.get(place)).sum::<i64>()
    };
    let cases_in = |month: Month| {
        signs
            .iter()
            .filter(|sign| sign.kind == "counted" && sign.month == Some(month))
            .map(|sign| sign.number)
            .sum::<i64>()
    };
    let line = |of_month: &dyn Fn(Month) -> i64, target: u32| {
        let mut so_far = 0;
        months_of(year)
            .map(|month| {
                so_far += of_month(month);
                let known = month.first() <= today;
                let expected = TimeLine::at(calendar, year, month.last()).map(|line| line.expected(i64::from(target)));
                (known.then_some(so_far), expected)
            })
            .collect()
    };
    Overview {
        year,
        years: frame.years.clone(),
        time_line,
        consultations: progress(done, programme.consultation_target),
        cases: progress(frame.cases.counted, programme.case_target),
        case_figures: frame.cases,
        money: frame.money,
        consultation_line: line(&consultations_in, programme.consultation_target),
        case_line: line(&cases_in, programme.case_target),
        venues,
        late: late(programme, calendar, signs, today),
    }
}

/// The sums of each venue, in the order of the rows.
#[must_use]
pub fn by_venue(sums: &[SumRow], year: i32) -> Vec<VenueSum> {
    let mut venues: Vec<VenueSum> = Vec::new();
    for row in sums {
        if venues.last().is_none_or(|last| last.id != row.venue_id) {
            venues.push(VenueSum { id: row.venue_id, name: row.venue.clone(), counted: 0, months: vec![0; 12] });
        }
        let Some(venue) = venues.last_mut() else { continue };
        venue.counted += row.counted;
        if let Some(place) = row.month.filter(|month| month.year() == year).map(|month| month.first().month0())
            && let Some(sum) = usize::try_from(place).ok().and_then(|place| venue.months.get_mut(place))
        {
            *sum += row.counted;
        }
    }
    venues
}

/// What is late or nearly so, the latest first.
#[must_use]
pub fn late(programme: &Programme, calendar: &Calendar, signs: &[SignRow], today: NaiveDate) -> Vec<Late> {
    let mut late: Vec<Late> = Vec::new();
    let since = |due: NaiveDate| (today - due).num_days();
    for sign in signs {
        match (sign.kind.as_str(), sign.month) {
            ("unreported", Some(month)) => {
                let due = deadlines::monthly_report(programme, calendar, month).due;
                late.push(Late {
                    title: format!("{}个服务点未上报{}月考勤", sign.number, month.month()),
                    detail: sign.note.clone(),
                    href: format!("/attendance/{month}/venues"),
                    due: Some(due),
                    days_late: since(due),
                });
            }
            ("settlement", Some(month)) => {
                let limit = deadlines::duty_pay(programme, calendar, month);
                if today < deadlines::duty_pay_warning(programme, month) {
                    continue;
                }
                let state = match sign.note.as_str() {
                    "calculated" => format!("已计算，待审批，应发{}元", money::yuan_text(sign.amount)),
                    "approved" => format!("已审批，待发放{}元", money::yuan_text(sign.amount)),
                    _ => "还没有计算".to_owned(),
                };
                let target = limit.target.filter(|target| *target != limit.due && *target >= today);
                late.push(Late {
                    title: format!("{}月值班补贴未发放", month.month()),
                    detail: match target {
                        Some(target) => format!("{state}；10日不是工作日，宜在{}前办结", month_and_day(target)),
                        None => state,
                    },
                    href: format!("/settlements/{month}"),
                    due: Some(limit.due),
                    days_late: since(limit.due),
                });
            }
            ("finding", _) => {
                let due = sign.on.and_then(|on| on.checked_add_days(chrono::Days::new(FINDING_DAYS)));
                let state = match sign.note.as_str() {
                    "proposed" => "待告知本人",
                    "objected" => "本人有异议，待认定",
                    _ => "已告知，待认定",
                };
                late.push(Late {
                    title: format!("{}件扣款事项超过{FINDING_DAYS}天：{state}", sign.number),
                    detail: sign.on.map(|on| format!("最早的{}提出", month_and_day(on))).unwrap_or_default(),
                    href: format!("/findings?status={}", sign.note),
                    due,
                    days_late: due.map_or(1, since),
                });
            }
            ("roster", Some(month)) => {
                let Ok(due) = deadlines::posting(programme, calendar, month) else { continue };
                if today < due || !programme.applies_in(month) {
                    continue;
                }
                let state = match sign.note.as_str() {
                    "draft" => "正在编制",
                    "submitted" => "待审核",
                    "approved" => "已批准，待公示",
                    _ => "还没有编制",
                };
                late.push(Late {
                    title: format!("{}月排班未公示", month.month()),
                    detail: state.to_owned(),
                    href: format!("/roster/{month}"),
                    due: Some(due),
                    days_late: since(due),
                });
            }
            _ => {}
        }
    }
    late.extend(late_transfers(programme, signs, today));
    late.sort_by_key(|one| std::cmp::Reverse(one.days_late));
    late
}

/// Days after which an open finding is late, as the query asks it.
const FINDING_DAYS: u64 = super::db::FINDING_DAYS as u64;

fn late_transfers(programme: &Programme, signs: &[SignRow], today: NaiveDate) -> Vec<Late> {
    let of = |kind: &str| -> Vec<Movement> {
        signs
            .iter()
            .filter(|sign| sign.kind == kind)
            .filter_map(|sign| Some(Movement { on: sign.on?, amount: sign.amount }))
            .collect()
    };
    passages(&of("receipt"), &of("transfer"), programme.fund_transfer_days)
        .into_iter()
        .filter(|passage| !passage.is_complete() && (passage.due - today).num_days() <= 5)
        .map(|passage| Late {
            title: format!("{}到账的资金未拨齐", month_and_day(passage.receipt.on)),
            detail: format!("尚有{}元在市财政局", money::yuan_text(passage.open)),
            href: format!("/fund/{}", programme.year),
            due: Some(passage.due),
            days_late: (today - passage.due).num_days(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn sign(kind: &str, month: Option<&str>, note: &str) -> SignRow {
        SignRow {
            kind: kind.to_owned(),
            month: month.map(|month| month.parse().unwrap()),
            on: None,
            number: 1,
            amount: Decimal::from(600),
            note: note.to_owned(),
            id: 1,
        }
    }

    #[test]
    fn the_time_line_counts_working_days() {
        let calendar = Calendar::shipped();
        let june = TimeLine::at(&calendar, 2024, day("2024-06-30")).unwrap();
        assert_eq!((june.done, june.all, june.expected(8600), june.expected(290)), (123, 251, 4214, 142));
    }

    #[test]
    fn a_settlement_is_late_after_the_tenth_and_asked_about_from_the_fifth() {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        let signs = [sign("settlement", Some("2024-05"), "approved")];
        let on = |today: &str| late(&programme, &calendar, &signs, day(today));
        assert!(on("2024-06-04").is_empty());
        let near = &on("2024-06-05")[0];
        assert_eq!((near.words().as_str(), near.tag()), ("还剩5天", "warn"));
        assert_eq!(near.detail, "已审批，待发放600.00元；10日不是工作日，宜在6月7日前办结");
        let gone = &on("2024-06-12")[0];
        assert_eq!((gone.words().as_str(), gone.tag()), ("逾期2天", "bad"));
    }

    #[test]
    fn a_roster_is_asked_about_three_working_days_before_its_month() {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        let signs = [sign("roster", Some("2024-06"), "draft")];
        assert!(late(&programme, &calendar, &signs, day("2024-05-28")).is_empty());
        assert_eq!(late(&programme, &calendar, &signs, day("2024-05-29"))[0].words(), "今天到期");
    }

    #[test]
    fn ahead_and_behind_are_said_in_words() {
        let progress = |done| Progress { done, target: 290, expected: Some(120) };
        assert_eq!(progress(118).words("件"), "按时间进度应完成120件，落后2件");
        assert_eq!(progress(125).words("件"), "按时间进度应完成120件，超前5件");
        assert_eq!(progress(120).words("件"), "按时间进度应完成120件，正好持平");
    }
}
