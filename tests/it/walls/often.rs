//! Doing the same thing very often: public forms by address, reading by account.

use axum::http::Method;
use huifa::web::permissions::Role;
use huifa::web::visits::VisitSettings;

use crate::support::app::{Browser, Page, TestApp};

const LOOK_UP: &str = "/legal-aid/status";

fn strict() -> VisitSettings {
    VisitSettings { free: 2, hourly: 6, flood: 1_000, pages: 1_000_000, taken: 1_000_000 }
}

/// A form as it comes through the proxy from an address.
async fn from(browser: &Browser<'_>, address: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let body = serde_html_form::to_string(fields).expect("a form");
    let headers = [("sec-fetch-site", "same-origin"), ("x-forwarded-for", address)];
    browser.send(Method::POST, path, Some(body), &headers).await
}

/// What a person answers who can read.
fn answer(page: &Page) -> String {
    let words = page.select("label[for=f-question_answer]").remove(0);
    let number = |text: &str| -> u32 {
        let digit = |c: char| "零一二三四五六七八九".chars().position(|known| known == c).unwrap_or(0) as u32;
        match text.split_once('十') {
            Some((tens, ones)) => tens.chars().next().map_or(1, digit) * 10 + ones.chars().next().map_or(0, digit),
            None => text.chars().next().map_or(0, digit),
        }
    };
    let numbers: Vec<u32> = words
        .split(|c: char| !"零一二三四五六七八九十".contains(c))
        .filter(|run| !run.is_empty())
        .map(number)
        .collect();
    let result = if words.contains("最大") {
        numbers[..3].iter().max().copied().unwrap()
    } else if words.contains("减") || words.contains("拿走") {
        numbers[0] - numbers[1]
    } else {
        numbers[0] + numbers[1]
    };
    result.to_string()
}

#[tokio::test]
async fn a_form_sent_often_asks_a_question_that_is_answered_by_typing_and_keeps_what_was_typed() {
    let mut app = TestApp::new().await;
    app.put_up_with(strict());
    let stranger = app.stranger();
    let fields = [("number", "高法援申字〔2024〕001号"), ("phone", "13800004321")];
    for _ in 0..2 {
        stranger.post_bare(LOOK_UP, &fields).await.assert_status(422).assert_says("没有查到");
    }
    let asked = stranger.post_bare(LOOK_UP, &fields).await;
    asked.assert_status(429).assert_says("请回答一个问题").assert_silent_on("没有查到");
    assert_eq!(asked.attribute("input[name=number]", "value").as_deref(), Some(fields[0].1));
    assert_eq!(asked.attribute("form", "action").as_deref(), Some(LOOK_UP));
    let seal = asked.attribute("input[name=question_seal]", "value").expect("a seal");
    let answer = answer(&asked);
    let answered = [fields[0], fields[1], ("question_seal", &seal), ("question_answer", &answer)];
    stranger.post_bare(LOOK_UP, &answered).await.assert_status(422).assert_says("没有查到");
    // The same answer again is asked anew, and so is a wrong one.
    let again = stranger.post_bare(LOOK_UP, &answered).await;
    again.assert_status(429).assert_says("回答不对");
    let seal = again.attribute("input[name=question_seal]", "value").expect("a seal");
    let wrong = [fields[0], fields[1], ("question_seal", seal.as_str()), ("question_answer", "九十九")];
    stranger.post_bare(LOOK_UP, &wrong).await.assert_status(429).assert_says("回答不对");
    // The other form of the public has a count of its own.
    stranger.post_bare("/legal-aid", &[("name", "王某")]).await.assert_status(422);
}

#[tokio::test]
async fn beyond_the_hours_limit_a_form_waits_with_what_was_typed_and_the_hour_passes() {
    let mut app = TestApp::new().await;
    app.put_up_with(VisitSettings { free: 6, ..strict() });
    let stranger = app.stranger();
    let fields = [("number", "高法援申字〔2024〕001号"), ("phone", "13800004321")];
    for _ in 0..6 {
        stranger.post_bare(LOOK_UP, &fields).await.assert_status(422);
    }
    let refused = stranger.post_bare(LOOK_UP, &fields).await;
    refused.assert_status(429).assert_says("请稍后再提交").assert_says("打电话或者到窗口");
    assert_eq!(refused.headers["retry-after"], "600");
    assert_eq!(refused.attribute("input[name=phone]", "value").as_deref(), Some("13800004321"));
    app.clock_to("2024-05-06 10:00");
    stranger.post_bare(LOOK_UP, &fields).await.assert_status(422);
}

