//! The HTTP surface: an axum router over a [`Ledger`], one file per surface.
//!
//! What it is not: rules (`chain`) or storage (`ledger`).
//!
//! | file | addresses |
//! |---|---|
//! | [`entries`] | `POST /entries` |
//! | [`record`] | `GET /entries/{id}`, its page, receipts, transparent statements |
//! | [`log`] | `/checkpoint`, `/tile/…`, `/history` |
//! | [`lots`] | `/lots/{gtin}/{lot}` and below, as JSON |
//! | [`lot_list`], [`party_list`] | `/lots`, `/parties`: with filters, as JSON, page and CSV |
//! | [`regions`] | `/regions`, `/regions/{code}` |
//! | [`resolver`] | GS1 Digital Link: `/01/…`, `/00/…`, `/414/…`, `/417/…` |
//! | [`lot`], [`product`], [`place`], [`party`], [`container`] | the pages behind the resolver, and `/parties/{name}` |
//! | [`demo`] | `/demo/keys/{number}`: the public keys of a demonstration |
//! | [`enrolments`] | `/enrolments`: the requests of new phones |
//! | [`kit`] | `/parties/{name}/kit`, `/parties/{name}/work`: what a phone keeps |
//! | [`registry`] | `/parties/{name}/registry`, `/accreditations`, `/products`, `/places`: the registry for the desk |
//! | [`home`] | the home page and the search |
//! | [`labels`] | QR codes |
//! | [`evidence`] | evidence blobs |
//! | [`profiles`] | commodity profiles on the log |
//! | [`readiness`], [`path`] | what is still missing before an export: of a lot, and of a party on its way to the first one; `/guides` |
//! | [`witnesses`] | `/witnesses`: who cosigned the log; `/trust.toml`: what a verifier may pin |
//! | [`ops`] | health, metrics, the node's description |
//! | [`routes`], [`openapi`] | the table of all addresses, and `/openapi.json` made from it |
//! | [`assets`] | `/static/…` |
//! | [`app`] | `/app/…`: the field app |
//!
//! [`http`] is what all addresses share: bodies, limits, negotiation, problem documents, connections. [`pages`] renders HTML,
//! [`checks`] verifies the proofs that they show.

pub mod app;
pub mod assets;
pub mod checks;
pub mod container;
pub mod demo;
pub mod effect;
pub mod enrolments;
pub mod entries;
pub mod events;
pub mod evidence;
pub mod home;
pub mod http;
pub mod i18n;
pub mod key;
pub mod kit;
pub mod labels;
mod lean;
pub mod log;
pub mod lot;
mod lot_list;
pub mod lots;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod party;
mod party_list;
mod path;
pub mod place;
pub mod product;
pub mod profiles;
mod readiness;
pub mod record;
mod regions;
pub mod registry;
pub mod resolver;
pub mod routes;
pub mod search;
pub mod settings;
pub mod shipments;
pub mod specifications;
pub mod witnesses;

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, Version, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

pub use http::acme::{Acme, AcmeOptions, LETS_ENCRYPT};
pub use http::blocking::BLOCKING_THREADS;
pub use http::client::ClientHeader;
pub use http::limits::Limits;
pub use http::serve::{ServeError, serve};
pub use http::tls::{Certificates, Tls, TlsError};

use crate::gs1::{DigitalLink, LinkError};
use crate::httpsig::nonces::Nonces;
use crate::ledger::Ledger;
use http::problem::Kind;
use http::shares::Shares;
use http::turns::Turns;
use http::{Problem, blocking, body, limits, memo};

/// Settings of the HTTP side.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What QR codes and links show, without a trailing slash, such as `https://jejak.example`.
    pub public_url: String,
    /// Limits.
    pub limits: Limits,
    /// Peers whose forwarded client address is used.
    pub trusted_proxies: Vec<IpAddr>,
    /// The header that they write.
    pub client_header: ClientHeader,
    /// Where `/metrics` listens; on the main listener when absent.
    pub metrics: Option<SocketAddr>,
    /// With a certificate the main listener speaks TLS.
    pub tls: Option<Tls>,
}

