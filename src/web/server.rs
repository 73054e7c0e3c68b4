//! Serving: hyper with the defences that a plain accept loop lacks, and the layers around every route.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::handler::Handler as _;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Instrument as _;

use super::layout::Asked;
use super::routes::{Declared, guard};
use super::stalled::Patient;
use super::watch;
use super::{error_page, refusals};
use crate::error::{AppError, ErrorNote};
use crate::state::AppState;

/// The header of the number under which a request stands in the log.
const REQUEST_NUMBER: HeaderName = HeaderName::from_static("x-request-id");

/// A form's body, at most.
const LARGEST_FORM: usize = 256 * 1024;
/// A scan with its form, at most; the room that keeps scans has its own, smaller limit.
const LARGEST_UPLOAD: usize = 7 * 1024 * 1024;
/// A body up to here is read to its end before it is refused, so that the browser
/// gets to see why; a larger one is cut off.
const LARGEST_DRAINED: usize = 8 * 1024 * 1024;
/// A request's headers, at most: hyper answers 431 beyond.
const LARGEST_HEADERS: usize = 64 * 1024;

/// How long, and how many at once, the server puts up with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; others wait to be accepted.
    pub connections: usize,
    /// From the opening of a connection, or its last answer, to the end of the next headers.
    pub headers: Duration,
    /// From the headers to the end of the body.
    pub body: Duration,
    /// For the work on a request that has arrived whole.
    pub work: Duration,
    /// Without the client taking one byte of the answer.
    pub stalled: Duration,
    /// For open requests after the signal to stop.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1_024,
            headers: Duration::from_secs(10),
            body: Duration::from_secs(20),
            work: Duration::from_secs(30),
            stalled: Duration::from_secs(30),
            farewell: Duration::from_secs(10),
        }
    }
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the layers around the routes.
pub fn layered(state: &AppState, routes: Router<AppState>) -> Router {
    let secure = state.config.secure_cookies;
    // An address that leads nowhere is shown in the frame of whoever asked.
    let framed = || from_fn_with_state((state.clone(), Declared::nowhere()), guard);
    let mut router = routes
        .fallback((|| async { AppError::NotFound }).layer(framed()))
        .method_not_allowed_fallback(method_not_allowed.layer(framed()))
        .layer(from_fn(run_changes_to_their_end))
        .layer(CatchPanicLayer::custom(|_| AppError::Internal(anyhow::anyhow!("a handler panicked")).into_response()))
        .layer(from_fn(limit_time))
        .layer(from_fn(read_body_first))
        .layer(CsrfLayer::new().with_rejection_response(|_| foreign_origin()))
        .layer(from_fn(refuse_malformed))
        .layer(from_fn_with_state(state.clone(), draw_remaining_errors))
        .layer(from_fn(keep_pages_private));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)));
    }
    if secure {
        router = router.layer(SetResponseHeaderLayer::if_not_present(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        ));
    }
    router
        .layer(from_fn(watch::count))
        .layer(CompressionLayer::new())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            // Paths only: a query string may hold what somebody searched for.
            TraceLayer::new_for_http().make_span_with(|request: &axum::http::Request<_>| {
                let number = request.headers().get(REQUEST_NUMBER).and_then(|number| number.to_str().ok());
                tracing::info_span!("request", number, method = %request.method(), path = request.uri().path())
            }),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(from_fn(forget_foreign_number))
        .with_state(state.clone())
}

async fn method_not_allowed() -> Response {
    ErrorNote::answer(
        StatusCode::METHOD_NOT_ALLOWED,
        "不能这样打开这个地址",
        "这个地址只用于提交表单。请从导航进入相应页面。",
    )
}

fn foreign_origin() -> Response {
    ErrorNote::answer(
        StatusCode::FORBIDDEN,
        "没有办理",
        "这个请求不是从本站的页面发出的，系统没有受理。请从本站页面重新操作。",
    )
}

fn too_large(uploads: bool) -> Response {
    let text = if uploads {
        "扫描件最大6MB，没有保存。请降低扫描分辨率或者分成几份，再重新提交。"
    } else {
        "一次最多提交256KB，没有保存。请返回上一页，减少内容后重新提交。"
    };
    ErrorNote::answer(StatusCode::PAYLOAD_TOO_LARGE, "提交的内容过大", text)
}

fn limits_of(request: &Request) -> Limits {
    request.extensions().get().copied().unwrap_or_default()
}

/// The number of a request is ours: a client's own would go into the log and the audit trail.
async fn forget_foreign_number(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(REQUEST_NUMBER);
    next.run(request).await
}

/// A change whose browser goes away in the middle runs to its end all the same: a
/// cancelled transaction must never hand its connection on half open.
async fn run_changes_to_their_end(request: Request, next: Next) -> Response {
    if is_read(request.method()) {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => AppError::Internal(error.into()).into_response(),
    }
}

