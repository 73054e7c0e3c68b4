//! The manifest of routes cannot lie: it is the router.

use std::process::Command;

use axum::http::Method;
use huifa::plan::dictionary::Dictionary as _;
use huifa::web::permissions::Role;
use huifa::web::routes::{Access, Effect};
use serde_json::Value;

use super::world::World;
use crate::support::app::TestApp;
use crate::support::files::texts;

/// A declared path with this in the place of its parameters.
fn filled_with(path: &str, what: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { what } else { part }).collect::<Vec<_>>().join("/")
}

/// A declared path with something in the place of its parameters.
fn filled(path: &str) -> String {
    filled_with(path, "1")
}

#[tokio::test]
async fn every_declared_route_is_in_the_router_with_its_methods_and_no_other() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    for declared in &app.declared {
        let path = filled(declared.path);
        let methods: Vec<_> =
            app.declared.iter().filter(|one| one.path == declared.path).map(|one| one.method).collect();
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let known = methods.contains(&method.as_str());
            let answer = system.send(method.clone(), &path, Some(String::new()), &[]).await;
            // A page of the fallback would say 404 to any method.
            assert_eq!(answer.status != 405, known, "{method} {path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn an_address_that_names_nothing_is_a_page_that_does_not_exist() {
    const NOBODYS: &str = "9223372036854775807";
    let world = World::new().await;
    let mut wrong = Vec::new();
    for role in Role::ALL.iter().copied() {
        let browser = world.somebody(role).await;
        let may = |access: Access| access == Access::SignedIn || access.reach_of(role).is_some();
        for declared in world.app.declared.iter().filter(|one| one.path.contains('{') && may(one.access)) {
            for what in ["x", "99999999999999999999", "%EF%BC%91", "1%2F1", NOBODYS] {
                let path = filled_with(declared.path, what);
                let page = match declared.method {
                    "GET" => browser.get(&path).await,
                    _ => browser.post(&path, &[]).await,
                };
                // A number that nothing bears may be told first what else its form lacks.
                let nothing = page.status == 404 && page.html.contains("没有找到");
                let asked_first = what == NOBODYS && declared.method == "POST" && page.status.is_client_error();
                if !nothing && !asked_first {
                    wrong.push(format!("{role:?} {} {path}: {} {}", declared.method, page.status, page.text()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_file_but_the_declaration_adds_a_route() {
    let all = texts("src", "rs");
    assert!(all.len() > 100);
    for (path, whole) in all {
        if path.ends_with("web/routes.rs") || path.ends_with("web/watch.rs") {
            continue;
        }
        let source = whole.split("#[cfg(test)]").next().unwrap();
        for word in ["axum::routing", "route_service", "nest_service", ".nest("] {
            assert!(!source.contains(word), "{} adds routes of its own: {word}", path.display());
        }
    }
}

#[tokio::test]
async fn what_changes_needs_the_key_and_what_reads_does_not() {
    let app = TestApp::new().await;
    for declared in &app.declared {
        let place = format!("{} {}", declared.method, declared.path);
        let form_of_an_account = declared.method == "POST" && declared.access != Access::Public;
        assert_eq!(declared.needs_once_key(), form_of_an_account, "{place}");
        if declared.effect == Effect::Changes {
            assert_eq!(declared.method, "POST", "{place} changes something");
        }
    }
    // Forms that read only, and prints: each by decision.
    let asks: Vec<_> = app
        .declared
        .iter()
        .filter(|one| one.method == "POST" && one.effect == Effect::Reads)
        .map(|one| one.path)
        .collect();
    assert_eq!(asks, ["/consultations/known", "/data-requests/look", "/search"]);
}

#[tokio::test]
async fn a_form_without_the_sessions_token_is_refused_on_every_route_and_written_down() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("甲", &[venue]).await;
    let roles: Vec<_> = app.declared.iter().filter(|one| one.needs_once_key()).collect();
    let (duty, staff, clerk) = (
        app.duty_person(person).await,
        app.staff_at(Role::VenueStaff, venue).await,
        app.staff(Role::BureauClerk).await,
    );
    let others = [
        app.staff(Role::Approver).await,
        app.staff(Role::Finance).await,
        app.staff(Role::Leader).await,
        app.staff(Role::SystemAdministrator).await,
        app.staff(Role::SecurityAdministrator).await,
        app.staff(Role::AuditAdministrator).await,
        app.staff_at(Role::LegalAidStaff, venue).await,
        app.staff(Role::LegalAidDirector).await,
    ];
    let everybody: Vec<_> = [&duty, &staff, &clerk].into_iter().chain(&others).collect();
    let (mut refused, other_token) = (0, staff.actor().form_token.clone());
    for declared in roles {
        let who = match declared.access {
            Access::May(_) | Access::AtLeast(..) => {
                everybody.iter().find(|one| declared.access.reach_of(one.actor().role).is_some())
            }
            Access::Public | Access::FirstPassword | Access::SignedIn => everybody.first(),
        };
        let Some(who) = who else { panic!("nobody may {}", declared.path) };
        let once = uuid::Uuid::new_v4().to_string();
        for token in ["", "x", clerk.actor().form_token.as_str(), other_token.as_str()] {
            if token == who.actor().form_token {
                continue;
            }
            let page = who.post_bare(&filled(declared.path), &[("token", token), ("once", &once)]).await;
            page.assert_status(403).assert_says("表单已失效");
            refused += 1;
        }
        let form = [("token", who.actor().form_token.as_str()), ("once", "not-a-key")];
        who.post_bare(&filled(declared.path), &form).await.assert_status(422);
    }
    let written = "select count(*) from audit_records where action = 'access.refused' and note like '表单已失效%'";
    assert_eq!(app.scalar_i64(written).await, refused);
}

#[tokio::test]
async fn the_command_prints_what_the_router_was_built_from() {
    let app = TestApp::new().await;
    let said = Command::new(env!("CARGO_BIN_EXE_huifa")).args(["routes", "--json"]).output().expect("the program");
    assert!(said.status.success());
    let printed: Vec<Value> = serde_json::from_slice(&said.stdout).expect("json");
    let declared: Vec<Value> = app.declared.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
    assert_eq!(printed, declared);
    for row in &printed {
        for key in ["method", "path", "access", "effect", "changes", "once_key", "fresh_sign_in"] {
            assert!(!row[key].is_null(), "{row} has no {key}");
        }
        let granted = row["may"].as_array();
        let open = ["public", "first_password", "signed_in"].iter().any(|open| row["access"] == *open);
        assert_eq!(granted.is_none(), open, "{row}");
        assert!(granted.is_none_or(|may| !may.is_empty()), "nobody may take {row}");
    }
}
