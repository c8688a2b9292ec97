//! Paged lists: `?after=&limit=`, and the `Link: rel="next"` header of RFC 8288 that leads to the next page.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::arguments::{About, Described};
use super::problem::{Kind, Problem};

/// Largest page of a list of rows; larger requests are cut to it.
pub const MOST: usize = 200;

/// Largest page of a list for which a file is read and decoded for each item: a profile has up to 40 kB as JSON.
pub const MOST_FILES: usize = 50;

/// Which page of a list whose items have names: `?after=&limit=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PageArguments {
    /// The last item of the page before.
    pub after: Option<String>,
    /// Most items.
    pub limit: Option<usize>,
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

/// The page size for `limit`, in a list whose largest page has `most` items.
///
/// # Errors
/// `malformed-request` for 0.
pub fn page_size(limit: Option<usize>, most: usize) -> Result<usize, Problem> {
    match limit {
        Some(0) => Err(Problem::new(Kind::MalformedRequest, "limit is 1 or more")),
        limit => Ok(limit.map_or(most, |limit| limit.min(most))),
    }
}

/// Describes the parameter `limit`.
pub fn about_limit() -> About {
    let what = "page size; the default is the largest page of the list, 50 to 200; larger values are reduced to it";
    (json!({ "type": "integer", "minimum": 1 }), what)
}

/// Names the next page.
pub fn link_next(response: &mut Response, address: &str) {
    if let Ok(link) = HeaderValue::from_str(&format!("<{address}>; rel=\"next\"")) {
        response.headers_mut().insert(header::LINK, link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_at_least_one_item_and_at_most_those_of_its_list() {
        let sizes = [None, Some(1), Some(MOST_FILES), Some(MOST), Some(usize::MAX)];
        let of = |most: usize| sizes.map(|limit| page_size(limit, most).ok());
        assert_eq!(of(MOST), [Some(200), Some(1), Some(50), Some(200), Some(200)]);
        assert_eq!(of(MOST_FILES), [Some(50), Some(1), Some(50), Some(50), Some(50)]);
        assert!(page_size(Some(0), MOST).is_err());
    }
}
