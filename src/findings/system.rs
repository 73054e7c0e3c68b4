//! What the system proposes by itself from the sign-ins, and takes back when a correction
//! makes it untrue. It proposes; people tell, hear and decide.

use chrono::{DateTime, FixedOffset, NaiveTime, Utc};
use serde_json::json;

use super::db::{self, AttendanceRow, Proposal, SystemRow};
use super::rules::Status;
use super::service;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::time::SHANGHAI;
use crate::web::actor::Scope;
use crate::web::work::Work;

/// How the note of an automatic withdrawal begins; what people revoked is not proposed again.
const WITHDRAWN: &str = "系统自动撤销：";

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

fn clock_of(at: DateTime<Utc>) -> String {
    at.with_timezone(&SHANGHAI).format("%H:%M").to_string()
}

/// 五(二)1(2): what the times say of coming and leaving, with the evidence in words; at most one late and one early
/// (A06), minutes of grace by the plan (A07).
fn wanted(attendance: &AttendanceRow) -> [(FindingKind, Option<String>); 2] {
    let late = (attendance.late_minutes > attendance.grace).then(|| {
        format!(
            "计划{}开始，{}签到，迟到{}分钟。",
            clock(attendance.starts_at),
            clock_of(attendance.signed_in_at),
            attendance.late_minutes
        )
    });
    let early = attendance.signed_out_at.filter(|_| attendance.early_minutes > attendance.grace).map(|left| {
        format!("计划{}结束，{}签退，早退{}分钟。", clock(attendance.ends_at), clock_of(left), attendance.early_minutes)
    });
    [(FindingKind::Late, late), (FindingKind::EarlyLeave, early)]
}

/// R13: signed in, never signed out, never explained.
fn no_sign_out(signed_in: DateTime<Utc>) -> String {
    format!("{}签到，没有签退记录，也没有补签，按早退处理。", clock_of(signed_in))
}

/// Brings the system's proposals about a shift in line with its attendance: proposes late and early, renews their
/// evidence, and revokes what a correction made untrue. Doing it twice changes nothing. Call it in the transaction
/// that writes the attendance.
///
/// # Errors
/// When the database fails.
pub async fn propose_from_attendance(work: &mut Work, shift_id: i64) -> Result<(), AppError> {
    let bureau = work.actor.bureau_id;
    let Some(attendance) = db::attendance_of(work.conn(), bureau, shift_id).await? else {
        return Ok(());
    };
    let known = db::system_findings(work.conn(), shift_id).await?;
    for (kind, evidence) in wanted(&attendance) {
        let of_kind = || known.iter().filter(move |finding| finding.kind == kind);
        let live = of_kind().find(|finding| finding.status != Status::Revoked);
        match (evidence, live) {
            (Some(evidence), Some(live)) if live.evidence != evidence => renew(work, live, &evidence).await?,
            (Some(evidence), None) if !of_kind().any(|finding| dismissed(finding, &evidence)) => {
                let proposal = proposal(shift_id, kind, evidence);
                service::store(work, &proposal).await?;
            }
            (None, Some(live)) if still_unsigned(&attendance, live) => {}
            (None, Some(live)) => withdraw(work, live, "更正后的签到签退时间不再构成该事项。").await?,
            _ => {}
        }
    }
    Ok(())
}

/// A missing sign-out stays one until somebody signs out or corrects it.
fn still_unsigned(attendance: &AttendanceRow, live: &SystemRow) -> bool {
    live.kind == FindingKind::EarlyLeave && attendance.signed_out_at.is_none()
}

/// Whether people looked at exactly this and let it go.
fn dismissed(finding: &SystemRow, evidence: &str) -> bool {
    finding.status == Status::Revoked && finding.evidence == evidence && !finding.decision_note.starts_with(WITHDRAWN)
}

fn proposal(shift_id: i64, kind: FindingKind, evidence: String) -> Proposal {
    Proposal { shift_id, kind, occurrence: String::new(), consultation_id: None, evidence, proposed_by: None }
}

