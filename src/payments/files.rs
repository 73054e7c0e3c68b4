//! The file that the bank reads, and its columns.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::json;

use super::accounts::{PAYEE_ACCOUNT, PERSON_ACCOUNT};
use super::db::{self, TransferRow};
use super::rules::{self, BankColumn, BankField, TransferStatus};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::plain_text;
use crate::secrets::Seals;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::sheet::{self, Cell, Sheet, Table};
use crate::web::work::Work;

/// How many columns the page offers.
const COLUMNS: usize = 10;

/// Which kind of file.
#[derive(Debug, Deserialize)]
pub(super) struct FileForm {
    #[serde(default)]
    kind: String,
}

fn account(seals: &Seals, transfer: &TransferRow) -> Result<String, AppError> {
    let field = if transfer.of_person { PERSON_ACCOUNT } else { PAYEE_ACCOUNT };
    seals
        .open(field, &transfer.seal_id.to_string(), &transfer.bank_account)
        .map_err(|error| AppError::Internal(error.into()))
}

/// The rows of the file: what was sent and did not come back.
fn table(seals: &Seals, columns: &[BankColumn], transfers: &[TransferRow]) -> Result<Table, AppError> {
    let mut table = Table { head: columns.iter().map(|column| column.heading.clone()).collect(), ..Table::default() };
    let sent = transfers.iter().filter(|transfer| transfer.status == TransferStatus::Sent);
    for (number, transfer) in (1_i64..).zip(sent) {
        let mut row = Vec::with_capacity(columns.len());
        for column in columns {
            row.push(match column.field {
                BankField::Sequence => Cell::Count(number),
                BankField::Payee => Cell::text(&transfer.payee),
                BankField::Account => Cell::text(account(seals, transfer)?),
                BankField::Bank => Cell::text(&transfer.bank_name),
                BankField::Amount => Cell::Money(transfer.amount),
                BankField::Purpose => Cell::text(&transfer.purpose),
                BankField::Reference => Cell::text(format!("HF{:010}", transfer.id)),
                BankField::Blank => Cell::Nothing,
            });
        }
        table.row(row);
    }
    Ok(table)
}

pub(super) async fn bank_file(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<FileForm>,
) -> Answer {
    let bureau = scope.bureau();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let run = db::runs(work.conn(), bureau, Some(id), 1).await?.pop().ok_or(AppError::NotFound)?;
    let transfers = db::transfers(work.conn(), bureau, Some(id), None).await?;
    let columns = db::layout(work.conn(), bureau).await?.map_or_else(rules::usual_columns, |(columns, _)| columns);
    let table = table(&state.seals, &columns, &transfers)?;
    let as_csv = posted.form.kind == "csv";
    let record = Audit::new("payment.export", "payment_run", id)
        .after(json!({ "rows": table.rows.len(), "amount": plain_text(run.amount), "kind": if as_csv { "csv" } else { "xlsx" } }))
        .note("导出银行转账文件（含完整账号）");
    work.audit(record).await?;
    work.commit_at(&format!("/payments/runs/{id}")).await?;
    let name = format!("{}年第{}次转账", run.year, run.number);
    if as_csv {
        return sheet::download(&format!("{name}.csv"), sheet::CSV, sheet::csv(&table));
    }
    // A bank reads the first row as heads: no title above it.
    let bytes = Sheet { tables: vec![table], ..Sheet::default() }.xlsx()?;
    sheet::download(&format!("{name}.xlsx"), sheet::XLSX, bytes)
}

/// The columns as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct LayoutForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    field: Vec<String>,
    #[serde(default)]
    heading: Vec<String>,
}

#[derive(Template)]
#[template(path = "payments/columns.html")]
struct LayoutPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    version: i32,
    /// Field and heading of every place.
    places: Vec<(String, String)>,
    fields: Vec<(&'static str, &'static str)>,
}

fn shown(layout: Layout, once: OnceKey, errors: Errors, version: i32, mut places: Vec<(String, String)>) -> LayoutPage {
    places.resize(COLUMNS, (String::new(), String::new()));
    LayoutPage {
        layout: layout.titled("银行文件的列").crumb("资金发放", "/payments"),
        once,
        errors,
        version,
        places,
        fields: BankField::ALL.iter().map(|field| (field.code(), field.label())).collect(),
    }
}

pub(super) async fn layout_page(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let (columns, version) =
        db::layout(&mut conn, scope.bureau()).await?.unwrap_or_else(|| (rules::usual_columns(), 0));
    drop(conn);
    let places = columns.iter().map(|column| (column.field.code().to_owned(), column.heading.clone())).collect();
    page(&shown(layout, OnceKey::new(), Errors::new(), version, places))
}

pub(super) async fn save_layout(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<LayoutForm>,
) -> Answer {
    let form = posted.form;
    let version: i32 = form.version.parse().unwrap_or_default();
    let mut errors = Errors::new();
    let mut columns = Vec::new();
    for (field, heading) in form.field.iter().zip(&form.heading) {
        let Some(field) = BankField::from_code(field) else { continue };
        let heading = heading.trim();
        if heading.chars().count() > 30 {
            errors.add("", format!("“{heading}”过长，列名请控制在30字以内"));
        }
        let heading = if heading.is_empty() { field.label() } else { heading };
        columns.push(BankColumn { field, heading: heading.to_owned() });
    }
    if let Err(sentence) = rules::check_columns(&columns) {
        errors.add("", sentence);
    }
    if !errors.is_empty() {
        let places = form.field.into_iter().zip(form.heading).collect();
        return form_again(&shown(layout, posted.once, errors, version, places));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (bureau, account, now) = (scope.bureau(), actor.account_id, work.now);
    if !db::set_layout(work.conn(), bureau, &columns, version, account, now).await? {
        return Err(AppError::refused("您打开页面之后，别人已修改了银行文件的列。请刷新后再改。"));
    }
    work.audit(Audit::new("payment.layout", "bureau", bureau).after(json!({ "columns": columns }))).await?;
    Ok(work.finish("/payments", "银行文件的列已保存，下次导出时生效。").await?.into_response())
}
