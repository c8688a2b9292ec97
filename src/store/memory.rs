//! In-memory engines of the ports, with faults that a script chooses for each call, in pairs (persisted or not).
//!
//! A [`Disk`] outlives the engines opened on it: dropping and reopening them simulates a restart after a crash. What it is
//! not: durable.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use super::register::check_slot;
use super::{
    Cursor, EMPTY_ROOT, EachRow, Floor, FloorError, FloorState, Frame, Free, Head, Index, IndexError, Journal,
    JournalError, ObjectError, Objects, Register, RegisterError, Ring, Slots, Staged, View, Write, is_object_name,
};
use crate::causes::{Cause, Source};
use crate::chain::state::{RowIter, Scan};
use crate::chain::{MemState, State, StateError, Table};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An error is returned, and nothing was written.
    NotPersisted,
    /// An error is returned, **but** it was written.
    Persisted,
    /// An error is returned that says that nothing was written.
    Refused,
}

impl Fault {
    fn persists(fault: Option<Fault>) -> bool {
        !matches!(fault, Some(Fault::NotPersisted | Fault::Refused))
    }
}

fn scripted() -> Source {
    Arc::new(Cause::new("scripted"))
}

/// A call that may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `append`, `raise`, `begin`, `put`, `publish`, `forget`, `apply`, `wipe`, `reopen`; of the register `load`, `slot` or `close`.
    pub verb: &'static str,
    /// Object name, name of the ring, or empty.
    pub path: String,
    /// Number of earlier calls on this disk, of any verb.
    pub number: u64,
}

type Script = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// The storage that the engines share.
#[derive(Clone, Default)]
pub struct Disk(Arc<Inner>);

#[derive(Default)]
struct Inner {
    frames: Mutex<Vec<Frame>>,
    objects: Mutex<BTreeMap<String, Bytes>>,
    floor: Mutex<Option<Head>>,
    index: Mutex<(Arc<MemState>, Option<Cursor>)>,
    slots: Mutex<BTreeMap<(Ring, u32), Vec<u8>>>,
    script: Mutex<Option<Script>>,
    calls: Mutex<Vec<Call>>,
    free: Mutex<Free>,
    damaged: AtomicBool,
    /// Cloned into each view of the index.
    views: Arc<()>,
}

impl Disk {
    /// An empty disk without faults.
    pub fn new() -> Disk {
        Disk::default()
    }

    /// Sets the script that chooses the fault of each later call.
    pub fn script(&self, script: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        *self.0.script.lock() = Some(Box::new(script));
    }

    /// No more faults.
    pub fn heal(&self) {
        *self.0.script.lock() = None;
    }

    /// Whether reads of the index fail from now on.
    pub fn damage_index(&self, damaged: bool) {
        self.0.damaged.store(damaged, Ordering::SeqCst);
    }

    /// The floor as it is on this disk.
    pub fn floor_at(&self) -> Option<Head> {
        *self.0.floor.lock()
    }

    /// Loses the floor, or puts an earlier one back.
    pub fn set_floor(&self, head: Option<Head>) {
        *self.0.floor.lock() = head;
    }

    /// Loses the journal's frames after the first `frames`.
    pub fn lose_frames(&self, frames: usize) {
        self.0.frames.lock().truncate(frames);
    }

    /// Puts an object there as another thread would, without a call that a script sees.
    pub fn set_object(&self, name: &str, bytes: &[u8]) {
        self.0.objects.lock().insert(name.to_owned(), Bytes::copy_from_slice(bytes));
    }

    /// Sets the free space that the objects report.
    pub fn set_free(&self, bytes: u64) {
        self.0.free.lock().bytes = Some(bytes);
    }

    /// Sets the number of files for which the objects report room.
    pub fn set_free_files(&self, files: u64) {
        self.0.free.lock().files = Some(files);
    }

    /// Every call that was made.
    pub fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().clone()
    }

    /// A journal on this disk.
    pub fn journal(&self) -> MemJournal {
        MemJournal { disk: self.clone(), failed: AtomicBool::new(false) }
    }

    /// A floor on this disk.
    pub fn floor(&self) -> MemFloor {
        MemFloor { disk: self.clone() }
    }

    /// Objects on this disk, under `folder`.
    pub fn objects(&self, folder: &str) -> MemObjects {
        MemObjects { disk: self.clone(), folder: format!("{folder}/") }
    }

    /// A register on this disk.
    pub fn register(&self) -> MemRegister {
        MemRegister { disk: self.clone() }
    }

    /// An index on this disk.
    pub fn index(&self) -> MemIndex {
        MemIndex { disk: self.clone() }
    }

    fn fault(&self, verb: &'static str, path: &str) -> Option<Fault> {
        let mut calls = self.0.calls.lock();
        let call = Call { verb, path: path.to_owned(), number: calls.len() as u64 };
        calls.push(call.clone());
        drop(calls);
        self.0.script.lock().as_mut().and_then(|script| script(&call))
    }
}

