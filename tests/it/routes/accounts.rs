//! Sign-in, set-up, accounts, the permission table, the audit trail.

use axum::http::Method;
use huifa::error::AppError;
use huifa::web::permissions::{Action, Role};
use huifa::web::routes::Access;
use huifa::web::work::Work;
use uuid::Uuid;

use crate::support::app::{Page, TestApp};

const PASSWORD: &str = "marsh-lantern-47-oboe";

async fn set_up(app: &TestApp) {
    let token = app.state.setup.reveal().to_owned();
    app.stranger()
        .post_bare(
            "/set-up",
            &[("token", &token), ("name", "许静"), ("login", "xujing"), ("password", PASSWORD), ("repeated", PASSWORD)],
        )
        .await
        .assert_status(303);
}

#[tokio::test]
async fn an_empty_database_leads_to_the_set_up_page() {
    let app = TestApp::empty().await;
    let page = app.stranger().get("/sign-in").await;
    assert_eq!(page.location.as_deref(), Some("/set-up"));
    app.stranger().get("/set-up").await.assert_status(200).assert_says("首次设置");
}

#[tokio::test]
async fn set_up_without_the_token_is_refused_and_changes_nothing() {
    let app = TestApp::empty().await;
    let page = app
        .stranger()
        .post_bare(
            "/set-up",
            &[("token", "guess"), ("name", "许静"), ("login", "xujing"), ("password", PASSWORD), ("repeated", PASSWORD)],
        )
        .await;
    page.assert_status(422).assert_says("设置口令不对");
    assert!(page.html.contains("value=\"许静\""), "what was typed is kept");
    assert_eq!(app.scalar_i64("select count(*) from accounts").await, 0);
    assert_eq!(app.scalar_i64("select count(*) from bureaus").await, 0);
}

#[tokio::test]
async fn the_first_administrator_is_made_once_and_can_sign_in() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    assert_eq!(app.scalar_i64("select count(*) from venues").await, 17);
    let again = app
        .stranger()
        .post_bare(
            "/set-up",
            &[
                ("token", app.state.setup.reveal()),
                ("name", "别人"),
                ("login", "other"),
                ("password", PASSWORD),
                ("repeated", PASSWORD),
            ],
        )
        .await;
    assert_eq!(again.location.as_deref(), Some("/sign-in"));
    assert_eq!(app.scalar_i64("select count(*) from accounts").await, 1);

    let page = app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await;
    page.assert_status(303);
    assert_eq!(page.location.as_deref(), Some("/home"));
    let cookie = page.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_for_a_while() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    for _ in 0..5 {
        let page = app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", "wrong")]).await;
        page.assert_status(422).assert_says("登录名或密码不对");
    }
    let page = app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await;
    page.assert_status(422).assert_says("暂时锁定");
    app.clock_to("2024-05-06 08:20");
    app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await.assert_status(303);
}

#[tokio::test]
async fn signing_in_leads_only_to_pages_of_this_site() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    for (next, expected) in [
        ("/roster/2024-05", "/roster/2024-05"),
        ("//evil.example", "/home"),
        ("https://evil.example", "/home"),
        ("/\\evil.example", "/home"),
    ] {
        let page = app
            .stranger()
            .post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD), ("next", next)])
            .await;
        assert_eq!(page.location.as_deref(), Some(expected), "next={next}");
    }
}

#[tokio::test]
async fn a_form_from_another_site_or_with_another_token_changes_nothing() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let fields = "name=%E6%9D%8E%E5%9B%9B&login=lisi&role=finance";
    let page = system
        .send(Method::POST, "/accounts", Some(fields.to_owned()), &[("sec-fetch-site", "cross-site")])
        .await;
    page.assert_status(403).assert_says("不是从本站的页面发出的");
    let once = Uuid::new_v4().to_string();
    let page = system
        .post_bare(
            "/accounts",
            &[("token", "guess"), ("once", &once), ("name", "李四"), ("login", "lisi"), ("role", "finance")],
        )
        .await;
    page.assert_status(403).assert_says("表单已失效");
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi'").await, 0);
}

