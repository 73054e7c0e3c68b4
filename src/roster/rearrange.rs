//! Many shifts at once: all venues filled in one go, and a shift moved to another day or
//! exchanged with the one that stands there. Decided by the same rules as every shift.

use serde_json::json;
use sqlx::PgConnection;

use super::db::{self, Placed, Reading, Shift};
use super::planner::{self, Holidays, VenueFilling};
use super::rules::{self, Candidate, MonthTerms, Proposal, Step, Taken};
use super::service::{CHANGED, RosterError, Seen, take};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionaries::{ShiftChange, VenueKind};
use crate::plan::month::Month;
use crate::plan::time::short_date;
use crate::venues::db::{Hours, Venue};
use crate::web::actor::Scope;
use crate::web::work::Work;

/// What filling all venues would do now.
///
/// # Errors
/// When the database fails.
pub(super) async fn preview_all(
    conn: &mut PgConnection,
    scope: Scope,
    terms: &MonthTerms,
    holidays: Holidays,
) -> Result<Vec<VenueFilling>, AppError> {
    let venues = db::venues_and_people(conn, scope.bureau()).await?;
    let shifts = db::shifts(conn, Reading::month(scope, terms.month).with_drafts()).await?;
    let taken: Vec<Taken> = shifts.iter().map(Shift::taken).collect();
    Ok(planner::fill_all(terms, &venues, &taken, holidays))
}

/// What filling all venues did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilledAll {
    /// Venues that got shifts.
    pub venues: usize,
    /// Shifts added.
    pub added: usize,
    /// Due days that nobody can take.
    pub left: usize,
}

/// Fills the empty due days of the chosen venues. What the page showed is what is done:
/// any change of the roster since then refuses.
///
/// # Errors
/// Refused when the roster changed since, is no draft, or nothing can be filled.
pub async fn fill_all(
    work: &mut Work,
    scope: Scope,
    month: Month,
    seen: Seen,
    chosen: &[i64],
    holidays: Holidays,
) -> Result<FilledAll, AppError> {
    let (roster, terms) = take(work, scope, month, Step::Edit, seen).await?;
    let mut venues = db::venues_and_people(work.conn(), scope.bureau()).await?;
    venues.retain(|(venue, _)| chosen.contains(&venue.id));
    if !chosen.iter().all(|id| venues.iter().any(|(venue, _)| venue.id == *id)) {
        return Err(AppError::refused("勾选的服务点中有不在名单里的，什么都没有排。请刷新页面后重新勾选。"));
    }
    let mut people: Vec<i64> = venues.iter().flat_map(|(_, people)| people.iter().map(|person| person.id)).collect();
    people.sort_unstable();
    people.dedup();
    db::hold_people(work.conn(), scope.bureau(), &people).await?;
    let shifts = db::shifts(work.conn(), Reading::month(scope, month).with_drafts()).await?;
    let taken: Vec<Taken> = shifts.iter().map(Shift::taken).collect();
    let rows = planner::fill_all(&terms, &venues, &taken, holidays);
    let new: Vec<Placed<'_>> = rows.iter().flat_map(|row| db::placed(&row.venue, &row.filling.proposals)).collect();
    if new.is_empty() {
        return Err(AppError::refused("所选服务点没有可以排上的日子。请先在值班人员库中登记可以在那里值班的人员。"));
    }
    let ids = db::insert_shifts(work.conn(), scope.bureau(), roster.id, month, &new).await?;
    db::touch(work.conn(), roster.id).await?;
    let record: Vec<_> = rows
        .iter()
        .map(|row| {
            let shifts: Vec<_> = row
                .filling
                .proposals
                .iter()
                .map(|(proposal, _)| json!({ "person": proposal.person, "day": proposal.day, "change": proposal.change }))
                .collect();
            json!({ "venue": row.venue.short_name, "shifts": shifts })
        })
        .collect();
    work.audit(Audit::new("roster.fill_all", "roster", roster.id).after(json!({ "month": month, "venues": record })))
        .await?;
    Ok(FilledAll {
        venues: rows.iter().filter(|row| !row.filling.proposals.is_empty()).count(),
        added: ids.len(),
        left: rows.iter().map(|row| row.filling.conflicts.len()).sum(),
    })
}

