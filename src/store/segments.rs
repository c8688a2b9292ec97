//! The journal as append-only segment files (`docs/formats.md`, "Journal").
//!
//! One frame is one batch, written with one `write` and made durable with one `fdatasync`. The order of `append`:
//! 1. if the last segment is full, a new one is created and its directory fsynced. A crash leaves an empty segment.
//! 2. the frame is written. A crash leaves a torn tail, which [`Segments::open`] saves to `*.torn` and cuts, or a complete
//!    frame that was not acknowledged, which it accepts after an fsync.
//! 3. `fdatasync`. Only now does `append` return.
//!
//! If the disk is full in 1 or 2, what was written of the frame is cut off again and the frame may be written later. After any other
//! failure in 2 or 3 the writer accepts nothing more: after a failed fsync the page cache can't be trusted.
//! What it is not: an index; entries are found by position only.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};

use super::files::{create_dirs, is_full, sync_dir, write_durably};
use super::frame::{HEADER, MAX_FRAME, checksum, decode, encode, u32_at, u64_at};
use super::{EMPTY_ROOT, Frame, Head, Journal, JournalError};
use crate::causes::Cause;

/// Size at which a segment is closed: large enough for few files, small enough to copy and check each quickly.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// Entries between two frames whose offset is kept in memory; frames between them are found by walking.
const MARK_EVERY: u64 = 64;
/// The unit that a disk writes or loses.
const SECTOR: u64 = 512;

/// A journal in a directory.
pub struct Segments {
    dir: PathBuf,
    limit: u64,
    list: RwLock<Vec<Arc<Segment>>>,
    head: RwLock<Head>,
    writer: Mutex<Writer>,
    torn: Option<Torn>,
}

struct Writer {
    end: u64,
    failed: Option<Cause>,
}

struct Segment {
    first: u64,
    name: String,
    file: File,
    marks: Mutex<Option<Marks>>,
}

/// Offsets of some frames of a segment, `(first index, offset)`, ascending.
#[derive(Default)]
struct Marks(Vec<(u64, u64)>);

impl Marks {
    fn note(&mut self, first: u64, offset: u64) {
        if self.0.last().is_none_or(|(at, _)| first >= at + MARK_EVERY) {
            self.0.push((first, offset));
        }
    }
}

/// A tail that was cut at open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The segment.
    pub file: String,
    /// Where it was cut.
    pub offset: u64,
    /// Number of bytes cut.
    pub bytes: u64,
    /// The file to which they were saved.
    pub kept: PathBuf,
}

/// How to open.
#[derive(Debug, Clone, Copy)]
pub struct SegmentOptions {
    /// Size at which a segment is closed.
    pub segment_bytes: u64,
    /// Frames from this index on, and all of the last segment, are checked at open; the others when they are read, and by
    /// `doctor`.
    pub verify_from: u64,
    /// Number of entries known to have been durable: below the floor, published, or in the index. A bad frame of these is damage,
    /// never a torn tail.
    pub durable: u64,
    /// The operator accepts that the journal ends at this size, whatever was durable.
    pub accepted: Option<u64>,
}

impl Default for SegmentOptions {
    fn default() -> SegmentOptions {
        SegmentOptions { segment_bytes: SEGMENT_BYTES, verify_from: 0, durable: 0, accepted: None }
    }
}

