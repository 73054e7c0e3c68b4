//! PURE. 四(一)4, 五(二)1: may this person stand on this day at this venue for these hours?
//!
//! Every refusal is a sentence with the clause it rests on, so that a clerk can look it
//! up; the schema refuses the same things once more.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::RosterStatus;
use crate::plan::calendar::Calendar;
use crate::plan::dictionaries::{PersonCategory, ShiftChange, VenueKind};
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::plan::time::{at, chinese_date, short_date, weekday_short};
use crate::venues::db::{Hours, Venue};

/// The longest shift the schema takes, in minutes.
const LONGEST: i64 = 960;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 200;

/// The instant at which a shift begins as planned.
#[must_use]
pub fn planned_start(day: NaiveDate, starts_at: NaiveTime) -> DateTime<FixedOffset> {
    at(day, starts_at)
}

/// The instant at which a shift ends as planned.
#[must_use]
pub fn planned_end(day: NaiveDate, ends_at: NaiveTime) -> DateTime<FixedOffset> {
    at(day, ends_at)
}

/// Why nothing can be rostered in a month at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The year's notice of holidays is not entered: nobody rosters on a guess.
    NoCalendar(i32),
    /// The bureau has no programme of the year.
    NoProgramme(i32),
    /// The programme does not apply in the month (A48).
    OutsideProgramme {
        /// Its first day.
        from: NaiveDate,
        /// Its last day.
        to: NaiveDate,
    },
}

impl Obstacle {
    /// What is missing and what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Obstacle::NoCalendar(year) => {
                format!(
                    "{year}年的工作日历还没有录入，无法判断工作日，不能排班。请先在“工作日历”中录入国务院办公厅的放假通知。"
                )
            }
            Obstacle::NoProgramme(year) => {
                format!("{year}年度的实施方案还没有建立，不能排班。请先在“实施方案”中建立。")
            }
            Obstacle::OutsideProgramme { from, to } => {
                format!("实施方案自{}至{}有效，本月不在其中，不能排班。", chinese_date(*from), chinese_date(*to))
            }
        }
    }

    /// Where it is mended, and the words for the way there.
    #[must_use]
    pub fn remedy(&self) -> (&'static str, &'static str) {
        match self {
            Obstacle::NoCalendar(_) => ("/calendar", "录入工作日历"),
            Obstacle::NoProgramme(_) | Obstacle::OutsideProgramme { .. } => ("/programmes", "查看实施方案"),
        }
    }
}

/// What holds in one month: the programme, the calendar and the days they make due.
#[derive(Clone, Debug)]
pub struct MonthTerms {
    /// The month.
    pub month: Month,
    /// The year's plan.
    pub programme: Programme,
    /// The working days.
    pub calendar: Calendar,
    /// 四(一)4: the days of the centre.
    pub working_days: Vec<NaiveDate>,
    /// 四(一)4, A01: the days of the stations.
    pub station_days: Vec<NaiveDate>,
    /// A03: the stations' weekdays that are holidays.
    pub station_holidays: Vec<NaiveDate>,
}

impl MonthTerms {
    /// The terms of a month.
    ///
    /// # Errors
    /// When the calendar or the programme of the year is missing.
    pub fn new(month: Month, programme: Option<Programme>, calendar: Calendar) -> Result<MonthTerms, Obstacle> {
        let no_calendar = Obstacle::NoCalendar(month.year());
        if !calendar.knows(month.year()) {
            return Err(no_calendar);
        }
        let programme = programme.ok_or(Obstacle::NoProgramme(month.year()))?;
        if !programme.applies_in(month) {
            return Err(Obstacle::OutsideProgramme { from: programme.valid_from, to: programme.valid_to });
        }
        let weekday = programme.station_weekday.weekday();
        let mut working_days = calendar.working_days(month).map_err(|_| no_calendar)?;
        working_days.retain(|day| programme.applies_on(*day));
        let is_station_day = |day: &NaiveDate| day.weekday() == weekday && programme.applies_on(*day);
        let (station_days, station_holidays) =
            month.days().filter(is_station_day).partition(|day| working_days.contains(day));
        Ok(MonthTerms { month, programme, calendar, working_days, station_days, station_holidays })
    }

