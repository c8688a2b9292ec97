//! The newest head of each log that this device has seen, kept beside the key (`KEY.head`), one for each ledger that the key signs for.
//! Each record that the key signs names the head of its ledger, so that the signer is a witness of the log's history (`record::Seen`).
//!
//! If a node shows a head and does not prove that it extends the kept one, nothing is signed, and both signed checkpoints are kept. What
//! it is not: a witness policy. The log's keys are those that the node states at first use.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::client::{Ask, Client};
use super::failure::{Failure, Kind};
use super::output;
use crate::causes::causes;
use crate::log::merkle::{Hash, consistency_verify};
use crate::log::{Checkpoint, Verifier};
use crate::record::Seen;
use crate::store::files::write_durably;

/// Largest number of ledgers whose heads are kept; beyond it the oldest head is dropped.
const MOST_LEDGERS: usize = 64;

/// The head of one ledger. `KEY.head` is a list of them, the newest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Ledger id.
    ledger: String,
    /// The key that signed the checkpoint.
    log: String,
    /// The signed checkpoint.
    checkpoint: String,
}

impl Kept {
    fn open(&self) -> Option<Checkpoint> {
        Some(Checkpoint::open(&self.checkpoint, &self.log.parse::<Verifier>().ok()?).ok()?.0)
    }
}

fn beside(key: &Path, ending: &str) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The newest head that this device has seen of `ledger`, asking the node if there is one. A node that does not answer, or that has no head
/// yet, changes nothing. A damaged file is reported, and replaced by the node's head.
///
/// # Errors
/// [`Failure`] of a failed verification when the node's head does not extend the one that was seen, and of a node that refuses to prove it.
pub(super) fn newest(node: Option<&Client>, key: &Path, ledger: &str) -> Result<Option<Seen>, Failure> {
    let file = beside(key, ".head");
    let (kept, before) = read(&file, ledger).unzip();
    let seen = |head: &Checkpoint| Some(Seen { size: head.size, root: head.root }).filter(|seen| seen.size >= 2);
    let shown = node.and_then(|node| shown(node, ledger, kept.as_ref()));
    let (Some(node), Some((new, head))) = (node, shown) else { return Ok(before.as_ref().and_then(seen)) };
    if let Some(before) = &before {
        // an older head may be one from a cache; what was seen stays true
        if head.size < before.size {
            return Ok(seen(before));
        }
        match extends(node, before, &head) {
            Ok(()) => {}
            // the node or the network failed between two requests
            Err(failure) if failure.kind == Kind::Unreachable => return Ok(seen(before)),
            Err(failure) if failure.kind == Kind::NotProven => {
                let other = beside(key, ".other-head");
                write(&other, &new);
                return Err(failure.hint(format!(
                    "nothing was signed; {} and {} are two checkpoints signed by the log: show them to the authority",
                    file.display(),
                    other.display()
                )));
            }
            Err(failure) => return Err(failure),
        }
    }
    if before.as_ref() != Some(&head) {
        write(&file, &new);
    }
    Ok(seen(&head))
}

/// The log key that signed the newest head which `key` has seen of `ledger`.
pub(super) fn log_key(key: &Path, ledger: &str) -> Option<String> {
    read(&beside(key, ".head"), ledger).map(|(kept, _)| kept.log)
}

/// What is kept in `file` of all ledgers; none of a file that does not exist.
///
/// # Errors
/// What is wrong with the file, and whether it is of another form: one that can't be read now may be sound.
fn all(file: &Path) -> Result<Vec<Kept>, (String, bool)> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
            let what = "is damaged: this device no longer knows which heads it has seen";
            (format!("{} {what}", file.display()), true)
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err((format!("{} can't be read: {error}", file.display()), false)),
    }
}

/// What is kept in `file` of `ledger`, and the checkpoint in it.
fn read(file: &Path, ledger: &str) -> Option<(Kept, Checkpoint)> {
    let all = all(file).unwrap_or_else(|(what, _)| {
        output::warn(what);
        Vec::new()
    });
    let kept = all.into_iter().rev().find(|kept| kept.ledger == ledger)?;
    let head = kept.open();
    if head.is_none() {
        let file = file.display();
        output::warn(format!(
            "the head of {ledger} in {file} is damaged: this device no longer knows which it has seen"
        ));
    }
    head.map(|head| (kept, head))
}

/// Writes the head of one ledger, and leaves those of the others.
fn write(file: &Path, kept: &Kept) {
    let mut heads = match all(file) {
        Ok(heads) => heads,
        Err((_, true)) => Vec::new(),
        // the heads of the other ledgers are in it
        Err((_, false)) => return output::warn(format!("{} was not written", file.display())),
    };
    heads.retain(|other| other.ledger != kept.ledger);
    heads.push(kept.clone());
    heads.drain(..heads.len().saturating_sub(MOST_LEDGERS));
    let text = serde_json::to_vec(&heads).unwrap_or_default();
    if let Err(error) = write_durably(file, &text, 0o600) {
        output::warn(format!("{} was not written: {error}", file.display()));
    }
}

