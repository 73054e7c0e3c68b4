//! Money, cases, progress and to-dos as people see them: on an old office PC and on a telephone.

use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::{Browser, TestApp};
use crate::support::books::busy_year;

async fn look(screen: &Screen, who: &Browser<'_>, pages: &[(&str, String)], suffix: &str) {
    screen.wear(who.cookie()).await;
    for (name, path) in pages {
        screen.go(path).await;
        screen.assert_accessible(path).await;
        screen.assert_fits(path).await;
        screen.assert_quiet(path).await;
        screen.picture(&format!("{name}-{suffix}")).await;
    }
}

async fn everybody(device: Device, suffix: &str) {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let (mishan, window) = (app.venue("米山镇").await, app.venue("市法律援助中心").await);
    let person = app.scalar_i64("select id from persons").await;
    let (counted, open) = (
        app.scalar_i64("select min(id) from cases where place = 2").await,
        app.scalar_i64("select max(id) from cases").await,
    );
    let payment = app.scalar_i64("select max(id) from fund_entries").await;
    let finance = app.staff(Role::Finance).await;
    let receipt = [("amount", "40000"), ("received_on", "2024-05-20"), ("notice", "晋财政法〔2024〕31号")];
    finance.post("/fund/2024/receipts", &receipt).await.assert_status(303);
    let screen = Screen::open(&app, device).await;
    let at = |name: &'static str, path: &str| (name, path.to_owned());
    look(
        &screen,
        &finance,
        &[
            at("fund", "/fund/2024"),
            at("fund-account", "/fund/2024?account=earmarked_at_bureau"),
            at("fund-entry", &format!("/fund/entries/{payment}")),
            at("fund-receipt", "/fund/2024/receipts/new"),
            at("fund-transfer", "/fund/2024/transfers/new"),
            at("home-finance", "/home"),
        ],
        suffix,
    )
    .await;
    let leader = app.staff(Role::Leader).await;
    let pages = [
        at("home-leader", "/home"),
        at("dashboard", "/dashboard"),
        at("dashboard-consultations", "/dashboard/consultations"),
    ];
    look(&screen, &leader, &pages, suffix).await;
    let legal_aid = app.staff_at(Role::LegalAidStaff, window).await;
    let pages = [
        at("cases", "/cases"),
        at("case-new", "/cases/new"),
        at("case-counted", &format!("/cases/{counted}")),
        at("case-open", &format!("/cases/{open}")),
        at("home-legal-aid", "/home"),
    ];
    look(&screen, &legal_aid, &pages, suffix).await;
    for role in [Role::BureauClerk, Role::Approver, Role::SystemAdministrator, Role::SecurityAdministrator] {
        let who = app.staff(role).await;
        look(&screen, &who, &[("home", "/home".to_owned())], &format!("{role}-{suffix}")).await;
    }
    let duty = app.duty_person(person).await;
    look(&screen, &duty, &[at("home-duty", "/home")], suffix).await;
    let venue = app.staff_at(Role::VenueStaff, mishan).await;
    look(&screen, &venue, &[at("home-venue", "/home")], suffix).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_cases_and_progress_on_an_office_pc() {
    everybody(Device::Desk, "desk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_cases_and_progress_on_a_telephone() {
    everybody(Device::Phone, "phone").await;
}
