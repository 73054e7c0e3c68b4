//! What waits in the bureau: the clerk, the approver, finance.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::db::WaitingRow;
use super::{Plan, Todo, Waiting, of, tell};
use crate::fund::rules::{Movement, passages};
use crate::plan::deadlines::{self, PlanLimit};
use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::time::month_and_day;

/// Findings that can be decided: objected to, or told and not objected to in time.
pub(super) fn decide(rows: &[WaitingRow], today: NaiveDate) -> Vec<Todo> {
    let objected: i64 = of(rows, "decide").filter(|row| row.words == "objected").map(|row| row.number).sum();
    let expired: i64 = of(rows, "decide")
        .filter(|row| row.words == "told")
        .filter(|row| row.on.is_none_or(|until| until < today))
        .map(|row| row.number)
        .sum();
    let mut todos = Vec::new();
    if objected > 0 {
        todos.push(Todo::new(format!("{objected}件扣款事项本人有异议，待认定"), "/findings?status=objected"));
    }
    if expired > 0 {
        todos.push(
            Todo::new(format!("{expired}件扣款事项告知期满，待认定"), "/findings?status=told")
                .about("期限内没有提出异议"),
        );
    }
    todos
}

/// What a roster rests on and is not there yet, by the day on which the first roster that needs it is
/// to be posted: the year's plan, its calendar, the people.
fn before_rosters(rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Vec<Todo> {
    let first_of_each_year = |lacks: &dyn Fn(&WaitingRow, Month) -> bool| {
        let mut first = BTreeMap::new();
        for row in of(rows, "roster") {
            let Some(month) = row.month.filter(|month| *month <= Month::of(today).next()) else { continue };
            if lacks(row, month) {
                first.entry(month.year()).or_insert(month);
            }
        }
        first
    };
    let unplanned = first_of_each_year(&|row, _| row.number == 0);
    let undated = first_of_each_year(&|_, month| !plan.calendar.knows(month.year()));
    let mut todos = Vec::new();
    for (year, month) in unplanned {
        todos.push(
            Todo::new(format!("建立{year}年实施方案"), "/programmes")
                .about("没有当年的方案不能排班。可以从上一份方案复制，再按当年印发的方案修改。")
                .by(plan.posting(month)),
        );
    }
    for (year, month) in undated {
        todos.push(
            Todo::new(format!("录入{year}年工作日历"), "/calendar/new")
                .about("没有当年的放假和调休安排不能排班；国务院办公厅一般在上一年11月公布。")
                .by(plan.posting(month)),
        );
    }
    if of(rows, "bank").next().is_some() {
        todos
            .push(Todo::new("登记值班人员入库", "/people/new").about("值班人员库还是空的；排班只能从库内人员中选择。"));
    }
    todos
}

pub(super) fn clerk(rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut todos = before_rosters(rows, plan, today);
    let mut news = Vec::new();
    for row in of(rows, "roster") {
        let Some(month) = row.month else { continue };
        let outside = plan.programme.as_ref().is_some_and(|plan| plan.year == month.year() && !plan.applies_in(month));
        if row.number == 0 || outside {
            continue;
        }
        // Work on a month begins in the month before it.
        let in_hand = month <= Month::of(today).next() || row.words != "none";
        if !in_hand {
            continue;
        }
        let number = month.month();
        let todo = match row.words.as_str() {
            "draft" if row.more.is_empty() => Todo::new(format!("{number}月排班正在编制，编好后提交审核"), ""),
            "draft" => Todo::new(format!("{number}月排班被退回，请修改"), "").about(row.more.clone()),
            "approved" => Todo::new(format!("{number}月排班已批准，请公示"), ""),
            "submitted" => {
                let waits = Todo::new(format!("{number}月排班在审核中"), format!("/roster/{month}"));
                news.push(waits.about("审批人批准后可以公示"));
                continue;
            }
            _ => Todo::new(format!("编制{number}月排班"), ""),
        };
        todos.push(Todo { href: format!("/roster/{month}"), due: plan.posting(month), ..todo });
    }
    todos.extend(tell(rows));
    todos.extend(decide(rows, today));
    for row in of(rows, "unreported") {
        let Some(month) = row.month else { continue };
        let due = plan.limit(|programme, calendar| deadlines::monthly_report(programme, calendar, month));
        todos.push(
            Todo::new(
                format!("{}个服务点未上报{}月考勤，请催报", row.number, month.month()),
                format!("/attendance/{month}/venues"),
            )
            .about(row.words.clone())
            .by(due.map(|limit| limit.due)),
        );
    }
    for row in of(rows, "settlement") {
        let Some(month) = row.month else { continue };
        let limit = plan.limit(|programme, calendar| deadlines::duty_pay(programme, calendar, month));
        let href = format!("/settlements/{month}");
        let number = month.month();
        match row.words.as_str() {
            "none" => {
                let ready = match row.number {
                    0 => "各服务点都已上报".to_owned(),
                    missing => format!("还有{missing}个服务点未上报"),
                };
                todos.push(
                    Todo::new(format!("计算{number}月值班补贴"), href)
                        .about(with_target(ready, limit, today))
                        .by(limit.map(|limit| limit.due)),
                );
            }
            "calculated" if !row.more.is_empty() => todos.push(
                Todo::new(format!("{number}月月结被退回，请核对后重新计算"), href)
                    .about(row.more.clone())
                    .by(limit.map(|limit| limit.due)),
            ),
            "calculated" => todos.push(
                Todo::new(format!("复核{number}月值班补贴"), href)
                    .about(row.on.map(|until| format!("异议期至{}", month_and_day(until))).unwrap_or_default())
                    .by(limit.map(|limit| limit.due)),
            ),
            "reviewed" => news.push(Todo::new(format!("{number}月月结待审批"), href)),
            _ => news.push(
                Todo::new(format!("{number}月补贴待发放"), href).about(format!("{}元", money::yuan_text(row.amount))),
            ),
        }
    }
    for row in of(rows, "review") {
        todos.push(
            Todo::new(format!("{}份咨询记录待复核", row.number), "/consultations?review=unreviewed")
                .about(row.on.map(|on| format!("最早的是{}的记录", month_and_day(on))).unwrap_or_default()),
        );
    }
    Waiting { todos, news }
}

/// The detail of a payment with its working-day target, where that lies before the literal day.
pub(super) fn with_target(detail: String, limit: Option<PlanLimit>, today: NaiveDate) -> String {
    match limit.and_then(|limit| limit.target.filter(|target| *target != limit.due && *target >= today)) {
        Some(target) => format!("{detail}；10日不是工作日，宜在{}前办结", month_and_day(target)),
        None => detail,
    }
}

pub(super) fn approver(account: i64, rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut todos = Vec::new();
    for row in of(rows, "roster").filter(|row| row.words == "submitted" && row.id != account) {
        let Some(month) = row.month else { continue };
        todos.push(
            Todo::new(format!("审核{}月排班", month.month()), format!("/roster/{month}")).by(plan.posting(month)),
        );
    }
    for row in of(rows, "settlement").filter(|row| row.words == "reviewed" && row.id != account) {
        let Some(month) = row.month else { continue };
        if !row.more.is_empty() {
            continue;
        }
        let limit = plan.limit(|programme, calendar| deadlines::duty_pay(programme, calendar, month));
        let detail = format!("应发{}元", money::yuan_text(row.amount));
        todos.push(
            Todo::new(format!("审批{}月值班补贴", month.month()), format!("/settlements/{month}"))
                .about(with_target(detail, limit, today))
                .by(limit.map(|limit| limit.due)),
        );
    }
    todos.extend(decide(rows, today));
    Waiting { todos, news: Vec::new() }
}

pub(super) fn finance(rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut todos = Vec::new();
    for row in of(rows, "settlement").filter(|row| row.words == "approved") {
        let Some(month) = row.month else { continue };
        let limit = plan.limit(|programme, calendar| deadlines::duty_pay(programme, calendar, month));
        let detail = format!("实发{}元", money::yuan_text(row.amount));
        todos.push(
            Todo::new(format!("发放{}月值班补贴", month.month()), format!("/settlements/{month}"))
                .about(with_target(detail, limit, today))
                .by(limit.map(|limit| limit.due)),
        );
    }
    let days = plan.programme.as_ref().map_or(30, |programme| programme.fund_transfer_days);
    let mut years: Vec<i64> = of(rows, "receipt").map(|row| row.number).collect();
    years.sort_unstable();
    years.dedup();
    for year in years {
        let moved = |kind: &'static str| -> Vec<Movement> {
            of(rows, kind)
                .filter(|row| row.number == year)
                .filter_map(|row| Some(Movement { on: row.on?, amount: row.amount }))
                .collect()
        };
        for passage in passages(&moved("receipt"), &moved("transfer"), days) {
            if passage.is_complete() {
                continue;
            }
            todos.push(
                Todo::new(
                    format!(
                        "{}到账的资金待拨付{}元",
                        month_and_day(passage.receipt.on),
                        money::yuan_text(passage.open)
                    ),
                    format!("/fund/{year}/transfers/new"),
                )
                .about(format!("到账后{days}日内拨付到市司法局"))
                .by(Some(passage.due)),
            );
        }
    }
    Waiting { todos, news: Vec::new() }
}
