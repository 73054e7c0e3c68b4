//! What happens to a roster, apart from HTTP: load and lock, decide, store, record.
//!
//! The pages' actions and the demonstration both come through here.

use serde_json::json;
use sqlx::PgConnection;

use super::db::{self, Reading, Shift};
use super::planner::{self, Conflict, Holidays};
use super::rules::{self, LONGEST_REASON, MonthTerms, Obstacle, Proposal, Refusal, Step};
use super::{Roster, RosterStatus};
use crate::audit::Audit;
use crate::error::AppError;
use crate::fund;
use crate::plan::deadlines;
use crate::plan::dictionaries::ShiftChange;
use crate::plan::month::Month;
use crate::plan::time::{chinese_date, short_date};
use crate::venues;
use crate::venues::db::Hours;
use crate::web::actor::Scope;
use crate::web::work::{Work, snapshot};

/// Why something about a roster was not done.
#[derive(Debug)]
pub enum RosterError {
    /// What the rules say against it, field by field.
    Rules(Vec<Refusal>),
    /// Days that none of the chosen people can take.
    Conflicts(Vec<Conflict>),
    /// Everything else.
    Other(AppError),
}

impl From<AppError> for RosterError {
    fn from(error: AppError) -> RosterError {
        RosterError::Other(error)
    }
}

impl From<sqlx::Error> for RosterError {
    fn from(error: sqlx::Error) -> RosterError {
        RosterError::Other(error.into())
    }
}

impl From<RosterError> for AppError {
    fn from(error: RosterError) -> AppError {
        let sentences: Vec<String> = match error {
            RosterError::Other(error) => return error,
            RosterError::Rules(refusals) => refusals.iter().map(Refusal::sentence).collect(),
            RosterError::Conflicts(conflicts) => conflicts.iter().map(Conflict::sentence).collect(),
        };
        AppError::Refused(sentences.concat())
    }
}

/// Which state of a roster its change was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The version that the page showed: any change since then refuses.
    Version(i32),
    /// Whatever stands now: for work without a page.
    Latest,
}

/// A month with what holds in it.
#[derive(Debug)]
pub struct MonthState {
    /// The bureau's name.
    pub bureau_name: String,
    /// Its roster, if it was begun.
    pub roster: Option<Roster>,
    /// The terms, or what stands in the way of any roster.
    pub terms: Result<MonthTerms, Obstacle>,
}

/// Loads a month, in one query.
///
/// # Errors
/// When the database fails.
pub async fn load_month(conn: &mut PgConnection, scope: Scope, month: Month) -> Result<MonthState, AppError> {
    let row = db::load_month(conn, scope.bureau(), month).await?;
    Ok(MonthState {
        bureau_name: row.bureau_name,
        roster: row.roster,
        terms: MonthTerms::new(month, row.programme, row.calendar),
    })
}

/// Locks and loads a month's roster for a step.
pub(super) async fn take(
    work: &mut Work,
    scope: Scope,
    month: Month,
    step: Step,
    seen: Seen,
) -> Result<(Roster, MonthTerms), AppError> {
    let begun = db::lock_month(work.conn(), scope.bureau(), month).await?;
    let state = load_month(work.conn(), scope, month).await?;
    let Some(roster) = state.roster.filter(|_| begun) else {
        return Err(AppError::refused(format!("{}还没有开始排班，请先在排班页点“开始排班”。", month.chinese())));
    };
    let submitter = roster.submitted.as_ref().map(|stamp| stamp.account);
    rules::check_step(step, roster.status, submitter, work.actor.account_id).map_err(AppError::refused)?;
    if let Seen::Version(version) = seen
        && version != roster.version
    {
        return Err(AppError::refused(CHANGED));
    }
    let terms = state.terms.map_err(|obstacle| AppError::refused(obstacle.sentence()))?;
    Ok((roster, terms))
}

pub(super) const CHANGED: &str = "排班在您打开页面后有改动，没有办理。请刷新页面，核对后再办理。";

/// The roster as it stands after a step.
async fn after(work: &mut Work, scope: Scope, month: Month) -> Result<Roster, AppError> {
    let state = load_month(work.conn(), scope, month).await?;
    state.roster.ok_or(AppError::NotFound)
}

fn state_of(roster: &Roster) -> serde_json::Value {
    json!({ "month": roster.month, "status": roster.status, "version": roster.version })
}

