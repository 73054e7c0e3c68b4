//! The page of a supposition; everything supposed is in the address.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use rust_decimal::Decimal;

use super::db::{self, AskedFinding};
use super::rules::{self, Ground, Moved, Outcome, Pair, Supposed, Turn};
use crate::fund::outlook;
use crate::plan::dictionaries::CaseKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::{parse_amount_not_negative, yuan_text};
use crate::plan::programme::Programme;
use crate::plan::time::short_date;
use crate::programmes;
use crate::state::AppState;
use crate::trials::asked::Asked;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::layout::{self, Layout};

/// More lines of one person than anybody reads; the rest is counted.
const LINES: usize = 120;

type Choices = Vec<(String, String)>;

/// A kind of case with its local standard.
struct Standard {
    name: String,
    label: String,
    typed: String,
    usual: String,
}

#[derive(Template)]
#[template(path = "trials/what_if.html")]
struct WhatIfPage {
    layout: Layout,
    errors: Errors,
    asked: Asked,
    year: String,
    years: Choices,
    programmes: Choices,
    standards: Vec<Standard>,
    finding: Option<AskedFinding>,
    /// What is supposed, in words.
    supposed: Vec<String>,
    outcome: Option<Outcome>,
}

impl WhatIfPage {
    fn typed(&self, name: &str) -> String {
        self.asked.or(name, "")
    }

    /// Whether some kind of case has a standard of its own.
    fn by_kind(&self) -> bool {
        self.standards.iter().any(|row| !row.typed.is_empty())
    }

    fn money(&self, amount: &Decimal) -> String {
        yuan_text(*amount).replace('-', "−")
    }

    fn more(&self, amount: Decimal) -> String {
        if amount.is_sign_positive() && !amount.is_zero() {
            format!("＋{}", yuan_text(amount))
        } else {
            yuan_text(amount).replace('-', "−")
        }
    }

    fn lines<'a>(&self, row: &'a Moved) -> impl Iterator<Item = &'a (String, crate::subsidy::compare::Change)> {
        row.lines.iter().take(LINES)
    }

    fn lines_left(&self, row: &Moved) -> usize {
        row.lines.len().saturating_sub(LINES)
    }

    fn funds(&self, outcome: &Outcome) -> Vec<(&'static str, Pair)> {
        vec![
            ("值班补贴（省级专项资金）", outcome.duty),
            ("案件补贴（省级专项资金）", outcome.earmarked_cases),
            ("省级专项资金合计", outcome.earmarked()),
            ("案件补贴（法律援助业务经费）", outcome.operating_cases),
        ]
    }

    fn rest(&self, outcome: &Outcome) -> Vec<(&'static str, Pair)> {
        let pair = |before, after| Pair { before, after };
        let (now, then) = (&outcome.forecast, &outcome.forecast_after);
        vec![
            ("还要支出的值班补贴", pair(now.duty, then.duty)),
            ("还要支出的案件补贴", pair(now.cases, then.cases)),
            ("省级专项资金年末结余", pair(now.left, then.left)),
            ("业务经费扣除占用后可用", outcome.operating_free),
        ]
    }

    /// Whether the money lasts, in a sentence; with the notice's kind.
    fn verdict(&self, outcome: &Outcome) -> (&'static str, String) {
        let short = outcome.forecast_after.left < Decimal::ZERO;
        let operating = outcome.operating_free.after < Decimal::ZERO;
        let mut words = Vec::new();
        if short {
            let when = outcome.forecast_after.runs_out;
            let when = when.map(|month| format!("，预计{}用完", month.chinese())).unwrap_or_default();
            words.push(format!("省级专项资金到年底还差{}元{when}。", yuan_text(-outcome.forecast_after.left)));
        }
        if operating {
            words.push(format!("法律援助业务经费还差{}元。", yuan_text(-outcome.operating_free.after)));
        }
        match words.is_empty() {
            true => ("success", "照此办理，两项资金都可以用到年底。".to_owned()),
            false => ("warn", words.concat()),
        }
    }
}

