//! Pressing twice does one thing, and nothing is done without a record.

use huifa::error::AppError;
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use uuid::Uuid;

use crate::support::app::TestApp;

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
    let (one, other) = tokio::join!(system.post_with_once(&path, once, &[]), system.post_with_once(&path, once, &[]));
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
    let restore = [("kind", "restore"), ("reason", "借调结束")];
    one.post_with_once(&format!("/accounts/{id}/requests"), once, &restore).await.assert_status(303);
    app.execute(&format!("update accounts set status = 'active' where id = {id}")).await;
    other.post_with_once(&format!("/accounts/{id}/disable"), once, &[]).await.assert_status(303);
    assert_eq!(switched(&app, id).await, 3);
    assert_eq!(app.scalar_i64(&format!("select count(*) from once_keys where key = '{once}'")).await, 3);
}

#[tokio::test]
async fn a_second_press_leads_where_its_own_first_press_led() {
    let app = TestApp::new().await;
    let (other, one) = (app.staff(Role::SystemAdministrator).await, app.staff(Role::SystemAdministrator).await);
    let once = Uuid::new_v4();
    let new = |login: &'static str, number: &'static str| {
        [("name", "李四"), ("login", login), ("role", "finance"), ("staff_number", number)]
    };
    // Somebody else's with the same key, another form with it, and the same form with another.
    let id = somebody(&app).await;
    one.post_with_once(&format!("/accounts/{id}/disable"), once, &[]).await.assert_status(303);
    let presses = [
        (&other, once, new("first", "A-001")),
        (&one, Uuid::new_v4(), new("second", "A-002")),
        (&one, once, new("third", "A-003")),
    ];
    for (who, once, fields) in &presses {
        who.post_with_once("/accounts", *once, fields).await.assert_status(200);
    }
    for (who, once, fields) in &presses {
        let again = who.post_with_once("/accounts", *once, fields).await;
        let made = app.scalar_i64(&format!("select id from accounts where login = '{}'", fields[1].1)).await;
        assert_eq!(again.location, Some(format!("/accounts/{made}")), "{fields:?}");
    }
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
    let fields = [("name", "李四"), ("login", "lisi"), ("role", "finance"), ("staff_number", "A-007")];
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
