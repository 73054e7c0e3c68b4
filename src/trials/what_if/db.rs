//! The months and cases of a year, in one statement.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::rules::{PersonMonth, YearCase};
use crate::payouts::rules::CaseState;
use crate::plan::calendar::SpecialDay;
use crate::plan::dictionaries::{
    Basis, CaseKind, FindingKind, HandlerCategory, PersonCategory, SpecialGroup, VenueKind,
};
use crate::plan::money::round_to_fen;
use crate::plan::{Calendar, Month};
use crate::subsidy::duty_pay::{DutyFacts, Findings, PersonFacts, ShiftFacts};

/// A finding that somebody asks about.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AskedFinding {
    pub(super) shift: i64,
    pub(super) kind: FindingKind,
    pub(super) status: crate::findings::rules::Status,
    pub(super) person: String,
    pub(super) venue: String,
    pub(super) on: NaiveDate,
}

/// A year as it is.
#[derive(Debug)]
pub(super) struct Year {
    pub(super) months: Vec<PersonMonth>,
    pub(super) cases: Vec<YearCase>,
    pub(super) calendar: Calendar,
    pub(super) finding: Option<AskedFinding>,
}

#[derive(Debug, Deserialize)]
struct StoredJson {
    person: i64,
    facts: DutyFacts,
}

#[derive(Debug, Deserialize)]
struct CountJson {
    shift: i64,
    kind: FindingKind,
    count: u32,
}

#[derive(Debug, Deserialize)]
struct ShiftJson {
    id: i64,
    person: i64,
    name: String,
    category: PersonCategory,
    official: bool,
    venue: String,
    kind: VenueKind,
    on: NaiveDate,
    minutes: i32,
    served: bool,
}

#[derive(Debug, Deserialize)]
struct CaseJson {
    id: i64,
    number: String,
    handler_name: String,
    organisation: String,
    kind: CaseKind,
    basis: Basis,
    groups: Vec<SpecialGroup>,
    handler: HandlerCategory,
    agreed: NaiveDate,
    entered: Option<NaiveDate>,
    counted_year: Option<i32>,
    place: Option<i32>,
    elsewhere: bool,
}

