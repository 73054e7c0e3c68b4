//! A stop lets the open requests finish.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use huifa::web::server::{Limits, layered};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::{Answer, Served, rest_of};
use crate::support::app::TestApp;

#[tokio::test]
async fn an_open_request_is_finished_and_no_new_one_begun() {
    let app = TestApp::empty().await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_work, gate) = (Arc::clone(&begun), Arc::clone(&go_on));
    let work = move || async move {
        at_work.notify_one();
        gate.notified().await;
        "finished"
    };
    let routes = Router::new().route("/work", post(work));
    let mut served = Served::start(layered(&app.state, routes), Limits::default()).await;
    let mut idle = served.connect().await;
    idle.write_all(b"GET /nowhere HTTP/1.1\r\nHost: huifa.test\r\n\r\n").await.unwrap();
    let mut stream = served.connect().await;
    stream
        .write_all(
            b"POST /work HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n",
        )
        .await
        .unwrap();
    begun.notified().await;
    served.stop.take().unwrap().send(()).unwrap();
    // The idle connection is closed, which shows that the stop has been heard.
    rest_of(&mut idle).await;
    assert!(TcpStream::connect(served.address).await.is_err(), "still listening");
    assert!(!served.ended.is_finished());
    go_on.notify_one();
    Answer::read(&rest_of(&mut stream).await).expect("an answer").assert(200, "finished");
    served.ended.await.unwrap().unwrap();
}
