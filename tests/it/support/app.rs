//! The product behind its real router, with people of every kind to use it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use http_body_util::BodyExt as _;
use huifa::accounts;
use huifa::accounts::passwords::Passwords;
use huifa::accounts::setup::SetupToken;
use huifa::clock::Clock;
use huifa::config::Config;
use huifa::database::pool;
use huifa::plan::dictionary::Dictionary as _;
use huifa::plan::time::SHANGHAI;
use huifa::secrets::{Seals, demo_id_number};
use huifa::state::AppState;
use huifa::web::actor::Actor;
use huifa::web::permissions::Role;
use huifa::web::routes::Declared;
use huifa::web::session;
use huifa::web::visits::{VisitSettings, Visits};
use scraper::{Html, Selector};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::database::TestDatabase;

/// Gaoping with its venues, its programme of 2024 and nobody in it, on 6 May 2024 at eight.
pub(crate) struct TestApp {
    /// What the handlers share; its clock can be set.
    pub(crate) state: AppState,
    /// Connections of the owner of the schema, for what a test looks at and puts there.
    pub(crate) owner: PgPool,
    /// Gaoping's row.
    pub(crate) bureau: i64,
    /// The routes as declared.
    pub(crate) declared: Vec<Declared>,
    router: Router,
    _database: TestDatabase,
}

/// Tests ask for hundreds of pages in a moment.
const PATIENT: VisitSettings =
    VisitSettings { free: 1_000_000, hourly: 1_000_000, flood: 1_000_000, pages: 1_000_000, taken: 1_000_000 };

/// An instant of Shanghai from `2024-05-08 08:00` or `2024-05-08 08:00:30`.
#[track_caller]
pub(crate) fn instant(text: &str) -> DateTime<FixedOffset> {
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S"))
        .unwrap_or_else(|_| panic!("{text} is no instant"));
    naive.and_local_timezone(SHANGHAI).single().expect("Shanghai has no gaps")
}

/// What the handlers share, on these connections.
fn state_on(pool: PgPool) -> AppState {
    let uploads = std::env::temp_dir().join("huifa-test-uploads").to_string_lossy().into_owned();
    let config = Config::from_lookup(|name| (name == "HUIFA_UPLOAD_DIR").then(|| uploads.clone()));
    AppState {
        pool,
        clock: Clock::standing_at(instant("2024-05-06 08:00")),
        config: Arc::new(config.expect("the default settings")),
        seals: Arc::new(Seals::from_master(&[7; 32]).expect("a key")),
        passwords: Passwords::new(2).expect("passwords"),
        setup: SetupToken::random().expect("a token"),
        visits: Visits::new(PATIENT).expect("counters"),
        demonstration: false,
    }
}

/// The same in another process, on the database of a test.
pub(crate) async fn attached(url: &str) -> AppState {
    let options: PgConnectOptions = url.parse().expect("an address");
    state_on(pool(options, 4).await.expect("a pool"))
}

impl TestApp {
    /// The bureau set up.
    pub(crate) async fn new() -> TestApp {
        let mut app = TestApp::empty().await;
        let mut conn = app.owner.acquire().await.expect("a connection");
        app.bureau = huifa::programmes::install_gaoping(&mut conn, app.state.clock.now()).await.expect("Gaoping");
        drop(conn);
        app
    }

    /// The address of its database, for a program of its own.
    pub(crate) fn url(&self) -> String {
        self._database.url.clone()
    }

    /// Nothing set up: the state of a first start.
    pub(crate) async fn empty() -> TestApp {
        let database = TestDatabase::new().await;
        let state = state_on(database.program.clone());
        let (router, declared) = huifa::build_router(&state);
        TestApp { state, owner: database.pool.clone(), bureau: 0, declared, router, _database: database }
    }

    /// The router, for a server on a socket.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Puts up with so much of visitors, as a real installation does.
    pub(crate) fn put_up_with(&mut self, settings: VisitSettings) {
        self.state.visits = Visits::new(settings).expect("counters");
        self.router = huifa::build_router(&self.state).0;
    }

    /// Tells it the address that people come by.
    pub(crate) fn is_reached_at(&mut self, url: &str) {
        self.is_told("HUIFA_PUBLIC_URL", url);
    }

    /// Starts it again with this setting.
    pub(crate) fn is_told(&mut self, setting: &str, value: &str) {
        let lookup = |name: &str| (name == setting).then(|| value.to_owned());
        self.state.config = Arc::new(Config::from_lookup(lookup).expect("settings"));
        self.router = huifa::build_router(&self.state).0;
    }