    /// Whether people work on this day of the month.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.working_days.contains(&day)
    }

    /// The weekday of the stations, `周三`.
    #[must_use]
    pub fn station_weekday(&self) -> &'static str {
        weekday_short(self.programme.station_weekday.weekday())
    }

    /// The holiday's name, or that it is a weekend.
    #[must_use]
    pub fn rest_name(&self, day: NaiveDate) -> String {
        self.calendar
            .special(day)
            .filter(|special| !special.is_workday)
            .map_or_else(|| "周末".to_owned(), |special| format!("{}放假", special.name))
    }
}

/// A member of the duty bank who may be put on a shift.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The person.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The category (四(一)3).
    pub category: PersonCategory,
    /// The firm, office or school.
    pub organisation: String,
    /// `active`, `suspended` or `left`.
    pub status: String,
    /// Not before this day.
    pub joined_on: NaiveDate,
    /// Not after this day, where the licence ends.
    pub licence_valid_to: Option<NaiveDate>,
    /// A26: serves without pay.
    pub public_official: bool,
    /// The duty bank names this venue for the person.
    pub serves_here: bool,
}

impl Candidate {
    /// Why this person cannot serve at the venue on the day; `None` if nothing stands against it.
    #[must_use]
    pub fn hindrance(&self, venue: &Venue, day: NaiveDate) -> Option<String> {
        let name = &self.name;
        match self.status.as_str() {
            "active" => {}
            "suspended" => return Some(format!("{name}已暂停值班，不能排班。")),
            _ => return Some(format!("{name}已退出值班人员库，不能排班。")),
        }
        if !self.serves_here {
            return Some(format!("{name}的值班范围不包括{}，请先在值班人员库中调整。", venue.short_name));
        }
        if day < self.joined_on {
            return Some(format!("{name}于{}入库，在此之前不能排班。", chinese_date(self.joined_on)));
        }
        match self.licence_valid_to {
            Some(end) if day > end => {
                Some(format!("{name}的执业证（资格证）有效期至{}，之后不能排班。", chinese_date(end)))
            }
            _ => None,
        }
    }
}

/// A shift as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Who.
    pub person: i64,
    /// On which day.
    pub day: NaiveDate,
    /// From when to when.
    pub hours: Hours,
    /// How it differs from the regular days (A01, A02).
    pub change: ShiftChange,
    /// Why it differs.
    pub reason: String,
    /// The day that a moved shift stands for.
    pub moved_from: Option<NaiveDate>,
}

/// A shift that stands already, at any venue.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Where.
    pub venue: i64,
    /// Where, in words.
    pub venue_name: String,
    /// What kind of venue.
    pub kind: VenueKind,
    /// Who.
    pub person: i64,
    /// When.
    pub day: NaiveDate,
    /// From.
    pub starts_at: NaiveTime,
    /// To.
    pub ends_at: NaiveTime,
    /// The day that a moved shift stands for.
    pub moved_from: Option<NaiveDate>,
}

/// A shift that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Net of the break unless the programme counts it (A04).
    pub planned_minutes: i32,
    /// The fewest that the plan asks for (四(一)4).
    pub minimum_minutes: i32,
    /// What the clerk should know.
    pub warnings: Vec<String>,
}

/// Why a shift is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The field of the form it concerns.
    pub field: &'static str,
    /// The clause or reading: `四(一)4，口径A02`; may be empty.
    pub clause: &'static str,
    text: String,
}

impl Refusal {
    /// A refusal; `text` is a sentence.
    pub fn new(field: &'static str, clause: &'static str, text: impl Into<String>) -> Refusal {
        Refusal { field, clause, text: text.into() }
    }

    /// The sentence with its clause.
    #[must_use]
    pub fn sentence(&self) -> String {
        let text = self.text.trim_end_matches('。');
        match self.clause {
            "" => format!("{text}。"),
            reading if reading.starts_with("口径") => format!("{text}（{reading}）。"),
            clause => format!("{text}（方案{clause}）。"),
        }
    }
}

