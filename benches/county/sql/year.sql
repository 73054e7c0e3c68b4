-- A year of the bureaus in bench_bureaus: people, rosters, shifts, attendance, consultations, findings, cases.
-- The order is the order of the work, so that every trigger can look on.

insert into accounts (bureau_id, login, name, role, password_hash, must_change_password, created_at)
select b.bureau_id, 'b' || b.number || '.' || r.role, r.name, r.role, 'none', false, '2023-12-20 09:00+08'
from bench_bureaus b
cross join (values ('bureau_clerk', '经办'), ('approver', '审批'), ('finance', '财务'), ('leader', '领导'),
    ('system_administrator', '管理'), ('audit_administrator', '审计')) as r (role, name);

insert into accounts (bureau_id, venue_id, login, name, role, password_hash, must_change_password, created_at)
select v.bureau_id, v.id, 'v' || v.id, v.short_name || '工作人员',
       case v.kind when 'legal_aid_centre' then 'legal_aid_staff' else 'venue_staff' end, 'none', false, '2023-12-20 09:00+08'
from venues v join bench_bureaus b on b.bureau_id = v.bureau_id;

-- Thirty-six people a bureau: 0–23 for the stations, 24–29 for the centre, 30–35 for the legal aid centre.
insert into persons (bureau_id, seal_id, name, pinyin, gender, birth_date, id_number, id_number_index, id_number_mask,
    phone, phone_mask, category, organisation, licence_number, years_in_service, public_official, joined_on, created_at)
select b.bureau_id, gen_random_uuid(),
       (array['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '徐', '孙'])[1 + n % 12]
           || (array['建国', '秀英', '志强', '丽华', '晓东', '海燕', '文斌', '玉兰', '永红', '俊杰'])[1 + (n + b.number) % 10],
       (array['wang', 'li', 'zhang', 'liu', 'chen', 'yang', 'zhao', 'huang', 'zhou', 'wu', 'xu', 'sun'])[1 + n % 12]
           || (array['jianguo', 'xiuying', 'zhiqiang', 'lihua', 'xiaodong', 'haiyan', 'wenbin', 'yulan', 'yonghong', 'junjie'])[1 + (n + b.number) % 10],
       case when n % 2 = 0 then 'male' else 'female' end,
       '1970-01-01'::date + n * 200 + b.number,
       -- As long as a sealed value is; nothing here opens it.
       decode(repeat(md5(b.bureau_id || '-' || n), 3), 'hex'),
       decode(md5('index-' || b.bureau_id || '-' || n), 'hex'), '149999********00' || lpad(n::text, 2, '0'),
       decode(repeat(md5('phone-' || b.bureau_id || '-' || n), 2), 'hex'), '138****00' || lpad(n::text, 2, '0'),
       (array['lawyer', 'lawyer', 'lawyer', 'grassroots_legal_worker', 'grassroots_legal_worker', 'retired_judicial'])[1 + n % 6],
       '山西示例律师事务所', 'L-' || b.number || '-' || n, 12, false, '2024-01-01', '2023-12-20 09:00+08'
from bench_bureaus b cross join generate_series(0, 35) n;

analyze accounts, persons, venues;

insert into bench_people (bureau_id, place, person_id)
select p.bureau_id, row_number() over (partition by p.bureau_id order by p.id) - 1, p.id
from persons p join bench_bureaus b on b.bureau_id = p.bureau_id;

insert into person_venues (person_id, venue_id, bureau_id)
select p.person_id, v.id, v.bureau_id
from bench_people p
join bench_bureaus b on b.bureau_id = p.bureau_id
join venues v on v.bureau_id = p.bureau_id
where v.kind = case when p.place < 24 then 'station' when p.place < 30 then 'service_centre' else 'legal_aid_centre' end;

insert into rosters (bureau_id, month, made_by, made_at)
select b.bureau_id, month::date, a.id, month - interval '12 days'
from bench_bureaus b
join accounts a on a.login = 'b' || b.number || '.bureau_clerk'
cross join generate_series('2024-01-01'::timestamptz, '2024-12-01', '1 month') month;

analyze bench_bureaus, bench_people, rosters;

-- The centre every working day, each station every Wednesday, the legal aid centre from Monday to Thursday.
with days as (
    select day::date as day, extract(doy from day)::integer as number, extract(isodow from day) as weekday
    from generate_series('2024-01-01'::timestamp, '2024-12-31', '1 day') day
    where is_working_day(day::date)
), places as (
    select v.*, b.legal_aid, row_number() over (partition by v.bureau_id, v.kind order by v.sort, v.id) - 1 as place
    from venues v join bench_bureaus b on b.bureau_id = v.bureau_id
)
insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
    break_from, break_to, planned_minutes, minimum_minutes)
select v.bureau_id, r.id, r.month, v.id, v.kind, p.person_id, d.day, v.starts_at, v.ends_at, v.break_from, v.break_to,
       case v.kind when 'station' then 240 else 480 end,
       case v.kind when 'station' then 240 when 'service_centre' then 480 else 0 end
from places v
join days d on v.kind = 'service_centre' or (v.kind = 'station' and d.weekday = 3)
    or (v.kind = 'legal_aid_centre' and v.legal_aid and d.weekday <= 4)
join rosters r on r.bureau_id = v.bureau_id and r.month = date_trunc('month', d.day::timestamp)
join bench_people p on p.bureau_id = v.bureau_id and p.place = case v.kind
    when 'station' then (v.place + d.number / 7) % 24
    when 'service_centre' then 24 + d.number % 6
    else 30 + d.number % 6 end
order by d.day, v.bureau_id, v.sort;

update rosters r set status = 'published', version = 4,
    submitted_by = clerk.id, submitted_at = r.made_at + interval '1 day',
    approved_by = approver.id, approved_at = r.made_at + interval '2 days',
    published_by = clerk.id, published_at = r.made_at + interval '3 days'
from bench_bureaus b
join accounts clerk on clerk.login = 'b' || b.number || '.bureau_clerk'
join accounts approver on approver.login = 'b' || b.number || '.approver'
where r.bureau_id = b.bureau_id;

analyze shifts, rosters;

-- Nearly every shift up to yesterday is served; one in forty comes late, one in eighty leaves early.
insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, signed_out_at, signed_out_by,
    sign_out_method, late_minutes, early_minutes)
