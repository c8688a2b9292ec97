//! The documents that the records of a log name, by what its source has of them: for each it is said apart whether its hash differs, whether it
//! is absent, whether the node does not serve it now, and whether it can't be read.
//!
//! None of these ends the audit: a document is no part of the log, and the report is printed whatever became of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};

use super::{MAX_LISTED, Source};
use crate::cli::failure::{Cause, Failure};
use crate::cli::output;
use crate::proof::Audited;
use crate::record::Hash32;

/// Documents of a kind that are stored; the rest are counted.
const STORED: usize = 10_000;

/// What a source has of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "node"), allow(dead_code))] // a directory is always asked, and busy never
pub(in crate::cli) enum Held {
    /// Bytes with the hash that the record names.
    Sound,
    /// Other bytes.
    Damaged,
    /// Nothing: it has no such document.
    Absent,
    /// The node is too busy to serve it, or does not answer. That says nothing about the document.
    NotServed(Box<Failure>),
    /// It can't be read.
    Unreadable(Box<Failure>),
    /// Not asked.
    Unasked,
}

/// Hashes a document in parts, so that it is never whole in memory.
#[derive(Default)]
pub(in crate::cli) struct Hashing(blake3::Hasher);

impl Hashing {
    /// Takes the next bytes.
    pub(in crate::cli) fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// What the bytes are that a source has under `hash`.
    pub(in crate::cli) fn held(&self, hash: &Hash32) -> Held {
        if self.0.finalize().as_bytes() == hash.as_bytes() { Held::Sound } else { Held::Damaged }
    }
}

/// Opens a file, and nothing that would be waited for without end, such as a pipe.
///
/// # Errors
/// As the system says; also for what is no file.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    File::open(path)
}

/// What a file holds of the document with this hash.
pub(super) fn in_file(path: &Path, hash: &Hash32) -> Held {
    match open(path).and_then(|file| hashed(file, hash)) {
        Ok(held) => held,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Held::Absent,
        Err(error) => Held::Unreadable(Box::new(Failure::file("read", path, error))),
    }
}

