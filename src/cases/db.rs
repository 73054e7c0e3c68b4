//! The SQL of the register.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Serialize, Serializer};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::life::dossier::Origin;
use super::rules::{Dates, Part, Status, YearBy};
use super::states::State;
use super::{NewCase, NewStep};
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::secrets::mask_name;

fn masked<S: Serializer>(name: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&mask_name(name))
}

/// A case as stored.
#[derive(Clone, Debug, Serialize)]
pub struct CaseRow {
    /// The row.
    pub id: i64,
    /// The office's number.
    pub number: String,
    /// Kind and stage.
    pub kind: CaseKind,
    /// How it came.
    pub basis: Basis,
    /// The recipient's groups.
    pub groups: Vec<SpecialGroup>,
    /// What the handler is.
    pub handler_category: HandlerCategory,
    /// The handler's name.
    pub handler_name: String,
    /// The handler's firm or office.
    pub organisation: String,
    /// 案由.
    pub cause: String,
    /// 受理.
    pub accepted_on: NaiveDate,
    /// 指派.
    pub assigned_on: Option<NaiveDate>,
    /// 同意结案.
    pub closing_agreed_on: Option<NaiveDate>,
    /// 录入省系统.
    pub entered_on: Option<NaiveDate>,
    /// The provincial system's number.
    pub entry_number: String,
    /// 终止.
    pub terminated_on: Option<NaiveDate>,
    /// Why.
    pub termination_note: String,
    /// Counted towards the target once closed and entered.
    pub programme_case: bool,
    /// The day on which it was counted.
    pub counted_on: Option<NaiveDate>,
    /// The year in which it was counted.
    pub counted_year: Option<i32>,
    /// Its place in that year.
    pub place: Option<i32>,
    /// For edits: nobody overwrites another's.
    pub version: i32,
    /// Lived here, or from paper.
    pub origin: Origin,
    /// Where it stands.
    pub state: State,
    /// On the green channel.
    pub green: bool,
    /// For named people only.
    pub restricted: bool,
    /// Restricted, and not for whoever asks: number, stage and dates are all that is told.
    pub shut: bool,
    /// The recipient, of a case lived here. Masked in audit records.
    #[serde(serialize_with = "masked")]
    pub recipient: String,
    /// Who registered it.
    pub registered_by: String,
    /// When.
    pub registered_at: DateTime<Utc>,
}

