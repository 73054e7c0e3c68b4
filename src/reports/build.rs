//! PURE. From figures to the sheet that is signed, in the layout of an official form.

use rust_decimal::Decimal;

use super::db::{BookRow, Figures};
use super::period::{Period, ReportKind};
use crate::plan::Programme;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{capitals, in_sentence, round_to_fen, yuan};
use crate::plan::time::{chinese_date, month_and_day};
use crate::web::sheet::{Cell, Sheet, Table};

/// A share in percent with one decimal; a dash of nothing.
fn percent(part: i64, whole: i64) -> Cell {
    share(Decimal::from(part), Decimal::from(whole))
}

fn share(part: Decimal, whole: Decimal) -> Cell {
    match (part * Decimal::ONE_HUNDRED).checked_div(whole) {
        Some(share) => Cell::text(format!(
            "{:.1}%",
            share.round_dp_with_strategy(1, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
        )),
        None => Cell::Nothing,
    }
}

/// What a report is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// What is reported.
    pub kind: ReportKind,
    /// Of when.
    pub period: Period,
    /// The office.
    pub bureau: &'a str,
    /// The year's plan.
    pub programme: &'a Programme,
    /// The figures.
    pub figures: &'a Figures,
    /// The book's lines, for the book.
    pub book: &'a [BookRow],
    /// As it stood on this day.
    pub as_of: chrono::NaiveDate,
    /// By when it is due.
    pub due: Option<chrono::NaiveDate>,
}

/// The sheet of a report.
#[must_use]
pub fn sheet(ground: &Ground<'_>) -> Sheet {
    let mut tables = match ground.kind {
        ReportKind::Quarterly => vec![fund(ground), spending(ground), results(ground)],
        ReportKind::Monthly => vec![venues(ground), work(ground), spending(ground)],
        ReportKind::MidYear | ReportKind::Yearly => {
            vec![results(ground), work(ground), venues(ground), fund(ground), spending(ground), other_funds(ground)]
        }
        ReportKind::SelfEvaluation => vec![evaluation(ground)],
        ReportKind::AccountBook => vec![book(ground)],
        ReportKind::Publication => vec![publication(ground)],
    };
    if tables.len() > 1 {
        for (number, table) in ["一", "二", "三", "四", "五", "六"].iter().zip(&mut tables) {
            table.heading = format!("{number}、{}", table.heading);
        }
    }
    let mut lines = vec![
        format!("编制单位：{}　　期间：{}　　单位：元", ground.bureau, ground.period.chinese()),
        match ground.programme.document_number.as_str() {
            "" => format!("依据：{}（尚无文号）", ground.programme.title),
            number => format!("依据：{}（{number}）", ground.programme.title),
        },
    ];
    if let Some(due) = ground.due {
        lines.push(format!("报送期限：{}", chinese_date(due)));
    }
    Sheet {
        title: format!("{}{}", ground.period.chinese(), ground.kind.label()),
        lines,
        tables,
        notes: notes(ground),
        signatures: match ground.kind {
            ReportKind::AccountBook => vec!["记账".to_owned(), "复核".to_owned(), "负责人".to_owned()],
            ReportKind::Publication => vec!["拟稿".to_owned(), "保密与隐私审查".to_owned(), "批准发布".to_owned()],
            _ => vec!["填报人".to_owned(), "审核人".to_owned(), "单位负责人（盖章）".to_owned(), "报送日期".to_owned()],
        },
    }
}

fn notes(ground: &Ground<'_>) -> Vec<String> {
    let figures = ground.figures;
    let mut notes = Vec::new();
    let late_cases = figures.case_payments.0 - figures.case_payments.1;
    let late_months = figures.months.0 - figures.months.1;
    match ground.kind {
        ReportKind::Publication => {
            notes.push(
                "公示期内有异议的，请向市司法局反映。受援人姓名依法不予公开（个人信息保护法第二十五条）。".to_owned(),
            );
        }
        ReportKind::AccountBook => {
            notes.push(format!("期末结余{}（{}）。", in_sentence(figures.closing), capitals(figures.closing)));
        }
        _ => {
            if late_months > 0 {
                notes.push(format!("有{late_months}个月的值班补贴在10日之后发放。"));
            }
            if late_cases > 0 {
                notes.push(format!("有{late_cases}件办案补贴超过期限发放。"));
            }
            if !figures.unpaid.is_zero() {
                notes.push(format!(
                    "支出中有{}已列支、尚未发到本人（暂缓发放或银行退汇）。",
                    in_sentence(figures.unpaid)
                ));
            }
            notes.push("扣减的补贴留在专项资金结余，不再分配（A52）。".to_owned());
        }
    }
    notes.push(format!(
        "数据截至{}，取自资金台账和已发放的月结、案件补贴批次；按同一日期重新生成，结果相同。",
        chinese_date(ground.as_of)
    ));
    notes
}

