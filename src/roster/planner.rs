//! PURE. 四(一)4: which days of a month are due at a venue, which of them are empty, and
//! how chosen people take turns over them.
//!
//! Filling by hand and any later automatic planner meet in [`fill`]: it decides on every
//! shift with [`rules::decide`] and gives whole proposals or a list of conflicts.

use std::collections::VecDeque;

use chrono::{Days, NaiveDate};

use super::rules::{self, Accepted, Candidate, MonthTerms, Proposal, Taken};
use crate::plan::dictionaries::{ShiftChange, VenueKind};
use crate::plan::time::{month_and_day, short_date};
use crate::venues::db::Venue;

/// A03: a holiday on the stations' weekday, and the day it could be moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolidayOffer {
    /// The holiday.
    pub holiday: NaiveDate,
    /// `劳动节放假`.
    pub name: String,
    /// The nearest working day of the month that is no station day.
    pub offer: Option<NaiveDate>,
}

impl HolidayOffer {
    /// The reason that a shift moved for it carries.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{}{}，改期值班", month_and_day(self.holiday), self.name)
    }
}

/// What is missing at a venue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Due days on which nobody stands.
    pub missing: Vec<NaiveDate>,
    /// Holidays of the stations that no moved shift makes good.
    pub holidays: Vec<HolidayOffer>,
}

/// The days on which the plan asks for duty at a venue of this kind; it names none for
/// the legal aid centre.
#[must_use]
pub fn due_days(terms: &MonthTerms, kind: VenueKind) -> &[NaiveDate] {
    match kind {
        VenueKind::ServiceCentre => &terms.working_days,
        VenueKind::Station => &terms.station_days,
        VenueKind::LegalAidCentre => &[],
    }
}

/// What is missing at a venue; `shifts` are those of the month, at any venue.
///
/// A shift moved to another day makes good the day that it stands for.
#[must_use]
pub fn gaps(terms: &MonthTerms, venue: &Venue, shifts: &[Taken]) -> Gaps {
    let here: Vec<&Taken> = shifts.iter().filter(|taken| taken.venue == venue.id).collect();
    let is_filled = |day: NaiveDate| here.iter().any(|taken| taken.day == day || taken.moved_from == Some(day));
    let missing: Vec<NaiveDate> = due_days(terms, venue.kind).iter().copied().filter(|day| !is_filled(*day)).collect();
    let holidays: Vec<NaiveDate> = match venue.kind {
        VenueKind::Station => terms.station_holidays.iter().copied().filter(|day| !is_filled(*day)).collect(),
        VenueKind::ServiceCentre | VenueKind::LegalAidCentre => Vec::new(),
    };
    let holidays = holidays
        .into_iter()
        .map(|holiday| HolidayOffer { holiday, name: terms.rest_name(holiday), offer: offer(terms, holiday) })
        .collect();
    Gaps { missing, holidays }
}

/// A03: the nearest working day of the month that is no station day, the later of two.
fn offer(terms: &MonthTerms, holiday: NaiveDate) -> Option<NaiveDate> {
    let fits = |day: &NaiveDate| terms.is_working_day(*day) && !terms.station_days.contains(day);
    (1..31).find_map(|distance| {
        let later = holiday.checked_add_days(Days::new(distance)).filter(fits);
        later.or_else(|| holiday.checked_sub_days(Days::new(distance)).filter(fits))
    })
}

/// The regular days of a venue, divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenDays {
    /// Days to fill: the due days that are missing; at the legal aid centre, which has no
    /// due days, every empty working day.
    pub open: Vec<NaiveDate>,
    /// Days that have somebody.
    pub kept: Vec<NaiveDate>,
}

/// Divides a venue's regular days into empty and filled ones.
#[must_use]
pub fn open_days(terms: &MonthTerms, venue: &Venue, shifts: &[Taken]) -> OpenDays {
    let is_filled = |day: &NaiveDate| shifts.iter().any(|taken| taken.venue == venue.id && taken.day == *day);
    match venue.kind {
        VenueKind::LegalAidCentre => {
            let (kept, open) = terms.working_days.iter().copied().partition(is_filled);
            OpenDays { open, kept }
        }
        VenueKind::ServiceCentre | VenueKind::Station => OpenDays {
            open: gaps(terms, venue, shifts).missing,
            kept: due_days(terms, venue.kind).iter().copied().filter(is_filled).collect(),
        },
    }
}

/// What to do about holidays on the stations' weekday when a month is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holidays {
    /// A03: no shift.
    LeaveOut,
    /// A shift on the day offered, with its reason.
    Move,
}

/// A day that none of the chosen people can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The day.
    pub day: NaiveDate,
    /// Why each of them cannot.
    pub reasons: Vec<String>,
}

impl Conflict {
    /// `5月8日 周三：……；……`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let day = short_date(self.day);
        let reasons: Vec<String> =
            self.reasons.iter().map(|reason| reason.trim_end_matches('。').replace(&day, "当天")).collect();
        format!("{day}：{}。", reasons.join("；"))
    }
}

