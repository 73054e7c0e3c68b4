//! The SQL of firms and handlers.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;
use sqlx::PgConnection;

use super::service::NewHandler;
use crate::plan::dictionaries::HandlerCategory;

/// A handler with the cases in hand.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns of `case_handlers`, described in the migration")]
pub struct HandlerRow {
    pub id: i64,
    pub firm_id: i64,
    pub firm: String,
    pub firm_kind: String,
    pub name: String,
    pub category: HandlerCategory,
    pub licence_number: String,
    pub practising_since: Option<NaiveDate>,
    pub fields: Vec<String>,
    pub for_minors: bool,
    pub gender: String,
    pub status: String,
    pub status_reason: String,
    pub login: String,
    pub load: i64,
    pub closed: i64,
    pub version: i32,
}

/// Handlers of a bureau, at most 500, or one of them.
pub async fn handlers(conn: &mut PgConnection, bureau: i64, only: Option<i64>) -> sqlx::Result<Vec<HandlerRow>> {
    sqlx::query_as!(
        HandlerRow,
        r#"
        select h.id, h.firm_id, f.name as firm, f.kind as firm_kind, h.name, h.category as "category: HandlerCategory",
               h.licence_number, h.practising_since, h.fields, h.for_minors, h.gender, h.status, h.status_reason,
               coalesce(a.login, '') as "login!",
               (select count(*) from cases c where c.handler_id = h.id
                    and c.state in ('assigned', 'reassigning', 'entrusted', 'handling', 'concluded', 'returned')) as "load!",
               (select count(*) from cases c where c.handler_id = h.id and c.closing_agreed_on is not null) as "closed!",
               h.version
        from case_handlers h
        join case_firms f on f.id = h.firm_id
        left join accounts a on a.id = h.account_id
        where h.bureau_id = $1 and ($2::bigint is null or h.id = $2)
        order by h.status, f.name, h.name, h.id
        limit 500
        "#,
        bureau,
        only
    )
    .fetch_all(conn)
    .await
}

/// The firm of this name, made where there is none.
pub async fn firm(conn: &mut PgConnection, bureau: i64, name: &str, kind: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into case_firms as f (bureau_id, name, kind) values ($1, $2, $3)
         on conflict (bureau_id, name) do update set name = f.name returning id",
        bureau,
        name,
        kind
    )
    .fetch_one(conn)
    .await
}

/// The account of a login that may handle cases.
pub async fn account(conn: &mut PgConnection, bureau: i64, login: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select id from accounts where bureau_id = $1 and login = $2 and role in ('handler', 'duty_person', 'legal_aid_staff')",
        bureau,
        login
    )
    .fetch_optional(conn)
    .await
}

/// Adds a handler.
pub async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    firm: i64,
    account: Option<i64>,
    new: &NewHandler,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    let fields: Vec<&str> = new.fields.iter().map(|field| crate::plan::dictionary::Dictionary::code(*field)).collect();
    sqlx::query_scalar!(
        "insert into case_handlers (bureau_id, firm_id, account_id, name, category, licence_number, practising_since,
             fields, for_minors, gender, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id",
        bureau,
        firm,
        account,
        new.name,
        new.category as HandlerCategory,
        new.licence_number,
        new.practising_since,
        &fields as &[&str],
        new.for_minors,
        if new.female { "female" } else { "male" },
        now
    )
    .fetch_one(conn)
    .await
}

/// Changes a handler; false where somebody else did meanwhile.
#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub async fn update(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    version: i32,
    firm: i64,
    account: Option<i64>,
    new: &NewHandler,
    status: (&str, &str),
) -> sqlx::Result<bool> {
    let fields: Vec<&str> = new.fields.iter().map(|field| crate::plan::dictionary::Dictionary::code(*field)).collect();
    let changed = sqlx::query!(
        "update case_handlers set firm_id = $4, account_id = $5, name = $6, category = $7, licence_number = $8,
             practising_since = $9, fields = $10, for_minors = $11, gender = $12, status = $13, status_reason = $14,
             version = version + 1
         where bureau_id = $1 and id = $2 and version = $3",
        bureau,
        id,
        version,
        firm,
        account,
        new.name,
        new.category as HandlerCategory,
        new.licence_number,
        new.practising_since,
        &fields as &[&str],
        new.for_minors,
        if new.female { "female" } else { "male" },
        status.0,
        status.1
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}
