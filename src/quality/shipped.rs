//! The profiles that ship: the files of `schemas/commodities/`, as they are when the program is built.
//!
//! `jejak init` puts them in force on a new ledger. What it is not: what holds on a ledger, which is what is in force on its log.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rust_embed::RustEmbed;

use super::Profile;

#[derive(RustEmbed)]
#[folder = "schemas/commodities"]
#[include = "*.json"]
struct Files;

/// A profile that ships.
#[derive(Debug)]
pub struct Shipped {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
}

/// The profiles that ship, by file name.
pub fn builtin() -> &'static [Shipped] {
    static SHIPPED: OnceLock<Vec<Shipped>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort_unstable();
        // a test reads each: one that is no profile does not ship
        let read = |name: Cow<'_, str>| {
            let bytes = Files::get(&name)?.data;
            Some(Shipped { profile: Profile::from_json(&bytes).ok()?.shared(), bytes })
        };
        names.into_iter().filter_map(read).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_ships() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/commodities");
        let mut files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let profile = Profile::from_json(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let shipped = builtin().iter().find(|shipped| shipped.profile.id == profile.id).unwrap();
            assert_eq!((&*shipped.profile, &*shipped.bytes), (&profile, &bytes[..]), "{}", path.display());
            files += 1;
        }
        assert_eq!(builtin().len(), files);
    }
}
