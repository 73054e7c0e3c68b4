//! The one way in which a changing form is read: the guard of its route has checked its
//! token and once-key, or it is not read at all.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use percent_encoding::percent_decode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::actor::Actor;
use super::multipart;
use crate::error::AppError;

/// No form has more fields.
const MOST_FIELDS: usize = 4_000;
/// No field is longer as sent, where a Chinese character takes nine bytes.
const LARGEST_FIELD: usize = 64 * 1024;

/// The key that makes pressing twice do one thing. It counts for one form of one
/// account: what another form or another account does with the same key is something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnceKey {
    key: Uuid,
    form: i64,
}

impl OnceKey {
    /// A new key, for a form about to be shown.
    pub fn new() -> OnceKey {
        OnceKey { key: Uuid::new_v4(), form: 0 }
    }

    /// The key that a form posted to `path` carried.
    fn of(key: Uuid, path: &str) -> OnceKey {
        let digest = Sha256::digest(path.as_bytes());
        let form = digest.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
        OnceKey { key, form }
    }

    /// The key itself, as the form carries it.
    pub fn key(self) -> Uuid {
        self.key
    }

    /// The address that the form was posted to, as a number.
    pub fn form(self) -> i64 {
        self.form
    }
}

impl Default for OnceKey {
    fn default() -> OnceKey {
        OnceKey::new()
    }
}

impl std::fmt::Display for OnceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.key.fmt(f)
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

/// A step of a thing that others work on too: the version that was seen, and the reason
/// where one is given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepForm {
    version: String,
    /// Why, as typed.
    pub reason: String,
}

impl StepForm {
    /// The version of the page, where it names one.
    ///
    /// # Errors
    ///
    /// What is no version was not written by a page.
    pub fn version(&self) -> Result<Option<i32>, AppError> {
        match self.version.as_str() {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|_| AppError::refused("页面的版本无法识别，请刷新页面后再办理。")),
        }
    }
}

/// A form without an account (sign-in, set-up); the origin check of the server guards it.
#[derive(Debug)]
pub struct PublicPosted<T>(pub T);

/// What every form of a signed-in person carries.
#[derive(Deserialize)]
pub(super) struct Guard {
    #[serde(default)]
    token: String,
    #[serde(default)]
    once: String,
}

