//! The pages: the real ones, signed in, scoped and in their frame, beside the bare ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::client::{Connection, Visitor, load};
use crate::ground::{Ground, Site};
use crate::meter::{Meter, alone, pair};
use crate::report::{Row, Target};

/// How many browsers ask at once.
const CLIENTS: usize = 16;
/// Of the rate of the bare page (design: lists).
const OF_THE_BARE_PAGE: f64 = 0.7;

/// Where the pages are measured.
pub(crate) struct Pages<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) site: &'a Site,
    pub(crate) bare: SocketAddr,
    pub(crate) clerk: Visitor,
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
}

/// Lists of a clerk: what they are called, where they are, and their controls.
pub(crate) const LISTS: &[List] = &[
    List {
        name: "consultations, the newest 50",
        path: "/consultations",
        control: "/consultations",
        cause: "Three statements where the bare page asks one (the session, the choices of the filters, the list), each \
                a round trip of its own, and frame, filters and tags around the same rows",
    },
    List { name: "attendance of a month, 98 shifts", path: "/attendance/2024-07", control: "/attendance", cause: "" },
    List {
        name: "roster of a month, 98 shifts",
        path: "/roster/2024-07",
        control: "/roster",
        cause: "The page is no list: it draws venues by days, counts each venue's hours and each person's load against \
                the plan and the calendar, and reads both for it",
    },
];

/// A list of a clerk: what it is called, where it is, its control, and why it falls short if it does.
pub(crate) struct List {
    pub(crate) name: &'static str,
    path: &'static str,
    control: &'static str,
    cause: &'static str,
}

/// One county's pages that are read among the province and alone.
pub(crate) const AMONG: &[(&str, &str)] = &[
    ("a month's attendance", "/attendance/2024-07"),
    ("the list of consultations", "/consultations"),
    ("the overview", "/dashboard?year=2024"),
];

/// Searches.
pub(crate) const SEARCHES: &[(&str, &str)] = &[
    ("a name that nobody has, in a county's consultations", "/consultations?q=%E9%BE%98%E9%BE%98"),
    ("a whole telephone number, in a county's consultations", "/consultations?q=13800138000"),
    ("a name's first letters, in the duty bank", "/people?q=zh"),
];