    /// Makes it a demonstration.
    pub(crate) fn demonstrate(&mut self) {
        self.state.demonstration = true;
        self.router = huifa::build_router(&self.state).0;
    }

    /// Puts the clock to `2024-05-08 08:00`.
    #[track_caller]
    pub(crate) fn clock_to(&self, text: &str) {
        assert!(self.state.clock.set(instant(text)));
    }

    /// A venue by its short name.
    pub(crate) async fn venue(&self, short_name: &str) -> i64 {
        sqlx::query_scalar("select id from venues where bureau_id = $1 and short_name = $2")
            .bind(self.bureau)
            .bind(short_name)
            .fetch_one(&self.owner)
            .await
            .unwrap_or_else(|error| panic!("no venue {short_name}: {error}"))
    }

    /// A lawyer of the duty bank who may serve at `venues`.
    pub(crate) async fn person(&self, name: &str, venues: &[i64]) -> i64 {
        let seal = Uuid::new_v4();
        let account = self
            .state
            .seals
            .seal("person.bank_account", &seal.to_string(), "6217000000000000018")
            .expect("a sealed account");
        // Even in the last place but one: a woman's.
        let sequence =
            u16::try_from(2 * (1 + self.scalar_i64("select count(*) from persons").await)).expect("a few people");
        let number = demo_id_number("1985-03-02".parse().expect("a day"), sequence);
        let number = self.state.seals.seal("person.id_number", &seal.to_string(), &number).expect("a sealed number");
        let id: i64 = sqlx::query_scalar(
            "insert into persons (bureau_id, seal_id, name, pinyin, gender, birth_date, id_number, id_number_index,
                 id_number_mask, phone, phone_mask, category, organisation, licence_number, public_official, joined_on,
                 created_at, bank_name, bank_account, bank_account_mask)
             values ($1, $2, $3, $3, 'female', '1985-03-02', $6, $4, '149999********0000', ''::bytea, '138****0000',
                 'lawyer', '山西示例律师事务所', 'L-' || $3, false, '2024-01-02', now(), '高平示例银行', $5, '****0018')
             returning id",
        )
        .bind(self.bureau)
        .bind(seal)
        .bind(name)
        .bind(Uuid::new_v4().as_bytes().to_vec())
        .bind(account)
        .bind(number)
        .fetch_one(&self.owner)
        .await
        .expect("a person");
        for venue in venues {
            sqlx::query("insert into person_venues (person_id, venue_id, bureau_id) values ($1, $2, $3)")
                .bind(id)
                .bind(venue)
                .bind(self.bureau)
                .execute(&self.owner)
                .await
                .expect("eligible");
        }
        id
    }

    /// Somebody of the bureau, signed in.
    pub(crate) async fn staff(&self, role: Role) -> Browser<'_> {
        self.account(role, None, None).await
    }

    /// Somebody of a venue, signed in.
    pub(crate) async fn staff_at(&self, role: Role, venue: i64) -> Browser<'_> {
        self.account(role, Some(venue), None).await
    }

    /// A duty person, signed in.
    pub(crate) async fn duty_person(&self, person: i64) -> Browser<'_> {
        self.account(Role::DutyPerson, None, Some(person)).await
    }

    async fn account(&self, role: Role, venue_id: Option<i64>, person_id: Option<i64>) -> Browser<'_> {
        let mut conn = self.owner.acquire().await.expect("a connection");
        let suffix = Uuid::new_v4().simple().to_string();
        let new = accounts::db::NewAccount {
            bureau_id: self.bureau,
            login: format!("t{}", &suffix[..12]),
            name: format!("{}{}", role.label(), &suffix[..4]),
            role,
            venue_id,
            person_id,
            staff_number: None,
            password_hash: "none".to_owned(),
            must_change_password: false,
            created_by: None,
        };
        let now = self.state.clock.now();
        let id = accounts::db::insert(&mut conn, &new, now).await.expect("an account");
        drop(conn);
        self.browser_of(id).await
    }

    /// A browser of an account that exists, signed in afresh.
    pub(crate) async fn browser_of(&self, account: i64) -> Browser<'_> {
        let mut conn = self.owner.acquire().await.expect("a connection");
        let cookie = session::open(&mut conn, account, self.state.clock.now(), "127.0.0.1", "tests", None)
            .await
            .expect("a session");
        drop(conn);
        // Tests move the clock by weeks; their sessions outlive that.
        sqlx::query(
            "update sessions set expires_at = 'infinity', seen_at = '2200-01-01', proved_at = '2200-01-01',
                 second_factor = 'totp'
             where account_id = $1",
        )
        .bind(account)
        .execute(&self.owner)
        .await
        .expect("a long session");
        sqlx::query("update accounts set password_changed_at = '2200-01-01' where id = $1")
            .bind(account)
            .execute(&self.state.pool)
            .await
            .expect("a password that stays");
        let row = sqlx::query(
            "select a.id, a.name, a.role, a.bureau_id, b.name as bureau_name, a.venue_id, v.name as venue_name, a.person_id,
                    s.form_token, s.id as session_key
             from accounts a join bureaus b on b.id = a.bureau_id left join venues v on v.id = a.venue_id
             join sessions s on s.account_id = a.id
             where a.id = $1 order by s.created_at desc limit 1",
        )
        .bind(account)
        .fetch_one(&self.owner)
        .await
        .expect("the account");
        let actor = Actor {
            account_id: row.get("id"),
            name: row.get("name"),
            role: Role::from_code(row.get("role")).expect("a role"),
            bureau_id: row.get("bureau_id"),
            bureau_name: row.get("bureau_name"),
            venue_id: row.get("venue_id"),
            venue_name: row.get("venue_name"),
            person_id: row.get("person_id"),
            address: "127.0.0.1".to_owned(),
            form_token: row.get("form_token"),
            session_key: row.get("session_key"),
            must_change_password: false,
            request_id: String::new(),
            flash_waiting: false,
        };
        Browser { app: self, cookie: Some(cookie), renewed: Mutex::default(), actor: Some(actor) }
    }

    /// The same account in another post, signed in afresh.
    pub(crate) async fn in_another_post(&self, who: &Browser<'_>, role: Role) -> Browser<'_> {
        let id = who.actor().account_id;
        self.execute(&format!("update accounts set role = '{}' where id = {id}", role.code())).await;
        self.browser_of(id).await
    }

    /// SQL past every trigger: a hand in the database that no wall stops.
    pub(crate) async fn tamper(&self, sql: &str) {
        self.execute(&format!("begin; set local session_replication_role = replica; {sql}; commit")).await;
    }

    /// Somebody without an account.
    pub(crate) fn stranger(&self) -> Browser<'_> {
        Browser { app: self, cookie: None, renewed: Mutex::default(), actor: None }
    }

    /// One number from SQL.
    #[track_caller]
    pub(crate) fn scalar_i64(&self, sql: &str) -> impl Future<Output = i64> {
        let (pool, sql) = (self.owner.clone(), sql.to_owned());
        async move {
            sqlx::query_scalar(AssertSqlSafe(sql.clone()))
                .fetch_one(&pool)
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error}"))
        }
    }

    /// Any SQL that must go.
    pub(crate) async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.owner)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Any SQL that the database must refuse; gives the constraint's name.
    pub(crate) async fn refused_by(&self, sql: &str) -> String {
        let error = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.owner)
            .await
            .err()
            .unwrap_or_else(|| panic!("the database took: {sql}"));
        let database = error.as_database_error().unwrap_or_else(|| panic!("{error}"));
        database.constraint().unwrap_or_else(|| database.message()).to_owned()
    }
}

