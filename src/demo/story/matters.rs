//! What the demonstration's cases are about, and what is done in each when.

use crate::cases::documents::Kind;
use crate::cases::eligibility::rules::{Means, Proof, ScopeBasis};
use crate::cases::life::dossier::Way;
use crate::cases::life::handling::RecordKind;
use crate::cases::states::Move;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Step(Move),
    /// A step that bears a date so many days before it is put down.
    BackDated(Move, u64),
    Paper(Kind, i32),
    Record(RecordKind, &'static str),
    /// So many days later, at half past nine.
    Hearing(u64),
    /// At an hour and a place of its own.
    HearingAt(u64, (u32, u32), &'static str),
    Message(&'static str),
}

/// A kind of case: what it is about, and what is done when, in days from its beginning.
#[derive(Debug)]
pub(super) struct Matter {
    pub(super) kind: CaseKind,
    pub(super) basis: Basis,
    pub(super) way: Way,
    pub(super) cause: &'static str,
    pub(super) group: Option<SpecialGroup>,
    pub(super) proofs: &'static [Proof],
    pub(super) scope: ScopeBasis,
    pub(super) means: Means,
    pub(super) opponent: &'static str,
    pub(super) facts: &'static str,
    pub(super) request: &'static str,
    pub(super) born: i32,
    pub(super) acts: &'static [(u64, Act)],
}

use Act::{BackDated, Hearing, HearingAt, Message, Paper, Record, Step};

pub(super) const CIVIL: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (0, Paper(Kind::GroupProof, 2)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (3, Step(Move::Grant)),
    (4, Step(Move::Assign)),
    (5, Record(RecordKind::Told, "告知受援人权利义务、援助免费、承办人姓名和联系方式，受援人表示清楚。")),
    (5, Step(Move::TakeOn)),
    (6, Step(Move::Sign)),
    (6, Paper(Kind::Agreement, 2)),
    (7, Step(Move::Begin)),
    (7, Record(RecordKind::Meeting, "在律师事务所约见受援人，核对事实和证据，告知诉讼风险，制作笔录。")),
    (8, Paper(Kind::MeetingRecord, 3)),
    (10, Paper(Kind::Pleading, 2)),
    (10, Paper(Kind::Evidence, 12)),
    (12, Hearing(6)),
    (14, Record(RecordKind::Supervised, "电话了解进展：已立案，排期开庭，承办人与受援人保持联系。")),
    (20, Paper(Kind::Judgment, 2)),
    (20, Record(RecordKind::Informed, "向受援人通报调解结果，说明付款方式和期限。")),
    (20, Paper(Kind::ProgressReport, 1)),
    (21, Step(Move::Conclude)),
    (22, Step(Move::FileMaterials)),
    (24, Step(Move::PassClosing)),
    (25, Step(Move::AgreeClosing)),
    (27, Step(Move::Enter)),
    (28, Record(RecordKind::Visited, "电话回访：未收费，承办人按时到庭，及时告知结果，受援人满意。")),
    (29, Paper(Kind::ReturnVisit, 1)),
    (30, Step(Move::Archive)),
];

const SUPPLEMENTED: &[(u64, Act)] = &[
    (1, Step(Move::AskSupplement)),
    (7, Paper(Kind::Identity, 1)),
    (7, Step(Move::Supplemented)),
    (7, Step(Move::AskCooperation)),
    (8, Step(Move::CooperationBack)),
    (8, Step(Move::Review)),
    (9, Step(Move::Grant)),
    (11, Step(Move::Assign)),
    (12, Step(Move::TakeOn)),
    (13, Step(Move::Sign)),
    (14, Step(Move::Begin)),
    (15, Record(RecordKind::Meeting, "上门约见行动不便的受援人，由其女儿在场协助，制作笔录。")),
    (16, Message("受援人要求追加一名对方当事人，是否需要变更指派？")),
];

const DEFENCE: &[(u64, Act)] = &[
    (0, Paper(Kind::NoticeLetter, 2)),
    (1, Step(Move::Assign)),
    (2, Step(Move::TakeOn)),
    (2, Record(RecordKind::AskedToMeet, "向看守所提出会见要求，已递交手续。")),
    (3, Record(RecordKind::Meeting, "在看守所会见，告知权利义务，了解案情和到案经过。")),
    (3, Step(Move::Sign)),
    (3, Paper(Kind::Agreement, 2)),
    (4, Step(Move::Begin)),
    (5, Paper(Kind::MeetingRecord, 4)),
    (9, Record(RecordKind::Reading, "到检察机关阅卷，复制案卷材料。")),
    (9, Paper(Kind::ReadingRecord, 6)),
    (16, Record(RecordKind::Submission, "向检察机关提交辩护意见，建议从宽处理。")),
    (16, Paper(Kind::Opinion, 5)),
    (18, Paper(Kind::ProgressReport, 1)),
    (19, Step(Move::Conclude)),
    (20, Step(Move::FileMaterials)),
    (22, Step(Move::ReturnMaterials)),
    (24, Step(Move::FileMaterials)),
    (25, Step(Move::PassClosing)),
    (26, Step(Move::AgreeClosing)),
    (27, Step(Move::Enter)),
];

const REFUSED: &[(u64, Act)] =
    &[(0, Paper(Kind::Identity, 1)), (1, Step(Move::Accept)), (3, Step(Move::Review)), (4, Step(Move::Refuse))];

const CHANGED: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (3, Step(Move::Grant)),
    (4, Step(Move::Assign)),
    (5, Step(Move::TakeOn)),
    (6, Step(Move::AskChange)),
    (9, Step(Move::Change)),
    (10, Step(Move::TakeOn)),
    (11, Step(Move::Sign)),
    (12, Step(Move::Begin)),
    (18, Step(Move::Terminate)),
    (19, Step(Move::Serve)),
];

pub(super) const MATTERS: &[Matter] = &[
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Window,
        cause: "追索劳动报酬纠纷",
        group: Some(SpecialGroup::MigrantWorker),
        proofs: &[Proof::Labour, Proof::IdCard],
        scope: ScopeBasis::Labour,
        means: Means::ExemptPerson,
        opponent: "高平市示例建筑工程有限公司",
        facts: "去年3月至10月在{地}一处工地做木工，约定日工资{数}元，完工后还有工资没有付清，多次催要没有结果；有考勤记录和微信聊天记录。",
        request: "请求支付拖欠的劳动报酬23450元。",
        born: 1980,
        acts: CIVIL,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Post,
        cause: "赡养纠纷",
        group: Some(SpecialGroup::Elderly),
        proofs: &[Proof::IdCard],
        scope: ScopeBasis::Maintenance,
        means: Means::Declared,
        opponent: "申请人之子",
        facts: "年老多病，没有收入来源，每月药费约{数}元，儿子三年没有给付赡养费，村委会调解没有结果。",
        request: "请求每月给付赡养费800元。",
        born: 1951,
        acts: SUPPLEMENTED,
    },
    Matter {
        kind: CaseKind::CriminalProsecution,
        basis: Basis::NotifiedDefence,
        way: Way::Authority,
        cause: "故意伤害罪",
        group: Some(SpecialGroup::Minor),
        proofs: &[Proof::HouseholdRegister],
        scope: ScopeBasis::Notified,
        means: Means::NotNeeded,
        opponent: "",
        facts: "在{地}一处校外与同学发生冲突，致一人轻伤，医疗费{数}元，案件移送审查起诉。",
        request: "",
        born: 2008,
        acts: DEFENCE,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Station,
        cause: "离婚纠纷",
        group: Some(SpecialGroup::Woman),
        proofs: &[Proof::IdCard],
        scope: ScopeBasis::OtherLaw,
        means: Means::Shared,
        opponent: "申请人之夫",
        facts: "结婚八年，丈夫长期不归，不承担家庭支出，两个孩子由申请人抚养；家庭月收入{数}元，正在领取低保。",
        request: "请求离婚，孩子由申请人抚养，对方给付抚养费。",
        born: 1988,
        acts: CIVIL,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::HomeVisit,
        cause: "机动车交通事故责任纠纷",
        group: Some(SpecialGroup::Farmer),
        proofs: &[Proof::Household, Proof::IdCard],
        scope: ScopeBasis::Injury,
        means: Means::Certified,
        opponent: "肇事车主和承保的保险公司",
        facts: "骑电动车途中被小客车撞倒，右腿骨折，住院41天，医疗费已花去{数}00元，交警认定对方负全部责任，赔偿没有谈成。",
        request: "请求赔偿医疗费、误工费、护理费等。",
        born: 1969,
        acts: CHANGED,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Window,
        cause: "民间借贷纠纷",
        group: None,
        proofs: &[Proof::IdCard],
        scope: ScopeBasis::OtherLaw,
        means: Means::Above,
        opponent: "朋友某某",
        facts: "借给朋友{数}00元没有归还，本人有固定工作和房产。",
        request: "请求归还借款。",
        born: 1979,
        acts: REFUSED,
    },
];

