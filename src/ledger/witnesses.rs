//! Asks the witnesses of a policy to cosign each head (C2SP tlog-witness `add-checkpoint`).
//!
//! One thread for each witness. The publisher hands over a head whose tiles are durable, and waits until the policy's quorum is reached,
//! but not longer than [`LONGEST_WAIT`], and not for a witness that was slower the last time: a slow witness delays nobody. What comes later
//! is added to the published checkpoint as long as it is the newest. A head is asked for until it is cosigned or a newer one is there,
//! with growing pauses after failures.
//!
//! What a witness cosigned last is kept (`objects/witnesses/<key id>`, the note with its line): the next start asks from that size on,
//! and refuses a journal that is behind it. A witness that says it knows a larger or another tree must show it, signed by this
//! log's key: then the node stops, because going on would sign a second history. Without that proof it is a witness that errs or lies, which stops
//! nothing.
//!
//! Not here: HTTP ([`AskWitness`] is implemented by `witness`), the form of a policy (`log::policy`).

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use parking_lot::{Condvar, Mutex};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::open::OpenError;
use super::query::ObjectTiles;
use super::{PublishedHead, SeenHead, Shared, recover};
use crate::causes::causes;
use crate::log::Checkpoint;
use crate::log::note::{Note, Verifier};
use crate::log::policy::Policy;
use crate::log::prove::consistency_proof;
use crate::log::publish::TileReader;
use crate::store::Objects;

/// Longest wait of the publisher for the witnesses of one head.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Pause after the first failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Requests for one head in a row: the second when the first was answered with the size that the witness has.
const IN_A_ROW: usize = 3;

/// What a witness answers to a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: signature lines.
    Cosigned(String),
    /// 409: the size that it cosigned last.
    OtherSize(u64),
    /// Any other status, with what it says.
    Refused(u16, String),
    /// Nothing, or no HTTP.
    Unreachable(String),
}

/// How a witness is reached.
pub trait AskWitness: Send + Sync {
    /// POSTs `body` to `<url>/add-checkpoint`.
    fn add_checkpoint(&self, url: &str, body: &str) -> Answer;

    /// The newest checkpoint that the witness has of the log with this origin hash: `<url>/<hex>/checkpoint`.
    fn newest(&self, url: &str, origin: &str) -> Option<String>;
}

/// The witnesses that a node asks.
#[derive(Clone)]
pub struct WitnessOptions {
    /// Which, and how many must have cosigned.
    pub policy: Policy,
    /// The same as text, for verifiers.
    pub text: String,
    /// How they are reached.
    pub ask: Arc<dyn AskWitness>,
}

/// What is known of a witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WitnessStatus {
    /// Its name in the policy.
    pub name: String,
    /// Its verifier key.
    pub key: String,
    /// Its submission prefix; a witness without one is not asked.
    pub url: Option<String>,
    /// Size of the newest tree that it cosigned.
    pub size: Option<u64>,
    /// When, by its own clock, Unix seconds.
    pub time: Option<u64>,
    /// Failures since it last cosigned.
    pub failures: u32,
    /// The last failure since then.
    pub error: Option<String>,
}

/// The witnesses of a node, as a reader sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WitnessReport {
    /// Size of the newest published tree.
    pub size: u64,
    /// Whether enough witnesses cosigned it, as the node's policy asks.
    pub quorum: bool,
    /// Each witness of the policy.
    pub witnesses: Vec<WitnessStatus>,
}

struct One {
    name: String,
    key: Verifier,
    url: Option<String>,
    state: State,
}

/// What changes of a witness.
#[derive(Default)]
struct State {
    /// Size and time of its newest cosignature.
    cosigned: Option<(u64, u64)>,
    /// The size from which it is asked.
    old: u64,
    failures: u32,
    error: Option<String>,
    /// Ask no earlier.
    not_before: Option<Instant>,
    /// Size of the head that it answered last, with a cosignature or a failure.
    answered: u64,
    /// It took longer than the publisher waits, or failed.
    slow: bool,
}

/// The head that is asked for.
#[derive(Clone)]
struct Candidate {
    size: u64,
    /// With the cosignatures so far.
    note: Note,
}

#[derive(Default)]
struct Inner {
    candidate: Option<Candidate>,
    witnesses: Vec<One>,
    closing: bool,
}

/// The witnesses of a ledger.
pub(crate) struct Witnesses {
    policy: Policy,
    pub(super) text: String,
    log: Verifier,
    ask: Arc<dyn AskWitness>,
    inner: Mutex<Inner>,
    changed: Condvar,
    /// The last checkpoint that was looked at for a report, and whether enough witnesses cosigned it.
    reported: Mutex<Option<(String, bool)>>,
}

