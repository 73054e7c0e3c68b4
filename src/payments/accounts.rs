//! Bank accounts that wait for a second person, and pay that is held.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::rules::ChangeStatus;
use crate::audit::Audit;
use crate::error::AppError;
use crate::people::BankAccount;
use crate::plan::dictionaries::Payee;
use crate::secrets::{IdNumber, Seals, mask_id_number};
use crate::web::actor::Scope;
use crate::web::typed;
use crate::web::work::Work;

/// What a payee's account is sealed as.
pub(super) const PAYEE_ACCOUNT: &str = "payee.bank_account";
/// What an identity number is sealed as, of duty persons and payees alike.
pub(super) const ID_NUMBER: &str = "person.id_number";
/// What a duty person's account is sealed as; the duty bank seals it so.
pub(super) const PERSON_ACCOUNT: &str = "person.bank_account";

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Somebody of the duty bank.
    Person(i64),
    /// A handler or firm.
    Payee(i64),
}

/// A change of an account with whom it concerns.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// The row.
    pub id: i64,
    /// Somebody of the duty bank.
    pub person_id: Option<i64>,
    /// A handler or firm.
    pub payee_id: Option<i64>,
    /// Their name.
    pub name: String,
    /// The account now.
    pub old_mask: String,
    /// The bank then.
    pub bank_name: String,
    /// The account then.
    pub new_mask: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub status: ChangeStatus,
    /// Who asked.
    pub asked_by: i64,
    /// Their name.
    pub asker: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Who decided.
    pub decider: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// The changes of a bureau: those that wait first, then the newest.
pub async fn changes(conn: &mut PgConnection, bureau: i64, id: Option<i64>) -> sqlx::Result<Vec<ChangeRow>> {
    sqlx::query_as!(
        ChangeRow,
        r#"select c.id, c.person_id, c.payee_id, coalesce(p.name, e.name) as "name!",
                  coalesce(p.bank_account_mask, e.bank_account_mask) as "old_mask!", c.bank_name,
                  c.bank_account_mask as new_mask, c.reason, c.status as "status: ChangeStatus", c.asked_by,
                  a.name as asker, c.asked_at, d.name as "decider?", c.decided_at
           from bank_changes c
           left join persons p on p.id = c.person_id
           left join payees e on e.id = c.payee_id
           join accounts a on a.id = c.asked_by
           left join accounts d on d.id = c.decided_by
           where c.bureau_id = $1 and ($2::bigint is null or c.id = $2)
           order by (c.status = 'asked') desc, c.id desc limit 100"#,
        bureau,
        id
    )
    .fetch_all(conn)
    .await
}

/// Puts a new account down for a second person. One change waits at a time.
///
/// # Errors
/// No such person or payee.
pub async fn ask_bank_change(
    work: &mut Work,
    scope: Scope,
    seals: &Seals,
    whose: Whose,
    bank_name: &str,
    account: &BankAccount,
    reason: &str,
) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let (person, payee) = match whose {
        Whose::Person(id) => (Some(id), None),
        Whose::Payee(id) => (None, Some(id)),
    };
    let seal_id: Uuid = sqlx::query_scalar!(
        r#"select seal_id as "seal_id!" from (
               select seal_id from persons where bureau_id = $1 and id = $2
               union all select seal_id from payees where bureau_id = $1 and id = $3) s"#,
        bureau,
        person,
        payee
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or(AppError::NotFound)?;
    let field = if person.is_some() { PERSON_ACCOUNT } else { PAYEE_ACCOUNT };
    let sealed =
        seals.seal(field, &seal_id.to_string(), account.digits()).map_err(|error| AppError::Internal(error.into()))?;
    let (me, now) = (work.actor.account_id, work.now);
    let id = sqlx::query_scalar!(
        "insert into bank_changes (bureau_id, person_id, payee_id, bank_name, bank_account, bank_account_mask, reason,
             asked_by, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
        bureau,
        person,
        payee,
        bank_name,
        sealed,
        account.mask(),
        reason,
        me,
        now
    )
    .fetch_one(work.conn())
    .await?;
    let record = Audit::new("bank_account.ask", "bank_change", id)
        .after(json!({ "person": person, "payee": payee, "bank": bank_name, "account": account.mask() }))
        .note(reason);
    work.audit(record).await?;
    Ok(id)
}

