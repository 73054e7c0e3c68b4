//! The SQL of what waits.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::rules::{Desk, WaitingRow};
use crate::cases::clocks::Clock;
use crate::cases::states::State;
use crate::plan::dictionary::Dictionary as _;

/// So many cases are taken up in a list of what waits: the green ones and those that are due first.
pub(super) const MOST: usize = 250;

/// What waits at the desks of an account, at most [`MOST`] cases; of one worker where one is named.
pub(super) async fn waiting(
    conn: &mut PgConnection,
    bureau: i64,
    account: i64,
    desks: &[Desk],
    today: NaiveDate,
    worker: Option<i64>,
) -> sqlx::Result<Vec<WaitingRow>> {
    let desks: Vec<&str> = desks.iter().map(|desk| desk.code()).collect();
    sqlx::query_as!(
        WaitingRow,
        r#"
        with live as (
            select c.id, c.number, case when o.shut then '受限案件' else c.cause end as cause, o.shut, c.state,
                   case when o.shut and c.green then '优先' else c.green_reason end as green_reason, c.worker_id, c.received_on, h.account_id as handler,
                   case
                       when c.state in ('reviewing', 'reassigning') then 'director'
                       when c.state = 'closing_review' then case when l.reviewed_by is null then 'centre' else 'director' end
                       when c.state in ('assigned', 'entrusted', 'handling', 'concluded', 'returned') then 'handler'
                       when c.state = 'objection' then 'bureau'
                       when c.state in ('draft', 'submitted', 'supplement', 'accepted', 'aid_first', 'granted', 'notified',
                                        'close_agreed', 'entered', 'terminated') then 'centre'
                   end as desk
            from cases c
            cross join lateral (select c.restricted and not case_open_to(c, $2) as shut) o
            left join case_closings l on l.case_id = c.id
            left join case_handlers h on h.id = c.handler_id
            where c.bureau_id = $1 and c.origin = 'live'
              and c.state not in ('archived', 'refused', 'withdrawn', 'deemed_withdrawn', 'not_ours')
              -- What is being handled waits for nothing, unless the detained person is to be met.
              and (c.state <> 'handling' or exists (select from case_clocks k
                       where k.case_id = c.id and k.kind = 'meet' and k.ended_on is null))
        )
        (select v.id as "id!", v.number as "number!", v.cause as "cause!", v.state as "state?: State", 'case' as "kind!",
                v.green_reason as "green!", v.desk as "desk!", coalesce(w.name, '未分派') as "worker!",
                v.worker_id as "worker_id?", k.kind as "clock?: Clock", k.started_on as "started_on?", k.due_on as "due_on?",
                k.due_at as "due_at?", v.shut as "shut!", v.received_on as "received_on!"
         from live v
         left join accounts w on w.id = v.worker_id
         left join lateral (
             select kind, started_on, due_on, due_at from case_clocks k
             where k.case_id = v.id and k.ended_on is null and k.paused_on is null and k.kind <> 'object'
               and (v.state <> 'entered')
             order by k.due_on limit 1
         ) k on true
         where v.desk = any ($3) and (v.desk <> 'handler' or v.handler = $2)
           and (v.state <> 'supplement' or k.due_on < $4)
           and ($5::bigint is null or v.worker_id = $5)
         order by (v.green_reason = ''), k.due_on nulls last, v.id
         limit 250)
        union all
        (select c.id, c.number, case when c.restricted and not case_open_to(c, $2) then '受限案件' else c.cause end, null,
                'message', '', '', '', null::bigint, null, null, null, null::timestamptz, false, c.received_on
         from case_messages m
         join cases c on c.id = m.case_id
         left join case_handlers h on h.id = c.handler_id
         where m.bureau_id = $1 and m.read_at is null and $5::bigint is null
           and case when m.to_handler then h.account_id = $2 and 'handler' = any ($3) else 'centre' = any ($3) end
         group by c.id
         limit 25)
        union all
        (select 0, o.number, '', null, 'online', case when o.hard_to_move then '行动不便' else '' end, 'centre', '', null,
                null, null, null, null, false, (o.sent_at at time zone 'Asia/Shanghai')::date
         from case_online o
         where o.bureau_id = $1 and o.status = 'sent' and 'centre' = any ($3) and $5::bigint is null
         order by o.sent_at limit 25)
        union all
        (select 0, count(*)::text, '', null,
                case when c.closing_agreed_on is not null then 'paper_enter' else 'paper_assign' end, '', '', '', null,
                null, null, null, null, false, min(coalesce(c.closing_agreed_on, c.accepted_on))
         from cases c
         where c.bureau_id = $1 and c.origin = 'paper' and c.terminated_on is null and 'centre' = any ($3)
           and $5::bigint is null
           and ((c.closing_agreed_on is not null and c.entered_on is null) or c.assigned_on is null)
         group by c.closing_agreed_on is not null)
        "#,
        bureau,
        account,
        &desks as &[&str],
        today,
        worker
    )
    .fetch_all(conn)
    .await
}

/// Those who may work on cases at the centre.
pub(super) async fn workers(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        "select id, name from accounts where bureau_id = $1 and role = 'legal_aid_staff' and status = 'active' order by name, id",
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Hands cases over from whom they lie with (0: nobody); gives those that were.
pub(super) async fn hand_over(
    conn: &mut PgConnection,
    bureau: i64,
    (cases, held): (&[i64], &[i64]),
    to: i64,
    by: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "update cases c set worker_id = $3, version = version + 1
         from unnest($2::bigint[], $5::bigint[]) as t (id, held)
         where c.bureau_id = $1 and c.id = t.id and coalesce(c.worker_id, 0) = t.held and c.origin = 'live' and c.archived_on is null
           -- Nobody hands over, and so opens to somebody, what they may not open themselves.
           and case_open_to(c, $4)
           and exists (select from accounts a where a.id = $3 and a.bureau_id = $1 and a.role = 'legal_aid_staff'
                       and a.status = 'active')
         returning c.id",
        bureau,
        cases,
        to,
        by,
        held
    )
    .fetch_all(conn)
    .await
}

/// A line of the time line for each case handed over.
pub(super) async fn note_hand_over(
    conn: &mut PgConnection,
    bureau: i64,
    cases: &[i64],
    by: (i64, &str),
    at: chrono::DateTime<chrono::FixedOffset>,
    words: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_events (case_id, bureau_id, at, account_id, actor, kind, code, words)
         select id, $1, $3, $4, $5, 'note', 'hand_over', $6 from unnest($2::bigint[]) as id",
        bureau,
        cases,
        at,
        by.0,
        by.1,
        words
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How quickly cases were given to a handler: those of the green channel, and the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Speed {
    pub(super) green: i64,
    pub(super) green_days: Option<f64>,
    pub(super) others: i64,
    pub(super) other_days: Option<f64>,
}

/// Days from receipt to assignment, of cases received since a day.
pub(super) async fn speed(conn: &mut PgConnection, bureau: i64, since: NaiveDate) -> sqlx::Result<Speed> {
    sqlx::query_as!(
        Speed,
        r#"select count(*) filter (where green) as "green!",
                  (avg(assigned_on - received_on) filter (where green))::float8 as green_days,
                  count(*) filter (where not green) as "others!",
                  (avg(assigned_on - received_on) filter (where not green))::float8 as other_days
           from cases where bureau_id = $1 and origin = 'live' and assigned_on is not null and received_on >= $2"#,
        bureau,
        since
    )
    .fetch_one(conn)
    .await
}
