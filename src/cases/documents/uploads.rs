//! PURE. What an uploaded scan may be: told by its first bytes, not by its name.

use super::pdf;

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
    if bytes.starts_with(b"%PDF-") {
        return pdf::inspect(bytes).map(|()| Media::Pdf);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return picture(jpeg(bytes), bytes.len()).map(|()| Media::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return picture(png(bytes), bytes.len()).map(|()| Media::Png);
    }
    Err("只收PDF、JPG、PNG扫描件；文件内容不是这三种（改文件名不起作用）".to_owned())
}

/// The most points of a picture: an A3 sheet at 600 dpi has seventy million.
const MOST_POINTS: u64 = 100_000_000;

/// What a walk through a picture finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
    width: u32,
    height: u32,
    /// Where the picture ends.
    end: usize,
}

fn picture(found: Option<Measured>, length: usize) -> Result<(), String> {
    let Some(it) = found else { return Err("图片不完整，请重新扫描".to_owned()) };
    if it.width == 0 || it.height == 0 || u64::from(it.width) * u64::from(it.height) > MOST_POINTS {
        return Err(format!("图片有{}×{}个像素，大小不像扫描件；请按A4、300dpi重新扫描", it.width, it.height));
    }
    if it.end < length {
        return Err("图片后面附有别的内容，不能收存；请把图片另存一份或者重新扫描".to_owned());
    }
    Ok(())
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(digits.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
}

/// Walks the segments of a JPEG to its end.
fn jpeg(bytes: &[u8]) -> Option<Measured> {
    let mut size = None;
    let mut at = 2;
    loop {
        // A marker is FF and a byte; FF may be repeated as filling.
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0xd9 => {
                let (width, height) = size?;
                return Some(Measured { width, height, end: at + 2 });
            }
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => {
                let length = usize::try_from(number(bytes, at + 2, 2)?).ok().filter(|length| *length >= 2)?;
                // A frame says how large the picture is.
                if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
                    size = Some((number(bytes, at + 7, 2)?, number(bytes, at + 5, 2)?));
                }
                at += 2 + length;
                if marker == 0xda {
                    // The points themselves: an FF among them is followed by 00 or a restart.
                    while *bytes.get(at)? != 0xff || matches!(*bytes.get(at + 1)?, 0x00 | 0xd0..=0xd7) {
                        at += 1;
                    }
                }
            }
        }
    }
}

/// Walks the chunks of a PNG to its end.
fn png(bytes: &[u8]) -> Option<Measured> {
    let mut at = 8;
    let size = (bytes.get(12..16)? == b"IHDR")
        .then_some(())
        .and_then(|()| Some((number(bytes, 16, 4)?, number(bytes, 20, 4)?)))?;
    loop {
        let length = usize::try_from(number(bytes, at, 4)?).ok()?;
        let end = at.checked_add(12)?.checked_add(length)?;
        let name = bytes.get(at + 4..at + 8)?;
        bytes.get(at..end)?;
        if name == b"IEND" {
            return Some(Measured { width: size.0, height: size.1, end });
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A JPEG of this size: a frame, one scan with a stuffed FF and a restart, an end.
    fn a_jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd9, 1, 2, 0xff, 0xc0, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend([7, 0xff, 0x00, 9, 0xff, 0xd0, 3, 0xff, 0xd9]);
        bytes
    }

    /// A PNG of this size.
    fn a_png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(*b"\x08\0\0\0\0....\0\0\0\x02IDATxx....\0\0\0\0IEND....");
        bytes
    }

    #[test]
    fn a_picture_that_would_burst_is_refused_by_its_size() {
        for (bytes, points) in [(a_png(60_000, 60_000), "60000×60000"), (a_jpeg(65_000, 65_000), "65000×65000")] {
            assert!(sniff(&bytes).unwrap_err().contains(points), "{points}");
        }
        assert!(sniff(&a_png(0, 10)).is_err());
    }

    #[test]
    fn a_file_that_is_two_things_at_once_is_refused() {
        for whole in [a_jpeg(10, 10), a_png(10, 10), b"%PDF-1.4 x %%EOF\n".to_vec()] {
            for other in [&b"PK\x03\x04 a zip"[..], b"<script>alert(1)</script>"] {
                let both: Vec<u8> = whole.iter().chain(other).copied().collect();
                assert!(sniff(&both).unwrap_err().contains("后面附有别的内容"));
            }
        }
        // In front of it: it is not a scan at all.
        assert!(sniff(b"<html>%PDF-1.4 %%EOF").unwrap_err().contains("只收PDF"));
    }

    #[test]
    fn a_pdf_that_does_something_is_refused_however_it_is_written() {
        for inside in [
            "/JS (x)",
            "/J#53 (x)",
            "/#4aavaScript 3 0 R",
            "/Launch",
            "/EmbeddedFiles 2 0 R",
            "/XFA[]",
            "/S/SubmitForm",
        ] {
            let bytes = format!("%PDF-1.7\n1 0 obj <<{inside}>> endobj\n%%EOF\n");
            assert!(sniff(bytes.as_bytes()).unwrap_err().contains("不能收存"), "{inside}");
        }
        // The same letters among the points of a scan mean nothing.
        let scan = b"%PDF-1.4 1 0 obj <</Length 9>> stream\n/JS /Launch\nendstream endobj %%EOF\n";
        assert_eq!(sniff(scan), Ok(Media::Pdf));
        assert_eq!(sniff(b"%PDF-1.4 <</JSomething 1>> %%EOF"), Ok(Media::Pdf));
    }

    #[test]
    fn a_scan_is_told_by_its_content() {
        assert_eq!(sniff(b"%PDF-1.4 x %%EOF\n"), Ok(Media::Pdf));
        assert_eq!(sniff(&a_jpeg(1654, 2339)), Ok(Media::Jpeg));
        assert_eq!(sniff(&a_png(1654, 2339)), Ok(Media::Png));
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
