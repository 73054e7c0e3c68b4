//! Tells cargo which files the macros embed, so that a new one is seen.

fn main() {
    for folder in ["migrations", "static", "templates", ".sqlx"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
