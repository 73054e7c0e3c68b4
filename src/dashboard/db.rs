//! The SQL of the overview: few statements, each over a whole bureau's year.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::plan::calendar::{Calendar, SpecialDay};
use crate::plan::dictionaries::VenueKind;
use crate::plan::month::Month;
use crate::plan::programme::Programme;

/// What stands still while the page is made.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The plan of the year.
    pub programme: Programme,
    /// The years that have a plan, the newest first.
    pub years: Vec<i32>,
    /// The days of the year and of its neighbours.
    pub calendar: Calendar,
    /// Cases of the programme.
    pub cases: CaseFigures,
    /// The money.
    pub money: MoneyFigures,
}

/// How many cases of the programme came how far in the year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseFigures {
    /// Accepted.
    pub accepted: i64,
    /// Closing agreed.
    pub agreed: i64,
    /// Entered in the provincial system.
    pub entered: i64,
    /// Agreed and entered: the official progress (A34).
    pub counted: i64,
}

/// What the year's books hold, in yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoneyFigures {
    /// What the province ordered.
    pub received: Decimal,
    /// What waits at the county finance bureau.
    pub at_finance: Decimal,
    /// What the justice bureau can spend.
    pub at_bureau: Decimal,
    /// Paid for duty.
    pub duty: Decimal,
    /// Paid for cases.
    pub cases: Decimal,
}

impl MoneyFigures {
    /// What was paid out.
    #[must_use]
    pub fn paid(&self) -> Decimal {
        self.duty + self.cases
    }

    /// What the county finance bureau passed on.
    #[must_use]
    pub fn transferred(&self) -> Decimal {
        self.received - self.at_finance
    }
}

/// The years of a bureau that have a plan, the newest first.
pub async fn years(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!("select year from programmes where bureau_id = $1 order by year desc", bureau)
        .fetch_all(conn)
        .await
}

/// The plan, the calendar, the cases and the money of a bureau's year.
pub async fn frame(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Option<Frame>> {
    let row = sqlx::query!(
        r#"
        select g.content as "content: Json<Programme>",
               array(select p.year from programmes p where p.bureau_id = g.bureau_id order by p.year desc) as "years!",
               array(select y.year from calendar_years y where y.year between $2 - 1 and $2 + 1) as "calendar_years!",
               d.days as "days!", d.workdays as "workdays!", d.names as "names!",
               c.accepted as "accepted!", c.agreed as "agreed!", c.entered as "entered!", c.counted as "counted!",
               m.received as "received!", m.at_finance as "at_finance!", m.at_bureau as "at_bureau!",
               m.duty as "duty!", m.cases as "cases!"
        from programmes g
        cross join lateral (
            select coalesce(array_agg(day order by day), '{}') as days,
                   coalesce(array_agg(is_workday order by day), '{}') as workdays,
                   coalesce(array_agg(name order by day), '{}') as names
            from calendar_days where year between $2 - 1 and $2 + 1
        ) d
        cross join lateral (
            select count(*) filter (where extract(year from accepted_on) = $2) as accepted,
                   count(*) filter (where extract(year from closing_agreed_on) = $2) as agreed,
                   count(*) filter (where extract(year from entered_on) = $2) as entered,
                   count(*) filter (where counted_year = $2 and not case_is_void(id)) as counted
            from cases where bureau_id = $1 and programme_case
        ) c
        cross join lateral (
            select coalesce(sum(-balance) filter (where code = 'earmarked_source'), 0) as received,
                   coalesce(sum(balance) filter (where code = 'earmarked_at_finance'), 0) as at_finance,
                   coalesce(sum(balance) filter (where code = 'earmarked_at_bureau'), 0) as at_bureau,
                   coalesce(sum(balance) filter (where code = 'earmarked_duty_subsidy'), 0) as duty,
                   coalesce(sum(balance) filter (where code = 'earmarked_case_subsidy'), 0) as cases
            from fund_accounts where bureau_id = $1 and year = $2
        ) m
        where g.bureau_id = $1 and g.year = $2
        "#,
        bureau,
        year
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let days = row.days.into_iter().zip(row.workdays).zip(row.names);
        let days = days.map(|((date, is_workday), name)| SpecialDay { date, is_workday, name });
        Frame {
            programme: row.content.0,
            years: row.years,
            calendar: Calendar::new(row.calendar_years, days),
            cases: CaseFigures {
                accepted: row.accepted,
                agreed: row.agreed,
                entered: row.entered,
                counted: row.counted,
            },
            money: MoneyFigures {
                received: row.received,
                at_finance: row.at_finance,
                at_bureau: row.at_bureau,
                duty: row.duty,
                cases: row.cases,
            },
        }
    }))
}

