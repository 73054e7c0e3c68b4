//! Sessions: how they begin, how long they last, what ends them; guesses at passwords.

use axum::http::Method;
use huifa::accounts::db::{NewAccount, insert};
use huifa::web::permissions::Role;
use huifa::web::routes::Access;
use uuid::Uuid;

use crate::support::app::{Page, TestApp};

const PASSWORD: &str = "marsh-lantern-47-oboe";

/// Gaoping with one clerk who has a password.
async fn with_xujing() -> TestApp {
    let app = TestApp::new().await;
    let new = NewAccount {
        bureau_id: app.bureau,
        login: "xujing".to_owned(),
        name: "许静".to_owned(),
        role: Role::BureauClerk,
        venue_id: None,
        person_id: None,
        staff_number: None,
        password_hash: app.state.passwords.hash(PASSWORD.to_owned()).await.expect("a hash"),
        must_change_password: false,
        created_by: None,
    };
    let mut conn = app.owner.acquire().await.expect("a connection");
    insert(&mut conn, &new, app.state.clock.now()).await.expect("an account");
    drop(conn);
    app
}

/// Signs in as a browser does and gives the session's cookie.
async fn sign_in(app: &TestApp, login: &str, password: &str) -> String {
    let page = app.stranger().post_bare("/sign-in", &[("login", login), ("password", password)]).await;
    page.assert_status(303);
    cookie_of(&page)
}

#[track_caller]
fn cookie_of(page: &Page) -> String {
    // The session's or the large print's; the known browser's comes beside the first.
    let mut all = page.headers.get_all("set-cookie").iter().map(|set| set.to_str().expect("plain"));
    let set = all.rfind(|set| !set.starts_with("huifa_device=")).expect("a cookie");
    set.split(';').next().expect("its pair").to_owned()
}

async fn get_with(app: &TestApp, cookie: &str, path: &str) -> Page {
    app.stranger().send(Method::GET, path, None, &[("cookie", cookie)]).await
}

/// Sends a form with the session of `cookie`.
async fn post_with(app: &TestApp, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = get_with(app, cookie, "/password").await;
    let token = page.attribute("input[name=token]", "value").expect("a token");
    let once = Uuid::new_v4().to_string();
    let mut all = vec![("token", token.as_str()), ("once", once.as_str())];
    all.extend_from_slice(fields);
    let body = serde_html_form::to_string(all).expect("a form");
    app.stranger().send(Method::POST, path, Some(body), &[("cookie", cookie), ("sec-fetch-site", "same-origin")]).await
}

#[tokio::test]
async fn a_session_ends_after_a_quarter_of_an_hour_of_silence_and_an_administrators_after_ten_minutes() {
    let app = with_xujing().await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    for time in ["08:14", "08:28", "08:42"] {
        app.clock_to(&format!("2024-05-06 {time}"));
        get_with(&app, &cookie, "/permissions").await.assert_status(200);
    }
    app.clock_to("2024-05-06 08:58");
    let page = get_with(&app, &cookie, "/permissions").await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Fpermissions"));

    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    app.execute("update accounts set role = 'leader' where login = 'xujing'").await;
    app.clock_to("2024-05-06 09:10");
    get_with(&app, &cookie, "/permissions").await.assert_status(200);
    app.execute("update accounts set role = 'system_administrator' where login = 'xujing'").await;
    app.execute("update sessions set second_factor = 'totp'").await;
    app.clock_to("2024-05-06 09:19");
    get_with(&app, &cookie, "/permissions").await.assert_status(200);
    app.clock_to("2024-05-06 09:30");
    get_with(&app, &cookie, "/permissions").await.assert_status(303);
}

