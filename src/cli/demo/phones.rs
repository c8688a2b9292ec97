//! The persons whose phones a visitor may take, and goods that wait for them: a lot to inspect within two minutes, a shipment to receive.

use anyhow::Result;

use super::acts::{Harvest, Script, crabs_on_site};
use super::world::{lot, party, places, sscc, what, who};
use crate::record::demo;
use crate::record::registry::Purpose;

/// A person of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Number of the public key, which is in the link.
    pub number: u32,
    /// The role, in a word.
    pub role: &'static str,
    /// The demo's number of the party.
    pub party: u32,
    /// The demo's name of the admin key that enrols it.
    by: &'static str,
    /// Whether it works at the desk, with a key that enrols others, and not in the field.
    pub at_desk: bool,
}

/// The persons, in the order in which goods move.
pub const PERSONS: [Person; 5] = [
    Person { number: 1, role: "producer", party: who::CRAB, by: "maker-21", at_desk: false },
    Person { number: 2, role: "inspector", party: who::SUPERVISOR, by: "supervisor", at_desk: false },
    Person { number: 3, role: "forwarder", party: who::FORWARDER, by: "forwarder", at_desk: false },
    Person { number: 4, role: "receiver", party: who::BUYER_SG, by: "buyer-sg", at_desk: false },
    Person { number: 5, role: "region", party: who::BINTUNI, by: "region-11", at_desk: true },
];

/// Enrols the public keys, and makes goods that wait.
///
/// # Errors
/// As for [`super::chains::crab`].
pub fn waiting(t: &mut Script<'_, '_>) -> Result<()> {
    for person in PERSONS {
        let key = demo::key(&t.ledger, person.number);
        let purpose = if person.at_desk { Purpose::Admin } else { Purpose::Event };
        t.s.enrol(key, &party(person.party)?, purpose, demo::LABEL, person.by)?;
    }
    t.harvest(&Harvest {
        name: "crab-waiting",
        by: "crab-phone-1",
        time: "2026-11-21T07:20:00+09:00",
        at: places::CRAB_LANDING,
        part: (&lot(what::CRAB, "BAKAU-2611-08")?, "31.5"),
        kind: ("crab", "live-mud-crab"),
        days: ("2026-11-20", "2026-11-21"),
        origin: ("92.06.13.2005", Some("pot")),
    })?;
    t.harvest(&Harvest {
        name: "avocado-waiting",
        by: "maker-23",
        time: "2026-11-21T15:10:00+08:00",
        at: places::AVOCADO_VILLAGE_2,
        part: (&lot(what::AVOCADO_FIELD, "ALP-2611-12")?, "264"),
        kind: ("avocado", "fresh"),
        days: ("2026-11-21", "2026-11-21"),
        origin: ("53.02.18.2003", None),
    })?;
    coming(t)
}

/// Crabs that were tested for Singapore and are on their way there.
fn coming(t: &mut Script<'_, '_>) -> Result<()> {
    let crabs = lot(what::CRAB, "BAKAU-2611-07")?;
    let crate_2 = sscc(1031)?;
    t.harvest(&Harvest {
        name: "crab-coming",
        by: "crab-phone-2",
        time: "2026-11-18T07:30:00+09:00",
        at: places::CRAB_LANDING,
        part: (&crabs, "42.6"),
        kind: ("crab", "live-mud-crab"),
        days: ("2026-11-17", "2026-11-18"),
        origin: ("92.06.13.2005", Some("pot")),
    })?;
    t.inspect(
        "crab-coming-inspection",
        "supervisor-phone",
        "2026-11-18T10:05:00+09:00",
        places::CRAB_POND,
        &crabs,
        "crab",
        &["ID/Permen-KP-7/2024"],
        &crabs_on_site("12.8", "224"),
        true,
        None,
    )?;
    t.sample(
        "crab-coming-sample",
        "supervisor-phone",
        "2026-11-18T10:30:00+09:00",
        places::CRAB_POND,
        (&crabs, "0.6"),
        who::CRAB,
        ("BAKAU-2611-S7", "51019"),
    )?;
    t.inspect(
        "crab-coming-analysis",
        "lab-bench",
        "2026-11-19T15:00:00+08:00",
        places::LAB,
        &crabs,
        "crab",
        &["SG/Food-Regulations-Tenth-Schedule"],
        &[("as-tot", "0.28", Some("NA"), Some("0.05"), Some("ICP-MS"))],
        true,
        Some("BAKAU-2611-S7"),
    )?;
    t.pack(
        "crab-coming-pack",
        "crab-phone-2",
        "2026-11-20T16:00:00+09:00",
        places::CRAB_POND,
        crate_2,
        &[(&crabs, "42")],
        &[],
    )?;
    t.ship(
        "crab-coming-ship",
        "forwarder",
        "2026-11-21T05:20:00+09:00",
        places::CRAB_POND,
        who::CRAB,
        who::BUYER_SG,
        "SG",
        &[crate_2],
    )?;
    Ok(())
}
