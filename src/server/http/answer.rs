//! One request, from the connection to its answer: what is done for every request, around the router.
//!
//! In this order: a request id, cross-origin rules, the rate limit of its client, a time limit, the router, the budget of answers,
//! and the headers that every answer has. One function instead of a stack of middleware, because each layer clones the services below it for
//! every request, which cost more than all that is done here.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tracing::Instrument;

use super::pace::Clock;
use super::page::Reader;
use super::problem::{Kind, Problem};
use super::{client, cors, limits, negotiate, sending};
use crate::server::{App, resolver};

/// No page needs external or inline scripts, frames, plug-ins or `<base>`.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// Headers of every answer; a handler's own value takes precedence.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("geolocation=(), microphone=(), camera=()"),
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a request by `router`: gives it an id, writes one log line without personal data, and puts the id into a problem
/// document; a browser gets the problem as a page.
pub async fn answer(app: Arc<App>, router: Router, request: Request) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let method = request.method().clone();
    let reader = Reader { uri: request.uri().clone(), headers: request.headers().clone() };
    let started = Instant::now();
    let span = tracing::info_span!("request", id = %id);
    let mut response = routed(&app, router, request, &method, &reader.headers).instrument(span).await;
    let problem = match response.extensions_mut().remove::<Problem>() {
        None if response.status().is_client_error() && !is_page(&response) => Some(of_framework(response.status())),
        problem => problem,
    };
    if let Some(mut problem) = problem {
        problem.request_id = Some(id.clone());
        let fresh = match negotiate::prefers_page(&reader.headers) {
            true => reader.problem(&app, &problem).unwrap_or_else(IntoResponse::into_response),
            false => problem.into_response(),
        };
        response = in_place_of(response, fresh);
    }
    negotiate::one_vary(response.headers_mut());
    if method == Method::OPTIONS && response.status() == StatusCode::NO_CONTENT {
        resolver::name_linkset(&app, reader.uri.path(), &mut response);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let took = started.elapsed();
    app.metrics.answered(response.status(), took);
    let (path, status, us) = (reader.uri.path(), response.status().as_u16(), took.as_micros() as u64);
    tracing::info!(id = %id, %method, %path, status, us, "answered");
    response
}

async fn routed(
    app: &Arc<App>,
    router: Router,
    request: Request<Body>,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let mut response = match one_host(&request).and_then(|()| limits::rate(app, &request)) {
        Err(problem) => problem.into_response(),
        Ok(()) => {
            let clock = request.extensions().get::<Arc<Clock>>().cloned();
            match limits::with_timeout(app, headers, clock, router.oneshot(request)).await {
                Ok(Ok(response)) => {
                    sending::hold(app, client::owner(), response).await.unwrap_or_else(IntoResponse::into_response)
                }
                Ok(Err(never)) => match never {},
                Err(problem) => problem.into_response(),
            }
        }
    };
    for (name, value) in &HEADERS {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    cors::share(method, response)
}

/// A request of HTTP/1.1 has one `Host`, and one of HTTP/1.0 at most one (RFC 9112 section 3.2): with two, a proxy and this node could
/// each believe another.
fn one_host(request: &Request<Body>) -> Result<(), Problem> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11) {
        return Ok(());
    }
    Err(Problem::new(Kind::MalformedRequest, format!("a request has one Host header, this one has {hosts}")))
}

fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"))
}

/// Replaces errors of the framework's extractors, whose texts reveal internals.
fn of_framework(status: StatusCode) -> Problem {
    match status.as_u16() {
        404 => Problem::not_found("there is nothing at this address"),
        405 => Problem::new(Kind::MethodNotAllowed, "this address does not take that method"),
        413 => Problem::new(Kind::TooLarge, "the body is larger than this address takes"),
        415 => Problem::new(Kind::UnsupportedMediaType, "this address does not take a body of that type"),
        _ => Problem::new(
            Kind::MalformedRequest,
            "the address or its parameters can't be read; /openapi.json describes them",
        ),
    }
}

/// `fresh`, with the headers of `old` that do not describe its body.
fn in_place_of(old: Response, mut fresh: Response) -> Response {
    for (name, value) in old.headers() {
        let of_body = matches!(
            *name,
            header::CONTENT_LENGTH | header::CONTENT_ENCODING | header::TRANSFER_ENCODING | header::CONTENT_TYPE
        );
        if !of_body && !fresh.headers().contains_key(name) {
            fresh.headers_mut().append(name, value.clone());
        }
    }
    fresh
}
