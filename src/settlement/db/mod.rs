//! What the settlement reads: a month's facts in set queries, and what was stored of it.

mod past;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::month::{AdjustmentKind, Loaded, PersonMonth, Plan};
use super::rules::{self, Progress, Situation, Stage, Status};
use crate::payments::Trail;
use crate::plan::calendar::{Calendar, SpecialDay};
use crate::plan::dictionaries::{FindingKind, PersonCategory, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::round_to_fen;
use crate::plan::{Month, Programme};
use crate::subsidy::duty_pay::{PersonFacts, ShiftFacts};

pub use past::{Past, past_of};

crate::text_column!(Status, AdjustmentKind);

/// The plan and the calendar under which a month is calculated, and the stored head if there is one.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The plan of the month's year.
    pub plan: Plan,
    /// The calendar.
    pub calendar: Calendar,
    /// The stored calculation.
    pub head: Option<Head>,
}

/// A stored calculation without its items.
#[derive(Debug, Clone)]
pub struct Head {
    /// The settlement.
    pub id: i64,
    /// Where it stands.
    pub status: Status,
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
    /// Over the items' fingerprints.
    pub fingerprint: String,
    /// The programme.
    pub programme_id: i64,
    /// Its revision then.
    pub programme_revision: i32,
    /// Who calculated it.
    pub calculated_by: i64,
    /// Their name.
    pub calculator: String,
    /// When.
    pub calculated_at: DateTime<Utc>,
    /// Who approved it.
    pub approved_by: Option<i64>,
    /// Their name.
    pub approver: Option<String>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// Who paid it.
    pub payer: Option<String>,
    /// When.
    pub paid_at: Option<DateTime<Utc>>,
    /// Who sent it back.
    pub returner: Option<String>,
    /// When.
    pub returned_at: Option<DateTime<Utc>>,
    /// Why.
    pub return_reason: String,
    /// Since when everybody concerned sees their lines.
    pub notified_at: Option<DateTime<Utc>>,
    /// The last day of objections to its lines (A54).
    pub objection_until: Option<NaiveDate>,
    /// Who reviewed it.
    pub reviewed_by: Option<i64>,
    /// Their name.
    pub reviewer: Option<String>,
    /// When.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// Why the review did not wait for the window.
    pub review_note: String,
    /// The books of its payment are closed.
    pub locked: bool,
    /// For edits: nobody overwrites another's.
    pub version: i32,
}

impl Head {
    /// What a decision looks at.
    #[must_use]
    pub fn situation(&self) -> Situation {
        Situation {
            status: Some(self.status),
            calculated_by: Some(self.calculated_by),
            reviewed_by: self.reviewed_by,
            approved_by: self.approved_by,
            returned: self.returner.is_some(),
        }
    }
}

