//! Objects as files: temp, fsync, link, fsync directory.
//!
//! The order of `put`, and what a crash in each step leaves:
//! 1. create the folder, fsync each parent, and open it: empty folders at most;
//! 2. write `.tmp/<n>` and fsync it: a file in `.tmp`, removed at the next open;
//! 3. `link` it to its name: the name, perhaps not durable; a repetition finds equal bytes and continues with 4;
//! 4. fsync the folder. It was opened in 1, so that a lack of file descriptors can't leave 3 in doubt: the object, durable;
//! 5. unlink the temporary file.
//!
//! A failure before 3 is `Unavailable`: nothing happened, the temporary file is removed, and it may be tried again. So is a
//! `link` or `rename`, or an fsync of the temporary file, that is refused for lack of space or permission ([`is_refusal`]). Every
//! other failed fsync, link or rename is `Unknown`. `link`, unlike `rename`, never replaces: two writers of different bytes can't both
//! succeed. `publish` renames instead.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Free, ObjectError, Objects, Staged, is_object_name};

/// Objects under one directory.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    temp: PathBuf,
    next: AtomicU64,
    /// Folders whose name this process made durable. Existence is not enough: the process that created a folder may have
    /// died before the fsync.
    durable: Mutex<HashSet<PathBuf>>,
}

/// Why a write failed.
enum Failed {
    /// Nothing was written.
    Nothing(io::Error),
    /// Unknown: the name may exist, durable or not.
    Doubt(io::Error),
}

/// Whether the kernel refused the call before it did anything: there is no doubt about what is on the disk.
fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, TooManyLinks};
    is_full(error) || matches!(error.kind(), TooManyLinks | ReadOnlyFilesystem | PermissionDenied)
}

/// A failed `link`, `rename`, or fsync of a file that has no name yet.
fn refused_or_doubt(error: io::Error) -> Failed {
    if is_refusal(&error) { Failed::Nothing(error) } else { Failed::Doubt(error) }
}

/// A temporary file, removed on drop.
struct Temp(PathBuf);

impl Drop for Temp {
    fn drop(&mut self) {
        // fails after a rename; what remains is removed at the next open
        let _ = fs::remove_file(&self.0);
    }
}

impl Files {
    /// Opens or creates `root`, and empties its `.tmp`. The caller holds the directory lock.
    ///
    /// # Errors
    /// When the directory can't be created or read.
    pub fn open(root: &Path) -> io::Result<Files> {
        let temp = root.join(".tmp");
        create_dirs(root)?;
        // the folder stays: to remove and to make it again needs space
        match fs::read_dir(&temp) {
            Ok(entries) => {
                for entry in entries {
                    fs::remove_file(entry?.path())?;
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => match create_dirs(&temp) {
                // made by the first write that finds room
                Err(e) if is_full(&e) => {}
                made => made?,
            },
            Err(e) => return Err(e),
        }
        let durable = Mutex::new(HashSet::from([root.to_owned()]));
        Ok(Files { root: root.to_owned(), temp, next: AtomicU64::new(0), durable })
    }

    /// Opens `root` read-only: nothing is created or removed.
    pub fn reader(root: &Path) -> Files {
        Files { root: root.to_owned(), temp: root.join(".tmp"), next: AtomicU64::new(0), durable: Mutex::default() }
    }

    fn place(&self, path: &str) -> Result<PathBuf, ObjectError> {
        if !is_object_name(path) {
            return Err(ObjectError::Name(path.to_owned()));
        }
        Ok(self.root.join(path))
    }

    /// Creates `dir` and its missing parents, and makes each name durable.
    fn make_dir(&self, dir: &Path) -> Result<(), Failed> {
        if self.durable.lock().contains(dir) {
            return Ok(());
        }
        let Some(parent) = dir.parent().filter(|_| dir.starts_with(&self.root)) else { return Ok(()) };
        self.make_dir(parent)?;
        match fs::create_dir(dir) {
            // the name may be that of a file
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists || !dir.is_dir() => return Err(Failed::Nothing(e)),
            _ => {}
        }
        File::open(parent).map_err(Failed::Nothing)?.sync_all().map_err(Failed::Doubt)?;
        self.durable.lock().insert(dir.to_owned());
        Ok(())
    }

    /// The folder of `place`, opened for fsync.
    fn folder(&self, place: &Path) -> Result<File, Failed> {
        let parent = place.parent().unwrap_or(&self.root);
        self.make_dir(parent)?;
        File::open(parent).map_err(Failed::Nothing)
    }

    /// Creates a temporary file.
    fn create_temp(&self, mode: u32) -> Result<(Temp, File), Failed> {
        let path = self.temp.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let create = || OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        let created = create().or_else(|e| match e.kind() {
            io::ErrorKind::NotFound => match fs::create_dir(&self.temp) {
                // another thread missed it too
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                _ => create(),
            },
            _ => Err(e),
        });
        let file = created.map_err(Failed::Nothing)?;
        Ok((Temp(path), file))
    }

    /// Writes a temporary file and fsyncs it.
    fn write_temp(&self, bytes: &[u8], mode: u32) -> Result<Temp, Failed> {
        let (temp, mut file) = self.create_temp(mode)?;
        file.write_all(bytes).map_err(Failed::Nothing)?;
        file.sync_all().map_err(refused_or_doubt)?;
        Ok(temp)
    }

    fn put_at(&self, place: &Path, bytes: &[u8]) -> Result<bool, Failed> {
        let folder = self.folder(place)?;
        let temp = self.write_temp(bytes, 0o444)?;
        link(&temp.0, place, &folder, || Ok(fs::read(place)? == bytes))
    }

    fn publish_at(&self, place: &Path, bytes: &[u8]) -> Result<(), Failed> {
        let folder = self.folder(place)?;
        let temp = self.write_temp(bytes, 0o644)?;
        fs::rename(&temp.0, place).map_err(refused_or_doubt)?;
        folder.sync_all().map_err(Failed::Doubt)
    }
}

/// Steps 3 and 4 of a `put`. False when there is a file of that name that is not `equal`.
fn link(temp: &Path, place: &Path, folder: &File, equal: impl FnOnce() -> io::Result<bool>) -> Result<bool, Failed> {
    match fs::hard_link(temp, place) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            if !equal().map_err(Failed::Nothing)? {
                return Ok(false);
            }
            // an earlier attempt may have crashed between link and fsync
            File::open(place).map_err(Failed::Nothing)?.sync_all().map_err(Failed::Doubt)?;
        }
        Err(e) => return Err(refused_or_doubt(e)),
    }
    folder.sync_all().map_err(Failed::Doubt)?;
    Ok(true)
}

