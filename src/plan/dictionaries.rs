//! The dictionaries of the plan and of the forms it needs. Codes are those of the
//! database and of JSON; they never change once rows carry them.

use super::dictionary::dictionary;

dictionary! {
    /// Kind of service point (二、目标任务: one centre, fifteen stations, the legal aid centre).
    VenueKind {
        ServiceCentre = "service_centre", "公共法律服务中心";
        Station = "station", "公共法律服务工作站";
        LegalAidCentre = "legal_aid_centre", "法律援助中心";
    }
}

dictionary! {
    /// Category of a duty person (四(一)3); the last is kept for reports and never paid (A26).
    PersonCategory {
        Lawyer = "lawyer", "律师";
        GrassrootsLegalWorker = "grassroots_legal_worker", "基层法律服务工作者";
        RetiredJudicial = "retired_judicial", "政法机关退休人员";
        LawSchool = "law_school", "高等院校法律专业师生";
        OtherNonPublic = "other_non_public", "其他从事法律事务的非公职人员";
        PublicStaff = "public_staff", "公职人员";
    }
}

dictionary! {
    /// What may be found against a shift (五(二)1(1)–(5)).
    FindingKind {
        Late = "late", "迟到";
        EarlyLeave = "early_leave", "早退";
        RecordDefect = "record_defect", "服务记录缺项或不规范";
        Dissatisfied = "dissatisfied", "服务对象不满意或投诉属实";
        OffPost = "off_post", "无正当理由脱岗";
        FalseDuty = "false_duty", "值班日不在岗或虚假值班";
    }
}

dictionary! {
    /// How a consultation reached the duty person.
    Channel {
        OnSite = "on_site", "来访";
        Phone = "phone", "电话";
        Letter = "letter", "信函";
        Online = "online", "网络";
        Video = "video", "视频";
        HomeVisit = "home_visit", "上门";
        Event = "event", "宣传活动";
    }
}

impl Channel {
    /// Whether a consultation of this channel counts towards the year's target (A43).
    #[must_use]
    pub fn counts(self) -> bool {
        self != Self::Event
    }
}

dictionary! {
    /// Subject of a consultation; the first five are those the plan names (四(一)4).
    Topic {
        LandRequisition = "land_requisition", "征地拆迁";
        LandRights = "land_rights", "土地权属";
        Family = "family", "婚姻家庭";
        SchoolAndMedical = "school_and_medical", "入学就医";
        SocialSecurity = "social_security", "社会保障";
        Inheritance = "inheritance", "继承";
        Labour = "labour", "劳动争议、劳动报酬";
        WorkInjury = "work_injury", "工伤";
        TrafficAccident = "traffic_accident", "交通事故";
        PersonalInjury = "personal_injury", "人身损害";
        Contract = "contract", "合同";
        Loan = "loan", "民间借贷、债务";
        Neighbours = "neighbours", "邻里、相邻关系";
        Housing = "housing", "房产、物业";
        Homestead = "homestead", "宅基地";
        Consumer = "consumer", "消费维权";
        MedicalDispute = "medical_dispute", "医疗纠纷";
        Criminal = "criminal", "刑事";
        Administrative = "administrative", "行政复议、诉讼、处罚";
        Petition = "petition", "涉法涉诉信访";
        Notary = "notary", "公证";
        Forensic = "forensic", "司法鉴定";
        Arbitration = "arbitration", "仲裁";
        LegalAid = "legal_aid", "法律援助程序";
        Procedure = "procedure", "诉讼程序";
        Enforcement = "enforcement", "执行";
        Mediation = "mediation", "人民调解";
        Environment = "environment", "环境污染";
        Other = "other", "其他";
    }
}

impl Topic {
    /// Whether the plan itself names the subject (四(一)4).
    #[must_use]
    pub fn named_by_plan(self) -> bool {
        self <= Self::SocialSecurity
    }