select s.id, s.bureau_id, ((s.duty_on + s.starts_at) at time zone 'Asia/Shanghai') + t.late * interval '1 minute'
           - case when t.late = 0 then (1 + bench_die(s.id, 2, 12)) * interval '1 minute' else interval '0' end,
       a.id, 'desk',
       ((s.duty_on + s.ends_at) at time zone 'Asia/Shanghai') - t.early * interval '1 minute'
           + case when t.early = 0 then bench_die(s.id, 4, 15) * interval '1 minute' else interval '0' end,
       a.id, 'desk', t.late, t.early
from shifts s
join bench_bureaus b on b.bureau_id = s.bureau_id
join accounts a on a.venue_id = s.venue_id
cross join lateral (select
    case when bench_die(s.id, 1, 40) = 0 then 3 + bench_die(s.id, 5, 20) else 0 end as late,
    case when bench_die(s.id, 3, 80) = 0 then 5 + bench_die(s.id, 6, 20) else 0 end as early) t
where bench_die(s.id, 7, 200) > 0 and s.duty_on < '2024-12-31';

analyze attendances;

-- Seven to ten people ask for advice on a served shift.
insert into consultations (bureau_id, venue_id, shift_id, person_id, number, seal_id, channel, started_at, ended_at,
    refused_identity, client_name, gender, birth_year, phone, phone_index, phone_mask, township, groups, first_visit,
    topic, cause, facts, request, advice, legal_basis, outcomes, legal_aid_hint, told_right, satisfaction,
    review, reviewed_by, reviewed_at, recorded_by, recorded_at)
