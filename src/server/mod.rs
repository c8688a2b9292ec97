//! The HTTP surface: an axum router over a [`Ledger`], one file per surface.
//!
//! What it is not: a place for rules. Everything that decides is in `chain`; everything that is durable is in `ledger`.
//!
//! | file | addresses |
//! |---|---|
//! | [`entries`] | `POST /entries` |
//! | [`record`] | `GET /entries/{id}`, its page, receipts, transparent statements |
//! | [`log`] | `/checkpoint`, `/tile/…`, `/history` |
//! | [`lots`] | `/lots/{gtin}/{lot}` and below, as JSON |
//! | [`resolver`] | GS1 Digital Link: `/01/…`, `/00/…`, `/414/…`, `/417/…` |
//! | [`lot`], [`product`], [`place`], [`party`], [`container`] | the pages behind the resolver, and `/parties` |
//! | [`home`] | the home page and the search |
//! | [`labels`] | QR codes |
//! | [`evidence`] | evidence blobs |
//! | [`profiles`] | commodity profiles on the log |
//! | [`ops`] | health, metrics, the node's description |
//! | [`openapi`] | `/openapi.json` |
//! | [`assets`] | `/static/…` |
//!
//! [`http`] holds what is no surface: bodies, limits, negotiation, problem documents, connections. [`pages`] draws.

pub mod assets;
pub mod catalogue;
pub mod container;
pub mod entries;
pub mod evidence;
pub mod home;
pub mod http;
pub mod i18n;
pub mod labels;
pub mod log;
pub mod lot;
pub mod lots;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod party;
pub mod place;
pub mod product;
pub mod profiles;
pub mod record;
pub mod resolver;
pub mod settings;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, Version, header};
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

pub use http::blocking::BLOCKING_THREADS;
pub use http::limits::Limits;
pub use http::serve::{ServeError, serve};

use crate::ledger::Ledger;
use http::{Problem, blocking, body, limits, memo};

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
    pub turns: blocking::Turns,
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
            turns: blocking::Turns::new(limits),
            catalogue: catalogue::Catalogue::default(),
            memo: memo::Memo::default(),
            closing: tokio::sync::watch::Sender::new(false),
            metrics: ops::Metrics::new(),
            ledger,
            config,
        })
    }
}

/// The addresses. What is owed to every request, whatever its address, is in [`http::answer`].
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/entries", post(entries::post))
        .route("/entries/{id}", get(record::get))
        .route("/entries/{id}/receipt", get(record::get_receipt))
        .route("/entries/{id}/statement", get(record::get_statement))
        .route("/entries/{id}/tlog-proof", get(record::get_tlog_proof))
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
        .route("/parties", get(party::list))
        .route("/parties/{name}", get(party::get))
        .route("/static/{version}/{name}", get(assets::get))
        .route("/", get(home::home))
        .route("/search", get(home::search))
        .route("/healthz", get(ops::health))
        .route("/openapi.json", get(openapi::get))
        .route("/.well-known/jejak", get(ops::well_known))
        .merge(resolver::routes())
        .merge(labels::routes());
    if app.config.metrics.is_none() {
        router = router.route("/metrics", get(ops::metrics));
    }
    // in one layer: each copies what is below it for every request
    let around = ServiceBuilder::new()
        .layer(CatchPanicLayer::custom(|_| Problem::internal(&"a handler panicked").into_response()))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(by_weak_tag)));
    router.fallback(missing).method_not_allowed_fallback(wrong_method).layer(around).with_state(app)
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
