//! What can be done with attendance: decide, store, record. Pages, the
//! demonstration and jobs all come through here.

use chrono::{DateTime, FixedOffset, NaiveTime};
use serde_json::json;

use super::db::{self, RosterState, Shift};
use super::rules::Side;
use crate::audit::Audit;
use crate::consultations;
use crate::error::AppError;
use crate::findings;
use crate::plan::month::Month;
use crate::plan::time::{SHANGHAI, at, short_date};
use crate::web::actor::Scope;
use crate::web::work::{Work, snapshot};

/// What a sign-in or sign-out came to.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Whose.
    pub person: String,
    /// When, to the second.
    pub at: DateTime<FixedOffset>,
    /// Minutes late or early; 0 for none.
    pub minutes: i32,
}

/// 签到: signs a shift in at the time of the work. `scope` is that of
/// `SignAttendance`: the duty person's own shift, or the desk of its venue.
///
/// # Errors
/// [`AppError::NotFound`] for somebody else's shift, [`AppError::Refused`] outside the
/// register's hours, the second time, or in a certified month.
pub async fn sign_in(work: &mut Work, scope: Scope, shift: i64) -> Result<Signature, AppError> {
    let (shift, grace) = open_shift(work, scope, shift).await?;
    shift.planned().may_sign_in(shift.signed(), work.now).map_err(|refusal| AppError::refused(refusal.to_string()))?;
    let late = shift.planned().late_minutes(work.now, grace.of(&shift)?);

    let (now, by, method) = (work.now, work.actor.account_id, method_of(scope));
    db::insert_sign_in(work.conn(), &shift, scope.bureau(), now, by, method, late).await?;
    if late > 0 {
        findings::propose_from_attendance(work, shift.id).await?;
    }
    work.audit(
        Audit::new("attendance.sign_in", "shift", shift.id)
            .after(json!({ "signed_in_at": now, "method": method, "late_minutes": late })),
    )
    .await?;
    Ok(Signature { person: shift.person, at: now, minutes: late })
}

/// 签退: signs a shift out at the time of the work.
///
/// # Errors
/// As [`sign_in`]; refused also before the sign-in and on another day.
pub async fn sign_out(work: &mut Work, scope: Scope, shift: i64) -> Result<Signature, AppError> {
    let (shift, grace) = open_shift(work, scope, shift).await?;
    shift.planned().may_sign_out(shift.signed(), work.now).map_err(|refusal| AppError::refused(refusal.to_string()))?;
    let early = shift.planned().early_minutes(work.now, grace.of(&shift)?);

    let (now, by, method) = (work.now, work.actor.account_id, method_of(scope));
    if !db::set_sign_out(work.conn(), shift.id, now, by, method, early).await? {
        return Err(AppError::refused("这个班次已经签退，不用再签。"));
    }
    findings::propose_from_attendance(work, shift.id).await?;
    work.audit(
        Audit::new("attendance.sign_out", "shift", shift.id)
            .after(json!({ "signed_out_at": now, "method": method, "early_minutes": early })),
    )
    .await?;
    Ok(Signature { person: shift.person, at: now, minutes: early })
}

/// 异常说明: notes beside the attendance what was unusual.
///
/// # Errors
/// [`AppError::Refused`] without a sign-in, when somebody changed it meanwhile, or in a
/// certified month.
pub async fn note_remark(
    work: &mut Work,
    scope: Scope,
    shift: i64,
    version: i32,
    remark: &str,
) -> Result<(), AppError> {
    let (shift, _) = open_shift(work, scope, shift).await?;
    if shift.signed_in_at.is_none() {
        return Err(AppError::refused("这个班次还没有签到，不能填写异常说明。"));
    }
    if !db::set_remark(work.conn(), shift.id, version, remark).await? {
        return Err(AppError::refused("这个班次的考勤刚刚有变动，请刷新页面后重新填写。"));
    }
    work.audit(
        Audit::new("attendance.remark", "shift", shift.id).before(snapshot(&shift.remark)).after(snapshot(&remark)),
    )
    .await
}

