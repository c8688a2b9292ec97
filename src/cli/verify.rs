//! `jejak verify`: verifies a proof from a file, or from the address on a label, and lists what was checked and what was not.
//!
//! Not here: the audit of a whole log. Without `--trust` a proof can only be consistent with itself, and the result says so.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Out;
use super::failure::{Cause, Failure};
use super::input;
use super::output;
use super::remote;
use crate::gs1::link::PrimaryKey;
use crate::proof::{
    Bundle, BundleError, Outcome, Trust, Verdict, verify_at, verify_tlog_proof, verify_transparent_statement,
};
use crate::query::view::{LotState, LotView};
use crate::record::Record;

/// Why a serial number is not checked.
const NO_SERIALS: &str = "a proof of a lot does not say which serial numbers were issued";

/// Verifies a proof.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 proven, 1 not proven, 5 proven but on hold, failed or withdrawn, 6 with --require-complete only: not proven \
                         that no record is missing. Without --trust, 0, 5 and 6 mean only that the proof is consistent with itself."
)]
pub struct Verify {
    /// Proof bundle (.jejak), or all its parts, in any order; transparent statement (.cose) or .tlog-proof; or the address of a lot, as
    /// on the label
    #[arg(value_name = "FILE|URL", required = true)]
    pub proofs: Vec<String>,
    /// Trust file: ledger id, log key and witness policy, in TOML or JSON
    #[arg(long, value_name = "FILE", env = "JEJAK_TRUST")]
    pub trust: Option<PathBuf>,
    /// The record that a .tlog-proof belongs to
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Write the proof to this new file; one in parts to files with their numbers, such as lot.1.jejak
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
    /// Exit with 6 unless it is proven that no record is missing
    #[arg(long)]
    pub require_complete: bool,
}

/// Reads a trust file: JSON when its name says so, else TOML.
///
/// # Errors
/// [`Failure`] with what is wrong.
pub fn trust(path: &Path) -> Result<Trust, Failure> {
    let wrong = |cause: Cause| {
        Failure::usage(format!("{} is not a trust file", path.display()))
            .because(cause)
            .hint("a trust file has `ledger` and `log`, and may have a `policy`; `jejak init` writes one")
    };
    let text = String::from_utf8(input::read(path)?).map_err(|e| wrong(e.into()))?;
    let json = path.extension().is_some_and(|e| e == "json") || text.trim_start().starts_with('{');
    let read = if json { Trust::from_json(&text) } else { Trust::from_toml(&text) }.map_err(|e| wrong(e.into()))?;
    // a file without both would look like one that pins them
    if read.is_pinned() { Ok(read) } else { Err(wrong("it does not name both `ledger` and `log`".into())) }
}

