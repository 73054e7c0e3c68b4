//! The server on a real socket: what it puts up with, what it answers, how it stops.

mod answers;
mod cancelled;
mod fresh;
mod malformed;
mod once;
mod passkeys;
mod second_factor;
mod sessions;
mod slow;
mod stopping;
mod time_zone;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use huifa::web::server::{Limits, serve_within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything a test waits for when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a port of its own.
struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<anyhow::Result<()>>,
}

/// What came back, byte for byte as far as a person cares.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(raw: &[u8]) -> Option<Answer> {
        let text = String::from_utf8_lossy(raw).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head: head.to_lowercase(), body: body.to_owned() })
    }

    #[track_caller]
    fn assert(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.body.contains(words), "no “{words}” in {self:?}");
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Served {
    async fn start(router: Router, limits: Limits) -> Served {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(serve_within(limits, listener, router, async {
            stopped.await.ok();
        }));
        Served { address, stop: Some(stop), ended }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Sends bytes and reads until the server closes; `None` when it closes without an answer.
    async fn exchange(&self, request: &str) -> Option<Answer> {
        let mut stream = self.connect().await;
        // The server may refuse before it has read everything.
        stream.write_all(request.as_bytes()).await.ok();
        Answer::read(&rest_of(&mut stream).await)
    }

    async fn get(&self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: huifa.test\r\nConnection: close\r\n\r\n");
        self.exchange(&request).await.expect("an answer")
    }
}

/// Everything until the server closes.
async fn rest_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut part)).await.expect("the server closes in time") {
            Ok(0) | Err(_) => return all,
            Ok(read) => all.extend_from_slice(&part[..read]),
        }
    }
}

/// Production's limits with short times.
fn hasty() -> Limits {
    let short = Duration::from_millis(400);
    Limits { headers: short, body: short, stalled: short, ..Limits::default() }
}

/// A form as a browser of this site sends it.
fn form_request(path: &str, cookie: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: huifa.test\r\nSec-Fetch-Site: same-origin\r\nCookie: huifa={cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
