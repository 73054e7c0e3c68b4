//! A duty person's morning, with the keyboard alone where it counts.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::key::Key;
use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;

async fn duty_morning() -> (TestApp, i64, i64, i64) {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let shift = app.published_shift(venue, person, "2024-05-08", "08:00-12:00").await;
    app.clock_to("2024-05-08 07:55");
    (app, venue, person, shift)
}

/// Keys go to whatever has the focus, as from a keyboard.
async fn keys(screen: &Screen, typed: &str) {
    let element = screen.client.active_element().await.expect("something has the focus");
    element.send_keys(typed).await.unwrap_or_else(|error| panic!("typing {typed:?}: {error}"));
}

async fn focus(screen: &Screen) -> String {
    let name = screen.script("return document.activeElement.name || document.activeElement.tagName").await;
    name.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returning_person_is_recorded_with_the_keyboard_alone() {
    let (app, _, person, shift) = duty_morning().await;
    let duty = app.duty_person(person).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(duty.cookie()).await;
    screen.go("/attendance").await;
    screen.assert_accessible("/attendance").await;
    screen.press("签到").await;
    screen.says("张三已于07:55签到").await;

    let shift = shift.to_string();
    let before = [
        ("shift", shift.as_str()),
        ("phone", "13800004321"),
        ("client_name", "王示例"),
        ("gender", "female"),
        ("channel", "on_site"),
        ("topic", "labour"),
        ("facts", "工地欠薪"),
        ("request", "要回工资"),
        ("advice", "先投诉"),
        ("outcomes", "answered"),
        ("legal_aid_hint", "no"),
        ("satisfaction", "satisfied"),
        ("started_at", "07:30"),
    ];
    duty.post("/consultations", &before).await.assert_status(303);

    screen.press("登记咨询").await;
    screen.says("来访人").await;
    assert_eq!(focus(&screen).await, "phone");
    // Enter beside the telephone looks up; the focus then stands where something is missing.
    keys(&screen, "13800004321\u{e007}").await;
    screen.says("来过1次").await;
    assert_eq!(focus(&screen).await, "topic");
    keys(&screen, "社会保障\u{e007}").await;
    assert_eq!(focus(&screen).await, "facts");
    keys(&screen, "养老保险断缴两年\u{e004}").await;
    keys(&screen, "想补缴\u{e004}").await;
    keys(&screen, "到社保窗口查询缴费记录后申请补缴").await;
    let control_enter = format!("{}{}", char::from(Key::Control), char::from(Key::Enter));
    keys(&screen, &control_enter).await;
    screen.says("140581101-202405-0002").await;
    screen.says("社会保障").await;
    assert_eq!(app.scalar_i64("select counted::bigint from consultation_sums").await, 2);
    screen.assert_accessible("/consultations/{id}").await;
    screen.assert_quiet("/consultations").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_half_written_is_kept_on_the_server_by_itself() {
    let (app, venue, person, shift) = duty_morning().await;
    let duty = app.duty_person(person).await;
    duty.post(&format!("/attendance/shifts/{shift}/sign-in"), &[]).await.assert_status(303);
    let screen = Screen::open(&app, Device::Phone).await;
    screen.wear(duty.cookie()).await;
    let path = format!("/consultations/new?shift={shift}");
    screen.go(&path).await;
    screen.assert_fits(&path).await;
    screen.assert_accessible(&path).await;
    screen.fill("client_name", "赵示例").await;
    screen.choose("topic", "family").await;
    screen.fill("facts", "写到一半").await;
    screen.says("已自动暂存").await;
    let local = screen.script("return Object.keys(localStorage).length").await;
    assert_eq!(local.as_i64(), Some(0), "nothing stays on the computer while the server answers");

    // The session ends; what is typed after that stays on the computer until it is sent.
    app.execute("delete from sessions").await;
    screen.fill("request", "抚养权归谁").await;
    screen.says("先存在本机").await;
    let again = app.browser_of(duty.actor().account_id).await;
    screen.wear(again.cookie()).await;
    screen.go(&path).await;
    screen.says("已恢复没有登记完的内容").await;
    let name = screen.find("#f-client_name").await.prop("value").await.expect("a value");
    assert_eq!(name.as_deref(), Some("赵示例"));
    screen.says("本机保存于").await;
    screen.client.find(Locator::XPath("//button[.='恢复']")).await.expect("the offer").click().await.expect("taken");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let request = screen.find("#f-request").await.prop("value").await.expect("a value");
    assert_eq!(request.as_deref(), Some("抚养权归谁"));
    // Once somebody else signs in at this computer, nothing of it stays there.
    let kept = "return Object.keys(localStorage).filter((key) => key.startsWith('huifa-draft:')).length";
    assert_eq!(screen.script(kept).await.as_i64(), Some(1));
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    screen.wear(staff.cookie()).await;
    screen.go("/home").await;
    assert_eq!(screen.script(kept).await.as_i64(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_desk_fit_and_are_accessible() {
    let (app, venue, person, shift) = duty_morning().await;
    let duty = app.duty_person(person).await;
    duty.post(&format!("/attendance/shifts/{shift}/sign-in"), &[]).await.assert_status(303);
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let typed = [("side", "sign_in"), ("time", "07:40"), ("reason", "到得更早一些")];
    duty.post(&format!("/attendance/shifts/{shift}/corrections"), &typed).await.assert_status(303);
    for device in [Device::Desk, Device::Phone] {
        let screen = Screen::open(&app, device).await;
        for (browser, paths) in [
            (
                &staff,
                vec![
                    "/attendance".to_owned(),
                    format!("/attendance/shifts/{shift}"),
                    format!("/attendance/2024-05/venues/{venue}"),
                ],
            ),
            (
                &clerk,
                vec![
                    "/attendance".to_owned(),
                    "/attendance/2024-05".to_owned(),
                    "/attendance/2024-05/venues".to_owned(),
                    "/consultations".to_owned(),
                ],
            ),
        ] {
            screen.wear(browser.cookie()).await;
            for path in paths {
                screen.go(&path).await;
                screen.assert_fits(&path).await;
                screen.assert_accessible(&path).await;
                screen.assert_quiet(&path).await;
            }
        }
    }
}
