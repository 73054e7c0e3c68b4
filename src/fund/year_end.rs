//! Closing a month of the ledger, and what is carried into the next year.
//!
//! A closed month takes no more entries; its balances and the chain's last link are kept with it. What is left of a fund
//! at the year's end leaves that year's books and arrives in the next with the same amount, once.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::db::{self, NewEntry};
use super::rules::{self, Account, EntryKind, Fund};
use super::service;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{self, plain_text, yuan_text};
use crate::plan::month::Month;
use crate::plan::time::chinese_date;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page as drawn};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// A closed month.
#[derive(Clone, Debug)]
pub struct Closing {
    /// Which.
    pub month: Month,
    /// How many entries it had then.
    pub entries: i64,
    /// The chain's last link then.
    pub last_hash: String,
    /// Who closed it.
    pub closer: String,
    /// When.
    pub closed_at: DateTime<Utc>,
}

/// The closed months of a bureau, newest first.
pub async fn closings(conn: &mut PgConnection, bureau: i64, limit: i64) -> sqlx::Result<Vec<Closing>> {
    sqlx::query_as!(
        Closing,
        r#"select c.month as "month: Month", c.entries, c.last_hash, a.name as closer, c.closed_at
           from fund_closings c join accounts a on a.id = c.closed_by
           where c.bureau_id = $1 order by c.month desc limit $2"#,
        bureau,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The balances of every account by the entries up to a day: `code@year` and yuan.
async fn balances(
    conn: &mut PgConnection,
    bureau: i64,
    until: NaiveDate,
) -> sqlx::Result<(BTreeMap<String, String>, i64)> {
    let rows = sqlx::query!(
        r#"select a.code || '@' || a.year as "key!", sum(p.amount) as "amount!", count(distinct e.id) as "entries!"
           from fund_postings p
           join fund_entries e on e.id = p.entry_id
           join fund_accounts a on a.id = p.account_id
           where e.bureau_id = $1 and e.entered_on <= $2
           group by a.code, a.year order by 1"#,
        bureau,
        until
    )
    .fetch_all(&mut *conn)
    .await?;
    let entries = sqlx::query_scalar!(
        r#"select count(*) as "count!" from fund_entries where bureau_id = $1 and entered_on <= $2"#,
        bureau,
        until
    )
    .fetch_one(conn)
    .await?;
    Ok((rows.into_iter().map(|row| (row.key, plain_text(row.amount))).collect(), entries))
}

/// Closes a month for good.
///
/// # Errors
/// Not over yet; closed already; the month before is open and has entries.
pub async fn close_month(work: &mut Work, scope: Scope, month: Month) -> Result<(), AppError> {
    let bureau = scope.bureau();
    if month.last() >= work.today() {
        return Err(AppError::refused(format!("{}还没有结束，不能结账。", month.chinese())));
    }
    // Every year's books: an entry that is being posted ends first.
    for year in db::years_of(work.conn(), bureau).await? {
        db::lock_books(work.conn(), bureau, year).await?;
    }
    let open: Option<NaiveDate> = sqlx::query_scalar!(
        "select min(entered_on) from fund_entries
         where bureau_id = $1 and entered_on < $2
           and entered_on >= coalesce((select max(month) + interval '1 month' from fund_closings where bureau_id = $1), '-infinity')",
        bureau,
        month.first()
    )
    .fetch_one(work.conn())
    .await?;
    if let Some(open) = open {
        return Err(AppError::refused(format!("{}还没有结账，请按月份先后结账。", Month::of(open).chinese())));
    }
    let (balances, entries) = balances(work.conn(), bureau, month.last()).await?;
    let last_hash =
        sqlx::query_scalar!("select hash from fund_chain where bureau_id = $1 order by link desc limit 1", bureau)
            .fetch_optional(work.conn())
            .await?
            .unwrap_or_default();
    let (account, now): (i64, DateTime<FixedOffset>) = (work.actor.account_id, work.now);
    let done = sqlx::query!(
        "insert into fund_closings (bureau_id, month, balances, entries, last_hash, closed_by, closed_at)
         select $1, $2, $3, $4, $5, $6, $7
         where not exists (select from fund_closings where bureau_id = $1 and month >= $2)",
        bureau,
        month as Month,
        json!(balances),
        entries,
        last_hash,
        account,
        now
    )
    .execute(work.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(AppError::refused(format!("{}已经结账。", month.chinese())));
    }
    let record = Audit::new("fund.close", "fund_period", month)
        .after(json!({ "entries": entries, "last_hash": last_hash, "balances": balances }))
        .note(format!("{}结账", month.chinese()));
    work.audit(record).await
}

/// What documents of a year that are not paid yet will take from the two funds: its last months of duty, its counted cases.
/// A case that is still open counts in a later year, and its money is carried with the rest (A35).
#[derive(Clone, Copy, Debug, Default)]
struct Reserved {
    earmarked: Decimal,
    operating: Decimal,
}

impl Reserved {
    fn of(self, fund: Fund) -> Decimal {
        match fund {
            Fund::Earmarked => self.earmarked,
            Fund::Operating => self.operating,
            Fund::Working => Decimal::ZERO,
        }
    }
}

async fn reserved(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Reserved> {
    sqlx::query_as!(
        Reserved,
        r#"select coalesce(sum(f.earmarked), 0) as "earmarked!", coalesce(sum(f.operating), 0) as "operating!"
           from fund_committed($1, $2) f
           left join cases c on f.document_kind = 'case' and c.id = f.document_id
           where f.document_kind = 'roster' or c.counted_year = $2"#,
        bureau,
        year
    )
    .fetch_one(conn)
    .await
}

/// Carries what is free of every fund of a year into the next; gives fund and yuan. What is owed to people, and what the
/// year's unpaid months and cases will take, stays in its books; what is free later is carried then.
///
/// # Errors
/// The year is not over; nothing is left to carry; money still at the finance bureau; the next year has no books.
pub async fn carry_over(work: &mut Work, scope: Scope, year: i32) -> Result<Vec<(Fund, Decimal)>, AppError> {
    let bureau = scope.bureau();
    let today = work.today();
    if chrono::Datelike::year(&today) <= year {
        return Err(AppError::refused(format!("{year}年还没有结束，不能结转。")));
    }
    let from = service::open(work, bureau, year).await?;
    let to = service::open(work, bureau, year + 1).await?;
    let waiting = from.balance(Account::AtFinance);
    if waiting > Decimal::ZERO {
        return Err(AppError::refused(format!(
            "{year}年还有{}元在市财政局待拨，请先登记拨付再结转。",
            yuan_text(waiting)
        )));
    }
    let reserved = reserved(work.conn(), bureau, year).await?;
    let before = sqlx::query_scalar!(
        r#"select count(*) as "count!" from fund_entries where bureau_id = $1 and year = $2 and kind = 'carry_out'"#,
        bureau,
        year
    )
    .fetch_one(work.conn())
    .await?;
    let mut carried = Vec::new();
    for fund in Fund::ALL {
        let (purse, _) = rules::purse(*fund);
        let owed = match fund {
            Fund::Earmarked => -from.balance(Account::Unpaid),
            Fund::Operating => -from.balance(Account::OperatingUnpaid),
            Fund::Working => Decimal::ZERO,
        };
        let amount = money::round_to_fen(from.balance(purse) - owed - reserved.of(*fund));
        if amount <= Decimal::ZERO {
            continue;
        }
        for (books, kind) in [(&from, EntryKind::CarryOut), (&to, EntryKind::CarryIn)] {
            let entry = NewEntry {
                kind,
                entered_on: today,
                summary: format!("{}{year}年结余结转{}年", fund.label(), year + 1),
                voucher: String::new(),
                document_kind: "carry_over",
                // A fund is carried once, and again only with what became free since.
                document_id: if before == 0 { fund.code().to_owned() } else { format!("{}-{before}", fund.code()) },
                document_on: None,
                reversal_of: None,
            };
            service::write(work, books, entry, &rules::carried_lines(kind, *fund, amount), "").await?;
        }
        carried.push((*fund, amount));
    }
    if carried.is_empty() {
        return Err(AppError::refused(format!(
            "{year}年没有可以结转的结余，或已经结转；待发和尚未发放的补贴留在本年度账内。"
        )));
    }
    Ok(carried)
}

/// A month of the year on the page.
struct Period {
    month: Month,
    closing: Option<Closing>,
    over: bool,
}

/// A balance at the end of the year.
struct Left {
    fund: &'static str,
    amount: String,
    owed: String,
    reserved: String,
    free: String,
}

#[derive(Template)]
#[template(path = "fund/periods.html")]
struct PeriodsPage {
    layout: Layout,
    once: OnceKey,
    year: i32,
    periods: Vec<Period>,
    left: Vec<Left>,
    links: i64,
    last_hash: String,
    may_post: bool,
    may_carry: bool,
}

impl PeriodsPage {
    /// The first month that is over and open.
    fn next(&self) -> Option<&Period> {
        self.periods.iter().find(|period| period.closing.is_none() && period.over)
    }
}

pub(super) async fn page(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let accounts = db::accounts_of(&mut conn, bureau, year).await?;
    if accounts.is_empty() {
        return Err(AppError::NotFound);
    }
    let closed = closings(&mut conn, bureau, 60).await?;
    let chain =
        sqlx::query!(r#"select link, hash from fund_chain where bureau_id = $1 order by link desc limit 1"#, bureau)
            .fetch_optional(&mut *conn)
            .await?;
    let reserved = reserved(&mut conn, bureau, year).await?;
    drop(conn);
    let today = state.clock.today();
    let of =
        |account: Account| accounts.iter().find(|row| row.account == account).map_or(Decimal::ZERO, |row| row.balance);
    let periods = (1..=12)
        .filter_map(|month| Month::new(year, month))
        .map(|month| Period {
            month,
            closing: closed.iter().find(|closing| closing.month == month).cloned(),
            over: month.last() < today,
        })
        .collect();
    let left = Fund::ALL
        .iter()
        .map(|fund| {
            let balance = of(rules::purse(*fund).0);
            let owed = match fund {
                Fund::Earmarked => -of(Account::Unpaid),
                Fund::Operating => -of(Account::OperatingUnpaid),
                Fund::Working => Decimal::ZERO,
            };
            Left {
                fund: fund.label(),
                amount: yuan_text(balance),
                owed: yuan_text(owed),
                reserved: yuan_text(reserved.of(*fund)),
                free: yuan_text((balance - owed - reserved.of(*fund)).max(Decimal::ZERO)),
            }
        })
        .collect();
    drawn(&PeriodsPage {
        layout: layout
            .titled(format!("{year}年结账与结转"))
            .crumb(format!("{year}年资金台账"), format!("/fund/{year}")),
        once: OnceKey::new(),
        year,
        periods,
        left,
        links: chain.as_ref().map_or(0, |chain| chain.link),
        last_hash: chain.map(|chain| chain.hash).unwrap_or_default(),
        may_post: actor.may(Action::PostFund).is_some(),
        may_carry: actor.may(Action::PostFund).is_some() && chrono::Datelike::year(&today) > year,
    })
}

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn close(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((year, month)): InPath<(i32, Month)>,
    posted: Posted<Nothing>,
) -> Answer {
    if month.year() != year {
        return Err(AppError::NotFound);
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    close_month(&mut work, scope, month).await?;
    let message = format!("{}已结账，不再接受这个月的记录。", month.chinese());
    Ok(work.finish(&format!("/fund/{year}/periods"), message).await?.into_response())
}

pub(super) async fn carry(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let carried = carry_over(&mut work, scope, year).await?;
    let words: Vec<String> =
        carried.iter().map(|(fund, amount)| format!("{}{}元", fund.label(), yuan_text(*amount))).collect();
    let message = format!("{}结转{}年：{}。", chinese_date(state.clock.today()), year + 1, words.join("，"));
    Ok(work.finish(&format!("/fund/{year}/periods"), message).await?.into_response())
}
