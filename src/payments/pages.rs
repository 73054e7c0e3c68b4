//! The runs, what is owed, accounts that wait, and pay that is held.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::accounts::{self, ChangeRow, HoldRow};
use super::db::{self, Owed, PayeeRow, RunRow, TransferRow};
use super::rules::{self, ChangeStatus, TransferStatus};
use crate::error::AppError;
use crate::plan::dictionaries::Payee;
use crate::plan::money::{capitals, yuan_text};
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::filters;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;

/// How many runs the list shows.
const RUNS: i64 = 60;

/// Something owed, and why it is not with its payee.
struct OwedRow {
    owed: Owed,
    /// Why it cannot go out now; empty where the next run takes it.
    stopped: String,
}

impl OwedRow {
    fn amount(&self) -> String {
        yuan_text(self.owed.due.amount())
    }
}

#[derive(Template)]
#[template(path = "payments/overview.html")]
struct OverviewPage {
    layout: Layout,
    once: OnceKey,
    runs: Vec<RunRow>,
    owed: Vec<OwedRow>,
    /// The years of which somebody can be paid now.
    ready: Vec<(i32, usize)>,
    waiting_accounts: usize,
    open_holds: usize,
    may_pay: bool,
    year: i32,
}

impl OverviewPage {
    fn money(&self, amount: &Decimal) -> String {
        yuan_text(*amount)
    }

    fn owed_sum(&self) -> String {
        yuan_text(self.owed.iter().map(|row| row.owed.due.amount()).sum())
    }
}

pub(super) async fn overview(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let runs = db::runs(&mut conn, bureau, None, RUNS).await?;
    let owed = db::owed(&mut conn, bureau, None).await?;
    let (waiting, holds) = accounts::waiting(&mut conn, bureau).await?;
    drop(conn);
    let owed: Vec<OwedRow> = owed
        .into_iter()
        .map(|owed| OwedRow { stopped: rules::gate(&owed.due.standing).unwrap_or_default(), owed })
        .collect();
    let mut ready: Vec<(i32, usize)> = Vec::new();
    for row in owed.iter().filter(|row| row.stopped.is_empty()) {
        match ready.iter_mut().find(|(year, _)| *year == row.owed.year) {
            Some((_, count)) => *count += 1,
            None => ready.push((row.owed.year, 1)),
        }
    }
    page(&OverviewPage {
        layout: layout.titled("资金发放"),
        once: OnceKey::new(),
        runs,
        owed,
        ready,
        waiting_accounts: waiting,
        open_holds: holds,
        may_pay: actor.may(Action::PaySettlement).is_some(),
        year: chrono::Datelike::year(&state.clock.today()),
    })
}

#[derive(Template)]
#[template(path = "payments/run.html")]
struct RunPage {
    layout: Layout,
    once: OnceKey,
    run: RunRow,
    transfers: Vec<TransferRow>,
    today: NaiveDate,
    may_pay: bool,
}

impl RunPage {
    fn money(&self, amount: &Decimal) -> String {
        yuan_text(*amount)
    }

    fn capitals(&self) -> String {
        capitals(self.run.amount)
    }

    fn shade(&self, status: &TransferStatus) -> &'static str {
        match status {
            TransferStatus::Sent => "ok",
            TransferStatus::Returned => "bad",
            TransferStatus::Void => "quiet",
        }
    }

    fn may_return(&self, row: &TransferRow) -> bool {
        self.may_pay && row.status == TransferStatus::Sent
    }

    /// What the run rests on.
    fn source(&self) -> Option<(String, String)> {
        match (self.run.month, self.run.batch_id) {
            (Some(month), _) => Some((format!("/settlements/{month}"), format!("{}月结", month.chinese()))),
            (None, Some(batch)) => Some((format!("/payouts/batches/{batch}"), "案件补贴批次".to_owned())),
            (None, None) => None,
        }
    }
}

