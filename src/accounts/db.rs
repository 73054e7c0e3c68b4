//! The SQL of accounts.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::policy::Policy;
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
    /// No sign-in before this instant, except from browsers that are known.
    pub locked_until: Option<DateTime<Utc>>,
    /// Somebody else chose the password.
    pub must_change_password: bool,
    /// When it was set.
    pub password_changed_at: DateTime<Utc>,
    /// The last sign-in, or when the account got its rights.
    pub last_used_at: DateTime<Utc>,
    /// A one-time code is asked for as well.
    pub has_second_factor: bool,
    /// The keys of browsers that were signed in to it before.
    pub devices: Vec<Vec<u8>>,
}

/// An initial password that nobody took up opens nothing after this long.
const INITIAL_PASSWORD_DAYS: i64 = 7;

impl Credentials {
    /// Whether a browser was signed in to it before.
    pub fn knows(&self, device: Option<&[u8]>) -> bool {
        device.is_some_and(|device| self.devices.iter().any(|known| known == device))
    }

    /// Why the right password does not open it any more, in words.
    pub fn too_late(&self, policy: &Policy, now: DateTime<FixedOffset>) -> Option<&'static str> {
        let days = |from: DateTime<Utc>| (now.with_timezone(&Utc) - from).num_days();
        if days(self.last_used_at) >= i64::from(policy.unused_days) {
            return Some("账号太久没有登录，已停用。如仍需使用，请联系本单位系统管理员申请恢复。");
        }
        if self.must_change_password && days(self.password_changed_at) >= INITIAL_PASSWORD_DAYS {
            return Some("初始密码已过期，请联系安全管理员重新给出。");
        }
        None
    }
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
    /// `waiting`, `active` or `disabled`.
    pub status: String,
    /// The first password was not changed yet.
    pub must_change_password: bool,
    /// Locked by wrong passwords until then.
    pub locked_until: Option<DateTime<Utc>>,
    /// The last sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Why it was disabled.
    pub status_reason: String,
    /// The person of the staff.
    pub staff_number: Option<String>,
    /// The person of the duty bank.
    pub person_id: Option<i64>,
    /// The venue's number.
    pub venue_id: Option<i64>,
    /// One-time codes are set up.
    pub has_second_factor: bool,
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
    /// Names a person of the staff; a duty person is named by the duty bank.
    pub staff_number: Option<String>,
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
        r#"select id, bureau_id, login, name, role as "role: Role", password_hash, locked_until, must_change_password,
                  password_changed_at, coalesce(last_sign_in_at, granted_at, created_at) as "last_used_at!",
                  exists (select from second_factors f where f.account_id = accounts.id) as "has_second_factor!",
                  array(select d.id from known_devices d where d.account_id = accounts.id) as "devices!"
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
        r#"select id, bureau_id, login, name, role as "role: Role", password_hash, locked_until, must_change_password,
                  password_changed_at, coalesce(last_sign_in_at, granted_at, created_at) as "last_used_at!",
                  exists (select from second_factors f where f.account_id = accounts.id) as "has_second_factor!",
                  array(select d.id from known_devices d where d.account_id = accounts.id) as "devices!"
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
        r#"select id, bureau_id, login, name, role as "role: Role", password_hash, locked_until, must_change_password,
                  password_changed_at, coalesce(last_sign_in_at, granted_at, created_at) as "last_used_at!",
                  exists (select from second_factors f where f.account_id = accounts.id) as "has_second_factor!",
                  array(select d.id from known_devices d where d.account_id = accounts.id) as "devices!"
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

/// Whether an account stands so; it stays so until the transaction ends.
pub async fn lock_standing(conn: &mut PgConnection, bureau: i64, id: i64, status: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "select status from accounts where id = $1 and bureau_id = $2 for no key update",
        id,
        bureau
    );
    Ok(found.fetch_optional(conn).await?.is_some_and(|found| found == status))
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

/// Makes an account: one that somebody made waits for somebody else to give it its rights.
pub async fn insert(conn: &mut PgConnection, new: &NewAccount, now: DateTime<FixedOffset>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into accounts
             (bureau_id, venue_id, person_id, login, name, role, password_hash, must_change_password, created_at,
              password_changed_at, created_by, staff_number, status)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11,
             case when $10::bigint is null then 'active' else 'waiting' end)
         returning id",
        new.bureau_id,
        new.venue_id,
        new.person_id,
        new.login,
        new.name,
        new.role as Role,
        new.password_hash,
        new.must_change_password,
        now,
        new.created_by,
        new.staff_number
    )
    .fetch_one(conn)
    .await
}

