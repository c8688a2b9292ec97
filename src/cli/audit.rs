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
use super::fail::Failure;
use super::node::Node;
use super::verify;
use crate::chain::ProfileSource;
use crate::log::bundle;
use crate::log::tile::{Kind, Tile, WIDTH};
use crate::proof::{Audit, Audited};
use crate::quality::Profile;
use crate::record::Hash32;

/// Bundles that are checked together: enough for every core.
const AT_ONCE: usize = 16;

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
enum Source {
    Node(Node),
    /// Directory of the log, and that of the profiles.
    Files(PathBuf, PathBuf),
}

impl Source {
    fn of(name: &str) -> Result<Source, Failure> {
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("http://") || lower.starts_with("https://") {
            return Ok(Source::Node(Node::new(name)?));
        }
        let dir = Path::new(name);
        for (log, profiles) in [("log", "objects/profiles"), ("", "profiles")] {
            if dir.join(log).join("checkpoint").exists() {
                return Ok(Source::Files(dir.join(log), dir.join(profiles)));
            }
        }
        Err(Failure::usage(format!("{name} is no log"))
            .why("there is no checkpoint in it")
            .next("name a node by its address, a ledger's directory, or a copy of a log's static files"))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        match self {
            Source::Node(node) => node.get(&format!("/{path}"), "*/*"),
            Source::Files(log, _) => read(&log.join(path)),
        }
    }

    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure> {
        match self {
            Source::Node(node) => node.get(&format!("/profiles/{hash}"), "application/json"),
            Source::Files(_, profiles) => read(&profiles.join(hash.to_string())),
        }
    }

    /// The entries of a bundle. A log may have grown since its checkpoint was read: then the full bundle stands for the
    /// partial one.
    fn entries(&self, tile: Tile) -> Result<Vec<Bytes>, Failure> {
        let bytes = match self.read(&tile.to_string()) {
            Err(_) if !tile.is_full() => self.read(&tile.full().to_string())?,
            read => read?,
        };
        let wrong =
            |why: &dyn std::fmt::Display| Failure::not_proven(format!("{tile} is no bundle of entries")).why(why);
        let all = bundle::decode(&bytes).map_err(|e| wrong(&e))?;
        let wanted = all.get(..usize::from(tile.width)).ok_or_else(|| wrong(&"it is too short"))?;
        Ok(wanted.iter().map(|entry| Bytes::copy_from_slice(entry)).collect())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| Failure::file("read", path, &e))
}

/// The profiles of the log, read when a rule first asks for them.
struct Profiles<'a> {
    source: &'a Source,
    known: Mutex<BTreeMap<Hash32, Option<Arc<Profile>>>>,
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
        known.entry(*blake3).or_insert_with(read).clone()
    }
}

impl Run {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] of kind "verification failed" naming the checks that failed.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let trust = self.trust.as_deref().map(verify::trust).transpose()?.unwrap_or_default();
        let source = Source::of(&self.log)?;
        let profiles = Profiles { source: &source, known: Mutex::default(), why: RefCell::default() };
        let broken = |why: &dyn std::fmt::Display| {
            Failure::not_proven(format!("the checkpoint of {} can't be read", self.log)).why(why)
        };
        let note = String::from_utf8(source.read("checkpoint")?).map_err(|e| broken(&e))?;
        let mut audit = Audit::new(&note, &trust, &profiles).map_err(|e| broken(&e))?;
        let watched = std::io::stderr().is_terminal() && !out.json;
        let mut unread = None;
        while audit.next() < audit.size() && unread.is_none() {
            let mut entries = Vec::new();
            for index in (audit.next() / WIDTH..).take(AT_ONCE) {
                let Some(tile) = Tile::at(Kind::Entries, index, audit.size()) else { break };
                match source.entries(tile) {
                    Ok(more) => entries.extend(more),
                    Err(failure) => {
                        unread = Some(failure);
                        break;
                    }
                }
            }
            audit.take(&entries);
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
        // what could not be read says more than what that left unproven
        if let Some(failure) = unread.or(profiles.why.take()) {
            return Err(failure);
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
        (false, _) if audited.entries < verdict.size => {
            format!("NOT FINISHED: entry {} of {} could not be read\n", audited.entries, verdict.size)
        }
        (false, _) => "NOT SOUND\n".to_owned(),
    };
    text.push_str(&verify::checks(verdict));
    for void in &audited.voids {
        text.push_str(&format!("  entry {} is void: {} ({})\n", void.index, void.rule, void.detail));
    }
    text.push_str(&format!("{} parties, {} lots\n", audited.parties, audited.lots));
    for (rule, count) in &audited.findings {
        text.push_str(&format!("  {count:>6}  {rule}\n"));
    }
    let mut value = serde_json::to_value(audited).unwrap_or_default();
    value["sound"] = audited.is_sound().into();
    out.print(&text, &value);
}
