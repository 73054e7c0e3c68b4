//! PURE. What an uploaded scan may be: told by its first bytes, not by its name.

/// The largest scan, in bytes.
pub const LARGEST: usize = 6 * 1024 * 1024;

/// What a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// A PDF.
    Pdf,
    /// A photograph or scan.
    Jpeg,
    /// A scan.
    Png,
}

impl Media {
    /// The media type under which it is given out.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Media::Pdf => "application/pdf",
            Media::Jpeg => "image/jpeg",
            Media::Png => "image/png",
        }
    }

    /// The ending of its name.
    #[must_use]
    pub fn ending(media_type: &str) -> &'static str {
        match media_type {
            "application/pdf" => "pdf",
            "image/jpeg" => "jpg",
            _ => "png",
        }
    }
}

/// A PDF's bytes with the escapes of its names undone: `/J#53` is `/JS`.
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let digit =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|one| u8::try_from(one).ok());
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'#'
            && let (Some(high), Some(low)) = (digit(behind.first()), digit(behind.get(1)))
        {
            plain.push(high * 16 + low);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            plain.push(*first);
            rest = behind;
        }
    }
    plain
}

/// Reads what a file is from its content.
///
/// # Errors
/// What is wrong with it and what to do, in the words of a form.
pub fn sniff(bytes: &[u8]) -> Result<Media, String> {
    if bytes.is_empty() {
        return Err("文件是空的，请重新选择".to_owned());
    }
    if bytes.len() > LARGEST {
        let megabytes = bytes.len().div_ceil(1024 * 1024);
        return Err(format!("文件最大6MB，现在约{megabytes}MB；请降低扫描分辨率或者分成几份"));
    }
    let tail = bytes.get(bytes.len().saturating_sub(1024)..).unwrap_or_default();
    let holds = |haystack: &[u8], needle: &[u8]| haystack.windows(needle.len()).any(|window| window == needle);
    if bytes.starts_with(b"%PDF-") {
        if !holds(tail, b"%%EOF") {
            return Err("PDF文件不完整，请重新扫描或者重新导出".to_owned());
        }
        let plain = without_escapes(bytes);
        for (mark, what) in [
            (&b"/JavaScript"[..], "脚本"),
            (b"/JS", "脚本"),
            (b"/Launch", "启动程序的动作"),
            (b"/EmbeddedFile", "附件"),
            (b"/RichMedia", "多媒体"),
            (b"/XFA", "可填写的表单"),
        ] {
            if holds(&plain, mark) {
                return Err(format!("PDF文件里有{what}，不能收存；请用扫描件或者打印成新的PDF"));
            }
        }
        return Ok(Media::Pdf);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return if tail.ends_with(&[0xff, 0xd9]) || holds(tail, &[0xff, 0xd9]) {
            Ok(Media::Jpeg)
        } else {
            Err("图片不完整，请重新扫描".to_owned())
        };
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return if holds(tail, b"IEND") { Ok(Media::Png) } else { Err("图片不完整，请重新扫描".to_owned()) };
    }
    Err("只收PDF、JPG、PNG扫描件；文件内容不是这三种（改文件名不起作用）".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scan_is_told_by_its_content() {
        assert_eq!(sniff(b"%PDF-1.4 x %%EOF\n"), Ok(Media::Pdf));
        assert_eq!(sniff(&[0xff, 0xd8, 0xff, 0xe0, 1, 2, 0xff, 0xd9]), Ok(Media::Jpeg));
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n....IEND1234"), Ok(Media::Png));
        for (bytes, words) in [
            (&b""[..], "空的"),
            (b"%PDF-1.4 cut", "不完整"),
            (b"%PDF-1.4 /JavaScript %%EOF", "脚本"),
            (b"%PDF-1.4 /Launch %%EOF", "启动程序"),
            (b"MZ\x90 program", "只收PDF"),
            (b"<html><script>", "只收PDF"),
            (b"PK\x03\x04", "只收PDF"),
            (b"<svg xmlns", "只收PDF"),
            (b"GIF89a", "只收PDF"),
            (&[0xff, 0xd8, 0xff, 0xe0], "不完整"),
        ] {
            assert!(sniff(bytes).unwrap_err().contains(words), "{words}");
        }
        let mut large = b"%PDF-1.4".to_vec();
        large.resize(LARGEST + 1, b' ');
        assert!(sniff(&large).unwrap_err().contains("最大6MB"));
    }

    #[test]
    fn every_way_of_hiding_what_acts_in_a_pdf_is_refused() {
        for name in
            ["/J#61vaScript", "/#4a#53", "/L#61unch", "/Embedded#46ile", "/RichMedia", "/XF#41", "/AcroForm /XFA"]
        {
            let pdf = format!("%PDF-1.7 << {name} (x) >> %%EOF");
            assert!(sniff(pdf.as_bytes()).unwrap_err().contains("不能收存"), "{name}");
        }
        // A mark at the end that is cut off, or is none, stays what it is.
        assert_eq!(sniff(b"%PDF-1.7 # #4 #zz %%EOF"), Ok(Media::Pdf));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = sniff(&bytes);
        }
    }
}