/// Name of the object that keeps what a witness cosigned last.
fn object(key: &Verifier) -> String {
    format!("witnesses/{}", HEXLOWER.encode(&key.id()))
}

/// What the witnesses of `policy` cosigned last, as this node kept it: the journal must not be behind it. A note that can't be read is
/// left out: the witness itself says what it knows.
pub(super) fn kept(options: &WitnessOptions, objects: &dyn Objects, log: &Verifier) -> Vec<SeenHead> {
    let keys = options.policy.witnesses.iter().filter_map(|witness| Some((&witness.name, witness.key.known()?)));
    let read = |(name, key): (&String, &Verifier)| {
        let note = String::from_utf8(objects.get(&object(key)).ok()??.to_vec()).ok()?;
        let (_, opened) = Checkpoint::open(&note, log).ok()?;
        opened.verify(key).ok()?;
        Some(SeenHead { by: format!("head that witness {name} cosigned"), note })
    };
    keys.filter_map(read).collect()
}

impl Witnesses {
    /// The witnesses of `options`, each from the size that was kept; the published head is asked for at once.
    pub(super) fn new(
        options: &WitnessOptions,
        log: Verifier,
        objects: &dyn Objects,
        head: Option<&PublishedHead>,
    ) -> Witnesses {
        let kept = kept(options, objects, &log);
        let mut witnesses = Vec::new();
        for witness in &options.policy.witnesses {
            let Some(key) = witness.key.known().filter(|key| key.public_key() != log.public_key()) else { continue };
            let mut state = State::default();
            for head in &kept {
                let Ok((at, note)) = Checkpoint::open(&head.note, &log) else { continue };
                if let Ok(time) = note.verify(key) {
                    state.cosigned = Some((at.size, time));
                    state.old = at.size;
                }
            }
            witnesses.push(One { name: witness.name.clone(), key: key.clone(), url: witness.url.clone(), state });
        }
        let candidate = head.and_then(|head| Some(Candidate { size: head.size, note: Note::parse(&head.note).ok()? }));
        Witnesses {
            policy: options.policy.clone(),
            text: options.text.clone(),
            log,
            ask: options.ask.clone(),
            inner: Mutex::new(Inner { candidate, witnesses, closing: false }),
            changed: Condvar::new(),
            reported: Mutex::new(None),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.inner.lock().witnesses.len()
    }

    /// Asks for `head`, whose tiles are durable, and waits as the module's text says. Returns the note with the cosignatures so far.
    pub(super) fn gather(&self, head: &PublishedHead) -> String {
        let Ok(note) = Note::parse(&head.note) else { return head.note.clone() };
        let mut inner = self.inner.lock();
        inner.candidate = Some(Candidate { size: head.size, note });
        self.changed.notify_all();
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let Some(candidate) = inner.candidate.as_ref().filter(|candidate| candidate.size == head.size) else {
                return head.note.clone();
            };
            let reached = self.policy.requires_witnesses() && self.policy.check(&candidate.note, &self.log).reached;
            let waiting = |one: &One| {
                let State { slow, failures, answered, .. } = &one.state;
                one.url.is_some() && !slow && *failures == 0 && *answered < head.size
            };
            if reached || !inner.witnesses.iter().any(waiting) {
                return candidate.note.to_string();
            }
            if self.changed.wait_until(&mut inner, until).timed_out() {
                for one in inner.witnesses.iter_mut().filter(|one| waiting(one)) {
                    one.state.slow = true;
                }
            }
        }
    }

    /// Ends the threads; those that wait for an answer end when it comes.
    pub(super) fn close(&self) {
        self.inner.lock().closing = true;
        self.changed.notify_all();
    }

    /// Whether enough witnesses cosigned this checkpoint. Its signatures are verified once: readers ask often, and checkpoints change seldom.
    fn quorum(&self, note: &str) -> bool {
        let mut reported = self.reported.lock();
        if let Some((known, quorum)) = &*reported
            && known == note
        {
            return *quorum;
        }
        let quorum = Note::parse(note).is_ok_and(|note| {
            let quorum = self.policy.check(&note, &self.log);
            quorum.reached && quorum.invalid.is_empty()
        });
        *reported = Some((note.to_owned(), quorum));
        quorum
    }

