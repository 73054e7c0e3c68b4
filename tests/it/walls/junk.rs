//! Junk in every field of every form, in every query and every address: never a fault, never
//! an echo that acts, never a change that nobody wrote down.

use std::collections::BTreeMap;

use axum::http::Method;
use huifa::plan::dictionary::Dictionary as _;
use huifa::web::permissions::Role;
use huifa::web::routes::{Access, Declared};
use scraper::{ElementRef, Html, Selector};
use uuid::Uuid;

use super::requests::request;
use super::world::{Whose, World};
use crate::support::app::{Browser, Page};

/// What must come back as text, if at all.
const ACTS: &str = "<script>alert(1)</script>\"'><b onfocus=x>";
/// Ends the session or is counted as a guess: these have tests of their own.
const APART: [&str; 5] = ["/sign-out", "/password", "/confirm", "/second-factor", "/my-account/sessions"];

/// Values as sent.
fn junk() -> Vec<String> {
    let encoded = |text: &str| serde_html_form::to_string([("", text)]).unwrap()[1..].to_owned();
    vec![
        encoded(ACTS),
        // No UTF-8: bare bytes, an overlong slash, half a surrogate pair.
        "%FF%FE%C0%AF%ED%A0%80".to_owned(),
        "%00".to_owned(),
        // Turned around, without width, beyond the first plane.
        encoded("\u{202e}甲\u{200b}\u{feff}\u{1f4a9}"),
        encoded(&"字".repeat(5_000)),
        "-9223372036854775809".to_owned(),
        "1e309".to_owned(),
        "2024-02-30".to_owned(),
        "99999-12-31".to_owned(),
        encoded("' or 1=1; --\\%_{$ne:1}\r\nSet-Cookie: a=b"),
        String::new(),
    ]
}

/// A form as a page shows it, or as a test knows it.
struct Form {
    action: String,
    kept: Vec<(String, String)>,
    typed: Vec<(String, String)>,
}