select c.bureau_id, c.venue_id, c.shift_id, c.person_id,
       to_char(c.month, 'YYYYMM') || '-' || c.venue_id || '-' || lpad(c.number::text, 4, '0'), gen_random_uuid(),
       (array['on_site', 'on_site', 'on_site', 'on_site', 'on_site', 'phone', 'phone', 'online', 'home_visit', 'event'])[1 + bench_die(c.die, 11, 10)],
       c.started_at, c.started_at + (10 + bench_die(c.die, 12, 15)) * interval '1 minute', false,
       (array['赵', '钱', '孙', '李', '周', '吴', '郑', '王', '冯', '陈', '褚', '卫', '蒋', '沈', '韩', '杨'])[1 + bench_die(c.die, 13, 16)]
           || (array['小明', '桂花', '建军', '春梅', '卫东', '爱国', '翠兰', '国庆', '红霞', '大勇', '素珍', '铁柱'])[1 + bench_die(c.die, 14, 12)]
           || case when bench_die(c.die, 15, 3) = 0 then '' else chr(19968 + bench_die(c.die, 16, 4000)) end,
       case when bench_die(c.die, 17, 2) = 0 then 'male' else 'female' end, 1945 + bench_die(c.die, 18, 60),
       decode(repeat(md5(c.die::text), 2), 'hex'), decode(md5('phone' || bench_die(c.die, 19, 3000) || '-' || c.bureau_id), 'hex'),
       '139****' || lpad(bench_die(c.die, 20, 10000)::text, 4, '0'), '示例乡镇',
       case when bench_die(c.die, 21, 3) = 0 then array['farmer'] when bench_die(c.die, 21, 3) = 1 then array['elderly', 'woman'] else '{}' end,
       bench_die(c.die, 22, 4) > 0,
       (array['family', 'labour', 'loan', 'land_rights', 'social_security', 'traffic_accident', 'contract', 'inheritance', 'neighbours', 'other'])[1 + bench_die(c.die, 23, 10)],
       '', '咨询人与对方就款项和责任发生争议，多次协商没有结果，想了解如何收集证据、向何处反映以及所需时间。',
       '想知道怎样维护自己的权益。', '告知可先申请人民调解，保存合同、收据和聊天记录；调解不成的，可在诉讼时效内向有管辖权的人民法院起诉，符合条件的可申请法律援助。',
       '《中华人民共和国民法典》第一百八十八条', array['answered'], bench_die(c.die, 24, 15) = 0, true,
       (array['very_satisfied', 'very_satisfied', 'satisfied', 'satisfied', 'acceptable', 'not_rated'])[1 + bench_die(c.die, 25, 6)],
       case when c.month < '2024-12-01' then 'qualified' else 'unreviewed' end,
       case when c.month < '2024-12-01' then c.clerk end,
       case when c.month < '2024-12-01' then c.started_at + interval '3 days' end,
       c.recorder, c.started_at + interval '40 minutes'
from (
    select s.bureau_id, s.venue_id, s.id as shift_id, s.person_id, s.month, s.id * 16 + n as die, staff.id as recorder, clerk.id as clerk,
           ((s.duty_on + s.starts_at) at time zone 'Asia/Shanghai') + (n - 1) * interval '20 minutes' as started_at,
           row_number() over (partition by s.venue_id, s.month order by s.duty_on, s.id, n) as number
    from shifts s
    join bench_bureaus b on b.bureau_id = s.bureau_id
    join accounts clerk on clerk.login = 'b' || b.number || '.bureau_clerk'
    join attendances a on a.shift_id = s.id
    join accounts staff on staff.venue_id = s.venue_id
    cross join lateral generate_series(1, 7 + bench_die(s.id, 10, 26) / 6) n
) c;

analyze consultations;

insert into consultation_sums (bureau_id, venue_id, month, counted, last_number)
select c.bureau_id, c.venue_id, s.month, count(*) filter (where c.channel <> 'event'), count(*)
from consultations c join shifts s on s.id = c.shift_id
join bench_bureaus b on b.bureau_id = c.bureau_id
group by c.bureau_id, c.venue_id, s.month;

-- Every late coming and early leaving, and one defective record in three hundred: told, not objected to, confirmed.
with found as (
    select a.shift_id, 'late' as kind, '' as occurrence, null::bigint as consultation_id, '签到晚于排定时间' || a.late_minutes || '分钟。' as evidence
    from attendances a join bench_bureaus b on b.bureau_id = a.bureau_id where a.late_minutes > 0
    union all
    select a.shift_id, 'early_leave', '', null, '签退早于排定时间' || a.early_minutes || '分钟。'
    from attendances a join bench_bureaus b on b.bureau_id = a.bureau_id where a.early_minutes > 0
    union all
    select c.shift_id, 'record_defect', c.id::text, c.id, '缺少法律依据。'
    from consultations c join bench_bureaus b on b.bureau_id = c.bureau_id
    where bench_die(c.id, 31, 300) = 0 and c.review <> 'unreviewed'
), made as (
    insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, occurrence, consultation_id, evidence,
        status, proposed_by, proposed_at, told_by, told_at, objection_until, decided_by, decided_at, decision_note, version)
    select s.bureau_id, s.id, s.venue_id, s.person_id, f.kind, s.duty_on, f.occurrence, f.consultation_id, f.evidence,
           'confirmed', case when f.kind = 'record_defect' then clerk.id end, s.duty_on + interval '1 day', clerk.id, s.duty_on + interval '2 days',
           s.duty_on + 8, approver.id, s.duty_on + interval '10 days', '属实。', 3
    from found f
    join shifts s on s.id = f.shift_id
    join bench_bureaus b on b.bureau_id = s.bureau_id
    join accounts clerk on clerk.login = 'b' || b.number || '.bureau_clerk'
    join accounts approver on approver.login = 'b' || b.number || '.approver'
    returning id, proposed_by, proposed_at, told_by, told_at, decided_by, decided_at
)
insert into finding_steps (finding_id, at, account_id, status)
select m.id, step.at, step.account_id, step.status
from made m
cross join lateral (values (1, m.proposed_at, m.proposed_by, 'proposed'), (2, m.told_at, m.told_by, 'told'),
    (3, m.decided_at, m.decided_by, 'confirmed')) as step (number, at, account_id, status)