#[tokio::test]
async fn an_account_is_made_with_an_initial_password_that_must_be_changed() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let page = system.post("/accounts", &[("name", "李四"), ("login", "lisi"), ("role", "finance")]).await;
    page.assert_status(200).assert_says("初始密码");
    let initial = page.select("code.secret").remove(0);
    let signed = app.stranger().post_bare("/sign-in", &[("login", "lisi"), ("password", &initial)]).await;
    signed.assert_status(303);
    let lisi = app.browser_of(app.scalar_i64("select id from accounts where login = 'lisi'").await).await;
    let page = lisi.get("/permissions").await;
    assert_eq!(page.location.as_deref(), Some("/password"));
    let weak = lisi.post("/password", &[("current", &initial), ("password", "1234567890"), ("repeated", "1234567890")]).await;
    weak.assert_status(422).assert_says("容易被猜到");
    lisi.post("/password", &[("current", &initial), ("password", PASSWORD), ("repeated", PASSWORD)]).await.assert_status(303);
    lisi.get("/permissions").await.assert_status(200);
}

#[tokio::test]
async fn pressing_twice_makes_one_account() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let once = Uuid::new_v4();
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance")];
    let (first, second) =
        tokio::join!(system.post_with_once("/accounts", once, &fields), system.post_with_once("/accounts", once, &fields));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303], "{} / {}", first.text(), second.text());
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi'").await, 1);
}

#[tokio::test]
async fn a_login_in_use_is_refused_beside_its_field() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance")];
    system.post("/accounts", &fields).await.assert_status(200);
    let page = system.post("/accounts", &fields).await;
    page.assert_status(422);
    assert_eq!(page.select("#e-login"), ["错误： 这个登录名已被使用，请换一个。"]);
}

#[tokio::test]
async fn a_disabled_account_is_signed_out_at_once() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let id = clerk.actor().account_id;
    clerk.get("/permissions").await.assert_status(200);
    system.post(&format!("/accounts/{id}/disable"), &[]).await.assert_status(303);
    let page = clerk.get("/permissions").await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Fpermissions"));
}

#[tokio::test]
async fn the_audit_trail_is_read_by_its_administrator_only_and_never_changed() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    system.post("/accounts", &[("name", "李四"), ("login", "lisi"), ("role", "finance")]).await.assert_status(200);
    let audit = app.staff(Role::AuditAdministrator).await;
    audit.get("/audit").await.assert_status(200).assert_says("新建账号");
    for role in [Role::BureauClerk, Role::SystemAdministrator, Role::Leader, Role::Finance] {
        app.staff(role).await.get("/audit").await.assert_status(403).assert_says("没有这项权限");
    }
    assert_eq!(app.refused_by("update audit_records set note = 'x'").await, "audit_records_append_only");
    assert_eq!(app.refused_by("delete from audit_records").await, "audit_records_append_only");
}

#[tokio::test]
async fn every_declared_route_refuses_every_role_that_the_table_does_not_grant() {
    let app = TestApp::new().await;
    let mut people = Vec::new();
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    for role in <Role as huifa::plan::dictionary::Dictionary>::ALL {
        let browser = match role {
            Role::DutyPerson => app.duty_person(person).await,
            Role::VenueStaff | Role::LegalAidStaff => app.staff_at(*role, venue).await,
            _ => app.staff(*role).await,
        };
        people.push(browser);
    }
    for declared in &app.declared {
        let path = declared.path.replace("{month}", "2024-05").replace("{year}", "2024").replace("{code}", "140581101");
        let path = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
        let method = if declared.method == "GET" { Method::GET } else { Method::POST };
        let body = (declared.method == "POST").then(String::new);
        let Access::May(action) = declared.access else { continue };
        let stranger = app.stranger().send(method.clone(), &path, body.clone(), &[]).await;
        assert_eq!(stranger.status, 303, "{} {} without an account", declared.method, declared.path);
        for browser in &people {
            let allowed = browser.actor().may(action).is_some();
            let page = browser.send(method.clone(), &path, body.clone(), &[]).await;
            let refused = page.html.contains("您没有这项权限") && page.html.contains("的权限之内");
            assert_eq!(
                refused,
                !allowed,
                "{} {} as {:?}: {}",
                declared.method,
                declared.path,
                browser.actor().role,
                page.status
            );
        }
    }
    let read: Action = Action::ReadAudit;
    assert!(app.declared.iter().any(|declared| declared.access == Access::May(read)));
}