/// Decides on a proposed shift. `others` are the shifts that stand, at least those of the
/// day at this venue or of this person.
///
/// # Errors
/// Everything that stands against it, field by field.
pub fn decide(
    terms: &MonthTerms,
    venue: &Venue,
    person: &Candidate,
    proposal: &Proposal,
    others: &[Taken],
) -> Result<Accepted, Vec<Refusal>> {
    let mut refusals = Vec::new();
    if !venue.active {
        refusals.push(Refusal::new("person", "", format!("{}已停用，不能排班。", venue.short_name)));
    }
    refusals.extend(person.hindrance(venue, proposal.day).map(|text| Refusal::new("person", "四(一)3", text)));
    refusals.extend(refuse_day(terms, venue, proposal));
    refusals.extend(refuse_reason(proposal));
    refusals.extend(refuse_origin(terms, venue, proposal, others));
    let minutes = planned_minutes(&terms.programme, &proposal.hours);
    let minimum = minimum_minutes(&terms.programme, venue.kind);
    let planned_minutes = match minutes {
        Err(refusal) => {
            refusals.push(refusal);
            0
        }
        Ok(minutes) => {
            refusals.extend(refuse_short(venue, minutes, minimum));
            refusals.extend(refuse_clash(venue, person, proposal, others));
            minutes
        }
    };
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let warnings = warnings(terms, venue, person, proposal, others);
    Ok(Accepted { planned_minutes, minimum_minutes: minimum, warnings })
}

/// 四(一)4, A01–A03: the centre on working days, the stations on their weekday, anything
/// else at a station with its name and reason.
fn refuse_day(terms: &MonthTerms, venue: &Venue, proposal: &Proposal) -> Option<Refusal> {
    let day = proposal.day;
    let shown = short_date(day);
    if !terms.month.contains(day) {
        return Some(Refusal::new(
            "day",
            "",
            format!("{}不在{}之内，请选择本月的日期。", chinese_date(day), terms.month.chinese()),
        ));
    }
    if !terms.programme.applies_on(day) {
        let text = format!("{shown}不在实施方案的有效期内，不能排班。");
        return Some(Refusal::new("day", "口径A48", text));
    }
    match (venue.kind, proposal.change) {
        (_, ShiftChange::Cancelled) => {
            Some(Refusal::new("change", "", "减班次不用排班：不安排这一天，提交时说明原因即可。"))
        }
        (VenueKind::Station, ShiftChange::Normal) => {
            if day.weekday() != terms.programme.station_weekday.weekday() {
                let text =
                    format!("工作站每{}值班，{shown}请选择“改期”或“加班次”，并写明理由。", terms.station_weekday());
                Some(Refusal::new("change", "四(一)4", text))
            } else if !terms.is_working_day(day) {
                let text =
                    format!("{shown}{}，默认不排班；可以改到其他日期，选择“改期”并写明理由。", terms.rest_name(day));
                Some(Refusal::new("day", "四(一)4，口径A03", text))
            } else {
                None
            }
        }
        (VenueKind::Station, ShiftChange::Moved | ShiftChange::Extra) => None,
        (VenueKind::ServiceCentre | VenueKind::LegalAidCentre, _) if !terms.is_working_day(day) => {
            let text = format!("{shown}{}，{}只在工作日值班。", terms.rest_name(day), venue.short_name);
            Some(Refusal::new("day", "四(一)4", text))
        }
        (VenueKind::ServiceCentre | VenueKind::LegalAidCentre, ShiftChange::Moved | ShiftChange::Extra) => {
            Some(Refusal::new("change", "四(一)4，口径A02", "“改期”和“加班次”只用于工作站，请选择“正常”。"))
        }
        (VenueKind::ServiceCentre | VenueKind::LegalAidCentre, ShiftChange::Normal) => None,
    }
}

