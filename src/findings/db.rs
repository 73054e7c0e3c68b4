//! The SQL of findings.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::rules::{Presence, Situation, Status};
use crate::plan::dictionaries::{FindingKind, ReviewResult, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::time::local_date;
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
    sqlx::query!(
        "select id from findings where bureau_id = $1 and id = any ($2) order by id for update",
        bureau,
        ids
    )
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
pub async fn insert(
    conn: &mut PgConnection,
    new: &Proposal,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<Option<i64>> {
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

/// Writes the evidence of an undecided system proposal anew after a correction.
pub async fn set_evidence(conn: &mut PgConnection, id: i64, evidence: &str) -> sqlx::Result<()> {
    sqlx::query!("update findings set evidence = $2, version = version + 1 where id = $1", id, evidence)
        .execute(conn)
        .await?;
    Ok(())
}

/// A shift as a proposal needs it.
#[derive(Clone, Debug)]
pub struct ShiftRow {
    /// The shift.
    pub id: i64,
    /// Its month.
    pub month: Month,
    /// The day of duty.
    pub duty_on: NaiveDate,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The break.
    pub break_from: Option<NaiveTime>,
    /// The break's end.
    pub break_to: Option<NaiveTime>,
    /// The short name of the venue.
    pub venue: String,
    /// Its kind.
    pub venue_kind: VenueKind,
    /// The person's name.
    pub person: String,
    /// When they signed in.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// When they signed out.
    pub signed_out_at: Option<DateTime<Utc>>,
    /// The month's settlement, if there is one.
    pub settled: Option<String>,
}

impl ShiftRow {
    /// Its hours with the person's own.
    #[must_use]
    pub fn presence(&self) -> Presence {
        let clock = |at: DateTime<Utc>| at.with_timezone(&crate::plan::time::SHANGHAI).time();
        Presence {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            pause: self.break_from.zip(self.break_to),
            signed_in: self.signed_in_at.filter(|at| local_date(at) == self.duty_on).map(clock),
            signed_out: self.signed_out_at.filter(|at| local_date(at) == self.duty_on).map(clock),
        }
    }
}

/// A shift of a published roster. `lock` keeps two proposals on it apart.
pub async fn find_shift(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<ShiftRow>> {
    sqlx::query_as!(
        ShiftRow,
        r#"select s.id, s.month as "month: Month", s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to,
                  v.short_name as venue, s.venue_kind as "venue_kind: VenueKind", p.name as person,
                  a.signed_in_at as "signed_in_at?", a.signed_out_at as "signed_out_at?", m.status as "settled?"
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join venues v on v.id = s.venue_id
           join persons p on p.id = s.person_id
           left join attendances a on a.shift_id = s.id
           left join settlements m on m.bureau_id = s.bureau_id and m.month = s.month
           where s.id = $3 and s.bureau_id = $1 and ($2::bigint is null or s.venue_id = $2)"#,
        scope.bureau(),
        scope.venue(),
        id
    )
    .fetch_optional(conn)
    .await
}

/// Lets one proposal at a time look at a shift's findings and add to them.
pub async fn lock_shift(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('huifa.findings:' || $1::bigint::text, 0))", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The live findings of a shift: kind and occurrence.
pub async fn live_findings(conn: &mut PgConnection, shift: i64) -> sqlx::Result<Vec<(FindingKind, String)>> {
    let rows = sqlx::query!(
        r#"select kind as "kind: FindingKind", occurrence from findings where shift_id = $1 and status <> 'revoked'"#,
        shift
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.occurrence)).collect())
}

/// A record of a shift that a finding can rest on.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// The record.
    pub id: i64,
    /// Its shift.
    pub shift_id: i64,
    /// Its number.
    pub number: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// What its review said: a code of the review, or `unreviewed`.
    pub review: String,
    /// What the reviewer wrote.
    pub review_note: String,
}

impl RecordRow {
    /// The review in words.
    #[must_use]
    pub fn review_label(&self) -> &'static str {
        ReviewResult::from_code(&self.review).map_or("未复核", |review| review.label())
    }
}

/// The records of a shift, in the order of the day.
pub async fn records_of(conn: &mut PgConnection, shift: i64) -> sqlx::Result<Vec<RecordRow>> {
    sqlx::query_as!(
        RecordRow,
        "select id, shift_id, number, started_at, review, review_note from consultations
         where shift_id = $1 order by started_at, id limit 200",
        shift
    )
    .fetch_all(conn)
    .await
}

