//! `jejak audit`: recomputes a whole log from its static files, over HTTP or in a directory, with no trust in who runs it.
//!
//! What it is not: `doctor`, which looks after the files of one's own node.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use clap::Args;

use super::Out;
use super::fail::{self, Failure};
use super::remote;
use super::verify::{self, is_url};
use crate::chain::ProfileSource;
use crate::log::bundle;
use crate::log::tile::{self, Tile, WIDTH};
use crate::proof::{Audit, Audited};
use crate::quality::Profile;
use crate::record::Hash32;

/// Bundles that are checked together: enough for every core.
const AT_ONCE: usize = 16;
/// Void entries that are listed for people.
const SHOWN: usize = 20;

/// Recomputes a whole log: the tree, every signature, and every rule from entry 0.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 0 without --trust means only that the log agrees with itself.")]
pub struct Run {
    /// Address of a node, directory of a ledger, or a copy of a log's static files (checkpoint, tile/entries, profiles)
    #[arg(value_name = "URL|DIR")]
    pub log: String,
    /// What is trusted beforehand: TOML or JSON with ledger id, log key, witness policy and an earlier checkpoint
    #[arg(long, value_name = "FILE", env = "JEJAK_TRUST")]
    pub trust: Option<PathBuf>,
}

/// Where the static files of a log are.
pub(super) trait Source {
    /// The signed checkpoint.
    fn checkpoint(&self) -> Result<Vec<u8>, Failure> {
        self.file("checkpoint")
    }

    /// A file by its path in the log, such as `tile/entries/000`.
    fn file(&self, path: &str) -> Result<Vec<u8>, Failure>;

    /// The commodity profile with this hash.
    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure>;
}

/// A directory: of the log, and of the profiles.
struct Directory {
    log: PathBuf,
    profiles: PathBuf,
}

impl Source for Directory {
    fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        fail::read(&self.log.join(path))
    }

    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure> {
        fail::read(&self.profiles.join(hash.to_string()))
    }
}

/// The log that an argument names: a node, the directory of a ledger, or a copy of the static files.
fn source(name: &str) -> Result<Box<dyn Source>, Failure> {
    if is_url(name) {
        return remote::log(name);
    }
    let dir = Path::new(name);
    for (log, profiles) in [("log", "objects/profiles"), ("", "profiles")] {
        if dir.join(log).join("checkpoint").exists() {
            return Ok(Box::new(Directory { log: dir.join(log), profiles: dir.join(profiles) }));
        }
    }
    Err(Failure::usage(format!("{name} is no log"))
        .why("there is no checkpoint in it")
        .next("name a node by its address, a ledger's directory, or a copy of a log's static files"))
}

/// The entries of a bundle. A log may have grown since its checkpoint was read: then the full bundle stands for the partial
/// one.
fn entries(source: &dyn Source, tile: Tile) -> Result<Vec<Bytes>, Failure> {
    let bytes = source.file(&tile.to_string()).or_else(|missing| match tile.is_full() {
        true => Err(missing),
        false => source.file(&tile.full().to_string()).map_err(|_| missing),
    })?;
    let wrong = |why: &dyn std::fmt::Display| Failure::not_proven(format!("{tile} is no bundle of entries")).why(why);
    let all = bundle::decode(&bytes).map_err(|e| wrong(&e))?;
    let wanted = all.get(..usize::from(tile.width)).ok_or_else(|| wrong(&"it is too short"))?;
    Ok(wanted.iter().map(|entry| Bytes::copy_from_slice(entry)).collect())
}

/// The profiles of the log, read when a rule first asks for them.
struct Profiles<'a> {
    source: &'a dyn Source,
    known: Mutex<BTreeMap<Hash32, Arc<Profile>>>,
    why: RefCell<Option<Failure>>,
}

