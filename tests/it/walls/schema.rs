//! The walls of the schema stand as they are written down: no unique index, check, trigger,
//! policy or right goes unnoticed. Each is also shown at work by the tests of its part; this
//! one notices the day it is taken out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sqlx::PgPool;

use crate::support::database::TestDatabase;

/// One line each, white space evened out.
const WALLS: &str = r"
    select regexp_replace(line, '\s+', ' ', 'g') from (
        select conrelid::regclass || ': ' || pg_get_constraintdef(c.oid)
          from pg_constraint c
         where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u', 'x', 'p')
        union all
        select indrelid::regclass || ': unique '
               || substring(pg_get_indexdef(indexrelid) from ' USING .*$') || coalesce(' valid ' || indisvalid, '')
          from pg_index join pg_class on pg_class.oid = indexrelid
         where relnamespace = 'public'::regnamespace and indisunique
           and not exists (select from pg_constraint where conindid = indexrelid)
        union all
        select tgrelid::regclass || ': ' || pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
          from pg_trigger t where not tgisinternal
        union all
        select 'function: ' || pg_get_functiondef(p.oid)
          from pg_proc p
         where pronamespace = 'public'::regnamespace
           and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
        union all
        select 'policy: ' || tablename || ' ' || permissive || ' ' || cmd || ' ' || roles::text
               || coalesce(' using ' || qual, '') || coalesce(' with check ' || with_check, '')
          from pg_policies where schemaname = 'public'
        union all
        select 'row security: ' || relname || coalesce(' forced ' || relforcerowsecurity, '')
          from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity
        union all
        select 'right: ' || table_name || ' ' || string_agg(privilege_type, ', ' order by privilege_type)
          from information_schema.role_table_grants
         where table_schema = 'public' and grantee = 'huifa_program' group by table_name
        union all
        select 'not null: ' || attrelid::regclass || ' ' || attname
          from pg_attribute join pg_class on pg_class.oid = attrelid
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and attnotnull
    ) walls (line)";

async fn standing(pool: &PgPool) -> BTreeSet<String> {
    sqlx::query_scalar::<_, String>(WALLS).fetch_all(pool).await.expect("the walls").into_iter().collect()
}

#[tokio::test]
async fn no_wall_of_the_schema_goes_unnoticed() {
    let database = TestDatabase::new().await;
    let standing = standing(&database.pool).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/walls/schema.txt");
    if std::env::var_os("HUIFA_WALLS").is_some_and(|how| how == "renew") {
        let lines: Vec<&str> = standing.iter().map(String::as_str).collect();
        fs::write(&path, lines.join("\n") + "\n").expect("the list is written");
    }
    let written = fs::read_to_string(&path).expect("the list of the walls");
    let gone: Vec<&str> = written.lines().filter(|line| !standing.contains(*line)).collect();
    assert!(written.lines().count() > 500, "the list is whole");
    assert!(
        gone.is_empty(),
        "gone or changed; where that is meant, HUIFA_WALLS=renew writes the list anew:\n{}",
        gone.join("\n")
    );
}
