//! Sign-in, set-up, accounts, the permission table, the audit trail.

use axum::http::Method;
use huifa::web::permissions::{Action, Role};
use huifa::web::routes::Access;
use uuid::Uuid;

use crate::support::app::{Browser, Page, TestApp};

const PASSWORD: &str = "marsh-lantern-47-oboe";

async fn set_up(app: &TestApp) {
    let token = app.state.setup.reveal().to_owned();
    app.stranger().post_bare("/set-up", &set_up_fields(&token)).await.assert_status(200).assert_says("系统已设置好");
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
    let page = app.stranger().post_bare("/set-up", &set_up_fields("guess")).await;
    page.assert_status(422).assert_says("设置口令不对");
    assert!(page.html.contains("value=\"许静\""), "what was typed is kept");
    assert_eq!(app.scalar_i64("select count(*) from accounts").await, 0);
    assert_eq!(app.scalar_i64("select count(*) from bureaus").await, 0);
}

#[tokio::test]
async fn every_field_of_the_set_up_is_read_strictly() {
    let app = TestApp::empty().await;
    let token = app.state.setup.reveal().to_owned();
    let long = "长".repeat(31);
    for (field, typed, beside, words) in [
        ("token", "", "token", "设置口令不对"),
        ("name", " ", "name", "请填写姓名"),
        ("audit_name", long.as_str(), "audit_name", "最多30个字"),
        ("login", "许静", "login", "登录名用2到40个"),
        ("security_staff_number", "A", "security_staff_number", "2到30个字母"),
        ("security_login", "xujing", "security_name", "三个管理员须是三个人"),
        ("audit_staff_number", "A-002", "audit_name", "三个管理员须是三个人"),
        ("password", "short", "password", "密码至少"),
        ("password", "1234567890123456", "password", "容易被猜到"),
        ("repeated", "another", "repeated", "两次输入的密码不一样"),
    ] {
        let fields: Vec<(&str, &str)> = set_up_fields(&token)
            .into_iter()
            .map(|(name, value)| (name, if name == field { typed } else { value }))
            .collect();
        let page = app.stranger().post_bare("/set-up", &fields).await;
        page.assert_status(422);
        let said = page.select(&format!("#e-{beside}")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
    assert_eq!(app.scalar_i64("select (select count(*) from accounts) + (select count(*) from bureaus)").await, 0);
}

#[tokio::test]
async fn only_a_demonstration_shows_its_accounts() {
    let mut app = TestApp::new().await;
    let id = app.staff(Role::Approver).await.actor().account_id;
    let (login, _) = huifa::demo::ACCOUNTS[0];
    app.execute(&format!("update accounts set login = '{login}', name = '示范甲' where id = {id}")).await;
    app.stranger()
        .get("/sign-in")
        .await
        .assert_status(200)
        .assert_silent_on("示范甲")
        .assert_silent_on(huifa::demo::PASSWORD);
    app.demonstrate();
    app.stranger().get("/sign-in").await.assert_says("示范甲").assert_says(huifa::demo::PASSWORD);
}

#[tokio::test]
async fn the_first_administrator_is_made_once_and_can_sign_in() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    assert_eq!(app.scalar_i64("select count(*) from venues").await, 17);
    let again = app.stranger().post_bare("/set-up", &set_up_fields(app.state.setup.reveal())).await;
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
    let sign_in = async |password: &str| {
        app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", password)]).await.status.as_u16()
    };
    // Five in a row lock: what was wrong before the last success does not count.
    for (password, status) in
        [("a", 422), ("b", 422), ("c", 422), ("d", 422), (PASSWORD, 303), ("e", 422), (PASSWORD, 303)]
    {
        assert_eq!(sign_in(password).await, status, "{password}");
    }
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
        ("/sign-in?next=/people", "/home"),
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
    let page = system
        .post("/accounts", &[("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")])
        .await;
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
    system
        .post("/accounts", &[("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")])
        .await
        .assert_status(200);
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

#[tokio::test]
async fn whoever_asks_for_rights_does_not_grant_them_and_nobody_grants_their_own() {
    let app = TestApp::new().await;
    let (system, other) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SystemAdministrator).await);
    let security = app.staff(Role::SecurityAdministrator).await;
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")];
    system.post("/accounts", &fields).await.assert_status(200);
    for nobody in [&system, &other] {
        grant(&app, nobody, "lisi").await.assert_status(403).assert_says("权限之内");
    }
    for role in [Role::AuditAdministrator, Role::BureauClerk, Role::Approver] {
        grant(&app, &app.staff(role).await, "lisi").await.assert_status(403);
    }
    security.post("/accounts", &fields).await.assert_status(403);
    assert_eq!(app.scalar_i64("select count(*) from accounts where login = 'lisi' and status = 'waiting'").await, 1);
    grant(&app, &security, "lisi").await.assert_status(303);
    grant(&app, &security, "lisi").await.assert_status(409);

    // A security administrator does not decide about their own account.
    let id = security.actor().account_id;
    let ask = [("kind", "role"), ("role", "leader"), ("reason", "想看看数据")];
    other.post(&format!("/accounts/{id}/requests"), &ask).await.assert_status(303);
    let request = app.scalar_i64(&format!("select id from rights_requests where account_id = {id}")).await.to_string();
    let decide = [("request", request.as_str()), ("decision", "grant")];
    let page = security.post(&format!("/accounts/{id}/decision"), &decide).await;
    page.assert_status(409).assert_says("不能给自己授权");
    // Nor does an administrator ask for their own.
    let own = format!("/accounts/{}/requests", system.actor().account_id);
    system.post(&own, &ask).await.assert_status(409).assert_says("另一名系统管理员");
    // What the forms refuse the database refuses as well.
    let by_hand = "update rights_requests set decision = 'granted', decided_by = asked_by, decided_at = now()
                   where decision is null";
    assert_eq!(app.refused_by(by_hand).await, "rights_requests_second_person");
    let unasked = "update accounts set status = 'active', granted_at = null where login = 'lisi'";
    assert_eq!(app.refused_by(unasked).await, "accounts_granted");
}