/// What a venue recorded in a month; one row without a month for a venue that recorded nothing.
#[derive(Clone, Debug)]
pub struct SumRow {
    /// The venue.
    pub venue_id: i64,
    /// Its name in tables.
    pub venue: String,
    /// What kind it is.
    pub kind: VenueKind,
    /// The month.
    pub month: Option<Month>,
    /// Consultations that count (A43).
    pub counted: i64,
}

/// The consultations of a bureau's year by venue and month, from the sums that the
/// recording keeps.
pub async fn sums(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Vec<SumRow>> {
    sqlx::query_as!(
        SumRow,
        r#"
        select v.id as venue_id, v.short_name as venue, v.kind as "kind: VenueKind", s.month as "month?: Month",
               coalesce(s.counted, 0)::bigint as "counted!"
        from venues v
        left join consultation_sums s on s.venue_id = v.id and s.bureau_id = $1
            and s.month >= make_date($2, 1, 1) and s.month < make_date($2 + 1, 1, 1)
        where v.bureau_id = $1 and (v.active or s.counted is not null)
        order by v.sort, v.id, s.month
        "#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await
}

/// A sign of how things stand: what is late is decided from these.
#[derive(Clone, Debug)]
pub struct SignRow {
    /// Which sign: see [`signs`].
    pub kind: String,
    /// The month that it is about.
    pub month: Option<Month>,
    /// A day: since when, or on which.
    pub on: Option<NaiveDate>,
    /// How many.
    pub number: i64,
    /// How much, in yuan.
    pub amount: Decimal,
    /// A status or names.
    pub note: String,
    /// The row behind it.
    pub id: i64,
}

/// Over and above ten days an open finding is late.
pub const FINDING_DAYS: i32 = 10;

/// The signs of a bureau's year: `unreported` venues of a month that is over, `settlement`s
/// not paid, old open `finding`s, `roster`s not published, `counted` cases by month,
/// `receipt`s and `transfer`s.
pub async fn signs(conn: &mut PgConnection, bureau: i64, year: i32, today: NaiveDate) -> sqlx::Result<Vec<SignRow>> {
    sqlx::query_as!(
        SignRow,
        r#"
        with over_months as (
            select distinct s.venue_id, s.month
            from shifts s join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
            where s.bureau_id = $1 and s.month >= make_date($2, 1, 1) and s.month < make_date($2 + 1, 1, 1)
              and s.month < date_trunc('month', $3::date::timestamp)
        )
        select 'unreported' as "kind!", o.month as "month?: Month", null::date as "on?", count(*) as "number!",
               0::numeric as "amount!", string_agg(v.short_name, '、' order by v.sort) as "note!", 0::bigint as "id!"
        from over_months o
        join venues v on v.id = o.venue_id and v.bureau_id = $1
        left join venue_months m on m.venue_id = o.venue_id and m.bureau_id = $1 and m.month = o.month
        where m.status is distinct from 'reported'
        group by o.month
        union all
        select 'settlement', o.month, null, 1, coalesce(s.payable, 0), coalesce(s.status, 'none'), coalesce(s.id, 0)
        from (select distinct month from over_months) o
        left join settlements s on s.bureau_id = $1 and s.month = o.month
        where s.status is distinct from 'paid'
        union all
        select 'finding', null, min((f.proposed_at at time zone 'Asia/Shanghai')::date), count(*), 0, f.status, 0
        from findings f
        where f.bureau_id = $1 and f.status in ('proposed', 'told', 'objected')
          and (f.proposed_at at time zone 'Asia/Shanghai')::date < $3::date - $4::integer
          and extract(year from f.event_on) = $2
        group by f.status
        union all
        select 'roster', m.month::date, null, 1, 0, coalesce(r.status, 'none'), 0
        from generate_series(date_trunc('month', $3::date::timestamp),
                             date_trunc('month', $3::date::timestamp) + interval '1 month', interval '1 month') as m (month)
        left join rosters r on r.bureau_id = $1 and r.month = m.month::date
        where extract(year from $3::date) = $2 and r.status is distinct from 'published'
        union all
        select 'counted', date_trunc('month', c.counted_on::timestamp)::date, null, count(*), 0, '', 0
        from cases c where c.bureau_id = $1 and c.counted_year = $2 and not case_is_void(c.id)
        group by 2
        union all
        select e.kind, null, e.entered_on, 1, p.amount, '', e.id
        from fund_entries e join fund_postings p on p.entry_id = e.id and p.amount > 0
        where e.bureau_id = $1 and e.year = $2 and e.kind in ('receipt', 'transfer')
          and not exists (select from fund_entries r where r.reversal_of = e.id)
        "#,
        bureau,
        year,
        today,
        FINDING_DAYS
    )
    .fetch_all(conn)
    .await
}
