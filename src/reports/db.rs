//! The SQL of reports: figures as they stood on a day, and what was signed.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::period::ReportKind;
use crate::plan::dictionary::Dictionary as _;

crate::text_column!(ReportKind);

/// The whole of a report's figures; amounts in yuan. One statement gives them all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// What was unspent before the period.
    pub opening: Decimal,
    /// Provincial money that arrived in it.
    pub received: Decimal,
    /// Each arrival: day, document, yuan.
    pub receipts: Vec<(NaiveDate, String, Decimal)>,
    /// Carried in from the year before, less what was carried out or returned.
    pub carried: Decimal,
    /// Spent on duty.
    pub duty: Decimal,
    /// Spent on cases.
    pub cases: Decimal,
    /// Unspent at its end.
    pub closing: Decimal,
    /// Of it, at the finance bureau.
    pub at_finance: Decimal,
    /// Approved and not with its person yet.
    pub unpaid: Decimal,
    /// Received of the year up to the end.
    pub received_to_date: Decimal,
    /// Spent of the year up to the end.
    pub spent_to_date: Decimal,
    /// The operating fund: received, spent and left.
    pub operating: [Decimal; 3],
    /// The working money: received, publicity, training and left.
    pub working: [Decimal; 4],
    /// Paid duty: days or times, persons, yuan by the shifts; centre then station.
    pub centre: (i64, i64, Decimal),
    /// The stations.
    pub station: (i64, i64, Decimal),
    /// Yuan deducted from shifts.
    pub deducted: Decimal,
    /// Deducted how often.
    pub deductions: i64,
    /// Persons with a month that was forfeited, and yuan.
    pub forfeited: (i64, Decimal),
    /// Shifts that were cancelled.
    pub cancelled: i64,
    /// Yuan of adjustments.
    pub adjusted: Decimal,
    /// Months paid, and those of them by the 10th.
    pub months: (i64, i64),
    /// Case payouts: civil and criminal, each number and yuan of the earmarked fund.
    pub civil: (i64, Decimal),
    /// Criminal.
    pub criminal: (i64, Decimal),
    /// Beyond the target: number and yuan of the operating fund.
    pub over_target: (i64, Decimal),
    /// Yuan of the operating fund on top of the base amount.
    pub topped_up: Decimal,
    /// Cases of ordinary legal aid, which are none of the programme's: number and yuan of the operating fund.
    pub ordinary: (i64, Decimal),
    /// Case payouts made, and those of them in time.
    pub case_payments: (i64, i64),
    /// Consultations counted: in the period, and of the year to its end.
    pub consultations: (i64, i64),
    /// Cases: accepted, assigned, agreed, entered, counted; in the period.
    pub case_steps: [i64; 5],
    /// Cases counted of the year to its end.
    pub counted_to_date: i64,
    /// Shifts rostered and served.
    pub shifts: (i64, i64),
    /// Ratings: satisfied or better, all that rated.
    pub ratings: (i64, i64),
    /// Records reviewed: sound, all.
    pub reviews: (i64, i64),
    /// Confirmed findings by kind.
    pub findings: Vec<(String, i64)>,
    /// Yuan that came back in cash, below zero: of duty, of cases from the earmarked and from the operating fund.
    pub refunds: (Decimal, Decimal, Decimal),
    /// Yuan spent in the period out of the books of earlier years: December is paid in January.
    pub earlier: Decimal,
    /// Venues: name, shifts rostered, served, consultations.
    pub venues: Vec<(String, i64, i64, i64)>,
}

