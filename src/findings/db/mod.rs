//! The SQL of findings.

mod shifts;
mod system;

pub use shifts::{
    GapRow, RecordRow, ShiftRow, find_record, find_shift, gaps, hold_venue_month, live_findings, lock_shift,
    records_of, shifts_on,
};
pub use system::{AttendanceRow, SystemRow, attendance_of, system_findings, unsigned_out};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::rules::{Situation, Status};
use crate::plan::dictionaries::{FindingKind, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::web::actor::Scope;

crate::text_column!(Status);

/// Which findings of a scope are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this month.
    pub month: Option<Month>,
    /// At this venue.
    pub venue: Option<i64>,
    /// About this person.
    pub person: Option<i64>,
    /// About persons whose name holds this or whose pinyin begins so.
    pub name: Option<String>,
    /// Of this kind.
    pub kind: Option<FindingKind>,
    /// In this state.
    pub status: Option<Status>,
    /// Of these numbers.
    pub ids: Option<Vec<i64>>,
    /// The lowest number, inclusive.
    pub lowest: i64,
    /// The highest number, inclusive.
    pub highest: i64,
}

impl Filter {
    /// Everything.
    #[must_use]
    pub fn all() -> Filter {
        Filter { highest: i64::MAX, ..Filter::default() }
    }

    /// One finding.
    #[must_use]
    pub fn one(id: i64) -> Filter {
        Filter { lowest: id, highest: id, ..Filter::default() }
    }

    /// Some findings.
    #[must_use]
    pub fn some(ids: &[i64]) -> Filter {
        Filter {
            lowest: ids.iter().copied().min().unwrap_or_default(),
            highest: ids.iter().copied().max().unwrap_or_default(),
            ids: Some(ids.to_vec()),
            ..Filter::default()
        }
    }
}

/// A finding with what a page shows of its shift, person and venue.
#[derive(Clone, Debug, Serialize)]
pub struct FindingRow {
    /// The finding.
    pub id: i64,
    /// Its shift.
    pub shift_id: i64,
    /// The month of the shift.
    pub month: Month,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// When the person signed in and out.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// When the person signed out.
    pub signed_out_at: Option<DateTime<Utc>>,
    /// The short name of the venue.
    pub venue: String,
    /// Its kind.
    pub venue_kind: VenueKind,
    /// The person concerned.
    pub person_id: i64,
    /// Their name.
    pub person: String,
    /// What was found.
    pub kind: FindingKind,
    /// The day of duty.
    pub event_on: NaiveDate,
    /// What tells it from others of its kind on the shift.
    pub occurrence: String,
    /// The number of the defective record.
    pub consultation: Option<String>,
    /// What it rests on.
    pub evidence: String,
    /// Where it stands.
    pub status: Status,
    /// Who proposed it; `None` for the system.
    pub proposed_by: Option<i64>,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// When the person was told.
    pub told_at: Option<DateTime<Utc>>,
    /// The last day of the objection (A54).
    pub objection_until: Option<NaiveDate>,
    /// The objection in the person's words.
    pub objection: String,
    /// Who decided it.
    pub decided_by: Option<i64>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The answer or reason.
    pub decision_note: String,
    /// When the month's settlement was approved.
    pub settled_at: Option<DateTime<Utc>>,
    /// For edits: nobody overwrites another's.
    pub version: i32,
}

impl FindingRow {
    /// What a decision looks at.
    #[must_use]
    pub fn situation(&self) -> Situation {
        Situation {
            status: self.status,
            person: self.person_id,
            proposed_by: self.proposed_by,
            decided_by: self.decided_by,
            objection_until: self.objection_until,
        }
    }
}

