//! The pages of accounts and of the frame itself, on an office PC and on a telephone.

use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_accounts_fit_and_can_be_read_by_everybody() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let system = app.staff(Role::SystemAdministrator).await;
    let security = app.staff(Role::SecurityAdministrator).await;
    let audit = app.staff(Role::AuditAdministrator).await;
    let clerk = app.staff(Role::BureauClerk).await;
    app.staff_at(Role::VenueStaff, venue).await;
    let lisi = [
        ("name", "李四"),
        ("login", "lisi"),
        ("role", "finance"),
        ("staff_number", "GP-2001"),
        ("reason", "按岗位开通"),
    ];
    system.post("/accounts", &lisi).await.assert_status(200);
    let id = clerk.actor().account_id;
    system.post(&format!("/accounts/{id}/disable"), &[]).await.assert_status(303);
    let lisi = format!("/accounts/{}", app.scalar_i64("select id from accounts where login = 'lisi'").await);
    for (device, width) in [(Device::Desk, "desk"), (Device::Phone, "phone")] {
        let screen = Screen::open(&app, device).await;
        let visit = async |cookie: Option<&str>, path: &str, name: &str| {
            if let Some(cookie) = cookie {
                screen.wear(cookie).await;
            }
            screen.go(path).await;
            screen.assert_accessible(path).await;
            screen.assert_fits(path).await;
            screen.picture(&format!("{name}-{width}")).await;
        };
        visit(None, "/sign-in?after=set-up", "sign-in").await;
        visit(Some(system.cookie()), "/accounts", "accounts").await;
        visit(None, "/accounts/new", "accounts-new").await;
        visit(None, &lisi, "account").await;
        visit(None, "/permissions", "permissions").await;
        visit(None, "/password", "password").await;
        visit(None, "/nowhere", "nowhere").await;
        visit(Some(security.cookie()), &lisi, "account-security").await;
        visit(Some(audit.cookie()), "/audit", "audit").await;
    }
}
