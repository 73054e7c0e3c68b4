//! PURE. A month from its facts: every person's pay, the corrections of earlier months
//! (A27), what could not be recovered and is carried on, and the fingerprints that fix it.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::money::{in_sentence, round_to_fen};
use crate::plan::time::month_and_day;
use crate::plan::{Calendar, Month, Programme};
use crate::subsidy::duty_pay::{self, Adjustment, DutyFacts, DutyPay, Findings, PersonFacts, ShiftFacts};

dictionary! {
    /// Why a month carries money of another.
    AdjustmentKind {
        /// A finding confirmed or revoked after that month was approved.
        Correction = "correction", "更正";
        /// What that month's pay could not bear.
        Carried = "carried", "结转";
    }
}

/// The plan a month is calculated by.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The programme's row.
    pub id: i64,
    /// Its revision, stamped on the calculation.
    pub revision: i32,
    /// Its values.
    pub content: Programme,
}

/// A person with shifts in the month.
#[derive(Debug, Clone)]
pub struct PersonMonth {
    /// The person.
    pub person_id: i64,
    /// Who they are to the calculation.
    pub person: PersonFacts,
    /// Where they work, for the sheet.
    pub organisation: String,
    /// Their shifts in order.
    pub shifts: Vec<ShiftFacts>,
}

/// An approved month of a person on whose shifts something was decided since.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The person.
    pub person_id: i64,
    /// The month.
    pub month: Month,
    /// The plan it was calculated by.
    pub programme: Programme,
    /// What it was calculated from.
    pub facts: DutyFacts,
    /// What it came to, without adjustments.
    pub subtotal: Decimal,
    /// Today's confirmed findings by shift.
    pub findings: BTreeMap<String, Findings>,
    /// Shifts that were not served by the calculation and are by today's register.
    pub served: BTreeSet<String>,
}

/// What a person still owes of earlier months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Yuan, above zero.
    pub amount: Decimal,
    /// The last month that left something open.
    pub since: Month,
}

/// Everything a month's calculation depends on.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The month.
    pub month: Month,
    /// The plan.
    pub plan: Plan,
    /// The calendar.
    pub calendar: Calendar,
    /// Who had shifts, in the order of the sheet.
    pub people: Vec<PersonMonth>,
    /// Approved months to look at again.
    pub earlier: Vec<Earlier>,
    /// Corrections already made, by person and month.
    pub booked: BTreeMap<(i64, Month), Decimal>,
    /// What is still owed, by person.
    pub owed: BTreeMap<i64, Owed>,
}

/// Money of an earlier month in this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthAdjustment {
    /// The month it stems from.
    pub for_month: Month,
    /// Why.
    pub kind: AdjustmentKind,
    /// In words.
    pub reason: String,
    /// Yuan; negative is recovered.
    pub amount: Decimal,
}

/// One person's settled month.
#[derive(Debug, Clone)]
pub struct Item {
    /// The person.
    pub person_id: i64,
    /// Where they work, for the sheet.
    pub organisation: String,
    /// What went in.
    pub facts: DutyFacts,
    /// What came out.
    pub pay: DutyPay,
    /// Money of earlier months.
    pub adjustments: Vec<MonthAdjustment>,
    /// What went in, as it is stored and fixed by the fingerprint.
    pub facts_json: Value,
    /// What came out, likewise.
    pub pay_json: Value,
    /// SHA-256 over the canonical JSON of all that.
    pub fingerprint: String,
}

impl Item {
    /// Yuan of all shifts before deductions.
    #[must_use]
    pub fn base(&self) -> Decimal {
        base_of(&self.pay)
    }

    /// Yuan deducted from shifts.
    #[must_use]
    pub fn deducted(&self) -> Decimal {
        deducted_of(&self.pay)
    }
}

/// Yuan of all shifts before deductions.
#[must_use]
pub fn base_of(pay: &DutyPay) -> Decimal {
    round_to_fen(pay.shifts.iter().map(|shift| shift.base).sum())
}

/// Yuan deducted from shifts.
#[must_use]
pub fn deducted_of(pay: &DutyPay) -> Decimal {
    round_to_fen(pay.shifts.iter().map(|shift| shift.deducted).sum())
}

/// A calculated month, not stored yet.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The month.
    pub month: Month,
    /// The persons in the order of the sheet.
    pub items: Vec<Item>,
    /// Over the items' fingerprints.
    pub fingerprint: String,
    /// What cannot be calculated with, in words; must be empty before it is stored.
    pub faults: Vec<String>,
}

