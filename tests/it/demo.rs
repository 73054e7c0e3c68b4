//! The demonstration is lived through the services of the product, and leaves sound data behind.

use huifa::{check, demo};

use crate::support::app::{TestApp, instant};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_weeks_of_the_year_are_lived_settled_and_sound() {
    let app = TestApp::empty().await;
    let until = instant("2024-02-08 17:00");
    demo::fill(&app.state, until).await.expect("the story goes through");

    assert_eq!(app.state.clock.now().date_naive(), until.date_naive());
    // January: 22 centre days and five Wednesdays at fifteen stations, and the window's Mondays.
    let january = "select count(*) from shifts where month = '2024-01-01' and venue_kind <> 'legal_aid_centre'";
    assert_eq!(app.scalar_i64(january).await, 22 + 5 * 15);
    assert_eq!(app.scalar_i64("select count(*) from settlements where status = 'paid'").await, 1);
    assert!(app.scalar_i64("select count(*) from consultations").await > 700);
    let mut said = Vec::new();
    let clean = check::run(&app.owner, &app.state.seals, &mut said).await.expect("the check");
    assert!(clean, "{}", String::from_utf8_lossy(&said));
}
