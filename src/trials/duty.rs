//! 五(二)1 on trial: one person's month, shift by shift.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use rust_decimal::Decimal;

use super::asked::{self, Asked};
use crate::plan::calendar::Calendar;
use crate::plan::dictionaries::{FindingKind, PersonCategory, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::yuan_text;
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::plan::time::month_and_day;
use crate::programmes;
use crate::state::AppState;
use crate::subsidy::duty_pay::{self, DutyFacts, DutyPay, Findings, NotPayable, PersonFacts, ShiftFacts, ShiftPay};
use crate::subsidy::explain::Line;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{self, Layout};
use crate::web::permissions::Action;

/// More shifts than days in a month are a slip.
const MOST_SHIFTS: usize = 31;

type Choices = Vec<(&'static str, &'static str)>;

/// A shift as typed.
#[derive(Clone, Debug, Default)]
struct ShiftRow {
    venue_kind: String,
    date: String,
    hours: String,
    served: String,
    findings: Vec<(FindingKind, String)>,
}

impl ShiftRow {
    fn read(asked: &Asked, place: usize) -> ShiftRow {
        let field = |name: &str, fallback: &str| asked.or(&format!("{name}-{place}"), fallback);
        ShiftRow {
            venue_kind: field("venue_kind", VenueKind::Station.code()),
            date: field("date", ""),
            hours: field("hours", "4"),
            served: field("served", "yes"),
            findings: FindingKind::ALL.iter().map(|kind| (*kind, field(kind.code(), "0"))).collect(),
        }
    }

    /// The row that a press on 加一个班次 adds: like the one before, without day and findings.
    fn next(&self) -> ShiftRow {
        ShiftRow {
            date: String::new(),
            served: "yes".to_owned(),
            findings: self.findings.iter().map(|(kind, _)| (*kind, "0".to_owned())).collect(),
            ..self.clone()
        }
    }

    fn has_findings(&self) -> bool {
        self.findings.iter().any(|(_, typed)| !matches!(typed.as_str(), "" | "0"))
    }

    fn facts(
        &self,
        errors: &mut Errors,
        place: usize,
        month: Option<Month>,
        programme: Option<&Programme>,
    ) -> Option<ShiftFacts> {
        let field = |name: &str| format!("{name}-{place}");
        let venue_kind = VenueKind::from_code(&self.venue_kind);
        if venue_kind.is_none() {
            errors.add(&field("venue_kind"), "请选择服务点类型");
        }
        let date = asked::date(errors, &field("date"), &self.date);
        match (date, month, programme) {
            (None, _, _) => errors.add(&field("date"), "请填写值班日期"),
            (Some(date), Some(month), _) if !month.contains(date) => {
                errors.add(&field("date"), format!("值班日期应在{}之内", month.chinese()));
            }
            (Some(date), _, Some(programme)) if !programme.applies_on(date) => {
                errors
                    .add(&field("date"), format!("{}不在{}年方案的适用时间之内", month_and_day(date), programme.year));
            }
            (Some(_), _, _) => {}
        }
        let planned_hours = asked::hours(errors, &field("hours"), &self.hours);
        let findings: Findings = self
            .findings
            .iter()
            .map(|(kind, typed)| {
                // A06: one sign-in and one sign-out a shift.
                let most = if matches!(kind, FindingKind::Late | FindingKind::EarlyLeave) { 1 } else { 99 };
                (*kind, asked::count(errors, &field(kind.code()), typed, most))
            })
            .collect();
        let venue_kind = venue_kind?;
        Some(ShiftFacts {
            id: (place + 1).to_string(),
            venue: venue_kind.label().to_owned(),
            venue_kind,
            date: date?,
            planned_hours,
            served: self.served == "yes",
            findings,
        })
    }
}

/// A line of the answer.
struct Shown {
    clause: String,
    text: String,
    amount: String,
    kind: &'static str,
}

/// What came out, ready to read.
struct Outcome {
    pay: DutyPay,
    lines: Vec<Shown>,
    programme: i32,
    revision: i32,
    document_number: String,
}

fn signed(amount: Decimal) -> String {
    if amount.is_sign_negative() && !amount.is_zero() {
        format!("−{}", yuan_text(-amount))
    } else {
        yuan_text(amount)
    }
}

impl Outcome {
    fn new(pay: DutyPay, revision: i32, document_number: String) -> Outcome {
        let mut lines = Vec::new();
        for shift in &pay.shifts {
            lines.extend(of_shift(shift));
        }
        lines.extend(pay.steps.iter().map(|step| shown(step, step.amount, "")));
        Outcome { lines, programme: pay.programme, revision, document_number, pay }
    }

    fn payable(&self) -> String {
        yuan_text(self.pay.payable)
    }
}

fn shown(line: &Line, amount: Decimal, kind: &'static str) -> Shown {
    Shown { clause: line.clause.clone(), text: line.text.clone(), amount: signed(amount), kind }
}

/// A shift's lines: what it earns, what is taken (shown with its sign), what is left.
fn of_shift(shift: &ShiftPay) -> Vec<Shown> {
    let mut lines = Vec::new();
    // Where a rule says that nothing is earned, the first of the lines says it already.
    let told = shift.not_payable.is_some_and(|reason| reason != NotPayable::DayCancelled);
    if !told {
        lines.push(shown(&shift.earned, shift.earned.amount, ""));
    }
    lines.extend(
        shift.lines.iter().map(|line| shown(line, -line.amount, if line.amount.is_zero() { "" } else { "minus" })),
    );
    lines.push(Shown {
        clause: String::new(),
        text: format!("{}{}小计", month_and_day(shift.date), shift.venue),
        amount: yuan_text(shift.payable),
        kind: "total",
    });
    lines
}

#[derive(Template)]
#[template(path = "trials/duty.html")]
struct DutyPage {
    layout: Layout,
    errors: Errors,
    month: String,
    person_name: String,
    category: String,
    public_official: bool,
    rows: Vec<ShiftRow>,
    categories: Choices,
    venue_kinds: Choices,
    served_choices: Choices,
    outcome: Option<Outcome>,
    /// The reader may suppose something of the whole bureau.
    what_if: bool,
}

impl DutyPage {
    fn field(name: &str, place: &usize) -> String {
        format!("{name}-{place}")
    }

    fn code(kind: &FindingKind) -> &'static str {
        kind.code()
    }

    fn finding_label(kind: &FindingKind) -> &'static str {
        match kind {
            FindingKind::Late => "迟到",
            FindingKind::EarlyLeave => "早退",
            FindingKind::RecordDefect => "记录缺项或不规范",
            FindingKind::Dissatisfied => "不满意或投诉属实",
            FindingKind::OffPost => "脱岗",
            FindingKind::FalseDuty => "不在岗或虚假值班",
        }
    }

    fn may_add(&self) -> bool {
        self.rows.len() < MOST_SHIFTS
    }
}

