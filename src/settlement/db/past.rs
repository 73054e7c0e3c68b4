//! What approved months still have to say to a later one (A27).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::plan::dictionaries::FindingKind;
use crate::plan::{Month, Programme};
use crate::settlement::month::{Earlier, Owed};
use crate::subsidy::duty_pay::{DutyFacts, Findings};

#[derive(Debug, Deserialize)]
struct EarlierJson {
    person: i64,
    month: NaiveDate,
    plan: i64,
    revision: i32,
    facts: DutyFacts,
    subtotal: Decimal,
    findings: Option<Vec<FindingsJson>>,
    served: Option<Vec<i64>>,
}

#[derive(Debug, Deserialize)]
struct FindingsJson {
    shift: i64,
    kind: FindingKind,
    count: u32,
}

#[derive(Debug, Deserialize)]
struct PlanJson {
    plan: i64,
    revision: i32,
    content: Programme,
}

#[derive(Debug, Deserialize)]
struct SumJson {
    person: i64,
    month: NaiveDate,
    amount: Decimal,
}

/// What approved months still have to say to a month: items on whose shifts something was decided after they were
/// calculated, the corrections already made, and what is owed.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Items to look at again.
    pub earlier: Vec<Earlier>,
    /// Corrections already made.
    pub booked: BTreeMap<(i64, Month), Decimal>,
    /// What is owed.
    pub owed: BTreeMap<i64, Owed>,
}

/// Loads what approved months still have to say to `month`, in one statement.
pub async fn past_of(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<Past> {
    let row = sqlx::query!(
        r#"with approved as materialized (
               select id, month, programme_id, programme_revision, calculated_at from settlements
               where bureau_id = $1 and month <> $2 and status in ('approved', 'paid')),
           -- decided_at is not before calculated_at: at the approval the facts were those of the calculation.
           touched as materialized (
               select distinct l.item_id
               from findings f
               join settlement_lines l on l.shift_id = f.shift_id
               join approved s on s.id = l.settlement_id
               where f.bureau_id = $1 and f.decided_at >= s.calculated_at and s.month < $2
               union
               -- Missed by the calculation, served by today's register.
               select l.item_id
               from settlement_lines l
               join approved s on s.id = l.settlement_id
               join attendances a on a.shift_id = l.shift_id
               where l.bureau_id = $1 and l.not_payable = 'not_served' and s.month < $2)
           select
               (select jsonb_agg(jsonb_build_object(
                    'person', i.person_id, 'month', s.month, 'plan', s.programme_id, 'revision', s.programme_revision,
                    'facts', i.facts, 'subtotal', i.subtotal::text,
                    'findings', (select jsonb_agg(jsonb_build_object('shift', c.shift_id, 'kind', c.kind, 'count', c.count))
                                 from (select f.shift_id, f.kind, count(*) as count
                                       from settlement_lines l join findings f on f.shift_id = l.shift_id
                                       where l.item_id = i.id and f.status = 'confirmed'
                                       group by f.shift_id, f.kind) c),
                    'served', (select jsonb_agg(l.shift_id) from settlement_lines l
                               join attendances a on a.shift_id = l.shift_id
                               where l.item_id = i.id and l.not_payable = 'not_served'))
                    order by s.month, i.person_id)
                from touched t join settlement_items i on i.id = t.item_id join approved s on s.id = i.settlement_id)
                   as "earlier: Json<Vec<EarlierJson>>",
               (select jsonb_agg(jsonb_build_object('plan', r.programme_id, 'revision', r.revision, 'content', r.content))
                from programme_revisions r
                where exists (select from approved s where s.programme_id = r.programme_id and s.programme_revision = r.revision))
                   as "plans: Json<Vec<PlanJson>>",
               (select jsonb_agg(jsonb_build_object('person', b.person_id, 'month', b.for_month, 'amount', b.amount::text))
                from (select i.person_id, a.for_month, sum(a.amount) as amount
                      from settlement_adjustments a
                      join approved s on s.id = a.settlement_id
                      join settlement_items i on i.id = a.item_id
                      where a.kind = 'correction' group by i.person_id, a.for_month) b)
                   as "booked: Json<Vec<SumJson>>",
               (select jsonb_agg(jsonb_build_object('person', o.person_id, 'month', o.since, 'amount', o.amount::text))
                from (select i.person_id, max(s.month) filter (where i.receivable > 0) as since,
                             sum(i.receivable) + coalesce(sum(c.amount), 0)
                                 - coalesce((select sum(x.amount) from receivable_settlings x
                                             where x.person_id = i.person_id and x.agreed), 0) as amount
                      from settlement_items i
                      join approved s on s.id = i.settlement_id
                      left join (select item_id, sum(amount) as amount from settlement_adjustments
                                 where kind = 'carried' group by item_id) c on c.item_id = i.id
                      group by i.person_id) o
                where o.amount > 0)
                   as "owed: Json<Vec<SumJson>>""#,
        bureau,
        month as Month
    )
    .fetch_one(conn)
    .await?;
    let plans: BTreeMap<(i64, i32), Programme> = row
        .plans
        .map(|plans| plans.0)
        .unwrap_or_default()
        .into_iter()
        .map(|plan| ((plan.plan, plan.revision), plan.content))
        .collect();
    let earlier = row.earlier.map(|earlier| earlier.0).unwrap_or_default();
    Ok(Past {
        earlier: earlier
            .into_iter()
            .filter_map(|earlier| {
                let mut findings: BTreeMap<String, Findings> = BTreeMap::new();
                for counted in earlier.findings.unwrap_or_default() {
                    findings.entry(counted.shift.to_string()).or_default().add(counted.kind, counted.count);
                }
                Some(Earlier {
                    person_id: earlier.person,
                    month: Month::of(earlier.month),
                    programme: plans.get(&(earlier.plan, earlier.revision))?.clone(),
                    facts: earlier.facts,
                    subtotal: earlier.subtotal,
                    findings,
                    served: earlier.served.unwrap_or_default().iter().map(ToString::to_string).collect(),
                })
            })
            .collect(),
        booked: sums(row.booked).map(|sum| ((sum.person, Month::of(sum.month)), sum.amount)).collect(),
        owed: sums(row.owed)
            .map(|sum| (sum.person, Owed { amount: sum.amount, since: Month::of(sum.month) }))
            .collect(),
    })
}

fn sums(rows: Option<Json<Vec<SumJson>>>) -> impl Iterator<Item = SumJson> {
    rows.map(|rows| rows.0).unwrap_or_default().into_iter()
}
