//! The checks of a bundle that need only the log: the checkpoint that the log signed, its witnesses, its consistency with an
//! earlier one, and the inclusion of each record (RFC 9162 section 2.1). `replay` makes the checks of records and rules.
//!
//! Not here: rules (`chain`) and formats (`record`, `log`).

use crate::causes::causes;
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::{Hash, consistency_verify, inclusion_verify, leaf_hash};
use crate::log::note::{Note, Verifier};

use super::trust::Trust;
use super::verdict::Verdict;

/// Opens the checkpoint under `log`, counts its witnesses and compares it with an earlier one.
pub(super) fn checkpoint(verdict: &mut Verdict, signed: &str, log: &Verifier, trust: &Trust) -> Option<Checkpoint> {
    let (head, note) = match Checkpoint::open(signed, log) {
        Ok(opened) => opened,
        Err(error) => {
            verdict.fail("checkpoint", causes(&error).to_string());
            return None;
        }
    };
    let whose = if trust.log.is_some() { "the trusted key of" } else { "a key that is not trusted beforehand, of" };
    verdict.pass("checkpoint", format!("{} entries, signed by {whose} {}", head.size, head.origin));
    verdict.size = head.size;
    witnesses(verdict, &note, log, trust);
    consistency(verdict, &head, log, trust);
    Some(head)
}

fn witnesses(verdict: &mut Verdict, note: &Note, log: &Verifier, trust: &Trust) {
    let Some(policy) = trust.policy.as_ref().filter(|policy| policy.requires_witnesses()) else {
        verdict.skip("witnesses", "no witness is required: the log could show others a different tree");
        return;
    };
    let quorum = policy.check(note, log);
    let names: Vec<&str> = quorum.cosigned.iter().map(|(name, _)| name.as_str()).collect();
    let unchecked = match quorum.unchecked.is_empty() {
        true => String::new(),
        false => format!("; signatures of a kind that is not checked here: {}", quorum.unchecked.join(", ")),
    };
    if !quorum.invalid.is_empty() {
        verdict.fail("witnesses", format!("cosignatures that do not verify: {}", quorum.invalid.join(", ")));
    } else if quorum.reached {
        verdict.pass("witnesses", format!("cosigned by {}{unchecked}", names.join(", ")));
    } else {
        let by = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        verdict.fail("witnesses", format!("the policy asks for more witnesses; cosigned by {by}{unchecked}"));
    }
}

fn consistency(verdict: &mut Verdict, head: &Checkpoint, log: &Verifier, trust: &Trust) {
    let Some(earlier) = &trust.earlier else {
        verdict.skip("consistency", "no earlier checkpoint was given");
        return;
    };
    let before = match Checkpoint::open(&earlier.checkpoint, log) {
        Ok((before, _)) => before,
        Err(error) => return verdict.fail("consistency", format!("the earlier checkpoint: {}", causes(&error))),
    };
    match consistency_verify(before.size, head.size, &earlier.proof, &before.root, &head.root) {
        Ok(()) => verdict.pass("consistency", format!("extends the tree of {} entries", before.size)),
        Err(error) => {
            verdict.fail("consistency", format!("from {} to {} entries: {}", before.size, head.size, causes(&error)))
        }
    }
}

/// Checks that each record is in the tree of `head`.
pub(super) fn inclusion<'a>(
    verdict: &mut Verdict,
    head: &Checkpoint,
    records: impl Iterator<Item = (u64, &'a [u8], &'a [Hash])>,
) -> bool {
    let mut count = 0;
    for (index, bytes, path) in records {
        if let Err(error) = inclusion_verify(&leaf_hash(bytes), index, head.size, path, &head.root) {
            verdict.fail("inclusion", format!("record {index}: {}", causes(&error)));
            return false;
        }
        count += 1;
    }
    verdict.pass("inclusion", format!("{count} of {count} records are in the tree of {} entries", head.size));
    true
}
