//! A month calculated twice: what was replaced beside what stands, or what stands beside today's facts, line by line.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::pages::moment;
use super::{db, month, sheet};
use crate::error::AppError;
use crate::plan::money::round_to_fen;
use crate::plan::{Month, Programme};
use crate::programmes::{Difference, differences};
use crate::state::AppState;
use crate::subsidy::compare::{self, Change};
use crate::subsidy::duty_pay::{DutyFacts, DutyPay};
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};

/// A calculation that another replaced.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// Its number.
    pub number: i32,
    /// Yuan to pay.
    pub payable: Decimal,
    /// Who calculated it.
    pub calculator: String,
    /// When.
    pub calculated_at: DateTime<Utc>,
    /// Why it was sent back; empty where it was not.
    pub return_reason: String,
    /// The plan it was calculated by.
    pub programme: Programme,
    /// The plan's revision.
    pub revision: i32,
    /// Its items; only of the one asked for.
    pub items: Vec<Part>,
}

/// One person's part of a calculation.
#[derive(Clone, Debug, Deserialize)]
pub struct Part {
    /// The person.
    pub person: i64,
    /// What went in.
    pub facts: DutyFacts,
    /// What came out.
    pub result: DutyPay,
    /// The fingerprint of both.
    pub fingerprint: String,
}

/// The replaced calculations of a month, newest first; the items of `number`, or of the newest.
pub async fn replaced(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
    number: Option<i32>,
) -> sqlx::Result<Vec<Replaced>> {
    let rows = sqlx::query!(
        r#"select c.number, c.payable, a.name as calculator, c.calculated_at, c.return_reason, c.programme_revision,
                  r.content as "content: Json<Programme>",
                  case when c.number = coalesce($3, max(c.number) over ()) then c.items end as "items: Json<Vec<Part>>"
           from settlement_calculations c
           join settlements s on s.id = c.settlement_id and s.bureau_id = c.bureau_id
           join accounts a on a.id = c.calculated_by
           join programme_revisions r on r.programme_id = c.programme_id and r.revision = c.programme_revision
           where c.bureau_id = $1 and s.month = $2
           order by c.number desc limit 50"#,
        bureau,
        month as Month,
        number
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Replaced {
            number: row.number,
            payable: row.payable,
            calculator: row.calculator,
            calculated_at: row.calculated_at,
            return_reason: row.return_reason,
            programme: row.content.0,
            revision: row.programme_revision,
            items: row.items.map(|items| items.0).unwrap_or_default(),
        })
        .collect())
}

/// What moved for one person.
struct Moved {
    person: i64,
    name: String,
    before: Decimal,
    after: Decimal,
    inputs: Vec<String>,
    changes: Vec<Change>,
}

impl Moved {
    fn difference(&self) -> Decimal {
        round_to_fen(self.after - self.before)
    }
}

/// Everybody whose facts or amounts differ between two calculations, in the order of their numbers.
fn moved(before: &[Part], after: &[Part]) -> Vec<Moved> {
    let by_person =
        |parts: &[Part]| -> BTreeMap<i64, Part> { parts.iter().map(|part| (part.person, part.clone())).collect() };
    let (had, has) = (by_person(before), by_person(after));
    let people: std::collections::BTreeSet<i64> = had.keys().chain(has.keys()).copied().collect();
    people
        .into_iter()
        .filter_map(|person| {
            let (old, new) = (had.get(&person), has.get(&person));
            let inputs = compare::inputs(old.map(|part| &part.facts), new.map(|part| &part.facts));
            let changes = compare::changes(old.map(|part| &part.result), new.map(|part| &part.result));
            if inputs.is_empty() && changes.is_empty() {
                return None;
            }
            let payable = |part: Option<&Part>| part.map_or(Decimal::ZERO, |part| part.result.payable);
            Some(Moved {
                person,
                name: new.or(old).map(|part| part.facts.person.name.clone()).unwrap_or_default(),
                before: payable(old),
                after: payable(new),
                inputs,
                changes,
            })
        })
        .collect()
}

#[derive(Template)]
#[template(path = "settlement/compare.html")]
struct ComparePage {
    layout: Layout,
    month: Month,
    /// The replaced calculations; newest first.
    known: Vec<Replaced>,
    /// What stands on the left and on the right.
    sides: (String, String),
    plan: Vec<Difference>,
    moved: Vec<Moved>,
    /// Today's facts are on the right.
    live: bool,
    /// There is something to compare.
    any: bool,
}

