//! Sign-in, set-up, accounts, the permission table, the audit trail.

use axum::http::Method;
use huifa::web::permissions::{Action, Role};
use huifa::web::routes::Access;
use uuid::Uuid;

use crate::support::app::{Browser, Page, TestApp};

const PASSWORD: &str = "marsh-lantern-47-oboe";

async fn set_up(app: &TestApp) {
    let token = app.state.setup.reveal().to_owned();
    app.stranger()
        .post_bare(
            "/set-up",
            &set_up_fields(&token),
        )
        .await
        .assert_status(200)
        .assert_says("系统已设置好");
}

/// Three people for the three administrators.
fn set_up_fields(token: &str) -> Vec<(&str, &str)> {
    vec![
        ("token", token),
        ("name", "许静"),
        ("login", "xujing"),
        ("staff_number", "A-001"),
        ("password", PASSWORD),
        ("repeated", PASSWORD),
        ("security_name", "温亚楠"),
        ("security_login", "wenyanan"),
        ("security_staff_number", "A-002"),
        ("audit_name", "裴志国"),
        ("audit_login", "peizhiguo"),
        ("audit_staff_number", "A-003"),
    ]
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
            &set_up_fields("guess"),
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
            &set_up_fields(app.state.setup.reveal()),
        )
        .await;
    assert_eq!(again.location.as_deref(), Some("/sign-in"));
    assert_eq!(app.scalar_i64("select count(*) from accounts").await, 3);

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
        let page =
            app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(page.location.as_deref(), Some(expected), "next={next}");
    }
}

#[tokio::test]
async fn a_form_from_another_site_or_with_another_token_changes_nothing() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let fields = "name=%E6%9D%8E%E5%9B%9B&login=lisi&role=finance";
    let page =
        system.send(Method::POST, "/accounts", Some(fields.to_owned()), &[("sec-fetch-site", "cross-site")]).await;
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
    let page = system.post("/accounts", &[("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")]).await;
    page.assert_status(200).assert_says("初始密码");
    let initial = page.select("code.secret").remove(0);
    // The account has no rights yet: the password alone opens nothing.
    let early = app.stranger().post_bare("/sign-in", &[("login", "lisi"), ("password", &initial)]).await;
    early.assert_status(422).assert_says("登录名或密码不对");
    let security = app.staff(Role::SecurityAdministrator).await;
    grant(&app, &security, "lisi").await.assert_status(303);
    let signed = app.stranger().post_bare("/sign-in", &[("login", "lisi"), ("password", &initial)]).await;
    signed.assert_status(303);
    let lisi = app.browser_of(app.scalar_i64("select id from accounts where login = 'lisi'").await).await;
    let page = lisi.get("/permissions").await;
    assert_eq!(page.location.as_deref(), Some("/password"));
    let weak =
        lisi.post("/password", &[("current", &initial), ("password", "1234567890"), ("repeated", "1234567890")]).await;
    weak.assert_status(422).assert_says("容易被猜到");
    lisi.post("/password", &[("current", &initial), ("password", PASSWORD), ("repeated", PASSWORD)])
        .await
        .assert_status(303);
    lisi.get("/permissions").await.assert_status(200);
}

/// Grants what is open for a login.
async fn grant(app: &TestApp, by: &Browser<'_>, login: &str) -> Page {
    let id = app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await;
    let open = format!("select coalesce(max(id), 0) from rights_requests where account_id = {id} and decision is null");
    let request = app.scalar_i64(&open).await.to_string();
    by.post(&format!("/accounts/{id}/decision"), &[("request", &request), ("decision", "grant")]).await
}

#[tokio::test]
async fn pressing_twice_makes_one_account() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let once = Uuid::new_v4();
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")];
    let (first, second) = tokio::join!(
        system.post_with_once("/accounts", once, &fields),
        system.post_with_once("/accounts", once, &fields)
    );
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303], "{} / {}", first.text(), second.text());
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi'").await, 1);
}

#[tokio::test]
async fn a_login_in_use_is_refused_beside_its_field() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")];
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
    system.post("/accounts", &[("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")]).await.assert_status(200);
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
        let path =
            path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
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
async fn set_up_ends_on_the_sign_in_page_with_a_word() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    app.stranger().get("/sign-in?after=set-up").await.assert_status(200).assert_says("系统已设置好");
}
