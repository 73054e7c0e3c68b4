//! The cookies: the session's, the known browser's, the half sign-in's, the large print's.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

/// The large-print mode's cookie.
const LARGE_PRINT: &str = "huifa_print";

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
