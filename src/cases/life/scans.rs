//! Where scans lie: in a folder outside every web root, named by their checksum.

use std::path::PathBuf;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use sha2::{Digest as _, Sha256};

use super::papers::StoredScan;
use crate::cases::documents::uploads::{Media, sniff};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::Answer;

/// A scan does nothing and is part of no page.
const UNDER_GUARD: &str = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox";

fn folder(state: &AppState) -> Result<PathBuf, AppError> {
    state.config.upload_dir().map_err(AppError::Internal)
}

fn path_of(state: &AppState, sha256: &str) -> Result<PathBuf, AppError> {
    // The name is sixty-four hexadecimal digits by the database's own constraint.
    let head: String = sha256.chars().take(2).collect();
    Ok(folder(state)?.join(head).join(sha256))
}

/// Looks at a file and puts it into the store; the same content lies there once.
///
/// # Errors
/// [`AppError::Unusable`] in the words of a form for a file that may not be kept.
pub(super) async fn keep(state: &AppState, bytes: &[u8]) -> Result<StoredScan, AppError> {
    let media = sniff(bytes).map_err(AppError::Unusable)?;
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = path_of(state, &sha256)?;
    let failed = |error: std::io::Error| AppError::Internal(anyhow::Error::new(error).context("storing a scan"));
    if let Some(parent) = path.parent() {
        tokio::fs::create_dir_all(parent).await.map_err(failed)?;
    }
    if !tokio::fs::try_exists(&path).await.map_err(failed)? {
        let temporary = path.with_extension(uuid::Uuid::new_v4().simple().to_string());
        tokio::fs::write(&temporary, bytes).await.map_err(failed)?;
        tokio::fs::rename(&temporary, &path).await.map_err(failed)?;
    }
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    Ok(StoredScan { sha256, bytes: length, media_type: media.media_type() })
}

/// Gives a scan out. Its checksum is looked at again: a changed file is not given.
///
/// # Errors
/// When the file is missing or was changed.
pub(super) async fn give(state: &AppState, sha256: &str, media_type: &str, title: &str) -> Answer {
    let path = path_of(state, sha256)?;
    let bytes = tokio::fs::read(&path)
        .await
        .map_err(|error| AppError::Internal(anyhow::Error::new(error).context(format!("reading the scan {sha256}"))))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != sha256 {
        return Err(AppError::Internal(anyhow::anyhow!("the scan {sha256} was changed on disk")));
    }
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let name: String = title.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let disposition = format!("inline; filename*=UTF-8''{name}.{}", Media::ending(media_type));
    for (key, value) in [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, UNDER_GUARD.to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(key, value);
        }
    }
    Ok(response)
}
