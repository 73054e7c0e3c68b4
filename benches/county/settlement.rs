//! A month's settlement: computed from its facts and stored with its steps, beside the bare
//! aggregate and the bare write of the same rows.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Context as _;
use chrono::NaiveDate;
use huifa::plan::dictionaries::{FindingKind, PersonCategory, VenueKind};
use huifa::plan::dictionary::Dictionary as _;
use huifa::plan::{Calendar, Month, Programme};
use huifa::settlement;
use huifa::subsidy::duty_pay::{self, DutyFacts, DutyPay, PersonFacts, ShiftFacts};
use huifa::web::actor::{Actor, Scope};
use huifa::web::work::Work;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgPool};

use crate::ground::{EVERYTHING, Ground, Site};
use crate::meter::{Tally, pair};
use crate::report::{Row, Target};

/// The month that is settled: all of it is reported.
const MONTH: &str = "2024-11";

/// A bureau with the account that calculates there.
struct Bureau {
    id: i64,
    clerk: Actor,
    stored: Stored,
}

/// The rows that a calculation left, to be written again bare.
#[derive(Default)]
struct Stored {
    items: Vec<Item>,
    lines: Vec<Line>,
}

#[derive(FromRow)]
struct Item {
    id: i64,
    settlement_id: i64,
    person_id: i64,
    facts: Value,
    result: Value,
    amounts: Vec<Decimal>,
    off_post: i32,
    forfeited: bool,
    fingerprint: String,
}

#[derive(FromRow)]
struct Line {
    item_id: i64,
    settlement_id: i64,
    shift_id: i64,
    amounts: Vec<Decimal>,
    not_payable: Option<String>,
}

/// Settlements of one bureau or of all, on a pool of their own.
pub(crate) struct Settling<'a> {
    ground: &'a Ground,
    site: &'a Site,
    pool: PgPool,
    month: Month,
    rounds: usize,
}

