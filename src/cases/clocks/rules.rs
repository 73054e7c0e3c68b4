//! PURE. Limits of a case (法律援助法 and the procedure rules). The first day is not
//! counted and a last day that is not worked moves to the next working day; limits in
//! hours run straight; the plan's own payment limit never moves (A29).

use chrono::{DateTime, Days, FixedOffset, NaiveDate};

use crate::plan::calendar::{Calendar, YearWithoutCalendar};
use crate::plan::deadlines::{self, Counting, ProceduralLimit};
use crate::plan::dictionary::dictionary;
use crate::plan::programme::Programme;

dictionary! {
    /// A limit that runs on a case.
    Clock {
        /// A detained person's application is passed on within 24 hours (art 39).
        PassOn = "pass_on", "转交在押人员申请";
        /// The detained person is met within 48 hours of the request.
        Meet = "meet", "会见在押当事人";
        /// Seven days from receipt.
        Review = "review", "审查申请";
        /// The day that the office set, once.
        Supplement = "supplement", "申请人补正";
        /// Three days.
        Assign = "assign", "指派承办";
        /// Five days.
        Sign = "sign", "签订委托协议";
        /// Five working days.
        ChangeHandler = "change_handler", "决定是否更换";
        /// Thirty days from the closing day.
        SubmitFile = "submit_file", "提交结案材料";
        /// Thirty days from receipt of the file.
        ReviewClosing = "review_closing", "结案审查";
        /// The day that the office set, fifteen days unless it says otherwise.
        MendFile = "mend_file", "补正结案材料";
        /// Three days.
        SendTermination = "send_termination", "送达终止决定";
        /// The applicant may object for fifteen days.
        Object = "object", "提出异议";
        /// The bureau decides in five days (art 49).
        DecideObjection = "decide_objection", "处理异议";
        /// 五(二): thirty days after the agreement, never moved (A29, A30).
        Payout = "payout", "发放办案补贴";
    }
}

/// Whose clock it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The legal aid centre's desk.
    Desk,
    /// The centre's director.
    Director,
    /// The handler.
    Handler,
    /// The bureau.
    Bureau,
    /// The applicant: nobody's work, but its end lets the next step be taken.
    Applicant,
}

impl Owner {
    /// In words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Owner::Desk => "法律援助中心",
            Owner::Director => "法律援助中心负责人",
            Owner::Handler => "承办人",
            Owner::Bureau => "司法局",
            Owner::Applicant => "申请人",
        }
    }
}

/// How long a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Days of the procedure rules.
    Procedural(ProceduralLimit),
    /// So many hours, run straight through nights and holidays.
    Hours(u32),
    /// Days unless the office sets the day.
    SetByOffice(u32),
    /// The plan's own: literal.
    Plan,
}

impl Clock {
    /// How long it runs.
    #[must_use]
    pub fn length(self) -> Length {
        match self {
            Clock::PassOn => Length::Hours(24),
            Clock::Meet => Length::Hours(48),
            Clock::Review => Length::Procedural(ProceduralLimit::Review),
            Clock::Supplement => Length::SetByOffice(7),
            Clock::Assign => Length::Procedural(ProceduralLimit::Assign),
            Clock::Sign => Length::Procedural(ProceduralLimit::Sign),
            Clock::ChangeHandler => Length::Procedural(ProceduralLimit::ChangeHandler),
            Clock::SubmitFile => Length::Procedural(ProceduralLimit::SubmitFile),
            Clock::ReviewClosing => Length::Procedural(ProceduralLimit::ReviewClosing),
            Clock::MendFile => Length::SetByOffice(15),
            Clock::SendTermination => Length::Procedural(ProceduralLimit::SendTermination),
            Clock::Object => Length::Procedural(ProceduralLimit::Objection),
            Clock::DecideObjection => Length::Procedural(ProceduralLimit::DecideObjection),
            Clock::Payout => Length::Plan,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(self) -> Owner {
        match self {
            Clock::PassOn | Clock::Review | Clock::Assign | Clock::ReviewClosing | Clock::SendTermination => {
                Owner::Desk
            }
            Clock::ChangeHandler => Owner::Director,
            Clock::Meet | Clock::Sign | Clock::SubmitFile | Clock::MendFile => Owner::Handler,
            Clock::DecideObjection | Clock::Payout => Owner::Bureau,
            Clock::Supplement | Clock::Object => Owner::Applicant,
        }
    }

    /// Where the limit stands.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Clock::PassOn => "法律援助法第三十九条",
            Clock::Meet => "刑事诉讼法第三十九条",
            Clock::Supplement => "法律援助法第四十三条",
            Clock::MendFile => "办理法律援助案件程序规定；期限由法律援助中心确定",
            Clock::Payout => "方案五（二）",
            Clock::Review
            | Clock::Assign
            | Clock::Sign
            | Clock::ChangeHandler
            | Clock::SubmitFile
            | Clock::ReviewClosing
            | Clock::SendTermination
            | Clock::Object
            | Clock::DecideObjection => match self.length() {
                Length::Procedural(limit) => limit.rule(),
                Length::Hours(_) | Length::SetByOffice(_) | Length::Plan => "",
            },
        }
    }