/// The figures of `from` to `to`, from what was posted and settled by the end of `as_of`.
pub async fn figures(
    conn: &mut PgConnection,
    bureau: i64,
    year: i32,
    from: NaiveDate,
    to: NaiveDate,
    as_of: NaiveDate,
) -> sqlx::Result<Figures> {
    let row = sqlx::query!(
        r#"with asked as (
               select ($5::date + 1)::timestamp at time zone 'Asia/Shanghai' as until),
           posted as materialized (
               select e.id, e.kind, e.entered_on, e.document_kind, e.document_id, a.code, a.fund, a.kind as account_kind,
                      p.amount
               from fund_entries e
               join fund_postings p on p.entry_id = e.id
               join fund_accounts a on a.id = p.account_id
               cross join asked
               where e.bureau_id = $1 and e.year = $2 and e.posted_at < asked.until and e.entered_on <= $4),
           standing as materialized (
               select e.id, e.kind, e.document_id, e.entered_on
               from fund_entries e cross join asked
               where e.bureau_id = $1 and e.year = $2 and e.posted_at < asked.until and e.entered_on between $3 and $4
                 and e.document_kind in ('settlement', 'case_batch')
                 and not exists (select from fund_entries r where r.reversal_of = e.id and r.posted_at < asked.until)),
           months as materialized (
               select s.id, s.month, t.entered_on
               from standing t join settlements s on t.kind = 'duty_payment' and s.id = t.document_id::bigint),
           lines as materialized (
               select l.*, s.venue_kind, s.person_id from settlement_lines l
               join months m on m.id = l.settlement_id join shifts s on s.id = l.shift_id),
           paid as materialized (
               select distinct p.id, p.case_id, p.earmarked, p.operating, p.due_on, t.entered_on, c.kind,
                      c.programme_case and p.earmarked = 0 as over
               from standing t
               join case_payouts p on t.kind in ('case_payment', 'operating_case_payment') and p.batch_id = t.document_id::bigint
               join cases c on c.id = p.case_id)
           select jsonb_build_object(
               'opening', (select -coalesce(sum(amount), 0) from posted
                           where fund = 'earmarked' and account_kind in ('source', 'expense') and entered_on < $3)::text,
               'received', (select coalesce(sum(-amount), 0) from posted
                            where code = 'earmarked_source' and entered_on >= $3
                              and kind not in ('carry_in', 'carry_out', 'fund_return'))::text,
               'receipts', (select coalesce(jsonb_agg(jsonb_build_array(entered_on, document_id, (-amount)::text) order by entered_on), '[]')
                            from posted where kind = 'receipt' and code = 'earmarked_source' and entered_on >= $3),
               'carried', (select coalesce(sum(-amount), 0) from posted
                           where code = 'earmarked_source' and entered_on >= $3
                             and kind in ('carry_in', 'carry_out', 'fund_return'))::text,
               'duty', (select coalesce(sum(amount), 0) from posted where code = 'earmarked_duty_subsidy' and entered_on >= $3)::text,
               'cases', (select coalesce(sum(amount), 0) from posted where code = 'earmarked_case_subsidy' and entered_on >= $3)::text,
               'closing', (select -coalesce(sum(amount), 0) from posted
                           where fund = 'earmarked' and account_kind in ('source', 'expense'))::text,
               'at_finance', (select coalesce(sum(amount), 0) from posted where code = 'earmarked_at_finance')::text,
               'unpaid', (select coalesce(sum(-amount), 0) from posted where code = 'earmarked_unpaid')::text,
               'refunds', (select jsonb_build_array(
                   coalesce(sum(amount) filter (where kind = 'duty_refund' and code = 'earmarked_duty_subsidy'), 0)::text,
                   coalesce(sum(amount) filter (where kind = 'case_refund' and code = 'earmarked_case_subsidy'), 0)::text,
                   coalesce(sum(amount) filter (where kind = 'operating_case_refund' and code = 'operating_case_subsidy'), 0)::text)
                   from posted where entered_on >= $3),
               'earlier', (select coalesce(sum(p.amount), 0)
                           from fund_entries e
                           join fund_postings p on p.entry_id = e.id
                           join fund_accounts a on a.id = p.account_id and a.fund = 'earmarked' and a.kind = 'expense'
                           cross join asked
                           where e.bureau_id = $1 and e.year < $2 and e.entered_on between $3 and $4
                             and e.posted_at < asked.until)::text,
               'received_to_date', (select coalesce(sum(-amount), 0) from posted where code = 'earmarked_source')::text,
               'spent_to_date', (select coalesce(sum(amount), 0) from posted
                                 where fund = 'earmarked' and account_kind = 'expense')::text)
             || jsonb_build_object(
               'operating', (select jsonb_build_array(
                   coalesce(sum(-amount) filter (where code = 'operating_source' and entered_on >= $3), 0)::text,
                   coalesce(sum(amount) filter (where code = 'operating_case_subsidy' and entered_on >= $3), 0)::text,
                   coalesce(sum(-amount) filter (where account_kind in ('source', 'expense')), 0)::text)
                   from posted where fund = 'operating'),
               'working', (select jsonb_build_array(
                   coalesce(sum(-amount) filter (where code = 'working_source' and entered_on >= $3), 0)::text,
                   coalesce(sum(amount) filter (where code = 'working_publicity' and entered_on >= $3), 0)::text,
                   coalesce(sum(amount) filter (where code = 'working_training' and entered_on >= $3), 0)::text,
                   coalesce(sum(-amount) filter (where account_kind in ('source', 'expense')), 0)::text)
                   from posted where fund = 'finance_working'),
               'centre', (select jsonb_build_array(count(*) filter (where base > 0), count(distinct person_id) filter (where base > 0),
                              coalesce(sum(payable), 0)::text) from lines where venue_kind = 'service_centre'),
               'station', (select jsonb_build_array(count(*) filter (where base > 0), count(distinct person_id) filter (where base > 0),
                              coalesce(sum(payable), 0)::text) from lines where venue_kind <> 'service_centre'),
               'deducted', (select coalesce(sum(deducted), 0) from lines)::text,
               'deductions', (select count(*) from lines where deducted > 0),
               'cancelled', (select count(*) from lines where not_payable = 'day_cancelled'),
               'forfeited', (select jsonb_build_array(count(*) filter (where i.forfeited),
                                 coalesce(sum(i.base - i.deducted - i.subtotal), 0)::text)
                             from settlement_items i join months m on m.id = i.settlement_id),
               'adjusted', (select coalesce(sum(i.payable - i.subtotal), 0) from settlement_items i
                            join months m on m.id = i.settlement_id)::text,
               'months', (select jsonb_build_array(count(*), count(*) filter (where m.entered_on <=
                              (m.month + interval '1 month')::date + coalesce((g.content ->> 'duty_pay_day')::integer, 10) - 1))
                          from months m left join programmes g on g.bureau_id = $1 and g.year = $2))
             || jsonb_build_object(
               'civil', (select jsonb_build_array(count(*), coalesce(sum(earmarked), 0)::text) from paid
                         where earmarked > 0 and kind like 'civil%'),
               'criminal', (select jsonb_build_array(count(*), coalesce(sum(earmarked), 0)::text) from paid
                            where earmarked > 0 and kind not like 'civil%'),
               'over_target', (select jsonb_build_array(count(*), coalesce(sum(operating), 0)::text) from paid where over),
               'topped_up', (select coalesce(sum(operating), 0) from paid where earmarked > 0)::text,
               'ordinary', (select jsonb_build_array(count(*), coalesce(sum(operating), 0)::text) from paid
                            where earmarked = 0 and not over),
               'case_payments', (select jsonb_build_array(count(*), count(*) filter (where entered_on <= due_on)) from paid),
               'consultations', (select jsonb_build_array(
                   coalesce(sum(counted) filter (where month between $3 and $4), 0), coalesce(sum(counted), 0))
                   from consultation_sums where bureau_id = $1 and month between make_date($2, 1, 1) and $4),
               'case_steps', (select jsonb_build_array(
                   count(*) filter (where accepted_on between $3 and $4), count(*) filter (where assigned_on between $3 and $4),
                   count(*) filter (where closing_agreed_on between $3 and $4),
                   count(*) filter (where entered_on between $3 and $4), count(*) filter (where counted_on between $3 and $4 and not case_is_void(id)))
                   from cases where bureau_id = $1),
               'counted_to_date', (select count(*) from cases where bureau_id = $1 and counted_year = $2 and counted_on <= $4 and not case_is_void(id)),
               'shifts', (select jsonb_build_array(count(*), count(a.shift_id)) from shifts s
                          join rosters r on r.id = s.roster_id and r.status = 'published'
                          left join attendances a on a.shift_id = s.id
                          where s.bureau_id = $1 and s.duty_on between $3 and least($4, $5)),
               'ratings', (select jsonb_build_array(
                   count(*) filter (where satisfaction in ('very_satisfied', 'satisfied', 'acceptable')),
                   count(*) filter (where satisfaction <> 'not_rated'))
                   from consultations where bureau_id = $1
                     and started_at >= $3::timestamp at time zone 'Asia/Shanghai'
                     and started_at < ($4::date + 1)::timestamp at time zone 'Asia/Shanghai'),
               'reviews', (select jsonb_build_array(count(*) filter (where review = 'qualified'),
                   count(*) filter (where review <> 'unreviewed'))
                   from consultations where bureau_id = $1
                     and started_at >= $3::timestamp at time zone 'Asia/Shanghai'
                     and started_at < ($4::date + 1)::timestamp at time zone 'Asia/Shanghai'),
               'findings', (select coalesce(jsonb_agg(jsonb_build_array(kind, times) order by kind), '[]') from (
                   select kind, count(*) as times from findings cross join asked
                   where bureau_id = $1 and status = 'confirmed' and event_on between $3 and $4 and decided_at < asked.until
                   group by kind) f),
               'venues', (select coalesce(jsonb_agg(jsonb_build_array(v.short_name, coalesce(d.rostered, 0), coalesce(d.served, 0),
                                                                      coalesce(c.counted, 0)) order by v.sort, v.id), '[]')
                   from venues v
                   left join lateral (
                       select count(*) as rostered, count(a.shift_id) as served
                       from shifts s join rosters r on r.id = s.roster_id and r.status = 'published'
                       left join attendances a on a.shift_id = s.id
                       where s.venue_id = v.id and s.duty_on between $3 and least($4, $5)) d on true
                   left join lateral (
                       select sum(counted) as counted from consultation_sums
                       where venue_id = v.id and month between $3 and $4) c on true
                   where v.bureau_id = $1 and v.active))
               as "figures!: Json<Figures>""#,
        bureau,
        year,
        from,
        to,
        as_of
    )
    .fetch_one(conn)
    .await?;
    Ok(row.figures.0)
}