/// A01, A02: what is not regular carries a written reason.
fn refuse_reason(proposal: &Proposal) -> Option<Refusal> {
    let length = proposal.reason.chars().count();
    if proposal.change.needs_reason() && proposal.reason.trim().is_empty() {
        let text = format!("请写明{}的理由。", proposal.change);
        return Some(Refusal::new("reason", "四(一)4", text));
    }
    (length > LONGEST_REASON)
        .then(|| Refusal::new("reason", "", format!("理由最多{LONGEST_REASON}个字，现在有{length}个字。")))
}

/// A01, A03: what is moved comes from a day of the stations on which nobody else stands.
fn refuse_origin(terms: &MonthTerms, venue: &Venue, proposal: &Proposal, others: &[Taken]) -> Option<Refusal> {
    if venue.kind != VenueKind::Station || proposal.change != ShiftChange::Moved {
        return None;
    }
    let Some(origin) = proposal.moved_from else {
        return Some(Refusal::new("moved_from", "四(一)4", "改期请选择原来的值班日。"));
    };
    if origin == proposal.day {
        return Some(Refusal::new("moved_from", "", "新日期和原来的值班日是同一天，不用改期。"));
    }
    if !terms.station_days.contains(&origin) && !terms.station_holidays.contains(&origin) {
        let text = format!("{}不是{}的工作站值班日，请重新选择。", short_date(origin), terms.month.chinese());
        return Some(Refusal::new("moved_from", "四(一)4", text));
    }
    others.iter().any(|taken| taken.venue == venue.id && taken.day == origin).then(|| {
        let text = format!("{}{}已有班次，要改期请先移除。", venue.short_name, short_date(origin));
        Refusal::new("moved_from", "", text)
    })
}

/// A04: the minutes that count, net of the break unless the programme counts it.
///
/// # Errors
/// When the hours are not hours of one day in order.
pub fn planned_minutes(programme: &Programme, hours: &Hours) -> Result<i32, Refusal> {
    if hours.starts_at >= hours.ends_at {
        return Err(Refusal::new("ends_at", "", "结束时间须晚于开始时间，值班不跨日。"));
    }
    let gross = (hours.ends_at - hours.starts_at).num_minutes();
    let pause = match hours.pause {
        None => 0,
        Some((from, to)) if hours.starts_at < from && from < to && to < hours.ends_at => (to - from).num_minutes(),
        Some(_) => return Err(Refusal::new("break_from", "", "午休须在值班时间之内，且先开始后结束。")),
    };
    let counted = if programme.count_midday_break { gross } else { gross - pause };
    if !(1..=LONGEST).contains(&counted) {
        return Err(Refusal::new("ends_at", "", format!("一次值班最长{}小时。", LONGEST / 60)));
    }
    i32::try_from(counted).map_err(|_| Refusal::new("ends_at", "", "值班时间过长。"))
}

/// 四(一)4: the fewest minutes of a shift; the plan names none for the legal aid centre.
#[must_use]
pub fn minimum_minutes(programme: &Programme, kind: VenueKind) -> i32 {
    let hours = programme.minimum_hours(kind).unwrap_or_default();
    (hours * Decimal::from(60)).ceil().to_i32().unwrap_or(i32::MAX)
}

/// 四(一)4: not below the minimum. A24: so nobody serves half a day at the centre.
fn refuse_short(venue: &Venue, minutes: i32, minimum: i32) -> Option<Refusal> {
    if minutes >= minimum {
        return None;
    }
    let (asked, least) = (hours_text(minutes), hours_text(minimum));
    match venue.kind {
        VenueKind::ServiceCentre | VenueKind::LegalAidCentre => Some(Refusal::new(
            "ends_at",
            "四(一)4，口径A24",
            format!("{}每次值班不少于{least}，现在是{asked}；不得由两人各值半天。", venue.short_name),
        )),
        VenueKind::Station => {
            Some(Refusal::new("ends_at", "四(一)4", format!("工作站每次值班不少于{least}，现在是{asked}。")))
        }
    }
}