pub(super) async fn run(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let run = db::runs(&mut conn, scope.bureau(), Some(id), 1).await?.pop().ok_or(AppError::NotFound)?;
    let transfers = db::transfers(&mut conn, scope.bureau(), Some(id), None).await?;
    drop(conn);
    page(&RunPage {
        layout: layout.titled(format!("{}年第{}次转账", run.year, run.number)).crumb("资金发放", "/payments"),
        once: OnceKey::new(),
        run,
        transfers,
        today: state.clock.today(),
        may_pay: actor.may(Action::PaySettlement).is_some(),
    })
}

/// A transfer by itself leads to its row in its run: where a ledger entry or the bank's file names it.
pub(super) async fn transfer(State(state): State<AppState>, scope: Scope, InPath(id): InPath<i64>) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let row = db::transfers(&mut conn, scope.bureau(), None, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    Ok(Redirect::to(&format!("/payments/runs/{}#t{id}", row.run_id)).into_response())
}

#[derive(Template)]
#[template(path = "payments/holds.html")]
struct HoldsPage {
    layout: Layout,
    once: OnceKey,
    holds: Vec<HoldRow>,
    people: Vec<(String, String)>,
    account: i64,
    may_hold: bool,
}

impl HoldsPage {
    fn may_release(&self, row: &HoldRow) -> bool {
        self.may_hold && row.releaser.is_none() && row.held_by != self.account
    }
}

pub(super) async fn holds(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let holds = accounts::holds(&mut conn, bureau, None).await?;
    let people = accounts::people_to_hold(&mut conn, bureau).await?;
    drop(conn);
    page(&HoldsPage {
        layout: layout.titled("暂缓发放").crumb("资金发放", "/payments"),
        once: OnceKey::new(),
        holds,
        people,
        account: actor.account_id,
        may_hold: actor.may(Action::HoldPay).is_some(),
    })
}

#[derive(Template)]
#[template(path = "payments/accounts.html")]
struct AccountsPage {
    layout: Layout,
    once: OnceKey,
    changes: Vec<ChangeRow>,
    payees: Vec<PayeeRow>,
    account: i64,
    may_confirm: bool,
}

impl AccountsPage {
    fn shade(&self, status: &ChangeStatus) -> &'static str {
        match status {
            ChangeStatus::Asked => "wait",
            ChangeStatus::Confirmed => "ok",
            ChangeStatus::Refused => "bad",
        }
    }

    fn decides(&self, row: &ChangeRow) -> bool {
        self.may_confirm && row.status == ChangeStatus::Asked && row.asked_by != self.account
    }
}

pub(super) async fn accounts(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let changes = accounts::changes(&mut conn, bureau, None).await?;
    let payees = db::payees(&mut conn, bureau).await?;
    drop(conn);
    page(&AccountsPage {
        layout: layout.titled("收款账户").crumb("资金发放", "/payments"),
        once: OnceKey::new(),
        changes,
        payees,
        account: actor.account_id,
        may_confirm: actor.may(Action::ConfirmBankAccount).is_some(),
    })
}

#[derive(Template)]
#[template(path = "payments/payee.html")]
struct PayeePage {
    layout: Layout,
    once: OnceKey,
    payee: PayeeRow,
    may_change: bool,
}

impl PayeePage {
    fn is_person(&self) -> bool {
        self.payee.kind == Payee::Handler
    }

    fn valid_to(&self) -> String {
        self.payee.licence_valid_to.map(|date| date.to_string()).unwrap_or_default()
    }
}

pub(super) async fn payee(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let payee = db::payees_by_id(&mut conn, scope.bureau(), &[id]).await?.pop().ok_or(AppError::NotFound)?;
    drop(conn);
    page(&PayeePage {
        layout: layout.titled(&payee.name).crumb("资金发放", "/payments").crumb("收款账户", "/payments/accounts"),
        once: OnceKey::new(),
        payee,
        may_change: actor.may(Action::PreparePayouts).is_some(),
    })
}