    /// The branch of law the reports roll it up to.
    #[must_use]
    pub fn branch(self) -> LegalBranch {
        match self {
            Self::Criminal => LegalBranch::Criminal,
            Self::LandRequisition | Self::Administrative | Self::SocialSecurity => LegalBranch::Administrative,
            Self::Petition
            | Self::Notary
            | Self::Forensic
            | Self::Arbitration
            | Self::LegalAid
            | Self::Procedure
            | Self::Enforcement
            | Self::Mediation
            | Self::Other => LegalBranch::Other,
            Self::LandRights
            | Self::Family
            | Self::SchoolAndMedical
            | Self::Inheritance
            | Self::Labour
            | Self::WorkInjury
            | Self::TrafficAccident
            | Self::PersonalInjury
            | Self::Contract
            | Self::Loan
            | Self::Neighbours
            | Self::Housing
            | Self::Homestead
            | Self::Consumer
            | Self::MedicalDispute
            | Self::Environment => LegalBranch::Civil,
        }
    }
}

dictionary! {
    /// Branch of law to which consultation subjects are rolled up in reports.
    LegalBranch {
        Civil = "civil", "民事";
        Criminal = "criminal", "刑事";
        Administrative = "administrative", "行政";
        Other = "other", "其他";
    }
}

dictionary! {
    /// What came of a consultation; several may apply (四(一)4).
    Outcome {
        Answered = "answered", "当场解答";
        Scheduled = "scheduled", "约期答复";
        Proposal = "proposal", "提出方案";
        Drafted = "drafted", "代拟文书";
        ToLegalAid = "to_legal_aid", "引导法律援助";
        ToMediation = "to_mediation", "引导、协助人民调解";
        ToDepartment = "to_department", "转相关部门";
        PetitionHelp = "petition_help", "参与化解信访";
        NotLegal = "not_legal", "非法律问题已告知渠道";
        Publicity = "publicity", "普法宣传";
    }
}

impl Outcome {
    /// Whether the record must name the unit the client was sent to.
    #[must_use]
    pub fn refers_elsewhere(self) -> bool {
        matches!(self, Self::ToLegalAid | Self::ToMediation | Self::ToDepartment)
    }
}

dictionary! {
    /// How a client rated a consultation or a case.
    Satisfaction {
        VerySatisfied = "very_satisfied", "非常满意";
        Satisfied = "satisfied", "满意";
        Acceptable = "acceptable", "基本满意";
        Dissatisfied = "dissatisfied", "不满意";
        VeryDissatisfied = "very_dissatisfied", "非常不满意";
        NotRated = "not_rated", "未评价";
    }
}

impl Satisfaction {
    /// A10: both lower levels are "不满意" in the sense of 五(二)1(3).
    #[must_use]
    pub fn is_dissatisfied(self) -> bool {
        matches!(self, Self::Dissatisfied | Self::VeryDissatisfied)
    }

    /// Whether the client rated at all; the rate is taken over these.
    #[must_use]
    pub fn is_rated(self) -> bool {
        self != Self::NotRated
    }
}

dictionary! {
    /// The eight special groups (四(二)1, a closed list by A56).
    SpecialGroup {
        MigrantWorker = "migrant_worker", "农民工";
        Farmer = "farmer", "农民";
        Disabled = "disabled", "残疾人";
        Elderly = "elderly", "老年人（60周岁以上）";
        Minor = "minor", "未成年人";
        Woman = "woman", "妇女";
        WorkerInHardship = "worker_in_hardship", "困难职工";
        Military = "military", "军人军属";
    }
}

dictionary! {
    /// Kind and stage of a case; each stage is a case of its own (A42).
    CaseKind {
        CivilFirstInstance = "civil_first_instance", "民事一审代理";
        CivilSecondInstance = "civil_second_instance", "民事二审代理";
        CivilRetrial = "civil_retrial", "民事再审代理";
        CivilSpecialProcedure = "civil_special_procedure", "民事特别程序代理";
        CriminalInvestigation = "criminal_investigation", "刑事辩护（侦查）";
        CriminalProsecution = "criminal_prosecution", "刑事辩护（审查起诉）";
        CriminalFirstInstance = "criminal_first_instance", "刑事辩护（一审）";
        CriminalSecondInstance = "criminal_second_instance", "刑事辩护（二审）";
        CriminalRetrial = "criminal_retrial", "刑事辩护（再审）";
        CriminalRepresentation = "criminal_representation", "刑事诉讼代理";
        AdministrativeLitigation = "administrative_litigation", "行政诉讼代理";
        StateCompensation = "state_compensation", "国家赔偿";
        LabourArbitration = "labour_arbitration", "劳动仲裁代理";
        Mediation = "mediation", "非诉讼调解";
        Enforcement = "enforcement", "执行代理";
        DutyLawyerHelp = "duty_lawyer_help", "值班律师法律帮助";
    }
}

