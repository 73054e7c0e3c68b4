//! Money and rights move only for somebody who proved themselves a short while ago.

use axum::http::Method;
use huifa::web::permissions::Role;
use uuid::Uuid;

use crate::support::app::{Browser, Page, TestApp};

const PASSWORD: &str = "marsh-lantern-47-oboe";

/// An administrator with a password whose last proof is eleven minutes old.
async fn stale(app: &TestApp) -> Browser<'_> {
    let system = app.staff(Role::SystemAdministrator).await;
    let hash = app.state.passwords.hash(PASSWORD.to_owned()).await.expect("a hash");
    let id = system.actor().account_id;
    app.execute(&format!(
        "update accounts set password_hash = '{hash}' where id = {id};
         update sessions set proved_at = '2024-05-06 07:49+08' where account_id = {id}"
    ))
    .await;
    system
}

/// Every hidden field of a page's form and what the reader types, sent to `path`.
async fn send_form(browser: &Browser<'_>, page: &Page, path: &str, typed: &[(&str, &str)]) -> Page {
    let document = scraper::Html::parse_document(&page.html);
    let hidden = scraper::Selector::parse("form.form input[type=hidden]").expect("a selector");
    let mut fields: Vec<(String, String)> = document
        .select(&hidden)
        .map(|input| {
            let of = |name| input.value().attr(name).unwrap_or_default().to_owned();
            (of("name"), of("value"))
        })
        .collect();
    fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_bare(path, &fields).await
}

const LISI: &[(&str, &str)] = &[("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")];

async fn made(app: &TestApp) -> i64 {
    app.scalar_i64("select count(*) from accounts where login = 'lisi'").await
}

#[tokio::test]
async fn a_form_that_moves_rights_waits_for_the_password_and_then_goes_on_as_typed() {
    let app = TestApp::new().await;
    let system = stale(&app).await;
    let asking = system.post("/accounts", LISI).await;
    asking.assert_status(403).assert_says("请确认是您本人").assert_says("管理账号");
    assert_eq!(made(&app).await, 0);

    let wrong = send_form(&system, &asking, "/confirm", &[("confirm_secret", "guess")]).await;
    wrong.assert_status(422).assert_says("密码不对");
    assert!(!wrong.html.contains("guess"));
    assert_eq!(made(&app).await, 0);

    let right = send_form(&system, &wrong, "/confirm", &[("confirm_secret", PASSWORD)]).await;
    right.assert_status(307);
    assert_eq!(right.location.as_deref(), Some("/accounts"));
    // The proof is the session's under its new key; whoever took the old one has nothing.
    let taken = format!("huifa={}", system.cookie());
    let page = app.stranger().send(Method::GET, "/permissions", None, &[("cookie", &taken)]).await;
    assert_eq!(page.status, 303);
    // The browser sends the same fields again to where it is pointed.
    send_form(&system, &wrong, "/accounts", &[("confirm_secret", PASSWORD)]).await.assert_status(200);
    assert_eq!(made(&app).await, 1);
    let records = "select count(*) from audit_records where action in ('account.confirm', 'account.confirm_refused')";
    assert_eq!(app.scalar_i64(records).await, 2);
    system.post("/accounts", &[("name", "王五")]).await.assert_status(422);
}

#[tokio::test]
async fn the_proof_counts_for_ten_minutes_and_for_its_own_session() {
    let app = TestApp::new().await;
    let system = stale(&app).await;
    let id = system.actor().account_id;
    let other = app.browser_of(id).await;
    app.execute(&format!("update sessions set proved_at = '2024-05-06 07:49+08' where account_id = {id}")).await;
    // What moves neither money nor rights asks for nothing.
    system.post("/search", &[("list", "/accounts"), ("q", "李")]).await.assert_status(303);
    let asking = system.post("/accounts", LISI).await;
    send_form(&system, &asking, "/confirm", &[("confirm_secret", PASSWORD)]).await.assert_status(307);
    other.post("/accounts", LISI).await.assert_status(403).assert_says("请确认是您本人");
    app.clock_to("2024-05-06 08:09");
    system.post("/accounts", &[]).await.assert_status(422);
    app.clock_to("2024-05-06 08:11");
    system.post("/accounts", &[]).await.assert_status(403).assert_says("请确认是您本人");
}

#[tokio::test]
async fn guesses_at_the_asking_page_end_the_session() {
    let app = TestApp::new().await;
    let system = stale(&app).await;
    let asking = system.post("/accounts", LISI).await;
    for wrong in 1..=5 {
        let page = send_form(&system, &asking, "/confirm", &[("confirm_secret", "guess")]).await;
        page.assert_status(if wrong < 5 { 422 } else { 303 });
    }
    system.get("/permissions").await.assert_status(303);
    assert_eq!(made(&app).await, 0);
}