/// What was supposed, read from the address; faults stay on the page.
fn read(
    errors: &mut Errors,
    asked: &Asked,
    known: &[programmes::db::ProgrammeRow],
    own: &Programme,
    finding: Option<&AskedFinding>,
) -> (Supposed, Vec<String>) {
    let (mut supposed, mut words) = (Supposed::default(), Vec::new());
    let typed = |name: &str| asked.find(name).unwrap_or_default().to_owned();
    if !typed("finding").is_empty() {
        match finding {
            None => errors.add("finding", format!("没有找到{}年编号为{}的扣款事项", own.year, typed("finding"))),
            Some(found) => {
                let (turn, word) = match found.status.code() {
                    "confirmed" => (Turn::Revoked, "撤销"),
                    _ => (Turn::Confirmed, "认定"),
                };
                supposed.finding = Some((found.shift.to_string(), found.kind, turn));
                words.push(format!(
                    "{}{word}：{} {} {}",
                    found.kind.label(),
                    found.person,
                    short_date(found.on),
                    found.venue
                ));
            }
        }
    }
    for kind in CaseKind::ALL.iter().filter(|kind| kind.is_case()) {
        let own_field = format!("standard-{}", kind.code());
        let field = if typed(&own_field).is_empty() { "standard".to_owned() } else { own_field };
        let text = typed(&field);
        if text.is_empty() {
            continue;
        }
        match parse_amount_not_negative(&text) {
            Ok(amount) => {
                supposed.standards.insert(*kind, amount);
                if field != "standard" {
                    words.push(format!("{}当地执行标准{}元", kind.label(), yuan_text(amount)));
                }
            }
            Err(sentence) => errors.add(&field, sentence),
        }
    }
    if let Ok(amount) = parse_amount_not_negative(&typed("standard")) {
        let which =
            if words.iter().any(|words| words.contains("当地执行标准")) { "其余各类" } else { "各类" };
        words.push(format!("{which}案件当地执行标准{}元", yuan_text(amount)));
    }
    let other = typed("programme");
    if !other.is_empty() {
        match known.iter().find(|row| row.year.to_string() == other) {
            Some(row) => {
                words.push(format!("按{}年方案第{}版的数值计算", row.year, row.revision));
                supposed.programme = Some(row.content.clone());
            }
            None => errors.add("programme", "请从列表中选择方案"),
        }
    }
    (supposed, words)
}

pub(in crate::trials) async fn page(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Answer {
    let asked = Asked(pairs);
    let (bureau, today) = (scope.bureau(), state.clock.today());
    let mut conn = state.pool.acquire().await?;
    let known = programmes::db::programmes_of(&mut conn, bureau).await?;
    let this_year = chrono::Datelike::year(&today);
    let usual = known.iter().find(|row| row.year <= this_year).or(known.last()).map_or(this_year, |row| row.year);
    let year = asked.or("year", &usual.to_string());
    // The first plan of all has no year before it: it is tried on its own.
    let of_year = |wanted: &str| known.iter().find(|row| row.year.to_string() == wanted);
    let own = of_year(&year).or_else(|| of_year(asked.find("programme").unwrap_or_default()));
    let year = own.map_or(year, |row| row.year.to_string());
    let mut errors = Errors::new();
    let mut shown = WhatIfPage {
        layout: layout.titled("假设测算").crumb("补贴试算", "/trial"),
        errors: Errors::new(),
        years: known.iter().map(|row| (row.year.to_string(), format!("{}年", row.year))).collect(),
        programmes: known
            .iter()
            .map(|row| (row.year.to_string(), format!("{}年方案（第{}版）", row.year, row.revision)))
            .collect(),
        standards: standards(&asked, own.map(|row| &row.content)),
        finding: None,
        supposed: Vec::new(),
        outcome: None,
        year,
        asked,
    };
    let Some(own) = own else {
        errors.add("year", "这一年没有实施方案，请选择其他年度");
        shown.errors = errors;
        return layout::form_again(&shown);
    };
    let nothing =
        ["finding", "standard", "programme"].iter().all(|name| shown.typed(name).is_empty()) && !shown.by_kind();
    if nothing {
        return layout::page(&shown);
    }
    let finding = shown.asked.find("finding").and_then(|id| id.parse().ok());
    let found = db::year(&mut conn, bureau, own.year, today, finding).await?;
    let position = outlook::position(&mut conn, bureau, own.year, today).await?;
    drop(conn);
    shown.finding = found.finding;
    let (supposed, words) = read(&mut errors, &shown.asked, &known, &own.content, shown.finding.as_ref());
    if !errors.is_empty() {
        shown.errors = errors;
        return layout::form_again(&shown);
    }
    let ground = Ground {
        plan: &own.content,
        calendar: &found.calendar,
        months: &found.months,
        cases: &found.cases,
        operating_free: position.operating - position.operating_committed(),
        pace: position.pace,
    };
    shown.outcome = Some(rules::suppose(&ground, &supposed));
    shown.supposed = words;
    layout::page(&shown)
}

fn standards(asked: &Asked, own: Option<&Programme>) -> Vec<Standard> {
    let kinds = CaseKind::ALL.iter().filter(|kind| kind.is_case());
    kinds
        .map(|kind| {
            let name = format!("standard-{}", kind.code());
            let usual = own.and_then(|plan| plan.local_standards.get(kind));
            Standard {
                typed: asked.or(&name, ""),
                label: kind.label().to_owned(),
                usual: usual.map(|amount| format!("现行{}元", yuan_text(*amount))).unwrap_or_default(),
                name,
            }
        })
        .collect()
}
