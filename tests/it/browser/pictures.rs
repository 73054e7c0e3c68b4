//! The main pages as pictures, at both sizes, beside the pictures that a person has looked at.
//!
//! Kept at half size under `tests/it/browser/pictures/`. After a change that is meant:
//! `HUIFA_PICTURES=renew cargo test --test it pictures`, look at what git shows, commit.
//! A failing comparison leaves the new picture beside the old one as `*.new.webp`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::screen::{Device, Screen};
use crate::support::app::TestApp;
use crate::support::story::{Day, lived};

/// Page by page: the name, whose it is, the address.
const PAGES: &[(&str, &str, &str)] = &[
    ("posting", "", "/"),
    ("sign-in", "", "/sign-in"),
    ("help", "", "/help/duty"),
    ("apply", "", "/legal-aid"),
    ("home-clerk", "clerk", "/home"),
    ("roster", "clerk", "/roster/2024-03"),
    ("attendance", "clerk", "/attendance/2024-01/venues"),
    ("consultations", "clerk", "/consultations?review=unreviewed"),
    ("findings", "clerk", "/findings"),
    ("people", "clerk", "/people"),
    ("programme", "clerk", "/programmes/2024"),
    ("evidence", "clerk", "/evidence"),
    ("home-approver", "approver", "/home"),
    ("settlement", "approver", "/settlements/2024-01"),
    ("fund", "finance", "/fund/2024"),
    ("outlook", "finance", "/fund/2024/outlook"),
    ("payments", "finance", "/payments"),
    ("reports", "finance", "/reports"),
    ("report", "finance", "/reports/monthly/2024-01"),
    ("dashboard", "leader", "/dashboard"),
    ("cases", "legalaid", "/cases"),
    ("case-work", "legalaid", "/cases/work"),
    ("case-form", "legalaid", "/cases/apply"),
    ("home-duty", "lawyer", "/home"),
    ("my-account", "lawyer", "/my-account"),
    ("home-station", "mishan", "/home"),
    ("permissions", "system", "/permissions"),
    ("audit", "audit", "/audit"),
    // Nothing there, and nothing allowed.
    ("none", "clerk", "/consultations?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%AA%E4%BA%BA"),
    ("not-found", "clerk", "/nowhere"),
    ("refused", "lawyer", "/people"),
];

/// Forms sent as they stand, without what they require: the name, whose, the address.
const WRONG: &[(&str, &str, &str)] = &[
    ("wrong-sign-in", "", "/sign-in"),
    ("wrong-person", "clerk", "/people/new"),
    ("wrong-application", "legalaid", "/cases/apply"),
];

/// What there is only after some months: the name, whose, the address, and what gives its number.
const LATER: &[(&str, &str, &str, &str)] = &[
    ("case", "legalaid", "/cases/{}", "select min(id) from cases where state = 'handling' and not restricted"),
    ("case-archived", "legalaid", "/cases/{}", "select min(id) from cases where state = 'archived'"),
    ("settlement-paid", "finance", "/settlements/2024-04", ""),
    ("run", "finance", "/payments/runs/{}", "select max(id) from payment_runs"),
    ("batch", "approver", "/payouts/batches/{}", "select max(id) from case_batches"),
];

/// A square of the picture may differ by so much, of 255, and so many squares of a thousand
/// may differ by more: fonts are drawn a little differently by every version of a browser.
const TOLERANCE: f64 = 18.0;
const SQUARES_OF_THOUSAND: f64 = 12.0;

fn kept(name: &str, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/browser/pictures").join(format!("{name}{ending}"))
}

/// Halves the picture and writes it small; the browser that took it can do that as well.
const SMALL: &str = "
    const [png, done] = arguments;
    const image = new Image();
    image.onload = () => {
        const canvas = document.createElement('canvas');
        canvas.width = image.width / 2; canvas.height = image.height / 2;
        const pen = canvas.getContext('2d');
        pen.imageSmoothingQuality = 'high';
        pen.drawImage(image, 0, 0, canvas.width, canvas.height);
        done(canvas.toDataURL('image/webp', 0.6).split(',')[1]);
    };
    image.src = 'data:image/png;base64,' + png;";

