//! No file that is taken away is reckoned with by an office program, whatever people typed.

use std::io::{Cursor, Read as _};

use huifa::web::permissions::Role;

use super::requests::request;
use super::world::{Whose, World};
use crate::support::app::Page;

/// Begins a formula in an office program, in a name as anywhere else.
const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"点这里\")";

/// The cells of a CSV file, as an office program reads them.
fn cells(text: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.trim_start_matches('\u{feff}').chars() {
        match c {
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(std::mem::take(&mut cell).trim_end_matches('\r').to_owned()),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

fn formulas(name: &str, bytes: &[u8], wrong: &mut Vec<String>) -> usize {
    if name.ends_with(".csv") {
        let text = String::from_utf8_lossy(bytes).into_owned();
        for cell in cells(&text) {
            let number = cell.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || ".,".contains(c));
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && !number {
                wrong.push(format!("{name}: {cell}"));
            }
        }
        return 1;
    }
    let is_archive = bytes.starts_with(b"PK\x03\x04");
    if !is_archive {
        return 0;
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut seen = 0;
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).expect("a file");
        let inner = file.name().expect("a name").into_owned();
        assert!(!inner.contains("..") && !inner.starts_with('/'), "{name} unpacks to {inner}");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("its content");
        if inner.ends_with(".xml") {
            let text = String::from_utf8_lossy(&content);
            if text.contains("<f>")
                || text.contains("<f ")
                || text.contains("<hyperlink")
                || text.contains("externalLink")
            {
                wrong.push(format!("{name}/{inner} reckons or leads away"));
            }
            seen += usize::from(inner.contains("worksheets/"));
        } else {
            seen += formulas(&format!("{name}/{inner}"), &content, wrong);
        }
        if inner.ends_with(".html") {
            let text = String::from_utf8_lossy(&content);
            assert!(!text.contains("<script"), "{inner}");
        }
    }
    seen
}

#[tokio::test]
async fn no_file_that_is_taken_away_holds_a_formula() {
    let world = World::new().await;
    let app = &world.app;
    // Every text column that people type into says the same.
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text from information_schema.columns c
         where c.table_schema = 'public' and c.data_type = 'text' and (c.table_name, c.column_name) in
             (('persons', 'name'), ('persons', 'organisation'), ('persons', 'bank_name'), ('venues', 'short_name'),
              ('venues', 'address'), ('consultations', 'client_name'), ('consultations', 'facts'), ('consultations', 'advice'),
              ('cases', 'cause'), ('cases', 'handler_name'), ('cases', 'organisation'), ('fund_entries', 'summary'),
              ('payees', 'name'), ('accounts', 'name'), ('audit_records', 'note'), ('bureaus', 'name'))",
    )
    .fetch_all(&app.owner)
    .await
    .expect("columns");
    assert!(columns.len() > 10);
    for (table, column) in columns {
        let planted = FORMULA.replace('\'', "''");
        app.execute(&format!(
            "alter table {table} disable trigger user; update {table} set {column} = '{planted}' || ctid::text;
             alter table {table} enable trigger user"
        ))
        .await;
    }
    let (mut wrong, mut seen, mut kinds) = (Vec::new(), 0, std::collections::BTreeSet::new());
    for role in [Role::BureauClerk, Role::Finance, Role::Approver, Role::LegalAidStaff, Role::AuditAdministrator] {
        let browser = world.somebody(role).await;
        for declared in app.declared.iter().filter(|one| one.access.reach_of(role).is_some()) {
            let asked = request(declared, world.things(Whose::Own));
            let fields: Vec<_> = asked.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let page: Page = if declared.method == "GET" {
                browser.get(&asked.path).await
            } else if declared.path.ends_with("/file") || declared.path == "/evidence" {
                browser.post(&asked.path, &fields).await
            } else {
                continue;
            };
            let Some(named) = page.headers.get("content-disposition").and_then(|named| named.to_str().ok()) else {
                continue;
            };
            assert!(named.starts_with("attachment"), "{} opens in the browser", asked.path);
            assert_eq!(page.headers["x-content-type-options"], "nosniff");
            let kind = page.headers["content-type"].to_str().expect("a kind").to_owned();
            let name = if kind.starts_with("text/csv") { format!("{}.csv", asked.path) } else { asked.path.clone() };
            seen += formulas(&name, &page.bytes, &mut wrong);
            kinds.insert(kind);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 5 && kinds.len() >= 3, "{seen} files of {kinds:?}");
}
