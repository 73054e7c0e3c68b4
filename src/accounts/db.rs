//! The SQL of accounts.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::web::permissions::Role;

/// What sign-in needs to know of an account.
#[derive(Debug)]
pub struct Credentials {
    /// The account.
    pub id: i64,
    /// Its bureau.
    pub bureau_id: i64,
    /// What is typed to sign in.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// argon2id.
    pub password_hash: String,
    /// No sign-in before this instant.
    pub locked_until: Option<DateTime<Utc>>,
}

/// A row of the list of accounts.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRow {
    /// The account.
    pub id: i64,
    /// What is typed to sign in.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The venue of venue staff.
    pub venue: Option<String>,
    /// `active` or `disabled`.
    pub status: String,
    /// The first password was not changed yet.
    pub must_change_password: bool,
    /// Locked by wrong passwords until then.
    pub locked_until: Option<DateTime<Utc>>,
    /// The last sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// An account about to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its bureau.
    pub bureau_id: i64,
    /// What is typed to sign in, lower case.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// For venue and legal-aid-centre staff.
    pub venue_id: Option<i64>,
    /// For duty persons.
    pub person_id: Option<i64>,
    /// argon2id.
    pub password_hash: String,
    /// Somebody else chose the password.
    pub must_change_password: bool,
    /// Who makes it; none for the first.
    pub created_by: Option<i64>,
}

/// Whether anybody can sign in at all.
pub async fn any_account(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from accounts) as "any!""#).fetch_one(conn).await
}

/// Lets one set-up at a time look and write.
pub async fn lock_set_up(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('huifa.set_up'))").execute(conn).await?;
    Ok(())
}

/// The account behind a login, if it is in use.
pub async fn find_credentials(conn: &mut PgConnection, login: &str) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"select id, bureau_id, login, name, role as "role: Role", password_hash, locked_until
           from accounts where login = $1 and status = 'active'"#,
        login
    )
    .fetch_optional(conn)
    .await
}

/// The same, held until the transaction ends, so that guesses side by side are counted one by one.
pub async fn lock_credentials(conn: &mut PgConnection, login: &str) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"select id, bureau_id, login, name, role as "role: Role", password_hash, locked_until
           from accounts where login = $1 and status = 'active' for no key update"#,
        login
    )
    .fetch_optional(conn)
    .await
}

/// The same by number, for a change of one's own password.
pub async fn credentials_of(conn: &mut PgConnection, id: i64) -> sqlx::Result<Credentials> {
    sqlx::query_as!(
        Credentials,
        r#"select id, bureau_id, login, name, role as "role: Role", password_hash, locked_until
           from accounts where id = $1"#,
        id
    )
    .fetch_one(conn)
    .await
}

/// How often a login that belongs to nobody was refused with `note`, and when last.
pub async fn refusals_of(
    conn: &mut PgConnection,
    login: &str,
    note: &str,
) -> sqlx::Result<(i64, Option<DateTime<Utc>>)> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", max(at) as last from audit_records
           where subject = 'account' and subject_id = $1 and action = 'account.sign_in_refused' and note = $2"#,
        login,
        note
    )
    .fetch_one(conn)
    .await?;
    Ok((row.count, row.last))
}

/// The accounts in use among `logins`, for the demonstration's list.
pub async fn named(conn: &mut PgConnection, logins: &[String]) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!("select login, name from accounts where login = any($1) and status = 'active'", logins)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.login, row.name)).collect())
}

/// The accounts of a role that are in use, held until the transaction ends. The weaker
/// lock leaves their keys free: rows that name them are written meanwhile, by this
/// transaction and by others who come here next, and nobody waits in a circle.
pub async fn lock_active(conn: &mut PgConnection, bureau: i64, role: Role) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select id from accounts where bureau_id = $1 and role = $2 and status = 'active'
         order by id for no key update",
        bureau,
        role as Role
    )
    .fetch_all(conn)
    .await
}