/// How many of a thousand squares of 16 pixels differ by more than the tolerance; -1 for
/// pictures of different sizes.
const DIFFER: &str = "
    const [one, other, tolerance, done] = arguments;
    const load = (text) => new Promise((yes) => { const image = new Image(); image.onload = () => yes(image); image.src = 'data:image/webp;base64,' + text; });
    Promise.all([load(one), load(other)]).then((images) => {
        if (images[0].width !== images[1].width || images[0].height !== images[1].height) { done(-1); return; }
        const grey = images.map((image) => {
            const canvas = document.createElement('canvas');
            canvas.width = Math.ceil(image.width / 16); canvas.height = Math.ceil(image.height / 16);
            const pen = canvas.getContext('2d');
            pen.imageSmoothingQuality = 'high';
            pen.drawImage(image, 0, 0, canvas.width, canvas.height);
            return pen.getImageData(0, 0, canvas.width, canvas.height).data;
        });
        let far = 0;
        for (let at = 0; at < grey[0].length; at += 4) {
            const apart = Math.max(...[0, 1, 2].map((part) => Math.abs(grey[0][at + part] - grey[1][at + part])));
            if (apart > tolerance) far += 1;
        }
        done(far * 4000 / grey[0].length);
    });";

async fn run(screen: &Screen, script: &str, arguments: Vec<Value>) -> Value {
    screen.client.execute_async(script, arguments).await.expect("the browser compares")
}

/// One page to be pictured.
struct Page<'a> {
    name: &'a str,
    login: &'a str,
    path: String,
    /// Whether its form is sent as it stands.
    send: bool,
}

/// Compares the pages as they are one day at one size; gives what is wrong.
async fn compare(app: &TestApp, pages: Vec<Page<'_>>, device: Device, size: &str) -> Vec<String> {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let screen = Screen::open(app, device).await;
    let renew = std::env::var("HUIFA_PICTURES").is_ok_and(|value| value == "renew");
    let mut wrong = Vec::new();
    let mut wearing = "";
    for Page { name, login, path, send } in pages {
        if login.is_empty() {
            screen.go("/healthz").await;
            screen.client.delete_all_cookies().await.expect("no cookies");
            screen.script("document.cookie = 'huifa_theme=light; path=/'").await;
            wearing = "";
        } else if login != wearing {
            let id = app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await;
            screen.wear(app.browser_of(id).await.cookie()).await;
            screen.script("document.cookie = 'huifa_theme=light; path=/'").await;
            wearing = login;
        }
        screen.go(&path).await;
        if send {
            screen.script("document.querySelector('main form:not(.filters)').requestSubmit()").await;
            screen.find("main .error-summary").await;
        }
        // A caret blinks.
        screen.script("document.activeElement?.blur()").await;
        let png = screen.client.screenshot().await.expect("a picture");
        screen.client.goto("about:blank").await.expect("an empty page");
        let small = run(&screen, SMALL, vec![json!(base64.encode(png))]).await;
        let small = small.as_str().expect("a small picture").to_owned();
        let name = format!("{name}-{size}");
        let file = kept(&name, ".webp");
        if renew {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
            std::fs::write(&file, base64.decode(&small).expect("base64")).expect("written");
            continue;
        }
        let Ok(known) = std::fs::read(&file) else {
            wrong.push(format!("{name}: no picture to compare with"));
            continue;
        };
        let differ = run(&screen, DIFFER, vec![json!(base64.encode(known)), json!(small), json!(TOLERANCE)]).await;
        let differ = differ.as_f64().unwrap_or(-1.0);
        if !(0.0..=SQUARES_OF_THOUSAND).contains(&differ) {
            std::fs::write(kept(&name, ".new.webp"), base64.decode(&small).expect("base64")).expect("written");
            wrong.push(format!("{name}: {differ:.1} of a thousand squares differ"));
        }
    }
    wrong
}

async fn compare_in_february(device: Device, size: &str) {
    let app = lived(Day::February).await;
    let page = |&(name, login, path): &(&'static str, &'static str, &str), send| Page {
        name,
        login,
        path: path.to_owned(),
        send,
    };
    let pages = PAGES.iter().map(|it| page(it, false)).chain(WRONG.iter().map(|it| page(it, true))).collect();
    let wrong = compare(&app, pages, device, size).await;
    assert!(wrong.is_empty(), "{wrong:#?}\nIf the change is meant: HUIFA_PICTURES=renew");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_pages_look_as_they_were_looked_at_on_an_office_pc() {
    compare_in_february(Device::Desk, "desk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_pages_look_as_they_were_looked_at_on_a_telephone() {
    compare_in_february(Device::Phone, "phone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_and_payments_look_as_they_were_looked_at_at_both_sizes() {
    let app = lived(Day::June).await;
    let mut wrong = Vec::new();
    for (device, size) in [(Device::Desk, "desk"), (Device::Phone, "phone")] {
        let mut pages = Vec::new();
        for &(name, login, path, number) in LATER {
            let path = match number {
                "" => path.to_owned(),
                sql => path.replace("{}", &app.scalar_i64(sql).await.to_string()),
            };
            pages.push(Page { name, login, path, send: false });
        }
        wrong.extend(compare(&app, pages, device, size).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}\nIf the change is meant: HUIFA_PICTURES=renew");
}
