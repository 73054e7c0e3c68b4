//! What is searched for stands in no address: neither where the form leads nor in the links.

use huifa::web::permissions::Role;

use crate::support::app::{Page, TestApp};

const NAME: &str = "单晓梅";

fn links(page: &Page) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.html);
    let selector = scraper::Selector::parse("[href], [action]").unwrap();
    document
        .select(&selector)
        .flat_map(|one| [one.value().attr("href"), one.value().attr("action")].into_iter().flatten())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_search_for_a_name_or_number_leads_to_its_list_with_a_sealed_term() {
    let app = TestApp::new().await;
    app.person(NAME, &[]).await;
    app.person("别的人", &[]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let typed = serde_html_form::to_string([("x", NAME)]).unwrap();
    let written = typed.trim_start_matches("x=");
    for (list, field) in
        [("/people", "search"), ("/consultations", "q"), ("/cases", "q"), ("/findings", "person"), ("/find", "q")]
    {
        let page = clerk.post("/search", &[("list", list), (field, NAME), ("status", "active")]).await;
        page.assert_status(303);
        let to = page.location.clone().expect("a list");
        assert!(to.starts_with(&format!("{list}?")) && !to.contains(written) && !to.contains(NAME), "{to}");
        assert!(to.contains("status=active"), "what is nobody's name stays readable: {to}");
        let shown = clerk.follow(page).await;
        shown.assert_status(200);
        assert_eq!(shown.attribute(&format!("main [name={field}]"), "value").as_deref(), Some(NAME), "{list}");
        for link in links(&shown) {
            assert!(!link.contains(NAME) && !link.contains(written), "{list} links to {link}");
        }
        if list == "/people" {
            shown.assert_says(NAME).assert_silent_on("别的人");
        }
    }
    let page = clerk.post("/search", &[("list", "/people"), ("search", "")]).await;
    assert_eq!(page.location.as_deref(), Some("/people"));
    // Only lists of this site.
    clerk.post("/search", &[("list", "https://evil.example"), ("q", "x")]).await.assert_status(404);
    clerk.post("/search", &[("list", "//evil.example"), ("q", "x")]).await.assert_status(404);
}

#[tokio::test]
async fn the_next_page_of_a_search_keeps_the_term_sealed() {
    let app = TestApp::new().await;
    for number in 0..60 {
        app.person(&format!("{NAME}{number:02}"), &[]).await;
    }
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.follow(clerk.post("/search", &[("list", "/people"), ("search", NAME)]).await).await;
    page.assert_says("本页50人");
    let next = page.attribute(".pager a", "href").expect("a next page");
    assert!(next.contains("search=%7E") || next.contains("search=~"), "{next}");
    clerk.get(&next).await.assert_status(200).assert_says("本页10人");
    // Written by hand, a plain term works and is sealed in what follows.
    let plain = serde_html_form::to_string([("search", NAME)]).unwrap();
    let page = clerk.get(&format!("/people?{plain}")).await;
    page.assert_says("本页50人");
    assert!(links(&page).iter().all(|link| !link.contains(plain.as_str())));
}

#[tokio::test]
async fn a_sealed_term_is_good_for_its_session_and_its_day() {
    let app = TestApp::new().await;
    app.person(NAME, &[]).await;
    let (clerk, other) = (app.staff(Role::BureauClerk).await, app.staff(Role::BureauClerk).await);
    let to = clerk.post("/search", &[("list", "/people"), ("search", NAME)]).await.location.expect("a list");
    clerk.get(&to).await.assert_status(200).assert_says(NAME);
    other.get(&to).await.assert_status(409).assert_says("这次查找已经过期").assert_silent_on(NAME);
    clerk.get(&to.replace("search=", "search=~")).await;
    clerk.get("/people?search=~00").await.assert_status(409);
    clerk.get("/people?search=~zz").await.assert_status(409);
    app.clock_to("2024-05-06 21:00");
    clerk.get(&to).await.assert_status(409);
}