/// A line of the special-account book.
#[derive(Clone, Debug)]
pub struct BookRow {
    /// The day.
    pub entered_on: NaiveDate,
    /// The number in the year.
    pub number: i32,
    /// What it is for.
    pub summary: String,
    /// The voucher, or the paper that it rests on.
    pub voucher: String,
    /// Yuan into the fund.
    pub income: Decimal,
    /// Yuan out on duty.
    pub duty: Decimal,
    /// Yuan out on cases.
    pub cases: Decimal,
    /// Unspent after it.
    pub balance: Decimal,
}

/// The special-account book of the earmarked fund: what came, what was spent, what is left after each.
pub async fn book(
    conn: &mut PgConnection,
    bureau: i64,
    year: i32,
    from: NaiveDate,
    to: NaiveDate,
    as_of: NaiveDate,
) -> sqlx::Result<Vec<BookRow>> {
    sqlx::query_as!(
        BookRow,
        r#"select * from (
               select e.entered_on, e.number, e.summary, case e.voucher when '' then e.document_id else e.voucher end as "voucher!",
                      coalesce(sum(-p.amount) filter (where a.kind = 'source'), 0) as "income!",
                      coalesce(sum(p.amount) filter (where a.code = 'earmarked_duty_subsidy'), 0) as "duty!",
                      coalesce(sum(p.amount) filter (where a.code = 'earmarked_case_subsidy'), 0) as "cases!",
                      sum(coalesce(sum(-p.amount) filter (where a.kind in ('source', 'expense')), 0))
                          over (order by e.entered_on, e.number) as "balance!"
               from fund_entries e
               join fund_postings p on p.entry_id = e.id
               join fund_accounts a on a.id = p.account_id and a.fund = 'earmarked'
               where e.bureau_id = $1 and e.year = $2 and e.entered_on <= $4
                 and e.posted_at < ($5::date + 1)::timestamp at time zone 'Asia/Shanghai'
               group by e.id) b
           where b.entered_on >= $3 and (b."income!" <> 0 or b."duty!" <> 0 or b."cases!" <> 0)
           order by b.entered_on, b.number limit 2000"#,
        bureau,
        year,
        from,
        to,
        as_of
    )
    .fetch_all(conn)
    .await
}