impl CaseRow {
    /// Its dates, for the rules.
    #[must_use]
    pub fn dates(&self) -> Dates {
        Dates {
            accepted_on: self.accepted_on,
            assigned_on: self.assigned_on,
            closing_agreed_on: self.closing_agreed_on,
            entered_on: self.entered_on,
            terminated_on: self.terminated_on,
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.origin {
            Origin::Paper => self.dates().status(),
            Origin::Live => Status::of(self.state),
        }
    }
}

/// Which cases a list shows.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// How far they have come.
    pub status: Option<Status>,
    /// Kind and stage.
    pub kind: Option<CaseKind>,
    /// Of recipients in this group.
    pub group: Option<SpecialGroup>,
    /// Accepted in this month.
    pub month: Option<Month>,
    /// Of the programme, or not.
    pub part: Option<Part>,
    /// With this date in this year.
    pub year: Option<(YearBy, i32)>,
    /// Only this case.
    pub id: Option<i64>,
    /// Only cases after this one in the list.
    pub after: Option<(NaiveDate, i64)>,
    /// Only cases of the handler with this account.
    pub handler: Option<i64>,
    /// Who asks: what is restricted and not for them stays shut. Nobody is the program itself.
    pub viewer: Option<i64>,
    /// With this in number, cause or handler, or of this recipient.
    pub search: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// Cases of a bureau, the last accepted first.
pub async fn cases(conn: &mut PgConnection, bureau: i64, asked: &Asked) -> sqlx::Result<Vec<CaseRow>> {
    sqlx::query_as!(
        CaseRow,
        r#"
        select c.id, c.number, c.kind as "kind: CaseKind", c.basis as "basis: Basis",
               case when o.shut then '{}' else c.groups end as "groups!: Vec<SpecialGroup>",
               c.handler_category as "handler_category: HandlerCategory", c.handler_name, c.organisation,
               case when o.shut then '受限案件' else c.cause end as "cause!", c.accepted_on, c.assigned_on, c.closing_agreed_on, c.entered_on,
               c.entry_number, c.terminated_on, c.termination_note, c.programme_case, c.counted_on, c.counted_year,
               c.place, c.version, c.origin as "origin: Origin", c.state as "state: State", c.green, c.restricted, o.shut as "shut!",
               coalesce(p.name, '') as "recipient!", a.name as registered_by, c.registered_at
        from cases c
        cross join lateral (
            select c.restricted and $15::bigint is not null and not case_open_to(c, $15) as shut
        ) o
        join accounts a on a.id = c.registered_by
        left join case_applications p on p.case_id = c.id
        where c.bureau_id = $1
          and ($2::bigint is null or c.id = $2)
          and ($3::text[] is null or c.state = any ($3))
          and ($4::text is null or c.kind = $4)
          and ($5::text is null or $5 = any (c.groups))
          and ($6::date is null or (c.accepted_on >= $6 and c.accepted_on < ($6 + interval '1 month')::date))
          and ($7::integer is null or $7 = extract(year from case $8
              when 'accepted' then c.accepted_on
              when 'agreed' then c.closing_agreed_on
              when 'entered' then c.entered_on
              else c.counted_on end))
          and ($9::boolean is null or c.programme_case = $9)
          and ($10::date is null or (c.accepted_on, c.id) < ($10, $11))
          and ($13::bigint is null or exists (select from case_handlers h where h.id = c.handler_id and h.account_id = $13))
          and ($14::text is null or c.number ilike '%' || $14 || '%' or c.application_number ilike '%' || $14 || '%'
               or (c.cause ilike '%' || $14 || '%' and not o.shut) or c.handler_name ilike '%' || $14 || '%'
               or (p.name = $14 and not c.restricted))
        order by c.accepted_on desc, c.id desc
        limit $12
        "#,
        bureau,
        asked.id,
        asked.status.map(|status| status.states().iter().map(|state| state.code().to_owned()).collect::<Vec<_>>()) as _,
        asked.kind.map(CaseKind::code),
        asked.group.map(SpecialGroup::code),
        asked.month.map(Month::first),
        asked.year.map(|(_, year)| year),
        asked.year.map(|(by, _)| by.code()),
        asked.part.map(|part| part == Part::Programme),
        asked.after.map(|(on, _)| on),
        asked.after.map(|(_, id)| id),
        asked.limit,
        asked.handler,
        asked.search,
        asked.viewer
    )
    .fetch_all(conn)
    .await
}

/// One case of a bureau.
pub async fn find(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<CaseRow>> {
    let asked = Asked { id: Some(id), limit: 1, ..Asked::default() };
    Ok(cases(conn, bureau, &asked).await?.into_iter().next())
}

/// How many cases of a bureau answer to what is asked.
pub async fn count(conn: &mut PgConnection, bureau: i64, asked: &Asked) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from cases c
        where c.bureau_id = $1
          and ($2::text[] is null or c.state = any ($2))
          and ($3::text is null or c.kind = $3)
          and ($4::text is null or $4 = any (c.groups))
          and ($5::date is null or (c.accepted_on >= $5 and c.accepted_on < ($5 + interval '1 month')::date))
          and ($6::integer is null or $6 = extract(year from case $7
              when 'accepted' then c.accepted_on
              when 'agreed' then c.closing_agreed_on
              when 'entered' then c.entered_on
              else c.counted_on end))
          and ($8::boolean is null or c.programme_case = $8)
          and ($9::bigint is null or exists (select from case_handlers h where h.id = c.handler_id and h.account_id = $9))
          and ($10::text is null or c.number ilike '%' || $10 || '%' or c.application_number ilike '%' || $10 || '%'
               or (c.cause ilike '%' || $10 || '%'
                   and not (c.restricted and $11::bigint is not null and not case_open_to(c, $11)))
               or c.handler_name ilike '%' || $10 || '%'
               or (not c.restricted
                   and exists (select from case_applications p where p.case_id = c.id and p.name = $10)))
        "#,
        bureau,
        asked.status.map(|status| status.states().iter().map(|state| state.code().to_owned()).collect::<Vec<_>>()) as _,
        asked.kind.map(CaseKind::code),
        asked.group.map(SpecialGroup::code),
        asked.month.map(Month::first),
        asked.year.map(|(_, year)| year),
        asked.year.map(|(by, _)| by.code()),
        asked.part.map(|part| part == Part::Programme),
        asked.handler,
        asked.search,
        asked.viewer
    )
    .fetch_one(conn)
    .await
}

/// One case of a bureau, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<CaseRow>> {
    sqlx::query!("select id from cases where bureau_id = $1 and id = $2 for update", bureau, id)
        .fetch_optional(&mut *conn)
        .await?;
    find(conn, bureau, id).await
}

/// The plan that says which cases of a year are cases of the programme: that year's, or
/// the next one that there is, since the entry may fall into it (A35).
pub async fn programme_for(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Option<Programme>> {
    let row = sqlx::query!(
        r#"select content as "content: Json<Programme>" from programmes
           where bureau_id = $1 and year >= $2 order by year limit 1"#,
        bureau,
        year
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.content.0))
}

