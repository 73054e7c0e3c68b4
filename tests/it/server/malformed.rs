//! Requests that no browser sends.

use huifa::web::permissions::Role;
use huifa::web::server::Limits;

use super::{Served, form_request};
use crate::support::app::TestApp;
use crate::support::files::texts;

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
    let announced = form_request("/accounts", system.cookie(), "").replace("Length: 0", "Length: 300005");
    let parted = format!("{announced}{body}");
    served.exchange(&parted).await.expect("an answer").assert(413, "提交的内容过大");
}

/// A form to the sign-in with these header lines, and behind it a request that must not be seen as one.
fn smuggled(lines: &str) -> String {
    format!(
        "POST /sign-in HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n{lines}\r\n\
         0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: huifa.test\r\nConnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn a_message_whose_end_could_be_seen_in_two_places_is_refused_and_the_connection_closed() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), Limits::default()).await;
    for lines in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\tchunked\r\n",
        "Transfer-Encoding: CHUNKED\r\n",
    ] {
        let answer = served.exchange(&smuggled(lines)).await.expect("an answer");
        answer.assert(411, "没有写明内容的长度");
        assert_eq!(answer.header("connection"), Some("close"), "{lines}");
        assert!(!answer.body.contains("HTTP/1.1"), "{lines}: {answer:?}");
    }
    for lines in [
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length:\r\n",
        "X-Folded: one\r\n two\r\n",
        "X-Nul: a\0b\r\n",
        "X-Bare: a\rb\r\n",
        "X Spaced: a\r\n",
    ] {
        let answer = served.exchange(&smuggled(lines)).await.expect("an answer");
        assert_eq!(answer.status, 400, "{lines}: {answer:?}");
        assert!(!answer.body.contains("HTTP/1.1"), "{lines}: {answer:?}");
    }
    served.get("/healthz").await.assert(200, "ok");
}

#[tokio::test]
async fn request_lines_that_no_browser_sends_are_refused_and_hurt_nobody() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), Limits::default()).await;
    let long = format!("GET /{} HTTP/1.1", "a".repeat(100_000));
    for (line, statuses) in [
        ("GET /a\0b HTTP/1.1", [400, 400]),
        ("GET /a%00b HTTP/1.1", [400, 400]),
        ("GET  HTTP/1.1", [400, 400]),
        ("GET /healthz", [400, 400]),
        ("GET /healthz HTTP/3.7", [400, 400]),
        ("GET http://evil.example/accounts/1/nothing HTTP/1.1", [404, 404]),
        ("GET /static/../../etc/passwd HTTP/1.1", [404, 404]),
        ("GET /static/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1", [404, 404]),
        ("CONNECT evil.example:443 HTTP/1.1", [404, 405]),
        ("OPTIONS * HTTP/1.1", [404, 405]),
        ("TRACE /sign-in HTTP/1.1", [405, 405]),
        ("PUT /sign-in HTTP/1.1", [405, 405]),
        ("DELETE /sign-in HTTP/1.1", [405, 405]),
        (long.as_str(), [414, 431]),
    ] {
        let request = format!("{line}\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n");
        // Closed with the rest unread, the answer itself may not arrive.
        if let Some(answer) = served.exchange(&request).await {
            assert!(statuses.contains(&answer.status), "{line:.60}: {answer:?}");
        }
    }
    for host in ["a b", "huifa.test/evil", "<script>", "a@@b"] {
        let request = format!("GET /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        served.exchange(&request).await.expect("an answer").assert(400, "主机名无法识别");
    }
    let many: String = (0..300).map(|number| format!("X-{number}: a\r\n")).collect();
    let many = served.exchange(&format!("GET /healthz HTTP/1.1\r\nHost: huifa.test\r\n{many}\r\n")).await;
    assert!(many.is_none_or(|answer| answer.status == 431));
    served.get("/healthz").await.assert(200, "ok");
}

