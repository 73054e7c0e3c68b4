//! PURE. Which papers a case has, in which order they lie in the volume, which are needed
//! before it is closed, what number each form bears, and how long the volume is kept.

use crate::plan::dictionaries::{Basis, CaseKind};
use crate::plan::dictionary::{Dictionary as _, dictionary};

dictionary! {
    /// A kind of paper (3.2, 5.15).
    Kind {
        Application = "application", "法律援助申请表";
        AgentLetter = "agent_letter", "申请委托书";
        NoticeLetter = "notice_letter", "通知辩护公函";
        NoticeEntry = "notice_entry", "通知辩护、代理登记表";
        Identity = "identity", "身份证明";
        GroupProof = "group_proof", "群体证明";
        MeansStatement = "means_statement", "经济困难状况说明表";
        Receipt = "receipt", "申请材料接收凭证";
        SupplementNotice = "supplement_notice", "补充材料、说明通知书";
        CooperationLetter = "cooperation_letter", "协作函";
        Approval = "approval", "审批表";
        GrantDecision = "grant_decision", "给予法律援助决定书";
        RefusalDecision = "refusal_decision", "不予法律援助决定书";
        WithdrawalNotice = "withdrawal_notice", "视为撤回申请告知书";
        TransferLetter = "transfer_letter", "公函（转交申请）";
        ServiceReceipt = "service_receipt", "送达回证";
        Assignment = "assignment", "指派通知书";
        LetterToAuthority = "letter_to_authority", "法律援助公函";
        Agreement = "agreement", "委托代理、辩护协议";
        MeetingRecord = "meeting_record", "会见、约见笔录";
        ReadingRecord = "reading_record", "阅卷笔录";
        Indictment = "indictment", "起诉意见书、起诉书";
        Pleading = "pleading", "起诉状、答辩状、上诉状";
        Evidence = "evidence", "证据及目录";
        Investigation = "investigation", "调查取证材料";
        Petition = "petition", "保全、变更强制措施等申请";
        Summons = "summons", "传票、出庭通知";
        HearingRecord = "hearing_record", "庭审笔录、庭审情况";
        Opinion = "opinion", "代理词、辩护意见";
        Judgment = "judgment", "判决书、裁定书、调解书等";
        ProgressReport = "progress_report", "通报、报告记录";
        HandlingLog = "handling_log", "办案过程记录表";
        ChangeApproval = "change_approval", "更换法律援助人员审批表";
        ChangeNotice = "change_notice", "更换法律援助人员通知书";
        TerminationDecision = "termination_decision", "终止法律援助决定书";
        ObjectionDecision = "objection_decision", "异议审查处理决定书";
        ClosingReport = "closing_report", "结案报告表";
        ClosingReview = "closing_review", "结案审查表";
        ReturnSlip = "return_slip", "结案材料退回补正单";
        ReturnVisit = "return_visit", "回访、满意度记录";
        QualityReview = "quality_review", "案件质量评查表";
        EntryReceipt = "entry_receipt", "省系统录入回执";
        VolumeContents = "volume_contents", "卷宗目录";
        Remarks = "remarks", "备考表";
        Other = "other", "其他材料";
    }
}

impl Kind {
    /// Forms that the office makes here; all others are scanned or kept on paper.
    #[must_use]
    pub fn is_made_here(self) -> bool {
        self.series().is_some()
            || matches!(
                self,
                Kind::MeansStatement
                    | Kind::AgentLetter
                    | Kind::NoticeEntry
                    | Kind::HandlingLog
                    | Kind::Receipt
                    | Kind::Approval
                    | Kind::ServiceReceipt
                    | Kind::Agreement
                    | Kind::ChangeApproval
                    | Kind::ClosingReport
                    | Kind::ClosingReview
                    | Kind::ReturnSlip
                    | Kind::QualityReview
                    | Kind::VolumeContents
                    | Kind::Remarks
            )
    }

    /// Kept in one copy: made anew, it takes the place of the one before.
    #[must_use]
    pub fn is_made_anew(self) -> bool {
        matches!(
            self,
            Kind::Application
                | Kind::AgentLetter
                | Kind::NoticeEntry
                | Kind::MeansStatement
                | Kind::Approval
                | Kind::ClosingReport
                | Kind::HandlingLog
                | Kind::ClosingReview
        )
    }

