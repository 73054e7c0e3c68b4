//! The one source of "now".
//!
//! The product runs on the system's time; the demonstration and the tests stand
//! where they are put and tick on from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset, NaiveDate};

use crate::plan::time::SHANGHAI;

/// Tells the time in Asia/Shanghai. Cheap to clone; clones share the setting.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    System,
    Settable(Arc<Settable>),
}

#[derive(Debug)]
struct Settable {
    started: Instant,
    /// Milliseconds of the Unix epoch that stood at `started`.
    base: AtomicI64,
}

impl Clock {
    /// The system's time, which nobody here can set.
    pub fn system() -> Clock {
        Clock { kind: Kind::System }
    }

    /// A clock that starts at `instant`, ticks, and can be set.
    pub fn standing_at(instant: DateTime<FixedOffset>) -> Clock {
        Clock {
            kind: Kind::Settable(Arc::new(Settable {
                started: Instant::now(),
                base: AtomicI64::new(instant.timestamp_millis()),
            })),
        }
    }

    /// The current instant, in Asia/Shanghai, to the microsecond that PostgreSQL keeps.
    pub fn now(&self) -> DateTime<FixedOffset> {
        let micros = match &self.kind {
            Kind::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            Kind::Settable(settable) => {
                let ticked = i64::try_from(settable.started.elapsed().as_micros()).unwrap_or(i64::MAX);
                settable.base.load(Ordering::Relaxed).saturating_mul(1000).saturating_add(ticked)
            }
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default().with_timezone(&SHANGHAI)
    }

    /// Today's date in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    /// Puts a settable clock to `instant`; false where this is the system's time.
    pub fn set(&self, instant: DateTime<FixedOffset>) -> bool {
        match &self.kind {
            Kind::System => false,
            Kind::Settable(settable) => {
                let ticked = i64::try_from(settable.started.elapsed().as_millis()).unwrap_or(i64::MAX);
                settable.base.store(instant.timestamp_millis().saturating_sub(ticked), Ordering::Relaxed);
                true
            }
        }
    }

    /// Whether the clock can be set (demonstration and tests only).
    pub fn is_settable(&self) -> bool {
        matches!(self.kind, Kind::Settable(_))
    }
}