order by m.id, step.number;

insert into venue_months (venue_id, bureau_id, month, status, certified_by, certified_at, version)
select v.id, v.bureau_id, month::date, 'reported', a.id, month + interval '1 month 1 day', 2
from venues v
join bench_bureaus b on b.bureau_id = v.bureau_id
join accounts a on a.venue_id = v.id
cross join generate_series('2024-01-01'::timestamptz, '2024-11-01', '1 month') month;

-- 290 cases of the programme, accepted through the year; four in five are closed and entered, and have their place.
with cases_of_year as (
    select b.bureau_id, n, a.id as registered_by, ('2024-01-01'::date + n * 360 / 290) as accepted_on,
           ('2024-01-01'::date + n * 360 / 290) + 40 + bench_die(b.bureau_id * 1000 + n, 41, 60) as agreed_on
    from bench_bureaus b
    join venues v on v.bureau_id = b.bureau_id and v.kind = 'legal_aid_centre'
    join accounts a on a.venue_id = v.id
    cross join generate_series(1, 290) n
), dated as (
    select *, agreed_on + 3 as entered_on, agreed_on + 3 <= '2024-12-30' as closed from cases_of_year
)
insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
    accepted_on, assigned_on, closing_agreed_on, entered_on, entry_number, programme_case, counted_on, place,
    registered_by, registered_at)
select bureau_id, '（2024）援字第' || lpad(n::text, 4, '0') || '号', 'civil_first_instance', 'application', array['farmer'],
       'lawyer', '承办' || n % 30, '山西示例律师事务所', '追索劳动报酬纠纷', accepted_on, accepted_on + 2,
       case when closed then agreed_on end, case when closed then entered_on end,
       case when closed then 'SX2024' || lpad(n::text, 6, '0') else '' end, true, case when closed then entered_on end,
       case when closed then row_number() over (partition by bureau_id, closed order by entered_on, n) end,
       registered_by, accepted_on + interval '9 hours'
from dated;

-- The trail of the steps, of the signing in and of the recording.
insert into audit_records (at, bureau_id, account_id, actor, address, action, subject, subject_id, after)
with steps (at, bureau_id, account_id, action, subject, subject_id) as (
    select made_at, bureau_id, made_by, 'roster.start', 'roster', id from rosters
    union all
    select submitted_at, bureau_id, submitted_by, 'roster.submit', 'roster', id from rosters
    union all
    select approved_at, bureau_id, approved_by, 'roster.approve', 'roster', id from rosters
    union all
    select published_at, bureau_id, published_by, 'roster.publish', 'roster', id from rosters
    union all
    select t.at, f.bureau_id, t.account_id, 'finding.' || t.status, 'finding', f.id
    from finding_steps t join findings f on f.id = t.finding_id
    union all
    select registered_at, bureau_id, registered_by, 'case.register', 'case', id from cases
)
select s.at, s.bureau_id, s.account_id, '工作人员（司法局工作人员）', '10.0.0.1', s.action, s.subject, s.subject_id::text, '{}'::jsonb
from steps s join bench_bureaus b on b.bureau_id = s.bureau_id
where s.at is not null and s.account_id is not null
union all
select a.signed_in_at, a.bureau_id, a.signed_in_by, '工作人员（站点工作人员）', '10.0.0.1', 'attendance.sign_in', 'shift', a.shift_id::text,
       jsonb_build_object('late_minutes', a.late_minutes, 'method', a.sign_in_method, 'signed_in_at', a.signed_in_at)
from attendances a join bench_bureaus b on b.bureau_id = a.bureau_id
union all
select c.recorded_at, c.bureau_id, c.recorded_by, '工作人员（站点工作人员）', '10.0.0.1', 'consultation.record', 'consultation', c.id::text,
       jsonb_build_object('number', c.number, 'topic', c.topic)
from consultations c join bench_bureaus b on b.bureau_id = c.bureau_id;
