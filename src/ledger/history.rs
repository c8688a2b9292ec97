//! `/history`: the published checkpoints that grew the tree, one line each, in pages of 256 lines.
//!
//! ```text
//! <size> <base64 of the root> <base64 of key id and signature>     history/000000, history/000001, ...
//! ```
//! From the origin and a line, the checkpoint as it was signed can be restored. A page is replaced atomically, so a crash
//! leaves the old page or the new one. What it is not: a source of truth; auditors use it to check consistency step by step.

use data_encoding::BASE64;

use super::open::OpenError;
use super::sign::{KeysError, LogKey};
use crate::log::Signer;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::note::{KeyType, Note, Verifier};
use crate::store::{Journal, ObjectError, Objects};

/// Lines of a page.
pub(super) const PAGE: usize = 256;

/// One published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Tree size.
    pub size: u64,
    /// Root.
    pub root: [u8; 32],
    /// Key id (4 bytes) and signature, base64.
    pub signature: String,
}

impl Line {
    /// The line of a signed checkpoint: its first signature is the log's.
    pub fn of(at: &Checkpoint, note: &Note) -> Option<Line> {
        let signature = note.signatures().first()?;
        let mut blob = signature.id.to_vec();
        blob.extend_from_slice(&signature.bytes);
        Some(Line { size: at.size, root: at.root, signature: BASE64.encode(&blob) })
    }

    fn parse(line: &str) -> Option<Line> {
        let mut parts = line.split(' ');
        let (size, root, signature, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
            return None;
        };
        let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        let line = Line { size: size.parse().ok()?, root, signature: signature.to_owned() };
        Some(line)
    }

    /// The line as text, with its newline.
    pub fn to_text(&self) -> String {
        format!("{} {} {}\n", self.size, BASE64.encode(&self.root), self.signature)
    }

    /// The checkpoint as it was signed.
    pub fn note(&self, origin: &str) -> String {
        let at = Checkpoint { origin: origin.to_owned(), size: self.size, root: self.root };
        format!("{}\n\u{2014} {origin} {}\n", at.to_text(), self.signature)
    }

    /// Whether the log signed it.
    ///
    /// # Errors
    /// [`CheckpointError`] when not.
    pub fn verify(&self, log: &Verifier) -> Result<(), CheckpointError> {
        Checkpoint::open(&self.note(log.name()), log).map(|_| ())
    }
}

/// The history can't be read, or a page is not one.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HistoryError {
    /// Storage.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A page of another log.
    #[error("{0} is well formed, but not signed by this log")]
    Foreign(String),
    /// Not a line of a history.
    #[error("{page} line {line} is not a line of the history")]
    Line {
        /// The page's object name.
        page: String,
        /// Counted from 1.
        line: usize,
    },
}

/// Writes the history.
pub struct History {
    page: usize,
    lines: Vec<Line>,
}

fn name(page: usize) -> String {
    format!("history/{page:06}")
}

fn read_page(objects: &dyn Objects, page: usize) -> Result<Option<Vec<Line>>, HistoryError> {
    let Some(bytes) = objects.get(&name(page))? else { return Ok(None) };
    let bad = |line: usize| HistoryError::Line { page: name(page), line: line + 1 };
    let text = std::str::from_utf8(&bytes).map_err(|_| bad(0))?;
    let lines: Vec<Line> =
        text.lines().enumerate().map(|(n, line)| Line::parse(line).ok_or_else(|| bad(n))).collect::<Result<_, _>>()?;
    // must be the same bytes when written back: only one text is valid
    if lines.is_empty() || lines.iter().map(Line::to_text).collect::<String>() != text {
        return Err(bad(lines.len().saturating_sub(1)));
    }
    Ok(Some(lines))
}

fn signed_lines(bytes: &[u8], log: &Verifier) -> Vec<Line> {
    let mut kept: Vec<Line> = Vec::new();
    for line in String::from_utf8_lossy(bytes).lines().filter_map(Line::parse) {
        if kept.last().is_none_or(|last| last.size < line.size) && line.verify(log).is_ok() {
            kept.push(line);
        }
    }
    kept
}

