//! Reads a form with a file (multipart/form-data, RFC 7578), taken in whole before.

/// One part of such a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name.
    pub name: String,
    /// It is a file.
    pub is_file: bool,
    /// What was sent.
    pub content: &'a [u8],
}

/// The boundary that a content type names.
#[must_use]
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!named.is_empty() && named.len() <= 70).then_some(named)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The parts of a body; `None` where it is cut off or not of this form. At most 50 parts.
#[must_use]
pub fn parts<'a>(boundary: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let opening = format!("--{boundary}");
    let separator = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(opening.as_bytes())?;
    let mut found = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(found);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = std::str::from_utf8(rest.get(..head_end)?).ok()?;
        rest = rest.get(head_end + 4..)?;
        let end = find(rest, separator.as_bytes())?;
        let content = rest.get(..end)?;
        rest = rest.get(end + separator.len()..)?;
        let disposition = head
            .lines()
            .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-disposition")))?
            .1;
        let parameter = |wanted: &str| {
            disposition.split(';').find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                (name.trim() == wanted).then(|| value.trim().trim_matches('"').to_owned())
            })
        };
        found.push(Part { name: parameter("name")?, is_file: parameter("filename").is_some(), content });
        if found.len() > 50 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_and_a_file_are_told_apart() {
        let body = b"--X\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nabc\r\n--X\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\0\r\nx\r\n--X--\r\n";
        let boundary = boundary("multipart/form-data; boundary=X").unwrap();
        let parts = parts(&boundary, body).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].is_file, parts[0].content), ("token", false, &b"abc"[..]));
        assert_eq!((parts[1].name.as_str(), parts[1].is_file, parts[1].content), ("scan", true, &b"%PDF\0\r\nx"[..]));
        assert_eq!(super::boundary("application/x-www-form-urlencoded"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parts("X", &body);
            let mut begun = b"--X\r\n".to_vec();
            begun.extend(body);
            let _ = parts("X", &begun);
        }
    }
}
