//! `doctor`: re-checks everything a ledger directory holds against the journal, and names every damaged place.
//!
//! Journal frames, every record's form and signature, the tree against the floor and each published bundle, tile, checkpoint and line of
//! the history, every object against its hash, and the rows of the index against a replay through the rules. It changes
//! nothing: a torn tail is reported, not cut. What it is not: a repair, nor an audit by a third party (`proof::audit`).

mod edge;
mod floor;
mod objects;
mod part;
mod register;
mod report;
mod scratch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;

use super::evidence::profile_path;
use super::history::{self, HistoryError};
use super::publish::CHECKPOINT;
use super::recover::{ReplayError, apply_frame, open_checkpoint};
use super::{Config, Keys, KeysError, Void};
use crate::causes::causes;
use crate::chain::{MemState, Overlay, State, Table};
use crate::log::merkle::{Hash, leaf_hash};
use crate::log::note::Verifier;
use crate::log::publish::layout;
use crate::log::tile::{Kind, Tile, WIDTH};
use crate::log::{Frontier, bundle};
use crate::record::{Hash32, Record, RecordError, envelope};
use crate::store::files::Files;
use crate::store::fjall::Fjall;
use crate::store::lock::{DirLock, LockError};
use crate::store::segments::{self, Found};
use crate::store::{Cursor, Frame, Index, Objects};
use edge::Edge;
use floor::FloorCheck;
use objects::{StoredProfiles, check_objects, public_evidence};
pub use part::Part;
use register::check_register;
pub use report::{Check, Report};
use scratch::Scratch;

/// How thorough to be.
#[derive(Clone)]
pub struct DoctorOptions {
    /// Verify every signature (the slowest part).
    pub signatures: bool,
    /// Replay the rules, compare the index, and open a copy of the register.
    pub replay: bool,
    /// Called with the number of entries checked so far.
    pub progress: Arc<dyn Fn(u64) + Send + Sync>,
}

impl Default for DoctorOptions {
    fn default() -> DoctorOptions {
        DoctorOptions { signatures: true, replay: true, progress: Arc::new(|_| {}) }
    }
}

/// Checks the ledger in `dir`.
pub fn doctor(dir: &Path, options: &DoctorOptions) -> Report {
    let mut report = Report::default();
    let config = match Config::load(dir) {
        Ok(config) => config,
        Err(error) => {
            report.bad(Part::Config, "config.toml", causes(&error));
            return report;
        }
    };
    let (lock, running) = match DirLock::look(dir) {
        Ok(lock) => (Some(lock), false),
        Err(LockError::Held(who)) => {
            report.good(
                Part::Lock,
                format!("another process{who} is running: what it is writing now may look unfinished"),
            );
            (None, true)
        }
        Err(error) => {
            report.bad(Part::Lock, "lock", causes(&error));
            (None, true)
        }
    };
    let log = match config.log_key.parse::<Verifier>() {
        Ok(log) => log,
        Err(error) => {
            report.bad(Part::Config, "config.toml", format!("log_key: {error}"));
            return report;
        }
    };
    report.good(Part::Config, &config.origin);
    check_keys(dir, &config, options, &mut report);
    let objects = Files::reader(&dir.join("objects"));
    let mut pass = Pass::new(dir, options, &objects);
    pass.running = running;
    // the journal's own ledger: the settings may be those of another one, which is reported as such
    let founded = segments::first_entry(&dir.join("journal")).and_then(|entry| Record::decode(&entry).ok());
    let ledger = founded.map_or_else(|| config.ledger.clone(), |record| record.claims.aud);
    pass.floor = FloorCheck::read(dir, &ledger, running, &mut report);
    pass.heads.extend(pass.floor.head());
    pass.published(&mut report, &log);
    pass.tiles(&mut report);
    if options.replay && !running {
        pass.open_index(&mut report);
    }
    pass.journal(&mut report);
    pass.settings(&mut report, &config);
    pass.finish(&mut report);
    if options.replay {
        check_register(dir, running, &mut report);
    }
    // held until here, so that no process could start to write
    drop(lock);
    let public = std::mem::take(&mut pass.public);
    check_objects(&objects, &public, &mut report);
    report
}