#[tokio::test]
async fn a_nul_that_the_database_could_not_store_is_refused_in_words() {
    let app = TestApp::new().await;
    let audit = app.staff(Role::AuditAdministrator).await;
    audit.get("/audit?search=%00").await.assert_status(400).assert_says("无法识别的字符");
    let system = app.staff(Role::SystemAdministrator).await;
    let page = system.post("/accounts", &[("name", "李\0四"), ("login", "lisi"), ("role", "finance")]).await;
    page.assert_status(422).assert_says("无法保存的字符");
    // Nor is guessed at what is no text, nor kept what is not seen on paper.
    let send = async |name: &str| {
        let (token, once) = (&system.actor().form_token, uuid::Uuid::new_v4());
        let body = format!("token={token}&once={once}&login=lisi&role=finance&staff_number=A-1&name={name}");
        let headers = [("sec-fetch-site", "same-origin")];
        system.send(axum::http::Method::POST, "/accounts", Some(body), &headers).await
    };
    for name in ["%FF%FE", "%C0%AF", "%ED%A0%80", "%E5%BC"] {
        send(name).await.assert_status(422).assert_says("不是通用的编码");
    }
    for name in ["%E6%9D%8E%E2%80%AE%E5%9B%9B", "a%07b", "%E2%81%A6x", "a%C2%9Bb"] {
        send(name).await.assert_status(422).assert_says("看不见的控制字符");
    }
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi'").await, 0);
    // What has no width is taken out: a name of nothing else is none.
    send("%E2%80%8B%EF%BB%BF%E3%85%A4").await.assert_status(422).assert_says("请填写");
    send("%E6%9D%8E%E2%80%8B%E5%9B%9B%C2%AD").await.assert_status(200);
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi' and name = '李四'").await, 1);
}

#[tokio::test]
async fn a_field_of_one_line_takes_no_second_one() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    for name in ["李四\n王五", "李四\r"] {
        let fields = [("name", name), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-1")];
        system.post("/accounts", &fields).await.assert_status(422).assert_says("有换行");
    }
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi'").await, 0);
    let page = system.upload_as("/accounts", &[("name", "李\n四")], "a.pdf", b"%PDF-1.4 %%EOF").await;
    page.assert_status(422).assert_says("有换行");
    // Every box of several lines is known as one.
    let mut found = Vec::new();
    for (_, text) in texts("templates", "html") {
        for (mark, before, end) in [("<textarea ", "name=\"", '>'), ("form::textarea(", ", \"", ')')] {
            for after in text.split(mark).skip(1).filter_map(|after| after.split(end).next()) {
                let Some((_, name)) = after.split_once(before) else { continue };
                found.push(name.split('"').next().unwrap().to_owned());
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    for name in found {
        let known = huifa::web::posted::OF_MANY_LINES.contains(&name.as_str());
        assert!(known, "{name} has a box of several lines");
    }
}

#[tokio::test]
async fn a_request_number_of_the_clients_own_is_not_taken() {
    let app = TestApp::new().await;
    let sent = app.stranger().send(axum::http::Method::GET, "/sign-in", None, &[("x-request-id", "forged")]).await;
    let number = sent.headers.get("x-request-id").expect("a number").to_str().unwrap();
    assert_ne!(number, "forged");
    assert_eq!(number.len(), 36);
}

#[tokio::test]
async fn a_form_of_too_many_or_too_large_fields_is_refused_whole() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let many: Vec<(&str, &str)> = (0..4_000).map(|_| ("a", "")).collect();
    let large = [("name", &*"a".repeat(64 * 1024))];
    for fields in [many.as_slice(), large.as_slice()] {
        system.post("/accounts", fields).await.assert_status(422).assert_says("内容过多或某一项过长");
    }
    // As bytes and as typed; in a form with a file as well.
    let raw = Some("token=a\0b".to_owned());
    let page = system.send(axum::http::Method::POST, "/accounts", raw, &[("sec-fetch-site", "same-origin")]).await;
    page.assert_status(422).assert_says("无法保存的字符");
    let desk = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    let page = desk.upload("/cases/1/scans", &[("title", "判\0决")], b"%PDF-1.7").await;
    page.assert_status(422).assert_says("没有收到完整的文件");
    let many: Vec<(&str, &str)> = (0..60).map(|_| ("title", "")).collect();
    desk.upload("/cases/1/scans", &many, b"%PDF-1.7").await.assert_status(422).assert_says("没有收到完整的文件");
}
