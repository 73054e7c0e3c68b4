//! How often somebody may do something: public forms by address, reading and taking away
//! by account. Counted in memory of a fixed size, in sliding windows; nothing is stored.
//!
//! Signing in has its own, stricter lines (`accounts::guesses`).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::question::{Asker, Question};

/// Addresses or accounts counted one by one; all beyond count as one visitor.
const MOST_COUNTED: usize = 20_000;

/// How much is put up with; each has its setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitSettings {
    /// `HUIFA_FORMS_FREE`: public forms of one kind from one address in an hour before a question is asked.
    pub free: u32,
    /// `HUIFA_FORMS_HOURLY`: the same before they are refused.
    pub hourly: u32,
    /// `HUIFA_FORMS_FLOOD`: public forms from anywhere in ten minutes before everybody is asked.
    pub flood: u32,
    /// `HUIFA_PAGES_PER_MINUTE`: pages and forms of one account in a minute.
    pub pages: u32,
    /// `HUIFA_TAKEN_PER_HOUR`: prints, downloads and reveals of one account in an hour.
    pub taken: u32,
}

impl Default for VisitSettings {
    fn default() -> VisitSettings {
        VisitSettings { free: 5, hourly: 60, flood: 120, pages: 600, taken: 300 }
    }
}

impl VisitSettings {
    /// Reads the settings; what is not set stays as it is by default.
    ///
    /// # Errors
    /// Names the setting that cannot be read.
    pub fn read(lookup: &impl Fn(&str) -> Option<String>) -> anyhow::Result<VisitSettings> {
        let mut settings = VisitSettings::default();
        for (name, value) in [
            ("HUIFA_FORMS_FREE", &mut settings.free),
            ("HUIFA_FORMS_HOURLY", &mut settings.hourly),
            ("HUIFA_FORMS_FLOOD", &mut settings.flood),
            ("HUIFA_PAGES_PER_MINUTE", &mut settings.pages),
            ("HUIFA_TAKEN_PER_HOUR", &mut settings.taken),
        ] {
            let Some(typed) = lookup(name) else { continue };
            *value = typed
                .parse()
                .ok()
                .filter(|number| (1..=1_000_000).contains(number))
                .ok_or_else(|| anyhow::anyhow!("{name} 应是 1 到 1000000 的整数，现在是“{typed}”"))?;
        }
        Ok(settings)
    }
}

/// Counts in a window that slides: the last whole one weighs as far as it still reaches in.
struct Window<K> {
    seconds: i64,
    slot: i64,
    now: HashMap<K, u32>,
    before: HashMap<K, u32>,
    rest: u32,
    rest_before: u32,
}

impl<K: Eq + Hash> Window<K> {
    fn of(seconds: i64) -> Window<K> {
        Window { seconds, slot: 0, now: HashMap::new(), before: HashMap::new(), rest: 0, rest_before: 0 }
    }

    fn roll(&mut self, at: i64) {
        let slot = at.div_euclid(self.seconds);
        if slot == self.slot {
            return;
        }
        let next = slot == self.slot.saturating_add(1);
        let (last, rest) = (std::mem::take(&mut self.now), std::mem::take(&mut self.rest));
        (self.before, self.rest_before) = if next { (last, rest) } else { (HashMap::new(), 0) };
        self.slot = slot;
    }

    /// Counts one more unless that would go beyond `most`; gives the count, or `None`.
    fn count(&mut self, key: K, at: i64, most: u32) -> Option<u32> {
        self.roll(at);
        let left = self.seconds - at.rem_euclid(self.seconds);
        let weigh = |before: u32| u32::try_from(i64::from(before) * left / self.seconds).unwrap_or(u32::MAX);
        let known = self.now.contains_key(&key) || self.now.len() < MOST_COUNTED;
        let before = weigh(if known { self.before.get(&key).copied().unwrap_or(0) } else { self.rest_before });
        let counted = if known { self.now.entry(key).or_insert(0) } else { &mut self.rest };
        let sum = before.saturating_add(*counted).saturating_add(1);
        if sum > most {
            return None;
        }
        *counted = counted.saturating_add(1);
        Some(sum)
    }
}

/// What is to be done with a public form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Let it through.
    Free,
    /// Only with the answer to a question.
    Asked,
    /// Not now.
    TooMany,
}

/// A signed-in person reads, or takes something away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Page,
    Taken,
}

struct Counters {
    forms: Window<(&'static str, String)>,
    site: Window<()>,
    pages: Window<i64>,
    taken: Window<i64>,
    /// Refusals that were written down: one an hour for an account.
    noted: Window<i64>,
    asker: Asker,
}

/// The counters of a running program. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Visits {
    settings: VisitSettings,
    counters: Arc<Mutex<Counters>>,
}

