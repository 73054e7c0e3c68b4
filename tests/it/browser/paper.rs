//! What is signed and put on the wall: A4, across where the sheet is wide, numbered pages.

use super::everywhere::lived;
use super::screen::{Device, Screen};

/// The pages of a PDF as width and height in points, in their order.
fn pages(pdf: &[u8]) -> Vec<(f64, f64)> {
    let text = String::from_utf8_lossy(pdf);
    let sizes = text.split("/MediaBox").skip(1).filter_map(|rest| {
        let inside = rest.split_once('[')?.1.split_once(']')?.0;
        let numbers: Vec<f64> = inside.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers.as_slice() {
            [_, _, width, height] => Some((*width, *height)),
            _ => None,
        }
    });
    sizes.collect()
}

fn is_about(one: f64, other: f64) -> bool {
    (one - other).abs() < 2.0
}

#[tokio::test(flavor = "multi_thread")]
async fn sheets_posters_and_forms_are_printed_on_a4_with_nothing_of_the_screen() {
    let app = lived().await;
    let screen = Screen::open(&app, Device::Desk).await;
    let record = app.scalar_i64("select min(id) from consultations").await;
    let venue = app.scalar_i64("select id from venues where short_name = '米山镇'").await;
    // 210 × 297 mm in points.
    let (short, long) = (595.3, 841.9);
    for (login, path, wide, most) in [
        ("clerk", "/settlements/2024-01/print".to_owned(), true, 8),
        ("clerk", "/roster/2024-02".to_owned(), true, 2),
        ("clerk", "/".to_owned(), false, 3),
        ("clerk", format!("/attendance/2024-01/venues/{venue}"), false, 2),
        ("clerk", format!("/consultations/{record}"), false, 1),
        ("leader", "/dashboard".to_owned(), false, 4),
    ] {
        let id = app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await;
        screen.wear(app.browser_of(id).await.cookie()).await;
        screen.go(&path).await;
        let pdf = screen.printed().await;
        if let Some(folder) = std::env::var_os("HUIFA_SCREENSHOTS") {
            let name = path.trim_matches('/').replace('/', "-");
            std::fs::write(std::path::Path::new(&folder).join(format!("print-{name}.pdf")), &pdf).expect("written");
        }
        let sizes = pages(&pdf);
        assert!(!sizes.is_empty() && sizes.len() <= most, "{path}: {} pages", sizes.len());
        let (width, height) = if wide { (long, short) } else { (short, long) };
        for (page_width, page_height) in &sizes {
            assert!(
                is_about(*page_width, width) && is_about(*page_height, height),
                "{path}: {page_width} × {page_height}"
            );
        }
    }
}
