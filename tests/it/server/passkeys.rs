//! Passkeys through HTTP, shown by a device that the tests hold in their hand.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use huifa::accounts::db::{NewAccount, insert};
use huifa::web::permissions::Role;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};

use crate::support::app::{Browser, Page, TestApp};

const ORIGIN: &str = "http://localhost:8080";
const PRESENT_AND_VERIFIED: u8 = 0x05;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A device with one key pair.
struct Device {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    count: u32,
    flags: u8,
    origin: &'static str,
}

impl Device {
    fn new(id: u8) -> Device {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &random).unwrap();
        Device { pair, id: vec![id; 16], count: 1, flags: PRESENT_AND_VERIFIED, origin: ORIGIN }
    }

    fn client(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(unhex(challenge));
        serde_json::json!({ "type": kind, "challenge": challenge, "origin": self.origin }).to_string().into_bytes()
    }

    fn told(&self, extra: u8) -> Vec<u8> {
        let mut told = Sha256::digest(b"localhost").to_vec();
        told.push(self.flags | extra);
        told.extend(self.count.to_be_bytes());
        told
    }

    /// The fields of a registration.
    fn creates(&self, challenge: &str) -> [(&'static str, String); 2] {
        let point = self.pair.public_key().as_ref();
        let integer = |number: i64| Value::Integer(number.into());
        let key = Value::Map(vec![
            (integer(1), integer(2)),
            (integer(3), integer(-7)),
            (integer(-1), integer(1)),
            (integer(-2), Value::Bytes(point[1..33].to_vec())),
            (integer(-3), Value::Bytes(point[33..].to_vec())),
        ]);
        let mut told = self.told(0x40);
        told.extend([0; 16]);
        told.extend([0, 16]);
        told.extend(&self.id);
        ciborium::into_writer(&key, &mut told).unwrap();
        let object = Value::Map(vec![
            (Value::Text("fmt".into()), Value::Text("none".into())),
            (Value::Text("attStmt".into()), Value::Map(Vec::new())),
            (Value::Text("authData".into()), Value::Bytes(told)),
        ]);
        let mut attestation = Vec::new();
        ciborium::into_writer(&object, &mut attestation).unwrap();
        [("client_data", hex(&self.client("webauthn.create", challenge))), ("attestation", hex(&attestation))]
    }

    /// The fields of a signature.
    fn signs(&mut self, challenge: &str, prefix: &str) -> Vec<(String, String)> {
        self.count += 1;
        let (client, told) = (self.client("webauthn.get", challenge), self.told(0));
        let mut message = told.clone();
        message.extend(Sha256::digest(&client));
        let signed = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        [
            ("credential", hex(&self.id)),
            ("client_data", hex(&client)),
            ("told", hex(&told)),
            ("signed", hex(signed.as_ref())),
        ]
        .map(|(name, value)| (format!("{prefix}{name}"), value))
        .to_vec()
    }
}

async fn site() -> TestApp {
    let mut app = TestApp::new().await;
    app.is_reached_at(ORIGIN);
    app
}

async fn account(app: &TestApp, login: &str, role: Role) -> i64 {
    let new = NewAccount {
        bureau_id: app.bureau,
        login: login.to_owned(),
        name: "崔建忠".to_owned(),
        role,
        venue_id: None,
        person_id: None,
        staff_number: None,
        password_hash: app.state.passwords.hash("marsh-lantern-47-oboe".to_owned()).await.expect("a hash"),
        must_change_password: false,
        created_by: None,
    };
    let mut conn = app.state.pool.acquire().await.expect("a connection");
    insert(&mut conn, &new, app.state.clock.now()).await.expect("an account")
}

async fn register(browser: &Browser<'_>, device: &Device, name: &str) -> Page {
    let page = browser.get("/my-account/passkeys/new").await;
    page.assert_status(200);
    let challenge = page.attribute("[data-passkey]", "data-challenge").expect("a challenge");
    let [client, attestation] = device.creates(&challenge);
    browser
        .post("/my-account/passkeys", &[("name", name), (client.0, &client.1), (attestation.0, &attestation.1)])
        .await
}

/// A challenge at the sign-in, and its cookie.
async fn begin(app: &TestApp) -> (String, String) {
    let page = app.stranger().get("/sign-in/passkey").await;
    page.assert_status(200);
    let cookie = page.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let asked: serde_json::Value = serde_json::from_str(&page.html).expect("json");
    (asked["challenge"].as_str().expect("a challenge").to_owned(), cookie)
}