/// What is asked for in a correction.
#[derive(Clone, Debug)]
pub struct NewCorrection {
    /// Which end.
    pub side: Side,
    /// The time that is right, on the duty day.
    pub time: NaiveTime,
    /// Why it was not signed.
    pub reason: String,
}

/// 补签: asks for a sign-in or sign-out to be put right.
///
/// # Errors
/// [`AppError::Refused`] for an impossible time, while another one is open, or in a
/// certified month whose pay is not approved yet.
pub async fn ask_correction(work: &mut Work, scope: Scope, shift: i64, new: &NewCorrection) -> Result<i64, AppError> {
    let (shift, _) = correctable_shift(work, scope, shift).await?;
    let fault = shift.planned().fault_of_correction(new.side, new.time, shift.signed(), work.now);
    if !fault.is_empty() {
        return Err(AppError::refused(fault));
    }
    let old = stored(&shift, new.side);
    let value = at(shift.duty_on, new.time);
    let (now, by) = (work.now, work.actor.account_id);
    let id = db::insert_correction(work.conn(), scope.bureau(), shift.id, new.side, old, value, &new.reason, by, now)
        .await?;
    work.audit(
        Audit::new("attendance.ask_correction", "shift", shift.id)
            .before(json!({ "side": new.side.code(), "value": old }))
            .after(json!({ "side": new.side.code(), "value": value, "correction": id }))
            .note(new.reason.clone()),
    )
    .await?;
    Ok(id)
}

/// What was decided on a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The new time stands.
    Agreed,
    /// The old one stays.
    Refused,
}

impl Decision {
    fn code(self) -> &'static str {
        match self {
            Decision::Agreed => "agreed",
            Decision::Refused => "refused",
        }
    }
}

/// Decides a correction; what was agreed to changes the register, and the minutes
/// are derived anew. Gives the shift.
///
/// # Errors
/// [`AppError::Refused`] for the one who asked, when it is decided already, when the
/// register changed since, in a certified month whose pay is not approved yet, or by a
/// venue once the pay is approved: then it moves money (A27).
pub async fn decide_correction(
    work: &mut Work,
    scope: Scope,
    correction: i64,
    decision: Decision,
    note: &str,
) -> Result<i64, AppError> {
    let asked = db::correction(work.conn(), scope, correction).await?.ok_or(AppError::NotFound)?;
    if asked.asked_by == work.actor.account_id {
        return Err(AppError::refused("补签须由申请人以外的人审批。"));
    }
    if !asked.is_open() {
        return Err(AppError::refused("这份补签申请已经有人审批，请刷新页面查看。"));
    }
    let (shift, grace) = correctable_shift(work, scope, asked.shift_id).await?;
    if shift.settled && scope.venue().is_some() {
        return Err(AppError::refused("这个月的补贴已经审批，补签会影响以后月份的补贴（A27），由司法局审批。"));
    }
    let side = asked.end();
    let value = asked.new_value.with_timezone(&SHANGHAI);
    if decision == Decision::Agreed {
        if stored(&shift, side) != asked.old_value {
            return Err(AppError::refused("申请之后这个班次的考勤有了变化。请不同意本次申请，由申请人重新申请。"));
        }
        let fault = shift.planned().fault_of_correction(side, value.time(), shift.signed(), work.now);
        if !fault.is_empty() {
            return Err(AppError::refused(fault));
        }
    }

    let (now, by) = (work.now, work.actor.account_id);
    if !db::decide_correction(work.conn(), correction, decision.code(), by, now, note).await? {
        return Err(AppError::refused("这份补签申请已经有人审批，请刷新页面查看。"));
    }
    let mut record = Audit::new("attendance.decide_correction", "shift", shift.id).note(note);
    if decision == Decision::Agreed {
        let grace = grace.of(&shift)?;
        let minutes = match side {
            Side::SignIn => shift.planned().late_minutes(value, grace),
            Side::SignOut => shift.planned().early_minutes(value, grace),
        };
        if !db::correct(work.conn(), scope.bureau(), shift.id, side, asked.new_value, by, minutes).await? {
            return Err(AppError::refused("这个班次还没有签到，请先审批签到的补签。"));
        }
        findings::propose_from_attendance(work, shift.id).await?;
        record = record
            .before(json!({ "correction": correction, "side": side.code(), "value": asked.old_value }))
            .after(json!({ "decision": decision.code(), "value": value, "minutes": minutes }));
    } else {
        record = record
            .before(json!({ "correction": correction, "side": side.code() }))
            .after(json!({ "decision": decision.code() }));
    }
    work.audit(record).await?;
    Ok(shift.id)
}