#[tokio::test]
async fn a_request_of_another_account_is_not_granted_under_this_one() {
    let app = TestApp::new().await;
    let (system, security) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SecurityAdministrator).await);
    for (login, number) in [("lisi", "A-007"), ("wangwu", "A-008")] {
        let fields = [("name", "李四"), ("login", login), ("role", "leader"), ("staff_number", number)];
        system.post("/accounts", &fields).await.assert_status(200);
    }
    let lisi = app.scalar_i64("select id from accounts where login = 'lisi'").await;
    let wangwu = app.scalar_i64("select id from accounts where login = 'wangwu'").await;
    let request =
        app.scalar_i64(&format!("select id from rights_requests where account_id = {lisi}")).await.to_string();
    let decide = [("request", request.as_str()), ("decision", "grant")];
    security.post(&format!("/accounts/{wangwu}/decision"), &decide).await.assert_status(409);
    assert_eq!(
        app.scalar_i64("select count(*) from accounts where login in ('lisi', 'wangwu') and status = 'active'").await,
        0
    );
    // Two who decide at once: one decision.
    let path = format!("/accounts/{lisi}/decision");
    let other = app.staff(Role::SecurityAdministrator).await;
    let (one, two) = tokio::join!(security.post(&path, &decide), other.post(&path, &decide));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
}

#[tokio::test]
async fn one_person_has_one_account_and_a_login_names_a_person() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "security_administrator"), ("staff_number", "a-007")];
    system.post("/accounts", &fields).await.assert_status(200);
    let again = [("name", "李四"), ("login", "lisi2"), ("role", "audit_administrator"), ("staff_number", "A-007")];
    system.post("/accounts", &again).await.assert_status(422).assert_says("不兼任两个角色");
    let shared = [("name", "管理员"), ("login", "admin"), ("role", "leader"), ("staff_number", "A-009")];
    system.post("/accounts", &shared).await.assert_status(422).assert_says("公用的名字");
    let nameless = [("name", "王五"), ("login", "wangwu"), ("role", "leader")];
    system.post("/accounts", &nameless).await.assert_status(422).assert_says("人员编号");
    // A clerk who is disabled and comes back as an approver is the same person: the same account says so.
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    app.execute(&format!("update accounts set staff_number = 'A-010' where id = {clerk}")).await;
    system.post(&format!("/accounts/{clerk}/disable"), &[]).await.assert_status(303);
    let second = [("name", "赵六"), ("login", "zhaoliu"), ("role", "approver"), ("staff_number", "A-010")];
    system.post("/accounts", &second).await.assert_status(422).assert_says("申请恢复");
    // One that was made by mistake and never had rights gives its number free.
    let mistake = app.scalar_i64("select id from accounts where login = 'lisi'").await;
    system.post(&format!("/accounts/{mistake}/disable"), &[]).await.assert_status(303);
    system.post("/accounts", &again).await.assert_status(200);
}

