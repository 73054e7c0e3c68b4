//! What an address names: a number, a month, a year.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::AppError;

/// The blanks of a route's path as their types; an address in which one does not read as
/// such is a page that does not exist.
#[derive(Debug, Clone, Copy)]
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<InPath<T>, AppError> {
        let named = Path::<T>::from_request_parts(parts, state).await;
        named.map(|Path(named)| InPath(named)).map_err(|_| AppError::NotFound)
    }
}
