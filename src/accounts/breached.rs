//! A list of passwords that are known from breaches, kept by the operator in a file.
//!
//! One SHA-1 of a password a line, in hexadecimal digits of either case and in ascending order,
//! with anything behind it after a colon: the form in which such lists are given out. The
//! file is searched by halves where it lies, however large, and nothing of it is kept.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::Context as _;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// Hexadecimal digits of a SHA-1.
const DIGITS: usize = 40;
/// No line of a list is longer.
const LONGEST_LINE: u64 = 4_096;

/// Whether the list holds the password.
///
/// # Errors
/// When the file cannot be read or holds something else.
pub(super) fn holds(list: &Path, password: &str) -> anyhow::Result<bool> {
    let wanted: String = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let file = File::open(list).with_context(|| format!("不能读取泄露密码清单“{}”", list.display()))?;
    let (mut low, mut high) = (0, file.metadata()?.len());
    let mut reader = BufReader::new(file);
    // The line that is wanted starts at or behind `low` and before `high`.
    while low < high {
        let middle = low + (high - low) / 2;
        let Some((start, end, found)) = line_behind(&mut reader, low, middle)? else {
            high = middle;
            continue;
        };
        if start >= high {
            high = middle;
            continue;
        }
        match wanted.cmp(&found) {
            Ordering::Equal => return Ok(true),
            Ordering::Less => high = middle.min(start),
            Ordering::Greater => low = end,
        }
    }
    Ok(false)
}

/// The first line that starts at `low`, or behind `middle`: where it starts, where the next
/// does, and its digest. None at the end of the file.
fn line_behind(reader: &mut BufReader<File>, low: u64, middle: u64) -> anyhow::Result<Option<(u64, u64, String)>> {
    let mut start = middle;
    reader.seek(SeekFrom::Start(middle.saturating_sub(u64::from(middle > low))))?;
    if middle > low {
        // From the byte before: a line that starts just here is not passed over.
        let mut rest = Vec::new();
        start = middle - 1 + read_line(reader, &mut rest)?;
    }
    let mut line = Vec::new();
    let length = read_line(reader, &mut line)?;
    if length == 0 {
        return Ok(None);
    }
    let text = std::str::from_utf8(&line).unwrap_or_default().trim();
    let found = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if found.len() != DIGITS || !found.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        anyhow::bail!("泄露密码清单中有一行不是SHA-1（40位十六进制数，可以带冒号和次数）");
    }
    Ok(Some((start, start + length, found)))
}

fn read_line(reader: &mut BufReader<File>, line: &mut Vec<u8>) -> anyhow::Result<u64> {
    let read = std::io::Read::take(&mut *reader, LONGEST_LINE).read_until(b'\n', line)?;
    Ok(u64::try_from(read)?)
}

/// Whether the file is there and looks like such a list.
///
/// # Errors
/// What is wrong with it.
pub fn check(list: &Path) -> anyhow::Result<()> {
    holds(list, "").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(password: &str) -> String {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect()
    }

    fn list(name: &str, text: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("huifa-breached-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        for (size, end) in [(1, "\n"), (2, "\r\n"), (7, "\n"), (500, "\n"), (500, "\r\n")] {
            let words: Vec<String> = (0..size).map(|number| format!("breached {number}")).collect();
            let mut lines: Vec<String> =
                words.iter().enumerate().map(|(place, word)| format!("{}:{}", digest_of(word), place * 37)).collect();
            lines.sort();
            let path = list("list", &(lines.join(end) + end));
            for word in &words {
                assert!(holds(&path, word).unwrap(), "{word} of {size}");
            }
            for place in 0..200 {
                assert!(!holds(&path, &format!("kept safe {place}")).unwrap());
            }
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        let path = list("other", "password\n123456\n");
        assert!(check(&path).unwrap_err().to_string().contains("SHA-1"));
        std::fs::write(&path, "").unwrap();
        assert!(!holds(&path, "anything").unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(check(&path).is_err());
    }
}
