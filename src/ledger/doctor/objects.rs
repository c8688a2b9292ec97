//! [`doctor`](super::doctor) of blobs: each has the hash in its name, and those that records name as public are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::evidence::{evidence_path, profile_path};
use super::super::quarantine::Quarantine;
use super::{Check, Part, Report};
use crate::causes::causes;
use crate::chain::ProfileSource;
use crate::quality::Profile;
use crate::record::{Hash32, Payload, Record};
use crate::store::Objects;
use crate::store::files::Files;

/// The blobs that a record names as public.
pub(super) fn public_evidence(record: &Record) -> Vec<Hash32> {
    match &record.payload {
        Payload::Event(event) => {
            event.ext.evidence.iter().filter(|e| e.public).filter_map(|e| e.blake3.parse().ok()).collect()
        }
        Payload::Registry(_) => Vec::new(),
    }
}

/// Checks that every object has the hash in its name, and lists public blobs that are not there.
pub(super) fn check_objects(objects: &Files, public: &BTreeMap<Hash32, u64>, report: &mut Report) {
    let names = match objects.list("") {
        Ok(names) => names,
        Err(error) => return report.bad(Part::Objects, "objects", causes(&error)),
    };
    let (mut checked, mut there) = (0, BTreeSet::new());
    for (name, size) in names {
        there.extend(name.rsplit('/').next().and_then(|hash| hash.parse::<Hash32>().ok()));
        let place = format!("objects/{name}");
        let (folder, rest) = name.split_once('/').unwrap_or(("", &name));
        let part = if matches!(folder, "evidence" | "quarantine") { Part::Evidence } else { Part::Objects };
        let hash = match folder {
            "evidence" | "profiles" => rest.parse::<Hash32>().ok(),
            "quarantine" => Quarantine::parse(&name),
            "taken-down" if size == 0 && rest.parse::<Hash32>().is_ok() => continue,
            _ => None,
        };
        match (hash, objects.get(&name)) {
            (None, _) => report.unexpected(part, place),
            (_, Err(error)) => report.bad(part, place, causes(&error)),
            (Some(hash), Ok(Some(bytes))) if Hash32::of(&bytes) == hash => checked += 1,
            (Some(_), Ok(_)) => report.bad(part, place, "its hash is not the one in its name"),
        }
    }
    for (hash, index) in public.iter().filter(|(hash, _)| !there.contains(hash)) {
        // not damage: the sender of a record may never upload what it names
        report.checks.push(Check {
            name: Part::Evidence,
            ok: true,
            place: Some(format!("objects/{}", evidence_path(hash))),
            detail: format!("named by entry {index}, not uploaded yet"),
        });
    }
    report.good(Part::Objects, format!("{checked} blobs"));
}

/// Reads profiles from their files, without moving any out of quarantine.
pub(super) struct StoredProfiles<'a>(pub &'a Files);

impl ProfileSource for StoredProfiles<'_> {
    fn profile(&self, hash: &Hash32) -> Option<Arc<Profile>> {
        let bytes = self.0.get(&profile_path(hash)).ok()??;
        (Hash32::of(&bytes) == *hash).then(|| Profile::from_json(&bytes).ok().map(Arc::new))?
    }
}
