//! What happens, day by day. Everything goes through the services that the pages use,
//! by the account whose work it is, at the time at which it is done.

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Duration, FixedOffset, NaiveDate, NaiveTime};

use super::cast::{Cast, scope};
use super::db::{self, DayShift};
use super::invented::{Dice, GIVEN_NAMES, MATTERS, SURNAMES};
use crate::attendance::{self, Decision, NewCorrection, Side};
use crate::cases::{self, NewCase, NewStep};
use crate::consultations::{self, NewConsultation};
use crate::error::AppError;
use crate::findings::{self, Matter as Complaint, NewFinding, Subject};
use crate::fund::{self, NewReceipt, NewTransfer};
use crate::plan::calendar::Calendar;
use crate::plan::dictionaries::{
    Basis, CaseKind, Channel, FindingKind, HandlerCategory, RecordIrregularity, ReviewResult, Satisfaction, ShiftChange,
    SpecialGroup, VenueKind,
};
use crate::plan::month::Month;
use crate::plan::money::yuan;
use crate::plan::time::at;
use crate::roster::{self, GapConsent, Holidays, NewFilling, NewShift, Seen};
use crate::settlement;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::permissions::Action;
use crate::web::work::Work;

/// The provincial money of the year: one person a shift, and 290 cases (domain figure 560,700 yuan).
const PROVINCIAL_FUND: i64 = 560_700;
/// Venues that report late in the last month lived through.
const LATE_VENUES: &[&str] = &["石末乡", "原村乡"];

/// A shift that will happen, with how.
struct Duty {
    shift: DayShift,
    sign_in: Option<DateTime<FixedOffset>>,
    sign_out: Option<DateTime<FixedOffset>>,
}

enum Event {
    SignIn(usize),
    Consult(usize),
    SignOut(usize),
}

/// The story while it is told.
struct Story<'a> {
    state: &'a AppState,
    cast: &'a Cast,
    calendar: Calendar,
    until: DateTime<FixedOffset>,
    dice: Dice,
    cases: u32,
    entered: u32,
}

/// Lives through the days up to `until`.
pub(super) async fn live(state: &AppState, cast: &Cast, until: DateTime<FixedOffset>) -> anyhow::Result<()> {
    let mut story = Story {
        state,
        cast,
        calendar: Calendar::shipped(),
        until,
        dice: Dice::new(20_240_430),
        cases: 0,
        entered: 0,
    };
    let mut day = NaiveDate::from_ymd_opt(2023, 12, 22).context("a first day")?;
    while day <= until.date_naive() {
        story.day(day).await.with_context(|| format!("on {day}"))?;
        day = day.succ_opt().context("a next day")?;
    }
    Ok(())
}