/// All lines, oldest first.
///
/// # Errors
/// [`HistoryError`].
pub fn read(objects: &dyn Objects) -> Result<Vec<Line>, HistoryError> {
    let mut all = Vec::new();
    for page in 0.. {
        match read_page(objects, page)? {
            Some(lines) => all.extend(lines),
            None => break,
        }
    }
    Ok(all)
}

/// One page, as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its lines, oldest first: 1 to 256.
    pub lines: Vec<Line>,
    /// It has 256 lines and never changes again.
    pub full: bool,
    /// There is a page after it.
    pub more: bool,
}

/// Page `number`, counted from 0; `None` when there is none. Reads only that page, and checks whether the next exists.
///
/// # Errors
/// [`HistoryError`].
pub fn page(objects: &dyn Objects, number: usize) -> Result<Option<Page>, HistoryError> {
    let Some(lines) = read_page(objects, number)? else { return Ok(None) };
    let full = lines.len() >= PAGE;
    let more = full && objects.get(&name(number + 1))?.is_some();
    Ok(Some(Page { lines, full, more }))
}

/// Restores damaged lines from the journal: signatures are deterministic, so if the root or the signature of a line is still
/// readable, the line is that of a head in the journal between its neighbours. A page with more damage is left as it is.
/// Returns the pages that were rewritten.
///
/// # Errors
/// Storage.
pub(super) fn repair(objects: &dyn Objects, journal: &dyn Journal, key: &LogKey) -> Result<Vec<String>, OpenError> {
    let log = Verifier::of(key, KeyType::Ed25519).map_err(KeysError::from)?;
    let (mut repaired, mut after) = (Vec::new(), 0);
    for page in 0.. {
        let Some(bytes) = objects.get(&name(page))? else { break };
        let text = String::from_utf8_lossy(&bytes);
        let sound = |line: &str| Line::parse(line).filter(|line| line.verify(&log).is_ok());
        let read: Vec<(&str, Option<Line>)> = text.lines().map(|line| (line, sound(line))).collect();
        let mut lines = Vec::new();
        for (number, (text, line)) in read.iter().enumerate() {
            let found = match line {
                Some(line) => vec![line.clone()],
                None => {
                    let next = read.iter().skip(number + 1).find_map(|(_, line)| line.as_ref());
                    damaged_lines(journal, key, text, after, next.map_or(u64::MAX, |line| line.size))?
                }
            };
            after = found.last().map_or(after, |line| line.size);
            lines.extend(found);
        }
        let whole: String = lines.iter().map(Line::to_text).collect();
        // of another length: not every line was found
        if whole.len() == bytes.len() && whole.as_bytes() != &bytes[..] {
            objects.publish(&name(page), whole.as_bytes())?;
            tracing::warn!(page, "damaged lines of the history were restored from the journal");
            repaired.push(name(page));
        }
    }
    Ok(repaired)
}

/// The lines of which `text` is a damaged copy, from the journal's heads above `after` and below `before`.
fn damaged_lines(
    journal: &dyn Journal,
    key: &LogKey,
    text: &str,
    after: u64,
    before: u64,
) -> Result<Vec<Line>, OpenError> {
    let (mut found, mut at) = (Vec::new(), after);
    while let Some(frame) = journal.frame(at)?.filter(|frame| frame.head.size > at && frame.head.size < before) {
        at = frame.head.size;
        let head = Checkpoint { origin: key.name().to_owned(), size: at, root: frame.head.root };
        let line = head.sign(key).ok().and_then(|note| Line::of(&head, &note));
        let resembles = |line: &Line| text.contains(&BASE64.encode(&line.root)) || text.contains(&line.signature);
        found.extend(line.filter(resembles));
    }
    Ok(found)
}

