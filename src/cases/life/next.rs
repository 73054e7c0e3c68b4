//! What a step makes of a case: its dates, its decision, its handler.

use chrono::{Datelike as _, NaiveDate};
use serde_json::json;

use super::decide::{self, Frame};
use super::dossier::{self, Dossier};
use super::store::{self, Decision};
use super::take::MoveInput;
use crate::cases::assignment;
use crate::cases::documents::rules::document_number;
use crate::cases::states::rules::Facts;
use crate::cases::states::{Move, State};
use crate::error::AppError;
use crate::plan::dictionaries::Basis;
use crate::plan::dictionary::Dictionary as _;
use crate::web::work::Work;

pub(super) fn reason(input: &MoveInput) -> String {
    match (input.refusal, input.ground) {
        (Some(refusal), _) => refusal.label().to_owned(),
        (None, Some(ground)) => ground.label().to_owned(),
        (None, None) => String::new(),
    }
}

/// The case as it will stand.
pub(super) struct Next<'a> {
    pub(super) case: Dossier,
    pub(super) target: State,
    pub(super) decision: Decision<'a>,
    /// The handler given, with the number of the assignment.
    pub(super) handler: Option<(String, String)>,
    /// Who handled it before.
    pub(super) former: String,
}

impl<'a> Next<'a> {
    #[expect(clippy::too_many_arguments, reason = "a step rests on all of them, once")]
    pub(super) async fn decide(
        &mut self,
        work: &mut Work,
        bureau: i64,
        step: Move,
        input: &'a MoveInput,
        on: NaiveDate,
        frame: &Frame,
        facts: &Facts,
        common: &[dossier::CommonRow],
    ) -> Result<(), AppError> {
        let by = work.actor.account_id;
        if let Some(found) = input.examination {
            self.decision.scope_basis = Some(found.scope.code());
            self.decision.means = Some(found.means.code());
            self.decision.means_note = Some(&input.means_note);
        }
        match step {
            Move::Submit => {
                let next = store::next_number(work.conn(), bureau, on.year(), "申").await?;
                self.case.application_number = document_number(frame.county(), "申", on.year(), next);
                self.case.number = self.case.application_number.clone();
                self.case.received_on = on;
                self.case.accepted_on = on;
            }
            Move::Accept | Move::Supplemented => self.case.accepted_on = on,
            Move::AskSupplement => {
                let until = input.until.ok_or_else(|| AppError::refused("请填写补正期限。"))?;
                self.decision.supplement_until = Some(until);
            }
            Move::Review => {
                if input.examination.is_none() {
                    return Err(AppError::refused("请填写援助范围依据和经济状况核查情况。"));
                }
                self.decision.review_opinion = Some(&input.note);
                self.decision.reviewed_by = Some(by);
                self.decision.reviewed_on = Some(on);
            }
            Move::Grant | Move::AidFirst | Move::SettleAidFirst | Move::CorrectDecision => {
                if self.case.number == self.case.application_number {
                    self.case.number = decide::case_number(work, bureau, frame.county(), on.year()).await?;
                }
                if step == Move::CorrectDecision {
                    self.case.terminated_on = None;
                    self.case.termination_note = String::new();
                    store::end_assignment(work.conn(), self.case.id, on, "原决定已责令改正，另行指派").await?;
                }
                if step == Move::SettleAidFirst && !facts.aid_first_open {
                    return Err(AppError::refused("这个案件不是先行提供的，或者已经补办审批。"));
                }
                if step != Move::AidFirst {
                    self.case.granted_on = Some(on);
                    self.decision.settled_on = (step == Move::SettleAidFirst).then_some(on);
                }
                self.case.programme_case = decide::programme_now(&self.case, frame.programme()?).0;
                if step != Move::CorrectDecision {
                    self.decision.decided_by = Some(by);
                    self.decision.decided_on = Some(on);
                }
            }
            Move::Refuse => {
                if input.refusal.is_none() {
                    return Err(AppError::refused("请选择不予的理由。"));
                }
                self.decision.decided_by = Some(by);
                self.decision.decided_on = Some(on);
            }
            Move::Assign | Move::Change => self.assign(work, bureau, step, input, on, frame, common).await?,
            Move::TakeOn => {
                let now = work.now;
                if !store::accept_assignment(work.conn(), self.case.id, now).await? {
                    return Err(AppError::refused("这次指派已经接受过。"));
                }
            }
            Move::Sign => self.case.agreement_on = Some(on),
            Move::Conclude => {
                let closing = input.closing.as_ref().ok_or_else(|| AppError::refused("请填写结案情况。"))?;
                store::save_closing(work.conn(), bureau, self.case.id, by, closing).await?;
                self.case.concluded_on = Some(on);
            }
            Move::FileMaterials => self.case.filed_on = Some(on),
            Move::ReturnMaterials => store::save_review(work.conn(), self.case.id, None).await?,
            Move::PassClosing => {
                if !facts.items_failed.is_empty() {
                    return Err(AppError::Refused(format!(
                        "还有不合格或者没有审查的：{}；请退回补正，或者逐项审查合格后再报。",
                        facts.items_failed.join("、")
                    )));
                }
                let items = json!(input.items);
                store::save_review(work.conn(), self.case.id, Some((by, on, &items, &input.note))).await?;
            }
            Move::AgreeClosing => {
                store::agree_closing(work.conn(), self.case.id, by).await?;
                self.case.closing_agreed_on = Some(on);
            }
            Move::Enter => {
                if input.entry_number.is_empty() {
                    return Err(AppError::refused("请填写省系统编号。"));
                }
                let number = &input.entry_number;
                if let Some(other) = store::entered_under(work.conn(), bureau, number, self.case.id).await? {
                    return Err(AppError::refused(format!(
                        "省系统编号{number}已经登记在{other}上；一个编号只对应一个案件，请核对。"
                    )));
                }
                self.case.entered_on = Some(on);
                self.case.entry_number.clone_from(&input.entry_number);
            }
            Move::Terminate => {
                let ground = input.ground.ok_or_else(|| AppError::refused("请选择终止的情形。"))?;
                self.case.terminated_on = Some(on);
                self.case.termination_note = format!("{}　{}", ground.label(), input.note);
                store::end_assignment(work.conn(), self.case.id, on, "案件终止").await?;
            }
            Move::Archive => {
                let next = store::next_number(work.conn(), bureau, on.year(), "档").await?;
                self.case.archived_on = Some(on);
                self.case.archive_number = document_number(frame.county(), "档", on.year(), next);
            }
            Move::AskCooperation
            | Move::CooperationBack
            | Move::DeemWithdrawn
            | Move::Withdraw
            | Move::NotOurs
            | Move::SendBack
            | Move::Object
            | Move::UpholdDecision
            | Move::AskChange
            | Move::RefuseChange
            | Move::Begin
            | Move::Serve => {}
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a step rests on all of them, once")]
    async fn assign(
        &mut self,
        work: &mut Work,
        bureau: i64,
        step: Move,
        input: &MoveInput,
        on: NaiveDate,
        frame: &Frame,
        common: &[dossier::CommonRow],
    ) -> Result<(), AppError> {
        let id = input.handler.ok_or_else(|| AppError::refused("请选择承办人。"))?;
        let handler = store::find_handler(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
        if step == Move::Change && self.case.handler_id == Some(id) {
            return Err(AppError::refused("更换后的承办人与原承办人相同。"));
        }
        let candidates = assignment::candidates(work.conn(), bureau, &self.case, common, Some(id)).await?;
        let wanted = assignment::wanted(&self.case, on);
        let barred: Vec<String> =
            candidates.iter().flat_map(|row| assignment::rules::barred(&wanted, &row.candidate)).collect();
        if !barred.is_empty() {
            return Err(AppError::Refused(format!("不能指派{}：{}。", handler.name, barred.join("；"))));
        }
        let by = work.actor.account_id;
        if step == Move::Change {
            self.former.clone_from(&self.case.handler_name);
            store::end_assignment(work.conn(), self.case.id, on, &input.note).await?;
            self.case.agreement_on = None;
        }
        let next = store::next_number(work.conn(), bureau, on.year(), "指").await?;
        let number = document_number(frame.county(), "指", on.year(), next);
        store::insert_assignment(work.conn(), bureau, self.case.id, id, &number, on, by).await?;
        if let Some(account) = handler.account_id.filter(|_| self.case.restricted) {
            let now = work.now;
            store::give_access(work.conn(), self.case.id, account, by, now, "").await?;
        }
        self.case.assigned_on = Some(on);
        self.case.handler_id = Some(id);
        self.case.handler_account = handler.account_id;
        self.case.handler_name.clone_from(&handler.name);
        self.case.handler_category = handler.category;
        self.case.organisation = handler.firm;
        self.case.licence = handler.licence;
        if self.case.basis != Basis::Application {
            self.case.programme_case = decide::programme_now(&self.case, frame.programme()?).0;
        }
        self.handler = Some((handler.name, number));
        Ok(())
    }
}