/// A report that somebody prepared.
#[derive(Clone, Debug)]
pub struct SigningRow {
    /// The row.
    pub id: i64,
    /// What is reported.
    pub kind: ReportKind,
    /// The period's code.
    pub period: String,
    /// The sheet as it was.
    pub content: serde_json::Value,
    /// Over it.
    pub fingerprint: String,
    /// As it stood on this day.
    pub as_of: NaiveDate,
    /// Who prepared it.
    pub prepared_by: i64,
    /// Their name.
    pub preparer: String,
    /// When.
    pub prepared_at: DateTime<Utc>,
    /// Who checked it.
    pub checked_by: Option<i64>,
    /// Their name.
    pub checker: Option<String>,
    /// When.
    pub checked_at: Option<DateTime<Utc>>,
    /// Who signed it.
    pub signer: Option<String>,
    /// When.
    pub signed_at: Option<DateTime<Utc>>,
}

/// The live report of a kind and period, or the live reports of a year.
pub async fn signings(
    conn: &mut PgConnection,
    bureau: i64,
    one: Option<(ReportKind, &str)>,
    year: i32,
) -> sqlx::Result<Vec<SigningRow>> {
    sqlx::query_as!(
        SigningRow,
        r#"select r.id, r.kind as "kind: ReportKind", r.period, r.content, r.fingerprint, r.as_of, r.prepared_by,
                  p.name as preparer, r.prepared_at, r.checked_by, c.name as "checker?", r.checked_at, s.name as "signer?",
                  r.signed_at
           from report_signings r
           join accounts p on p.id = r.prepared_by
           left join accounts c on c.id = r.checked_by
           left join accounts s on s.id = r.signed_by
           where r.bureau_id = $1 and r.withdrawn_by is null and ($2::text is null or (r.kind = $2 and r.period = $3))
             and starts_with(r.period, $4::integer::text)
           order by r.id desc limit 100"#,
        bureau,
        one.map(|(kind, _)| kind.code()),
        one.map(|(_, period)| period),
        year
    )
    .fetch_all(conn)
    .await
}

