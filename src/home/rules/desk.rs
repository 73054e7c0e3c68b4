//! What waits where people come: duty persons, the venues, the legal aid centre.

use super::super::db::WaitingRow;
use super::{Plan, Todo, Waiting, of, tell};
use crate::plan::deadlines;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::time::month_and_day;

pub(super) fn duty_person(rows: &[WaitingRow]) -> Waiting {
    let mut todos = Vec::new();
    let mut news = Vec::new();
    for row in of(rows, "shift") {
        let todo = Todo::new("", format!("/attendance/shifts/{}", row.id))
            .about(format!("{} {}", row.words, row.more))
            .by(row.on);
        match row.number {
            0 => todos.push(Todo {
                title: "今天值班，请签到".to_owned(),
                press: Some(("签到", format!("/attendance/shifts/{}/sign-in", row.id))),
                ..todo
            }),
            // Leaving early asks first: that stands on the page of the shift.
            1 => todos.push(Todo {
                title: "今天值班，离开时请签退".to_owned(),
                beside: Some(("登记咨询", format!("/consultations/new?shift={}", row.id))),
                ..todo
            }),
            _ => news.push(Todo { title: "今天的值班已签退".to_owned(), ..todo }.finished()),
        }
    }
    for row in of(rows, "no_sign_out") {
        let day = row.on.map(month_and_day).unwrap_or_default();
        todos.push(
            Todo::new(format!("{day}的值班没有签退"), format!("/attendance/shifts/{}", row.id))
                .about(format!("{}。请申请补签，说明离开的时间和原因；没有说明的按早退处理。", row.words)),
        );
    }
    for row in of(rows, "returned") {
        todos.push(
            Todo::new(format!("咨询记录{}被退回，请补正", row.words), format!("/consultations/{}", row.id))
                .about(row.more.clone()),
        );
    }
    for row in of(rows, "told") {
        let kind = FindingKind::from_code(&row.words).map_or("扣款事项", |kind| kind.label());
        todos.push(
            Todo::new(format!("扣款事项告知：{}{kind}", row.more), format!("/findings/{}", row.id))
                .about("请查看；有异议的，在期限内提出。")
                .by(row.on),
        );
    }
    for row in of(rows, "next_shift") {
        let day = row.on.map(crate::plan::time::short_date).unwrap_or_default();
        news.push(
            Todo::new(
                format!("下一次值班：{day}"),
                row.on.map_or_else(String::new, |on| format!("/roster/{}", Month::of(on))),
            )
            .about(format!("{} {}", row.words, row.more)),
        );
    }
    for row in of(rows, "pay") {
        let Some(month) = row.month else { continue };
        let state = match row.on {
            Some(on) => format!("{}已发放", month_and_day(on)),
            None => "已审批，待发放".to_owned(),
        };
        let title = format!("{}值班补贴{}元", month.chinese(), money::yuan_text(row.amount));
        news.push(Todo::new(title, format!("/settlements/{month}")).about(state));
    }
    Waiting { todos, news }
}

/// Whether the venue's staff tell findings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum VenueTells {
    Yes,
    No,
}

pub(super) fn venue(rows: &[WaitingRow], plan: &Plan, tells: VenueTells) -> Waiting {
    let mut todos = Vec::new();
    let mut news = Vec::new();
    for row in of(rows, "desk") {
        let (all, signed_out) = (row.number, row.id);
        let signed_in = row.amount.trunc();
        let todo = Todo::new("", "/attendance")
            .about(format!("{}；已签到{signed_in}人，已签退{signed_out}人", row.words))
            .by(row.on);
        if signed_out >= all {
            news.push(Todo { title: format!("今天{all}个班次都已签退"), ..todo }.finished());
        } else {
            todos.push(Todo { title: format!("今天{all}个班次，请留意签到签退"), ..todo });
        }
    }
    for row in of(rows, "correction") {
        let side = if row.more == "sign_in" { "签到" } else { "签退" };
        let day = row.on.map(month_and_day).unwrap_or_default();
        todos.push(Todo::new(format!("{}申请补登{day}的{side}", row.words), format!("/attendance/shifts/{}", row.id)));
    }
    if tells == VenueTells::Yes {
        todos.extend(tell(rows));
    }
    for row in of(rows, "certify") {
        let Some(month) = row.month else { continue };
        let mut detail = if row.words.is_empty() {
            format!("共{}个班次，核对后审定上报", row.number)
        } else {
            format!("被退回：{}", row.words)
        };
        if let Some(on) = row.on {
            detail = format!("{}{}催办；{detail}", row.more, month_and_day(on));
        }
        let due = plan.limit(|programme, calendar| deadlines::monthly_report(programme, calendar, month));
        todos.push(
            Todo::new(format!("审定并上报{}月考勤", month.month()), format!("/attendance/{month}/venues/{}", row.id))
                .about(detail)
                .by(due.map(|limit| limit.due)),
        );
    }
    Waiting { todos, news }
}
