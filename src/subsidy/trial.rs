//! The trial calculation (试算): one JSON request in, one JSON answer out, for one person's
//! duty month or one case. An array of requests gives the array of answers.
//!
//! A request names every fault by its field and is then not calculated at all.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::case_payout::{self, CaseFacts, CasePayout, check_extension, check_place, check_standard};
use super::duty_facts::{check_count, check_date, check_fen, check_hours, check_new, check_words};
use super::duty_pay::{self, Adjustment, DutyFacts, DutyPay, Findings, NotPayable, PersonFacts, ShiftFacts, ShiftPay};
use super::explain::{Fault, FundLine, Line};
use super::json::{self, Fields, Node, Reader};
use crate::plan::dictionaries::{FindingKind, SpecialGroup};
use crate::plan::dictionary::{Dictionary, dictionary};
use crate::plan::{Calendar, Month, Programme, money};

dictionary! {
    /// What can be tried.
    Kind {
        DutyPay = "duty-pay", "值班补贴试算";
        CaseSubsidy = "case-subsidy", "案件补贴试算";
    }
}

/// Answers a request, or an array of requests, given as JSON text.
///
/// # Errors
/// Every fault of every request, named by its field.
pub fn answer(kind: Kind, programme: &Programme, calendar: &Calendar, request: &[u8]) -> Result<String, Vec<Fault>> {
    let node = json::parse(request).map_err(|fault| vec![fault])?;
    match kind {
        Kind::DutyPay => answer_each(&node, |reader, path, node| {
            let facts = duty_request(reader, path, node, programme)?;
            let pay = duty_pay::calculate_facts(programme, calendar, &facts);
            Some(DutyAnswer::from(pay))
        }),
        Kind::CaseSubsidy => answer_each(&node, |reader, path, node| {
            let facts = case_request(reader, path, node, programme)?;
            let payout = case_payout::calculate(programme, calendar, &facts);
            Some(CaseAnswer::from(payout))
        }),
    }
}

/// Answers the one request or each of an array, unless one of them has a fault.
fn answer_each<A: Serialize>(
    node: &Node,
    mut one: impl FnMut(&mut Reader, &str, &Node) -> Option<A>,
) -> Result<String, Vec<Fault>> {
    let mut reader = Reader::default();
    let text = match node {
        Node::List(requests) => {
            let answers: Vec<_> = requests
                .iter()
                .enumerate()
                .filter_map(|(index, request)| one(&mut reader, &format!("[{index}]"), request))
                .collect();
            serde_json::to_string_pretty(&answers)
        }
        request => serde_json::to_string_pretty(&one(&mut reader, "", request)),
    };
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    text.map_err(|error| vec![Fault::new("answer", format!("cannot be written: {error}"))])
}

/// Reads one duty month. `None` leaves at least one fault with the reader; so for every
/// function below. A month outside the programme is no fault here: it is tried all the
/// same and the answer says so, while [`DutyFacts::faults`] keeps it from being approved.
pub fn duty_request(reader: &mut Reader, path: &str, node: &Node, programme: &Programme) -> Option<DutyFacts> {
    let before = reader.faults.len();
    let fields = reader.object(path, node, &["month", "person", "shifts", "adjustments"])?;
    let month = reader.month(&fields, "month");
    let person = reader.required(&fields, "person").and_then(|node| person(reader, &fields.path_of("person"), node));
    let shifts = reader
        .required(&fields, "shifts")
        .and_then(|node| shifts(reader, &fields.path_of("shifts"), node, programme, month));
    let adjustments = match fields.optional("adjustments") {
        Some(node) => adjustments(reader, &fields.path_of("adjustments"), node),
        None => Some(Vec::new()),
    };
    let facts = DutyFacts { month: month?, person: person?, shifts: shifts?, adjustments: adjustments? };
    (reader.faults.len() == before).then_some(facts)
}

fn person(reader: &mut Reader, path: &str, node: &Node) -> Option<PersonFacts> {
    let fields = reader.object(path, node, &["name", "category", "public_official"])?;
    let name = words(reader, &fields, "name");
    let category = reader.required_code(&fields, "category");
    let public_official = reader.flag(&fields, "public_official");
    Some(PersonFacts { name: name?, category: category?, public_official: public_official?, stars: 0 })
}