fn fund(ground: &Ground<'_>) -> Table {
    let figures = ground.figures;
    let mut table = Table::new("省级专项资金收支", &["项目", "金额", "说明"]);
    let receipts: Vec<String> = figures
        .receipts
        .iter()
        .map(|(on, document, amount)| format!("{} {document} {}", month_and_day(*on), in_sentence(*amount)))
        .collect();
    let spent = figures.duty + figures.cases;
    let mut row = |name: &str, amount: Decimal, note: Cell| {
        table.row(vec![name.into(), round_to_fen(amount).into(), note]);
    };
    row("期初结余", figures.opening, Cell::Nothing);
    row(
        "本期到位",
        figures.received,
        if receipts.is_empty() { Cell::Nothing } else { Cell::text(receipts.join("；")) },
    );
    if !figures.carried.is_zero() {
        row("上年结转（减结转、上缴）", figures.carried, Cell::Nothing);
    }
    row("本期支出", spent, Cell::Nothing);
    row("　值班补贴", figures.duty, Cell::Nothing);
    row("　案件补贴", figures.cases, Cell::Nothing);
    if !figures.earlier.is_zero() {
        row("另：以前年度账内的支出", figures.earlier, Cell::text("记入以前年度专账，不减少本年度结余"));
    }
    row("期末结余", figures.closing, Cell::text(capitals(figures.closing)));
    row("　其中：市财政局待拨", figures.at_finance, Cell::Nothing);
    row("累计到位", figures.received_to_date, Cell::Nothing);
    row("累计支出", figures.spent_to_date, Cell::Nothing);
    let rate = share(figures.spent_to_date, figures.received_to_date);
    table.row(vec!["执行率".into(), Cell::Nothing, rate]);
    table
}

fn spending(ground: &Ground<'_>) -> Table {
    let figures = ground.figures;
    let mut table = Table::new("补贴发放", &["项目", "数量", "人数", "金额"]);
    let count = |amount: i64| Cell::Count(amount);
    let money = |amount: Decimal| Cell::Money(round_to_fen(amount));
    table.row(vec![
        "公共法律服务中心值班（天）".into(),
        count(figures.centre.0),
        count(figures.centre.1),
        money(figures.centre.2),
    ]);
    table.row(vec![
        "工作站值班（人次）".into(),
        count(figures.station.0),
        count(figures.station.1),
        money(figures.station.2),
    ]);
    table.row(vec!["扣减（有扣款的班次）".into(), count(figures.deductions), Cell::Nothing, money(-figures.deducted)]);
    table.row(vec!["当月不予发放".into(), Cell::Nothing, count(figures.forfeited.0), money(-figures.forfeited.1)]);
    table.row(vec!["取消当天补贴（班次）".into(), count(figures.cancelled), Cell::Nothing, Cell::Nothing]);
    table.row(vec!["以前月份追扣、补发".into(), Cell::Nothing, Cell::Nothing, money(figures.adjusted)]);
    table.row(vec!["案件补贴：民事（件）".into(), count(figures.civil.0), Cell::Nothing, money(figures.civil.1)]);
    table.row(vec!["案件补贴：刑事（件）".into(), count(figures.criminal.0), Cell::Nothing, money(figures.criminal.1)]);
    for (name, amount) in [
        ("收回值班补贴（现金）", figures.refunds.0),
        ("收回案件补贴（省级专项资金）", figures.refunds.1),
        ("收回案件补贴（业务经费）", figures.refunds.2),
    ] {
        if !amount.is_zero() {
            table.row(vec![name.into(), Cell::Nothing, Cell::Nothing, money(amount)]);
        }
    }
    table.row(vec!["地方补足（业务经费）".into(), Cell::Nothing, Cell::Nothing, money(figures.topped_up)]);
    table.row(vec![
        "超目标案件（业务经费，件）".into(),
        count(figures.over_target.0),
        Cell::Nothing,
        money(figures.over_target.1),
    ]);
    table.row(vec![
        "普通法律援助案件（业务经费，件）".into(),
        count(figures.ordinary.0),
        Cell::Nothing,
        money(figures.ordinary.1),
    ]);
    table.row(vec![
        "10日前发放值班补贴（月）".into(),
        Cell::text(format!("{}/{}", figures.months.1, figures.months.0)),
        Cell::Nothing,
        Cell::Nothing,
    ]);
    table.row(vec![
        "按期发放办案补贴（件）".into(),
        Cell::text(format!("{}/{}", figures.case_payments.1, figures.case_payments.0)),
        Cell::Nothing,
        Cell::Nothing,
    ]);
    table
}