/// The plan, the calendar and the stored head of a month; `None` where its year has no programme.
pub async fn ground(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<Option<Ground>> {
    let row = sqlx::query!(
        r#"select p.id as plan_id, p.revision as plan_revision, p.content as "content: Json<Programme>",
                  coalesce((select jsonb_agg(year) from calendar_years), '[]') as "years!: Json<Vec<i32>>",
                  coalesce((select jsonb_agg(jsonb_build_object('date', day, 'is_workday', is_workday, 'name', name))
                            from calendar_days), '[]') as "days!: Json<Vec<SpecialDay>>",
                  s.id as "id?", s.status as "status?: Status", s.people as "people?", s.base as "base?",
                  s.deducted as "deducted?", s.adjustment as "adjustment?", s.payable as "payable?",
                  s.fingerprint as "fingerprint?", s.programme_id as "programme_id?",
                  s.programme_revision as "programme_revision?", s.calculated_by as "calculated_by?",
                  c.name as "calculator?", s.calculated_at as "calculated_at?", s.approved_by, a.name as "approver?",
                  s.approved_at, f.name as "payer?", s.paid_at, r.name as "returner?", s.returned_at,
                  s.return_reason as "return_reason?", s.notified_at, s.objection_until, s.version as "version?",
                  s.reviewed_by, v.name as "reviewer?", s.reviewed_at, s.review_note as "review_note?",
                  exists (select from fund_closings l where l.bureau_id = s.bureau_id
                          and l.month >= date_trunc('month', s.paid_at at time zone 'Asia/Shanghai')::date) as "locked!"
           from programmes p
           left join settlements s on s.bureau_id = p.bureau_id and s.month = $3
           left join accounts c on c.id = s.calculated_by
           left join accounts v on v.id = s.reviewed_by
           left join accounts a on a.id = s.approved_by
           left join accounts f on f.id = s.paid_by
           left join accounts r on r.id = s.returned_by
           where p.bureau_id = $1 and p.year = $2"#,
        bureau,
        month.year(),
        month as Month
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let head = || {
            Some(Head {
                id: row.id?,
                status: row.status?,
                people: row.people?,
                base: row.base?,
                deducted: row.deducted?,
                adjustment: row.adjustment?,
                payable: row.payable?,
                fingerprint: row.fingerprint?,
                programme_id: row.programme_id?,
                programme_revision: row.programme_revision?,
                calculated_by: row.calculated_by?,
                calculator: row.calculator?,
                calculated_at: row.calculated_at?,
                approved_by: row.approved_by,
                approver: row.approver,
                approved_at: row.approved_at,
                payer: row.payer,
                paid_at: row.paid_at,
                returner: row.returner,
                returned_at: row.returned_at,
                return_reason: row.return_reason?,
                notified_at: row.notified_at,
                objection_until: row.objection_until,
                reviewed_by: row.reviewed_by,
                reviewer: row.reviewer,
                reviewed_at: row.reviewed_at,
                review_note: row.review_note?,
                locked: row.locked,
                version: row.version?,
            })
        };
        Ground {
            plan: Plan { id: row.plan_id, revision: row.plan_revision, content: row.content.0 },
            calendar: Calendar::new(row.years.0, row.days.0),
            head: head(),
        }
    }))
}

/// A venue with shifts in the month.
#[derive(Debug, Clone)]
pub struct VenueReport {
    /// The venue's row.
    pub id: i64,
    /// The venue.
    pub name: String,
    /// How many shifts it has.
    pub shifts: i64,
    /// When its attendance was certified and reported; `None` while it is not.
    pub reported_at: Option<DateTime<Utc>>,
    /// By whom.
    pub reported_by: Option<String>,
    /// The last day of duty.
    pub last_shift: NaiveDate,
    /// Findings that are neither confirmed nor revoked.
    pub open_findings: i64,
    /// Findings decided after the instant asked about.
    pub decided_since: i64,
    /// Who asked for its report last.
    pub chased_by: Option<String>,
    /// When.
    pub chased_at: Option<DateTime<Utc>>,
}

/// Which venues have shifts in a month, whether they reported, and what is open about them.
pub async fn venue_reports(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
    since: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<VenueReport>> {
    sqlx::query_as!(
        VenueReport,
        r#"with counted as (
               select venue_id, count(*) filter (where status in ('proposed', 'told', 'objected')) as open,
                      count(*) filter (where decided_at > $4) as decided
               from findings where bureau_id = $1 and event_on between $2 and $3 group by venue_id)
           select v.id, v.short_name as name, s.shifts as "shifts!", s.last_shift as "last_shift!",
                  m.certified_at as "reported_at?", a.name as "reported_by?",
                  coalesce(c.open, 0) as "open_findings!", coalesce(c.decided, 0) as "decided_since!",
                  h.name as "chased_by?", h.chased_at as "chased_at?"
           from (select s.venue_id, count(*) as shifts, max(s.duty_on) as last_shift
                 from shifts s join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
                 where s.bureau_id = $1 and s.month = $2 group by s.venue_id) s
           join venues v on v.id = s.venue_id and v.bureau_id = $1
           left join venue_months m on m.venue_id = s.venue_id and m.bureau_id = $1 and m.month = $2 and m.status = 'reported'
           left join accounts a on a.id = m.certified_by
           left join counted c on c.venue_id = s.venue_id
           left join lateral (
               select b.name, x.chased_at from attendance_chases x join accounts b on b.id = x.chased_by
               where x.venue_id = s.venue_id and x.bureau_id = $1 and x.month = $2
               order by x.chased_on desc limit 1) h on m.venue_id is null
           order by v.sort, v.id"#,
        bureau,
        month.first(),
        month.last(),
        since
    )
    .fetch_all(conn)
    .await
}

