//! Tables as files that an office program opens: no cell of them is ever a formula.

/// Whether an office program would reckon with these words instead of showing them: also
/// behind the full-width signs of a Chinese keyboard.
#[must_use]
pub fn reckons(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

/// Adds one row.
pub fn row<'a>(to: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            to.push(',');
        }
        to.push('"');
        // What an office program would reckon is shown as text.
        if reckons(cell) {
            to.push('\'');
        }
        to.push_str(&cell.replace('"', "\"\""));
        to.push('"');
    }
    to.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_quotes_stay_inside() {
        let mut text = String::new();
        row(&mut text, ["=1+1", "@SUM(A1)", "-3", "说\"好\"", "a,b\nc", "平常"]);
        assert_eq!(text, "\"'=1+1\",\"'@SUM(A1)\",\"'-3\",\"说\"\"好\"\"\",\"a,b\nc\",\"平常\"\r\n");
    }
}
