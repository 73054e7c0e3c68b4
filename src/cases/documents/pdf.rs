//! PURE. Whether a PDF does anything. Its objects are looked through, also those that lie compressed in object streams;
//! what cannot be looked through is not taken.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// So many bytes of compressed objects are looked through in all; a scan has none, a letter some thousands.
const MOST_UNPACKED: usize = 8 * 1024 * 1024;

/// What acts when a PDF is opened or pressed.
const ACTING: [(&[u8], &str); 8] = [
    (b"JavaScript", "脚本"),
    (b"JS", "脚本"),
    (b"Launch", "启动程序的动作"),
    (b"EmbeddedFile", "附件"),
    (b"EmbeddedFiles", "附件"),
    (b"RichMedia", "多媒体内容"),
    (b"XFA", "可执行的表单"),
    (b"SubmitForm", "向外发送的表单"),
];

/// Whether a PDF is whole, ends where it ends, and does nothing.
///
/// # Errors
/// What is wrong with it and what to do, in the words of a form.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), String> {
    let whole = bytes.windows(5).rposition(|window| window == b"%%EOF");
    let Some(after) = whole.and_then(|at| bytes.get(at + 5..)) else {
        return Err("PDF文件不完整，请重新扫描或者重新导出".to_owned());
    };
    if !after.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err("PDF文件后面附有别的内容，不能收存；请重新扫描或者打印成新的PDF".to_owned());
    }
    let names = names(&objects(bytes)?);
    if names.iter().any(|name| name == b"Encrypt") {
        return Err("PDF文件加了密码或者权限限制，不能收存；请另存为不加密的PDF".to_owned());
    }
    for (mark, what) in ACTING {
        if names.iter().any(|name| name == mark) {
            return Err(format!("PDF文件里有{what}，不能收存；请用扫描件或者打印成新的PDF"));
        }
    }
    Ok(())
}

fn find(hay: &[u8], word: &[u8]) -> Option<usize> {
    hay.windows(word.len()).position(|window| window == word)
}

/// The objects of a PDF: without the streams of points, among which any word comes up, and with the objects in streams.
fn objects(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut kept = Vec::new();
    let mut unpacked = 0;
    let mut rest = bytes;
    while let Some(from) = find(rest, b"stream") {
        let head = rest.get(..from).unwrap_or_default();
        kept.extend_from_slice(head);
        let inner = rest.get(from + 6..).unwrap_or_default();
        let Some(to) = find(inner, b"endstream") else {
            // No end: nothing of it is trusted to be a stream.
            kept.extend_from_slice(inner);
            return Ok(kept);
        };
        let body = inner.get(..to).unwrap_or_default();
        // The words may stand in a text, with objects between them.
        if has_objects(body) {
            kept.extend_from_slice(body);
        }
        let begins = head.windows(3).rposition(|window| window == b"obj").map_or(0, |at| at + 3);
        let dictionary = names(head.get(begins..).unwrap_or_default());
        if holds_objects(&dictionary) {
            let before = kept.len();
            unpack(&dictionary, body, MOST_UNPACKED - unpacked, &mut kept)?;
            unpacked += kept.len() - before;
        }
        rest = inner.get(to + 9..).unwrap_or_default();
    }
    kept.extend_from_slice(rest);
    Ok(kept)
}

/// Whether what lies between `stream` and `endstream` has the beginning of an object in it: `7 0 obj`.
fn has_objects(body: &[u8]) -> bool {
    body.windows(3).enumerate().any(|(at, window)| {
        window == b"obj" && {
            let before = body.get(..at).unwrap_or_default();
            before.iter().rev().find(|byte| !byte.is_ascii_whitespace() && **byte != 0).is_some_and(u8::is_ascii_digit)
        }
    })
}

/// Whether a stream with this dictionary holds objects, said outright or by what only such a stream has.
fn holds_objects(dictionary: &[Vec<u8>]) -> bool {
    let has = |word: &[u8]| dictionary.iter().any(|name| name == word);
    has(b"ObjStm") || (has(b"N") && has(b"First"))
}

/// Adds the objects of an object stream, no more than `most` bytes of them.
fn unpack(dictionary: &[Vec<u8>], body: &[u8], most: usize, kept: &mut Vec<u8>) -> Result<(), String> {
    let unread = || "PDF文件里有无法检查的压缩内容，不能收存；请重新扫描或者打印成新的PDF".to_owned();
    let has = |word: &[u8]| dictionary.iter().any(|name| name == word);
    let body = body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n")).unwrap_or(body);
    kept.push(b'\n');
    if !has(b"Filter") {
        kept.extend_from_slice(body);
        return Ok(());
    }
    // One way of packing is looked into; filters upon filters, or named elsewhere, are not.
    let others: [&[u8]; 13] = [
        b"ASCIIHexDecode",
        b"AHx",
        b"ASCII85Decode",
        b"A85",
        b"LZWDecode",
        b"LZW",
        b"RunLengthDecode",
        b"RL",
        b"Crypt",
        b"DCTDecode",
        b"JPXDecode",
        b"Predictor",
        b"F",
    ];
    let packed = dictionary.iter().filter(|name| *name == b"FlateDecode" || *name == b"Fl").count();
    if packed != 1 || others.iter().any(|other| has(other)) {
        return Err(unread());
    }
    let limit = u64::try_from(most).unwrap_or(0).saturating_add(1);
    let before = kept.len();
    ZlibDecoder::new(body).take(limit).read_to_end(kept).map_err(|_| unread())?;
    if kept.len() - before > most { Err(unread()) } else { Ok(()) }
}