/// Whether two files have the same bytes, read in pieces.
fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut two) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let n = a.read(&mut one)?;
        if n == 0 {
            return Ok(true);
        }
        // the files may end while they are read: then they differ
        match b.read_exact(&mut two[..n]) {
            Ok(()) if one[..n] == two[..n] => {}
            Ok(()) => return Ok(false),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(e) => return Err(e),
        }
    }
}

/// Bytes that are compared at a time.
const PIECE: usize = 64 << 10;

/// A temporary file that is written in pieces.
struct StagedFile {
    files: Arc<Files>,
    temp: Temp,
    file: File,
}

impl StagedFile {
    /// Makes the bytes durable, and opens the folder of `path`.
    fn ready(&self, path: &str) -> Result<(PathBuf, File), ObjectError> {
        let place = self.files.place(path)?;
        let folder = self.files.folder(&place).map_err(failed(path))?;
        self.file.sync_all().map_err(refused_or_doubt).map_err(failed(path))?;
        Ok((place, folder))
    }
}

impl Staged for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        self.file.write_all(bytes).map_err(unavailable("an upload"))
    }

    fn put(&mut self, path: &str) -> Result<(), ObjectError> {
        let (place, folder) = self.ready(path)?;
        match link(&self.temp.0, &place, &folder, || same_bytes(&self.temp.0, &place)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ObjectError::Different(path.to_owned())),
            Err(e) => Err(failed(path)(e)),
        }
    }

    fn publish(&mut self, path: &str) -> Result<(), ObjectError> {
        let (place, folder) = self.ready(path)?;
        fs::rename(&self.temp.0, &place).map_err(refused_or_doubt).map_err(failed(path))?;
        folder.sync_all().map_err(unknown(path))
    }
}

fn unknown(path: &str) -> impl FnOnce(io::Error) -> ObjectError + '_ {
    move |e| ObjectError::Unknown { path: path.to_owned(), source: Arc::new(e) }
}

fn unavailable(path: &str) -> impl FnOnce(io::Error) -> ObjectError + '_ {
    move |e| ObjectError::Unavailable { path: path.to_owned(), source: Arc::new(e) }
}

fn failed(path: &str) -> impl FnOnce(Failed) -> ObjectError + '_ {
    move |failed| match failed {
        Failed::Nothing(e) => unavailable(path)(e),
        Failed::Doubt(e) => unknown(path)(e),
    }
}

fn is_missing(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

fn read_part(place: &Path, from: u64, most: usize) -> io::Result<Option<(u64, Bytes)>> {
    let file = File::open(place)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok(None);
    }
    let size = found.len();
    let length = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX).min(most);
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, from)?;
    Ok(Some((size, Bytes::from(bytes))))
}

