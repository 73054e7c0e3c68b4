//! What a person may be told when something does not go.
//!
//! Mistakes in a form are values, shown on the form again; everything else is one
//! of these. What happened inside is logged once, under a reference, and never shown.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::secrets::SealError;
use crate::web::constraints;

/// Why a request was not carried out. Nothing was changed in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The thing does not exist, or lies outside what this account may see.
    #[error("not found")]
    NotFound,
    /// The role does not allow it; the text says what is needed.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// A rule refuses it as things stand now; the text says why and what to do.
    #[error("refused: {0}")]
    Refused(String),
    /// The request itself cannot be used; the text says what is wrong with it.
    #[error("unusable: {0}")]
    Unusable(String),
    /// Somebody must sign in first; then the path is opened.
    #[error("sign-in required")]
    SignInRequired {
        /// The page that was asked for, or whose form was sent.
        next: String,
        /// A form was sent, and what was in it is not saved.
        lost_form: bool,
    },
    /// More than anybody needs in a short time.
    #[error("too many")]
    TooMany {
        /// After so many seconds it goes on.
        seconds: u32,
    },
    /// The password must be changed before anything else.
    #[error("password change required")]
    PasswordChangeRequired,
    /// The role signs in with a second factor, which must be set up first.
    #[error("second factor required")]
    SecondFactorRequired,
    /// This form was already carried out; its result is at the location.
    #[error("already done")]
    AlreadyDone {
        /// Where the first press was sent.
        location: String,
    },
    /// A fault of ours.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl AppError {
    /// A rule's refusal in words.
    pub fn refused(text: impl Into<String>) -> AppError {
        AppError::Refused(text.into())
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> AppError {
        match constraints::sentence(&error) {
            Some(sentence) => AppError::Refused(sentence.to_owned()),
            None => AppError::Internal(error.into()),
        }
    }
}

impl From<SealError> for AppError {
    fn from(error: SealError) -> AppError {
        AppError::Internal(error.into())
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> AppError {
        AppError::Internal(error.into())
    }
}

/// Travels with an error response to the layer that draws the page.
#[derive(Clone, Debug)]
pub struct ErrorNote {
    /// The heading.
    pub title: String,
    /// What happened and what to do, in words.
    pub text: String,
    /// A number to quote to the administrator, for faults of ours.
    pub reference: Option<String>,
}

impl ErrorNote {
    /// An answer that the drawing layer makes a page of.
    pub fn answer(status: StatusCode, title: &str, text: &str) -> Response {
        ErrorNote { title: title.to_owned(), text: text.to_owned(), reference: None }.with(status)
    }

    fn with(self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, title, text, reference) = match self {
            AppError::SignInRequired { next, lost_form } => {
                let pairs = [("next", next.as_str()), ("after", "lost")];
                let query = serde_html_form::to_string(if lost_form { &pairs[..] } else { &pairs[..1] });
                let query = query.unwrap_or_default();
                return Redirect::to(&format!("/sign-in?{query}")).into_response();
            }
            AppError::PasswordChangeRequired => return Redirect::to("/password").into_response(),
            AppError::SecondFactorRequired => return Redirect::to("/second-factor").into_response(),
            AppError::AlreadyDone { location } => return Redirect::to(&location).into_response(),
            AppError::TooMany { seconds } => {
                let text = "短时间内打开或者取出的内容太多，这一次没有办理。请稍等几分钟再继续；确需大量取用的，请与系统管理员联系。";
                let mut response = ErrorNote::answer(StatusCode::TOO_MANY_REQUESTS, "操作太频繁", text);
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                return response;
            }
            AppError::NotFound => (
                StatusCode::NOT_FOUND,
                "没有找到这个页面",
                "地址可能写错了，或者内容不在您可以查看的范围内。".to_owned(),
                None,
            ),
            AppError::Forbidden(text) => (StatusCode::FORBIDDEN, "您没有这项权限", text, None),
            AppError::Refused(text) => (StatusCode::CONFLICT, "没有办理", text, None),
            AppError::Unusable(text) => (StatusCode::UNPROCESSABLE_ENTITY, "无法识别提交的内容", text, None),
            AppError::Internal(error) => {
                let reference = reference();
                tracing::error!(reference, error = format!("{error:#}"), "a request failed");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "系统出现故障",
                    "您的操作没有完成，数据没有改动。请稍后重试；如仍不行，请把下面的编号告诉系统管理员。".to_owned(),
                    Some(reference),
                )
            }
        };
        ErrorNote { title: title.to_owned(), text, reference }.with(status)
    }
}

/// A short number that finds the failure in the log.
fn reference() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
    id.chars().take(8).collect()
}
