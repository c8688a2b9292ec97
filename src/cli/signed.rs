//! Requests that this program signs (RFC 9421): the key, the ledger and the node's public address, which a signature is for.
//!
//! What it is not: records, whose signatures are in `signing`; or the format, which is [`crate::httpsig`].

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde_json::Value;

use super::client::{Ask, Client};
use super::failure::Failure;
use super::signing::{Passphrase, open_key};
use crate::httpsig::{Params, Target, digest, sign};
use crate::record::PublicKey;
use crate::record::id::base32;

/// How long a signature of this program is valid, in seconds: a photo over a slow line is announced in less.
const VALID: i64 = 120;

/// How far the node's time may be from this machine's for a request to be signed with it, in seconds: a day, which is more than a wrong
/// time zone.
const FARTHEST: u64 = 24 * 60 * 60;

/// Headers of a request.
pub type Headers = Vec<(&'static str, String)>;

/// Signs requests to one node.
pub struct RequestSigner {
    /// The key.
    pub key: SigningKey,
    /// The ledger id.
    pub ledger: String,
    /// The node's public address, whatever address it is reached at.
    pub public_url: String,
}

impl RequestSigner {
    /// For the node that `client` speaks to, which is of `ledger` if that is given.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or is of another ledger.
    pub fn of_node(client: &Client, key: SigningKey, ledger: Option<&str>) -> Result<RequestSigner, Failure> {
        let about = client.get_json("/.well-known/jejak")?;
        let text = |name: &str| about.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(node), Some(public_url)) = (text("ledger"), text("publicUrl")) else {
            return Err(Failure::unreachable(format!("{} does not describe itself", client.base()))
                .hint("check that this is the address of a jejak node"));
        };
        if let Some(wanted) = ledger.filter(|wanted| !wanted.is_empty() && *wanted != node) {
            return Err(Failure::refused(format!("{} is a node of {node}, not of {wanted}", client.base()))
                .hint("give the address of a node of your ledger, or its id with --ledger"));
        }
        Ok(RequestSigner { key, ledger: node, public_url })
    }

    /// The headers of a request with this body, signed at `now` (Unix seconds).
    ///
    /// # Errors
    /// [`Failure`] when there is no random number, or a name has characters that no header can hold.
    pub fn headers(&self, method: &str, path: &str, body: &[u8], now: i64) -> Result<Headers, Failure> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|e| Failure::usage("no random number for the signature").because(e))?;
        let params = Params {
            created: now,
            expires: now.saturating_add(VALID),
            nonce: base32().encode(&nonce),
            key: PublicKey(self.key.verifying_key().to_bytes()),
            ledger: self.ledger.clone(),
        };
        let (digest, uri) = (digest::of(body), format!("{}{path}", self.public_url));
        let fields = sign(&self.key, &params, &Target { method, uri: &uri, digest: &digest });
        let fields = fields.ok_or_else(|| Failure::usage("the ledger's id can't be signed in a request"))?;
        Ok(vec![("content-digest", digest), ("signature-input", fields.input), ("signature", fields.signature)])
    }

    /// `PUT path`, signed.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn put(&self, client: &Client, path: &str, media_type: &str, body: &[u8]) -> Result<(), Failure> {
        in_time(|now| {
            let mut headers = self.headers("PUT", path, body, now)?;
            headers.push(expect());
            client.put(path, media_type, body, &headers)
        })
    }
}

/// A refusal comes before the body is sent: else a node that closes the connection in the middle of it is not heard.
fn expect() -> (&'static str, String) {
    ("expect", "100-continue".to_owned())
}

/// Does `at` with the time of this machine; once more with the node's time when the clock of this machine is wrong.
fn in_time<T>(at: impl Fn(i64) -> Result<T, Failure>) -> Result<T, Failure> {
    let here = jiff::Timestamp::now().as_second();
    match at(here) {
        // a signature for a day that has not come could be kept, and used then
        Err(Failure { server_time: Some(now), .. }) if now.abs_diff(here) <= FARTHEST => at(now),
        Err(failure @ Failure { server_time: Some(now), .. }) => {
            let show = |at: i64| jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |t| t.to_string());
            let why = format!("this machine says that it is {}, the node {}", show(here), show(now));
            Err(failure.hint(format!("{why}: set the clock that is wrong")))
        }
        done => done,
    }
}

/// `GET path` of a blob: signed if there is a key.
///
/// # Errors
/// As for [`upload`].
pub fn download(
    client: &Client,
    key: Option<(&Path, &Passphrase)>,
    ledger: Option<&str>,
    path: &str,
) -> Result<Vec<u8>, Failure> {
    let Some((key, passphrase)) = key else { return client.get_with(path, "*/*", Ask::Blob, &[]) };
    let signer = RequestSigner::of_node(client, open_key(key, passphrase)?, ledger)?;
    in_time(|now| client.get_with(path, "*/*", Ask::Blob, &signer.headers("GET", path, b"", now)?))
}

/// `PUT path` of a blob: signed if there is a key.
///
/// # Errors
/// [`Failure`] when the key can't be opened, the node does not answer, or answers with a problem.
pub fn upload(
    client: &Client,
    key: Option<(&Path, &Passphrase)>,
    ledger: Option<&str>,
    path: &str,
    media_type: &str,
    bytes: &[u8],
) -> Result<(), Failure> {
    let Some((key, passphrase)) = key else { return client.put(path, media_type, bytes, &[expect()]) };
    let signer = RequestSigner::of_node(client, open_key(key, passphrase)?, ledger)?;
    signer.put(client, path, media_type, bytes)
}
