//! The files of `static/`, embedded in the program and served under names that
//! carry their hash, so that a browser may keep them for ever and still sees a
//! new version at once. Compression is left to the layer around the router.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::routes::Routes;
use crate::state::AppState;

/// How many hexadecimal digits of the hash stand in the address.
const HASH_DIGITS: usize = 12;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ONE_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(rust_embed::Embed)]
#[folder = "static/"]
struct Files;

/// The address of every file by its name, reckoned once.
static ADDRESSES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let hash = short_hash(&file.metadata.sha256_hash());
            Some((name.to_string(), format!("/static/{hash}/{name}")))
        })
        .collect()
});

/// The hashed address of a file of `static/`, for templates: `huifa.css` gives
/// `/static/1f2e3d4c5b6a/huifa.css`. An unknown name gives an address that
/// answers 404, and a line in the log.
#[must_use]
pub fn asset(path: &str) -> &'static str {
    ADDRESSES.get(path).map_or_else(
        || {
            tracing::error!(path, "a template asks for an asset that does not exist");
            "/static/none/unknown"
        },
        String::as_str,
    )
}

/// The routes of the assets: `/static/{hash}/{name}` and `/favicon.ico`.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).file("/static/{hash}/{*name}", serve).file("/favicon.ico", favicon)
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    // While two versions run side by side, an old page may ask the new program:
    // it gets today's file, and is told not to keep it under yesterday's name.
    let is_current = ADDRESSES.get(&name).is_some_and(|address| *address == format!("/static/{hash}/{name}"));
    let keep = if is_current { FOR_EVER } else { ASK_AGAIN };
    respond(&name, keep, &headers)
}

async fn favicon(headers: HeaderMap) -> Response {
    respond("favicon.svg", ONE_DAY, &headers)
}

fn respond(name: &str, keep: HeaderValue, request: &HeaderMap) -> Response {
    let Some(file) = Files::get(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| {
        // A compressing layer turns the tag into a weak one.
        tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind_of(name))),
        (header::CACHE_CONTROL, keep),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, file.data.into_owned()).into_response()
    }
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn short_hash(bytes: &[u8]) -> String {
    hex(bytes).chars().take(HASH_DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    async fn ask(path: &str, tag: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let files = axum::Router::new()
            .route("/static/{hash}/{*name}", axum::routing::MethodRouter::new().get(serve))
            .route("/favicon.ico", axum::routing::MethodRouter::new().get(favicon));
        files.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_hashed_name_may_be_kept_for_ever_and_an_old_one_not() {
        let current = ask(asset("huifa.css"), None).await;
        assert_eq!(current.status(), StatusCode::OK);
        assert_eq!(current.headers()[header::CACHE_CONTROL], FOR_EVER);
        assert_eq!(current.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let old = ask("/static/000000000000/huifa.css", None).await;
        assert_eq!(old.headers()[header::CACHE_CONTROL], ASK_AGAIN);
        let none = ask("/static/000000000000/none.css", None).await;
        assert_eq!(none.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_known_tag_even_a_weak_one_gets_no_body() {
        let first = ask("/favicon.ico", None).await;
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
            let again = ask("/favicon.ico", Some(&known)).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        }
    }

    #[test]
    fn every_asset_a_template_names_exists() {
        for name in ["huifa.css", "parts.css", "print.css", "huifa.js", "mark.svg", "favicon.svg"] {
            assert!(Files::get(name).is_some(), "static/{name} is missing");
        }
    }
}