/// The head that a node shows, if a key of its log signed it: the one that signed the kept head, or at first use one that the node states.
fn shown(node: &Client, ledger: &str, kept: Option<&Kept>) -> Option<(Kept, Checkpoint)> {
    let note = String::from_utf8(node.get("/checkpoint", "*/*", Ask::Checkpoint).ok()?).ok()?;
    let open = |log: &str| {
        let kept = Kept { ledger: ledger.to_owned(), log: log.to_owned(), checkpoint: note.clone() };
        kept.open().map(|head| (kept, head))
    };
    if let Some(kept) = kept {
        let found = open(&kept.log);
        if found.is_none() {
            output::warn(format!(
                "the head of {} is not signed by the log's key that this device knows: {}",
                node.base(),
                kept.log
            ));
        }
        return found;
    }
    let about = node.get_json("/.well-known/jejak").ok()?;
    if about["ledger"] != ledger {
        return None;
    }
    about["logKeys"].as_array()?.iter().filter_map(|key| key.as_str()).find_map(open)
}

/// Checks that `head` extends `before`.
///
/// # Errors
/// [`Failure`] of a failed verification when it does not, or the node's proof does not hold; as [`Client::get_json`] when there is no proof.
fn extends(node: &Client, before: &Checkpoint, head: &Checkpoint) -> Result<(), Failure> {
    let other = |why: String| {
        let what = format!("the log of {} does not extend the head that this device has seen", node.base());
        Failure::not_proven(what).because(why)
    };
    let (from, to) = (before.size, head.size);
    if from == to {
        return match before.root == head.root {
            true => Ok(()),
            false => Err(other(format!("its tree of {to} entries has another root"))),
        };
    }
    let answer = node.get_json(&format!("/consistency?from={from}&to={to}"))?;
    let hash = |text: &serde_json::Value| BASE64.decode(text.as_str()?.as_bytes()).ok()?.try_into().ok();
    let proof: Option<Vec<Hash>> = answer["proof"].as_array().and_then(|list| list.iter().map(hash).collect());
    consistency_verify(from, to, &proof.unwrap_or_default(), &before.root, &head.root)
        .map_err(|error| other(format!("its proof that {to} entries extend {from} does not hold: {}", causes(&error))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;
    use crate::log::Frontier;
    use crate::log::checkpoint::tests::MemoryKey;
    use crate::log::merkle::leaf_hash;
    use crate::log::note::KeyType;

    const LEDGER: &str = "urn:jejak:ledger:x";

    /// A node that answers each path with this body, and any other with 503. Given no answers, it hangs up.
    fn node(answers: BTreeMap<String, String>) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut request) = (stream.unwrap(), [0; 2048]);
                let read = stream.read(&mut request).unwrap();
                let path = String::from_utf8_lossy(&request[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
                if answers.is_empty() {
                    continue;
                }
                let (status, body) = answers.get(&path).map_or(("503 Busy", "{}"), |body| ("200 OK", body.as_str()));
                let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        Client::new(&base).unwrap()
    }

    /// The head of a log of these entries, and the verifier key of the log.
    fn head(entries: &[&str]) -> (Checkpoint, String, String) {
        let mut tree = Frontier::new();
        entries.iter().for_each(|entry| tree.push(leaf_hash(entry.as_bytes())));
        let key = MemoryKey::new("log.example", 3);
        let head = Checkpoint { origin: "log.example".into(), size: tree.size(), root: tree.root() };
        let note = head.sign(&key).unwrap().to_string();
        (head, note, Verifier::of(&key, KeyType::Ed25519).unwrap().to_string())
    }

    /// A node that shows this head, and a proof that it extends the tree of `from` entries: these leaf hashes.
    fn showing(entries: &[&str], from: usize, proof: Option<&[&str]>) -> Client {
        showing_of(LEDGER, entries, from, proof)
    }

    fn showing_of(ledger: &str, entries: &[&str], from: usize, proof: Option<&[&str]>) -> Client {
        let (head, note, key) = head(entries);
        let about = json!({ "ledger": ledger, "logKeys": [key] });
        let mut answers =
            BTreeMap::from([("/checkpoint".into(), note), ("/.well-known/jejak".into(), about.to_string())]);
        if let Some(proof) = proof {
            let proof: Vec<String> = proof.iter().map(|leaf| BASE64.encode(&leaf_hash(leaf.as_bytes()))).collect();
            let path = format!("/consistency?from={from}&to={}", head.size);
            answers.insert(path, json!({ "proof": proof }).to_string());
        }
        node(answers)
    }

    fn seen(entries: &[&str]) -> Option<Seen> {
        let (head, ..) = head(entries);
        Some(Seen { size: head.size, root: head.root })
    }

    #[test]
    fn newest_head_is_kept_and_follows_the_node_only_along_proofs() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        let ask = |node: &Client| newest(Some(node), &key, LEDGER);
        assert_eq!(newest(None, &key, LEDGER).unwrap(), None);
        assert_eq!(ask(&showing(&["a"], 0, None)).unwrap(), None, "a head of one entry names nothing");
        assert_eq!(ask(&showing(&["a", "b"], 1, Some(&["b"]))).unwrap(), seen(&["a", "b"]));
        assert_eq!(newest(None, &key, LEDGER).unwrap(), seen(&["a", "b"]), "it is kept beside the key");
        assert_eq!(newest(None, &key, "urn:jejak:ledger:y").unwrap(), None, "for its ledger only");
        let three = &["a", "b", "c"];
        assert_eq!(ask(&showing(three, 2, Some(&["c"]))).unwrap(), seen(three));
        // an older head, no answer, and no answer between the head and the proof change nothing
        for other in [showing(&["a", "b"], 0, None), node(BTreeMap::new()), showing(&["a", "b", "c", "d"], 3, None)] {
            assert_eq!(ask(&other).unwrap(), seen(three));
        }
    }

    #[test]
    fn nothing_is_signed_for_a_node_whose_head_does_not_extend_the_one_that_was_seen() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        let first = showing(&["a", "b", "c"], 0, None);
        assert_eq!(newest(Some(&first), &key, LEDGER).unwrap(), seen(&["a", "b", "c"]));
        let kept = std::fs::read(beside(&key, ".head")).unwrap();
        for (entries, proof) in [
            (&["a", "b", "x"][..], None),
            (&["a", "b", "x", "d"], Some(&["c", "d"][..])),
            (&["a", "b", "c", "d"], Some(&[])),
        ] {
            let failure = newest(Some(&showing(entries, 3, proof)), &key, LEDGER).unwrap_err();
            assert_eq!(failure.kind, Kind::NotProven, "{failure:?}");
            assert_eq!(std::fs::read(beside(&key, ".head")).unwrap(), kept, "what was seen stays");
            let (other, _) = read(&beside(&key, ".other-head"), LEDGER).unwrap();
            assert_eq!(other.checkpoint, head(entries).1, "the other checkpoint is kept as evidence");
        }
    }

    #[test]
    fn damaged_file_is_replaced_by_the_head_of_the_node() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        std::fs::write(beside(&key, ".head"), b"{").unwrap();
        assert_eq!(newest(None, &key, LEDGER).unwrap(), None);
        assert_eq!(newest(Some(&showing(&["a", "b"], 0, None)), &key, LEDGER).unwrap(), seen(&["a", "b"]));
        assert!(read(&beside(&key, ".head"), LEDGER).is_some());
    }

    #[test]
    fn device_that_signs_for_two_ledgers_keeps_the_head_of_each() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        let other = "urn:jejak:ledger:y";
        let three = &["a", "b", "c"];
        assert_eq!(newest(Some(&showing(three, 0, None)), &key, LEDGER).unwrap(), seen(three));
        // the node is of the first ledger: at first use of the second it says so, and nothing is kept
        assert_eq!(newest(Some(&showing(three, 0, None)), &key, other).unwrap(), None);
        let second = showing_of(other, &["x", "y"], 0, None);
        assert_eq!(newest(Some(&second), &key, other).unwrap(), seen(&["x", "y"]));
        assert_eq!(newest(None, &key, LEDGER).unwrap(), seen(three), "the head of the first is still there");
        assert_eq!(newest(None, &key, other).unwrap(), seen(&["x", "y"]));
        // a split of the first is still found
        let failure = newest(Some(&showing(&["a", "b", "x"], 3, None)), &key, LEDGER).unwrap_err();
        assert_eq!(failure.kind, Kind::NotProven);
    }

    #[test]
    fn heads_of_so_many_ledgers_are_kept_and_the_first_written_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key.pem.head");
        let (_, checkpoint, log) = head(&["a", "b"]);
        let kept = |n: usize| Kept { ledger: n.to_string(), log: log.clone(), checkpoint: checkpoint.clone() };
        (0..MOST_LEDGERS + 2).for_each(|n| write(&file, &kept(n)));
        write(&file, &kept(2));
        assert_eq!(all(&file).unwrap().len(), MOST_LEDGERS);
        assert!(read(&file, "1").is_none() && read(&file, "2").is_some());
        assert!(read(&file, &(MOST_LEDGERS + 1).to_string()).is_some());
    }
}