impl CaseKind {
    /// Defence of a suspect or accused, for which only lawyers may act.
    #[must_use]
    pub fn is_criminal_defence(self) -> bool {
        matches!(
            self,
            Self::CriminalInvestigation
                | Self::CriminalProsecution
                | Self::CriminalFirstInstance
                | Self::CriminalSecondInstance
                | Self::CriminalRetrial
        )
    }

    /// Representation in civil litigation (四(二)1).
    #[must_use]
    pub fn is_civil_litigation(self) -> bool {
        matches!(
            self,
            Self::CivilFirstInstance | Self::CivilSecondInstance | Self::CivilRetrial | Self::CivilSpecialProcedure
        )
    }

    /// Any criminal matter, defence or representation.
    #[must_use]
    pub fn is_criminal(self) -> bool {
        self.is_criminal_defence() || self == Self::CriminalRepresentation
    }

    /// Duty-lawyer help is never a case, whatever else is known of it.
    #[must_use]
    pub fn is_case(self) -> bool {
        self != Self::DutyLawyerHelp
    }
}

dictionary! {
    /// How a case came to the legal aid centre.
    Basis {
        Application = "application", "申请";
        NotifiedDefence = "notified_defence", "通知辩护";
        FullCoverage = "full_coverage", "律师辩护全覆盖";
    }
}

dictionary! {
    /// Category of a case handler (四(二)2).
    HandlerCategory {
        Lawyer = "lawyer", "律师";
        GrassrootsLegalWorker = "grassroots_legal_worker", "基层法律服务工作者";
        Volunteer = "volunteer", "法律援助志愿者";
        AgencyStaff = "agency_staff", "法律援助机构工作人员";
    }
}

dictionary! {
    /// What the reviewer said of a service record.
    ReviewResult {
        Qualified = "qualified", "合格";
        Returned = "returned", "退回补正";
        MissingItems = "missing_items", "缺项";
        Irregular = "irregular", "不规范";
    }
}

impl ReviewResult {
    /// Whether the result can become a finding under 五(二)1(1).
    #[must_use]
    pub fn is_defect(self) -> bool {
        matches!(self, Self::MissingItems | Self::Irregular)
    }
}

dictionary! {
    /// The fixed list of what makes a service record irregular (A08).
    RecordIrregularity {
        VagueAnswer = "vague_answer", "答复过于笼统";
        NoLegalBasis = "no_legal_basis", "无法律依据";
        WrongTopic = "wrong_topic", "事项分类错误";
        Illegible = "illegible", "字迹或影像不清";
        Unsigned = "unsigned", "未签字";
        LateEntry = "late_entry", "补记超时";
        Other = "other", "其他";
    }
}

dictionary! {
    /// What a roll-call check found of one expected person.
    CheckResult {
        OnPost = "on_post", "在岗";
        BrieflyAway = "briefly_away", "暂离有正当理由";
        OffPost = "off_post", "脱岗";
        Absent = "absent", "不在岗";
    }
}

dictionary! {
    /// Where money comes from.
    FundSource {
        Earmarked = "earmarked", "省级专项资金";
        Operating = "operating", "法律援助业务经费";
        FinanceWork = "finance_work", "财政工作经费";
        OtherProject = "other_project", "其他项目资金";
    }
}

dictionary! {
    /// What money is spent on.
    FundUse {
        DutySubsidy = "duty_subsidy", "值班补贴";
        CaseSubsidy = "case_subsidy", "案件补贴";
        Publicity = "publicity", "宣传";
        Training = "training", "培训";
        Other = "other", "其他";
    }
}

dictionary! {
    /// How a shift differs from the plan's regular days; all but the first need a reason (A02).
    ShiftChange {
        Normal = "normal", "正常";
        Moved = "moved", "改期";
        Extra = "extra", "加班次";
        Cancelled = "cancelled", "减班次";
    }
}

impl ShiftChange {
    /// Whether the roster must carry a written reason (A01, A02).
    #[must_use]
    pub fn needs_reason(self) -> bool {
        self != Self::Normal
    }
}