    /// The length in words.
    #[must_use]
    pub fn length_words(self) -> String {
        match self.length() {
            Length::Procedural(limit) => match limit.counting() {
                Counting::CalendarDays(days) => format!("{days}日，末日遇节假日顺延"),
                Counting::WorkingDays(days) => format!("{days}个工作日"),
            },
            Length::Hours(hours) => format!("{hours}小时，连续计算"),
            Length::SetByOffice(days) => format!("由法律援助中心确定，一般{days}日"),
            Length::Plan => "30日，遇节假日不顺延（A29）".to_owned(),
        }
    }
}

/// Until when a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The last day.
    pub on: NaiveDate,
    /// The last instant, of limits in hours.
    pub at: Option<DateTime<FixedOffset>>,
}

/// The end of a clock started on a day (or, for hours, at an instant).
///
/// # Errors
/// When a year on the way has no calendar.
pub fn due(
    clock: Clock,
    programme: Option<&Programme>,
    calendar: &Calendar,
    started_on: NaiveDate,
    started_at: DateTime<FixedOffset>,
    set: Option<NaiveDate>,
) -> Result<Due, YearWithoutCalendar> {
    let on = match clock.length() {
        Length::Procedural(limit) => limit.due(calendar, started_on)?,
        Length::Hours(hours) => {
            let at = hours_after(started_at, hours);
            return Ok(Due { on: at.date_naive(), at: Some(at) });
        }
        Length::SetByOffice(days) => match set {
            Some(set) => set,
            None => deadlines::procedural(calendar, started_on, Counting::CalendarDays(days))?,
        },
        Length::Plan => match programme {
            Some(programme) => deadlines::case_payout(programme, calendar, started_on, 0).due,
            None => started_on.checked_add_days(Days::new(30)).unwrap_or(started_on),
        },
    };
    Ok(Due { on, at: None })
}

/// The end of a procedural limit after a pause: the days of the pause are not counted,
/// and the new last day moves over holidays like any other.
///
/// # Errors
/// When a year on the way has no calendar.
pub fn due_after_pause(
    clock: Clock,
    calendar: &Calendar,
    started_on: NaiveDate,
    paused_days: u32,
) -> Result<NaiveDate, YearWithoutCalendar> {
    let days = match clock.length() {
        Length::Procedural(limit) => match limit.counting() {
            Counting::CalendarDays(days) => days,
            Counting::WorkingDays(days) => {
                let end = calendar.add_working_days(started_on, days)?;
                return calendar.working_day_on_or_after(later(end, paused_days));
            }
        },
        Length::SetByOffice(days) => days,
        Length::Hours(_) => 2,
        Length::Plan => 30,
    };
    deadlines::procedural(calendar, started_on, Counting::CalendarDays(days + paused_days))
}

fn later(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

/// How pressing a limit is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// After its last day.
    Late,
    /// Two working days or fewer are left: red before it is late.
    Red,
    /// Within a third of its time.
    Soon,
    /// Time enough.
    Calm,
}

impl Pressure {
    /// The colour of its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Pressure::Late | Pressure::Red => "bad",
            Pressure::Soon => "warn",
            Pressure::Calm => "wait",
        }
    }
}

/// How pressing a limit is. Red begins two working days before its last day.
#[must_use]
pub fn pressure(calendar: &Calendar, started_on: NaiveDate, due_on: NaiveDate, today: NaiveDate) -> Pressure {
    if today > due_on {
        return Pressure::Late;
    }
    let left = (due_on - today).num_days();
    let red_from = calendar.subtract_working_days(due_on, 2).unwrap_or(due_on);
    if today >= red_from || left <= 1 {
        Pressure::Red
    } else if left * 3 <= (due_on - started_on).num_days() {
        Pressure::Soon
    } else {
        Pressure::Calm
    }
}

/// How much time is left of a limit in hours, in words.
#[must_use]
pub fn hours_left_words(due_at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> String {
    // A minute that has begun is still there.
    let minutes = (due_at - now + chrono::TimeDelta::seconds(59)).num_minutes();
    match minutes {
        _ if now > due_at => format!("逾期{}小时", (now - due_at).num_hours().max(1)),
        ..60 => format!("还剩{minutes}分钟"),
        _ => format!("还剩{}小时", minutes / 60),
    }
}

/// How pressing a limit in hours is: red in its last twelve hours.
#[must_use]
pub fn hours_pressure(due_at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> Pressure {
    match (due_at - now).num_minutes() {
        _ if now > due_at => Pressure::Late,
        ..=720 => Pressure::Red,
        _ => Pressure::Soon,
    }
}

/// The end of a limit in hours.
#[must_use]
pub fn hours_after(at: DateTime<FixedOffset>, hours: u32) -> DateTime<FixedOffset> {
    at.checked_add_signed(chrono::TimeDelta::hours(i64::from(hours))).unwrap_or(at)
}

#[cfg(test)]
mod tests;