fn shifts(
    reader: &mut Reader,
    path: &str,
    node: &Node,
    programme: &Programme,
    month: Option<Month>,
) -> Option<Vec<ShiftFacts>> {
    let mut ids = BTreeSet::new();
    let mut read = Vec::new();
    for (index, node) in reader.list(path, node)?.iter().enumerate() {
        let path = format!("{path}[{index}]");
        read.extend(shift(reader, &path, node, programme, month, &mut ids));
    }
    Some(read)
}

fn shift(
    reader: &mut Reader,
    path: &str,
    node: &Node,
    programme: &Programme,
    month: Option<Month>,
    ids: &mut BTreeSet<String>,
) -> Option<ShiftFacts> {
    let known = ["id", "venue", "venue_kind", "date", "planned_hours", "served", "findings"];
    let fields = reader.object(path, node, &known)?;
    let id = words(reader, &fields, "id").filter(|id| reader.check(fields.path_of("id"), check_new(ids, id)));
    let venue = words(reader, &fields, "venue");
    let venue_kind = reader.required_code(&fields, "venue_kind");
    let date = duty_date(reader, &fields, programme, month);
    let planned_hours = reader
        .decimal(&fields, "planned_hours")
        .filter(|hours| reader.check(fields.path_of("planned_hours"), check_hours(*hours)));
    let served = reader.flag(&fields, "served");
    let findings = match fields.optional("findings") {
        Some(node) => findings(reader, &fields.path_of("findings"), node),
        None => Some(Findings::none()),
    };
    Some(ShiftFacts {
        id: id?,
        venue: venue?,
        venue_kind: venue_kind?,
        date: date?,
        planned_hours: planned_hours?,
        served: served?,
        findings: findings?,
    })
}

fn duty_date(
    reader: &mut Reader,
    fields: &Fields<'_>,
    programme: &Programme,
    month: Option<Month>,
) -> Option<NaiveDate> {
    let node = reader.required(fields, "date")?;
    let date = reader.date(&fields.path_of("date"), node)?;
    let fits = month.map_or(Ok(()), |month| check_date(programme, month, date));
    reader.check(fields.path_of("date"), fits).then_some(date)
}

fn findings(reader: &mut Reader, path: &str, node: &Node) -> Option<Findings> {
    let known: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.code()).collect();
    let fields = reader.object(path, node, &known)?;
    let mut findings = Findings::none();
    for kind in FindingKind::ALL {
        if let Some(node) = fields.optional(kind.code()) {
            let path = fields.path_of(kind.code());
            if let Some(count) = reader.count(&path, node)
                && reader.check(path, check_count(*kind, count))
            {
                findings.add(*kind, count);
            }
        }
    }
    Some(findings)
}

fn adjustments(reader: &mut Reader, path: &str, node: &Node) -> Option<Vec<Adjustment>> {
    let mut read = Vec::new();
    for (index, node) in reader.list(path, node)?.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(fields) = reader.object(&path, node, &["reason", "amount"]) else {
            continue;
        };
        let reason = words(reader, &fields, "reason");
        let amount = reader
            .decimal(&fields, "amount")
            .filter(|amount| reader.check(fields.path_of("amount"), check_fen(*amount)));
        if let (Some(reason), Some(amount)) = (reason, amount) {
            read.push(Adjustment { reason, amount });
        }
    }
    Some(read)
}

/// Text that says something.
fn words(reader: &mut Reader, fields: &Fields<'_>, name: &str) -> Option<String> {
    let text = reader.text(fields, name)?;
    reader.check(fields.path_of(name), check_words(text)).then(|| text.to_owned())
}