/// Confirms an account, which is then used, or refuses it.
///
/// # Errors
/// One's own request; decided before.
pub async fn decide_bank_change(
    work: &mut Work,
    scope: Scope,
    id: i64,
    confirm: bool,
    note: &str,
) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let row = changes(work.conn(), bureau, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    if row.status != ChangeStatus::Asked {
        return Err(AppError::refused(format!("这项变更已经办理：{}。", row.status)));
    }
    let (me, now) = (work.actor.account_id, work.now);
    if row.asked_by == me {
        return Err(AppError::refused("这项变更由您登记，须由另一人复核。"));
    }
    let note = note.trim();
    if !confirm && note.is_empty() {
        return Err(AppError::refused("请写明不通过的原因。"));
    }
    let status = if confirm { ChangeStatus::Confirmed } else { ChangeStatus::Refused };
    let done = sqlx::query!(
        "update bank_changes set status = $3, decided_by = $4, decided_at = $5, decision_note = $6
         where bureau_id = $1 and id = $2 and status = 'asked'",
        bureau,
        id,
        status as ChangeStatus,
        me,
        now,
        note
    )
    .execute(work.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(AppError::refused("有人刚刚办理了这项变更，请刷新页面查看。"));
    }
    if confirm {
        sqlx::query!(
            "update persons p set bank_name = c.bank_name, bank_account = c.bank_account,
                 bank_account_mask = c.bank_account_mask, version = p.version + 1
             from bank_changes c where c.id = $2 and c.bureau_id = $1 and p.id = c.person_id",
            bureau,
            id
        )
        .execute(work.conn())
        .await?;
        sqlx::query!(
            "update payees p set bank_name = c.bank_name, bank_account = c.bank_account,
                 bank_account_mask = c.bank_account_mask, version = p.version + 1
             from bank_changes c where c.id = $2 and c.bureau_id = $1 and p.id = c.payee_id",
            bureau,
            id
        )
        .execute(work.conn())
        .await?;
    }
    let action = if confirm { "bank_account.confirm" } else { "bank_account.refuse" };
    let record = Audit::new(action, "bank_change", id)
        .before(json!({ "account": row.old_mask }))
        .after(json!({ "account": row.new_mask }))
        .note(note);
    work.audit(record).await
}

/// What is known of a payee beside the account.
#[derive(Clone, Debug)]
pub struct Particulars {
    /// The last day of their licence.
    pub licence_valid_to: Option<NaiveDate>,
    /// A public official.
    pub public_official: bool,
    /// Their identity number; nothing leaves the one that is there.
    pub id_number: Option<IdNumber>,
}

/// Changes what is known of a payee beside the account.
///
/// # Errors
/// Somebody else changed it since `version`; a firm has no identity number.
pub async fn change_payee(
    work: &mut Work,
    scope: Scope,
    seals: &Seals,
    id: i64,
    version: i32,
    new: &Particulars,
) -> Result<(), AppError> {
    let payee = super::db::payees_by_id(work.conn(), scope.bureau(), &[id]).await?.pop().ok_or(AppError::NotFound)?;
    if new.id_number.is_some() && payee.kind != Payee::Handler {
        return Err(AppError::refused("收款人是单位，不登记身份证号。"));
    }
    let sealed = match &new.id_number {
        Some(number) => Some(
            seals
                .seal(ID_NUMBER, &payee.seal_id.to_string(), number.as_str())
                .map_err(|error| AppError::Internal(error.into()))?,
        ),
        None => None,
    };
    let mask = new.id_number.as_ref().map(|number| mask_id_number(number.as_str()));
    let done = sqlx::query!(
        "update payees set licence_valid_to = $4, public_official = $5, id_number = coalesce($6, id_number),
             id_number_mask = coalesce($7, id_number_mask), version = version + 1
         where bureau_id = $1 and id = $2 and version = $3",
        scope.bureau(),
        id,
        version,
        new.licence_valid_to,
        new.public_official,
        sealed,
        mask
    )
    .execute(work.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(AppError::refused("您打开页面之后，这名收款人的资料已有变化。请刷新后再保存。"));
    }
    let record = Audit::new("payee.change", "payee", id)
        .before(json!({ "licence_valid_to": payee.licence_valid_to, "public_official": payee.public_official,
            "id_number": payee.id_number_mask }))
        .after(json!({ "licence_valid_to": new.licence_valid_to, "public_official": new.public_official,
            "id_number": mask.unwrap_or(payee.id_number_mask) }));
    work.audit(record).await
}

/// Pay that is held.
#[derive(Clone, Debug)]
pub struct HoldRow {
    /// The row.
    pub id: i64,
    /// Whose.
    pub person_id: i64,
    /// Their name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Who held it.
    pub held_by: i64,
    /// Their name.
    pub holder: String,
    /// When.
    pub held_at: DateTime<FixedOffset>,
    /// Who released it.
    pub releaser: Option<String>,
    /// When.
    pub released_at: Option<DateTime<FixedOffset>>,
    /// What they wrote.
    pub release_note: String,
}

