//! Every route × every role × own and foreign things, compared with the permission table.

use axum::http::Method;
use huifa::plan::dictionary::Dictionary as _;
use huifa::web::permissions::{Action, Reach, Role, reach};
use huifa::web::routes::{Access, Declared};

use super::requests::{Belongs, Named, Request, request};
use super::world::{Whose, World};
use crate::support::app::{Browser, Page};

/// Whether a reach takes in a thing of that owner.
fn covers(reach: Reach, belongs: Belongs, whose: Whose) -> bool {
    match (reach, belongs, whose) {
        // None of the cases is given to whoever asks.
        (Reach::Assigned, Belongs::Nobody, _) => true,
        (Reach::Assigned, ..) => false,
        (_, Belongs::Nobody, _) | (_, _, Whose::Own) => true,
        (_, _, Whose::Stranger) | (Reach::Own, ..) => false,
        (Reach::Venue, _, Whose::Colleague) | (Reach::Bureau, ..) => true,
        (Reach::Venue, _, Whose::Neighbour) => false,
    }
}

async fn take(browser: &Browser<'_>, declared: &Declared, request: &Request) -> Page {
    if declared.method == "GET" {
        return browser.send(Method::GET, &request.path, None, &[]).await;
    }
    let fields: Vec<_> = request.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&request.path, &fields).await
}

/// One step asks for a further action by what is typed; the route itself is open to readers.
fn further(declared: &Declared, role: Role) -> Option<Action> {
    if declared.path.contains("/do/") {
        return Some(Action::RegisterCases);
    }
    let works = [Action::HandleCases, Action::RegisterCases, Action::DecideCases];
    if declared.method == "POST"
        && declared.path.starts_with("/cases/{id}/")
        && declared.access.action() == Some(Action::WorkOnCases)
        && works.iter().all(|action| reach(role, *action).is_none())
    {
        return Some(Action::RegisterCases);
    }
    (declared.method == "POST" && declared.path == "/findings/together").then_some(Action::DecideFinding)
}

fn said(declared: &Declared, request: &Request, role: Role, whose: Whose, page: &Page) -> String {
    let text: String = page.text().chars().take(200).collect();
    format!("{} {} as {role:?} for {whose:?}: {} {text}", declared.method, request.path, page.status)
}

#[tokio::test]
async fn every_route_refuses_every_role_what_the_table_does_not_grant_and_changes_nothing() {
    // The second wall would hide a query that forgets its scope.
    let world = World::without_the_second_wall().await;
    let mut people = Vec::new();
    for role in Role::ALL.iter().copied() {
        people.push((role, world.somebody(role).await));
    }
    let before = world.fingerprint().await;
    let (mut forbidden, mut foreign, mut wrong) = (0, 0, Vec::new());
    for (role, browser) in people {
        for declared in &world.app.declared {
            if declared.access.action().is_none() {
                continue;
            }
            let granted = match further(declared, role) {
                Some(further) => declared.access.reach_of(role).and(reach(role, further)),
                None => declared.access.reach_of(role),
            };
            let own = request(declared, world.things(Whose::Own));
            for whose in own.belongs.owners().iter().copied() {
                let asked = request(declared, world.things(whose));
                match granted {
                    None => {
                        let page = take(&browser, declared, &asked).await;
                        if page.status != 403 || !page.html.contains("的权限之内") {
                            wrong.push(said(declared, &asked, role, whose, &page));
                        }
                        forbidden += 1;
                    }
                    Some(reach) if !covers(reach, asked.belongs, whose) => {
                        let page = take(&browser, declared, &asked).await;
                        let refused = match asked.named {
                            Named::InThePath => page.status == 404,
                            Named::InTheForm => [404, 409, 422].iter().any(|status| page.status == *status),
                        };
                        if !refused || page.html.contains(world.things(whose).name) {
                            wrong.push(said(declared, &asked, role, whose, &page));
                        }
                        foreign += 1;
                    }
                    Some(_) => {}
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(world.fingerprint().await, before, "a refused request left something behind");
    assert!(forbidden > 500 && foreign > 100, "{forbidden} forbidden, {foreign} foreign");
}

#[tokio::test]
async fn every_route_lets_every_role_in_that_the_table_grants() {
    let world = World::new().await;
    let (mut opened, mut wrong) = (0, Vec::new());
    // Pages first: some forms finish the very thing that others need.
    for method in ["GET", "POST"] {
        for role in Role::ALL.iter().copied() {
            let browser = world.somebody(role).await;
            for declared in world.app.declared.iter().filter(|one| one.method == method) {
                let Some(granted) = declared.access.reach_of(role) else { continue };
                if further(declared, role).is_some_and(|further| reach(role, further).is_none()) {
                    continue;
                }
                let own = request(declared, world.things(Whose::Own));
                for whose in own.belongs.owners().iter().copied() {
                    let asked = request(declared, world.things(whose));
                    if !covers(granted, asked.belongs, whose) {
                        continue;
                    }
                    let page = take(&browser, declared, &asked).await;
                    let open = [200, 303, 409, 422].iter().any(|status| page.status == *status);
                    if !open {
                        wrong.push(said(declared, &asked, role, whose, &page));
                    }
                    opened += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(opened > 300, "{opened} opened");
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_from_every_route_but_the_public_ones() {
    let world = World::new().await;
    let stranger = world.app.stranger();
    for declared in &world.app.declared {
        let asked = request(declared, world.things(Whose::Own));
        let page = take(&stranger, declared, &asked).await;
        let sent = page.status == 303 && page.location.as_deref().is_some_and(|to| to.starts_with("/sign-in?next="));
        let public = declared.access == Access::Public;
        assert_eq!(sent, !public, "{} {}: {} {:?}", declared.method, asked.path, page.status, page.location);
    }
    let public: Vec<_> = world
        .app
        .declared
        .iter()
        .filter(|one| one.access == Access::Public)
        .map(|one| format!("{} {}", one.method, one.path))
        .collect();
    assert_eq!(
        public,
        [
            "GET /sign-in",
            "POST /sign-in",
            "GET /sign-in/code",
            "POST /sign-in/code",
            "GET /sign-in/passkey",
            "POST /sign-in/passkey",
            "GET /set-up",
            "POST /set-up",
            "POST /appearance",
            "GET /legal-aid",
            "POST /legal-aid",
            "GET /legal-aid/status",
            "POST /legal-aid/status",
            "GET /demonstration",
            "GET /privacy",
            "GET /help",
            "GET /help/{chapter}",
            "GET /",
            "GET /posting/{code}",
            "GET /static/{hash}/{*name}",
            "GET /favicon.ico",
            "GET /healthz",
            "GET /readyz",
            "GET /styleguide",
            "GET /styleguide/{name}",
        ],
        "whoever opens a route to everybody says so here"
    );
}