/// Reads one case.
pub fn case_request(reader: &mut Reader, path: &str, node: &Node, programme: &Programme) -> Option<CaseFacts> {
    let before = reader.faults.len();
    let known = [
        "case_kind",
        "basis",
        "groups",
        "handler",
        "local_standard",
        "place",
        "closing_agreed_on",
        "entered_on",
        "already_paid",
        "terminated",
        "extension_days",
    ];
    let fields = reader.object(path, node, &known)?;
    let case_kind = reader.required_code(&fields, "case_kind");
    let basis = reader.required_code(&fields, "basis");
    let groups = reader.required(&fields, "groups").and_then(|node| groups(reader, &fields.path_of("groups"), node));
    let handler = reader.required_code(&fields, "handler");
    let local_standard = reader
        .decimal(&fields, "local_standard")
        .filter(|amount| reader.check(fields.path_of("local_standard"), check_standard(*amount)));
    let place = match reader.required(&fields, "place") {
        Some(Node::Null) => Some(None),
        Some(node) => reader
            .count(&fields.path_of("place"), node)
            .filter(|place| reader.check(fields.path_of("place"), check_place(*place)))
            .map(Some),
        None => None,
    };
    let closing_agreed_on = reader.nullable_date(&fields, "closing_agreed_on");
    let entered_on = reader.nullable_date(&fields, "entered_on");
    let already_paid = reader.flag(&fields, "already_paid");
    let terminated = reader.flag(&fields, "terminated");
    let extension_days = reader
        .required(&fields, "extension_days")
        .and_then(|node| reader.count(&fields.path_of("extension_days"), node))
        .filter(|days| reader.check(fields.path_of("extension_days"), check_extension(programme, *days)));
    let facts = CaseFacts {
        case_kind: case_kind?,
        basis: basis?,
        groups: groups?,
        handler: handler?,
        local_standard: local_standard?,
        place: place?,
        closing_agreed_on: closing_agreed_on?,
        entered_on: entered_on?,
        already_paid: already_paid?,
        terminated: terminated?,
        extension_days: extension_days?,
    };
    (reader.faults.len() == before).then_some(facts)
}

fn groups(reader: &mut Reader, path: &str, node: &Node) -> Option<BTreeSet<SpecialGroup>> {
    let mut groups = BTreeSet::new();
    for (index, node) in reader.list(path, node)?.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if let Some(group) = reader.code::<SpecialGroup>(&path, node)
            && !groups.insert(group)
        {
            reader.fault(path, format!("{} is given twice", group.code()));
        }
    }
    Some(groups)
}

/// The answer to a duty month.
#[derive(Debug, Serialize)]
pub struct DutyAnswer {
    month: Month,
    shifts: Vec<ShiftAnswer>,
    off_post_findings: u32,
    month_forfeited: bool,
    #[serde(with = "money::json")]
    subtotal: Decimal,
    #[serde(with = "money::json")]
    adjustment: Decimal,
    #[serde(with = "money::json")]
    payable: Decimal,
    #[serde(with = "money::json")]
    receivable: Decimal,
    warnings: Vec<String>,
    programme: i32,
}

#[derive(Debug, Serialize)]
struct ShiftAnswer {
    id: String,
    #[serde(with = "money::json")]
    base: Decimal,
    #[serde(with = "money::json")]
    deducted: Decimal,
    #[serde(with = "money::json")]
    payable: Decimal,
    not_payable: Option<NotPayable>,
    lines: Vec<Line>,
}

impl From<DutyPay> for DutyAnswer {
    fn from(pay: DutyPay) -> Self {
        Self {
            month: pay.month,
            shifts: pay.shifts.into_iter().map(ShiftAnswer::from).collect(),
            off_post_findings: pay.off_post_findings,
            month_forfeited: pay.month_forfeited,
            subtotal: pay.subtotal,
            adjustment: pay.adjustment,
            payable: pay.payable,
            receivable: pay.receivable,
            warnings: pay.warnings,
            programme: pay.programme,
        }
    }
}

impl From<ShiftPay> for ShiftAnswer {
    fn from(shift: ShiftPay) -> Self {
        Self {
            id: shift.id,
            base: shift.base,
            deducted: shift.deducted,
            payable: shift.payable,
            not_payable: shift.not_payable,
            lines: shift.lines,
        }
    }
}

/// The answer to a case.
#[derive(Debug, Serialize)]
pub struct CaseAnswer {
    programme_case: bool,
    counted: bool,
    counted_on: Option<NaiveDate>,
    #[serde(with = "money::json")]
    earmarked: Decimal,
    #[serde(with = "money::json")]
    operating: Decimal,
    #[serde(with = "money::json")]
    total: Decimal,
    blocked: Option<&'static str>,
    due_on: Option<NaiveDate>,
    lines: Vec<FundLine>,
    warnings: Vec<String>,
    programme: i32,
}

impl From<CasePayout> for CaseAnswer {
    fn from(payout: CasePayout) -> Self {
        Self {
            programme_case: payout.programme_case,
            counted: payout.counted,
            counted_on: payout.counted_on,
            earmarked: payout.earmarked,
            operating: payout.operating,
            total: payout.total,
            blocked: payout.blocked.map(Dictionary::label),
            due_on: payout.due_on,
            lines: payout.lines,
            warnings: payout.warnings,
            programme: payout.programme,
        }
    }
}
