//! What is promised of the earmarked fund (占用), what the rest of the year will cost, and whether it holds.
//!
//! Commitments follow from approved rosters and assigned cases; they are computed, not stored, so that a payment or a
//! termination releases them by itself.

use askama::Template;
use axum::extract::State;
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::db;
use super::rules::Account;
use crate::error::AppError;
use crate::plan::Programme;
use crate::plan::dictionaries::Overcommitment;
use crate::plan::money::{in_sentence, round_to_fen, yuan_text};
use crate::plan::month::Month;
use crate::programmes;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page as drawn};
use crate::web::permissions::Action;
use crate::web::work::Work;

/// Something approved that will cost money.
#[derive(Clone, Debug, Deserialize)]
pub struct Commitment {
    /// A roster or a case.
    pub kind: String,
    /// Which one.
    pub id: i64,
    /// Its name.
    pub label: String,
    /// Yuan of the earmarked fund.
    pub earmarked: Decimal,
    /// Yuan of the operating fund.
    pub operating: Decimal,
}

/// What is committed of a year's funds.
pub async fn commitments(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Vec<Commitment>> {
    sqlx::query_as!(
        Commitment,
        r#"select document_kind as "kind!", document_id as "id!", label as "label!", earmarked as "earmarked!",
                  operating as "operating!"
           from fund_committed($1, $2) order by document_kind desc, document_id"#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await
}

/// What the year's earmarked fund still has, paid out or promised to nobody: source less expense.
fn unspent(accounts: &[db::AccountRow]) -> Decimal {
    let of =
        |account: Account| accounts.iter().find(|row| row.account == account).map_or(Decimal::ZERO, |row| row.balance);
    -of(Account::Source) - of(Account::DutySubsidy) - of(Account::CaseSubsidy)
}

/// Looks after an approval or an assignment whether more is committed than the fund has: a sentence to warn with, or a
/// refusal where the plan says so. A year whose money has not arrived yet only warns, and a `document` that promises
/// nothing of the earmarked fund is nobody's concern. The year's books are locked: of two at once the second sees the first.
///
/// # Errors
/// [`AppError::Refused`] where the plan refuses.
pub async fn guard(work: &mut Work, bureau: i64, year: i32, document: (&str, i64)) -> Result<Option<String>, AppError> {
    let Some(plan) = programmes::db::find(work.conn(), bureau, year).await? else { return Ok(None) };
    if db::lock_books(work.conn(), bureau, year).await?.is_none() {
        return Ok(None);
    }
    let accounts = db::accounts_of(work.conn(), bureau, year).await?;
    let received = accounts.iter().find(|row| row.account == Account::Source).map_or(Decimal::ZERO, |row| -row.balance);
    let left = unspent(&accounts);
    let rows = commitments(work.conn(), bureau, year).await?;
    let committed: Decimal = rows.iter().map(|row| row.earmarked).sum();
    let promises = rows.iter().any(|row| (row.kind.as_str(), row.id) == document && row.earmarked > Decimal::ZERO);
    if committed <= left || !promises {
        return Ok(None);
    }
    let sentence = format!(
        "{year}年省级专项资金未支出{}，已占用{}，超出{}",
        in_sentence(left),
        in_sentence(committed),
        in_sentence(committed - left)
    );
    if plan.content.overcommitment == Overcommitment::Refuse && received > Decimal::ZERO {
        return Err(AppError::refused(format!("没有办理：{sentence}。方案规定占用不得超过余额。")));
    }
    Ok(Some(format!("{sentence}，请注意安排资金。")))
}

/// What the forecast is made from.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The day of the forecast.
    pub today: NaiveDate,
    /// Yuan unspent.
    pub unspent: Decimal,
    /// Yuan that approved rosters will cost.
    pub rostered: Decimal,
    /// The last month with an approved roster.
    pub rostered_until: Option<Month>,
    /// Yuan paid for duty, and for how many months.
    pub paid: (Decimal, u32),
    /// Cases counted this year, and of them paid from the earmarked fund.
    pub counted: (u32, u32),
    /// Yuan that the floor, deductions and forfeits kept in the fund.
    pub saved: Decimal,
}

/// What the rest of the year will cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Yuan for duty: rostered, then at the pace of the paid months.
    pub duty: Decimal,
    /// Yuan for cases at the pace of the year, up to the target.
    pub cases: Decimal,
    /// Yuan left at the end of the year; negative is missing.
    pub left: Decimal,
    /// The month in which the fund runs out.
    pub runs_out: Option<Month>,
}