#[tokio::test]
async fn another_role_a_way_back_and_a_lost_telephone_go_the_same_way() {
    let app = TestApp::new().await;
    let (system, security) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SecurityAdministrator).await);
    let clerk = app.staff(Role::BureauClerk).await;
    let id = clerk.actor().account_id;
    let login = format!("(select login from accounts where id = {id})");
    let decide = async |what: &str| {
        let open = format!("select id from rights_requests where account_id = {id} and decision is null");
        let request = app.scalar_i64(&open).await.to_string();
        let fields = [("request", request.as_str()), ("decision", what), ("note", "请先交接")];
        security.post(&format!("/accounts/{id}/decision"), &fields).await
    };
    let ask = async |fields: &[(&str, &str)]| system.post(&format!("/accounts/{id}/requests"), fields).await;

    ask(&[("kind", "role"), ("role", "leader")]).await.assert_status(422).assert_says("请写明申请的原因");
    ask(&[("kind", "role"), ("role", "venue_staff"), ("reason", "调岗")])
        .await
        .assert_status(422)
        .assert_says("服务点");
    ask(&[("kind", "role"), ("role", "leader"), ("reason", "调岗")]).await.assert_status(303);
    ask(&[("kind", "second_factor"), ("reason", "丢了")]).await.assert_status(409).assert_says("已有一份待处理的申请");
    clerk.get("/people").await.assert_status(200);
    decide("refuse").await.assert_status(303);
    ask(&[("kind", "role"), ("role", "leader"), ("reason", "已交接")]).await.assert_status(303);
    decide("grant").await.assert_status(303);
    // The old rights end with their session.
    clerk.get("/people").await.assert_status(303);
    app.browser_of(id).await.get("/people").await.assert_status(403);

    system.post(&format!("/accounts/{id}/disable"), &[]).await.assert_status(303);
    ask(&[("kind", "restore"), ("reason", "借调结束")]).await.assert_status(303);
    assert_eq!(
        app.scalar_i64(&format!("select count(*) from accounts where login = {login} and status = 'active'")).await,
        0
    );
    decide("grant").await.assert_status(303);
    let factor = format!(
        "insert into second_factors values ({id}, gen_random_uuid(), 'x', 0, now());
         insert into recovery_codes values ({id}, 'x', null);
         insert into passkeys (account_id, credential_id, public_key, sign_count, name, created_at)
             values ({id}, repeat('k', 16)::bytea, repeat('p', 32)::bytea, 0, '丢失的手机', now())"
    );
    app.execute(&factor).await;
    ask(&[("kind", "second_factor"), ("reason", "手机丢失")]).await.assert_status(303);
    decide("grant").await.assert_status(303);
    // Another role is no way back for who was disabled after it was asked for.
    ask(&[("kind", "role"), ("role", "finance"), ("reason", "接替付款")]).await.assert_status(303);
    system.post(&format!("/accounts/{id}/disable"), &[]).await.assert_status(303);
    decide("grant").await.assert_status(409).assert_says("状态已经变化");
    assert_eq!(
        app.scalar_i64(&format!("select count(*) from accounts where id = {id} and status = 'active'")).await,
        0
    );
    decide("refuse").await.assert_status(303);
    for table in ["second_factors", "recovery_codes", "passkeys"] {
        assert_eq!(app.scalar_i64(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    system
        .get(&format!("/accounts/{id}"))
        .await
        .assert_status(200)
        .assert_says("请先交接")
        .assert_says("重置动态验证码");
}

#[tokio::test]
async fn accounts_without_use_for_ninety_days_are_disabled_and_open_nothing_before_that() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let active = app.staff(Role::Leader).await;
    let id = clerk.actor().account_id;
    let hash = app.state.passwords.hash(PASSWORD.to_owned()).await.unwrap();
    app.execute(&format!("update accounts set login = 'idle', password_hash = '{hash}' where id = {id}")).await;
    app.clock_to("2024-08-03 08:00");
    assert_eq!(huifa::accounts::disable_unused(&app.state).await.unwrap(), 0);
    app.execute(&format!(
        "update accounts set last_sign_in_at = '2024-08-01' where id = {}",
        active.actor().account_id
    ))
    .await;
    app.clock_to("2024-08-05 08:00");
    let page = app.stranger().post_bare("/sign-in", &[("login", "idle"), ("password", PASSWORD)]).await;
    page.assert_status(422).assert_says("太久没有登录");
    assert_eq!(huifa::accounts::disable_unused(&app.state).await.unwrap(), 1);
    clerk.get("/permissions").await.assert_status(303);
    active.get("/permissions").await.assert_status(200);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'account.disable_unused'").await, 1);
}

#[tokio::test]
async fn an_initial_password_that_nobody_took_up_runs_out() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let hash = app.state.passwords.hash(PASSWORD.to_owned()).await.unwrap();
    app.execute(&format!(
        "update accounts set login = 'new', password_hash = '{hash}', must_change_password = true,
             password_changed_at = '2024-05-06' where id = {}",
        clerk.actor().account_id
    ))
    .await;
    app.clock_to("2024-05-13 08:00");
    let page = app.stranger().post_bare("/sign-in", &[("login", "new"), ("password", PASSWORD)]).await;
    page.assert_status(422).assert_says("初始密码已过期");
}

