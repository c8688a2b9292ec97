//! What every HTML answer needs: the language and the address of the request, its headers, and problems drawn as a page.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::response::known;
use crate::record::Hash32;
use crate::server::App;
use crate::server::i18n::Lang;
use crate::server::pages::{self, Ctx, Notice, PageError};
use crate::server::profiles;

impl From<PageError> for Problem {
    fn from(error: PageError) -> Problem {
        Problem::internal(&error)
    }
}

/// What a page needs to know of the request.
pub(in crate::server) fn ctx(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<Ctx, Problem> {
    let asked = uri.query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("lang=")));
    let chosen = asked.and_then(Lang::from_tag).is_some();
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    Ok(Ctx {
        lang: Lang::negotiate(asked, accept),
        chosen,
        base_url: app.config.public_url.clone(),
        path: uri.path().to_owned(),
        ledger: app.ledger.id().to_owned(),
        log_key: app.ledger.verifier().map_err(|e| Problem::internal(&e))?.to_string(),
        glossary: profiles::glossary(app)?,
    })
}

pub(in crate::server) fn html(request: &HeaderMap, status: StatusCode, ctx: &Ctx, page: String) -> Response {
    let etag = format!("W/\"{}\"", Hash32::of(page.as_bytes()));
    let mut response = match status {
        StatusCode::OK if known(request, &etag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => (status, page).into_response(),
    };
    let headers = response.headers_mut();
    if let (StatusCode::OK, Ok(etag)) = (status, HeaderValue::from_str(&etag)) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(ctx.lang.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

/// The page that says that the ledger knows nothing of a number.
pub(in crate::server) fn unknown(app: &App, headers: &HeaderMap, uri: &Uri, code: String) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let page = pages::render_notice(&ctx, &Notice::UnknownNumber(code))?;
    Ok(html(headers, StatusCode::NOT_FOUND, &ctx, page))
}

/// A problem as a page, for people.
///
/// # Errors
/// The problem that the page could not be drawn.
pub fn problem(app: &App, headers: &HeaderMap, uri: &Uri, problem: &Problem) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let kind = match problem.status {
        404 => "missing",
        410 => "gone",
        408 | 424 | 429 | 503 => "busy",
        500.. => "internal",
        _ => "malformed",
    };
    let (title, why) = (ctx.lang.text(&format!("error-{kind}")), ctx.lang.text(&format!("error-{kind}-why")));
    let page = pages::render_error(&ctx, &title, &why, problem.request_id.as_deref())?;
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = html(headers, status, &ctx, page);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}