/// The forecast: what approved rosters cost, the other months as those that were paid, cases as many a day as so far.
#[must_use]
pub fn forecast(plan: &Programme, pace: &Pace) -> Forecast {
    let average = pace.paid.0.checked_div(Decimal::from(pace.paid.1)).unwrap_or(Decimal::ZERO);
    let this_month = Month::of(pace.today);
    let open: Vec<Month> = (1..=12)
        .filter_map(|number| Month::new(plan.year, number))
        .filter(|month| *month >= this_month && pace.rostered_until.is_none_or(|until| *month > until))
        .collect();
    let duty = pace.rostered + average * Decimal::from(open.len());
    let elapsed = if pace.today.year() > plan.year { 365 } else { pace.today.ordinal().max(1) };
    let by_year_end = (pace.counted.0 * 365).div_ceil(elapsed).min(plan.case_target);
    let amount = plan.case_amounts.values().copied().max().unwrap_or(Decimal::ZERO);
    let cases = amount * Decimal::from(by_year_end.saturating_sub(pace.counted.1));
    let months_left = 13_u32.saturating_sub(this_month.month()).max(1);
    let a_month = (duty + cases).checked_div(Decimal::from(months_left)).unwrap_or(Decimal::ZERO);
    let mut rest = pace.unspent;
    let mut runs_out = None;
    let mut month = this_month;
    while month.year() == plan.year && a_month > Decimal::ZERO {
        rest -= a_month;
        if rest < Decimal::ZERO {
            runs_out = Some(month);
            break;
        }
        month = month.next();
    }
    Forecast {
        duty: round_to_fen(duty),
        cases: round_to_fen(cases),
        left: round_to_fen(pace.unspent - duty - cases),
        runs_out,
    }
}

/// Where a year's funds stand: what is unspent, what is promised, and how fast it goes.
#[derive(Clone, Debug)]
pub struct Position {
    /// What the forecast is made from.
    pub pace: Pace,
    /// What is committed.
    pub commitments: Vec<Commitment>,
    /// Yuan of the operating fund at the bureau that nobody is owed.
    pub operating: Decimal,
}

impl Position {
    /// Yuan of the operating fund that are committed.
    #[must_use]
    pub fn operating_committed(&self) -> Decimal {
        self.commitments.iter().map(|row| row.operating).sum()
    }
}

/// Loads a year's position in one statement.
pub async fn position(conn: &mut PgConnection, bureau: i64, year: i32, today: NaiveDate) -> sqlx::Result<Position> {
    let row = sqlx::query!(
        r#"with paid as materialized (
               select id, payable from settlements
               where bureau_id = $1 and status = 'paid' and extract(year from month) = $2::integer),
           committed as materialized (select * from fund_committed($1, $2))
           select (select coalesce(-sum(balance), 0) from fund_accounts where bureau_id = $1 and year = $2
                     and code in ('earmarked_source', 'earmarked_duty_subsidy', 'earmarked_case_subsidy')) as "unspent!",
                  (select coalesce(sum(balance), 0) from fund_accounts where bureau_id = $1 and year = $2
                     and code in ('operating_at_bureau', 'operating_unpaid')) as "operating!",
                  (select jsonb_agg(jsonb_build_object('kind', document_kind, 'id', document_id, 'label', label,
                              'earmarked', earmarked::text, 'operating', operating::text)
                          order by document_kind desc, document_id)
                   from committed) as "commitments: Json<Vec<Commitment>>",
                  (select max(month) from rosters where bureau_id = $1 and status in ('approved', 'published')
                     and extract(year from month) = $2::integer) as "rostered_until: Month",
                  (select coalesce(sum(payable), 0) from paid) as "paid!",
                  (select count(*) from paid) as "months!",
                  (select count(*) from cases where bureau_id = $1 and counted_year = $2 and not case_is_void(id)) as "counted!",
                  (select count(*) from case_payouts p join case_batches b on b.id = p.batch_id
                   where p.bureau_id = $1 and p.year = $2 and p.live and p.earmarked > 0 and b.status = 'paid') as "paid_cases!",
                  (select coalesce(sum(i.base - i.subtotal), 0) from settlement_items i
                     join paid s on s.id = i.settlement_id) as "saved!""#,
        bureau,
        year
    )
    .fetch_one(conn)
    .await?;
    let small = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let commitments = row.commitments.map(|rows| rows.0).unwrap_or_default();
    let pace = Pace {
        today,
        unspent: row.unspent,
        rostered: commitments.iter().filter(|row| row.kind == "roster").map(|row| row.earmarked).sum(),
        rostered_until: row.rostered_until,
        paid: (row.paid, small(row.months)),
        counted: (small(row.counted), small(row.paid_cases)),
        saved: row.saved,
    };
    Ok(Position { pace, commitments, operating: row.operating })
}

