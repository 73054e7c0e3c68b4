//! The archive itself: pages that open without the product, the same rows for a machine,
//! and a manifest that names every file with its checksum. Rows in, bytes out.

use std::io::{Cursor, Write as _};

use askama::Template;
use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A table of the archive.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The head of its file names, ASCII.
    pub(super) name: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// What it shows, in a sentence.
    pub(super) about: &'static str,
    /// The heads of its columns.
    pub(super) columns: Vec<&'static str>,
    /// Its rows, a cell for each column.
    pub(super) rows: Vec<Vec<String>>,
}

/// What stands on the first page.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    pub(super) bureau: String,
    pub(super) period: String,
    pub(super) narrowed: Vec<String>,
    pub(super) reason: String,
    pub(super) made_by: String,
    pub(super) made_at: String,
}

/// A file of the archive.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl File {
    fn checksum(&self) -> String {
        checksum(&self.bytes)
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Template)]
#[template(path = "evidence/pack_section.html")]
struct SectionPage<'a> {
    section: &'a Section,
    cover: &'a Cover,
    number: usize,
}

/// A line of the first page's list.
struct Listed<'a> {
    number: usize,
    section: &'a Section,
    page: String,
    data: String,
}

#[derive(Template)]
#[template(path = "evidence/pack_index.html")]
struct IndexPage<'a> {
    cover: &'a Cover,
    listed: Vec<Listed<'a>>,
    others: &'a [File],
    checksums: Vec<(String, String)>,
}

/// Pages, tables, the other files and the index over them, which shows every checksum.
///
/// # Errors
/// When a template fails.
pub(super) fn files(cover: &Cover, sections: &[Section], others: Vec<File>) -> anyhow::Result<Vec<File>> {
    let mut made = Vec::new();
    let mut listed = Vec::new();
    for (place, section) in sections.iter().enumerate() {
        let number = place + 1;
        let page = format!("{number:02}-{}.html", section.name);
        let data = format!("data/{number:02}-{}.csv", section.name);
        made.push(File { name: page.clone(), bytes: SectionPage { section, cover, number }.render()?.into_bytes() });
        made.push(File { name: data.clone(), bytes: csv(section).into_bytes() });
        listed.push(Listed { number, section, page, data });
    }
    let checksums = made.iter().chain(&others).map(|file| (file.name.clone(), file.checksum())).collect();
    let index = IndexPage { cover, listed, others: &others, checksums }.render()?.into_bytes();
    made.extend(others);
    made.insert(0, File { name: "index.html".to_owned(), bytes: index });
    made.push(manifest(&made));
    Ok(made)
}

/// Every file with its checksum, in the form that `sha256sum -c` reads.
fn manifest(files: &[File]) -> File {
    let lines: String = files.iter().map(|file| format!("{}  {}\n", file.checksum(), file.name)).collect();
    File { name: "manifest.sha256".to_owned(), bytes: lines.into_bytes() }
}

/// All files as one archive. The same files give the same bytes.
///
/// # Errors
/// When packing fails.
pub(super) fn archive(files: &[File]) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        zip.start_file(file.name.as_str(), SimpleFileOptions::default())?;
        zip.write_all(&file.bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// RFC 4180 with the mark by which Excel knows UTF-8.
fn csv(section: &Section) -> String {
    let heads = section.columns.iter().map(|head| cell(head)).collect::<Vec<_>>().join(",");
    let rows = section.rows.iter().map(|row| row.iter().map(|value| cell(value)).collect::<Vec<_>>().join(","));
    let mut text = String::from('\u{feff}');
    for line in std::iter::once(heads).chain(rows) {
        text.push_str(&line);
        text.push_str("\r\n");
    }
    text
}

/// What a spreadsheet would take for a formula is kept as words.
fn cell(value: &str) -> String {
    let guard = if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let plain = format!("{guard}{value}");
    if plain.contains([',', '"', '\n', '\r']) { format!("\"{}\"", plain.replace('"', "\"\"")) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> Section {
        Section {
            name: "shifts",
            title: "班次",
            about: "",
            columns: vec!["姓名", "备注"],
            rows: vec![vec!["张三".to_owned(), "=1+1".to_owned()], vec!["<b>".to_owned(), "说\"好\",走".to_owned()]],
        }
    }

    fn cover() -> Cover {
        Cover {
            bureau: "高平市司法局".to_owned(),
            period: "2024年5月".to_owned(),
            narrowed: Vec::new(),
            reason: "审计".to_owned(),
            made_by: "王五".to_owned(),
            made_at: "2024年6月5日 09:00".to_owned(),
        }
    }

    #[test]
    fn a_spreadsheet_finds_no_formula_and_no_broken_row() {
        assert_eq!(csv(&section()), "\u{feff}姓名,备注\r\n张三,'=1+1\r\n<b>,\"说\"\"好\"\",走\"\r\n");
    }

    #[test]
    fn the_manifest_names_every_other_file_with_its_own_checksum() {
        let files = files(&cover(), &[section()], Vec::new()).unwrap();
        let manifest = String::from_utf8(files.last().unwrap().bytes.clone()).unwrap();
        assert_eq!(manifest.lines().count(), files.len() - 1);
        for (line, file) in manifest.lines().zip(&files) {
            assert_eq!(line, format!("{}  {}", checksum(&file.bytes), file.name));
        }
    }

    #[test]
    fn what_people_typed_is_text_on_the_pages() {
        let files = files(&cover(), &[section()], Vec::new()).unwrap();
        let page = files.iter().find(|file| file.name == "01-shifts.html").unwrap();
        assert!(!String::from_utf8_lossy(&page.bytes).contains("<b>"));
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let files = files(&cover(), &[section()], Vec::new()).unwrap();
        assert_eq!(archive(&files).unwrap(), archive(&files).unwrap());
    }
}