async fn shown(app: &TestApp, cookie: &str, fields: &[(String, String)]) -> Page {
    let body = serde_html_form::to_string(fields).expect("a form");
    let headers = [("cookie", cookie), ("sec-fetch-site", "same-origin")];
    app.stranger().send(Method::POST, "/sign-in/passkey", Some(body), &headers).await
}

#[tokio::test]
async fn a_passkey_is_added_signs_in_as_both_factors_and_is_removed() {
    let app = site().await;
    let id = account(&app, "cuijz", Role::Approver).await;
    let browser = app.browser_of(id).await;
    let mut device = Device::new(1);
    register(&browser, &device, "办公室电脑").await.assert_status(303);
    browser.get("/my-account").await.assert_status(200).assert_says("办公室电脑").assert_says("还没有用过");

    let (challenge, cookie) = begin(&app).await;
    let fields = device.signs(&challenge, "");
    let page = shown(&app, &cookie, &fields).await;
    page.assert_status(303);
    assert_eq!(page.location.as_deref(), Some("/home"));
    let by = "select count(*) from sessions where second_factor = 'passkey'";
    assert_eq!(app.scalar_i64(by).await, 1);
    let trail = "select count(*) from audit_records where action = 'account.sign_in' and note = '通行密钥'";
    assert_eq!(app.scalar_i64(trail).await, 1);

    // The same answer again, with the same cookie: the challenge is used up.
    shown(&app, &cookie, &fields).await.assert_status(422).assert_says("这个通行密钥不能登录");
    assert_eq!(app.scalar_i64(by).await, 1);

    let key = app.scalar_i64("select id from passkeys").await;
    browser.post(&format!("/my-account/passkeys/{key}/remove"), &[]).await.assert_status(303);
    let (challenge, cookie) = begin(&app).await;
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);
}

#[tokio::test]
async fn a_passkey_of_another_site_challenge_time_count_or_without_verification_opens_nothing() {
    let app = site().await;
    let id = account(&app, "cuijz", Role::BureauClerk).await;
    let browser = app.browser_of(id).await;
    let mut device = Device::new(1);
    register(&browser, &device, "手机").await.assert_status(303);
    let sessions = "select count(*) from sessions";
    let before = app.scalar_i64(sessions).await;

    let (challenge, cookie) = begin(&app).await;
    device.origin = "http://localhost.evil.example";
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);
    device.origin = ORIGIN;

    let (challenge, cookie) = begin(&app).await;
    device.flags = 0x01;
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);
    device.flags = PRESENT_AND_VERIFIED;

    // Another's challenge, and none at all.
    let (challenge, _) = begin(&app).await;
    let (_, cookie) = begin(&app).await;
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);
    shown(&app, "huifa_passkey=none", &device.signs(&challenge, "")).await.assert_status(422);

    // Too late.
    let (challenge, cookie) = begin(&app).await;
    app.clock_to("2024-05-06 08:06");
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);

    // A copy of the key counts on its own.
    let (challenge, cookie) = begin(&app).await;
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(303);
    device.count -= 1;
    let (challenge, cookie) = begin(&app).await;
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);
    let copied = "select count(*) from audit_records where action = 'account.passkey_copied' and bureau_id is not null";
    assert_eq!(app.scalar_i64(copied).await, 1);
    assert_eq!(app.scalar_i64(sessions).await, before + 1);

    // A disabled account.
    app.execute(&format!("update accounts set status = 'disabled', status_reason = '离职' where id = {id}")).await;
    let (challenge, cookie) = begin(&app).await;
    shown(&app, &cookie, &device.signs(&challenge, "")).await.assert_status(422);
}

