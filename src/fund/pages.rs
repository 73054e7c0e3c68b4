//! Pages of the ledger.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::Query;
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::db::{self, AccountRow, Asked, EntryRow, PostingRow};
use super::rules::{Account, EntryKind, Fund, Passage};
use super::service;
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::time::days_left;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Pager;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// `/fund` leads to the newest year that is not in the future, as people open it.
pub(super) async fn newest_year(State(state): State<AppState>, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let years = db::years_of(&mut conn, scope.bureau()).await?;
    let this_year = state.clock.today().year();
    let year = years.iter().copied().find(|year| *year <= this_year).or_else(|| years.last().copied());
    Ok(Redirect::to(&format!("/fund/{}", year.ok_or(AppError::NotFound)?)).into_response())
}

/// Which part of the ledger is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct LedgerQuery {
    #[serde(default)]
    account: String,
    #[serde(default)]
    fund: String,
    before: Option<i32>,
}

/// An account at the head of the ledger.
pub(super) struct Figure {
    label: &'static str,
    amount: String,
    note: String,
    href: String,
    chosen: bool,
}

/// A receipt with how far it has been passed on.
pub(super) struct PassageRow {
    entry: i64,
    passage: Passage,
    today: NaiveDate,
}

impl PassageRow {
    fn kind(&self) -> &'static str {
        match (self.passage.days_late(self.today), self.passage.is_complete()) {
            (0, true) => "ok",
            (0, false) => "wait",
            (_, true) => "warn",
            (_, false) => "bad",
        }
    }

    fn words(&self) -> String {
        let late = self.passage.days_late(self.today);
        match (late, self.passage.completed_on) {
            (0, Some(_)) => "按期拨付".to_owned(),
            (late, Some(_)) => format!("迟{late}天拨付"),
            (0, None) => days_left(self.passage.due, self.today),
            (late, None) => format!("逾期{late}天未拨"),
        }
    }
}

impl EntryRow {
    /// Where its document can be read; `None` where it is paper.
    fn document_href(&self) -> Option<String> {
        match self.document_kind.as_str() {
            db::SETTLEMENT => self.settled_month.map(|month| format!("/settlements/{month}")),
            db::CASE_BATCH => Some(format!("/payouts/batches/{}", self.document_id)),
            "payment_run" => Some(format!("/payments/runs/{}", self.document_id)),
            // Both addresses lead on to what the row belongs to.
            "transfer" => Some(format!("/payments/transfers/{}", self.document_id)),
            "case_payout" => Some(format!("/payouts/items/{}", self.document_id)),
            "entry" => self.reversal_of.map(|id| format!("/fund/entries/{id}")),
            _ => None,
        }
    }

    /// What its document is called.
    fn document_words(&self) -> String {
        match self.document_kind.as_str() {
            db::SETTLEMENT => match self.settled_month {
                Some(month) => format!("{}月结", month.chinese()),
                None => "月结".to_owned(),
            },
            db::CASE_BATCH => "案件补贴批次".to_owned(),
            "payment_run" => "补发转账".to_owned(),
            "transfer" => format!("转账HF{:0>10}", self.document_id),
            "case_payout" => "案件补贴".to_owned(),
            "carry_over" => "年末结转".to_owned(),
            "entry" => self.reversal_of_number.map_or_else(String::new, |number| format!("第{number}号记录")),
            _ => self.document_id.clone(),
        }
    }
}

impl PostingRow {
    /// The amount in the column of debits; empty for a credit.
    fn debit(&self) -> String {
        if self.amount.is_sign_positive() { money::yuan_text(self.amount) } else { String::new() }
    }

    /// The amount in the column of credits; empty for a debit.
    fn credit(&self) -> String {
        if self.amount.is_sign_negative() { money::yuan_text(-self.amount) } else { String::new() }
    }

    /// The balance as people read it: a source's credit without its sign.
    fn balance(&self) -> String {
        money::yuan_text(self.balance_after.abs())
    }
}

#[derive(Template)]
#[template(path = "fund/ledger.html")]
struct LedgerPage {
    layout: Layout,
    year: i32,
    years: Vec<i32>,
    may_post: bool,
    figures: Vec<Figure>,
    passages: Vec<PassageRow>,
    fund: Fund,
    funds: Vec<(Fund, String)>,
    account: Option<Account>,
    choices: Vec<(&'static str, &'static str)>,
    entries: Vec<EntryRow>,
    pager: Pager,
}