fn results(ground: &Ground<'_>) -> Table {
    let (figures, plan) = (ground.figures, ground.programme);
    let mut table = Table::new("任务完成情况", &["项目", "本期", "累计", "全年任务", "完成率"]);
    let target = i64::from(plan.consultation_target);
    table.row(vec![
        "免费法律咨询（人次）".into(),
        figures.consultations.0.into(),
        figures.consultations.1.into(),
        target.into(),
        percent(figures.consultations.1, target),
    ]);
    let target = i64::from(plan.case_target);
    let [.., counted] = figures.case_steps;
    table.row(vec![
        "特殊群体法律援助（件，同意结案并录入）".into(),
        counted.into(),
        figures.counted_to_date.into(),
        target.into(),
        percent(figures.counted_to_date, target),
    ]);
    table
}

fn work(ground: &Ground<'_>) -> Table {
    let figures = ground.figures;
    let [accepted, assigned, agreed, entered, counted] = figures.case_steps;
    let mut table = Table::new("办理情况", &["项目", "数量", "比例"]);
    table.row(vec!["排班班次".into(), figures.shifts.0.into(), Cell::Nothing]);
    table.row(vec!["实际值班".into(), figures.shifts.1.into(), percent(figures.shifts.1, figures.shifts.0)]);
    table.row(vec!["案件受理".into(), accepted.into(), Cell::Nothing]);
    table.row(vec!["案件指派".into(), assigned.into(), Cell::Nothing]);
    table.row(vec!["同意结案".into(), agreed.into(), Cell::Nothing]);
    table.row(vec!["录入省系统".into(), entered.into(), Cell::Nothing]);
    table.row(vec!["计入任务".into(), counted.into(), Cell::Nothing]);
    table.row(vec!["咨询评价满意".into(), figures.ratings.0.into(), percent(figures.ratings.0, figures.ratings.1)]);
    table.row(vec!["服务记录复核合格".into(), figures.reviews.0.into(), percent(figures.reviews.0, figures.reviews.1)]);
    for (kind, times) in &figures.findings {
        let name = FindingKind::from_code(kind).map_or(kind.as_str(), |kind| kind.label());
        table.row(vec![Cell::text(format!("认定扣款事项：{name}")), (*times).into(), Cell::Nothing]);
    }
    table
}

fn venues(ground: &Ground<'_>) -> Table {
    let mut table = Table::new("各服务点", &["服务点", "应值班次", "实值班次", "值班完成率", "咨询人次"]);
    let (mut rostered, mut served, mut counted) = (0, 0, 0);
    for (name, due, done, consultations) in &ground.figures.venues {
        rostered += due;
        served += done;
        counted += consultations;
        table.row(vec![Cell::text(name), (*due).into(), (*done).into(), percent(*done, *due), (*consultations).into()]);
    }
    table.foot = vec!["合计".into(), rostered.into(), served.into(), percent(served, rostered), counted.into()];
    table
}

fn other_funds(ground: &Ground<'_>) -> Table {
    let figures = ground.figures;
    let [operating_in, operating_out, operating_left] = figures.operating;
    let [working_in, publicity, training, working_left] = figures.working;
    let mut table = Table::new("地方配套经费", &["资金", "收入", "支出", "结余", "用途"]);
    table.row(vec![
        "法律援助业务经费".into(),
        operating_in.into(),
        operating_out.into(),
        operating_left.into(),
        "办案补贴补足、超目标案件和普通案件".into(),
    ]);
    table.row(vec![
        "财政工作经费".into(),
        working_in.into(),
        (publicity + training).into(),
        working_left.into(),
        Cell::text(format!("宣传{}，培训{}", in_sentence(publicity), in_sentence(training))),
    ]);
    table
}

