//! Counts what a page asks of the database.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

/// Listens on this thread, on which a test's whole runtime runs, until it is dropped.
pub(crate) struct Queries {
    heard: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Queries {
    /// Begins to listen.
    pub(crate) fn listen() -> Queries {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let guard = tracing::subscriber::set_default(Registry::default().with(Ear(Arc::clone(&heard))));
        Queries { heard, _guard: guard }
    }

    /// What was asked since the last time, without the frame of transactions.
    pub(crate) fn take(&self) -> Vec<String> {
        let heard = std::mem::take(&mut *self.heard.lock().expect("nobody panicked"));
        let frame = ["begin", "commit", "rollback", "set ", "select 1"];
        heard.into_iter().filter(|query| !frame.iter().any(|word| query.to_lowercase().starts_with(word))).collect()
    }
}

struct Ear(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut summary = Summary(String::new());
        event.record(&mut summary);
        self.0.lock().expect("nobody panicked").push(summary.0);
    }
}

struct Summary(String);

impl Visit for Summary {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "summary" {
            self.0 = format!("{value:?}");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            self.0 = value.to_owned();
        }
    }
}
