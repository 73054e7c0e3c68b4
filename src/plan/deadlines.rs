//! Limits. Those of the plan are literal dates that never move (A29) with the working day
//! by which the work should be done; those of the legal aid rules move over holidays.
//! The first day is never counted.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, YearWithoutCalendar};
use super::dictionary::dictionary;
use super::month::Month;
use super::programme::Programme;

/// A limit of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLimit {
    /// The literal last day; it stays the legal date though it be a holiday.
    pub due: NaiveDate,
    /// The last working day not after it; `None` while that year has no calendar.
    pub target: Option<NaiveDate>,
}

impl PlanLimit {
    fn on(calendar: &Calendar, due: NaiveDate) -> Self {
        Self { due, target: calendar.working_day_on_or_before(due).ok() }
    }

    /// Whether a date is after the limit.
    #[must_use]
    pub fn is_missed_on(&self, date: NaiveDate) -> bool {
        date > self.due
    }
}

/// A quarter of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    year: i32,
    number: u32,
}

impl Quarter {
    /// The quarter of this year and number; `None` unless the number is 1–4.
    #[must_use]
    pub fn new(year: i32, number: u32) -> Option<Self> {
        Month::new(year, 1)?;
        (1..=4).contains(&number).then_some(Self { year, number })
    }

    /// The quarter a month lies in.
    #[must_use]
    pub fn of(month: Month) -> Self {
        Self { year: month.year(), number: month.month().div_ceil(3) }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.year
    }

    /// The number, 1–4.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// Its three months.
    pub fn months(self) -> impl Iterator<Item = Month> {
        let first = (self.number - 1) * 3 + 1;
        (first..first + 3).filter_map(move |month| Month::new(self.year, month))
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> NaiveDate {
        self.months().last().map_or(NaiveDate::MAX, Month::last)
    }

    /// `2024年第1季度`.
    #[must_use]
    pub fn chinese(self) -> String {
        format!("{}年第{}季度", self.year, self.number)
    }
}

/// 五(二)末段: last month's duty subsidies are paid by the 10th, inclusive (A28).
#[must_use]
pub fn duty_pay(programme: &Programme, calendar: &Calendar, month: Month) -> PlanLimit {
    PlanLimit::on(calendar, day_of(month.next(), programme.duty_pay_day))
}

/// The day from which an unpaid month is warned of (A28).
#[must_use]
pub fn duty_pay_warning(programme: &Programme, month: Month) -> NaiveDate {
    day_of(month.next(), programme.duty_pay_warning_day)
}

/// 五(二)末段: a case subsidy is paid within 30 days of the agreement to close, later by
/// the days of extension granted, at most fifteen together (A30).
#[must_use]
pub fn case_payout(programme: &Programme, calendar: &Calendar, agreed_on: NaiveDate, extension_days: u32) -> PlanLimit {
    let extension = extension_days.min(programme.case_extension_days);
    let due = days_after(agreed_on, programme.case_payment_days + extension);
    PlanLimit::on(calendar, due)
}

/// 五(一): the county finance bureau transfers the earmarked fund within 30 days of receipt (A55).
#[must_use]
pub fn fund_transfer(programme: &Programme, calendar: &Calendar, received_on: NaiveDate) -> PlanLimit {
    PlanLimit::on(calendar, days_after(received_on, programme.fund_transfer_days))
}

/// 五(二)末段: the fund report is sent within 15 days after the quarter.
#[must_use]
pub fn quarter_report(programme: &Programme, calendar: &Calendar, quarter: Quarter) -> PlanLimit {
    PlanLimit::on(calendar, days_after(quarter.last(), programme.quarter_report_days))
}

/// 六(一) 逐月上报: the day of the next month by which a month is reported (A51).
#[must_use]
pub fn monthly_report(programme: &Programme, calendar: &Calendar, month: Month) -> PlanLimit {
    PlanLimit::on(calendar, day_of(month.next(), programme.monthly_report_day))
}

/// 三(一) 提前公示: the last day on which a month's roster is posted in time (A49).
///
/// # Errors
/// When a year on the way has no calendar.
pub fn posting(programme: &Programme, calendar: &Calendar, month: Month) -> Result<NaiveDate, YearWithoutCalendar> {
    calendar.subtract_working_days(month.first(), programme.posting_lead_days)
}

/// The last day on which a duty person may object to a finding told on a date (A54).
///
/// # Errors
/// When a year on the way has no calendar.
pub fn objection(
    programme: &Programme,
    calendar: &Calendar,
    told_on: NaiveDate,
) -> Result<NaiveDate, YearWithoutCalendar> {
    calendar.add_working_days(told_on, programme.objection_days)
}

/// The last day on which a person may explain an absence found by a roll-call.
///
/// # Errors
/// When a year on the way has no calendar.
pub fn explanation(
    programme: &Programme,
    calendar: &Calendar,
    checked_on: NaiveDate,
) -> Result<NaiveDate, YearWithoutCalendar> {
    calendar.add_working_days(checked_on, programme.explanation_days)
}

/// How the days of a procedural limit are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Calendar days; a last day that is not worked moves to the next working day.
    CalendarDays(u32),
    /// Working days only.
    WorkingDays(u32),
}

