//! The clauses of the implementation plan that figures and decisions cite, in the plan's
//! own words. Numbers follow the plan: part, section, item, case — `五(二)1(2)`.

/// A clause of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// Its number, for example `五(二)1(2)`.
    pub number: &'static str,
    /// Its wording.
    pub text: &'static str,
}

/// 二: the targets of the year.
pub const TARGETS: Clause = Clause {
    number: "二",
    text: "通过市法律援助中心、市公共法律服务中心、15个公共法律服务工作站，组织专业法律服务团队值班，全年为人民群众提供优质、高效、便捷的免费法律咨询8600人次；精准对接特殊群体法律服务需求，全年为特殊群体提供无偿民事、刑事诉讼代理和刑事辩护法律援助290件。",
};
/// 三(一): who posts, keeps attendance and visits again.
pub const PLATFORM_DUTIES: Clause = Clause {
    number: "三(一)",
    text: "市、乡镇（街道）公共法律服务中心（站）负责将值班人员相关信息、值班时间提前进行公示；负责平台值班人员的日常考勤，并在审定后报市司法局；负责定期回访，听取群众意见反馈",
};
/// 三(一): what the bureau answers for.
pub const BUREAU_DUTIES: Clause = Clause {
    number: "三(一)",
    text: "负责管理和发放咨询和案件补贴经费，确保专款专用；负责专项资金绩效管理。",
};
/// 三(一): what the legal aid centre does for a case.
pub const CENTRE_DUTIES: Clause = Clause {
    number: "三(一)",
    text: "负责特殊群体法律援助案件案前告知、案中监督、案后回访；负责特殊群体法律援助案件结案审查、入卷归档；负责将法律援助案件录入山西省法律援助管理系统。",
};
/// 四(一)3: who may be on duty.
pub const DUTY_PERSONS: Clause = Clause {
    number: "四(一)3",
    text: "值班法律服务人员包括律师、基层法律服务工作者；政法机关曾从事公安、审判、检察、法律服务管理等业务工作5年以上的退休人员；通过法律职业资格考试的高等院校法律专业师生及其他从事法律事务的非公职人员。",
};
/// 四(一)4: when and how long the centre is staffed.
pub const CENTRE_TIME: Clause = Clause {
    number: "四(一)4",
    text: "市公共法律服务中心在每个工作日安排值班，值班时间参照该中心工作时间，每次值班时间不少于8小时；",
};
/// 四(一)4: when and how long a station is staffed.
pub const STATION_TIME: Clause = Clause {
    number: "四(一)4",
    text: "乡镇（街道）公共法律服务工作站每周三值班一次，每次值班时间不少于4小时，可根据工作实际调整值班次数和时间。",
};
/// 四(二)1: whom a programme case serves.
pub const SPECIAL_GROUPS: Clause = Clause {
    number: "四(二)1",
    text: "农民工、农民、残疾人、老年人（60周岁以上）、未成年人、妇女、困难职工、军人军属等符合法律援助条件的，有民事诉讼代理服务需求的特殊群体，以及属于以上8类特殊群体的通知辩护、律师辩护全覆盖案件犯罪嫌疑人、被告人。",
};
/// 四(二)2: who handles cases.
pub const HANDLERS: Clause = Clause {
    number: "四(二)2",
    text: "法律服务机构包括律师事务所、基层法律服务所，法律援助人员包括律师、基层法律服务工作者、法律援助志愿者和法律援助机构中具有律师资格或者法律职业资格的工作人员。",
};
/// 四(二)3(3): entry in the provincial system.
pub const PROVINCIAL_ENTRY: Clause = Clause {
    number: "四(二)3(3)",
    text: "规范法律援助案件录入，市法律援助中心要确保将法律援助案件信息及时、准确、完整录入至山西省法律援助管理系统，录入情况将作为当地任务完成进度、专项经费发放的依据。",
};
/// 五(一): transfer of the earmarked fund.
pub const FUND_TRANSFER: Clause = Clause {
    number: "五(一)",
    text: "2024年“惠民工程”省级专项资金于2024年第一季度一次性下达，市财政局在收到专项资金30日内拨付至市司法局。",
};
/// 五(二): what the earmarked fund may be spent on.
pub const FUND_USE: Clause = Clause {
    number: "五(二)",
    text: "“惠民工程”省级专项资金用于市、乡两级公共法律服务实体平台免费法律咨询法律服务人员的值班补贴和市法律援助中心办理特殊群体法律援助案件补贴。",
};
/// 五(二)1: the duty rates.
pub const DUTY_RATES: Clause = Clause {
    number: "五(二)1",
    text: "免费法律咨询值班补贴：公共法律服务中心值班，每人每天补贴200元；乡镇（街道）公共法律服务工作站值班，每人次补贴300元。",
};
/// 五(二)1: that misconduct costs the corresponding subsidy.
pub const DEDUCTIONS: Clause =
    Clause { number: "五(二)1", text: "值班法律服务人员有以下行为的，予以扣除相应补贴：" };