/// What is at an offset of a segment.
enum Parsed {
    End,
    Frame(Box<Frame>, u64),
    Torn(&'static str),
    Bad(String),
}

impl Segments {
    /// Opens the journal in `dir`, and cuts a torn tail. The caller holds the directory lock.
    ///
    /// # Errors
    /// `Corrupt` with file and offset; `Unavailable` when files can't be read.
    pub fn open(dir: &Path, options: SegmentOptions) -> Result<Segments, JournalError> {
        create_dirs(dir).map_err(|e| unavailable(dir, e))?;
        let list = segment_files(dir).map_err(|e| unavailable(dir, e))?;
        let mut head = Head { size: 0, root: EMPTY_ROOT };
        let (mut segments, mut end, mut torn) = (Vec::new(), 0, None);
        if let Some((first, path)) = list.first().filter(|(first, _)| *first != 0) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            return Err(corrupt(
                &name,
                0,
                &format!("the journal begins at entry {first}: the segment before it is missing"),
            ));
        }
        for (at, (first, path)) in list.iter().enumerate() {
            let next = list.get(at + 1).map(|(first, _)| *first);
            let segment = Segment::open(*first, path).map_err(|e| unavailable(path, e))?;
            if next.is_some_and(|next| next <= options.verify_from) {
                // checked when read; it ends where the next one begins
                head.size = next.unwrap_or_default();
                segments.push(Arc::new(segment));
                continue;
            }
            // after a skipped segment the size is known from the name of this one
            let start = if at == 0 { 0 } else { head.size };
            let scan = scan(&segment, start, next.is_none(), options)?;
            if let Some(last) = scan.head {
                head = last;
            }
            if let Some((offset, why)) = scan.torn {
                torn = Some(cut(dir, path, &segment, offset, why).map_err(|e| unavailable(path, e))?);
            }
            if let Some(next) = next.filter(|next| *next != head.size) {
                return Err(corrupt(
                    &segment.name,
                    scan.end,
                    &format!("ends at {}, but the next begins at {next}", head.size),
                ));
            }
            *segment.marks.lock() = Some(scan.marks);
            end = scan.end;
            if next.is_none() {
                // the last frame may be in the page cache only, if its writer died before the fsync
                segment.file.sync_all().map_err(|e| unavailable(path, e))?;
            }
            segments.push(Arc::new(segment));
        }
        sync_dir(dir).map_err(|e| unavailable(dir, e))?;
        let journal = Segments {
            dir: dir.to_owned(),
            limit: options.segment_bytes,
            list: RwLock::new(segments),
            head: RwLock::new(head),
            writer: Mutex::new(Writer { end, failed: None }),
            torn,
        };
        if head.size > 0 && head.root == EMPTY_ROOT {
            // the last segment is empty: the head is in the one before
            let last =
                journal.frame(head.size - 1)?.ok_or_else(|| corrupt("journal", 0, "the last frame is missing"))?;
            *journal.head.write() = last.head;
        }
        Ok(journal)
    }

    /// The tail that was cut at open.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    fn writable(&self, writer: &mut Writer, size: u64, bytes: u64) -> Result<Arc<Segment>, JournalError> {
        let last = self.list.read().last().cloned();
        match last {
            Some(segment) if writer.end == 0 || writer.end + bytes <= self.limit => Ok(segment),
            _ => {
                let path = self.dir.join(format!("{size:020}.seg"));
                // opened before there is a name to make durable, so that a lack of file descriptors leaves nothing in doubt
                let folder = File::open(&self.dir).map_err(|e| full_or_unavailable(&self.dir, e))?;
                // an attempt that found the disk full may have left it empty
                let made = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
                made.map_err(|e| full_or_unavailable(&path, e))?;
                folder.sync_all().map_err(|e| unavailable(&path, e))?;
                let segment = Arc::new(Segment::open(size, &path).map_err(|e| full_or_unavailable(&path, e))?);
                *segment.marks.lock() = Some(Marks::default());
                self.list.write().push(segment.clone());
                writer.end = 0;
                Ok(segment)
            }
        }
    }
}

impl Journal for Segments {
    fn head(&self) -> Head {
        *self.head.read()
    }

