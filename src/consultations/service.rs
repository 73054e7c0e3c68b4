//! What can be done with service records: decide, store, record. Pages and the
//! demonstration both come through here.

use serde_json::{Value, json};
use uuid::Uuid;

use super::db::{self, Consultation};
use super::personal;
use super::record::{NewConsultation, number};
use crate::audit::Audit;
use crate::error::AppError;
use crate::findings;
use crate::plan::dictionaries::{RecordIrregularity, ReviewResult};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::secrets::{Seals, mask_name};
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::work::{Work, snapshot};

/// A record as saved.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The record.
    pub id: i64,
    /// Its number.
    pub number: String,
}

/// 登记: saves a record in one's own shift, or, as the venue's staff, in one of the
/// venue's. Four statements.
///
/// # Errors
/// [`AppError::NotFound`] for a shift out of reach; [`AppError::Refused`] when the shift
/// takes no records; [`AppError::Unusable`] with the first of what is missing.
pub async fn record(work: &mut Work, seals: &Seals, scope: Scope, new: &NewConsultation) -> Result<Recorded, AppError> {
    let shift = db::find_shift(work.conn(), scope, new.shift).await?.ok_or(AppError::NotFound)?;
    if let Some(reason) = shift.day().closed_to_records(work.today()) {
        return Err(AppError::refused(reason));
    }
    refuse_faults(new, shift.day(), work)?;
    let seal_id = Uuid::new_v4();
    let kept = personal::keep(seals, seal_id, &new.client)?;

    let (bureau, now, by) = (scope.bureau(), work.now, work.actor.account_id);
    let counter = db::next_number(work.conn(), bureau, shift.venue_id, shift.month, new.channel.counts()).await?;
    let number = number(&shift.venue_code, shift.duty_on, counter);
    let id = db::insert(work.conn(), bureau, &shift, &number, seal_id, new, &kept, by, now)
        .await?
        .ok_or_else(|| AppError::refused("本月考勤刚刚审定上报，这份记录没有保存；如需补录，请先由司法局退回。"))?;
    work.audit(Audit::new("consultation.record", "consultation", id).after(json!({
        "number": number,
        "shift": shift.id,
        "channel": new.channel,
        "topic": new.topic,
        "client": mask_name(&new.client.name),
        "phone": kept.phone.mask,
        "id_number": kept.id_number.mask,
        "from_paper": new.from_paper,
    })))
    .await?;
    Ok(Recorded { id, number })
}