/// Signs in as a browser does and gives the session's cookie.
async fn sign_in(app: &TestApp, login: &str, password: &str) -> String {
    let page = app.stranger().post_bare("/sign-in", &[("login", login), ("password", password)]).await;
    page.assert_status(303);
    cookie_of(&page)
}

#[track_caller]
fn cookie_of(page: &Page) -> String {
    let set = page.headers.get("set-cookie").expect("a cookie").to_str().expect("plain");
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
async fn a_session_ends_after_half_an_hour_of_silence() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    for time in ["08:29", "08:58", "09:27"] {
        app.clock_to(&format!("2024-05-06 {time}"));
        get_with(&app, &cookie, "/permissions").await.assert_status(200);
    }
    app.clock_to("2024-05-06 09:58");
    let page = get_with(&app, &cookie, "/permissions").await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Fpermissions"));
}

#[tokio::test]
async fn a_session_ends_after_ten_hours_however_busy() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    for minutes in (20..600).step_by(20) {
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
async fn a_cookie_from_before_the_sign_in_is_not_kept() {
    let app = TestApp::empty().await;
    set_up(&app).await;
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
    let app = TestApp::empty().await;
    set_up(&app).await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    let page = post_with(&app, &cookie, "/sign-out", &[]).await;
    assert_eq!(page.location.as_deref(), Some("/"));
    assert!(page.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    get_with(&app, &cookie, "/permissions").await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from sessions").await, 0);
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_elsewhere() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let here = sign_in(&app, "xujing", PASSWORD).await;
    let elsewhere = sign_in(&app, "xujing", PASSWORD).await;
    let new = "copper-violin-93-snow";
    let page = post_with(
        &app,
        &here,
        "/password",
        &[("current", PASSWORD), ("password", new), ("repeated", new)],
    )
    .await;
    page.assert_status(303);
    get_with(&app, &here, "/permissions").await.assert_status(200).assert_says("密码已修改");
    get_with(&app, &elsewhere, "/permissions").await.assert_status(303);
    app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await.assert_status(422);
    sign_in(&app, "xujing", new).await;
}

#[tokio::test]
async fn the_current_password_cannot_be_guessed_by_changing_it() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    let new = "copper-violin-93-snow";
    for _ in 0..5 {
        let fields = [("current", "wrong"), ("password", new), ("repeated", new)];
        post_with(&app, &cookie, "/password", &fields).await.assert_status(422).assert_says("现在的密码不对");
    }
    let fields = [("current", PASSWORD), ("password", new), ("repeated", new)];
    post_with(&app, &cookie, "/password", &fields).await.assert_status(422).assert_says("暂时锁定");
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action like '%_refused'").await, 5);
}

#[tokio::test]
async fn a_password_given_by_somebody_else_opens_nothing_but_its_change_and_the_way_out() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::SystemAdministrator).await;
    app.execute(&format!("update accounts set must_change_password = true where id = {}", clerk.actor().account_id)).await;
    for declared in &app.declared {
        let path = declared.path.replace("{month}", "2024-05").replace("{year}", "2024");
        let path = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
        let page = match declared.method {
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
    assert_eq!(open, ["/sign-out", "/password", "/password"]);
    clerk.post("/sign-out", &[]).await.assert_status(303);
}

#[tokio::test]
async fn an_unknown_login_costs_as_much_and_is_locked_like_a_known_one() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let mut answers = Vec::new();
    for login in ["xujing", "nobody"] {
        let before = app.state.passwords.verified();
        let mut texts = Vec::new();
        for minute in [0, 1, 2, 3, 4, 5, 18, 20] {
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
    let app = TestApp::empty().await;
    set_up(&app).await;
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

/// Makes a stranger's account to be switched off and on.
async fn somebody(app: &TestApp) -> i64 {
    app.staff(Role::Leader).await.actor().account_id
}

async fn switched(app: &TestApp, account: i64) -> i64 {
    app.scalar_i64(&format!("select count(*) from audit_records where subject_id = '{account}'")).await
}

#[tokio::test]
async fn a_form_sent_again_later_does_nothing_and_says_so() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let id = somebody(&app).await;
    let (path, once) = (format!("/accounts/{id}/disable"), Uuid::new_v4());
    let first = system.post_with_once(&path, once, &[]).await;
    system.follow(first).await.assert_says("账号已停用");
    let again = system.post_with_once(&path, once, &[]).await;
    assert_eq!(again.location, Some(format!("/accounts/{id}")));
    system.follow(again).await.assert_says("没有重复办理");
    assert_eq!(switched(&app, id).await, 1);
}

#[tokio::test]
async fn two_presses_at_once_do_one_thing_and_show_its_message() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let id = somebody(&app).await;
    let (path, once) = (format!("/accounts/{id}/disable"), Uuid::new_v4());
    let (one, other) =
        tokio::join!(system.post_with_once(&path, once, &[]), system.post_with_once(&path, once, &[]));
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (303, 303));
    assert_eq!(one.location, other.location);
    system.follow(other).await.assert_says("账号已停用");
    assert_eq!(switched(&app, id).await, 1);
}

