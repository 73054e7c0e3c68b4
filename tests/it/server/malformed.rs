//! Requests that no browser sends.

use huifa::web::permissions::Role;
use huifa::web::server::Limits;

use super::{Served, form_request};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_request_names_one_host() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), Limits::default()).await;
    for hosts in ["", "Host: huifa.test\r\nHost: evil.example\r\n"] {
        let request = format!("GET /sign-in HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        served.exchange(&request).await.expect("an answer").assert(400, "无法识别这个请求");
    }
    let old = served.exchange("GET /healthz HTTP/1.0\r\n\r\n").await.expect("an answer");
    old.assert(200, "ok");
}

#[tokio::test]
async fn half_a_megabyte_of_headers_is_refused_and_hurts_nobody() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), Limits::default()).await;
    let one = format!("GET /healthz HTTP/1.1\r\nHost: huifa.test\r\nX-Padding: {}\r\n\r\n", "a".repeat(500_000));
    let many: String = (0..500).map(|number| format!("X-{number}: {}\r\n", "a".repeat(1_000))).collect();
    let many = format!("GET /healthz HTTP/1.1\r\nHost: huifa.test\r\n{many}\r\n");
    for request in [one, many] {
        // Closed with the rest unread, the answer itself may not arrive.
        if let Some(answer) = served.exchange(&request).await {
            assert_eq!(answer.status, 431, "{answer:?}");
        }
    }
    served.get("/healthz").await.assert(200, "ok");
}

#[tokio::test]
async fn a_body_of_a_hundred_gigabytes_is_refused_before_it_comes() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), Limits::default()).await;
    for method in ["GET", "POST"] {
        let request = format!(
            "{method} /sign-in HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Length: 100000000000\r\n\r\n"
        );
        served.exchange(&request).await.expect("an answer").assert(413, "提交的内容过大");
    }
}

#[tokio::test]
async fn a_form_beyond_its_size_is_told_so_however_it_is_sent() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let served = Served::start(app.router(), Limits::default()).await;
    let body = format!("name={}", "a".repeat(300_000));
    let whole = served.exchange(&form_request("/accounts", system.cookie(), &body)).await.expect("an answer");
    whole.assert(413, "提交的内容过大");
    let chunked = format!(
        "POST /accounts HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\nCookie: huifa={}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        system.cookie(),
        body.len()
    );
    served.exchange(&chunked).await.expect("an answer").assert(413, "提交的内容过大");
}

#[tokio::test]
async fn a_nul_that_the_database_could_not_store_is_refused_in_words() {
    let app = TestApp::new().await;
    let audit = app.staff(Role::AuditAdministrator).await;
    audit.get("/audit?search=%00").await.assert_status(400).assert_says("无法识别的字符");
    let system = app.staff(Role::SystemAdministrator).await;
    let page = system.post("/accounts", &[("name", "李\0四"), ("login", "lisi"), ("role", "finance")]).await;
    page.assert_status(422).assert_says("无法保存的字符");
}

#[tokio::test]
async fn a_request_number_of_the_clients_own_is_not_taken() {
    let app = TestApp::new().await;
    let sent = app.stranger().send(axum::http::Method::GET, "/sign-in", None, &[("x-request-id", "forged")]).await;
    let number = sent.headers.get("x-request-id").expect("a number").to_str().unwrap();
    assert_ne!(number, "forged");
    assert_eq!(number.len(), 36);
}