/// Puts a record right: by who recorded it, until the venue's month is certified. What
/// is sealed and not typed again stays, unless it is among `forget`.
///
/// # Errors
/// [`AppError::NotFound`] out of reach, [`AppError::Refused`] for another's record, in a
/// certified month, or when somebody changed it meanwhile.
pub async fn edit(
    work: &mut Work,
    seals: &Seals,
    scope: Scope,
    id: i64,
    version: i32,
    new: &NewConsultation,
    forget: &[String],
) -> Result<(), AppError> {
    let before = db::find(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    if let Some(reason) = closed_to_edits(&before, work.actor.account_id) {
        return Err(AppError::refused(reason));
    }
    let shift = db::find_shift(work.conn(), scope, before.shift_id).await?.ok_or(AppError::NotFound)?;
    refuse_faults(new, shift.day(), work)?;
    let kept = personal::keep(seals, before.seal_id, &new.client)?;

    // Certification waits for this, or is seen by the guard below.
    let moved = i32::from(new.channel.counts()) - i32::from(before.channel.counts());
    db::move_count(work.conn(), shift.venue_id, shift.month, moved).await?;
    let current = db::find(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    if current.reported {
        return Err(AppError::refused("本月考勤刚刚审定上报，修改没有保存。"));
    }
    if !db::update(work.conn(), id, version, shift.duty_on, new, &kept, forget).await? {
        return Err(AppError::refused("这份记录在您打开之后有人改过，修改没有保存。请刷新页面核对后再改。"));
    }
    let after = db::find(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    work.audit(
        Audit::new("consultation.edit", "consultation", id).before(masked(seals, &before)).after(masked(seals, &after)),
    )
    .await
}

/// Why a record cannot be put right by this account; `None` when it can.
pub(super) fn closed_to_edits(consultation: &Consultation, account: i64) -> Option<&'static str> {
    if consultation.recorded_by != account {
        return Some("只有登记人本人可以修改这份记录。");
    }
    if consultation.reported {
        return Some("本月考勤已审定上报，咨询记录不能再改。");
    }
    if is_defective(&consultation.review) {
        return Some("这份记录已复核为缺项或不规范，不能再改；对结果有异议的，请在扣款事项中提出。");
    }
    None
}

fn is_defective(review: &str) -> bool {
    ReviewResult::from_code(review).is_some_and(ReviewResult::is_defect)
}

/// What a reviewer says of a record.
#[derive(Clone, Debug)]
pub struct NewReview {
    /// The result.
    pub result: ReviewResult,
    /// What makes it irregular; needed for that result only.
    pub irregularity: Option<RecordIrregularity>,
    /// In words: which fields are missing, what to put right.
    pub note: String,
}

impl NewReview {
    /// Result and note as they are kept.
    fn words(&self) -> String {
        match (self.irregularity.filter(|_| self.result == ReviewResult::Irregular), self.note.as_str()) {
            (Some(what), "") => what.label().to_owned(),
            (Some(what), note) => format!("{}：{note}", what.label()),
            (None, note) => note.to_owned(),
        }
    }

    /// What is missing in the review, field by field.
    pub fn check(&self, errors: &mut Errors) {
        let needs_note = match self.result {
            ReviewResult::Qualified => false,
            ReviewResult::Returned | ReviewResult::MissingItems => true,
            ReviewResult::Irregular => self.irregularity == Some(RecordIrregularity::Other),
        };
        if self.result == ReviewResult::Irregular && self.irregularity.is_none() {
            errors.add("irregularity", "请选择不规范的情形。");
        }
        if needs_note && self.note.is_empty() {
            errors.add(
                "note",
                match self.result {
                    ReviewResult::MissingItems => "请写明缺哪几项。",
                    ReviewResult::Irregular => "选了“其他”，请写明不规范的情形。",
                    ReviewResult::Qualified | ReviewResult::Returned => "请写明需要补正什么。",
                },
            );
        }
        if self.note.chars().count() > 200 {
            errors.add("note", "复核意见最多200个字。");
        }
    }
}

/// 复核: the bureau's clerk reviews a record. A defect becomes a proposed finding
/// (A08: once a record, after the review); sending back costs nothing.
///
/// # Errors
/// [`AppError::Refused`] for one's own record, one found defective before, one to be sent
/// back into a certified month, or when somebody changed it meanwhile.
pub async fn review(work: &mut Work, scope: Scope, id: i64, version: i32, new: &NewReview) -> Result<(), AppError> {
    let mut errors = Errors::new();
    new.check(&mut errors);
    if let Some((_, message)) = errors.iter().next() {
        return Err(AppError::Unusable(message.to_owned()));
    }
    let before = db::find(work.conn(), scope, id).await?.ok_or(AppError::NotFound)?;
    if before.recorded_by == work.actor.account_id {
        return Err(AppError::refused("咨询记录须由登记人以外的人复核。"));
    }
    if is_defective(&before.review) {
        return Err(AppError::refused("这份记录已复核为缺项或不规范，并提出扣款事项；请在扣款事项中处理。"));
    }
    if new.result == ReviewResult::Returned && before.reported {
        return Err(AppError::refused("本月考勤已审定上报，登记人不能再改，因此不能退回补正；可按缺项或不规范处理。"));
    }
    let (now, by, words) = (work.now, work.actor.account_id, new.words());
    if !db::set_review(work.conn(), id, version, new.result.code(), &words, by, now).await? {
        return Err(AppError::refused("这份记录在您打开之后有变动，复核没有保存。请刷新页面核对后再复核。"));
    }
    if new.result.is_defect() {
        let evidence = format!("复核为{}：{words}", new.result.label());
        findings::propose_record_defect(work, id, &evidence).await?;
    }
    work.audit(
        Audit::new("consultation.review", "consultation", id)
            .before(snapshot(&before.review))
            .after(json!({ "review": new.result, "number": before.number }))
            .note(words),
    )
    .await
}

/// Keeps recording and putting right in a venue's month waiting until this work ends:
/// whoever comes after sees what was decided.
///
/// # Errors
/// When the database fails.
pub async fn hold_month(work: &mut Work, bureau: i64, venue: i64, month: Month) -> Result<(), AppError> {
    db::hold_sums(work.conn(), bureau, venue, month).await?;
    Ok(())
}

fn refuse_faults(new: &NewConsultation, day: super::record::DutyDay, work: &Work) -> Result<(), AppError> {
    let mut errors = Errors::new();
    new.check(day, work.now, &mut errors);
    match errors.iter().next() {
        None => Ok(()),
        Some((_, message)) => Err(AppError::Unusable(message.to_owned())),
    }
}

/// A record for the audit trail, which is never deleted: names masked, and of the texts that
/// go after five years only how long they are and a keyed check value, so that a change shows.
fn masked(seals: &Seals, consultation: &Consultation) -> Value {
    let mut value = snapshot(consultation);
    if let Value::Object(fields) = &mut value {
        for name in ["facts", "request", "advice"] {
            if let Some(Value::String(text)) = fields.get_mut(name).filter(|text| *text != "") {
                let check = seals.blind_index("consultation.text", text);
                let check: String = check.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
                *text = format!("{}字，校验值{check}", text.chars().count());
            }
        }
        fields.insert("client".to_owned(), Value::String(mask_name(&consultation.client_name)));
    }
    value
}