/// The node's keys, without which it does not start. The report names files only, never key material.
fn check_keys(dir: &Path, config: &Config, options: &DoctorOptions, report: &mut Report) {
    // opening a key is slow by design
    let looked = if options.signatures { Keys::load(dir, config).map(drop) } else { Keys::look(dir) };
    match looked {
        Ok(()) if options.signatures => report.good(Part::Keys, "log key as named in config.toml"),
        Ok(()) => report.good(Part::Keys, "present; not opened"),
        Err(KeysError::Origin { origin, named }) => {
            report.bad(Part::Config, "config.toml", format!("origin is {origin}, but log_key is of {named}"));
        }
        Err(error) => report.bad(Part::Keys, "keys", causes(&error)),
    }
}

/// One pass over the journal. At each size it compares what must agree with the tree of that size.
struct Pass<'a> {
    dir: &'a Path,
    options: &'a DoctorOptions,
    /// Another process has the ledger open.
    running: bool,
    log: Files,
    profiles: StoredProfiles<'a>,
    tree: Frontier,
    edge: Edge,
    bundle: Vec<Bytes>,
    heads: BTreeMap<u64, Vec<(Part, String, Hash)>>,
    due: BTreeMap<u64, Vec<Tile>>,
    tiles_checked: u64,
    state: MemState,
    voids: Vec<Void>,
    rules_stopped: bool,
    index: Option<(Fjall, Cursor, Scratch)>,
    /// The ledger id of entry 0.
    ledger: Option<String>,
    index_compared: bool,
    /// Blobs that records name as public with the party, and the first entry that names each so.
    public: BTreeMap<(Hash32, String), u64>,
    floor: FloorCheck,
}

