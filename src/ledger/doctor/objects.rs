//! [`doctor`](super::doctor) of blobs: each has the hash in its name, and those that records name as public are there and were
//! handed in by who named them so.

use std::collections::{BTreeMap, BTreeSet};

use super::super::evidence::{evidence_path, profile_path};
use super::super::handed_in::{self, handed_in_path};
use super::super::quarantine::Quarantine;
use super::{Check, Part, Report};
use crate::causes::causes;
use crate::chain::ProfileSource;
use crate::quality::Criteria;
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

/// Checks that every object has the hash in its name, and lists public blobs that are not served.
pub(super) fn check_objects(objects: &Files, public: &BTreeMap<(Hash32, String), u64>, report: &mut Report) {
    let names = match objects.list("") {
        Ok(names) => names,
        Err(error) => return report.bad(Part::Objects, "objects", causes(&error)),
    };
    let (mut checked, mut there, mut handed_in) = (0, BTreeSet::new(), BTreeSet::new());
    for (name, size) in names {
        let place = format!("objects/{name}");
        let (folder, rest) = name.split_once('/').unwrap_or(("", &name));
        let evidence = matches!(folder, "evidence" | "quarantine" | "handed-in");
        let part = if evidence { Part::Evidence } else { Part::Objects };
        let hash = match folder {
            "evidence" | "profiles" | "handed-in" => rest.parse::<Hash32>().ok(),
            "quarantine" => Quarantine::parse(&name),
            "taken-down" if size == 0 && rest.parse::<Hash32>().is_ok() => {
                there.extend(rest.parse::<Hash32>());
                continue;
            }
            _ => None,
        };
        let bytes = objects.get(&name);
        match (hash, bytes) {
            (None, _) => report.unexpected(part, place),
            (_, Err(error)) => report.bad(part, place, causes(&error)),
            (Some(hash), Ok(Some(bytes))) if folder == "handed-in" => match handed_in::read(&hash, &bytes) {
                Some(parties) => handed_in.extend(parties.into_iter().map(|party| (hash, party))),
                None => report.bad(part, place, "it is damaged: the blob is not public until it is handed in again"),
            },
            (Some(hash), Ok(bytes)) => {
                there.insert(hash);
                if bytes.is_some_and(|bytes| Hash32::of(&bytes) == hash) {
                    checked += 1;
                } else {
                    report.bad(part, place, "its hash is not the one in its name");
                }
            }
        }
    }
    for (naming, index) in public.iter().filter(|(naming, _)| !handed_in.contains(*naming)) {
        let (hash, party) = naming;
        // not damage: the sender of a record may never hand in what it names
        let (path, detail) = match there.contains(hash) {
            false => (evidence_path(hash), format!("named by entry {index}, not uploaded yet")),
            true => (handed_in_path(hash), format!("named as public by entry {index}, not handed in by {party}")),
        };
        report.checks.push(Check { name: Part::Evidence, ok: true, place: Some(format!("objects/{path}")), detail });
    }
    report.good(Part::Objects, format!("{checked} blobs"));
}

/// Reads profiles and specifications from their files, without moving any out of quarantine.
pub(super) struct StoredProfiles<'a>(pub &'a Files);

impl ProfileSource for StoredProfiles<'_> {
    fn criteria(&self, hash: &Hash32) -> Option<Criteria> {
        let bytes = self.0.get(&profile_path(hash)).ok()??;
        (Hash32::of(&bytes) == *hash).then(|| Criteria::from_json(&bytes).ok())?
    }
}
