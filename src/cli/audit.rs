//! `jejak audit`: verifies a whole log from its static files, over HTTP or in a directory, without trusting its operator.
//!
//! Not here: `doctor`, which checks the files of one's own node.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use clap::Args;

use super::Out;
use super::failure::{Cause, Failure};
use super::input;
use super::output;
use super::remote;
use super::verify::{self, is_url};
use crate::chain::ProfileSource;
use crate::log::bundle;
use crate::log::tile::{self, Tile, WIDTH};
use crate::proof::{Audit, Audited, Gap};
use crate::quality::Criteria;
use crate::record::Hash32;

/// Entry bundles checked in parallel: enough for every core.
const BATCH: usize = 16;
/// Bytes of entries after which a batch is checked: a node that lies could make sixteen bundles of 16 MiB.
const BATCH_BYTES: usize = 16 << 20;
/// Void entries listed in the text output.
const MAX_LISTED: usize = 20;

/// Verifies a whole log: the tree, every signature, and every rule from entry 0.
#[derive(Debug, Args)]
#[command(after_help = "Without --trust, exit code 0 means only that the log is consistent with itself.")]
pub struct Run {
    /// Address of a node, a ledger's directory, or a copy of the static files (checkpoint, tile/entries, profiles)
    #[arg(value_name = "URL|DIR")]
    pub log: String,
    /// Trust file: ledger id, log key, witness policy and earlier checkpoint, in TOML or JSON
    #[arg(long, value_name = "FILE", env = "JEJAK_TRUST")]
    pub trust: Option<PathBuf>,
    /// Fetch every public document that records name, and compare its hash. In a directory this is always done
    #[arg(long)]
    pub evidence: bool,
}

/// What a source has of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Bytes with the hash that the record names.
    Sound,
    /// Other bytes.
    Damaged,
    /// Nothing that it shows.
    Missing,
}

impl Held {
    /// What bytes are that a source has under `hash`.
    pub(super) fn of(hash: &Hash32, bytes: &[u8]) -> Held {
        if Hash32::of(bytes) == *hash { Held::Sound } else { Held::Damaged }
    }
}

/// Where the static files of a log are.
pub(super) trait Source {
    /// The signed checkpoint.
    fn checkpoint(&self) -> Result<Vec<u8>, Failure> {
        self.file("checkpoint")
    }

    /// A file by its path in the log, such as `tile/entries/000`.
    fn file(&self, path: &str) -> Result<Vec<u8>, Failure>;

    /// The commodity profile or specification with this hash.
    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure>;

    /// What it has of a document; `None` when it was not asked. `fetch`: also over a network, and then only what is public.
    fn evidence(&self, hash: &Hash32, public: bool, fetch: bool) -> Result<Option<Held>, Failure>;
}

/// A directory: of the log, of the profiles, and of the documents.
struct Directory {
    log: PathBuf,
    profiles: PathBuf,
    evidence: PathBuf,
}

impl Source for Directory {
    fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        input::read(&self.log.join(path))
    }

    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure> {
        input::read(&self.profiles.join(hash.to_string()))
    }

    fn evidence(&self, hash: &Hash32, _public: bool, _fetch: bool) -> Result<Option<Held>, Failure> {
        let file = self.evidence.join(hash.to_string());
        match std::fs::read(&file) {
            Ok(bytes) => Ok(Some(Held::of(hash, &bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Some(Held::Missing)),
            Err(error) => Err(Failure::file("read", &file, error)),
        }
    }
}

/// The source that an argument names: a node, the directory of a ledger, or a copy of the static files.
fn source(name: &str) -> Result<Box<dyn Source>, Failure> {
    if is_url(name) {
        return remote::log(name);
    }
    let dir = Path::new(name);
    for (log, objects) in [("log", "objects"), ("", "")] {
        if dir.join(log).join("checkpoint").exists() {
            let (profiles, evidence) = (dir.join(objects).join("profiles"), dir.join(objects).join("evidence"));
            return Ok(Box::new(Directory { log: dir.join(log), profiles, evidence }));
        }
    }
    Err(Failure::usage(format!("{name} is not a log"))
        .because("it has no checkpoint")
        .hint("give the address of a node, a ledger's directory, or a copy of a log's static files"))
}

/// The entries of a bundle. When the log has grown since its checkpoint was read, the full bundle replaces the partial one.
fn entries(source: &dyn Source, tile: Tile) -> Result<Vec<Bytes>, Failure> {
    let bytes = source.file(&tile.to_string()).or_else(|missing| match tile.is_full() {
        true => Err(missing),
        false => source.file(&tile.full().to_string()).map_err(|_| missing),
    })?;
    let wrong = |cause: Cause| Failure::not_proven(format!("{tile} is not an entry bundle")).because(cause);
    let all = bundle::decode(&bytes).map_err(|e| wrong(e.into()))?;
    let wanted = all.get(..usize::from(tile.width)).ok_or_else(|| wrong("it is too short".into()))?;
    Ok(wanted.iter().map(|entry| Bytes::copy_from_slice(entry)).collect())
}

/// The profiles and specifications of the log, read when a rule first needs them.
struct Profiles<'a> {
    source: &'a dyn Source,
    known: Mutex<BTreeMap<Hash32, Criteria>>,
    why: RefCell<Option<Failure>>,
}

