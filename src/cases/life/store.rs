//! The SQL that writes a case.

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::dossier::{Dossier, Origin, Way};
use super::intake::{KeptValues, NewApplication};
use crate::cases::clocks::Clock;
use crate::cases::clocks::rules::Due;
use crate::cases::documents::Kind;
use crate::cases::documents::forms::Sheet;
use crate::cases::eligibility::rules::{Proof, name_key};
use crate::cases::states::State;
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;

/// The next number of a series in a year; rolled back with the transaction, so without gaps.
pub(super) async fn next_number(conn: &mut PgConnection, bureau: i64, year: i32, series: &str) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "insert into case_numbers as n (bureau_id, year, series, last) values ($1, $2, $3, 1)
         on conflict (bureau_id, year, series) do update set last = n.last + 1 returning last",
        bureau,
        year,
        series
    )
    .fetch_one(conn)
    .await
}

/// The highest number among the register's own 高法援字 of a year, so that paper files and
/// cases lived here never meet.
pub(super) async fn highest_registered(conn: &mut PgConnection, bureau: i64, prefix: &str) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"select coalesce(max(substring(number from '〕([0-9]{1,6})号$')::integer), 0) as "highest!"
           from cases where bureau_id = $1 and number like $2 || '%'"#,
        bureau,
        prefix
    )
    .fetch_one(conn)
    .await
}

/// Lifts a series to a number.
pub(super) async fn lift_number(
    conn: &mut PgConnection,
    bureau: i64,
    year: i32,
    series: &str,
    least: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_numbers as n (bureau_id, year, series, last) values ($1, $2, $3, $4)
         on conflict (bureau_id, year, series) do update set last = greatest(n.last, $4)",
        bureau,
        year,
        series,
        least
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What begins a case.
#[derive(Debug)]
pub(super) struct NewLife<'a> {
    pub(super) number: &'a str,
    pub(super) application_number: &'a str,
    pub(super) state: State,
    pub(super) basis: Basis,
    pub(super) way: Way,
    pub(super) received_on: NaiveDate,
    pub(super) programme_case: bool,
    pub(super) green_reason: &'a str,
    pub(super) restricted: bool,
    pub(super) matter_id: Option<i64>,
    pub(super) consultation_id: Option<i64>,
    pub(super) by: i64,
    pub(super) at: DateTime<FixedOffset>,
}

/// Adds a case.
pub(super) async fn insert_case(
    conn: &mut PgConnection,
    bureau: i64,
    life: &NewLife<'_>,
    new: &NewApplication,
) -> sqlx::Result<i64> {
    let groups: Vec<SpecialGroup> = new.groups.iter().copied().collect();
    sqlx::query_scalar!(
        "insert into cases (bureau_id, number, application_number, origin, state, kind, basis, groups, cause, way,
             received_on, accepted_on, green, green_reason, restricted, matter_id, consultation_id, worker_id,
             programme_case, handler_category, handler_name, organisation, registered_by, registered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15, $16, $17, $18, 'lawyer', '', '', $17, $19)
         returning id",
        bureau,
        life.number,
        life.application_number,
        Origin::Live as Origin,
        life.state as State,
        new.kind as CaseKind,
        life.basis as Basis,
        &groups as &[SpecialGroup],
        new.cause,
        life.way as Way,
        life.received_on,
        !life.green_reason.is_empty(),
        life.green_reason,
        life.restricted,
        life.matter_id,
        life.consultation_id,
        life.by,
        life.programme_case,
        life.at
    )
    .fetch_one(conn)
    .await
}

