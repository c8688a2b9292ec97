//! Limits on everything a client can make the node spend: bytes, time, connections, and requests per second.
//!
//! Only rates and request time are enforced here: bodies in `body` and `pace`, answers in `sending`, blocking work in `blocking`,
//! connections in `serve` and `stream`. `docs/operations.md` lists every limit with its name in `config.toml`.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::{Deserialize, Deserializer};
use tokio::time::Instant;

use super::client::{Client, Share};
use super::pace::Clock;
use super::problem::{Kind, Problem};
use crate::server::App;

/// The limits of a node, `[server.limits]` of `config.toml`. The defaults suit a small machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Body of `POST /entries`, in bytes: 1,000 records of 8 kB, or 128 of the largest.
    #[serde(rename = "entries_bytes")]
    pub entries_body: usize,
    /// Records in one `POST /entries`.
    pub entries_count: usize,
    /// Bodies in memory at once, in bytes, over all requests; more are answered 503.
    #[serde(rename = "bodies_bytes")]
    pub bodies: usize,
    /// Time for a request's headers to arrive, and how long a connection may be kept without a request.
    #[serde(rename = "header_ms", deserialize_with = "milliseconds")]
    pub header_time: Duration,
    /// Time for a whole request, answer included, without its `Prefer: wait`.
    #[serde(rename = "request_ms", deserialize_with = "milliseconds")]
    pub request_time: Duration,
    /// A connection is closed when its client reads an answer slower than [`Limits::least_rate`] for this long.
    #[serde(rename = "write_ms", deserialize_with = "milliseconds")]
    pub write_time: Duration,
    /// Longest `Prefer: wait`.
    #[serde(rename = "wait_ms", deserialize_with = "milliseconds")]
    pub wait: Duration,
    /// Bytes per second, on the average, below which a body or the reader of an answer is too slow.
    #[serde(rename = "least_bytes_per_second")]
    pub least_rate: u64,
    /// Connections at once.
    pub connections: usize,
    /// Bytes of a request's line and headers.
    #[serde(rename = "header_bytes")]
    pub header: usize,
    /// Answers in memory at once, in bytes, over all connections; more are answered 503.
    #[serde(rename = "answers_bytes")]
    pub answers: usize,
    /// Concurrent answers that read storage or draw a page; others wait.
    pub reads: usize,
    /// Requests that may wait to read; more are answered 503.
    pub reads_waiting: usize,
    /// Writing requests per second and client (GCRA).
    pub writes_per_second: NonZeroU32,
    /// How many writing requests of a client may come at once.
    pub write_burst: NonZeroU32,
    /// Enrolment requests per hour and client.
    pub enrolments_per_hour: NonZeroU32,
    /// How many enrolment requests of a client may come at once: a training of a whole village is at one address.
    pub enrolment_burst: NonZeroU32,
    /// Reading requests per second and client. As many TLS handshakes, counted apart.
    pub reads_per_second: NonZeroU32,
    /// How many reading requests of a client may come at once.
    pub read_burst: NonZeroU32,
}

fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_millis)
}

const fn nonzero(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            entries_body: 8 << 20,
            entries_count: 1_000,
            bodies: 32 << 20,
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            wait: Duration::from_secs(10),
            least_rate: 512,
            connections: 1_536,
            header: 8 << 10,
            answers: 32 << 20,
            reads: 16,
            reads_waiting: 1_024,
            writes_per_second: nonzero(200),
            write_burst: nonzero(2_000),
            enrolments_per_hour: nonzero(60),
            enrolment_burst: nonzero(30),
            // a page is some ten requests, and a whole office may share one address
            reads_per_second: nonzero(500),
            read_burst: nonzero(5_000),
        }
    }
}

/// Rate limiters, per client.
pub struct Rates {
    writes: DefaultKeyedRateLimiter<Share>,
    reads: DefaultKeyedRateLimiter<Share>,
    enrolments: DefaultKeyedRateLimiter<Share>,
    handshakes: DefaultKeyedRateLimiter<Share>,
}

