//! The public posting: what everybody sees, and what nobody sees.

use huifa::roster::{self, GapConsent, NewFilling, Seen, planner::Holidays};
use huifa::web::permissions::{Action, Role};
use huifa::web::work::Work;

use crate::support::app::TestApp;

/// May 2024 with Mishan filled, as far as asked.
async fn roster_of_may(app: &TestApp, publish: bool) {
    let mishan = app.venue("米山镇").await;
    let zhang = app.person("张三", &[mishan]).await;
    app.execute("update persons set bank_name = '示例银行', bank_account_mask = '**** 4321'").await;
    app.execute("update bureaus set supervise_phone = '0356-0000000'").await;
    app.execute(&format!("update venues set phone = '0356-0000123', address = '米山镇政府院内' where id = {mishan}"))
        .await;
    let clerk = app.staff(Role::BureauClerk).await;
    let approver = app.staff(Role::Approver).await;
    let month = "2024-05".parse().unwrap();
    let scope = clerk.actor().may(Action::EditRoster).unwrap();
    let mut work = Work::unattended(&app.state, clerk.actor()).await.unwrap();
    roster::start_month(&mut work, scope, month).await.unwrap();
    let filling = NewFilling { venue: mishan, people: vec![zhang], holidays: Holidays::Move };
    roster::fill_venue(&mut work, scope, month, filling).await.unwrap();
    let consent = GapConsent::Reason("张三身体原因，暂排一处".to_owned());
    roster::submit(&mut work, scope, month, Seen::Latest, consent).await.unwrap();
    work.commit().await.unwrap();
    let mut work = Work::unattended(&app.state, approver.actor()).await.unwrap();
    roster::approve(&mut work, scope, month, Seen::Latest).await.unwrap();
    work.commit().await.unwrap();
    if publish {
        let mut work = Work::unattended(&app.state, clerk.actor()).await.unwrap();
        roster::publish(&mut work, scope, month, Seen::Latest).await.unwrap();
        work.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_approved_roster_is_not_public_before_it_is_published() {
    let app = TestApp::new().await;
    roster_of_may(&app, false).await;
    for path in ["/", "/?week=2024-05-15", "/posting/140581101"] {
        app.stranger().get(path).await.assert_status(200).assert_silent_on("张三");
    }
    app.stranger().get("/").await.assert_says("这一周还没有公示的值班安排");
    app.stranger().get("/posting/140581101").await.assert_says("近期没有公示的值班安排");
}

#[tokio::test]
async fn everybody_sees_who_is_on_duty_where_and_when() {
    let app = TestApp::new().await;
    roster_of_may(&app, true).await;
    let stranger = app.stranger();
    let page = stranger.get("/").await;
    page.assert_status(200)
        .assert_says("高平市免费法律咨询值班公示")
        .assert_says("5月8日 星期三")
        .assert_says("张三")
        .assert_says("律师，山西示例律师事务所")
        .assert_says("08:00–12:00")
        .assert_says("0356-0000123")
        .assert_says("0356-0000000");
    // 1 May was a holiday; its duty was moved to 6 May, today.
    page.assert_says("今天").assert_says("改期");
    assert_eq!(page.select(".weeks a").len(), 5);
    stranger.get("/?week=2024-05-13").await.assert_says("5月15日 星期三");
    // Any day stands for its week, from Monday to Sunday.
    stranger.get("/?week=2024-05-19").await.assert_says("5月15日 星期三").assert_silent_on("5月8日");
    let page = stranger.get("/posting/140581101").await;
    page.assert_says("米山镇公共法律服务工作站").assert_says("米山镇政府院内").assert_says("5月29日 星期三");
    assert_eq!(page.select("tbody tr").len(), 5);
    app.staff(Role::Leader).await.get("/").await.assert_status(200).assert_says("张三");
}

#[tokio::test]
async fn a_stranger_finds_every_public_service_from_the_front_page() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let stranger = app.stranger();
    for from in ["/", "/posting/140581101", "/legal-aid", "/legal-aid/status", "/sign-in", "/privacy"] {
        let page = stranger.get(from).await;
        page.assert_status(200);
        let found = page.attributes(".services a", "href");
        let plain: Vec<&str> = found.iter().map(|href| href.split('?').next().unwrap_or("")).collect();
        assert_eq!(plain, ["/", "/legal-aid", "/legal-aid/status", "/sign-in"], "from {from}");
        for href in found {
            stranger.get(&href).await.assert_status(200);
        }
    }
    // The services of the county whose page is read.
    let href = stranger.get("/?county=140581").await.attribute(".services a + a", "href");
    assert_eq!(href.as_deref(), Some("/legal-aid?county=140581"));
    // Who is signed in is led home instead.
    let page = clerk.get("/").await;
    assert_eq!(page.attribute(".services-staff", "href").as_deref(), Some("/home"));
    // Nothing is offered before there is a bureau to serve.
    assert!(TestApp::empty().await.stranger().get("/").await.select(".services").is_empty());
}

#[tokio::test]
async fn nothing_private_is_public() {
    let app = TestApp::new().await;
    roster_of_may(&app, true).await;
    for path in ["/", "/?week=2024-05-15", "/posting/140581101"] {
        let page = app.stranger().get(path).await;
        page.assert_says("张三");
        for secret in ["138****0000", "149999", "示例银行", "4321", "身体原因", "劳动节放假", "1985"] {
            page.assert_silent_on(secret);
        }
    }
}

#[tokio::test]
async fn weeks_and_venues_that_do_not_exist_are_not_found() {
    let app = TestApp::new().await;
    for path in [
        "/?week=2024-02-30",
        "/?week=x",
        "/?week=9999-12-31",
        "/?week=-262143-01-01",
        "/?county=999999",
        "/posting/nowhere",
    ] {
        app.stranger().get(path).await.assert_status(404);
    }
    app.execute("update venues set active = false where code = '140581101'").await;
    app.stranger().get("/posting/140581101").await.assert_status(404);
}

#[tokio::test]
async fn an_empty_installation_has_a_front_page() {
    let app = TestApp::empty().await;
    app.stranger().get("/").await.assert_status(200).assert_says("这一周还没有公示的值班安排");
}
