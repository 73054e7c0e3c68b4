//! What is done to the duty bank, by a form or by the demonstration.

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::PersonStatus;
use super::db::{self, Sealed, SealedIdNumber, SealedNumbers};
use super::names::pinyin;
use super::rules::{BankAccount, NewPerson, Particulars, Phone, is_adult};
use crate::audit::Audit;
use crate::error::AppError;
use crate::payments;
use crate::plan::dictionary::Dictionary as _;
use crate::secrets::{Gender, IdNumber, Seals, mask_id_number};
use crate::web::actor::Scope;
use crate::web::constraints;
use crate::web::work::{Work, snapshot};

const ID_NUMBER: &str = "person.id_number";
const PHONE: &str = "person.phone";
const BANK_ACCOUNT: &str = "person.bank_account";

/// Why an entry was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The identity number is wrong for this entry; the sentence belongs beside the field.
    #[error("{0}")]
    IdNumber(String),
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] AppError),
}

impl From<sqlx::Error> for RegisterError {
    fn from(error: sqlx::Error) -> RegisterError {
        match constraints::violated(&error) {
            Some("persons_id_number") => RegisterError::IdNumber("值班人员库中已有这个身份证号".to_owned()),
            _ => RegisterError::Failed(error.into()),
        }
    }
}

impl From<RegisterError> for AppError {
    fn from(error: RegisterError) -> AppError {
        match error {
            RegisterError::IdNumber(sentence) => AppError::Refused(format!("{sentence}。")),
            RegisterError::Failed(error) => error,
        }
    }
}

/// A change of an entry; numbers that were left empty stay.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version that was read.
    pub version: i32,
    /// The open part.
    pub particulars: Particulars,
    /// A corrected identity number.
    pub id_number: Option<IdNumber>,
    /// A new telephone.
    pub phone: Option<Phone>,
    /// A new account.
    pub bank_account: Option<BankAccount>,
    /// The venues at which they may be rostered.
    pub venues: Vec<i64>,
}

