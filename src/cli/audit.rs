//! `jejak audit`: verifies a whole log from its static files, over HTTP or in a directory, without trusting its operator.
//!
//! Not here: `doctor`, which checks the files of one's own node.

mod documents;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use clap::Args;

#[cfg(feature = "node")]
pub(in crate::cli) use documents::Hashing;
pub(in crate::cli) use documents::Held;
use documents::{Documents, more, one_line, open};

use super::Out;
use super::failure::{Cause, Failure, Kind};
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
/// What to do about a file that is not what the log must have.
pub(super) const ELSEWHERE: &str = "read the log from another source, and ask its operator";
/// Lines of each list in the text output; the rest are counted.
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

    /// What it has of a document. `fetch`: also over a network, and then only what is public.
    fn evidence(&self, hash: &Hash32, public: bool, fetch: bool) -> Held;
}

/// A directory: of the log, of the profiles, and of the documents.
struct Directory {
    log: PathBuf,
    profiles: PathBuf,
    evidence: PathBuf,
}

impl Source for Directory {
    fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        read(&self.log.join(path))
    }

    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure> {
        read(&self.profiles.join(hash.to_string()))
    }

    fn evidence(&self, hash: &Hash32, _public: bool, _fetch: bool) -> Held {
        documents::in_file(&self.evidence.join(hash.to_string()), hash)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| Failure::file("read", path, error)).map(|_| bytes)
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
        // the node is asked for a file that it does not serve now no more than it was
        false if missing.kind == Kind::Unreachable => Err(missing),
        false => source.file(&tile.full().to_string()).map_err(|_| missing),
    })?;
    let wrong =
        |cause: Cause| Failure::not_proven(format!("{tile} is not an entry bundle")).because(cause).hint(ELSEWHERE);
    let all = bundle::decode(&bytes).map_err(|e| wrong(e.into()))?;
    let wanted = all.get(..usize::from(tile.width)).ok_or_else(|| wrong("it is too short".into()))?;
    Ok(wanted.iter().map(|entry| Bytes::copy_from_slice(entry)).collect())
}

/// The profiles and specifications of the log, read when a rule first needs them.
struct Profiles<'a> {
    source: &'a dyn Source,
    known: Mutex<BTreeMap<Hash32, Criteria>>,
    /// Why one was not read, by its hash: the first ends the replay.
    unread: Mutex<BTreeMap<Hash32, Failure>>,
}

impl ProfileSource for Profiles<'_> {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        let mut known = locked(&self.known);
        if let Some(criteria) = known.get(blake3) {
            return Some(criteria.clone());
        }
        let mut unread = locked(&self.unread);
        // asked for once, however often the rules need it
        if unread.contains_key(blake3) {
            return None;
        }
        match self.read(blake3) {
            Ok(criteria) => {
                known.insert(*blake3, criteria.clone());
                Some(criteria)
            }
            Err(failure) => {
                unread.insert(*blake3, failure);
                None
            }
        }
    }
}

impl Profiles<'_> {
    fn read(&self, blake3: &Hash32) -> Result<Criteria, Failure> {
        let bytes = self.source.profile(blake3)?;
        let damaged = |what: &str| {
            Failure::not_proven(format!("the file profiles/{blake3} is damaged")).because(what).hint(ELSEWHERE)
        };
        if Hash32::of(&bytes) != *blake3 {
            return Err(damaged("its hash differs"));
        }
        Criteria::from_json(&bytes).map_err(|error| damaged("it is no profile").because(error))
    }

    /// Those that were not read, and why.
    fn unread(self) -> BTreeMap<Hash32, Failure> {
        self.unread.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] of kind "verification failed" naming the checks that failed.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let trust = self.trust.as_deref().map(verify::trust).transpose()?.unwrap_or_default();
        let source = source(&self.log)?;
        let profiles = Profiles { source: &*source, known: Mutex::default(), unread: Mutex::default() };
        let broken = |cause: Cause| {
            Failure::not_proven(format!("the checkpoint of {} does not verify", self.log))
                .because(cause)
                .hint("do not rely on it; check the trust file, and that this is the right log")
        };
        let note = String::from_utf8(source.checkpoint()?).map_err(|e| broken(e.into()))?;
        let mut audit = Audit::new(&note, &trust, &profiles).map_err(|e| broken(e.into()))?;
        let progress = std::io::stderr().is_terminal() && !out.json;
        let mut unread = None;
        while audit.next() < audit.size() && unread.is_none() && !audit.is_hopeless() {
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
        let rest = audit.size().saturating_sub(audit.next());
        let audited = audit.finish();
        let profiles = profiles.unread();
        let documents = Documents::look(&*source, &audited, self.evidence);
        report(&audited, &documents, &profiles, out);
        if audited.is_sound() {
            return documents.judge(&self.log);
        }
        let failed: Vec<&str> = audited.verdict.failed().map(|check| check.name).collect();
        // an unreadable file explains the checks that were not made, but not those that failed
        if !audited.is_refuted() {
            if let Some(failure) = unread.or_else(|| profiles.into_values().next()) {
                return Err(match failure.hint {
                    Some(_) => failure,
                    None => failure.hint(
                        "the audit needs this file: copy it again from the log, or read the log from another source",
                    ),
                });
            }
            if audited.too_old {
                return Err(Failure::usage(format!("this version of jejak is too old for {}", self.log))
                    .because("the log has a newer ruleset; it was verified up to there")
                    .hint("audit it with a newer version of jejak"));
            }
        }
        Err(Failure::not_proven(format!("{} failed the audit", self.log))
            .because(match failed.is_empty() {
                true => "not every check could be made".to_owned(),
                false if rest > 0 => format!("failed: {}; the other {rest} entries were not read", failed.join(", ")),
                false => format!("failed: {}", failed.join(", ")),
            })
            .hint("do not rely on it; check the trust file, read the log from another source, and ask its operator"))
    }
}