#[tokio::test]
async fn a_passkey_proves_its_owner_again_and_nobody_else() {
    let app = site().await;
    let id = account(&app, "cuijz", Role::BureauClerk).await;
    let browser = app.browser_of(id).await;
    let other = app.browser_of(account(&app, "other", Role::BureauClerk).await).await;
    let (mut device, mut foreign) = (Device::new(1), Device::new(2));
    register(&browser, &device, "手机").await.assert_status(303);
    register(&other, &foreign, "手机").await.assert_status(303);
    app.execute("update sessions set proved_at = '2024-01-01'").await;
    browser.get("/my-account/passkeys/new").await.assert_status(303);
    let asking = browser.get("/confirm?to=/my-account/passkeys/new").await;
    assert_eq!(asking.attribute("[data-passkey]", "data-from").as_deref(), Some("/confirm/passkey"));

    let challenge = |page: &Page| {
        let asked: serde_json::Value = serde_json::from_str(&page.html).expect("json");
        asked["challenge"].as_str().expect("a challenge").to_owned()
    };
    let asked = challenge(&browser.get("/confirm/passkey").await);
    for fields in [foreign.signs(&asked, "confirm_"), device.signs(&asked, "confirm_")] {
        // A wrong answer uses the challenge up: the right one after it comes too late.
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post("/confirm", &fields).await.assert_status(422).assert_says("通行密钥没有通过");
    }
    let asked = challenge(&browser.get("/confirm/passkey").await);
    let mut fields = device.signs(&asked, "confirm_");
    fields.push(("confirm_to".to_owned(), "/my-account/passkeys/new".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = browser.post("/confirm", &fields).await;
    page.assert_status(303);
    browser.follow(page).await.assert_status(200).assert_says("添加通行密钥");
    // The other's key is not removed by its number.
    let key = app
        .scalar_i64("select k.id from passkeys k join accounts a on a.id = k.account_id where login = 'other'")
        .await;
    browser.post(&format!("/my-account/passkeys/{key}/remove"), &[]).await.assert_status(404);
}

#[tokio::test]
async fn a_registration_counts_once_for_its_session_and_ten_devices_are_enough() {
    let app = site().await;
    let id = account(&app, "cuijz", Role::BureauClerk).await;
    let browser = app.browser_of(id).await;
    let device = Device::new(1);
    let page = browser.get("/my-account/passkeys/new").await;
    let challenge = page.attribute("[data-passkey]", "data-challenge").expect("a challenge");
    let [client, attestation] = device.creates(&challenge);
    let fields = [("name", "手机"), (client.0, client.1.as_str()), (attestation.0, attestation.1.as_str())];
    let other = app.browser_of(account(&app, "other", Role::BureauClerk).await).await;
    other.post("/my-account/passkeys", &fields).await.assert_status(422);
    browser.post("/my-account/passkeys", &fields).await.assert_status(303);
    browser.post("/my-account/passkeys", &fields).await.assert_status(422);
    for number in 2..=10 {
        register(&browser, &Device::new(number), "又一台").await.assert_status(303);
    }
    register(&browser, &Device::new(11), "第十一台").await.assert_status(409).assert_says("最多10个");
    assert_eq!(app.scalar_i64("select count(*) from passkeys").await, 10);
}

#[tokio::test]
async fn two_devices_at_once_do_not_pass_the_limit_together() {
    let app = site().await;
    let id = account(&app, "cuijz", Role::BureauClerk).await;
    let (one, two) = (app.browser_of(id).await, app.browser_of(id).await);
    for number in 1..=9 {
        register(&one, &Device::new(number), "一台").await.assert_status(303);
    }
    let (tenth, eleventh) = (Device::new(10), Device::new(11));
    let (first, second) = tokio::join!(register(&one, &tenth, "第十台"), register(&two, &eleventh, "第十一台"));
    let mut answers = [first.status.as_u16(), second.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409]);
    assert_eq!(app.scalar_i64("select count(*) from passkeys").await, 10);
    // The same device twice at once, from two sessions of its owner, is one key.
    app.execute("delete from passkeys").await;
    let (first, second) = tokio::join!(register(&one, &tenth, "同一台"), register(&two, &tenth, "同一台"));
    let statuses = [first.status.as_u16(), second.status.as_u16()];
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
    assert_eq!(app.scalar_i64("select count(*) from passkeys").await, 1);
}

#[tokio::test]
async fn challenges_that_nobody_answers_do_not_pile_up() {
    let app = site().await;
    account(&app, "cuijz", Role::BureauClerk).await;
    for _ in 0..110 {
        begin(&app).await;
    }
    let waiting = "select count(*) from passkey_challenges";
    assert_eq!(app.scalar_i64(waiting).await, 100, "one address holds so many");
    app.clock_to("2024-05-06 08:10");
    begin(&app).await;
    assert_eq!(app.scalar_i64(waiting).await, 1, "what has run out is swept");
}

#[tokio::test]
async fn without_a_public_name_nothing_of_passkeys_is_offered() {
    let mut app = TestApp::new().await;
    app.is_reached_at("https://192.0.2.1");
    app.stranger().get("/sign-in/passkey").await.assert_status(404);
    account(&app, "cuijz", Role::BureauClerk).await;
    app.stranger().get("/sign-in").await.assert_status(200).assert_silent_on("通行密钥");
}
