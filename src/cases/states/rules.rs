//! PURE. The life of a case as one table: who takes a step, from where to where, what it
//! needs, which document it makes, which clocks it ends and starts. The page that shows
//! the table and the buttons of a case's page are both drawn from it.

pub use super::needs::{Facts, Mending, Need};
pub use super::table::TABLE;
use crate::cases::clocks::Clock;
use crate::cases::documents::Kind;
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::web::permissions::Action;

dictionary! {
    /// Where a case stands.
    State {
        Draft = "draft", "登记";
        Submitted = "submitted", "已申请";
        Supplement = "supplement", "待补正";
        Accepted = "accepted", "已受理";
        Reviewing = "reviewing", "待审批";
        AidFirst = "aid_first", "先行提供";
        Granted = "granted", "决定给予";
        Notified = "notified", "收到通知";
        Assigned = "assigned", "已指派";
        Reassigning = "reassigning", "更换审批";
        Entrusted = "entrusted", "已签协议";
        Handling = "handling", "办理中";
        Concluded = "concluded", "已办结";
        ClosingReview = "closing_review", "结案审查";
        Returned = "returned", "退回补正";
        CloseAgreed = "close_agreed", "同意结案";
        Entered = "entered", "已录入省系统";
        Terminated = "terminated", "已终止";
        Archived = "archived", "已归档";
        Refused = "refused", "决定不予";
        Objection = "objection", "异议审查";
        Withdrawn = "withdrawn", "已撤回";
        DeemedWithdrawn = "deemed_withdrawn", "视为撤回";
        NotOurs = "not_ours", "转其他机构";
    }
}

impl State {
    /// Nothing follows.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, State::Archived | State::Withdrawn | State::DeemedWithdrawn | State::NotOurs)
    }

    /// The colour of its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            State::Supplement | State::Returned | State::Objection | State::Reassigning => "warn",
            State::Draft | State::Submitted | State::Granted | State::AidFirst | State::Notified => "info",
            State::Entered | State::Archived => "ok",
            State::Terminated | State::Refused => "bad",
            State::Withdrawn | State::DeemedWithdrawn | State::NotOurs => "quiet",
            State::Accepted
            | State::Reviewing
            | State::Assigned
            | State::Entrusted
            | State::Handling
            | State::Concluded
            | State::ClosingReview
            | State::CloseAgreed => "wait",
        }
    }

    /// Its number in the office's flow sheet.
    #[must_use]
    pub fn sheet(self) -> &'static str {
        match self {
            State::Draft => "S00",
            State::Submitted => "S01",
            State::Supplement => "S02",
            State::Accepted => "S03",
            State::Reviewing => "S04",
            State::AidFirst => "S05",
            State::Granted => "S10",
            State::Notified => "N01",
            State::Assigned => "S11",
            State::Reassigning => "S12",
            State::Entrusted => "S13",
            State::Handling => "S14",
            State::Concluded => "S15",
            State::ClosingReview => "S16",
            State::Returned => "S17",
            State::CloseAgreed => "S18",
            State::Entered => "S19",
            State::Refused => "S20",
            State::Objection => "S21",
            State::Terminated => "S30",
            State::Archived => "S60",
            State::Withdrawn => "S90",
            State::DeemedWithdrawn => "S91",
            State::NotOurs => "S92",
        }
    }
}