/// The self-evaluation: each indicator with its target, what was done, and its points; the execution rate has ten of a
/// hundred. What the system does not know is left for the hand.
fn evaluation(ground: &Ground<'_>) -> Table {
    let (figures, plan) = (ground.figures, ground.programme);
    let mut table = Table::new("", &["一级指标", "二级指标", "三级指标", "目标值", "实际值", "分值", "自评得分"]);
    let mut total = Decimal::ZERO;
    let mut scored = |level: [&str; 3], target: String, actual: Cell, points: i64, done: Option<Decimal>| {
        let score = done.map(|done| round_to_fen(Decimal::from(points) * done.clamp(Decimal::ZERO, Decimal::ONE)));
        total += score.unwrap_or_default();
        let [first, second, third] = level;
        table.row(vec![
            first.into(),
            second.into(),
            third.into(),
            target.into(),
            actual,
            points.into(),
            score.map_or_else(|| Cell::text("待填"), |score| Cell::text(score.normalize())),
        ]);
    };
    let part = |done: i64, whole: i64| Decimal::from(done).checked_div(Decimal::from(whole));
    let (consultations, cases) = (i64::from(plan.consultation_target), i64::from(plan.case_target));
    scored(
        ["预算执行", "执行率", "支出/到位"],
        "100%".to_owned(),
        share(figures.spent_to_date, figures.received_to_date),
        10,
        figures.spent_to_date.checked_div(figures.received_to_date),
    );
    scored(
        ["产出", "数量", "免费法律咨询人次"],
        format!("{consultations}"),
        figures.consultations.1.into(),
        15,
        part(figures.consultations.1, consultations),
    );
    scored(
        ["产出", "数量", "特殊群体法律援助案件数"],
        format!("{cases}"),
        figures.counted_to_date.into(),
        15,
        part(figures.counted_to_date, cases),
    );
    scored(
        ["产出", "数量", "值班完成率"],
        "100%".to_owned(),
        percent(figures.shifts.1, figures.shifts.0),
        10,
        part(figures.shifts.1, figures.shifts.0),
    );
    scored(
        ["产出", "质量", "服务记录合格率"],
        "≥98%".to_owned(),
        percent(figures.reviews.0, figures.reviews.1),
        10,
        part(figures.reviews.0, figures.reviews.1).map(|done| done / Decimal::new(98, 2)),
    );
    scored(
        ["产出", "时效", "值班补贴10日前发放率"],
        "100%".to_owned(),
        percent(figures.months.1, figures.months.0),
        5,
        part(figures.months.1, figures.months.0),
    );
    scored(
        ["产出", "时效", "办案补贴按期发放率"],
        "100%".to_owned(),
        percent(figures.case_payments.1, figures.case_payments.0),
        5,
        part(figures.case_payments.1, figures.case_payments.0),
    );
    scored(
        ["产出", "成本", "补贴标准"],
        format!(
            "{}/人天、{}/人次、{}/件",
            in_sentence(plan.centre_rate),
            in_sentence(plan.station_rate),
            in_sentence(yuan(1000))
        ),
        "按标准执行".into(),
        10,
        Some(Decimal::ONE),
    );
    scored(["效益", "社会效益", "群众知晓率、化解纠纷"], "逐年提高".to_owned(), "待填".into(), 10, None);
    scored(
        ["满意度", "服务对象", "咨询满意度"],
        "≥95%".to_owned(),
        percent(figures.ratings.0, figures.ratings.1),
        10,
        part(figures.ratings.0, figures.ratings.1).map(|done| done / Decimal::new(95, 2)),
    );
    table.foot = vec![
        "合计".into(),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::text("另有待填项目"),
        100_i64.into(),
        Cell::text(total.normalize()),
    ];
    table
}