/// The names in the objects of a PDF, with `#4a` read as the letter that it stands for.
fn names(bytes: &[u8]) -> Vec<Vec<u8>> {
    let ends = |byte: u8| byte.is_ascii_whitespace() || byte == 0 || b"()<>[]{}/%".contains(&byte);
    let mut names = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'/') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let length = rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len());
        let mut name = Vec::new();
        let mut letters = rest.get(..length).unwrap_or_default();
        while let Some((first, others)) = letters.split_first() {
            let hex = others.get(..2).filter(|_| *first == b'#').and_then(|hex| std::str::from_utf8(hex).ok());
            match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(letter) => {
                    name.push(letter);
                    letters = others.get(2..).unwrap_or_default();
                }
                None => {
                    name.push(*first);
                    letters = others;
                }
            }
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// A PDF with one stream under this dictionary.
    fn with_stream(dictionary: &str, body: &[u8]) -> Vec<u8> {
        let mut bytes = format!("%PDF-1.7\n5 0 obj\n<<{dictionary}/Length {}>>\nstream\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\nendstream\nendobj\ntrailer <</Root 1 0 R>>\n%%EOF\n");
        bytes
    }

    const OBJECTS: &str = "/Type/ObjStm/N 1/First 4/Filter/FlateDecode";

    #[test]
    fn what_acts_is_found_among_compressed_objects() {
        let harmless = packed(b"7 0 <</Type/Catalog/Pages 2 0 R>>");
        assert_eq!(inspect(&with_stream(OBJECTS, &harmless)), Ok(()));
        for acting in [
            "/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
            "/S/Launch/F(cmd.exe)",
            "/Names<</Embedded#46iles 3 0 R>>",
        ] {
            let hidden = packed(format!("7 0 <<{acting}>>").as_bytes());
            for dictionary in [
                OBJECTS,
                "/Type/Obj#53tm/N 1/First 4/Filter[/FlateDecode]",
                "/N 1/First 4/Filter/Fl",
                "/First 4/Type /ObjStm /Filter /FlateDecode /N 1",
            ] {
                let told = inspect(&with_stream(dictionary, &hidden)).unwrap_err();
                assert!(told.contains("不能收存") && !told.contains("无法检查"), "{dictionary}: {told}");
            }
        }
        // The same bytes as points of a scan are none of a PDF's objects.
        let points = packed(b"/JS /Launch");
        assert_eq!(inspect(&with_stream("/Subtype/Image/Filter/FlateDecode", &points)), Ok(()));
    }

    #[test]
    fn what_cannot_be_looked_through_is_refused() {
        let content = packed(b"7 0 <<>>");
        for (dictionary, body) in [
            ("/Type/ObjStm/N 1/First 4/Filter[/ASCIIHexDecode/FlateDecode]", &content[..]),
            ("/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]", &content),
            ("/Type/ObjStm/N 1/First 4/Filter/FlateDecode/DecodeParms<</Predictor 12>>", &content),
            ("/Type/ObjStm/N 1/First 4/Filter 9 0 R", &content),
            (OBJECTS, b"not compressed at all"),
            (OBJECTS, &content[..content.len() - 8]),
        ] {
            assert!(inspect(&with_stream(dictionary, body)).unwrap_err().contains("无法检查"), "{dictionary}");
        }
        assert!(inspect(b"%PDF-1.7 trailer <</Encrypt 5 0 R>> %%EOF").unwrap_err().contains("加了密码"));
    }

    #[test]
    fn a_bomb_is_given_up_before_it_bursts() {
        let bomb = packed(&vec![b' '; 3 * MOST_UNPACKED]);
        assert!(bomb.len() < 100_000, "small from outside");
        assert!(inspect(&with_stream(OBJECTS, &bomb)).unwrap_err().contains("无法检查"));
        // Nor many that are each below the limit.
        let half = packed(&vec![b' '; MOST_UNPACKED / 2 + 1]);
        let mut several = with_stream(OBJECTS, &half);
        several.extend(with_stream(OBJECTS, &half));
        assert!(inspect(&several).unwrap_err().contains("无法检查"));
    }

    #[test]
    fn objects_between_words_in_texts_are_objects() {
        let hidden = b"%PDF-1.7\n1 0 obj (stream) endobj\n2 0 obj <</S/JavaScript/JS(x)>> endobj\n3 0 obj (endstream) endobj\n%%EOF";
        assert!(inspect(hidden).unwrap_err().contains("脚本"));
    }

    #[test]
    fn a_real_letter_is_taken_compressed_or_not() {
        use lopdf::content::Content;
        use lopdf::{Document, Object, Stream, dictionary};
        let mut letter = Document::with_version("1.7");
        let pages = letter.new_object_id();
        let content = letter.add_object(Stream::new(dictionary! {}, Content { operations: vec![] }.encode().unwrap()));
        let page = letter.add_object(dictionary! { "Type" => "Page", "Parent" => pages, "Contents" => content });
        letter.objects.insert(
            pages,
            Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
        );
        let root = letter.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        letter.trailer.set("Root", root);
        let mut modern = Vec::new();
        letter.clone().save_modern(&mut modern).unwrap();
        assert!(find(&modern, b"ObjStm").is_some(), "its objects are compressed");
        assert_eq!(inspect(&modern), Ok(()));
        let script =
            letter.add_object(dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") });
        if let Some(Ok(root)) = letter.objects.get_mut(&root).map(Object::as_dict_mut) {
            root.set("OpenAction", script);
        }
        let (mut plain, mut modern) = (Vec::new(), Vec::new());
        letter.clone().save_to(&mut plain).unwrap();
        letter.save_modern(&mut modern).unwrap();
        assert!(find(&modern, b"JavaScript").is_none(), "not to be seen from outside");
        for acting in [plain, modern] {
            assert!(inspect(&acting).unwrap_err().contains("脚本"));
        }
    }
}
