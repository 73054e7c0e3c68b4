//! PURE. 五(二)1(2): when one may sign in and out, and what is late or early.
//!
//! The planned minute is on time (A07); what is late is counted in whole minutes
//! from the planned one. The midday break plays no part: a shift has one sign-in and
//! one sign-out (A06).

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Timelike as _};

use crate::plan::time::{at, local_date, short_date};

/// How long before the planned start one may already sign in.
pub const EARLIEST: TimeDelta = TimeDelta::hours(2);

/// A shift as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The duty day.
    pub on: NaiveDate,
    /// The first minute.
    pub starts_at: NaiveTime,
    /// The last minute.
    pub ends_at: NaiveTime,
}

/// What the register holds of a shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Signed in.
    pub in_at: Option<DateTime<FixedOffset>>,
    /// Signed out.
    pub out_at: Option<DateTime<FixedOffset>>,
}

/// Why one cannot sign now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not the duty day.
    #[error("这个班次是{}的，只能在值班当天签到签退。如确已到岗，请申请补签。", short_date(*on))]
    OtherDay {
        /// The duty day.
        on: NaiveDate,
    },
    /// Before the register opens.
    #[error("还没有到签到时间，{}起可以签到。", from.format("%H:%M"))]
    TooEarly {
        /// From when one may.
        from: NaiveTime,
    },
    /// The shift is over.
    #[error("班次已在{}结束，不能再签到。如确已到岗，请申请补签。", until.format("%H:%M"))]
    TooLate {
        /// The planned end.
        until: NaiveTime,
    },
    /// Signed in before.
    #[error("这个班次已在{}签到，不用再签。", at.format("%H:%M"))]
    SignedIn {
        /// When.
        at: DateTime<FixedOffset>,
    },
    /// Signed out before.
    #[error("这个班次已在{}签退，不用再签。", at.format("%H:%M"))]
    SignedOut {
        /// When.
        at: DateTime<FixedOffset>,
    },
    /// No sign-in yet.
    #[error("这个班次还没有签到，不能签退。")]
    NotSignedIn,
}

impl Planned {
    /// The first minute at which the register is open.
    #[must_use]
    pub fn opens_at(&self) -> NaiveTime {
        let (time, days) = self.starts_at.overflowing_sub_signed(EARLIEST);
        // A shift in the first two hours of a day opens with the day.
        if days == 0 { time } else { NaiveTime::MIN }
    }

    /// Whether the shift can be signed in to at `now`.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_sign_in(&self, signed: Signed, now: DateTime<FixedOffset>) -> Result<(), Refusal> {
        if let Some(at) = signed.in_at {
            return Err(Refusal::SignedIn { at });
        }
        self.on_the_day(now)?;
        let minute = minute_of(now);
        if minute < self.opens_at() {
            return Err(Refusal::TooEarly { from: self.opens_at() });
        }
        if minute > self.ends_at {
            return Err(Refusal::TooLate { until: self.ends_at });
        }
        Ok(())
    }

    /// Whether the shift can be signed out of at `now`.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_sign_out(&self, signed: Signed, now: DateTime<FixedOffset>) -> Result<(), Refusal> {
        if let Some(at) = signed.out_at {
            return Err(Refusal::SignedOut { at });
        }
        self.on_the_day(now)?;
        if signed.in_at.is_none() {
            return Err(Refusal::NotSignedIn);
        }
        Ok(())
    }

    fn on_the_day(&self, now: DateTime<FixedOffset>) -> Result<(), Refusal> {
        if local_date(&now) == self.on { Ok(()) } else { Err(Refusal::OtherDay { on: self.on }) }
    }

    /// Whole minutes late; 0 within the grace (A07).
    #[must_use]
    pub fn late_minutes(&self, signed_in: DateTime<FixedOffset>, grace: u32) -> i32 {
        beyond(minute_of(signed_in) - self.starts_at, grace)
    }

    /// Whole minutes that were left out at the end; 0 within the grace (A07).
    #[must_use]
    pub fn early_minutes(&self, signed_out: DateTime<FixedOffset>, grace: u32) -> i32 {
        beyond(self.ends_at - minute_of(signed_out), grace)
    }

    /// Whether nothing more can happen on the shift by `now`: its day is over, or it
    /// was signed out of.
    #[must_use]
    pub fn is_past(&self, signed: Signed, now: DateTime<FixedOffset>) -> bool {
        local_date(&now) > self.on || (local_date(&now) == self.on && signed.out_at.is_some())
    }

    /// What is wrong with a corrected time, in words: `""` for nothing.
    #[must_use]
    pub fn fault_of_correction(
        &self,
        side: Side,
        time: NaiveTime,
        signed: Signed,
        now: DateTime<FixedOffset>,
    ) -> &'static str {
        let asked = at(self.on, time);
        if asked > now {
            return "补签时间还没有到。";
        }
        match side {
            Side::SignIn if time < self.opens_at() || time > self.ends_at => {
                "签到时间应在班次开始前2小时到班次结束之间。"
            }
            Side::SignIn if signed.out_at.is_some_and(|out| asked >= out) => "签到时间应早于签退时间。",
            Side::SignOut if signed.in_at.is_none() => "这个班次还没有签到，请先申请补签到。",
            Side::SignOut if signed.in_at.is_some_and(|into| asked <= into) => "签退时间应晚于签到时间。",
            Side::SignIn | Side::SignOut => "",
        }
    }
}

