//! A table on paper: one description that becomes a page, an .xlsx file or a CSV file.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::plan::money::{plain_text, yuan_text};

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Words.
    Text(String),
    /// Yuan.
    Money(Decimal),
    /// How many.
    Count(i64),
    /// Nothing to say.
    Nothing,
}

impl Cell {
    /// Words of anything that can be shown.
    pub fn text(words: impl ToString) -> Cell {
        Cell::Text(words.to_string())
    }

    /// As a page shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Cell::Text(words) => words.clone(),
            Cell::Money(amount) => yuan_text(*amount).replace('-', "−"),
            Cell::Count(count) => count.to_string(),
            Cell::Nothing => "—".to_owned(),
        }
    }

    /// Whether it stands on the right.
    #[must_use]
    pub fn is_figure(&self) -> bool {
        matches!(self, Cell::Money(_) | Cell::Count(_))
    }

    /// As a CSV file holds it; what a spreadsheet would take for a formula is kept as words.
    fn plain(&self) -> String {
        match self {
            Cell::Text(words) if super::csv::reckons(words) => format!("'{words}"),
            Cell::Text(words) => words.clone(),
            Cell::Money(amount) => plain_text(*amount),
            Cell::Count(count) => count.to_string(),
            Cell::Nothing => String::new(),
        }
    }
}

impl From<&str> for Cell {
    fn from(words: &str) -> Cell {
        Cell::Text(words.to_owned())
    }
}

impl From<String> for Cell {
    fn from(words: String) -> Cell {
        Cell::Text(words)
    }
}

impl From<Decimal> for Cell {
    fn from(amount: Decimal) -> Cell {
        Cell::Money(amount)
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Cell {
        Cell::Count(count)
    }
}

/// A table of the sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What stands above it.
    pub heading: String,
    /// The heads of its columns.
    pub head: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// The sums below; empty for none.
    pub foot: Vec<Cell>,
}

impl Table {
    /// A table without rows yet.
    #[must_use]
    pub fn new(heading: &str, head: &[&str]) -> Table {
        Table { heading: heading.to_owned(), head: head.iter().map(ToString::to_string).collect(), ..Table::default() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The cells of a row with the heads of their columns, for narrow screens.
    pub fn named<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (&'a str, &'a Cell)> {
        row.iter().zip(&self.head).map(|(cell, head)| (head.as_str(), cell)).skip(1)
    }

    /// Whether the column holds figures or shares, which stand on the right.
    #[must_use]
    pub fn is_figure(&self, column: &usize) -> bool {
        let is_share = |cell: &Cell| matches!(cell, Cell::Text(words) if words.ends_with('%'));
        self.rows.iter().filter_map(|row| row.get(*column)).any(|cell| cell.is_figure() || is_share(cell))
    }
}

/// What is put on paper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The title.
    pub title: String,
    /// Lines below it: the office, the period, the unit.
    pub lines: Vec<String>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Remarks at the end.
    pub notes: Vec<String>,
    /// Who signs, in the order of the lines.
    pub signatures: Vec<String>,
}

/// The width of a column in characters of Latin letters: a Chinese one takes two.
fn width(text: &str) -> f64 {
    text.chars().map(|letter| if letter.is_ascii() { 1.0 } else { 2.0 }).sum()
}

impl Sheet {
    /// The sheet as a workbook.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn xlsx(&self) -> Result<Vec<u8>, AppError> {
        let mut book = Workbook::new();
        self.write(book.add_worksheet()).map_err(|error| AppError::Internal(error.into()))?;
        book.save_to_buffer().map_err(|error| AppError::Internal(error.into()))
    }