/// The facts of a month: its persons with their shifts. The second is whether all of it is reported.
pub async fn people_of(conn: &mut PgConnection, bureau: i64, month: Month) -> sqlx::Result<MonthFacts> {
    let rows = sqlx::query!(
        r#"with counted as (
               select shift_id,
                      count(*) filter (where status = 'confirmed' and kind = 'late') as late,
                      count(*) filter (where status = 'confirmed' and kind = 'early_leave') as early_leave,
                      count(*) filter (where status = 'confirmed' and kind = 'record_defect') as record_defect,
                      count(*) filter (where status = 'confirmed' and kind = 'dissatisfied') as dissatisfied,
                      count(*) filter (where status = 'confirmed' and kind = 'off_post') as off_post,
                      count(*) filter (where status = 'confirmed' and kind = 'false_duty') as false_duty,
                      count(*) filter (where status in ('proposed', 'told', 'objected')) as open
               from findings where bureau_id = $1 and event_on between $2 and $3 group by shift_id)
           select s.id, s.person_id, p.name, p.category as "category: PersonCategory", p.public_official, p.organisation,
                  v.short_name as venue, s.venue_kind as "venue_kind: VenueKind", s.duty_on, s.planned_minutes,
                  a.shift_id is not null as "served!", m.venue_id is not null as "reported!",
                  coalesce(c.late, 0) as "late!", coalesce(c.early_leave, 0) as "early_leave!",
                  coalesce(c.record_defect, 0) as "record_defect!", coalesce(c.dissatisfied, 0) as "dissatisfied!",
                  coalesce(c.off_post, 0) as "off_post!", coalesce(c.false_duty, 0) as "false_duty!",
                  coalesce(c.open, 0) as "open!"
           from shifts s
           join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
           join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
           join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
           left join attendances a on a.shift_id = s.id
           left join venue_months m on m.venue_id = s.venue_id and m.bureau_id = s.bureau_id and m.month = s.month and m.status = 'reported'
           left join counted c on c.shift_id = s.id
           where s.bureau_id = $1 and s.month = $2
           order by p.pinyin, p.id, s.duty_on, s.starts_at, s.id"#,
        bureau,
        month.first(),
        month.last()
    )
    .fetch_all(conn)
    .await?;
    let mut facts = MonthFacts::default();
    for row in rows {
        if !row.reported && !facts.unreported.contains(&row.venue) {
            facts.unreported.push(row.venue.clone());
        }
        facts.open_findings += row.open;
        facts.last_shift = facts.last_shift.max(Some(row.duty_on));
        let counts = [
            (FindingKind::Late, row.late),
            (FindingKind::EarlyLeave, row.early_leave),
            (FindingKind::RecordDefect, row.record_defect),
            (FindingKind::Dissatisfied, row.dissatisfied),
            (FindingKind::OffPost, row.off_post),
            (FindingKind::FalseDuty, row.false_duty),
        ];
        let shift = ShiftFacts {
            id: row.id.to_string(),
            venue: row.venue,
            venue_kind: row.venue_kind,
            date: row.duty_on,
            planned_hours: hours(row.planned_minutes),
            served: row.served,
            findings: counts.into_iter().map(|(kind, count)| (kind, count_of(count))).collect(),
        };
        match facts.people.last_mut().filter(|person| person.person_id == row.person_id) {
            Some(person) => person.shifts.push(shift),
            None => facts.people.push(PersonMonth {
                person_id: row.person_id,
                person: PersonFacts {
                    name: row.name,
                    category: row.category,
                    public_official: row.public_official,
                    stars: 0,
                },
                organisation: row.organisation,
                shifts: vec![shift],
            }),
        }
    }
    Ok(facts)
}

