//! Limits on everything a client can make the node spend: bytes, time, connections, and requests per second.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::App;
use super::problem::Problem;

/// The limits of a node. Every one has a default that a small machine can keep.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Body of `POST /entries`, in bytes: 1,000 records of 8 kB, or 128 of the largest.
    pub entries_body: usize,
    /// Records in one `POST /entries`.
    pub entries_count: usize,
    /// Body of `PUT /evidence`, in bytes.
    pub evidence_body: usize,
    /// Time for a request's headers to arrive.
    pub header_time: Duration,
    /// Time for a whole request, answer included (a `Prefer: wait` comes on top).
    pub request_time: Duration,
    /// Longest `Prefer: wait`.
    pub wait: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Writing requests per second and client (GCRA), and how many may come at once.
    pub writes_per_second: NonZeroU32,
    /// Burst of writing requests.
    pub write_burst: NonZeroU32,
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
            evidence_body: 16 << 20,
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            wait: Duration::from_secs(10),
            connections: 4_096,
            writes_per_second: nonzero(200),
            write_burst: nonzero(2_000),
        }
    }
}

/// Writing requests per client address.
pub struct Rates {
    writes: DefaultKeyedRateLimiter<IpAddr>,
}

impl Rates {
    /// Nobody seen yet.
    pub fn new(limits: &Limits) -> Rates {
        let quota = Quota::per_second(limits.writes_per_second).allow_burst(limits.write_burst);
        Rates { writes: RateLimiter::keyed(quota) }
    }

    /// Forgets clients that have been quiet long enough to be new again.
    pub fn forget_quiet(&self) {
        self.writes.retain_recent();
    }
}

/// The client's address: the peer, or what a trusted proxy says it is.
pub fn client(app: &App, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.ip();
    if !app.config.trusted_proxies.contains(&peer) {
        return peer;
    }
    // the right-most address that no trusted proxy has: what is left of it, the client could have written
    headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .filter_map(|v| v.trim().parse::<IpAddr>().ok())
        .rfind(|ip| !app.config.trusted_proxies.contains(ip))
        .unwrap_or(peer)
}

/// Middleware: writing requests above the client's rate get 429.
pub async fn rate(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<SocketAddr>().copied();
    if let Some(peer) = peer
        && !request.method().is_safe()
        && app.rates.writes.check_key(&client(&app, peer, request.headers())).is_err()
    {
        app.metrics.rate_limited.inc();
        return Problem::new(
            "too-many-requests",
            "more writing requests than this node takes from one address; slow down",
        )
        .into_response();
    }
    next.run(request).await
}

/// Middleware: a request that takes longer than the limit gets 408.
pub async fn time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limit = app.config.limits.request_time + super::entries::wait(request.headers(), &app.config.limits);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            "request-timeout",
            "the request took longer than the node waits; a record that had arrived whole is sequenced all the same: send it again to learn its index",
        )
        .into_response(),
    }
}
