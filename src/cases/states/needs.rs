//! PURE. What a step needs of a case: each need is checked by itself, says why it is not met, and where that is
//! made good.

use chrono::NaiveDate;

use crate::plan::dictionary::dictionary;
use crate::plan::time::chinese_date;

dictionary! {
    /// What a step needs; each is checked and says what is missing.
    Need {
        ApplicationWhole = "application_whole", "申请内容填写完整";
        IdentityShown = "identity_shown", "身份证明";
        FirstSupplement = "first_supplement", "尚未通知过补正（一次性告知）";
        SupplementOverdue = "supplement_overdue", "补正期限已过";
        NotCooperating = "not_cooperating", "没有等候中的协作核查";
        Cooperating = "cooperating", "已请求协作核查";
        ScopeNamed = "scope_named", "写明援助范围依据";
        MeansSettled = "means_settled", "经济状况已核查或者免予核查";
        GroupsProved = "groups_proved", "每个群体都有证明";
        NoDuplicate = "no_duplicate", "不是同一事项重复申请";
        OtherThanReviewer = "other_than_reviewer", "审批人不是审查人";
        NotHandler = "not_handler", "经办人不是本案承办人";
        AidFirstGround = "aid_first_ground", "第四十四条情形";
        AidFirstSettled = "aid_first_settled", "先行提供的已补办审批";
        WithinObjection = "within_objection", "在异议期限内";
        HandlerFits = "handler_fits", "承办人符合条件";
        HandlerAccepted = "handler_accepted", "承办人已接受指派";
        AgreementFiled = "agreement_filed", "委托协议或者不拒绝辩护笔录";
        ReportWhole = "report_whole", "结案报告填写完整";
        FileWhole = "file_whole", "结案材料齐全";
        ItemsPassed = "items_passed", "逐项审查合格";
        ClosingPassed = "closing_passed", "已经逐项审查合格并报负责人";
        ProgrammeChecked = "programme_checked", "惠民工程对象复核";
        NotEntered = "not_entered", "尚未录入";
        NoOpenObjection = "no_open_objection", "没有未处理的异议";
        VolumeWhole = "volume_whole", "卷宗目录完整";
    }
}

/// What is known of a case when a step is about to be taken.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What is missing in the application, in words.
    pub application_missing: Vec<&'static str>,
    /// An identity paper lies before the office.
    pub identity_shown: bool,
    /// Supplement notices sent.
    pub supplements: i32,
    /// The supplement's last day is over.
    pub supplement_overdue: bool,
    /// Another office is asked to look something up, and has not answered.
    pub cooperating: bool,
    /// Article under which aid is given.
    pub scope_named: bool,
    /// Means allow aid.
    pub means_settled: bool,
    /// Groups without proof.
    pub unproved: Vec<&'static str>,
    /// The duplicate, in words.
    pub duplicate: Option<String>,
    /// Who acts reviewed it.
    pub actor_reviewed: bool,
    /// Who acts handles it.
    pub actor_handles: bool,
    /// The limitation period ends within seven days, or preservation is asked for.
    pub aid_first_ground: bool,
    /// Aid was given first and the papers are not made up yet.
    pub aid_first_open: bool,
    /// The fifteen days are over.
    pub objection_over: bool,
    /// The handler took it on.
    pub handler_accepted: bool,
    /// The agreement lies in the file.
    pub agreement_filed: bool,
    /// What is missing in the closing report.
    pub report_missing: Vec<&'static str>,
    /// Required items without a document.
    pub file_missing: Vec<&'static str>,
    /// Items that the review found wanting, or not looked at.
    pub items_failed: Vec<String>,
    /// Passed the item-by-item review.
    pub closing_passed: bool,
    /// Who acts passed it.
    pub actor_passed: bool,
    /// What the second look at the programme's conditions found.
    pub programme_fault: Option<String>,
    /// Entered in the provincial system.
    pub entered: bool,
    /// An objection is open.
    pub objection_open: bool,
    /// Until when the recipient may still object, while that day has not passed.
    pub objection_until: Option<NaiveDate>,
    /// What the volume lacks.
    pub volume_missing: Vec<&'static str>,
}

/// Where what a step lacks can be made good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mending {
    /// On the form of the application.
    Application,
    /// Among the papers of the case.
    Papers,
}

impl Need {
    /// Where the need is met, when it is not met by a step of its own.
    #[must_use]
    pub fn mending(self) -> Option<Mending> {
        match self {
            Need::ApplicationWhole | Need::GroupsProved | Need::AidFirstGround => Some(Mending::Application),
            Need::IdentityShown | Need::AgreementFiled | Need::FileWhole | Need::VolumeWhole => Some(Mending::Papers),
            Need::FirstSupplement
            | Need::SupplementOverdue
            | Need::NotCooperating
            | Need::Cooperating
            | Need::ScopeNamed
            | Need::MeansSettled
            | Need::NoDuplicate
            | Need::OtherThanReviewer
            | Need::NotHandler
            | Need::AidFirstSettled
            | Need::WithinObjection
            | Need::HandlerFits
            | Need::HandlerAccepted
            | Need::ReportWhole
            | Need::ItemsPassed
            | Need::ClosingPassed
            | Need::ProgrammeChecked
            | Need::NotEntered
            | Need::NoOpenObjection => None,
        }
    }

