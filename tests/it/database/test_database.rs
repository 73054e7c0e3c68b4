//! The tests' own databases.

use crate::support::database::TestDatabase;

#[tokio::test]
async fn two_tests_see_nothing_of_each_other() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    sqlx::query("create table seen (n int)").execute(&one.pool).await.unwrap();
    let there: Option<String> =
        sqlx::query_scalar("select to_regclass('seen')::text").fetch_one(&other.pool).await.unwrap();
    assert_eq!(there, None);
}

#[tokio::test]
async fn the_address_leads_to_the_same_database() {
    let database = TestDatabase::new().await;
    let settings = huifa::database::DatabaseSettings { url: Some(database.url.clone()), ..Default::default() };
    let opened = huifa::database::open(&settings).await.unwrap();
    let ask = "select current_database()::text";
    let here: String = sqlx::query_scalar(ask).fetch_one(&database.pool).await.unwrap();
    let there: String = sqlx::query_scalar(ask).fetch_one(&opened.pool).await.unwrap();
    assert_eq!(here, there);
    opened.close().await.unwrap();
}

#[tokio::test]
async fn an_empty_database_takes_every_migration_and_takes_them_once() {
    let database = TestDatabase::empty().await;
    huifa::MIGRATOR.run(&database.pool).await.unwrap();
    huifa::MIGRATOR.run(&database.pool).await.unwrap();
    assert!(database.options.get_database().is_some());
}

#[tokio::test]
async fn a_session_lives_in_shanghai_and_has_its_limits() {
    let database = TestDatabase::new().await;
    let zone_and_limits: (String, String, String, String, String) = sqlx::query_as(
        "select current_setting('timezone'), current_setting('statement_timeout'), \
         current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'), \
         current_setting('application_name')",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    let (zone, statement, lock, idle, name) = zone_and_limits;
    assert_eq!(
        (zone.as_str(), statement.as_str(), lock.as_str(), idle.as_str(), name.as_str()),
        ("Asia/Shanghai", "30s", "10s", "30s", "huifa")
    );

    let first: chrono::NaiveDate =
        sqlx::query_scalar("select date_trunc('month', timestamptz '2026-03-31 16:30+00')::date")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    assert_eq!(first.to_string(), "2026-04-01", "00:30 in Shanghai is the new month");
}
