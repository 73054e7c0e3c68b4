//! The SQL of rosters and shifts.

mod people;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

pub(super) use self::people::{venue_and_people, venues_and_people};
use super::rules::{Accepted, Proposal, Taken};
use super::{Roster, RosterStatus, Stamp};
use crate::plan::calendar::{Calendar, SpecialDay};
use crate::plan::dictionaries::{PersonCategory, ShiftChange, VenueKind};
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::plan::time::short_date;
use crate::venues::db::{Hours, Venue};
use crate::web::actor::Scope;

/// One shift: person, venue, day and hours, with the names that pages show.
#[derive(Clone, Debug, Serialize)]
pub struct Shift {
    /// The shift.
    pub id: i64,
    /// Its roster.
    pub roster_id: i64,
    /// How far the roster has come.
    pub roster_status: RosterStatus,
    /// The month of the roster.
    pub month: Month,
    /// Where.
    pub venue_id: i64,
    /// What kind of venue.
    pub venue_kind: VenueKind,
    /// The venue's name in tables.
    pub venue: String,
    /// Who.
    pub person_id: i64,
    /// The person's name.
    pub person: String,
    /// The person's category.
    pub category: PersonCategory,
    /// The person's firm, office or school.
    pub organisation: String,
    /// A26: serves without pay.
    pub public_official: bool,
    /// The day.
    pub duty_on: NaiveDate,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The break's first minute.
    pub break_from: Option<NaiveTime>,
    /// The break's last minute.
    pub break_to: Option<NaiveTime>,
    /// A04: the minutes that count.
    pub planned_minutes: i32,
    /// 四(一)4: the fewest that were asked for when the shift was made.
    pub minimum_minutes: i32,
    /// How it differs from the regular days.
    pub change: ShiftChange,
    /// Why it differs.
    pub change_reason: String,
    /// The day that a moved shift stands for.
    pub moved_from: Option<NaiveDate>,
    /// For edits: nobody overwrites another's.
    pub version: i32,
}

impl Shift {
    /// The planned first instant.
    #[must_use]
    pub fn planned_start(&self) -> DateTime<FixedOffset> {
        super::rules::planned_start(self.duty_on, self.starts_at)
    }

    /// The planned last instant.
    #[must_use]
    pub fn planned_end(&self) -> DateTime<FixedOffset> {
        super::rules::planned_end(self.duty_on, self.ends_at)
    }

    /// `08:00–12:00`, or `08:00–12:00、14:00–18:00` with a break.
    #[must_use]
    pub fn hours_text(&self) -> String {
        hours_text(self.starts_at, self.ends_at, self.break_from.zip(self.break_to))
    }

    /// `改期（原5月1日 周三）`, or `正常`.
    #[must_use]
    pub fn change_text(&self) -> String {
        match self.moved_from {
            Some(origin) => format!("{}（原{}）", self.change, short_date(origin)),
            None => self.change.to_string(),
        }
    }

    /// What the rules know a standing shift by.
    #[must_use]
    pub fn taken(&self) -> Taken {
        Taken {
            venue: self.venue_id,
            venue_name: self.venue.clone(),
            kind: self.venue_kind,
            person: self.person_id,
            day: self.duty_on,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            moved_from: self.moved_from,
        }
    }
}

/// `08:00–12:00、14:00–18:00`.
pub(crate) fn hours_text(from: NaiveTime, to: NaiveTime, pause: Option<(NaiveTime, NaiveTime)>) -> String {
    let time = |time: NaiveTime| time.format("%H:%M").to_string();
    match pause {
        None => format!("{}–{}", time(from), time(to)),
        Some((pause_from, pause_to)) => {
            format!("{}–{}、{}–{}", time(from), time(pause_from), time(pause_to), time(to))
        }
    }
}

/// Whether shifts that are not yet posted are read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every shift, whatever its roster has come to.
    Any,
    /// Only what people are on duty by.
    Published,
}

/// Which shifts are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The reader's scope; every shift outside it is left out.
    pub scope: Scope,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Only this venue.
    pub venue: Option<i64>,
    /// Only this person.
    pub person: Option<i64>,
    /// Drafts as well, or not.
    pub standing: Standing,
}

