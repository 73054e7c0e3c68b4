//! A browser window on a running product.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::app::TestApp;

/// The widths that every page is looked at with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Device {
    /// An old office PC: 1366×768.
    Desk,
    /// A phone: 390×844.
    Phone,
}

/// A window. Drop ends browser, driver and server.
pub(crate) struct Screen {
    /// The WebDriver session.
    pub(crate) client: Client,
    base: String,
    session: String,
    port: u16,
    profile: PathBuf,
    driver: Child,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.stop.take();
        // The browser is the driver's child, not ours: it goes when its session is ended.
        let _ = self.end_session();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn free_port() -> u16 {
    StdListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("its address").port()
}

fn program(names: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("none of {names:?} is installed: run scripts/setup --tests"))
}

impl Screen {
    /// Ends the session and waits for the answer, without a runtime: drops have none.
    fn end_session(&self) -> std::io::Result<()> {
        let mut line = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        line.set_read_timeout(Some(Duration::from_secs(5)))?;
        let asked = format!(
            "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.session, self.port
        );
        line.write_all(asked.as_bytes())?;
        let mut answer = [0; 64];
        line.read(&mut answer).map(|_| ())
    }

    /// Serves the application on a port of its own and opens a window on it.
    pub(crate) async fn open(app: &TestApp, device: Device) -> Screen {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        Screen::start(app, listener, base, device).await
    }

    /// The same by a name, which passkeys need; the application is told its own address.
    pub(crate) async fn open_by_name(app: &mut TestApp, device: Device) -> Screen {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let base = format!("http://localhost:{}", listener.local_addr().expect("its address").port());
        app.is_reached_at(&base);
        Screen::start(app, listener, base, device).await
    }

