//! Paged lists: `?after=&limit=`, and the `Link: rel="next"` header of RFC 8288 that leads to the next page.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::arguments::{About, Described};
use super::problem::{Kind, Problem};

/// Largest page; larger requests are cut to it.
pub const MOST: usize = 200;

/// Which page of a list whose items have names: `?after=&limit=`.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct PageArguments {
    /// The last item of the page before.
    pub after: Option<String>,
    /// Most items.
    pub limit: usize,
}

impl Default for PageArguments {
    fn default() -> PageArguments {
        PageArguments { after: None, limit: MOST }
    }
}

impl Described for PageArguments {
    fn about(field: &str) -> Option<About> {
        match field {
            "after" => Some((
                json!({ "type": "string" }),
                "where the previous page ended: take it from its `Link`, or from its `next`",
            )),
            "limit" => Some(about_limit()),
            _ => None,
        }
    }
}

/// The page size for `limit`.
///
/// # Errors
/// `malformed-request` for 0.
pub fn page_size(limit: usize) -> Result<usize, Problem> {
    match limit {
        0 => Err(Problem::new(Kind::MalformedRequest, "limit is 1 or more")),
        some => Ok(some.min(MOST)),
    }
}

/// Describes the parameter `limit`.
pub fn about_limit() -> About {
    (json!({ "type": "integer", "minimum": 1, "default": MOST }), "page size; larger values are reduced to 200")
}

/// Names the next page.
pub fn link_next(response: &mut Response, address: &str) {
    if let Ok(link) = HeaderValue::from_str(&format!("<{address}>; rel=\"next\"")) {
        response.headers_mut().insert(header::LINK, link);
    }
}