impl<'a> Pass<'a> {
    fn new(dir: &'a Path, options: &'a DoctorOptions, objects: &'a Files) -> Pass<'a> {
        Pass {
            dir,
            options,
            running: false,
            log: Files::reader(&dir.join("log")),
            profiles: StoredProfiles(objects),
            tree: Frontier::new(),
            edge: Edge::default(),
            bundle: Vec::new(),
            heads: BTreeMap::new(),
            due: BTreeMap::new(),
            tiles_checked: 0,
            state: MemState::new(),
            voids: Vec::new(),
            rules_stopped: false,
            index: None,
            ledger: None,
            index_compared: false,
            public: BTreeMap::new(),
            floor: FloorCheck::default(),
        }
    }

    /// The signed heads, and the sizes at which they are compared.
    fn published(&mut self, report: &mut Report, log: &Verifier) {
        let mut newest = 0;
        match history::read(&self.log) {
            Ok(lines) => {
                for (number, line) in lines.iter().enumerate() {
                    newest = line.size;
                    let place =
                        format!("log/history/{:06} line {}", number / history::PAGE, number % history::PAGE + 1);
                    if let Err(error) = line.verify(log) {
                        report.bad(Part::History, &place, causes(&error));
                    }
                    self.heads.entry(line.size).or_default().push((Part::History, place, line.root));
                }
            }
            Err(error) => {
                let place = match &error {
                    HistoryError::Line { page, line } => format!("log/{page} line {line}"),
                    HistoryError::Foreign(page) => format!("log/{page}"),
                    HistoryError::Object(_) => "log/history".to_owned(),
                };
                report.bad(Part::History, place, causes(&error));
            }
        }
        let place = format!("log/{CHECKPOINT}");
        match self.log.get(CHECKPOINT) {
            Ok(None) => {}
            Ok(Some(bytes)) => {
                match open_checkpoint(&bytes, log) {
                    Ok((at, _)) => {
                        // each is durable before the next: history, then checkpoint
                        if newest < at.size {
                            report.bad(
                                Part::History,
                                "log/history",
                                format!("ends at {newest}, but the checkpoint is at {}", at.size),
                            );
                        }
                        // its tiles must be there, so they are checked even if they are not listed
                        for tile in layout(at.size) {
                            self.expect(tile);
                        }
                        self.heads.entry(at.size).or_default().push((Part::Checkpoint, place, at.root));
                    }
                    Err(error) => report.bad(Part::Checkpoint, place, causes(&error)),
                }
            }
            Err(error) => report.bad(Part::Checkpoint, place, causes(&error)),
        }
    }

    fn expect(&mut self, tile: Tile) {
        // a tile of level l holds hashes of subtrees of 256^l leaves: it is due when the last of them is complete
        let size =
            (tile.index * WIDTH + u64::from(tile.width)).checked_shl(8 * u32::from(tile.level())).unwrap_or(u64::MAX);
        let due = self.due.entry(size).or_default();
        if !due.contains(&tile) {
            due.push(tile);
        }
    }

    /// Every file in `log/`, even those that no head covers yet.
    fn tiles(&mut self, report: &mut Report) {
        match self.log.list("") {
            Ok(names) => {
                for (name, _) in names {
                    match Tile::parse(&name) {
                        Some(tile) => self.expect(tile),
                        None if name == CHECKPOINT || name.starts_with("history/") => {}
                        None => report.unexpected(Part::Log, format!("log/{name}")),
                    }
                }
            }
            Err(error) => report.bad(Part::Log, "log", causes(&error)),
        }
    }

    /// Opens a copy of the index, because the engine writes when it opens.
    fn open_index(&mut self, report: &mut Report) {
        let from = self.dir.join("index");
        if !from.exists() {
            return;
        }
        let copy = match Scratch::copy_of(&from) {
            Ok(copy) => copy,
            Err(error) => {
                // a full temporary directory is not damage
                let detail = format!("not checked: it could not be copied to the temporary directory: {error}");
                report.checks.push(Check { name: Part::Index, ok: true, place: None, detail });
                return;
            }
        };
        match Fjall::open_strict(&copy.path(), 32 << 20) {
            Ok(index) => match index.cursor() {
                Ok(Some(cursor)) => self.index = Some((index, cursor, copy)),
                Ok(None) => {}
                Err(error) => {
                    report.bad(Part::Index, "index", format!("{}; the next start rebuilds it", causes(&error)))
                }
            },
            Err(why) => report.bad(Part::Index, "index", format!("{}; the next start rebuilds it", causes(&why))),
        }
    }

    /// Compares the settings with the log.
    fn settings(&self, report: &mut Report, config: &Config) {
        if let Some(ledger) = self.ledger.as_ref().filter(|ledger| **ledger != config.ledger) {
            report.bad(Part::Config, "config.toml", format!("ledger is {}, but entry 0 is of {ledger}", config.ledger));
        }
        let replayed = self.options.replay && !self.rules_stopped && !self.cut(report) && self.tree.size() > 0;
        if replayed && matches!(self.state.get(Table::Party, config.operator.as_bytes()), Ok(None)) {
            report.bad(
                Part::Config,
                "config.toml",
                format!("operator {} is not a party of this ledger", config.operator),
            );
        }
    }

    fn journal(&mut self, report: &mut Report) {
        let dir = self.dir.join("journal");
        let (running, mut unfinished) = (self.running, None);
        let mut found = |found: Found| match found {
            // a running process may be writing it: reported as damage only if a sound frame follows
            Found::Damage { file, offset, what } if running && unfinished.is_none() => {
                unfinished = Some((format!("journal/{file} byte {offset}"), what));
            }
            Found::Frame { frame, file, offset } => {
                self.frame(&frame, &format!("journal/{file} byte {offset}"), report)
            }
            Found::Damage { file, offset, what } => {
                // frames after it have no known place in the tree
                report.bad(Part::Journal, format!("journal/{file} byte {offset}"), what);
            }
        };
        if let Err(error) = segments::check(&dir, &mut found) {
            report.bad(Part::Journal, "journal", causes(&error));
        }
        if let Some((place, what)) = unfinished {
            let checks = &mut report.checks;
            checks.push(Check {
                name: Part::Journal,
                ok: true,
                place: Some(place),
                detail: format!("being written: {what}"),
            });
        }
        report.entries = self.tree.size();
        report.good(Part::Journal, format!("{} entries", report.entries));
        report.good(
            Part::Records,
            if self.options.signatures { "every signature verified" } else { "signatures not checked" },
        );
    }

    fn frame(&mut self, frame: &Frame, place: &str, report: &mut Report) {
        if frame.first != self.tree.size() {
            // after a damaged frame this is expected, and that frame is reported
            if self.cut(report) {
                return;
            }
            report.bad(Part::Journal, place, format!("begins at entry {}, expected {}", frame.first, self.tree.size()));
            return;
        }
        let verify = self.options.signatures;
        let checked: Vec<Result<(Vec<Hash32>, envelope::Claims), RecordError>> = frame
            .entries
            .par_iter()
            .map(|entry| {
                let record = Record::decode(entry)?;
                if verify {
                    record.verify()?;
                }
                Ok((public_evidence(&record), record.claims))
            })
            .collect();
        for (index, checked) in (frame.first..).zip(checked) {
            match checked {
                Ok((named, claims)) => {
                    named.into_iter().for_each(|hash| {
                        self.public.entry((hash, claims.iss.clone())).or_insert(index);
                    });
                    if index == 0 {
                        self.ledger = Some(claims.aud);
                    }
                }
                Err(error) => report.bad(Part::Records, format!("entry {index}, {place}"), causes(&error)),
            }
        }
        self.floor.frame(frame.first);
        let mut after = self.tree.clone();
        if self.options.replay && !self.rules_stopped {
            let mut overlay = Overlay::new(&self.state);
            let applied = apply_frame(&mut overlay, &mut after, frame, &self.profiles, &mut self.voids);
            let changes = overlay.into_changes();
            match applied {
                Ok(()) => {
                    if let Err(error) = self.state.commit(changes) {
                        report.bad(Part::Rules, place, causes(&error));
                    }
                }
                Err(ReplayError::Tree(_)) => {}
                Err(error) => {
                    self.rules_stopped = true;
                    let at = if let ReplayError::Profile(hash) = &error {
                        format!("objects/{}", profile_path(hash))
                    } else {
                        place.to_owned()
                    };
                    report.bad(Part::Rules, at, causes(&error));
                }
            }
        }
        for entry in &frame.entries {
            let leaf = leaf_hash(entry);
            self.tree.push(leaf);
            self.edge.push(leaf);
            if self.bundle.len() as u64 == WIDTH {
                self.bundle.clear();
            }
            self.bundle.push(entry.clone());
            self.at_size(report);
        }
        if self.tree.root() != frame.head.root {
            report.bad(Part::Tree, place, "its entries do not give its root");
        }
        self.compare_index(report);
        (self.options.progress)(self.tree.size());
    }

    /// Compares what is due at the size reached.
    fn at_size(&mut self, report: &mut Report) {
        let size = self.tree.size();
        for (name, place, root) in self.heads.remove(&size).unwrap_or_default() {
            if root != self.tree.root() {
                report.bad(name, place, format!("the tree of {size} entries has another root"));
            }
        }
        for tile in self.due.remove(&size).unwrap_or_default() {
            let want = match tile.kind {
                Kind::Entries => bundle::encode(&self.bundle).unwrap_or_default(),
                Kind::Hashes(level) => {
                    self.edge.0.get(usize::from(level)).map(|tile| tile.concat()).unwrap_or_default()
                }
            };
            let place = format!("log/{tile}");
            match self.log.get(&tile.to_string()) {
                Ok(Some(bytes)) if bytes == want => self.tiles_checked += 1,
                Ok(Some(_)) => report.bad(Part::Log, place, "differs from what the journal gives"),
                // a partial is removed once the full tile is there
                Ok(None) if !tile.is_full() && matches!(self.log.get(&tile.full().to_string()), Ok(Some(_))) => {}
                Ok(None) => report.bad(Part::Log, place, "missing"),
                Err(error) => report.bad(Part::Log, place, causes(&error)),
            }
        }
    }

    fn compare_index(&mut self, report: &mut Report) {
        let Some((index, cursor, _)) = &self.index else { return };
        if cursor.head.size != self.tree.size() || self.rules_stopped {
            return;
        }
        self.index_compared = true;
        if cursor.head.root != self.tree.root() {
            report.bad(Part::Index, "index", "its cursor has another root; the next start rebuilds it");
        }
        let mut replayed = self.state.rows().peekable();
        let mut differs = None;
        let read = index.each(&mut |table, key, value| {
            let next = replayed.next_if(|((of, at), row)| (**of as u8, &at[..], &row[..]) == (table, key, value));
            if next.is_none() && differs.is_none() {
                differs = Some(table);
            }
        });
        let missing = replayed.next().map(|((table, _), _)| *table as u8);
        match (read, differs.or(missing)) {
            (Ok(()), None) => {}
            (Ok(()), Some(table)) => {
                let table = Table::from_byte(table).map_or_else(|| table.to_string(), |table| format!("{table:?}"));
                report.bad(Part::Index, "index", format!("its rows differ from a replay (table {table}); run reindex"));
            }
            (Err(error), _) => report.bad(Part::Index, "index", format!("{}; run reindex", causes(&error))),
        }
    }

    /// Whether the journal is damaged. What depends on the rest of it can't be checked.
    fn cut(&self, report: &Report) -> bool {
        report.failed().any(|check| check.name == Part::Journal)
    }

    fn finish(&mut self, report: &mut Report) {
        let size = self.tree.size();
        let (heads, due) = (std::mem::take(&mut self.heads), std::mem::take(&mut self.due));
        let cut = self.cut(report);
        if cut {
            // reported once, not once for each part that depends on it
            let mut not_checked = |name: Part, of: usize| {
                if of > 0 {
                    let detail = format!("{of} not checked: the journal ends at {size}");
                    report.checks.push(Check { name, ok: true, place: None, detail });
                }
            };
            not_checked(Part::Log, due.values().map(Vec::len).sum());
            for name in [Part::Floor, Part::Checkpoint, Part::History] {
                not_checked(name, heads.values().flatten().filter(|(of, ..)| *of == name).count());
            }
        } else {
            for (at, heads) in heads {
                for (name, place, _) in heads {
                    report.journal_is_behind = true;
                    report.bad(name, place, format!("has {at} entries, but the journal has {size}"));
                }
            }
            for tile in due.into_values().flatten() {
                report.bad(
                    Part::Log,
                    format!("log/{tile}"),
                    format!("of a tree larger than the journal's {size} entries"),
                );
            }
        }
        self.floor.finish(size, report);
        for void in &self.voids {
            let place = format!("entry {}", void.index);
            report.bad(Part::Rules, place, format!("admitted-against-rule {}: {}", void.rule, void.detail));
        }
        report.good(Part::Tree, "the root of every frame is right");
        report.good(Part::Log, format!("{} bundles and tiles", self.tiles_checked));
        for name in [Part::Checkpoint, Part::History] {
            if !report.checks.iter().any(|check| check.name == name) {
                report.good(name, "signed, and of the same tree");
            }
        }
        if self.options.replay {
            report.good(Part::Rules, "no record breaks a rule");
            if let Some((index, cursor, copy)) = self.index.take() {
                if cut && !self.index_compared {
                    let detail =
                        format!("not checked: it is at entry {}, the journal ends at {size}", cursor.head.size);
                    report.checks.push(Check { name: Part::Index, ok: true, place: None, detail });
                } else if !self.index_compared && !self.rules_stopped {
                    report.journal_is_behind |= cursor.head.size > size;
                    report.bad(
                        Part::Index,
                        "index",
                        format!("is at {}, which is not a head of the journal", cursor.head.size),
                    );
                }
                if self.index_compared {
                    report.good(Part::Index, format!("same rows as a replay, up to entry {}", cursor.head.size));
                }
                drop(index);
                drop(copy);
            } else if !report.checks.iter().any(|check| check.name == Part::Index) {
                report.good(Part::Index, if self.running { "not checked" } else { "empty: the next start fills it" });
            }
        }
    }
}