/// One record of a bureau, with its shift.
pub async fn find_record(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<RecordRow>> {
    sqlx::query_as!(
        RecordRow,
        "select id, shift_id, number, started_at, review, review_note from consultations
         where id = $2 and bureau_id = $1",
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
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

/// How many findings wait, by what is to be done about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Proposed, the person is not told.
    pub to_tell: i64,
    /// Told, without an objection.
    pub to_decide: i64,
    /// Objected, an answer is due.
    pub to_answer: i64,
}

/// What waits in a scope; for the home page and the dashboard.
pub async fn waiting(conn: &mut PgConnection, scope: Scope) -> sqlx::Result<Waiting> {
    sqlx::query_as!(
        Waiting,
        r#"select count(*) filter (where status = 'proposed') as "to_tell!",
                  count(*) filter (where status = 'told') as "to_decide!",
                  count(*) filter (where status = 'objected') as "to_answer!"
           from findings
           where bureau_id = $1 and status in ('proposed', 'told', 'objected')
             and ($2::bigint is null or venue_id = $2)
             and ($3::bigint is null or (person_id = $3 and told_at is not null))"#,
        scope.bureau(),
        scope.venue(),
        scope.person()
    )
    .fetch_one(conn)
    .await
}

/// A shift of a month whose attendance leaves a question.
#[derive(Clone, Debug)]
pub struct GapRow {
    /// The shift.
    pub shift_id: i64,
    /// The day of duty.
    pub duty_on: NaiveDate,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The venue.
    pub venue: String,
    /// The person.
    pub person: String,
    /// When they signed in; `None` where they did not.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// The live finding about it, early leave or false duty.
    pub finding_id: Option<i64>,
    /// Where that stands.
    pub finding_status: Option<Status>,
}

/// The shifts of a month before today without a sign-in (A19) or without a sign-out (R13).
pub async fn gaps(
    conn: &mut PgConnection,
    scope: Scope,
    month: Month,
    today: NaiveDate,
) -> sqlx::Result<Vec<GapRow>> {
    sqlx::query_as!(
        GapRow,
        r#"select s.id as shift_id, s.duty_on, s.starts_at, s.ends_at, v.short_name as venue, p.name as person,
                  a.signed_in_at as "signed_in_at?", f.id as "finding_id?", f.status as "finding_status?: Status"
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join venues v on v.id = s.venue_id
           join persons p on p.id = s.person_id
           left join attendances a on a.shift_id = s.id
           left join lateral (
               select id, status from findings
               where shift_id = s.id and status <> 'revoked'
                 and kind = case when a.shift_id is null then 'false_duty' else 'early_leave' end
               limit 1) f on true
           where s.bureau_id = $1 and s.month = $2 and ($3::bigint is null or s.venue_id = $3)
             and s.duty_on < $4 and (a.shift_id is null or a.signed_out_at is null)
           order by s.duty_on, v.sort, s.id limit 500"#,
        scope.bureau(),
        month as Month,
        scope.venue(),
        today
    )
    .fetch_all(conn)
    .await
}

/// What the system compares with its own proposals: a shift's attendance.
#[derive(Clone, Debug)]
pub struct AttendanceRow {
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// When the person signed in.
    pub signed_in_at: DateTime<Utc>,
    /// When the person signed out.
    pub signed_out_at: Option<DateTime<Utc>>,
    /// Whole minutes after the planned first one.
    pub late_minutes: i32,
    /// Whole minutes before the planned last one.
    pub early_minutes: i32,
    /// A07: minutes that still are on time.
    pub grace: i32,
}

/// The attendance of a shift, if it was signed in to.
pub async fn attendance_of(conn: &mut PgConnection, bureau: i64, shift: i64) -> sqlx::Result<Option<AttendanceRow>> {
    sqlx::query_as!(
        AttendanceRow,
        r#"select s.starts_at, s.ends_at, a.signed_in_at, a.signed_out_at, a.late_minutes, a.early_minutes,
                  coalesce((select (content ->> 'grace_minutes')::integer from programmes
                            where bureau_id = s.bureau_id and year = s.calendar_year), 0) as "grace!"
           from attendances a join shifts s on s.id = a.shift_id
           where a.shift_id = $2 and a.bureau_id = $1"#,
        bureau,
        shift
    )
    .fetch_optional(conn)
    .await
}

/// A proposal of the system about a shift's times.
#[derive(Clone, Debug)]
pub struct SystemRow {
    /// The finding.
    pub id: i64,
    /// Late or early.
    pub kind: FindingKind,
    /// What it says.
    pub evidence: String,
    /// Where it stands.
    pub status: Status,
    /// Its version.
    pub version: i32,
    /// What was written when it was revoked.
    pub decision_note: String,
}

/// The late and early findings of a shift that the system proposed, revoked ones included.
pub async fn system_findings(conn: &mut PgConnection, shift: i64) -> sqlx::Result<Vec<SystemRow>> {
    sqlx::query_as!(
        SystemRow,
        r#"select id, kind as "kind: FindingKind", evidence, status as "status: Status", version, decision_note
           from findings where shift_id = $1 and proposed_by is null and kind in ('late', 'early_leave')
           order by id for update"#,
        shift
    )
    .fetch_all(conn)
    .await
}

/// The shifts of a month that were signed in to and not out of, before a day.
pub async fn unsigned_out(
    conn: &mut PgConnection,
    scope: Scope,
    month: Month,
    today: NaiveDate,
) -> sqlx::Result<Vec<(i64, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        r#"select s.id, a.signed_in_at
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join attendances a on a.shift_id = s.id and a.signed_out_at is null
           where s.bureau_id = $1 and s.month = $2 and ($3::bigint is null or s.venue_id = $3) and s.duty_on < $4
           order by s.id"#,
        scope.bureau(),
        month as Month,
        scope.venue(),
        today
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.signed_in_at)).collect())
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

/// The shifts of a day on published rosters, to choose one from.
pub async fn shifts_on(conn: &mut PgConnection, scope: Scope, day: NaiveDate) -> sqlx::Result<Vec<ShiftRow>> {
    sqlx::query_as!(
        ShiftRow,
        r#"select s.id, s.month as "month: Month", s.duty_on, s.starts_at, s.ends_at, s.break_from, s.break_to,
                  v.short_name as venue, s.venue_kind as "venue_kind: VenueKind", p.name as person,
                  a.signed_in_at as "signed_in_at?", a.signed_out_at as "signed_out_at?", m.status as "settled?"
           from shifts s
           join rosters r on r.id = s.roster_id and r.status = 'published'
           join venues v on v.id = s.venue_id
           join persons p on p.id = s.person_id
           left join attendances a on a.shift_id = s.id
           left join settlements m on m.bureau_id = s.bureau_id and m.month = s.month
           where s.bureau_id = $1 and s.duty_on = $2 and ($3::bigint is null or s.venue_id = $3)
           order by v.sort, s.starts_at, s.id limit 200"#,
        scope.bureau(),
        day,
        scope.venue()
    )
    .fetch_all(conn)
    .await
}