impl History {
    /// Reads the newest page, to append to it.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn open(objects: &dyn Objects) -> Result<History, HistoryError> {
        let mut names: Vec<String> = objects.list("history")?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        let page = names.last().and_then(|last| last.strip_prefix("history/")?.parse().ok()).unwrap_or(0);
        Ok(History { page, lines: read_page(objects, page)?.unwrap_or_default() })
    }

    /// As [`History::open`], but reduces a damaged newest page to the lines that `log` signed; true when it did.
    ///
    /// # Errors
    /// [`HistoryError::Foreign`] when the page is another log's; storage.
    pub fn recover(objects: &dyn Objects, log: &Verifier) -> Result<(History, bool), HistoryError> {
        let mut repaired = false;
        let mut names: Vec<String> = objects.list("history")?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        while let Some(last) = names.pop() {
            let Some(page) = last.strip_prefix("history/").and_then(|page| page.parse().ok()) else { continue };
            let lines = match read_page(objects, page) {
                Ok(lines) => lines.unwrap_or_default(),
                Err(HistoryError::Line { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            if lines.last().is_some_and(|line| line.verify(log).is_ok()) {
                return Ok((History { page, lines }, repaired));
            }
            // whatever the damage is: keep the lines that the log signed, in rising order
            repaired = true;
            let whole = lines.len();
            let lines = signed_lines(&objects.get(&last)?.unwrap_or_default(), log);
            tracing::error!(page = last, kept = lines.len(), "the history is damaged: only its signed lines are kept");
            if lines.is_empty() && whole > 1 {
                // well formed except for the signatures: not damaged, but of another log
                return Err(HistoryError::Foreign(last));
            }
            if lines.is_empty() {
                objects.forget(&last)?;
                continue;
            }
            objects.publish(&last, lines.iter().map(Line::to_text).collect::<String>().as_bytes())?;
            return Ok((History { page, lines }, repaired));
        }
        Ok((History { page: 0, lines: Vec::new() }, repaired))
    }

    /// The newest line.
    pub fn last(&self) -> Option<&Line> {
        self.lines.last()
    }

    /// The newest line but one.
    ///
    /// # Errors
    /// [`HistoryError`], when it is on the page before and can't be read.
    pub fn before_last(&self, objects: &dyn Objects) -> Result<Option<Line>, HistoryError> {
        if let [.., line, _] = self.lines.as_slice() {
            return Ok(Some(line.clone()));
        }
        let Some(page) = self.page.checked_sub(1) else { return Ok(None) };
        Ok(read_page(objects, page)?.and_then(|mut lines| lines.pop()))
    }

    /// Appends a line, durably. Does nothing if the last line has that size (after a crash before the checkpoint).
    ///
    /// # Errors
    /// [`ObjectError`]; may be repeated.
    pub fn add(&mut self, objects: &dyn Objects, line: Line) -> Result<(), ObjectError> {
        if self.last().is_some_and(|last| last.size >= line.size) {
            return Ok(());
        }
        let (page, mut lines) =
            if self.lines.len() >= PAGE { (self.page + 1, Vec::new()) } else { (self.page, self.lines.clone()) };
        lines.push(line);
        objects.publish(&name(page), lines.iter().map(Line::to_text).collect::<String>().as_bytes())?;
        (self.page, self.lines) = (page, lines);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::Disk;

    #[test]
    fn pages_are_consecutive_and_damage_is_named() {
        let objects = Disk::new().objects("log");
        let mut history = History::open(&objects).unwrap();
        let line = |size: u64| Line { size, root: [size as u8; 32], signature: "AAAAAA==".into() };
        for size in 2..600 {
            history.add(&objects, line(size)).unwrap();
            if size % 100 == 0 {
                history = History::open(&objects).unwrap();
                history.add(&objects, line(size)).unwrap();
            }
        }
        assert_eq!(history.last(), Some(&line(599)));
        let all = read(&objects).unwrap();
        assert_eq!(all, (2..600).map(line).collect::<Vec<_>>());
        // each page is its part of the whole
        for (number, lines) in all.chunks(PAGE).enumerate() {
            let (full, more) = (lines.len() == PAGE, number < 2);
            assert_eq!(page(&objects, number).unwrap(), Some(Page { lines: lines.to_vec(), full, more }));
        }
        assert_eq!(page(&objects, 3).unwrap(), None);
        objects.publish("history/000001", b"12 x y\n").unwrap();
        assert!(matches!(read(&objects), Err(HistoryError::Line { line: 1, .. })));
        assert!(matches!(page(&objects, 1), Err(HistoryError::Line { line: 1, .. })));
        assert!(page(&objects, 0).unwrap().is_some_and(|page| page.more), "reads no other page");
    }
}
