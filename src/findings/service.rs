//! What is done with findings, each step in one transaction with its audit record. Pages
//! call these, and so does whatever fills a database without pages.

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;

use super::db::{self, FindingRow, Proposal};
use super::rules::{self, Mover, Status, Step, Verdict};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::deadlines;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{month_and_day, short_date};
use crate::programmes;
use crate::web::actor::{Actor, Scope};
use crate::web::work::Work;

/// The longest evidence, objection or note, in characters.
pub const LONGEST_TEXT: usize = 1000;

/// A finding as a person proposes it.
#[derive(Clone, Debug)]
pub struct NewFinding {
    /// The shift that it is about.
    pub shift_id: i64,
    /// What was found.
    pub subject: Subject,
    /// What it rests on, in words.
    pub evidence: String,
}

/// What was found, with what tells it from others of its kind.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A defective record of the shift (A08).
    RecordDefect {
        /// The record.
        consultation: i64,
    },
    /// A verified dissatisfaction or complaint (A09).
    Dissatisfied(Matter),
    /// Away from post at a roll-call (A18).
    OffPost {
        /// When the roll was called.
        at: NaiveTime,
    },
    /// Not on duty, or somebody else in their place (A16).
    FalseDuty {
        /// When it was noticed; without one it is the whole shift.
        at: Option<NaiveTime>,
    },
}

/// What a client was dissatisfied with.
#[derive(Clone, Debug)]
pub enum Matter {
    /// A stored record of the shift.
    Consultation(i64),
    /// Something else, named so that it is known again.
    Named(String),
}

impl Subject {
    /// The kind of finding.
    #[must_use]
    pub fn kind(&self) -> FindingKind {
        match self {
            Self::RecordDefect { .. } => FindingKind::RecordDefect,
            Self::Dissatisfied(_) => FindingKind::Dissatisfied,
            Self::OffPost { .. } => FindingKind::OffPost,
            Self::FalseDuty { .. } => FindingKind::FalseDuty,
        }
    }

    fn consultation(&self) -> Option<i64> {
        match self {
            Self::RecordDefect { consultation } | Self::Dissatisfied(Matter::Consultation(consultation)) => {
                Some(*consultation)
            }
            Self::Dissatisfied(Matter::Named(_)) | Self::OffPost { .. } | Self::FalseDuty { .. } => None,
        }
    }

    fn occurrence(&self) -> String {
        match self {
            Self::RecordDefect { consultation } | Self::Dissatisfied(Matter::Consultation(consultation)) => {
                format!("consultation:{consultation}")
            }
            Self::Dissatisfied(Matter::Named(words)) => format!("matter:{}", rules::matter_key(words)),
            Self::OffPost { at } => at.format("%H:%M").to_string(),
            Self::FalseDuty { at } => at.map(|at| at.format("%H:%M").to_string()).unwrap_or_default(),
        }
    }
}

fn mover(actor: &Actor) -> Mover {
    Mover { account: actor.account_id, role: actor.role, person: actor.person_id }
}

/// A text that must say something and not too much.
fn checked_text<'a>(text: &'a str, missing: &str) -> Result<&'a str, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AppError::refused(format!("{missing}。")));
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(AppError::refused(format!("文字过长，请控制在{LONGEST_TEXT}字以内。")));
    }
    Ok(text)
}

/// Proposes a finding with its evidence.
///
/// # Errors
/// Out of scope; evidence missing; a shift still to come; a record of another shift; an absence that is of another
/// kind (A18); the same finding already there (A08, A09).
pub async fn propose(work: &mut Work, scope: Scope, new: NewFinding) -> Result<i64, AppError> {
    let evidence = checked_text(&new.evidence, "请写明事实和证据")?.to_owned();
    db::lock_shift(work.conn(), new.shift_id).await?;
    let shift = db::find_shift(work.conn(), scope, new.shift_id).await?.ok_or(AppError::NotFound)?;
    if shift.duty_on > work.today() {
        return Err(AppError::refused(format!("{}的班次还没有开始，不能提出扣款事项。", month_and_day(shift.duty_on))));
    }
    let kind = new.subject.kind();
    let occurrence = new.subject.occurrence();
    if let Some(record) = new.subject.consultation() {
        let record = db::find_record(work.conn(), scope.bureau(), record).await?.ok_or(AppError::NotFound)?;
        if record.shift_id != shift.id {
            return Err(AppError::refused(format!("咨询记录{}不是这个班次的记录。", record.number)));
        }
    }
    if let Subject::OffPost { at } = new.subject {
        rules::absence_from_post(&shift.presence(), at).map_err(AppError::Refused)?;
    }
    let known = db::live_findings(work.conn(), shift.id).await?;
    rules::one_absence_one_kind(kind, &occurrence, &known).map_err(AppError::Refused)?;
    let proposal = Proposal {
        shift_id: shift.id,
        kind,
        occurrence,
        consultation_id: new.subject.consultation(),
        evidence,
        proposed_by: Some(work.actor.account_id),
    };
    match store(work, &proposal).await? {
        Some(id) => Ok(id),
        None => Err(AppError::refused(already(kind))),
    }
}

