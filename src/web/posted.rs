//! The one way in which a changing form is read: its token and once-key are checked first.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::actor::Actor;
use crate::error::AppError;

/// The key that makes pressing twice do one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnceKey(pub Uuid);

impl OnceKey {
    /// A new key, for a form about to be shown.
    pub fn new() -> OnceKey {
        OnceKey(Uuid::new_v4())
    }
}

impl Default for OnceKey {
    fn default() -> OnceKey {
        OnceKey::new()
    }
}

impl std::fmt::Display for OnceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A form of a signed-in person, as typed.
#[derive(Debug)]
pub struct Posted<T> {
    /// What was typed.
    pub form: T,
    /// The form's once-key.
    pub once: OnceKey,
}

/// A form without an account (sign-in, set-up); the origin check of the server guards it.
#[derive(Debug)]
pub struct PublicPosted<T>(pub T);

#[derive(Deserialize)]
struct Guard {
    #[serde(default)]
    token: String,
    #[serde(default)]
    once: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Posted<T>, AppError> {
        let Some(actor) = request.extensions().get::<Actor>().cloned() else {
            return Err(AppError::SignInRequired { next: "/home".to_owned() });
        };
        let body = body_of(request, state).await?;
        let guard: Guard = parse(&body)?;
        if !bool::from(guard.token.as_bytes().ct_eq(actor.form_token.as_bytes())) {
            return Err(AppError::Forbidden("表单已失效或不是本站发出的。请返回原页面，刷新后重新提交。".to_owned()));
        }
        let once = Uuid::parse_str(&guard.once)
            .map_err(|_| AppError::Unusable("表单缺少提交编号，请刷新页面后重新填写。".to_owned()))?;
        Ok(Posted { form: parse(&body)?, once: OnceKey(once) })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for PublicPosted<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<PublicPosted<T>, AppError> {
        let body = body_of(request, state).await?;
        Ok(PublicPosted(parse(&body)?))
    }
}

async fn body_of<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, AppError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|_| AppError::Unusable("提交的内容过大或中途断开，请重试。".to_owned()))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    serde_html_form::from_bytes(body)
        .map_err(|_| AppError::Unusable("提交的内容不完整，请刷新页面后重新填写。".to_owned()))
}
