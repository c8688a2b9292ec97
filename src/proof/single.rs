//! Verification of a single record: with its `.tlog-proof`, or as a SCITT transparent statement (`.cose`, RFC 9943: the record
//! with its receipts in the unprotected header).
//!
//! Not here: lots (`bundle`), and making either form (`export`).

use crate::causes::causes;
use crate::log::receipt::{Receipt, ReceiptError, detach};
use crate::log::tlog_proof::TlogProof;
use crate::record::Record;

use super::trust::Trust;
use super::verdict::Verdict;

/// Verifies one record with its `.tlog-proof`.
pub fn verify_tlog_proof(record: &[u8], proof: &str, trust: &Trust) -> Verdict {
    let mut verdict = Verdict::new(trust.is_pinned());
    not_a_bundle(&mut verdict);
    let proof = match TlogProof::parse(proof) {
        Ok(proof) => proof,
        Err(error) => {
            verdict.fail("format", causes(&error).to_string());
            return verdict;
        }
    };
    verdict.pass("format", "tlog-proof version 1");
    one_record(&mut verdict, record, trust);
    let Some(log) = &trust.log else {
        without_key(&mut verdict);
        return verdict;
    };
    let Some(head) = super::verify::checkpoint(&mut verdict, &proof.checkpoint, log, trust) else { return verdict };
    super::verify::inclusion(&mut verdict, &head, std::iter::once((proof.index, record, proof.path.as_slice())));
    verdict
}

/// Verifies a transparent statement; the receipt's issuer and subject must be the log and the record. Size and index are not
/// signed by a receipt, so the verdict's size is 0.
pub fn verify_transparent_statement(statement: &[u8], trust: &Trust) -> Verdict {
    let mut verdict = Verdict::new(trust.is_pinned());
    not_a_bundle(&mut verdict);
    let (record, receipts) = match detach(statement) {
        Ok(parts) => parts,
        Err(error) => {
            verdict.fail("format", causes(&error).to_string());
            return verdict;
        }
    };
    verdict.pass("format", "transparent statement");
    verdict.skip("witnesses", "a receipt carries no cosignatures");
    verdict.skip("consistency", "a receipt carries no checkpoint");
    one_record(&mut verdict, &record, trust);
    let Some(log) = &trust.log else {
        without_key(&mut verdict);
        return verdict;
    };
    let sub = crate::record::Hash32::of(&record).uri();
    let checked = receipts.iter().map(|bytes| {
        let receipt = Receipt::decode(bytes)?;
        if receipt.iss.as_deref() != Some(log.name()) || receipt.sub.as_deref() != Some(sub.as_str()) {
            return Err(ReceiptError::Form("it has another issuer or subject"));
        }
        receipt.verify(&record, log.public_key())
    });
    // one valid receipt is enough; without one the last error is reported
    let mut answer = Err(ReceiptError::Form("no receipt"));
    for next in checked {
        answer = answer.or(next);
    }
    match answer {
        Ok(_) => {
            verdict.pass("checkpoint", format!("a root that {} signed", log.name()));
            verdict.pass("inclusion", "the record is in the tree of that root; its index is not signed");
        }
        Err(error) => {
            verdict.skip("checkpoint", "no receipt leads to a signed root");
            verdict.fail("inclusion", causes(&error).to_string());
        }
    }
    verdict
}

/// Skips the checks that need the log's key, which a single record does not have.
fn without_key(verdict: &mut Verdict) {
    for name in ["checkpoint", "witnesses", "consistency", "inclusion"] {
        verdict.skip(name, "needs the log's key, and none is trusted");
    }
}

fn not_a_bundle(verdict: &mut Verdict) {
    verdict.skip("seen", "one record alone does not carry the proof that the log extends what its signer had seen");
    for name in ["profiles", "rules", "log-keys", "lot"] {
        verdict.skip(name, "one record alone says nothing about a lot");
    }
}

/// Decodes the record, and checks its signature and its ledger.
fn one_record(verdict: &mut Verdict, bytes: &[u8], trust: &Trust) {
    let record = match Record::decode(bytes) {
        Ok(record) => record,
        Err(error) => return verdict.fail("records", causes(&error).to_string()),
    };
    verdict.pass("records", record.id.uri());
    match record.verify() {
        Ok(()) => verdict.pass("signatures", format!("signed by key {}", record.kid)),
        Err(error) => verdict.fail("signatures", causes(&error).to_string()),
    }
    match &trust.ledger {
        Some(ledger) if *ledger == record.claims.aud => verdict.pass("ledger", ledger.clone()),
        Some(ledger) => verdict.fail("ledger", format!("the record is of {}, not of {ledger}", record.claims.aud)),
        None => verdict.skip("ledger", "no ledger is trusted"),
    }
}
