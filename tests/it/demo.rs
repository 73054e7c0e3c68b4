//! The demonstration is lived through the services of the product, and leaves sound data behind.

use huifa::{accounts, check, demo};

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
    every_record_has_words(&app).await;
}

/// What the story wrote into the audit trail is shown in words: the deed, its thing and each field.
async fn every_record_has_words(app: &TestApp) {
    let written: Vec<(String, String, String)> = sqlx::query_as(
        "with recursive said as (
             select action, subject, side from audit_records, lateral (values (before), (after)) as sides (side) where side is not null
         ), fields as (
             select action, subject, null::text as name, side from said
             union all
             select f.action, f.subject, one.key, one.value
             from fields f, lateral (
                 select key, value from jsonb_each(case when jsonb_typeof(f.side) = 'object' then f.side else '{}' end)
                 union all
                 select null, value from jsonb_array_elements(case when jsonb_typeof(f.side) = 'array' then f.side else '[]' end)
             ) one
         )
         select distinct action, subject, coalesce(name, '') from fields",
    )
    .fetch_all(&app.owner)
    .await
    .expect("the trail");
    assert!(written.len() > 150, "{}", written.len());
    for (action, subject, field) in written {
        assert_ne!(accounts::action_words(&action), action);
        assert_ne!(accounts::subject_words(&subject), subject, "of {action}");
        let is_code = field.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_@".contains(c));
        assert!(field.is_empty() || !is_code || accounts::field_words(&field) != field, "{field} of {action}");
    }
}