#[tokio::test]
async fn a_session_ends_after_ten_hours_however_busy() {
    let app = with_xujing().await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    for minutes in (12..600).step_by(12) {
        app.clock_to(&format!("2024-05-06 {:02}:{:02}", 8 + minutes / 60, minutes % 60));
        get_with(&app, &cookie, "/permissions").await.assert_status(200);
    }
    app.clock_to("2024-05-06 18:01");
    get_with(&app, &cookie, "/permissions").await.assert_status(303);
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_is_said_to_be_lost_and_leads_back_to_its_page() {
    let app = TestApp::new().await;
    let page = app
        .stranger()
        .send(
            Method::POST,
            "/accounts",
            Some("name=x".to_owned()),
            &[("sec-fetch-site", "same-origin"), ("referer", "http://huifa.test/accounts/new")],
        )
        .await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Faccounts%2Fnew&after=lost"));
    app.staff(Role::SystemAdministrator).await;
    app.stranger().get("/sign-in?next=%2Faccounts%2Fnew&after=lost").await.assert_says("没有保存");
}

#[tokio::test]
async fn a_password_counts_as_it_was_typed_and_the_trail_says_how_somebody_came_in() {
    let app = with_xujing().await;
    let sign = async |password: &str| {
        app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", password)]).await
    };
    for other in
        [&PASSWORD.to_uppercase(), &format!("{PASSWORD} "), &format!(" {PASSWORD}"), &PASSWORD[..20].to_owned()]
    {
        sign(other).await.assert_status(422);
    }
    sign(PASSWORD).await.assert_status(303);
    let written = "select count(*) from audit_records where action = 'account.sign_in' and note = '密码'
                       and address <> '' and account_id is not null";
    assert_eq!(app.scalar_i64(written).await, 1);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'account.sign_in_refused'").await, 4);
    // A password that somebody else gave is good for a few days.
    app.execute("update accounts set must_change_password = true").await;
    app.clock_to("2024-05-20 08:00");
    sign(PASSWORD).await.assert_status(422).assert_says("初始密码已过期");
}

#[tokio::test]
async fn a_cookie_from_before_the_sign_in_is_not_kept() {
    let app = with_xujing().await;
    let planted = "huifa=planted-by-somebody-else";
    let body = serde_html_form::to_string([("login", "xujing"), ("password", PASSWORD)]).unwrap();
    let headers = [("cookie", planted), ("sec-fetch-site", "same-origin")];
    let page = app.stranger().send(Method::POST, "/sign-in", Some(body.clone()), &headers).await;
    page.assert_status(303);
    let first = cookie_of(&page);
    assert_ne!(first, planted);
    get_with(&app, planted, "/permissions").await.assert_status(303);
    // Signing in again over a living session ends that one.
    let headers = [("cookie", first.as_str()), ("sec-fetch-site", "same-origin")];
    let page = app.stranger().send(Method::POST, "/sign-in", Some(body), &headers).await;
    let second = cookie_of(&page);
    assert_ne!(second, first);
    get_with(&app, &first, "/permissions").await.assert_status(303);
    get_with(&app, &second, "/permissions").await.assert_status(200);
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let app = with_xujing().await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    let page = post_with(&app, &cookie, "/sign-out", &[]).await;
    assert_eq!(page.location.as_deref(), Some("/"));
    assert!(page.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(page.headers["clear-site-data"], "\"cache\", \"storage\"");
    get_with(&app, &cookie, "/permissions").await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from sessions").await, 0);
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_elsewhere() {
    let app = with_xujing().await;
    let here = sign_in(&app, "xujing", PASSWORD).await;
    let elsewhere = sign_in(&app, "xujing", PASSWORD).await;
    let new = "copper-violin-93-snow";
    let page =
        post_with(&app, &here, "/password", &[("current", PASSWORD), ("password", new), ("repeated", new)]).await;
    page.assert_status(303);
    // The session goes on under a new key; the old one opens nothing.
    let renewed = cookie_of(&page);
    assert_ne!(renewed, here);
    get_with(&app, &here, "/permissions").await.assert_status(303);
    get_with(&app, &renewed, "/permissions").await.assert_status(200).assert_says("密码已修改");
    get_with(&app, &elsewhere, "/permissions").await.assert_status(303);
    app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await.assert_status(422);
    sign_in(&app, "xujing", new).await;
}

#[tokio::test]
async fn the_current_password_cannot_be_guessed_by_changing_it() {
    let app = with_xujing().await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    let new = "copper-violin-93-snow";
    for wrong in 1..=5 {
        let fields = [("current", "wrong"), ("password", new), ("repeated", new)];
        let page = post_with(&app, &cookie, "/password", &fields).await;
        // The fifth ends the session; the account itself stays open for its owner.
        if wrong < 5 {
            page.assert_status(422).assert_says("现在的密码不对");
        } else {
            page.assert_status(303);
        }
    }
    get_with(&app, &cookie, "/permissions").await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action like '%_refused'").await, 5);
    sign_in(&app, "xujing", PASSWORD).await;
}

#[tokio::test]
async fn a_password_given_by_somebody_else_opens_nothing_but_its_change_and_the_way_out() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::SystemAdministrator).await;
    app.execute(&format!("update accounts set must_change_password = true where id = {}", clerk.actor().account_id))
        .await;
    for declared in &app.declared {
        let path = declared.path.replace("{month}", "2024-05").replace("{year}", "2024");
        let path =
            path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
        let page = match declared.method {
            _ if path == "/confirm" => continue,
            "GET" => clerk.get(&path).await,
            _ if path == "/sign-out" => continue,
            _ => clerk.post(&path, &[]).await,
        };
        let sent_away = page.status == 303 && page.location.as_deref() == Some("/password");
        let open = matches!(declared.access, Access::Public | Access::FirstPassword);
        assert_eq!(sent_away, !open, "{} {}: {}", declared.method, declared.path, page.status);
    }
    let open: Vec<_> =
        app.declared.iter().filter(|one| one.access == Access::FirstPassword).map(|one| one.path).collect();
    assert_eq!(
        open,
        [
            "/sign-out",
            "/password",
            "/password",
            "/second-factor",
            "/second-factor",
            "/confirm/passkey",
            "/confirm",
            "/confirm"
        ]
    );
    clerk.post("/sign-out", &[]).await.assert_status(303);
}

#[tokio::test]
async fn an_unknown_login_costs_as_much_and_is_locked_like_a_known_one() {
    let app = with_xujing().await;
    let mut answers = Vec::new();
    for login in ["xujing", "nobody"] {
        let before = app.state.passwords.verified();
        let mut texts = Vec::new();
        for minute in [0, 1, 2, 3, 4, 5, 18, 21] {
            app.clock_to(&format!("2024-05-06 08:{minute:02}"));
            let page = app.stranger().post_bare("/sign-in", &[("login", login), ("password", "wrong")]).await;
            page.assert_status(422);
            texts.push(page.select(".error-summary"));
        }
        assert_eq!(app.state.passwords.verified() - before, 8, "{login}");
        answers.push(texts);
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0][5][0].contains("暂时锁定") && answers[0][7][0].contains("不对"), "{answers:?}");
}

