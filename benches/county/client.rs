//! A browser reduced to its connection: it sends requests made beforehand over one socket
//! kept open, reads the answers, and costs as little as it can, for it shares the machine.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::meter::{Tally, until};

/// An answer without its head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body's length in bytes.
    pub(crate) length: usize,
}

/// One connection kept open.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn to(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(256 * 1024) })
    }

    /// Sends a whole request and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let text = String::from_utf8_lossy(self.buffer.get(..head).unwrap_or_default()).to_ascii_lowercase();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).context("no status line")?;
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length = if let Some(length) = header("content-length:") {
            let length: usize = length.parse()?;
            while self.buffer.len() < head + length {
                self.read_more().await?;
            }
            length
        } else if header("transfer-encoding:") == Some("chunked") {
            while !self.buffer.ends_with(b"\r\n0\r\n\r\n") {
                self.read_more().await?;
            }
            self.buffer.len() - head
        } else {
            0
        };
        Ok(Answer { status, length })
    }

    /// What the last page says under its heading, for a message.
    fn said(&self) -> String {
        let text = String::from_utf8_lossy(&self.buffer);
        let page = text.split_once("<h1>").map_or("", |(_, page)| page);
        page.chars().filter(|letter| !letter.is_whitespace()).take(200).collect()
    }

    async fn read_more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn find(buffer: &[u8], what: &[u8]) -> Option<usize> {
    buffer.windows(what.len()).position(|window| window == what)
}

/// A signed-in browser, or one without an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    /// The session cookie's value; none for the public.
    pub(crate) cookie: Option<String>,
    /// The token that its forms carry.
    pub(crate) form_token: String,
}

impl Visitor {
    /// The request for a page.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", self.cookie_line()).into_bytes()
    }

    /// The same as a browser sends it that takes compressed pages.
    pub(crate) fn get_compressed(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n{}\r\n", self.cookie_line())
            .into_bytes()
    }

    /// A form, with its token and a fresh once-key.
    pub(crate) fn post(&self, path: &str, fields: &str) -> Vec<u8> {
        let body = format!("token={}&once={}{fields}", self.form_token, Uuid::new_v4());
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{}\r\n{body}",
            body.len(),
            self.cookie_line(),
        )
        .into_bytes()
    }

    fn cookie_line(&self) -> String {
        self.cookie.as_ref().map(|value| format!("Cookie: huifa={value}\r\n")).unwrap_or_default()
    }
}

/// The same page from so many browsers at once, for so long.
pub(crate) async fn load(
    address: SocketAddr,
    clients: usize,
    length: Duration,
    request: &[u8],
) -> anyhow::Result<Tally> {
    let mut crowd = JoinSet::new();
    for _ in 0..clients {
        let (request, mut connection) = (request.to_vec(), Connection::to(address).await?);
        // The first answer opens what has to be opened.
        connection.ask(&request).await?;
        crowd.spawn(async move { (connection, request) });
    }
    let ready = crowd.join_all().await;
    let (started, end) = (Instant::now(), until(length));
    let mut crowd = JoinSet::new();
    for (mut connection, request) in ready {
        crowd.spawn(async move {
            let mut done = 0_usize;
            while Instant::now() < end {
                let answer = connection.ask(&request).await?;
                if answer.status != 200 {
                    bail!("answered {}", answer.status);
                }
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut done = 0;
    while let Some(finished) = crowd.join_next().await {
        done += finished??;
    }
    Ok(Tally::since(started, done))
}

/// Each list of requests over a connection of its own, all at once, to the end.
pub(crate) async fn send_all(address: SocketAddr, lists: Vec<Vec<Vec<u8>>>, expected: u16) -> anyhow::Result<Tally> {
    let mut ready = Vec::new();
    for list in lists {
        ready.push((Connection::to(address).await?, list));
    }
    let started = Instant::now();
    let mut crowd = JoinSet::new();
    for (mut connection, list) in ready {
        crowd.spawn(async move {
            for request in &list {
                let answer = connection.ask(request).await?;
                if answer.status != expected {
                    bail!("answered {}: {}", answer.status, connection.said());
                }
            }
            anyhow::Ok(list.len())
        });
    }
    let mut done = 0;
    while let Some(finished) = crowd.join_next().await {
        done += finished??;
    }
    Ok(Tally::since(started, done))
}
