//! What is done to programmes and to the calendar, by a form or by the demonstration.

use serde_json::{Map, Value, json};

use super::db;
use super::rules::{differences, year_to_draft};
use crate::audit::Audit;
use crate::error::AppError;
use crate::fund;
use crate::plan::calendar::SpecialDay;
use crate::plan::programme::Programme;
use crate::web::actor::Scope;
use crate::web::work::Work;

const FROZEN: &str = "已有月份按本方案审批，方案不能再改；请复制为下一年度的方案。";

/// Copies a year's programme as a draft of the year that [`year_to_draft`] names, opens that
/// year's accounts of the fund, and returns the year.
///
/// # Errors
/// Refused when that year has a programme already.
pub async fn copy_forward(work: &mut Work, scope: Scope, year: i32) -> Result<i32, AppError> {
    let (bureau, now, account) = (scope.bureau(), work.now, work.actor.account_id);
    let stored = db::find(work.conn(), bureau, year).await?.ok_or(AppError::NotFound)?;
    let next = year_to_draft(year, work.today());
    if db::find(work.conn(), bureau, next).await?.is_some() {
        return Err(AppError::refused(format!("{next}年的方案已经建立，请直接修改{next}年的方案。")));
    }
    let draft = stored.content.copied_for(next);
    let id = db::insert(work.conn(), bureau, &draft, Some(account), now).await?;
    fund::db::open_year(work.conn(), bureau, next).await?;
    work.audit(
        Audit::new("programme.copy", "programme", id)
            .after(Value::Object(draft.parameters().into_iter().map(|one| (one.label, json!(one.value))).collect()))
            .note(format!("由{year}年方案（第{}版）复制", stored.revision)),
    )
    .await?;
    Ok(next)
}

/// Changes a programme under which no month was approved, as a new revision, and returns
/// its number.
///
/// # Errors
/// Refused when a month was approved under it, when `revision` is no longer the latest, or
/// when nothing differs.
pub async fn change(
    work: &mut Work,
    scope: Scope,
    year: i32,
    revision: i32,
    programme: &Programme,
) -> Result<i32, AppError> {
    let (bureau, now, account) = (scope.bureau(), work.now, work.actor.account_id);
    let stored = db::find(work.conn(), bureau, year).await?.ok_or(AppError::NotFound)?;
    if stored.frozen {
        return Err(AppError::refused(FROZEN));
    }
    if programme.year != year {
        return Err(AppError::refused("方案的年度不能修改；请复制为下一年度的方案。"));
    }
    if let Some((_, sentence)) = programme.validate().into_iter().next() {
        return Err(AppError::refused(format!("{sentence}。")));
    }
    let found = differences(&stored.content, programme);
    if stored.revision == revision && found.is_empty() {
        return Err(AppError::refused("没有改动任何数值，未保存。"));
    }
    let Some(new_revision) = db::update(work.conn(), stored.id, revision, programme).await? else {
        return Err(AppError::refused("您打开页面之后，别人已修改了这份方案。请返回后重新打开，核对最新内容再保存。"));
    };
    db::insert_revision(work.conn(), stored.id, new_revision, programme, Some(account), now).await?;
    let side = |value: fn(&super::Difference) -> &str| -> Value {
        Value::Object(
            found.iter().map(|difference| (difference.label.clone(), json!(value(difference)))).collect::<Map<_, _>>(),
        )
    };
    work.audit(
        Audit::new("programme.change", "programme", stored.id)
            .before(side(|difference| &difference.before))
            .after(side(|difference| &difference.after))
            .note(format!("{year}年方案第{new_revision}版")),
    )
    .await?;
    Ok(new_revision)
}

/// A year about to enter the calendar.
#[derive(Clone, Debug)]
pub struct NewCalendarYear {
    /// The year.
    pub year: i32,
    /// The notice as entered.
    pub notice: String,
    /// Which notice it is.
    pub source: String,
    /// What was read from it.
    pub days: Vec<SpecialDay>,
}

/// Enters a year's notice.
///
/// # Errors
/// Refused when the year is known already.
pub async fn add_calendar_year(work: &mut Work, new: &NewCalendarYear) -> Result<(), AppError> {
    let now = work.now;
    db::insert_calendar_year(work.conn(), new.year, &new.notice, &new.source, &new.days, now).await?;
    work.audit(
        Audit::new("calendar.add_year", "calendar_year", new.year)
            .after(json!({ "year": new.year, "source": new.source, "days": new.days })),
    )
    .await
}