impl<'a> Settling<'a> {
    /// Makes the tables that the controls write to: the same columns, checks and indexes,
    /// and the foreign keys to what exists beside settlements; no trigger.
    pub(crate) async fn on(ground: &'a Ground, site: &'a Site, rounds: usize) -> anyhow::Result<Settling<'a>> {
        let pool = ground.pool(EVERYTHING, 4).await?;
        for table in ["settlement_items", "settlement_lines"] {
            run(&pool, format!("create table bench_{table} (like {table} including all)")).await?;
            let keys: Vec<String> = sqlx::query_scalar(
                "select pg_get_constraintdef(oid) from pg_constraint
                 where conrelid = $1::text::regclass and contype = 'f' and confrelid::regclass::text not like 'settlement%'",
            )
            .bind(table)
            .fetch_all(&pool)
            .await?;
            for key in keys {
                run(&pool, format!("alter table bench_{table} add {key}")).await?;
            }
        }
        let month = MONTH.parse().ok().context("a month")?;
        Ok(Settling { ground, site, pool, month, rounds })
    }

    /// One county's month, then the province's where there is one.
    pub(crate) async fn scenes(self, province: bool) -> anyhow::Result<Vec<Row>> {
        let mut bureaus = vec![self.bureau("b0.bureau_clerk").await?];
        let mut rows =
            vec![self.stored_beside_bare("a county's month, computed and stored", &bureaus, self.rounds * 4).await?];
        if province {
            for number in 1..=116 {
                bureaus.push(self.bureau(&format!("b{number}.bureau_clerk")).await?);
            }
            let month = "the province's month, computed with all steps / one sequential aggregate";
            rows.push(self.computed_beside_aggregate(month, &[self.month], self.rounds).await?);
            let year = self.months().await?;
            let name = "the province's year, computed with all steps / one sequential aggregate a month";
            rows.push(self.computed_beside_aggregate(name, &year, self.rounds.min(3)).await?);
            rows.push(
                self.stored_beside_bare(
                    "the province's month, 117 counties computed and stored",
                    &bureaus,
                    self.rounds.min(3),
                )
                .await?,
            );
        }
        self.pool.close().await;
        Ok(rows)
    }

    /// Calculates a bureau's month once, and keeps what it wrote.
    async fn bureau(&self, login: &str) -> anyhow::Result<Bureau> {
        let (_, clerk) = self.site.sign_in(login).await?;
        let mut bureau = Bureau { id: clerk.bureau_id, clerk, stored: Stored::default() };
        self.calculate(&bureau).await?;
        let head: i64 = sqlx::query_scalar("select id from settlements where bureau_id = $1 and month = $2")
            .bind(bureau.id)
            .bind(self.month.first())
            .fetch_one(&self.pool)
            .await?;
        bureau.stored.items = sqlx::query_as(
            "select id, settlement_id, person_id, facts, result, array[base, deducted, subtotal, adjustment, payable, receivable] as amounts,
                    off_post, forfeited, fingerprint from settlement_items where settlement_id = $1 order by id",
        )
        .bind(head)
        .fetch_all(&self.pool)
        .await?;
        bureau.stored.lines = sqlx::query_as(
            "select item_id, settlement_id, shift_id, array[base, deducted, payable] as amounts, not_payable
             from settlement_lines where settlement_id = $1 order by item_id, shift_id",
        )
        .bind(head)
        .fetch_all(&self.pool)
        .await?;
        Ok(bureau)
    }

    async fn calculate(&self, bureau: &Bureau) -> anyhow::Result<()> {
        let state = huifa::state::AppState { pool: self.pool.clone(), ..self.site.state.clone() };
        let mut work = Work::unattended(&state, &bureau.clerk).await?;
        settlement::calculate(&mut work, Scope::Bureau { bureau: bureau.id }, self.month)
            .await
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        work.commit().await.map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    async fn stored_beside_bare(&self, name: &str, bureaus: &[Bureau], rounds: usize) -> anyhow::Result<Row> {
        let pair = pair(
            self.ground.meter,
            rounds,
            async || {
                let started = Instant::now();
                for bureau in bureaus {
                    self.calculate(bureau).await?;
                }
                Ok(Tally::since(started, 1))
            },
            async || {
                let started = Instant::now();
                for bureau in bureaus {
                    let mut transaction = self.pool.begin().await?;
                    aggregate(&mut transaction, Some(bureau.id), self.month).await?;
                    bureau.stored.write(&mut transaction, bureau.id).await?;
                    transaction.commit().await?;
                }
                Ok(Tally::since(started, 1))
            },
        )
        .await?;
        Ok(Row::time(&format!("{name} / the bare join-aggregate and the bare write"), &pair, Target::Time(2.0)).because(
            "Beside the same rows it reads the plan, the calendar and what earlier months owe, checks each row by a trigger, \
             fixes each person by a hash and writes the audit record",
        ))
    }

    /// The months of the settled year that have shifts.
    async fn months(&self) -> anyhow::Result<Vec<Month>> {
        let firsts: Vec<NaiveDate> = sqlx::query_scalar(
            "select distinct month from shifts where extract(year from month) = extract(year from $1::date) order by month",
        )
        .bind(self.month.first())
        .fetch_all(&self.pool)
        .await?;
        Ok(firsts.into_iter().map(Month::of).collect())
    }

    async fn computed_beside_aggregate(&self, name: &str, months: &[Month], rounds: usize) -> anyhow::Result<Row> {
        let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
        let pair = pair(
            self.ground.meter,
            rounds,
            async || {
                let mut conn = self.pool.acquire().await?;
                let started = Instant::now();
                let mut paid = 0;
                for month in months {
                    let facts = facts(&mut conn, *month).await?;
                    let pays: Vec<DutyPay> =
                        facts.iter().map(|facts| duty_pay::calculate_facts(&programme, &calendar, facts)).collect();
                    paid += pays.len();
                }
                anyhow::ensure!(paid > 1000, "nobody was on duty");
                Ok(Tally::since(started, 1))
            },
            async || {
                let mut conn = self.pool.acquire().await?;
                // One process, as the subject has one thread.
                sqlx::query("set max_parallel_workers_per_gather = 0").execute(&mut *conn).await?;
                let started = Instant::now();
                for month in months {
                    aggregate(&mut conn, None, *month).await?;
                }
                let tally = Tally::since(started, 1);
                sqlx::query("reset max_parallel_workers_per_gather").execute(&mut *conn).await?;
                Ok(tally)
            },
        )
        .await?;
        Ok(Row::time(name, &pair, Target::Time(2.0))
            .because("The steps are sentences: making them is most of the computing"))
    }
}

