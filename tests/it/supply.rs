//! The supply chain against its committed rules (deny.toml), without a network.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

const RULES: &str = include_str!("../../deny.toml");

/// The quoted words of a list in the rules.
fn list(name: &str) -> BTreeSet<&'static str> {
    let from = RULES.split(&format!("\n{name} = [")).nth(1).unwrap_or_else(|| panic!("no {name} in deny.toml"));
    let inside = from.split(']').next().expect("the list's end");
    inside.split('"').skip(1).step_by(2).collect()
}

fn host() -> String {
    let said = Command::new("rustc").arg("-vV").output().expect("rustc");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines().find_map(|line| line.strip_prefix("host: ")).expect("the host").to_owned()
}

fn packages() -> Vec<Value> {
    let said = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        // What is built here; other systems' packages need not have been fetched.
        .args(["--filter-platform", &host(), "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let all: Value = serde_json::from_slice(&said.stdout).expect("metadata");
    all["packages"].as_array().expect("packages").clone()
}

/// A licence expression is met when one alternative of every part is allowed.
fn allowed(expression: &str, allow: &BTreeSet<&str>) -> bool {
    expression
        .replace(['(', ')'], " ")
        .replace('/', " OR ")
        .split(" AND ")
        .all(|part| part.split(" OR ").any(|licence| allow.contains(licence.trim())))
}

#[test]
fn every_dependency_has_an_allowed_licence_and_comes_from_the_registry() {
    let (allow, banned) = (list("allow"), list("deny"));
    let packages = packages();
    assert!(packages.len() > 150);
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package["name"] != "huifa") {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or("none");
        if !allowed(licence, &allow) {
            wrong.push(format!("{name}: {licence}"));
        }
        if package["source"] != "registry+https://github.com/rust-lang/crates.io-index" {
            wrong.push(format!("{name} comes from {}", package["source"]));
        }
        if banned.contains(name) {
            wrong.push(format!("{name} is banned"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_is_forbidden_in_our_crate() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""), "Cargo.toml forbids unsafe code");
    // Nor does a sum wrap around in what is delivered.
    let release = manifest.split("[profile.release]").nth(1).expect("a release profile");
    assert!(release.contains("overflow-checks = true"), "Cargo.toml checks overflows");
}

#[test]
fn the_command_prints_the_bill_of_materials() {
    let said = Command::new(env!("CARGO_BIN_EXE_huifa")).arg("sbom").output().expect("the program");
    let document: Value = serde_json::from_slice(&said.stdout).expect("json");
    assert_eq!(document["bomFormat"], "CycloneDX");
    assert!(document["components"].as_array().expect("components").len() > 150);
}