/// Holds of a bureau: the open ones first, then the newest.
pub async fn holds(conn: &mut PgConnection, bureau: i64, id: Option<i64>) -> sqlx::Result<Vec<HoldRow>> {
    let rows = sqlx::query!(
        r#"select h.id, h.person_id, p.name, h.reason, h.held_by, a.name as holder, h.held_at, r.name as "releaser?",
                  h.released_at, h.release_note
           from pay_holds h
           join persons p on p.id = h.person_id
           join accounts a on a.id = h.held_by
           left join accounts r on r.id = h.released_by
           where h.bureau_id = $1 and ($2::bigint is null or h.id = $2)
           order by (h.released_by is null) desc, h.id desc limit 100"#,
        bureau,
        id
    )
    .fetch_all(conn)
    .await?;
    let local = |at: DateTime<Utc>| at.with_timezone(&crate::plan::time::SHANGHAI);
    Ok(rows
        .into_iter()
        .map(|row| HoldRow {
            id: row.id,
            person_id: row.person_id,
            name: row.name,
            reason: row.reason,
            held_by: row.held_by,
            holder: row.holder,
            held_at: local(row.held_at),
            releaser: row.releaser,
            released_at: row.released_at.map(local),
            release_note: row.release_note,
        })
        .collect())
}

/// Holds one person's pay until somebody else releases it.
///
/// # Errors
/// Held already; no reason; nobody of this bureau.
pub async fn hold(work: &mut Work, scope: Scope, person: i64, reason: &str) -> Result<i64, AppError> {
    let reason = typed::said(reason, 200, "请写明暂缓发放的理由，200字以内。")?;
    let (bureau, me, now) = (scope.bureau(), work.actor.account_id, work.now);
    let id = sqlx::query_scalar!(
        "insert into pay_holds (bureau_id, person_id, reason, held_by, held_at)
         select p.bureau_id, p.id, $3, $4, $5 from persons p where p.bureau_id = $1 and p.id = $2
         on conflict (person_id) where released_by is null do nothing returning id",
        bureau,
        person,
        reason,
        me,
        now
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("没有这名值班人员，或其补贴已在暂缓发放中。"))?;
    work.audit(Audit::new("pay.hold", "person", person).after(json!({ "hold": id })).note(reason)).await?;
    Ok(id)
}

/// Releases it; the next run takes the person in.
///
/// # Errors
/// One's own hold; released before; no reason.
pub async fn release(work: &mut Work, scope: Scope, id: i64, note: &str) -> Result<(), AppError> {
    let note = typed::said(note, 200, "请写明恢复发放的理由，200字以内。")?;
    let bureau = scope.bureau();
    let row = holds(work.conn(), bureau, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    let (me, now) = (work.actor.account_id, work.now);
    if row.releaser.is_some() {
        return Err(AppError::refused("这项暂缓已经解除。"));
    }
    if row.held_by == me {
        return Err(AppError::refused("这项暂缓由您登记，须由另一人解除。"));
    }
    let done = sqlx::query!(
        "update pay_holds set released_by = $3, released_at = $4, release_note = $5
         where bureau_id = $1 and id = $2 and released_by is null",
        bureau,
        id,
        me,
        now,
        note
    )
    .execute(work.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(AppError::refused("这项暂缓刚刚已由别人解除。"));
    }
    work.audit(Audit::new("pay.release", "person", row.person_id).after(json!({ "hold": id })).note(note)).await
}

/// How many accounts wait for a second person, and how many people's pay is held.
pub async fn waiting(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<(usize, usize)> {
    let row = sqlx::query!(
        r#"select (select count(*) from bank_changes where bureau_id = $1 and status = 'asked') as "changes!",
                  (select count(*) from pay_holds where bureau_id = $1 and released_by is null) as "holds!""#,
        bureau
    )
    .fetch_one(conn)
    .await?;
    let small = |count: i64| usize::try_from(count).unwrap_or(usize::MAX);
    Ok((small(row.changes), small(row.holds)))
}

/// Whose pay can be held: id and name.
pub async fn people_to_hold(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        "select p.id, p.name, p.organisation from persons p
         where p.bureau_id = $1 and not exists (
             select from pay_holds h where h.person_id = p.id and h.released_by is null)
         order by p.pinyin, p.id limit 1000",
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.to_string(), format!("{}（{}）", row.name, row.organisation))).collect())
}