#[tokio::test]
async fn guesses_side_by_side_do_not_outrun_the_lock() {
    let app = with_xujing().await;
    let stranger = app.stranger();
    let guess = |password: &'static str| {
        let fields = [("login", "xujing"), ("password", password)];
        let stranger = &stranger;
        async move { stranger.post_bare("/sign-in", &fields).await }
    };
    tokio::join!(guess("a"), guess("b"), guess("c"), guess("d"), guess("e"), guess("f"), guess("g"));
    let counted = app.scalar_i64("select count(*) from audit_records where note = '登录名或密码不对'").await;
    let locked = app.scalar_i64("select count(*) from audit_records where note = '锁定期间尝试登录'").await;
    assert_eq!((counted, locked), (5, 2));
    guess(PASSWORD).await.assert_status(422).assert_says("暂时锁定");
}

#[tokio::test]
async fn an_address_waits_for_its_own_guesses_of_a_quarter_of_an_hour() {
    let app = with_xujing().await;
    let wrong = [("login", "xujing"), ("password", "wrong")];
    app.stranger().post_bare("/sign-in", &wrong).await.assert_status(422);
    // Many guesses and a long line: now, a quarter of an hour ago, and of another address.
    for (address, since, waits) in
        [("address", "07:50", true), ("address", "07:45", false), ("'203.0.113.9'", "07:50", false)]
    {
        app.execute(&format!(
            "update failing_addresses set address = {address}, failures = 100, since = '2024-05-06 {since}+08',
                 free_at = '2024-05-06 09:00+08'"
        ))
        .await;
        let page = app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await;
        assert_eq!(page.status.as_u16() != 303, waits, "{address} {since}: {}", page.text());
    }
}

#[tokio::test]
async fn large_print_is_switched_by_a_plain_form_and_leads_back() {
    let app = TestApp::new().await;
    let stranger = app.stranger();
    let fields = serde_html_form::to_string([("print", "large"), ("back", "/sign-in?next=%2Faudit")]).unwrap();
    let page = stranger.send(Method::POST, "/appearance", Some(fields), &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Faudit"));
    let cookie = cookie_of(&page);
    app.staff(Role::Leader).await;
    let page = get_with(&app, &cookie, "/sign-in?next=%2Faudit").await;
    assert_eq!(page.attribute("html", "data-print").as_deref(), Some("large"));
    assert_eq!(page.attribute("input[name=back]", "value").as_deref(), Some("/sign-in?next=%2Faudit"));
    page.assert_says("恢复普通字号");
    let away = stranger.post_bare("/appearance", &[("print", "normal"), ("back", "//evil.example")]).await;
    assert_eq!(away.location.as_deref(), Some("/"));
}

#[tokio::test]
async fn what_has_run_out_is_swept_at_the_next_sign_in() {
    let app = with_xujing().await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    post_with(&app, &cookie, "/sign-out", &[]).await.assert_status(303);
    sign_in(&app, "xujing", PASSWORD).await;
    app.clock_to("2024-05-10 08:00");
    sign_in(&app, "xujing", PASSWORD).await;
    assert_eq!(app.scalar_i64("select count(*) from sessions").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from once_keys").await, 0);
}
