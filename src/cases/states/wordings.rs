//! PURE. The catalogue of send-back reasons: ready wording that tells the receiver what to
//! do next. Each use is counted by its code.

use super::rules::Move;
use crate::plan::dictionary::dictionary;

dictionary! {
    /// A ready wording.
    Wording {
        NoIdentity = "no_identity", "缺身份证明";
        NoGroupProof = "no_group_proof", "缺群体证明";
        NoLabourProof = "no_labour_proof", "缺劳动关系证据";
        NoMeansStatement = "no_means_statement", "缺经济困难说明";
        FactsUnclear = "facts_unclear", "案情陈述不清";
        NoAuthorisation = "no_authorisation", "代理申请缺授权";
        OtherAgency = "other_agency", "属其他机构管辖";
        ReviewThin = "review_thin", "审查意见依据不足";
        MeansUnclear = "means_unclear", "经济状况核查不清";
        OutOfScope = "out_of_scope", "不属于援助范围";
        MeansAbove = "means_above", "不符合经济困难标准";
        NotFulfilled = "not_fulfilled", "承办人不履行职责";
        Conflict = "conflict", "承办人有利益冲突";
        Unable = "unable", "承办人患病、离岗等不能承办";
        NoEvidenceOfFault = "no_evidence_of_fault", "没有证据证明不履行职责";
        NoMeetingRecord = "no_meeting_record", "缺会见、约见笔录";
        NoOpinion = "no_opinion", "缺代理词、辩护意见";
        NoJudgment = "no_judgment", "缺裁判文书";
        NoReportRecord = "no_report_record", "缺向受援人通报的记录";
        Illegible = "illegible", "扫描件不清或者缺页";
        DatesContradict = "dates_contradict", "日期前后矛盾";
        OwnLawyer = "own_lawyer", "自行委托律师";
        Concealed = "concealed", "隐瞒重要事实";
        Other = "other", "其他";
    }
}

impl Wording {
    /// What the receiver reads: what is wrong and what to do next.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Wording::NoIdentity => {
                "请补交申请人的居民身份证或者户口簿（原件核对，留复印件）；代为申请的，同时补交代理人身份证。"
            }
            Wording::NoGroupProof => "请补交所属群体的证明，例如务工证明、残疾人证、困难职工证明或者军人军属证件。",
            Wording::NoLabourProof => {
                "请补交能够证明劳动关系或者欠薪的材料，例如劳动合同、工资条、考勤记录、欠条、微信聊天记录、工友证言，有一种即可。"
            }
            Wording::NoMeansStatement => "请填写并签署经济困难状况说明表；属于免予核查情形的，请补交相应证明。",
            Wording::FactsUnclear => {
                "请补充说明事情经过：时间、地点、对方是谁、争议金额、现在处理到哪一步；可以口述，由工作人员记录。"
            }
            Wording::NoAuthorisation => "代为申请的，请补交授权委托书；法定代理人申请的，请补交监护关系证明。",
            Wording::OtherAgency => {
                "本事项应当向义务履行地、办案机关所在地的法律援助机构申请，材料已为您转交，请等候该机构通知。"
            }
            Wording::ReviewThin => "请写明援助范围的具体条款和认定的事实，核对群体证明后重新提出审查意见。",
            Wording::MeansUnclear => "请核对经济状况：通过信息共享查询，或者请申请人补充说明后，重新提出审查意见。",
            Wording::OutOfScope => {
                "申请事项不在法律援助法第三十一条、第三十二条列明的范围内；可以到公共法律服务中心、工作站免费咨询，或者申请人民调解。"
            }
            Wording::MeansAbove => {
                "家庭经济状况不符合本地经济困难标准；情况变化后可以重新申请，也可以到公共法律服务中心免费咨询。"
            }
            Wording::NotFulfilled => "受援人反映承办人不履行职责，已附证据（写明未会见、未到庭等具体情形和日期）。",
            Wording::Conflict => "承办人与对方当事人或者本案有利害关系，应当回避。",
            Wording::Unable => "承办人因患病、离岗、停止执业等原因不能继续办理，申请另行指派。",
            Wording::NoEvidenceOfFault => {
                "经核实，没有证据证明承办人不履行职责；请继续与承办人联系，如有新的证据可以再次申请。"
            }
            Wording::NoMeetingRecord => {
                "请补交会见、约见笔录，写明时间、地点、内容并由受援人签名；确实无法会见的，书面说明理由。"
            }
            Wording::NoOpinion => "请补交提交给办案机关的代理词或者辩护意见，并附提交的凭证。",
            Wording::NoJudgment => "请补交判决书、裁定书、调解书、不起诉决定书等结案文书的复印件。",
            Wording::NoReportRecord => "请补交向受援人通报办案进展、告知结果的记录。",
            Wording::Illegible => "扫描件看不清或者缺页，请对照原件重新扫描后提交。",
            Wording::DatesContradict => "材料上的日期与系统登记的指派、签协议、结案日期矛盾，请核对原件并书面说明。",
            Wording::OwnLawyer => "受援人已自行委托律师或者其他代理人，请办理材料交接。",
            Wording::Concealed => "受援人故意隐瞒与案件有关的重要事实，核实情况如下：",
            Wording::Other => "",
        }
    }

    /// The steps in which it is offered.
    #[must_use]
    pub fn steps(self) -> &'static [Move] {
        match self {
            Wording::NoIdentity
            | Wording::NoGroupProof
            | Wording::NoLabourProof
            | Wording::NoMeansStatement
            | Wording::FactsUnclear
            | Wording::NoAuthorisation => &[Move::AskSupplement],
            Wording::OtherAgency => &[Move::NotOurs],
            Wording::ReviewThin | Wording::MeansUnclear => &[Move::SendBack],
            Wording::OutOfScope | Wording::MeansAbove => &[Move::Refuse],
            Wording::NotFulfilled | Wording::Conflict | Wording::Unable => &[Move::AskChange],
            Wording::NoEvidenceOfFault => &[Move::RefuseChange],
            Wording::NoMeetingRecord
            | Wording::NoOpinion
            | Wording::NoJudgment
            | Wording::NoReportRecord
            | Wording::Illegible
            | Wording::DatesContradict => &[Move::ReturnMaterials],
            Wording::OwnLawyer | Wording::Concealed => &[Move::Terminate],
            Wording::Other => &[
                Move::AskSupplement,
                Move::NotOurs,
                Move::SendBack,
                Move::Refuse,
                Move::AskChange,
                Move::RefuseChange,
                Move::ReturnMaterials,
                Move::Terminate,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::states::rules::{Ask, TABLE};
    use crate::plan::dictionary::Dictionary as _;

    #[test]
    fn every_wording_tells_what_to_do_and_every_step_that_asks_has_some() {
        for wording in Wording::ALL {
            assert!(*wording == Wording::Other || wording.text().chars().count() > 15, "{wording}");
            for step in wording.steps() {
                let row = TABLE.iter().find(|row| row.step == *step).unwrap();
                assert!(row.asks.contains(&Ask::Wording), "{wording} {step}");
            }
        }
        for row in TABLE.iter().filter(|row| row.asks.contains(&Ask::Wording)) {
            assert!(
                Wording::ALL.iter().filter(|wording| wording.steps().contains(&row.step)).count() >= 2,
                "{}",
                row.step
            );
        }
    }
}