impl Reading {
    /// The published shifts of a month.
    #[must_use]
    pub fn month(scope: Scope, month: Month) -> Reading {
        let (from, to) = (month.first(), month.last());
        Reading { scope, from, to, venue: None, person: None, standing: Standing::Published }
    }

    /// The published shifts of a day.
    #[must_use]
    pub fn day(scope: Scope, day: NaiveDate) -> Reading {
        Reading { scope, from: day, to: day, venue: None, person: None, standing: Standing::Published }
    }

    /// Only those of one person.
    #[must_use]
    pub fn of_person(self, person: i64) -> Reading {
        Reading { person: Some(person), ..self }
    }

    /// Only those of one venue.
    #[must_use]
    pub fn of_venue(self, venue: i64) -> Reading {
        Reading { venue: Some(venue), ..self }
    }

    /// Drafts as well.
    #[must_use]
    pub fn with_drafts(self) -> Reading {
        Reading { standing: Standing::Any, ..self }
    }
}

/// The shifts asked for, by venue in its order, then by day and hour.
///
/// # Errors
/// When the database fails.
pub async fn shifts(conn: &mut PgConnection, reading: Reading) -> sqlx::Result<Vec<Shift>> {
    sqlx::query_as!(
        Shift,
        r#"select s.id, s.roster_id, r.status as "roster_status: RosterStatus", s.month as "month: Month",
                  s.venue_id, v.kind as "venue_kind: VenueKind", v.short_name as venue,
                  s.person_id, p.name as person, p.category as "category: PersonCategory", p.organisation, p.public_official,
                  s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to, s.planned_minutes, s.minimum_minutes,
                  s.change as "change: ShiftChange", s.change_reason, s.moved_from, s.version
           from shifts s
           join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id
           join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
           join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
           where s.bureau_id = $1 and s.duty_on between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.venue_id = $5)
             and ($6::bigint is null or s.person_id = $6) and ($7::bigint is null or s.person_id = $7)
             and (not $8 or r.status = 'published')
           order by v.sort, v.id, s.duty_on, s.starts_at, p.pinyin, s.id"#,
        reading.scope.bureau(),
        reading.from,
        reading.to,
        reading.scope.venue(),
        reading.venue,
        reading.scope.person(),
        reading.person,
        reading.standing == Standing::Published
    )
    .fetch_all(conn)
    .await
}

/// A month as stored: its roster, the year's programme and the calendar around it.
#[derive(Debug)]
pub(super) struct MonthRow {
    pub(super) bureau_name: String,
    pub(super) roster: Option<Roster>,
    pub(super) programme: Option<Programme>,
    pub(super) calendar: Calendar,
}