/// Adds the application or notice of a case.
pub(super) async fn insert_application(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    seal_id: Uuid,
    new: &NewApplication,
    kept: &KeptValues,
) -> sqlx::Result<()> {
    let proofs: Vec<Proof> = new.proofs.iter().copied().collect();
    sqlx::query!(
        "insert into case_applications (case_id, bureau_id, seal_id, name, gender, birth_date, id_number, id_number_index,
             id_number_mask, phone, phone_index, phone_mask, township, address, agent, agent_relation, detained,
             hard_to_move, life_or_death, legal_position, opponent, opponent_key, authority, authority_number,
             notice_basis, notice_number, facts, request, amount, limitation_on, proofs, primary_group, means, scope_basis)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)",
        case,
        bureau,
        seal_id,
        new.name,
        new.gender_code(),
        new.birth_date,
        kept.id_number.sealed,
        kept.id_number.index,
        kept.id_number.mask,
        kept.phone.sealed,
        kept.phone.index,
        kept.phone.mask,
        new.township,
        kept.address,
        new.agent,
        new.agent_relation,
        new.detained,
        new.hard_to_move,
        new.life_or_death,
        new.legal_position,
        new.opponent,
        name_key(&new.opponent),
        new.authority,
        new.authority_number,
        new.notice_basis.map_or("", |basis| basis.code()),
        new.notice_number,
        new.facts,
        new.request,
        new.amount,
        new.limitation_on,
        &proofs as &[Proof],
        new.primary_group(),
        new.means.code(),
        new.scope_basis.map_or("", |basis| basis.code())
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The row's seal, with the sealed values for a reveal or a copy.
pub(super) struct SealedRow {
    pub(super) seal_id: Uuid,
    pub(super) id_number: Option<Vec<u8>>,
    pub(super) phone: Option<Vec<u8>>,
    pub(super) address: Option<Vec<u8>>,
}

/// The sealed values of a case.
pub(super) async fn sealed(conn: &mut PgConnection, bureau: i64, case: i64) -> sqlx::Result<Option<SealedRow>> {
    sqlx::query_as!(
        SealedRow,
        "select seal_id, id_number, phone, address from case_applications where bureau_id = $1 and case_id = $2",
        bureau,
        case
    )
    .fetch_optional(conn)
    .await
}

