//! Named people: for whom a restricted case opens besides the desk, the handler and the
//! director.

use serde_json::json;

use super::dossier::{self, Viewer};
use super::store::{self, NewEvent};
use crate::audit::Audit;
use crate::error::AppError;
use crate::web::actor::Scope;
use crate::web::work::Work;

/// Names somebody of the bureau for a restricted case.
///
/// # Errors
/// [`AppError::Refused`] where the case is not restricted, the account unknown, not in use
/// or without the right to read cases, or named already.
pub async fn name_person(work: &mut Work, scope: Scope, id: i64, login: &str, reason: &str) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let case = restricted(work, bureau, id).await?;
    let found = store::reader(work.conn(), bureau, login).await?;
    let (account, name) = found.ok_or_else(|| {
        AppError::refused("没有这个登录名，或者账号已停用、没有查看案件的权限；请向系统管理员核对登录名。")
    })?;
    let (by, at) = (work.actor.account_id, work.now);
    if !store::give_access(work.conn(), id, account, by, at, reason).await? {
        return Err(AppError::Refused(format!("{name}已经是本案的指定人员。")));
    }
    note(work, bureau, id, &format!("指定{name}可以打开本案"), reason).await?;
    let audit = Audit::new("case.name", "case", id).after(json!({ "number": case.number, "account": account }));
    work.audit(audit.note(reason)).await
}

/// Takes the name off again.
///
/// # Errors
/// [`AppError::Refused`] where nobody of this account is named, or the account handles the case.
pub async fn unname_person(work: &mut Work, scope: Scope, id: i64, account: i64) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let case = restricted(work, bureau, id).await?;
    if case.handler_account == Some(account) {
        return Err(AppError::refused("这是本案承办人，更换承办人之后才能取消指定。"));
    }
    let named = case.named.iter().find(|one| one.account_id == account).map(|one| one.name.clone());
    let named = named.ok_or_else(|| AppError::refused("本案没有指定这个人，或者已经取消。"))?;
    if !store::take_access(work.conn(), id, account).await? {
        return Err(AppError::refused("本案没有指定这个人，或者已经取消。"));
    }
    note(work, bureau, id, &format!("取消指定{named}"), "").await?;
    work.audit(Audit::new("case.unname", "case", id).before(json!({ "number": case.number, "account": account }))).await
}

async fn restricted(work: &mut Work, bureau: i64, id: i64) -> Result<dossier::Dossier, AppError> {
    if !store::lock(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let viewer = Viewer::of(&work.actor);
    let case =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    if !case.restricted {
        return Err(AppError::refused("本案不是受限案件，有权查看案件的人都能打开，不用指定人员。"));
    }
    Ok(case)
}

async fn note(work: &mut Work, bureau: i64, id: i64, words: &str, reason: &str) -> Result<(), AppError> {
    let (by, at, actor) = (work.actor.account_id, work.now, work.actor.signature());
    let event = NewEvent { kind: "note", code: "named", from: None, to: None, on: None, words, note: reason };
    Ok(store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?)
}