    /// The series in which it is numbered: 高法援`申`字.
    #[must_use]
    pub fn series(self) -> Option<&'static str> {
        match self {
            Kind::Application => Some("申"),
            Kind::SupplementNotice => Some("补"),
            Kind::GrantDecision | Kind::RefusalDecision => Some("决"),
            Kind::WithdrawalNotice => Some("告"),
            Kind::CooperationLetter | Kind::TransferLetter | Kind::LetterToAuthority => Some("函"),
            Kind::Assignment => Some("指"),
            Kind::ChangeNotice => Some("更"),
            Kind::TerminationDecision => Some("终"),
            Kind::ObjectionDecision => Some("异"),
            Kind::NoticeLetter
            | Kind::AgentLetter
            | Kind::NoticeEntry
            | Kind::HandlingLog
            | Kind::Identity
            | Kind::GroupProof
            | Kind::MeansStatement
            | Kind::Receipt
            | Kind::Approval
            | Kind::ServiceReceipt
            | Kind::Agreement
            | Kind::MeetingRecord
            | Kind::ReadingRecord
            | Kind::Indictment
            | Kind::Pleading
            | Kind::Evidence
            | Kind::Investigation
            | Kind::Petition
            | Kind::Summons
            | Kind::HearingRecord
            | Kind::Opinion
            | Kind::Judgment
            | Kind::ProgressReport
            | Kind::ChangeApproval
            | Kind::ClosingReport
            | Kind::ClosingReview
            | Kind::ReturnSlip
            | Kind::ReturnVisit
            | Kind::QualityReview
            | Kind::EntryReceipt
            | Kind::VolumeContents
            | Kind::Remarks
            | Kind::Other => None,
        }
    }
}

/// 高法援指字〔2024〕001号: the county's character, the series, the year, the number.
#[must_use]
pub fn document_number(county: char, series: &str, year: i32, number: i32) -> String {
    if series.is_empty() {
        return format!("{county}法援字〔{year}〕{number:03}号");
    }
    format!("{county}法援{series}字〔{year}〕{number:03}号")
}

/// An item of the volume: its title and the papers that belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// As it stands in the contents.
    pub title: &'static str,
    /// What belongs there.
    pub kinds: &'static [Kind],
}

const fn item(title: &'static str, kinds: &'static [Kind]) -> Item {
    Item { title, kinds }
}

/// 卷宗目录 of civil and other cases.
pub const CIVIL_VOLUME: &[Item] = &[
    item("封面、目录（不编页）", &[Kind::VolumeContents]),
    item("法律援助申请表", &[Kind::Application, Kind::AgentLetter]),
    item("身份证明、群体证明", &[Kind::Identity, Kind::GroupProof]),
    item("经济困难状况说明、免予核查证明", &[Kind::MeansStatement]),
    item("申请材料接收凭证", &[Kind::Receipt]),
    item("补充材料、说明通知书", &[Kind::SupplementNotice, Kind::CooperationLetter]),
    item("审批表", &[Kind::Approval]),
    item(
        "给予（不予、终止）法律援助决定书、送达回证",
        &[
            Kind::GrantDecision,
            Kind::RefusalDecision,
            Kind::TerminationDecision,
            Kind::ObjectionDecision,
            Kind::WithdrawalNotice,
            Kind::ServiceReceipt,
        ],
    ),
    item("指派通知书、更换人员文书", &[Kind::Assignment, Kind::ChangeApproval, Kind::ChangeNotice]),
    item("法律援助公函", &[Kind::NoticeLetter, Kind::NoticeEntry, Kind::LetterToAuthority, Kind::TransferLetter]),
    item("委托协议、授权委托书", &[Kind::Agreement]),
    item("约见笔录、告知书", &[Kind::MeetingRecord]),
    item("起诉状、答辩状、上诉状", &[Kind::Pleading, Kind::Indictment]),
    item("证据及目录", &[Kind::Evidence, Kind::ReadingRecord]),
    item("调查材料", &[Kind::Investigation]),
    item("财产保全等申请", &[Kind::Petition]),
    item("传票、出庭通知", &[Kind::Summons]),
    item("庭审笔录、庭审情况", &[Kind::HearingRecord]),
    item("代理词", &[Kind::Opinion]),
    item("判决书、裁定书、调解书", &[Kind::Judgment]),
    item("通报、报告记录", &[Kind::ProgressReport, Kind::HandlingLog]),
    item("结案报告表、结案审查表", &[Kind::ClosingReport, Kind::ReturnSlip, Kind::ClosingReview]),
    item("回访、满意度记录", &[Kind::ReturnVisit]),
    item("质量评查表、其他材料", &[Kind::QualityReview, Kind::EntryReceipt, Kind::Other]),
    item("备考表", &[Kind::Remarks]),
];