/// Loads a year: the frozen facts of calculated months and today's facts of the others that have begun, both with
/// today's confirmed findings, and the cases that it pays.
pub(super) async fn year(
    conn: &mut PgConnection,
    bureau: i64,
    year: i32,
    today: NaiveDate,
    finding: Option<i64>,
) -> sqlx::Result<Year> {
    let row = sqlx::query!(
        r#"with stored as materialized (
               select id, month from settlements
               where bureau_id = $1 and month between make_date($2, 1, 1) and make_date($2, 12, 1)),
           asked as (
               select f.shift_id, f.kind, f.status, p.name, v.short_name, f.event_on
               from findings f join persons p on p.id = f.person_id join venues v on v.id = f.venue_id
               where f.bureau_id = $1 and f.id = $4 and extract(year from f.event_on) = $2)
           select
               (select jsonb_agg(jsonb_build_object('person', i.person_id, 'facts', i.facts) order by s.month, i.person_id)
                from stored s join settlement_items i on i.settlement_id = s.id) as "stored: Json<Vec<StoredJson>>",
               (select jsonb_agg(jsonb_build_object('shift', c.shift_id, 'kind', c.kind, 'count', c.count))
                from (select shift_id, kind, count(*) as count from findings
                      where bureau_id = $1 and status = 'confirmed'
                        and event_on between make_date($2, 1, 1) and make_date($2, 12, 31)
                      group by shift_id, kind) c) as "counts: Json<Vec<CountJson>>",
               (select jsonb_agg(jsonb_build_object('id', s.id, 'person', p.id, 'name', p.name, 'category', p.category,
                           'official', p.public_official, 'venue', v.short_name, 'kind', s.venue_kind, 'on', s.duty_on,
                           'minutes', s.planned_minutes, 'served', a.shift_id is not null)
                       order by s.month, p.id, s.duty_on, s.starts_at, s.id)
                from shifts s
                join rosters r on r.id = s.roster_id and r.status = 'published'
                join persons p on p.id = s.person_id
                join venues v on v.id = s.venue_id
                left join attendances a on a.shift_id = s.id
                where s.bureau_id = $1 and s.duty_on < $3
                  and s.month between make_date($2, 1, 1) and make_date($2, 12, 1)
                  and s.month not in (select month from stored)) as "live: Json<Vec<ShiftJson>>",
               (select jsonb_agg(jsonb_build_object('id', c.id, 'number', c.number, 'handler_name', c.handler_name,
                           'organisation', c.organisation, 'kind', c.kind, 'basis', c.basis, 'groups', to_jsonb(c.groups),
                           'handler', c.handler_category, 'agreed', c.closing_agreed_on, 'entered', c.entered_on,
                           'counted_year', c.counted_year, 'place', case_position(c.bureau_id, c.counted_year, c.place),
                           'elsewhere', exists (select from case_outside_payments o
                                                where o.case_id = c.id and o.withdrawn_by is null))
                       order by c.place, c.number)
                from cases c
                where c.bureau_id = $1 and c.terminated_on is null and c.closing_agreed_on is not null and not case_is_void(c.id)
                  and coalesce(c.counted_year, extract(year from c.closing_agreed_on)::integer) = $2)
                   as "cases: Json<Vec<CaseJson>>",
               (select jsonb_build_object('shift', shift_id, 'kind', kind, 'status', status, 'person', name,
                           'venue', short_name, 'on', event_on) from asked) as "finding: Json<AskedFinding>",
               coalesce((select jsonb_agg(year) from calendar_years), '[]') as "years!: Json<Vec<i32>>",
               coalesce((select jsonb_agg(jsonb_build_object('date', day, 'is_workday', is_workday, 'name', name))
                         from calendar_days), '[]') as "days!: Json<Vec<SpecialDay>>""#,
        bureau,
        year,
        today,
        finding
    )
    .fetch_one(conn)
    .await?;
    let mut findings: BTreeMap<String, Findings> = BTreeMap::new();
    for counted in row.counts.map(|rows| rows.0).unwrap_or_default() {
        findings.entry(counted.shift.to_string()).or_default().add(counted.kind, counted.count);
    }
    let mut months: Vec<PersonMonth> = row
        .stored
        .map(|rows| rows.0)
        .unwrap_or_default()
        .into_iter()
        .map(|row| PersonMonth { person_id: row.person, facts: DutyFacts { adjustments: Vec::new(), ..row.facts } })
        .collect();
    for shift in row.live.map(|rows| rows.0).unwrap_or_default() {
        add_live(&mut months, shift);
    }
    for shift in months.iter_mut().flat_map(|month| &mut month.facts.shifts) {
        shift.findings = findings.get(&shift.id).cloned().unwrap_or_default();
    }
    Ok(Year {
        months,
        cases: row.cases.map(|rows| rows.0).unwrap_or_default().into_iter().map(case).collect(),
        calendar: Calendar::new(row.years.0, row.days.0),
        finding: row.finding.map(|row| row.0),
    })
}

/// Puts a shift into its person's month; shifts come month by month and person by person.
fn add_live(months: &mut Vec<PersonMonth>, shift: ShiftJson) {
    let month = Month::of(shift.on);
    let facts = ShiftFacts {
        id: shift.id.to_string(),
        venue: shift.venue,
        venue_kind: shift.kind,
        date: shift.on,
        planned_hours: round_to_fen(Decimal::from(shift.minutes) / Decimal::from(60)).normalize(),
        served: shift.served,
        findings: Findings::none(),
    };
    match months.last_mut().filter(|known| known.person_id == shift.person && known.facts.month == month) {
        Some(known) => known.facts.shifts.push(facts),
        None => months.push(PersonMonth {
            person_id: shift.person,
            facts: DutyFacts {
                month,
                person: PersonFacts {
                    name: shift.name,
                    category: shift.category,
                    public_official: shift.official,
                    stars: 0,
                },
                shifts: vec![facts],
                adjustments: Vec::new(),
            },
        }),
    }
}

fn case(row: CaseJson) -> YearCase {
    let handler = match row.organisation.as_str() {
        "" => row.handler_name,
        organisation => format!("{}（{organisation}）", row.handler_name),
    };
    YearCase {
        id: row.id,
        number: row.number,
        handler,
        state: CaseState {
            kind: row.kind,
            basis: row.basis,
            groups: row.groups.into_iter().collect(),
            handler: row.handler,
            agreed_on: Some(row.agreed),
            entered_on: row.entered,
            terminated: false,
            counted_year: row.counted_year,
            place: row.place,
            position: row.place,
            extension_days: 0,
            already_paid: row.elsewhere,
        },
    }
}