    fn append(&self, expected: u64, frame: &Frame) -> Result<(), JournalError> {
        let mut writer = self.writer.lock();
        if let Some(why) = &writer.failed {
            return Err(JournalError::Unavailable(Cause::of("an earlier write failed", why.clone())));
        }
        let size = self.head().size;
        if expected != size || frame.first != size {
            return Err(JournalError::Lost { expected, size });
        }
        let bytes = encode(frame).map_err(|why| JournalError::Unavailable(Cause::new(why)))?;
        let segment = self.writable(&mut writer, size, bytes.len() as u64)?;
        let offset = writer.end;
        if let Err(e) = segment.file.write_all_at(&bytes, offset) {
            // at most a part of the frame was written, and nobody has read it
            let cut = is_full(&e) && segment.file.set_len(offset).is_ok();
            let why = Cause::of(segment.name.as_str(), e);
            if cut {
                return Err(JournalError::Full(why));
            }
            // the next open cuts it
            writer.failed = Some(why.clone());
            return Err(JournalError::Unavailable(why));
        }
        if let Err(e) = segment.file.sync_data() {
            let why = Cause::of(format!("fdatasync {}", segment.name), e);
            writer.failed = Some(why.clone());
            return Err(JournalError::Unknown(why));
        }
        if let Some(marks) = segment.marks.lock().as_mut() {
            marks.note(frame.first, offset);
        }
        writer.end += bytes.len() as u64;
        *self.head.write() = frame.head;
        Ok(())
    }

    fn frame(&self, index: u64) -> Result<Option<Frame>, JournalError> {
        if index >= self.head.read().size {
            return Ok(None);
        }
        let segment = {
            let list = self.list.read();
            let at = list.partition_point(|s| s.first <= index);
            at.checked_sub(1).and_then(|at| list.get(at)).cloned()
        };
        let Some(segment) = segment else {
            return Err(corrupt("journal", 0, &format!("no segment holds entry {index}")));
        };
        segment.frame(index).map(Some)
    }
}

impl Segment {
    fn open(first: u64, path: &Path) -> io::Result<Segment> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Segment { first, name, file, marks: Mutex::new(None) })
    }

    /// Walks from the nearest mark. Only the frame asked for is verified: a damaged length on the way leads to a wrong
    /// checksum.
    fn frame(&self, index: u64) -> Result<Frame, JournalError> {
        let mut offset = self.mark(index)?;
        loop {
            let (first, size, length) = self.header(offset)?;
            if index < first || size <= first {
                return Err(corrupt(&self.name, offset, "frames out of order"));
            }
            if index < size {
                let mut bytes = vec![0; length];
                self.read(offset, &mut bytes)?;
                return decode(Bytes::from(bytes)).map_err(|what| corrupt(&self.name, offset, &what));
            }
            offset += length as u64;
        }
    }

    fn mark(&self, index: u64) -> Result<u64, JournalError> {
        let mut marks = self.marks.lock();
        if marks.is_none() {
            let end =
                self.file.metadata().map_err(|e| JournalError::Unavailable(Cause::of(self.name.as_str(), e)))?.len();
            let (mut found, mut offset) = (Marks::default(), 0);
            while offset < end {
                let (first, _, length) = self.header(offset)?;
                found.note(first, offset);
                offset += length as u64;
            }
            *marks = Some(found);
        }
        let found = marks.as_ref().map(|m| m.0.as_slice()).unwrap_or_default();
        let at = found.partition_point(|(first, _)| *first <= index);
        match at.checked_sub(1).and_then(|at| found.get(at)) {
            Some((_, offset)) => Ok(*offset),
            None => Err(corrupt(&self.name, 0, &format!("does not hold entry {index}"))),
        }
    }

    fn header(&self, offset: u64) -> Result<(u64, u64, usize), JournalError> {
        let mut head = [0; HEADER];
        self.read(offset, &mut head)?;
        let length = 4 + u32_at(&head, 0) as usize;
        if !(HEADER..=MAX_FRAME).contains(&length) {
            return Err(corrupt(&self.name, offset, "impossible frame length"));
        }
        Ok((u64_at(&head, 20), u64_at(&head, 28), length))
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), JournalError> {
        self.file.read_exact_at(into, offset).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => corrupt(&self.name, offset, "the frame runs past the end of the file"),
            _ => JournalError::Unavailable(Cause::of(format!("{} at byte {offset}", self.name), e)),
        })
    }
}