/// 五(二)1(1): defective service records.
pub const RECORD_DEFECT: Clause =
    Clause { number: "五(二)1(1)", text: "服务记录内容缺项、不规范的，一次扣10元；" };
/// 五(二)1(2): late and early.
pub const LATE_OR_EARLY: Clause = Clause { number: "五(二)1(2)", text: "迟到、早退的，一次扣50元；" };
/// 五(二)1(3): dissatisfaction and complaints.
pub const DISSATISFIED: Clause = Clause {
    number: "五(二)1(3)",
    text: "服务对象评价为“不满意”或被投诉的，经核实情况属实的，一次扣50元；",
};
/// 五(二)1(4): off post at a roll-call.
pub const OFF_POST: Clause = Clause {
    number: "五(二)1(4)",
    text: "在点名抽查中发现无正当理由脱岗的，市中心值班的，每次扣除100元；乡镇工作站值班的，每次扣除150元，一个月内3次以上脱岗的，当月不予发放补助；",
};
/// 五(二)1(5): not on post, false duty.
pub const FALSE_DUTY: Clause = Clause {
    number: "五(二)1(5)",
    text: "经核实值班日不在岗、存在虚假值班情形的，取消当天值班补贴，并予以通报批评。",
};
/// 五(二)1, last sentence: monthly payment by assessment.
pub const MONTHLY_ASSESSMENT: Clause = Clause {
    number: "五(二)1",
    text: "市司法局根据考核结果，按月将补贴发放给值班法律服务人员。",
};
/// 五(二)2: the base amount of a case.
pub const CASE_BASE: Clause = Clause {
    number: "五(二)2",
    text: "采取以案定补方式，每件以《山西省财政厅 山西省司法厅关于印发<法律援助补贴办法>的通知》（晋财政法〔2019〕95号）中民事诉讼案件、审判阶段刑事法律援助案件最低补贴标准1000元予以补贴，当地办案补贴执行标准高于1000元的，超过部分由法律援助业务经费补足。",
};
/// 五(二)2: no double payment.
pub const NO_DOUBLE_PAYMENT: Clause =
    Clause { number: "五(二)2", text: "“惠民工程”经费补贴不得与法律援助补贴重复发放。" };
/// 五(二)2: cases over the target.
pub const OVER_TARGET: Clause = Clause {
    number: "五(二)2",
    text: "办理特殊群体法律援助案件超过全年目标任务数的，超出案件由当地法律援助业务经费予以补贴。",
};
/// 五(二), last paragraph: by when money is paid and use reported.
pub const PAYMENT_LIMITS: Clause = Clause {
    number: "五(二)末段",
    text: "市司法局在每月10日前发放上月咨询值班补贴，在法律援助中心同意法律援助案件结案后30日内发放办案补贴，特殊情况延长时间不得超过15日。市司法局在每个季度结束后15日内向晋城市司法局报送专项资金使用情况。",
};
/// 六(一): monthly reports and checks.
pub const SUPERVISION: Clause = Clause {
    number: "六(一)",
    text: "要实行动态管理，做到逐月上报、季度抽查、年中督查、年底考核，确保任务圆满完成。",
};

/// Every clause above, in the order of the plan.
pub const ALL: &[Clause] = &[
    TARGETS,
    BUREAU_DUTIES,
    PLATFORM_DUTIES,
    CENTRE_DUTIES,
    DUTY_PERSONS,
    CENTRE_TIME,
    STATION_TIME,
    SPECIAL_GROUPS,
    HANDLERS,
    PROVINCIAL_ENTRY,
    FUND_TRANSFER,
    FUND_USE,
    DUTY_RATES,
    DEDUCTIONS,
    RECORD_DEFECT,
    LATE_OR_EARLY,
    DISSATISFIED,
    OFF_POST,
    FALSE_DUTY,
    MONTHLY_ASSESSMENT,
    CASE_BASE,
    NO_DOUBLE_PAYMENT,
    OVER_TARGET,
    PAYMENT_LIMITS,
    SUPERVISION,
];

/// The clauses of a number, in order; a number may cover several sentences.
pub fn numbered(number: &str) -> impl Iterator<Item = &'static Clause> {
    ALL.iter().filter(move |clause| clause.number == number)
}