/// A22: one centre day a person. A23: nobody in two places at once.
fn refuse_clash(venue: &Venue, person: &Candidate, proposal: &Proposal, others: &[Taken]) -> Option<Refusal> {
    let name = &person.name;
    let same_day = others.iter().filter(|taken| taken.person == person.id && taken.day == proposal.day);
    let shown = short_date(proposal.day);
    for taken in same_day {
        if venue.kind == VenueKind::ServiceCentre && taken.kind == VenueKind::ServiceCentre {
            let text = format!("{name}{shown}在{}已有班次，每人每天只排一次。", taken.venue_name);
            return Some(Refusal::new("person", "五(二)1，口径A22", text));
        }
        if overlap(proposal, taken) {
            let text = format!(
                "{name}{shown} {}–{} 已在{}值班，时间重叠。",
                taken.starts_at.format("%H:%M"),
                taken.ends_at.format("%H:%M"),
                taken.venue_name
            );
            return Some(Refusal::new("person", "五(二)1，口径A23", text));
        }
    }
    None
}

fn overlap(proposal: &Proposal, taken: &Taken) -> bool {
    proposal.hours.starts_at < taken.ends_at && taken.starts_at < proposal.hours.ends_at
}

fn warnings(
    terms: &MonthTerms,
    venue: &Venue,
    person: &Candidate,
    proposal: &Proposal,
    others: &[Taken],
) -> Vec<String> {
    let mut warnings = Vec::new();
    let together = others
        .iter()
        .filter(|taken| taken.venue == venue.id && taken.day == proposal.day && overlap(proposal, taken))
        .count();
    // A21
    if together >= terms.programme.persons_per_shift as usize {
        warnings.push(format!(
            "{}{}同一时间有{}人值班，每人分别补贴，超出默认每班{}人。",
            short_date(proposal.day),
            venue.short_name,
            together + 1,
            terms.programme.persons_per_shift
        ));
    }
    // A25
    if terms.programme.rate(venue.kind).is_none() {
        warnings.push(format!("{}窗口值班计入任务数，不发补贴。", venue.short_name));
    }
    // A26
    if person.public_official {
        warnings.push(format!("{}是公职人员，其服务计入任务数，不发补贴。", person.name));
    }
    warnings
}

/// `7小时30分钟`.
#[must_use]
pub fn hours_text(minutes: i32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}分钟"),
        (hours, 0) => format!("{hours}小时"),
        (hours, rest) => format!("{hours}小时{rest}分钟"),
    }
}

/// A step on a roster's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Changing its shifts.
    Edit,
    /// Handing it to the approver.
    Submit,
    /// Agreeing to it.
    Approve,
    /// Sending it back.
    Return,
    /// Posting it.
    Publish,
}

/// Whether a roster may take a step; `submitter` is who handed it in.
///
/// # Errors
/// A sentence that says how things stand.
pub fn check_step(step: Step, status: RosterStatus, submitter: Option<i64>, actor: i64) -> Result<(), &'static str> {
    use RosterStatus::{Approved, Draft, Published, Submitted};
    match (step, status) {
        // Roster maker and approver are two people, whatever their roles.
        (Step::Approve, Submitted) if submitter == Some(actor) => Err("排班须由提交人以外的人审核。"),
        (Step::Edit | Step::Submit, Draft)
        | (Step::Approve, Submitted)
        | (Step::Return, Submitted | Approved)
        | (Step::Publish, Approved) => Ok(()),
        (Step::Edit, Submitted) => Err("排班已提交审核，不能再改；如需修改，请审批人先退回。"),
        (Step::Edit, Approved) => Err("排班已批准，不能再改；如需修改，请审批人先退回。"),
        (Step::Edit, Published) => Err("排班已公示，不能再改。"),
        (Step::Submit, Submitted | Approved | Published) => Err("本月排班已经提交过了，请刷新页面查看进展。"),
        (Step::Approve | Step::Return, Draft) => Err("本月排班尚未提交，或已被退回，请刷新页面查看。"),
        (Step::Approve, Approved | Published) => Err("本月排班已由他人批准，没有重复办理。"),
        (Step::Return, Published) => Err("本月排班已经公示，不能退回。"),
        (Step::Publish, Draft | Submitted) => Err("排班须先经审批人批准才能公示。"),
        (Step::Publish, Published) => Err("本月排班已经公示过了。"),
    }
}

#[cfg(test)]
pub(super) mod tests;