/// What the same finding twice is, in words.
fn already(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::RecordDefect => "这份咨询记录已经提出过扣款事项，每份记录只扣一次。",
        FindingKind::Dissatisfied => "同一服务对象的同一事项已经提出过，不满意评价和投诉只扣一次。",
        FindingKind::OffPost => "这次点名的脱岗已经提出过。",
        FindingKind::Late | FindingKind::EarlyLeave | FindingKind::FalseDuty => "这个班次已经提出过同类事项。",
    }
}

/// Stores a proposal with its audit record; `None` when it is there already.
pub(super) async fn store(work: &mut Work, proposal: &Proposal) -> Result<Option<i64>, AppError> {
    let now = work.now;
    db::hold_venue_month(work.conn(), proposal.shift_id).await?;
    let Some(id) = db::insert(work.conn(), proposal, now).await? else {
        return Ok(None);
    };
    let record = Audit::new("finding.propose", "finding", id)
        .after(json!({
            "shift": proposal.shift_id,
            "kind": proposal.kind.code(),
            "occurrence": proposal.occurrence,
            "by_system": proposal.proposed_by.is_none(),
        }))
        .note(&proposal.evidence);
    work.audit(record).await?;
    Ok(Some(id))
}

/// A reviewed record that has defects becomes a proposal of its reviewer (A08). `None` when it is one already.
///
/// # Errors
/// No such record, or no reason.
pub async fn propose_record_defect(
    work: &mut Work,
    consultation_id: i64,
    reason: &str,
) -> Result<Option<i64>, AppError> {
    let reason = checked_text(reason, "请写明缺项或不规范之处")?;
    let bureau = work.actor.bureau_id;
    let record = db::find_record(work.conn(), bureau, consultation_id).await?.ok_or(AppError::NotFound)?;
    let subject = Subject::RecordDefect { consultation: record.id };
    let proposal = Proposal {
        shift_id: record.shift_id,
        kind: subject.kind(),
        occurrence: subject.occurrence(),
        consultation_id: Some(record.id),
        evidence: format!("咨询记录{}：{reason}", record.number),
        proposed_by: Some(work.actor.account_id),
    };
    store(work, &proposal).await
}