/// Counts a wrong password and locks from the `limit`th in a row.
pub async fn count_failure(
    conn: &mut PgConnection,
    id: i64,
    limit: i32,
    locked_until: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts
         set failed_sign_ins = case when failed_sign_ins + 1 >= $2 then 0 else failed_sign_ins + 1 end,
             locked_until = case when failed_sign_ins + 1 >= $2 then $3 else locked_until end
         where id = $1",
        id,
        limit,
        locked_until
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a sign-in.
pub async fn note_sign_in(conn: &mut PgConnection, id: i64, now: DateTime<FixedOffset>) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set failed_sign_ins = 0, locked_until = null, last_sign_in_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes an account.
pub async fn insert(conn: &mut PgConnection, new: &NewAccount, now: DateTime<FixedOffset>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into accounts
             (bureau_id, venue_id, person_id, login, name, role, password_hash, must_change_password, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
        new.bureau_id,
        new.venue_id,
        new.person_id,
        new.login,
        new.name,
        new.role as Role,
        new.password_hash,
        new.must_change_password,
        now,
        new.created_by
    )
    .fetch_one(conn)
    .await
}

/// Sets a password.
pub async fn set_password(
    conn: &mut PgConnection,
    id: i64,
    password_hash: &str,
    must_change: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set password_hash = $2, must_change_password = $3, failed_sign_ins = 0, locked_until = null,
                version = version + 1
         where id = $1",
        id,
        password_hash,
        must_change
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enables or disables; false when it already was.
pub async fn set_status(conn: &mut PgConnection, bureau: i64, id: i64, status: &str) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update accounts set status = $3, version = version + 1 where id = $2 and bureau_id = $1 and status <> $3",
        bureau,
        id,
        status
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// Which accounts a list shows.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// Part of the name or the beginning of the login; empty for all.
    pub search: String,
    /// Role and login of the last row of the page before; empty for the first page.
    pub after: (String, String),
    /// At most so many.
    pub limit: i64,
}

/// A page of a bureau's accounts, by role and login.
pub async fn accounts_of(conn: &mut PgConnection, bureau: i64, listed: &Listed) -> sqlx::Result<Vec<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"select a.id, a.login, a.name, a.role as "role: Role", v.short_name as "venue?", a.status,
                  a.must_change_password, a.locked_until, a.last_sign_in_at
           from accounts a left join venues v on v.id = a.venue_id
           where a.bureau_id = $1
             and ($2 = '' or strpos(a.name, $2) > 0 or starts_with(a.login, lower($2)))
             and (a.role, a.login) > ($3, $4)
           order by a.role, a.login limit $5"#,
        bureau,
        listed.search,
        listed.after.0,
        listed.after.1,
        listed.limit
    )
    .fetch_all(conn)
    .await
}

/// One account of a bureau.
pub async fn find_account(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"select a.id, a.login, a.name, a.role as "role: Role", v.short_name as "venue?", a.status,
                  a.must_change_password, a.locked_until, a.last_sign_in_at
           from accounts a left join venues v on v.id = a.venue_id
           where a.bureau_id = $1 and a.id = $2"#,
        bureau,
        id
    )
    .fetch_optional(conn)
    .await
}

/// People of the duty bank who have no account yet, for the choice on the form.
pub async fn people_without_account(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        "select p.id, p.name, p.organisation from persons p
         where p.bureau_id = $1 and p.status <> 'left' and not exists (select from accounts a where a.person_id = p.id)
         order by p.pinyin, p.id",
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, format!("{}（{}）", row.name, row.organisation))).collect())
}

/// Venues of a bureau, for the choice on the form.
pub async fn venue_choices(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!("select id, name from venues where bureau_id = $1 and active order by sort", bureau)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// A record as the audit page shows it.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When, by the product's clock.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// From where.
    pub address: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject: String,
    /// To which.
    pub subject_id: String,
    /// What it was.
    pub before: Option<serde_json::Value>,
    /// What it became.
    pub after: Option<serde_json::Value>,
    /// A reason or remark.
    pub note: String,
}

/// A page of the audit trail, newest first, before the record `before`; `actions` are those that `search` names.
pub async fn audit_records(
    conn: &mut PgConnection,
    bureau: i64,
    before: Option<i64>,
    search: &str,
    actions: &[String],
    limit: i64,
) -> sqlx::Result<Vec<AuditRow>> {
    sqlx::query_as!(
        AuditRow,
        // Each half walks its own part of the index; an `or` between them would walk the whole trail.
        r#"
        with mine as (
            select * from audit_records where bureau_id = $1 and ($2::bigint is null or id < $2)
        ), nobodys as (
            select * from audit_records where bureau_id is null and ($2::bigint is null or id < $2)
        )
        select id as "id!", at as "at!", actor as "actor!", address as "address!", action as "action!", subject as "subject!",
               subject_id as "subject_id!", before, after, note as "note!"
        from (
            (select * from mine
             where $3 = '' or action = any($5)
                or strpos(actor || ' ' || action || ' ' || subject || ' ' || subject_id || ' ' || note, $3) > 0
             order by id desc limit $4)
            union all
            (select * from nobodys
             where $3 = '' or action = any($5)
                or strpos(actor || ' ' || action || ' ' || subject || ' ' || subject_id || ' ' || note, $3) > 0
             order by id desc limit $4)
        ) found
        order by id desc limit $4
        "#,
        bureau,
        before,
        search,
        limit,
        actions
    )
    .fetch_all(conn)
    .await
}
