//! What a hostile colleague and a hostile stranger try beyond asking for foreign things one by one.

use axum::http::Method;
use huifa::web::permissions::Role;

use super::world::{Whose, World};
use crate::support::app::{Browser, Page, TestApp};
use crate::support::case_life::ticked;

/// Who sends what where.
type Attempt<'a> = (&'a Browser<'a>, &'a str, Vec<(&'static str, String)>);

#[tokio::test]
async fn one_foreign_id_among_ones_own_stops_the_whole() {
    let world = World::new().await;
    let (own, foreign) = (world.things(Whose::Own), world.things(Whose::Stranger));
    let clerk = world.somebody(Role::BureauClerk).await;
    let staff = world.somebody(Role::LegalAidStaff).await;
    let security = world.somebody(Role::SecurityAdministrator).await;
    let pair = |id: i64| format!("{id}:1");
    let both = |name: &'static str, own: i64, foreign: i64| vec![(name, own.to_string()), (name, foreign.to_string())];
    let roster = world
        .app
        .scalar_i64(&format!(
            "select version::bigint from rosters where bureau_id = {} and month = '2024-06-01'",
            world.app.bureau
        ))
        .await;
    let changed = format!("/people/{}", own.person);
    let page = clerk.get(&format!("{changed}/edit")).await;
    let mut person: Vec<(&'static str, String)> = Vec::new();
    for name in ["name", "category", "organisation", "licence_number", "joined_on", "version"] {
        let value = page.attribute(&format!("main [name={name}]"), "value").unwrap_or_else(|| "lawyer".to_owned());
        person.push((name, value));
    }
    person.extend(both("venues", own.venue, foreign.venue));
    let mut venues = both("venues", own.venue, foreign.venue);
    venues.extend([("version", roster.to_string()), ("holidays", String::new())]);
    let fill = format!("/roster/2024-06/venues/{}/fill", own.venue);
    let mut reviewed = both("account", own.account, foreign.account);
    reviewed.push(("decision", "disable".to_owned()));
    let attempts: Vec<Attempt<'_>> = vec![
        (
            &clerk,
            "/findings/together",
            vec![
                ("step", "confirm".to_owned()),
                ("note", "属实".to_owned()),
                ("seen", pair(own.finding)),
                ("seen", pair(foreign.finding)),
            ],
        ),
        (
            &clerk,
            "/consultations/together",
            vec![("seen", pair(own.consultation)), ("seen", pair(foreign.consultation))],
        ),
        (&clerk, "/payouts", vec![("case", own.case.to_string()), ("case", foreign.case.to_string())]),
        (
            &staff,
            "/cases/work",
            vec![
                ("cases", ticked(&world.app, own.case).await),
                ("cases", ticked(&world.app, foreign.case).await),
                ("to", staff.actor().account_id.to_string()),
            ],
        ),
        // The colleague to whom cases are handed is of this bureau.
        (
            &staff,
            "/cases/work",
            vec![("cases", ticked(&world.app, own.case).await), ("to", foreign.account.to_string())],
        ),
        (&clerk, "/payments/holds", vec![("person", foreign.person.to_string()), ("reason", "账户待核实".to_owned())]),
        (&clerk, &changed, person),
        (&clerk, "/roster/2024-06/fill-all", venues),
        (&clerk, &fill, both("people", own.person, foreign.person)),
        (&security, "/access-review", reviewed),
    ];
    let before = world.fingerprint().await;
    for (who, path, fields) in attempts {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = who.post(path, &fields).await;
        assert!([404, 409, 422].contains(&page.status.as_u16()), "{path}: {} {}", page.status, page.text());
        assert!(!page.html.contains(foreign.name), "{path} names a stranger's");
    }
    assert_eq!(world.fingerprint().await, before, "something was done of a refused whole");
}

#[tokio::test]
async fn fields_that_no_form_has_do_not_say_whose_something_is_or_how_far_it_is() {
    let world = World::new().await;
    let foreign = world.things(Whose::Stranger);
    let second = world.app.scalar_i64(&format!("select id from bureaus where id <> {}", world.app.bureau)).await;
    let (second, venue, other) = (second.to_string(), foreign.venue.to_string(), foreign.account.to_string());
    let planted = [
        ("id", "1"),
        ("bureau_id", second.as_str()),
        ("bureau", second.as_str()),
        ("venue_id", venue.as_str()),
        ("status", "active"),
        ("created_by", other.as_str()),
        ("granted_at", "2024-05-06"),
        ("granted_by", other.as_str()),
        ("recorded_by", other.as_str()),
        ("review", "qualified"),
        ("must_change_password", "false"),
        ("password_hash", "none"),
        ("seal_id", "00000000-0000-0000-0000-000000000000"),
    ];
    let clerk = world.somebody(Role::BureauClerk).await;
    let id_number = huifa::secrets::demo_id_number("1985-03-02".parse().expect("a day"), 7);
    let mut person = vec![
        ("name", "单晓梅"),
        ("id_number", id_number.as_str()),
        ("phone", "13800000001"),
        ("category", "lawyer"),
        ("organisation", "山西示例律师事务所"),
        ("licence_number", "11405202410000001"),
        ("joined_on", "2024-04-01"),
        ("bank_name", "高平农商行"),
        ("bank_account", "6217000000001234567"),
    ];
    person.extend(planted);
    clerk.post("/people", &person).await.assert_status(303);
    let bureau = world.app.bureau;
    let own = format!("select count(*) from persons where name = '单晓梅' and bureau_id = {bureau} and id > 1");
    assert_eq!(world.app.scalar_i64(&own).await, 1);

    let system = world.somebody(Role::SystemAdministrator).await;
    let home = world.things(Whose::Own).venue.to_string();
    let mut account = vec![
        ("login", "danxm"),
        ("name", "单晓梅"),
        ("role", "venue_staff"),
        ("venue", home.as_str()),
        ("staff_number", "G-77"),
        ("reason", "新到岗"),
    ];
    account.extend(planted.iter().filter(|(name, _)| *name != "bureau"));
    system.post("/accounts", &account).await;
    let waiting = format!(
        "select count(*) from accounts where login = 'danxm' and bureau_id = {bureau} and status = 'waiting'
             and granted_at is null and must_change_password and created_by = {}",
        system.actor().account_id
    );
    assert_eq!(world.app.scalar_i64(&waiting).await, 1, "an account gives itself no rights");
}

#[tokio::test]
async fn other_ways_to_say_a_method_an_address_or_a_visitor_are_not_heard() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let before = app.scalar_i64("select count(*) from accounts").await;
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        system.send(Method::GET, "/accounts", None, &[(header, "POST")]).await.assert_status(200);
        let page =
            system.send(Method::POST, "/accounts/1", Some("_method=DELETE".to_owned()), &[(header, "DELETE")]).await;
        page.assert_status(405);
    }
    for header in ["x-original-url", "x-rewrite-url"] {
        let page = app.stranger().send(Method::GET, "/help", None, &[(header, "/accounts")]).await;
        page.assert_status(200).assert_silent_on("登录名或姓名");
    }
    assert_eq!(app.scalar_i64("select count(*) from accounts").await, before);
    // A host of the visitor's own leads nowhere: ways on are paths.
    let headers =
        [("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example"), ("x-forwarded-proto", "http")];
    let page = app.stranger().send(Method::GET, "/people", None, &headers).await;
    assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Fpeople"));
    // Without a proxy of ours, nobody says where they come from.
    let body = serde_html_form::to_string([("login", "nobody"), ("password", "x")]).unwrap();
    let headers = [("x-forwarded-for", "198.51.100.7"), ("sec-fetch-site", "same-origin")];
    app.stranger().send(Method::POST, "/sign-in", Some(body), &headers).await;
    assert_eq!(app.scalar_i64("select count(*) from audit_records where address = '198.51.100.7'").await, 0);
}