struct Scan {
    head: Option<Head>,
    end: u64,
    torn: Option<(u64, &'static str)>,
    marks: Marks,
}

/// Checks every frame of a segment that begins at entry `size`. Only a frame from entry `options.durable` on can be torn.
fn scan(segment: &Segment, mut size: u64, last: bool, options: SegmentOptions) -> Result<Scan, JournalError> {
    if segment.first != size {
        return Err(corrupt(
            &segment.name,
            0,
            &format!("its name says {}, but the segment before it ends at {size}", segment.first),
        ));
    }
    let bytes = read_all(&segment.file).map_err(|e| JournalError::Unavailable(Cause::of(segment.name.as_str(), e)))?;
    let mut scan = Scan { head: None, end: 0, torn: None, marks: Marks::default() };
    loop {
        match parse(&bytes, scan.end as usize, size, last) {
            Parsed::End => return Ok(scan),
            Parsed::Frame(frame, length) => {
                scan.marks.note(frame.first, scan.end);
                size = frame.head.size;
                scan.head = Some(frame.head);
                scan.end += length;
            }
            Parsed::Torn(why) if size < options.durable && options.accepted != Some(size) => {
                let what = format!("entry {size} was durable, but its frame {why}");
                return Err(corrupt(&segment.name, scan.end, &what));
            }
            Parsed::Torn(why) => {
                scan.torn = Some((scan.end, why));
                return Ok(scan);
            }
            Parsed::Bad(what) => return Err(corrupt(&segment.name, scan.end, &what)),
        }
    }
}

fn read_all(file: &File) -> io::Result<Bytes> {
    let length = file.metadata()?.len();
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(Bytes::from(bytes))
}

/// Parses one frame of a segment, for [`Segments::open`] and for [`check`], which continues after damage.
fn parse(bytes: &Bytes, at: usize, size: u64, last: bool) -> Parsed {
    let rest = bytes.len() - at;
    if rest == 0 {
        return Parsed::End;
    }
    let length = if rest < 4 { None } else { Some(4 + u32_at(bytes, at) as usize) };
    let Some(length) = length.filter(|length| *length <= rest) else {
        // past the end of the file: torn, unless the frame is complete and only its length is damaged
        if !last || is_whole_but_length(bytes, at) || follows(bytes, at, size) {
            return Parsed::Bad("the frame's length runs past the end of the file".into());
        }
        return Parsed::Torn("runs past the end of the file");
    };
    if length < HEADER {
        let sector_end = ((at as u64 / SECTOR + 1) * SECTOR).min(bytes.len() as u64) as usize;
        let missing = length == 4 && bytes[at..sector_end].iter().all(|b| *b == 0);
        if last && missing && !follows(bytes, at, size) && !is_whole_but_length(bytes, at) {
            return Parsed::Torn("has lost its first sector");
        }
        return Parsed::Bad("impossible frame length".into());
    }
    match decode(bytes.slice(at..at + length)) {
        Ok(frame) if frame.first == size => Parsed::Frame(Box::new(frame), length as u64),
        Ok(frame) => Parsed::Bad(format!("begins at entry {}, expected {size}", frame.first)),
        Err(what) => {
            let after_is_zero = bytes[at + length..].iter().all(|b| *b == 0);
            if last && after_is_zero && sector_missing(bytes, at, at + length) && !is_whole_but_length(bytes, at) {
                return Parsed::Torn("has lost a sector");
            }
            Parsed::Bad(what)
        }
    }
}

/// Whether the bytes from `at` to the end are a complete frame with a damaged length.
fn is_whole_but_length(bytes: &[u8], at: usize) -> bool {
    bytes.len() - at >= HEADER && bytes[at + 4..at + 20] == checksum(&bytes[at + 20..])
}

/// Whether a sound frame follows: then the frame at `at` is damaged, not torn.
fn follows(bytes: &[u8], at: usize, size: u64) -> bool {
    (at + 1..bytes.len().saturating_sub(HEADER)).any(|o| {
        let length = 4 + u32_at(bytes, o) as usize;
        let first = u64_at(bytes, o + 20);
        length >= HEADER
            && length <= bytes.len() - o
            && first > size
            && first - size < 1 << 32
            && bytes[o + 4..o + 20] == checksum(&bytes[o + 20..o + length])
    })
}

/// Whether a sector in `from..to` is all zero: it never reached the disk.
fn sector_missing(bytes: &[u8], from: usize, to: usize) -> bool {
    let mut start = from;
    while start < to {
        let end = ((start / SECTOR as usize + 1) * SECTOR as usize).min(to);
        // a few zero bytes at either end are not evidence
        if end - start >= 64 && bytes[start..end].iter().all(|b| *b == 0) {
            return true;
        }
        start = end;
    }
    false
}

fn cut(dir: &Path, path: &Path, segment: &Segment, offset: u64, why: &'static str) -> io::Result<Torn> {
    let bytes = read_all(&segment.file)?.slice(offset as usize..);
    let kept = dir.join(format!("{}.{offset}.torn", path.file_stem().unwrap_or_default().to_string_lossy()));
    write_durably(&kept, &bytes, 0o600)?;
    segment.file.set_len(offset)?;
    segment.file.sync_all()?;
    tracing::warn!(
        file = segment.name,
        offset,
        bytes = bytes.len(),
        why,
        "a torn tail of the journal was saved to a file and cut"
    );
    Ok(Torn { file: segment.name.clone(), offset, bytes: bytes.len() as u64, kept })
}

fn corrupt(file: &str, offset: u64, what: &str) -> JournalError {
    JournalError::Corrupt { file: file.to_owned(), offset, what: what.to_owned() }
}

/// Too few file descriptors count as too little room: nothing was written, and there may be some later.
fn full_or_unavailable(path: &Path, error: io::Error) -> JournalError {
    use rustix::io::Errno;
    let descriptors = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
    if is_full(&error) || descriptors.contains(&error.raw_os_error()) {
        return JournalError::Full(Cause::of(path.display().to_string(), error));
    }
    unavailable(path, error)
}

fn unavailable(path: &Path, error: io::Error) -> JournalError {
    JournalError::Unavailable(Cause::of(path.display().to_string(), error))
}

fn segment_files(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut list = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "seg") {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let first = stem.parse().map_err(|_| io::Error::other(format!("{stem}.seg is not a segment's name")))?;
            list.push((first, path));
        }
    }
    list.sort();
    Ok(list)
}