/// Findings of a scope, newest first. A duty person sees what they were told.
pub async fn findings(
    conn: &mut PgConnection,
    scope: Scope,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<FindingRow>> {
    sqlx::query_as!(
        FindingRow,
        r#"select f.id, f.shift_id, s.month as "month: Month", s.starts_at, s.ends_at,
                  a.signed_in_at as "signed_in_at?", a.signed_out_at as "signed_out_at?",
                  v.short_name as venue, v.kind as "venue_kind: VenueKind", f.person_id, p.name as person,
                  f.kind as "kind: FindingKind", f.event_on, f.occurrence, c.number as "consultation?", f.evidence,
                  f.status as "status: Status", f.proposed_by, f.proposed_at, f.told_at, f.objection_until, f.objection,
                  f.decided_by, f.decided_at, f.decision_note, m.approved_at as "settled_at?", f.version
           from findings f
           join shifts s on s.id = f.shift_id
           join venues v on v.id = f.venue_id
           join persons p on p.id = f.person_id
           left join attendances a on a.shift_id = f.shift_id
           left join consultations c on c.id = f.consultation_id
           left join settlements m on m.bureau_id = f.bureau_id and m.month = s.month
           where f.bureau_id = $1
             and ($2::bigint is null or f.venue_id = $2)
             and ($3::bigint is null or (f.person_id = $3 and f.told_at is not null))
             and f.id between $4 and $5
             and ($6::bigint[] is null or f.id = any ($6))
             and ($7::date is null or f.event_on >= $7)
             and ($8::date is null or f.event_on <= $8)
             and ($9::bigint is null or f.venue_id = $9)
             and ($10::bigint is null or f.person_id = $10)
             and ($11::text is null or position($11 in p.name) > 0 or starts_with(p.pinyin, $11))
             and ($12::text is null or f.kind = $12)
             and ($13::text is null or f.status = $13)
           order by f.id desc limit $14"#,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        filter.lowest,
        filter.highest,
        filter.ids.as_deref(),
        filter.month.map(Month::first),
        filter.month.map(Month::last),
        filter.venue,
        filter.person,
        filter.name.as_deref(),
        filter.kind as Option<FindingKind>,
        filter.status as Option<Status>,
        limit
    )
    .fetch_all(conn)
    .await
}

/// One finding of a scope.
pub async fn find(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<FindingRow>> {
    Ok(findings(conn, scope, &Filter::one(id), 1).await?.pop())
}

/// Locks findings in their order, so that two decisions never wait for each other crosswise.
pub async fn lock(conn: &mut PgConnection, bureau: i64, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("select id from findings where bureau_id = $1 and id = any ($2) order by id for update", bureau, ids)
        .fetch_all(conn)
        .await?;
    Ok(())
}

/// A step as it was taken.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; `None` for the system.
    pub account: Option<String>,
    /// Their role.
    pub role: Option<crate::web::permissions::Role>,
    /// The state it led to.
    pub status: Status,
    /// What was written.
    pub note: String,
}

/// The steps of a finding, newest first.
pub async fn steps_of(conn: &mut PgConnection, finding: i64) -> sqlx::Result<Vec<StepRow>> {
    sqlx::query_as!(
        StepRow,
        r#"select t.at, a.name as "account?", a.role as "role?: crate::web::permissions::Role",
                  t.status as "status: Status", t.note
           from finding_steps t left join accounts a on a.id = t.account_id
           where t.finding_id = $1 order by t.id desc"#,
        finding
    )
    .fetch_all(conn)
    .await
}

/// Adds a step to its finding.
pub async fn add_step(
    conn: &mut PgConnection,
    finding: i64,
    at: DateTime<FixedOffset>,
    account: Option<i64>,
    status: Status,
    note: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into finding_steps (finding_id, at, account_id, status, note) values ($1, $2, $3, $4, $5)",
        finding,
        at,
        account,
        status as Status,
        note
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A finding about to be stored.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its shift.
    pub shift_id: i64,
    /// What was found.
    pub kind: FindingKind,
    /// What tells it from others of its kind on the shift.
    pub occurrence: String,
    /// The defective record.
    pub consultation_id: Option<i64>,
    /// What it rests on.
    pub evidence: String,
    /// The account; `None` for the system.
    pub proposed_by: Option<i64>,
}

/// Stores a proposal with the first step of its way; `None` when the same is already there.
pub async fn insert(conn: &mut PgConnection, new: &Proposal, at: DateTime<FixedOffset>) -> sqlx::Result<Option<i64>> {
    let id = sqlx::query_scalar!(
        "insert into findings
             (bureau_id, shift_id, venue_id, person_id, kind, event_on, occurrence, consultation_id, evidence,
              proposed_by, proposed_at)
         select bureau_id, id, venue_id, person_id, $2, duty_on, $3, $4, $5, $6, $7 from shifts where id = $1
         on conflict (shift_id, kind, occurrence) where status <> 'revoked' do nothing
         returning id",
        new.shift_id,
        new.kind as FindingKind,
        new.occurrence,
        new.consultation_id,
        new.evidence,
        new.proposed_by,
        at
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(id) = id {
        add_step(conn, id, at, new.proposed_by, Status::Proposed, &new.evidence).await?;
    }
    Ok(id)
}

/// Proposed → told.
pub async fn set_told(
    conn: &mut PgConnection,
    id: i64,
    version: i32,
    account: i64,
    at: DateTime<FixedOffset>,
    objection_until: NaiveDate,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update findings set status = 'told', told_by = $3, told_at = $4, objection_until = $5, version = version + 1
         where id = $1 and version = $2 and status = 'proposed'",
        id,
        version,
        account,
        at,
        objection_until
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Told → objected.
pub async fn set_objected(
    conn: &mut PgConnection,
    id: i64,
    version: i32,
    objection: &str,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update findings set status = 'objected', objection = $3, objected_at = $4, version = version + 1
         where id = $1 and version = $2 and status = 'told'",
        id,
        version,
        objection,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// To confirmed or revoked.
pub async fn set_decided(
    conn: &mut PgConnection,
    id: i64,
    version: i32,
    to: Status,
    account: i64,
    at: DateTime<FixedOffset>,
    note: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update findings
         set status = $3, decided_by = $4, decided_at = $5, decision_note = $6, version = version + 1
         where id = $1 and version = $2 and status <> 'revoked'",
        id,
        version,
        to as Status,
        account,
        at,
        note
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Waits while a month of the bureau is calculated or approved, and keeps that from beginning until the transaction
/// ends: whoever decides and whoever settles come one after the other.
pub async fn hold_settlements(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended('huifa.settlement:' || $1::bigint::text, 0))",
        bureau
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the evidence of an undecided system proposal anew after a correction.
pub async fn set_evidence(conn: &mut PgConnection, id: i64, evidence: &str) -> sqlx::Result<()> {
    sqlx::query!("update findings set evidence = $2, version = version + 1 where id = $1", id, evidence)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many confirmed absences from post a person has in a month, over all venues (A13).
pub async fn off_post_count(conn: &mut PgConnection, person: i64, month: Month) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from findings
           where person_id = $1 and kind = 'off_post' and status = 'confirmed' and event_on between $2 and $3"#,
        person,
        month.first(),
        month.last()
    )
    .fetch_one(conn)
    .await
}

/// The plans of a bureau by year, for what findings cost.
pub async fn plans_of(
    conn: &mut PgConnection,
    bureau: i64,
) -> sqlx::Result<std::collections::BTreeMap<i32, crate::plan::Programme>> {
    let rows = sqlx::query!(
        r#"select year, content as "content: sqlx::types::Json<crate::plan::Programme>" from programmes where bureau_id = $1"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.year, row.content.0)).collect())
}
