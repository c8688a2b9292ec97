//! Who sends a request: the address of the connection's peer, or the one that trusted proxies forward (`X-Forwarded-For`, or
//! `Forwarded` of RFC 7239), and the network that shares of contended resources are counted by.
//!
//! What it is not: an identity. Mobile carriers put many villages behind one address, so an address decides only who waits
//! when there is not enough for all.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Request, header};
use serde::{Deserialize, Deserializer};

use super::shares::Owner;

/// The header that the trusted proxies write. One only: a proxy that writes the one passes on whatever its client wrote into
/// the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientHeader {
    /// `X-Forwarded-For`: addresses, separated by commas.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the parameter `for` of each element.
    Forwarded,
}

impl ClientHeader {
    fn name(self) -> HeaderName {
        match self {
            ClientHeader::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            ClientHeader::Forwarded => header::FORWARDED,
        }
    }

    /// The address in one hop of the header.
    fn address(self, hop: &str) -> Option<IpAddr> {
        match self {
            ClientHeader::XForwardedFor => address(hop),
            ClientHeader::Forwarded => address(forwarded_for(hop)?),
        }
    }
}

impl FromStr for ClientHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<ClientHeader, String> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(ClientHeader::XForwardedFor),
            "forwarded" => Ok(ClientHeader::Forwarded),
            _ => Err(format!("{text:?} is neither x-forwarded-for nor forwarded")),
        }
    }
}

impl<'de> Deserialize<'de> for ClientHeader {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<ClientHeader, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The client of a request, in the request's extensions: `Extension<Client>` in a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address; an IPv4 address is never written as IPv6.
    pub address: IpAddr,
}

/// What shares and rates are counted by: an IPv4 address, or an IPv6 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Share {
    network: IpAddr,
    /// Length of the prefix of an IPv6 network.
    bits: u8,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.network {
            IpAddr::V4(ip) => write!(f, "{ip}"),
            IpAddr::V6(ip) => write!(f, "{ip}/{}", self.bits),
        }
    }
}

impl Client {
    /// The client of a connection, which is the address of its peer.
    pub fn of_peer(peer: SocketAddr) -> Client {
        // a dual-stack listener shows an IPv4 peer as ::ffff:a.b.c.d
        Client { address: peer.ip().to_canonical() }
    }

    /// The client of a request over a connection from `peer`: the right-most hop that is not a trusted proxy.
    pub fn of(trusted: &[IpAddr], header: ClientHeader, peer: SocketAddr, headers: &HeaderMap) -> Client {
        let mut client = Client::of_peer(peer);
        let lines = headers.get_all(header.name()).iter().map(|line| line.to_str().unwrap_or_default());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        // each proxy appends its peer, so an entry counts only if a trusted proxy appended it. The client could have written
        // everything left of an untrusted hop or of text that is not an address
        for hop in hops.iter().rev() {
            if !client.is_one_of(trusted) {
                break;
            }
            let Some(address) = header.address(hop) else { break };
            client = Client { address };
        }
        client
    }

    /// The client that [`answer`](super::answer) has found for this request; the unspecified address for a request that
    /// did not come over a connection.
    pub fn of_request(request: &Request<Body>) -> Client {
        let unknown = Client { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
        request.extensions().get::<Client>().copied().unwrap_or(unknown)
    }

    /// Whether it is one of these addresses.
    pub fn is_one_of(&self, addresses: &[IpAddr]) -> bool {
        addresses.iter().any(|address| address.to_canonical() == self.address)
    }

    /// What its shares are counted by: an IPv4 address, or the /64 that the least of IPv6 subscribers has.
    pub fn share(&self) -> Share {
        self.network(64)
    }

    /// The same with the /48 that the largest of IPv6 subscribers has, where each share keeps a place for days.
    pub fn site(&self) -> Share {
        self.network(48)
    }

    fn network(&self, bits: u8) -> Share {
        let network = match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !(u128::MAX >> bits))),
        };
        Share { network, bits }
    }
}

tokio::task_local! {
    static OWNER: Owner;
}

/// Runs `work` on the shares of `owner`. A handler that has verified the signature of a request runs the rest on those of the key.
pub async fn on_shares_of<T>(owner: Owner, work: impl Future<Output = T>) -> T {
    OWNER.scope(owner, work).await
}

/// On whose shares this task works. A task of its own has its shares from the task that started it, with [`on_shares_of`].
pub fn owner() -> Owner {
    let unknown = || Owner::Address(Client { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED) }.share());
    OWNER.try_with(|owner| *owner).unwrap_or_else(|_| unknown())
}