/// Sums of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many persons.
    pub people: i32,
    /// Yuan before deductions.
    pub base: Decimal,
    /// Yuan deducted.
    pub deducted: Decimal,
    /// Yuan of earlier months.
    pub adjustment: Decimal,
    /// Yuan to pay.
    pub payable: Decimal,
}

impl Draft {
    /// The sums.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let sum = |of: fn(&Item) -> Decimal| round_to_fen(self.items.iter().map(of).sum());
        Totals {
            people: i32::try_from(self.items.len()).unwrap_or(i32::MAX),
            base: sum(Item::base),
            deducted: sum(Item::deducted),
            adjustment: sum(|item| item.pay.adjustment),
            payable: sum(|item| item.pay.payable),
        }
    }
}

/// Calculates the month.
#[must_use]
pub fn draft(loaded: &Loaded) -> Draft {
    let mut corrections: BTreeMap<i64, Vec<MonthAdjustment>> = BTreeMap::new();
    for earlier in &loaded.earlier {
        let booked = loaded.booked.get(&(earlier.person_id, earlier.month)).copied().unwrap_or_default();
        if let Some(correction) = correction(&loaded.calendar, earlier, booked) {
            corrections.entry(earlier.person_id).or_default().push(correction);
        }
    }
    // Somebody without a shift this month is settled only when a correction asks for it; what they owe waits.
    let others = corrections.keys().filter(|id| loaded.people.iter().all(|person| person.person_id != **id));
    let others: Vec<PersonMonth> = others
        .filter_map(|id| loaded.earlier.iter().rev().find(|earlier| earlier.person_id == *id))
        .map(|earlier| PersonMonth {
            person_id: earlier.person_id,
            person: earlier.facts.person.clone(),
            organisation: String::new(),
            shifts: Vec::new(),
        })
        .collect();
    let mut faults = Vec::new();
    let items: Vec<Item> = loaded
        .people
        .iter()
        .chain(&others)
        .map(|person| {
            let mut adjustments = corrections.remove(&person.person_id).unwrap_or_default();
            adjustments.extend(loaded.owed.get(&person.person_id).map(carried));
            let item = item(loaded, person, adjustments);
            let found = item.facts.faults(&loaded.plan.content, &loaded.calendar);
            if !found.is_empty() {
                let named: Vec<_> = found.iter().map(ToString::to_string).collect();
                faults.push(format!("{}（{}）", item.facts.person.name, named.join("；")));
            }
            item
        })
        .collect();
    let fingerprint = head_fingerprint(items.iter().map(|item| (item.person_id, item.fingerprint.as_str())));
    Draft { month: loaded.month, items, fingerprint, faults }
}

fn item(loaded: &Loaded, person: &PersonMonth, adjustments: Vec<MonthAdjustment>) -> Item {
    let facts = DutyFacts {
        month: loaded.month,
        person: person.person.clone(),
        shifts: person.shifts.clone(),
        adjustments: adjustments
            .iter()
            .map(|adjustment| Adjustment { reason: adjustment.reason.clone(), amount: adjustment.amount })
            .collect(),
    };
    let pay = duty_pay::calculate_facts(&loaded.plan.content, &loaded.calendar, &facts);
    let (facts_json, pay_json) = (to_json(&facts), to_json(&pay));
    let fingerprint = item_fingerprint(person.person_id, loaded.plan.id, loaded.plan.revision, &facts_json, &pay_json);
    Item {
        person_id: person.person_id,
        organisation: person.organisation.clone(),
        facts,
        pay,
        adjustments,
        facts_json,
        pay_json,
        fingerprint,
    }
}

/// A27, R14: the earlier month calculated again from its frozen facts with today's confirmed findings and the shifts
/// that turned out to be served. What differs and was not made good yet is the correction; it never exceeds what that month paid, because a month pays no less
/// than nothing.
fn correction(calendar: &Calendar, earlier: &Earlier, booked: Decimal) -> Option<MonthAdjustment> {
    let today = DutyFacts {
        adjustments: Vec::new(),
        shifts: earlier
            .facts
            .shifts
            .iter()
            .map(|shift| ShiftFacts {
                served: shift.served || earlier.served.contains(&shift.id),
                findings: earlier.findings.get(&shift.id).cloned().unwrap_or_default(),
                ..shift.clone()
            })
            .collect(),
        ..earlier.facts.clone()
    };
    let pay = duty_pay::calculate_facts(&earlier.programme, calendar, &today);
    let amount = round_to_fen(pay.subtotal - earlier.subtotal - booked);
    (!amount.is_zero()).then(|| MonthAdjustment {
        for_month: earlier.month,
        kind: AdjustmentKind::Correction,
        reason: reason(earlier, &today, &pay, booked),
        amount,
    })
}

