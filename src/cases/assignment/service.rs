//! Registers handlers and changes their data.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::db;
use super::rules::Field;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionaries::HandlerCategory;
use crate::web::actor::Scope;
use crate::web::work::{Work, snapshot};

/// A handler about to be registered, or as they are changed.
#[derive(Clone, Debug)]
pub struct NewHandler {
    /// Name.
    pub name: String,
    /// Female.
    pub female: bool,
    /// What they are.
    pub category: HandlerCategory,
    /// Firm, grassroots office or agency.
    pub firm: String,
    /// 执业证号.
    pub licence_number: String,
    /// In practice since.
    pub practising_since: Option<NaiveDate>,
    /// Fields of work.
    pub fields: BTreeSet<Field>,
    /// On the list for minors.
    pub for_minors: bool,
    /// The account by which they sign in; empty for none.
    pub login: String,
}

fn firm_kind(category: HandlerCategory) -> &'static str {
    match category {
        HandlerCategory::Lawyer | HandlerCategory::Volunteer => "law_firm",
        HandlerCategory::GrassrootsLegalWorker => "grassroots_office",
        HandlerCategory::AgencyStaff => "agency",
    }
}

async fn account_of(work: &mut Work, bureau: i64, login: &str) -> Result<Option<i64>, AppError> {
    if login.is_empty() {
        return Ok(None);
    }
    let found = db::account(work.conn(), bureau, login).await?;
    found.map(Some).ok_or_else(|| {
        AppError::refused(format!(
            "没有可以承办案件的账号“{login}”；请先由系统管理员建立“法律援助承办人”账号，或者填写值班人员的登录名。"
        ))
    })
}

/// Registers a handler; gives the row.
///
/// # Errors
/// [`AppError::Refused`] for an unknown login, or one or a licence that another handler has.
pub async fn register(work: &mut Work, scope: Scope, new: &NewHandler) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let account = account_of(work, bureau, &new.login).await?;
    let firm = db::firm(work.conn(), bureau, &new.firm, firm_kind(new.category)).await?;
    let now = work.now;
    let id = db::insert(work.conn(), bureau, firm, account, new, now).await?;
    let after = db::handlers(work.conn(), bureau, Some(id)).await?;
    work.audit(Audit::new("handler.register", "handler", id).after(snapshot(&after))).await?;
    Ok(id)
}

/// Changes a handler's data or status. Cases in hand stay where they are.
///
/// # Errors
/// As [`register`]; [`AppError::Refused`] where somebody else changed it meanwhile.
pub async fn change(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: i32,
    new: &NewHandler,
    status: (&str, &str),
) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let before = db::handlers(work.conn(), bureau, Some(id)).await?;
    if before.is_empty() {
        return Err(AppError::NotFound);
    }
    let account = account_of(work, bureau, &new.login).await?;
    let firm = db::firm(work.conn(), bureau, &new.firm, firm_kind(new.category)).await?;
    if !db::update(work.conn(), bureau, id, version, firm, account, new, status).await? {
        return Err(AppError::refused("这名承办人的资料刚刚被别人改过，请刷新页面后重新填写。"));
    }
    let after = db::handlers(work.conn(), bureau, Some(id)).await?;
    work.audit(Audit::new("handler.change", "handler", id).before(snapshot(&before)).after(snapshot(&after))).await
}