#[tokio::test]
async fn the_address_is_the_trusted_proxys_and_nobody_writes_another() {
    let mut app = TestApp::new().await;
    let lookup = |name: &str| (name == "HUIFA_BEHIND_PROXY").then(|| "1".to_owned());
    app.state.config = std::sync::Arc::new(huifa::config::Config::from_lookup(lookup).expect("settings"));
    app.put_up_with(strict());
    let stranger = app.stranger();
    for _ in 0..2 {
        from(&stranger, "198.51.100.1", LOOK_UP, &[]).await.assert_status(422);
    }
    // A first hop of the visitor's own invention does not count; the last is the proxy's.
    from(&stranger, "203.0.113.9, 198.51.100.1", LOOK_UP, &[]).await.assert_status(429);
    from(&stranger, "198.51.100.2", LOOK_UP, &[]).await.assert_status(422);
    // All addresses of an IPv6 network are one visitor's.
    for last in ["1", "2"] {
        from(&stranger, &format!("2001:db8::{last}"), LOOK_UP, &[]).await.assert_status(422);
    }
    from(&stranger, "2001:db8::ffff", LOOK_UP, &[]).await.assert_status(429);
}

#[tokio::test]
async fn in_a_flood_every_stranger_is_asked_and_never_somebody_of_the_staff() {
    let mut app = TestApp::new().await;
    app.put_up_with(VisitSettings { free: 100, hourly: 100, flood: 3, ..strict() });
    let (stranger, staff) = (app.stranger(), app.staff(Role::BureauClerk).await);
    for _ in 0..3 {
        stranger.post_bare(LOOK_UP, &[]).await.assert_status(422);
    }
    stranger.post_bare(LOOK_UP, &[]).await.assert_status(429).assert_says("请回答一个问题");
    stranger.post_bare("/legal-aid", &[]).await.assert_status(429).assert_says("请回答一个问题");
    for _ in 0..5 {
        staff.post_bare(LOOK_UP, &[]).await.assert_status(422);
    }
}

#[tokio::test]
async fn every_public_form_is_counted_but_those_that_have_lines_of_their_own() {
    let mut app = TestApp::new().await;
    app.put_up_with(VisitSettings { free: 1, hourly: 1, ..strict() });
    let stranger = app.stranger();
    let mut open = Vec::new();
    let forms =
        app.declared.iter().filter(|one| one.method == "POST" && one.access == huifa::web::routes::Access::Public);
    for form in forms {
        stranger.post_bare(form.path, &[]).await;
        let second = stranger.post_bare(form.path, &[]).await;
        if second.status != 429 {
            open.push(form.path);
        }
    }
    open.retain(|path| !path.starts_with("/sign-in"));
    assert_eq!(open, ["/appearance"], "count the form, or say in web::ahead why not");
}

#[tokio::test]
async fn an_account_that_empties_the_lists_is_slowed_and_that_is_written_down_once() {
    let mut app = TestApp::new().await;
    app.put_up_with(VisitSettings { pages: 20, taken: 3, ..strict() });
    let clerk = app.staff(Role::BureauClerk).await;
    let other = app.staff(Role::BureauClerk).await;
    for _ in 0..20 {
        clerk.get("/people").await.assert_status(200);
    }
    for _ in 0..3 {
        let refused = clerk.get("/people").await;
        refused.assert_status(429).assert_says("操作太频繁");
        assert_eq!(refused.headers["retry-after"], "60");
    }
    other.get("/people").await.assert_status(200);
    let written = "select count(*) from audit_records where action = 'access.too_many'";
    assert_eq!(app.scalar_i64(written).await, 1);
    app.clock_to("2024-05-06 08:05");
    clerk.get("/people").await.assert_status(200);
    // What is taken away has a limit of its own: here the reveals of somebody's numbers.
    app.clock_to("2024-05-06 12:00");
    let person = app.person("单晓梅", &[]).await;
    let at = format!("/people/{person}/reveal");
    for _ in 0..3 {
        assert_ne!(clerk.post(&at, &[("reason", "核对银行账号")]).await.status, 429);
    }
    clerk.post(&at, &[("reason", "核对银行账号")]).await.assert_status(429);
    clerk.get("/people").await.assert_status(200);
}
