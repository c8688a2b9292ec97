//! The HTTP surface: an axum router over a [`Ledger`], one file per surface.
//!
//! What it is not: a place for rules. Everything that decides is in `chain`; everything that is durable is in `ledger`.
//!
//! | file | addresses |
//! |---|---|
//! | [`entries`] | `POST /entries`, `GET /entries/{id}`, receipts |
//! | [`log`] | `/checkpoint`, `/tile/…`, `/history` |
//! | [`lots`] | `/lots/{gtin}/{lot}` and below |
//! | [`resolver`] | GS1 Digital Link: `/01/…`, `/00/…`, `/414/…`, `/417/…` |
//! | [`passport`] | the pages behind the resolver |
//! | [`labels`] | QR codes |
//! | [`evidence`] | evidence blobs |
//! | [`parties`] | who is who |
//! | [`ops`] | health, metrics, the node's description, `/openapi.json` |

pub mod assets;
pub mod entries;
pub mod evidence;
pub mod i18n;
pub mod labels;
pub mod limits;
pub mod log;
pub mod lots;
pub mod negotiate;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod parties;
pub mod passport;
pub mod problem;
pub mod resolver;
mod run;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

pub use limits::Limits;
pub use run::serve;

use crate::ledger::Ledger;
use problem::Problem;

/// How a node is served.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What QR codes and links show, without a trailing slash, such as `https://jejak.example`.
    pub public_url: String,
    /// Limits.
    pub limits: Limits,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where `/metrics` listens; on the main listener when absent.
    pub metrics: Option<SocketAddr>,
}

/// What every handler has.
pub struct App {
    /// The ledger.
    pub ledger: Ledger,
    /// How it is served.
    pub config: Config,
    /// Counters.
    pub metrics: ops::Metrics,
    /// Rates per client.
    pub rates: limits::Rates,
}

impl App {
    /// An application over `ledger`.
    pub fn new(ledger: Ledger, config: Config) -> Arc<App> {
        let rates = limits::Rates::new(&config.limits);
        Arc::new(App { ledger, config, metrics: ops::Metrics::new(), rates })
    }
}

/// Nothing of ours needs script from elsewhere, inline script, frames, plug-ins or a base.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
                   frame-ancestors 'none'";

/// The whole router.
pub fn router(app: Arc<App>) -> Router {
    let limits = app.config.limits.clone();
    let mut router = Router::new()
        .route("/entries", post(entries::post).layer(DefaultBodyLimit::max(limits.entries_body)))
        .route("/entries/{id}", get(entries::get))
        .route("/entries/{id}/receipt", get(entries::get_receipt))
        .route("/entries/{id}/tlog-proof", get(entries::get_tlog_proof))
        .route("/checkpoint", get(log::checkpoint))
        .route("/history", get(log::history))
        .route("/tile/{*path}", get(log::tile))
        .route("/lots", get(lots::list))
        .route("/lots/{gtin}/{lot}", get(lots::get))
        .route("/lots/{gtin}/{lot}/trace", get(lots::trace))
        .route("/lots/{gtin}/{lot}/impact", get(lots::impact))
        .route("/lots/{gtin}/{lot}/proof", get(lots::proof))
        .route(
            "/evidence/{blake3}",
            put(evidence::put).get(evidence::get).layer(DefaultBodyLimit::max(limits.evidence_body)),
        )
        .route("/parties", get(parties::list))
        .route("/parties/{name}", get(parties::get))
        .route("/static/{version}/{name}", get(assets::get))
        .route("/", get(passport::home))
        .route("/search", get(passport::search))
        .route("/healthz", get(ops::health))
        .route("/openapi.json", get(openapi::get))
        .route("/.well-known/jejak", get(ops::well_known))
        .merge(resolver::routes())
        .merge(labels::routes());
    if app.config.metrics.is_none() {
        router = router.route("/metrics", get(ops::metrics));
    }
    router
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), limits::rate))
        .layer(middleware::from_fn_with_state(app.clone(), limits::time))
        .layer(CompressionLayer::new())
        .layer(set(header::CONTENT_SECURITY_POLICY, CSP))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), camera=()"))
        .layer(set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"))
        .layer(CatchPanicLayer::custom(|_| Problem::internal(&"a handler panicked").into_response()))
        .layer(middleware::from_fn_with_state(app.clone(), request_id))
        .with_state(app)
}

fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn missing() -> Problem {
    Problem::not_found("there is nothing at this address")
}

async fn wrong_method() -> Problem {
    Problem::new("method-not-allowed", "this address does not take that method")
}

/// Outermost: names the request, writes one log line without personal data, and puts the name into a problem document.
async fn request_id(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    request: Request<axum::body::Body>,
    next: Next,
) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let started = std::time::Instant::now();
    let span = tracing::info_span!("request", id = %id);
    let mut response = {
        use tracing::Instrument;
        next.run(request).instrument(span).await
    };
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id = Some(id.clone());
        let mut fresh = problem.into_response();
        for (name, value) in response.headers() {
            if !fresh.headers().contains_key(name)
                && !matches!(*name, header::CONTENT_LENGTH | header::CONTENT_ENCODING | header::TRANSFER_ENCODING)
            {
                fresh.headers_mut().append(name, value.clone());
            }
        }
        response = fresh;
    } else if response.status().is_client_error() && !is_problem(&response) {
        // extractors of the framework answer in plain text: the same words as a problem document
        response = as_problem(response, &id).await;
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let took = started.elapsed();
    app.metrics.answered(response.status(), took);
    tracing::info!(id = %id, %method, %path, status = response.status().as_u16(), us = took.as_micros() as u64, "answered");
    response
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|v| {
        v.as_bytes().starts_with(b"application/problem+json") || v.as_bytes().starts_with(b"text/html")
    })
}

async fn as_problem(response: Response, id: &str) -> Response {
    let status = response.status();
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, 4096).await.unwrap_or_default();
    let detail = String::from_utf8_lossy(&text).into_owned();
    let code = match status.as_u16() {
        404 => "not-found",
        405 => "method-not-allowed",
        413 => "too-large",
        415 => "unsupported-media-type",
        _ => "malformed-request",
    };
    let mut problem = Problem::new(code, detail);
    problem.request_id = Some(id.to_owned());
    let mut fresh = problem.into_response();
    fresh.extensions_mut().clear();
    for (name, value) in &parts.headers {
        if !fresh.headers().contains_key(name) && *name != header::CONTENT_LENGTH {
            fresh.headers_mut().append(name, value.clone());
        }
    }
    fresh
}