/// Whether an argument is an address rather than a file.
pub(super) fn is_url(argument: &str) -> bool {
    let lower = argument.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

impl Verify {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] of kind "verification failed" naming the checks that failed.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let trust = self.trust.as_deref().map(trust).transpose()?.unwrap_or_default();
        let files = match &self.proofs[..] {
            [address] if is_url(address) => remote::proof(address)?,
            proofs => proofs.iter().map(|proof| read(proof)).collect::<Result<_, _>>()?,
        };
        let verdict = self.verified(&files, &trust)?;
        report(&verdict, self.serial().as_deref(), out);
        if verdict.is_consistent() {
            return self.judge_goods(&verdict);
        }
        if self.no_key(&verdict) {
            return Err(Failure::usage(format!("{} cannot be verified without --trust", self.name()))
                .because("a single record does not carry the key of its log: only its own signature was checked")
                .hint("give --trust FILE, the trust file that the operator of the ledger publishes"));
        }
        let failed: Vec<&str> = verdict.failed().map(|check| check.name).collect();
        let why = match failed.is_empty() {
            true => "the checks that all others depend on were not made".to_owned(),
            false => format!("failed: {}", failed.join(", ")),
        };
        Err(Failure::not_proven(format!("{} is not proven", self.name()))
            .because(why)
            .hint("do not rely on it; fetch the proof again from another node, and check the trust file"))
    }

    /// The exit code of a proof that holds: the goods first, then what may be missing.
    fn judge_goods(&self, verdict: &Verdict) -> Result<(), Failure> {
        if let Some((why, hint)) = verdict.lot.as_ref().and_then(objection) {
            let records = if verdict.is_proven() { "proven" } else { "consistent, on a log that is not pinned" };
            return Err(Failure::goods(format!("the records are {records}, but the goods are not to be relied on"))
                .because(why)
                .hint(hint));
        }
        if self.require_complete {
            return Err(Failure::incomplete("it is not proven that no record is missing")
                .because(
                    "a proof in this format shows the records that it holds, and cannot show that there are no others",
                )
                .hint("compare it with the proof of another node, or audit the log: `jejak audit`"));
        }
        Ok(())
    }

    /// The serial number in the address on a label.
    fn serial(&self) -> Option<String> {
        let [address] = &self.proofs[..] else { return None };
        match super::link::parse(address).ok()?.named() {
            Ok(PrimaryKey::Item(_, serial)) if is_url(address) => Some(serial.to_string()),
            _ => None,
        }
    }

    /// What is verified, for messages.
    fn name(&self) -> String {
        self.proofs.join(" ")
    }

    /// Verifies one file, or all parts of a proof, and keeps them.
    fn verified(&self, files: &[Vec<u8>], trust: &Trust) -> Result<Verdict, Failure> {
        if let [file] = files
            && !file.starts_with(b"{")
        {
            self.keep(file, None)?;
            return self.verdict(file, trust);
        }
        let mut parts = Vec::with_capacity(files.len());
        for (file, number) in files.iter().zip(0..) {
            let name = self.proofs.get(number).or(self.proofs.first()).map_or("", String::as_str);
            parts.push(Bundle::from_json(file).map_err(|e| not_a_proof(name, e.into()))?);
        }
        let numbers: Vec<Option<u32>> = parts.iter().map(|bundle| bundle.part.map(|part| part.number)).collect();
        let whole = Bundle::join(parts).map_err(|error| match error {
            BundleError::Missing { .. } | BundleError::OtherProof => {
                Failure::usage(format!("{} is not one whole proof", self.name())).because(error).hint(
                    "give each part of one proof once: jejak verify lot.*.jejak; or fetch all: jejak verify URL --keep lot.jejak",
                )
            }
            error => not_a_proof(&self.name(), error.into()),
        })?;
        for (file, number) in files.iter().zip(numbers) {
            self.keep(file, number)?;
        }
        Ok(verify_at(&whole, trust, Some(jiff::Timestamp::now().as_second())))
    }

    /// Writes bytes to the file of `--keep`; those of a part with its number.
    fn keep(&self, bytes: &[u8], part: Option<u32>) -> Result<(), Failure> {
        match (&self.keep, part) {
            (None, _) => Ok(()),
            (Some(file), None) => output::write_new(file, bytes),
            (Some(file), Some(number)) => {
                let end = file.extension().unwrap_or_default().to_string_lossy();
                output::write_new(&file.with_extension(format!("{number}.{end}").trim_end_matches('.')), bytes)
            }
        }
    }

    /// Whether nothing failed and only the log's key is missing.
    fn no_key(&self, verdict: &Verdict) -> bool {
        self.trust.is_none()
            && verdict.failed().next().is_none()
            && verdict.outcome("signatures") == Some(Outcome::Passed)
            && verdict.outcome("checkpoint") == Some(Outcome::NotChecked)
    }

    /// Verifies a file that is no bundle.
    fn verdict(&self, bytes: &[u8], trust: &Trust) -> Result<Verdict, Failure> {
        let proof = &self.name();
        if bytes.starts_with(b"c2sp.org/tlog-proof") {
            let Some(record) = &self.record else {
                return Err(Failure::usage("a .tlog-proof needs --record: it does not contain the record"));
            };
            let text = std::str::from_utf8(bytes).map_err(|e| not_a_proof(proof, e.into()))?;
            return Ok(verify_tlog_proof(&input::read(record)?, text, trust));
        }
        // a COSE_Sign1 begins with its tag, a bundle with a brace
        if bytes.first() == Some(&0xd2) {
            if let Ok(record) = Record::decode(bytes) {
                return Err(Failure::usage(format!("{proof} is a record without a receipt"))
                    .because("it proves who signed it, not that it is on the log")
                    .hint(format!(
                        "fetch it with its receipt: `jejak record statement {} --node URL`; to print it: `jejak record show {}`",
                        record.id, proof
                    )));
            }
            return Ok(verify_transparent_statement(bytes, trust));
        }
        Err(not_a_proof(proof, "it does not begin as one of these".into()))
    }
}

fn not_a_proof(proof: &str, cause: Cause) -> Failure {
    Failure::not_proven(format!("{proof} is not a proof"))
        .because(cause)
        .hint("a proof is a bundle (.jejak), a transparent statement (.cose), or a .tlog-proof with --record")
}

/// Reads the file. For a name that does not exist, the hint says what else may have been meant.
fn read(proof: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(proof);
    if path.exists() || proof == "-" {
        return input::read(path);
    }
    if let Ok(link) = super::link::parse(proof) {
        return Err(Failure::usage(format!("{proof} identifies goods, it is not a proof"))
            .because("a proof is a file, or the address of a lot on a node")
            .hint(format!("give the address on the label, such as {}", link.uri("https://NODE"))));
    }
    input::read(path)
        .map_err(|failure| failure.hint("give a file, or the address on the label, starting with https://"))
}

