//! docs/security.md names a test for what it says, and the test exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::files::texts;

/// The names of all tests below a folder.
fn tests(folder: &str, found: &mut BTreeSet<String>) {
    for (_, source) in texts(folder, "rs") {
        let mut marked = false;
        for line in source.lines().map(str::trim) {
            marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let name = line.split_once("fn ").filter(|(before, _)| ["", "async "].contains(before));
            if let Some((_, rest)) = name.filter(|_| marked) {
                found.extend(rest.split('(').next().map(str::to_owned));
                marked = false;
            }
        }
    }
}

#[test]
fn every_row_names_a_test_that_exists_or_says_why_it_does_not_apply() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/security.md")).expect("the document");
    let mut known = BTreeSet::new();
    tests("src", &mut known);
    tests("tests", &mut known);
    assert!(known.len() > 700, "{} tests were found", known.len());
    let (mut rows, mut wrong) = (BTreeSet::new(), Vec::new());
    for line in document.lines().filter(|line| line.starts_with("| V") || line.starts_with("| G")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, .., shown] = cells.as_slice() else { panic!("{line}") };
        assert!(rows.insert((*id).to_owned()), "{id} stands there twice");
        let tests: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        wrong.extend(tests.iter().filter(|name| !known.contains(**name)).map(|name| format!("{id}: no test {name}")));
        let excused = ["not applicable because", "open:", "by construction:", "operator:"];
        if tests.is_empty() && !excused.iter().any(|words| shown.contains(words)) {
            wrong.push(format!("{id}: neither a test nor a reason"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let of_asvs = rows.iter().filter(|id| id.starts_with('V')).count();
    assert_eq!(of_asvs, 253, "ASVS 5.0 has 253 requirements of levels 1 and 2");
    assert_eq!(rows.len() - of_asvs, 41, "8.1.4 has 34 items, 8.1.5 six of administrators and one of the site");
}
