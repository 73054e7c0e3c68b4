//! The payslips of a month on paper, one a person: for those who read their lines on paper (A54).

use askama::Template;
use axum::extract::State;
use rust_decimal::Decimal;

use super::db::{self, Head};
use super::sheet::{self, Row};
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::capitals;
use crate::plan::time::{chinese_date, short_date};
use crate::state::AppState;
use crate::subsidy::duty_pay::{DutyPay, ShiftPay};
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};

/// One person's slip.
struct Slip {
    row: Row,
    pay: DutyPay,
}

#[derive(Template)]
#[template(path = "settlement/payslips.html")]
struct SlipsPage {
    layout: Layout,
    month: Month,
    plan: String,
    bureau: String,
    head: Head,
    slips: Vec<Slip>,
}

impl SlipsPage {
    fn money(&self, amount: &Decimal) -> String {
        sheet::money(amount)
    }

    fn capitals(&self, slip: &Slip) -> String {
        capitals(slip.pay.payable)
    }

    fn day(&self, shift: &ShiftPay) -> String {
        short_date(shift.date)
    }

    /// What was deducted on a shift and why nothing was earned, in the plan's words.
    fn reasons(&self, shift: &ShiftPay) -> String {
        let lines = shift.lines.iter().map(|line| format!("{}　{}", line.clause, line.text));
        let words: Vec<String> = lines.collect();
        match (words.is_empty(), shift.not_payable) {
            (true, Some(reason)) => reason.label().to_owned(),
            (true, None) => "正常".to_owned(),
            (false, _) => words.join("　"),
        }
    }

    fn until(&self) -> String {
        self.head.objection_until.map(chinese_date).unwrap_or_default()
    }
}

pub(super) async fn print(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let ground = db::ground(&mut conn, scope.bureau(), month).await?.ok_or(AppError::NotFound)?;
    let head = ground.head.ok_or(AppError::NotFound)?;
    let items = db::items_of(&mut conn, head.id, None).await?;
    drop(conn);
    let unreadable = || AppError::Internal(anyhow::anyhow!("a stored settlement item cannot be read"));
    let slips: Option<Vec<Slip>> = items
        .iter()
        .map(|item| Some(Slip { row: Row::stored(item)?, pay: serde_json::from_value(item.result.clone()).ok()? }))
        .collect();
    let slips = slips.ok_or_else(unreadable)?;
    let bureau = layout.who.as_ref().map(|who| who.bureau_name.clone()).unwrap_or_default();
    page(&SlipsPage {
        layout: layout
            .titled(format!("{}补贴条", month.chinese()))
            .crumb("月结", "/settlements")
            .crumb(month.chinese(), format!("/settlements/{month}")),
        plan: format!("{}年方案第{}版", ground.plan.content.year, head.programme_revision),
        month,
        bureau,
        head,
        slips,
    })
}