/// The result of filling a month at a venue.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    /// New shifts, by day.
    pub proposals: Vec<(Proposal, Accepted)>,
    /// Due days that had somebody before.
    pub kept: Vec<NaiveDate>,
    /// Days that cannot be filled: then nothing is to be stored.
    pub conflicts: Vec<Conflict>,
}

/// Lets the chosen people take turns over the empty days of a venue in their order, with
/// the venue's own hours. Who cannot on a day is passed over and is first on the next.
#[must_use]
pub fn fill(terms: &MonthTerms, venue: &Venue, people: &[Candidate], shifts: &[Taken], holidays: Holidays) -> Filling {
    let OpenDays { open, kept } = open_days(terms, venue, shifts);
    let regular = |day| Proposal {
        person: 0,
        day,
        hours: venue.hours(),
        change: ShiftChange::Normal,
        reason: String::new(),
        moved_from: None,
    };
    let mut wanted: Vec<Proposal> = open.into_iter().map(regular).collect();
    if holidays == Holidays::Move {
        let offers = gaps(terms, venue, shifts).holidays;
        wanted.extend(offers.iter().filter_map(|gap| {
            let (change, moved_from) = (ShiftChange::Moved, Some(gap.holiday));
            Some(Proposal { change, moved_from, reason: gap.reason(), ..regular(gap.offer?) })
        }));
    }
    wanted.sort_by_key(|proposal| proposal.day);
    let mut filling = Filling { kept, ..Filling::default() };
    let mut standing = shifts.to_vec();
    let mut turns: VecDeque<&Candidate> = people.iter().collect();
    for want in wanted {
        let mut reasons = Vec::new();
        let mut found = None;
        for (place, person) in turns.iter().enumerate() {
            let proposal = Proposal { person: person.id, ..want.clone() };
            match rules::decide(terms, venue, person, &proposal, &standing) {
                Ok(accepted) => {
                    found = Some((place, proposal, accepted));
                    break;
                }
                Err(refusals) => reasons.extend(refusals.iter().map(rules::Refusal::sentence)),
            }
        }
        match found {
            None => filling.conflicts.push(Conflict { day: want.day, reasons }),
            Some((place, proposal, accepted)) => {
                if let Some(person) = turns.remove(place) {
                    turns.push_back(person);
                }
                standing.push(Taken {
                    venue: venue.id,
                    venue_name: venue.short_name.clone(),
                    kind: venue.kind,
                    person: proposal.person,
                    day: proposal.day,
                    starts_at: proposal.hours.starts_at,
                    ends_at: proposal.hours.ends_at,
                    moved_from: proposal.moved_from,
                });
                filling.proposals.push((proposal, accepted));
            }
        }
    }
    filling
}

/// What filling all venues at once would do at one of them.
#[derive(Clone, Debug)]
pub struct VenueFilling {
    /// Where.
    pub venue: Venue,
    /// How many people take turns.
    pub people: usize,
    /// What is added, and the days that stay empty, with why.
    pub filling: Filling,
}

/// Fills the empty due days of many venues, each with its own people, who take turns; who
/// stands on the fewest days begins. Venues with the fewest due days, then the fewest people,
/// choose first, so that the others do not take them away. Days that nobody can take stay empty. Venues without
/// due days (A25) are left out.
#[must_use]
pub fn fill_all(
    terms: &MonthTerms,
    venues: &[(Venue, Vec<Candidate>)],
    shifts: &[Taken],
    holidays: Holidays,
) -> Vec<VenueFilling> {
    let mut order: Vec<(usize, &(Venue, Vec<Candidate>))> =
        venues.iter().enumerate().filter(|(_, (venue, _))| !due_days(terms, venue.kind).is_empty()).collect();
    order.sort_by_key(|(place, (venue, people))| (due_days(terms, venue.kind).len(), people.len(), *place));
    let mut standing = shifts.to_vec();
    let mut filled = Vec::new();
    for (place, (venue, people)) in order {
        let mut people = people.clone();
        people.sort_by_key(|person| standing.iter().filter(|taken| taken.person == person.id).count());
        let filling = fill(terms, venue, &people, &standing, holidays);
        standing.extend(filling.proposals.iter().map(|(proposal, _)| Taken {
            venue: venue.id,
            venue_name: venue.short_name.clone(),
            kind: venue.kind,
            person: proposal.person,
            day: proposal.day,
            starts_at: proposal.hours.starts_at,
            ends_at: proposal.hours.ends_at,
            moved_from: proposal.moved_from,
        }));
        filled.push((place, VenueFilling { venue: venue.clone(), people: people.len(), filling }));
    }
    filled.sort_by_key(|(place, _)| *place);
    filled
        .into_iter()
        .map(|(_, filling)| filling)
        .filter(|row| !row.filling.proposals.is_empty() || !row.filling.conflicts.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