/// Why goods can't be relied on though their records are proven, and what to do.
fn objection(lot: &LotView) -> Option<(&'static str, &'static str)> {
    if lot.states.contains(&LotState::Recalled) {
        Some(("the lot, or one it was made from, is recalled", "do not use or sell it; ask who issued the recall"))
    } else if lot.states.contains(&LotState::Held) {
        Some(("the lot, or one it was made from, is on hold", "do not use or sell it; ask who issued the hold"))
    } else if lot.states.contains(&LotState::Failed) {
        Some(("a test of the lot, or of one it was made from, failed", "do not use or sell it before a retest passes"))
    } else if lot.states.contains(&LotState::Withdrawn) {
        Some((
            "the lot was withdrawn: the record that made it was voided",
            "ask who made it for the record that replaces it",
        ))
    } else {
        None
    }
}

/// One line for each check, and the age of the result.
pub(super) fn checks(verdict: &Verdict) -> String {
    let mut text = String::new();
    for check in &verdict.checks {
        let outcome = match check.outcome {
            Outcome::Passed => "passed     ",
            Outcome::Failed => "FAILED     ",
            Outcome::NotChecked => "not checked",
        };
        text.push_str(&format!("  {outcome}  {:<12}  {}\n", check.name, output::line(&check.detail)));
    }
    if let Some(clock) = verdict.clock.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        text.push_str(&format!("as of {clock} or later, by the ledger's clock\n"));
    }
    if !verdict.expired.is_empty() {
        let expired = verdict.expired.join(", ");
        text.push_str(&format!(
            "WARNING: by the clock of this computer these results have expired since then: {}; fetch the proof again\n",
            output::line(&expired)
        ));
    }
    text
}

fn report(verdict: &Verdict, serial: Option<&str>, out: Out) {
    let unchecked = verdict.failed().next().is_none() && !verdict.pinned && !verdict.is_consistent();
    let mut text = match (verdict.is_proven(), verdict.is_consistent()) {
        // a receipt signs a root, not a size
        (true, _) if verdict.size == 0 => {
            "PROVEN: the record is on the log (its index is not signed). Records may be missing: completeness is not proven\n"
                .to_owned()
        }
        (true, _) => format!(
            "PROVEN: as of size {} of the log, for the records in the file. Records may be missing: completeness is not proven\n",
            verdict.size
        ),
        (false, true) => format!(
            "TRUST NOT PINNED: the proof is consistent with itself, as of size {}. Give --trust FILE to name the log to trust\n",
            verdict.size
        ),
        (false, false) if unchecked => {
            "TRUST NOT PINNED: without the log's key nothing about the log can be checked. Give --trust FILE\n"
                .to_owned()
        }
        (false, false) => "NOT PROVEN: do not rely on it\n".to_owned(),
    };
    if let Some((why, _)) = verdict.lot.as_ref().and_then(objection) {
        text.push_str(&format!("GOODS NOT TO BE RELIED ON: {why}\n"));
    }
    text.push_str(&checks(verdict));
    if let Some(serial) = serial {
        text.push_str(&format!("  not checked  {:<12}  {}: {NO_SERIALS}\n", "serial", output::line(serial)));
    }
    let lot = verdict.lot.as_ref().map(|lot| serde_json::to_value(lot).unwrap_or_default());
    if let Some(lot) = &lot {
        text.push('\n');
        text.push_str(&super::lot_text::shown(lot));
    }
    let mut value = serde_json::to_value(verdict).unwrap_or_default();
    value["proven"] = json!(verdict.is_proven());
    value["consistent"] = json!(verdict.is_consistent());
    if let Some(serial) = serial {
        value["serial"] = json!({ "serial": serial, "outcome": Outcome::NotChecked, "detail": NO_SERIALS });
    }
    out.print(&text, &value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_that_expired_since_the_last_clock_of_a_proof_are_named() {
        let mut verdict = Verdict {
            size: 9,
            clock: Some(1_793_694_000),
            expired: Vec::new(),
            pinned: true,
            seen: None,
            checks: Vec::new(),
            lot: None,
        };
        assert_eq!(checks(&verdict), "as of 2026-11-03T08:20:00Z or later, by the ledger's clock\n");
        verdict.expired = vec!["pfos".to_owned(), "salmonella".to_owned()];
        assert!(checks(&verdict).contains("have expired since then: pfos, salmonella;"), "{}", checks(&verdict));
    }
}
