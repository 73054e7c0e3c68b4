//! The tables of an archive, in the order in which a month is lived: the rules, the roster,
//! the register, the desk, the findings, the calculation, the money, the trail.

use super::Extent;
use super::db::{self, Cells, Item};
use super::pack::Section;
use crate::accounts;
use crate::error::AppError;
use crate::findings;
use crate::fund::rules::EntryKind;
use crate::payments;
use crate::payouts;
use crate::plan::dictionaries::{Channel, FindingKind, PersonCategory, ReviewResult, Satisfaction, ShiftChange, Topic};
use crate::plan::dictionary::Dictionary;
use crate::plan::money::plain_text;
use crate::plan::programme::Programme;
use crate::roster::RosterStatus;
use crate::settlement;
use crate::subsidy::duty_pay::DutyPay;
use crate::subsidy::explain::Line;
use crate::web::work::Work;

/// The words of a code; a code without words stands for itself.
fn words<D: Dictionary>(code: &str) -> String {
    D::from_code(code).map_or_else(|| code.to_owned(), |value| value.label().to_owned())
}

/// Codes and the words shown for them, where a column has no dictionary.
fn among(pairs: &[(&str, &str)], code: &str) -> String {
    pairs.iter().find(|(known, _)| *known == code).map_or_else(|| code.to_owned(), |(_, words)| (*words).to_owned())
}

fn method(code: &str) -> String {
    among(&[("self", "本人"), ("desk", "前台代签"), ("correction", "补签")], code)
}

fn correction_status(code: &str) -> String {
    among(&[("asked", "待审批"), ("agreed", "同意"), ("refused", "不同意")], code)
}

fn side(code: &str) -> String {
    among(&[("sign_in", "签到"), ("sign_out", "签退")], code)
}

fn month_status(code: &str) -> String {
    among(&[("open", "未上报"), ("reported", "已审定上报")], code)
}

fn review(code: &str) -> String {
    if code == "unreviewed" { "未复核".to_owned() } else { words::<ReviewResult>(code) }
}

fn action(code: &str) -> String {
    accounts::action_words(code).to_owned()
}

fn subject(code: &str) -> String {
    accounts::subject_words(code).to_owned()
}

type Speak = fn(&str) -> String;

/// Rows with the codes of some columns in words.
fn spoken(mut rows: Vec<Cells>, columns: &[(usize, Speak)]) -> Vec<Cells> {
    for row in &mut rows {
        for (column, speak) in columns {
            if let Some(cell) = row.get_mut(*column).filter(|cell| !cell.is_empty()) {
                *cell = speak(cell);
            }
        }
    }
    rows
}

/// Every table of the extent.
///
/// # Errors
/// When the database fails or a stored calculation cannot be read.
pub(super) async fn all(work: &mut Work, extent: Extent, items: &[Item]) -> Result<Vec<Section>, AppError> {
    let mut sections = vec![rules(&db::programmes(work.conn(), extent).await?)];
    sections.extend(roster(work, extent).await?);
    sections.extend(register(work, extent).await?);
    sections.extend(desk(work, extent).await?);
    sections.extend([settled(work, extent).await?, pay(items), steps(items)?]);
    sections.extend(money(work, extent).await?);
    sections.push(trail(work, extent).await?);
    Ok(sections)
}