fn hashed(mut from: impl Read, hash: &Hash32) -> io::Result<Held> {
    let (mut hashing, mut part) = (Hashing::default(), vec![0; 64 << 10]);
    loop {
        match from.read(&mut part) {
            Ok(0) => return Ok(hashing.held(hash)),
            Ok(read) => hashing.take(part.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A failure in one line.
pub(super) fn one_line(failure: &Failure) -> String {
    let all: Vec<&str> = std::iter::once(&failure.message).chain(&failure.causes).map(String::as_str).collect();
    all.join(": ")
}

/// The documents of one kind: hash, first entry that names it, and why.
#[derive(Debug, Default)]
struct Listed {
    count: u64,
    first: Vec<(Hash32, u64, Option<String>)>,
}

impl Listed {
    fn push(&mut self, hash: Hash32, index: u64, why: Option<&Failure>) {
        self.count += 1;
        if self.first.len() < STORED {
            self.first.push((hash, index, why.map(one_line)));
        }
    }

    fn value(&self) -> Value {
        let one = |(hash, index, why): &(Hash32, u64, Option<String>)| match why {
            Some(why) => json!({ "blake3": hash, "index": index, "why": why }),
            None => json!({ "blake3": hash, "index": index }),
        };
        json!({ "count": self.count, "first": self.first.iter().map(one).collect::<Vec<_>>() })
    }

    fn describe(&self, text: &mut String, what: &str) {
        for (hash, index, why) in self.first.iter().take(MAX_LISTED) {
            let why = why.as_deref().map(|why| format!(": {}", output::line(why))).unwrap_or_default();
            text.push_str(&format!("  document {hash} of entry {index} {what}{why}\n"));
        }
        text.push_str(&more(self.count, "documents"));
    }
}

/// The line after a list that was cut.
pub(super) fn more(count: u64, what: &str) -> String {
    match count.saturating_sub(MAX_LISTED as u64) {
        0 => String::new(),
        more => format!("  and {more} more {what}\n"),
    }
}

/// The documents that the records of a log name, by what the source has of them.
#[derive(Debug, Default)]
pub(super) struct Documents {
    sound: u64,
    unasked: u64,
    damaged: Listed,
    absent: Listed,
    not_served: Listed,
    unreadable: Listed,
    /// The first failure of each of the last two.
    busy: Option<Failure>,
    unread: Option<Failure>,
}

impl Documents {
    /// Asks for every document.
    pub(super) fn look(source: &dyn Source, audited: &Audited, fetch: bool) -> Documents {
        let mut documents = Documents::default();
        for (hash, named) in &audited.named {
            documents.note(*hash, named.index, source.evidence(hash, named.public, fetch));
        }
        documents
    }

    fn note(&mut self, hash: Hash32, index: u64, held: Held) {
        match held {
            Held::Sound => self.sound += 1,
            Held::Unasked => self.unasked += 1,
            Held::Damaged => self.damaged.push(hash, index, None),
            Held::Absent => self.absent.push(hash, index, None),
            Held::NotServed(why) => {
                self.not_served.push(hash, index, Some(&why));
                self.busy.get_or_insert(*why);
            }
            Held::Unreadable(why) => {
                self.unreadable.push(hash, index, Some(&why));
                self.unread.get_or_insert(*why);
            }
        }
    }

    /// The exit code for a sound log. Damaged documents are a failure, then those that could not be looked at; absent ones are only reported,
    /// because they are no part of the log.
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) fn judge(self, log: &str) -> Result<(), Failure> {
        const SOUND: &str = "the log itself is sound";
        if self.damaged.count > 0 {
            return Err(Failure::not_proven(format!("{log} holds damaged documents"))
                .because(format!("{} have other bytes than the records name", self.damaged.count))
                .hint(format!("{SOUND}; ask who handed them in for the documents")));
        }
        if let Some(why) = self.unread {
            let hint = format!("{SOUND}; of its documents {} could not be read", self.unreadable.count);
            return Err(why.hint(hint));
        }
        match self.busy {
            Some(why) => Err(Failure::unreachable(format!("{log} did not serve every document"))
                .because(Cause::from(one_line(&why)))
                .hint(format!("{SOUND}; run the same command again later"))),
            None => Ok(()),
        }
    }

    /// What the first line says of documents whose hash differs.
    pub(super) fn damage(&self) -> Option<String> {
        (self.damaged.count > 0)
            .then(|| format!("{} of the documents that they name: the hash differs", self.damaged.count))
    }

    /// What the first line says of documents that were not compared.
    pub(super) fn lacking(&self) -> String {
        let mut text = String::new();
        for (count, what) in [
            (self.absent.count, "absent"),
            (self.not_served.count, "not served"),
            (self.unreadable.count, "unreadable"),
        ] {
            if count > 0 {
                text.push_str(&format!("; {what}: {count} of the documents that they name"));
            }
        }
        text
    }

    /// How many there are of each kind, and the first of each that is not sound.
    pub(super) fn describe(&self) -> String {
        let counts = [
            (self.damaged.count, "DAMAGED"),
            (self.absent.count, "absent"),
            (self.not_served.count, "not served"),
            (self.unreadable.count, "unreadable"),
            (self.unasked, "not looked for"),
        ];
        let total = self.sound + counts.iter().map(|(count, _)| count).sum::<u64>();
        let mut text = format!("{total} documents named: {} have the hash that is on the log", self.sound);
        for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
            text.push_str(&format!(", {count} {what}"));
        }
        text.push('\n');
        self.damaged.describe(&mut text, "is damaged: its hash differs");
        self.absent.describe(&mut text, "is absent");
        self.not_served.describe(&mut text, "is not served now");
        self.unreadable.describe(&mut text, "can't be read");
        text
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "sound": self.sound,
            "notLookedFor": self.unasked,
            "damaged": self.damaged.value(),
            "absent": self.absent.value(),
            "notServed": self.not_served.value(),
            "unreadable": self.unreadable.value(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_in_the_text_and_counted_in_json() {
        let mut documents = Documents::default();
        let many = STORED as u64 + 5;
        for n in 0..many {
            documents.note(Hash32::of(&n.to_be_bytes()), n, Held::Absent);
        }
        let text = documents.describe();
        assert_eq!(text.lines().count(), MAX_LISTED + 2, "{text}");
        assert!(text.ends_with(&format!("  and {} more documents\n", many - MAX_LISTED as u64)), "{text}");
        let value = documents.value();
        assert_eq!(value["absent"]["count"], json!(many));
        assert_eq!(value["absent"]["first"].as_array().map(Vec::len), Some(STORED));
    }

    #[test]
    fn document_is_hashed_in_parts_and_nothing_but_a_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (file, bytes) = (dir.path().join("document"), vec![7; (64 << 10) * 3 + 1]);
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(in_file(&file, &Hash32::of(&bytes)), Held::Sound);
        assert_eq!(in_file(&file, &Hash32::of(b"other")), Held::Damaged);
        assert_eq!(in_file(&dir.path().join("nothing"), &Hash32::of(&bytes)), Held::Absent);
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for other in [dir.path(), &pipe] {
            let Held::Unreadable(why) = in_file(other, &Hash32::of(&bytes)) else { panic!("{other:?}") };
            assert_eq!(why.causes, ["it is not a file"]);
        }
    }
}