/// A month's shifts by person, and what stands in the way of settling it.
#[derive(Debug, Clone, Default)]
pub struct MonthFacts {
    /// The persons in the order of the sheet.
    pub people: Vec<PersonMonth>,
    /// The venues that have not reported.
    pub unreported: Vec<String>,
    /// Findings that are neither confirmed nor revoked.
    pub open_findings: i64,
    /// The last day of duty.
    pub last_shift: Option<NaiveDate>,
}

/// Minutes as hours, to two decimals: a minute more or less than a minimum stays visible.
fn hours(minutes: i32) -> Decimal {
    round_to_fen(Decimal::from(minutes) / Decimal::from(60)).normalize()
}

fn count_of(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Everything a month's calculation depends on, beside what stands in its way; `None` without a programme.
/// Three statements, whatever the month's size.
pub async fn load(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
) -> sqlx::Result<Option<(Loaded, MonthFacts, Option<Head>)>> {
    let Some(ground) = ground(conn, bureau, month).await? else {
        return Ok(None);
    };
    let mut facts = people_of(conn, bureau, month).await?;
    let past = past_of(conn, bureau, month).await?;
    let loaded = Loaded {
        month,
        plan: ground.plan,
        calendar: ground.calendar,
        people: std::mem::take(&mut facts.people),
        earlier: past.earlier,
        booked: past.booked,
        owed: past.owed,
    };
    Ok(Some((loaded, facts, ground.head)))
}

/// A month in the list of months, also for dashboards.
#[derive(Debug, Clone)]
pub struct MonthState {
    /// The month.
    pub month: Month,
    /// Venues with shifts.
    pub venues: i64,
    /// Those of them that reported.
    pub reported: i64,
    /// Findings that are neither confirmed nor revoked.
    pub open_findings: i64,
    /// Where the settlement stands; `None` before its calculation.
    pub status: Option<Status>,
    /// It was sent back and not calculated again since.
    pub returned: bool,
    /// It was reviewed since.
    pub reviewed: bool,
    /// The books of its payment are closed.
    pub locked: bool,
    /// How many persons.
    pub people: Option<i32>,
    /// Yuan to pay.
    pub payable: Option<Decimal>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
}

/// The months of a bureau that have a published roster, newest first.
pub async fn month_states(conn: &mut PgConnection, bureau: i64, limit: i64) -> sqlx::Result<Vec<MonthState>> {
    sqlx::query_as!(
        MonthState,
        r#"select r.month as "month: Month", coalesce(v.venues, 0) as "venues!", coalesce(v.reported, 0) as "reported!",
                  coalesce(f.open, 0) as "open_findings!", s.status as "status?: Status",
                  coalesce(s.returned_by is not null, false) as "returned!",
                  coalesce(s.reviewed_by is not null, false) as "reviewed!",
                  exists (select from fund_closings l where l.bureau_id = s.bureau_id
                          and l.month >= date_trunc('month', s.paid_at at time zone 'Asia/Shanghai')::date) as "locked!",
                  s.people as "people?",
                  s.payable as "payable?", s.paid_at as "paid_at?"
           from rosters r
           left join settlements s on s.bureau_id = r.bureau_id and s.month = r.month
           left join lateral (
               select count(*) as venues, count(m.venue_id) as reported
               from (select distinct venue_id from shifts where roster_id = r.id) d
               left join venue_months m
                 on m.venue_id = d.venue_id and m.bureau_id = r.bureau_id and m.month = r.month and m.status = 'reported') v on true
           left join lateral (
               select count(*) as open from findings
               where bureau_id = r.bureau_id and status in ('proposed', 'told', 'objected')
                 and event_on >= r.month and event_on < r.month + interval '1 month') f on true
           where r.bureau_id = $1 and r.status = 'published'
           order by r.month desc limit $2"#,
        bureau,
        limit
    )
    .fetch_all(conn)
    .await
}

impl MonthState {
    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        rules::stage(&Progress {
            collected: self.venues > 0 && self.reported == self.venues,
            status: self.status,
            returned: self.returned,
            reviewed: self.reviewed,
            locked: self.locked,
        })
    }
}

