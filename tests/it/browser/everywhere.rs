//! Every page in every role: whoever can open a page finds it readable, quiet, light and still.
//!
//! The pages are not listed here: each role starts at its own first page and follows the
//! links, one address for each declared route, in the demonstration as its story left it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use huifa::demo;
use serde_json::Value;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;
use crate::support::story::{Day, lived, route_of};

/// The compressed size of a first load that must not be passed, in bytes.
const HEAVIEST: i64 = 100 * 1024;
/// The layout shift that must not be passed: nothing moves that a person would see.
const MOST_SHIFT: f64 = 0.01;

/// Routes that answer no page of their own.
const NO_PAGE: &[&str] = &[
    "/fund",
    "/roster",
    "/set-up",
    "/demonstration",
    "/styleguide",
    "/styleguide/{name}",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/readyz",
    // Lead on to the page of what they belong to.
    "/payouts/items/{id}",
    "/payments/transfers/{id}",
    // Downloads.
    "/cases/hearings.ics",
    "/cases/{id}/hearings.ics",
    "/static/{hash}/{*name}",
    // Asked for in between, when a proof has grown old, or for the second factor.
    "/confirm",
    "/sign-in/code",
    // Asked for by the script, and answered with what a device signs; a page of names, not numbers.
    "/sign-in/passkey",
    "/confirm/passkey",
    "/my-account/passkeys/new",
];

/// What the browser measured about the page that stands.
async fn measured(screen: &Screen) -> Value {
    screen
        .client
        .execute_async(
            "const done = arguments[arguments.length - 1];
             let shift = 0;
             new PerformanceObserver((list) => list.getEntries().forEach((one) => { if (!one.hadRecentInput) shift += one.value; }))
                 .observe({ type: 'layout-shift', buffered: true });
             const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                 .filter((one) => !one.name.includes('/consultations/draft'));
             const bytes = loaded.reduce((sum, one) => sum + one.encodedBodySize + 300, 0);
             const strangers = loaded.filter((one) => !one.name.startsWith(location.origin)).map((one) => one.name);
             const links = [...document.querySelectorAll('a[href]')].map((a) => new URL(a.href))
                 .filter((url) => url.origin === location.origin).map((url) => url.pathname + url.search);
             requestAnimationFrame(() => setTimeout(() => done({ shift, bytes, strangers, links, title: document.title,
                 h1: document.querySelectorAll('h1:not(.print-only)').length }), 0));",
            Vec::new(),
        )
        .await
        .expect("measured")
}

fn shift_of(found: &Value) -> f64 {
    found["shift"].as_f64().unwrap_or(1.0)
}

/// Follows the links of one role from where it starts, one address for each route and every
/// address that it starts from; gives the routes it came to, and what is wrong.
async fn walk(
    screen: &Screen,
    declared: &[&'static str],
    start: &[String],
    wrong: &mut Vec<String>,
) -> BTreeSet<&'static str> {
    let mut seen: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut queue = VecDeque::from(start.to_vec());
    let mut asked: BTreeSet<&String> = start.iter().collect();
    while let Some(path) = queue.pop_front() {
        let bare = path.split('?').next().unwrap_or_default();
        let Some(route) = route_of(declared, bare) else {
            wrong.push(format!("{path}: no such route"));
            continue;
        };
        let asked_for = asked.remove(&path);
        if seen.contains_key(route) && !asked_for || NO_PAGE.contains(&route) && bare != "/roster" && bare != "/fund" {
            continue;
        }
        screen.go(&path).await;
        let mut found = measured(screen).await;
        // A busy machine draws a page in two strokes now and then; what moves twice moves.
        if shift_of(&found) > MOST_SHIFT {
            screen.go(&path).await;
            found = measured(screen).await;
        }
        let url = screen.client.current_url().await.expect("an address");
        let landed = route_of(declared, url.path()).unwrap_or(route);
        seen.insert(route, path.clone());
        if seen.contains_key(landed) && landed != route && !asked_for {
            continue;
        }
        seen.insert(landed, path.clone());
        if found["title"].as_str().is_some_and(|title| title.starts_with("没有找到") || title.contains("没有权限"))
        {
            wrong.push(format!("{path}: a link that leads to “{}”", found["title"]));
        }
        if found["h1"] != 1 {
            wrong.push(format!("{path}: {} headings of the first rank", found["h1"]));
        }
        if shift_of(&found) > MOST_SHIFT {
            wrong.push(format!("{path}: shifts by {}", found["shift"]));
        }
        if found["bytes"].as_i64().unwrap_or(i64::MAX) > HEAVIEST {
            wrong.push(format!("{path}: {} bytes", found["bytes"]));
        }
        if found["strangers"].as_array().is_none_or(|others| !others.is_empty()) {
            wrong.push(format!("{path}: loads from elsewhere: {}", found["strangers"]));
        }
        wrong.extend(screen.faults(&path).await);
        for link in found["links"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !link.starts_with("/static/") && !queue.iter().any(|waiting| waiting == link) {
                queue.push_back(link.to_owned());
            }
        }
    }
    seen.into_keys().collect()
}