/// Corrects an application; false where somebody else changed the case meanwhile. What is
/// sealed and not typed again stays.
#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub(super) async fn update_application(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    version: i32,
    new: &NewApplication,
    kept: &KeptValues,
    green_reason: &str,
    restricted: bool,
) -> sqlx::Result<bool> {
    let groups: Vec<SpecialGroup> = new.groups.iter().copied().collect();
    let proofs: Vec<Proof> = new.proofs.iter().copied().collect();
    let changed = sqlx::query!(
        "update cases set kind = $4, cause = $5, groups = $6, green = $7 <> '', green_reason = $7, restricted = $8,
             version = version + 1
         where bureau_id = $1 and id = $2 and version = $3 and origin = 'live'",
        bureau,
        case,
        version,
        new.kind as CaseKind,
        new.cause,
        &groups as &[SpecialGroup],
        green_reason,
        restricted
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update case_applications set name = $3, gender = $4, birth_date = $5,
             id_number = coalesce($6, id_number), id_number_index = coalesce($7, id_number_index),
             id_number_mask = case when $6::bytea is null then id_number_mask else $8 end,
             phone = coalesce($9, phone), phone_index = coalesce($10, phone_index),
             phone_mask = case when $9::bytea is null then phone_mask else $11 end,
             township = $12, address = coalesce($13, address), agent = $14, agent_relation = $15, detained = $16,
             hard_to_move = $17, life_or_death = $18, legal_position = $19, opponent = $20, opponent_key = $21,
             authority = $22, authority_number = $23, facts = $24, request = $25, amount = $26, limitation_on = $27,
             proofs = $28, primary_group = $29, notice_basis = $30, notice_number = $31, version = version + 1
         where bureau_id = $1 and case_id = $2",
        bureau,
        case,
        new.name,
        new.gender_code(),
        new.birth_date,
        kept.id_number.sealed,
        kept.id_number.index,
        kept.id_number.mask,
        kept.phone.sealed,
        kept.phone.index,
        kept.phone.mask,
        new.township,
        kept.address,
        new.agent,
        new.agent_relation,
        new.detained,
        new.hard_to_move,
        new.life_or_death,
        new.legal_position,
        new.opponent,
        name_key(&new.opponent),
        new.authority,
        new.authority_number,
        new.facts,
        new.request,
        new.amount,
        new.limitation_on,
        &proofs as &[Proof],
        new.primary_group(),
        new.notice_basis.map_or("", |basis| basis.code()),
        new.notice_number
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// Writes a case as it stands after a step; false where somebody else changed it meanwhile.
pub(super) async fn update_case(conn: &mut PgConnection, bureau: i64, after: &Dossier) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update cases set version = version + 1, state = $4, number = $5, accepted_on = $6, granted_on = $7,
             assigned_on = $8, agreement_on = $9, concluded_on = $10, filed_on = $11, closing_agreed_on = $12,
             entered_on = $13, entry_number = $14, terminated_on = $15, termination_note = $16, archived_on = $17,
             archive_number = $18, handler_id = $19, handler_category = $20, handler_name = $21, organisation = $22,
             programme_case = $23, counted_on = $24, place = $25, worker_id = $26, application_number = $27,
             received_on = $28
         where bureau_id = $1 and id = $2 and version = $3",
        bureau,
        after.id,
        after.version,
        after.state as State,
        after.number,
        after.accepted_on,
        after.granted_on,
        after.assigned_on,
        after.agreement_on,
        after.concluded_on,
        after.filed_on,
        after.closing_agreed_on,
        after.entered_on,
        after.entry_number,
        after.terminated_on,
        after.termination_note,
        after.archived_on,
        after.archive_number,
        after.handler_id,
        after.handler_category as HandlerCategory,
        after.handler_name,
        after.organisation,
        after.programme_case,
        after.counted_on,
        after.place,
        after.worker_id,
        after.application_number,
        after.received_on
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// What a step changes in the application.
#[derive(Debug, Default)]
pub(super) struct Decision<'a> {
    pub(super) scope_basis: Option<&'a str>,
    pub(super) means: Option<&'a str>,
    pub(super) means_note: Option<&'a str>,
    pub(super) review_opinion: Option<&'a str>,
    pub(super) reviewed_by: Option<i64>,
    pub(super) reviewed_on: Option<NaiveDate>,
    pub(super) decided_by: Option<i64>,
    pub(super) decided_on: Option<NaiveDate>,
    pub(super) supplement_until: Option<NaiveDate>,
    pub(super) settled_on: Option<NaiveDate>,
}

/// Writes the decision of a step into the application.
pub(super) async fn decide_application(conn: &mut PgConnection, case: i64, it: &Decision<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_applications set scope_basis = coalesce($2, scope_basis), means = coalesce($3, means),
             means_note = coalesce($4, means_note), review_opinion = coalesce($5, review_opinion),
             reviewed_by = case when $6::bigint is null then reviewed_by else $6 end,
             decided_by = case when $6::bigint is null then coalesce($8, decided_by) else null end,
             reviewed_on = coalesce($7, reviewed_on), decided_on = coalesce($9, decided_on),
             supplements = supplements + case when $10::date is null then 0 else 1 end,
             supplement_until = coalesce($10, supplement_until), settled_on = coalesce($11, settled_on)
         where case_id = $1",
        case,
        it.scope_basis,
        it.means,
        it.means_note,
        it.review_opinion,
        it.reviewed_by,
        it.reviewed_on,
        it.decided_by,
        it.decided_on,
        it.supplement_until,
        it.settled_on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line of the time line.
#[derive(Debug)]
pub(super) struct NewEvent<'a> {
    pub(super) kind: &'a str,
    pub(super) code: &'a str,
    pub(super) from: Option<State>,
    pub(super) to: Option<State>,
    pub(super) on: Option<NaiveDate>,
    pub(super) words: &'a str,
    pub(super) note: &'a str,
}

/// Adds a line to the time line.
pub(super) async fn add_event(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    by: (i64, &str),
    at: DateTime<FixedOffset>,
    event: &NewEvent<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_events (case_id, bureau_id, at, account_id, actor, kind, code, from_state, to_state, on_date, words, note)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        case,
        bureau,
        at,
        by.0,
        by.1,
        event.kind,
        event.code,
        event.from.map_or("", |state| state.code()),
        event.to.map_or("", |state| state.code()),
        event.on,
        event.words,
        event.note
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Starts a clock; one that runs already is left alone.
pub(super) async fn start_clock(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    clock: Clock,
    started_on: NaiveDate,
    due: Due,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_clocks (case_id, bureau_id, kind, started_on, due_on, due_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (case_id, kind) where ended_on is null do nothing",
        case,
        bureau,
        clock as Clock,
        started_on,
        due.on,
        due.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends clocks that run.
pub(super) async fn end_clocks(
    conn: &mut PgConnection,
    case: i64,
    clocks: &[Clock],
    on: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_clocks set ended_on = greatest($3, started_on), paused_on = null
         where case_id = $1 and kind = any ($2) and ended_on is null",
        case,
        clocks as &[Clock],
        on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Stops the review's clock.
pub(super) async fn pause_review(conn: &mut PgConnection, case: i64, on: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_clocks set paused_on = greatest($2, started_on) where case_id = $1 and kind = 'review' and ended_on is null",
        case,
        on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the review's clock run on, until a new last day.
pub(super) async fn resume_review(
    conn: &mut PgConnection,
    case: i64,
    paused_days: i32,
    due_on: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_clocks set paused_on = null, paused_days = $2, due_on = $3
         where case_id = $1 and kind = 'review' and ended_on is null",
        case,
        paused_days,
        due_on
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A paper to be filed.
#[derive(Debug)]
pub(super) struct NewDocument<'a> {
    pub(super) kind: Kind,
    pub(super) number: &'a str,
    pub(super) source: &'a str,
    pub(super) title: &'a str,
    pub(super) content: Option<&'a Sheet>,
    pub(super) sha256: Option<&'a str>,
    pub(super) pages: i32,
    pub(super) on: NaiveDate,
}

/// Files a paper.
pub(super) async fn insert_document(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    by: i64,
    at: DateTime<FixedOffset>,
    new: &NewDocument<'_>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into case_documents (case_id, bureau_id, kind, number, source, title, content, sha256, pages, made_on, made_by, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id",
        case,
        bureau,
        new.kind as Kind,
        new.number,
        new.source,
        new.title,
        new.content.map(Json) as _,
        new.sha256,
        new.pages,
        new.on,
        by,
        at
    )
    .fetch_one(conn)
    .await
}

/// Takes a paper out of the file; it stays in the database.
pub(super) async fn remove_document(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    id: i64,
    by: i64,
    at: DateTime<FixedOffset>,
    why: &str,
) -> sqlx::Result<bool> {
    let removed = sqlx::query!(
        "update case_documents set removed_at = $5, removed_by = $4, removed_why = $6
         where bureau_id = $1 and case_id = $2 and id = $3 and removed_at is null and source <> 'made'",
        bureau,
        case,
        id,
        by,
        at,
        why
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(removed == 1)
}

/// Gives the case to a handler.
pub(super) async fn insert_assignment(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    handler: i64,
    number: &str,
    on: NaiveDate,
    by: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_assignments (case_id, bureau_id, handler_id, number, assigned_on, assigned_by)
         values ($1, $2, $3, $4, $5, $6)",
        case,
        bureau,
        handler,
        number,
        on,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The handler has taken the case on.
pub(super) async fn accept_assignment(
    conn: &mut PgConnection,
    case: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update case_assignments set accepted_at = $2 where case_id = $1 and ended_on is null and accepted_at is null",
        case,
        at
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// Ends the open assignment.
pub(super) async fn end_assignment(conn: &mut PgConnection, case: i64, on: NaiveDate, why: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_assignments set ended_on = greatest($2, assigned_on), end_reason = $3 where case_id = $1 and ended_on is null",
        case,
        on,
        why
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The closing report as the handler gives it.
#[derive(Clone, Debug, Default)]
pub struct NewClosing {
    /// A code.
    pub way: String,
    /// 法院案号.
    pub court_number: String,
    /// A code or empty.
    pub effect: String,
    /// 结果摘要.
    pub summary: String,
    /// 采纳情况.
    pub adopted: String,
    /// In yuan.
    pub recovered: Option<Decimal>,
    /// 出庭.
    pub hearings: i32,
    /// 会见.
    pub meetings: i32,
    /// 阅卷.
    pub readings: i32,
}

/// Keeps the closing report.
pub(super) async fn save_closing(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    by: i64,
    new: &NewClosing,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_closings (case_id, bureau_id, way, court_number, effect, summary, adopted, recovered, hearings,
             meetings, readings, reported_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (case_id) do update set way = $3, court_number = $4, effect = $5, summary = $6, adopted = $7,
             recovered = $8, hearings = $9, meetings = $10, readings = $11, reported_by = $12",
        case,
        bureau,
        new.way,
        new.court_number,
        new.effect,
        new.summary,
        new.adopted,
        new.recovered,
        new.hearings,
        new.meetings,
        new.readings,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the item-by-item review, or forgets it when the file goes back.
pub(super) async fn save_review(
    conn: &mut PgConnection,
    case: i64,
    review: Option<(i64, NaiveDate, &serde_json::Value, &str)>,
) -> sqlx::Result<()> {
    let (by, on, items, opinion) = match review {
        Some((by, on, items, opinion)) => (Some(by), Some(on), Some(items), opinion),
        None => (None, None, None, ""),
    };
    sqlx::query!(
        "update case_closings set reviewed_by = $2, reviewed_on = $3, items = coalesce($4, items), review_opinion = $5
         where case_id = $1",
        case,
        by,
        on,
        items,
        opinion
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who agreed to close.
pub(super) async fn agree_closing(conn: &mut PgConnection, case: i64, by: i64) -> sqlx::Result<()> {
    sqlx::query!("update case_closings set agreed_by = $2 where case_id = $1", case, by).execute(conn).await?;
    Ok(())
}

/// Names somebody for a restricted case.
pub(super) async fn give_access(
    conn: &mut PgConnection,
    case: i64,
    account: i64,
    by: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_access (case_id, account_id, granted_at, granted_by) values ($1, $2, $3, $4) on conflict do nothing",
        case,
        account,
        at,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Locks a case for a step.
pub(super) async fn lock(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<bool> {
    let row = sqlx::query!("select id from cases where bureau_id = $1 and id = $2 for update", bureau, id)
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// A handler as the assignment needs one.
#[derive(Clone, Debug)]
pub(super) struct HandlerRow {
    pub(super) name: String,
    pub(super) firm: String,
    pub(super) category: HandlerCategory,
    pub(super) licence: String,
    pub(super) account_id: Option<i64>,
}

/// A handler of the bureau.
pub(super) async fn find_handler(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<HandlerRow>> {
    sqlx::query_as!(
        HandlerRow,
        r#"select h.name, f.name as firm, h.category as "category: HandlerCategory", h.licence_number as licence, h.account_id
           from case_handlers h join case_firms f on f.id = h.firm_id
           where h.bureau_id = $1 and h.id = $2"#,
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
}

/// Remembers a stored scan; the same content is stored once.
pub(super) async fn keep_scan(
    conn: &mut PgConnection,
    scan: &super::papers::StoredScan,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_files (sha256, bytes, media_type, stored_at) values ($1, $2, $3, $4) on conflict do nothing",
        scan.sha256,
        scan.bytes,
        scan.media_type,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}