dictionary! {
    /// Limits of the legal aid law and of the procedure rules.
    ProceduralLimit {
        Review = "review", "审查申请";
        Assign = "assign", "指派承办";
        Sign = "sign", "签订协议";
        ChangeHandler = "change_handler", "决定是否更换承办人";
        SubmitFile = "submit_file", "提交结案材料";
        ReviewClosing = "review_closing", "结案审查";
        Objection = "objection", "提出异议";
        DecideObjection = "decide_objection", "处理异议";
        SendTermination = "send_termination", "送达终止决定";
    }
}

impl ProceduralLimit {
    /// How many days, and of which kind.
    #[must_use]
    pub fn counting(self) -> Counting {
        match self {
            Self::Review => Counting::CalendarDays(7),
            Self::Assign | Self::SendTermination => Counting::CalendarDays(3),
            Self::Sign | Self::DecideObjection => Counting::CalendarDays(5),
            Self::ChangeHandler => Counting::WorkingDays(5),
            Self::SubmitFile | Self::ReviewClosing => Counting::CalendarDays(30),
            Self::Objection => Counting::CalendarDays(15),
        }
    }

    /// The rule it stands on, for the page.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Review | Self::Assign => "法律援助法第四十三条",
            Self::DecideObjection => "法律援助法第四十九条",
            Self::Sign
            | Self::ChangeHandler
            | Self::SubmitFile
            | Self::ReviewClosing
            | Self::Objection
            | Self::SendTermination => "办理法律援助案件程序规定",
        }
    }

    /// The last day when the clock started on a date.
    ///
    /// # Errors
    /// When a year on the way has no calendar.
    pub fn due(self, calendar: &Calendar, started_on: NaiveDate) -> Result<NaiveDate, YearWithoutCalendar> {
        procedural(calendar, started_on, self.counting())
    }
}

/// The last day of a procedural limit that started on a date.
///
/// # Errors
/// When a year on the way has no calendar.
pub fn procedural(
    calendar: &Calendar,
    started_on: NaiveDate,
    counting: Counting,
) -> Result<NaiveDate, YearWithoutCalendar> {
    match counting {
        Counting::CalendarDays(days) => calendar.working_day_on_or_after(days_after(started_on, days)),
        Counting::WorkingDays(days) => calendar.add_working_days(started_on, days),
    }
}