pub(super) async fn ledger(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    Query(query): Query<LedgerQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let books = db::accounts_with_years(&mut conn, scope.bureau(), year).await?;
    if books.accounts.is_empty() {
        return Err(AppError::NotFound);
    }
    let account = Account::from_code(&query.account);
    let fund = account.map(Account::fund).or_else(|| Fund::from_code(&query.fund)).unwrap_or(Fund::Earmarked);
    let asked = Asked { account, fund: Some(fund), before: query.before, limit: layout.rows.asked(), id: None };
    let mut entries = db::entries(&mut conn, scope.bureau(), Some(year), asked).await?;
    let (movements, days) = db::movements(&mut conn, scope.bureau(), year).await?;
    let today = state.clock.today();
    let passages = service::passages(&movements, days)
        .into_iter()
        .map(|(entry, passage)| PassageRow { entry, passage, today })
        .collect();
    let more = layout.rows.cut(&mut entries);
    let here = |before: Option<i32>| {
        let mut pairs = Vec::new();
        match account {
            Some(account) => pairs.push(("account", account.code().to_owned())),
            None if fund != Fund::Earmarked => pairs.push(("fund", fund.code().to_owned())),
            None => {}
        }
        if let Some(before) = before {
            pairs.push(("before", before.to_string()));
        }
        let query = serde_html_form::to_string(pairs).unwrap_or_default();
        if query.is_empty() { format!("/fund/{year}") } else { format!("/fund/{year}?{query}") }
    };
    let pager = Pager {
        previous: query.before.map(|_| here(None)),
        next: entries.last().filter(|_| more).map(|last| here(Some(last.number))),
        text: format!("本页{}笔", entries.len()),
        rows: layout.rows,
    };
    page(&LedgerPage {
        layout: layout.titled(format!("{year}年资金台账")).crumb("资金台账", "/fund"),
        year,
        years: books.years,
        may_post: actor.may(Action::PostFund).is_some(),
        figures: figures(&books.accounts, year, fund, account),
        passages: if fund == Fund::Earmarked { passages } else { Vec::new() },
        fund,
        funds: Fund::ALL.iter().map(|fund| (*fund, format!("/fund/{year}?fund={}", fund.code()))).collect(),
        account,
        choices: Account::ALL
            .iter()
            .filter(|account| account.fund() == fund)
            .map(|account| (account.code(), account.label()))
            .collect(),
        entries,
        pager,
    })
}

fn figures(accounts: &[AccountRow], year: i32, fund: Fund, chosen: Option<Account>) -> Vec<Figure> {
    let of =
        |account: Account| accounts.iter().find(|row| row.account == account).map_or(Decimal::ZERO, AccountRow::shown);
    let received = of(Account::Source);
    let spent = of(Account::DutySubsidy) + of(Account::CaseSubsidy);
    let figure = |account: Account, label: &'static str, note: String| Figure {
        label,
        amount: money::yuan_text(of(account)),
        note,
        href: format!("/fund/{year}?account={}", account.code()),
        chosen: chosen == Some(account),
    };
    if fund != Fund::Earmarked {
        let of_fund = Account::ALL.iter().filter(|account| account.fund() == fund);
        return of_fund.map(|account| figure(*account, account.label(), String::new())).collect();
    }
    let mut figures = vec![
        figure(Account::Source, "省级资金到账", String::new()),
        figure(Account::AtFinance, "市财政局待拨", String::new()),
        figure(Account::AtBureau, "市司法局专账余额", String::new()),
        figure(Account::DutySubsidy, "值班补贴支出", String::new()),
        figure(Account::CaseSubsidy, "案件补贴支出", share(spent, received)),
    ];
    if !of(Account::Unpaid).is_zero() {
        figures.push(figure(Account::Unpaid, "待发补贴", "已列支，尚未发到本人".to_owned()));
    }
    figures
}

/// 执行率 = 支出/到位, in words; empty while nothing was received.
pub(crate) fn share(spent: Decimal, received: Decimal) -> String {
    match percent(spent, received) {
        Some(percent) => format!("总执行率{percent}"),
        None => String::new(),
    }
}

