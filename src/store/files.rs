//! Objects as files: temp, fsync, link, fsync directory.
//!
//! The order of `put`, and what is left if we die there:
//! 1. write `.tmp/<n>`, fsync it: rubbish in `.tmp`, emptied at the next open;
//! 2. `link` it to its name: the name is there, perhaps not durable; repeating finds equal bytes and goes on with 3;
//! 3. fsync the directory (and each parent that was created): durable;
//! 4. unlink the temp.
//!
//! `link`, unlike `rename`, never replaces: two writers of different bytes can't both succeed. `publish` renames instead.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::{ObjectError, Objects, is_object_name};

/// Objects under one directory.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    temp: PathBuf,
    next: AtomicU64,
}

impl Files {
    /// Opens (or creates) `root` and empties its `.tmp`. The caller holds the directory lock.
    ///
    /// # Errors
    /// When the directory can't be made or read.
    pub fn open(root: &Path) -> io::Result<Files> {
        let temp = root.join(".tmp");
        if temp.exists() {
            fs::remove_dir_all(&temp)?;
        }
        create_dirs(root)?;
        create_dirs(&temp)?;
        Ok(Files { root: root.to_owned(), temp, next: AtomicU64::new(0) })
    }

    /// Opens `root` to read only: nothing is created, nothing is cleaned.
    pub fn reader(root: &Path) -> Files {
        Files { root: root.to_owned(), temp: root.join(".tmp"), next: AtomicU64::new(0) }
    }

    fn place(&self, path: &str) -> Result<PathBuf, ObjectError> {
        if !is_object_name(path) {
            return Err(ObjectError::Name(path.to_owned()));
        }
        Ok(self.root.join(path))
    }

    /// A durable temp file. Read-only for everybody: an object does not change.
    fn write_temp(&self, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
        let path = self.temp.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(path)
    }

    fn put_at(&self, place: &Path, bytes: &[u8]) -> io::Result<bool> {
        let parent = place.parent().unwrap_or(&self.root);
        create_dirs(parent)?;
        let temp = self.write_temp(bytes, 0o444)?;
        let linked = fs::hard_link(&temp, place);
        fs::remove_file(&temp)?;
        let same = match linked {
            Ok(()) => true,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let same = fs::read(place)? == bytes;
                if same {
                    // an earlier attempt may have died between link and fsync
                    File::open(place)?.sync_all()?;
                }
                same
            }
            Err(e) => return Err(e),
        };
        if same {
            sync_dir(parent)?;
        }
        Ok(same)
    }

    fn publish_at(&self, place: &Path, bytes: &[u8]) -> io::Result<()> {
        let parent = place.parent().unwrap_or(&self.root);
        create_dirs(parent)?;
        let temp = self.write_temp(bytes, 0o644)?;
        fs::rename(&temp, place)?;
        sync_dir(parent)
    }
}

fn unknown(path: &str) -> impl FnOnce(io::Error) -> ObjectError + '_ {
    move |e| ObjectError::Unknown { path: path.to_owned(), cause: e.to_string() }
}

fn unavailable(path: &str) -> impl FnOnce(io::Error) -> ObjectError + '_ {
    move |e| ObjectError::Unavailable { path: path.to_owned(), cause: e.to_string() }
}

impl Objects for Files {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        let place = self.place(path)?;
        match self.put_at(&place, bytes) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ObjectError::Different(path.to_owned())),
            Err(e) => Err(unknown(path)(e)),
        }
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        let place = self.place(path)?;
        match fs::read(place) {
            Ok(bytes) => Ok(Some(Bytes::from(bytes))),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
                ) =>
            {
                Ok(None)
            }
            Err(e) => Err(unavailable(path)(e)),
        }
    }

    fn publish(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        let place = self.place(path)?;
        self.publish_at(&place, bytes).map_err(unknown(path))
    }

    fn forget(&self, path: &str) -> Result<(), ObjectError> {
        let place = self.place(path)?;
        match fs::remove_file(&place) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(unknown(path)(e)),
        }
        // a folder of partials (`067.p`) goes with its last file; anything else is not empty and stays
        if let Some(parent) = place.parent()
            && parent.extension().is_some_and(|e| e == "p")
        {
            let _ = fs::remove_dir(parent);
        }
        Ok(())
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

/// Creates `dir` and what is missing above it, each durable in its parent.
///
/// # Errors
/// When the system refuses.
pub fn create_dirs(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_dirs(parent)?;
    }
    match fs::create_dir(dir) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(e),
    }
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => sync_dir(Path::new(".")),
    }
}

/// Makes the names in `dir` durable.
///
/// # Errors
/// When the system refuses.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Writes `path` durably, replacing what is there (temp beside it, fsync, rename, fsync directory).
///
/// # Errors
/// When the system refuses.
pub fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temp = parent.join(format!(".{name}.{}", std::process::id()));
    let _ = fs::remove_file(&temp);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temp)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temp, path)?;
    sync_dir(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn put_is_once_and_equal_bytes_are_success() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&dir.path().join("log")).unwrap();
        assert_eq!(files.get("tile/0/000.p/3").unwrap(), None);
        files.put("tile/0/000.p/3", b"abc").unwrap();
        files.put("tile/0/000.p/3", b"abc").unwrap();
        assert_eq!(files.put("tile/0/000.p/3", b"abd"), Err(ObjectError::Different("tile/0/000.p/3".into())));
        assert_eq!(files.get("tile/0/000.p/3").unwrap().unwrap(), &b"abc"[..]);
        assert_eq!(files.get("tile/0").unwrap(), None, "a folder is not an object");
        assert_eq!(files.get("tile/0/000.p/3/x").unwrap(), None);
        assert_eq!(files.list("tile").unwrap(), vec![("tile/0/000.p/3".to_owned(), 3)]);
        files.forget("tile/0/000.p/3").unwrap();
        files.forget("tile/0/000.p/3").unwrap();
        assert_eq!(files.list("").unwrap(), vec![]);
        assert!(!dir.path().join("log/tile/0/000.p").exists(), "the folder of partials goes with its last file");
    }

    #[test]
    fn publish_replaces_whole() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        files.publish("checkpoint", b"one").unwrap();
        files.publish("checkpoint", b"two, longer").unwrap();
        assert_eq!(files.get("checkpoint").unwrap().unwrap(), &b"two, longer"[..]);
    }

    #[test]
    fn names_can_not_leave_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        for bad in ["../x", "/etc/passwd", "a/../../x", ".tmp/0"] {
            assert_eq!(files.put(bad, b""), Err(ObjectError::Name(bad.to_owned())));
            assert!(files.get(bad).is_err());
        }
    }

    #[test]
    fn temps_of_a_dead_process_are_emptied() {
        let dir = tempfile::tempdir().unwrap();
        drop(Files::open(dir.path()).unwrap());
        fs::write(dir.path().join(".tmp/7"), b"rubbish").unwrap();
        let files = Files::open(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path().join(".tmp")).unwrap().count(), 0);
        assert_eq!(files.list("").unwrap(), vec![]);
    }
}
