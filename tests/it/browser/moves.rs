//! What script adds: the palette, shortcuts, parts exchanged in place, dragging in the
//! roster, drafts over a lost connection. Each has its way without script, tested elsewhere.

use fantoccini::key::Key;
use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;

/// Keys go to whatever has the focus, as from a keyboard.
pub(super) async fn keys(screen: &Screen, typed: &str) {
    for _ in 0..40 {
        let element = screen.client.active_element().await.expect("something has the focus");
        match element.send_keys(typed).await {
            Ok(()) => return,
            // The page with that element is just giving way to the next.
            Err(error) if error.to_string().contains("stale element") => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(error) => panic!("typing {typed:?}: {error}"),
        }
    }
    panic!("nothing took {typed:?}");
}

fn with_control(letter: char) -> String {
    format!("{}{letter}{}", char::from(Key::Control), char::from(Key::Null))
}

async fn path(screen: &Screen) -> String {
    screen.client.current_url().await.expect("an address").path().to_owned()
}

/// Waits until the address is `wanted`.
async fn arrives(screen: &Screen, wanted: &str) {
    for _ in 0..100 {
        if path(screen).await == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("at {} and not at {wanted}", path(screen).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_and_the_shortcuts_lead_everywhere_with_the_keyboard_alone() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("单晓梅", &[venue]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    screen.go("/home").await;
    keys(&screen, &with_control('k')).await;
    screen.find("dialog.palette [role=option]").await;
    screen.assert_accessible("the palette").await;
    keys(&screen, "ajtz").await;
    screen.find("dialog.palette [role=option][data-href='/cases'][aria-selected=true]").await;
    keys(&screen, &char::from(Key::Enter).to_string()).await;
    arrives(&screen, "/cases").await;

    // People by their name; Escape leaves everything as it was.
    keys(&screen, &with_control('k')).await;
    screen.find("dialog.palette [role=option]").await;
    keys(&screen, "晓梅").await;
    screen.find(&format!("dialog.palette [role=option][data-href='/people/{person}']")).await;
    keys(&screen, &char::from(Key::Escape).to_string()).await;
    let open = screen.script("return document.querySelectorAll('dialog[open]').length").await;
    assert_eq!(open.as_i64(), Some(0));
    assert_eq!(path(&screen).await, "/cases");

    // g and a letter; ? lists them, and they can be switched off.
    keys(&screen, "gs").await;
    arrives(&screen, "/settlements").await;
    keys(&screen, "?").await;
    screen.says("键盘快捷键").await;
    screen.assert_accessible("the shortcuts").await;
    screen.find("dialog input[type=checkbox]").await.click().await.expect("switched off");
    keys(&screen, &char::from(Key::Escape).to_string()).await;
    keys(&screen, "gr").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(path(&screen).await, "/settlements");
    screen.assert_quiet("/settlements").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_exchanges_the_list_in_place_and_the_way_back_works() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    for name in ["单晓梅", "曾国强"] {
        app.person(name, &[venue]).await;
    }
    let clerk = app.staff(Role::BureauClerk).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    screen.go("/people").await;
    screen.script("window.same = 'page'").await;
    let first = screen.find("main .filters input[type=text], main .filters input[type=search]").await;
    first.send_keys(&format!("单{}", char::from(Key::Enter))).await.expect("typed");
    for _ in 0..100 {
        if !screen.text().await.contains("曾国强") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    screen.says("单晓梅").await;
    assert!(!screen.text().await.contains("曾国强"));
    assert_eq!(screen.script("return window.same").await.as_str(), Some("page"), "no reload");
    screen.assert_accessible("/people after an exchange").await;
    screen.client.back().await.expect("back");
    screen.says("曾国强").await;

    // Columns are chosen on this computer and stay chosen.
    let hide = "const box = [...document.querySelectorAll('.columns-choice label')].find((one) => one.textContent.trim() === '所属单位');
                document.querySelector('.columns-choice').open = true; box.querySelector('input').click();";
    screen.script(hide).await;
    screen.go("/people").await;
    let shown = screen.script("return [...document.querySelectorAll('main thead th')].filter((one) => !one.hidden).map((one) => one.textContent.trim())").await;
    assert!(!shown.as_array().expect("heads").iter().any(|head| head == "所属单位"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_dragged_to_another_day_and_what_the_rules_refuse_is_said() {
    let app = TestApp::new().await;
    let mishan = app.venue("米山镇").await;
    let sanjia = app.venue("三甲镇").await;
    let zhang = app.person("张三", &[mishan]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post("/roster/2024-05/start", &[]).await.assert_status(303);
    let (venue, person) = (mishan.to_string(), zhang.to_string());
    let fields = [
        ("venue", venue.as_str()),
        ("person", &person),
        ("day", "2024-05-08"),
        ("starts_at", "08:00"),
        ("ends_at", "12:00"),
        ("change", "normal"),
    ];
    clerk.post("/roster/2024-05/shifts", &fields).await.assert_status(303);
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    screen.go("/roster/2024-05").await;
    let drag = |to: String| {
        format!(
            "const from = document.querySelector('td[data-take]'), to = document.querySelector('td[data-place=\"{to}\"]');
             const data = new DataTransfer();
             const send = (cell, kind) => cell.dispatchEvent(new DragEvent(kind, {{ bubbles: true, cancelable: true, dataTransfer: data }}));
             send(from, 'dragstart'); send(to, 'dragover'); send(to, 'drop'); send(from, 'dragend');"
        )
    };
    screen.script(&drag(format!("{mishan}:2024-05-15"))).await;
    screen.says("张三由5月8日 周三改到5月15日 周三").await;
    screen.find(&format!("td[data-take][data-place='{mishan}:2024-05-15']")).await;
    screen.assert_accessible("the grid after a move").await;
    screen.script(&drag(format!("{sanjia}:2024-05-22"))).await;
    screen.says("没有办理").await;
    screen.says("三甲镇").await;
    let stands = format!("select count(*) from shifts where person_id = {zhang} and duty_on = '2024-05-15'");
    assert_eq!(app.scalar_i64(&stands).await, 1);

    // The same with the keyboard: 改到 on the venue's page.
    screen.go(&format!("/roster/2024-05/venues/{mishan}")).await;
    screen.press("改到").await;
    screen.choose("place", &format!("{mishan}:2024-05-29")).await;
    screen.press("改到这一天").await;
    screen.says("张三由5月15日 周三改到5月29日 周三").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_the_line_was_down_is_offered_again_when_it_is_back() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let shift = app.published_shift(venue, person, "2024-05-08", "08:00-12:00").await;
    app.clock_to("2024-05-08 07:55");
    let duty = app.duty_person(person).await;
    duty.post(&format!("/attendance/shifts/{shift}/sign-in"), &[]).await.assert_status(303);
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(duty.cookie()).await;
    let path = format!("/consultations/new?shift={shift}");
    screen.go(&path).await;
    screen.fill("facts", "第一句").await;
    screen.says("已自动暂存").await;
    screen.offline(true).await;
    screen.fill("request", "断线时写的诉求").await;
    screen.says("先存在本机").await;
    let stored = screen.script("return Object.values(localStorage).join() + Object.keys(localStorage).join()").await;
    let stored = stored.as_str().expect("a text");
    assert!(stored.contains("\"sealed\"") && !stored.contains("诉求") && !stored.contains("request"), "{stored}");
    screen.offline(false).await;
    // The browser was closed in despair: the server has the first sentence, this computer the second.
    screen.go("/healthz").await;
    screen.go(&path).await;
    screen.says("已恢复没有登记完的内容").await;
    screen.says("本机保存于").await;
    screen.find(".flash button").await.click().await.expect("taken");
    let request = screen.find("#f-request").await.prop("value").await.expect("a value");
    assert_eq!(request.as_deref(), Some("断线时写的诉求"));
    let facts = screen.find("#f-facts").await.prop("value").await.expect("a value");
    assert_eq!(facts.as_deref(), Some("第一句"));
    // On the line again, the server keeps all of it and the computer nothing.
    screen.fill("advice", "先保留证据").await;
    screen.says("已自动暂存").await;
    let kept = "return Object.keys(localStorage).filter((key) => key.startsWith('huifa-draft:')).length";
    assert_eq!(screen.script(kept).await.as_i64(), Some(0));
}

/// Goes on with Tab until what has the focus answers `wanted`, an expression of `here`.
pub(super) async fn tab_until(screen: &Screen, wanted: &str) {
    let asked = format!("const here = document.activeElement; return Boolean({wanted});");
    for _ in 0..300 {
        keys(screen, &char::from(Key::Tab).to_string()).await;
        if screen.script(&asked).await == true {
            let seen = screen.script("return getComputedStyle(document.activeElement).outlineStyle").await;
            assert_ne!(seen.as_str(), Some("none"), "the focus on {wanted} is not seen");
            return;
        }
    }
    panic!("Tab never comes to {wanted} on {}", path(screen).await);
}

/// Goes on with Tab until something that reads `words` has the focus.
pub(super) async fn tab_to(screen: &Screen, words: &str) {
    tab_until(screen, &format!("((here.textContent || '').trim() || here.name || '').startsWith('{words}')")).await;
}

pub(super) async fn enter(screen: &Screen) {
    keys(screen, &char::from(Key::Enter).to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_drawn_handed_in_and_approved_with_the_keyboard_alone() {
    let app = TestApp::new().await;
    app.clock_to("2024-04-22 09:00");
    for name in ["市公共法律服务中心", "米山镇"] {
        let venue = app.venue(name).await;
        app.person(&format!("{name}甲"), &[venue]).await;
    }
    let clerk = app.staff(Role::BureauClerk).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    screen.go("/home").await;
    tab_to(&screen, "编制5月排班").await;
    enter(&screen).await;
    screen.says("还没有开始排班").await;
    tab_to(&screen, "开始排班").await;
    enter(&screen).await;
    screen.says("已开始编制").await;
    tab_to(&screen, "全部服务点轮排").await;
    enter(&screen).await;
    screen.says("确认之前什么都没有保存").await;
    tab_to(&screen, "按此排班").await;
    enter(&screen).await;
    screen.says("个服务点新排").await;
    // The grid has a link for every gap: this one leads past it.
    tab_to(&screen, "去提交").await;
    enter(&screen).await;
    tab_to(&screen, "gaps_known").await;
    keys(&screen, " ").await;
    tab_to(&screen, "gap_reason").await;
    keys(&screen, "其余工作站人员正在落实").await;
    tab_to(&screen, "提交审核").await;
    enter(&screen).await;
    screen.says("排班已提交").await;
    screen.wear(app.staff(Role::Approver).await.cookie()).await;
    screen.go("/home").await;
    tab_to(&screen, "审核5月排班").await;
    enter(&screen).await;
    tab_to(&screen, "批准").await;
    enter(&screen).await;
    screen.says("排班已批准").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_every_step_of_the_same_month_can_be_taken() {
    let app = TestApp::new().await;
    let mishan = app.venue("米山镇").await;
    app.person("张三", &[mishan]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    screen.without_script().await;
    screen.go("/roster/2024-05").await;
    screen.press("开始排班").await;
    screen.says("已开始编制").await;
    screen.press("全部服务点轮排").await;
    screen.press("按此排班").await;
    screen.says("1个服务点新排4个班次").await;
    screen.go(&format!("/roster/2024-05/venues/{mishan}")).await;
    screen.press("移除").await;
    screen.says("已移除张三").await;
    screen.press("改到").await;
    screen.choose("place", &format!("{mishan}:2024-05-08")).await;
    screen.press("改到这一天").await;
    screen.says("张三由5月15日 周三改到5月8日 周三").await;
    screen.client.find(fantoccini::Locator::Css("a.seek")).await.expect("the search").click().await.expect("pressed");
    screen.says("中文、拼音或拼音首字母都可以").await;
    screen.fill("q", "pb").await;
    screen.press("查找").await;
    screen.says("排班").await;
    screen.assert_quiet("/find").await;
}