/// The day on which the bureau began to work here: that of its first account or of its first roster or entry, whichever is
/// older, for what was there before the program was is brought in later.
pub async fn began(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar!(
        "select least(
             (select min(created_at at time zone 'Asia/Shanghai')::date from accounts where bureau_id = $1),
             (select min(month) from rosters where bureau_id = $1),
             (select min(entered_on) from fund_entries where bureau_id = $1))",
        bureau
    )
    .fetch_one(conn)
    .await
}

/// Keeps a report as it stands now; `None` where somebody was faster.
#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    kind: ReportKind,
    period: &str,
    content: &serde_json::Value,
    fingerprint: &str,
    as_of: NaiveDate,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into report_signings (bureau_id, kind, period, content, fingerprint, as_of, prepared_by, prepared_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (bureau_id, kind, period) where withdrawn_by is null do nothing returning id",
        bureau,
        kind as ReportKind,
        period,
        content,
        fingerprint,
        as_of,
        account,
        at
    )
    .fetch_optional(conn)
    .await
}

/// A step of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningStep<'a> {
    /// Checked by a second person.
    Check,
    /// Signed by a third.
    Sign,
    /// Taken back, with why; another may be prepared.
    Withdraw(&'a str),
}

/// Takes a step; false where it cannot be taken any more.
pub async fn set(
    conn: &mut PgConnection,
    id: i64,
    step: SigningStep<'_>,
    account: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = match step {
        SigningStep::Check => {
            sqlx::query!(
                "update report_signings set checked_by = $2, checked_at = $3
                 where id = $1 and checked_by is null and withdrawn_by is null",
                id,
                account,
                at
            )
            .execute(conn)
            .await?
        }
        SigningStep::Sign => {
            sqlx::query!(
                "update report_signings set signed_by = $2, signed_at = $3
                 where id = $1 and checked_by is not null and signed_by is null and withdrawn_by is null",
                id,
                account,
                at
            )
            .execute(conn)
            .await?
        }
        SigningStep::Withdraw(why) => {
            sqlx::query!(
                "update report_signings set withdrawn_by = $2, withdrawn_at = $3, withdrawal = $4
                 where id = $1 and withdrawn_by is null",
                id,
                account,
                at,
                why
            )
            .execute(conn)
            .await?
        }
    };
    Ok(done.rows_affected() == 1)
}