/// Names the findings that make the difference: 「2024年6月的补贴：6月12日米山镇“…”认定1次」.
fn reason(earlier: &Earlier, today: &DutyFacts, pay: &DutyPay, booked: Decimal) -> String {
    let mut changes = Vec::new();
    for (before, now) in earlier.facts.shifts.iter().zip(&today.shifts) {
        if !before.served && now.served {
            changes.push(format!("{}{}补认到岗", month_and_day(before.date), before.venue));
        }
        for kind in FindingKind::ALL {
            let (had, has) = (before.findings.count(*kind), now.findings.count(*kind));
            let (word, times) = if has > had { ("认定", has - had) } else { ("撤销", had - has) };
            if times > 0 {
                changes.push(format!(
                    "{}{}“{}”{word}{times}次",
                    month_and_day(before.date),
                    before.venue,
                    kind.label()
                ));
            }
        }
    }
    let count = changes.len();
    changes.truncate(3);
    let mut text = format!("{}的补贴：{}", earlier.month.chinese(), changes.join("、"));
    if count > 3 {
        text.push_str(&format!("等{count}项"));
    }
    if pay.month_forfeited {
        text.push_str(&format!("，当月脱岗{}次不予发放", pay.off_post_findings));
    }
    if !booked.is_zero() {
        let word = if booked.is_sign_negative() { "追扣" } else { "补发" };
        text.push_str(&format!("（此前已{word}{}）", in_sentence(booked.abs())));
    }
    text
}

/// A27: the rest stays owed and is recovered from the next month that pays.
fn carried(owed: &Owed) -> MonthAdjustment {
    MonthAdjustment {
        for_month: owed.since,
        kind: AdjustmentKind::Carried,
        reason: format!("截至{}尚未追回的应退款{}", owed.since.chinese(), in_sentence(owed.amount)),
        amount: -owed.amount,
    }
}

/// Any value as JSON; what cannot be written is null, and then never equals what was stored.
pub(crate) fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// SHA-256 of the canonical JSON of one person's month.
#[must_use]
pub fn item_fingerprint(person: i64, programme: i64, revision: i32, facts: &Value, result: &Value) -> String {
    let whole = json!({
        "person": person,
        "programme": programme,
        "revision": revision,
        "facts": facts,
        "result": result,
    });
    fingerprint_of(&whole)
}

/// SHA-256 of any value's canonical JSON.
#[must_use]
pub fn fingerprint_of(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    sha256(&text)
}

/// SHA-256 over the items' fingerprints in the order of their persons.
#[must_use]
pub fn head_fingerprint<'a>(items: impl Iterator<Item = (i64, &'a str)>) -> String {
    let sorted: BTreeMap<i64, &str> = items.collect();
    let lines: Vec<_> = sorted.iter().map(|(person, fingerprint)| format!("{person}:{fingerprint}")).collect();
    sha256(&lines.join("\n"))
}

