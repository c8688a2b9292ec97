//! Requests that this program signs (RFC 9421): the key, the ledger and the node's public address, which a signature is for.
//!
//! What it is not: records, whose signatures are in `signing`; or the format, which is [`crate::httpsig`].

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Ask, Client};
use super::failure::Failure;
use super::signing::{Passphrase, open_key};
use crate::httpsig::{Params, Target, digest, sign};
use crate::record::PublicKey;
use crate::record::id::base32;
use crate::server::http::problem::Kind;

/// How long a signature of this program is valid, in seconds: a photo over a slow line is announced in less.
const VALID: i64 = 120;

/// How far the node's time may be from this machine's for a request to be signed with it, in seconds: a day, which is more than a wrong
/// time zone.
const FARTHEST: u64 = 24 * 60 * 60;

/// Headers of a request.
pub type Headers = Vec<(&'static str, String)>;

/// How a node describes itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    /// The ledger's id.
    pub ledger: String,
    /// The address that signed requests are for.
    pub public_url: String,
    /// Verifier keys of the log.
    #[serde(default)]
    pub log_keys: Vec<String>,
}

impl About {
    /// Asks a node.
    ///
    /// # Errors
    /// [`Failure`] when it does not answer, or is none.
    pub fn of(client: &Client) -> Result<About, Failure> {
        let about = client.get_json("/.well-known/jejak")?;
        serde_json::from_value(about).map_err(|e| {
            Failure::unreachable(format!("{} does not describe itself", client.base()))
                .because(e)
                .hint("check that this is the address of a jejak node")
        })
    }
}

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
        let About { ledger: node, public_url, .. } = About::of(client)?;
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
pub(super) fn in_time<T>(at: impl Fn(i64) -> Result<T, Failure>) -> Result<T, Failure> {
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

/// `POST /entries`. With a signer the request is signed, because a node under load serves the signed requests of enrolled keys first. If
/// the node refuses the signature of the request, the record is sent once more without it: the record has a signature of its own.
///
/// # Errors
/// [`Failure`] when the node does not answer, or answers with a problem.
pub fn submit(client: &Client, signer: Option<&RequestSigner>, record: &[u8]) -> Result<Value, Failure> {
    let Some(signer) = signer else { return client.submit(record, None, &[]) };
    let sent = in_time(|now| client.submit(record, None, &signer.headers("POST", "/entries", record, now)?));
    let refused = [Kind::SignatureRefused, Kind::SignatureTime].map(Kind::code);
    match sent {
        Err(failure) if failure.code.as_deref().is_some_and(|code| refused.contains(&code)) => {
            client.submit(record, None, &[])
        }
        sent => sent,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::httpsig::Unverified;

    /// The headers of a request, by name in lower case.
    type Head = Vec<(String, String)>;

    const LEDGER: &str = "urn:jejak:ledger:x";
    const RECORD: &[u8] = b"a record";

    /// Submits to a node that answers with these, one after the other; the heads that it was sent.
    fn submitted(answers: &'static [(u16, &'static str)]) -> (Result<Value, Failure>, Vec<Head>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let node = std::thread::spawn(move || {
            let answer = |(status, body): &(u16, &str)| {
                let mut stream = listener.accept().unwrap().0;
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let lines = std::iter::from_fn(|| {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    Some(line.trim_end().to_owned()).filter(|line| !line.is_empty())
                });
                let head: Vec<String> = lines.collect();
                assert!(head[0].starts_with("POST /entries "), "{head:?}");
                let mut body_sent = vec![0; RECORD.len()];
                reader.read_exact(&mut body_sent).unwrap();
                assert_eq!(body_sent, RECORD);
                let length = body.len();
                let text =
                    format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
                stream.write_all(text.as_bytes()).unwrap();
                let pairs = head[1..].iter().filter_map(|line| line.split_once(": "));
                pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
            };
            answers.iter().map(answer).collect()
        });
        let signer = RequestSigner {
            key: SigningKey::from_bytes(&[7; 32]),
            ledger: LEDGER.to_owned(),
            public_url: "https://ledger.example".to_owned(),
        };
        let sent = submit(&Client::new(&base).unwrap(), Some(&signer), RECORD);
        (sent, node.join().unwrap())
    }

    fn field<'h>(head: &'h [(String, String)], name: &str) -> Option<&'h str> {
        head.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn submission_is_signed_by_the_records_own_key_for_the_public_address() {
        let (sent, heads) = submitted(&[(201, r#"{"index":1}"#)]);
        assert_eq!(sent.unwrap()["index"], 1);
        let head = &heads[0];
        let of = |name| field(head, name).unwrap();
        let signed = Unverified::read(of("signature-input"), of("signature"), LEDGER).unwrap();
        let digest = of("content-digest");
        assert_eq!(digest, digest::of(RECORD));
        let target = |uri| Target { method: "POST", uri, digest };
        assert!(signed.verify(&target("https://ledger.example/entries")).is_ok());
        assert!(signed.verify(&target("https://other.example/entries")).is_err());
        assert_eq!(field(head, "prefer"), Some("return=representation"));
    }

    #[test]
    fn record_is_sent_again_in_an_unsigned_request_when_the_node_refuses_the_signature() {
        const REFUSED: &str = r#"{"type":"urn:jejak:problem:signature-refused","status":403}"#;
        let (sent, heads) = submitted(&[(403, REFUSED), (201, r#"{"index":2}"#)]);
        assert_eq!(sent.unwrap()["index"], 2);
        assert!(field(&heads[0], "signature").is_some() && field(&heads[1], "signature").is_none());
        // what refuses the record itself is no reason to send it again
        const RULE: &str =
            r#"{"type":"urn:jejak:problem:rejected","status":422,"rule":"lot-unknown","retryable":false}"#;
        let (sent, heads) = submitted(&[(422, RULE)]);
        assert_eq!((sent.unwrap_err().rule.as_deref(), heads.len()), (Some("lot-unknown"), 1));
    }
}