/// The county's character, the head of every number.
pub async fn county(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<char> {
    let name = sqlx::query_scalar!("select short_name from bureaus where id = $1", bureau).fetch_one(conn).await?;
    Ok(name.chars().next().unwrap_or('县'))
}

/// What the next number follows: the county's character and the numbers of the year.
pub async fn numbers_of(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<(char, Vec<String>)> {
    let row = sqlx::query!(
        r#"select b.short_name, array(
               select c.number from cases c where c.bureau_id = b.id and c.number like '%〔' || $2::integer::text || '〕%'
           ) as "numbers!"
           from bureaus b where b.id = $1"#,
        bureau,
        year
    )
    .fetch_one(conn)
    .await?;
    Ok((row.short_name.chars().next().unwrap_or('县'), row.numbers))
}

/// Adds a case.
pub async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    new: &NewCase,
    programme_case: bool,
    registered_by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    let groups: Vec<SpecialGroup> = new.groups.iter().copied().collect();
    sqlx::query_scalar!(
        "insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
             accepted_on, programme_case, registered_by, registered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id",
        bureau,
        new.number,
        new.kind as CaseKind,
        new.basis as Basis,
        &groups as &[SpecialGroup],
        new.handler_category as HandlerCategory,
        new.handler_name,
        new.organisation,
        new.cause,
        new.accepted_on,
        programme_case,
        registered_by,
        now
    )
    .fetch_one(conn)
    .await
}

/// Corrects what was registered; false where somebody else changed the case meanwhile.
pub async fn update(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    version: i32,
    new: &NewCase,
    programme_case: bool,
) -> sqlx::Result<bool> {
    let groups: Vec<SpecialGroup> = new.groups.iter().copied().collect();
    let changed = sqlx::query!(
        "update cases set number = $4, kind = $5, basis = $6, groups = $7, handler_category = $8, handler_name = $9,
             organisation = $10, cause = $11, accepted_on = $12, programme_case = $13, version = version + 1
         where bureau_id = $1 and id = $2 and version = $3 and counted_on is null and terminated_on is null",
        bureau,
        id,
        version,
        new.number,
        new.kind as CaseKind,
        new.basis as Basis,
        &groups as &[SpecialGroup],
        new.handler_category as HandlerCategory,
        new.handler_name,
        new.organisation,
        new.cause,
        new.accepted_on,
        programme_case
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// Proof that nobody else is giving a place in this bureau.
#[derive(Debug)]
pub struct PlacesLocked(());

/// Waits until nobody else gives a place; lasts until the transaction ends.
pub async fn lock_places(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<PlacesLocked> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('huifa.case_places'), $1::bigint::integer)", bureau)
        .execute(conn)
        .await?;
    Ok(PlacesLocked(()))
}

/// The next place in a year.
pub async fn next_place(conn: &mut PgConnection, _locked: &PlacesLocked, bureau: i64, year: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"select coalesce(max(place), 0) + 1 as "place!" from cases where bureau_id = $1 and counted_year = $2"#,
        bureau,
        year
    )
    .fetch_one(conn)
    .await
}

/// Adds a step, and the place that it gives; false where somebody else changed the case meanwhile.
pub async fn add_step(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    version: i32,
    step: &NewStep,
    counted: Option<(NaiveDate, i32)>,
) -> sqlx::Result<bool> {
    let (mut assigned, mut agreed, mut entered, mut terminated) = (None, None, None, None);
    let (mut entry_number, mut note) = (None, None);
    match step {
        NewStep::Assigned { on } => assigned = Some(*on),
        NewStep::ClosingAgreed { on } => agreed = Some(*on),
        NewStep::Entered { on, number } => (entered, entry_number) = (Some(*on), Some(number.as_str())),
        NewStep::Terminated { on, note: why } => (terminated, note) = (Some(*on), Some(why.as_str())),
    }
    let changed = sqlx::query!(
        "update cases set assigned_on = coalesce($4, assigned_on), closing_agreed_on = coalesce($5, closing_agreed_on),
             entered_on = coalesce($6, entered_on), entry_number = coalesce($7, entry_number),
             terminated_on = coalesce($8, terminated_on), termination_note = coalesce($9, termination_note),
             counted_on = coalesce($10, counted_on), place = coalesce($11, place), version = version + 1
         where bureau_id = $1 and id = $2 and version = $3",
        bureau,
        id,
        version,
        assigned,
        agreed,
        entered,
        entry_number,
        terminated,
        note,
        counted.map(|(on, _)| on),
        counted.map(|(_, place)| place)
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}