/// JSON with sorted keys and no blanks: PostgreSQL gives the keys of jsonb back in an order of its own.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            text.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(value, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::dictionaries::{PersonCategory, VenueKind};
    use crate::plan::money::yuan;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn shift(id: &str, date: &str, findings: Findings) -> ShiftFacts {
        ShiftFacts {
            id: id.to_owned(),
            venue: "米山镇".to_owned(),
            venue_kind: VenueKind::Station,
            date: date.parse().unwrap(),
            planned_hours: Decimal::from(4),
            served: true,
            findings,
        }
    }

    fn person() -> PersonFacts {
        PersonFacts { name: "毕示远".to_owned(), category: PersonCategory::Lawyer, public_official: false, stars: 0 }
    }

    fn july(shifts: Vec<ShiftFacts>) -> Loaded {
        Loaded {
            month: month("2024-07"),
            plan: Plan { id: 1, revision: 1, content: Programme::gaoping_2024() },
            calendar: Calendar::shipped(),
            people: vec![PersonMonth { person_id: 7, person: person(), organisation: String::new(), shifts }],
            earlier: Vec::new(),
            booked: BTreeMap::new(),
            owed: BTreeMap::new(),
        }
    }

    /// June paid 300 for the 12th; `findings` is what is confirmed on it now.
    fn june(findings: Findings) -> Earlier {
        Earlier {
            person_id: 7,
            month: month("2024-06"),
            programme: Programme::gaoping_2024(),
            facts: DutyFacts {
                month: month("2024-06"),
                person: person(),
                shifts: vec![shift("1", "2024-06-12", Findings::none())],
                adjustments: Vec::new(),
            },
            subtotal: yuan(300),
            findings: BTreeMap::from([("1".to_owned(), findings)]),
            served: BTreeSet::new(),
        }
    }

    fn two_wednesdays() -> Vec<ShiftFacts> {
        vec![shift("11", "2024-07-03", Findings::none()), shift("12", "2024-07-10", Findings::none())]
    }

    #[test]
    fn d40_a_complaint_about_a_paid_month_comes_into_the_next() {
        let mut loaded = july(two_wednesdays());
        loaded.earlier.push(june(Findings::none().with(FindingKind::Dissatisfied, 1)));
        let drafted = draft(&loaded);
        let item = &drafted.items[0];
        assert_eq!(item.pay.subtotal.to_string(), "600.00");
        assert_eq!(item.pay.payable.to_string(), "550.00");
        assert_eq!(item.adjustments[0].reason, "2024年6月的补贴：6月12日米山镇“服务对象不满意或投诉属实”认定1次");
        loaded.booked.insert((7, month("2024-06")), yuan(-50));
        assert!(draft(&loaded).items[0].adjustments.is_empty(), "once made good it is not made good again");
    }

    #[test]
    fn a_revoked_finding_is_paid_in_addition() {
        let mut loaded = july(two_wednesdays());
        let mut paid = june(Findings::none());
        paid.facts.shifts[0].findings = Findings::none().with(FindingKind::Late, 1);
        paid.subtotal = yuan(250);
        loaded.earlier.push(paid);
        let drafted = draft(&loaded);
        assert_eq!(drafted.items[0].pay.payable.to_string(), "650.00");
        assert!(drafted.items[0].adjustments[0].reason.ends_with("“迟到”撤销1次"));
    }

    #[test]
    fn a_missed_shift_found_later_is_paid_once_in_the_next_open_month() {
        let mut loaded = july(two_wednesdays());
        let mut missed = june(Findings::none());
        missed.facts.shifts[0].served = false;
        missed.subtotal = Decimal::ZERO;
        loaded.earlier.push(missed.clone());
        assert!(draft(&loaded).items[0].adjustments.is_empty(), "nobody says it was served");
        missed.served.insert("1".to_owned());
        loaded.earlier = vec![missed.clone()];
        let drafted = draft(&loaded);
        assert_eq!(drafted.items[0].pay.payable.to_string(), "900.00");
        assert_eq!(drafted.items[0].adjustments[0].reason, "2024年6月的补贴：6月12日米山镇补认到岗");
        missed.findings = BTreeMap::from([("1".to_owned(), Findings::none().with(FindingKind::Late, 1))]);
        loaded.earlier = vec![missed];
        assert_eq!(draft(&loaded).items[0].pay.payable.to_string(), "850.00", "with what is found about it");
        loaded.booked.insert((7, month("2024-06")), yuan(250));
        assert!(draft(&loaded).items[0].adjustments.is_empty(), "never twice");
    }

    #[test]
    fn what_cannot_be_recovered_is_owed_and_carried_on() {
        let mut loaded = july(Vec::new());
        loaded.people.clear();
        loaded.earlier.push(june(Findings::none().with(FindingKind::FalseDuty, 1)));
        let drafted = draft(&loaded);
        assert_eq!(drafted.items.len(), 1, "settled although there is no shift");
        assert_eq!(drafted.items[0].pay.receivable.to_string(), "300.00");

        let mut august = july(two_wednesdays());
        august.owed.insert(7, Owed { amount: yuan(300), since: month("2024-06") });
        let drafted = draft(&august);
        assert_eq!(drafted.items[0].pay.payable.to_string(), "300.00");
        assert_eq!(drafted.items[0].adjustments[0].kind, AdjustmentKind::Carried);

        august.people.clear();
        assert!(draft(&august).items.is_empty(), "what is owed waits for the next month with shifts");
    }

    #[test]
    fn the_same_facts_have_the_same_fingerprint_and_any_other_another() {
        let loaded = july(two_wednesdays());
        assert_eq!(draft(&loaded).fingerprint, draft(&loaded.clone()).fingerprint);
        let mut late = loaded.clone();
        late.people[0].shifts[1].findings = Findings::none().with(FindingKind::Late, 1);
        assert_ne!(draft(&loaded).fingerprint, draft(&late).fingerprint);
        let mut revised = loaded.clone();
        revised.plan.revision = 2;
        assert_ne!(draft(&loaded).fingerprint, draft(&revised).fingerprint);
    }

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_keys() {
        let mut text = String::new();
        canonical(&json!({ "b": [1, { "d": null, "c": "“" }], "a": true }), &mut text);
        assert_eq!(text, r#"{"a":true,"b":[1,{"c":"“","d":null}]}"#);
    }
}