/// A [`Journal`] in memory.
pub struct MemJournal {
    disk: Disk,
    failed: AtomicBool,
}

impl Journal for MemJournal {
    fn head(&self) -> Head {
        self.disk.0.frames.lock().last().map_or(Head { size: 0, root: EMPTY_ROOT }, |f| f.head)
    }

    fn append(&self, expected: u64, frame: &Frame) -> Result<(), JournalError> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(JournalError::Unavailable(Cause::new("an earlier write failed")));
        }
        let fault = self.disk.fault("append", "");
        let mut frames = self.disk.0.frames.lock();
        let size = frames.last().map_or(0, |f| f.head.size);
        if expected != size || frame.first != size {
            return Err(JournalError::Lost { expected, size });
        }
        if Fault::persists(fault) {
            frames.push(frame.clone());
        }
        match fault {
            None => Ok(()),
            Some(Fault::Refused) => Err(JournalError::Full(Cause::new("scripted"))),
            // the caller can't tell the two apart
            Some(_) => {
                self.failed.store(true, Ordering::SeqCst);
                Err(JournalError::Unknown(Cause::new("scripted")))
            }
        }
    }

    fn frame(&self, index: u64) -> Result<Option<Frame>, JournalError> {
        let frames = self.disk.0.frames.lock();
        let at = frames.partition_point(|f| f.head.size <= index);
        Ok(frames.get(at).cloned())
    }
}

/// A [`Floor`] in memory.
pub struct MemFloor {
    disk: Disk,
}

impl MemFloor {
    fn write(&self, verb: &'static str, head: Head) -> Result<(), FloorError> {
        let fault = self.disk.fault(verb, "");
        if Fault::persists(fault) {
            *self.disk.0.floor.lock() = Some(head);
        }
        match fault {
            None => Ok(()),
            Some(Fault::Refused) => Err(FloorError::Full(Cause::new("scripted"))),
            Some(_) => Err(FloorError::Unknown(Cause::new("scripted"))),
        }
    }
}

impl Floor for MemFloor {
    fn stated(&self) -> FloorState {
        self.disk.0.floor.lock().map_or(FloorState::Missing, |head| FloorState::At { head, torn: false })
    }

    fn raise(&self, head: Head) -> Result<(), FloorError> {
        self.write("raise", head)
    }

    fn begin(&self, head: Head) -> Result<(), FloorError> {
        self.write("begin", head)
    }
}

/// [`Objects`] in memory.
pub struct MemObjects {
    disk: Disk,
    folder: String,
}

impl MemObjects {
    fn write(&self, verb: &'static str, path: &str, bytes: Option<&[u8]>) -> Result<(), ObjectError> {
        if !is_object_name(path) {
            return Err(ObjectError::Name(path.to_owned()));
        }
        let fault = self.disk.fault(verb, path);
        let mut objects = self.disk.0.objects.lock();
        let name = format!("{}{path}", self.folder);
        if verb == "put" && objects.get(&name).is_some_and(|there| Some(there.as_ref()) != bytes) {
            return Err(ObjectError::Different(path.to_owned()));
        }
        if Fault::persists(fault) {
            match bytes {
                Some(bytes) => objects.insert(name, Bytes::copy_from_slice(bytes)),
                None => objects.remove(&name),
            };
        }
        match fault {
            None => Ok(()),
            Some(Fault::Refused) => Err(ObjectError::Unavailable { path: path.to_owned(), source: scripted() }),
            Some(_) => Err(ObjectError::Unknown { path: path.to_owned(), source: scripted() }),
        }
    }
}

