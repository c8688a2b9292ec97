//! Content negotiation by `Accept` (RFC 9110 section 12.5.1) for the few media types of this product, and the preference to wait
//! (RFC 7240).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::limits::Limits;
use super::problem::{Kind, Problem};
use crate::proof::{bundle, compact};

/// A media type of a representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `text/html`.
    Html,
    /// `application/json`.
    Json,
    /// `application/ld+json`.
    JsonLd,
    /// `application/linkset+json` (RFC 9264).
    Linkset,
    /// `application/cose`.
    Cose,
    /// `application/vnd.jejak.proof+json`: a proof bundle.
    Proof,
    /// `application/vnd.jejak.proof+cbor`: the same, as the page fetches it.
    CompactProof,
    /// `text/csv` (RFC 4180).
    Csv,
}

impl Media {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Media::Html => "text/html",
            Media::Json => "application/json",
            Media::JsonLd => "application/ld+json",
            Media::Linkset => "application/linkset+json",
            Media::Cose => "application/cose",
            Media::Proof => bundle::MEDIA_TYPE,
            Media::CompactProof => compact::MEDIA_TYPE,
            Media::Csv => "text/csv",
        }
    }
}

/// How well a media range of an Accept header matches `kind`: its quality, and how specific it is.
fn wants(range: &str, kind: Media) -> Option<(f32, u8)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let quality = parts.find_map(|p| p.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
    let media = kind.media_type();
    let (family, _) = media.split_once('/')?;
    let exact = match name.as_str() {
        "*/*" => 0,
        n if n.strip_suffix("/*") == Some(family) => 1,
        n if n == media => 2,
        _ => return None,
    };
    Some((quality, exact))
}

/// The best of `offers` for the request's `Accept`; the first offer without that header.
///
/// # Errors
/// `not-acceptable` when no offer matches.
pub fn best(headers: &HeaderMap, offers: &[Media]) -> Result<Media, Problem> {
    let accept: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    if accept.iter().all(|a| a.trim().is_empty()) {
        return offers.first().copied().ok_or_else(|| Problem::new(Kind::NotAcceptable, "nothing is on offer"));
    }
    let mut chosen: Option<((f32, u8), Media)> = None;
    for offer in offers {
        // the most specific range that matches decides the quality of a type; of two types of equal quality, the one that is
        // named precedes the one that only "*/*" matches
        let wanted = accept.iter().filter_map(|range| wants(range, *offer)).max_by(|a, b| a.1.cmp(&b.1));
        if let Some(wanted) = wanted.filter(|(quality, _)| *quality > 0.0)
            && chosen.is_none_or(|(best, _)| wanted > best)
        {
            chosen = Some((wanted, *offer));
        }
    }
    chosen.map(|(_, kind)| kind).ok_or_else(|| {
        let list: Vec<&str> = offers.iter().map(|k| k.media_type()).collect();
        Problem::new(Kind::NotAcceptable, format!("this address offers {}", list.join(", ")))
    })
}

/// Whether the client prefers a page to JSON, as browsers do.
pub fn prefers_page(headers: &HeaderMap) -> bool {
    matches!(best(headers, &[Media::Json, Media::Html]), Ok(Media::Html))
}

/// The wait of `Prefer: wait=N`, capped; zero without it.
pub fn wait(headers: &HeaderMap, limits: &Limits) -> Duration {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .filter_map(|v| v.trim().strip_prefix("wait="))
        .filter_map(|v| v.parse::<u64>().ok())
        .map(Duration::from_secs)
        .next()
        .unwrap_or_default()
        .min(limits.wait)
}

/// Several `Vary` headers as one: some caches read only the first.
pub fn one_vary(headers: &mut HeaderMap) {
    let mut names: Vec<String> = Vec::new();
    for value in headers.get_all(header::VARY).iter().filter_map(|v| v.to_str().ok()) {
        for name in value.split(',').map(|name| name.trim().to_ascii_lowercase()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&names.join(", "))
        && !names.is_empty()
    {
        headers.insert(header::VARY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        best(&headers, &[Media::Html, Media::JsonLd, Media::Linkset]).ok()
    }

    #[test]
    fn media_type_follows_accept_by_quality_then_exactness() {
        assert_eq!(chosen("*/*"), Some(Media::Html));
        assert_eq!(chosen("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Some(Media::Html));
        assert_eq!(chosen("application/ld+json"), Some(Media::JsonLd));
        assert_eq!(chosen("application/linkset+json, text/html;q=0.5"), Some(Media::Linkset));
        assert_eq!(chosen("text/html;q=0, */*"), Some(Media::JsonLd));
        assert_eq!(chosen("application/*;q=0.4, text/html;q=0.3"), Some(Media::JsonLd));
        assert_eq!(chosen("image/png"), None);
        // as HTTP clients of programs send it
        assert_eq!(chosen("application/ld+json, text/plain, */*"), Some(Media::JsonLd));
        assert_eq!(best(&HeaderMap::new(), &[Media::Json]).ok(), Some(Media::Json));
    }
}
