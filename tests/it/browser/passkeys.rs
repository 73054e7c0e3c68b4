//! Passkeys in a browser with a device: made, shown at the sign-in, shown again before rights move.

use huifa::accounts::db::{NewAccount, insert};
use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_registered_signs_in_and_confirms() {
    let mut app = TestApp::new().await;
    let screen = Screen::open_by_name(&mut app, Device::Desk).await;
    screen.add_authenticator().await;
    let new = NewAccount {
        bureau_id: app.bureau,
        login: "cuijz".to_owned(),
        name: "崔建忠".to_owned(),
        role: Role::BureauClerk,
        venue_id: None,
        person_id: None,
        staff_number: None,
        password_hash: app.state.passwords.hash("marsh-lantern-47-oboe".to_owned()).await.expect("a hash"),
        must_change_password: false,
        created_by: None,
    };
    let mut conn = app.owner.acquire().await.expect("a connection");
    insert(&mut conn, &new, app.state.clock.now()).await.expect("an account");
    drop(conn);

    // With the password, for the last time.
    screen.go("/sign-in").await;
    screen.fill("login", "cuijz").await;
    screen.fill("password", "marsh-lantern-47-oboe").await;
    screen.press("登录").await;
    screen.says("崔建忠").await;
    screen.go("/my-account").await;
    screen.press("添加通行密钥").await;
    screen.fill("name", "办公室电脑").await;
    screen.press("在这台设备上建立").await;
    screen.says("已添加通行密钥").await;
    screen.says("办公室电脑").await;

    screen.client.delete_all_cookies().await.expect("cookies away");
    screen.go("/sign-in?next=/my-account").await;
    screen.press("用通行密钥登录").await;
    screen.says("登录与安全").await;
    screen.says("通行密钥").await;
    assert_eq!(app.scalar_i64("select count(*) from sessions where second_factor = 'passkey'").await, 1);

    // The proof has grown old: asked again, and the device answers.
    app.execute("update sessions set proved_at = '2024-01-01'").await;
    screen.go("/my-account/passkeys/new").await;
    screen.says("请确认是您本人").await;
    screen.press("用通行密钥确认").await;
    screen.says("给这台设备起个名字").await;
    // The device is known already: the browser itself says so.
    screen.fill("name", "又一次").await;
    screen.press("在这台设备上建立").await;
    screen.says("这台设备上已经有本账号的通行密钥").await;
    assert_eq!(app.scalar_i64("select count(*) from passkeys where used_at is not null").await, 1);
}