#[tokio::test]
async fn ways_out_of_what_is_served_lead_nowhere() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    for path in [
        "/static/x/../../Cargo.toml",
        "/static/x/..%2f..%2fCargo.toml",
        "/static/x/%2e%2e/%2e%2e/Cargo.toml",
        "/static/..%5c..%5cCargo.toml/x",
        "/static/x//etc/passwd",
        "/.git/config",
        "/.env",
        "/Cargo.toml",
        "/migrations/0001_foundation.sql",
        "/reports/..%2f..%2f/2024",
        "/reports/monthly/..%2f2024",
        "/help/..%2f..%2fetc",
        "/people/1%20or%201=1",
        "/people/9223372036854775808",
        "/people/-1",
        "/cases/1;drop table cases",
    ] {
        let path = path.replace(' ', "%20");
        let page = clerk.get(&path).await;
        assert!([400, 404].contains(&page.status.as_u16()), "{path}: {}", page.status);
        page.assert_silent_on("[package]").assert_silent_on("create table");
    }
}

#[tokio::test]
async fn the_look_up_of_an_application_answers_alike_whether_the_number_or_the_telephone_is_wrong() {
    let app = TestApp::new().await;
    let number = huifa::secrets::demo_id_number("1980-03-15".parse().expect("a day"), 2);
    let sent = [
        ("name", "王建国"),
        ("id_number", number.as_str()),
        ("phone", "13900000005"),
        ("facts", "工资拖欠三个月，多次催要没有结果。"),
        ("request", "要回工资"),
        ("agreed", "yes"),
    ];
    let page = app.stranger().post_bare("/legal-aid", &sent).await;
    page.assert_status(200);
    let known = page.select("strong.num").remove(0);
    let ask = async |number: &str, phone: &str| {
        app.stranger().post_bare("/legal-aid/status", &[("number", number), ("phone", phone)]).await
    };
    let right = ask(&known, "13900000005").await;
    right.assert_status(200).assert_silent_on("王建国");
    let (wrong_phone, wrong_number) =
        (ask(&known, "13900000006").await, ask("高法援申字〔2024〕999号", "13900000006").await);
    wrong_phone.assert_status(422);
    wrong_number.assert_status(422);
    let without = |page: &Page, number: &str| page.html.replace(&format!("value=\"{number}\""), "");
    assert_eq!(without(&wrong_phone, &known), without(&wrong_number, "高法援申字〔2024〕999号"));
}