/// A share of a whole with one decimal: `44.3%`; `None` of nothing.
pub(crate) fn percent(part: Decimal, whole: Decimal) -> Option<String> {
    let share = (part * Decimal::ONE_HUNDRED).checked_div(whole)?;
    let share = share.round_dp_with_strategy(1, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    Some(format!("{share:.1}%"))
}

#[derive(Template)]
#[template(path = "fund/entry.html")]
pub(super) struct EntryPage {
    layout: Layout,
    once: OnceKey,
    entry: EntryRow,
    may_reverse: bool,
    reason: String,
    errors: Errors,
}

impl EntryPage {
    pub(super) fn new(
        layout: Layout,
        actor: &Actor,
        entry: EntryRow,
        once: OnceKey,
        reason: String,
        errors: Errors,
    ) -> EntryPage {
        let year = entry.year;
        EntryPage {
            layout: layout
                .titled(format!("第{}号 {}", entry.number, entry.kind))
                .crumb(format!("{year}年资金台账"), format!("/fund/{year}")),
            once,
            may_reverse: actor.may(Action::PostFund).is_some()
                && entry.kind.is_reversed_alone()
                && entry.kind != EntryKind::Reversal
                && entry.reversed_by.is_none(),
            entry,
            reason,
            errors,
        }
    }

    /// Its month, whose archive holds it.
    fn month(&self) -> Month {
        Month::of(self.entry.entered_on)
    }

    /// The reports whose figures this entry is in.
    fn reports(&self) -> Vec<(String, String)> {
        let month = self.month();
        let quarter = self.entry.entered_on.month0() / 3 + 1;
        let year = self.entry.year;
        vec![
            (format!("/reports/monthly/{month}"), format!("{}月报", month.chinese())),
            (
                format!("/reports/quarterly/{}-Q{quarter}", month.year()),
                format!("{}年第{quarter}季度报表", month.year()),
            ),
            (format!("/reports/account_book/{year}"), format!("{year}年专账")),
        ]
    }
}

pub(super) async fn entry(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let entry = db::find_entry(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    page(&EntryPage::new(layout, &actor, entry, OnceKey::new(), String::new(), Errors::default()))
}

/// A receipt as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ReceiptForm {
    #[serde(default)]
    pub(super) amount: String,
    #[serde(default)]
    pub(super) received_on: String,
    #[serde(default)]
    pub(super) notice: String,
    #[serde(default)]
    pub(super) notice_on: String,
    #[serde(default)]
    pub(super) voucher: String,
}

#[derive(Template)]
#[template(path = "fund/receipt.html")]
pub(super) struct ReceiptPage {
    layout: Layout,
    year: i32,
    today: String,
    days: u32,
    once: OnceKey,
    form: ReceiptForm,
    errors: Errors,
}

impl ReceiptPage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        scope: Scope,
        year: i32,
        once: OnceKey,
        form: ReceiptForm,
        errors: Errors,
    ) -> Result<ReceiptPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        if db::accounts_of(&mut conn, scope.bureau(), year).await?.is_empty() {
            return Err(AppError::NotFound);
        }
        let (_, days) = db::movements(&mut conn, scope.bureau(), year).await?;
        Ok(ReceiptPage {
            layout: layout.titled("登记到账").crumb(format!("{year}年资金台账"), format!("/fund/{year}")),
            year,
            today: state.clock.today().to_string(),
            days,
            once,
            form,
            errors,
        })
    }
}

pub(super) async fn new_receipt(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let form = ReceiptForm::default();
    page(&ReceiptPage::load(&state, layout, scope, year, OnceKey::new(), form, Errors::default()).await?)
}

/// A transfer as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct TransferForm {
    #[serde(default)]
    pub(super) amount: String,
    #[serde(default)]
    pub(super) transferred_on: String,
    #[serde(default)]
    pub(super) order: String,
    #[serde(default)]
    pub(super) voucher: String,
}

#[derive(Template)]
#[template(path = "fund/transfer.html")]
pub(super) struct TransferPage {
    layout: Layout,
    year: i32,
    today: String,
    available: Decimal,
    open: Vec<PassageRow>,
    once: OnceKey,
    form: TransferForm,
    errors: Errors,
}

impl TransferPage {
    fn available_text(&self) -> String {
        money::yuan_text(self.available)
    }

    /// What waits at the county finance bureau.
    pub(super) fn available(&self) -> Decimal {
        self.available
    }

    /// The same page with what is wrong.
    pub(super) fn complain(&mut self, errors: Errors) {
        self.errors = errors;
    }

    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        scope: Scope,
        year: i32,
        once: OnceKey,
        form: TransferForm,
        errors: Errors,
    ) -> Result<TransferPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let accounts = db::accounts_of(&mut conn, scope.bureau(), year).await?;
        let available = accounts
            .iter()
            .find(|row| row.account == Account::AtFinance)
            .map(|row| row.balance)
            .ok_or(AppError::NotFound)?;
        let (movements, days) = db::movements(&mut conn, scope.bureau(), year).await?;
        let today = state.clock.today();
        Ok(TransferPage {
            layout: layout.titled("登记拨付").crumb(format!("{year}年资金台账"), format!("/fund/{year}")),
            year,
            today: today.to_string(),
            available,
            open: service::passages(&movements, days)
                .into_iter()
                .filter(|(_, passage)| !passage.is_complete())
                .map(|(entry, passage)| PassageRow { entry, passage, today })
                .collect(),
            once,
            form,
            errors,
        })
    }
}

pub(super) async fn new_transfer(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let mut page_now =
        TransferPage::load(&state, layout, scope, year, OnceKey::new(), TransferForm::default(), Errors::default())
            .await?;
    // What waits is as a rule passed on in one sum.
    if page_now.available > Decimal::ZERO {
        page_now.form.amount = money::plain_text(page_now.available);
    }
    page(&page_now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_nothing_has_none() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        for (part, whole, shown) in
            [("1", "8", "12.5%"), ("0.0005", "1", "0.1%"), ("123.45", "1000", "12.3%"), ("2", "3", "66.7%")]
        {
            assert_eq!(percent(d(part), d(whole)).unwrap(), shown);
        }
        assert_eq!(percent(d("1"), Decimal::ZERO), None);
    }
}