impl ProfileSource for Profiles<'_> {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let read = || match self.source.profile(blake3) {
            Ok(bytes) if Hash32::of(&bytes) == *blake3 => Criteria::from_json(&bytes).ok(),
            Ok(_) => None,
            Err(failure) => {
                self.why.replace(Some(failure));
                None
            }
        };
        if let Some(criteria) = known.get(blake3) {
            return Some(criteria.clone());
        }
        let criteria = read()?;
        known.insert(*blake3, criteria.clone());
        Some(criteria)
    }
}

impl Run {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] of kind "verification failed" naming the checks that failed.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let trust = self.trust.as_deref().map(verify::trust).transpose()?.unwrap_or_default();
        let source = source(&self.log)?;
        let profiles = Profiles { source: &*source, known: Mutex::default(), why: RefCell::default() };
        let broken = |cause: Cause| {
            Failure::not_proven(format!("the checkpoint of {} does not verify", self.log))
                .because(cause)
                .hint("do not rely on it; check the trust file, and that this is the right log")
        };
        let note = String::from_utf8(source.checkpoint()?).map_err(|e| broken(e.into()))?;
        let mut audit = Audit::new(&note, &trust, &profiles).map_err(|e| broken(e.into()))?;
        let progress = std::io::stderr().is_terminal() && !out.json;
        let mut unread = None;
        while audit.next() < audit.size() && unread.is_none() {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            for index in (audit.next() / WIDTH..).take(BATCH) {
                let Some(bundle) = Tile::at(tile::Kind::Entries, index, audit.size()) else { break };
                match entries(&*source, bundle) {
                    Ok(more) => {
                        bytes += more.iter().map(Bytes::len).sum::<usize>();
                        batch.extend(more);
                    }
                    Err(failure) => {
                        unread = Some(failure);
                        break;
                    }
                }
                if bytes >= BATCH_BYTES {
                    break;
                }
            }
            audit.take(&batch);
            if progress {
                output::progress(format_args!("\r{} of {} entries", audit.next(), audit.size()));
            }
        }
        if progress {
            output::progress("\r\x1b[K");
        }
        let audited = audit.finish();
        let documents = Documents::look(&*source, &audited, self.evidence)?;
        report(&audited, &documents, out);
        if audited.is_sound() {
            return documents.judge(&self.log);
        }
        let failed: Vec<&str> = audited.verdict.failed().map(|check| check.name).collect();
        // an unreadable file explains the checks that were not made, but not those that failed
        if !audited.is_refuted() {
            if let Some(failure) = unread.or(profiles.why.take()) {
                return Err(failure);
            }
            if audited.too_old {
                return Err(Failure::usage(format!("this version of jejak is too old for {}", self.log))
                    .because("the log has a newer ruleset; it was verified up to there")
                    .hint("audit it with a newer version of jejak"));
            }
        }
        Err(Failure::not_proven(format!("{} failed the audit", self.log))
            .because(format!("failed: {}", failed.join(", ")))
            .hint("do not rely on it; check the trust file, read the log from another source, and ask its operator"))
    }
}

/// The documents that the records of a log name, by what the source has of them.
#[derive(Debug, Default)]
struct Documents {
    sound: u64,
    unasked: u64,
    /// Hash and first entry.
    missing: Vec<(Hash32, u64)>,
    damaged: Vec<(Hash32, u64)>,
}

impl Documents {
    fn look(source: &dyn Source, audited: &Audited, fetch: bool) -> Result<Documents, Failure> {
        let mut documents = Documents::default();
        for (hash, named) in &audited.named {
            match source.evidence(hash, named.public, fetch)? {
                None => documents.unasked += 1,
                Some(Held::Sound) => documents.sound += 1,
                Some(Held::Missing) => documents.missing.push((*hash, named.index)),
                Some(Held::Damaged) => documents.damaged.push((*hash, named.index)),
            }
        }
        Ok(documents)
    }

