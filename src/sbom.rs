//! What the program is made of, from the lock file that it was built with (CycloneDX 1.5).

use serde_json::{Value, json};

const LOCK: &str = include_str!("../Cargo.lock");

/// One package of the lock file.
#[derive(Debug, Default)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    source: Option<&'a str>,
    checksum: Option<&'a str>,
}

/// The bill of materials.
#[must_use]
pub fn document() -> Value {
    let components: Vec<Value> = packages(LOCK)
        .iter()
        .filter(|package| package.source.is_some())
        .map(|package| {
            let mut component = json!({
                "type": "library",
                "name": package.name,
                "version": package.version,
                "purl": format!("pkg:cargo/{}@{}", package.name, package.version),
            });
            if let (Some(checksum), Some(fields)) = (package.checksum, component.as_object_mut()) {
                fields.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
            }
            component
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
        } },
        "components": components,
    })
}

fn packages(lock: &str) -> Vec<Package<'_>> {
    let mut all = Vec::new();
    for block in lock.split("[[package]]").skip(1) {
        let mut package = Package::default();
        for line in block.lines() {
            let Some((key, value)) = line.split_once(" = ") else { continue };
            let value = value.trim_matches('"');
            match key {
                "name" => package.name = value,
                "version" => package.version = value,
                "source" => package.source = Some(value),
                "checksum" => package.checksum = Some(value),
                _ => {}
            }
        }
        all.push(package);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locked_package_is_listed_with_its_checksum() {
        let document = document();
        let components = document["components"].as_array().unwrap();
        assert!(components.len() > 150);
        assert!(components.iter().all(|one| one["hashes"][0]["content"].as_str().is_some_and(|sum| sum.len() == 64)));
        assert!(components.iter().any(|one| one["name"] == "sqlx" && one["purl"].as_str().unwrap().contains("sqlx@")));
    }
}
