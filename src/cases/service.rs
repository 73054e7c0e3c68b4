//! What changes the register: load → decide by the rules → store → record.

use chrono::Datelike as _;

use super::rules::{self, Eligibility};
use super::{NewCase, NewStep, db};
use crate::audit::Audit;
use crate::error::AppError;
use crate::fund;
use crate::web::actor::Scope;
use crate::web::work::{Work, snapshot};

const CHANGED_MEANWHILE: &str = "这个案件刚刚被别人改过，请刷新页面后重新登记。";

/// Whether a case would be one of the programme, by the plan of its year.
///
/// # Errors
/// [`AppError::Refused`] while there is no plan of that year.
pub async fn classify(work: &mut Work, scope: Scope, new: &NewCase) -> Result<Eligibility, AppError> {
    let year = new.accepted_on.year();
    let programme = db::programme_for(work.conn(), scope.bureau(), year).await?.ok_or_else(|| {
        AppError::refused(format!(
            "{year}年度的实施方案还没有建立，不能判断案件是否属于惠民工程；请先由司法局经办人建立方案。"
        ))
    })?;
    Ok(rules::eligibility(&programme, new.kind, new.basis, &new.groups))
}

/// Registers a case; gives its id.
///
/// # Errors
/// [`AppError::Refused`] where the number is taken or the year has no plan.
pub async fn register(work: &mut Work, scope: Scope, new: NewCase) -> Result<i64, AppError> {
    let eligibility = classify(work, scope, &new).await?;
    let (account_id, now) = (work.actor.account_id, work.now);
    let id = db::insert(work.conn(), scope.bureau(), &new, eligibility.programme_case, account_id, now).await?;
    let after = db::find(work.conn(), scope.bureau(), id).await?;
    work.audit(Audit::new("case.register", "case", id).after(snapshot(&after)).note(eligibility.reason)).await?;
    Ok(id)
}

/// Corrects what was registered, until the case is counted or terminated.
///
/// # Errors
/// [`AppError::NotFound`] outside the scope; [`AppError::Refused`] where the case is counted,
/// terminated or was changed meanwhile.
pub async fn correct(work: &mut Work, scope: Scope, id: i64, version: i32, new: NewCase) -> Result<(), AppError> {
    let before = db::lock(work.conn(), scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    if before.counted_on.is_some() || before.terminated_on.is_some() {
        return Err(AppError::refused("案件已计入任务或已终止，登记内容不能再改。"));
    }
    if before.assigned_on.is_some_and(|assigned| assigned < new.accepted_on) {
        return Err(AppError::refused("受理日期不能晚于已登记的指派日期。"));
    }
    if before.entered_on.is_some_and(|entered| entered < new.accepted_on) {
        return Err(AppError::refused("受理日期不能晚于已登记的录入日期。"));
    }
    let eligibility = classify(work, scope, &new).await?;
    // Closed as ordinary legal aid: a correction that makes it a programme case counts it.
    let counted_on = before.dates().counted_on().filter(|_| eligibility.programme_case);
    if !db::update(work.conn(), scope.bureau(), id, version, &new, eligibility.programme_case).await? {
        return Err(AppError::refused(CHANGED_MEANWHILE));
    }
    if let (Some(counted_on), Some(agreed)) = (counted_on, before.closing_agreed_on) {
        let locked = db::lock_places(work.conn(), scope.bureau()).await?;
        let place = db::next_place(work.conn(), &locked, scope.bureau(), counted_on.year()).await?;
        let step = NewStep::ClosingAgreed { on: agreed };
        db::add_step(work.conn(), scope.bureau(), id, version + 1, &step, Some((counted_on, place))).await?;
    }
    let after = db::find(work.conn(), scope.bureau(), id).await?;
    let record = Audit::new("case.correct", "case", id)
        .before(snapshot(&before))
        .after(snapshot(&after))
        .note(eligibility.reason);
    work.audit(record).await
}

/// Adds a step to a case; gives the place in the year where the step made it count.
///
/// # Errors
/// [`AppError::NotFound`] outside the scope; [`AppError::Refused`] where the order of the steps
/// or of the dates forbids it, or the case was changed meanwhile.
pub async fn take_step(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: i32,
    step: NewStep,
) -> Result<Option<i32>, AppError> {
    let before = db::lock(work.conn(), scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    let mut dates = before.dates();
    rules::may_take(step.step(), &dates, before.counted_on.is_some()).map_err(AppError::Refused)?;
    if let Some(message) = rules::wrong_date(step.step(), step.on(), &dates) {
        return Err(AppError::refused(format!("{message}。")));
    }
    match &step {
        NewStep::Assigned { on } => dates.assigned_on = Some(*on),
        NewStep::ClosingAgreed { on } => dates.closing_agreed_on = Some(*on),
        NewStep::Entered { on, .. } => dates.entered_on = Some(*on),
        NewStep::Terminated { on, .. } => dates.terminated_on = Some(*on),
    }
    let counted = match dates.counted_on().filter(|_| before.programme_case) {
        Some(counted_on) => {
            let locked = db::lock_places(work.conn(), scope.bureau()).await?;
            Some((counted_on, db::next_place(work.conn(), &locked, scope.bureau(), counted_on.year()).await?))
        }
        None => None,
    };
    if !db::add_step(work.conn(), scope.bureau(), id, version, &step, counted).await? {
        return Err(AppError::refused(CHANGED_MEANWHILE));
    }
    let after = db::find(work.conn(), scope.bureau(), id).await?;
    let overdrawn = match &step {
        NewStep::Assigned { on } => fund::outlook::guard(work, scope.bureau(), on.year(), ("case", id)).await?,
        NewStep::ClosingAgreed { .. } | NewStep::Entered { .. } | NewStep::Terminated { .. } => None,
    };
    let action = match step {
        NewStep::Assigned { .. } => "case.assign",
        NewStep::ClosingAgreed { .. } => "case.agree_closing",
        NewStep::Entered { .. } => "case.enter",
        NewStep::Terminated { .. } => "case.terminate",
    };
    let record = Audit::new(action, "case", id).before(snapshot(&before)).after(snapshot(&after));
    work.audit(record.note(overdrawn.unwrap_or_default())).await?;
    Ok(counted.map(|(_, place)| place))
}