    /// What is known, of the newest published head. Verifies its cosignatures: for a thread that may block.
    pub(super) fn report(&self, head: Option<&PublishedHead>) -> WitnessReport {
        let quorum = head.is_some_and(|head| self.quorum(&head.note));
        let inner = self.inner.lock();
        let mut witnesses: Vec<WitnessStatus> = inner
            .witnesses
            .iter()
            .map(|one| WitnessStatus {
                name: one.name.clone(),
                key: one.key.to_string(),
                url: one.url.clone(),
                size: one.state.cosigned.map(|(size, _)| size),
                time: one.state.cosigned.map(|(_, time)| time),
                failures: one.state.failures,
                error: one.state.error.clone(),
            })
            .collect();
        // those that are not asked: of another kind
        for witness in self.policy.witnesses.iter().filter(|witness| witness.key.known().is_none()) {
            witnesses.push(WitnessStatus {
                name: witness.name.clone(),
                key: witness.key.to_string(),
                url: witness.url.clone(),
                size: None,
                time: None,
                failures: 0,
                error: Some(format!("its key is {}, which this version does not verify", witness.key.algorithm())),
            });
        }
        WitnessReport { size: head.map_or(0, |head| head.size), quorum, witnesses }
    }

    /// Waits for a head that witness `at` has not answered, and whose time has come; `None` when the ledger closes.
    fn next(&self, at: usize) -> Option<(Candidate, u64, String)> {
        let mut inner = self.inner.lock();
        loop {
            if inner.closing {
                return None;
            }
            let (one, candidate) = (inner.witnesses.get(at)?, inner.candidate.clone());
            let url = one.url.clone()?;
            let open = candidate.filter(|candidate| match one.state.cosigned {
                Some((size, _)) => size < candidate.size || !candidate.note.names(one.key.name(), one.key.id()),
                None => true,
            });
            match (open, one.state.not_before) {
                (Some(_), Some(time)) if time > Instant::now() => {
                    self.changed.wait_until(&mut inner, time);
                }
                (Some(candidate), _) => return Some((candidate, one.state.old, url)),
                (None, _) => self.changed.wait(&mut inner),
            }
        }
    }

    /// Notes that witness `at` failed for the head of `size`.
    fn failed(&self, at: usize, size: u64, why: String) {
        let mut inner = self.inner.lock();
        if let Some(one) = inner.witnesses.get_mut(at) {
            let pause = FIRST_PAUSE.saturating_mul(1 << one.state.failures.min(10)).min(LONGEST_PAUSE);
            tracing::warn!(witness = one.name, size, failures = one.state.failures + 1, "{why}");
            one.state.failures = one.state.failures.saturating_add(1);
            one.state.not_before = Some(Instant::now() + pause);
            one.state.answered = one.state.answered.max(size);
            one.state.error = Some(why);
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// The key of witness `at`, and the note of `candidate` with its `lines` alone, if they verify; with the time that they state.
    fn opened(&self, at: usize, candidate: &Candidate, lines: &str) -> Result<(Verifier, Note, u64), String> {
        let inner = self.inner.lock();
        let Some(key) = inner.witnesses.get(at).map(|one| one.key.clone()) else {
            return Err("there is no such witness".to_owned());
        };
        drop(inner);
        let mut alone = candidate.note.signed_by(&self.log);
        let time = alone.add(lines, &key).map_err(|e| format!("its answer is no cosignature: {}", causes(&e)))?;
        Ok((key, alone, time))
    }

    /// Adds the verified lines of witness `at` to the head that is asked for, and wakes the publisher that waits for them.
    fn cosigned(
        &self,
        at: usize,
        candidate: &Candidate,
        (lines, key, time): (&str, &Verifier, u64),
        took: Duration,
    ) -> Result<(), String> {
        let mut inner = self.inner.lock();
        if inner.closing {
            return Err("the ledger is closing".to_owned());
        }
        if let Some(open) = inner.candidate.as_mut().filter(|open| open.size == candidate.size) {
            open.note.add(lines, key).map_err(|e| format!("its cosignature was not added: {}", causes(&e)))?;
        }
        let Some(one) = inner.witnesses.get_mut(at) else { return Err("there is no such witness".to_owned()) };
        one.state.cosigned = Some((candidate.size, time));
        one.state.old = candidate.size;
        one.state.answered = one.state.answered.max(candidate.size);
        one.state.slow = took > LONGEST_WAIT;
        (one.state.failures, one.state.error, one.state.not_before) = (0, None, None);
        drop(inner);
        self.changed.notify_all();
        Ok(())
    }

    /// The note of the head of `size`, with every cosignature so far.
    pub(super) fn note(&self, size: u64) -> Option<String> {
        let inner = self.inner.lock();
        inner.candidate.as_ref().filter(|candidate| candidate.size == size).map(|candidate| candidate.note.to_string())
    }

    /// Whether the ledger is closing.
    pub(super) fn is_closing(&self) -> bool {
        self.inner.lock().closing
    }
}

/// The body of a request: the size that the witness has, the proof from there, and the checkpoint signed by the log.
fn body(shared: &Shared, log: &Verifier, candidate: &Candidate, old: u64) -> Result<String, String> {
    let tiles = ObjectTiles::new(&*shared.log);
    let proof = consistency_proof(old, candidate.size, &TileReader::new(&tiles, candidate.size))
        .map_err(|e| format!("no proof from {old} to {} entries: {}", candidate.size, causes(&e)))?;
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&data_encoding::BASE64.encode(&hash));
        body.push('\n');
    }
    body.push('\n');
    body.push_str(&candidate.note.signed_by(log).to_string());
    Ok(body)
}