impl ComparePage {
    fn money(&self, amount: &Decimal) -> String {
        sheet::signed(amount)
    }

    fn more(&self, amount: Decimal) -> String {
        let text = sheet::signed(&amount);
        if amount.is_sign_positive() && !amount.is_zero() { format!("＋{text}") } else { text }
    }

    fn total(&self) -> Decimal {
        self.moved.iter().map(Moved::difference).sum()
    }

    fn described(&self, row: &Replaced) -> String {
        format!("第{}次计算，{}，{}", row.number, row.calculator, moment(Some(row.calculated_at)))
    }
}

/// What is compared: a replaced calculation by its number, or what stands with today's facts.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CompareQuery {
    #[serde(default)]
    from: String,
    #[serde(default)]
    with: String,
}

pub(super) async fn compare(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(month): InPath<Month>,
    Query(query): Query<CompareQuery>,
) -> Answer {
    let bureau = scope.bureau();
    let mut conn = state.pool.acquire().await?;
    let titled = layout
        .titled(format!("{}计算对比", month.chinese()))
        .crumb("月结", "/settlements")
        .crumb(month.chinese(), format!("/settlements/{month}"));
    if query.with == "now" {
        let (loaded, _, head) = db::load(&mut conn, bureau, month).await?.ok_or(AppError::NotFound)?;
        let head = head.ok_or(AppError::NotFound)?;
        let stored = stored_parts(&mut conn, bureau, head.id).await?;
        drop(conn);
        let draft = month::draft(&loaded);
        let today: Vec<Part> = draft
            .items
            .iter()
            .map(|item| Part {
                person: item.person_id,
                facts: item.facts.clone(),
                result: item.pay.clone(),
                fingerprint: item.fingerprint.clone(),
            })
            .collect();
        return page(&ComparePage {
            layout: titled,
            month,
            known: Vec::new(),
            sides: (
                format!("保存的计算，{}，{}", head.calculator, moment(Some(head.calculated_at))),
                "按现在的考勤、扣款事项和方案计算".to_owned(),
            ),
            plan: Vec::new(),
            moved: moved(&stored, &today),
            live: true,
            any: true,
        });
    }
    let number = match query.from.as_str() {
        "" => None,
        typed => Some(typed.parse().map_err(|_| AppError::NotFound)?),
    };
    let ground = db::ground(&mut conn, bureau, month).await?.ok_or(AppError::NotFound)?;
    let head = ground.head.ok_or(AppError::NotFound)?;
    let known = replaced(&mut conn, bureau, month, number).await?;
    let stored = stored_parts(&mut conn, bureau, head.id).await?;
    drop(conn);
    let chosen = match number {
        None => known.first(),
        Some(number) => Some(known.iter().find(|row| row.number == number).ok_or(AppError::NotFound)?),
    };
    let sides = (
        chosen.map(|row| format!("第{}次计算，{}，{}", row.number, row.calculator, moment(Some(row.calculated_at)))),
        format!("现在的计算，{}，{}", head.calculator, moment(Some(head.calculated_at))),
    );
    page(&ComparePage {
        layout: titled,
        month,
        plan: chosen.map(|row| differences(&row.programme, &ground.plan.content)).unwrap_or_default(),
        moved: chosen.map(|row| moved(&row.items, &stored)).unwrap_or_default(),
        sides: (sides.0.unwrap_or_default(), sides.1),
        live: false,
        any: chosen.is_some(),
        known,
    })
}

/// The stored items with their facts and results.
async fn stored_parts(conn: &mut PgConnection, bureau: i64, settlement: i64) -> Result<Vec<Part>, AppError> {
    let rows = sqlx::query!(
        r#"select person_id, facts as "facts: Json<DutyFacts>", result as "result: Json<DutyPay>", fingerprint
           from settlement_items where settlement_id = $1 and bureau_id = $2 order by person_id"#,
        settlement,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Part {
            person: row.person_id,
            facts: row.facts.0,
            result: row.result.0,
            fingerprint: row.fingerprint,
        })
        .collect())
}
