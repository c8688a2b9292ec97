//! The newest head of a log that this device has seen, kept beside the key (`KEY.head`). Each record that the key signs names it, so that
//! the signer is a witness of the log's history (`record::Seen`).
//!
//! A node that shows a head which the kept one is no part of has two histories: nothing is signed, and both signed checkpoints are
//! kept. What it is not: a witness policy. The log's keys are those that the node states when the ledger is met first.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::client::{Ask, Client};
use super::failure::Failure;
use super::output;
use crate::causes::causes;
use crate::log::merkle::{Hash, consistency_verify};
use crate::log::{Checkpoint, Verifier};
use crate::record::Seen;
use crate::store::files::write_durably;

/// The content of `KEY.head`.
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
/// yet, changes nothing.
///
/// # Errors
/// [`Failure`] of a failed verification when the node shows another history than the one that was seen.
pub(super) fn newest(node: Option<&Client>, key: &Path, ledger: &str) -> Result<Option<Seen>, Failure> {
    let file = beside(key, ".head");
    let kept = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Kept>(&text).ok());
    let kept = kept.filter(|kept| kept.ledger == ledger);
    let before = kept.as_ref().and_then(Kept::open);
    let seen = |head: &Checkpoint| Some(Seen { size: head.size, root: head.root }).filter(|seen| seen.size >= 2);
    let shown = node.and_then(|node| shown(node, ledger, kept.as_ref()));
    let (Some(node), Some((new, head))) = (node, shown) else { return Ok(before.as_ref().and_then(seen)) };
    match &before {
        // an older head may be one from a cache; what was seen stays true
        Some(before) if head.size < before.size => return Ok(seen(before)),
        Some(before) if !extends(node, before, &head)? => {
            let other = beside(key, ".other-head");
            write(&other, &new);
            return Err(Failure::not_proven(format!("{} shows another history of the log", node.base()))
                .because(format!(
                    "its head of {} entries does not extend the one of {} entries that this device has seen",
                    head.size, before.size
                ))
                .hint(format!(
                    "nothing was signed; {} and {} are two checkpoints signed by the log, and prove it: show them to the authority",
                    file.display(),
                    other.display()
                )));
        }
        _ => {}
    }
    if before.as_ref() != Some(&head) {
        write(&file, &new);
    }
    Ok(seen(&head))
}

fn write(file: &Path, kept: &Kept) {
    let text = serde_json::to_vec(kept).unwrap_or_default();
    if let Err(error) = write_durably(file, &text, 0o600) {
        output::warn(format!("{} was not written: {error}", file.display()));
    }
}

/// The head that a node shows, if a key of its log signed it: the one that signed the kept head, or one that the node states.
fn shown(node: &Client, ledger: &str, kept: Option<&Kept>) -> Option<(Kept, Checkpoint)> {
    let note = String::from_utf8(node.get("/checkpoint", "*/*", Ask::Checkpoint).ok()?).ok()?;
    let open = |log: &str| {
        let kept = Kept { ledger: ledger.to_owned(), log: log.to_owned(), checkpoint: note.clone() };
        kept.open().map(|head| (kept, head))
    };
    if let Some(found) = kept.and_then(|kept| open(&kept.log)) {
        return Some(found);
    }
    let about = node.get_json("/.well-known/jejak").ok()?;
    if about["ledger"] != ledger {
        return None;
    }
    about["logKeys"].as_array()?.iter().filter_map(|key| key.as_str()).find_map(open)
}

/// Whether `head` extends `before`. A node that does not prove it has no answer to that.
fn extends(node: &Client, before: &Checkpoint, head: &Checkpoint) -> Result<bool, Failure> {
    if before.size == head.size {
        return Ok(before.root == head.root);
    }
    let answer = node.get_json(&format!("/consistency?from={}&to={}", before.size, head.size))?;
    let hash = |text: &serde_json::Value| BASE64.decode(text.as_str()?.as_bytes()).ok()?.try_into().ok();
    let proof: Option<Vec<Hash>> =
        answer["proof"].as_array().map_or(Some(Vec::new()), |list| list.iter().map(hash).collect());
    let proof = proof.unwrap_or_default();
    match consistency_verify(before.size, head.size, &proof, &before.root, &head.root) {
        Ok(()) => Ok(true),
        Err(error) => {
            output::note(format!("the node's proof does not hold: {}", causes(&error)));
            Ok(false)
        }
    }
}
