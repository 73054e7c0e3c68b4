//! What is signed and put on the wall: A4, across where the sheet is wide, numbered pages.

use huifa::plan::dictionary::Dictionary as _;
use lopdf::Document;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;
use crate::support::case_forms::{form, form_path, live_every_form};
use crate::support::case_life::Centre;
use crate::support::story::{Day, lived};

/// The pages of a PDF as width and height in points, in their order.
pub(super) fn sizes(pdf: &Document) -> Vec<(f32, f32)> {
    let box_of = |page| {
        let numbers: Vec<f32> = pdf
            .get_dictionary(page)
            .and_then(|page| page.get(b"MediaBox"))
            .and_then(|it| it.as_array())
            .expect("a box")
            .iter()
            .map(|number| number.as_float().expect("a number"))
            .collect();
        (numbers[2], numbers[3])
    };
    pdf.get_pages().into_values().map(box_of).collect()
}

/// Opens a print. The browser names the shapes of its letters itself; what they mean stands
/// in the table beside them, which is read when those names are gone.
pub(super) fn read(bytes: &[u8]) -> Document {
    let mut pdf = Document::load_mem(bytes).expect("a document");
    for object in pdf.objects.values_mut() {
        if let Ok(font) = object.as_dict_mut()
            && font.has(b"ToUnicode")
        {
            font.remove(b"Encoding");
        }
    }
    pdf
}

/// The words of each page without blanks, as a reader who copies them gets them; characters
/// that are radicals as well are written as those.
pub(super) fn words(pdf: &Document) -> Vec<String> {
    let text = |number| {
        let words: String = pdf.extract_text(&[number]).expect("words").split_whitespace().collect();
        words.replace('⻚', "页")
    };
    pdf.get_pages().into_keys().map(text).collect()
}

/// Prints a form of a case: upright A4, one page, with its number and date, and nothing of the screen around it.
pub(super) async fn print_form(screen: &Screen, path: &str, name: &str, number: &str) {
    screen.go(path).await;
    screen.paper_picture(name).await;
    let pdf = read(&screen.printed().await);
    let pages = sizes(&pdf);
    assert_eq!(pages.len(), 1, "{name} is one page");
    assert!(is_about(pages[0].0, 595.3) && is_about(pages[0].1, 841.9), "{name} is A4: {pages:?}");
    let text = words(&pdf).concat();
    // A print writes letters that are radicals as those: what stands behind the county's name tells enough.
    let tail = number.find('〔').and_then(|at| number.get(at..)).unwrap_or_default();
    for word in [tail, "2024年"] {
        assert!(text.contains(word), "{name} says {word}: {text}");
    }
    for furniture in ["打印", "菜单", "使用手册", "查找", "退出"] {
        assert!(!text.contains(furniture), "{name} says {furniture}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_case_is_printed_on_one_page_of_a4() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let lived = live_every_form(&app, &centre).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(centre.desk.cookie()).await;
    for it in &lived {
        let number = form(&app, &centre.desk, it).await.select(".case-paper-number").concat();
        let path = form_path(&app, it).await;
        print_form(&screen, &path, &format!("form-every-{}", it.kind.code()), &number).await;
    }
}

fn is_about(one: f32, other: f32) -> bool {
    (one - other).abs() < 2.0
}

/// A sheet: whose screen, its address, across or upright, the most pages, a word of the head
/// that stands on every page (none where the sheet is no table), and the last to sign.
type Sheet = (&'static str, String, bool, usize, &'static str, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn sheets_posters_and_forms_are_printed_on_a4_numbered_with_their_heads_and_lines_to_sign() {
    let app = lived(Day::February).await;
    let screen = Screen::open(&app, Device::Desk).await;
    let record = app.scalar_i64("select min(id) from consultations").await;
    let venue = app.scalar_i64("select id from venues where short_name = '米山镇'").await;
    // 210 × 297 mm in points.
    let (short, long) = (595.3, 841.9);
    let sheets: [Sheet; 7] = [
        ("clerk", "/settlements/2024-01/print".to_owned(), true, 8, "实发", "主要领导"),
        ("clerk", "/roster/2024-02".to_owned(), true, 2, "", "审核"),
        ("clerk", "/".to_owned(), false, 3, "", ""),
        ("clerk", format!("/attendance/2024-01/venues/{venue}"), false, 2, "签到", "站点负责"),
        ("clerk", format!("/consultations/{record}"), false, 1, "", "咨询"),
        ("clerk", "/reports/monthly/2024-01".to_owned(), true, 3, "", "签发"),
        ("leader", "/dashboard".to_owned(), false, 4, "", ""),
    ];
    for (login, path, wide, most, head, signer) in sheets {
        let id = app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await;
        screen.wear(app.browser_of(id).await.cookie()).await;
        screen.go(&path).await;
        let pdf = screen.printed().await;
        if let Some(folder) = std::env::var_os("HUIFA_SCREENSHOTS") {
            let name = path.trim_matches('/').replace('/', "-");
            std::fs::write(std::path::Path::new(&folder).join(format!("print-{name}.pdf")), &pdf).expect("written");
        }
        let pdf = read(&pdf);
        let (sizes, words) = (sizes(&pdf), words(&pdf));
        let count = sizes.len();
        assert!((1..=most).contains(&count), "{path}: {count} pages");
        let (width, height) = if wide { (long, short) } else { (short, long) };
        for (place, (size, words)) in sizes.iter().zip(&words).enumerate() {
            assert!(is_about(size.0, width) && is_about(size.1, height), "{path}: {} × {}", size.0, size.1);
            let number = format!("第{}页共{count}页", place + 1);
            assert!(words.contains(&number), "{path}: no “{number}” in {words}");
            assert!(words.contains(head), "{path}: no “{head}” on page {}: {words}", place + 1);
            for screens in ["退出", "使用手册", "查找", "拨动时间"] {
                assert!(!words.contains(screens), "{path}: “{screens}” is printed");
            }
        }
        let last = words.last().expect("a page");
        assert!(last.contains(signer), "{path}: nobody to sign as “{signer}” in {last}");
    }
}