impl Objects for Files {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        let place = self.place(path)?;
        match self.put_at(&place, bytes) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ObjectError::Different(path.to_owned())),
            Err(e) => Err(failed(path)(e)),
        }
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        let place = self.place(path)?;
        match fs::read(place) {
            Ok(bytes) => Ok(Some(Bytes::from(bytes))),
            Err(e) if is_missing(&e) => Ok(None),
            Err(e) => Err(unavailable(path)(e)),
        }
    }

    fn part(&self, path: &str, from: u64, most: usize) -> Result<Option<(u64, Bytes)>, ObjectError> {
        let place = self.place(path)?;
        match read_part(&place, from, most) {
            Ok(found) => Ok(found),
            Err(e) if is_missing(&e) => Ok(None),
            Err(e) => Err(unavailable(path)(e)),
        }
    }

    fn publish(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        let place = self.place(path)?;
        self.publish_at(&place, bytes).map_err(failed(path))
    }

    fn forget(&self, path: &str) -> Result<(), ObjectError> {
        let place = self.place(path)?;
        match fs::remove_file(&place) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(unknown(path)(e)),
        }
        // removes a folder of partials (`067.p`) after its last file; other folders are not empty and stay
        if let Some(parent) = place.parent()
            && parent.extension().is_some_and(|e| e == "p")
        {
            self.durable.lock().remove(parent);
            let _ = fs::remove_dir(parent);
        }
        Ok(())
    }

    fn stage(self: Arc<Self>) -> Result<Box<dyn Staged>, ObjectError> {
        let (temp, file) = self.create_temp(0o444).map_err(failed("an upload"))?;
        Ok(Box::new(StagedFile { files: self, temp, file }))
    }

    fn free(&self) -> Free {
        free(&self.root)
    }

    fn list(&self, under: &str) -> Result<Vec<(String, u64)>, ObjectError> {
        let start = if under.is_empty() { self.root.clone() } else { self.place(under)? };
        let mut names = Vec::new();
        walk(&self.root, &start, &mut names).map_err(unavailable(under))?;
        names.sort();
        Ok(names)
    }
}

fn walk(root: &Path, dir: &Path, names: &mut Vec<(String, u64)>) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(root, &path, names)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            names.push((name.to_string_lossy().into_owned(), entry.metadata()?.len()));
        }
    }
    Ok(())
}

/// Whether a system call failed for lack of space: nothing was written, and it may succeed later.
pub fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    // too large: the process's own limit on the size of files
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// What is free in the file system of `dir`.
fn free(dir: &Path) -> Free {
    let Ok(stat) = rustix::fs::statvfs(dir) else { return Free::default() };
    Free {
        // what an unprivileged process may use
        bytes: Some(stat.f_bavail.saturating_mul(stat.f_frsize)),
        // a file system without a fixed number of inodes (btrfs) says that it has none in all
        files: (stat.f_files > 0).then_some(stat.f_favail),
    }
}

/// Whether `dir` has no room for `bytes` and a few files: asked after a failure, to tell a full disk from damage. An engine does not
/// always say why it failed.
pub fn no_room(dir: &Path, bytes: u64) -> bool {
    room(dir, bytes).is_err_and(|e| is_full(&e))
}

/// Takes room for `bytes` in `dir`, and gives it back at once. A quota is not seen in the numbers of the file system, nor is the process's
/// own limit on the size of a file.
///
/// # Errors
/// There is no room ([`is_full`]), or no file can be made there.
pub fn room(dir: &Path, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    use rustix::process::{Resource, getrlimit};
    let free = free(dir);
    let limits = [free.bytes, getrlimit(Resource::Fsize).current];
    if free.files.is_some_and(|files| files < FEW_FILES) || limits.into_iter().flatten().any(|most| most < bytes) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let path = dir.join(format!(".room.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    // without a name before it takes room: a crash leaves at most an empty file. Another thread may have removed it
    fs::remove_file(&path).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    match fallocate(&file, FallocateFlags::KEEP_SIZE, 0, bytes) {
        // not every file system can
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
            (0..bytes.min(A_LITTLE).div_ceil(PIECE as u64)).try_for_each(|_| file.write_all(&[0xa5; PIECE]))
        }
        done => Ok(done?),
    }
}

/// Less than this is no room for anything: an engine writes a few blocks at once.
pub const A_LITTLE: u64 = 512 << 10;
/// Fewer free files are none.
const FEW_FILES: u64 = 4;

/// Creates `dir` and its missing parents, and makes each name durable.
///
/// # Errors
/// When a system call fails.
pub fn create_dirs(dir: &Path) -> io::Result<()> {
    let parent = dir.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
    if !dir.is_dir() {
        if let Some(parent) = parent.filter(|p| *p != Path::new(".")) {
            create_dirs(parent)?;
        }
        match fs::create_dir(dir) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    // even if it exists: the process that created it may have died before its fsync
    parent.map_or(Ok(()), sync_dir)
}

/// Makes the names in `dir` durable.
///
/// # Errors
/// When a system call fails.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Writes `path` durably and atomically (temporary file beside it, fsync, rename, fsync of the directory).
///
/// # Errors
/// When a system call fails.
pub fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // the parent of a bare file name is the empty path
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temp = parent.join(format!(".{name}.{}", std::process::id()));
    let _ = fs::remove_file(&temp);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temp)?;
    let temp = Temp(temp);
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temp.0, path)?;
    sync_dir(parent)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
