//! Entries that a person records beside receipts and transfers of the earmarked fund: the operating fund, the finance
//! bureau's working money, what is returned to the province.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum_extra::extract::Query;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::db;
use super::rules::EntryKind;
use super::service::{self, NewPosting};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, typed};

/// What may be recorded here.
const KINDS: [EntryKind; 5] = [
    EntryKind::OperatingReceipt,
    EntryKind::WorkingReceipt,
    EntryKind::PublicityPayment,
    EntryKind::TrainingPayment,
    EntryKind::FundReturn,
];

/// An entry as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct EntryForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    entered_on: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    document: String,
    #[serde(default)]
    voucher: String,
}

#[derive(Template)]
#[template(path = "fund/other.html")]
struct OtherPage {
    layout: Layout,
    once: OnceKey,
    year: i32,
    today: String,
    kinds: Vec<(&'static str, &'static str)>,
    form: EntryForm,
    errors: Errors,
}

fn shown(layout: Layout, state: &AppState, year: i32, once: OnceKey, form: EntryForm, errors: Errors) -> OtherPage {
    OtherPage {
        layout: layout.titled("登记其他收支").crumb(format!("{year}年资金台账"), format!("/fund/{year}")),
        once,
        year,
        today: state.clock.today().to_string(),
        kinds: KINDS.iter().map(|kind| (kind.code(), kind.label())).collect(),
        form,
        errors,
    }
}

pub(super) async fn new(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(year): InPath<i32>,
    Query(form): Query<EntryForm>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    if db::accounts_of(&mut conn, scope.bureau(), year).await?.is_empty() {
        return Err(AppError::NotFound);
    }
    drop(conn);
    page(&shown(layout, &state, year, OnceKey::new(), form, Errors::new()))
}

pub(super) async fn record(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<EntryForm>,
) -> Answer {
    let form = posted.form;
    let mut errors = Errors::new();
    let kind = EntryKind::from_code(&form.kind).filter(|kind| KINDS.contains(kind));
    if kind.is_none() {
        errors.add("kind", "请选择登记的事项");
    }
    let amount = match money::parse_amount(&form.amount) {
        Ok(amount) if amount > Decimal::ZERO => Some(amount),
        Ok(_) => {
            errors.add("amount", "金额须大于零");
            None
        }
        Err(sentence) => {
            errors.add("amount", sentence);
            None
        }
    };
    let entered_on = typed::date_until(&mut errors, "entered_on", "日期", &form.entered_on, state.clock.today());
    let summary = typed::line(&mut errors, "summary", "摘要", &form.summary, 100);
    let document = typed::line(&mut errors, "document", "依据", &form.document, 60);
    let voucher = typed::optional_line(&mut errors, "voucher", "凭证号", &form.voucher, 60);
    let (Some(kind), Some(amount), Some(entered_on), true) = (kind, amount, entered_on, errors.is_empty()) else {
        return form_again(&shown(layout, &state, year, posted.once, form, errors));
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let new =
        NewPosting { year, kind, amount, entered_on, summary, document_kind: "paper", document_id: document, voucher };
    let id = service::post(&mut work, scope, new).await?;
    let message = format!("已登记{}{}元。", kind.label(), money::yuan_text(amount));
    Ok(work.finish(&format!("/fund/entries/{id}"), message).await?.into_response())
}
