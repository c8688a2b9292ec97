//! Fetches proofs and logs from a node, for `jejak verify` and `jejak audit`.

use std::time::Duration;

use super::audit::{Held, Source};
use super::before_signing::lot_path;
use super::client::{Ask, Client};
use super::failure::{Failure, Kind};
use crate::gs1::link::{DigitalLink, PrimaryKey};
use crate::proof::bundle::{MAX_PARTS, MEDIA_TYPE};
use crate::record::{Hash32, RecordId};

/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(16);

/// Fetches the proof of a lot from the address on its label, or from its own address: one file, or all its parts.
///
/// # Errors
/// [`Failure`] for an address that is neither, and as [`Client::get`].
pub(super) fn proof(url: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let Some((node, path)) = address(url) else {
        return Err(Failure::usage(format!("{url} is not the address of a lot or a proof")));
    };
    let client = Client::new(&node)?;
    match parts(&client, &path) {
        // the node kept the parts of a newer one instead
        Err((failure, fetched)) if fetched > 0 && failure.kind == Kind::Refused => parts(&client, &path),
        parts => parts,
    }
    .map_err(|(failure, _)| failure)
}

/// The parts of a proof, or why one was not fetched and how many were before it.
fn parts(client: &Client, path: &str) -> Result<Vec<Vec<u8>>, (Failure, usize)> {
    let (mut parts, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next.filter(|_| parts.len() < MAX_PARTS as usize) {
        let part;
        (part, next) = client.get_page(&path, MEDIA_TYPE, Ask::Proof).map_err(|failure| (failure, parts.len()))?;
        parts.push(part);
    }
    Ok(parts)
}

/// Fetches a record by its id.
///
/// # Errors
/// As [`Client::get`].
pub(super) fn record(node: &str, id: &RecordId) -> Result<Vec<u8>, Failure> {
    Client::new(node)?.get(&format!("/entries/{id}"), "application/cose", Ask::Record)
}

/// Node and path of a lot's proof. Any other address is taken as that of a proof.
fn address(url: &str) -> Option<(String, String)> {
    if let Ok(link) = DigitalLink::parse(url)
        && let Ok(PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)) = link.key()
    {
        let stem = &url[..url.rfind(&format!("/01/{}", lot.gtin))?];
        return Some((stem.to_owned(), format!("{}/proof", lot_path(&lot))));
    }
    let start = url.find("://")? + 3;
    let slash = url[start..].find('/')? + start;
    Some((url[..slash].to_owned(), url[slash..].to_owned()))
}

/// The log that a node publishes.
///
/// # Errors
/// As [`Client::new`].
pub(super) fn log(url: &str) -> Result<Box<dyn Source>, Failure> {
    Ok(Box::new(Client::new(url)?))
}

impl Source for Client {
    fn checkpoint(&self) -> Result<Vec<u8>, Failure> {
        // no retry: a wrong address should fail at once
        self.get("/checkpoint", "*/*", Ask::Checkpoint)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        persistent(self, &format!("/{path}"), "*/*", Ask::Entries)
    }

    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure> {
        persistent(self, &format!("/profiles/{hash}"), "application/json", Ask::Profile)
    }

    fn evidence(&self, hash: &Hash32, public: bool, fetch: bool) -> Result<Option<Held>, Failure> {
        if !(fetch && public) {
            return Ok(None);
        }
        match self.get(&format!("/evidence/{hash}"), "*/*", Ask::Blob) {
            Ok(bytes) => Ok(Some(Held::of(hash, &bytes))),
            Err(failure) if failure.kind == Kind::Refused => Ok(Some(Held::Missing)),
            Err(failure) => Err(failure),
        }
    }
}

/// Reads from a node, with retries, because an audit takes long. A file of the log that the node refuses to serve is a failed
/// verification.
fn persistent(node: &Client, path: &str, accept: &str, ask: Ask) -> Result<Vec<u8>, Failure> {
    let mut pause = Duration::from_secs(1);
    loop {
        match node.get(path, accept, ask) {
            Err(failure) if failure.kind == Kind::Unreachable && pause <= MAX_PAUSE => {
                std::thread::sleep(pause);
                pause *= 2;
            }
            Err(failure) if failure.kind == Kind::Refused => {
                let what = format!("{}{path} is part of the log, but the node does not serve it", node.base());
                return Err(Failure::not_proven(what)
                    .because(failure.causes.into_iter().next().unwrap_or(failure.message))
                    .hint("read the log from another source, and ask its operator"));
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_on_a_label_leads_to_the_proof() {
        let at = |url: &str| address(url).map(|(node, path)| format!("{node} {path}"));
        let proof = "/lots/09521321001015/DAUN-2611-07/proof";
        for url in [
            "https://jejak.example/01/09521321001015/10/DAUN-2611-07",
            "https://jejak.example/01/09521321001015/10/DAUN-2611-07/21/ABC?linkType=all",
        ] {
            assert_eq!(at(url).unwrap(), format!("https://jejak.example {proof}"));
        }
        assert_eq!(
            at("https://x.example/shop/01/09521321001015/10/DAUN-2611-07").unwrap(),
            format!("https://x.example/shop {proof}")
        );
        assert_eq!(at("https://jejak.example/proofs/a.jejak").unwrap(), "https://jejak.example /proofs/a.jejak");
        assert_eq!(at("https://jejak.example"), None);
    }
}
