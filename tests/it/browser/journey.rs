//! The main journey.

use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_signs_in() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(system.cookie()).await;
    screen.go("/permissions").await;
    screen.says("权限表").await;
    screen.assert_accessible("/permissions").await;
    screen.assert_fits("/permissions").await;
    screen.assert_quiet("/permissions").await;
    screen.picture("permissions").await;
}