/// A shift about to be moved.
#[derive(Clone, Debug)]
pub struct Move {
    /// Which.
    pub shift: i64,
    /// As it was seen.
    pub version: i32,
    /// To which venue.
    pub venue: i64,
    /// To which day.
    pub day: chrono::NaiveDate,
    /// Why, where the day is no regular one (A01).
    pub reason: String,
}

/// Moves a shift to another square; whoever stands there takes its place in exchange.
/// Gives the sentence that tells it.
///
/// # Errors
/// [`RosterError::Rules`] with what stands against it; refused when the shift is gone or
/// was changed, or the square holds several.
pub async fn move_shift(work: &mut Work, scope: Scope, month: Month, new: Move) -> Result<String, RosterError> {
    let bureau = scope.bureau();
    let (roster, terms) = take(work, scope, month, Step::Edit, Seen::Latest).await?;
    let shifts = db::shifts(work.conn(), Reading::month(scope, month).with_drafts()).await?;
    let Some(moving) = shifts.iter().find(|known| known.id == new.shift) else {
        return Err(AppError::refused("这个班次已被移除，请刷新页面查看。").into());
    };
    let there: Vec<&Shift> =
        shifts.iter().filter(|known| known.venue_id == new.venue && known.duty_on == new.day).collect();
    let other = match there.as_slice() {
        [] => None,
        [only] if only.id == moving.id => return Err(AppError::refused("班次已经在这一天。").into()),
        [only] => Some(*only),
        _ => {
            let text = format!("{}有几个班次，请到服务点页面逐个调整。", short_date(new.day));
            return Err(AppError::refused(text).into());
        }
    };
    let people: Vec<i64> = std::iter::once(moving).chain(other).map(|shift| shift.person_id).collect();
    db::hold_people(work.conn(), bureau, &people).await?;
    let (to_venue, to_people) =
        db::venue_and_people(work.conn(), bureau, new.venue, &people).await?.ok_or(AppError::NotFound)?;
    let (from_venue, from_people) =
        db::venue_and_people(work.conn(), bureau, moving.venue_id, &people).await?.ok_or(AppError::NotFound)?;

    let mut standing: Vec<Taken> = shifts
        .iter()
        .filter(|known| known.id != moving.id && Some(known.id) != other.map(|other| other.id))
        .map(Shift::taken)
        .collect();
    let goes = match other {
        Some(other) => in_place_of(moving.person_id, other),
        None => to_an_empty_day(&terms, moving, &to_venue, &new),
    };
    let accepted = rules::decide(&terms, &to_venue, one_of(&to_people, goes.person)?, &goes, &standing)
        .map_err(RosterError::Rules)?;
    standing.push(taken_by(&to_venue, &goes));
    let comes = match other {
        None => None,
        Some(other) => {
            let comes = in_place_of(other.person_id, moving);
            let accepted = rules::decide(&terms, &from_venue, one_of(&from_people, comes.person)?, &comes, &standing)
                .map_err(RosterError::Rules)?;
            Some((comes, accepted))
        }
    };

    let gone = std::iter::once((moving.id, new.version)).chain(other.map(|other| (other.id, other.version)));
    for (id, version) in gone {
        if !db::delete_shift(work.conn(), bureau, roster.id, id, version).await? {
            return Err(AppError::refused(CHANGED).into());
        }
    }
    let mut stored = vec![Placed { venue: &to_venue, proposal: &goes, accepted: &accepted }];
    stored.extend(comes.as_ref().map(|(proposal, accepted)| Placed { venue: &from_venue, proposal, accepted }));
    let ids = db::insert_shifts(work.conn(), bureau, roster.id, month, &stored).await?;
    db::touch(work.conn(), roster.id).await?;
    let before: Vec<_> = std::iter::once(moving)
        .chain(other)
        .map(|shift| json!({ "venue": shift.venue, "person": shift.person_id, "day": shift.duty_on }))
        .collect();
    let after: Vec<_> = stored
        .iter()
        .map(|shift| json!({ "venue": shift.venue.short_name, "person": shift.proposal.person, "day": shift.proposal.day }))
        .collect();
    let subject = ids.first().copied().unwrap_or(moving.id);
    work.audit(
        Audit::new("roster.move_shift", "shift", subject).before(json!(before)).after(json!(after)).note(new.reason),
    )
    .await?;
    Ok(told(moving, other, &to_venue, new.day))
}