#[tokio::test]
async fn somebody_who_leaves_the_duty_bank_loses_the_account() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let lawyer = app.duty_person(person).await;
    lawyer.get("/attendance").await.assert_status(200);
    let clerk = app.staff(Role::BureauClerk).await;
    let fields = [("version", "1"), ("status", "left"), ("reason", "调离")];
    clerk.post(&format!("/people/{person}/status"), &fields).await.assert_status(303);
    lawyer.get("/attendance").await.assert_status(303);
    let gone = "select count(*) from accounts where role = 'duty_person' and status = 'disabled'";
    assert_eq!(app.scalar_i64(gone).await, 1);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'account.disable_left'").await, 1);
}

#[tokio::test]
async fn every_account_is_looked_at_each_quarter_by_somebody_else() {
    let app = TestApp::new().await;
    let (system, security) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SecurityAdministrator).await);
    let clerk = app.staff(Role::BureauClerk).await;
    let (own, theirs) = (security.actor().account_id.to_string(), clerk.actor().account_id.to_string());
    security.get("/access-review").await.assert_status(200).assert_says("还有3个没有复核").assert_says("由他人复核");
    let page = security.post("/access-review", &[("account", &own), ("decision", "keep")]).await;
    page.assert_status(409).assert_says("自己的账号");
    // One of one's own among others: nothing is written.
    let both = [("account", own.as_str()), ("account", theirs.as_str()), ("decision", "disable")];
    security.post("/access-review", &both).await.assert_status(409);
    clerk.get("/people").await.assert_status(200);
    security.post("/access-review", &[("account", "999999"), ("decision", "disable")]).await.assert_status(404);
    security
        .post("/access-review", &[("account", &theirs), ("decision", "disable"), ("note", "调离")])
        .await
        .assert_status(303);
    clerk.get("/people").await.assert_status(303);
    system.post("/access-review", &[("account", &own), ("decision", "keep")]).await.assert_status(303);
    let again = system.post("/access-review", &[("account", &own), ("decision", "keep")]).await;
    again.assert_status(409).assert_says("已经复核过");
    let last = system.post("/access-review", &[("account", &own), ("decision", "disable")]).await;
    last.assert_status(409);
    app.clock_to("2024-07-01 08:00");
    security.get("/access-review").await.assert_says("2024年第3季度").assert_says("还有2个没有复核");
    assert_eq!(app.refused_by("delete from access_reviews").await, "access_reviews_append_only");
    let last = system.post("/access-review", &[("account", &own), ("decision", "disable")]).await;
    last.assert_status(409).assert_says("最后一个同类管理员");
    // Nor the only one who reads the trail, by this way or by another role.
    let audit = app.staff(Role::AuditAdministrator).await.actor().account_id;
    let id = audit.to_string();
    let last = system.post("/access-review", &[("account", id.as_str()), ("decision", "disable")]).await;
    last.assert_status(409).assert_says("最后一个同类管理员");
    let ask = [("kind", "role"), ("role", "leader"), ("reason", "调岗")];
    system.post(&format!("/accounts/{audit}/requests"), &ask).await.assert_status(303);
    let request = app.scalar_i64("select id from rights_requests where decision is null").await.to_string();
    let decide = [("request", request.as_str()), ("decision", "grant")];
    let last = security.post(&format!("/accounts/{audit}/decision"), &decide).await;
    last.assert_status(409).assert_says("最后一个同类管理员");
    for role in [Role::AuditAdministrator, Role::BureauClerk, Role::Leader] {
        app.staff(role).await.get("/access-review").await.assert_status(403);
    }
}

