//! The SQL of the screens: each suspicion with a key that stays the same.

use chrono::{DateTime, FixedOffset, NaiveDate};
use sqlx::PgConnection;

/// Something odd.
#[derive(Clone, Debug)]
pub(super) struct Suspicion {
    /// Which screen.
    pub(super) kind: String,
    /// What it is about, always written alike.
    pub(super) key: String,
    /// The evidence in one sentence.
    pub(super) words: String,
    /// The cases concerned.
    pub(super) cases: Vec<i64>,
    /// A restricted case is among them, and the reader is not named for it: the evidence
    /// stays shut, and somebody who is named decides.
    pub(super) shut: bool,
}

impl Suspicion {
    /// The first cases of many, for links.
    pub(super) fn first_cases(&self) -> &[i64] {
        self.cases.get(..12).unwrap_or(&self.cases)
    }
}

/// What the screens show that nobody has decided on yet, at most 200.
pub(super) async fn suspicions(
    conn: &mut PgConnection,
    bureau: i64,
    viewer: i64,
    today: NaiveDate,
) -> sqlx::Result<Vec<Suspicion>> {
    sqlx::query_as!(
        Suspicion,
        r#"
        with live as (
            select c.id, c.number, c.kind, c.cause, c.received_on, c.handler_id, c.handler_name, c.state, c.matter_id,
                   a.name, a.id_number_index, a.phone_index, a.opponent, a.opponent_key, a.facts
            from cases c join case_applications a on a.case_id = c.id
            where c.bureau_id = $1 and c.received_on > $2::date - 400
              and c.state not in ('withdrawn', 'deemed_withdrawn', 'not_ours', 'refused')
        ),
        -- Two years of a handler. A paper file names its handler and firm: it counts where both are in the register.
        years as (
            select h.id as handler_id, min(h.name) as handler_name, extract(year from c.on_day)::integer as year,
                   count(*) as cases, (array_agg(c.id order by c.on_day desc, c.id desc))[1:12] as ids
            from case_handlers h
            join case_firms f on f.id = h.firm_id
            join lateral (
                select c.id, c.received_on as on_day from cases c
                where c.bureau_id = $1
                  and (c.handler_id = h.id or c.origin = 'paper' and c.handler_name = h.name and c.organisation = f.name)
                  and c.state not in ('withdrawn', 'deemed_withdrawn', 'not_ours', 'refused')
            ) c on extract(year from c.on_day) >= extract(year from $2::date) - 1
            where h.bureau_id = $1
            group by h.id, extract(year from c.on_day)
        ),
        -- The first year has none before it: there a handler is seen beside the others of the year.
        beside as (
            select y.*, (sum(y.cases) over (partition by y.year) - y.cases) / nullif(count(*) over (partition by y.year) - 1, 0) as others,
                   min(y.year) over () as first_year
            from years y
        ),
        found as (
            -- One matter split: the same person, opponent and stage within ninety days.
            select 'split' as kind, least(x.id, y.id) || '-' || greatest(x.id, y.id) as key,
                   format('%s与%s：同一受援人、同一对方当事人（%s）、同一阶段，相隔%s天', x.number, y.number,
                          x.opponent, abs(x.received_on - y.received_on)) as words,
                   array[x.id, y.id] as cases
            from live x join live y on y.id > x.id and y.kind = x.kind and y.opponent_key = x.opponent_key
                and (y.id_number_index = x.id_number_index or y.name = x.name)
            where x.opponent_key <> '' and abs(x.received_on - y.received_on) <= 90
            union all
            -- One telephone for different recipients.
            select 'phone', encode(phone_index, 'hex'),
                   format('%s件案件的%s名受援人登记了同一个电话：%s', count(*), count(distinct id_number_index), string_agg(number, '、' order by id)),
                   array_agg(id order by id)
            from live where phone_index is not null and id_number_index is not null
            group by phone_index having count(distinct id_number_index) > 1
            union all
            -- The same wording for different people.
            select 'wording', md5(facts),
                   format('%s件不同受援人的案件，案情文字完全相同：%s', count(*), string_agg(number, '、' order by id)),
                   array_agg(id order by id)
            from live where length(facts) >= 30
            group by facts having count(distinct coalesce(encode(id_number_index, 'hex'), name)) > 1
            union all
            -- A month of a handler far above the others of the same handler.
            select 'spike', m.handler_id || '-' || to_char(m.month, 'YYYY-MM'),
                   format('%s在%s收到%s件，其余月份平均%s件', m.handler_name, to_char(m.month, 'YYYY年FMMM月'), m.cases,
                          round(m.others, 1)),
                   m.ids
            from (
                select handler_id, min(handler_name) as handler_name, date_trunc('month', received_on) as month,
                       count(*) as cases, array_agg(id order by id) as ids,
                       (sum(count(*)) over (partition by handler_id) - count(*))
                           / nullif(count(*) over (partition by handler_id) - 1, 0) as others
                from live where handler_id is not null group by handler_id, date_trunc('month', received_on)
            ) m
            where m.cases >= 6 and m.cases > 2.5 * m.others
            union all
            -- A year of a handler far above the year before.
            select 'year_spike', y.handler_id || '-' || y.year,
                   format('%s在%s年收到%s件，上一年全年%s件', y.handler_name, y.year, y.cases, p.cases), y.ids
            from years y join years p on p.handler_id = y.handler_id and p.year = y.year - 1
            where y.cases >= 8 and y.cases > 2.5 * p.cases
            union all
            select 'year_spike', y.handler_id || '-' || y.year,
                   format('%s在%s年有%s件，系统中没有上一年的案件可比；其他承办人平均%s件', y.handler_name, y.year, y.cases,
                          round(y.others, 1)), y.ids
            from beside y
            where y.year = y.first_year and y.year = extract(year from $2::date) and y.cases >= 8 and y.cases > 2.5 * y.others
            union all
            -- Two courts at one hour.
            select 'two_courts', least(r.id, s.id) || '-' || greatest(r.id, s.id),
                   format('%s于%s同时在%s（%s）和%s（%s）开庭', c.handler_name,
                          to_char(r.starts_at at time zone 'Asia/Shanghai', 'FMMM月FMDD日 HH24:MI'),
                          r.place, c.number, s.place, d.number),
                   array[c.id, d.id]
            from case_records r
            join live c on c.id = r.case_id
            join case_records s on s.id > r.id and s.bureau_id = $1 and s.starts_at is not null
                and s.place <> r.place and abs(extract(epoch from s.starts_at - r.starts_at)) < 5400
            join live d on d.id = s.case_id and d.handler_id = c.handler_id and d.id <> c.id
            where r.bureau_id = $1 and r.starts_at is not null
            union all
            -- On duty at the hour of a hearing.
            select 'on_duty', r.id || '-' || t.id,
                   format('%s于%s在%s开庭（%s），同一时间在%s值班并已签到', c.handler_name,
                          to_char(r.starts_at at time zone 'Asia/Shanghai', 'FMMM月FMDD日 HH24:MI'), r.place, c.number, v.short_name),
                   array[c.id]
            from case_records r
            join live c on c.id = r.case_id
            join case_handlers h on h.id = c.handler_id
            left join accounts o on o.id = h.account_id
            -- The same person by the account, or by the licence where each work has its own account.
            join persons p on p.bureau_id = $1
                and (p.id = o.person_id or (h.licence_number <> '' and p.licence_number = h.licence_number))
            join shifts t on t.bureau_id = $1 and t.person_id = p.id
                and t.duty_on = (r.starts_at at time zone 'Asia/Shanghai')::date
                and (r.starts_at at time zone 'Asia/Shanghai')::time between t.starts_at and t.ends_at
            join attendances b on b.shift_id = t.id
            join venues v on v.id = t.venue_id
            where r.bureau_id = $1 and r.starts_at is not null
            union all
            -- Decisions put down days after the date they bear.
            select 'back_dated', e.id::text,
                   format('%s的“%s”写的日期是%s，%s才登记，相隔%s天', c.number, e.words,
                          to_char(e.on_date, 'FMMM月FMDD日'), to_char(e.at at time zone 'Asia/Shanghai', 'FMMM月FMDD日'),
                          (e.at at time zone 'Asia/Shanghai')::date - e.on_date),
                   array[c.id]
            from case_events e join live c on c.id = e.case_id
            where e.kind = 'move' and e.on_date < (e.at at time zone 'Asia/Shanghai')::date - 3
              and split_part(e.code, ':', 1) in ('grant', 'refuse', 'assign', 'sign', 'pass_closing', 'agree_closing', 'terminate')
            union all
            -- Handed in for closing, and no agreement that anybody signed: only the form as it was made.
            select 'unsigned', c.id::text, format('%s已提交结案材料，卷中没有签名的委托协议（只有系统生成的空白文本）', c.number), array[c.id]
            from live c
            where c.state in ('closing_review', 'close_agreed', 'entered', 'archived')
              and exists (select from case_closings l where l.case_id = c.id)
              and not exists (select from case_documents d where d.case_id = c.id and d.kind = 'agreement'
                              and d.source <> 'made' and d.removed_at is null)
            union all
            -- Closed without a meeting that anybody recorded.
            select 'no_meeting', c.id::text, format('%s已提交结案材料，办理记录中没有一次会见、约见', c.number), array[c.id]
            from live c
            where c.state in ('closing_review', 'close_agreed', 'entered', 'archived')
              and exists (select from case_closings l where l.case_id = c.id)
              and not exists (select from case_records r where r.case_id = c.id and r.kind = 'meeting')
        )
        select f.kind as "kind!", f.key as "key!", case when o.shut then '' else f.words end as "words!",
               f.cases as "cases!", o.shut as "shut!"
        from found f
        cross join lateral (
            select exists (select from cases c where c.id = any (f.cases) and c.restricted and not case_open_to(c, $3)) as shut
        ) o
        where not exists (select from case_screenings s where s.bureau_id = $1 and s.kind = f.kind and s.key = f.key)
        order by f.kind, f.key limit 200
        "#,
        bureau,
        today,
        viewer
    )
    .fetch_all(conn)
    .await
}