impl Stored {
    async fn write(&self, conn: &mut PgConnection, bureau: i64) -> anyhow::Result<()> {
        sqlx::query("delete from bench_settlement_lines where bureau_id = $1").bind(bureau).execute(&mut *conn).await?;
        sqlx::query("delete from bench_settlement_items where bureau_id = $1").bind(bureau).execute(&mut *conn).await?;
        let of =
            |place: usize| self.items.iter().filter_map(|item| item.amounts.get(place).copied()).collect::<Vec<_>>();
        sqlx::query(
            "insert into bench_settlement_items (id, settlement_id, bureau_id, person_id, facts, result, base, deducted, subtotal,
                 adjustment, payable, receivable, off_post, forfeited, fingerprint)
             overriding system value
             select i.id, i.settlement_id, $1, i.person_id, i.facts, i.result, i.base, i.deducted, i.subtotal, i.adjustment,
                    i.payable, i.receivable, i.off_post, i.forfeited, i.fingerprint
             from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::jsonb[], $6::jsonb[], $7::numeric[], $8::numeric[],
                 $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::integer[], $14::boolean[], $15::text[])
                 as i (id, settlement_id, person_id, facts, result, base, deducted, subtotal, adjustment, payable, receivable,
                     off_post, forfeited, fingerprint)",
        )
        .bind(bureau)
        .bind(self.items.iter().map(|item| item.id).collect::<Vec<_>>())
        .bind(self.items.iter().map(|item| item.settlement_id).collect::<Vec<_>>())
        .bind(self.items.iter().map(|item| item.person_id).collect::<Vec<_>>())
        .bind(self.items.iter().map(|item| &item.facts).collect::<Vec<_>>())
        .bind(self.items.iter().map(|item| &item.result).collect::<Vec<_>>())
        .bind(of(0))
        .bind(of(1))
        .bind(of(2))
        .bind(of(3))
        .bind(of(4))
        .bind(of(5))
        .bind(self.items.iter().map(|item| item.off_post).collect::<Vec<_>>())
        .bind(self.items.iter().map(|item| item.forfeited).collect::<Vec<_>>())
        .bind(self.items.iter().map(|item| item.fingerprint.as_str()).collect::<Vec<_>>())
        .execute(&mut *conn)
        .await?;
        let of =
            |place: usize| self.lines.iter().filter_map(|line| line.amounts.get(place).copied()).collect::<Vec<_>>();
        sqlx::query(
            "insert into bench_settlement_lines (item_id, settlement_id, bureau_id, shift_id, base, deducted, payable, not_payable)
             select l.item_id, l.settlement_id, $1, l.shift_id, l.base, l.deducted, l.payable, l.not_payable
             from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::numeric[], $6::numeric[], $7::numeric[], $8::text[])
                 as l (item_id, settlement_id, shift_id, base, deducted, payable, not_payable)",
        )
        .bind(bureau)
        .bind(self.lines.iter().map(|line| line.item_id).collect::<Vec<_>>())
        .bind(self.lines.iter().map(|line| line.settlement_id).collect::<Vec<_>>())
        .bind(self.lines.iter().map(|line| line.shift_id).collect::<Vec<_>>())
        .bind(of(0))
        .bind(of(1))
        .bind(of(2))
        .bind(self.lines.iter().map(|line| line.not_payable.as_deref()).collect::<Vec<_>>())
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// What the database alone can say of a month: per person the base and the fixed
/// deductions, joined from shifts, attendance and confirmed findings.
async fn aggregate(conn: &mut PgConnection, bureau: Option<i64>, month: Month) -> anyhow::Result<()> {
    let sql = format!(
        "with counted as (
             select shift_id, sum(case kind when 'record_defect' then 10 else 50 end) as amount
             from findings where {scope} and event_on between $2 and $3 and status = 'confirmed' group by shift_id)
         select s.person_id, p.name, count(*), sum(rate.base),
                sum(rate.base - least(coalesce(c.amount, 0), rate.base))
         from shifts s
         join rosters r on r.id = s.roster_id and r.status = 'published'
         join persons p on p.id = s.person_id
         join venues v on v.id = s.venue_id
         left join attendances a on a.shift_id = s.id
         left join counted c on c.shift_id = s.id
         cross join lateral (select case when a.shift_id is null then 0::numeric
             else case s.venue_kind when 'station' then 300 when 'service_centre' then 200 else 0 end end as base) rate
         where s.{scope} and s.month = $2
         group by s.person_id, p.name, p.pinyin order by p.pinyin, s.person_id",
        // Composed of constants only.
        scope = if bureau.is_some() { "bureau_id = $1" } else { "bureau_id >= $1" },
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(bureau.unwrap_or_default())
        .bind(month.first())
        .bind(month.last())
        .fetch_all(conn)
        .await?;
    anyhow::ensure!(!rows.is_empty(), "nobody was on duty");
    Ok(())
}