/// Begins a month's roster, empty.
///
/// # Errors
/// When the year has no calendar or programme, or the roster was begun before.
pub async fn start_month(work: &mut Work, scope: Scope, month: Month) -> Result<Roster, AppError> {
    let state = load_month(work.conn(), scope, month).await?;
    state.terms.map_err(|obstacle| AppError::refused(obstacle.sentence()))?;
    if state.roster.is_some() {
        return Err(AppError::refused(format!("{}的排班已经建立，请刷新页面。", month.chinese())));
    }
    let (account, now) = (work.actor.account_id, work.now);
    let id = db::insert_roster(work.conn(), scope.bureau(), month, account, now).await?;
    let roster = after(work, scope, month).await?;
    work.audit(Audit::new("roster.start", "roster", id).after(state_of(&roster))).await?;
    Ok(roster)
}

/// A shift about to be added.
#[derive(Clone, Debug)]
pub struct NewShift {
    /// Where.
    pub venue: i64,
    /// Who.
    pub person: i64,
    /// On which day.
    pub day: chrono::NaiveDate,
    /// From when to when; the venue's own hours without them.
    pub hours: Option<Hours>,
    /// How it differs from the regular days.
    pub change: ShiftChange,
    /// Why it differs.
    pub reason: String,
    /// The day that a moved shift stands for.
    pub moved_from: Option<chrono::NaiveDate>,
}

/// A shift that was added.
#[derive(Clone, Debug)]
pub struct Added {
    /// The shift.
    pub shift: i64,
    /// The person's name.
    pub person: String,
    /// What the clerk should know (A21, A25, A26).
    pub warnings: Vec<String>,
}

/// Adds one shift to a draft.
///
/// # Errors
/// [`RosterError::Rules`] with everything that stands against it.
pub async fn add_shift(work: &mut Work, scope: Scope, month: Month, new: NewShift) -> Result<Added, RosterError> {
    let bureau = scope.bureau();
    let (roster, terms) = take(work, scope, month, Step::Edit, Seen::Latest).await?;
    db::hold_people(work.conn(), bureau, &[new.person]).await?;
    let (venue, people) =
        db::venue_and_people(work.conn(), bureau, new.venue, &[new.person]).await?.ok_or(AppError::NotFound)?;
    let Some(person) = people.iter().find(|person| person.id == new.person) else {
        return Err(RosterError::Rules(vec![Refusal::new("person", "", "请选择值班人员。")]));
    };
    let proposal = Proposal {
        person: person.id,
        day: new.day,
        hours: new.hours.unwrap_or(venue.hours()),
        change: new.change,
        reason: new.reason,
        moved_from: new.moved_from,
    };
    let mut standing = db::shifts(work.conn(), Reading::day(scope, new.day).with_drafts()).await?;
    if let Some(origin) = new.moved_from {
        standing.extend(db::shifts(work.conn(), Reading::day(scope, origin).with_drafts()).await?);
    }
    let taken: Vec<_> = standing.iter().map(Shift::taken).collect();
    let accepted = rules::decide(&terms, &venue, person, &proposal, &taken).map_err(RosterError::Rules)?;
    let (name, warnings) = (person.name.clone(), accepted.warnings.clone());
    let record = json!({
        "venue": venue.short_name, "person": name, "day": proposal.day, "hours": proposal.hours,
        "change": proposal.change, "reason": proposal.reason, "moved_from": proposal.moved_from,
    });
    let ids = {
        let new = db::Placed { venue: &venue, proposal: &proposal, accepted: &accepted };
        db::insert_shifts(work.conn(), bureau, roster.id, month, &[new]).await?
    };
    let shift = ids.first().copied().ok_or(AppError::NotFound)?;
    db::touch(work.conn(), roster.id).await?;
    work.audit(Audit::new("roster.add_shift", "shift", shift).after(record)).await?;
    Ok(Added { shift, person: name, warnings })
}

/// A month of one venue about to be filled.
#[derive(Clone, Debug)]
pub struct NewFilling {
    /// Where.
    pub venue: i64,
    /// Who, in the order of their turns.
    pub people: Vec<i64>,
    /// A03: what happens to holidays on the stations' weekday.
    pub holidays: Holidays,
}

/// What filling did.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The venue's short name.
    pub venue: String,
    /// Shifts added.
    pub added: usize,
    /// Due days that had somebody before.
    pub kept: usize,
    /// A03: holidays on which nobody is on duty.
    pub left_out: usize,
    /// What the clerk should know, each once.
    pub warnings: Vec<String>,
}

