//! `plan` and `subsidy` know no SQL, HTTP, clock, file or randomness.

use std::fs;
use std::path::Path;

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
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                read += 1;
                for word in FORBIDDEN {
                    assert!(!source.contains(word), "{}: {word}", path.display());
                }
            }
        }
    }
    assert!(read > 20);
}
