//! The demonstration as its story left it, for tests that walk through it.

use chrono::{DateTime, FixedOffset};
use huifa::demo;

use super::app::{TestApp, instant};

/// A day at which the demonstration stands.
#[derive(Clone, Copy)]
pub(crate) enum Day {
    /// Early February: January is reported and being settled, February is lived, March is next.
    February,
    /// Early June, where it stands by itself: months paid, cases lived to their end, batches made.
    June,
}

impl Day {
    fn instant(self) -> DateTime<FixedOffset> {
        match self {
            Self::February => instant("2024-02-06 09:00"),
            Self::June => demo::stands_at(),
        }
    }

    /// The month whose roster is being drawn.
    pub(crate) fn next_month(self) -> &'static str {
        match self {
            Self::February => "2024-03",
            Self::June => "2024-07",
        }
    }
}

/// The demonstration, lived through up to a day.
pub(crate) async fn lived(day: Day) -> TestApp {
    let mut app = TestApp::empty().await;
    app.demonstrate();
    demo::fill(&app.state, day.instant()).await.expect("the story goes through");
    // A roster being drawn has pages of its own.
    let (clerk, venue, person) = {
        let clerk = app.scalar_i64("select id from accounts where login = 'clerk'").await;
        let venue = app.scalar_i64("select id from venues where short_name = '米山镇'").await;
        (
            clerk,
            venue,
            app.scalar_i64(&format!("select min(person_id) from person_venues where venue_id = {venue}")).await,
        )
    };
    let clerk = app.browser_of(clerk).await;
    let month = day.next_month();
    clerk.post(&format!("/roster/{month}/start"), &[]).await.assert_status(303);
    let (fill, person) = (format!("/roster/{month}/venues/{venue}/fill"), person.to_string());
    clerk.post(&fill, &[("people", &person)]).await.assert_status(303);
    drop(clerk);
    // So have next year's plan, and a case on paper that is not closed.
    if matches!(day, Day::June) {
        let clerk = app.scalar_i64("select id from accounts where login = 'clerk'").await;
        app.browser_of(clerk).await.post("/programmes/2024/copy", &[]).await.assert_status(303);
        let staff = app.scalar_i64("select id from accounts where login = 'legalaid'").await;
        let fields = [
            ("number", "高法援字〔2024〕900号"),
            ("accepted_on", "2024-06-04"),
            ("kind", "civil_first_instance"),
            ("basis", "application"),
            ("groups", "woman"),
            ("cause", "离婚纠纷"),
            ("handler_category", "lawyer"),
            ("handler_name", "赵志远"),
            ("organisation", "山西示例律师事务所"),
        ];
        app.browser_of(staff).await.post("/cases", &fields).await.assert_status(303);
    }
    app
}

/// The declared route that an address belongs to: the one with the fewest blanks.
pub(crate) fn route_of<'a>(declared: &[&'a str], path: &str) -> Option<&'a str> {
    let parts: Vec<&str> = path.split('/').collect();
    declared
        .iter()
        .filter(|route| {
            let wanted: Vec<&str> = route.split('/').collect();
            wanted.len() == parts.len()
                && wanted.iter().zip(&parts).all(|(want, part)| want.starts_with('{') || want == part)
        })
        .min_by_key(|route| route.matches('{').count())
        .copied()
}