    fn write(&self, page: &mut Worksheet) -> Result<(), XlsxError> {
        let columns = self.tables.iter().map(|table| table.head.len()).max().unwrap_or(1).max(1);
        let last = u16::try_from(columns - 1).unwrap_or(u16::MAX);
        let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
        let plain = Format::new().set_align(FormatAlign::Left);
        let boxed = Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter).set_text_wrap();
        let head = boxed.clone().set_bold().set_align(FormatAlign::Center);
        // Long digits are words: a spreadsheet would round them.
        let words = boxed.clone().set_num_format("@");
        let money = boxed.clone().set_num_format("#,##0.00").set_align(FormatAlign::Right);
        let count = boxed.clone().set_num_format("0").set_align(FormatAlign::Right);
        let mut row = 0;
        let line = |page: &mut Worksheet, row: u32, text: &str, format: &Format| -> Result<(), XlsxError> {
            if last > 0 {
                page.merge_range(row, 0, row, last, text, format)?;
            } else {
                page.write_string_with_format(row, 0, text, format)?;
            }
            Ok(())
        };
        if !self.title.is_empty() {
            line(page, row, &self.title, &title)?;
            row += 1;
        }
        for text in &self.lines {
            line(page, row, text, &plain)?;
            row += 1;
        }
        let mut widths = vec![8.0_f64; columns];
        for table in &self.tables {
            if !table.heading.is_empty() {
                line(page, row, &table.heading, &plain.clone().set_bold())?;
                row += 1;
            }
            for (column, text) in (0..).zip(&table.head) {
                page.write_string_with_format(row, column, text, &head)?;
            }
            row += 1;
            let foot = (!table.foot.is_empty()).then_some(&table.foot);
            for cells in table.rows.iter().chain(foot) {
                for (column, cell) in (0_u16..).zip(cells) {
                    match cell {
                        Cell::Text(text) => page.write_string_with_format(row, column, text, &words)?,
                        Cell::Money(amount) => {
                            page.write_number_with_format(row, column, amount.to_f64().unwrap_or_default(), &money)?
                        }
                        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
                        Cell::Count(number) => page.write_number_with_format(row, column, *number as f64, &count)?,
                        Cell::Nothing => page.write_blank(row, column, &boxed)?,
                    };
                    if let Some(known) = widths.get_mut(usize::from(column)) {
                        *known = known.max(width(&cell.shown()) + 2.0);
                    }
                }
                row += 1;
            }
            for (known, text) in widths.iter_mut().zip(&table.head) {
                *known = known.max(width(text) + 2.0);
            }
            row += 1;
        }
        for text in &self.notes {
            line(page, row, text, &plain)?;
            row += 1;
        }
        if !self.signatures.is_empty() {
            row += 1;
            let text: Vec<String> = self.signatures.iter().map(|who| format!("{who}：＿＿＿＿＿＿")).collect();
            line(page, row, &text.join("　　"), &plain)?;
        }
        for (column, width) in (0..).zip(&widths) {
            page.set_column_width(column, width.min(48.0))?;
        }
        page.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        Ok(())
    }
}

/// Rows as a CSV file that spreadsheets in Chinese offices open as UTF-8.
#[must_use]
pub fn csv(table: &Table) -> Vec<u8> {
    let quoted = |text: String| {
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let mut text = String::from('\u{feff}');
    let heads = table.head.iter().map(|head| quoted(Cell::text(head).plain())).collect::<Vec<_>>().join(",");
    text.push_str(&heads);
    text.push_str("\r\n");
    for row in &table.rows {
        text.push_str(&row.iter().map(|cell| quoted(cell.plain())).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// The kind of an .xlsx file.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The kind of a CSV file.
pub const CSV: &str = "text/csv; charset=utf-8";
/// The kind of an archive.
pub const ZIP: &str = "application/zip";

/// A file to keep, under a Chinese name.
///
/// # Errors
/// When the name cannot be put into a header.
pub fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Result<Response, AppError> {
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let ending = name.rsplit('.').next().unwrap_or("bin");
    let disposition =
        HeaderValue::from_str(&format!("attachment; filename=\"huifa.{ending}\"; filename*=UTF-8''{encoded}"))
            .map_err(|error| AppError::Internal(error.into()))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::money::yuan;

    fn table() -> Table {
        let mut table = Table::new("转账", &["姓名", "账号", "金额"]);
        table.row(vec!["=1+1".into(), "6217000000012345678".into(), yuan(1950).into()]);
        table.row(vec!["毕,示远".into(), Cell::Nothing, yuan(-50).into()]);
        table
    }

    #[test]
    fn a_csv_file_has_no_formulas_and_keeps_long_digits() {
        let text = String::from_utf8(csv(&table())).unwrap();
        assert_eq!(text, "\u{feff}姓名,账号,金额\r\n'=1+1,6217000000012345678,1950.00\r\n\"毕,示远\",,-50.00\r\n");
    }

    #[test]
    fn a_workbook_is_written() {
        let sheet = Sheet {
            title: "发放表".to_owned(),
            lines: vec!["单位：元".to_owned()],
            tables: vec![table()],
            notes: vec!["合计大写".to_owned()],
            signatures: vec!["制表人".to_owned()],
        };
        let bytes = sheet.xlsx().unwrap();
        assert!(bytes.starts_with(b"PK"));
    }
}
