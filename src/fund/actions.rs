//! What posts to the ledger.

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::pages::{EntryPage, ReceiptForm, ReceiptPage, TransferForm, TransferPage};
use super::{NewReceipt, NewTransfer, db, service};
use crate::error::AppError;
use crate::plan::money;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::Posted;
use crate::web::work::Work;
use crate::web::{Answer, typed};

/// The longest number of a document.
const NUMBER: usize = 60;

fn amount(errors: &mut Errors, typed: &str) -> Option<Decimal> {
    match money::parse_amount(typed) {
        Ok(amount) if amount > Decimal::ZERO => Some(amount),
        Ok(_) => {
            errors.add("amount", "金额须大于零");
            None
        }
        Err(message) => {
            errors.add("amount", message);
            None
        }
    }
}

fn receipt(year: i32, form: &ReceiptForm, today: NaiveDate) -> Result<NewReceipt, Errors> {
    let mut errors = Errors::new();
    let amount = amount(&mut errors, &form.amount);
    let received_on = typed::date_until(&mut errors, "received_on", "到账日期", &form.received_on, today);
    let notice = typed::line(&mut errors, "notice", "文号", &form.notice, NUMBER);
    let notice_on = if form.notice_on.trim().is_empty() {
        None
    } else {
        typed::date_until(&mut errors, "notice_on", "下达日期", &form.notice_on, today)
    };
    if let (Some(received), Some(notice)) = (received_on, notice_on)
        && received < notice
    {
        errors.add("received_on", "到账日期不能早于下达日期");
    }
    let voucher = typed::optional_line(&mut errors, "voucher", "凭证号", &form.voucher, NUMBER);
    match (amount, received_on) {
        (Some(amount), Some(received_on)) if errors.is_empty() => {
            Ok(NewReceipt { year, amount, received_on, notice, notice_on, voucher })
        }
        _ => Err(errors),
    }
}

pub(super) async fn record_receipt(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<ReceiptForm>,
) -> Answer {
    let new = match receipt(year, &posted.form, state.clock.today()) {
        Ok(new) => new,
        Err(errors) => {
            let again = ReceiptPage::load(&state, layout, scope, year, posted.once, posted.form, errors).await?;
            return form_again(&again);
        }
    };
    let message = format!("已登记到账{}元。", money::yuan_text(new.amount));
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::record_receipt(&mut work, scope, new).await?;
    Ok(work.finish(&format!("/fund/{year}"), message).await?.into_response())
}

fn transfer(year: i32, form: &TransferForm, available: Decimal, today: NaiveDate) -> Result<NewTransfer, Errors> {
    let mut errors = Errors::new();
    let amount = amount(&mut errors, &form.amount);
    if let Some(amount) = amount
        && amount > available
    {
        errors.add(
            "amount",
            format!(
                "市财政局待拨的只有{}元，还差{}元（{}）",
                money::yuan_text(available),
                money::yuan_text(amount - available),
                money::capitals(amount - available)
            ),
        );
    }
    let transferred_on = typed::date_until(&mut errors, "transferred_on", "拨付日期", &form.transferred_on, today);
    let order = typed::line(&mut errors, "order", "拨款单号", &form.order, NUMBER);
    let voucher = typed::optional_line(&mut errors, "voucher", "凭证号", &form.voucher, NUMBER);
    match (amount, transferred_on) {
        (Some(amount), Some(transferred_on)) if errors.is_empty() => {
            Ok(NewTransfer { year, amount, transferred_on, order, voucher })
        }
        _ => Err(errors),
    }
}

pub(super) async fn record_transfer(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<TransferForm>,
) -> Answer {
    let (once, form) = (posted.once, posted.form);
    let mut again = TransferPage::load(&state, layout, scope, year, once, form.clone(), Errors::new()).await?;
    let new = match transfer(year, &form, again.available(), state.clock.today()) {
        Ok(new) => new,
        Err(errors) => {
            again.complain(errors);
            return form_again(&again);
        }
    };
    let message = format!("已登记拨付{}元。", money::yuan_text(new.amount));
    let mut work = Work::begin(&state, &actor, once).await?;
    service::record_transfer(&mut work, scope, new).await?;
    Ok(work.finish(&format!("/fund/{year}"), message).await?.into_response())
}

/// Why an entry is reversed, as typed.
#[derive(Debug, Deserialize)]
pub(super) struct ReverseForm {
    #[serde(default)]
    reason: String,
}

pub(super) async fn reverse(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReverseForm>,
) -> Answer {
    let mut errors = Errors::new();
    let reason = typed::line(&mut errors, "reason", "冲销原因", &posted.form.reason, 200);
    if !errors.is_empty() {
        let mut conn = state.pool.acquire().await?;
        let entry = db::find_entry(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
        return form_again(&EntryPage::new(layout, &actor, entry, posted.once, posted.form.reason, errors));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let made = service::reverse(&mut work, scope, id, &reason).await?;
    Ok(work.finish(&format!("/fund/entries/{made}"), "已冲销，原记录保留。").await?.into_response())
}