/// What became of a certification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certification {
    /// The month is certified and reported.
    Reported,
    /// The register gave reason for new findings; they come first.
    FindingsProposed(usize),
}

/// 三(一): the venue's staff certify the attendance of a month and report it.
///
/// # Errors
/// [`AppError::NotFound`] for another venue's month; [`AppError::Refused`] before the
/// month is over, with open findings or corrections, or the second time.
pub async fn certify(work: &mut Work, scope: Scope, month: Month, venue: i64) -> Result<Certification, AppError> {
    if scope.venue() != Some(venue) {
        return Err(AppError::NotFound);
    }
    db::close_month(work.conn(), venue, month).await?;
    consultations::hold_month(work, scope.bureau(), venue, month).await?;
    let found = db::find_month(work.conn(), scope.bureau(), venue, month).await?.ok_or(AppError::NotFound)?;
    if found.reported {
        return Err(AppError::refused("本月考勤已经审定上报，不用重复办理。"));
    }
    if db::roster_state(work.conn(), scope.bureau(), month).await? == RosterState::Unpublished {
        return Err(AppError::refused("本月排班还没有公示，不能审定考勤。"));
    }
    let shifts = db::shifts_of_venue_month(work.conn(), scope.bureau(), venue, month).await?;
    if let Some(reason) = not_over(&shifts, month, work.now) {
        return Err(AppError::refused(reason));
    }
    refuse_open_matters(work, scope, month, venue).await?;

    // R13: a sign-out that is missing and that nobody explained is an early leave, to be decided first.
    let proposed = findings::propose_missing_sign_outs(work, scope, month).await?;
    if proposed > 0 {
        work.audit(
            Audit::new("attendance.propose_at_certification", "venue", venue)
                .after(json!({ "month": month, "proposed": proposed })),
        )
        .await?;
        return Ok(Certification::FindingsProposed(proposed));
    }

    let (now, by) = (work.now, work.actor.account_id);
    if !db::report_month(work.conn(), scope.bureau(), venue, month, by, now).await? {
        return Err(AppError::refused("本月考勤已经审定上报，不用重复办理。"));
    }
    let served = shifts.iter().filter(|shift| shift.signed_in_at.is_some()).count();
    work.audit(
        Audit::new("attendance.certify", "venue", venue)
            .after(json!({ "month": month, "shifts": shifts.len(), "served": served })),
    )
    .await?;
    Ok(Certification::Reported)
}

/// Why a month is not over yet for a venue: `None` when it is. The month's end counts,
/// or that every shift of the venue lies behind.
pub(super) fn not_over(shifts: &[Shift], month: Month, now: DateTime<FixedOffset>) -> Option<String> {
    if now.date_naive() > month.last() {
        return None;
    }
    let Some(last) = shifts.iter().rfind(|shift| !shift.planned().is_past(shift.signed(), now)) else {
        return shifts.is_empty().then(|| format!("{}还没有结束，本月没有班次的站点在月底之后审定。", month.chinese()));
    };
    Some(format!("本月还有班次没有结束（最后一个是{}），结束后才能审定。", short_date(last.duty_on)))
}

