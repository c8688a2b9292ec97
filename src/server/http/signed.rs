//! Signed requests: which party sends this one. The one way in which a handler learns it.
//!
//! ```text
//! headers ─► announced: form, time, key in force, signature, nonce ─► body ─► its SHA-256 is the one that was signed
//! ```
//! A request is refused by its headers, before its body is read: who sends `Expect: 100-continue` loses no time. The address that is
//! signed is the node's public one, so that a proxy may stand between. What it is not: the format ([`crate::httpsig`]), or what a
//! party may do, which the handler decides. What it does must be harmless when it is done twice (see there).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use sha2::{Digest, Sha256};

use super::arguments::Argument;
use super::problem::{Kind, Problem};
use crate::chain::Refusal;
use crate::chain::authority::{self, Signer};
use crate::httpsig::nonces::NonceError;
use crate::httpsig::{SignatureError, Target, TimeError, Unverified, digest};
use crate::record::PublicKey;
use crate::server::App;

const INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// What a signature is read from and made for: an argument of every handler that takes signed requests.
#[derive(Debug, Clone)]
pub struct Head {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Head, Infallible> {
        Ok(Head { method: parts.method.clone(), uri: parts.uri.clone(), headers: parts.headers.clone() })
    }
}

impl Head {
    /// The headers of the request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Whether the request says that it is signed.
    pub fn is_signed(&self) -> bool {
        self.headers.contains_key(INPUT) || self.headers.contains_key(SIGNATURE)
    }
}

impl Argument for Head {
    fn signed() -> bool {
        true
    }
}

/// A request whose headers were signed by a key that is in force. Its body is still to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The party and its key.
    pub signer: Signer,
    /// The key itself.
    pub key: PublicKey,
    /// The SHA-256 that was signed.
    pub sha256: [u8; 32],
}

impl From<SignatureError> for Problem {
    fn from(error: SignatureError) -> Problem {
        Problem::new(Kind::SignatureRefused, error.to_string())
    }
}

impl From<NonceError> for Problem {
    fn from(error: NonceError) -> Problem {
        let kind = match error {
            NonceError::Used | NonceError::Forgotten => Kind::SignatureRefused,
            NonceError::Full => Kind::Busy,
        };
        Problem::new(kind, error.to_string())
    }
}

impl Announced {
    /// Compares a body with the one that was announced.
    ///
    /// # Errors
    /// `signature-refused`.
    pub fn compare(&self, body: &[u8]) -> Result<(), Problem> {
        if self.sha256[..] == Sha256::digest(body)[..] {
            return Ok(());
        }
        Err(Problem::new(Kind::SignatureRefused, "the body is not the one whose digest was signed"))
    }
}

/// The lines of a field as one value (RFC 9110 section 5.3); `None` without one, or with bytes that no structured field has.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Option<Vec<&str>> = headers.get_all(name).iter().map(|line| line.to_str().ok()).collect();
    lines.filter(|lines| !lines.is_empty()).map(|lines| lines.join(", "))
}

/// What a request's signature says, once it holds; `None` for a request that is not signed. A request that is signed and whose
/// signature does not hold is refused, never taken as unsigned.
///
/// # Errors
/// `signature-refused`, `signature-time` with the node's time, `busy`.
pub fn announced(app: &App, request: &Head) -> Result<Option<Announced>, Problem> {
    let headers = &request.headers;
    if !request.is_signed() {
        return Ok(None);
    }
    let field = |name: &HeaderName| joined(headers, name).unwrap_or_default();
    let signed = Unverified::read(&field(&INPUT), &field(&SIGNATURE), app.ledger.id())?;
    let now = app.ledger.now();
    signed.params.in_time(now, app.started).map_err(|error| time(error, now))?;
    let content = field(&DIGEST);
    let sha256 = digest::read(&content).map_err(SignatureError::from)?;
    let path = request.uri.path_and_query().map_or("/", |path| path.as_str());
    let uri = format!("{}{path}", app.config.public_url);
    signed.verify(&Target { method: request.method.as_str(), uri: &uri, digest: &content })?;
    let key = signed.params.key;
    let signer = app.ledger.with_state(|state, _| authority::request_signer(state, &key));
    let signer = signer.map_err(|refusal| match refusal {
        Refusal::Rejected(rejection) => {
            let mut problem = Problem::new(Kind::SignatureRefused, rejection.detail);
            (problem.rule, problem.args, problem.retryable) =
                (Some(rejection.rule), rejection.args, rejection.retryable);
            problem
        }
        Refusal::Storage(error) => error.into(),
    })?;
    // last, so that only the key itself can use up its nonces
    app.nonces.lock().take(&signer.iss, &key, &signed.params.nonce, signed.params.expires, now)?;
    Ok(Some(Announced { signer, key, sha256 }))
}

/// Who signed a request that has no body.
///
/// # Errors
/// As for [`announced`]; `signature-refused` with `why` for a request that is not signed.
pub fn signer(app: &App, request: &Head, why: &str) -> Result<Signer, Problem> {
    let signed = announced(app, request)?.ok_or_else(|| Problem::new(Kind::SignatureRefused, why))?;
    signed.compare(b"")?;
    Ok(signed.signer)
}

fn time(error: TimeError, now: i64) -> Problem {
    let mut problem = Problem::new(
        Kind::SignatureTime,
        format!("{error}; sign again with created at serverTime, which is now {now}"),
    );
    problem.server_time = Some(now);
    problem
}