/// Somebody in front of a browser.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookie: Option<String>,
    /// The key that a proof gave the session instead.
    renewed: Mutex<Option<String>>,
    actor: Option<Actor>,
}

impl Browser<'_> {
    /// The session's cookie, for a real browser.
    #[track_caller]
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().expect("signed in")
    }

    fn kept_cookie(&self) -> Option<String> {
        self.renewed.lock().expect("nobody fails with it").clone().or_else(|| self.cookie.clone())
    }

    /// The account, for calls of services without HTTP.
    #[track_caller]
    pub(crate) fn actor(&self) -> &Actor {
        self.actor.as_ref().expect("signed in")
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Sends a form as the page would, with a fresh once-key.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_with_once(path, Uuid::new_v4(), fields).await
    }

    /// Sends a form with a given once-key: the second press of a button.
    pub(crate) async fn post_with_once(&self, path: &str, once: Uuid, fields: &[(&str, &str)]) -> Page {
        let once = once.to_string();
        let token = self.actor.as_ref().map(|actor| actor.form_token.clone()).unwrap_or_default();
        let mut all = vec![("token", token.as_str()), ("once", once.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all).await
    }

    /// Sends a form with one file.
    pub(crate) async fn upload(&self, path: &str, fields: &[(&str, &str)], content: &[u8]) -> Page {
        self.upload_as(path, fields, "a.pdf", content).await
    }

    /// Sends a form with one file of this name.
    pub(crate) async fn upload_as(&self, path: &str, fields: &[(&str, &str)], name: &str, content: &[u8]) -> Page {
        let once = Uuid::new_v4().to_string();
        let token = self.actor.as_ref().map(|actor| actor.form_token.clone()).unwrap_or_default();
        let mut body = Vec::new();
        for (name, value) in [("token", token.as_str()), ("once", once.as_str())].iter().chain(fields) {
            body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(
            format!("--XX\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"{name}\"\r\n\r\n").bytes(),
        );
        body.extend_from_slice(content);
        body.extend(b"\r\n--XX--\r\n");
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "huifa.test")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        if let Some(cookie) = self.kept_cookie() {
            request = request.header(header::COOKIE, format!("huifa={cookie}"));
        }
        let mut request = request.body(Body::from(body)).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Body>) -> Page {
        let response = self.app.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        // Whoever is signed in goes on with the key that an answer gave their session.
        let given = parts.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let key = given.filter_map(|one| one.strip_prefix("huifa=")?.split(';').next()).find(|key| !key.is_empty());
        if let (Some(key), Some(_)) = (key, &self.actor) {
            *self.renewed.lock().expect("nobody fails with it") = Some(key.to_owned());
        }
        Page {
            status: parts.status,
            location: parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned),
            headers: parts.headers,
            html: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        }
    }

    /// Sends exactly these fields.
    pub(crate) async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = serde_html_form::to_string(fields).expect("a form");
        self.send(Method::POST, path, Some(body), &[("sec-fetch-site", "same-origin")]).await
    }

    /// Any request with any headers.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Page {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "huifa.test");
        if let Some(cookie) = self.kept_cookie() {
            request = request.header(header::COOKIE, format!("huifa={cookie}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.map_or_else(Body::empty, Body::from)).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        self.answer(request).await
    }

    /// Follows a redirect.
    #[track_caller]
    pub(crate) fn follow(&self, page: Page) -> impl Future<Output = Page> {
        let location =
            page.location.clone().unwrap_or_else(|| panic!("no redirect but {}: {}", page.status, page.text()));
        async move { self.get(&location).await }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    /// The status.
    pub(crate) status: StatusCode,
    /// Where to go next.
    pub(crate) location: Option<String>,
    /// All headers.
    pub(crate) headers: axum::http::HeaderMap,
    /// The body.
    pub(crate) html: String,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Page {
    /// What a person reads, white space folded.
    pub(crate) fn text(&self) -> String {
        let document = Html::parse_document(&self.html);
        let main = Selector::parse("body").expect("a selector");
        let text: String = document.select(&main).flat_map(|body| body.text()).collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The texts of all elements that a selector finds.
    #[track_caller]
    pub(crate) fn select(&self, css: &str) -> Vec<String> {
        let selector = Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"));
        Html::parse_document(&self.html)
            .select(&selector)
            .map(|element| {
                element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// An attribute of the first element that a selector finds.
    #[track_caller]
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.attributes(css, name).into_iter().next()
    }

    /// An attribute of all elements that a selector finds, where they have it.
    #[track_caller]
    pub(crate) fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"));
        let document = Html::parse_document(&self.html);
        document.select(&selector).filter_map(|element| element.value().attr(name).map(str::to_owned)).collect()
    }

    /// Fails with the page's text when the status is another.
    #[track_caller]
    pub(crate) fn assert_status(&self, status: u16) -> &Page {
        assert_eq!(self.status.as_u16(), status, "{} → {:?}", self.text(), self.location);
        self
    }

    /// Fails with the page's text when it does not say `words`.
    #[track_caller]
    pub(crate) fn assert_says(&self, words: &str) -> &Page {
        assert!(self.text().contains(words), "the page does not say “{words}”:\n{}", self.text());
        self
    }

    /// Fails when the page says `words`.
    #[track_caller]
    pub(crate) fn assert_silent_on(&self, words: &str) -> &Page {
        assert!(!self.html.contains(words), "the page says “{words}”");
        self
    }
}

/// A date from `2024-05-08`.
#[track_caller]
pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is no date"))
}