/// Cases with something odd in them, for the screens; the numbers of days fall behind the beginnings in `oddities`.
pub(super) const UNSIGNED: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (3, Step(Move::Grant)),
    (4, Step(Move::Assign)),
    (5, Step(Move::TakeOn)),
    (6, Step(Move::Sign)),
    (7, Step(Move::Begin)),
    (7, Record(RecordKind::Meeting, "约见受援人，核对欠条，告知诉讼风险。")),
    (8, Paper(Kind::MeetingRecord, 2)),
    (9, Paper(Kind::Pleading, 2)),
    (9, Paper(Kind::Evidence, 6)),
    (10, HearingAt(13, (9, 30), "高平市人民法院第三法庭")),
    (24, Paper(Kind::Judgment, 2)),
    (24, Paper(Kind::ProgressReport, 1)),
    (24, Step(Move::Conclude)),
    (25, Step(Move::FileMaterials)),
];

pub(super) const NOBODY_MET: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (14, BackDated(Move::Grant, 5)),
    (14, Step(Move::Assign)),
    (14, Step(Move::TakeOn)),
    (15, Step(Move::Sign)),
    (15, Paper(Kind::Agreement, 2)),
    (15, Step(Move::Begin)),
    (15, HearingAt(7, (10, 0), "泽州县人民法院巴公法庭")),
    (16, Paper(Kind::MeetingRecord, 1)),
    (16, Paper(Kind::Pleading, 2)),
    (16, Paper(Kind::Evidence, 4)),
    (24, Paper(Kind::Judgment, 2)),
    (24, Paper(Kind::ProgressReport, 1)),
    (24, Step(Move::Conclude)),
    (25, Step(Move::FileMaterials)),
];

/// An application that has been looked at and waits for the decision.
pub(super) const LOOKED_AT: &[(u64, Act)] =
    &[(0, Paper(Kind::Identity, 1)), (1, Step(Move::Accept)), (2, Step(Move::Review))];

/// A case that is being handled.
pub(super) const HANDLED: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (3, Step(Move::Grant)),
    (4, Step(Move::Assign)),
    (5, Step(Move::TakeOn)),
    (5, Step(Move::Sign)),
    (5, Paper(Kind::Agreement, 2)),
    (5, Step(Move::Begin)),
    (6, Record(RecordKind::Meeting, "约见受援人，核对欠条和工友证言，告知诉讼风险。")),
];