    /// A device with a finger on it, as the browser knows one.
    pub(crate) async fn add_authenticator(&self) {
        let options = r#"{"protocol":"ctap2","transport":"internal","hasResidentKey":true,"hasUserVerification":true,"isUserVerified":true}"#;
        let path = format!("/session/{}/webauthn/authenticator", self.session);
        let (port, options) = (self.port, options.to_owned());
        let answer = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
            let mut line = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            line.set_read_timeout(Some(Duration::from_secs(5)))?;
            let asked = format!(
                "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{options}",
                options.len()
            );
            line.write_all(asked.as_bytes())?;
            let mut answer = [0; 512];
            let length = line.read(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
        });
        let answer = answer.await.expect("a thread").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    async fn start(app: &TestApp, listener: TcpListener, base: String, device: Device) -> Screen {
        let (stop, stopped) = oneshot::channel::<()>();
        let router = app.router();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            huifa::web::server::serve(listener, router, stopped).await.expect("the server");
        });

        let port = free_port();
        let driver = Command::new(program(&["chromedriver"]))
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let profile = std::env::temp_dir().join(format!("huifa-browser-{}-{port}", std::process::id()));
        let (width, height) = match device {
            Device::Desk => (1366, 768),
            Device::Phone => (390, 844),
        };
        let mut options = json!({
            "binary": program(&["chromium", "chromium-browser", "google-chrome", "chrome"]),
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=zh-CN",
                format!("--window-size={width},{height}"),
                format!("--user-data-dir={}", profile.display()),
            ],
        });
        if matches!(device, Device::Phone) {
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0, "touch": true } });
        }
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let deadline = Instant::now() + Duration::from_secs(30);
        let client = loop {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            match builder.capabilities(capabilities.clone()).connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => break client,
                Err(_) if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => panic!("no browser: {error}"),
            }
        };
        let session = client.session_id().await.expect("a session").unwrap_or_default();
        Screen { client, base, session, port, profile, driver, stop: Some(stop) }
    }

    /// Opens a page.
    #[track_caller]
    pub(crate) fn go(&self, path: &str) -> impl Future<Output = ()> {
        let url = format!("{}{path}", self.base);
        let client = self.client.clone();
        async move { client.goto(&url).await.unwrap_or_else(|error| panic!("{url}: {error}")) }
    }

    /// Puts a session's cookie into the browser.
    pub(crate) async fn wear(&self, cookie: &str) {
        self.go("/healthz").await;
        self.client.delete_all_cookies().await.expect("cookies away");
        self.script(&format!("document.cookie = 'huifa={cookie}; path=/'")).await;
    }

    /// Types into the field of a name, over what stands there.
    pub(crate) async fn fill(&self, name: &str, value: &str) {
        let css = format!("[name=\"{name}\"]");
        let element = self.find(&css).await;
        element.clear().await.ok();
        element.send_keys(value).await.unwrap_or_else(|error| panic!("typing into {name}: {error}"));
    }

    /// Types into the field of an id.
    pub(crate) async fn fill_id(&self, id: &str, value: &str) {
        let element = self.find(&format!("#{id}")).await;
        element.send_keys(value).await.unwrap_or_else(|error| panic!("typing into #{id}: {error}"));
    }

    /// Sets a date field, which takes keys in the order of the browser's language.
    pub(crate) async fn date(&self, name: &str, value: &str) {
        self.find(&format!("input[name={name}]")).await;
        self.script(&format!("document.querySelector('input[name={name}]').value = '{value}'")).await;
    }

    /// Chooses an option of a select by its value.
    pub(crate) async fn choose(&self, name: &str, value: &str) {
        let element = self.find(&format!("select[name=\"{name}\"]")).await;
        element.select_by_value(value).await.unwrap_or_else(|error| panic!("choosing {value} of {name}: {error}"));
    }

    /// Presses the button or link with these words, and waits for the next page.
    pub(crate) async fn press(&self, words: &str) {
        let xpath = format!(
            "//main//button[normalize-space(.)='{words}'] | //main//a[normalize-space(.)='{words}'] | //form//button[normalize-space(.)='{words}']"
        );
        let element = self
            .client
            .wait()
            .at_most(Duration::from_secs(10))
            .for_element(Locator::XPath(&xpath))
            .await
            .unwrap_or_else(|error| panic!("no “{words}”: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("pressing “{words}”: {error}"));
        // A button that asks back opens a dialog with its own button.
        let confirm = "dialog[open] .submit button:first-child";
        if let Ok(button) = self.client.find(Locator::Css(confirm)).await {
            button.click().await.ok();
        }
    }

    /// Waits until the page says `words`.
    pub(crate) async fn says(&self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            if Instant::now() > deadline {
                let url = self.client.current_url().await.map(|url| url.to_string()).unwrap_or_default();
                panic!("{url} does not say “{words}”:\n{text}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a person reads.
    pub(crate) async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The first element of a selector.
    pub(crate) async fn find(&self, css: &str) -> fantoccini::elements::Element {
        self.client
            .wait()
            .at_most(Duration::from_secs(10))
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("no {css}: {error}"))
    }

    /// Runs a script that returns a value.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What is wrong with the page that stands: too wide, not accessible, something in the console.
    pub(crate) async fn faults(&self, path: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let over =
            self.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        if over.as_i64().unwrap_or(0) > 0 {
            faults.push(format!("{path}: {over} pixels too wide"));
        }
        let found = self.axe(path).await;
        faults.extend(found.as_array().into_iter().flatten().map(|one| format!("{path}: {one}")));
        let logged = self.console().await;
        faults.extend(logged.into_iter().map(|entry| format!("{path}: {entry}")));
        faults
    }

    /// Nothing on the page is wider than the window.
    pub(crate) async fn assert_fits(&self, path: &str) {
        let over =
            self.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert!(over.as_i64().unwrap_or(0) <= 0, "{path} is {over} pixels too wide");
    }

    /// What axe finds against WCAG 2.2 AA; nothing is allowed.
    pub(crate) async fn assert_accessible(&self, path: &str) {
        assert_eq!(self.axe(path).await, json!([]), "axe on {path}");
    }

    async fn axe(&self, path: &str) -> Value {
        self.script(include_str!("../vendor/axe.min.js")).await;
        self.client
            .execute_async(
                "const done = arguments[arguments.length - 1];
                 axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
                    .then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | '))))
                    .catch(e => done([String(e)]))",
                Vec::new(),
            )
            .await
            .unwrap_or_else(|error| panic!("axe on {path}: {error}"))
    }

    /// The console since the last look; nothing is allowed in it but the browser's note
    /// that a form came back with its errors.
    pub(crate) async fn assert_quiet(&self, path: &str) {
        let logged = self.console().await;
        assert!(logged.is_empty(), "the console of {path}: {logged:?}");
    }

    pub(crate) async fn console(&self) -> Vec<Value> {
        let session = self.client.session_id().await.expect("a session").unwrap_or_default();
        let logged = self.client.issue_cmd(Logged(session)).await.expect("the console");
        let is_form_again =
            |entry: &Value| entry["message"].as_str().is_some_and(|text| text.contains("status of 422"));
        logged.as_array().into_iter().flatten().filter(|entry| !is_form_again(entry)).cloned().collect()
    }

    /// Cuts the window off from the server, or lets it back.
    pub(crate) async fn offline(&self, off: bool) {
        let session = self.client.session_id().await.expect("a session").unwrap_or_default();
        self.client.issue_cmd(Line { session, off }).await.expect("the line");
    }

    /// Lets no page run a script any more; the driver still may.
    pub(crate) async fn without_script(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// The page that stands as a PDF, on the paper that its style sheet asks for.
    pub(crate) async fn printed(&self) -> Vec<u8> {
        use base64::Engine as _;
        let answer = self.devtools("Page.printToPDF", json!({ "preferCSSPageSize": true })).await;
        let data = answer["data"].as_str().expect("a print");
        base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
    }

    async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        let session = self.client.session_id().await.expect("a session").unwrap_or_default();
        let asked = Devtools { session, command, parameters };
        self.client.issue_cmd(asked).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Saves a picture where `HUIFA_SCREENSHOTS` says, for a person to look at.
    pub(crate) async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("HUIFA_SCREENSHOTS") else { return };
        let bytes = self.client.screenshot().await.expect("a picture");
        std::fs::create_dir_all(&folder).expect("the folder");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).expect("written");
    }
}

impl Screen {
    /// The page as its print style sheet draws it on A4, for a person to look at.
    pub(crate) async fn paper_picture(&self, name: &str) {
        if std::env::var_os("HUIFA_SCREENSHOTS").is_none() {
            return;
        }
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        let paper = json!({ "width": 718, "height": 1046, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", paper).await;
        self.whole_picture(name).await;
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
    }

    /// Like [`Screen::picture`], of the whole page however long it is.
    pub(crate) async fn whole_picture(&self, name: &str) {
        use base64::Engine as _;
        let Some(folder) = std::env::var_os("HUIFA_SCREENSHOTS") else { return };
        let size =
            self.script("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]").await;
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let asked = json!({ "captureBeyondViewport": true, "clip": clip });
        let answer = self.devtools("Page.captureScreenshot", asked).await;
        let data = answer["data"].as_str().expect("a picture");
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).expect("base64");
        std::fs::create_dir_all(&folder).expect("the folder");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).expect("written");
    }
}

/// Chromium's own command for the console.
#[derive(Debug)]
struct Logged(String);

impl fantoccini::wd::WebDriverCompatibleCommand for Logged {
    fn endpoint(&self, base: &url::Url, _: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// Chromium's own command for the network.
#[derive(Debug)]
struct Line {
    session: String,
    off: bool,
}

impl fantoccini::wd::WebDriverCompatibleCommand for Line {
    fn endpoint(&self, base: &url::Url, _: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/chromium/network_conditions", self.session))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let conditions =
            json!({ "offline": self.off, "latency": 0, "download_throughput": -1, "upload_throughput": -1 });
        (http::Method::POST, Some(json!({ "network_conditions": conditions }).to_string()))
    }
}

/// Chromium's own way to its developer tools.
#[derive(Debug)]
struct Devtools {
    session: String,
    command: &'static str,
    parameters: Value,
}

impl fantoccini::wd::WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &url::Url, _: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", self.session))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let command = json!({ "cmd": self.command, "params": self.parameters });
        (http::Method::POST, Some(command.to_string()))
    }
}
