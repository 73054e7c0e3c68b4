//! What if: a finding decided otherwise, another local standard, another plan, over a year as it is stored.

use huifa::web::permissions::Role;

use super::duty::{Duty, statements_of};
use crate::support::app::TestApp;

/// Two persons with a Wednesday each in May 2024, calculated; one station shift in June, not calculated. Today is 24 June.
async fn year(app: &TestApp) -> (i64, i64, i64) {
    let venue = app.venue("米山镇").await;
    let (first, second) = (app.person("毕示远", &[venue]).await, app.person("申示明", &[venue]).await);
    let duty = Duty::new(app).await;
    let may = duty.publish("2024-05", &[(first, venue, "2024-05-08"), (second, venue, "2024-05-15")]).await;
    for shift in &may {
        duty.serve(*shift).await;
    }
    duty.report("2024-05").await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    app.staff(Role::BureauClerk).await.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
    let june = duty.publish("2024-06", &[(first, venue, "2024-06-12"), (first, venue, "2024-06-26")]).await;
    duty.serve(june[0]).await;
    app.clock_to("2024-06-24 09:00");
    let late = duty.confirmed(may[1], "late", "").await;
    (june[0], late, may[0])
}

#[tokio::test]
async fn a_finding_is_tried_the_other_way_from_its_page() {
    let app = TestApp::new().await;
    let (_, late, _) = year(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get(&format!("/findings/{late}")).await.assert_says("如果撤销");
    let page = clerk.get(&format!("/trial/what-if?year=2024&finding={late}")).await;
    page.assert_status(200).assert_says("迟到撤销：申示明").assert_says("申示明：250.00 → 300.00，相差＋50.00元");
    page.assert_silent_on("毕示远：").assert_says("两项资金都可以用到年底");
    clerk.get("/trial/what-if?year=2024&finding=999").await.assert_status(422).assert_says("没有找到2024年编号为999");
    let stored = app.scalar_i64("select count(*) from settlements where version > 1").await;
    assert_eq!(stored, 0, "nothing was calculated again");
}

#[tokio::test]
async fn another_plan_runs_over_the_past_months_and_over_the_rest_of_the_year() {
    let app = TestApp::new().await;
    year(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post("/programmes/2024/copy", &[]).await;
    app.execute("update programmes set content = jsonb_set(content, '{station_rate}', '\"400.00\"') where year = 2025")
        .await;
    let page = clerk.get("/trial/what-if?year=2024&programme=2025").await;
    page.assert_status(200).assert_says("按2025年方案");
    // Two stations in May, one served in June: the shift to come is not among them.
    page.assert_says("毕示远：600.00 → 800.00，相差＋200.00元").assert_says("申示明：250.00 → 350.00，相差＋100.00元");
    page.assert_says("现在：五(二)1").assert_says("＋300.00");
    clerk.get("/fund/2024/outlook").await.assert_says("假设测算");
    clerk.get("/programmes/2025").await.assert_says("假设测算");
}

#[tokio::test]
async fn another_local_standard_is_read_by_kind_and_bad_figures_are_named() {
    let app = TestApp::new().await;
    year(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.get("/trial/what-if?year=2024&standard=1500").await;
    page.assert_status(200).assert_says("当地执行标准1,500.00元").assert_says("没有人的补贴会变");
    clerk.get("/trial/what-if?year=2024&standard=abc").await.assert_status(422);
    clerk.get("/trial/what-if?year=2019&standard=1500").await.assert_status(422).assert_says("这一年没有实施方案");
}

#[tokio::test]
async fn what_if_is_of_the_whole_bureau_and_asks_few_questions() {
    let app = TestApp::new().await;
    let (_, late, _) = year(&app).await;
    let person = app.scalar_i64("select id from persons where name = '毕示远'").await;
    let own = app.duty_person(person).await;
    own.get("/trial/what-if?standard=1500").await.assert_status(403);
    own.get("/trial").await.assert_status(200).assert_silent_on("假设测算");
    let venue = app.venue("米山镇").await;
    app.staff_at(Role::VenueStaff, venue).await.get("/trial/what-if?standard=1500").await.assert_status(403);
    let clerk = app.staff(Role::BureauClerk).await;
    let asked = statements_of(&clerk, &format!("/trial/what-if?year=2024&finding={late}&standard=1500")).await;
    assert!(asked.len() <= 4, "{asked:#?}");
}
