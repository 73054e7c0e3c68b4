//! Serving: hyper with the defences that a plain accept loop lacks, and the layers around every route.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
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

use super::{cookies, error_page};
use crate::error::{AppError, ErrorNote};
use crate::state::AppState;

/// A form's body, at most.
const LARGEST_FORM: usize = 256 * 1024;
/// A request's time, at most.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);
/// Connections at once, at most.
const CONNECTIONS: usize = 1_024;
/// The time a client has to send its headers.
const HEADER_TIME: Duration = Duration::from_secs(10);

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the layers around the routes.
pub fn layered(state: &AppState, routes: Router<AppState>) -> Router {
    let secure = state.config.secure_cookies;
    let mut router = routes
        .fallback(|| async { AppError::NotFound })
        .method_not_allowed_fallback(|| async {
            let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
            response.extensions_mut().insert(ErrorNote {
                title: "不能这样打开这个地址".to_owned(),
                text: "这个地址只用于提交表单。请从导航进入相应页面。".to_owned(),
                reference: None,
            });
            response
        })
        .layer(from_fn(run_changes_to_their_end))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(CatchPanicLayer::custom(|_| AppError::Internal(anyhow::anyhow!("a handler panicked")).into_response()))
        .layer(from_fn(limit_time))
        .layer(CsrfLayer::new())
        .layer(from_fn_with_state(state.clone(), draw_remaining_errors))
        .layer(from_fn(refuse_malformed))
        .layer(from_fn(keep_pages_private));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)));
    }
    if secure {
        router = router.layer(SetResponseHeaderLayer::if_not_present(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        ));
    }
    router
        .layer(CompressionLayer::new())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            // Paths only: a query string may hold what somebody searched for.
            TraceLayer::new_for_http().make_span_with(|request: &axum::http::Request<_>| {
                tracing::info_span!("request", method = %request.method(), path = request.uri().path())
            }),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(state.clone())
}

/// A change whose browser goes away in the middle runs to its end all the same: a
/// cancelled transaction must never hand its connection on half open.
async fn run_changes_to_their_end(request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => AppError::Internal(error.into()).into_response(),
    }
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST_REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            response.extensions_mut().insert(ErrorNote {
                title: "系统繁忙".to_owned(),
                text: "处理时间过长。请稍后查看结果，不要反复提交。".to_owned(),
                reference: None,
            });
            response
        }
    }
}

/// Two Host headers, or none, are no browser's.
async fn refuse_malformed(request: Request, next: Next) -> Response {
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        return StatusCode::BAD_REQUEST.into_response();
    }
    next.run(request).await
}

/// Pages hold personal data: only what says otherwise (assets) may be kept by a cache.
async fn keep_pages_private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Errors of the layers themselves, which no account's frame surrounds.
async fn draw_remaining_errors(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let large_print = cookies::large_print(request.headers());
    let mut response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN
        && response.extensions().get::<ErrorNote>().is_none()
        && response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| !kind.as_bytes().starts_with(b"text/html"))
    {
        response.extensions_mut().insert(ErrorNote {
            title: "没有办理".to_owned(),
            text: "这个请求不是从本站的页面发出的，系统没有受理。请从本站页面重新操作。".to_owned(),
            reference: None,
        });
    }
    error_page::draw(&state, None, &path, large_print, response)
}

/// Serves until `stop` resolves, then lets the open requests finish for a moment.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(100)
        .max_buf_size(64 * 1024)
        .keep_alive(true);
    tokio::pin!(stop);
    loop {
        let permit = Arc::clone(&permits).acquire_owned().await?;
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
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
            router.clone().oneshot(request)
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(Duration::from_secs(10)) => tracing::warn!("some requests did not finish in time"),
    }
    Ok(())
}
