//! `plan` and `subsidy` know no SQL, HTTP, clock, file or randomness.

use crate::support::files::texts;

const FORBIDDEN: &[&str] = &[
    "sqlx",
    "axum",
    "tokio",
    "hyper",
    "tower",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "Utc::now",
    "Local::now",
    "chrono::Local",
    "SystemTime",
    "Instant",
    "rand::",
    "getrandom",
    "Uuid::",
    "crate::web",
    "crate::clock",
    "crate::database",
];

#[test]
fn the_rules_are_pure() {
    let mut read = 0;
    for folder in ["src/plan", "src/subsidy"] {
        for (path, source) in texts(folder, "rs") {
            read += 1;
            for word in FORBIDDEN {
                assert!(!source.contains(word), "{}: {word}", path.display());
            }
        }
    }
    assert!(read > 20);
}
