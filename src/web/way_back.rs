//! Where somebody is sent afterwards: only to pages of this site.

use axum::http::{HeaderMap, Method, Uri, header};

use crate::error::AppError;

/// The path itself if it leads to a page of this site, whatever a browser makes of it.
pub fn local(path: &str) -> Option<&str> {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(|c| c.is_control() || c.is_whitespace());
    plain.then_some(path)
}

/// The page on which the reader stands: the one asked for, or the one whose form was sent.
pub fn page_of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if *method == Method::GET || *method == Method::HEAD {
        return uri.path_and_query().map(ToString::to_string);
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let referer: Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    if referer.authority()?.as_str() != host {
        return None;
    }
    referer.path_and_query().and_then(|page| local(page.as_str())).map(str::to_owned)
}

/// The answer to somebody who must sign in first, and then comes back.
pub fn sign_in_first(method: &Method, uri: &Uri, headers: &HeaderMap) -> AppError {
    AppError::SignInRequired {
        next: page_of(method, uri, headers).unwrap_or_else(|| "/home".to_owned()),
        lost_form: *method == Method::POST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(method: &Method, uri: &str, referer: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "huifa.test:8080".parse().unwrap());
        headers.insert(header::REFERER, referer.parse().unwrap());
        page_of(method, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn a_form_leads_back_to_its_page_and_never_to_another_site() {
        let page = standing(&Method::POST, "/cases", "http://huifa.test:8080/cases/new?year=2024");
        assert_eq!(page.as_deref(), Some("/cases/new?year=2024"));
        assert_eq!(standing(&Method::POST, "/cases", "http://evil.example/cases/new"), None);
        assert_eq!(standing(&Method::GET, "/cases?q=1", "http://evil.example/").as_deref(), Some("/cases?q=1"));
        assert_eq!(local("//evil.example"), None);
        assert_eq!(local("/\\evil.example"), None);
        assert_eq!(local("/a\nb"), None);
    }
}