/// Checks the token and the once-key of a posted form, before its handler sees it; the
/// key travels on beside the form.
///
/// # Errors
/// [`AppError::Forbidden`] for a form that this session was not given.
pub(super) async fn admit<S: Send + Sync>(actor: &Actor, request: Request, state: &S) -> Result<Request, AppError> {
    let (mut parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if let Some(boundary) = kind.and_then(multipart::boundary) {
        let read = with_file(&boundary, body).await?;
        let guard = check_token(&read.typed, actor)?;
        let once = Uuid::parse_str(&guard.once)
            .map_err(|_| AppError::Unusable("表单缺少提交编号，请刷新页面后重新填写。".to_owned()))?;
        parts.extensions.insert(OnceKey::of(once, parts.uri.path()));
        parts.extensions.insert(read);
        return Ok(Request::from_parts(parts, Body::empty()));
    }
    let body = body_of(Request::new(body), state).await?;
    let guard = check_token(&body, actor)?;
    let once = Uuid::parse_str(&guard.once)
        .map_err(|_| AppError::Unusable("表单缺少提交编号，请刷新页面后重新填写。".to_owned()))?;
    parts.extensions.insert(OnceKey::of(once, parts.uri.path()));
    Ok(Request::from_parts(parts, Body::from(body)))
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Posted<T>, AppError> {
        // Put there by the guard of a route that was declared as a form.
        let Some(once) = request.extensions().get::<OnceKey>().copied() else {
            return Err(AppError::Internal(anyhow::anyhow!("a form was read whose token nobody checked")));
        };
        let body = body_of(request, state).await?;
        Ok(Posted { form: parse(&body)?, once })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for PublicPosted<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<PublicPosted<T>, AppError> {
        let body = body_of(request, state).await?;
        Ok(PublicPosted(parse(&body)?))
    }
}

/// A form of a signed-in person with one file.
#[derive(Debug)]
pub struct PostedFile<T> {
    /// What was typed.
    pub form: T,
    /// The file's content; its name is not looked at.
    pub file: Vec<u8>,
    /// The form's once-key.
    pub once: OnceKey,
}

/// The largest form with a file.
const LARGEST: usize = 7 * 1024 * 1024;

/// A form with a file as it arrived: its text fields as any other form would send them.
#[derive(Clone, Debug)]
struct WithFile {
    typed: Vec<u8>,
    file: Vec<u8>,
}

async fn with_file(boundary: &str, body: Body) -> Result<WithFile, AppError> {
    let unusable = || AppError::Unusable("没有收到完整的文件，请返回上一页重新选择。".to_owned());
    let body = axum::body::to_bytes(body, LARGEST).await.map_err(|_| unusable())?;
    let parts = multipart::parts(boundary, &body).ok_or_else(unusable)?;
    let mut fields = Vec::new();
    for part in parts.iter().filter(|part| !part.is_file) {
        let value = std::str::from_utf8(part.content).map_err(|_| unusable())?;
        fields.push((part.name.as_str(), value));
    }
    let typed = serde_html_form::to_string(&fields).map_err(|_| unusable())?;
    if typed.contains("%00") {
        return Err(unusable());
    }
    let typed = readable(typed.into())?;
    refuse_broken_lines(&fields)?;
    let mut files = parts.iter().filter(|part| part.is_file);
    let file = files.next().map(|part| part.content.to_vec()).unwrap_or_default();
    if files.next().is_some() {
        return Err(AppError::Unusable("一次只能上传一个文件，没有保存。请返回上一页，一个一个地上传。".to_owned()));
    }
    Ok(WithFile { typed: typed.to_vec(), file })
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for PostedFile<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<PostedFile<T>, AppError> {
        let Some(once) = request.extensions().get::<OnceKey>().copied() else {
            return Err(AppError::Internal(anyhow::anyhow!("a form was read whose token nobody checked")));
        };
        let read = match request.extensions().get::<WithFile>().cloned() {
            Some(read) => read,
            // Sent without a file: the page says that one is missing.
            None => WithFile { typed: body_of(request, state).await?.to_vec(), file: Vec::new() },
        };
        Ok(PostedFile { form: parse(&read.typed)?, file: read.file, once })
    }
}

/// Refuses a form that this session's pages did not make.
pub(super) fn check_token(body: &[u8], actor: &Actor) -> Result<Guard, AppError> {
    let guard: Guard = parse(body)?;
    if !bool::from(guard.token.as_bytes().ct_eq(actor.form_token.as_bytes())) {
        return Err(AppError::Forbidden("表单已失效或不是本站发出的。请返回原页面，刷新后重新提交。".to_owned()));
    }
    Ok(guard)
}

pub(super) async fn body_of<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, AppError> {
    let body = Bytes::from_request(request, state)
        .await
        .map_err(|_| AppError::Unusable("提交的内容过大或中途断开，请重试。".to_owned()))?;
    let mut fields = body.split(|byte| *byte == b'&');
    if fields.clone().count() > MOST_FIELDS || fields.any(|field| field.len() > LARGEST_FIELD) {
        return Err(AppError::Unusable("提交的内容过多或某一项过长，没有保存。请减少内容后重新提交。".to_owned()));
    }
    // PostgreSQL stores no NUL, and nobody types one.
    if body.contains(&0) || body.windows(3).any(|three| three == b"%00") {
        return Err(AppError::Unusable("提交的内容中有无法保存的字符，请检查后重新填写。".to_owned()));
    }
    let body = readable(body)?;
    refuse_broken_lines(&parse::<Vec<(String, String)>>(&body)?)?;
    Ok(body)
}

/// A form as it is read. What is no text is not guessed at, and what turns the rest around
/// would make a name look like another one on paper: both are refused. What has no width
/// comes along when text is copied; nobody could find it to take it out, so that is done here.
fn readable(body: Bytes) -> Result<Bytes, AppError> {
    let Ok(text) = percent_decode(&body).decode_utf8() else {
        return Err(AppError::Unusable("提交的内容不是通用的编码（UTF-8），没有保存。请用浏览器重新填写。".to_owned()));
    };
    let hidden = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().any(hidden) {
        let words = "提交的内容中有看不见的控制字符，多半是从别处复制时带来的，没有保存。请删去那一段，手工输入。";
        return Err(AppError::Unusable(words.to_owned()));
    }
    if !text.chars().any(|c| is_unseen(c) || is_variation(c)) {
        return Ok(body);
    }
    let fields: Vec<(String, String)> = parse(&body)?;
    let seen: Vec<_> = fields.iter().map(|(name, value)| (name, without_unseen(value))).collect();
    serde_html_form::to_string(&seen).map(Bytes::from).map_err(|error| AppError::Internal(error.into()))
}

/// A character without width or ink: a name of nothing else would look empty.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}')
}

/// Chooses another shape of the character before it, as some rare names need.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// A text without what nobody sees: no variation stays without its character.
fn without_unseen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_unseen(*c)) {
        if !is_variation(c) || seen.ends_with(|before: char| !before.is_whitespace() && !is_variation(before)) {
            seen.push(c);
        }
    }
    seen
}