/// Pages to which a form leads, or a link of a page whose like was visited before.
async fn forms_of_the_clerk(app: &TestApp, day: Day) -> Vec<String> {
    let id = async |sql: &str| app.scalar_i64(sql).await;
    let month = day.next_month();
    vec![
        format!(
            "/consultations/together?id={}",
            id("select min(id) from consultations where review = 'unreviewed'").await
        ),
        format!("/findings/together?step=confirm&id={}", id("select min(id) from findings").await),
        format!(
            "/roster/{month}/shifts/{}/move",
            id(&format!("select min(id) from shifts where month = '{month}-01'")).await
        ),
    ]
}

/// Addresses whose like may be visited in another state: a paid month has more to show than
/// the month that is being reported, a case being handled more than one on paper.
async fn also_in_june(app: &TestApp, login: &str) -> Vec<String> {
    let case = async |which: &str| {
        format!("/cases/{}", app.scalar_i64(&format!("select max(id) from cases where {which}")).await)
    };
    match login {
        "clerk" => vec!["/settlements/2024-04".to_owned(), "/programmes/2025".to_owned()],
        "approver" | "finance" => vec!["/settlements/2024-04".to_owned()],
        "legalaid" => vec![
            case("number = '高法援字〔2024〕900号'").await,
            case("state = 'submitted'").await,
            case("state = 'handling' and not restricted").await,
            case("state = 'archived' and not restricted").await,
        ],
        "director" => vec![case("state = 'close_agreed'").await, case("state = 'terminated'").await],
        _ => Vec::new(),
    }
}

/// Keeps choices of the look where the page keeps them.
async fn choose(screen: &Screen, cookies: &[&str]) {
    for cookie in cookies {
        screen.script(&format!("document.cookie = '{cookie}; path=/'")).await;
    }
}

async fn every_role(device: Device, cookies: &[&str], day: Day) -> (Vec<String>, BTreeSet<&'static str>) {
    let app = lived(day).await;
    let declared: Vec<&'static str> =
        app.declared.iter().filter(|route| route.method == "GET").map(|route| route.path).collect();
    let screen = Screen::open(&app, device).await;
    let (mut wrong, mut came) = (Vec::new(), BTreeSet::new());
    screen.go("/healthz").await;
    choose(&screen, cookies).await;
    came.extend(walk(&screen, &declared, &["/sign-in".to_owned()], &mut wrong).await);
    for (login, _) in demo::ACCOUNTS {
        let id = app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await;
        let browser = app.browser_of(id).await;
        screen.wear(browser.cookie()).await;
        choose(&screen, cookies).await;
        let mut mine = Vec::new();
        let mut start = vec!["/home".to_owned()];
        if matches!(day, Day::June) {
            start.extend(also_in_june(&app, login).await);
        }
        if *login == "clerk" {
            start.extend(forms_of_the_clerk(&app, day).await);
        }
        came.extend(walk(&screen, &declared, &start, &mut mine).await);
        wrong.extend(mine.into_iter().map(|fault| format!("{login} {fault}")));
    }
    // Every component in every state.
    for name in ["components", "roster", "settlement", "posting", "dashboard"] {
        let path = format!("/styleguide/{name}");
        screen.go(&path).await;
        wrong.extend(screen.faults(&path).await);
    }
    // Only who recorded a consultation corrects it.
    let recorded = "from consultations order by started_at desc, id desc limit 1";
    let recorder = app.scalar_i64(&format!("select recorded_by {recorded}")).await;
    let edit = format!("/consultations/{}/edit", app.scalar_i64(&format!("select id {recorded}")).await);
    screen.wear(app.browser_of(recorder).await.cookie()).await;
    came.extend(walk(&screen, &declared, &[edit], &mut wrong).await);
    let missing = declared.iter().filter(|route| !came.contains(*route) && !NO_PAGE.contains(route)).copied().collect();
    (wrong, missing)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_every_role_is_accessible_light_and_still_on_an_office_pc() {
    let (wrong, missing) = every_role(Device::Desk, &["huifa_theme=light"], Day::June).await;
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "{} faults:\n{}\nnobody comes by a link to {missing:?}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_every_role_is_accessible_in_the_dark_and_in_large_print_on_a_telephone() {
    let (wrong, _) = every_role(Device::Phone, &["huifa_theme=dark", "huifa_print=large"], Day::February).await;
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