/// What a read-only check of a journal directory finds.
#[derive(Debug)]
pub enum Found {
    /// A sound frame, in order.
    Frame {
        /// The frame.
        frame: Box<Frame>,
        /// File name.
        file: String,
        /// Byte offset.
        offset: u64,
    },
    /// Damage. The rest of that segment can't be checked.
    Damage {
        /// File name.
        file: String,
        /// Byte offset.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}

/// Entry 0 of the journal in `dir`, if its frame is sound.
pub fn first_entry(dir: &Path) -> Option<Bytes> {
    let (_, path) = segment_files(dir).ok()?.into_iter().next()?;
    match parse(&Bytes::from(fs::read(path).ok()?), 0, 0, false) {
        Parsed::Frame(frame, _) => frame.entry(0).cloned(),
        _ => None,
    }
}

/// Checks every frame of the journal in `dir`, changing nothing. A torn tail counts as damage: it is reported, not cut.
///
/// # Errors
/// When a file can't be read.
pub fn check(dir: &Path, each: &mut dyn FnMut(Found)) -> io::Result<()> {
    let (mut size, mut damaged) = (0, false);
    for (first, path) in segment_files(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // unless damage in the segment before it hides where that ends
        if !std::mem::take(&mut damaged) && first != size {
            each(Found::Damage { file: name.clone(), offset: 0, what: format!("begins at {first}, expected {size}") });
        }
        size = first;
        let (bytes, mut at) = (Bytes::from(fs::read(&path)?), 0);
        loop {
            let what = match parse(&bytes, at, size, false) {
                Parsed::End => break,
                Parsed::Frame(frame, length) => {
                    size = frame.head.size;
                    each(Found::Frame { frame, file: name.clone(), offset: at as u64 });
                    at += length as usize;
                    continue;
                }
                Parsed::Torn(why) => why.to_owned(),
                Parsed::Bad(what) => what,
            };
            each(Found::Damage { file: name, offset: at as u64, what });
            damaged = true;
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