impl Objects for MemObjects {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.write("put", path, Some(bytes))
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        if !is_object_name(path) {
            return Err(ObjectError::Name(path.to_owned()));
        }
        Ok(self.disk.0.objects.lock().get(&format!("{}{path}", self.folder)).cloned())
    }

    fn part(&self, path: &str, from: u64, most: usize) -> Result<Option<(u64, Bytes)>, ObjectError> {
        let Some(whole) = self.get(path)? else { return Ok(None) };
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(whole.len());
        let to = from.saturating_add(most).min(whole.len());
        Ok(Some((whole.len() as u64, whole.slice(from..to))))
    }

    fn publish(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.write("publish", path, Some(bytes))
    }

    fn forget(&self, path: &str) -> Result<(), ObjectError> {
        self.write("forget", path, None)
    }

    fn list(&self, under: &str) -> Result<Vec<(String, u64)>, ObjectError> {
        let start = if under.is_empty() { self.folder.clone() } else { format!("{}{under}/", self.folder) };
        let objects = self.disk.0.objects.lock();
        let under = objects.range(start.clone()..).take_while(|(name, _)| name.starts_with(&start));
        Ok(under.map(|(name, bytes)| (name[self.folder.len()..].to_owned(), bytes.len() as u64)).collect())
    }

    fn stage(self: Arc<Self>) -> Result<Box<dyn Staged>, ObjectError> {
        Ok(Box::new(MemStaged { objects: self, bytes: Vec::new() }))
    }

    fn free(&self) -> Free {
        *self.disk.0.free.lock()
    }
}

/// An object of [`MemObjects`] that is being written.
struct MemStaged {
    objects: Arc<MemObjects>,
    bytes: Vec<u8>,
}

impl Staged for MemStaged {
    fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn put(&mut self, path: &str) -> Result<(), ObjectError> {
        self.objects.put(path, &self.bytes)
    }

    fn publish(&mut self, path: &str) -> Result<(), ObjectError> {
        self.objects.publish(path, &self.bytes)
    }
}

/// Free bytes below which a failure of the index need not be damage.
const FLUSH: u64 = 64 << 20;

/// An [`Index`] in memory.
pub struct MemIndex {
    disk: Disk,
}

/// A snapshot of a [`MemIndex`].
struct MemView {
    disk: Disk,
    _held: Arc<()>,
    rows: Arc<MemState>,
}

impl MemView {
    fn readable(&self) -> Result<&MemState, StateError> {
        if self.disk.0.damaged.load(Ordering::SeqCst) {
            return Err(StateError::new("a row is damaged"));
        }
        Ok(&self.rows)
    }
}

impl State for MemView {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        self.readable()?.get(table, key)
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        match self.readable() {
            Ok(rows) => rows.scan(table, scan),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }
}

impl State for MemIndex {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        self.view().get(table, key)
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        // the view ends with this call, so its rows are collected
        let rows: Vec<_> = self.view().scan(table, scan).collect();
        Box::new(rows.into_iter())
    }
}

impl Index for MemIndex {
    fn view(&self) -> View {
        let rows = self.disk.0.index.lock().0.clone();
        Arc::new(MemView { disk: self.disk.clone(), _held: self.disk.0.views.clone(), rows })
    }

    fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        Ok(self.disk.0.index.lock().1.clone())
    }

    fn apply(&self, rows: Vec<Write>, cursor: &Cursor) -> Result<(), IndexError> {
        let fault = self.disk.fault("apply", "");
        if Fault::persists(fault) {
            let mut index = self.disk.0.index.lock();
            let state = Arc::make_mut(&mut index.0);
            for Write { row, value } in rows {
                if let Some((table, key)) = row.split_first()
                    && let Some(table) = Table::from_byte(*table)
                {
                    state.write(table, key.to_vec(), value);
                }
            }
            index.1 = Some(cursor.clone());
        }
        fault.map_or(Ok(()), |_| Err(IndexError::new("scripted")))
    }

    fn each(&self, each: &mut EachRow<'_>) -> Result<(), IndexError> {
        self.disk.0.index.lock().0.rows().for_each(|((table, key), value)| each(*table as u8, key, value));
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        Ok(())
    }

    fn wipe(&self) -> Result<(), IndexError> {
        let fault = self.disk.fault("wipe", "");
        if Fault::persists(fault) {
            *self.disk.0.index.lock() = (Arc::default(), None);
        }
        fault.map_or(Ok(()), |_| Err(IndexError::new("scripted")))
    }

    fn reopen(&self) -> Result<(), IndexError> {
        let fault = self.disk.fault("reopen", "");
        if Arc::strong_count(&self.disk.0.views) > 1 {
            return Err(IndexError::Held);
        }
        fault.map_or(Ok(()), |_| Err(IndexError::new("scripted")))
    }

    fn has_room(&self) -> bool {
        self.disk.0.free.lock().bytes.is_none_or(|free| free > 0)
    }

    fn has_room_to_flush(&self) -> bool {
        self.disk.0.free.lock().bytes.is_none_or(|free| free >= FLUSH)
    }
}