impl std::fmt::Debug for Visits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visits").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Visits {
    /// Nobody counted yet.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn new(settings: VisitSettings) -> anyhow::Result<Visits> {
        let counters = Counters {
            forms: Window::of(3600),
            site: Window::of(600),
            pages: Window::of(60),
            taken: Window::of(3600),
            noted: Window::of(3600),
            asker: Asker::new().map_err(|error| anyhow::anyhow!("no randomness: {error}"))?,
        };
        Ok(Visits { settings, counters: Arc::new(Mutex::new(counters)) })
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a public form from an address.
    pub(super) fn form(&self, path: &'static str, address: &str, now: i64) -> Verdict {
        let mut counters = self.counters();
        let Some(of_address) = counters.forms.count((path, counted(address)), now, self.settings.hourly) else {
            return Verdict::TooMany;
        };
        // Beyond the flood nothing more is counted: the window empties as it slides.
        let flooded = counters.site.count((), now, self.settings.flood).is_none();
        if flooded || of_address > self.settings.free { Verdict::Asked } else { Verdict::Free }
    }

    /// Whether an account may go on; `Err` tells whether the refusal is to be written down.
    pub(super) fn account(&self, account: i64, what: Use, now: i64) -> Result<(), bool> {
        let mut counters = self.counters();
        let within = match what {
            Use::Page => counters.pages.count(account, now, self.settings.pages),
            Use::Taken => counters.taken.count(account, now, self.settings.taken),
        };
        match within {
            Some(_) => Ok(()),
            None => Err(counters.noted.count(account, now, 1).is_some()),
        }
    }

    /// A question for the form at `path`.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub(super) fn ask(&self, path: &str, now: i64) -> anyhow::Result<Question> {
        self.counters().asker.ask(path, now).map_err(|error| anyhow::anyhow!("no randomness: {error}"))
    }

    /// Whether a question was answered rightly; it is used up by it.
    pub(super) fn takes(&self, path: &str, seal: &str, typed: &str, now: i64) -> bool {
        self.counters().asker.takes(path, seal, typed, now)
    }
}

/// The address as it is counted: of IPv6 the network, of which one visitor has all.
pub fn counted(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) => match six.to_ipv4_mapped() {
            Some(four) => four.to_string(),
            None => {
                let [a, b, c, d, ..] = six.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        _ => address.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_visitor_is_counted_by_network() {
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2::9"));
        assert_ne!(counted("2001:db8:1:2::9"), counted("2001:db8:1:3::9"));
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn a_window_slides_and_a_refusal_is_not_counted() {
        let mut window = Window::of(60);
        for place in 1..=4 {
            assert_eq!(window.count("a", 100, 4), Some(place));
        }
        for _ in 0..50 {
            assert_eq!(window.count("a", 119, 4), None);
        }
        assert_eq!(window.count("b", 119, 4), Some(1));
        // Half of the next window on, half of the last still counts.
        assert_eq!(window.count("a", 150, 4), Some(3));
        assert_eq!(window.count("a", 300, 4), Some(1));
    }

    #[test]
    fn memory_is_bounded_and_strangers_beyond_count_together() {
        let mut window = Window::of(60);
        for place in 0..MOST_COUNTED {
            assert_eq!(window.count(place, 0, 10), Some(1));
        }
        let through = (0..1_000).filter(|place| window.count(MOST_COUNTED + place, 0, 10).is_some()).count();
        assert_eq!(through, 10);
        assert_eq!(window.now.len(), MOST_COUNTED);
        assert_eq!(window.count(5, 0, 10), Some(2), "who was counted before is not held up by them");
    }

    #[test]
    fn a_question_comes_after_a_few_forms_or_in_a_flood() {
        let settings = VisitSettings { free: 2, hourly: 4, flood: 6, ..VisitSettings::default() };
        let visits = Visits::new(settings).unwrap();
        let verdicts: Vec<_> = (0..5).map(|_| visits.form("/f", "192.0.2.1", 0)).collect();
        use Verdict::{Asked, Free, TooMany};
        assert_eq!(verdicts, [Free, Free, Asked, Asked, TooMany]);
        assert_eq!(visits.form("/g", "192.0.2.1", 0), Free, "another form has a count of its own");
        assert_eq!(visits.form("/f", "192.0.2.2", 0), Free);
        assert_eq!(visits.form("/f", "192.0.2.3", 0), Asked, "the site is flooded");
        assert_eq!(visits.form("/f", "192.0.2.3", 3_000), Free, "and calm again");
    }

    #[test]
    fn settings_are_read_by_name() {
        let some = |name: &str| (name == "HUIFA_FORMS_FREE").then(|| "9".to_owned());
        assert_eq!(VisitSettings::read(&some).unwrap(), VisitSettings { free: 9, ..VisitSettings::default() });
        let bad = |name: &str| (name == "HUIFA_TAKEN_PER_HOUR").then(|| "0".to_owned());
        assert!(VisitSettings::read(&bad).unwrap_err().to_string().contains("HUIFA_TAKEN_PER_HOUR"));
    }
}
