//! The SQL that writes a case: the case itself and its application here, what its steps add in `steps`,
//! its papers in `file`.

mod file;
mod steps;

pub(super) use file::{NewDocument, insert_document, keep_scan, remove_document, replace_document};
pub use steps::NewClosing;
pub(super) use steps::*;

use chrono::{DateTime, FixedOffset, NaiveDate};
use sqlx::PgConnection;
use uuid::Uuid;

use super::dossier::{Dossier, Origin, Way};
use super::intake::{KeptValues, NewApplication};
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
    /// Who works on it; nobody yet where it was passed on to the centre.
    pub(super) worker: Option<i64>,
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
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15, $16, $20, $18, 'lawyer', '', '', $17, $19)
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
        life.at,
        life.worker
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
             notice_basis, notice_number, facts, request, amount, limitation_on, proofs, primary_group, means, scope_basis,
             ethnicity, domicile, domicile_mask, employer, occupation, household_size, household_income, property,
             postcode, education, health)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, coalesce($37, ''), $38, $39, $40, $41, $42, $43, $44, $45)",
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
        new.scope_basis.map_or("", |basis| basis.code()),
        new.ethnicity,
        kept.domicile.as_ref().map(|(sealed, _)| sealed.as_slice()),
        kept.domicile.as_ref().map(|(_, mask)| mask.as_str()),
        new.employer,
        new.occupation,
        new.household_size,
        new.household_income,
        new.property,
        new.postcode,
        new.education.map_or("", |it| it.code()),
        new.health.map_or("", |it| it.code())
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The live case of a notice that was registered before: the same letter about the same
/// person in the same stage.
pub(super) async fn same_notice(
    conn: &mut PgConnection,
    bureau: i64,
    new: &NewApplication,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select c.number from case_applications a join cases c on c.id = a.case_id
         where a.bureau_id = $1 and a.notice_number = $2 and a.name = $3 and c.kind = $4 and c.state <> 'terminated'
         order by c.id limit 1",
        bureau,
        new.notice_number,
        new.name,
        new.kind as CaseKind
    )
    .fetch_optional(conn)
    .await
}

/// The other case that a number of the provincial system stands on.
pub(super) async fn entered_under(
    conn: &mut PgConnection,
    bureau: i64,
    number: &str,
    case: i64,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select number from cases
         where bureau_id = $1 and upper(entry_number) = upper($2) and id <> $3 and terminated_on is null
         order by id limit 1",
        bureau,
        number,
        case
    )
    .fetch_optional(conn)
    .await
}

/// The row's seal, with the sealed values for a reveal or a copy.
pub(super) struct SealedRow {
    pub(super) seal_id: Uuid,
    pub(super) id_number: Option<Vec<u8>>,
    pub(super) phone: Option<Vec<u8>>,
    pub(super) address: Option<Vec<u8>>,
    pub(super) domicile: Option<Vec<u8>>,
}

/// The sealed values of a case.
pub(super) async fn sealed(conn: &mut PgConnection, bureau: i64, case: i64) -> sqlx::Result<Option<SealedRow>> {
    sqlx::query_as!(
        SealedRow,
        "select seal_id, id_number, phone, address, domicile from case_applications where bureau_id = $1 and case_id = $2",
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
             proofs = $28, primary_group = $29, notice_basis = $30, notice_number = $31,
             ethnicity = $32, domicile = coalesce($33, domicile), domicile_mask = coalesce($34, domicile_mask), employer = $35,
             occupation = $36, household_size = $37, household_income = $38, property = $39, postcode = $40, education = $41,
             health = $42, version = version + 1
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
        new.notice_number,
        new.ethnicity,
        kept.domicile.as_ref().map(|(sealed, _)| sealed.as_slice()),
        kept.domicile.as_ref().map(|(_, mask)| mask.as_str()),
        new.employer,
        new.occupation,
        new.household_size,
        new.household_income,
        new.property,
        new.postcode,
        new.education.map_or("", |it| it.code()),
        new.health.map_or("", |it| it.code())
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
