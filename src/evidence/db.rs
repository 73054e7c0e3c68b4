//! The SQL of the archive: each function one table of it, as rows of words. All of them run
//! in one transaction that sees one state.

use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::Extent;
use crate::plan::month::Month;
use crate::plan::programme::Programme;

/// A row of words.
pub(super) type Cells = Vec<String>;

/// Lets every later statement of the transaction see what the first one sees.
pub(super) async fn one_state(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("set transaction isolation level repeatable read").execute(conn).await?;
    Ok(())
}

/// Whose name a choice shows.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// The bureau's name.
    pub(super) bureau: String,
    /// The venue's, if one was asked for.
    pub(super) venue: Option<String>,
    /// The person's, if one was asked for.
    pub(super) person: Option<String>,
}

/// The names behind an extent; a venue or a person of another bureau has none.
pub(super) async fn names(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Names> {
    sqlx::query_as!(
        Names,
        r#"select b.name as bureau,
                  (select v.name from venues v where v.id = $2 and v.bureau_id = $1) as venue,
                  (select p.name from persons p where p.id = $3 and p.bureau_id = $1) as person
           from bureaus b where b.id = $1"#,
        extent.bureau,
        extent.venue,
        extent.person
    )
    .fetch_one(conn)
    .await
}

/// Everybody in the duty bank, to choose from: id, and name with unit.
pub(super) async fn people(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        r#"select id, case when organisation = '' then name else name || '（' || organisation || '）' end as "words!"
           from persons where bureau_id = $1 order by pinyin, id limit 2000"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.words)).collect())
}

/// The plans of the years: year, revision, plan.
pub(super) async fn programmes(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<(i32, i32, Programme)>> {
    let rows = sqlx::query!(
        r#"select year, revision, content as "content: Json<Programme>" from programmes
           where bureau_id = $1 and year between $2 and $3 order by year"#,
        extent.bureau,
        extent.from.year(),
        extent.to.year()
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.year, row.revision, row.content.0)).collect())
}