#[tokio::test]
async fn the_security_administrator_keeps_the_rules_of_signing_in_above_their_floor() {
    let app = TestApp::new().await;
    let security = app.staff(Role::SecurityAdministrator).await;
    let page = security.get("/security-policy").await;
    page.assert_status(200);
    let names = [
        "shortest_password",
        "administrators_shortest",
        "remembered_passwords",
        "password_days",
        "failures",
        "locked_minutes",
        "idle_minutes",
        "administrators_idle_minutes",
        "longest_hours",
        "fresh_minutes",
        "unused_days",
    ];
    let mut values: Vec<(&str, String)> = names
        .iter()
        .map(|name| (*name, page.attribute(&format!("input[name={name}]"), "value").expect(name)))
        .collect();
    values.push(("strength", "3".to_owned()));
    let with = |changed: &'static str, value: &str| -> Vec<(&'static str, String)> {
        let mut fields: Vec<(&'static str, String)> = names
            .iter()
            .map(|name| (*name, values.iter().find(|(known, _)| known == name).unwrap().1.clone()))
            .collect();
        fields.push(("strength", "3".to_owned()));
        for (name, field) in &mut fields {
            if *name == changed {
                *field = value.to_owned();
            }
        }
        fields
    };
    for (name, value) in [
        ("shortest_password", "4"),
        ("failures", "100"),
        ("locked_minutes", "0"),
        ("idle_minutes", "x"),
        ("remembered_passwords", "0"),
        ("strength", "0"),
    ] {
        let fields = with(if name == "strength" { "strength" } else { name }, value);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        security.post("/security-policy", &fields).await.assert_status(422).assert_says("之间的整数");
    }
    let fields = with("failures", "3");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    security.post("/security-policy", &fields).await.assert_status(303);
    app.staff(Role::SystemAdministrator).await.post("/security-policy", &fields).await.assert_status(403);
    for _ in 0..3 {
        app.stranger()
            .post_bare("/sign-in", &[("login", "nobody"), ("password", "x")])
            .await
            .assert_says("连续输错3次");
    }
    app.stranger().post_bare("/sign-in", &[("login", "nobody"), ("password", "x")]).await.assert_says("暂时锁定");
    assert_eq!(app.refused_by("update security_policy set failures = 1000").await, "security_policy_floor");
}

#[tokio::test]
async fn an_administrator_who_lost_everything_comes_back_from_the_servers_terminal() {
    let app = TestApp::new().await;
    let security = app.staff(Role::SecurityAdministrator).await;
    let clerk = app.staff(Role::BureauClerk).await;
    app.execute(&format!("update accounts set login = 'wenyanan' where id = {}", security.actor().account_id)).await;
    app.execute(&format!("update accounts set login = 'clerk1' where id = {}", clerk.actor().account_id)).await;
    let factor = "insert into second_factors select id, gen_random_uuid(), 'x', 0, now() from accounts";
    app.execute(factor).await;
    assert!(huifa::accounts::recover(&app.state, "clerk1").await.is_err());
    let password = huifa::accounts::recover(&app.state, "wenyanan").await.unwrap();
    security.get("/permissions").await.assert_status(303);
    let page = app.stranger().post_bare("/sign-in", &[("login", "wenyanan"), ("password", &password)]).await;
    assert_eq!(page.location.as_deref(), Some("/home"));
    assert_eq!(app.scalar_i64("select count(*) from second_factors").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'account.recover'").await, 1);
}

#[tokio::test]
async fn a_password_from_the_operators_list_of_breaches_is_refused() {
    let mut app = TestApp::empty().await;
    // Strong by its form, and known to everybody: its SHA-1 stands between two others.
    let known = "velvet-harbour-19-plum";
    let sha1 = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, known.as_bytes());
    let sha1: String = sha1.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let list = std::env::temp_dir().join(format!("huifa-list-{}", std::process::id()));
    std::fs::write(&list, format!("{}:2\n{sha1}:7\n{}:1\n", "0".repeat(40), "F".repeat(40))).unwrap();
    let path = list.to_string_lossy().into_owned();
    let lookup = |name: &str| (name == "HUIFA_BREACHED_PASSWORDS").then(|| path.clone());
    app.state.config = std::sync::Arc::new(huifa::config::Config::from_lookup(lookup).expect("settings"));
    app.put_up_with(huifa::web::visits::VisitSettings::default());
    let mut fields = set_up_fields(app.state.setup.reveal()).to_vec();
    for (name, value) in &mut fields {
        if matches!(*name, "password" | "repeated") {
            *value = known;
        }
    }
    app.stranger().post_bare("/set-up", &fields).await.assert_status(422).assert_says("泄露的密码清单");
    app.stranger().post_bare("/set-up", &set_up_fields(app.state.setup.reveal())).await.assert_status(200);
    // A list that went away opens no door, and one that is none stops the start.
    std::fs::remove_file(&list).unwrap();
    assert!(huifa::config::Config::from_lookup(lookup).is_err());
}