/// Adds somebody to the duty bank and returns the entry.
///
/// # Errors
/// [`RegisterError::IdNumber`] when the number is in the bank already or belongs to a minor.
pub async fn register(work: &mut Work, scope: Scope, seals: &Seals, new: &NewPerson) -> Result<i64, RegisterError> {
    let bureau = scope.bureau();
    let seal_id = Uuid::new_v4();
    let id_number = seal_id_number(seals, seal_id, &new.id_number)?;
    check_id_number(work, bureau, &new.id_number, &id_number, new.particulars.joined_on, None).await?;
    let numbers = SealedNumbers {
        seal_id,
        id_number,
        phone: seal(seals, PHONE, seal_id, new.phone.digits(), new.phone.mask())?,
        bank_account: match &new.bank_account {
            Some(account) => Some(seal(seals, BANK_ACCOUNT, seal_id, account.digits(), account.mask())?),
            None => None,
        },
    };
    let (now, pinyin) = (work.now, pinyin(&new.particulars.name));
    let id = db::insert(work.conn(), bureau, &pinyin, &new.particulars, &numbers, now).await?;
    db::set_venues(work.conn(), bureau, id, &new.venues).await?;
    let stored = db::find(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    all_taken(&new.venues, &stored.venues)?;
    work.audit(Audit::new("person.register", "person", id).after(snapshot(&stored))).await?;
    Ok(id)
}

/// Changes an entry.
///
/// # Errors
/// As [`register`]; refused when somebody else changed the entry in the meantime.
pub async fn change(work: &mut Work, scope: Scope, seals: &Seals, id: i64, new: &Change) -> Result<(), RegisterError> {
    let bureau = scope.bureau();
    db::lock(work.conn(), bureau, id).await?;
    let before = db::find(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    let seal_id = before.seal_id;
    let id_number = match &new.id_number {
        Some(number) => {
            let sealed = seal_id_number(seals, seal_id, number)?;
            check_id_number(work, bureau, number, &sealed, new.particulars.joined_on, Some(id)).await?;
            Some(sealed)
        }
        None => None,
    };
    let phone = match &new.phone {
        Some(phone) => Some(seal(seals, PHONE, seal_id, phone.digits(), phone.mask())?),
        None => None,
    };
    let pinyin = pinyin(&new.particulars.name);
    let mut particulars = new.particulars.clone();
    if let Some(account) = &new.bank_account {
        // Another account waits for a second person; until then the one on record stays, bank and number together.
        particulars.bank_name.clone_from(&before.particulars.bank_name);
        let whose = payments::Whose::Person(id);
        let bank = &new.particulars.bank_name;
        payments::ask_bank_change(work, scope, seals, whose, bank, account, "值班人员库登记变更").await?;
    }
    if !db::update(work.conn(), bureau, id, new.version, &pinyin, &particulars).await? {
        return Err(changed_meanwhile().into());
    }
    db::update_sealed(work.conn(), bureau, id, id_number.as_ref(), phone.as_ref(), None).await?;
    db::set_venues(work.conn(), bureau, id, &new.venues).await?;
    let after = db::find(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    all_taken(&new.venues, &after.venues)?;
    work.audit(Audit::new("person.change", "person", id).before(snapshot(&before)).after(snapshot(&after))).await?;
    Ok(())
}

/// A venue that was ticked and is none of the bureau's stops the whole.
fn all_taken(ticked: &[i64], taken: &[i64]) -> Result<(), AppError> {
    if ticked.iter().all(|venue| taken.contains(venue)) {
        return Ok(());
    }
    Err(AppError::refused("勾选的服务点中有不在名单里的，没有保存。请刷新页面后重新勾选。"))
}

/// Suspends somebody, lets them leave or takes them back; returns how many shifts after
/// today still carry their name.
///
/// # Errors
/// Refused without a reason, or when the entry was changed in the meantime.
pub async fn set_status(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: i32,
    status: PersonStatus,
    reason: &str,
) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    db::lock(work.conn(), bureau, id).await?;
    let before = db::find(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    let reason = if status == PersonStatus::Active { "" } else { reason.trim() };
    if status != PersonStatus::Active && reason.is_empty() {
        return Err(AppError::refused("请写明暂停或退出的原因。"));
    }
    if before.status == status {
        return Err(AppError::refused(format!(
            "{}现在已经是“{}”，没有改动。",
            before.particulars.name,
            status.label()
        )));
    }
    if !db::set_status(work.conn(), bureau, id, version, status, reason).await? {
        return Err(changed_meanwhile());
    }
    if status == PersonStatus::Left {
        crate::accounts::disable_of_person(work, bureau, id).await?;
    }
    let today = work.today();
    let shifts = match status {
        PersonStatus::Active => 0,
        PersonStatus::Suspended | PersonStatus::Left => db::shifts_after(work.conn(), bureau, id, today).await?,
    };
    work.audit(
        Audit::new("person.set_status", "person", id)
            .before(json!({ "status": before.status, "reason": before.exit_reason }))
            .after(json!({ "status": status, "reason": reason }))
            .note(reason),
    )
    .await?;
    Ok(shifts)
}

fn changed_meanwhile() -> AppError {
    AppError::refused("您打开页面之后，别人已修改了这份登记。请返回后重新打开，核对最新内容再保存。")
}

async fn check_id_number(
    work: &mut Work,
    bureau: i64,
    number: &IdNumber,
    sealed: &SealedIdNumber,
    joined_on: NaiveDate,
    except: Option<i64>,
) -> Result<(), RegisterError> {
    if !is_adult(number.birth(), joined_on) {
        return Err(RegisterError::IdNumber("按身份证号，入库时未满18周岁，请核对身份证号和入库日期".to_owned()));
    }
    match db::find_by_id_number(work.conn(), bureau, &sealed.indexes, except).await? {
        Some((name, PersonStatus::Left)) => Err(RegisterError::IdNumber(format!(
            "值班人员库中已有这个身份证号（{name}，已退出）。请打开原登记，恢复在库"
        ))),
        Some((name, _)) => {
            Err(RegisterError::IdNumber(format!("值班人员库中已有这个身份证号（{name}），不能重复登记")))
        }
        None => Ok(()),
    }
}

fn seal_id_number(seals: &Seals, seal_id: Uuid, number: &IdNumber) -> Result<SealedIdNumber, AppError> {
    Ok(SealedIdNumber {
        sealed: close(seals, ID_NUMBER, seal_id, number.as_str())?,
        index: seals.blind_index(ID_NUMBER, number.as_str()),
        indexes: seals.blind_indexes(ID_NUMBER, number.as_str()),
        mask: mask_id_number(number.as_str()),
        birth_date: number.birth(),
        gender: match number.gender() {
            Gender::Male => "male",
            Gender::Female => "female",
        },
    })
}

fn seal(seals: &Seals, field: &'static str, seal_id: Uuid, digits: &str, mask: String) -> Result<Sealed, AppError> {
    Ok(Sealed { sealed: close(seals, field, seal_id, digits)?, mask })
}

fn close(seals: &Seals, field: &'static str, seal_id: Uuid, plain: &str) -> Result<Vec<u8>, AppError> {
    seals.seal(field, &seal_id.to_string(), plain).map_err(|error| AppError::Internal(error.into()))
}
