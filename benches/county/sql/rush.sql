-- A bureau where 6,400 people are on duty on one morning, at sixteen windows: what the signing in is measured on.

insert into bureaus (division_code, name, short_name) values ('149901', '早班县司法局', '早班');

insert into venues (bureau_id, kind, code, name, short_name, starts_at, ends_at, sort)
select b.id, 'legal_aid_centre', '149901-' || n, '第' || n || '窗口', '第' || n || '窗口', '08:30', '12:00', n
from bureaus b cross join generate_series(1, 16) n where b.division_code = '149901';

insert into programmes (bureau_id, year, content, created_at)
select b.id, p.year, p.content, p.created_at
from bureaus b cross join (select * from programmes order by id limit 1) p where b.division_code = '149901';

insert into programme_revisions (programme_id, revision, content, made_at)
select p.id, p.revision, p.content, p.created_at
from programmes p join bureaus b on b.id = p.bureau_id where b.division_code = '149901';

insert into accounts (bureau_id, venue_id, login, name, role, password_hash, must_change_password, created_at)
select v.bureau_id, v.id, 'rush' || v.sort, v.short_name, 'legal_aid_staff', 'none', false, '2023-12-20 09:00+08'
from venues v join bureaus b on b.id = v.bureau_id where b.division_code = '149901';

insert into accounts (bureau_id, login, name, role, password_hash, must_change_password, created_at)
select b.id, 'rush.' || r.role, r.name, r.role, 'none', false, '2023-12-20 09:00+08'
from bureaus b
cross join (values ('bureau_clerk', '经办'), ('leader', '领导'), ('audit_administrator', '审计')) as r (role, name)
where b.division_code = '149901';

insert into persons (bureau_id, seal_id, name, pinyin, gender, birth_date, id_number, id_number_index, id_number_mask,
    phone, phone_mask, category, organisation, licence_number, public_official, joined_on, created_at)
select b.id, gen_random_uuid(), '早班' || n, 'zaoban' || n, 'female', '1985-03-02', decode(repeat(md5('rush' || n), 3), 'hex'),
       decode(md5('index-rush-' || n), 'hex'), '149999********0000', decode(repeat(md5(n::text), 2), 'hex'), '138****0000',
       'lawyer', '山西示例律师事务所', 'L-R-' || n, false, '2024-01-01', '2023-12-20 09:00+08'
from bureaus b cross join generate_series(1, 6400) n where b.division_code = '149901';

insert into rosters (bureau_id, month, made_by, made_at)
select v.bureau_id, '2024-12-01', a.id, '2024-11-20 09:00+08'
from venues v join bureaus b on b.id = v.bureau_id join accounts a on a.venue_id = v.id
where b.division_code = '149901' and v.sort = 1;

insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
    planned_minutes, minimum_minutes)
select v.bureau_id, r.id, r.month, v.id, v.kind, p.id, '2024-12-31', v.starts_at, v.ends_at, 210, 0
from (select p.*, row_number() over (order by p.id) as number from persons p join bureaus b on b.id = p.bureau_id
      where b.division_code = '149901') p
join rosters r on r.bureau_id = p.bureau_id
join venues v on v.bureau_id = p.bureau_id and v.sort = 1 + p.number % 16;

update rosters r set status = 'published', submitted_by = r.made_by, submitted_at = r.made_at, published_by = r.made_by,
    published_at = r.made_at, approved_at = r.made_at,
    approved_by = (select a.id from accounts a where a.bureau_id = r.bureau_id and a.id <> r.made_by order by a.id limit 1)
from bureaus b where b.id = r.bureau_id and b.division_code = '149901';

insert into audit_records (at, bureau_id, account_id, actor, address, action, subject, subject_id, after)
select step.at, r.bureau_id, step.by, '工作人员（司法局工作人员）', '10.0.0.1', step.action, 'roster', r.id::text, '{}'::jsonb
from rosters r join bureaus b on b.id = r.bureau_id and b.division_code = '149901'
cross join lateral (values
    (r.made_at, r.made_by, 'roster.start'), (r.submitted_at, r.submitted_by, 'roster.submit'),
    (r.approved_at, r.approved_by, 'roster.approve'), (r.published_at, r.published_by, 'roster.publish')
) as step (at, by, action)
where step.at is not null;