/// What was decided on a suspicion.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) kind: String,
    pub(super) words: String,
    pub(super) verdict: String,
    pub(super) note: String,
    pub(super) by: String,
    pub(super) on: NaiveDate,
}

/// The last decisions, at most 50.
pub(super) async fn decided(conn: &mut PgConnection, bureau: i64, viewer: i64) -> sqlx::Result<Vec<Decided>> {
    sqlx::query_as!(
        Decided,
        r#"select s.kind, case when o.shut then '涉及受限案件，证据只对指定人员显示。' else s.words end as "words!", s.verdict,
                  case when o.shut then '' else s.note end as "note!", a.name as by, (s.decided_at at time zone 'Asia/Shanghai')::date as "on!"
           from case_screenings s join accounts a on a.id = s.decided_by
           cross join lateral (
               select exists (select from cases c where c.id = any (s.cases) and c.restricted and not case_open_to(c, $2)) as shut
           ) o
           where s.bureau_id = $1 order by s.id desc limit 50"#,
        bureau,
        viewer
    )
    .fetch_all(conn)
    .await
}

#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub(super) async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    kind: &str,
    key: &str,
    (words, cases): (&str, &[i64]),
    verdict: &str,
    note: &str,
    by: i64,
    at: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_screenings (bureau_id, kind, key, words, verdict, note, decided_by, decided_at, cases)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        bureau,
        kind,
        key,
        words,
        verdict,
        note,
        by,
        at,
        cases
    )
    .execute(conn)
    .await?;
    Ok(())
}
