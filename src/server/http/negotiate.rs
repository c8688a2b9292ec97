//! Content negotiation by `Accept` (RFC 9110 section 12.5.1), for the few types this product makes, and the preference to wait
//! (RFC 7240).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::limits::Limits;
use super::problem::Problem;

/// A representation a resource may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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
}

impl Kind {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Kind::Html => "text/html",
            Kind::Json => "application/json",
            Kind::JsonLd => "application/ld+json",
            Kind::Linkset => "application/linkset+json",
            Kind::Cose => "application/cose",
        }
    }
}

/// How much `range` of an Accept header wants `kind`: its quality and how exactly it names the type.
fn wants(range: &str, kind: Kind) -> Option<(f32, u8)> {
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

/// The best of `offers` for the request's `Accept`; the first offer when there is none.
///
/// # Errors
/// `not-acceptable` when no offer is wanted.
pub fn best(headers: &HeaderMap, offers: &[Kind]) -> Result<Kind, Problem> {
    let accept: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    if accept.iter().all(|a| a.trim().is_empty()) {
        return offers.first().copied().ok_or_else(|| Problem::new("not-acceptable", "nothing is on offer"));
    }
    let mut chosen: Option<((f32, u8), Kind)> = None;
    for offer in offers {
        // the most exact range that names the type decides its quality; of two that are wanted as much, the one that is named
        // goes before the one that "*/*" takes in
        let wanted = accept.iter().filter_map(|range| wants(range, *offer)).max_by(|a, b| a.1.cmp(&b.1));
        if let Some(wanted) = wanted.filter(|(quality, _)| *quality > 0.0)
            && chosen.is_none_or(|(best, _)| wanted > best)
        {
            chosen = Some((wanted, *offer));
        }
    }
    chosen.map(|(_, kind)| kind).ok_or_else(|| {
        let list: Vec<&str> = offers.iter().map(|k| k.media_type()).collect();
        Problem::new("not-acceptable", format!("this address offers {}", list.join(", ")))
    })
}

/// Whether the client would rather have a page than JSON: a browser, not a program.
pub fn prefers_page(headers: &HeaderMap) -> bool {
    matches!(best(headers, &[Kind::Json, Kind::Html]), Ok(Kind::Html))
}

/// How long `Prefer: wait=N` asks to wait, capped; zero when it does not.
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

    fn ask(accept: &str) -> Option<Kind> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        best(&headers, &[Kind::Html, Kind::JsonLd, Kind::Linkset]).ok()
    }

    #[test]
    fn accept_chooses() {
        assert_eq!(ask("*/*"), Some(Kind::Html));
        assert_eq!(ask("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Some(Kind::Html));
        assert_eq!(ask("application/ld+json"), Some(Kind::JsonLd));
        assert_eq!(ask("application/linkset+json, text/html;q=0.5"), Some(Kind::Linkset));
        assert_eq!(ask("text/html;q=0, */*"), Some(Kind::JsonLd));
        assert_eq!(ask("application/*;q=0.4, text/html;q=0.3"), Some(Kind::JsonLd));
        assert_eq!(ask("image/png"), None);
        // as HTTP clients of programs send it
        assert_eq!(ask("application/ld+json, text/plain, */*"), Some(Kind::JsonLd));
        assert_eq!(best(&HeaderMap::new(), &[Kind::Json]).ok(), Some(Kind::Json));
    }
}
