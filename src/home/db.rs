//! The SQL of the to-do lists: one statement a role, whose rows name what they are.

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::rules::Plan;
use crate::plan::calendar::{Calendar, SpecialDay};
use crate::plan::month::Month;
use crate::plan::programme::Programme;

/// Something that may wait; which of the values are filled depends on the kind.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// What it is.
    pub kind: String,
    /// The row behind it.
    pub id: i64,
    /// The month it is about.
    pub month: Option<Month>,
    /// The day it is about, or since when.
    pub on: Option<NaiveDate>,
    /// How many.
    pub number: i64,
    /// How much, in yuan.
    pub amount: Decimal,
    /// A name, a status.
    pub words: String,
    /// Another.
    pub more: String,
}

/// The plan in force and the calendar around `today`.
pub async fn plan(conn: &mut PgConnection, bureau: i64, today: NaiveDate) -> sqlx::Result<Plan> {
    let row = sqlx::query!(
        r#"
        select (select content from programmes
                where bureau_id = $1 and year <= extract(year from $2::date)
                order by year desc limit 1) as "content: Json<Programme>",
               array(select year from calendar_years
                     where year between extract(year from $2::date) - 1 and extract(year from $2::date) + 1) as "years!",
               coalesce(array_agg(day order by day), '{}') as "days!",
               coalesce(array_agg(is_workday order by day), '{}') as "workdays!",
               coalesce(array_agg(name order by day), '{}') as "names!"
        from calendar_days
        where year between extract(year from $2::date) - 1 and extract(year from $2::date) + 1
        "#,
        bureau,
        today
    )
    .fetch_one(conn)
    .await?;
    let days = row.days.into_iter().zip(row.workdays).zip(row.names);
    let days = days.map(|((date, is_workday), name)| SpecialDay { date, is_workday, name });
    Ok(Plan { programme: row.content.map(|content| content.0), calendar: Calendar::new(row.years, days) })
}

/// Of a duty person: today's shifts, the next one, shifts without a sign-out, records sent
/// back, findings told, the last pay.
pub async fn of_duty_person(
    conn: &mut PgConnection,
    bureau: i64,
    person: i64,
    today: NaiveDate,
) -> sqlx::Result<Vec<WaitingRow>> {
    sqlx::query_as!(
        WaitingRow,
        r#"
        with mine as (
            select s.id, s.duty_on, s.starts_at, s.ends_at, s.month, s.venue_id, v.short_name,
                   a.shift_id is not null as signed_in, a.signed_out_at is not null as signed_out
            from shifts s
            join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
            join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
            left join attendances a on a.shift_id = s.id
            where s.bureau_id = $1 and s.person_id = $2
        )
        (select 'shift' as "kind!", id as "id!", null::date as "month?: Month", duty_on as "on?",
                (signed_in::integer + signed_out::integer)::bigint as "number!", 0::numeric as "amount!",
                short_name as "words!", to_char(starts_at, 'HH24:MI') || '–' || to_char(ends_at, 'HH24:MI') as "more!"
         from mine where duty_on = $3)
        union all
        (select 'next_shift', id, null, duty_on, 0, 0, short_name,
                to_char(starts_at, 'HH24:MI') || '–' || to_char(ends_at, 'HH24:MI')
         from mine where duty_on > $3 order by duty_on, starts_at limit 1)
        union all
        (select 'no_sign_out', m.id, null, m.duty_on, 0, 0, m.short_name, ''
         from mine m left join venue_months vm on vm.venue_id = m.venue_id and vm.bureau_id = $1 and vm.month = m.month
         where m.duty_on < $3 and m.signed_in and not m.signed_out and vm.status is distinct from 'reported'
         order by m.duty_on limit 20)
        union all
        (select 'returned', c.id, null, (c.started_at at time zone 'Asia/Shanghai')::date, 0, 0, c.number, c.review_note
         from consultations c
         where c.bureau_id = $1 and c.person_id = $2 and c.review = 'returned' order by c.id limit 20)
        union all
        (select 'told', f.id, null, f.objection_until, 0, 0, f.kind, to_char(f.event_on, 'FMMM"月"FMDD"日"')
         from findings f
         where f.bureau_id = $1 and f.person_id = $2 and f.status = 'told' order by f.told_at limit 20)
        union all
        (select 'pay', s.id, s.month, (s.paid_at at time zone 'Asia/Shanghai')::date, 0, i.payable, s.status, ''
         from settlement_items i join settlements s on s.id = i.settlement_id
         where i.bureau_id = $1 and i.person_id = $2 and s.status in ('approved', 'paid')
         order by s.month desc limit 1)
        "#,
        bureau,
        person,
        today
    )
    .fetch_all(conn)
    .await
}