fn hour(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

impl Story<'_> {
    /// Sets the clock, unless the story ends before.
    fn reach(&self, instant: DateTime<FixedOffset>) -> bool {
        if instant > self.until {
            return false;
        }
        self.state.clock.set(instant)
    }

    async fn work(&self, actor: &Actor) -> anyhow::Result<Work> {
        Work::unattended(self.state, actor).await.map_err(told)
    }

    async fn day(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let working = self.calendar.is_working_day(day).unwrap_or(false);
        self.money_comes(day).await?;
        self.month_end(day).await?;
        if day.day() == 22 {
            self.next_roster(Month::of(day).next(), day).await?;
        }
        if working {
            self.office(day).await?;
            self.cases_of(day).await?;
        }
        self.duty(day).await?;
        self.review(day).await
    }

    /// A roster is drawn, approved and published well before its month (A49).
    async fn next_roster(&mut self, month: Month, day: NaiveDate) -> anyhow::Result<()> {
        if month.year() != 2024 || !self.reach(at(day, hour(9, 10))) {
            return Ok(());
        }
        let clerk = &self.cast.clerk;
        let edit = scope(clerk, Action::EditRoster)?;
        let mut work = self.work(clerk).await?;
        roster::start_month(&mut work, edit, month).await.map_err(told)?;
        work.commit().await.map_err(told)?;
        for venue in &self.cast.venues {
            let Some(turns) = self.cast.turns.get(&venue.id) else { continue };
            let mut people = turns.clone();
            let shift = usize::try_from(month.month()).unwrap_or(0) % people.len().max(1);
            people.rotate_left(shift);
            if venue.kind == VenueKind::LegalAidCentre {
                self.window(month, venue.id, &people).await?;
                continue;
            }
            let mut work = self.work(clerk).await?;
            let filling = NewFilling { venue: venue.id, people, holidays: Holidays::LeaveOut };
            roster::fill_venue(&mut work, edit, month, filling).await.map_err(|error| told(error.into()))?;
            work.commit().await.map_err(told)?;
        }
        if !self.reach(at(day, hour(10, 30))) {
            return Ok(());
        }
        let mut work = self.work(clerk).await?;
        roster::submit(&mut work, edit, month, Seen::Latest, GapConsent::None).await.map_err(|error| told(error.into()))?;
        work.commit().await.map_err(told)?;
        if self.reach(at(day, hour(15, 0))) {
            let approver = &self.cast.approver;
            let mut work = self.work(approver).await?;
            roster::approve(&mut work, scope(approver, Action::ApproveRoster)?, month, Seen::Latest).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if self.reach(at(day, hour(16, 20))) {
            let mut work = self.work(clerk).await?;
            roster::publish(&mut work, scope(clerk, Action::PublishRoster)?, month, Seen::Latest).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// The legal aid centre's window has somebody on Mondays; it is not paid (A25).
    async fn window(&self, month: Month, venue: i64, people: &[i64]) -> anyhow::Result<()> {
        let clerk = &self.cast.clerk;
        let mondays = month
            .days()
            .filter(|day| day.weekday() == chrono::Weekday::Mon && self.calendar.is_working_day(*day).unwrap_or(false));
        for (day, person) in mondays.zip(people.iter().cycle()) {
            let mut work = self.work(clerk).await?;
            let hours = self.cast.venues.iter().find(|known| known.id == venue).map(crate::venues::db::Venue::hours);
            let new = NewShift {
                venue,
                person: *person,
                day,
                hours: hours.context("the window's hours")?,
                change: ShiftChange::Normal,
                reason: String::new(),
            };
            roster::add_shift(&mut work, scope(clerk, Action::EditRoster)?, month, new)
                .await
                .map_err(|error| told(error.into()))?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// 五(一): the provincial money arrives in the first quarter and is passed on within 30 days.
    async fn money_comes(&self, day: NaiveDate) -> anyhow::Result<()> {
        let finance = &self.cast.finance;
        let post = scope(finance, Action::PostFund)?;
        if (day.month(), day.day()) == (1, 18) && self.reach(at(day, hour(10, 0))) {
            let mut work = self.work(finance).await?;
            let new = NewReceipt {
                year: 2024,
                amount: yuan(PROVINCIAL_FUND),
                received_on: day,
                notice: "晋财政法示例〔2024〕3号".to_owned(),
                notice_on: NaiveDate::from_ymd_opt(2024, 1, 12),
                voucher: "收-0001".to_owned(),
            };
            fund::record_receipt(&mut work, post, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if (day.month(), day.day()) == (2, 2) && self.reach(at(day, hour(10, 0))) {
            let mut work = self.work(finance).await?;
            let new = NewTransfer {
                year: 2024,
                amount: yuan(PROVINCIAL_FUND),
                transferred_on: day,
                order: "拨款通知单示例2024-0007".to_owned(),
                voucher: "转-0001".to_owned(),
            };
            fund::record_transfer(&mut work, post, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// Sign-ins, consultations and sign-outs of a day, in the order of the clock.
    async fn duty(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let mut conn = self.state.pool.acquire().await?;
        let shifts = db::shifts_on(&mut conn, self.cast.bureau, day).await?;
        drop(conn);
        let duties: Vec<Duty> = shifts.into_iter().map(|shift| self.conduct(day, shift)).collect();
        let mut events: Vec<(DateTime<FixedOffset>, Event)> = Vec::new();
        for (index, duty) in duties.iter().enumerate() {
            let Some(from) = duty.sign_in else { continue };
            events.push((from, Event::SignIn(index)));
            let to = duty.sign_out.unwrap_or_else(|| at(day, duty.shift.ends_at));
            if let Some(sign_out) = duty.sign_out {
                events.push((sign_out, Event::SignOut(index)));
            }
            let visits = match duty.shift.venue_kind {
                VenueKind::ServiceCentre => self.dice.between(8, 12),
                VenueKind::Station => self.dice.between(6, 10),
                VenueKind::LegalAidCentre => self.dice.between(3, 6),
            };
            for _ in 0..visits {
                let minutes = self.dice.between(12, (to - from).num_minutes().max(40) - 12);
                let visit = from + Duration::minutes(minutes);
                let pausing = duty
                    .shift
                    .break_from
                    .zip(duty.shift.break_to)
                    .is_some_and(|(pause, back)| visit.time() >= pause && visit.time() < back);
                let visit = if pausing { visit + Duration::hours(2) } else { visit };
                if visit < to {
                    events.push((visit, Event::Consult(index)));
                }
            }
        }
        events.sort_by_key(|(instant, _)| *instant);
        for (instant, event) in events {
            if !self.reach(instant) {
                break;
            }
            match event {
                Event::SignIn(index) => {
                    let Some(duty) = duties.get(index) else { continue };
                    let actor = self.cast.on_duty(duty.shift.person_id)?;
                    let mut work = self.work(actor).await?;
                    attendance::sign_in(&mut work, scope(actor, Action::SignAttendance)?, duty.shift.id).await.map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
                Event::SignOut(index) => {
                    let Some(duty) = duties.get(index) else { continue };
                    let actor = self.cast.on_duty(duty.shift.person_id)?;
                    let mut work = self.work(actor).await?;
                    attendance::sign_out(&mut work, scope(actor, Action::SignAttendance)?, duty.shift.id)
                        .await
                        .map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
                Event::Consult(index) => {
                    let Some(duty) = duties.get(index) else { continue };
                    self.consult(&duty.shift, instant).await?;
                }
            }
        }
        self.aftermath(day, &duties).await
    }

    /// How a shift will go: mostly well.
    fn conduct(&mut self, day: NaiveDate, shift: DayShift) -> Duty {
        let starts = at(day, shift.starts_at);
        let ends = at(day, shift.ends_at);
        if self.dice.once_in(150) {
            return Duty { shift, sign_in: None, sign_out: None };
        }
        let sign_in = if self.dice.once_in(35) {
            starts + Duration::minutes(self.dice.between(2, 25))
        } else {
            starts - Duration::seconds(self.dice.between(60, 1500))
        };
        let sign_out = if self.dice.once_in(60) {
            Some(ends - Duration::minutes(self.dice.between(5, 40)))
        } else if self.dice.once_in(70) {
            None
        } else {
            Some(ends + Duration::seconds(self.dice.between(30, 1200)))
        };
        Duty { shift, sign_in: Some(sign_in), sign_out }
    }

    async fn consult(&mut self, shift: &DayShift, instant: DateTime<FixedOffset>) -> anyhow::Result<()> {
        let matter = *self.dice.pick(MATTERS).context("matters")?;
        let surname = self.dice.pick(SURNAMES).context("surnames")?;
        let (given, female) = self.dice.pick(GIVEN_NAMES).context("given names")?;
        let refused = self.dice.once_in(40);
        let satisfaction = match self.dice.between(1, 100) {
            1..=46 => Satisfaction::VerySatisfied,
            47..=80 => Satisfaction::Satisfied,
            81..=86 => Satisfaction::Acceptable,
            87 => Satisfaction::Dissatisfied,
            _ => Satisfaction::NotRated,
        };
        let channel = match self.dice.between(1, 20) {
            1..=16 => Channel::OnSite,
            17..=19 => Channel::Phone,
            _ => Channel::HomeVisit,
        };
        let phone = format!("1390000{:04}", self.dice.between(0, 2400));
        let _ = (matter, surname, given, female, refused, satisfaction, channel, phone, instant, shift);
        Ok(())
    }
}

fn told(error: AppError) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}
