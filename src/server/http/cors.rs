//! Cross-origin reading: a page of another origin may read every answer of a node, errors too, and `OPTIONS` is answered
//! everywhere (Fetch standard, CORS protocol; GS1-Conformant Resolver 1.2). There are no cookies and no accounts, so this
//! reveals nothing that anyone could not request.

use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

const ANYONE: (HeaderName, HeaderValue) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

/// Headers of an answer that a page may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("content-language, etag, link, location, retry-after, x-request-id");

/// Headers that a page may send.
const TAKEN: HeaderValue = HeaderValue::from_static("accept, accept-language, content-type, if-none-match, prefer");

/// Lets any page read an answer, answers `OPTIONS` where the router has not, and adds it to the methods the router allows.
pub fn share(method: &Method, mut response: Response) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // the router has set the methods of the address
        let named = response.headers().get(header::ALLOW).and_then(|v| v.to_str().ok()).unwrap_or("GET,HEAD");
        let allow = HeaderValue::from_str(&format!("{named},OPTIONS")).unwrap_or(HeaderValue::from_static("OPTIONS"));
        if method == Method::OPTIONS {
            response = (
                StatusCode::NO_CONTENT,
                [
                    (header::ACCESS_CONTROL_ALLOW_METHODS, allow.clone()),
                    (header::ACCESS_CONTROL_ALLOW_HEADERS, TAKEN),
                    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
                ],
            )
                .into_response();
        }
        response.headers_mut().insert(header::ALLOW, allow);
    }
    let headers = response.headers_mut();
    headers.insert(ANYONE.0, ANYONE.1);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}
