//! The one table of the programme's figures: key, label, clause, the plan's words, the
//! reading and the field each is kept in. [`super::parameters`] shows and edits by it.

use super::clause;
use super::dictionaries::CaseKind;
use super::dictionary::Dictionary;
use super::parameters::{Field, Row, any_of, one_of};
use super::programme::STARS;

/// Every row, in the order of the plan.
pub(super) fn table() -> Vec<Row> {
    let row = |key: &str, label: &str, clause, quote, reading, field| Row {
        key: key.to_owned(),
        label: label.to_owned(),
        clause,
        quote,
        reading,
        field,
    };
    let mut rows = vec![
        row(
            "title",
            "方案标题",
            clause::TARGETS,
            "",
            None,
            Field::Text(|p| &mut p.title),
        ),
        row(
            "document_number",
            "发文字号",
            clause::TARGETS,
            "",
            None,
            Field::Text(|p| &mut p.document_number),
        ),
        row(
            "valid_from",
            "适用起始日",
            clause::TARGETS,
            "全年",
            Some("A48"),
            Field::Date(|p| &mut p.valid_from),
        ),
        row(
            "valid_to",
            "适用终止日",
            clause::TARGETS,
            "全年",
            Some("A48"),
            Field::Date(|p| &mut p.valid_to),
        ),
        row(
            "consultation_target",
            "免费法律咨询全年目标",
            clause::TARGETS,
            "免费法律咨询8600人次",
            Some("A43"),
            Field::Count(|p| &mut p.consultation_target, 1..=10_000_000, "人次"),
        ),
        row(
            "case_target",
            "特殊群体法律援助全年目标",
            clause::TARGETS,
            "法律援助290件",
            Some("A34"),
            Field::Count(|p| &mut p.case_target, 1..=1_000_000, "件"),
        ),
        row(
            "posting_lead_days",
            "排班公示提前量",
            clause::PLATFORM_DUTIES,
            "提前进行公示",
            Some("A49"),
            Field::Count(|p| &mut p.posting_lead_days, 0..=31, "个工作日"),
        ),
        row(
            "consultation_visit_percent",
            "咨询回访比例",
            clause::PLATFORM_DUTIES,
            "负责定期回访",
            Some("A50"),
            Field::Count(|p| &mut p.consultation_visit_percent, 0..=100, "%"),
        ),
        row(
            "case_visit_percent",
            "办结案件回访比例",
            clause::CENTRE_DUTIES,
            "案后回访",
            Some("A50"),
            Field::Count(|p| &mut p.case_visit_percent, 0..=100, "%"),
        ),
        row(
            "retired_service_years",
            "退休人员从事业务年限",
            clause::DUTY_PERSONS,
            "5年以上的退休人员",
            Some("A47"),
            Field::Count(|p| &mut p.retired_service_years, 0..=50, "年"),
        ),
        row(
            "centre_minimum_hours",
            "服务中心每次值班时长下限",
            clause::CENTRE_TIME,
            "每次值班时间不少于8小时",
            Some("A04"),
            Field::Hours(|p| &mut p.centre_minimum_hours),
        ),
        row(
            "count_midday_break",
            "午休是否计入时长",
            clause::CENTRE_TIME,
            "值班时间参照该中心工作时间",
            Some("A04"),
            Field::Switch(|p| &mut p.count_midday_break, ["计入", "不计入"]),
        ),
        row(
            "station_weekday",
            "工作站值班日",
            clause::STATION_TIME,
            "每周三值班一次",
            Some("A01"),
            one_of(|p| &mut p.station_weekday),
        ),
        row(
            "station_minimum_hours",
            "工作站每次值班时长下限",
            clause::STATION_TIME,
            "每次值班时间不少于4小时",
            Some("A02"),
            Field::Hours(|p| &mut p.station_minimum_hours),
        ),
        row(
            "persons_per_shift",
            "每班值班人数",
            clause::DUTY_RATES,
            "每人",
            Some("A21"),
            Field::Count(|p| &mut p.persons_per_shift, 1..=20, "人"),
        ),
        row(
            "special_groups",
            "特殊群体范围",
            clause::SPECIAL_GROUPS,
            "以上8类特殊群体",
            Some("A56"),
            any_of(|p| &mut p.special_groups),
        ),
        row(
            "elderly_age",
            "老年人年龄",
            clause::SPECIAL_GROUPS,
            "老年人（60周岁以上）",
            Some("A45"),
            Field::Count(|p| &mut p.elderly_age, 1..=120, "周岁以上"),
        ),
        row(
            "adult_age",
            "成年年龄",
            clause::SPECIAL_GROUPS,
            "未成年人",
            Some("A45"),
            Field::Count(|p| &mut p.adult_age, 1..=120, "周岁"),
        ),
        row(
            "fund_transfer_days",
            "专项资金拨付期限",
            clause::FUND_TRANSFER,
            "收到专项资金30日内拨付",
            Some("A55"),
            Field::Count(|p| &mut p.fund_transfer_days, 1..=365, "日"),
        ),
        row(
            "fund_uses",
            "省级专项资金用途",
            clause::FUND_USE,
            "值班补贴和市法律援助中心办理特殊群体法律援助案件补贴",
            Some("A52"),
            any_of(|p| &mut p.fund_uses),
        ),
        row(
            "commitment_policy",
            "资金占用时点",
            clause::BUREAU_DUTIES,
            "确保专款专用",
            None,
            one_of(|p| &mut p.commitment_policy),
        ),
        row(
            "centre_rate",
            "服务中心值班补贴",
            clause::DUTY_RATES,
            "每人每天补贴200元",
            Some("A22"),
            Field::Yuan(|p| &mut p.centre_rate, "/人·天"),
        ),
        row(
            "station_rate",
            "工作站值班补贴",
            clause::DUTY_RATES,
            "每人次补贴300元",
            Some("A23"),
            Field::Yuan(|p| &mut p.station_rate, "/人次"),
        ),
        row(
            "legal_aid_centre_rate",
            "法律援助中心窗口值班补贴",
            clause::DUTY_RATES,
            "公共法律服务中心值班",
            Some("A25"),
            Field::OptionalYuan(|p| &mut p.legal_aid_centre_rate, "/人次"),
        ),
    ];
    rows.extend(STARS.into_iter().map(|star| {
        row(
            &format!("star_multipliers.{star}"),
            &format!("{star}星级值班人员补贴系数"),
            clause::DUTY_RATES,
            "免费法律咨询值班补贴",
            None,
            Field::StarMultiplier(star),
        )
    }));
    rows.extend([
        row(
            "record_defect_deduction",
            "服务记录缺项、不规范扣款",
            clause::RECORD_DEFECT,
            "一次扣10元",
            Some("A08"),
            Field::Yuan(|p| &mut p.record_defect_deduction, "/次"),
        ),
        row(
            "late_deduction",
            "迟到扣款",
            clause::LATE_OR_EARLY,
            "一次扣50元",
            Some("A06"),
            Field::Yuan(|p| &mut p.late_deduction, "/次"),
        ),
        row(
            "early_leave_deduction",
            "早退扣款",
            clause::LATE_OR_EARLY,
            "一次扣50元",
            Some("A06"),
            Field::Yuan(|p| &mut p.early_leave_deduction, "/次"),
        ),
        row(
            "grace_minutes",
            "迟到早退宽限",
            clause::LATE_OR_EARLY,
            "迟到、早退的",
            Some("A07"),
            Field::Count(|p| &mut p.grace_minutes, 0..=60, "分钟"),
        ),
        row(
            "dissatisfied_deduction",
            "不满意或投诉属实扣款",
            clause::DISSATISFIED,
            "一次扣50元",
            Some("A09"),
            Field::Yuan(|p| &mut p.dissatisfied_deduction, "/次"),
        ),
        row(
            "off_post_centre_deduction",
            "服务中心脱岗扣款",
            clause::OFF_POST,
            "市中心值班的，每次扣除100元",
            Some("A18"),
            Field::Yuan(|p| &mut p.off_post_centre_deduction, "/次"),
        ),
        row(
            "off_post_station_deduction",
            "工作站脱岗扣款",
            clause::OFF_POST,
            "乡镇工作站值班的，每次扣除150元",
            Some("A18"),
            Field::Yuan(|p| &mut p.off_post_station_deduction, "/次"),
        ),
        row(
            "off_post_threshold",
            "当月不予发放的脱岗次数",
            clause::OFF_POST,
            "一个月内3次以上脱岗的，当月不予发放补助",
            Some("A11"),
            Field::Count(|p| &mut p.off_post_threshold, 1..=31, "次以上"),
        ),
        row(
            "explanation_days",
            "抽查脱岗说明期限",
            clause::OFF_POST,
            "无正当理由脱岗的",
            None,
            Field::Count(|p| &mut p.explanation_days, 0..=31, "个工作日"),
        ),
        row(
            "cancellation_scope",
            "虚假值班取消范围",
            clause::FALSE_DUTY,
            "取消当天值班补贴",
            Some("A17"),
            one_of(|p| &mut p.cancellation_scope),
        ),
        row(
            "objection_days",
            "扣款异议期限",
            clause::MONTHLY_ASSESSMENT,
            "市司法局根据考核结果",
            Some("A54"),
            Field::Count(|p| &mut p.objection_days, 0..=31, "个工作日"),
        ),
    ]);
    for kind in CaseKind::ALL.iter().filter(|kind| kind.is_case()) {
        rows.push(row(
            &format!("case_amounts.{}", kind.code()),
            &format!("专项资金补贴：{kind}"),
            clause::CASE_BASE,
            "每件以",
            Some(if kind.is_civil_litigation() || kind.is_criminal() {
                "A31"
            } else {
                "A33"
            }),
            Field::CaseAmount(*kind),
        ));
    }
    for kind in CaseKind::ALL.iter().filter(|kind| kind.is_case()) {
        rows.push(row(
            &format!("local_standards.{}", kind.code()),
            &format!("当地执行标准：{kind}"),
            clause::CASE_BASE,
            "当地办案补贴执行标准高于1000元的，超过部分由法律援助业务经费补足",
            Some("A37"),
            Field::LocalStandard(*kind),
        ));
    }
    rows.extend([
        row(
            "case_payee",
            "案件补贴发放对象",
            clause::CASE_BASE,
            "采取以案定补方式",
            Some("A53"),
            one_of(|p| &mut p.case_payee),
        ),
        row(
            "duty_pay_day",
            "值班补贴发放截止日",
            clause::PAYMENT_LIMITS,
            "每月10日前发放上月咨询值班补贴",
            Some("A28"),
            Field::Count(|p| &mut p.duty_pay_day, 1..=28, "日"),
        ),
        row(
            "duty_pay_warning_day",
            "值班补贴发放提醒日",
            clause::PAYMENT_LIMITS,
            "每月10日前发放上月咨询值班补贴",
            Some("A28"),
            Field::Count(|p| &mut p.duty_pay_warning_day, 1..=28, "日"),
        ),
        row(
            "case_payment_days",
            "案件补贴发放期限",
            clause::PAYMENT_LIMITS,
            "同意法律援助案件结案后30日内发放办案补贴",
            Some("A30"),
            Field::Count(|p| &mut p.case_payment_days, 1..=365, "日"),
        ),
        row(
            "case_extension_days",
            "案件补贴延期上限",
            clause::PAYMENT_LIMITS,
            "特殊情况延长时间不得超过15日",
            Some("A30"),
            Field::Count(|p| &mut p.case_extension_days, 0..=365, "日"),
        ),
        row(
            "quarter_report_days",
            "资金使用季报期限",
            clause::PAYMENT_LIMITS,
            "每个季度结束后15日内",
            Some("A29"),
            Field::Count(|p| &mut p.quarter_report_days, 1..=90, "日"),
        ),
        row(
            "monthly_report_day",
            "逐月上报日",
            clause::SUPERVISION,
            "逐月上报",
            Some("A51"),
            Field::Count(|p| &mut p.monthly_report_day, 1..=28, "日"),
        ),
    ]);
    rows
}