    /// Whether the need is met.
    ///
    /// # Errors
    /// What is missing and what to do, in one sentence.
    pub fn check(self, facts: &Facts) -> Result<(), String> {
        let list = |words: &[&'static str]| words.join("、");
        let fault = match self {
            Need::ApplicationWhole if !facts.application_missing.is_empty() => {
                format!("申请内容还缺：{}，请先补填。", list(&facts.application_missing))
            }
            Need::IdentityShown if !facts.identity_shown => "还没有身份证明，请先收存身份证明再受理。".to_owned(),
            Need::FirstSupplement if facts.supplements > 0 => {
                "已经通知过一次补正；补正应一次性告知，不能再次通知。".to_owned()
            }
            Need::SupplementOverdue if !facts.supplement_overdue => "补正期限还没有过，不能视为撤回。".to_owned(),
            Need::NotCooperating if facts.cooperating => {
                "协作核查还没有结果，审查期限暂停；收到结果后请先登记“收到核查结果”。".to_owned()
            }
            Need::Cooperating if !facts.cooperating => "没有请求过协作核查，或者结果已经登记。".to_owned(),
            Need::ScopeNamed if !facts.scope_named => "还没有写明援助范围的依据，请先填写审查内容。".to_owned(),
            Need::MeansSettled if !facts.means_settled => {
                "经济状况还没有核查（或者没有写明免予核查的情形），不能决定给予。".to_owned()
            }
            Need::GroupsProved if !facts.unproved.is_empty() => {
                format!("{}没有证明；请补充证明，或者取消所选群体。", list(&facts.unproved))
            }
            Need::NoDuplicate => match &facts.duplicate {
                Some(words) => format!("{words}。"),
                None => return Ok(()),
            },
            Need::OtherThanReviewer if facts.actor_reviewed => "审查意见是您提出的，须由另一人审批。".to_owned(),
            Need::NotHandler if facts.actor_handles => "您是本案承办人，不能审查、审批自己的案件。".to_owned(),
            Need::AidFirstGround if !facts.aid_first_ground => {
                "先行提供只适用于距时效届满不足7日、需要申请保全或者先予执行等情形；请先在申请中写明时效届满日。"
                    .to_owned()
            }
            Need::AidFirstSettled if facts.aid_first_open => {
                "先行提供的案件还没有补办审批手续，不能同意结案。".to_owned()
            }
            Need::WithinObjection if facts.objection_over => "已超过提出异议的15日期限。".to_owned(),
            Need::HandlerAccepted if !facts.handler_accepted => "承办人还没有接受指派。".to_owned(),
            Need::AgreementFiled if !facts.agreement_filed => {
                "卷中还没有委托协议（或者不拒绝辩护笔录），请先收存。".to_owned()
            }
            Need::ReportWhole if !facts.report_missing.is_empty() => {
                format!("结案报告还缺：{}。", list(&facts.report_missing))
            }
            Need::FileWhole if !facts.file_missing.is_empty() => {
                // Names of papers have 、 of their own.
                format!("结案材料还缺：{}。请收存后再提交。", facts.file_missing.join("；"))
            }
            Need::ItemsPassed if !facts.items_failed.is_empty() => {
                format!("逐项审查还有不合格或者没有审查的：{}。", facts.items_failed.join("；"))
            }
            Need::ClosingPassed if !facts.closing_passed => "结案材料还没有逐项审查合格，不能同意结案。".to_owned(),
            Need::ClosingPassed if facts.actor_passed => "结案材料是您审查的，须由另一人同意结案。".to_owned(),
            Need::ProgrammeChecked => match &facts.programme_fault {
                Some(words) => format!("惠民工程对象复核：{words}。"),
                None => return Ok(()),
            },
            Need::NotEntered if facts.entered => "案件已经登记录入省系统。".to_owned(),
            Need::NoOpenObjection if facts.objection_open => "受援人的异议还没有处理，不能归档。".to_owned(),
            Need::NoOpenObjection => match facts.objection_until {
                Some(until) => format!("受援人的异议期到{}，期满没有异议再归档。", chinese_date(until)),
                None => return Ok(()),
            },
            Need::VolumeWhole if !facts.volume_missing.is_empty() => {
                format!("卷宗还缺：{}。", facts.volume_missing.join("；"))
            }
            Need::ApplicationWhole
            | Need::IdentityShown
            | Need::FirstSupplement
            | Need::SupplementOverdue
            | Need::NotCooperating
            | Need::Cooperating
            | Need::ScopeNamed
            | Need::MeansSettled
            | Need::GroupsProved
            | Need::OtherThanReviewer
            | Need::NotHandler
            | Need::AidFirstGround
            | Need::AidFirstSettled
            | Need::WithinObjection
            | Need::HandlerFits
            | Need::HandlerAccepted
            | Need::AgreementFiled
            | Need::ReportWhole
            | Need::FileWhole
            | Need::ItemsPassed
            | Need::ClosingPassed
            | Need::NotEntered
            | Need::VolumeWhole => return Ok(()),
        };
        Err(fault)
    }
}