#[tokio::test]
async fn a_key_counts_for_one_form_of_one_account() {
    let app = TestApp::new().await;
    let (one, other) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SystemAdministrator).await);
    let (id, once) = (somebody(&app).await, Uuid::new_v4());
    one.post_with_once(&format!("/accounts/{id}/disable"), once, &[]).await.assert_status(303);
    // Another button of the same page, then the same button by somebody else.
    one.post_with_once(&format!("/accounts/{id}/enable"), once, &[]).await.assert_status(303);
    other.post_with_once(&format!("/accounts/{id}/disable"), once, &[]).await.assert_status(303);
    assert_eq!(switched(&app, id).await, 3);
    assert_eq!(app.scalar_i64(&format!("select count(*) from once_keys where key = '{once}'")).await, 3);
}

#[tokio::test]
async fn a_form_without_its_key_is_refused() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let id = somebody(&app).await;
    for once in ["", "no-key"] {
        let fields = [("token", system.actor().form_token.as_str()), ("once", once)];
        let page = system.post_bare(&format!("/accounts/{id}/disable"), &fields).await;
        page.assert_status(422).assert_says("缺少提交编号");
    }
    assert_eq!(switched(&app, id).await, 0);
}

#[tokio::test]
async fn a_second_press_on_new_account_leads_to_the_account() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let once = Uuid::new_v4();
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance")];
    system.post_with_once("/accounts", once, &fields).await.assert_status(200);
    let again = system.post_with_once("/accounts", once, &fields).await;
    let id = app.scalar_i64("select id from accounts where login = 'lisi'").await;
    assert_eq!(again.location, Some(format!("/accounts/{id}")));
}

#[tokio::test]
async fn work_without_an_audit_record_is_not_committed() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let mut work = Work::unattended(&app.state, system.actor()).await.unwrap();
    sqlx::query("update bureaus set supervise_phone = '1'").execute(work.conn()).await.unwrap();
    let refused = work.commit().await;
    assert!(matches!(refused, Err(AppError::Internal(_))), "{refused:?}");
    assert_eq!(app.scalar_i64("select count(*) from bureaus where supervise_phone = '1'").await, 0);
}

#[tokio::test]
async fn two_administrators_cannot_switch_each_other_off() {
    let app = TestApp::new().await;
    let (one, other) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SystemAdministrator).await);
    let (path, back) = (
        format!("/accounts/{}/disable", other.actor().account_id),
        format!("/accounts/{}/disable", one.actor().account_id),
    );
    tokio::join!(one.post(&path, &[]), other.post(&back, &[]));
    let left = "select count(*) from accounts where role = 'system_administrator' and status = 'active'";
    assert_eq!(app.scalar_i64(left).await, 1);
    let id = one.actor().account_id;
    one.post(&format!("/accounts/{id}/disable"), &[]).await;
    assert_eq!(app.scalar_i64(left).await, 1);
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
async fn set_up_ends_on_the_sign_in_page_with_a_word() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    app.stranger().get("/sign-in?after=set-up").await.assert_status(200).assert_says("系统已设置好");
}

#[tokio::test]
async fn what_has_run_out_is_swept_at_the_next_sign_in() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let cookie = sign_in(&app, "xujing", PASSWORD).await;
    post_with(&app, &cookie, "/sign-out", &[]).await.assert_status(303);
    sign_in(&app, "xujing", PASSWORD).await;
    app.clock_to("2024-05-10 08:00");
    sign_in(&app, "xujing", PASSWORD).await;
    assert_eq!(app.scalar_i64("select count(*) from sessions").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from once_keys").await, 0);
}
