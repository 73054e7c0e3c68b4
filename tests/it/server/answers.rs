//! What every answer carries, and what none of them tells.

use axum::Router;
use axum::http::Method;
use axum::routing::get;
use huifa::web::permissions::Role;
use huifa::web::server::{Limits, layered};

use super::Served;
use crate::support::app::{Page, TestApp};

const HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];

#[track_caller]
fn assert_guarded(page: &Page, what: &str) {
    for (name, value) in HEADERS {
        assert_eq!(page.headers.get(name).map(|header| header.as_bytes()), Some(value.as_bytes()), "{name} of {what}");
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for part in
        ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]
    {
        assert!(policy.split(';').any(|one| one.trim() == part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    // Nothing is opened to other sites, and nothing tells what answers.
    for name in ["access-control-allow-origin", "server", "x-powered-by"] {
        assert!(!page.headers.contains_key(name), "{what} has {name}");
    }
}

#[tokio::test]
async fn every_kind_of_answer_carries_the_security_headers() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let asset = huifa::web::assets::asset("huifa.css");
    let (html, text) = ("text/html; charset=utf-8", "text/plain; charset=utf-8");
    for (path, status, cache, kind) in [
        ("/sign-in", 303, "no-store", ""),
        ("/accounts", 200, "no-store", html),
        ("/permissions", 200, "no-store", html),
        ("/audit", 403, "no-store", html),
        ("/nowhere", 404, "no-store", html),
        ("/accounts/999999", 404, "no-store", html),
        ("/accounts/abc", 404, "no-store", html),
        ("/sign-out", 405, "no-store", html),
        ("/healthz", 200, "no-store", text),
        ("/readyz", 200, "no-store", text),
        (asset, 200, "public, max-age=31536000, immutable", "text/css; charset=utf-8"),
        (
            huifa::web::assets::asset("huifa.js"),
            200,
            "public, max-age=31536000, immutable",
            "text/javascript; charset=utf-8",
        ),
    ] {
        let page = system.get(path).await;
        page.assert_status(status);
        assert_guarded(&page, path);
        assert_eq!(page.headers["cache-control"], cache, "{path}");
        assert_eq!(page.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap()), kind, "{path}");
    }
    let refused =
        system.send(Method::POST, "/accounts", Some(String::new()), &[("sec-fetch-site", "cross-site")]).await;
    refused.assert_status(403).assert_says("不是从本站的页面发出的");
    assert_guarded(&refused, "a refused origin");
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_stay_on_it_and_cookies_are_bound_to_the_host() {
    let mut app = TestApp::new().await;
    app.stranger().get("/").await.assert_status(200);
    assert!(!app.stranger().get("/").await.headers.contains_key("strict-transport-security"));
    app.is_reached_at("https://huifa.example");
    app.staff(Role::BureauClerk).await;
    for path in ["/sign-in", "/nowhere", "/people", huifa::web::assets::asset("huifa.css")] {
        let page = app.stranger().get(path).await;
        assert_eq!(page.headers["strict-transport-security"], "max-age=31536000; includeSubDomains", "{path}");
    }
    let cookie = app.stranger().get("/sign-in/passkey").await.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("__Host-huifa-passkey=") && cookie.contains("; Secure") && cookie.contains("; HttpOnly")
    );
    assert!(cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    // So is every cookie of a sign-in and of how pages look.
    let clerk = app.staff(Role::BureauClerk).await;
    let hash = app.state.passwords.hash("marsh-lantern-47-oboe".to_owned()).await.unwrap();
    let id = clerk.actor().account_id;
    app.execute(&format!("update accounts set login = 'xujing', password_hash = '{hash}' where id = {id}")).await;
    let fields = [("login", "xujing"), ("password", "marsh-lantern-47-oboe")];
    let signed = app.stranger().post_bare("/sign-in", &fields).await;
    let looks = app.stranger().post_bare("/appearance", &[("print", "large"), ("theme", "dark"), ("back", "/")]).await;
    let given = |page: &Page| -> Vec<String> {
        page.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap().to_owned()).collect()
    };
    let (of_session, of_looks) = (given(&signed), given(&looks));
    assert!(of_session.len() == 2 && !of_looks.is_empty(), "{of_session:?} {of_looks:?}");
    assert!(of_session.iter().any(|set| set.starts_with("__Host-huifa=")));
    for set in of_session.iter().chain(&of_looks) {
        assert!(set.starts_with("__Host-") && !set.contains("Domain="), "{set}");
        for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(set.contains(part), "{part} is not in {set}");
        }
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_told_in_the_frame_of_whoever_asks() {
    let app = TestApp::new().await;
    let page = app.stranger().get("/nowhere").await;
    page.assert_status(404).assert_says("没有找到这个页面");
    assert_eq!(page.select("nav.rail"), Vec::<String>::new());
    let system = app.staff(Role::SystemAdministrator).await;
    let page = system.get("/nowhere").await;
    page.assert_status(404).assert_says("没有找到这个页面").assert_says("服务点");
    assert_eq!(page.select(".who-name"), [system.actor().name.clone()]);
    let page = system.get("/sign-out").await;
    page.assert_status(405).assert_says("只用于提交表单");
    assert_eq!(page.headers["allow"], "POST");
}

#[tokio::test]
async fn a_failure_inside_shows_a_number_and_nothing_else() {
    let app = TestApp::new().await;
    let audit = app.staff(Role::AuditAdministrator).await;
    app.execute("alter table audit_records rename to lost").await;
    let page = audit.get("/audit").await;
    page.assert_status(500).assert_says("系统出现故障").assert_says("故障编号");
    for word in ["audit_records", "relation", "sqlx", "PgDatabase", "src/", "42P01"] {
        page.assert_silent_on(word);
    }
    let number = page.select("strong.tab").remove(0);
    assert!(number.len() == 8 && number.chars().all(|c| c.is_ascii_hexdigit()), "{number}");
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_tells_nothing() {
    async fn breaks() -> &'static str {
        panic!("the inner secret")
    }
    let app = TestApp::new().await;
    let routes = Router::new().route("/breaks", get(breaks).post(breaks));
    let served = Served::start(layered(&app.state, routes), Limits::default()).await;
    for method in ["GET", "POST"] {
        let request = format!(
            "{method} /breaks HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let answer = served.exchange(&request).await.expect("an answer");
        answer.assert(500, "故障编号");
        assert!(!answer.body.contains("inner secret"), "{answer:?}");
        assert!(answer.header("content-security-policy").is_some());
    }
    served.get("/nowhere").await.assert(404, "没有找到这个页面");
}

#[tokio::test]
async fn pages_and_assets_are_compressed_on_request() {
    let app = TestApp::new().await;
    for path in ["/nowhere", huifa::web::assets::asset("huifa.css")] {
        let page = app.stranger().send(Method::GET, path, None, &[("accept-encoding", "gzip")]).await;
        assert_eq!(page.headers["content-encoding"], "gzip", "{path}");
        assert!(page.headers["vary"].to_str().unwrap().contains("accept-encoding"), "{path}");
    }
}

#[tokio::test]
async fn without_its_database_the_program_lives_but_is_not_ready() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    app.stranger().get("/readyz").await.assert_status(200);
    app.state.pool.close().await;
    app.stranger().get("/healthz").await.assert_status(200);
    let page = app.stranger().get("/readyz").await;
    page.assert_status(503);
    assert_eq!(page.html, "not ready\n");
    clerk.get("/permissions").await.assert_status(500).assert_says("故障编号");
}

#[tokio::test]
async fn the_style_guide_exists_in_a_demonstration_only() {
    let mut app = TestApp::new().await;
    app.stranger().get("/styleguide").await.assert_status(404);
    app.stranger().get("/styleguide/roster").await.assert_status(404);
    app.demonstrate();
    for path in ["/styleguide", "/styleguide/roster", "/styleguide/settlement", "/styleguide/posting"] {
        app.stranger().get(path).await.assert_status(200);
    }
    app.stranger().get("/styleguide/none").await.assert_status(404);
}