dictionary! {
    /// A step in the life of a case.
    Move {
        Submit = "submit", "收到申请";
        Accept = "accept", "受理";
        AskSupplement = "ask_supplement", "通知补正";
        Supplemented = "supplemented", "补正齐全";
        AskCooperation = "ask_cooperation", "请求协作核查";
        CooperationBack = "cooperation_back", "收到核查结果";
        DeemWithdrawn = "deem_withdrawn", "视为撤回申请";
        Withdraw = "withdraw", "撤回申请";
        NotOurs = "not_ours", "转有管辖权的机构";
        Review = "review", "提出审查意见";
        SendBack = "send_back", "退回重新审查";
        Grant = "grant", "决定给予援助";
        Refuse = "refuse", "决定不予援助";
        AidFirst = "aid_first", "决定先行提供";
        SettleAidFirst = "settle_aid_first", "补办审批手续";
        Object = "object", "登记异议";
        UpholdDecision = "uphold", "维持决定";
        CorrectDecision = "correct_decision", "责令改正";
        Assign = "assign", "指派承办人";
        TakeOn = "take_on", "接受指派";
        AskChange = "ask_change", "申请更换承办人";
        Change = "change", "同意更换并另行指派";
        RefuseChange = "refuse_change", "不同意更换";
        Sign = "sign", "签订委托协议";
        Begin = "begin", "开始办理";
        Conclude = "conclude", "登记办结";
        FileMaterials = "file_materials", "提交结案材料";
        ReturnMaterials = "return_materials", "退回补正材料";
        PassClosing = "pass_closing", "审查合格，报负责人";
        AgreeClosing = "agree_closing", "同意结案";
        Enter = "enter", "登记录入省系统";
        Terminate = "terminate", "决定终止";
        Serve = "serve", "登记送达";
        Archive = "archive", "归档";
    }
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The desk of the legal aid centre.
    Desk,
    /// The centre's director.
    Director,
    /// The handler of the case.
    Handler,
    /// The handler, or the desk for them.
    HandlerOrDesk,
    /// The bureau, not the centre (art 49).
    Bureau,
}

impl Who {
    /// In words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Who::Desk => "法律援助中心工作人员",
            Who::Director => "法律援助中心负责人",
            Who::Handler => "本案承办人",
            Who::HandlerOrDesk => "本案承办人或中心工作人员",
            Who::Bureau => "司法局经办人",
        }
    }

    /// The rights of which one is needed.
    #[must_use]
    pub fn actions(self) -> &'static [Action] {
        match self {
            Who::Desk => &[Action::RegisterCases],
            Who::Director => &[Action::DecideCases],
            Who::Handler => &[Action::HandleCases],
            Who::HandlerOrDesk => &[Action::HandleCases, Action::RegisterCases],
            Who::Bureau => &[Action::DecideCaseObjections],
        }
    }
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To a state.
    State(State),
    /// It stays where it is.
    Same,
    /// Back to where the case was before it went there.
    Back,
}

/// What the form of a step asks for, besides its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A text that must be given, by this name.
    Note(&'static str),
    /// A text that may be given, by this name.
    MaybeNote(&'static str),
    /// Ready wording that tells the receiver what to do next.
    Wording,
    /// To whom the letter goes, by this name.
    Addressee(&'static str),
    /// A last day.
    Until(&'static str),
    /// A reason of refusal.
    Refusal,
    /// A ground of termination.
    Ground,
    /// A handler.
    Handler,
    /// What the desk found on scope and means.
    Examination,
    /// How the case ended, with the closing report.
    Closing,
    /// Each item of the file: there, missing, not good.
    Items,
    /// The provincial system's number.
    EntryNumber,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The step.
    pub step: Move,
    /// Where it may be taken.
    pub from: &'static [State],
    /// Where it leads.
    pub to: To,
    /// By whom.
    pub who: Who,
    /// What it needs.
    pub needs: &'static [Need],
    /// Which documents it makes.
    pub makes: &'static [Kind],
    /// Which clocks end with it.
    pub ends: &'static [Clock],
    /// Which start.
    pub starts: &'static [Clock],
    /// What its form asks for.
    pub asks: &'static [Ask],
    /// Where it stands in the rules.
    pub source: &'static str,
}

impl Move {
    /// The form of an earlier step that this one completes with its decision.
    #[must_use]
    pub fn completes(self) -> Option<Kind> {
        match self {
            Move::Grant | Move::Refuse | Move::SettleAidFirst => Some(Kind::Approval),
            Move::Change | Move::RefuseChange => Some(Kind::ChangeApproval),
            Move::AgreeClosing => Some(Kind::ClosingReview),
            _ => None,
        }
    }

    /// The decision in the words of that form.
    #[must_use]
    pub fn decision(self) -> &'static str {
        match self {
            Move::Grant => "给予法律援助",
            Move::SettleAidFirst => "给予法律援助（先行提供，补办审批）",
            Move::AidFirst => "先行提供法律援助",
            Move::Refuse => "不予法律援助",
            Move::Change => "同意更换",
            Move::RefuseChange => "不同意更换",
            Move::AgreeClosing => "同意结案",
            _ => "",
        }
    }

    /// Beside the straight way from the question to the archive: offered after the others.
    #[must_use]
    pub fn is_aside(self) -> bool {
        matches!(
            self,
            Move::AskSupplement
                | Move::AskCooperation
                | Move::DeemWithdrawn
                | Move::Withdraw
                | Move::NotOurs
                | Move::SendBack
                | Move::Refuse
                | Move::AidFirst
                | Move::SettleAidFirst
                | Move::Object
                | Move::AskChange
                | Move::RefuseChange
                | Move::ReturnMaterials
                | Move::Terminate
                | Move::Serve
        )
    }
}

use State as S;

const RUNNING: &[State] = &[S::Assigned, S::Reassigning, S::Entrusted, S::Handling];

/// The row of a step.
#[must_use]
pub fn row(step: Move) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.step == step)
}