/// 卷宗目录 of criminal cases.
pub const CRIMINAL_VOLUME: &[Item] = &[
    item("封面、目录（不编页）", &[Kind::VolumeContents]),
    item(
        "法律援助申请表或者通知辩护公函",
        &[Kind::NoticeLetter, Kind::NoticeEntry, Kind::Application, Kind::AgentLetter],
    ),
    item(
        "身份证明、群体证明",
        &[Kind::Identity, Kind::GroupProof, Kind::MeansStatement, Kind::Receipt, Kind::SupplementNotice],
    ),
    item("起诉意见书、起诉书", &[Kind::Indictment, Kind::Pleading]),
    item(
        "审批表、决定书、送达回证",
        &[
            Kind::CooperationLetter,
            Kind::Approval,
            Kind::GrantDecision,
            Kind::RefusalDecision,
            Kind::TerminationDecision,
            Kind::ObjectionDecision,
            Kind::WithdrawalNotice,
            Kind::ServiceReceipt,
        ],
    ),
    item("指派通知书、更换人员文书", &[Kind::Assignment, Kind::ChangeApproval, Kind::ChangeNotice]),
    item("函告办案机关", &[Kind::LetterToAuthority, Kind::TransferLetter]),
    item("委托协议、不拒绝辩护笔录", &[Kind::Agreement]),
    item("会见笔录", &[Kind::MeetingRecord]),
    item("阅卷笔录", &[Kind::ReadingRecord]),
    item("调查取证材料", &[Kind::Investigation, Kind::Evidence]),
    item("变更强制措施等申请", &[Kind::Petition]),
    item("辩护意见、辩护词", &[Kind::Opinion]),
    item("出庭通知", &[Kind::Summons]),
    item("庭审记录", &[Kind::HearingRecord]),
    item("判决书、不起诉决定书等", &[Kind::Judgment]),
    item("通报、报告记录", &[Kind::ProgressReport, Kind::HandlingLog]),
    item("结案报告表、结案审查表", &[Kind::ClosingReport, Kind::ReturnSlip, Kind::ClosingReview]),
    item("回访、满意度记录", &[Kind::ReturnVisit]),
    item("质量评查表、其他材料", &[Kind::QualityReview, Kind::EntryReceipt, Kind::Other]),
    item("备考表", &[Kind::Remarks]),
];

/// The order of the volume of a kind of case.
#[must_use]
pub fn volume(kind: CaseKind) -> &'static [Item] {
    if kind.is_criminal() { CRIMINAL_VOLUME } else { CIVIL_VOLUME }
}

/// What the handler's file must hold before the case is closed. A case that ended without
/// a hearing has no record of one.
#[must_use]
pub fn required(kind: CaseKind, heard: bool) -> Vec<Kind> {
    let mut needed = vec![Kind::Agreement, Kind::MeetingRecord];
    match kind {
        CaseKind::CivilFirstInstance
        | CaseKind::CivilSecondInstance
        | CaseKind::CivilRetrial
        | CaseKind::CivilSpecialProcedure
        | CaseKind::AdministrativeLitigation
        | CaseKind::StateCompensation
        | CaseKind::LabourArbitration => {
            needed.extend([Kind::Pleading, Kind::Evidence]);
            if heard {
                needed.extend([Kind::HearingRecord, Kind::Opinion]);
            }
            needed.push(Kind::Judgment);
        }
        CaseKind::CriminalInvestigation => needed.push(Kind::Opinion),
        CaseKind::CriminalProsecution => needed.extend([Kind::ReadingRecord, Kind::Opinion]),
        CaseKind::CriminalFirstInstance
        | CaseKind::CriminalSecondInstance
        | CaseKind::CriminalRetrial
        | CaseKind::CriminalRepresentation => {
            needed.push(Kind::ReadingRecord);
            if heard {
                needed.push(Kind::HearingRecord);
            }
            needed.extend([Kind::Opinion, Kind::Judgment]);
        }
        CaseKind::Mediation | CaseKind::Enforcement | CaseKind::DutyLawyerHelp => {
            needed.extend([Kind::Evidence, Kind::Judgment]);
        }
    }
    needed.push(Kind::ProgressReport);
    needed
}

/// What the volume must hold before it is archived, besides the handler's file.
#[must_use]
pub fn required_to_archive(basis: Basis, terminated: bool) -> Vec<Kind> {
    let mut needed = match basis {
        Basis::Application => vec![Kind::Application, Kind::Identity, Kind::Approval, Kind::GrantDecision],
        Basis::NotifiedDefence | Basis::FullCoverage => vec![Kind::NoticeLetter],
    };
    if terminated {
        needed.push(Kind::TerminationDecision);
    } else {
        needed.extend([Kind::Assignment, Kind::ClosingReport, Kind::ClosingReview, Kind::ReturnVisit]);
    }
    needed
}

/// A line of the contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 序号.
    pub number: usize,
    /// 项目.
    pub title: &'static str,
    /// First and last page; `None` where nothing lies.
    pub pages: Option<(i32, i32)>,
    /// What lies there.
    pub papers: Vec<String>,
}

