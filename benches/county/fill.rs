//! Filling: one county's year through every trigger of the schema, then the province's by
//! the same statements with the triggers asleep.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::ground::{ALONE, EVERYTHING, Ground};

const FUNCTIONS: &str = include_str!("sql/functions.sql");
const PROVINCE: &str = include_str!("sql/province.sql");
const YEAR: &str = include_str!("sql/year.sql");
const RUSH: &str = include_str!("sql/rush.sql");

/// How much there is of what.
pub(crate) type Sizes = Vec<(&'static str, i64)>;

/// Gaoping's year and the morning of the rush, with every trigger looking on; then a copy
/// of it as the database in which the county stays alone.
pub(crate) async fn county(ground: &Ground) -> anyhow::Result<Sizes> {
    let mut loader = ground.loader(EVERYTHING).await?;
    run(&mut loader, FUNCTIONS).await?;
    run(&mut loader, "insert into bench_bureaus select id, 0, false from bureaus where division_code = '140581'")
        .await?;
    in_one(&mut loader, YEAR).await?;
    in_one(&mut loader, RUSH).await?;
    run(&mut loader, "vacuum (analyze)").await?;
    loader.close().await?;
    ground.copy(EVERYTHING, ALONE).await?;
    sizes(ground).await
}

/// The rest of the province. The county's fill has shown that the statements satisfy the
/// triggers and the foreign keys; here they would only cost time. Checks, unique and
/// exclusion constraints hold as always.
pub(crate) async fn province(ground: &Ground) -> anyhow::Result<Sizes> {
    let mut loader = ground.loader(EVERYTHING).await?;
    run(&mut loader, "set session_replication_role = replica; truncate bench_bureaus, bench_people").await?;
    in_one(&mut loader, PROVINCE).await?;
    let indexes = without_indexes(&mut loader).await?;
    in_one(&mut loader, YEAR).await?;
    for index in indexes {
        run(&mut loader, &index).await?;
    }
    run(&mut loader, "set session_replication_role = origin").await?;
    run(&mut loader, "vacuum (analyze)").await?;
    loader.close().await?;
    sizes(ground).await
}

/// Drops the plain indexes of the large tables that the fill itself does not read, and
/// gives the statements that make them again: built once they cost a fraction.
async fn without_indexes(loader: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "select i.indexname, i.indexdef from pg_indexes i
         where i.schemaname = 'public' and i.tablename in ('consultations', 'audit_records', 'finding_steps')
           and i.indexname <> 'consultations_of_shift_by_time'
           and not exists (select from pg_constraint c where c.conname = i.indexname)",
    )
    .fetch_all(&mut *loader)
    .await?;
    for (name, _) in &found {
        run(loader, &format!("drop index {name}")).await?;
    }
    Ok(found.into_iter().map(|(_, statement)| statement).collect())
}

async fn sizes(ground: &Ground) -> anyhow::Result<Sizes> {
    let mut loader = ground.loader(EVERYTHING).await?;
    let mut rows = Vec::new();
    for (name, table) in [
        ("bureaus", "bureaus"),
        ("venues", "venues"),
        ("people", "persons"),
        ("shifts", "shifts"),
        ("consultations", "consultations"),
        ("findings", "findings"),
        ("cases", "cases"),
        ("audit records", "audit_records"),
    ] {
        let count =
            sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&mut loader).await?;
        rows.push((name, count));
    }
    loader.close().await?;
    Ok(rows)
}

async fn in_one(loader: &mut PgConnection, script: &str) -> anyhow::Result<()> {
    let mut transaction = loader.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn run(loader: &mut PgConnection, script: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(script)).execute(loader).await?;
    Ok(())
}
