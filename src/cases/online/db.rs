//! The SQL of online applications.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::Told;
use crate::cases::states::State;
use crate::database::wall::Wall;
use crate::plan::dictionaries::SpecialGroup;
use crate::plan::dictionary::Dictionary as _;

/// The office that takes online applications.
#[derive(Clone, Debug)]
pub(super) struct Office {
    pub(super) bureau: i64,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) address: String,
    pub(super) short_name: String,
}

impl Office {
    /// What a stranger's application may touch: this office's bureau, and nothing else.
    pub(super) fn wall(&self) -> Wall {
        Wall::Account { bureau: self.bureau, venue: None, person: None, account: -1 }
    }
}

/// The office of a county, or the first.
pub(super) async fn office(conn: &mut PgConnection, division: &str) -> sqlx::Result<Option<Office>> {
    sqlx::query_as!(
        Office,
        r#"select b.id as bureau, coalesce(v.name, b.name) as "name!", coalesce(v.phone, '') as "phone!",
                  coalesce(v.address, '') as "address!", b.short_name
           from bureaus b left join venues v on v.bureau_id = b.id and v.kind = 'legal_aid_centre' and v.active
           where $1 = '' or b.division_code = $1
           order by b.id, v.sort limit 1"#,
        division
    )
    .fetch_optional(conn)
    .await
}

/// What a stranger sent.
#[derive(Debug)]
pub(super) struct NewOnline<'a> {
    pub(super) number: &'a str,
    pub(super) seal_id: Uuid,
    pub(super) name: &'a str,
    pub(super) gender: &'a str,
    pub(super) id_number: Vec<u8>,
    pub(super) id_number_index: Vec<u8>,
    pub(super) id_number_mask: String,
    pub(super) phone: Vec<u8>,
    pub(super) phone_index: Vec<u8>,
    pub(super) phone_mask: String,
    pub(super) township: &'a str,
    pub(super) address: Option<Vec<u8>>,
    pub(super) domicile: Option<Vec<u8>>,
    pub(super) person: &'a Told,
    pub(super) groups: &'a [SpecialGroup],
    pub(super) hard_to_move: bool,
    pub(super) opponent: &'a str,
    pub(super) facts: &'a str,
    pub(super) request: &'a str,
}

/// Applications of one person in the last day that nobody has opened yet.
pub(super) async fn waiting_of(
    conn: &mut PgConnection,
    bureau: i64,
    indexes: &[Vec<u8>],
    since: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from case_online
           where bureau_id = $1 and id_number_index = any ($2) and (status = 'sent' or sent_at > $3)"#,
        bureau,
        indexes,
        since
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    new: &NewOnline<'_>,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into case_online (bureau_id, seal_id, number, name, gender, id_number, id_number_index, id_number_mask,
             phone, phone_index, phone_mask, township, groups, hard_to_move, opponent, facts, request, sent_at,
             address, domicile, postcode, ethnicity, occupation, education, health)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25) returning id",
        bureau,
        new.seal_id,
        new.number,
        new.name,
        new.gender,
        new.id_number,
        new.id_number_index,
        new.id_number_mask,
        new.phone,
        new.phone_index,
        new.phone_mask,
        new.township,
        new.groups as &[SpecialGroup],
        new.hard_to_move,
        new.opponent,
        new.facts,
        new.request,
        at,
        new.address,
        new.domicile,
        new.person.postcode,
        new.person.ethnicity,
        new.person.occupation,
        new.person.education.map_or("", |it| it.code()),
        new.person.health.map_or("", |it| it.code())
    )
    .fetch_one(conn)
    .await
}

/// What the look-up tells: never a name.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) status: String,
    pub(super) answer: String,
    pub(super) sent_on: NaiveDate,
    pub(super) state: Option<State>,
    pub(super) supplement_until: Option<NaiveDate>,
    pub(super) handler: String,
    pub(super) organisation: String,
}

