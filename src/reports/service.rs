//! A report is drawn, kept by its preparer, checked by a second and signed by a third person.

use chrono::NaiveDate;
use serde_json::json;
use sqlx::PgConnection;

use super::build::{self, Ground};
use super::db::{self, SigningStep};
use super::period::{Period, ReportKind};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::Calendar;
use crate::plan::dictionary::Dictionary as _;
use crate::programmes;
use crate::settlement::month::{fingerprint_of, to_json};
use crate::web::actor::Scope;
use crate::web::sheet::Sheet;
use crate::web::typed;
use crate::web::work::Work;

/// Draws a report as it stood on `as_of`.
///
/// # Errors
/// No such report; no plan of its year.
pub async fn draw(
    conn: &mut PgConnection,
    bureau: (i64, &str),
    kind: ReportKind,
    period: Period,
    as_of: NaiveDate,
) -> Result<(Sheet, Option<NaiveDate>), AppError> {
    if !kind.covers(period) {
        return Err(AppError::NotFound);
    }
    let (bureau, name) = bureau;
    let plan = programmes::db::find(&mut *conn, bureau, period.year()).await?.ok_or(AppError::NotFound)?;
    // A year's money goes on moving in the next January: December's duty pay belongs to it.
    let to = match period {
        Period::Year(_) => as_of.max(period.last()),
        _ => period.last(),
    };
    let figures = db::figures(&mut *conn, bureau, period.year(), period.first(), to, as_of).await?;
    let book = match kind {
        ReportKind::AccountBook => db::book(conn, bureau, period.year(), period.first(), to, as_of).await?,
        _ => Vec::new(),
    };
    // The limits of the plan do not move over holidays (A29): no calendar is asked.
    let due = kind.due(&plan.content, &Calendar::new([], []), period);
    let ground =
        Ground { kind, period, bureau: name, programme: &plan.content, figures: &figures, book: &book, as_of, due };
    Ok((build::sheet(&ground), due))
}

/// Keeps a report as it stands today, for a second person to check.
///
/// # Errors
/// Prepared already; the period has not begun.
pub async fn prepare(work: &mut Work, scope: Scope, kind: ReportKind, period: Period) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let today = work.today();
    if period.last() >= today && kind != ReportKind::AccountBook {
        return Err(AppError::refused(format!("{}还没有结束，期满后才能填报。", period.chinese())));
    }
    let name = work.actor.bureau_name.clone();
    let (sheet, _) = draw(work.conn(), (bureau, &name), kind, period, today).await?;
    let content = to_json(&sheet);
    let fingerprint = fingerprint_of(&content);
    let (account, now, code) = (work.actor.account_id, work.now, period.code());
    let id = db::insert(work.conn(), bureau, kind, &code, &content, &fingerprint, today, account, now)
        .await?
        .ok_or_else(|| AppError::refused("这份报表已经填报；如需重报，请由审核人撤回后再填。"))?;
    let record = Audit::new("report.prepare", "report", id)
        .after(json!({ "kind": kind.code(), "period": code, "fingerprint": fingerprint }))
        .note(&sheet.title);
    work.audit(record).await?;
    Ok(id)
}

/// The live report, to be acted upon.
async fn live(work: &mut Work, scope: Scope, kind: ReportKind, period: Period) -> Result<db::SigningRow, AppError> {
    let code = period.code();
    db::signings(work.conn(), scope.bureau(), Some((kind, &code)), period.year())
        .await?
        .pop()
        .ok_or_else(|| AppError::refused("这份报表还没有填报。"))
}

/// Checks a report that somebody else prepared.
///
/// # Errors
/// One's own; checked already; what is stored does not match its fingerprint.
pub async fn check(work: &mut Work, scope: Scope, kind: ReportKind, period: Period) -> Result<(), AppError> {
    let row = live(work, scope, kind, period).await?;
    let (account, now) = (work.actor.account_id, work.now);
    if row.prepared_by == account {
        return Err(AppError::refused("这份报表由您填报，须由另一人审核。"));
    }
    if fingerprint_of(&row.content) != row.fingerprint {
        return Err(AppError::refused("保存的报表与校验码不符，请报告系统管理员。"));
    }
    if !db::set(work.conn(), row.id, SigningStep::Check, account, now).await? {
        return Err(AppError::refused("这份报表已经审核过，请刷新页面查看。"));
    }
    work.audit(Audit::new("report.check", "report", row.id).after(json!({ "fingerprint": row.fingerprint }))).await
}

/// Signs a checked report.
///
/// # Errors
/// Not checked; prepared or checked by the same person; signed already.
pub async fn sign(work: &mut Work, scope: Scope, kind: ReportKind, period: Period) -> Result<(), AppError> {
    let row = live(work, scope, kind, period).await?;
    let (account, now) = (work.actor.account_id, work.now);
    if row.checked_by.is_none() {
        return Err(AppError::refused("这份报表还没有审核，不能签发。"));
    }
    if row.prepared_by == account || row.checked_by == Some(account) {
        return Err(AppError::refused("您填报或审核过这份报表，须由另一人签发。"));
    }
    if !db::set(work.conn(), row.id, SigningStep::Sign, account, now).await? {
        return Err(AppError::refused("这份报表已经签发，请刷新页面查看。"));
    }
    work.audit(Audit::new("report.sign", "report", row.id).after(json!({ "fingerprint": row.fingerprint }))).await
}

/// Takes a report back, with a reason; what was signed stays on record and another may be prepared.
///
/// # Errors
/// No reason; taken back already.
pub async fn withdraw(
    work: &mut Work,
    scope: Scope,
    kind: ReportKind,
    period: Period,
    why: &str,
) -> Result<(), AppError> {
    let why = typed::said(why, 200, "请写明撤回的理由，200字以内。")?;
    let row = live(work, scope, kind, period).await?;
    let (account, now) = (work.actor.account_id, work.now);
    if !db::set(work.conn(), row.id, SigningStep::Withdraw(why), account, now).await? {
        return Err(AppError::refused("这份报表已经撤回。"));
    }
    work.audit(Audit::new("report.withdraw", "report", row.id).note(why)).await
}