fn book(ground: &Ground<'_>) -> Table {
    let mut table =
        Table::new("", &["日期", "编号", "摘要", "凭证或依据", "收入", "值班补贴支出", "案件补贴支出", "余额"]);
    table.row(vec![
        Cell::text(chinese_date(ground.period.first())),
        Cell::Nothing,
        "期初结余".into(),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        ground.figures.opening.into(),
    ]);
    let or_nothing = |amount: Decimal| if amount.is_zero() { Cell::Nothing } else { Cell::Money(amount) };
    let sum = |of: fn(&BookRow) -> Decimal| ground.book.iter().map(of).sum::<Decimal>();
    for line in ground.book {
        table.row(vec![
            Cell::text(chinese_date(line.entered_on)),
            i64::from(line.number).into(),
            Cell::text(&line.summary),
            Cell::text(&line.voucher),
            or_nothing(line.income),
            or_nothing(line.duty),
            or_nothing(line.cases),
            line.balance.into(),
        ]);
    }
    table.foot = vec![
        "合计".into(),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        sum(|line| line.income).into(),
        sum(|line| line.duty).into(),
        sum(|line| line.cases).into(),
        ground.figures.closing.into(),
    ];
    table
}

/// Numbers and sums only: neither recipients nor who was paid.
fn publication(ground: &Ground<'_>) -> Table {
    let figures = ground.figures;
    let mut table = Table::new("", &["项目", "数量", "金额"]);
    table.row(vec!["免费法律咨询（人次）".into(), figures.consultations.0.into(), Cell::Nothing]);
    table.row(vec!["公共法律服务中心值班补贴（天）".into(), figures.centre.0.into(), figures.centre.2.into()]);
    table.row(vec!["工作站值班补贴（人次）".into(), figures.station.0.into(), figures.station.2.into()]);
    table.row(vec![
        "特殊群体法律援助办案补贴（件）".into(),
        (figures.civil.0 + figures.criminal.0).into(),
        (figures.civil.1 + figures.criminal.1).into(),
    ]);
    table.row(vec!["省级专项资金支出".into(), Cell::Nothing, (figures.duty + figures.cases).into()]);
    table.row(vec!["省级专项资金期末结余".into(), Cell::Nothing, figures.closing.into()]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures {
            opening: yuan(0),
            received: yuan(560_700),
            duty: yuan(60_000),
            cases: yuan(30_000),
            closing: yuan(470_700),
            received_to_date: yuan(560_700),
            spent_to_date: yuan(90_000),
            consultations: (2000, 4100),
            counted_to_date: 290,
            shifts: (500, 490),
            reviews: (98, 100),
            ratings: (95, 100),
            months: (3, 3),
            case_payments: (30, 29),
            ..Figures::default()
        }
    }

    fn ground<'a>(kind: ReportKind, programme: &'a Programme, figures: &'a Figures) -> Ground<'a> {
        Ground {
            kind,
            period: Period::parse("2024").unwrap(),
            bureau: "高平市司法局",
            programme,
            figures,
            book: &[],
            as_of: "2025-01-20".parse().unwrap(),
            due: None,
        }
    }

    #[test]
    fn a_self_evaluation_adds_up_and_leaves_what_nobody_counted_to_the_hand() {
        let (plan, figures) = (Programme::gaoping_2024(), figures());
        let sheet = sheet(&ground(ReportKind::SelfEvaluation, &plan, &figures));
        let table = &sheet.tables[0];
        let points: i64 = table
            .rows
            .iter()
            .filter_map(|row| if let Cell::Count(points) = row[5] { Some(points) } else { None })
            .sum();
        assert_eq!(points, 100);
        assert_eq!(table.rows[0][6], Cell::text("1.61"), "90,000 of 560,700 are 16.05 % of ten points");
        assert_eq!(table.rows[8][6], Cell::text("待填"));
    }

    #[test]
    fn what_is_published_names_nobody() {
        let (plan, figures) = (Programme::gaoping_2024(), figures());
        let sheet = sheet(&ground(ReportKind::Publication, &plan, &figures));
        assert!(sheet.notes.iter().any(|note| note.contains("不予公开")));
        assert!(!format!("{:?}", sheet.tables).contains("姓名"));
    }

    #[test]
    fn what_came_late_is_said() {
        let (plan, figures) = (Programme::gaoping_2024(), figures());
        let sheet = sheet(&ground(ReportKind::Quarterly, &plan, &figures));
        assert!(sheet.notes.iter().any(|note| note.contains("有1件办案补贴超过期限发放")));
    }
}