/// Everything that decides on a month, in one query.
pub(super) async fn load_month(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<MonthRow> {
    let row = sqlx::query!(
        r#"select b.name as bureau_name, p.content as "programme?: Json<Programme>",
                  coalesce((select array_agg(year) from calendar_years where year between $2 - 1 and $2 + 1), '{}') as "years!",
                  coalesce((select jsonb_agg(jsonb_build_object('date', day, 'is_workday', is_workday, 'name', name))
                            from calendar_days where year between $2 - 1 and $2 + 1), '[]') as "days!: Json<Vec<SpecialDay>>",
                  r.id as "id?", r.status as "status?: RosterStatus", r.version as "version?",
                  r.made_by as "made_by?", r.made_at as "made_at?", maker.name as "maker?",
                  r.submitted_by as "submitted_by?", r.submitted_at as "submitted_at?", submitter.name as "submitter?",
                  r.approved_by as "approved_by?", r.approved_at as "approved_at?", approver.name as "approver?",
                  r.published_by as "published_by?", r.published_at as "published_at?", publisher.name as "publisher?",
                  r.returned_by as "returned_by?", r.returned_at as "returned_at?", returner.name as "returner?",
                  r.return_reason as "return_reason?", r.gap_reason as "gap_reason?"
           from bureaus b
           left join programmes p on p.bureau_id = b.id and p.year = $2
           left join rosters r on r.bureau_id = b.id and r.month = $3
           left join accounts maker on maker.id = r.made_by
           left join accounts submitter on submitter.id = r.submitted_by
           left join accounts approver on approver.id = r.approved_by
           left join accounts publisher on publisher.id = r.published_by
           left join accounts returner on returner.id = r.returned_by
           where b.id = $1"#,
        bureau,
        month.year(),
        month as Month
    )
    .fetch_one(conn)
    .await?;
    let stamp = |account: Option<i64>, who: Option<String>, at: Option<DateTime<Utc>>| {
        Some(Stamp { account: account?, who: who.unwrap_or_default(), at: at? })
    };
    let made = stamp(row.made_by, row.maker, row.made_at);
    let roster = row.id.zip(row.status).zip(row.version).zip(made).map(|(((id, status), version), made)| Roster {
        id,
        month,
        status,
        version,
        made,
        submitted: stamp(row.submitted_by, row.submitter, row.submitted_at),
        approved: stamp(row.approved_by, row.approver, row.approved_at),
        published: stamp(row.published_by, row.publisher, row.published_at),
        returned: stamp(row.returned_by, row.returner, row.returned_at),
        return_reason: row.return_reason.unwrap_or_default(),
        gap_reason: row.gap_reason.unwrap_or_default(),
    });
    Ok(MonthRow {
        bureau_name: row.bureau_name,
        roster,
        programme: row.programme.map(|programme| programme.0),
        calendar: Calendar::new(row.years, row.days.0),
    })
}

/// Holds the roster of a month until the transaction ends, so that its steps and its
/// shifts come one after the other.
pub(super) async fn lock_month(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<bool> {
    let locked = sqlx::query_scalar!(
        "select id from rosters where bureau_id = $1 and month = $2 for update",
        bureau,
        month as Month
    )
    .fetch_optional(conn)
    .await?;
    Ok(locked.is_some())
}

/// How far the roster of a month has come.
pub(super) async fn status_of(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
) -> sqlx::Result<Option<RosterStatus>> {
    sqlx::query_scalar!(
        r#"select status as "status: RosterStatus" from rosters where bureau_id = $1 and month = $2"#,
        bureau,
        month as Month
    )
    .fetch_optional(conn)
    .await
}

/// Begins a month's roster.
pub(super) async fn insert_roster(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
    made_by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into rosters (bureau_id, month, made_by, made_at) values ($1, $2, $3, $4) returning id",
        bureau,
        month as Month,
        made_by,
        now
    )
    .fetch_one(conn)
    .await
}

/// Keeps the persons' rows as they are while the decision about them is stored.
pub(super) async fn hold_people(conn: &mut PgConnection, bureau: i64, people: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("select id from persons where bureau_id = $1 and id = any ($2) order by id for share", bureau, people)
        .fetch_all(conn)
        .await?;
    Ok(())
}

/// A shift about to be stored, with its venue.
pub(super) struct Placed<'a> {
    pub(super) venue: &'a Venue,
    pub(super) proposal: &'a Proposal,
    pub(super) accepted: &'a Accepted,
}

/// Shifts of one venue, ready to be stored.
pub(super) fn placed<'a>(venue: &'a Venue, shifts: &'a [(Proposal, Accepted)]) -> Vec<Placed<'a>> {
    shifts.iter().map(|(proposal, accepted)| Placed { venue, proposal, accepted }).collect()
}