#[derive(Template)]
#[template(path = "fund/outlook.html")]
struct OutlookPage {
    layout: Layout,
    pace: Pace,
    forecast: Forecast,
    rosters: Vec<Commitment>,
    cases: usize,
    case_earmarked: Decimal,
    case_operating: Decimal,
    policy: Overcommitment,
    /// The reader may try what would change it.
    what_if: bool,
    year: i32,
}

impl OutlookPage {
    fn money(&self, amount: &Decimal) -> String {
        yuan_text(*amount).replace('-', "−")
    }

    fn committed(&self) -> Decimal {
        self.pace.rostered + self.case_earmarked
    }

    fn free(&self) -> Decimal {
        self.pace.unspent - self.committed()
    }

    fn free_text(&self) -> String {
        self.money(&self.free())
    }

    fn committed_text(&self) -> String {
        self.money(&self.committed())
    }

    fn is_over(&self) -> bool {
        self.free() < Decimal::ZERO
    }

    fn is_short(&self) -> bool {
        self.forecast.left < Decimal::ZERO
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
    let plan = programmes::db::find(&mut conn, bureau, year).await?.ok_or(AppError::NotFound)?;
    let Position { pace, commitments, .. } = position(&mut conn, bureau, year, state.clock.today()).await?;
    drop(conn);
    let (rosters, cases): (Vec<_>, Vec<_>) = commitments.into_iter().partition(|row| row.kind == "roster");
    drawn(&OutlookPage {
        layout: layout
            .titled(format!("{year}年资金占用与预测"))
            .crumb(format!("{year}年资金台账"), format!("/fund/{year}")),
        forecast: forecast(&plan.content, &pace),
        pace,
        rosters,
        cases: cases.len(),
        case_earmarked: cases.iter().map(|row| row.earmarked).sum(),
        case_operating: cases.iter().map(|row| row.operating).sum(),
        policy: plan.content.overcommitment,
        what_if: actor.may_everywhere(Action::ReadSettlement),
        year,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::money::yuan;

    fn pace(today: &str) -> Pace {
        Pace {
            today: today.parse().unwrap(),
            unspent: yuan(400_000),
            rostered: yuan(20_000),
            rostered_until: "2024-07".parse().ok(),
            paid: (yuan(100_000), 5),
            counted: (100, 90),
            saved: yuan(1_000),
        }
    }

    #[test]
    fn rostered_months_cost_what_they_are_rostered_for_and_others_what_was_paid() {
        let plan = Programme::gaoping_2024();
        let forecast = forecast(&plan, &pace("2024-06-29"));
        // August to December at 20,000 beside what is rostered.
        assert_eq!(forecast.duty, yuan(120_000));
        // 100 in 181 days are 202 in a year; 90 are paid.
        assert_eq!(forecast.cases, yuan(112_000));
        assert_eq!(forecast.left, yuan(168_000));
        assert_eq!(forecast.runs_out, None);
    }

    #[test]
    fn the_month_in_which_it_runs_out_is_named_and_cases_end_at_the_target() {
        let plan = Programme::gaoping_2024();
        let poor = Pace { unspent: yuan(100_000), counted: (200, 0), ..pace("2024-06-29") };
        let forecast = forecast(&plan, &poor);
        assert_eq!(forecast.cases, yuan(290_000));
        assert!(forecast.left < Decimal::ZERO);
        assert_eq!(forecast.runs_out.map(|month| month.to_string()).as_deref(), Some("2024-07"));
    }

    #[test]
    fn this_month_is_still_to_be_paid_and_a_year_without_cost_never_runs_out() {
        let plan = Programme::gaoping_2024();
        let bare = Pace { rostered: Decimal::ZERO, rostered_until: None, counted: (0, 0), ..pace("2024-12-31") };
        let last = forecast(&plan, &bare);
        assert_eq!((last.duty, last.left), (yuan(20_000), yuan(380_000)));
        let free = Pace { unspent: Decimal::ZERO, paid: (Decimal::ZERO, 0), ..bare };
        assert_eq!(forecast(&plan, &free).runs_out, None);
        // What is just enough does not run out.
        let enough = Pace { unspent: yuan(20_000), ..bare };
        assert_eq!((forecast(&plan, &enough).left, forecast(&plan, &enough).runs_out), (Decimal::ZERO, None));
    }
}
