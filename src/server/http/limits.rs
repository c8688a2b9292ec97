//! Limits on everything a client can make the node spend: bytes, time, connections, and requests per second.
//!
//! Only rates and request time are enforced here: bodies in `body`, blocking work in `blocking`, connections in `serve` and
//! `stream`. `docs/operations.md` lists every limit with its name in `config.toml`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderMap, Request};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::{Deserialize, Deserializer};

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
    /// A connection is closed when its client reads nothing of an answer for this long.
    #[serde(rename = "write_ms", deserialize_with = "milliseconds")]
    pub write_time: Duration,
    /// Longest `Prefer: wait`.
    #[serde(rename = "wait_ms", deserialize_with = "milliseconds")]
    pub wait: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Concurrent answers that read storage or draw a page; others wait.
    pub reads: usize,
    /// Requests that may wait to read; more are answered 503.
    pub reads_waiting: usize,
    /// Writing requests per second and client (GCRA).
    pub writes_per_second: NonZeroU32,
    /// How many writing requests of a client may come at once.
    pub write_burst: NonZeroU32,
    /// Reading requests per second and client.
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
            bodies: 64 << 20,
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            wait: Duration::from_secs(10),
            connections: 4_096,
            reads: 16,
            reads_waiting: 1_024,
            writes_per_second: nonzero(200),
            write_burst: nonzero(2_000),
            // a page is some ten requests, and a whole office may share one address
            reads_per_second: nonzero(500),
            read_burst: nonzero(5_000),
        }
    }
}

/// Rate limiters, per client.
pub struct Rates {
    writes: DefaultKeyedRateLimiter<IpAddr>,
    reads: DefaultKeyedRateLimiter<IpAddr>,
}

impl Rates {
    /// No client seen yet.
    pub fn new(limits: &Limits) -> Rates {
        let keyed = |rate, burst| RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst));
        Rates {
            writes: keyed(limits.writes_per_second, limits.write_burst),
            reads: keyed(limits.reads_per_second, limits.read_burst),
        }
    }

    /// Removes clients that have their full quota again.
    pub fn forget_idle(&self) {
        self.writes.retain_recent();
        self.reads.retain_recent();
    }
}

/// The client's address: the peer's, or the one that trusted proxies forward.
pub fn client(trusted: &[IpAddr], peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == ip);
    // a dual-stack listener shows an IPv4 peer as ::ffff:a.b.c.d
    let mut client = peer.ip().to_canonical();
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|v| v.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    // each proxy appends its peer, so an entry counts only if a trusted proxy appended it. The client could have written
    // everything left of an untrusted hop or of text that is not an address
    for hop in hops.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Some(ip) = address(hop) else { break };
        client = ip;
    }
    client
}

/// An address as proxies write it: alone, with a port, or IPv6 in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let ip = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|at| at.ip()));
    let ip = ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    ip.map(|ip| ip.to_canonical())
}

/// The key of a rate: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Counts a request for its client.
///
/// # Errors
/// `too-many-requests` above the client's rate.
pub fn rate<B>(app: &App, request: &Request<B>) -> Result<(), Problem> {
    let Some(peer) = request.extensions().get::<SocketAddr>().copied() else { return Ok(()) };
    let key = network(client(&app.config.trusted_proxies, peer, request.headers()));
    let (limiter, what) = if request.method().is_safe() {
        (&app.rates.reads, "more requests than this node answers one address; slow down")
    } else {
        (&app.rates.writes, "more writing requests than this node takes from one address; slow down")
    };
    if limiter.check_key(&key).is_err() {
        app.metrics.rate_limited.inc();
        return Err(Problem::new(Kind::TooManyRequests, what));
    }
    Ok(())
}

/// Runs `work` with a timeout: the time of a request, and its `Prefer: wait`.
///
/// # Errors
/// `request-timeout`.
pub async fn with_timeout<T>(app: &App, headers: &HeaderMap, work: impl Future<Output = T>) -> Result<T, Problem> {
    let limit = app.config.limits.request_time + super::negotiate::wait(headers, &app.config.limits);
    tokio::time::timeout(limit, work).await.map_err(|_| {
        Problem::new(
            Kind::RequestTimeout,
            "the request took longer than the node waits; a record that had arrived whole is sequenced all the same: send it again to learn its index",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpAddr> = trusted.iter().map(|ip| ip.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        client(&trusted, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn client_address_is_not_taken_from_an_untrusted_forwarded_header() {
        assert_eq!(client_of(&[], "192.0.2.1:9", &["198.51.100.7"]), "192.0.2.1", "no proxy is trusted");
        assert_eq!(client_of(&["192.0.2.1"], "192.0.2.1:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client_of(&["192.0.2.1"], "[::ffff:192.0.2.1]:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client_of(&["192.0.2.1"], "192.0.2.1:9", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client_of(&["192.0.2.1", "192.0.2.2"], "192.0.2.1:9", &["203.0.113.9, 198.51.100.7", "192.0.2.2"]),
            "198.51.100.7",
            "two trusted hops, two header lines"
        );
        for (written, read) in [
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(client_of(&["192.0.2.1"], "192.0.2.1:9", &[written]), read, "{written}");
        }
        for nonsense in ["", "unknown", "203.0.113.9, _hidden", "203.0.113.9, 1.2.3", "203.0.113.9,"] {
            assert_eq!(client_of(&["192.0.2.1"], "192.0.2.1:9", &[nonsense]), "192.0.2.1", "{nonsense}");
        }
        assert_eq!(client_of(&["192.0.2.1"], "192.0.2.1:9", &[]), "192.0.2.1");
    }

    #[test]
    fn rate_of_an_ipv6_subscriber_counts_its_whole_64() {
        let of = |ip: &str| network(ip.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
    }

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
