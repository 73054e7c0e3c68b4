//! The handbook: what each page is for and how each job is done, short enough to be read
//! beside the work. Every page of the product links to its chapter.
//!
//! Owns nothing. The rules it quotes are those of `plan`: the clauses and the readings.

use askama::Template;
use axum::extract::Path;

use crate::error::AppError;
use crate::plan::clause::{self, Clause};
use crate::plan::readings::{READINGS, Reading};
use crate::state::AppState;
use crate::web::Answer;
use crate::web::layout::{Layout, page};
use crate::web::routes::{Access, Routes};

/// The chapters: name in the address, title, what they are about.
const CHAPTERS: &[(&str, &str, &str)] = &[
    ("start", "登录和使用", "登录、密码、查找、快捷键、大字和深色、断网时怎么办"),
    ("duty", "值班人员", "签到签退、补签、查看班次和补贴、对扣款提出异议"),
    ("consultations", "登记和复核咨询", "登记一份咨询、暂存、补录纸质登记表、复核"),
    ("attendance", "考勤和审定上报", "站点每天看什么、月底怎么审定、退回怎么办"),
    ("roster", "排班和公示", "编制、整月轮排、拖动调整、提交、审核、公示"),
    ("findings", "扣款事项", "提出、告知、异议、认定、撤销，一并办理"),
    ("settlement", "月结和补贴", "计算、审批、发放，一笔补贴是怎么算出来的"),
    ("fund", "资金台账", "到账、拨付、支出、冲销，三十日期限"),
    ("payouts", "案件补贴", "哪些案件可以发，三人各办一步，延期和重复发放"),
    ("payments", "支付和账户", "银行转账、退汇补发、账户变更、暂停发放、免税清单"),
    ("reports", "报表和公开", "月报、季报、年度报告，填报、审核、签发"),
    ("evidence", "核查材料", "给审计和检查的压缩包：里面有什么、怎么核对"),
    ("progress", "进度总览", "任务数怎么计，时间进度怎么比"),
    ("cases", "法律援助案件", "登记、补正、审查、指派、结案、录入省系统、归档"),
    ("decisions", "审批案件", "给予和不予、更换和终止、同意结案、受限案件"),
    ("handling", "承办案件", "接受指派、办理记录、会见、材料、办结"),
    ("apply", "申请法律援助", "哪些人可以申请、带什么、多久有结果"),
    ("people", "人员、方案和日历", "值班人员库、年度实施方案、工作日历"),
    ("administration", "系统管理", "账号、角色、服务点、审计记录"),
    ("rules", "条款和读法", "方案原文，以及方案没有写明之处的57条读法"),
];

#[derive(Template)]
#[template(path = "handbook/index.html")]
struct IndexPage {
    layout: Layout,
    chapters: &'static [(&'static str, &'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "handbook/chapter.html")]
struct ChapterPage {
    layout: Layout,
    chapter: &'static str,
    about: &'static str,
    next: Option<(&'static str, &'static str)>,
    clauses: &'static [Clause],
    readings: &'static [Reading],
}

/// The addresses of this slice. The handbook holds no secrets: who cannot sign in needs it most.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/help", Access::Public, index).get("/help/{chapter}", Access::Public, chapter)
}

async fn index(layout: Layout) -> Answer {
    page(&IndexPage { layout: layout.titled("使用手册"), chapters: CHAPTERS })
}

async fn chapter(layout: Layout, Path(name): Path<String>) -> Answer {
    let place = CHAPTERS.iter().position(|(known, _, _)| *known == name).ok_or(AppError::NotFound)?;
    let (chapter, title, about) = CHAPTERS.get(place).copied().ok_or(AppError::NotFound)?;
    page(&ChapterPage {
        layout: layout.titled(title).crumb("使用手册", "/help"),
        chapter,
        about,
        next: CHAPTERS.get(place + 1).map(|(name, title, _)| (*name, *title)),
        clauses: clause::ALL,
        readings: READINGS,
    })
}