/// The fields that the forms show as boxes of several lines; in all others a browser sends one.
pub const OF_MANY_LINES: &[&str] = &[
    "advice",
    "answer",
    "body",
    "content",
    "evidence",
    "facts",
    "faults",
    "gap_reason",
    "legal_basis",
    "means_note",
    "note",
    "notice",
    "numbers",
    "pasted",
    "reason",
    "request",
    "return_reason",
    "summary",
    "wish",
    "words",
];

/// A name of two lines would stand in registers, prints and files as somebody else's second line.
fn refuse_broken_lines(fields: &[(impl AsRef<str>, impl AsRef<str>)]) -> Result<(), AppError> {
    let broken = |(name, value): &(_, _)| {
        let (name, value): (&str, &str) = (AsRef::as_ref(name), AsRef::as_ref(value));
        value.contains(['\n', '\r']) && !OF_MANY_LINES.contains(&name)
    };
    if fields.iter().any(broken) {
        return Err(AppError::Unusable("只能填一行的栏目中有换行，没有保存。请删去换行后重新提交。".to_owned()));
    }
    Ok(())
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    serde_html_form::from_bytes(body)
        .map_err(|_| AppError::Unusable("提交的内容不完整，请刷新页面后重新填写。".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out_and_what_turns_text_around_is_refused() {
        let read = |text: &str| {
            let body = serde_html_form::to_string([("name", text), ("once", "a")]).unwrap();
            readable(body.into()).map(|body| parse::<Vec<(String, String)>>(&body).unwrap()[0].1.clone())
        };
        for (typed, kept) in [
            ("李四", "李四"),
            ("李\u{200b}四\u{feff}", "李四"),
            ("\u{200b}\u{2060}\u{3164}\u{ad}\u{e0041}", ""),
            ("葛\u{e0100}城", "葛\u{e0100}城"),
            ("\u{fe0f} \u{fe0f}", " "),
            ("甲\u{fe00}\u{fe00}", "甲\u{fe00}"),
            ("a\tb\r\nc", "a\tb\r\nc"),
        ] {
            assert_eq!(read(typed).unwrap(), kept, "{typed:?}");
        }
        for turned in
            ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}', '\u{7f}', '\u{9b}']
        {
            assert!(read(&format!("李{turned}四")).is_err(), "{turned:?}");
        }
        assert!(readable(Bytes::from_static(b"name=%FF")).is_err());
    }
}
