-- 116 more bureaus beside the one installed: their venues, the same plan, an empty fund of their own.

with made as (
    insert into bureaus (division_code, name, short_name)
    select '14' || lpad((1 + n / 12)::text, 2, '0') || lpad((21 + n % 12)::text, 2, '0'), '示例' || n || '县司法局', '示例' || n
    from generate_series(1, 116) n
    returning id, short_name
)
insert into bench_bureaus (bureau_id, number, legal_aid)
select id, substr(short_name, 3)::integer, true from made;

insert into venues (bureau_id, kind, code, name, short_name, starts_at, ends_at, break_from, break_to, sort)
select b.bureau_id, kind.code, b.number || kind.suffix, '示例' || b.number || '县' || kind.name, kind.name,
       '08:00'::time, '18:00'::time, '12:00'::time, '14:00'::time, kind.sort
from bench_bureaus b
cross join (values ('service_centre', '-C', '公共法律服务中心', 1), ('legal_aid_centre', '-L', '法律援助中心', 2))
    as kind (code, suffix, name, sort)
union all
select b.bureau_id, 'station', b.number || '-' || n, '第' || n || '乡镇公共法律服务工作站', '第' || n || '乡镇',
       '08:00'::time, '12:00'::time, null, null, 9 + n
from bench_bureaus b
cross join lateral generate_series(1, case when b.number % 5 = 0 then 12 else 11 end) n;

insert into programmes (bureau_id, year, content, created_at)
select b.bureau_id, p.year, p.content, p.created_at
from bench_bureaus b cross join (select * from programmes order by id limit 1) p;

insert into programme_revisions (programme_id, revision, content, made_at)
select p.id, p.revision, p.content, p.created_at
from programmes p join bench_bureaus b on b.bureau_id = p.bureau_id;

insert into fund_accounts (bureau_id, year, code, name, fund, kind)
select b.bureau_id, a.year, a.code, a.name, a.fund, a.kind
from bench_bureaus b
cross join (select * from fund_accounts where bureau_id = (select min(bureau_id) from fund_accounts)) a;