dictionary! {
    /// When money becomes committed in the ledger.
    CommitmentPolicy {
        OnApproval = "on_approval", "审批通过时占用资金";
        OnSubmission = "on_submission", "提交审核时占用资金";
    }
}

dictionary! {
    /// What happens when more would be committed than the fund has.
    Overcommitment {
        Warn = "warn", "提醒后可以继续";
        Refuse = "refuse", "不予批准";
    }
}

dictionary! {
    /// What a verified false duty costs (A17).
    CancellationScope {
        PersonDay = "person_day", "取消本人当天全部值班补贴";
        Shift = "shift", "只取消该班次补贴";
    }
}

dictionary! {
    /// To whom a case subsidy is paid (A53).
    Payee {
        Handler = "handler", "承办人本人";
        Unit = "unit", "承办人所在机构";
    }
}

dictionary! {
    /// The weekday on which the stations are staffed (A01).
    DutyWeekday {
        Monday = "monday", "每周一";
        Tuesday = "tuesday", "每周二";
        Wednesday = "wednesday", "每周三";
        Thursday = "thursday", "每周四";
        Friday = "friday", "每周五";
    }
}

impl DutyWeekday {
    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> chrono::Weekday {
        match self {
            Self::Monday => chrono::Weekday::Mon,
            Self::Tuesday => chrono::Weekday::Tue,
            Self::Wednesday => chrono::Weekday::Wed,
            Self::Thursday => chrono::Weekday::Thu,
            Self::Friday => chrono::Weekday::Fri,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Dictionary;
    use std::collections::BTreeSet;

    fn is_sound<D: Dictionary + PartialEq + std::fmt::Debug>() {
        let codes: BTreeSet<_> = D::ALL.iter().map(|value| value.code()).collect();
        let labels: BTreeSet<_> = D::ALL.iter().map(|value| value.label()).collect();
        assert_eq!(codes.len(), D::ALL.len());
        assert_eq!(labels.len(), D::ALL.len());
        for value in D::ALL {
            assert_eq!(D::from_code(value.code()), Some(*value));
            assert!(value.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
        assert_eq!(D::from_code("no_such_code"), None);
    }

    #[test]
    fn codes_and_labels_are_unique_and_found_again() {
        is_sound::<VenueKind>();
        is_sound::<PersonCategory>();
        is_sound::<FindingKind>();
        is_sound::<Channel>();
        is_sound::<Topic>();
        is_sound::<LegalBranch>();
        is_sound::<Outcome>();
        is_sound::<Satisfaction>();
        is_sound::<SpecialGroup>();
        is_sound::<CaseKind>();
        is_sound::<Basis>();
        is_sound::<HandlerCategory>();
        is_sound::<ReviewResult>();
        is_sound::<RecordIrregularity>();
        is_sound::<CheckResult>();
        is_sound::<FundSource>();
        is_sound::<FundUse>();
        is_sound::<ShiftChange>();
        is_sound::<CommitmentPolicy>();
        is_sound::<CancellationScope>();
        is_sound::<Payee>();
        is_sound::<DutyWeekday>();
    }

    #[test]
    fn json_carries_the_code_and_display_the_label() {
        let json = serde_json::to_string(&FindingKind::EarlyLeave).unwrap();
        assert_eq!(json, "\"early_leave\"");
        assert_eq!(serde_json::from_str::<FindingKind>(&json).unwrap(), FindingKind::EarlyLeave);
        assert!(serde_json::from_str::<FindingKind>("\"asleep\"").is_err());
        assert_eq!(FindingKind::EarlyLeave.to_string(), "早退");
    }

    #[test]
    fn a10_both_lower_levels_are_dissatisfied_and_a43_events_do_not_count() {
        let low: Vec<_> = Satisfaction::ALL.iter().filter(|level| level.is_dissatisfied()).collect();
        assert_eq!(low, [&Satisfaction::Dissatisfied, &Satisfaction::VeryDissatisfied]);
        assert_eq!(Channel::ALL.iter().filter(|c| c.counts()).count(), 6);
        assert_eq!(Topic::ALL.iter().filter(|t| t.named_by_plan()).count(), 5);
        assert_eq!(Topic::ALL.len(), 29);
    }
}