/// Does a step with one finding.
///
/// # Errors
/// Out of scope; the step is not this account's or not this state's; the note is missing; the finding changed since
/// the page with `version` was drawn.
pub async fn take_step(
    work: &mut Work,
    scope: Scope,
    step: Step,
    id: i64,
    version: Option<i32>,
    note: &str,
) -> Result<FindingRow, AppError> {
    db::lock(work.conn(), scope.bureau(), &[id]).await?;
    let finding = db::find(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    if version.is_some_and(|seen| seen != finding.version) {
        return Err(AppError::refused("您打开页面之后，这项扣款事项已有变化。请刷新页面，看过之后再办理。"));
    }
    carry_out(work, step, &finding, note).await?;
    Ok(finding)
}

/// Tells the person concerned; from then on they may object.
///
/// # Errors
/// As [`take_step`]; also when the working days of the objection cannot be counted.
pub async fn tell(work: &mut Work, scope: Scope, id: i64) -> Result<FindingRow, AppError> {
    take_step(work, scope, Step::Tell, id, None, "").await
}

/// The person concerned objects.
///
/// # Errors
/// As [`take_step`].
pub async fn object(work: &mut Work, scope: Scope, id: i64, text: &str) -> Result<FindingRow, AppError> {
    take_step(work, scope, Step::Object, id, None, text).await
}

/// Somebody other than the proposer confirms.
///
/// # Errors
/// As [`take_step`].
pub async fn confirm(work: &mut Work, scope: Scope, id: i64, note: &str) -> Result<FindingRow, AppError> {
    take_step(work, scope, Step::Confirm, id, None, note).await
}

/// It does not count.
///
/// # Errors
/// As [`take_step`].
pub async fn revoke(work: &mut Work, scope: Scope, id: i64, note: &str) -> Result<FindingRow, AppError> {
    take_step(work, scope, Step::Revoke, id, None, note).await
}

/// Does the same step with several findings, all or none. Each comes with the version that was seen.
///
/// # Errors
/// As [`take_step`], naming the first finding that refuses.
pub async fn take_step_together(
    work: &mut Work,
    scope: Scope,
    step: Step,
    seen: &[(i64, i32)],
    note: &str,
) -> Result<usize, AppError> {
    let ids: Vec<i64> = seen.iter().map(|(id, _)| *id).collect();
    db::lock(work.conn(), scope.bureau(), &ids).await?;
    let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let findings = db::findings(work.conn(), scope, &db::Filter::some(&ids), limit).await?;
    for (id, version) in seen {
        let finding = findings.iter().find(|finding| finding.id == *id).ok_or(AppError::NotFound)?;
        let name = || format!("{}{}的“{}”", short_date(finding.event_on), finding.person, finding.kind);
        if finding.version != *version {
            return Err(AppError::refused(format!("{}已有变化，全部没有办理。请返回列表重新勾选。", name())));
        }
        carry_out(work, step, finding, note).await.map_err(|error| match error {
            AppError::Refused(text) => AppError::refused(format!("{}：{text}全部没有办理。", name())),
            other => other,
        })?;
    }
    Ok(findings.len())
}

/// Decides by the table, then writes the state, the step and the audit record.
async fn carry_out(work: &mut Work, step: Step, finding: &FindingRow, note: &str) -> Result<(), AppError> {
    let note = match rules::judge(step, &finding.situation(), &mover(&work.actor), work.today()) {
        Verdict::Refused(text) => return Err(AppError::Refused(text)),
        Verdict::WithNote(missing) => checked_text(note, missing)?,
        Verdict::Allowed => note.trim(),
    };
    let (id, version, account, now) = (finding.id, finding.version, work.actor.account_id, work.now);
    let (status, written, done) = match step {
        Step::Tell => {
            let until = objection_until(work, finding).await?;
            let told = db::set_told(work.conn(), id, version, account, now, until).await?;
            (Status::Told, format!("异议期至{}。{note}", month_and_day(until)), told)
        }
        Step::Object => {
            (Status::Objected, note.to_owned(), db::set_objected(work.conn(), id, version, note, now).await?)
        }
        Step::Confirm | Step::Revoke | Step::Withdraw => {
            // A calculation sees a decision whole or not at all; its approval looks again.
            let bureau = work.actor.bureau_id;
            db::hold_settlements(work.conn(), bureau).await?;
            let to = if step == Step::Confirm { Status::Confirmed } else { Status::Revoked };
            (to, note.to_owned(), db::set_decided(work.conn(), id, version, to, account, now, note).await?)
        }
    };
    if !done {
        return Err(AppError::refused("有人刚刚办理了这项扣款事项，请刷新页面查看。"));
    }
    db::add_step(work.conn(), id, now, Some(account), status, &written).await?;
    let action = match step {
        Step::Tell => "finding.tell",
        Step::Object => "finding.object",
        Step::Confirm => "finding.confirm",
        Step::Revoke => "finding.revoke",
        Step::Withdraw => "finding.withdraw",
    };
    let record = Audit::new(action, "finding", id)
        .before(json!({ "status": finding.status.code(), "version": version }))
        .after(json!({ "status": status.code() }))
        .note(written);
    work.audit(record).await
}

/// A54: the last day of the objection of somebody told today.
async fn objection_until(work: &mut Work, finding: &FindingRow) -> Result<NaiveDate, AppError> {
    let bureau = work.actor.bureau_id;
    let today = work.today();
    let year = finding.month.year();
    let programme = programmes::db::find(work.conn(), bureau, year)
        .await?
        .ok_or_else(|| AppError::refused(format!("{year}年的实施方案还没有建立，不能计算异议期。")))?;
    let calendar = programmes::db::calendar(work.conn()).await?;
    deadlines::objection(&programme.content, &calendar, today)
        .map_err(|unknown| AppError::refused(format!("{unknown}，请先录入工作日历。")))
}
