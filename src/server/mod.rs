//! The HTTP surface: an axum router over a [`Ledger`], one file per surface.
//!
//! What it is not: a place for rules. Everything that decides is in `chain`; everything that is durable is in `ledger`.
//!
//! | file | addresses |
//! |---|---|
//! | [`entries`] | `POST /entries`, `GET /entries/{id}`, receipts, transparent statements |
//! | [`log`] | `/checkpoint`, `/tile/…`, `/history` |
//! | [`lots`] | `/lots/{gtin}/{lot}` and below |
//! | [`resolver`] | GS1 Digital Link: `/01/…`, `/00/…`, `/414/…`, `/417/…` |
//! | [`passport`] | the pages behind the resolver |
//! | [`labels`] | QR codes |
//! | [`evidence`] | evidence blobs |
//! | [`parties`] | who is who |
//! | [`profiles`] | commodity profiles on the log |
//! | [`ops`] | health, metrics, the node's description, `/openapi.json` |
//!
//! What a request may spend is bounded in [`limits`], [`body`] (memory), [`work`] (threads) and [`stream`] (slow readers).

pub mod assets;
pub mod body;
pub mod catalogue;
pub mod cors;
pub mod entries;
pub mod evidence;
pub mod i18n;
pub mod labels;
pub mod limits;
pub mod log;
pub mod lots;
pub mod memo;
pub mod negotiate;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod parties;
pub mod passport;
pub mod problem;
pub mod profiles;
pub mod resolver;
mod run;
pub mod settings;
pub mod stream;
pub mod work;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
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
    /// What request bodies may hold together.
    pub bodies: body::Budget,
    /// Turns at reading storage.
    pub turns: work::Turns,
    /// The lots, newest first and by number.
    pub catalogue: catalogue::Catalogue,
    /// What was worked out a moment ago.
    pub memo: memo::Memo,
    /// Turns true when the node stops taking connections.
    pub closing: tokio::sync::watch::Sender<bool>,
}

impl App {
    /// An application over `ledger`.
    pub fn new(ledger: Ledger, config: Config) -> Arc<App> {
        let limits = &config.limits;
        Arc::new(App {
            rates: limits::Rates::new(limits),
            bodies: body::Budget::new(limits.bodies),
            turns: work::Turns::new(limits),
            catalogue: catalogue::Catalogue::default(),
            memo: memo::Memo::default(),
            closing: tokio::sync::watch::Sender::new(false),
            metrics: ops::Metrics::new(),
            ledger,
            config,
        })
    }
}

/// Nothing of ours needs script from elsewhere, inline script, frames, plug-ins or a base.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
                   frame-ancestors 'none'";

/// The whole router.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/entries", post(entries::post))
        .route("/entries/{id}", get(entries::get))
        .route("/entries/{id}/receipt", get(entries::get_receipt))
        .route("/entries/{id}/statement", get(entries::get_statement))
        .route("/entries/{id}/tlog-proof", get(entries::get_tlog_proof))
        .route("/checkpoint", get(log::checkpoint))
        .route("/history", get(log::history))
        .route("/history/{page}", get(log::history_page))
        .route("/tile/{*path}", get(log::tile))
        .route("/lots", get(lots::list))
        .route("/lots/{gtin}/{lot}", get(lots::get))
        .route("/lots/{gtin}/{lot}/trace", get(lots::trace))
        .route("/lots/{gtin}/{lot}/impact", get(lots::impact))
        .route("/lots/{gtin}/{lot}/proof", get(lots::proof))
        .route("/evidence/{blake3}", put(evidence::put).get(evidence::get))
        .route("/profiles", get(profiles::list))
        .route("/profiles/{blake3}", get(profiles::get))
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
    let inner = router
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), limits::rate))
        .layer(middleware::from_fn_with_state(app.clone(), limits::time))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(by_weak_tag)))
        .layer(set(header::CONTENT_SECURITY_POLICY, CSP))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), camera=()"))
        .layer(set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"))
        .layer(CatchPanicLayer::custom(|_| Problem::internal(&"a handler panicked").into_response()))
        .with_state(app.clone());
    // the router names the methods of an address (`Allow`) outside of its own layers: who reads that has to stand around it
    Router::new()
        .fallback_service(inner)
        .layer(middleware::from_fn(cors::cors))
        .layer(middleware::from_fn_with_state(app, request_id))
}

fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// A strong tag names exact bytes (RFC 9110 section 8.8.1): they are sent as they are. What has one is signed, hashed or an
/// image, and compresses badly anyway.
fn by_weak_tag(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.get(header::ETAG).is_some_and(|tag| tag.as_bytes().starts_with(b"\""))
}

async fn missing(uri: Uri) -> Problem {
    if resolver::looks_compressed(uri.path()) && !uri.path().trim_matches('/').contains('/') {
        return Problem::new("malformed-request", resolver::COMPRESSED);
    }
    Problem::not_found("there is nothing at this address")
}

async fn wrong_method() -> Problem {
    Problem::new("method-not-allowed", "this address does not take that method")
}

/// Outermost: names the request, writes one log line without personal data, and puts the name into a problem document; people
/// get the same as a page.
async fn request_id(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    request: Request<axum::body::Body>,
    next: Next,
) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let started = std::time::Instant::now();
    let span = tracing::info_span!("request", id = %id);
    let mut response = {
        use tracing::Instrument;
        next.run(request).instrument(span).await
    };
    let problem = match response.extensions_mut().remove::<Problem>() {
        None if response.status().is_client_error() && !is_page(&response) => Some(of_framework(response.status())),
        problem => problem,
    };
    if let Some(mut problem) = problem {
        problem.request_id = Some(id.clone());
        let fresh = match negotiate::prefers_page(&headers) {
            true => passport::problem(&app, &headers, &uri, &problem).unwrap_or_else(IntoResponse::into_response),
            false => problem.into_response(),
        };
        response = in_place_of(response, fresh);
    }
    negotiate::one_vary(response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let took = started.elapsed();
    app.metrics.answered(response.status(), took);
    let (path, status, us) = (uri.path(), response.status().as_u16(), took.as_micros() as u64);
    tracing::info!(id = %id, %method, %path, status, us, "answered");
    response
}

fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"))
}

/// What the framework's extractors refuse, in our words: theirs tell about the inside.
fn of_framework(status: StatusCode) -> Problem {
    match status.as_u16() {
        404 => Problem::not_found("there is nothing at this address"),
        405 => Problem::new("method-not-allowed", "this address does not take that method"),
        413 => Problem::new("too-large", "the body is larger than this address takes"),
        415 => Problem::new("unsupported-media-type", "this address does not take a body of that type"),
        _ => Problem::new(
            "malformed-request",
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
