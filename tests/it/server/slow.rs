//! Clients that are slow on purpose or by a bad line.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use huifa::web::server::{Limits, layered};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Answer, Served, hasty, rest_of};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), hasty()).await;
    let mut silent = served.connect().await;
    assert_eq!(rest_of(&mut silent).await, b"");
}

#[tokio::test]
async fn a_connection_that_drips_its_headers_is_closed() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), hasty()).await;
    let (mut reads, mut writes) = served.connect().await.into_split();
    let dripping = tokio::spawn(async move {
        for byte in b"GET /healthz HTTP/1.1\r\nHost: huifa.test\r\nX-Padding: ".iter().chain(std::iter::repeat(&b'a')) {
            if writes.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    tokio::time::timeout(super::PATIENCE, reads.read_to_end(&mut answer)).await.expect("closed").ok();
    dripping.abort();
    assert_ne!(Answer::read(&answer).map(|answer| answer.status), Some(200));
}

#[tokio::test]
async fn a_connection_that_stays_silent_after_its_answer_is_closed() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), hasty()).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: huifa.test\r\n\r\n").await.unwrap();
    let answer = Answer::read(&rest_of(&mut stream).await).expect("an answer before the end");
    answer.assert(200, "ok");
}

#[tokio::test]
async fn a_half_sent_form_ends_with_a_page_and_holds_no_transaction() {
    let app = TestApp::new().await;
    let served = Served::start(app.router(), hasty()).await;
    let mut stream = served.connect().await;
    let half = "POST /sign-in HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlogin=xu";
    stream.write_all(half.as_bytes()).await.unwrap();
    let waiting = app
        .scalar_i64(
            "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in trans%'",
        )
        .await;
    assert_eq!(waiting, 0);
    let answer = Answer::read(&rest_of(&mut stream).await).expect("an answer");
    answer.assert(408, "没有传完");
    assert_eq!(app.scalar_i64("select count(*) from audit_records").await, 0);
}

#[tokio::test]
async fn a_form_broken_off_in_the_middle_changes_nothing() {
    let app = TestApp::new().await;
    let served = Served::start(app.router(), Limits::default()).await;
    let mut stream = served.connect().await;
    let half = "POST /sign-in HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlogin=xu";
    stream.write_all(half.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    rest_of(&mut stream).await;
    assert_eq!(app.scalar_i64("select count(*) from audit_records").await, 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_gives_its_place_to_the_next() {
    let app = TestApp::empty().await;
    let large = Router::new().route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }));
    let served = Served::start(layered(&app.state, large), Limits { connections: 1, ..hasty() }).await;
    let mut unread = served.connect().await;
    unread.write_all(b"GET /large HTTP/1.1\r\nHost: huifa.test\r\n\r\n").await.unwrap();
    served.get("/nowhere").await.assert(404, "没有找到这个页面");
}

#[tokio::test]
async fn beyond_the_cap_a_connection_waits_for_a_place() {
    let app = TestApp::empty().await;
    let served = Served::start(app.router(), Limits { connections: 1, ..Limits::default() }).await;
    let mut first = served.connect().await;
    first.write_all(b"GET /healthz HTTP/1.1\r\nHost: huifa.test\r\n\r\n").await.unwrap();
    let mut part = [0; 4096];
    assert!(first.read(&mut part).await.unwrap() > 0);

    let second = served.get("/healthz");
    tokio::pin!(second);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut second).await.is_err(), "served beyond the cap");
    drop(first);
    second.await.assert(200, "ok");
}