    /// Damaged documents are a failure; missing ones are reported, because they are no part of the log.
    fn judge(&self, log: &str) -> Result<(), Failure> {
        match &self.damaged[..] {
            [] => Ok(()),
            damaged => Err(Failure::not_proven(format!("{log} holds damaged documents"))
                .because(format!("{} have other bytes than the records name", damaged.len()))
                .hint("the log itself is sound; ask who handed them in for the documents")),
        }
    }

    fn describe(&self) -> String {
        let total = self.sound + self.unasked + (self.missing.len() + self.damaged.len()) as u64;
        let mut text = format!("{total} documents named: {} have the hash that is on the log", self.sound);
        for (count, what) in [(self.missing.len() as u64, "not at hand"), (self.unasked, "not looked for")] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        if !self.damaged.is_empty() {
            text.push_str(&format!(", {} DAMAGED", self.damaged.len()));
        }
        text.push('\n');
        for (list, what) in [(&self.damaged, "has other bytes"), (&self.missing, "is not at hand")] {
            for (hash, index) in list.iter().take(MAX_LISTED) {
                text.push_str(&format!("  document {hash} of entry {index} {what}\n"));
            }
            if list.len() > MAX_LISTED {
                text.push_str(&format!("  and {} more\n", list.len() - MAX_LISTED));
            }
        }
        text
    }

    fn value(&self) -> serde_json::Value {
        let listed = |list: &[(Hash32, u64)]| -> Vec<serde_json::Value> {
            list.iter().map(|(hash, index)| serde_json::json!({ "blake3": hash, "index": index })).collect()
        };
        serde_json::json!({
            "sound": self.sound,
            "notLookedFor": self.unasked,
            "missing": listed(&self.missing),
            "damaged": listed(&self.damaged),
        })
    }
}

fn report(audited: &Audited, documents: &Documents, out: Out) {
    let verdict = &audited.verdict;
    let missing = match documents.missing.len() {
        0 => String::new(),
        count => format!("; {count} of the documents that they name are not at hand"),
    };
    let mut text = match (audited.is_sound(), verdict.pinned) {
        (true, true) => format!("SOUND: all {} entries of the log{missing}\n", verdict.size),
        (true, false) => format!(
            "TRUST NOT PINNED: the log of {} entries is consistent with itself{missing}. Give --trust FILE to name the log to trust\n",
            verdict.size
        ),
        (false, _) if !audited.is_refuted() => format!("NOT FINISHED: after {} entries\n", audited.entries),
        (false, _) => "NOT SOUND\n".to_owned(),
    };
    text.push_str(&verify::checks(verdict));
    for void in audited.voids.iter().take(MAX_LISTED) {
        let detail = output::line(&void.detail);
        text.push_str(&format!("  entry {} is void: {} ({detail})\n", void.index, void.rule));
        if let Some(following) = audited.following.get(&void.index) {
            let listed = following.first.iter().take(MAX_LISTED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let more = if following.count > MAX_LISTED as u64 { " and more" } else { "" };
            text.push_str(&format!(
                "    {} later entries need what it would have made, and are void with it: {listed}{more}\n",
                following.count
            ));
        }
    }
    if audited.void > MAX_LISTED as u64 {
        text.push_str(&format!("  {} entries are void; --json lists the first thousand\n", audited.void));
    }
    text.push_str(&format!("{} parties, {} lots\n", audited.parties, audited.lots));
    text.push_str(&documents.describe());
    for (rule, count) in &audited.findings {
        text.push_str(&format!("  {count:>6}  {rule}\n"));
    }
    for gap in audited.gaps.iter().take(MAX_LISTED) {
        text.push_str(&format!("  {}\n", output::line(&numbers_left_out(gap))));
    }
    if audited.gaps.len() > MAX_LISTED {
        text.push_str(&format!("  and {} more gaps\n", audited.gaps.len() - MAX_LISTED));
    }
    let mut value = serde_json::to_value(audited).unwrap_or_default();
    value["evidence"] = documents.value();
    value["sound"] = audited.is_sound().into();
    out.print(&text, &value);
}

/// Which numbers a key left out, before which entry, and about which goods that entry is.
fn numbers_left_out(gap: &Gap) -> String {
    let arg = |name: &str| gap.finding.args.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let (last, seq) = (arg("last").parse::<u64>().unwrap_or(0), arg("seq").parse::<u64>().unwrap_or(0));
    let numbers = match (last.saturating_add(1), seq.saturating_sub(1)) {
        (first, end) if first >= end => format!("number {first}"),
        (first, end) => format!("numbers {first} to {end}"),
    };
    let lots: Vec<String> = gap.finding.lots.iter().map(ToString::to_string).collect();
    let about = if lots.is_empty() { String::new() } else { format!(", which is about {}", lots.join(", ")) };
    format!("{numbers} of the key {} are missing before entry {}{about}", arg("key"), gap.index)
}