impl Rates {
    /// No client seen yet.
    pub fn new(limits: &Limits) -> Rates {
        let keyed = |rate, burst| RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst));
        Rates {
            writes: keyed(limits.writes_per_second, limits.write_burst),
            reads: keyed(limits.reads_per_second, limits.read_burst),
            handshakes: keyed(limits.reads_per_second, limits.read_burst),
            enrolments: RateLimiter::keyed(
                Quota::per_hour(limits.enrolments_per_hour).allow_burst(limits.enrolment_burst),
            ),
        }
    }

    /// Removes clients that have their full quota again.
    pub fn forget_idle(&self) {
        self.writes.retain_recent();
        self.reads.retain_recent();
        self.enrolments.retain_recent();
        self.handshakes.retain_recent();
    }
}

/// Counts a request for its client.
///
/// # Errors
/// `too-many-requests` above the client's rate.
pub fn rate(app: &App, request: &Request<Body>) -> Result<(), Problem> {
    let key = Client::of_request(request).share();
    let (limiter, what) = if request.method().is_safe() {
        (&app.rates.reads, "more requests than this node answers one address; slow down")
    } else {
        (&app.rates.writes, "more writing requests than this node takes from one address; slow down")
    };
    count(app, limiter, &key, what)
}

/// Counts an enrolment request for the site of its client.
///
/// # Errors
/// `too-many-requests` above its rate.
pub fn enrolment_rate(app: &App, client: &Client) -> Result<(), Problem> {
    let what = "more enrolment requests than this node takes from one address; wait a few minutes";
    count(app, &app.rates.enrolments, &client.site(), what)
}

/// Counts a TLS handshake for the peer of a connection, finished or not: it costs a signature. Whether the peer may have one more; a
/// trusted proxy always may.
pub fn may_shake_hands(app: &App, peer: &Client) -> bool {
    peer.is_one_of(&app.config.trusted_proxies)
        || count(app, &app.rates.handshakes, &peer.share(), "more connections than this node takes from one address")
            .is_ok()
}

fn count(app: &App, limiter: &DefaultKeyedRateLimiter<Share>, key: &Share, what: &str) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|_| {
        app.metrics.rate_limited.inc();
        Problem::new(Kind::TooManyRequests, what)
    })
}

/// Runs `work` with a timeout: the time of a request, and its `Prefer: wait`. It does not run while the body arrives, which has a
/// least rate of its own ([`pace`](super::pace)).
///
/// # Errors
/// `request-timeout`.
pub async fn with_timeout<T>(
    app: &App,
    headers: &HeaderMap,
    clock: Option<Arc<Clock>>,
    work: impl Future<Output = T>,
) -> Result<T, Problem> {
    let limit = app.config.limits.request_time + super::negotiate::wait(headers, &app.config.limits);
    let began = Instant::now();
    let deadline = || clock.as_ref().map_or(began + limit, |clock| clock.deadline(limit));
    tokio::pin!(work);
    loop {
        let due = deadline();
        match tokio::time::timeout_at(due, &mut work).await {
            Ok(done) => return Ok(done),
            // the body has arrived meanwhile, or still does
            Err(_) if deadline() > due => {}
            Err(_) => {
                return Err(Problem::new(
                    Kind::RequestTimeout,
                    "the request took longer than the node waits; a record that had arrived whole is sequenced all the same: send it again to learn its index",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_limit_names_are_refused() {
        let read: Limits = toml::from_str("write_ms = 250\nbodies_bytes = 1024\nwrites_per_second = 7").unwrap();
        assert_eq!((read.write_time, read.bodies), (Duration::from_millis(250), 1024));
        assert_eq!(read.entries_count, Limits::default().entries_count);
        for wrong in ["write_time = 3", "writes_per_second = 0", "connections = \"many\""] {
            assert!(toml::from_str::<Limits>(wrong).is_err(), "{wrong}");
        }
    }
}