/// The state shared by all handlers.
pub struct App {
    /// The ledger.
    pub ledger: Ledger,
    /// The settings.
    pub config: Config,
    /// Counters.
    pub metrics: ops::Metrics,
    /// Rates per client.
    pub rates: limits::Rates,
    /// Memory budget of all request bodies.
    pub bodies: body::Budget,
    /// Connections.
    pub connections: Shares,
    /// Memory budget of all answers.
    pub answers: Shares,
    /// Turns at reading storage.
    pub reads: Turns,
    /// Turns at admitting records.
    pub admissions: Turns,
    /// Nonces of signed requests.
    pub nonces: parking_lot::Mutex<Nonces>,
    /// When the node started, by its own clock: signatures from before are refused, since their nonces are forgotten.
    pub started: i64,
    /// Cached verdicts, documents and glossary.
    pub memo: memo::Memo,
    /// Checks of large proofs.
    pub checks: checks::Checks,
    /// Becomes true when the node stops accepting connections.
    pub closing: tokio::sync::watch::Sender<bool>,
}

impl App {
    /// An application over `ledger`.
    pub fn new(ledger: Ledger, config: Config) -> Arc<App> {
        let limits = &config.limits;
        Arc::new(App {
            rates: limits::Rates::new(limits),
            bodies: body::Budget::new(limits.bodies),
            connections: Shares::new(limits.connections as u64),
            answers: Shares::new(limits.answers as u64),
            reads: blocking::read_turns(limits),
            admissions: entries::admission_turns(&ledger),
            nonces: parking_lot::Mutex::default(),
            started: ledger.now(),
            memo: memo::Memo::default(),
            checks: checks::Checks::default(),
            closing: tokio::sync::watch::Sender::new(false),
            metrics: ops::Metrics::new(),
            ledger,
            config,
        })
    }
}

/// How well an answer is compressed while it is sent. With Brotli a proof is 5 % smaller than at 4, the usual quality, and 1 % smaller than at
/// 5, which takes as long (0.01 s for 214 kB); at 9 it takes ten times as long for another 1 %.
const WHILE_SENT: CompressionLevel = CompressionLevel::Precise(7);

/// The router, built from the table in [`routes`]. What is done for every request is in [`http::answer`].
pub fn router(app: Arc<App>) -> Router {
    let own_listener = app.config.metrics.is_some();
    let mut router = Router::new();
    for route in routes::routes() {
        if !(own_listener && route.path == routes::METRICS) {
            router = router.route(route.path, route.handler);
        }
    }
    // in one layer, because each layer clones the services below it for every request
    let around = ServiceBuilder::new().layer(CatchPanicLayer::custom(panicked)).layer(
        CompressionLayer::new()
            .quality(WHILE_SENT)
            .compress_when(DefaultPredicate::new().and(by_weak_tag).and(NotLarge)),
    );
    router.fallback(missing).method_not_allowed_fallback(wrong_method).layer(around).with_state(app)
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let why = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    tracing::error!(why, "a handler panicked");
    Problem::new(Kind::Internal, Problem::INTERNAL).into_response()
}

/// A strong tag names exact bytes (RFC 9110 section 8.8.1), which must not be compressed. Such answers are signed, hashed or
/// images, and compress badly anyway.
fn by_weak_tag(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.get(header::ETAG).is_some_and(|tag| tag.as_bytes().starts_with(b"\""))
}

/// Answers that are small enough to be compressed where they are sent.
#[derive(Clone, Copy)]
struct NotLarge;

impl Predicate for NotLarge {
    fn should_compress<B: hyper::body::Body>(&self, response: &axum::http::Response<B>) -> bool {
        response.body().size_hint().upper().is_some_and(|bytes| bytes <= http::sending::MOST_COMPRESSED)
    }
}

/// What no route takes: a Digital Link that is compressed, or under another stem, leads on.
async fn missing(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    match DigitalLink::resolve(uri.path().trim_matches('/'), uri.query().unwrap_or_default()) {
        Ok(resolved) => Ok(resolver::lead_on(&app, &resolved, uri.query().unwrap_or_default())),
        Err(why @ LinkError::Compressed) => Err(Problem::new(Kind::MalformedRequest, why.to_string())),
        Err(_) => Err(Problem::not_found("there is nothing at this address")),
    }
}

async fn wrong_method() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "this address does not take that method")
}
