//! Counts what a page asks of the database.
//!
//! One subscriber for the whole process, set once and never dropped, writes into a list of the thread that asks: a test's
//! whole runtime runs on its own thread, so that neighbours are not heard, and what they do to their subscribers neither
//! silences nor disturbs this one.

use std::cell::RefCell;
use std::fmt;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

thread_local! {
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

static EARS: Once = Once::new();

/// Listens on this thread until it is dropped.
pub(crate) struct Queries;

impl Queries {
    /// Begins to listen.
    pub(crate) fn listen() -> Queries {
        EARS.call_once(|| {
            tracing::subscriber::set_global_default(Registry::default().with(Ear))
                .expect("the only one of the process");
        });
        HEARD.set(Some(Vec::new()));
        Queries
    }

    /// What was asked since the last time, without the frame of transactions.
    pub(crate) fn take(&self) -> Vec<String> {
        let heard =
            HEARD.with_borrow_mut(|heard| heard.as_mut().map(std::mem::take)).expect("listening on this thread");
        let frame = ["begin", "commit", "rollback", "set ", "select 1"];
        heard.into_iter().filter(|query| !frame.iter().any(|word| query.to_lowercase().starts_with(word))).collect()
    }
}

impl Drop for Queries {
    fn drop(&mut self) {
        HEARD.set(None);
    }
}

struct Ear;

fn is_query(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "sqlx::query"
}

impl<S: Subscriber> Layer<S> for Ear {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_query(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        is_query(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !is_query(event.metadata()) {
            return;
        }
        let mut summary = Summary(String::new());
        event.record(&mut summary);
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.push(summary.0);
            }
        });
    }
}

struct Summary(String);

impl Visit for Summary {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "summary" {
            self.0 = format!("{value:?}").trim_matches('"').to_owned();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            self.0 = value.to_owned();
        }
    }
}