/// A month of one person in their own list.
#[derive(Debug, Clone)]
pub struct OwnMonth {
    /// The month.
    pub month: Month,
    /// Where it stands.
    pub status: Status,
    /// Yuan before deductions.
    pub base: Decimal,
    /// Yuan deducted.
    pub deducted: Decimal,
    /// Yuan of earlier months.
    pub adjustment: Decimal,
    /// Yuan to pay.
    pub payable: Decimal,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
}

/// The months of one person, newest first.
pub async fn own_months(conn: &mut PgConnection, bureau: i64, person: i64, limit: i64) -> sqlx::Result<Vec<OwnMonth>> {
    sqlx::query_as!(
        OwnMonth,
        r#"select s.month as "month: Month", s.status as "status: Status", i.base, i.deducted, i.adjustment, i.payable,
                  s.paid_at
           from settlement_items i join settlements s on s.id = i.settlement_id
           where i.bureau_id = $1 and i.person_id = $2 order by s.month desc limit $3"#,
        bureau,
        person,
        limit
    )
    .fetch_all(conn)
    .await
}

/// A stored item with what the sheet shows of its person.
#[derive(Debug, Clone)]
pub struct StoredItem {
    /// The person.
    pub person_id: i64,
    /// Their masked identity number.
    pub id_number_mask: String,
    /// Where they work.
    pub organisation: String,
    /// Their bank.
    pub bank_name: String,
    /// Their masked account.
    pub bank_account_mask: String,
    /// What went in, as stored.
    pub facts: serde_json::Value,
    /// What came out, as stored.
    pub result: serde_json::Value,
    /// The fingerprint of both.
    pub fingerprint: String,
    /// Where their money is: owed, sent; none before the payment.
    pub payment: Option<String>,
    /// Why it is not with them.
    pub held_for: Option<String>,
    /// The last transfer of it.
    pub transfer: Option<i64>,
    /// Objections that wait for an answer.
    pub objections: i64,
    /// The earlier months that are put right in it, where one person was asked for.
    pub earlier: Vec<NaiveDate>,
    /// Where their money went, where one person was asked for.
    pub trail: Option<Json<Trail>>,
}

/// The stored items of a settlement in the order of the sheet; of one person if asked.
pub async fn items_of(conn: &mut PgConnection, settlement: i64, person: Option<i64>) -> sqlx::Result<Vec<StoredItem>> {
    sqlx::query_as!(
        StoredItem,
        r#"select i.person_id, p.id_number_mask, p.organisation, p.bank_name, p.bank_account_mask, i.facts, i.result,
                  i.fingerprint, y.status as "payment?", y.held_for as "held_for?",
                  (select max(t.id) from transfers t where t.payable_id = y.id) as transfer,
                  (select count(*) from line_objections o where o.settlement_id = i.settlement_id
                     and o.person_id = i.person_id and o.answered_by is null) as "objections!",
                  array (select a.for_month from settlement_adjustments a
                         where a.item_id = i.id and $2::bigint is not null order by a.for_month) as "earlier!",
                  case when $2::bigint is not null then payable_trail(y.id) end as "trail: Json<Trail>"
           from settlement_items i
           join persons p on p.id = i.person_id and p.bureau_id = i.bureau_id
           left join payables y on y.item_id = i.id and y.status <> 'void'
           where i.settlement_id = $1 and ($2::bigint is null or i.person_id = $2)
           order by p.pinyin, p.id"#,
        settlement,
        person
    )
    .fetch_all(conn)
    .await
}

/// What a reader of codes needs to name a status that is not there yet.
#[must_use]
pub fn status_label(status: Option<Status>) -> &'static str {
    status.map_or("未计算", |status| status.label())
}
