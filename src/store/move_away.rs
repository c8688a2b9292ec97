//! Moving a damaged directory out of the way, so that an empty one can take its place.

use std::io;
use std::path::{Path, PathBuf};

/// Renames `dir` to `<name>.broken-<Unix time>` beside it and returns where it is now. A number is added when that exists.
///
/// # Errors
/// When it can't be renamed.
pub(crate) fn move_away(dir: &Path) -> io::Result<PathBuf> {
    let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut moved_to = dir.with_file_name(format!("{name}.broken-{stamp}"));
    let mut n = 1;
    while moved_to.exists() {
        moved_to = dir.with_file_name(format!("{name}.broken-{stamp}-{n}"));
        n += 1;
    }
    std::fs::rename(dir, &moved_to)?;
    Ok(moved_to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_name_twice_in_one_second_gets_a_number() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("register");
        let mut names = std::collections::BTreeSet::new();
        for _ in 0..3 {
            std::fs::create_dir(&dir).unwrap();
            names.insert(move_away(&dir).unwrap());
        }
        assert_eq!(names.len(), 3);
        assert!(names.iter().all(|path| path.exists()) && !dir.exists());
    }
}