/// The steps that a case in this state may take, whoever takes them.
pub fn steps_from(state: State) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.from.contains(&state))
}

/// Whether the step may be taken now.
///
/// # Errors
/// Everything that is in the way, each in a sentence: the state first, then what is missing.
pub fn may_take(row: &Row, state: State, facts: &Facts) -> Result<(), Vec<String>> {
    if !row.from.contains(&state) {
        let from: Vec<&str> = row.from.iter().map(|state| state.label()).collect();
        return Err(vec![format!(
            "案件现在是“{}”，不能“{}”；这一步只能在“{}”时办理。",
            state.label(),
            row.step.label(),
            from.join("”“")
        )]);
    }
    let faults: Vec<String> = row.needs.iter().filter_map(|need| need.check(facts).err()).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Where the case stands after a step. `before` is where it was before the state it is in.
#[must_use]
pub fn target(row: &Row, state: State, before: Option<State>, entered: bool) -> State {
    let target = match row.to {
        To::State(target) => target,
        To::Same => state,
        To::Back => before.unwrap_or(state),
    };
    // The entry may be made at any time; the case moves on once both are there (S18, S19).
    match (row.step, target) {
        (Move::AgreeClosing, State::CloseAgreed) if entered => State::Entered,
        (Move::Enter, State::CloseAgreed) => State::Entered,
        _ => target,
    }
}

impl Row {
    /// Where it leads, in words.
    #[must_use]
    pub fn to_words(&self) -> String {
        match self.to {
            To::State(state) => state.label().to_owned(),
            To::Same if self.step == Move::Enter => "不变；已同意结案的转为“已录入省系统”".to_owned(),
            To::Same => "状态不变".to_owned(),
            To::Back => "回到原状态".to_owned(),
        }
    }

    /// Where it may be taken, in words.
    #[must_use]
    pub fn from_words(&self) -> String {
        self.from.iter().map(|state| state.label()).collect::<Vec<_>>().join("、")
    }

    /// What it needs, in words.
    #[must_use]
    pub fn needs_words(&self) -> String {
        self.needs.iter().map(|need| need.label()).collect::<Vec<_>>().join("；")
    }

    /// What it makes, in words.
    #[must_use]
    pub fn makes_words(&self) -> String {
        self.makes.iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、")
    }

    /// What it starts, in words.
    #[must_use]
    pub fn starts_words(&self) -> String {
        self.starts
            .iter()
            .map(|clock| format!("{}（{}）", clock.label(), clock.length_words()))
            .collect::<Vec<_>>()
            .join("；")
    }
}

/// States in which a handler works on the case.
#[must_use]
pub fn is_running(state: State) -> bool {
    RUNNING.contains(&state)
}

#[cfg(test)]
mod tests;
