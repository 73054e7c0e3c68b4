//! The first wall: every query keeps to its scope, even where no second wall stands behind it.

use std::io::{Cursor, Read as _};

use huifa::web::permissions::{Reach, Role};
use zip::ZipArchive;

use super::requests::{Belongs, request};
use super::world::{Things, Whose, World, a_bureau_beside, one_bureau, take_the_second_wall_away};
use crate::support::app::TestApp;

/// What stands in a workbook, without the time at which it was made.
fn sheets(bytes: &[u8]) -> String {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut all = String::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        if !file.name().expect("a name").starts_with("docProps") {
            file.read_to_string(&mut all).expect("text");
        }
    }
    all
}

/// Every page and print that a role may open of its own things, as a person reads it.
async fn pages(app: &TestApp, accounts: &[(Role, i64)], own: &Things) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (role, account) in accounts {
        let browser = app.browser_of(*account).await;
        for declared in app.declared.iter().filter(|one| one.method == "GET" && one.access.reach_of(*role).is_some()) {
            // They list sessions, and who opened which page when.
            if declared.path.starts_with("/my-account") || declared.path.starts_with("/audit") {
                continue;
            }
            let page = browser.get(&request(declared, own).path).await;
            let read = match page.bytes.as_slice() {
                [b'P', b'K', ..] => sheets(&page.bytes),
                _ if page.html.contains("<html") => page.text(),
                bytes => format!("{bytes:?}"),
            };
            all.push((format!("{} as {role:?}", declared.path), format!("{} {read}", page.status)));
        }
    }
    all
}

#[tokio::test]
async fn what_another_bureau_does_changes_no_page_of_ours() {
    let mut app = TestApp::new().await;
    take_the_second_wall_away(&app).await;
    let [own, ..] = one_bureau(&app).await;
    let mut accounts = vec![(Role::DutyPerson, own.account)];
    for role in [Role::VenueStaff, Role::LegalAidStaff] {
        accounts.push((role, app.staff_at(role, own.venue).await.actor().account_id));
    }
    for role in [
        Role::BureauClerk,
        Role::Approver,
        Role::Finance,
        Role::Leader,
        Role::LegalAidDirector,
        Role::Handler,
        Role::SystemAdministrator,
        Role::SecurityAdministrator,
    ] {
        accounts.push((role, app.staff(role).await.actor().account_id));
    }
    let before = pages(&app, &accounts, &own).await;
    a_bureau_beside(&mut app).await;
    let after = pages(&app, &accounts, &own).await;
    let mut changed = Vec::new();
    for ((page, then), (_, now)) in before.iter().zip(&after) {
        if then != now {
            let same = then.chars().zip(now.chars()).take_while(|(then, now)| then == now).count();
            let from = same.saturating_sub(30);
            let part = |text: &str| text.chars().skip(from).take(120).collect::<String>();
            changed.push(format!("{page}\n  then: {}\n  now:  {}", part(then), part(now)));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
    assert!(before.len() > 200, "{} pages", before.len());
}

#[tokio::test]
async fn the_lists_of_a_venue_and_of_a_person_are_silent_on_those_beside_them() {
    // The roster is everybody's: it is posted.
    const POSTED: [&str; 1] = ["/roster"];
    let world = World::without_the_second_wall().await;
    let (own, colleague, neighbour) =
        (world.things(Whose::Own), world.things(Whose::Colleague), world.things(Whose::Neighbour));
    let (mut read, mut wrong) = (0, Vec::new());
    for (role, theirs) in [
        (Role::DutyPerson, vec![colleague, neighbour]),
        (Role::VenueStaff, vec![neighbour]),
        (Role::LegalAidStaff, vec![neighbour]),
    ] {
        let browser = world.somebody(role).await;
        let lists =
            world.app.declared.iter().filter(|one| {
                one.method == "GET" && matches!(one.access.reach_of(role), Some(Reach::Own | Reach::Venue))
            });
        for declared in lists.filter(|one| !POSTED.iter().any(|posted| one.path.starts_with(posted))) {
            let asked = request(declared, own);
            if asked.belongs != Belongs::Nobody {
                continue;
            }
            let page = browser.get(&asked.path).await;
            read += 1;
            for other in &theirs {
                if page.html.contains(other.name) {
                    wrong.push(format!("{} as {role:?} names {}", asked.path, other.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{read} read\n{}", wrong.join("\n"));
    assert!(read > 15, "{read} read");
}