fn days_after(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

/// That day of the month, or its last day where the month is shorter.
fn day_of(month: Month, day: u32) -> NaiveDate {
    month.first().with_day(day).unwrap_or_else(|| month.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn procedural_limits_move_over_holidays() {
        let calendar = Calendar::shipped();
        for (limit, start, end) in [
            (ProceduralLimit::Review, "2024-06-03", "2024-06-11"),
            (ProceduralLimit::Review, "2024-09-24", "2024-10-08"),
            (ProceduralLimit::Review, "2024-04-26", "2024-05-06"),
            (ProceduralLimit::Assign, "2024-06-07", "2024-06-11"),
            (ProceduralLimit::Assign, "2024-09-13", "2024-09-18"),
            (ProceduralLimit::Assign, "2024-05-08", "2024-05-11"),
            (ProceduralLimit::Sign, "2024-06-05", "2024-06-11"),
            (ProceduralLimit::SubmitFile, "2024-09-01", "2024-10-08"),
            (ProceduralLimit::ChangeHandler, "2024-09-27", "2024-10-10"),
        ] {
            assert_eq!(limit.due(&calendar, date(start)), Ok(date(end)), "{limit} {start}");
        }
    }

    #[test]
    fn a29_a30_case_payout_never_moves() {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        for (agreed, due, target, latest) in [
            ("2024-06-03", "2024-07-03", "2024-07-03", "2024-07-18"),
            ("2024-08-31", "2024-09-30", "2024-09-30", "2024-10-15"),
            ("2024-12-20", "2025-01-19", "2025-01-17", "2025-02-03"),
            ("2024-01-31", "2024-03-01", "2024-03-01", "2024-03-16"),
        ] {
            let limit = case_payout(&programme, &calendar, date(agreed), 0);
            assert_eq!(limit.due, date(due));
            assert_eq!(limit.target, Some(date(target)));
            let extended = case_payout(&programme, &calendar, date(agreed), 15);
            assert_eq!(extended.due, date(latest));
            let beyond = case_payout(&programme, &calendar, date(agreed), 40);
            assert_eq!(beyond.due, date(latest));
        }
    }

    #[test]
    fn a28_duty_pay_is_due_on_the_tenth_with_a_working_day_as_target() {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        let limit = duty_pay(&programme, &calendar, month("2024-05"));
        assert_eq!(limit.due, date("2024-06-10"));
        assert_eq!(limit.target, Some(date("2024-06-07")));
        assert!(!limit.is_missed_on(date("2024-06-10")));
        assert!(limit.is_missed_on(date("2024-06-11")));
        let moved: Vec<_> = (2023..=2026)
            .flat_map(|year| (1..=12).map(move |m| Month::new(year, m).unwrap()))
            .map(|month| duty_pay(&programme, &calendar, month))
            .filter_map(|limit| (limit.target? != limit.due).then_some(limit.target?.to_string()))
            .collect();
        assert_eq!(
            moved,
            [
                "2024-02-09",
                "2024-03-08",
                "2024-06-07",
                "2024-08-09",
                "2024-11-08",
                "2025-05-09",
                "2025-08-08",
                "2026-01-09",
                "2026-05-09"
            ]
        );
        let unknown = duty_pay(&programme, &calendar, month("2026-12"));
        assert_eq!((unknown.due, unknown.target), (date("2027-01-10"), None));
    }

    #[test]
    fn fund_transfer_and_quarter_reports() {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        let transfer = fund_transfer(&programme, &calendar, date("2024-03-15"));
        assert_eq!(transfer.due, date("2024-04-14"));
        let reports: Vec<_> = (1..=4)
            .map(|number| Quarter::new(2024, number).unwrap())
            .map(|quarter| quarter_report(&programme, &calendar, quarter).due.to_string())
            .collect();
        assert_eq!(reports, ["2024-04-15", "2024-07-15", "2024-10-15", "2025-01-15"]);
        assert_eq!(Quarter::of(month("2024-06")), Quarter::new(2024, 2).unwrap());
    }

    #[test]
    fn a49_a51_a54_posting_report_and_objection() {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        assert_eq!(posting(&programme, &calendar, month("2024-10")), Ok(date("2024-09-27")));
        assert_eq!(monthly_report(&programme, &calendar, month("2024-09")).due, date("2024-10-05"));
        assert_eq!(objection(&programme, &calendar, date("2024-06-07")), Ok(date("2024-06-13")));
        assert_eq!(explanation(&programme, &calendar, date("2024-09-30")), Ok(date("2024-10-09")));
        assert_eq!(duty_pay_warning(&programme, month("2024-05")), date("2024-06-05"));
    }
}