/// The standing shift's place, hours and reason, with another person.
fn in_place_of(person: i64, shift: &Shift) -> Proposal {
    Proposal {
        person,
        day: shift.duty_on,
        hours: Hours {
            starts_at: shift.starts_at,
            ends_at: shift.ends_at,
            pause: shift.break_from.zip(shift.break_to),
        },
        change: shift.change,
        reason: shift.change_reason.clone(),
        moved_from: shift.moved_from,
    }
}

/// The shift on an empty day: with its own hours at its venue, with the venue's hours
/// elsewhere. A01: a station's day that is no station day is a change with its reason.
fn to_an_empty_day(terms: &MonthTerms, moving: &Shift, venue: &Venue, new: &Move) -> Proposal {
    let is_regular = match venue.kind {
        VenueKind::Station => terms.station_days.contains(&new.day),
        VenueKind::ServiceCentre | VenueKind::LegalAidCentre => true,
    };
    let own = in_place_of(moving.person_id, moving);
    let hours = if venue.id == moving.venue_id { own.hours } else { venue.hours() };
    let (change, reason, moved_from) = if is_regular {
        (ShiftChange::Normal, String::new(), None)
    } else if moving.change == ShiftChange::Normal {
        (ShiftChange::Moved, new.reason.trim().to_owned(), Some(moving.duty_on))
    } else {
        let reason = if new.reason.trim().is_empty() { own.reason } else { new.reason.trim().to_owned() };
        (own.change, reason, own.moved_from)
    };
    Proposal { day: new.day, hours, change, reason, moved_from, ..own }
}

fn one_of(people: &[Candidate], person: i64) -> Result<&Candidate, AppError> {
    people.iter().find(|known| known.id == person).ok_or(AppError::NotFound)
}

fn taken_by(venue: &Venue, proposal: &Proposal) -> Taken {
    Taken {
        venue: venue.id,
        venue_name: venue.short_name.clone(),
        kind: venue.kind,
        person: proposal.person,
        day: proposal.day,
        starts_at: proposal.hours.starts_at,
        ends_at: proposal.hours.ends_at,
        moved_from: proposal.moved_from,
    }
}

/// `张三改到5月15日 周三`, or `张三和李四已对调：……`.
fn told(moving: &Shift, other: Option<&Shift>, venue: &Venue, day: chrono::NaiveDate) -> String {
    let place = |name: &str, day| format!("{}{name}", short_date(day));
    match other {
        None if venue.id == moving.venue_id => {
            format!("{}由{}改到{}。", moving.person, short_date(moving.duty_on), short_date(day))
        }
        None => format!(
            "{}由{}改到{}。",
            moving.person,
            place(&moving.venue, moving.duty_on),
            place(&venue.short_name, day)
        ),
        Some(other) => format!(
            "已对调：{}在{}值班，{}在{}值班。",
            moving.person,
            place(&venue.short_name, day),
            other.person,
            place(&moving.venue, moving.duty_on)
        ),
    }
}