/// An address as proxies write it: alone, with a port, or IPv6 in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let ip = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|at| at.ip()));
    let ip = ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    ip.map(|ip| ip.to_canonical())
}

/// The value of `for` in one element of `Forwarded`, without its quotes.
///
/// The caller has split the header at every comma, also at those in quotes, because a quote that a client left open must not
/// swallow what the proxy appends. A part of a quoted string is not taken for an element: each parameter must be whole.
fn forwarded_for(element: &str) -> Option<&str> {
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let mut found = None;
    for parameter in element.split(';').map(str::trim) {
        let (name, value) = parameter.split_once('=')?;
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let whole = quoted.map_or(is_token(value), |text| !text.contains(['"', '\\']));
        if !is_token(name) || !whole {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && found.replace(quoted.unwrap_or(value)).is_some() {
            return None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(header: ClientHeader, trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let trusted: Vec<IpAddr> = trusted.iter().map(|ip| ip.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.name(), line.parse().unwrap());
        }
        Client::of(&trusted, header, peer.parse().unwrap(), &headers).address.to_string()
    }

    #[test]
    fn client_address_is_not_taken_from_an_untrusted_forwarded_header() {
        let of =
            |trusted: &[&str], peer: &str, lines: &[&str]| client_of(ClientHeader::XForwardedFor, trusted, peer, lines);
        assert_eq!(of(&[], "192.0.2.1:9", &["198.51.100.7"]), "192.0.2.1", "no proxy is trusted");
        assert_eq!(of(&["192.0.2.1"], "192.0.2.1:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of(&["192.0.2.1"], "[::ffff:192.0.2.1]:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of(&["192.0.2.1"], "192.0.2.1:9", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            of(&["192.0.2.1", "192.0.2.2"], "192.0.2.1:9", &["203.0.113.9, 198.51.100.7", "192.0.2.2"]),
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
            assert_eq!(of(&["192.0.2.1"], "192.0.2.1:9", &[written]), read, "{written}");
        }
        for nonsense in ["", "unknown", "203.0.113.9, _hidden", "203.0.113.9, 1.2.3", "203.0.113.9,"] {
            assert_eq!(of(&["192.0.2.1"], "192.0.2.1:9", &[nonsense]), "192.0.2.1", "{nonsense}");
        }
        assert_eq!(of(&["192.0.2.1"], "192.0.2.1:9", &[]), "192.0.2.1");
    }

    #[test]
    fn client_address_is_not_taken_from_a_part_of_a_quoted_string() {
        let of = |lines: &[&str]| client_of(ClientHeader::Forwarded, &["192.0.2.1"], "192.0.2.1:9", lines);
        for (written, read) in [
            ("for=198.51.100.7", "198.51.100.7"),
            ("For=\"198.51.100.7:4711\";proto=https;by=10.0.0.1", "198.51.100.7"),
            ("for=203.0.113.9, for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            // the client leaves a quote open before what the proxy appends
            ("for=\"203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(of(&[written]), read, "{written}");
        }
        for nonsense in [
            "for=198.51.100.7;host=\"a, for=203.0.113.9\"",
            "for=198.51.100.7;host=\"a, for=203.0.113.9;x=\\\"b\"",
            "for=198.51.100.7;host=\"a, for=203.0.113.9;x\"",
            "for=203.0.113.9;for=198.51.100.7",
            "for=unknown",
            "for=_hidden",
            "198.51.100.7",
            "proto=https",
            "",
        ] {
            assert_eq!(of(&[nonsense]), "192.0.2.1", "{nonsense}");
        }
    }

    #[test]
    fn header_that_the_proxy_does_not_write_is_not_read() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.7".parse().unwrap());
        headers.append("forwarded", "for=203.0.113.9".parse().unwrap());
        let trusted = ["192.0.2.1".parse().unwrap()];
        let of = |header| Client::of(&trusted, header, "192.0.2.1:9".parse().unwrap(), &headers).address.to_string();
        assert_eq!(of("X-Forwarded-For".parse().unwrap()), "198.51.100.7");
        assert_eq!(of("forwarded".parse().unwrap()), "203.0.113.9");
        assert!("via".parse::<ClientHeader>().is_err());
    }

    #[test]
    fn share_of_an_ipv6_subscriber_is_its_whole_network() {
        let of = |ip: &str| {
            let client = Client { address: ip.parse().unwrap() };
            (client.share().to_string(), client.site().to_string())
        };
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), ("2001:db8:1:2::/64".to_owned(), "2001:db8:1::/48".to_owned()));
        assert_eq!(of("192.0.2.1"), ("192.0.2.1".to_owned(), "192.0.2.1".to_owned()));
    }
}