/// Asks witness `at` until the ledger closes. The ledger is not held while an answer is awaited, so that closing it does not wait.
pub(super) fn run(witnesses: &Witnesses, shared: &Weak<Shared>, at: usize) {
    while let Some((candidate, old, url)) = witnesses.next(at) {
        if let Err(why) = ask(witnesses, shared, at, &candidate, old, &url) {
            witnesses.failed(at, candidate.size, why);
        }
    }
}

/// Asks one witness for one head.
fn ask(
    witnesses: &Witnesses,
    shared: &Weak<Shared>,
    at: usize,
    candidate: &Candidate,
    old: u64,
    url: &str,
) -> Result<(), String> {
    let closed = || "the ledger is closing".to_owned();
    let began = Instant::now();
    let mut old = old.min(candidate.size);
    for _ in 0..IN_A_ROW {
        let body = body(&*shared.upgrade().ok_or_else(closed)?, &witnesses.log, candidate, old)?;
        let answer = witnesses.ask.add_checkpoint(url, &body);
        // a witness that objects must show its tree
        let shown = match &answer {
            Answer::OtherSize(size) if *size <= candidate.size => None,
            Answer::OtherSize(_) | Answer::Refused(422, _) => {
                witnesses.ask.newest(url, &HEXLOWER.encode(&Sha256::digest(witnesses.log.name())))
            }
            _ => None,
        };
        let open = shared.upgrade().ok_or_else(closed)?;
        if let Some(note) = shown {
            stop_if_refuted(witnesses, &open, at, note);
        }
        match answer {
            Answer::Cosigned(lines) => {
                let (key, alone, time) = witnesses.opened(at, candidate, &lines)?;
                // kept first: whoever sees a published cosignature may rely on the next start knowing it
                open.keep_cosigned(&object(&key), &alone.to_string());
                witnesses.cosigned(at, candidate, (&lines, &key, time), began.elapsed())?;
                open.refresh_checkpoint(candidate.size);
                return Ok(());
            }
            Answer::OtherSize(size) if size <= candidate.size && size != old => old = size,
            Answer::OtherSize(size) if size > candidate.size => {
                return Err(format!("it says that it cosigned {size} entries, and does not show them"));
            }
            Answer::OtherSize(size) => return Err(format!("it asks for a proof from {size} entries, and refused one")),
            Answer::Refused(422, why) => {
                return Err(format!(
                    "it holds that the tree of {} entries does not extend its own: {why}",
                    candidate.size
                ));
            }
            Answer::Refused(404, _) => {
                return Err(format!("it does not know this log; its operator must add {}", witnesses.log));
            }
            Answer::Refused(status, why) => return Err(format!("it answers {status}: {why}")),
            Answer::Unreachable(why) => return Err(why),
        }
    }
    Err("it names one size after another".to_owned())
}

/// Stops the ledger if the checkpoint that the witness shows is signed by this log, and this journal does not have its tree.
fn stop_if_refuted(witnesses: &Witnesses, shared: &Shared, at: usize, note: String) {
    let name = witnesses.inner.lock().witnesses.get(at).map(|one| one.name.clone()).unwrap_or_default();
    let head = SeenHead { by: format!("head that witness {name} has"), note };
    let found = recover::seen(&*shared.journal, &witnesses.log, &[head]);
    if let Err(error @ (OpenError::Ahead { .. } | OpenError::Disagrees { .. })) = found {
        shared.fatal.raise(&causes(&error).to_string());
    }
}
