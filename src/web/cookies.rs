//! The cookies: the session's, the known browser's, the half sign-in's, and those of how pages look.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::parts::Rows;

/// A cookie's name, and the same bound to this host by its prefix, over TLS.
struct Name(&'static str, &'static str);

impl Name {
    fn of(&self, secure: bool) -> &'static str {
        if secure { self.1 } else { self.0 }
    }

    /// What is kept under it, bound or not: how pages look is nobody's secret.
    fn kept(&self, headers: &HeaderMap) -> Option<String> {
        let jar = CookieJar::from_headers(headers);
        jar.get(self.1).or_else(|| jar.get(self.0)).map(|cookie| cookie.value().to_owned())
    }
}

/// The large-print mode's cookie.
const LARGE_PRINT: Name = Name("huifa_print", "__Host-huifa-print");

/// The cookie of the colours.
const THEME: Name = Name("huifa_theme", "__Host-huifa-theme");

/// The cookie of how many rows of a list are shown at once.
const ROWS: Name = Name("huifa_rows", "__Host-huifa-rows");

/// The cookie of the accounts whose hints were put away on this browser.
const HINTS: Name = Name("huifa_hints", "__Host-huifa-hints");
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
    LARGE_PRINT.kept(headers).is_some_and(|kept| kept == "large")
}

/// The choice of large print, kept for years.
pub fn print_choice(large: bool, secure: bool) -> Cookie<'static> {
    let mut cookie = build(LARGE_PRINT.of(secure), if large { "large" } else { "normal" }.to_owned(), secure);
    cookie.make_permanent();
    cookie
}

/// `light` or `dark` where the reader has chosen, else empty.
pub fn theme(headers: &HeaderMap) -> &'static str {
    match THEME.kept(headers).as_deref() {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

/// The choice of colours, kept for years; anything but `light` and `dark` follows the system.
pub fn theme_choice(theme: &str, secure: bool) -> Cookie<'static> {
    let kept = if matches!(theme, "light" | "dark") { theme } else { "system" };
    let mut cookie = build(THEME.of(secure), kept.to_owned(), secure);
    cookie.make_permanent();
    cookie
}

/// How many rows of a list the reader has chosen to see at once.
pub fn rows(headers: &HeaderMap) -> Rows {
    Rows::of(&ROWS.kept(headers).unwrap_or_default())
}

/// The choice of rows, kept for years.
pub fn rows_choice(rows: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = build(ROWS.of(secure), Rows::of(rows).shown().to_string(), secure);
    cookie.make_permanent();
    cookie
}

/// The accounts whose hints were put away.
pub fn hints_away(headers: &HeaderMap) -> Vec<i64> {
    let kept = HINTS.kept(headers).unwrap_or_default();
    kept.split('.').take(MOST_ACCOUNTS).filter_map(|id| id.parse().ok()).collect()
}

/// Puts the hints of an account away on this browser, beside those of others.
pub fn put_hints_away(headers: &HeaderMap, account: i64, secure: bool) -> Cookie<'static> {
    let mut accounts = hints_away(headers);
    accounts.retain(|known| *known != account);
    accounts.insert(0, account);
    let text: Vec<String> = accounts.iter().take(MOST_ACCOUNTS).map(i64::to_string).collect();
    let mut cookie = build(HINTS.of(secure), text.join("."), secure);
    cookie.make_permanent();
    cookie
}