#[tokio::test]
async fn every_field_of_an_account_is_read_strictly() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let long = "长".repeat(31);
    for (field, typed, words) in [
        ("login", "a", "登录名用2到40个"),
        ("login", "-lisi", "登录名用2到40个"),
        ("login", "李四", "登录名用2到40个"),
        ("name", " ", "请填写姓名"),
        ("name", long.as_str(), "最多30个字"),
        ("staff_number", "A", "2到30个字母"),
        ("staff_number", "A 007", "2到30个字母"),
        ("staff_number", "工号七", "2到30个字母"),
        ("role", "king", "请选择角色"),
        ("role", "venue_staff", "请选择账号所在的服务点"),
        ("role", "duty_person", "请选择账号对应的值班人员"),
    ] {
        let mut fields = vec![("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, typed));
        system.post("/accounts", &fields).await.assert_status(422).assert_says(words);
    }
    assert_eq!(app.scalar_i64("select count(*) from accounts").await, 1);
    // A venue or a duty person chosen before the role was changed does not stay behind it.
    let venue = app.venue("米山镇").await.to_string();
    let person = app.person("张三", &[]).await.to_string();
    for (login, number, role) in [("lisi", "A-007", "finance"), ("wangwu", "A-008", "venue_staff")] {
        let fields = [
            ("name", "李四"),
            ("login", login),
            ("role", role),
            ("staff_number", number),
            ("venue", venue.as_str()),
            ("person", person.as_str()),
        ];
        system.post("/accounts", &fields).await.assert_status(200);
    }
    let duty = [
        ("name", "张三"),
        ("login", "zhangsan"),
        ("role", "duty_person"),
        ("staff_number", "A-009"),
        ("venue", venue.as_str()),
        ("person", person.as_str()),
    ];
    system.post("/accounts", &duty).await.assert_status(200);
    system.post("/accounts", &duty).await.assert_status(422).assert_says("已有账号的人员不在列表中");
    let bound = "select count(*) from accounts where (login = 'lisi' and venue_id is null and person_id is null)
         or (login = 'wangwu' and venue_id is not null and person_id is null)
         or (login = 'zhangsan' and venue_id is null and person_id is not null and staff_number is null)";
    assert_eq!(app.scalar_i64(bound).await, 3);
    // One's own password is changed with the old one; what is disabled is not disabled again.
    let security = app.staff(Role::SecurityAdministrator).await;
    let own = security.post(&format!("/accounts/{}/reset", security.actor().account_id), &[]).await;
    own.assert_status(409).assert_says("自己的密码请在“修改密码”中更换");
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    system.post(&format!("/accounts/{clerk}/disable"), &[]).await.assert_status(303);
    system.post(&format!("/accounts/{clerk}/disable"), &[]).await.assert_status(409).assert_says("已经停用");
}

#[tokio::test]
async fn the_page_of_an_account_says_who_must_set_up_a_second_step() {
    let mut app = TestApp::new().await;
    let must = "登录后须先启用";
    for (for_all, clerk_must) in [("0", false), ("1", true)] {
        app.is_told("HUIFA_SECOND_FACTOR_FOR_ALL", for_all);
        for (role, asked) in [(Role::BureauClerk, clerk_must), (Role::Approver, true)] {
            let page = {
                let id = app.staff(role).await.actor().account_id;
                app.execute(&format!("delete from second_factors where account_id = {id}")).await;
                app.staff(Role::SystemAdministrator).await.get(&format!("/accounts/{id}")).await
            };
            page.assert_status(200).assert_says("未启用");
            assert_eq!(page.text().contains(must), asked, "{for_all} {role:?}");
        }
    }
}

#[tokio::test]
async fn what_is_asked_and_decided_about_rights_says_what_and_why() {
    let app = TestApp::new().await;
    let (system, security) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SecurityAdministrator).await);
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    let duty = app.duty_person(app.person("张三", &[]).await).await.actor().account_id;
    let venue = app.venue("米山镇").await.to_string();
    for (account, kind, role, status, words) in [
        (clerk, "new", "", 422, "请选择申请的事项"),
        (clerk, "crown", "", 422, "请选择申请的事项"),
        (clerk, "role", "king", 422, "请选择新的角色"),
        (clerk, "role", "duty_person", 422, "值班人员的账号跟着值班人员库"),
        (duty, "role", "approver", 422, "值班人员的账号跟着值班人员库"),
        (clerk, "restore", "", 409, "账号的状态已经变化"),
    ] {
        let fields = [("kind", kind), ("role", role), ("reason", "调岗")];
        let page = system.post(&format!("/accounts/{account}/requests"), &fields).await;
        page.assert_status(status).assert_says(words);
    }
    // The venue of a role without one is not taken along.
    let fields = [("kind", "role"), ("role", "leader"), ("venue", venue.as_str()), ("reason", "调岗")];
    system.post(&format!("/accounts/{clerk}/requests"), &fields).await.assert_status(303);
    let request = app.scalar_i64("select id from rights_requests where venue_id is null").await.to_string();
    let decide = async |note: &str| {
        let fields = [("request", request.as_str()), ("decision", "refuse"), ("note", note)];
        security.post(&format!("/accounts/{clerk}/decision"), &fields).await
    };
    decide(" ").await.assert_status(409).assert_says("请写明不同意的原因");
    decide("请先交接").await.assert_status(303);
    decide("再说一遍").await.assert_status(409).assert_says("已经处理过");
    // A quarter's review says about whom.
    let page = security.post("/access-review", &[("decision", "disable")]).await;
    page.assert_status(409).assert_says("请先勾选账号");
    security.post("/access-review", &[("account", "1"), ("decision", "x")]).await.assert_status(422);
}

