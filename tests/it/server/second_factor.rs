//! One-time codes, recovery codes, locks that strangers cannot turn on others, lines before addresses.

use axum::http::Method;
use huifa::accounts::db::{NewAccount, insert};
use huifa::web::permissions::Role;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use crate::support::app::{Page, TestApp};

const PASSWORD: &str = "marsh-lantern-47-oboe";

async fn account(app: &TestApp, login: &str, role: Role) -> i64 {
    let new = NewAccount {
        bureau_id: app.bureau,
        login: login.to_owned(),
        name: "崔建忠".to_owned(),
        role,
        venue_id: None,
        person_id: None,
        staff_number: None,
        password_hash: app.state.passwords.hash(PASSWORD.to_owned()).await.expect("a hash"),
        must_change_password: false,
        created_by: None,
    };
    let mut conn = app.state.pool.acquire().await.expect("a connection");
    insert(&mut conn, &new, app.state.clock.now()).await.expect("an account")
}

/// A browser that keeps its cookies.
struct Jar<'a> {
    app: &'a TestApp,
    cookies: Vec<(String, String)>,
}

impl<'a> Jar<'a> {
    fn new(app: &'a TestApp) -> Jar<'a> {
        Jar { app, cookies: Vec::new() }
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<String>) -> Page {
        let cookie: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = cookie.join("; ");
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
        let page = self.app.stranger().send(method, path, body, &headers).await;
        for set in page.headers.get_all("set-cookie") {
            let pair = set.to_str().expect("plain").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a value");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        page
    }

    async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = serde_html_form::to_string(fields).expect("a form");
        self.send(Method::POST, path, Some(body)).await
    }

    /// A form of a page, with the token and offer that the page carries.
    async fn post_of(&mut self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = page.attribute("input[name=token]", "value").expect("a token");
        let offer = page.attribute("input[name=offer]", "value").unwrap_or_default();
        let once = Uuid::new_v4().to_string();
        let mut all = vec![("token", token.as_str()), ("once", once.as_str()), ("offer", offer.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    async fn password(&mut self, login: &str, password: &str) -> Page {
        self.post("/sign-in", &[("login", login), ("password", password)]).await
    }
}

/// The telephone: what it shows at the app's time.
struct Phone(Totp);

impl Phone {
    fn scan(page: &Page) -> Phone {
        let key = page.select("code.secret").remove(0).replace(' ', "");
        let secret = Secret::try_from_base32(key).expect("a key");
        Phone(Builder::new().with_secret(secret).with_account_name("x").build().expect("codes"))
    }

    fn shows(&self, app: &TestApp) -> String {
        self.0.generate(u64::try_from(app.state.clock.now().timestamp()).unwrap()).to_string()
    }
}

/// Enrols and gives the telephone and the recovery codes.
async fn enrol(app: &TestApp, jar: &mut Jar<'_>) -> (Phone, Vec<String>) {
    let page = jar.get("/second-factor").await;
    let phone = Phone::scan(&page);
    let wrong = jar.post_of(&page, "/second-factor", &[("code", "000000")]).await;
    wrong.assert_status(422).assert_says("验证码不对");
    assert_eq!(Phone::scan(&wrong).shows(app), phone.shows(app), "the offer stays while it is being scanned");
    let done = jar.post_of(&page, "/second-factor", &[("code", &phone.shows(app))]).await;
    done.assert_status(200);
    let codes = done.select("code.secret");
    assert_eq!(codes.len(), 8);
    (phone, codes)
}

#[tokio::test]
async fn an_approver_sets_up_codes_first_and_then_signs_in_with_them() {
    let app = TestApp::new().await;
    let id = account(&app, "cuijz", Role::Approver).await;
    let mut jar = Jar::new(&app);
    jar.password("cuijz", PASSWORD).await.assert_status(303);
    let page = jar.get("/permissions").await;
    assert_eq!(page.location.as_deref(), Some("/second-factor"), "nothing before the second factor");
    let (phone, codes) = enrol(&app, &mut jar).await;
    jar.get("/permissions").await.assert_status(200);

    // The secret lies sealed; the codes lie hashed.
    let key = "select count(*) from second_factors where length(secret) < 40";
    assert_eq!(app.scalar_i64(key).await, 0);
    assert_eq!(app.scalar_i64(&format!("select count(*) from recovery_codes where account_id = {id}")).await, 8);
    let hashed = "select count(*) from recovery_codes where length(code) = 32";
    assert_eq!(app.scalar_i64(hashed).await, 8);
    assert!(codes.iter().all(|code| code.len() == 34), "28 letters of 31, in groups: {codes:?}");

    // From now on the password alone opens nothing.
    let mut second = Jar::new(&app);
    let page = second.password("cuijz", PASSWORD).await;
    assert_eq!(page.location.as_deref(), Some("/sign-in/code"));
    second.get("/home").await.assert_status(303);
    let used = phone.shows(&app);
    second.post("/sign-in/code", &[("code", &used)]).await.assert_status(422).assert_says("已经用过");
    app.clock_to("2024-05-06 08:01");
    let fresh = phone.shows(&app);
    let page = second.post("/sign-in/code", &[("code", &fresh)]).await;
    assert_eq!(page.location.as_deref(), Some("/home"));
    second.get("/permissions").await.assert_status(200);

    // The same code again, within its half minute, at another browser: refused.
    let mut third = Jar::new(&app);
    third.password("cuijz", PASSWORD).await;
    third.post("/sign-in/code", &[("code", &fresh)]).await.assert_status(422);
    // A recovery code opens once.
    third.post("/sign-in/code", &[("code", &codes[0].to_uppercase())]).await.assert_status(303);
    third.get("/permissions").await.assert_status(200);
    let mut fourth = Jar::new(&app);
    fourth.password("cuijz", PASSWORD).await;
    fourth.post("/sign-in/code", &[("code", &codes[0])]).await.assert_status(422);
    let page = third.get("/my-account").await;
    page.assert_says("还有7个恢复码").assert_says("密码和恢复码");
}

#[tokio::test]
async fn a_colleagues_telephone_and_a_strangers_browser_open_nothing() {
    let app = TestApp::new().await;
    let mut phones = Vec::new();
    for login in ["cuijz", "baixx"] {
        account(&app, login, Role::Approver).await;
        let mut jar = Jar::new(&app);
        jar.password(login, PASSWORD).await.assert_status(303);
        phones.push(enrol(&app, &mut jar).await.0);
    }
    app.clock_to("2024-05-06 08:01");
    for (login, own, colleagues) in [("baixx", 1, 0), ("cuijz", 0, 1)] {
        let mut jar = Jar::new(&app);
        jar.password(login, PASSWORD).await.assert_status(303);
        jar.get("/sign-in/code").await.assert_status(200);
        let refused = jar.post("/sign-in/code", &[("code", &phones[colleagues].shows(&app))]).await;
        refused.assert_status(422);
        // While somebody is on the second step, nobody else is.
        app.stranger().get("/sign-in/code").await.assert_status(303);
        let mut guessed = Jar::new(&app);
        guessed.cookies = jar.cookies.iter().map(|(name, _)| (name.clone(), "AAAA".repeat(11))).collect();
        guessed.get("/sign-in/code").await.assert_status(303);
        let page = jar.post("/sign-in/code", &[("code", &phones[own].shows(&app))]).await;
        assert_eq!(page.location.as_deref(), Some("/home"), "{login}");
    }
    // The password's half is forgotten after a while.
    let mut jar = Jar::new(&app);
    jar.password("cuijz", PASSWORD).await.assert_status(303);
    app.clock_to("2024-05-06 09:30");
    assert_eq!(jar.get("/sign-in/code").await.location.as_deref(), Some("/sign-in"));
}

#[tokio::test]
async fn where_all_need_a_second_factor_nobody_gets_in_without() {
    let mut app = TestApp::new().await;
    account(&app, "songlx", Role::BureauClerk).await;
    let mut clerk = Jar::new(&app);
    clerk.password("songlx", PASSWORD).await.assert_status(303);
    clerk.get("/permissions").await.assert_status(200);
    drop(clerk);
    app.is_told("HUIFA_SECOND_FACTOR_FOR_ALL", "1");
    let mut clerk = Jar::new(&app);
    clerk.password("songlx", PASSWORD).await.assert_status(303);
    for path in ["/home", "/permissions", "/consultations"] {
        assert_eq!(clerk.get(path).await.location.as_deref(), Some("/second-factor"), "{path}");
    }
    enrol(&app, &mut clerk).await;
    clerk.get("/permissions").await.assert_status(200);
}

#[tokio::test]
async fn a_code_given_twice_at_once_opens_one_session() {
    let app = TestApp::new().await;
    account(&app, "cuijz", Role::Finance).await;
    let mut jar = Jar::new(&app);
    jar.password("cuijz", PASSWORD).await;
    let (phone, _) = enrol(&app, &mut jar).await;
    app.clock_to("2024-05-06 08:02");
    let (mut one, mut other) = (Jar::new(&app), Jar::new(&app));
    one.password("cuijz", PASSWORD).await;
    let code = phone.shows(&app);
    other.cookies = one.cookies.clone();
    let fields = [("code", code.as_str())];
    let (first, second) = tokio::join!(one.post("/sign-in/code", &fields), other.post("/sign-in/code", &fields));
    let opened = [first, second].iter().filter(|page| page.location.as_deref() == Some("/home")).count();
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn a_code_lives_for_its_own_half_minute_and_one_typed_late_is_no_guess() {
    let app = TestApp::new().await;
    let id = account(&app, "cuijz", Role::Approver).await;
    let mut jar = Jar::new(&app);
    jar.password("cuijz", PASSWORD).await;
    let (phone, _) = enrol(&app, &mut jar).await;
    app.clock_to("2024-05-06 08:02");
    let mut there = Jar::new(&app);
    there.password("cuijz", PASSWORD).await;
    let seconds = u64::try_from(app.state.clock.now().timestamp()).unwrap();
    // The telephone's clock goes a step behind, then a step before, then far behind.
    for (at, words) in [(seconds - 1, "已经换掉"), (seconds + 30, "已经换掉"), (seconds - 31, "验证码不对")]
    {
        let code = phone.0.generate(at).to_string();
        there.post("/sign-in/code", &[("code", &code)]).await.assert_status(422).assert_says(words);
    }
    let failed = format!("select failed_sign_ins::bigint from accounts where id = {id}");
    assert_eq!(app.scalar_i64(&failed).await, 1, "only the last of them was a guess");
    let notes = "select count(*) from audit_records where note = '动态验证码不在有效的半分钟内'";
    assert_eq!(app.scalar_i64(notes).await, 2);
    let last_second = phone.0.generate(seconds + 29).to_string();
    there.post("/sign-in/code", &[("code", &last_second)]).await.assert_status(303);
    // The same at the page that asks again before money moves.
    let page = there.get("/permissions").await;
    app.execute("update sessions set proved_at = '2024-05-06 07:00+08'").await;
    let late = phone.0.generate(seconds + 30).to_string();
    let fields = [("confirm_to", "/home"), ("confirm_method", "get"), ("confirm_secret", late.as_str())];
    there.post_of(&page, "/confirm", &fields).await.assert_status(422).assert_says("已经换掉");
    let refused = "select count(*) from audit_records where action = 'account.confirm_refused'";
    assert_eq!(app.scalar_i64(refused).await, 0);
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let app = TestApp::new().await;
    account(&app, "cuijz", Role::Approver).await;
    let mut jar = Jar::new(&app);
    jar.password("cuijz", PASSWORD).await;
    let (phone, _) = enrol(&app, &mut jar).await;
    app.clock_to("2024-05-06 08:02");
    let mut thief = Jar::new(&app);
    thief.password("cuijz", PASSWORD).await;
    for guess in 1..=5 {
        let page = thief.post("/sign-in/code", &[("code", "000000")]).await;
        page.assert_status(if guess < 5 { 422 } else { 303 });
    }
    // The half sign-in is over, and the account is locked for browsers it does not know.
    let page = thief.post("/sign-in/code", &[("code", &phone.shows(&app))]).await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?after=step"));
    thief.password("cuijz", PASSWORD).await.assert_status(422).assert_says("暂时锁定");
    // Its owner's browser is known and goes on.
    jar.password("cuijz", PASSWORD).await.assert_status(303);
    jar.post("/sign-in/code", &[("code", &phone.shows(&app))]).await.assert_status(303);
    jar.get("/permissions").await.assert_status(200);
}

#[tokio::test]
async fn with_a_second_factor_money_asks_for_a_code_and_not_for_the_password() {
    let app = TestApp::new().await;
    account(&app, "cuijz", Role::Approver).await;
    let mut jar = Jar::new(&app);
    jar.password("cuijz", PASSWORD).await;
    let (phone, _) = enrol(&app, &mut jar).await;
    let page = jar.get("/permissions").await;
    app.execute("update sessions set proved_at = '2024-05-06 07:00+08'").await;
    let asking = jar.post_of(&page, "/settlements/2024-05/approve", &[]).await;
    asking.assert_status(403).assert_says("动态验证码").assert_says("审批月结");
    let give = [("confirm_to", "/settlements/2024-05/approve"), ("confirm_method", "post")];
    let mut with_password = give.to_vec();
    with_password.push(("confirm_secret", PASSWORD));
    jar.post_of(&asking, "/confirm", &with_password).await.assert_status(422);
    app.clock_to("2024-05-06 08:01");
    let code = phone.shows(&app);
    let mut with_code = give.to_vec();
    with_code.push(("confirm_secret", &code));
    jar.post_of(&asking, "/confirm", &with_code).await.assert_status(307);
    app.execute("update sessions set proved_at = '2024-05-06 07:00+08'").await;
    jar.post_of(&asking, "/confirm", &with_code).await.assert_status(422).assert_says("已经用过");
}

#[tokio::test]
async fn a_stranger_locks_nobody_out_of_their_own_browser() {
    let app = TestApp::new().await;
    account(&app, "haowj", Role::BureauClerk).await;
    let mut desk = Jar::new(&app);
    desk.password("haowj", PASSWORD).await.assert_status(303);
    let mut stranger = Jar::new(&app);
    for _ in 0..5 {
        stranger.password("haowj", "guess").await.assert_status(422);
    }
    stranger.password("haowj", PASSWORD).await.assert_status(422).assert_says("暂时锁定");
    desk.password("haowj", PASSWORD).await.assert_status(303);
    // The known browser has a lock of its own, which in turn leaves the account alone.
    app.execute("update accounts set locked_until = null, failed_sign_ins = 0").await;
    for _ in 0..5 {
        desk.password("haowj", "guess").await.assert_status(422);
    }
    desk.password("haowj", PASSWORD).await.assert_status(422).assert_says("暂时锁定");
    Jar::new(&app).password("haowj", PASSWORD).await.assert_status(303);
    // A cookie of somebody else's browser helps nobody.
    account(&app, "other", Role::Leader).await;
    let mut thief = Jar::new(&app);
    thief.password("other", PASSWORD).await.assert_status(303);
    for _ in 0..5 {
        thief.password("haowj", "guess").await.assert_status(422);
    }
    thief.password("haowj", PASSWORD).await.assert_status(422).assert_says("暂时锁定");
}

#[tokio::test]
async fn an_address_that_guesses_much_waits_in_line_while_known_browsers_pass() {
    let app = TestApp::new().await;
    account(&app, "haowj", Role::BureauClerk).await;
    let mut desk = Jar::new(&app);
    desk.password("haowj", PASSWORD).await.assert_status(303);
    let stranger = app.stranger();
    for number in 0..20 {
        let login = format!("guess{number}");
        stranger.post_bare("/sign-in", &[("login", &login), ("password", "x")]).await.assert_status(422);
    }
    let guess = |login: &'static str| {
        let stranger = &stranger;
        async move {
            let page = stranger.post_bare("/sign-in", &[("login", login), ("password", "x")]).await;
            assert_eq!(page.status == 429, page.text().contains("这个网络地址上输错密码的次数太多"));
            page.status.as_u16()
        }
    };
    let began = std::time::Instant::now();
    let (a, b, c, d, e, f) = tokio::join!(guess("a1"), guess("b1"), guess("c1"), guess("d1"), guess("e1"), guess("f1"));
    let statuses = [a, b, c, d, e, f];
    assert!(statuses.contains(&429) && statuses.contains(&422), "{statuses:?}");
    assert!(began.elapsed().as_millis() >= 900, "some waited their turn");
    let began = std::time::Instant::now();
    desk.password("haowj", PASSWORD).await.assert_status(303);
    assert!(began.elapsed().as_millis() < 900, "the known browser did not");
}

#[tokio::test]
async fn the_last_five_passwords_do_not_come_back_and_an_old_one_must_be_changed() {
    let app = TestApp::new().await;
    account(&app, "haowj", Role::BureauClerk).await;
    let mut jar = Jar::new(&app);
    jar.password("haowj", PASSWORD).await.assert_status(303);
    let words = ["copper-violin-93-snow", "river-anvil-28-plum", "cloud-saddle-61-fern", "quartz-ladle-74-mint"];
    let mut current = PASSWORD;
    let change = async |jar: &mut Jar<'_>, current: &str, new: &str| {
        let page = jar.get("/password").await;
        jar.post_of(&page, "/password", &[("current", current), ("password", new), ("repeated", new)]).await
    };
    for word in words {
        change(&mut jar, current, word).await.assert_status(303);
        current = word;
    }
    change(&mut jar, current, PASSWORD).await.assert_status(422).assert_says("最近5次用过的相同");
    change(&mut jar, current, current).await.assert_status(422).assert_says("最近5次用过的相同");
    change(&mut jar, current, "amber-pillow-35-knot").await.assert_status(303);
    // Five others came after it now.
    change(&mut jar, "amber-pillow-35-knot", PASSWORD).await.assert_status(303);

    app.clock_to("2024-08-05 08:00");
    let mut later = Jar::new(&app);
    app.execute("update accounts set last_sign_in_at = '2024-08-01'").await;
    later.password("haowj", PASSWORD).await.assert_status(303);
    assert_eq!(later.get("/permissions").await.location.as_deref(), Some("/password"));
}

#[tokio::test]
async fn the_owner_sees_where_they_are_signed_in_and_ends_the_others() {
    let app = TestApp::new().await;
    account(&app, "haowj", Role::BureauClerk).await;
    account(&app, "other", Role::BureauClerk).await;
    let (mut here, mut there, mut foreign) = (Jar::new(&app), Jar::new(&app), Jar::new(&app));
    here.password("haowj", PASSWORD).await;
    there.password("haowj", PASSWORD).await;
    foreign.password("other", PASSWORD).await;
    let page = here.get("/my-account").await;
    page.assert_status(200);
    let handle = page.attribute("input[name=handle]", "value").expect("the other session");
    // Nobody ends a session that is not theirs.
    let theirs = foreign.get("/my-account").await;
    foreign.post_of(&theirs, "/my-account/sessions", &[("handle", &handle)]).await.assert_status(409);
    there.get("/permissions").await.assert_status(200);
    here.post_of(&page, "/my-account/sessions", &[("handle", &handle)]).await.assert_status(303);
    there.get("/permissions").await.assert_status(303);
    here.get("/permissions").await.assert_status(200);
    foreign.get("/permissions").await.assert_status(200);
}