/// Sets a password; the one before is remembered, so that it does not come back.
pub async fn set_password(
    conn: &mut PgConnection,
    id: i64,
    password_hash: &str,
    must_change: bool,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into former_passwords (account_id, password_hash) select id, password_hash from accounts where id = $1",
        id
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update accounts set password_hash = $2, must_change_password = $3, failed_sign_ins = 0, locked_until = null,
                password_changed_at = $4, version = version + 1
         where id = $1",
        id,
        password_hash,
        must_change,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("update known_devices set failed = 0, locked_until = null where account_id = $1", id)
        .execute(&mut *conn)
        .await?;
    // More than the policy can ask for is not kept.
    sqlx::query!(
        "delete from former_passwords where account_id = $1 and id not in
             (select id from former_passwords where account_id = $1 order by id desc limit 24)",
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The hashes of the last passwords, the present one first.
pub async fn last_passwords(conn: &mut PgConnection, id: i64, limit: i32) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"(select password_hash as "hash!" from accounts where id = $1)
           union all
           (select password_hash from former_passwords where account_id = $1 order by id desc limit $2)"#,
        id,
        i64::from(limit) - 1
    )
    .fetch_all(conn)
    .await
}

/// How many recovery codes are unused.
pub async fn recovery_codes_left(conn: &mut PgConnection, id: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from recovery_codes where account_id = $1 and used_at is null"#,
        id
    )
    .fetch_one(conn)
    .await
}

/// Disables an account and says why; false when it already was.
pub async fn disable(conn: &mut PgConnection, bureau: i64, id: i64, reason: &str) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update accounts set status = 'disabled', status_reason = $3, version = version + 1
         where id = $2 and bureau_id = $1 and status <> 'disabled'",
        bureau,
        id,
        reason
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// The live account of somebody of the duty bank, disabled; its number.
pub async fn disable_of_person(
    conn: &mut PgConnection,
    bureau: i64,
    person: i64,
    reason: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "update accounts set status = 'disabled', status_reason = $3, version = version + 1
         where person_id = $2 and bureau_id = $1 and status <> 'disabled' returning id",
        bureau,
        person,
        reason
    )
    .fetch_optional(conn)
    .await
}

/// Disables the accounts in use that nobody signed in to since `before`; their numbers, bureaus and logins.
pub async fn disable_unused(
    conn: &mut PgConnection,
    before: DateTime<FixedOffset>,
    reason: &str,
) -> sqlx::Result<Vec<(i64, i64, String)>> {
    let rows = sqlx::query!(
        "update accounts set status = 'disabled', status_reason = $2, version = version + 1
         where status = 'active' and coalesce(last_sign_in_at, granted_at, created_at) < $1
         returning id, bureau_id, login",
        before,
        reason
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.bureau_id, row.login)).collect())
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
                  a.must_change_password, a.locked_until, a.last_sign_in_at, a.status_reason, a.staff_number, a.person_id,
                  a.venue_id, exists (select from second_factors f where f.account_id = a.id) as "has_second_factor!"
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
                  a.must_change_password, a.locked_until, a.last_sign_in_at, a.status_reason, a.staff_number, a.person_id,
                  a.venue_id, exists (select from second_factors f where f.account_id = a.id) as "has_second_factor!"
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

/// Which part of the audit trail is asked for.
#[derive(Clone, Debug)]
pub struct AuditPart {
    /// Older than this record.
    pub before: Option<i64>,
    /// Words of the record, empty for all.
    pub search: String,
    /// The codes that `search` names.
    pub actions: Vec<String>,
    /// From this instant on.
    pub from: Option<DateTime<FixedOffset>>,
    /// Before this instant.
    pub until: Option<DateTime<FixedOffset>>,
}

/// A page of the audit trail, newest first.
pub async fn audit_records(
    conn: &mut PgConnection,
    bureau: i64,
    part: &AuditPart,
    limit: i64,
) -> sqlx::Result<Vec<AuditRow>> {
    sqlx::query_as!(
        AuditRow,
        // Each half walks its own part of the index; an `or` between them would walk the whole trail.
        r#"
        with mine as (
            select * from audit_records where bureau_id = $1 and ($2::bigint is null or id < $2)
              and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
        ), nobodys as (
            select * from audit_records where bureau_id is null and ($2::bigint is null or id < $2)
              and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
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
        part.before,
        part.search,
        limit,
        &part.actions,
        part.from,
        part.until
    )
    .fetch_all(conn)
    .await
}