/// A roster's steps.
pub(super) async fn rosters(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[to_char(r.month, 'YYYY-MM'), r.status,
                  m.name, to_char(r.made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
                  coalesce(s.name, ''), coalesce(to_char(r.submitted_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(a.name, ''), coalesce(to_char(r.approved_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(p.name, ''), coalesce(to_char(r.published_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), '')]
                  as "cells!"
           from rosters r
           join accounts m on m.id = r.made_by
           left join accounts s on s.id = r.submitted_by
           left join accounts a on a.id = r.approved_by
           left join accounts p on p.id = r.published_by
           where r.bureau_id = $1 and r.month between $2 and $3 order by r.month"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month
    )
    .fetch_all(conn)
    .await
}

/// Who was to be where and when.
pub(super) async fn shifts(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[s.id::text, to_char(s.duty_on, 'YYYY-MM-DD'), to_char(s.starts_at, 'HH24:MI') || '–' || to_char(s.ends_at, 'HH24:MI'),
                  s.planned_minutes::text, v.short_name, p.name, p.category, p.organisation, s.change, s.change_reason] as "cells!"
           from shifts s
           join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
           join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
           join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
           where s.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           order by s.duty_on, v.sort, s.starts_at, s.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// Who signed in and out, when, how, by whose hand.
pub(super) async fn attendances(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[s.id::text, to_char(s.duty_on, 'YYYY-MM-DD'), v.short_name, p.name,
                  to_char(a.signed_in_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), a.sign_in_method, i.name,
                  coalesce(to_char(a.signed_out_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(a.sign_out_method, ''), coalesce(o.name, ''),
                  a.late_minutes::text, a.early_minutes::text, a.remark] as "cells!"
           from shifts s
           join attendances a on a.shift_id = s.id
           join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
           join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
           join accounts i on i.id = a.signed_in_by
           left join accounts o on o.id = a.signed_out_by
           where s.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           order by s.duty_on, v.sort, s.starts_at, s.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// What was put right in the register, and who agreed.
pub(super) async fn corrections(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[s.id::text, to_char(s.duty_on, 'YYYY-MM-DD'), p.name, k.side,
                  coalesce(to_char(k.old_value at time zone 'Asia/Shanghai', 'HH24:MI:SS'), ''),
                  to_char(k.new_value at time zone 'Asia/Shanghai', 'HH24:MI:SS'), k.reason, k.status,
                  x.name, to_char(k.asked_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
                  coalesce(y.name, ''), coalesce(to_char(k.decided_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  k.decision_note] as "cells!"
           from attendance_corrections k
           join shifts s on s.id = k.shift_id and s.bureau_id = k.bureau_id
           join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
           join accounts x on x.id = k.asked_by
           left join accounts y on y.id = k.decided_by
           where s.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           order by k.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// Which venue's month was certified by whom.
pub(super) async fn certifications(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[to_char(m.month, 'YYYY-MM'), v.short_name, m.status, coalesce(a.name, ''),
                  coalesce(to_char(m.certified_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''), m.return_reason]
                  as "cells!"
           from venue_months m
           join venues v on v.id = m.venue_id and v.bureau_id = m.bureau_id
           left join accounts a on a.id = m.certified_by
           where m.bureau_id = $1 and m.month between $2 and $3 and ($4::bigint is null or m.venue_id = $4)
             and ($5::bigint is null or exists (select from shifts s where s.venue_id = m.venue_id and s.month = m.month
                                                and s.person_id = $5))
           order by m.month, v.sort, v.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// What was recorded at the desk; clients by family name and masked telephone, sensitive ones not at all.
pub(super) async fn consultations(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[c.number, s.id::text, to_char(c.started_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
                  to_char(c.ended_at at time zone 'Asia/Shanghai', 'HH24:MI'), v.short_name, p.name, c.channel, c.topic,
                  case when c.sensitive then '（不公开）' when c.refused_identity then '（不愿留名）' else left(c.client_name, 1) || '某' end,
                  case when c.sensitive then '' else c.phone_mask end,
                  c.satisfaction, c.review, coalesce(w.name, ''), r.name,
                  to_char(c.recorded_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')] as "cells!"
           from consultations c
           join shifts s on s.id = c.shift_id and s.bureau_id = c.bureau_id
           join venues v on v.id = c.venue_id and v.bureau_id = c.bureau_id
           join persons p on p.id = c.person_id and p.bureau_id = c.bureau_id
           join accounts r on r.id = c.recorded_by
           left join accounts w on w.id = c.reviewed_by
           where s.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           order by c.started_at, c.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// What was found and what became of it.
pub(super) async fn findings(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[f.id::text, s.id::text, to_char(f.event_on, 'YYYY-MM-DD'), v.short_name, p.name, f.kind, f.evidence, f.status,
                  coalesce(x.name, '系统'), to_char(f.proposed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
                  coalesce(to_char(f.told_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(to_char(f.objection_until, 'YYYY-MM-DD'), ''), f.objection, coalesce(y.name, ''),
                  coalesce(to_char(f.decided_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''), f.decision_note] as "cells!"
           from findings f
           join shifts s on s.id = f.shift_id and s.bureau_id = f.bureau_id
           join venues v on v.id = f.venue_id and v.bureau_id = f.bureau_id
           join persons p on p.id = f.person_id and p.bureau_id = f.bureau_id
           left join accounts x on x.id = f.proposed_by
           left join accounts y on y.id = f.decided_by
           where f.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           order by f.event_on, f.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// Every step of those findings.
pub(super) async fn finding_steps(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[t.finding_id::text, to_char(t.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), coalesce(a.name, '系统'),
                  t.status, t.note] as "cells!"
           from finding_steps t
           join findings f on f.id = t.finding_id
           join shifts s on s.id = f.shift_id and s.bureau_id = f.bureau_id
           left join accounts a on a.id = t.account_id
           where f.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           order by t.finding_id, t.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// The heads of the settlements that concern the extent, with each hand they went through.
pub(super) async fn settlements(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"select array[to_char(s.month, 'YYYY-MM'), s.status, g.year::text || '年方案第' || s.programme_revision::text || '版',
                  s.people::text, s.base::text, s.deducted::text, s.adjustment::text, s.payable::text,
                  c.name, to_char(s.calculated_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
                  coalesce(v.name, ''), coalesce(to_char(s.reviewed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(a.name, ''), coalesce(to_char(s.approved_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(f.name, ''), coalesce(to_char(s.paid_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  s.fingerprint] as "cells!"
           from settlements s
           join programmes g on g.id = s.programme_id
           join accounts c on c.id = s.calculated_by
           left join accounts v on v.id = s.reviewed_by
           left join accounts a on a.id = s.approved_by
           left join accounts f on f.id = s.paid_by
           where s.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or exists (
                 select from settlement_lines l join shifts d on d.id = l.shift_id where l.settlement_id = s.id and d.venue_id = $4))
             and ($5::bigint is null or exists (
                 select from settlement_items i where i.settlement_id = s.id and i.person_id = $5))
           order by s.month"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// One person's month as it was frozen.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    /// The month.
    pub(super) month: Month,
    /// Who.
    pub(super) person: String,
    /// Yuan before deductions.
    pub(super) base: Decimal,
    /// Yuan deducted.
    pub(super) deducted: Decimal,
    /// Yuan of earlier months.
    pub(super) adjustment: Decimal,
    /// Yuan to pay.
    pub(super) payable: Decimal,
    /// Yuan still owed to the fund.
    pub(super) receivable: Decimal,
    /// What went in.
    pub(super) facts: serde_json::Value,
    /// What came out, with its steps.
    pub(super) result: serde_json::Value,
    /// The SHA-256 of both.
    pub(super) fingerprint: String,
}

/// The people's months of those settlements; of a venue, the people with a shift there.
pub(super) async fn items(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"select s.month as "month: Month", p.name as person, i.base, i.deducted, i.adjustment, i.payable, i.receivable,
                  i.facts, i.result, i.fingerprint
           from settlement_items i
           join settlements s on s.id = i.settlement_id and s.bureau_id = i.bureau_id
           join persons p on p.id = i.person_id and p.bureau_id = i.bureau_id
           where i.bureau_id = $1 and s.month between $2 and $3
             and ($4::bigint is null or exists (
                 select from settlement_lines l join shifts d on d.id = l.shift_id where l.item_id = i.id and d.venue_id = $4))
             and ($5::bigint is null or i.person_id = $5)
           order by s.month, p.pinyin, p.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// The postings of those settlements; without venue and person every posting of the period.
pub(super) async fn postings(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    let (from, to) = extent.days();
    sqlx::query_scalar!(
        r#"with concerned as (
               select s.id::text as id from settlements s
               where s.bureau_id = $1 and s.month between $2 and $3
                 and ($4::bigint is null or exists (
                     select from settlement_lines l join shifts d on d.id = l.shift_id where l.settlement_id = s.id and d.venue_id = $4))
                 and ($5::bigint is null or exists (
                     select from settlement_items i where i.settlement_id = s.id and i.person_id = $5))
           )
           select array[e.year::text || '-' || lpad(e.number::text, 4, '0'), to_char(e.entered_on, 'YYYY-MM-DD'), e.kind, e.summary, e.voucher,
                  k.name, case when p.amount > 0 then p.amount::text else '' end, case when p.amount < 0 then (-p.amount)::text else '' end,
                  a.name, to_char(e.posted_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
                  coalesce((select o.year::text || '-' || lpad(o.number::text, 4, '0') from fund_entries o where o.id = e.reversal_of), '')]
                  as "cells!"
           from fund_entries e
           join fund_postings p on p.entry_id = e.id
           join fund_accounts k on k.id = p.account_id
           join accounts a on a.id = e.posted_by
           where e.bureau_id = $1
             and ((e.document_kind = 'settlement' and e.document_id in (select id from concerned))
                  or ($4::bigint is null and $5::bigint is null and e.entered_on between $6 and $7))
           order by e.year, e.number, p.amount desc"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person,
        from,
        to
    )
    .fetch_all(conn)
    .await
}

/// Case payouts whose batch was paid in the period; only of the whole, since cases belong to no venue and no duty person.
pub(super) async fn case_payouts(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    let (from, to) = extent.days();
    sqlx::query_scalar!(
        r#"select array[b.year::text || '年第' || b.number::text || '批', b.status, c.number, p.payee_name, p.organisation,
                  coalesce(p.place::text, ''), p.earmarked::text, p.operating::text, p.due_on::text,
                  coalesce(c.closing_agreed_on::text, ''), coalesce(c.entered_on::text, ''),
                  m.name, to_char(b.prepared_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
                  coalesce(a.name, ''), coalesce(to_char(b.approved_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  coalesce(f.name, ''), coalesce(to_char(b.paid_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), ''),
                  p.ended_reason, p.fingerprint] as "cells!"
           from case_payouts p
           join case_batches b on b.id = p.batch_id
           join cases c on c.id = p.case_id
           join accounts m on m.id = b.prepared_by
           left join accounts a on a.id = b.approved_by
           left join accounts f on f.id = b.paid_by
           where p.bureau_id = $1 and (b.paid_at at time zone 'Asia/Shanghai')::date between $2 and $3
           order by b.year, b.number, p.place nulls last, c.number"#,
        extent.bureau,
        from,
        to
    )
    .fetch_all(conn)
    .await
}

/// What the bank was told for those settlements, and, of the whole, for batches paid in the period.
pub(super) async fn transfers(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    let (from, to) = extent.days();
    sqlx::query_scalar!(
        r#"select array['HF' || lpad(t.id::text, 10, '0'), r.year::text || '年第' || r.number::text || '次',
                  to_char(r.made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), k.name, y.payee_name, y.purpose,
                  t.amount::text, t.bank_name, t.bank_account_mask, t.status, coalesce(t.returned_on::text, ''),
                  t.return_reason] as "cells!"
           from transfers t
           join payables y on y.id = t.payable_id
           join payment_runs r on r.id = t.run_id
           join accounts k on k.id = r.made_by
           left join settlements s on s.id = y.settlement_id
           left join case_batches b on b.id = y.batch_id
           where t.bureau_id = $1
             and ((s.month between $2 and $3 and ($5::bigint is null or y.person_id = $5)
                   and ($4::bigint is null or exists (
                       select from settlement_lines l join shifts d on d.id = l.shift_id
                       where l.item_id = y.item_id and d.venue_id = $4)))
                  or ($4::bigint is null and $5::bigint is null
                      and (b.paid_at at time zone 'Asia/Shanghai')::date between $6 and $7))
           order by t.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person,
        from,
        to
    )
    .fetch_all(conn)
    .await
}

/// The audit records of all these things.
pub(super) async fn trail(conn: &mut PgConnection, extent: Extent) -> sqlx::Result<Vec<Cells>> {
    sqlx::query_scalar!(
        r#"with reach as (
               select s.id from shifts s
               where s.bureau_id = $1 and s.month between $2 and $3
                 and ($4::bigint is null or s.venue_id = $4) and ($5::bigint is null or s.person_id = $5)
           ), things (subject, subject_id) as (
               select 'shift', id::text from reach
               union select 'consultation', c.id::text from consultations c where c.shift_id in (select id from reach)
               union select 'finding', f.id::text from findings f where f.shift_id in (select id from reach)
               union select 'roster', r.id::text from rosters r where r.bureau_id = $1 and r.month between $2 and $3
               union select 'settlement', s.id::text from settlements s where s.bureau_id = $1 and s.month between $2 and $3
               union select 'fund_entry', e.id::text from fund_entries e
                     join settlements s on s.id::text = e.document_id and e.document_kind = 'settlement' and s.bureau_id = e.bureau_id
                     where e.bureau_id = $1 and s.month between $2 and $3
               union select 'person', $5::bigint::text where $5::bigint is not null
           )
           select array[r.id::text, to_char(r.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), r.actor, r.address, r.action,
                  r.subject, r.subject_id, r.note, coalesce(r.before::text, ''), coalesce(r.after::text, '')] as "cells!"
           from things t
           join audit_records r on r.subject = t.subject and r.subject_id = t.subject_id and r.bureau_id = $1
           order by r.id"#,
        extent.bureau,
        extent.from as Month,
        extent.to as Month,
        extent.venue,
        extent.person
    )
    .fetch_all(conn)
    .await
}

/// An archive that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// When.
    pub(super) at: chrono::DateTime<chrono::Utc>,
    /// By whom.
    pub(super) actor: String,
    /// Of what and what for.
    pub(super) note: String,
    /// Its checksum.
    pub(super) checksum: String,
}

/// The last archives of a bureau.
pub(super) async fn made(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<Made>> {
    sqlx::query_as!(
        Made,
        r#"select at, actor, note, coalesce(after ->> 'sha256', '') as "checksum!" from audit_records
           where subject = 'evidence' and subject_id = $1::bigint::text and bureau_id = $1 order by id desc limit 20"#,
        bureau
    )
    .fetch_all(conn)
    .await
}