/// Fills the empty due days of a venue: the people take turns. All of it or nothing.
///
/// # Errors
/// [`RosterError::Conflicts`] with the days that nobody of them can take.
pub async fn fill_venue(work: &mut Work, scope: Scope, month: Month, new: NewFilling) -> Result<Filled, RosterError> {
    let bureau = scope.bureau();
    let (roster, terms) = take(work, scope, month, Step::Edit, Seen::Latest).await?;
    db::hold_people(work.conn(), bureau, &new.people).await?;
    let (venue, known) =
        db::venue_and_people(work.conn(), bureau, new.venue, &new.people).await?.ok_or(AppError::NotFound)?;
    let mut people = Vec::new();
    for id in &new.people {
        match known.iter().find(|person| person.id == *id) {
            Some(person) if people.iter().any(|chosen: &rules::Candidate| chosen.id == person.id) => {}
            Some(person) => people.push(person.clone()),
            None => return Err(RosterError::Rules(vec![Refusal::new("people", "", "请从名单中选择值班人员。")])),
        }
    }
    if people.is_empty() {
        return Err(RosterError::Rules(vec![Refusal::new("people", "", "请至少选择一名值班人员。")]));
    }
    let standing = db::shifts(work.conn(), Reading::month(scope, month).with_drafts()).await?;
    let taken: Vec<_> = standing.iter().map(Shift::taken).collect();
    let filling = planner::fill(&terms, &venue, &people, &taken, new.holidays);
    if !filling.conflicts.is_empty() {
        return Err(RosterError::Conflicts(filling.conflicts));
    }
    if filling.proposals.is_empty() {
        let text = "本月应值班的日期都已排人，没有需要补排的日期。";
        return Err(RosterError::Rules(vec![Refusal::new("people", "", text)]));
    }
    let ids = db::insert_shifts(work.conn(), bureau, roster.id, month, &db::placed(&venue, &filling.proposals)).await?;
    db::touch(work.conn(), roster.id).await?;
    let shifts: Vec<_> = filling
        .proposals
        .iter()
        .map(|(proposal, _)| json!({ "person": proposal.person, "day": proposal.day, "change": proposal.change }))
        .collect();
    let record = json!({ "month": month, "venue": venue.short_name, "shifts": shifts });
    work.audit(Audit::new("roster.fill_venue", "roster", roster.id).after(record)).await?;
    let mut warnings: Vec<String> =
        filling.proposals.iter().flat_map(|(_, accepted)| accepted.warnings.iter().cloned()).collect();
    warnings.sort();
    warnings.dedup();
    let holidays = planner::gaps(&terms, &venue, &taken).holidays.len();
    Ok(Filled {
        venue: venue.short_name,
        added: ids.len(),
        kept: filling.kept.len(),
        left_out: if new.holidays == Holidays::LeaveOut { holidays } else { 0 },
        warnings,
    })
}

/// Takes a shift out of a draft; gives what it was.
///
/// # Errors
/// When it is gone or was changed in the meantime, or the roster is no draft.
pub async fn remove_shift(
    work: &mut Work,
    scope: Scope,
    month: Month,
    shift: i64,
    version: i32,
) -> Result<Shift, AppError> {
    let (roster, _) = take(work, scope, month, Step::Edit, Seen::Latest).await?;
    let shifts = db::shifts(work.conn(), Reading::month(scope, month).with_drafts()).await?;
    let Some(removed) = shifts.into_iter().find(|known| known.id == shift) else {
        return Err(AppError::refused("这个班次已被移除，请刷新页面查看。"));
    };
    if !db::delete_shift(work.conn(), scope.bureau(), roster.id, shift, version).await? {
        return Err(AppError::refused(CHANGED));
    }
    db::touch(work.conn(), roster.id).await?;
    work.audit(Audit::new("roster.remove_shift", "shift", shift).before(snapshot(&removed))).await?;
    Ok(removed)
}

/// What the submitter says about due days without a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapConsent {
    /// Nothing: then there must be none.
    None,
    /// They are known, for this reason.
    Reason(String),
}

/// Hands the draft to the approver.
///
/// # Errors
/// [`RosterError::Rules`] when due days are empty and that was not acknowledged with a
/// reason; refused when nothing is rostered or it is no draft.
pub async fn submit(
    work: &mut Work,
    scope: Scope,
    month: Month,
    seen: Seen,
    consent: GapConsent,
) -> Result<Roster, RosterError> {
    let (roster, terms) = take(work, scope, month, Step::Submit, seen).await?;
    let standing = db::shifts(work.conn(), Reading::month(scope, month).with_drafts()).await?;
    if standing.is_empty() {
        return Err(AppError::refused("本月一个班次也没有，不能提交审核。请先排班。").into());
    }
    let taken: Vec<_> = standing.iter().map(Shift::taken).collect();
    let venues = venues::db::venues_of(work.conn(), scope.bureau()).await?;
    let missing: Vec<_> = venues
        .iter()
        .filter(|venue| venue.active)
        .map(|venue| (venue.short_name.clone(), planner::gaps(&terms, venue, &taken).missing))
        .filter(|(_, days)| !days.is_empty())
        .collect();
    let reason = match (missing.is_empty(), consent) {
        (true, _) => String::new(),
        (false, GapConsent::None) => {
            let count: usize = missing.iter().map(|(_, days)| days.len()).sum();
            let text = format!("还有{count}个应值班日没有排人。请补排，或勾选确认并写明原因。");
            return Err(RosterError::Rules(vec![Refusal::new("gaps_known", "四(一)4", text)]));
        }
        (false, GapConsent::Reason(reason)) => checked_reason("gap_reason", &reason, "请写明应值班日没有排人的原因。")?,
    };
    let (account, now) = (work.actor.account_id, work.now);
    if !db::submit(work.conn(), &roster, account, &reason, now).await? {
        return Err(AppError::refused(CHANGED).into());
    }
    let submitted = after(work, scope, month).await?;
    let gaps: Vec<_> = missing.iter().map(|(venue, days)| json!({ "venue": venue, "days": days })).collect();
    let mut record = state_of(&submitted);
    if let Some(fields) = record.as_object_mut() {
        fields.insert("shifts".to_owned(), json!(standing.len()));
        fields.insert("gaps".to_owned(), json!(gaps));
    }
    let audit = Audit::new("roster.submit", "roster", roster.id).before(state_of(&roster)).after(record).note(reason);
    work.audit(audit).await?;
    Ok(submitted)
}

