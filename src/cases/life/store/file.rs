//! The SQL of the papers of a case.

use chrono::{DateTime, FixedOffset, NaiveDate};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::cases::documents::Kind;
use crate::cases::documents::forms::Sheet;
use crate::cases::life::papers::StoredScan;

/// A paper to be filed.
#[derive(Debug)]
pub(in crate::cases::life) struct NewDocument<'a> {
    pub(in crate::cases::life) kind: Kind,
    pub(in crate::cases::life) number: &'a str,
    pub(in crate::cases::life) source: &'a str,
    pub(in crate::cases::life) title: &'a str,
    pub(in crate::cases::life) content: Option<&'a Sheet>,
    pub(in crate::cases::life) sha256: Option<&'a str>,
    pub(in crate::cases::life) pages: i32,
    pub(in crate::cases::life) on: NaiveDate,
}

/// Files a paper.
pub(in crate::cases::life) async fn insert_document(
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
pub(in crate::cases::life) async fn remove_document(
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

/// Takes the last made form of a kind out of the file because it is made anew; its number goes over to the new one.
pub(in crate::cases::life) async fn replace_document(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    kind: Kind,
    by: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update case_documents set removed_at = $5, removed_by = $4, removed_why = trim('补填后重新生成 ' || number), number = ''
         where bureau_id = $1 and case_id = $2 and source = 'made' and removed_at is null
           and id = (select max(id) from case_documents d
                     where d.case_id = $2 and d.kind = $3 and d.source = 'made' and d.removed_at is null)",
        bureau,
        case,
        kind as Kind,
        by,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers a stored scan; the same content is stored once.
pub(in crate::cases::life) async fn keep_scan(
    conn: &mut PgConnection,
    scan: &StoredScan,
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
