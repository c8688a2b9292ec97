//! The common part of HTML answers: the request and its language, headers, and problems as pages.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::arguments::{Argument, Parameter};
use super::blocking::Snapshot;
use super::problem::{Kind, Problem};
use super::response::known;
use crate::chain::{StateError, authority};
use crate::gs1::DigitalLink;
use crate::names::Names;
use crate::record::Hash32;
use crate::server::App;
use crate::server::i18n::Lang;
use crate::server::pages::{self, Ctx, Glossary, Node, Notice, PageError, Scanned};
use crate::server::profiles;

impl From<PageError> for Problem {
    fn from(error: PageError) -> Problem {
        Problem::internal(&error)
    }
}

/// The address and the headers of a request for a page.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The address.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Reader, Infallible> {
        Ok(Reader { uri: parts.uri.clone(), headers: parts.headers.clone() })
    }
}

impl Argument for Reader {
    fn query() -> Vec<Parameter> {
        let schema = json!({ "type": "string", "enum": Lang::all().map(Lang::code).collect::<Vec<_>>() });
        vec![Parameter {
            name: "lang",
            about: Some((schema, "the language of the page, whatever Accept-Language says")),
        }]
    }
}

/// What a Digital Link says beside what it names; nothing for any other address.
fn scanned(uri: &Uri) -> Scanned {
    let (path, query) = (uri.path().trim_matches('/'), uri.query().unwrap_or_default());
    if !path.starts_with(|c: char| c.is_ascii_digit()) {
        return Scanned::default();
    }
    let Ok(resolved) = DigitalLink::resolve(path, query) else { return Scanned::default() };
    Scanned { beside: resolved.link.attributes().to_vec(), ignored: resolved.ignored }
}

impl Reader {
    /// The context of a page: the request, and the words of the commodities.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn ctx(&self, s: &Snapshot<'_>) -> Result<Ctx, Problem> {
        let ledger = authority::shared_ledger(s.state)?;
        let named = |party: &str| -> Result<Option<(String, Names)>, StateError> {
            Ok(authority::party(s.state, party)?.map(|row| (party.to_owned(), row.name)))
        };
        let node = Node {
            operator: named(&s.app.ledger.config().operator)?,
            authority: named(&ledger.authority)?,
            clock: ledger.clock,
        };
        Ok(Ctx { glossary: profiles::glossary(s)?, node, ..self.ctx_without_words(s.app)? })
    }

    /// The context of a page without goods.
    ///
    /// # Errors
    /// `internal` when the log has no verifier key.
    pub fn ctx_without_words(&self, app: &App) -> Result<Ctx, Problem> {
        let wanted = self.uri.query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("lang=")));
        let chosen = wanted.and_then(Lang::from_tag).is_some();
        let accept = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        Ok(Ctx {
            lang: Lang::negotiate(wanted, accept),
            chosen,
            base_url: app.config.public_url.clone(),
            path: self.uri.path().to_owned(),
            ledger: app.ledger.id().to_owned(),
            log_key: app.ledger.verifier()?.to_string(),
            glossary: Glossary::default(),
            scanned: scanned(&self.uri),
            node: Node::default(),
        })
    }

    /// The answer with a page; 304 if the client has it already.
    pub fn html(&self, status: StatusCode, ctx: &Ctx, page: String) -> Response {
        let etag = format!("W/\"{}\"", Hash32::of(page.as_bytes()));
        let mut response = match status {
            StatusCode::OK if known(&self.headers, &etag) => StatusCode::NOT_MODIFIED.into_response(),
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

    /// The page that says that the object is not on the ledger.
    ///
    /// # Errors
    /// `internal` when the page can't be drawn.
    pub fn missing(&self, app: &App, notice: &Notice) -> Result<Response, Problem> {
        let ctx = self.ctx_without_words(app)?;
        let page = pages::render_notice(&ctx, notice)?;
        Ok(self.html(StatusCode::NOT_FOUND, &ctx, page))
    }

    /// A problem as a page, for people.
    ///
    /// # Errors
    /// A problem when the page can't be drawn.
    pub fn problem(&self, app: &App, problem: &Problem) -> Result<Response, Problem> {
        let ctx = self.ctx_without_words(app)?;
        let sentence = match problem.kind {
            Kind::NotFound => "missing",
            Kind::Gone => "gone",
            Kind::RequestTimeout
            | Kind::TooEarly
            | Kind::TooManyRequests
            | Kind::Busy
            | Kind::Closing
            | Kind::ClockHeld => "busy",
            Kind::Internal | Kind::InsufficientStorage => "internal",
            _ => "malformed",
        };
        let title = ctx.lang.text(&format!("error-{sentence}"));
        let why = ctx.lang.text(&format!("error-{sentence}-why"));
        let page = pages::render_error(&ctx, &title, &why, problem.request_id.as_deref())?;
        let mut response = self.html(problem.status(), &ctx, page);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = problem.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }
}