/// The two ends of a shift that can be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// 签到.
    SignIn,
    /// 签退.
    SignOut,
}

impl Side {
    /// The code in the database and in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Side::SignIn => "sign_in",
            Side::SignOut => "sign_out",
        }
    }

    /// The word people use.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Side::SignIn => "签到",
            Side::SignOut => "签退",
        }
    }

    /// The side of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Side> {
        match code {
            "sign_in" => Some(Side::SignIn),
            "sign_out" => Some(Side::SignOut),
            _ => None,
        }
    }
}

/// The minute in which an instant lies, on the wall of the bureau.
fn minute_of(instant: DateTime<FixedOffset>) -> NaiveTime {
    let time = instant.time();
    NaiveTime::from_hms_opt(time.hour(), time.minute(), 0).unwrap_or(time)
}

fn beyond(difference: TimeDelta, grace: u32) -> i32 {
    let minutes = difference.num_minutes();
    if minutes > i64::from(grace) { i32::try_from(minutes).unwrap_or(i32::MAX) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M:%S").unwrap()
    }

    fn on(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&format!("{}+08:00", text.replace(' ', "T"))).unwrap()
    }

    fn centre() -> Planned {
        Planned {
            on: NaiveDate::from_ymd_opt(2024, 5, 8).unwrap(),
            starts_at: time("08:00:00"),
            ends_at: time("18:00:00"),
        }
    }

    #[test]
    fn a07_the_planned_minute_is_on_time_to_its_last_second() {
        for (signed_in, late) in [
            ("2024-05-08 06:00:00", 0),
            ("2024-05-08 08:00:00", 0),
            ("2024-05-08 08:00:59", 0),
            ("2024-05-08 08:01:00", 1),
            ("2024-05-08 08:01:59", 1),
            ("2024-05-08 09:30:00", 90),
            ("2024-05-08 13:00:00", 300),
        ] {
            assert_eq!(centre().late_minutes(on(signed_in), 0), late, "{signed_in}");
        }
    }

    #[test]
    fn a07_the_planned_end_is_on_time_and_the_minute_before_is_early() {
        for (signed_out, early) in [
            ("2024-05-08 18:00:00", 0),
            ("2024-05-08 18:00:59", 0),
            ("2024-05-08 19:10:00", 0),
            ("2024-05-08 17:59:59", 1),
            ("2024-05-08 17:59:00", 1),
            ("2024-05-08 13:00:00", 300),
        ] {
            assert_eq!(centre().early_minutes(on(signed_out), 0), early, "{signed_out}");
        }
    }

    #[test]
    fn a07_within_the_grace_nothing_counts_and_beyond_it_all_minutes_do() {
        assert_eq!(centre().late_minutes(on("2024-05-08 08:05:30"), 5), 0);
        assert_eq!(centre().late_minutes(on("2024-05-08 08:06:00"), 5), 6);
        assert_eq!(centre().early_minutes(on("2024-05-08 17:55:00"), 5), 0);
        assert_eq!(centre().early_minutes(on("2024-05-08 17:54:59"), 5), 6);
    }

    #[test]
    fn the_register_is_open_from_two_hours_before_to_the_planned_end() {
        let planned = centre();
        let none = Signed::default();
        assert_eq!(
            planned.may_sign_in(none, on("2024-05-08 05:59:59")),
            Err(Refusal::TooEarly { from: time("06:00:00") })
        );
        assert_eq!(planned.may_sign_in(none, on("2024-05-08 06:00:00")), Ok(()));
        assert_eq!(planned.may_sign_in(none, on("2024-05-08 18:00:59")), Ok(()));
        assert_eq!(
            planned.may_sign_in(none, on("2024-05-08 18:01:00")),
            Err(Refusal::TooLate { until: time("18:00:00") })
        );
        for other in ["2024-05-07 08:00:00", "2024-05-09 08:00:00"] {
            assert_eq!(planned.may_sign_in(none, on(other)), Err(Refusal::OtherDay { on: planned.on }));
        }
        let early_bird = Planned { starts_at: time("01:00:00"), ..planned };
        assert_eq!(early_bird.opens_at(), NaiveTime::MIN);
    }

    #[test]
    fn out_comes_after_in_once_and_on_the_day() {
        let planned = centre();
        let signed = Signed { in_at: Some(on("2024-05-08 08:00:00")), out_at: None };
        let now = on("2024-05-08 18:00:00");
        assert_eq!(planned.may_sign_in(signed, now), Err(Refusal::SignedIn { at: on("2024-05-08 08:00:00") }));
        assert_eq!(planned.may_sign_out(Signed::default(), now), Err(Refusal::NotSignedIn));
        assert_eq!(planned.may_sign_out(signed, now), Ok(()));
        assert_eq!(planned.may_sign_out(signed, on("2024-05-09 00:00:00")), Err(Refusal::OtherDay { on: planned.on }));
        let left = Signed { out_at: Some(now), ..signed };
        assert_eq!(planned.may_sign_out(left, now), Err(Refusal::SignedOut { at: now }));
    }

    #[test]
    fn a_corrected_time_lies_in_the_shift_before_now_and_in_order() {
        let planned = centre();
        let now = on("2024-05-08 20:00:00");
        let signed = Signed { in_at: Some(on("2024-05-08 08:30:00")), out_at: Some(on("2024-05-08 17:00:00")) };
        let fault = |side, text: &str, signed| planned.fault_of_correction(side, time(text), signed, now);
        assert_eq!(fault(Side::SignIn, "08:00:00", signed), "");
        assert_eq!(fault(Side::SignOut, "18:00:00", signed), "");
        assert!(fault(Side::SignIn, "05:59:00", signed).contains("2小时"));
        assert!(fault(Side::SignIn, "17:00:00", signed).contains("早于签退"));
        assert!(fault(Side::SignOut, "08:30:00", signed).contains("晚于签到"));
        assert!(fault(Side::SignOut, "18:00:00", Signed::default()).contains("还没有签到"));
        assert!(fault(Side::SignOut, "20:01:00", signed).contains("还没有到"));
    }

    #[test]
    fn a_shift_is_past_when_its_day_is_over_or_it_was_signed_out_of() {
        let planned = centre();
        let open = Signed { in_at: Some(on("2024-05-08 08:00:00")), out_at: None };
        let closed = Signed { out_at: Some(on("2024-05-08 18:00:00")), ..open };
        assert!(!planned.is_past(open, on("2024-05-08 23:59:59")));
        assert!(planned.is_past(open, on("2024-05-09 00:00:00")));
        assert!(planned.is_past(closed, on("2024-05-08 18:00:01")));
        assert!(!planned.is_past(closed, on("2024-05-07 18:00:01")));
    }
}