impl ProfileSource for Profiles<'_> {
    fn profile(&self, blake3: &Hash32) -> Option<Arc<Profile>> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let read = || match self.source.profile(blake3) {
            Ok(bytes) if Hash32::of(&bytes) == *blake3 => Profile::from_json(&bytes).ok().map(Arc::new),
            Ok(_) => None,
            Err(failure) => {
                self.why.replace(Some(failure));
                None
            }
        };
        if let Some(profile) = known.get(blake3) {
            return Some(profile.clone());
        }
        let profile = read()?;
        known.insert(*blake3, profile.clone());
        Some(profile)
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
        let broken = |why: &dyn std::fmt::Display| {
            Failure::not_proven(format!("the checkpoint of {} does not hold", self.log))
                .why(why)
                .next("do not rely on it; check the trust file, and that this is the right node")
        };
        let note = String::from_utf8(source.checkpoint()?).map_err(|e| broken(&e))?;
        let mut audit = Audit::new(&note, &trust, &profiles).map_err(|e| broken(&e))?;
        let watched = std::io::stderr().is_terminal() && !out.json;
        let mut unread = None;
        while audit.next() < audit.size() && unread.is_none() {
            let mut batch = Vec::new();
            for index in (audit.next() / WIDTH..).take(AT_ONCE) {
                let Some(bundle) = Tile::at(tile::Kind::Entries, index, audit.size()) else { break };
                match entries(&*source, bundle) {
                    Ok(more) => batch.extend(more),
                    Err(failure) => {
                        unread = Some(failure);
                        break;
                    }
                }
            }
            audit.take(&batch);
            if watched {
                eprint!("\r{} of {} entries", audit.next(), audit.size());
                let _ = std::io::stderr().flush();
            }
        }
        if watched {
            eprint!("\r\x1b[K");
        }
        let audited = audit.finish();
        report(&audited, out);
        if audited.is_sound() {
            return Ok(());
        }
        let failed: Vec<&str> = audited.verdict.failed().map(|check| check.name).collect();
        // what could not be read says more than what that left unproven, and less than what was read and does not hold
        if !audited.is_refuted() {
            if let Some(failure) = unread.or(profiles.why.take()) {
                return Err(failure);
            }
            if audited.too_old {
                return Err(Failure::usage(format!("this program is too old for {}", self.log))
                    .why("the log has a newer ruleset, and was judged up to there")
                    .next("audit it with a newer version"));
            }
        }
        Err(Failure::not_proven(format!("{} does not hold", self.log))
            .why(format!("failed: {}", failed.join(", ")))
            .next("do not rely on it; check the trust file, read the log from another place, and ask its operator"))
    }
}

fn report(audited: &Audited, out: Out) {
    let verdict = &audited.verdict;
    let mut text = match (audited.is_sound(), verdict.pinned) {
        (true, true) => format!("SOUND: all {} entries of the log\n", verdict.size),
        (true, false) => format!(
            "TRUST NOT PINNED: all {} entries of the log agree with each other. Give --trust FILE to say whose log it must be\n",
            verdict.size
        ),
        (false, _) if !audited.is_refuted() => format!("NOT FINISHED: after {} entries\n", audited.entries),
        (false, _) => "NOT SOUND\n".to_owned(),
    };
    text.push_str(&verify::checks(verdict));
    for void in audited.voids.iter().take(SHOWN) {
        let detail = fail::line(&void.detail);
        text.push_str(&format!("  entry {} is void: {} ({detail})\n", void.index, void.rule));
    }
    if audited.void > SHOWN as u64 {
        text.push_str(&format!("  {} entries are void; --json lists the first thousand\n", audited.void));
    }
    text.push_str(&format!("{} parties, {} lots\n", audited.parties, audited.lots));
    for (rule, count) in &audited.findings {
        text.push_str(&format!("  {count:>6}  {rule}\n"));
    }
    let mut value = serde_json::to_value(audited).unwrap_or_default();
    value["sound"] = audited.is_sound().into();
    out.print(&text, &value);
}