/// An application by its number and the telephone given with it: sent online, or taken at
/// the window.
pub(super) async fn look_up(
    conn: &mut PgConnection,
    bureau: i64,
    number: &str,
    online_indexes: &[Vec<u8>],
    case_indexes: &[Vec<u8>],
) -> sqlx::Result<Option<Found>> {
    sqlx::query_as!(
        Found,
        r#"
        select o.status as "status!", o.answer as "answer!", (o.sent_at at time zone 'Asia/Shanghai')::date as "sent_on!",
               c.state as "state?: State", a.supplement_until, coalesce(c.handler_name, '') as "handler!",
               coalesce(c.organisation, '') as "organisation!"
        from case_online o
        left join cases c on c.id = o.case_id
        left join case_applications a on a.case_id = c.id
        where o.bureau_id = $1 and o.number = $2 and o.phone_index = any ($3)
        union all
        select 'opened', '', c.received_on, c.state, a.supplement_until, c.handler_name, c.organisation
        from cases c join case_applications a on a.case_id = c.id
        where c.bureau_id = $1 and c.application_number = $2 and c.application_number <> '' and a.phone_index = any ($4)
          and c.way <> 'online'
        limit 1
        "#,
        bureau,
        number,
        online_indexes,
        case_indexes
    )
    .fetch_optional(conn)
    .await
}

/// An online application as the window sees it.
#[derive(Clone, Debug)]
pub(super) struct OnlineRow {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) name: String,
    pub(super) gender: String,
    pub(super) id_number_mask: String,
    pub(super) phone_mask: String,
    pub(super) township: String,
    pub(super) groups: Vec<SpecialGroup>,
    pub(super) hard_to_move: bool,
    pub(super) opponent: String,
    pub(super) facts: String,
    pub(super) request: String,
    pub(super) sent_at: DateTime<Utc>,
    pub(super) seal_id: Uuid,
    pub(super) id_number: Vec<u8>,
    pub(super) phone: Vec<u8>,
    pub(super) address: Option<Vec<u8>>,
    pub(super) domicile: Option<Vec<u8>>,
    pub(super) postcode: String,
    pub(super) ethnicity: String,
    pub(super) occupation: String,
    pub(super) education: String,
    pub(super) health: String,
}

/// So many applications are shown at once.
pub(super) const MOST_SHOWN: usize = 100;

/// Applications that wait, the hard to move first, at most [`MOST_SHOWN`]; or one of them.
pub(super) async fn waiting(conn: &mut PgConnection, bureau: i64, only: Option<i64>) -> sqlx::Result<Vec<OnlineRow>> {
    sqlx::query_as!(
        OnlineRow,
        r#"select id, number, name, gender, id_number_mask, phone_mask, township, groups as "groups: Vec<SpecialGroup>",
                  hard_to_move, opponent, facts, request, sent_at, seal_id, id_number, phone, address, domicile,
                  postcode, ethnicity, occupation, education, health
           from case_online
           where bureau_id = $1 and status = 'sent' and ($2::bigint is null or id = $2)
           order by hard_to_move desc, sent_at, id limit 100"#,
        bureau,
        only
    )
    .fetch_all(conn)
    .await
}

/// Whether an application was ever sent to the bureau.
pub(super) async fn exists(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from case_online where bureau_id = $1 and id = $2) as "there!""#,
        bureau,
        id
    )
    .fetch_one(conn)
    .await
}

/// Marks an application as opened or declined; false where somebody else was faster.
pub(super) async fn answer(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    case: Option<i64>,
    words: &str,
    by: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update case_online set status = case when $3::bigint is null then 'declined' else 'opened' end, case_id = $3,
             answer = $4, answered_by = $5, answered_at = $6
         where bureau_id = $1 and id = $2 and status = 'sent'",
        bureau,
        id,
        case,
        words,
        by,
        at
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}
