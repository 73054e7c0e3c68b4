//! The cookies: the session's, the known browser's, the half sign-in's, and those of how pages look.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::parts::Rows;

/// The large-print mode's cookie.
const LARGE_PRINT: &str = "huifa_print";

/// The cookie of the colours.
const THEME: &str = "huifa_theme";

/// The cookie of how many rows of a list are shown at once.
const ROWS: &str = "huifa_rows";

/// The cookie of the accounts whose hints were put away on this browser.
const HINTS: &str = "huifa_hints";
/// A shared computer remembers so many accounts.
const MOST_ACCOUNTS: usize = 30;

/// The session cookie's name; over TLS it is bound to this host by its prefix.
pub fn session_name(secure: bool) -> &'static str {
    if secure { "__Host-huifa" } else { "huifa" }
}

/// The name of the cookie by which a browser is known to have been signed in before.
pub fn device_name(secure: bool) -> &'static str {
    if secure { "__Host-huifa-device" } else { "huifa_device" }
}

/// The name of the cookie between the password and the one-time code.
pub fn step_name(secure: bool) -> &'static str {
    if secure { "__Host-huifa-step" } else { "huifa_step" }
}

/// The name of the cookie that a passkey's challenge at the sign-in is kept under.
pub fn passkey_name(secure: bool) -> &'static str {
    if secure { "__Host-huifa-passkey" } else { "huifa_passkey" }
}

/// The browser's own cookie; kept for years, it counts for as long as the server says.
pub fn device(value: String, secure: bool) -> Cookie<'static> {
    let mut cookie = build(device_name(secure), value, secure);
    cookie.make_permanent();
    cookie
}

/// A cookie that scripts cannot read and other sites do not send.
pub fn build(name: &'static str, value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax).secure(secure).build()
}

/// Whether large print is switched on.
pub fn large_print(headers: &HeaderMap) -> bool {
    CookieJar::from_headers(headers).get(LARGE_PRINT).is_some_and(|cookie| cookie.value() == "large")
}

/// The choice of large print, kept for years.
pub fn print_choice(large: bool, secure: bool) -> Cookie<'static> {
    let mut cookie = build(LARGE_PRINT, if large { "large" } else { "normal" }.to_owned(), secure);
    cookie.make_permanent();
    cookie
}

/// `light` or `dark` where the reader has chosen, else empty.
pub fn theme(headers: &HeaderMap) -> &'static str {
    match CookieJar::from_headers(headers).get(THEME).map(Cookie::value) {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

/// The choice of colours, kept for years; anything but `light` and `dark` follows the system.
pub fn theme_choice(theme: &str, secure: bool) -> Cookie<'static> {
    let kept = if matches!(theme, "light" | "dark") { theme } else { "system" };
    let mut cookie = build(THEME, kept.to_owned(), secure);
    cookie.make_permanent();
    cookie
}

/// How many rows of a list the reader has chosen to see at once.
pub fn rows(headers: &HeaderMap) -> Rows {
    Rows::of(CookieJar::from_headers(headers).get(ROWS).map(Cookie::value).unwrap_or_default())
}

/// The choice of rows, kept for years.
pub fn rows_choice(rows: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = build(ROWS, Rows::of(rows).shown().to_string(), secure);
    cookie.make_permanent();
    cookie
}

/// The accounts whose hints were put away.
pub fn hints_away(headers: &HeaderMap) -> Vec<i64> {
    let jar = CookieJar::from_headers(headers);
    let kept = jar.get(HINTS).map(Cookie::value).unwrap_or_default();
    kept.split('.').take(MOST_ACCOUNTS).filter_map(|id| id.parse().ok()).collect()
}

/// Puts the hints of an account away on this browser, beside those of others.
pub fn put_hints_away(headers: &HeaderMap, account: i64, secure: bool) -> Cookie<'static> {
    let mut accounts = hints_away(headers);
    accounts.retain(|known| *known != account);
    accounts.insert(0, account);
    let text: Vec<String> = accounts.iter().take(MOST_ACCOUNTS).map(i64::to_string).collect();
    let mut cookie = build(HINTS, text.join("."), secure);
    cookie.make_permanent();
    cookie
}
