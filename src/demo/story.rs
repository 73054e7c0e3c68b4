//! What happens, day by day. Everything goes through the services that the pages use,
//! by the account whose work it is, at the time at which it is done.

mod aid;
mod matters;
mod money;
mod oddities;
mod office;
mod payouts;
mod reports;

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Duration, FixedOffset, NaiveDate, NaiveTime};

use super::cast::{Cast, scope};
use super::db::{self, DayShift};
use super::invented::{Dice, GIVEN_NAMES, MATTERS, SURNAMES};
use crate::attendance;
use crate::cases::{self, NewCase, NewStep};
use crate::consultations::{self, Client, ClientGender, NewConsultation};
use crate::error::AppError;
use crate::findings::{Matter as Complaint, NewFinding, Subject};
use crate::plan::calendar::Calendar;
use crate::plan::dictionaries::{
    Basis, CaseKind, Channel, HandlerCategory, Outcome, Satisfaction, ShiftChange, SpecialGroup, VenueKind,
};
use crate::plan::month::Month;
use crate::plan::time::at;
use crate::roster::planner::Holidays;
use crate::roster::{self, GapConsent, NewFilling, NewShift, Seen};
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::permissions::Action;
use crate::web::work::Work;

/// The provincial money of the year: one person a shift, and 290 cases (domain figure 560,700 yuan).
const PROVINCIAL_FUND: i64 = 560_700;
/// Venues that report on the last day only.
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
    /// Cases lived in the system, with the next step of each.
    aided: Vec<aid::Aided>,
    /// Verified complaints that the clerk has yet to put down.
    complaints: Vec<NewFinding>,
    /// How many batches of case subsidies there were.
    payouts_seen: u32,
    /// One person's pay was held.
    held: bool,
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
        aided: Vec::new(),
        complaints: Vec::new(),
        payouts_seen: 0,
        held: false,
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
        self.other_money(day).await?;
        self.month_end(day).await?;
        if day.day() == 22 {
            self.next_roster(Month::of(day).next(), day).await?;
        }
        if working {
            self.office(day).await?;
            self.payouts(day).await?;
            self.cases_of(day).await?;
            self.aid(day).await?;
        }
        self.reports(day).await?;
        self.duty(day).await?;
        self.roll_call(day).await?;
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
        roster::submit(&mut work, edit, month, Seen::Latest, GapConsent::None)
            .await
            .map_err(|error| told(error.into()))?;
        work.commit().await.map_err(told)?;
        if self.reach(at(day, hour(15, 0))) {
            let approver = &self.cast.approver;
            let mut work = self.work(approver).await?;
            roster::approve(&mut work, scope(approver, Action::ApproveRoster)?, month, Seen::Latest)
                .await
                .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if self.reach(at(day, hour(16, 20))) {
            let mut work = self.work(clerk).await?;
            roster::publish(&mut work, scope(clerk, Action::PublishRoster)?, month, Seen::Latest)
                .await
                .map_err(told)?;
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
            let new = NewShift {
                venue,
                person: *person,
                day,
                hours: None,
                change: ShiftChange::Normal,
                reason: String::new(),
                moved_from: None,
            };
            roster::add_shift(&mut work, scope(clerk, Action::EditRoster)?, month, new)
                .await
                .map_err(|error| told(error.into()))?;
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
                    attendance::sign_in(&mut work, scope(actor, Action::SignAttendance)?, duty.shift.id)
                        .await
                        .map_err(told)?;
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
        let actor = self.cast.on_duty(shift.person_id)?;
        let began = instant - Duration::minutes(self.dice.between(5, 11));
        let township = self.cast.venues.iter().find(|venue| venue.id == shift.venue_id);
        let client = if refused {
            Client { refused_identity: true, gender: Some(gender_of(*female)), ..Client::default() }
        } else {
            Client {
                refused_identity: false,
                name: format!("{surname}{given}"),
                gender: Some(gender_of(*female)),
                birth_year: Some(i32::try_from(self.dice.between(1948, 2003))?),
                id_number: None,
                phone: Some(phone),
                township: township
                    .filter(|venue| venue.kind == VenueKind::Station)
                    .map(|venue| venue.short_name.clone())
                    .unwrap_or_default(),
                address: String::new(),
                groups: if matter.aid { vec![SpecialGroup::MigrantWorker] } else { Vec::new() },
                first_visit: Some(!self.dice.once_in(5)),
            }
        };
        let new = NewConsultation {
            shift: shift.id,
            channel,
            started_at: began.time(),
            ended_at: instant.time(),
            client,
            topic: matter.topic,
            cause: matter.cause.to_owned(),
            facts: matter.facts.to_owned(),
            request: matter.request.to_owned(),
            advice: matter.advice.to_owned(),
            legal_basis: matter.basis.to_owned(),
            outcomes: vec![matter.outcome],
            referred_to: if matter.outcome == Outcome::ToDepartment {
                "相关主管部门".to_owned()
            } else {
                String::new()
            },
            legal_aid_hint: matter.aid,
            told_right: matter.aid,
            follow_up_on: None,
            sensitive: false,
            satisfaction,
            from_paper: false,
        };
        let mut work = self.work(actor).await?;
        let recorded =
            consultations::record(&mut work, &self.state.seals, scope(actor, Action::RecordConsultation)?, &new)
                .await
                .map_err(told)?;
        work.commit().await.map_err(told)?;
        if satisfaction == Satisfaction::Dissatisfied && self.dice.once_in(3) {
            self.complaints.push(NewFinding {
                shift_id: shift.id,
                subject: Subject::Dissatisfied(Complaint::Consultation(recorded.id)),
                evidence: "咨询人评价“不满意”，电话核实：答复时态度生硬，没有听完就打断，情况属实。".to_owned(),
            });
        }
        Ok(())
    }

    /// One or two cases are accepted on a working day; older ones are assigned, closed and entered.
    async fn cases_of(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        if day.year() != 2024 || !self.reach(at(day, hour(16, 0))) {
            return Ok(());
        }
        let actor = &self.cast.legal_aid;
        let register = scope(actor, Action::RegisterCases)?;
        // The centre took the system into use in the middle of April; what came before is on paper.
        let taken = if day < aid::begins() { self.dice.between(1, 2) } else { 0 };
        for _ in 0..taken {
            self.cases += 1;
            let (kind, basis, cause) = match self.dice.between(1, 10) {
                1..=4 => (CaseKind::CivilFirstInstance, Basis::Application, "追索劳动报酬纠纷"),
                5..=6 => (CaseKind::CivilFirstInstance, Basis::Application, "离婚纠纷"),
                7 => (CaseKind::CivilSecondInstance, Basis::Application, "提供劳务者受害责任纠纷"),
                8 => (CaseKind::CriminalProsecution, Basis::FullCoverage, "盗窃罪"),
                9 => (CaseKind::CriminalFirstInstance, Basis::NotifiedDefence, "故意伤害罪"),
                _ => (CaseKind::LabourArbitration, Basis::Application, "工伤保险待遇争议"),
            };
            let group = *self
                .dice
                .pick(&[SpecialGroup::MigrantWorker, SpecialGroup::Farmer, SpecialGroup::Woman, SpecialGroup::Elderly])
                .context("groups")?;
            let handler =
                self.dice.pick(&["王建平", "李雪梅", "王建平", "郭丽萍", "王建平", "陈立新"]).context("handlers")?;
            let new = NewCase {
                number: format!("高法援字〔2024〕{:03}号", self.cases),
                kind,
                basis,
                groups: [group].into(),
                handler_category: HandlerCategory::Lawyer,
                handler_name: (*handler).to_owned(),
                organisation: "山西示例律师事务所".to_owned(),
                cause: cause.to_owned(),
                accepted_on: day,
            };
            let mut work = self.work(actor).await?;
            cases::service::register(&mut work, register, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        let mut conn = self.state.pool.acquire().await?;
        let open = db::open_cases(&mut conn, self.cast.bureau).await?;
        drop(conn);
        for case in open {
            let age = (day - case.accepted_on).num_days();
            let step = match (case.assigned_on, case.closing_agreed_on) {
                (None, _) if age >= 2 => NewStep::Assigned { on: day },
                (Some(_), None) if age >= 24 + (case.id * 7) % 30 => NewStep::ClosingAgreed { on: day },
                (Some(_), Some(agreed)) if (day - agreed).num_days() > case.id % 5 => {
                    self.entered += 1;
                    NewStep::Entered { on: day, number: format!("SXFY2024{:05}", self.entered) }
                }
                _ => continue,
            };
            let mut work = self.work(actor).await?;
            cases::service::take_step(&mut work, register, case.id, case.version, step).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }
}

fn gender_of(female: bool) -> ClientGender {
    if female { ClientGender::Female } else { ClientGender::Male }
}

fn told(error: AppError) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}
