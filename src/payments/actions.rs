//! What changes payments.

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::Datelike as _;
use serde::Deserialize;

use super::accounts::{self, Particulars, Whose};
use super::service;
use crate::error::AppError;
use crate::people::{self, BankAccount};
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::posted::Posted;
use crate::web::work::Work;

/// The year whose owed pay goes out.
#[derive(Debug, Deserialize)]
pub(super) struct AgainForm {
    #[serde(default)]
    year: String,
}

pub(super) async fn pay_again(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<AgainForm>,
) -> Answer {
    let year = posted.form.year.parse().unwrap_or_else(|_| state.clock.today().year());
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (id, count) = service::pay_again(&mut work, scope, year).await?;
    let message = format!("已编制补发，{count}笔，资金台账已记账。");
    Ok(work.finish(&format!("/payments/runs/{id}"), message).await?.into_response())
}

/// What the bank sent back, as typed.
#[derive(Debug, Deserialize)]
pub(super) struct ReturnForm {
    #[serde(default)]
    returned_on: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn return_transfer(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReturnForm>,
) -> Answer {
    let on = posted.form.returned_on.trim().parse().map_err(|_| AppError::refused("请填写退汇日期。"))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let run = service::return_transfer(&mut work, scope, id, on, &posted.form.reason).await?;
    let message = "已登记退汇，款项列入待发，下次补发时重新转账。";
    Ok(work.finish(&format!("/payments/runs/{run}"), message).await?.into_response())
}

/// Whose pay is held, and why.
#[derive(Debug, Deserialize)]
pub(super) struct HoldForm {
    #[serde(default)]
    person: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn hold(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<HoldForm>,
) -> Answer {
    let person = posted.form.person.parse().map_err(|_| AppError::refused("请选择值班人员。"))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    accounts::hold(&mut work, scope, person, &posted.form.reason).await?;
    Ok(work.finish("/payments/holds", "已登记暂缓发放，解除前不向本人转账。").await?.into_response())
}

/// What is written to a decision.
#[derive(Debug, Deserialize)]
pub(super) struct NoteForm {
    #[serde(default)]
    note: String,
}

pub(super) async fn release(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<NoteForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    accounts::release(&mut work, scope, id, &posted.form.note).await?;
    Ok(work.finish("/payments/holds", "已恢复发放，待发的款项列入下次补发。").await?.into_response())
}

pub(super) async fn decide_bank_change(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((id, decision)): InPath<(i64, String)>,
    posted: Posted<NoteForm>,
) -> Answer {
    let confirm = match decision.as_str() {
        "confirm" => true,
        "refuse" => false,
        _ => return Err(AppError::NotFound),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    accounts::decide_bank_change(&mut work, scope, id, confirm, &posted.form.note).await?;
    let message = if confirm {
        "账户变更已确认，今后按新账户发放。"
    } else {
        "账户变更未通过，仍用原账户。"
    };
    Ok(work.finish("/payments/accounts", message).await?.into_response())
}

/// A payee as typed.
#[derive(Debug, Deserialize)]
pub(super) struct PayeeForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    bank_name: String,
    #[serde(default)]
    bank_account: String,
    #[serde(default)]
    licence_valid_to: String,
    #[serde(default)]
    public_official: String,
    #[serde(default)]
    id_number: String,
}

pub(super) async fn change_payee(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<PayeeForm>,
) -> Answer {
    let (id, form) = (id, posted.form);
    let valid_to = match form.licence_valid_to.trim() {
        "" => None,
        typed => Some(typed.parse().map_err(|_| AppError::refused("执业证有效期不是有效的日期。"))?),
    };
    let id_number = match form.id_number.trim() {
        "" => None,
        typed => Some(people::parse_id_number(typed).map_err(|sentence| AppError::refused(format!("{sentence}。")))?),
    };
    let account = match form.bank_account.trim() {
        "" => None,
        typed => Some(BankAccount::parse(typed).map_err(|sentence| AppError::refused(format!("{sentence}。")))?),
    };
    if account.is_some() && form.bank_name.trim().is_empty() {
        return Err(AppError::refused("请填写开户行。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let version = form.version.parse().unwrap_or_default();
    let new = Particulars { licence_valid_to: valid_to, public_official: form.public_official == "yes", id_number };
    accounts::change_payee(&mut work, scope, &state.seals, id, version, &new).await?;
    let message = if let Some(account) = &account {
        let whose = Whose::Payee(id);
        let bank = form.bank_name.trim();
        accounts::ask_bank_change(&mut work, scope, &state.seals, whose, bank, account, "收款人资料登记").await?;
        "资料已保存；账户须由另一人复核后才用于发放。"
    } else {
        "资料已保存。"
    };
    Ok(work.finish(&format!("/payments/payees/{id}"), message).await?.into_response())
}
