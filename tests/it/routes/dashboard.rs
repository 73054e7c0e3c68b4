//! Progress and figures.

use huifa::plan::Calendar;
use huifa::web::permissions::Role;

use crate::support::app::{Browser, TestApp};
use crate::support::books::busy_year;
use crate::support::queries::Queries;

/// The number behind a link is the one on the page behind it.
async fn leads_to(reader: &Browser<'_>, page: &crate::support::app::Page, words: &str, there: &str, says: &str) {
    let links = page.select("main a");
    assert!(links.iter().any(|link| link == words), "{words} among {links:?}");
    let found = scraper::Html::parse_document(&page.html)
        .select(&scraper::Selector::parse("main a").expect("a selector"))
        .find(|link| link.text().collect::<String>() == words)
        .and_then(|link| link.value().attr("href").map(str::to_owned));
    assert_eq!(found.as_deref(), Some(there));
    reader.get(there).await.assert_status(200).assert_says(says);
}

#[tokio::test]
async fn the_figures_are_those_that_a_recount_gives() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/dashboard").await;
    page.assert_status(200);
    let done = app.scalar_i64("select sum(counted)::bigint from consultation_sums").await;
    assert_eq!(done, 877);
    let days = Calendar::shipped()
        .working_days_between("2024-01-01".parse().expect("a day"), "2024-06-12".parse().expect("a day"))
        .expect("2024 is known");
    let expected = i64::try_from(days).expect("few") * 8600 / 251;
    page.assert_says(&format!("全年251个工作日已过{days}个"));
    page.assert_says("877 / 8,600人次");
    let behind = expected - done;
    let thousands = |number: i64| format!("{},{:03}", number / 1000, number % 1000);
    page.assert_says(&format!("按时间进度应完成{}人次，落后{}人次", thousands(expected), thousands(behind)));
    page.assert_says("5 / 290件");
    page.assert_says("560,700.00").assert_says("12,345.00").assert_says("548,355.00").assert_says("2.2%");
    assert_eq!(page.select("svg title").len() - page.select("svg g title, svg circle title").len(), 3, "three charts");
}

#[tokio::test]
async fn each_number_leads_to_the_list_behind_it() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/dashboard").await;
    let cases = "/cases?part=programme&by=";
    leads_to(&leader, &page, "受理12件", &format!("{cases}accepted&year=2024"), "共12件").await;
    leads_to(&leader, &page, "同意结案7件", &format!("{cases}agreed&year=2024"), "共7件").await;
    leads_to(&leader, &page, "录入省系统5件", &format!("{cases}entered&year=2024"), "共5件").await;
    leads_to(&leader, &page, "计入任务5件", "/cases?by=counted&year=2024", "共5件").await;
    leads_to(&leader, &page, "省级资金到账", "/fund/2024?account=earmarked_source", "560,700.00").await;
    leads_to(&leader, &page, "已支出", "/fund/2024?account=earmarked_duty_subsidy", "12,345.00").await;
    leads_to(&leader, &page, "看各服务点各月", "/dashboard/consultations?year=2024", "877").await;
    let behind = leader.get("/dashboard/consultations?year=2024").await;
    assert_eq!(behind.select("#total"), ["877"]);
    assert_eq!(page.select(".ranked tbody tr:first-child td.num"), ["812"]);
}

#[tokio::test]
async fn what_is_late_is_listed_with_how_late() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/dashboard").await;
    page.assert_says("1个服务点未上报5月考勤").assert_says("米山镇").assert_says("逾期7天");
    page.assert_says("5月值班补贴未发放").assert_says("还没有计算").assert_says("逾期2天");
    page.assert_says("6月排班未公示");
    let titles = page.select("section.asks tbody th");
    assert_eq!(titles, ["6月排班未公示", "1个服务点未上报5月考勤", "5月值班补贴未发放"], "the latest first");
}

#[tokio::test]
async fn a_quiet_office_is_told_that_nothing_is_late() {
    let app = TestApp::new().await;
    app.execute("update programmes set content = jsonb_set(content, '{valid_from}', '\"2024-08-01\"')").await;
    let page = app.staff(Role::Leader).await.get("/dashboard").await;
    page.assert_status(200).assert_says("没有逾期或临期的事项");
}

#[tokio::test]
async fn the_overview_takes_four_queries_whatever_the_rows() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let queries = Queries::listen();
    for path in ["/dashboard", "/dashboard/consultations"] {
        leader.get(path).await.assert_status(200);
        let asked = queries.take();
        assert!(!asked.is_empty() && asked.len() <= 4, "{path}: {asked:#?}");
    }
}

#[tokio::test]
async fn the_overview_is_for_those_who_lead_and_follow_up() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    app.duty_person(person).await.get("/dashboard").await.assert_status(403);
    app.staff_at(Role::VenueStaff, venue).await.get("/dashboard").await.assert_status(403);
    for role in [Role::Leader, Role::BureauClerk, Role::Approver, Role::Finance] {
        app.staff(role).await.get("/dashboard").await.assert_status(200);
    }
    let leader = app.staff(Role::Leader).await;
    leader.get("/dashboard?year=2030").await.assert_status(404);
    // Finance reads no cases: the figures are there, the links are not.
    let page = app.staff(Role::Finance).await.get("/dashboard").await;
    assert!(!page.html.contains("/cases?"));
}

#[tokio::test]
async fn a_year_without_a_plan_shows_the_last_that_has_one() {
    let app = TestApp::new().await;
    app.clock_to("2025-03-03 09:00");
    let leader = app.staff(Role::Leader).await;
    leader.get("/dashboard").await.assert_status(200).assert_says("2024年惠民工程进度").assert_says("已过251个");
    leader.get("/home").await.assert_status(200);
}