/// Adds shifts to a roster; all of them or none.
pub(super) async fn insert_shifts(
    conn: &mut PgConnection,
    bureau: i64,
    roster: i64,
    month: Month,
    shifts: &[Placed<'_>],
) -> sqlx::Result<Vec<i64>> {
    let hours = |pick: fn(&Hours) -> NaiveTime| -> Vec<NaiveTime> {
        shifts.iter().map(|shift| pick(&shift.proposal.hours)).collect()
    };
    let pause = |pick: fn((NaiveTime, NaiveTime)) -> NaiveTime| -> Vec<Option<NaiveTime>> {
        shifts.iter().map(|shift| shift.proposal.hours.pause.map(pick)).collect()
    };
    let venues: Vec<i64> = shifts.iter().map(|shift| shift.venue.id).collect();
    let kinds: Vec<VenueKind> = shifts.iter().map(|shift| shift.venue.kind).collect();
    let people: Vec<i64> = shifts.iter().map(|shift| shift.proposal.person).collect();
    let days: Vec<NaiveDate> = shifts.iter().map(|shift| shift.proposal.day).collect();
    let changes: Vec<ShiftChange> = shifts.iter().map(|shift| shift.proposal.change).collect();
    let reasons: Vec<String> = shifts.iter().map(|shift| shift.proposal.reason.trim().to_owned()).collect();
    let origins: Vec<Option<NaiveDate>> = shifts.iter().map(|shift| shift.proposal.moved_from).collect();
    let planned: Vec<i32> = shifts.iter().map(|shift| shift.accepted.planned_minutes).collect();
    let minimum: Vec<i32> = shifts.iter().map(|shift| shift.accepted.minimum_minutes).collect();
    sqlx::query_scalar!(
        r#"insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
                               break_from, break_to, planned_minutes, minimum_minutes, change, change_reason, moved_from)
           select $1, $2, $3, n.venue_id, n.venue_kind, n.person_id, n.duty_on, n.starts_at, n.ends_at, n.break_from, n.break_to,
                  n.planned_minutes, n.minimum_minutes, n.change, n.change_reason, n.moved_from
           from unnest($4::bigint[], $5::text[], $6::bigint[], $7::date[], $8::time[], $9::time[], $10::time[], $11::time[],
                       $12::integer[], $13::integer[], $14::text[], $15::text[], $16::date[])
                as n (venue_id, venue_kind, person_id, duty_on, starts_at, ends_at, break_from, break_to, planned_minutes,
                      minimum_minutes, change, change_reason, moved_from)
           returning id"#,
        bureau,
        roster,
        month as Month,
        &venues,
        &kinds as &[VenueKind],
        &people,
        &days,
        &hours(|hours| hours.starts_at),
        &hours(|hours| hours.ends_at),
        &pause(|pause| pause.0) as &[Option<NaiveTime>],
        &pause(|pause| pause.1) as &[Option<NaiveTime>],
        &planned,
        &minimum,
        &changes as &[ShiftChange],
        &reasons,
        &origins as &[Option<NaiveDate>]
    )
    .fetch_all(conn)
    .await
}

/// Removes a shift that is still as it was seen; false when it is not.
pub(super) async fn delete_shift(
    conn: &mut PgConnection,
    bureau: i64,
    roster: i64,
    shift: i64,
    version: i32,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "delete from shifts where id = $1 and bureau_id = $2 and roster_id = $3 and version = $4",
        shift,
        bureau,
        roster,
        version
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Counts a change of the roster's shifts.
pub(super) async fn touch(conn: &mut PgConnection, roster: i64) -> sqlx::Result<()> {
    sqlx::query!("update rosters set version = version + 1 where id = $1 and status = 'draft'", roster)
        .execute(conn)
        .await?;
    Ok(())
}

/// draft → submitted; false when it is no longer the draft that was seen.
pub(super) async fn submit(
    conn: &mut PgConnection,
    roster: &Roster,
    account: i64,
    gap_reason: &str,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "update rosters set status = 'submitted', submitted_by = $3, submitted_at = $4, gap_reason = $5, version = version + 1
         where id = $1 and version = $2 and status = 'draft'",
        roster.id,
        roster.version,
        account,
        now,
        gap_reason
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// submitted → approved, by somebody else than the submitter.
pub(super) async fn approve(
    conn: &mut PgConnection,
    roster: &Roster,
    account: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "update rosters set status = 'approved', approved_by = $3, approved_at = $4, version = version + 1
         where id = $1 and version = $2 and status = 'submitted' and submitted_by <> $3",
        roster.id,
        roster.version,
        account,
        now
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// submitted or approved → draft.
pub(super) async fn return_to_draft(
    conn: &mut PgConnection,
    roster: &Roster,
    account: i64,
    reason: &str,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "update rosters set status = 'draft', submitted_by = null, submitted_at = null, approved_by = null, approved_at = null,
             gap_reason = '', return_reason = $5, returned_by = $3, returned_at = $4, version = version + 1
         where id = $1 and version = $2 and status in ('submitted', 'approved')",
        roster.id,
        roster.version,
        account,
        now,
        reason
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// approved → published.
pub(super) async fn publish(
    conn: &mut PgConnection,
    roster: &Roster,
    account: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "update rosters set status = 'published', published_by = $3, published_at = $4, version = version + 1
         where id = $1 and version = $2 and status = 'approved'",
        roster.id,
        roster.version,
        account,
        now
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}