/// A reason that is there and not too long.
fn checked_reason(field: &'static str, typed: &str, missing: &'static str) -> Result<String, RosterError> {
    let reason = typed.trim();
    let length = reason.chars().count();
    let fault = if reason.is_empty() {
        missing.to_owned()
    } else if length > LONGEST_REASON {
        format!("最多写{LONGEST_REASON}个字，现在有{length}个字。")
    } else {
        return Ok(reason.to_owned());
    };
    Err(RosterError::Rules(vec![Refusal::new(field, "", fault)]))
}

/// Agrees to a submitted roster, as a second person; gives it with a warning where it commits more than the fund has.
///
/// # Errors
/// When the actor handed it in, or it is no longer waiting.
pub async fn approve(
    work: &mut Work,
    scope: Scope,
    month: Month,
    seen: Seen,
) -> Result<(Roster, Option<String>), AppError> {
    let (roster, _) = take(work, scope, month, Step::Approve, seen).await?;
    let (account, now) = (work.actor.account_id, work.now);
    if !db::approve(work.conn(), &roster, account, now).await? {
        return Err(AppError::refused(CHANGED));
    }
    let approved = after(work, scope, month).await?;
    let overdrawn = fund::outlook::guard(work, scope.bureau(), month.year(), ("roster", roster.id)).await?;
    let audit = Audit::new("roster.approve", "roster", roster.id)
        .before(state_of(&roster))
        .after(state_of(&approved))
        .note(overdrawn.clone().unwrap_or_default());
    work.audit(audit).await?;
    Ok((approved, overdrawn))
}

/// Sends a submitted or approved roster back to the clerk.
///
/// # Errors
/// [`RosterError::Rules`] without a reason; refused once it is posted.
pub async fn return_to_draft(
    work: &mut Work,
    scope: Scope,
    month: Month,
    seen: Seen,
    reason: &str,
) -> Result<Roster, RosterError> {
    let (roster, _) = take(work, scope, month, Step::Return, seen).await?;
    let reason = checked_reason("return_reason", reason, "请写明退回的原因，便于经办人修改。")?;
    let (account, now) = (work.actor.account_id, work.now);
    if !db::return_to_draft(work.conn(), &roster, account, &reason, now).await? {
        return Err(AppError::refused(CHANGED).into());
    }
    let returned = after(work, scope, month).await?;
    let audit = Audit::new("roster.return", "roster", roster.id)
        .before(state_of(&roster))
        .after(state_of(&returned))
        .note(reason);
    work.audit(audit).await?;
    Ok(returned)
}

/// Posts an approved roster (三(一) 提前公示).
///
/// # Errors
/// When it is not approved.
pub async fn publish(work: &mut Work, scope: Scope, month: Month, seen: Seen) -> Result<Roster, AppError> {
    let (roster, terms) = take(work, scope, month, Step::Publish, seen).await?;
    let (account, now, today) = (work.actor.account_id, work.now, work.today());
    if !db::publish(work.conn(), &roster, account, now).await? {
        return Err(AppError::refused(CHANGED));
    }
    let published = after(work, scope, month).await?;
    debug_assert_eq!(published.status, RosterStatus::Published);
    // A49
    let note = match deadlines::posting(&terms.programme, &terms.calendar, month) {
        Ok(due) if today > due => format!("晚于应公示日{}（{}）", chinese_date(due), short_date(due)),
        _ => String::new(),
    };
    let audit = Audit::new("roster.publish", "roster", roster.id)
        .before(state_of(&roster))
        .after(state_of(&published))
        .note(note);
    work.audit(audit).await?;
    Ok(published)
}