async fn refuse_open_matters(work: &mut Work, scope: Scope, month: Month, venue: i64) -> Result<(), AppError> {
    let matters = db::open_matters_of(work.conn(), scope.bureau(), venue, month).await?;
    let findings = matters.iter().filter(|matter| matter.finding.is_some()).count();
    let corrections = matters.len() - findings;
    let open = match (findings, corrections) {
        (0, 0) => return Ok(()),
        (findings, 0) => format!("{findings}项扣款事项没有处理完"),
        (0, corrections) => format!("{corrections}份补签没有审批"),
        (findings, corrections) => format!("{findings}项扣款事项没有处理完、{corrections}份补签没有审批"),
    };
    Err(AppError::refused(format!("本月还有{open}，办完后才能审定上报。")))
}

/// Sends a reported month back to its venue, with the reason.
///
/// # Errors
/// [`AppError::Refused`] when it is not reported, when somebody was faster, or when
/// the month's settlement is approved.
pub async fn return_month(
    work: &mut Work,
    scope: Scope,
    month: Month,
    venue: i64,
    version: i32,
    reason: &str,
) -> Result<(), AppError> {
    db::close_month(work.conn(), venue, month).await?;
    let found = db::find_month(work.conn(), scope.bureau(), venue, month).await?.ok_or(AppError::NotFound)?;
    if !found.reported {
        return Err(AppError::refused("本月考勤还没有上报，不用退回。"));
    }
    let settlement = db::settlement_status(work.conn(), scope.bureau(), month).await?;
    if settlement.is_some_and(|status| status != "calculated") {
        return Err(AppError::refused("本月补贴已经审批，考勤不能再退回；更正请在以后月份作调整。"));
    }
    if !db::return_month(work.conn(), scope.bureau(), venue, month, version, reason).await? {
        return Err(AppError::refused("本月考勤的状态刚刚有变动，请刷新页面后重试。"));
    }
    work.audit(
        Audit::new("attendance.return_month", "venue", venue)
            .before(json!({ "month": month, "certifier": found.certifier, "certified_at": found.certified_at }))
            .after(json!({ "month": month, "status": "open" }))
            .note(reason),
    )
    .await
}

/// A shift within reach, locked, of a published roster and a month that is open.
async fn open_shift(work: &mut Work, scope: Scope, shift: i64) -> Result<(Shift, Grace), AppError> {
    let (shift, grace) = locked_shift(work, scope, shift).await?;
    if shift.reported {
        return Err(AppError::refused("本月考勤已审定上报，不能再改；如需更正，请先由司法局退回。"));
    }
    Ok((shift, grace))
}

/// A shift whose register may be put right: of an open month, or, with effect on the next open month's pay, of one whose
/// pay is approved (A27).
async fn correctable_shift(work: &mut Work, scope: Scope, shift: i64) -> Result<(Shift, Grace), AppError> {
    let (shift, grace) = locked_shift(work, scope, shift).await?;
    if shift.reported && !shift.settled {
        return Err(AppError::refused("本月考勤已审定上报，不能再改；如需更正，请先由司法局退回。"));
    }
    Ok((shift, grace))
}

async fn locked_shift(work: &mut Work, scope: Scope, shift: i64) -> Result<(Shift, Grace), AppError> {
    let grace = Grace(db::lock_shift(work.conn(), scope, shift).await?);
    let shift = db::find_shift(work.conn(), scope, shift).await?.ok_or(AppError::NotFound)?;
    if !shift.published {
        return Err(AppError::refused("这个班次的排班还没有公示。"));
    }
    Ok((shift, grace))
}

/// A07: the grace, in minutes, of the programme that holds on the duty day; none without a programme.
struct Grace(Option<u32>);

impl Grace {
    fn of(&self, shift: &Shift) -> Result<u32, AppError> {
        let year = shift.month.year();
        self.0.ok_or_else(|| AppError::refused(format!("{year}年度的实施方案还没有建立，不能签到。")))
    }
}

fn method_of(scope: Scope) -> &'static str {
    match scope {
        Scope::Own { .. } => "self",
        Scope::Venue { .. } | Scope::Bureau { .. } => "desk",
    }
}

fn stored(shift: &Shift, side: Side) -> Option<DateTime<chrono::Utc>> {
    match side {
        Side::SignIn => shift.signed_in_at,
        Side::SignOut => shift.signed_out_at,
    }
}