#[derive(FromRow)]
struct ShiftRow {
    id: i64,
    person_id: i64,
    name: String,
    category: String,
    public_official: bool,
    venue: String,
    venue_kind: String,
    duty_on: NaiveDate,
    planned_minutes: i32,
    served: bool,
    kinds: Vec<String>,
}

/// The facts of all counties' month in one set query, as the settlement loads them of one.
async fn facts(conn: &mut PgConnection, month: Month) -> anyhow::Result<Vec<DutyFacts>> {
    let rows: Vec<ShiftRow> = sqlx::query_as(
        "with counted as (
             select shift_id, array_agg(kind) as kinds
             from findings where event_on between $1 and $2 and status = 'confirmed' group by shift_id)
         select s.id, s.person_id, p.name, p.category, p.public_official, v.short_name as venue, s.venue_kind, s.duty_on,
                s.planned_minutes, a.shift_id is not null as served, coalesce(c.kinds, '{}') as kinds
         from shifts s
         join rosters r on r.id = s.roster_id and r.status = 'published'
         join persons p on p.id = s.person_id
         join venues v on v.id = s.venue_id
         left join attendances a on a.shift_id = s.id
         left join counted c on c.shift_id = s.id
         where s.month = $1
         order by s.person_id, s.duty_on, s.starts_at, s.id",
    )
    .bind(month.first())
    .bind(month.last())
    .fetch_all(conn)
    .await?;
    let mut people: BTreeMap<i64, DutyFacts> = BTreeMap::new();
    for row in rows {
        let category = PersonCategory::from_code(&row.category).context("a category")?;
        let shift = ShiftFacts {
            id: row.id.to_string(),
            venue: row.venue,
            venue_kind: VenueKind::from_code(&row.venue_kind).context("a kind of venue")?,
            date: row.duty_on,
            planned_hours: Decimal::from(row.planned_minutes) / Decimal::from(60),
            served: row.served,
            findings: row.kinds.iter().filter_map(|kind| Some((FindingKind::from_code(kind)?, 1))).collect(),
        };
        let person =
            || PersonFacts { name: row.name.clone(), category, public_official: row.public_official, stars: 0 };
        people
            .entry(row.person_id)
            .or_insert_with(|| DutyFacts { month, person: person(), shifts: Vec::new(), adjustments: Vec::new() })
            .shifts
            .push(shift);
    }
    Ok(people.into_values().collect())
}

async fn run(pool: &PgPool, sql: String) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await?;
    Ok(())
}