/// The names of columns, apart by blanks.
fn columns(names: &'static str) -> Vec<&'static str> {
    names.split(' ').collect()
}

/// Who was to serve: the months and their shifts.
async fn roster(work: &mut Work, extent: Extent) -> Result<Vec<Section>, AppError> {
    Ok(vec![
        Section {
            name: "rosters",
            title: "排班与公示",
            about: "各月排班由谁编制、提交、批准、公示，各在何时（三(一)、四(一)）。",
            columns: columns("月份 状态 编制人 编制时间 提交人 提交时间 批准人 批准时间 公示人 公示时间"),
            rows: spoken(db::rosters(work.conn(), extent).await?, &[(1, words::<RosterStatus>)]),
        },
        Section {
            name: "shifts",
            title: "班次",
            about: "已公示的每一个班次（四(一)4）。",
            columns: columns("班次 日期 时间 计划分钟 服务点 值班人员 类别 单位 调整 调整原因"),
            rows: spoken(
                db::shifts(work.conn(), extent).await?,
                &[(6, words::<PersonCategory>), (8, words::<ShiftChange>)],
            ),
        },
    ])
}

/// Who served: sign-ins and sign-outs, what was corrected of them, who certified the month.
async fn register(work: &mut Work, extent: Extent) -> Result<Vec<Section>, AppError> {
    Ok(vec![
        Section {
            name: "attendance",
            title: "签到签退",
            about: "每个班次的签到签退时间、方式和经手账号（三(一)）。",
            columns: columns(
                "班次 日期 服务点 值班人员 签到 签到方式 签到账号 签退 签退方式 签退账号 迟到分钟 早退分钟 异常说明",
            ),
            rows: spoken(db::attendances(work.conn(), extent).await?, &[(5, method), (8, method)]),
        },
        Section {
            name: "corrections",
            title: "补签",
            about: "签到签退的更正：原值、新值、理由、申请人和审批人。",
            columns: columns(
                "班次 日期 值班人员 补签项 原时间 新时间 理由 结果 申请人 申请时间 审批人 审批时间 审批意见",
            ),
            rows: spoken(db::corrections(work.conn(), extent).await?, &[(3, side), (7, correction_status)]),
        },
        Section {
            name: "certifications",
            title: "考勤审定上报",
            about: "各服务点各月考勤由谁审定、何时上报（三(一)）。",
            columns: columns("月份 服务点 状态 审定人 审定时间 退回原因"),
            rows: spoken(db::certifications(work.conn(), extent).await?, &[(2, month_status)]),
        },
    ])
}

/// What was done and found: consultations, findings and their steps.
async fn desk(work: &mut Work, extent: Extent) -> Result<Vec<Section>, AppError> {
    Ok(vec![
        Section {
            name: "consultations",
            title: "咨询记录",
            about: "每份咨询记录；咨询人只显示姓氏，涉及隐私的不显示（四(一)2）。",
            columns: columns(
                "编号 班次 开始 结束 服务点 值班人员 方式 事项 咨询人 电话 满意度 复核 复核人 登记账号 登记时间",
            ),
            rows: spoken(
                db::consultations(work.conn(), extent).await?,
                &[(6, words::<Channel>), (7, words::<Topic>), (10, words::<Satisfaction>), (11, review)],
            ),
        },
        Section {
            name: "findings",
            title: "扣款事项",
            about: "每个扣款事项的事实和证据、告知、异议与认定（五(二)1）。",
            columns: columns(
                "编号 班次 日期 服务点 值班人员 事项 事实和证据 状态 提出人 提出时间 告知时间 异议截止 异议 认定人 认定时间 认定意见",
            ),
            rows: spoken(
                db::findings(work.conn(), extent).await?,
                &[(5, words::<FindingKind>), (7, words::<findings::rules::Status>)],
            ),
        },
        Section {
            name: "finding-steps",
            title: "扣款事项办理经过",
            about: "每个扣款事项的每一步，由谁在何时办理。",
            columns: columns("扣款事项 时间 办理人 之后的状态 说明"),
            rows: spoken(db::finding_steps(work.conn(), extent).await?, &[(3, words::<findings::rules::Status>)]),
        },
    ])
}

/// What the months came to, and by whose hands.
async fn settled(work: &mut Work, extent: Extent) -> Result<Section, AppError> {
    Ok(Section {
        name: "settlements",
        title: "月结",
        about: "各月补贴的计算、复核、审批、发放，审批、发放各由另一人办理（五(二)1）。指纹是全部计算的SHA-256，批准后不变。",
        columns: columns(
            "月份 状态 适用方案 人数 补贴基数 扣款 追补 应发 计算人 计算时间 复核人 复核时间 审批人 审批时间 发放人 发放时间 指纹",
        ),
        rows: spoken(db::settlements(work.conn(), extent).await?, &[(1, words::<settlement::rules::Status>)]),
    })
}

/// Where the money went: the ledger, the cases, the bank.
async fn money(work: &mut Work, extent: Extent) -> Result<Vec<Section>, AppError> {
    Ok(vec![
        Section {
            name: "postings",
            title: "资金记账",
            about: if extent.is_whole() {
                "这个期间的全部资金记录，和上述月结的发放记录（五(三)）。"
            } else {
                "上述月结的发放记录（五(三)）。"
            },
            columns: columns("凭证号 日期 类型 摘要 凭据 科目 借方 贷方 记账人 记账时间 冲销的凭证"),
            rows: spoken(db::postings(work.conn(), extent).await?, &[(2, words::<EntryKind>)]),
        },
        Section {
            name: "case-payouts",
            title: "办案补贴",
            about: "这个期间发放的办案补贴：逐案的资金来源、序号、期限和经手人（五(二)2）；按服务点或人员缩小范围时不列。",
            columns: columns(
                "批次 状态 案号 收款人 单位 年度序号 省级专项资金 业务经费 最迟发放日 同意结案 省系统录入 编制人 编制时间 审批人 审批时间 发放人 发放时间 收回或撤销 指纹",
            ),
            rows: match extent.is_whole() {
                true => spoken(db::case_payouts(work.conn(), extent).await?, &[(1, words::<payouts::BatchStatus>)]),
                false => Vec::new(),
            },
        },
        Section {
            name: "transfers",
            title: "银行转账",
            about: "上述补贴的每一笔转账，流水号与银行文件一致，账号只显示后四位；退汇的列明原因（五(二)）。",
            columns: columns("流水号 转账批次 登记时间 登记人 收款人 用途 金额 开户行 账号 状态 退汇日期 退汇原因"),
            rows: spoken(db::transfers(work.conn(), extent).await?, &[(9, words::<payments::rules::TransferStatus>)]),
        },
    ])
}

/// Every action on all of this.
async fn trail(work: &mut Work, extent: Extent) -> Result<Section, AppError> {
    Ok(Section {
        name: "audit",
        title: "操作记录",
        about: "上述各项的全部操作：谁、何时、从哪里、做了什么、改前改后。",
        columns: columns("编号 时间 操作人 来自 操作 对象 对象编号 说明 改前 改后"),
        rows: spoken(db::trail(work.conn(), extent).await?, &[(4, action), (5, subject)]),
    })
}

fn rules(plans: &[(i32, i32, Programme)]) -> Section {
    let rows = plans.iter().flat_map(|(year, revision, plan)| {
        plan.parameters().into_iter().map(move |parameter| {
            vec![
                format!("{year}年第{revision}版"),
                parameter.label,
                parameter.value,
                parameter.clause.to_owned(),
                parameter.quote.to_owned(),
                parameter.reading.unwrap_or_default(),
            ]
        })
    });
    Section {
        name: "rules",
        title: "实施方案与条款",
        about: "计算所用的每一个标准、它的条款、方案原文，以及方案留有余地处的理解。",
        columns: columns("方案 项目 标准 条款 方案原文 理解"),
        rows: rows.collect(),
    }
}

fn pay(items: &[Item]) -> Section {
    let rows = items.iter().map(|item| {
        vec![
            item.month.to_string(),
            item.person.clone(),
            plain_text(item.base),
            plain_text(item.deducted),
            plain_text(item.adjustment),
            plain_text(item.payable),
            plain_text(item.receivable),
            item.fingerprint.clone(),
        ]
    });
    Section {
        name: "pay",
        title: "补贴发放表",
        about: "每人每月的补贴（元）；依据和结果原文见data/settlement-items.json。",
        columns: columns("月份 值班人员 补贴基数 扣款 追补 应发 结转应退 指纹"),
        rows: rows.collect(),
    }
}

fn steps(items: &[Item]) -> Result<Section, AppError> {
    let mut rows = Vec::new();
    for item in items {
        let pay: DutyPay = serde_json::from_value(item.result.clone()).map_err(anyhow::Error::from)?;
        let row = |place: String, line: &Line| {
            vec![
                item.month.to_string(),
                item.person.clone(),
                place,
                line.clause.clone(),
                line.text.clone(),
                plain_text(line.amount),
            ]
        };
        for shift in &pay.shifts {
            let place = || format!("{} {}", shift.date, shift.venue);
            if shift.lines.first() != Some(&shift.earned) {
                rows.push(row(place(), &shift.earned));
            }
            for line in &shift.lines {
                // What is taken is kept as a positive amount.
                let taken = Line { amount: -line.amount, ..line.clone() };
                rows.push(row(place(), &taken));
            }
        }
        rows.extend(pay.steps.iter().map(|line| row("本月".to_owned(), line)));
    }
    Ok(Section {
        name: "steps",
        title: "逐步计算",
        about: "每一元从哪一个班次、哪一条得来或扣去（五(二)1）。",
        columns: columns("月份 值班人员 班次 条款 说明 金额（元）"),
        rows,
    })
}