impl Form {
    /// The form with some of its typed values exchanged, ready to be sent.
    fn body(&self, browser: &Browser<'_>, of: impl Fn(usize) -> Option<String>) -> String {
        let once = Uuid::new_v4().to_string();
        let mut pairs = vec![("token", browser.actor().form_token.as_str()), ("once", once.as_str())];
        pairs.extend(self.kept.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let mut body = serde_html_form::to_string(&pairs).unwrap();
        for (place, (name, value)) in self.typed.iter().enumerate() {
            let plain = serde_html_form::to_string([(name, value)]).unwrap();
            let value = of(place).map(|junk| {
                let name = plain.split('=').next().unwrap_or_default();
                format!("{name}={junk}")
            });
            body.push('&');
            body.push_str(&value.unwrap_or(plain));
        }
        body
    }
}

fn without_numbers(text: &str) -> String {
    text.split(['/', '?', '&'])
        .map(|part| if part.bytes().any(|b| b.is_ascii_digit()) { "0" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn value_of(field: ElementRef<'_>) -> String {
    let option = Selector::parse("option").unwrap();
    match field.value().name() {
        "select" => {
            let mut options = field.select(&option);
            let chosen = field.select(&option).find(|one| one.value().attr("selected").is_some());
            chosen.or_else(|| options.nth(1)).and_then(|one| one.value().attr("value")).unwrap_or_default().to_owned()
        }
        "textarea" => field.text().collect(),
        _ => field.value().attr("value").unwrap_or_default().to_owned(),
    }
}

/// The forms of a page that were not seen before.
fn forms(html: &str, seen: &mut BTreeMap<String, ()>) -> Vec<Form> {
    let (form, field) = (Selector::parse("form[method=post]").unwrap(), Selector::parse("[name]").unwrap());
    let mut found = Vec::new();
    for form in Html::parse_document(html).select(&form) {
        let Some(action) = form.value().attr("action").filter(|action| action.starts_with('/')) else { continue };
        let (mut kept, mut typed) = (Vec::new(), Vec::new());
        for field in form.select(&field) {
            let of = |name| field.value().attr(name).unwrap_or_default();
            let pair = (of("name").to_owned(), value_of(field));
            match (of("type"), pair.0.as_str()) {
                (_, "token" | "once") | ("file" | "submit", _) => {}
                ("hidden", "version" | "shift" | "list") => kept.push(pair),
                ("radio" | "checkbox", _) if field.value().attr("checked").is_none() && typed.contains(&pair) => {}
                _ => typed.push(pair),
            }
        }
        typed.truncate(60);
        let mut names: Vec<&str> = typed.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if seen.insert(format!("{} {}", without_numbers(action), names.join(" ")), ()).is_none() {
            found.push(Form { action: action.to_owned(), kept, typed });
        }
    }
    found
}

/// What is wrong with an answer to junk.
fn fault(page: &Page) -> Option<&'static str> {
    let html = page.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if page.status.is_server_error() {
        Some("a fault")
    } else if html && (page.html.contains("<script>alert(1)") || page.html.contains("'><b onfocus")) {
        Some("an echo that acts")
    } else if page.headers.get_all("set-cookie").iter().any(|set| set.as_bytes().starts_with(b"a=")) {
        Some("a header of the visitor's own")
    } else {
        None
    }
}

fn may(declared: &Declared, role: Role) -> bool {
    declared.access == Access::SignedIn || declared.access.reach_of(role).is_some()
}

/// From now on every transaction that changes something of the business is noted.
async fn watch(world: &World) {
    world
        .app
        .execute(
            "create table touched (transaction text not null, place text not null, primary key (transaction, place));
             create function note_touch() returns trigger language plpgsql security definer as $$
             begin
                 insert into touched values ((pg_current_xact_id()::text::bigint % 4294967296)::text, tg_table_name)
                 on conflict do nothing;
                 return null;
             end $$;
             do $$
             declare place text;
             begin
                 for place in select tablename from pg_tables where schemaname = 'public' and tablename not in
                     ('touched', 'sessions', 'once_keys', 'audit_records', 'audit_links', 'audit_sealing', 'known_devices',
                      'sign_in_steps', 'passkey_challenges', 'consultation_drafts')
                 loop
                     execute format('create trigger zz_touch after insert or update or delete on %I
                                     for each row execute function note_touch()', place);
                 end loop;
             end $$",
        )
        .await;
}

/// Somebody signed in: the test's own doing is not noted.
async fn somebody(world: &World, role: Role) -> Browser<'_> {
    world.app.execute("alter table accounts disable trigger zz_touch").await;
    let browser = world.somebody(role).await;
    world.app.execute("alter table accounts enable trigger zz_touch").await;
    browser
}

#[tokio::test]
async fn junk_in_any_field_is_answered_in_words_and_no_change_goes_unrecorded() {
    let world = World::new().await;
    watch(&world).await;
    let (junk, mut seen, mut wrong, mut sent) = (junk(), BTreeMap::new(), Vec::new(), 0);
    let declared: Vec<Declared> = world.app.declared.clone();
    for role in Role::ALL.iter().copied() {
        let mut browser = somebody(&world, role).await;
        let mut asked = Vec::new();
        for page in declared.iter().filter(|one| one.method == "GET" && may(one, role)) {
            let own = request(page, world.things(Whose::Own));
            let shown = browser.get(&own.path).await;
            if let Some(fault) = fault(&shown) {
                wrong.push(format!("{role:?} GET {}: {fault}", own.path));
            }
            if shown.html.contains("method=\"post\"") {
                asked.extend(forms(&shown.html, &mut seen));
            }
        }
        // Those that no page of the world shows as it stands.
        for post in declared.iter().filter(|one| one.method == "POST" && may(one, role)) {
            let own = request(post, world.things(Whose::Own));
            let typed: Vec<_> = own.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            if seen.insert(format!("known {}", post.path), ()).is_none() {
                asked.push(Form { action: own.path, kept: Vec::new(), typed });
            }
        }
        for form in asked.iter().filter(|form| !APART.contains(&form.action.as_str())) {
            let fields = form.typed.len();
            let mut bodies = vec![form.body(&browser, |_| None)];
            for turn in [0, 3, 7] {
                bodies.push(form.body(&browser, |place| junk.get((place + turn) % junk.len()).cloned()));
            }
            for one in 0..fields.min(25) {
                let value = junk[(one + form.action.len()) % junk.len()].clone();
                bodies.push(form.body(&browser, |place| (place == one).then(|| value.clone())));
            }
            let plain = form.body(&browser, |_| None);
            bodies.push(format!("{plain}&{plain}"));
            bodies.push(format!("{plain}&id=1&bureau_id=2&role=system_administrator&status=active&x[]=1&x[y]=2"));
            for body in bodies {
                let page = browser
                    .send(Method::POST, &form.action, Some(body.clone()), &[("sec-fetch-site", "same-origin")])
                    .await;
                sent += 1;
                if let Some(fault) = fault(&page) {
                    let body: String = body.chars().take(300).collect();
                    wrong.push(format!("{role:?} POST {}: {fault}: {body}", form.action));
                }
            }
            if browser.get("/permissions").await.status != 200 {
                browser = somebody(&world, role).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen.len() > 150 && sent > 1_500, "{} forms, {sent} sent", seen.len());
    let unwritten: Vec<String> = sqlx::query_scalar(
        "select distinct place from touched t
         where not exists (select from audit_records a where a.xmin::text = t.transaction) order by 1",
    )
    .fetch_all(&world.app.owner)
    .await
    .expect("what was touched");
    assert_eq!(unwritten, Vec::<String>::new(), "changed without a record");
    assert!(world.app.scalar_i64("select count(distinct transaction) from touched").await > 30, "much was done");
}

#[tokio::test]
async fn junk_in_an_address_or_a_query_is_answered_in_words() {
    let world = World::new().await;
    let (mut wrong, mut sent) = (Vec::new(), 0);
    let names = [
        "q", "search", "from", "to", "month", "year", "venue", "person", "status", "kind", "id", "before", "after",
        "shift",
    ];
    let values = [
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%3E%3Cb%20onfocus%3Dx%3E",
        "%FF%C0%AF%ED%A0%80",
        "-9223372036854775809",
        "2024-02-30",
        "~%F0%9F%92%A9",
    ];
    let declared: Vec<Declared> = world.app.declared.clone();
    for (place, route) in declared.iter().filter(|one| one.method == "GET").enumerate() {
        let Some(role) = Role::ALL.iter().copied().find(|role| may(route, *role)) else { continue };
        let browser = world.somebody(role).await;
        let own = request(route, world.things(Whose::Own));
        let mut paths = Vec::new();
        for (turn, value) in values.iter().enumerate() {
            let query: Vec<_> = names
                .iter()
                .enumerate()
                .map(|(at, name)| format!("{name}={}", values[(at + place + turn) % values.len()]))
                .collect();
            paths.push(format!("{}?{}", own.path.split('?').next().unwrap_or_default(), query.join("&")));
            let name = names[(place + turn) % names.len()];
            paths.push(format!("{}?{name}={value}&{name}={value}", own.path.split('?').next().unwrap_or_default()));
            if route.path.contains('{') {
                let parts = route.path.split('/').map(|part| if part.starts_with('{') { *value } else { part });
                paths.push(parts.collect::<Vec<_>>().join("/"));
            }
        }
        for path in paths {
            let page = browser.get(&path).await;
            sent += 1;
            if let Some(fault) = fault(&page) {
                wrong.push(format!("{role:?} {path}: {fault}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
}