#[tokio::test]
async fn a_form_that_is_not_ours_is_not_kept_and_nobody_is_led_to_another_site() {
    let app = TestApp::new().await;
    let system = stale(&app).await;
    let forged = system.post_bare("/accounts", &[("token", "guess"), ("once", &Uuid::new_v4().to_string())]).await;
    forged.assert_status(403).assert_says("表单已失效");
    for to in ["//evil.example", "https://evil.example/", "/confirm?to=/confirm"] {
        let fields = [("confirm_secret", PASSWORD), ("confirm_to", to), ("confirm_method", "get")];
        app.execute("update sessions set proved_at = '2024-05-06 07:49+08'").await;
        let page = system.post("/confirm", &fields).await;
        assert_eq!((page.status.as_u16(), page.location.as_deref()), (303, Some("/home")), "{to}");
    }
}

#[tokio::test]
async fn what_moves_money_or_rights_is_declared_so() {
    let app = TestApp::new().await;
    let mut wanted = [
        "GET /audit/export",
        "GET /my-account/passkeys/new",
        "POST /access-review",
        "POST /accounts",
        "POST /accounts/{id}/decision",
        "POST /accounts/{id}/disable",
        "POST /accounts/{id}/requests",
        "POST /accounts/{id}/reset",
        "POST /cases/provincial/export",
        "POST /cases/{id}/named",
        "POST /cases/{id}/reveal",
        "POST /consultations/{id}/reveal",
        "POST /data-requests/copy",
        "POST /evidence",
        "POST /fund/entries/{id}/reverse",
        "POST /fund/{year}/carry-over",
        "POST /fund/{year}/entries",
        "POST /fund/{year}/periods/{month}/close",
        "POST /fund/{year}/receipts",
        "POST /fund/{year}/transfers",
        "POST /my-account/passkeys",
        "POST /my-account/passkeys/{id}/remove",
        "POST /my-account/sessions",
        "POST /payments/accounts/{id}/{decision}",
        "POST /payments/holds/{id}/release",
        "POST /payments/runs",
        "POST /payments/runs/{id}/file",
        "POST /payments/tax/{year}/file",
        "POST /payments/transfers/{id}/return",
        "POST /payouts/batches/{id}/approve",
        "POST /payouts/batches/{id}/pay",
        "POST /payouts/batches/{id}/reopen",
        "POST /payouts/extensions/{id}/{decision}",
        "POST /payouts/items/{id}/refund",
        "POST /payouts/outside/{id}/withdraw",
        "POST /payouts/voids/{id}/{decision}",
        "POST /people/{id}/copy",
        "POST /people/{id}/reveal",
        "POST /reports/{kind}/{period}/check",
        "POST /reports/{kind}/{period}/sign",
        "POST /roster/{month}/approve",
        "POST /second-factor",
        "POST /second-factor/codes",
        "POST /security-policy",
        "POST /settlements/receivables/{id}/{decision}",
        "POST /settlements/{month}/approve",
        "POST /settlements/{month}/pay",
    ];
    wanted.sort_unstable();
    let mut declared: Vec<String> =
        app.declared.iter().filter(|one| one.fresh).map(|one| format!("{} {}", one.method, one.path)).collect();
    declared.sort_unstable();
    assert_eq!(declared, wanted);
    // And each of them asks: the declaration is what the guard goes by.
    let mut people = Vec::new();
    for role in [Role::Approver, Role::Finance, Role::SystemAdministrator, Role::SecurityAdministrator] {
        people.push(app.staff(role).await);
    }
    app.execute("update sessions set proved_at = '2024-05-06 07:49+08'").await;
    for declared in app.declared.iter().filter(|one| one.fresh) {
        let path = declared
            .path
            .replace("{month}", "2024-05")
            .replace("{year}", "2024")
            .replace("{id}", "1")
            .replace("{decision}", "agree");
        // Where no action is named, everybody is asked.
        let action = declared.access.action();
        let may = |browser: &&Browser<'_>| action.is_none_or(|action| browser.actor().may(action).is_some());
        for browser in people.iter().filter(may) {
            if declared.method == "GET" {
                let page = browser.send(Method::GET, &path, None, &[]).await;
                assert!(page.location.is_some_and(|to| to.starts_with("/confirm?to=")), "{path}");
            } else {
                browser.post(&path, &[]).await.assert_status(403).assert_says("请确认是您本人");
            }
        }
    }
}