/// The same finding with other minutes: the amount stays, the evidence follows.
async fn renew(work: &mut Work, live: &SystemRow, evidence: &str) -> Result<(), AppError> {
    let now: DateTime<FixedOffset> = work.now;
    db::set_evidence(work.conn(), live.id, evidence).await?;
    let note = format!("签到签退时间更正：{evidence}");
    db::add_step(work.conn(), live.id, now, None, live.status, &note).await?;
    let record = Audit::new("finding.renew", "finding", live.id)
        .before(json!({ "evidence": live.evidence }))
        .after(json!({ "evidence": evidence }));
    work.audit(record).await
}

async fn withdraw(work: &mut Work, live: &SystemRow, why: &str) -> Result<(), AppError> {
    let (now, account) = (work.now, work.actor.account_id);
    let bureau = work.actor.bureau_id;
    let note = format!("{WITHDRAWN}{why}");
    db::hold_settlements(work.conn(), bureau).await?;
    db::set_decided(work.conn(), live.id, live.version, Status::Revoked, account, now, &note).await?;
    db::add_step(work.conn(), live.id, now, None, Status::Revoked, &note).await?;
    let record = Audit::new("finding.withdraw", "finding", live.id)
        .before(json!({ "status": live.status.code() }))
        .after(json!({ "status": Status::Revoked.code() }))
        .note(note);
    work.audit(record).await
}

/// R13: proposes 早退 for every shift of a month that was signed in to and not out of, before today. Doing it twice
/// changes nothing. Gives how many are new.
///
/// # Errors
/// When the database fails.
pub async fn propose_missing_sign_outs(work: &mut Work, scope: Scope, month: Month) -> Result<usize, AppError> {
    let today = work.today();
    let shifts = db::unsigned_out(work.conn(), scope, month, today).await?;
    let mut new = 0;
    for (shift_id, signed_in) in shifts {
        let evidence = no_sign_out(signed_in);
        let known = db::system_findings(work.conn(), shift_id).await?;
        if known.iter().any(|finding| finding.kind == FindingKind::EarlyLeave && dismissed(finding, &evidence)) {
            continue;
        }
        if service::store(work, &proposal(shift_id, FindingKind::EarlyLeave, evidence)).await?.is_some() {
            new += 1;
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::time::at;

    fn attendance(late: i32, early: i32, grace: i32) -> AttendanceRow {
        let day = "2024-05-08".parse().unwrap();
        let time = |text: &str| text.parse::<NaiveTime>().unwrap();
        AttendanceRow {
            starts_at: time("08:00:00"),
            ends_at: time("12:00:00"),
            signed_in_at: at(day, time("08:12:00")).to_utc(),
            signed_out_at: Some(at(day, time("11:30:00")).to_utc()),
            late_minutes: late,
            early_minutes: early,
            grace,
        }
    }

    #[test]
    fn only_what_people_let_go_with_the_same_words_is_not_proposed_again() {
        let finding = |status, evidence: &str, note: &str| SystemRow {
            id: 1,
            kind: FindingKind::EarlyLeave,
            evidence: evidence.to_owned(),
            status,
            version: 1,
            decision_note: note.to_owned(),
        };
        for (status, evidence, note, let_go) in [
            (Status::Revoked, "没有签退", "当天停电，情况属实", true),
            (Status::Proposed, "没有签退", "", false),
            (Status::Revoked, "早退30分钟", "当天停电，情况属实", false),
            (Status::Revoked, "没有签退", WITHDRAWN, false),
        ] {
            assert_eq!(dismissed(&finding(status, evidence, note), "没有签退"), let_go, "{evidence} {note}");
        }
    }

    #[test]
    fn a06_late_and_early_are_two_and_a07_grace_is_the_plans() {
        let [late, early] = wanted(&attendance(12, 30, 0));
        assert_eq!(late.1.as_deref(), Some("计划08:00开始，08:12签到，迟到12分钟。"));
        assert_eq!(early.1.as_deref(), Some("计划12:00结束，11:30签退，早退30分钟。"));
        let [late, early] = wanted(&attendance(0, 0, 0));
        assert_eq!((late.1, early.1), (None, None));
        let [late, early] = wanted(&attendance(12, 13, 12));
        assert!(late.1.is_none() && early.1.is_some());
    }

    #[test]
    fn a_missing_sign_out_is_no_early_minutes() {
        let unsigned = AttendanceRow { signed_out_at: None, ..attendance(0, 30, 0) };
        assert_eq!(wanted(&unsigned)[1].1, None);
    }
}