impl Pages<'_> {
    /// The same bare page against itself, and the least a server can do.
    pub(crate) async fn ground_line(&self) -> anyhow::Result<Vec<Row>> {
        let meter = self.ground.meter;
        let bare = Visitor::default();
        let list = bare.get("/consultations");
        let null = pair(
            meter,
            self.rounds,
            async || load(self.bare, CLIENTS, self.turn, &list).await,
            async || load(self.bare, CLIENTS, self.turn, &list).await,
        )
        .await?;
        let empty = bare.get("/empty");
        let (side, _) = alone(meter, self.rounds, async || load(self.bare, CLIENTS, self.turn, &empty).await).await?;
        Ok(vec![
            Row::rate("null pair: a bare list against itself", &null, "req", Target::Null),
            Row::plain_rate("bare page, no database, 16 clients", side),
        ])
    }

    /// A list of the clerk beside its control.
    pub(crate) async fn list(&self, list: &List) -> anyhow::Result<Vec<Row>> {
        let row = self.beside(&format!("page: {}", list.name), self.clerk.get(list.path), list.control).await?;
        Ok(vec![row.because(list.cause)])
    }

    /// What a citizen opens.
    pub(crate) async fn posting(&self) -> anyhow::Result<Vec<Row>> {
        let request = Visitor::default().get("/?county=140581");
        let row = self.beside("page: the public posting of a week", request, "/posting").await?;
        Ok(vec![row.because(
            "The control shows the rows alone; the page looks every county up, names the others, and shows the venues \
             with their addresses beside the days",
        )])
    }

    /// What it costs to send a list in a quarter of its bytes.
    pub(crate) async fn compression(&self) -> anyhow::Result<Vec<Row>> {
        let (plain, packed) = (self.clerk.get("/consultations"), self.clerk.get_compressed("/consultations"));
        answers(self.site.address, &packed).await?;
        let compressed = pair(
            self.ground.meter,
            self.rounds,
            async || load(self.site.address, CLIENTS, self.turn, &packed).await,
            async || load(self.site.address, CLIENTS, self.turn, &plain).await,
        )
        .await?;
        Ok(vec![Row::rate("consultations compressed, beside uncompressed", &compressed, "req", Target::None)])
    }

    async fn beside(&self, name: &str, request: Vec<u8>, control: &str) -> anyhow::Result<Row> {
        answers(self.site.address, &request).await?;
        let bare = Visitor::default().get(control);
        answers(self.bare, &bare).await?;
        let pair = pair(
            self.ground.meter,
            self.rounds,
            async || load(self.site.address, CLIENTS, self.turn, &request).await,
            async || load(self.bare, CLIENTS, self.turn, &bare).await,
        )
        .await?;
        Ok(Row::rate(name, &pair, "req", Target::Rate(OF_THE_BARE_PAGE)))
    }

    /// A county's page among the province and alone, one after the other over one connection.
    pub(crate) async fn among(&self, alone_site: &Site, name: &str, path: &str) -> anyhow::Result<Vec<Row>> {
        let (alone_clerk, _) = alone_site.sign_in("b0.bureau_clerk").await?;
        let (among, alone) = (self.clerk.get(path), alone_clerk.get(path));
        answers(self.site.address, &among).await?;
        answers(alone_site.address, &alone).await?;
        let pair = pair(
            self.ground.meter,
            self.rounds,
            async || load(self.site.address, 1, self.turn, &among).await,
            async || load(alone_site.address, 1, self.turn, &alone).await,
        )
        .await?;
        Ok(vec![Row::time(&format!("{name} of one county, among the province / alone"), &pair, Target::Time(1.3))])
    }

    /// What a search costs.
    pub(crate) async fn search(&self, name: &str, path: &str) -> anyhow::Result<Vec<Row>> {
        let request = self.clerk.get(path);
        answers(self.site.address, &request).await?;
        let (side, spread) =
            alone(self.ground.meter, self.rounds, async || load(self.site.address, 1, self.turn, &request).await)
                .await?;
        Ok(vec![Row::alone(&format!("search: {name}"), side, spread, Target::Milliseconds(20.0))])
    }

    /// The list of consultations while 64 clients try passwords.
    pub(crate) async fn flood(&self) -> anyhow::Result<Vec<Row>> {
        let request = self.clerk.get("/consultations");
        answers(self.site.address, &request).await?;
        let before = Meter::memory().unwrap_or_default();
        let mut greatest = before;
        let pair = pair(
            self.ground.meter,
            self.rounds.min(3),
            async || {
                let flood = Flood::of(self.site.address, 64).await?;
                tokio::time::sleep(Duration::from_millis(200)).await;
                let tally = load(self.site.address, CLIENTS, self.turn, &request).await;
                greatest = greatest.max(Meter::memory().unwrap_or_default());
                flood.end().await;
                tally
            },
            async || load(self.site.address, CLIENTS, self.turn, &request).await,
        )
        .await?;
        let note = format!("+{:.0} MB (target < 256)", greatest - before);
        Ok(vec![
            Row::rate("pages of others during 64 clients' sign-ins", &pair, "req", Target::Rate(0.6))
                .noting(&note)
                .because("Two passwords are hashed at a time, on as many cores as the machine lends: with two cores they take a good part of both"),
        ])
    }
}

/// Sees that a request is answered with a page.
async fn answers(address: SocketAddr, request: &[u8]) -> anyhow::Result<()> {
    let answer = Connection::to(address).await?.ask(request).await?;
    anyhow::ensure!(answer.status == 200, "answered {}", answer.status);
    anyhow::ensure!(answer.length > 0, "answered with nothing");
    Ok(())
}

/// Clients that send wrong passwords as fast as they are answered.
struct Flood {
    over: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Flood {
    async fn of(address: SocketAddr, count: usize) -> anyhow::Result<Flood> {
        let over = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for number in 0..count {
            let (over, mut connection) = (Arc::clone(&over), Connection::to(address).await?);
            let request =
                Visitor::default().post("/sign-in", &format!("&login=nobody{number}&password=wrong-password"));
            clients
                .spawn(async move { while !over.load(Ordering::Relaxed) && connection.ask(&request).await.is_ok() {} });
        }
        Ok(Flood { over, clients })
    }

    /// Waits until the last password has been looked at.
    async fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
    }
}