/// Of a venue's staff: today's desk, corrections asked for, findings to tell, months to certify.
pub async fn of_venue(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    account: i64,
    today: NaiveDate,
) -> sqlx::Result<Vec<WaitingRow>> {
    sqlx::query_as!(
        WaitingRow,
        r#"
        select 'desk' as "kind!", count(a.signed_out_at) as "id!", null::date as "month?: Month", $3::date as "on?",
               count(*) as "number!", count(a.shift_id)::numeric as "amount!",
               coalesce(string_agg(p.name, '、' order by s.starts_at), '') as "words!", '' as "more!"
        from shifts s
        join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
        join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
        left join attendances a on a.shift_id = s.id
        where s.bureau_id = $1 and s.venue_id = $2 and s.duty_on = $3
        having count(*) > 0
        union all
        select 'correction', c.shift_id, null, s.duty_on, 0, 0, p.name, c.side
        from attendance_corrections c
        join shifts s on s.id = c.shift_id and s.bureau_id = c.bureau_id
        join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
        where c.bureau_id = $1 and s.venue_id = $2 and c.status = 'asked' and c.asked_by <> $4
        union all
        select 'tell', 0, null, min((f.proposed_at at time zone 'Asia/Shanghai')::date), count(*), 0, '', ''
        from findings f where f.bureau_id = $1 and f.venue_id = $2 and f.status = 'proposed'
        having count(*) > 0
        union all
        select 'certify', $2, m.month, h.chased_on, m.shifts, 0, coalesce(vm.return_reason, ''), coalesce(h.name, '')
        from (
            select s.month, count(*) as shifts
            from shifts s join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
            where s.bureau_id = $1 and s.venue_id = $2 and s.month < date_trunc('month', $3::date::timestamp)
            group by s.month
        ) m
        left join venue_months vm on vm.venue_id = $2 and vm.month = m.month
        left join lateral (
            select a.name, c.chased_on from attendance_chases c join accounts a on a.id = c.chased_by
            where c.bureau_id = $1 and c.venue_id = $2 and c.month = m.month order by c.chased_on desc limit 1
        ) h on true
        where vm.status is distinct from 'reported'
        "#,
        bureau,
        venue,
        today,
        account
    )
    .fetch_all(conn)
    .await
}

