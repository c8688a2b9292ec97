//! `jejak verify`: checks a proof, from a file or the address on a label, and says what was checked and what was not.
//!
//! What it is not: an audit of a whole log. Without `--trust` a proof can only be consistent with itself, and the answer says so.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Out;
use super::fail::{self, Failure};
use super::remote;
use crate::proof::{Bundle, Outcome, Trust, Verdict, verify, verify_tlog_proof, verify_transparent_statement};
use crate::record::Record;

/// Verifies a proof.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 0 without --trust means only that the proof agrees with itself.")]
pub struct Verify {
    /// Proof bundle (.jejak), transparent statement (.cose) or .tlog-proof; or the address of a lot, as on the label
    #[arg(value_name = "FILE|URL")]
    pub proof: String,
    /// What is trusted beforehand: TOML or JSON with ledger id, log key and witness policy
    #[arg(long, value_name = "FILE", env = "JEJAK_TRUST")]
    pub trust: Option<PathBuf>,
    /// The record that a .tlog-proof is about
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Keep the proof that was fetched in this new file
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
}

/// Reads a trust file: JSON when its name says so, else TOML.
///
/// # Errors
/// [`Failure`] with what is wrong.
pub fn trust(path: &Path) -> Result<Trust, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::usage(format!("{} is not a trust file", path.display()))
            .why(why)
            .next("it names ledger and log, and may name a policy; `jejak init` writes one")
    };
    let text = String::from_utf8(fail::read(path)?).map_err(|e| wrong(&e))?;
    let json = path.extension().is_some_and(|e| e == "json") || text.trim_start().starts_with('{');
    let read = if json { Trust::from_json(&text) } else { Trust::from_toml(&text) }.map_err(|e| wrong(&e))?;
    // a file that pins nothing would be taken for one that does
    if read.is_pinned() { Ok(read) } else { Err(wrong(&"it must name both ledger and log")) }
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
        let bytes = if is_url(&self.proof) { remote::proof(&self.proof)? } else { self.read()? };
        if let Some(file) = &self.keep {
            fail::write_new(file, &bytes)?;
        }
        let verdict = self.verdict(&bytes, &trust)?;
        report(&verdict, out);
        if verdict.is_consistent() {
            return Ok(());
        }
        if self.no_key(&verdict) {
            return Err(Failure::usage(format!("{} can't be verified without --trust", self.proof))
                .why("a record on its own does not hold the key of its log: only its own signature was checked")
                .next("give --trust FILE, the trust file that whoever runs the ledger gives away"));
        }
        let failed: Vec<&str> = verdict.failed().map(|check| check.name).collect();
        let why = match failed.is_empty() {
            true => "the checks on which all rests could not be made".to_owned(),
            false => format!("failed: {}", failed.join(", ")),
        };
        Err(Failure::not_proven(format!("{} is not proven", self.proof))
            .why(why)
            .next("do not rely on it; ask for the proof again from another node, and check the trust file"))
    }

    /// Reads the file, and says what else may have been meant where there is none.
    fn read(&self) -> Result<Vec<u8>, Failure> {
        let path = Path::new(&self.proof);
        if path.exists() || self.proof == "-" {
            return fail::read(path);
        }
        if let Ok(link) = super::link::parse(&self.proof) {
            return Err(Failure::usage(format!("{} names goods, and no proof", self.proof))
                .why("a proof is a file, or fetched from the node that has it")
                .next(format!("give the address on the label: {}", link.uri("https://NODE"))));
        }
        fail::read(path).map_err(|failure| failure.next("name a file, or the address on a label with its https://"))
    }

    /// Whether all that is missing is the key of a log.
    fn no_key(&self, verdict: &Verdict) -> bool {
        self.trust.is_none()
            && verdict.failed().next().is_none()
            && verdict.outcome("signatures") == Some(Outcome::Passed)
            && verdict.outcome("checkpoint") == Some(Outcome::NotChecked)
    }

    fn verdict(&self, bytes: &[u8], trust: &Trust) -> Result<Verdict, Failure> {
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::not_proven(format!("{} is not a proof", self.proof))
                .why(why)
                .next("a proof is a bundle (.jejak), a transparent statement (.cose) or a .tlog-proof with --record")
        };
        if bytes.starts_with(b"c2sp.org/tlog-proof") {
            let Some(record) = &self.record else {
                return Err(Failure::usage("--record is needed: a .tlog-proof does not hold its record"));
            };
            let text = std::str::from_utf8(bytes).map_err(|e| wrong(&e))?;
            return Ok(verify_tlog_proof(&fail::read(record)?, text, trust));
        }
        // a COSE_Sign1 begins with its tag, a bundle with a brace
        if bytes.first() == Some(&0xd2) {
            if let Ok(record) = Record::decode(bytes) {
                return Err(Failure::usage(format!("{} is a record without a receipt", self.proof))
                    .why("it proves who signed it, not that it is on a log")
                    .next(format!(
                        "fetch it with its receipt: `jejak record statement {} --node URL`; what it says: `jejak record show {}`",
                        record.id, self.proof
                    )));
            }
            return Ok(verify_transparent_statement(bytes, trust));
        }
        Bundle::from_json(bytes).map(|bundle| verify(&bundle, trust)).map_err(|e| wrong(&e))
    }
}

/// A line for each check, and how old the answer may be.
pub(super) fn checks(verdict: &Verdict) -> String {
    let mut text = String::new();
    for check in &verdict.checks {
        let outcome = match check.outcome {
            Outcome::Passed => "passed     ",
            Outcome::Failed => "FAILED     ",
            Outcome::NotChecked => "not checked",
        };
        text.push_str(&format!("  {outcome}  {:<12}  {}\n", check.name, fail::line(&check.detail)));
    }
    if let Some(clock) = verdict.clock.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        text.push_str(&format!("not older than {clock} by the ledger's clock\n"));
    }
    text
}

fn report(verdict: &Verdict, out: Out) {
    let unchecked = verdict.failed().next().is_none() && !verdict.pinned && !verdict.is_consistent();
    let mut text = match (verdict.is_proven(), verdict.is_consistent()) {
        // a receipt signs a root, no size
        (true, _) if verdict.size == 0 => {
            "PROVEN, on the log at an index that is not signed, for what the file holds; that nothing is left out is not \
             proven\n"
                .to_owned()
        }
        (true, _) => format!(
            "PROVEN, as of entry {} of the log, for what the file holds; that nothing is left out is not proven\n",
            verdict.size
        ),
        (false, true) => format!(
            "TRUST NOT PINNED: the proof agrees with itself, as of entry {}. Give --trust FILE to say whose log it must be\n",
            verdict.size
        ),
        (false, false) if unchecked => {
            "TRUST NOT PINNED: without the log's key nothing of the log can be checked. Give --trust FILE\n".to_owned()
        }
        (false, false) => "NOT PROVEN\n".to_owned(),
    };
    text.push_str(&checks(verdict));
    let lot = verdict.lot.as_ref().map(|lot| serde_json::to_value(lot).unwrap_or_default());
    if let Some(lot) = &lot {
        text.push('\n');
        text.push_str(&super::lot_text::shown(lot));
    }
    let mut value = serde_json::to_value(verdict).unwrap_or_default();
    value["proven"] = json!(verdict.is_proven());
    value["consistent"] = json!(verdict.is_consistent());
    out.print(&text, &value);
}