/// A [`Register`] in memory.
pub struct MemRegister {
    disk: Disk,
}

impl MemRegister {
    fn call(&self, verb: &'static str, ring: Option<Ring>, done: impl FnOnce()) -> Result<(), RegisterError> {
        let fault = self.disk.fault(verb, ring.map_or("", Ring::name));
        if Fault::persists(fault) {
            done();
        }
        match fault {
            None => Ok(()),
            Some(Fault::Refused) => Err(RegisterError::Busy),
            Some(_) => Err(RegisterError::Unavailable(Cause::new("scripted"))),
        }
    }
}

impl Register for MemRegister {
    fn load(&self, ring: Ring) -> Result<Slots, RegisterError> {
        self.call("load", Some(ring), || {})?;
        let slots = self.disk.0.slots.lock();
        let filled = slots.range((ring, 0)..=(ring, u32::MAX)).map(|((_, slot), value)| (*slot, value.clone()));
        Ok(Slots { filled: filled.collect(), damaged: 0 })
    }

    fn put(&self, ring: Ring, slot: u32, value: &[u8]) -> Result<(), RegisterError> {
        check_slot(ring, slot, value)?;
        self.call("slot", Some(ring), || {
            let mut slots = self.disk.0.slots.lock();
            if value.is_empty() {
                slots.remove(&(ring, slot))
            } else {
                slots.insert((ring, slot), value.to_vec())
            };
        })
    }

    fn close(&self) -> Result<(), RegisterError> {
        self.call("close", None, || {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u64, text: &str) -> Frame {
        Frame {
            first,
            head: Head { size: first + 1, root: [7; 32] },
            entries: vec![Bytes::copy_from_slice(text.as_bytes())],
        }
    }

    #[test]
    fn faults_come_in_pairs() {
        for (fault, kept) in [(Fault::NotPersisted, 1), (Fault::Persisted, 2)] {
            let disk = Disk::new();
            disk.script(move |call| (call.number == 1).then_some(fault));
            let journal = disk.journal();
            journal.append(0, &frame(0, "a")).unwrap();
            assert!(matches!(journal.append(1, &frame(1, "b")), Err(JournalError::Unknown(_))));
            assert!(matches!(journal.append(1, &frame(1, "b")), Err(JournalError::Unavailable(_))), "no more writes");
            assert_eq!(disk.journal().head().size, kept);
        }
    }

    #[test]
    fn register_slots_fail_both_ways_and_can_be_written_again() {
        for fault in [Fault::NotPersisted, Fault::Persisted] {
            let disk = Disk::new();
            disk.script(move |call| (call.number == 0).then_some(fault));
            let register = disk.register();
            assert!(register.put(Ring::Uploads, 3, b"a").is_err());
            assert_eq!(register.load(Ring::Uploads).unwrap().filled.len(), usize::from(fault == Fault::Persisted));
            register.put(Ring::Uploads, 3, b"b").unwrap();
            assert_eq!(disk.register().load(Ring::Uploads).unwrap().filled, [(3, b"b".to_vec())]);
            assert_eq!(disk.register().load(Ring::Refused).unwrap(), Slots::default());
            register.put(Ring::Uploads, 3, b"").unwrap();
            assert_eq!(register.load(Ring::Uploads).unwrap().filled, []);
            assert!(matches!(register.put(Ring::Uploads, 16_384, b"a"), Err(RegisterError::Slot { .. })));
        }
    }

    #[test]
    fn objects_fail_both_ways_and_can_be_repeated() {
        for fault in [Fault::NotPersisted, Fault::Persisted] {
            let disk = Disk::new();
            disk.script(move |call| (call.number == 0).then_some(fault));
            let objects = disk.objects("log");
            assert!(objects.put("a", b"1").is_err());
            assert_eq!(objects.get("a").unwrap().is_some(), fault == Fault::Persisted);
            objects.put("a", b"1").unwrap();
            assert!(matches!(objects.put("a", b"2"), Err(ObjectError::Different(name)) if name == "a"));
            assert_eq!(disk.objects("other").list("").unwrap(), vec![]);
        }
    }
}
