//! What is done to service points, by a form or by the demonstration.

use serde_json::json;

use super::db::{self, Hours};
use super::rules;
use crate::audit::Audit;
use crate::error::AppError;
use crate::programmes;
use crate::web::actor::Scope;
use crate::web::work::{Work, snapshot};

/// What may change of a service point.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version that was read.
    pub version: i32,
    /// Where it is.
    pub address: String,
    /// The public telephone.
    pub phone: String,
    /// Its usual hours.
    pub hours: Hours,
    /// In use.
    pub active: bool,
}

/// Changes a service point. Shifts that exist keep their hours.
///
/// # Errors
/// Refused when the hours are below the plan's, when shifts still lie ahead of a point
/// that is closed, or when somebody else changed it in the meantime.
pub async fn change(work: &mut Work, scope: Scope, id: i64, change: &Change) -> Result<(), AppError> {
    let (bureau, today) = (scope.bureau(), work.today());
    let before = db::find(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    if let Some(programme) = programmes::db::in_force(work.conn(), bureau, today).await?
        && let Some(shortfall) = rules::shortfall(&programme.content, before.kind, &change.hours)
    {
        return Err(AppError::refused(format!("{shortfall}。")));
    }
    if before.active && !change.active {
        let shifts = db::shifts_from(work.conn(), bureau, id, today).await?;
        if shifts > 0 {
            return Err(AppError::refused(format!(
                "{}今天及以后还有{shifts}个班次，不能停用。请先调整排班。",
                before.short_name
            )));
        }
    }
    if !db::update(work.conn(), bureau, id, change.version, change).await? {
        return Err(AppError::refused(
            "您打开页面之后，别人已修改了这个服务点。请返回后重新打开，核对最新内容再保存。",
        ));
    }
    let after = db::find(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    work.audit(Audit::new("venue.change", "venue", id).before(snapshot(&before)).after(snapshot(&after))).await
}

/// Sets the bureau's telephone for supervision.
///
/// # Errors
/// Refused when somebody else changed it in the meantime.
pub async fn set_supervise_phone(work: &mut Work, scope: Scope, was: &str, phone: &str) -> Result<(), AppError> {
    let bureau = scope.bureau();
    if !db::set_supervise_phone(work.conn(), bureau, was, phone).await? {
        return Err(AppError::refused("您打开页面之后，别人已修改了监督电话。请刷新页面后重试。"));
    }
    work.audit(
        Audit::new("bureau.set_supervise_phone", "bureau", bureau)
            .before(json!({ "supervise_phone": was }))
            .after(json!({ "supervise_phone": phone })),
    )
    .await
}