fn is_read(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(limits_of(&request).work, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ErrorNote::answer(
            StatusCode::SERVICE_UNAVAILABLE,
            "系统繁忙",
            "处理时间过长。请稍后查看结果，不要反复提交。",
        ),
    }
}

/// Takes a body in whole before anybody works on it: a client that sends slowly, or
/// goes away in the middle, never holds a transaction.
async fn read_body_first(request: Request, next: Next) -> Response {
    if is_read(request.method()) {
        return next.run(request).await;
    }
    let deadline = limits_of(&request).body;
    let (parts, body) = request.into_parts();
    let uploads = parts.uri.path().ends_with("/scans");
    let largest = if uploads { LARGEST_UPLOAD } else { LARGEST_FORM };
    match tokio::time::timeout(deadline, take_in(body, largest)).await {
        Ok(Ok(Some(whole))) => next.run(Request::from_parts(parts, Body::from(whole))).await,
        Ok(Ok(None)) => too_large(uploads),
        Ok(Err(_)) => {
            ErrorNote::answer(StatusCode::BAD_REQUEST, "提交的内容不完整", "内容在传送中断开，没有保存。请重新提交。")
        }
        Err(_) => ErrorNote::answer(
            StatusCode::REQUEST_TIMEOUT,
            "提交的内容没有传完",
            "网络太慢，内容没有传完，没有保存。请检查网络后重新提交。",
        ),
    }
}

/// The whole body; `None` when it is larger than a form may be.
async fn take_in(mut body: Body, largest: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut whole = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= largest {
            whole.extend_from_slice(&data);
        } else if length > LARGEST_DRAINED {
            break;
        }
    }
    Ok((length <= largest).then_some(whole))
}

/// Refuses what no browser of a person at work sends, before anything is done for it.
async fn refuse_malformed(request: Request, next: Next) -> Response {
    let malformed = |text: &str| ErrorNote::answer(StatusCode::BAD_REQUEST, "无法识别这个请求", text);
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return malformed("请求没有写明要访问的主机，或者写了多个。请用浏览器重新打开。");
    }
    let host = request.headers().get(header::HOST).map_or(Ok(""), HeaderValue::to_str);
    if !host.is_ok_and(|host| host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c))) {
        return malformed("请求中的主机名无法识别。请用浏览器重新打开。");
    }
    // Every form says its length. Without chunks no two programs on the way can see its end
    // in two places (RFC 9112, 6.1), and hyper hides whether a length stood beside them.
    if request.headers().contains_key(header::TRANSFER_ENCODING) {
        let text = "请求没有写明内容的长度，系统没有受理。请用浏览器重新提交。";
        return ErrorNote::answer(StatusCode::LENGTH_REQUIRED, "无法识别这个请求", text);
    }
    // PostgreSQL stores no NUL, and no address of ours has one.
    if request.uri().path_and_query().is_some_and(|asked| asked.as_str().contains("%00")) {
        return malformed("地址中有无法识别的字符。请从导航重新进入。");
    }
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > LARGEST_DRAINED as u64) {
        return too_large(request.uri().path().ends_with("/scans"));
    }
    next.run(request).await
}

/// Pages hold personal data: only what says otherwise (assets) may be kept by a cache.
async fn keep_pages_private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Errors of the layers themselves, which no account's frame surrounds.
async fn draw_remaining_errors(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asked = Asked::of(request.method(), request.uri(), request.headers());
    let response = next.run(request).await;
    // Refused before it came to any route.
    if let Some((status, _)) = error_page::note_of(&response).filter(|(status, _)| status.is_client_error()) {
        refusals::in_the_log(status);
    }
    let mut drawn = error_page::draw(&state, None, &asked, response);
    if drawn.status() == StatusCode::LENGTH_REQUIRED {
        // What stands behind such a request on its connection is not looked at.
        drawn.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    drawn
}

/// Serves until `stop` resolves, then lets the open requests finish for a moment.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    serve_within(Limits::default(), listener, router, stop).await
}

/// The same within limits of one's own.
///
/// # Errors
/// When the listener fails.
pub async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_headers(100)
        .max_buf_size(LARGEST_HEADERS)
        .keep_alive(true);
    tokio::pin!(stop);
    loop {
        // A connection is accepted once there is a place for it; the others wait in the queue of the system.
        let accepted = async { (Arc::clone(&places).acquire_owned().await, listener.accept().await) };
        let (place, (stream, peer)) = tokio::select! {
            (place, accepted) = accepted => match accepted {
                Ok(accepted) => (place?, accepted),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            request.extensions_mut().insert(limits);
            router.clone().oneshot(request)
        });
        let stream = TokioIo::new(Patient::new(stream, limits.stalled));
        let connection = graceful.watch(builder.serve_connection(stream, service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(limits.farewell) => tracing::warn!("some requests did not finish in time"),
    }
    Ok(())
}
