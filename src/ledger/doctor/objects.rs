//! The part of [`doctor`](super::doctor) that is about blobs: each has the hash of its name, and what was promised is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::evidence::{evidence_path, profile_path};
use super::super::quarantine::Quarantine;
use super::Check;
use super::Report;
use crate::chain::ProfileSource;
use crate::quality::Profile;
use crate::record::{Hash32, Payload, Record};
use crate::store::Objects;
use crate::store::files::Files;

/// The blobs that a record promises to everyone.
pub(super) fn public_evidence(record: &Record) -> Vec<Hash32> {
    match &record.payload {
        Payload::Event(event) => {
            event.ext.evidence.iter().filter(|e| e.public).filter_map(|e| e.blake3.parse().ok()).collect()
        }
        Payload::Registry(_) => Vec::new(),
    }
}

/// Every object has the hash of its name, and what was promised to everyone is there.
pub(super) fn check_objects(objects: &Files, promised: &BTreeMap<Hash32, u64>, report: &mut Report) {
    let names = match objects.list("") {
        Ok(names) => names,
        Err(error) => return report.bad("objects", "objects", error),
    };
    let (mut checked, mut there) = (0, BTreeSet::new());
    for (name, size) in names {
        there.extend(name.rsplit('/').next().and_then(|hash| hash.parse::<Hash32>().ok()));
        let place = format!("objects/{name}");
        let (folder, rest) = name.split_once('/').unwrap_or(("", &name));
        let hash = match folder {
            "evidence" | "profiles" => rest.parse::<Hash32>().ok(),
            "quarantine" => Quarantine::parse(&name),
            "taken-down" if size == 0 && rest.parse::<Hash32>().is_ok() => continue,
            _ => None,
        };
        match (hash, objects.get(&name)) {
            (None, _) => report.unexpected("objects", place),
            (_, Err(error)) => report.bad("objects", place, error),
            (Some(hash), Ok(Some(bytes))) if Hash32::of(&bytes) == hash => checked += 1,
            (Some(_), Ok(_)) => report.bad("objects", place, "its bytes don't have the hash of its name"),
        }
    }
    for (hash, index) in promised.iter().filter(|(hash, _)| !there.contains(hash)) {
        // no damage: a record may name what its sender never hands in
        report.checks.push(Check {
            name: "objects",
            ok: true,
            place: Some(format!("objects/{}", evidence_path(hash))),
            detail: format!("promised by entry {index}, not handed in yet"),
        });
    }
    report.good("objects", format!("{checked} blobs"));
}

/// Profiles as they are stored; nothing is moved.
pub(super) struct StoredProfiles<'a>(pub &'a Files);

impl ProfileSource for StoredProfiles<'_> {
    fn profile(&self, hash: &Hash32) -> Option<Arc<Profile>> {
        let bytes = self.0.get(&profile_path(hash)).ok()??;
        (Hash32::of(&bytes) == *hash).then(|| Profile::from_json(&bytes).ok().map(Arc::new))?
    }
}