/// Of the bureau's clerk, the approver and finance; each kind is asked for by those who act on it.
pub async fn of_bureau(
    conn: &mut PgConnection,
    bureau: i64,
    account: i64,
    today: NaiveDate,
) -> sqlx::Result<Vec<WaitingRow>> {
    sqlx::query_as!(
        WaitingRow,
        r#"
        with over_months as (
            select distinct s.venue_id, s.month
            from shifts s join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
            where s.bureau_id = $1 and s.month < date_trunc('month', $3::date::timestamp)
              and s.month >= date_trunc('month', $3::date::timestamp) - interval '12 months'
        )
        select 'roster' as "kind!", coalesce(r.submitted_by, 0) as "id!", m.month::date as "month?: Month", null::date as "on?",
               (select count(*) from programmes p where p.bureau_id = $1 and p.year = extract(year from m.month)) as "number!",
               0::numeric as "amount!", coalesce(r.status, 'none') as "words!", coalesce(r.return_reason, '') as "more!"
        from generate_series(date_trunc('month', $3::date::timestamp),
                             date_trunc('month', $3::date::timestamp) + interval '2 months', interval '1 month') as m (month)
        left join rosters r on r.bureau_id = $1 and r.month = m.month::date
        where r.status is distinct from 'published'
        union all
        select 'bank', 0, null, null, 0, 0, '', ''
        where not exists (select from persons p where p.bureau_id = $1)
        union all
        select 'tell', 0, null, min((f.proposed_at at time zone 'Asia/Shanghai')::date), count(*), 0, '', ''
        from findings f where f.bureau_id = $1 and f.status = 'proposed'
        having count(*) > 0
        union all
        select 'decide', 0, null, f.objection_until, count(*), 0, f.status, ''
        from findings f
        where f.bureau_id = $1 and f.status in ('told', 'objected') and f.proposed_by is distinct from $2
        group by 4, f.status
        union all
        select 'unreported', 0, o.month, null, count(*), 0, string_agg(v.short_name, '、' order by v.sort), ''
        from over_months o
        join venues v on v.id = o.venue_id and v.bureau_id = $1
        left join venue_months vm on vm.venue_id = o.venue_id and vm.bureau_id = $1 and vm.month = o.month
        where vm.status is distinct from 'reported'
        group by o.month
        union all
        select 'settlement', coalesce(s.calculated_by, 0), o.month, s.objection_until, count(*) filter (where vm.status is distinct from 'reported'),
               coalesce(s.payable, 0), case when s.status = 'calculated' and s.reviewed_by is not null then 'reviewed'
                                            else coalesce(s.status, 'none') end, coalesce(s.return_reason, '')
        from over_months o
        left join venue_months vm on vm.venue_id = o.venue_id and vm.bureau_id = $1 and vm.month = o.month
        left join settlements s on s.bureau_id = $1 and s.month = o.month
        where s.status is distinct from 'paid'
        group by o.month, s.calculated_by, s.payable, s.status, s.return_reason, s.reviewed_by, s.objection_until
        union all
        select 'review', 0, null, min((c.started_at at time zone 'Asia/Shanghai')::date), count(*), 0, '', ''
        from consultations c where c.bureau_id = $1 and c.review = 'unreviewed'
        having count(*) > 0
        union all
        select e.kind, e.id, null, e.entered_on, e.year, p.amount, '', ''
        from fund_entries e join fund_postings p on p.entry_id = e.id and p.amount > 0
        where e.bureau_id = $1 and e.year >= extract(year from $3::date) - 1 and e.kind in ('receipt', 'transfer')
          and not exists (select from fund_entries r where r.reversal_of = e.id)
        "#,
        bureau,
        account,
        today
    )
    .fetch_all(conn)
    .await
}

/// Of the three administrators: locked accounts, requests for rights, refused sign-ins of a week, and how far the
/// office is set up.
pub async fn of_administrators(
    conn: &mut PgConnection,
    bureau: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<Vec<WaitingRow>> {
    sqlx::query_as!(
        WaitingRow,
        r#"
        select 'locked' as "kind!", a.id as "id!", null::date as "month?: Month", null::date as "on?", 0::bigint as "number!",
               0::numeric as "amount!", a.name as "words!",
               to_char(a.locked_until at time zone 'Asia/Shanghai', 'HH24:MI') as "more!"
        from accounts a where a.bureau_id = $1 and a.locked_until > $2 and a.status = 'active'
        union all
        select 'request', a.id, null, null, 0, 0, a.name, r.kind
        from rights_requests r join accounts a on a.id = r.account_id and a.bureau_id = r.bureau_id
        where r.bureau_id = $1 and r.decision is null
        union all
        select 'accounts', 0, null, null, count(*) filter (where a.status = 'active'),
               count(*) filter (where a.status = 'waiting'), a.role, ''
        from accounts a where a.bureau_id = $1 and a.status in ('active', 'waiting') group by a.role
        union all
        select 'venues', 0, null, null, count(*) filter (where address = '' or phone = ''), count(*), '', ''
        from venues where bureau_id = $1 and active
        union all
        select 'staffed', 0, null, null, count(distinct a.venue_id), 0, '', ''
        from accounts a where a.bureau_id = $1 and a.status = 'active'
        union all
        select 'persons', 0, null, null, count(*), 0, '', ''
        from persons p where p.bureau_id = $1 and p.status = 'active'
        union all
        select 'refused', 0, null, null, count(*), 0, '', ''
        from audit_records r
        where r.action = 'account.sign_in_refused' and r.at > $2::timestamptz - interval '7 days'
        "#,
        bureau,
        now
    )
    .fetch_all(conn)
    .await
}