/// The first line.
fn headline(audited: &Audited, documents: &Documents) -> String {
    let size = audited.verdict.size;
    let (damage, lacking) = (documents.damage(), documents.lacking());
    match (audited.is_sound(), audited.verdict.pinned, damage) {
        (true, true, None) => format!("SOUND: all {size} entries of the log{lacking}\n"),
        (true, true, Some(damage)) => {
            format!("DOCUMENTS DAMAGED: the {size} entries of the log are sound, but not {damage}{lacking}\n")
        }
        (true, false, damage) => {
            let damage = damage.map(|damage| format!("; DAMAGED: {damage}")).unwrap_or_default();
            format!(
                "TRUST NOT PINNED: the log of {size} entries is consistent with itself{damage}{lacking}. Give --trust FILE to name the log to trust\n"
            )
        }
        (false, _, damage) => {
            let damage = damage.map(|damage| format!("; DAMAGED: {damage}")).unwrap_or_default();
            match audited.is_refuted() {
                true => format!("NOT SOUND{damage}\n"),
                false => format!("NOT FINISHED: after {} entries{damage}\n", audited.entries),
            }
        }
    }
}

fn report(audited: &Audited, documents: &Documents, profiles: &BTreeMap<Hash32, Failure>, out: Out) {
    let mut text = headline(audited, documents);
    text.push_str(&verify::checks(&audited.verdict));
    for (hash, why) in profiles {
        text.push_str(&format!("  profile {hash} was not read: {}\n", output::line(&one_line(why))));
    }
    for void in audited.voids.iter().take(MAX_LISTED) {
        let detail = output::line(&void.detail);
        text.push_str(&format!("  entry {} is void: {} ({detail})\n", void.index, void.rule));
        if let Some(following) = audited.following.get(&void.index) {
            let listed =
                following.first.iter().take(MAX_LISTED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let more = match following.count.saturating_sub(MAX_LISTED as u64) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            text.push_str(&format!(
                "    {} later entries lack what it would have made, or what it lacks too, and are void with it: {listed}{more}\n",
                following.count
            ));
        }
    }
    let following = audited.following.values().map(|following| following.count).sum::<u64>();
    text.push_str(&more(audited.void.saturating_sub(following), "void entries; --json lists the first thousand"));
    let so_far = if audited.is_sound() || audited.is_refuted() { "" } else { "as far as it came: " };
    text.push_str(&format!("{so_far}{} parties, {} lots\n", audited.parties, audited.lots));
    text.push_str(&documents.describe());
    for (rule, count) in &audited.findings {
        text.push_str(&format!("  {count:>6}  {rule}\n"));
    }
    for gap in audited.gaps.iter().take(MAX_LISTED) {
        text.push_str(&format!("  {}\n", output::line(&numbers_left_out(gap))));
    }
    text.push_str(&more(audited.gap, "gaps"));
    let mut value = serde_json::to_value(audited).unwrap_or_default();
    value["evidence"] = documents.value();
    let unread = |(hash, why): (&Hash32, &Failure)| serde_json::json!({ "blake3": hash, "why": one_line(why) });
    value["profilesNotRead"] = profiles.iter().map(unread).collect();
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
