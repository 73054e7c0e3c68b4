//! Days turn in Shanghai, whatever the server's own time zone is.

use crate::support::app::TestApp;

#[tokio::test]
async fn the_first_hours_of_a_month_belong_to_it() {
    let app = TestApp::empty().await;
    let zone: String = sqlx::query_scalar("select current_setting('TimeZone')").fetch_one(&app.owner).await.unwrap();
    assert_eq!(zone, "Asia/Shanghai");
    // Four in the morning of 1 June in Shanghai is still 31 May in UTC.
    let (month, day): (String, String) = sqlx::query_as(
        "select to_char(date_trunc('month', at), 'YYYY-MM-DD'), at::date::text
         from (select timestamptz '2024-05-31 20:00:00+00' as at) instant",
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    assert_eq!((month.as_str(), day.as_str()), ("2024-06-01", "2024-06-01"));
}