impl Line {
    /// 「3–5」, 「8」 or 「—」.
    #[must_use]
    pub fn pages_words(&self) -> String {
        match self.pages {
            Some((first, last)) if first == last => first.to_string(),
            Some((first, last)) => format!("{first}–{last}"),
            None => "—".to_owned(),
        }
    }
}

/// 卷宗目录: the papers in the order of the volume with their pages running through.
/// Papers are given as kind, title and number of pages, in the order in which they came.
#[must_use]
pub fn contents(kind: CaseKind, papers: &[(Kind, String, i32)]) -> (Vec<Line>, i32) {
    let mut page = 0;
    let lines = volume(kind)
        .iter()
        .zip(1..)
        .map(|(item, number)| {
            let first = page + 1;
            let mut names = Vec::new();
            for wanted in item.kinds {
                for (_, title, pages) in papers.iter().filter(|(kind, ..)| kind == wanted) {
                    page += (*pages).max(1);
                    names.push(title.clone());
                }
            }
            let pages = (!names.is_empty()).then_some((first, page));
            Line { number, title: item.title, pages, papers: names }
        })
        .collect();
    (lines, page)
}

/// How long a volume is kept, and why. The local table of periods was not found: these are
/// defaults for the office to confirm.
#[must_use]
pub fn retention(life_or_death: bool, minor: bool) -> (&'static str, &'static str) {
    if life_or_death {
        ("永久", "可能判处无期徒刑、死刑的案件")
    } else if minor {
        ("长期", "未成年人案件")
    } else {
        ("30年", "一般案件")
    }
}

/// Each kind of paper that can be filed by hand.
pub fn filed_by_hand() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !matches!(kind, Kind::VolumeContents))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_read_as_the_office_writes_them() {
        assert_eq!(document_number('高', "申", 2024, 1), "高法援申字〔2024〕001号");
        assert_eq!(document_number('高', "指", 2024, 1234), "高法援指字〔2024〕1234号");
        assert_eq!(document_number('高', "", 2025, 7), "高法援字〔2025〕007号");
    }

    #[test]
    fn every_paper_has_one_place_in_either_volume() {
        for volume in [CIVIL_VOLUME, CRIMINAL_VOLUME] {
            for kind in Kind::ALL {
                let places = volume.iter().filter(|item| item.kinds.contains(kind)).count();
                assert_eq!(places, 1, "{kind}");
            }
        }
        assert_eq!((CIVIL_VOLUME.len(), CRIMINAL_VOLUME.len()), (25, 21));
    }

    #[test]
    fn pages_run_through_in_the_order_of_the_volume() {
        let papers = [
            (Kind::Judgment, "判决书".to_owned(), 6),
            (Kind::Application, "申请表".to_owned(), 2),
            (Kind::Identity, "身份证复印件".to_owned(), 1),
            (Kind::GroupProof, "务工证明".to_owned(), 1),
        ];
        let (lines, pages) = contents(CaseKind::CivilFirstInstance, &papers);
        assert_eq!(pages, 10);
        assert_eq!((lines[1].number, lines[1].title, lines[1].pages_words().as_str()), (2, "法律援助申请表", "1–2"));
        assert_eq!((lines[2].pages_words().as_str(), lines[2].papers.len()), ("3–4", 2));
        assert_eq!(lines[3].pages_words(), "—");
        assert_eq!((lines[19].number, lines[19].pages_words().as_str()), (20, "5–10"));
    }

    #[test]
    fn a_case_without_a_hearing_needs_no_record_of_one() {
        let heard = required(CaseKind::CivilFirstInstance, true);
        let settled = required(CaseKind::CivilFirstInstance, false);
        assert!(heard.contains(&Kind::HearingRecord) && !settled.contains(&Kind::HearingRecord));
        assert!(!required(CaseKind::CriminalInvestigation, true).contains(&Kind::Judgment));
        for kind in CaseKind::ALL {
            assert!(required(*kind, true).contains(&Kind::Agreement), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn pages_are_never_lost_or_doubled(papers in proptest::collection::vec((0_usize..Kind::ALL.len(), 1_i32..30), 0..40), criminal: bool) {
            let papers: Vec<_> = papers.into_iter().map(|(kind, pages)| (Kind::ALL[kind], "x".to_owned(), pages))
                .filter(|(kind, ..)| *kind != Kind::VolumeContents).collect();
            let kind = if criminal { CaseKind::CriminalFirstInstance } else { CaseKind::CivilFirstInstance };
            let (lines, pages) = contents(kind, &papers);
            prop_assert_eq!(pages, papers.iter().map(|(_, _, pages)| pages).sum::<i32>());
            let mut next = 1;
            for (first, last) in lines.iter().filter_map(|line| line.pages) {
                prop_assert_eq!(first, next);
                prop_assert!(last >= first);
                next = last + 1;
            }
        }
    }
}