#[tokio::test]
async fn the_last_system_administrator_is_not_disabled_by_a_review() {
    let app = TestApp::new().await;
    let (system, security) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SecurityAdministrator).await);
    let last = system.actor().account_id.to_string();
    let page = security.post("/access-review", &[("account", &last), ("decision", "disable")]).await;
    page.assert_status(409).assert_says("最后一个同类管理员");
    system.get("/accounts").await.assert_status(200);
}

#[tokio::test]
async fn a_changed_password_is_typed_twice_and_a_reset_one_opens_a_locked_account() {
    let app = TestApp::empty().await;
    set_up(&app).await;
    let id = app.scalar_i64("select id from accounts where login = 'xujing'").await;
    let own = app.browser_of(id).await;
    let long = "长".repeat(200);
    for (password, repeated, words) in [
        ("otter-window-93-quilt", "otter-window-93-quilts", "两次输入的新密码不一样"),
        (long.as_str(), long.as_str(), "密码"),
    ] {
        let fields = [("current", PASSWORD), ("password", password), ("repeated", repeated)];
        own.post("/password", &fields).await.assert_status(422).assert_says(words);
    }
    let unchanged = format!("select count(*) from former_passwords where account_id = {id}");
    assert_eq!(app.scalar_i64(&unchanged).await, 0);
    // Codes and devices that somebody does not have are not renewed and prove nothing.
    own.post("/second-factor/codes", &[]).await.assert_status(409).assert_says("还没有启用动态验证码");
    own.get("/confirm/passkey").await.assert_status(404);
    // The sign-in page of a real installation names nobody, and the set-up is over.
    let page = app.stranger().get("/sign-in").await;
    page.assert_status(200).assert_silent_on("许静");
    assert_eq!(app.stranger().get("/set-up").await.location.as_deref(), Some("/sign-in"));
    // Whoever was locked out and gave proof of themselves in person is let in at once.
    for _ in 0..5 {
        app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", "wrong")]).await.assert_status(422);
    }
    app.execute(&format!("update accounts set failed_sign_ins = 0, locked_until = null where id = {id}")).await;
    app.stranger().post_bare("/sign-in", &[("login", "xujing"), ("password", PASSWORD)]).await.assert_status(303);
}