fn choices<D: crate::plan::dictionary::Dictionary>() -> Choices {
    D::ALL.iter().map(|value| (value.code(), value.label())).collect()
}

/// The rows of the address; one to begin with, one more or one fewer where a button asked.
fn rows(asked: &Asked) -> Vec<ShiftRow> {
    let mut rows: Vec<ShiftRow> = (0..MOST_SHIFTS)
        .take_while(|place| asked.find(&format!("date-{place}")).is_some())
        .map(|place| ShiftRow::read(asked, place))
        .collect();
    if let Some(place) = asked.find("remove").and_then(|place| place.parse::<usize>().ok())
        && place < rows.len()
    {
        rows.remove(place);
    }
    if rows.is_empty() {
        rows.push(ShiftRow::read(&Asked::default(), 0));
    } else if asked.find("add").is_some() && rows.len() < MOST_SHIFTS {
        rows.extend(rows.last().map(ShiftRow::next));
    }
    rows
}

pub(super) async fn page(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Answer {
    let asked = Asked(pairs);
    let mut shown = DutyPage {
        layout: layout.titled("值班补贴试算"),
        errors: Errors::new(),
        month: asked.or("month", &Month::of(state.clock.today()).to_string()),
        person_name: asked.or("name", ""),
        category: asked.or("category", PersonCategory::Lawyer.code()),
        public_official: asked.find("public_official") == Some("yes"),
        rows: rows(&asked),
        categories: choices::<PersonCategory>(),
        venue_kinds: choices::<VenueKind>(),
        served_choices: vec![("yes", "已到岗"), ("no", "未到岗")],
        outcome: None,
        what_if: actor.may_everywhere(Action::ReadSettlement),
    };
    if asked.is_empty() || asked.find("add").is_some() || asked.find("remove").is_some() {
        return layout::page(&shown);
    }
    let mut conn = state.pool.acquire().await?;
    let month: Option<Month> = shown.month.parse().ok();
    let stored = match month {
        Some(month) => programmes::db::find(&mut conn, scope.bureau(), month.year()).await?,
        None => None,
    };
    let calendar = programmes::db::calendar(&mut conn).await?;
    drop(conn);
    let programme = stored.as_ref().map(|stored| &stored.content);
    let facts = read(&mut shown, month, programme, &calendar);
    let (Some(facts), Some(stored)) = (facts, stored) else {
        return layout::form_again(&shown);
    };
    let pay = duty_pay::calculate_facts(&stored.content, &calendar, &facts);
    shown.outcome = Some(Outcome::new(pay, stored.revision, stored.content.document_number));
    layout::page(&shown)
}

/// The facts of what was typed; none leaves its faults on the page.
fn read(
    shown: &mut DutyPage,
    month: Option<Month>,
    programme: Option<&Programme>,
    calendar: &Calendar,
) -> Option<DutyFacts> {
    let mut errors = Errors::new();
    match (month, programme) {
        (None, _) => errors.add("month", "请按2024-05的格式填写月份"),
        (Some(month), None) => errors.add("month", format!("{}年还没有实施方案，不能试算", month.year())),
        (Some(month), Some(programme)) if !programme.applies_in(month) => {
            errors.add("month", format!("{}不在方案的适用时间之内", month.chinese()));
        }
        (Some(month), Some(_)) if !calendar.knows(month.year()) => {
            errors.add("month", format!("{}年还没有录入工作日历，不能试算", month.year()));
        }
        (Some(_), Some(_)) => {}
    }
    let category = PersonCategory::from_code(&shown.category);
    if category.is_none() {
        errors.add("category", "请选择人员类别");
    }
    if shown.person_name.chars().count() > 30 {
        errors.add("name", "姓名最多30个字");
    }
    let shifts: Vec<ShiftFacts> = shown
        .rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| row.facts(&mut errors, place, month, programme))
        .collect();
    let facts = month.zip(category).map(|(month, category)| DutyFacts {
        month,
        person: PersonFacts {
            name: if shown.person_name.is_empty() { "该值班人员".to_owned() } else { shown.person_name.clone() },
            category,
            public_official: shown.public_official,
            stars: 0,
        },
        shifts,
        adjustments: Vec::new(),
    });
    if errors.is_empty()
        && let (Some(facts), Some(programme)) = (&facts, programme)
        && !facts.faults(programme, calendar).is_empty()
    {
        errors.add("", "填写的内容互相矛盾，不能试算，请核对");
    }
    let sound = errors.is_empty();
    shown.errors = errors;
    facts.filter(|_| sound)
}
