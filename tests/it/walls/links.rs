//! No page leads its reader astray: every link opens, every form goes where its reader may.
//!
//! Where `browser::everywhere` looks closely at one page of each kind, this one looks only
//! at where pages lead, but follows several of each kind: the same page stands in many states.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use axum::http::header;
use huifa::demo;
use huifa::web::routes::{Access, Declared};
use scraper::{ElementRef, Html, Selector};

use crate::support::app::{Browser, Page};
use crate::support::story::{Day, lived, route_of};

/// So many addresses of one declared route are followed for one reader.
const OF_EACH_KIND: usize = 6;

/// Where a page leads.
#[derive(Default)]
struct Leads {
    links: BTreeSet<String>,
    /// Where forms ask that change nothing; unfilled they may say what is missing.
    asks: BTreeSet<String>,
    /// Addresses that forms and their buttons send to, with whether the form has both of its keys.
    forms: BTreeSet<(String, bool)>,
}

fn leads(page: &Page, path: &str) -> Leads {
    fn has(form: &ElementRef<'_>, css: &str) -> bool {
        form.select(&Selector::parse(css).expect("a selector")).next().is_some()
    }
    let (link, form) = (Selector::parse("a[href]").unwrap(), Selector::parse("form").unwrap());
    let button = Selector::parse("[formaction]").unwrap();
    let document = Html::parse_document(&page.html);
    let own = |address: &str| {
        let address = address.split('#').next().unwrap_or_default();
        match address {
            "" => None,
            query if query.starts_with('?') => Some(format!("{}{query}", path.split('?').next().unwrap_or_default())),
            own if own.starts_with('/') => Some(own.to_owned()),
            // A telephone number, or a page of another office.
            _ => None,
        }
    };
    let mut leads = Leads::default();
    leads.links.extend(document.select(&link).filter_map(|link| own(link.attr("href")?)));
    for form in document.select(&form) {
        let address = form.attr("action").filter(|action| !action.is_empty()).unwrap_or(path);
        let buttons = form.select(&button).filter_map(|button| button.attr("formaction"));
        let all = std::iter::once(address).chain(buttons).filter_map(own);
        if form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
            let keys = has(&form, "[name=token]") && has(&form, "[name=once]");
            leads.forms.extend(all.map(|address| (address, keys)));
        } else {
            leads.asks.extend(all);
        }
    }
    leads
}

/// What is wrong with sending a form of this reader there.
fn astray(declared: &[Declared], browser: &Browser<'_>, address: &str, keys: bool) -> Option<&'static str> {
    let bare = address.split('?').next().unwrap_or_default();
    let paths: Vec<&'static str> = declared.iter().filter(|one| one.method == "POST").map(|one| one.path).collect();
    let Some(route) = route_of(&paths, bare) else { return Some("leads nowhere") };
    let route = declared.iter().find(|one| one.method == "POST" && one.path == route)?;
    let open = matches!(route.access, Access::Public | Access::SignedIn | Access::FirstPassword);
    if !open && route.access.reach_of(browser.actor().role).is_none() {
        return Some("is a form that its reader may not send");
    }
    (route.needs_once_key() && !keys).then_some("is a form without its keys")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_opens_and_every_form_goes_where_its_reader_may() {
    let app = lived(Day::June).await;
    let paths: Vec<&'static str> = app.declared.iter().filter(|one| one.method == "GET").map(|one| one.path).collect();
    let (mut wrong, mut opened) = (Vec::new(), 0);
    for (login, _) in demo::ACCOUNTS {
        let browser =
            app.browser_of(app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await).await;
        let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut sent: BTreeSet<(String, bool)> = BTreeSet::new();
        let mut known: BTreeSet<String> = BTreeSet::from(["/home".to_owned()]);
        let mut queue = VecDeque::from([("/home".to_owned(), "/home".to_owned(), false)]);
        while let Some((path, from, ask)) = queue.pop_front() {
            let bare = path.split('?').next().unwrap_or_default();
            let Some(route) = route_of(&paths, bare) else {
                wrong.push(format!("{login}: {from} → {path} leads nowhere"));
                continue;
            };
            let kind = kinds.entry(route).or_default();
            *kind += 1;
            if *kind > OF_EACH_KIND {
                continue;
            }
            let page = browser.get(&path).await;
            opened += 1;
            if page.status.is_redirection() {
                if let Some(to) = page.location.clone().filter(|to| known.insert(to.clone())) {
                    queue.push_front((to, path, false));
                }
                continue;
            }
            if page.status != 200 && !(ask && page.status == 422) {
                wrong.push(format!("{login}: {from} → {path} answers {}", page.status));
                continue;
            }
            let html =
                page.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            if !html {
                continue;
            }
            let leads = leads(&page, &path);
            for form in leads.forms {
                if sent.insert(form.clone())
                    && let Some(fault) = astray(&app.declared, &browser, &form.0, form.1)
                {
                    wrong.push(format!("{login}: {path} → {} {fault}", form.0));
                }
            }
            let links = leads.links.into_iter().map(|link| (link, false));
            for (to, ask) in links.chain(leads.asks.into_iter().map(|ask| (ask, true))) {
                if known.insert(to.clone()) {
                    queue.push_back((to, path.clone(), ask));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {opened}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(opened > 1_000, "{opened} pages opened");
}
