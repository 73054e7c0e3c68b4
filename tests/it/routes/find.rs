//! Finding, the handbook, and how pages look.

use axum::http::Method;
use huifa::web::permissions::Role;

use crate::support::app::TestApp;

fn lines(page: &crate::support::app::Page) -> Vec<String> {
    page.select("#found [data-group=页面] a")
}

#[tokio::test]
async fn pages_are_found_by_their_name_and_by_the_initials_of_its_pinyin() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    assert_eq!(lines(&clerk.get("/find?q=pb").await), ["排班"]);
    assert!(lines(&clerk.get("/find?q=%E6%9C%88%E7%BB%93").await).contains(&"月结".to_owned()));
    let finance = app.staff(Role::Finance).await;
    assert!(lines(&finance.get("/find?q=pb").await).is_empty(), "finance has no roster");
    finance.get("/find?q=pb").await.assert_says("没有找到“pb”");
    app.stranger().get("/find?q=pb").await.assert_status(303);
}

#[tokio::test]
async fn people_are_found_by_those_who_may_see_the_duty_bank_of_their_own_bureau() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("单晓梅", &[venue]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.get("/find?q=%E6%99%93%E6%A2%85").await;
    assert_eq!(page.attribute("#found [data-group=值班人员] a", "href"), Some(format!("/people/{person}")));
    let duty = app.duty_person(person).await;
    let page = duty.get("/find?q=%E6%99%93%E6%A2%85").await;
    assert_eq!(page.attribute("#found [data-group=值班人员] a", "href"), None);
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    let page = staff.get("/find?q=%E7%B1%B3%E5%B1%B1").await;
    let href = page.attribute("#found [data-group=服务点] a", "href");
    assert_eq!(href, Some(format!("/roster/2024-05/venues/{venue}")));
    let page = staff.get("/find?q=%E4%B8%89%E7%94%B2").await;
    assert_eq!(page.attribute("#found [data-group=服务点] a", "href"), None, "another venue");
}

#[tokio::test]
async fn every_page_leads_to_its_chapter_of_the_handbook_and_every_chapter_opens() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.get("/settlements").await;
    assert_eq!(page.attribute(".foot p a", "href").as_deref(), Some("/help/settlement"));
    let index = app.stranger().get("/help").await;
    let chapters = index.select(".chapters a").len();
    assert_eq!(chapters, 20);
    for place in 1..=chapters {
        let href = index.attribute(&format!(".chapters li:nth-child({place}) a"), "href").expect("a chapter");
        app.stranger().get(&href).await.assert_status(200);
    }
    app.stranger().get("/help/rules").await.assert_says("A57").assert_says("全年为人民群众提供");
    app.stranger().get("/help/nowhere").await.assert_status(404);
}

#[tokio::test]
async fn colours_are_chosen_by_a_plain_form_and_leave_the_size_of_print_alone() {
    let app = TestApp::new().await;
    let stranger = app.stranger();
    let send = async |fields: &[(&str, &str)]| {
        let body = serde_html_form::to_string(fields).unwrap();
        stranger.send(Method::POST, "/appearance", Some(body), &[("sec-fetch-site", "same-origin")]).await
    };
    let page = send(&[("theme", "dark"), ("back", "/help")]).await;
    let cookies: Vec<&str> =
        page.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("huifa_theme=dark")), "{cookies:?}");
    assert!(!cookies.iter().any(|cookie| cookie.starts_with("huifa_print")), "{cookies:?}");
    let dark = stranger.send(Method::GET, "/help", None, &[("cookie", "huifa_theme=dark")]).await;
    assert_eq!(dark.attribute("html", "data-theme").as_deref(), Some("dark"));
    let odd = stranger.send(Method::GET, "/help", None, &[("cookie", "huifa_theme=<b>")]).await;
    assert_eq!(odd.attribute("html", "data-theme"), None);
}

#[tokio::test]
async fn accounts_beyond_a_page_are_reached_by_the_pager_and_by_name() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    app.execute(
        "insert into accounts (bureau_id, login, name, role, password_hash, must_change_password, created_at)
         select bureau_id, 'many' || lpad(n::text, 4, '0'), '多人' || n, 'leader', 'x', false, created_at
         from accounts, generate_series(1, 620) n where login = (select min(login) from accounts)",
    )
    .await;
    let mut seen = 0;
    let mut path = "/accounts".to_owned();
    let mut pages = 0;
    loop {
        let page = system.get(&path).await;
        let rows = page.select("tbody tr").len();
        assert!(rows <= 50, "{rows} rows on {path}");
        seen += rows;
        pages += 1;
        assert!(pages < 20);
        match page.attribute(".pager a[rel=next]", "href") {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(i64::try_from(seen).unwrap(), app.scalar_i64("select count(*) from accounts").await);
    assert_eq!(system.get("/accounts?q=many0615").await.select("tbody tr").len(), 1);
    // Whoever wants more rows chooses so once, for every list.
    let chosen = system.post("/appearance", &[("rows", "200"), ("back", "/accounts")]).await;
    let kept = chosen.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    assert!(kept.into_iter().any(|cookie| cookie.starts_with("huifa_rows=200")));
    let with = |rows: &str| format!("huifa={}; huifa_rows={rows}", system.cookie());
    for (rows, shown) in [("200", 200), ("100", 100), ("100000", 50), ("", 50)] {
        let page = app.stranger().send(Method::GET, "/accounts", None, &[("cookie", &with(rows))]).await;
        assert_eq!(page.select("tbody tr").len(), shown, "{rows:?}");
    }
    system.get("/accounts?q=nobody").await.assert_says("没有符合条件的账号");
}
