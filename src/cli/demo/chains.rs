//! The four supply chains of the demo, as events. Dates are written as of November 2026, in the villages' own time zones, and moved
//! to the days before the demo was first started.

use anyhow::Result;

use super::acts::{Harvest, Script, crabs_on_site};
use super::world::{lot, party, places, sscc, what, who};
use crate::gs1::LotId;

/// Live mud crab of Teluk Bintuni: two phones that forked, and a shipment received short.
///
/// # Errors
/// When the ledger refuses a record, which would be a bug of the demo or of the rules.
pub fn crab(t: &mut Script<'_, '_>) -> Result<Vec<LotId>> {
    let crabs = lot(what::CRAB, "BAKAU-2611-02")?;
    let crate_1 = sscc(1001)?;
    let harvest = t.harvest(&Harvest {
        name: "crab-catch",
        by: "crab-phone-1",
        time: "2026-11-10T07:40:00+09:00",
        at: places::CRAB_LANDING,
        part: (&crabs, "86.4"),
        kind: ("crab", "live-mud-crab"),
        days: ("2026-11-09", "2026-11-10"),
        origin: ("92.06.13.2005", Some("pot")),
    })?;
    t.inspect(
        "crab-inspection",
        "supervisor-phone",
        "2026-11-10T10:15:00+09:00",
        places::CRAB_POND,
        &crabs,
        "crab",
        &["ID/Permen-KP-7/2024"],
        &crabs_on_site("12.6", "212"),
        true,
        None,
    )?;
    // what Singapore asks for is measured in a laboratory, of animals that the supervisor drew
    t.sample(
        "crab-sample",
        "supervisor-phone",
        "2026-11-10T10:40:00+09:00",
        places::CRAB_POND,
        (&crabs, "0.9"),
        who::CRAB,
        ("BAKAU-2611-S1", "51002"),
    )?;
    t.inspect(
        "crab-analysis",
        "lab-bench",
        "2026-11-11T15:00:00+08:00",
        places::LAB,
        &crabs,
        "crab",
        &["SG/Food-Regulations-Tenth-Schedule"],
        &[("as-tot", "0.31", Some("NA"), Some("0.05"), Some("ICP-MS"))],
        true,
        Some("BAKAU-2611-S1"),
    )?;
    // both phones were without signal in the ponds, and both booked losses on top of the catch
    let first = t.adjust(
        "crab-loss-a",
        "crab-phone-1",
        "2026-11-11T06:30:00+09:00",
        places::CRAB_POND,
        (&crabs, "1.2"),
        "mortality",
        &[harvest],
    )?;
    let second = t.adjust(
        "crab-loss-b",
        "crab-phone-2",
        "2026-11-11T06:50:00+09:00",
        places::CRAB_POND,
        (&crabs, "0.8"),
        "mortality",
        &[harvest],
    )?;
    t.pack(
        "crab-pack",
        "crab-phone-1",
        "2026-11-11T16:00:00+09:00",
        places::CRAB_POND,
        crate_1,
        &[(&crabs, "84.4")],
        &[first, second],
    )?;
    let shipped = t.ship(
        "crab-ship",
        "forwarder",
        "2026-11-12T05:20:00+09:00",
        places::CRAB_POND,
        who::CRAB,
        who::BUYER_SG,
        "SG",
        &[crate_1],
    )?;
    t.receive(
        "crab-receive",
        "buyer-sg",
        "2026-11-13T11:05:00+08:00",
        places::SG,
        shipped,
        &[crate_1],
        &[(&crabs, "81.9")],
    )?;
    Ok(vec![crabs])
}

/// Avocado of Timor: an error voided and corrected, two villages merged, a split by class, and a recall.
///
/// # Errors
/// As for [`crab`].
pub fn avocado(t: &mut Script<'_, '_>) -> Result<Vec<LotId>> {
    let (first, second) = (lot(what::AVOCADO_FIELD, "NETPALA-2611-1")?, lot(what::AVOCADO_FIELD, "OENINO-2611-1")?);
    let (export, local) = (lot(what::AVOCADO, "ALP-2611-04")?, lot(what::AVOCADO_LOCAL, "ALP-2611-04L")?);
    let (pallet_1, pallet_2) = (sscc(2001)?, sscc(2002)?);
    // 5180 kg were typed where 518 were weighed
    let mistyped = Harvest {
        name: "avocado-harvest-mistyped",
        by: "maker-22",
        time: "2026-11-05T15:00:00+08:00",
        at: places::AVOCADO_VILLAGE,
        part: (&first, "5180"),
        kind: ("avocado", "fresh"),
        days: ("2026-11-04", "2026-11-05"),
        origin: ("53.02.04.2007", None),
    };
    let wrong = t.harvest(&mistyped)?;
    let voiding = t
        .harvest_event(&Harvest { name: "avocado-harvest-void", ..mistyped })?
        .set(
            "errorDeclaration",
            serde_json::json!({ "declarationTime": t.s.calendar.time("2026-11-05T17:30:00+08:00")?, "reason": "incorrect_data" }),
        )
        .set("jejak:voids", wrong.uri());
    let voiding = t.s.event("maker-22", &voiding)?;
    let right = Harvest {
        name: "avocado-harvest",
        by: "maker-22",
        time: "2026-11-05T15:00:00+08:00",
        at: places::AVOCADO_VILLAGE,
        part: (&first, "518"),
        kind: ("avocado", "fresh"),
        days: ("2026-11-04", "2026-11-05"),
        origin: ("53.02.04.2007", None),
    };
    let replacement = t.harvest_event(&right)?.set("jejak:voids", voiding.uri());
    t.s.event("maker-22", &replacement)?;
    t.harvest(&Harvest {
        name: "avocado-harvest-oenino",
        by: "maker-23",
        time: "2026-11-05T16:20:00+08:00",
        at: places::AVOCADO_VILLAGE_2,
        part: (&second, "342"),
        kind: ("avocado", "fresh"),
        days: ("2026-11-05", "2026-11-05"),
        origin: ("53.02.18.2003", None),
    })?;
    // Oenino's fruit goes to the packing house of Netpala
    let sent = t
        .event("ObjectEvent", "avocado-send", "2026-11-06T06:00:00+08:00", places::AVOCADO_VILLAGE_2)?
        .act("OBSERVE", "shipping")
        .set("disposition", "in_transit")
        .quantity("quantityList", &second.uri(), "342", "KGM")
        .from("possessing_party", &party(who::AVOCADO_2)?)
        .to("possessing_party", &party(who::AVOCADO)?);
    let sent = t.s.event("maker-23", &sent)?;
    t.receive(
        "avocado-collect",
        "maker-22",
        "2026-11-06T09:10:00+08:00",
        places::PACKHOUSE,
        sent,
        &[],
        &[(&second, "342")],
    )?;
    let sorted = t.process(
        "avocado-sort",
        "maker-22",
        "2026-11-06T14:00:00+08:00",
        places::PACKHOUSE,
        ("sorting", None),
        &[(&first, "518"), (&second, "342")],
        &[(&export, "640"), (&local, "188")],
        ("avocado", "fresh"),
        &[],
    )?;
    t.sample(
        "avocado-sample",
        "supervisor-phone",
        "2026-11-06T15:30:00+08:00",
        places::PACKHOUSE,
        (&export, "2.4"),
        who::AVOCADO,
        ("ALP-2611-S1", "40117"),
    )?;
    t.inspect(
        "avocado-inspection",
        "supervisor-phone",
        "2026-11-07T09:00:00+08:00",
        places::PACKHOUSE,
        &export,
        "avocado",
        &[
            "CODEX/CXS-197-1995",
            "CODEX/CXS-197-1995-/-FFV-42/other-varieties",
            "CODEX/CXS-197-1995/class-1",
            "OECD/UNECE/FFV-42-/-CXS-197/class-1",
            "OECD/UNECE/FFV-42/class-1",
        ],
        &[
            ("min-requirements", "met", None, None, Some("every fruit of the sample looked at")),
            ("stalk-length", "6", Some("MMT"), Some("1"), Some("ruler, longest of the sample")),
            ("skin-defect-area", "2.1", Some("CMK"), Some("0.3"), Some("largest of the sample")),
            ("quality-tolerance", "4.5", Some("P1"), Some("0.8"), Some("count of 200 fruits")),
            ("quality-tolerance-lower", "0.5", Some("P1"), Some("0.3"), Some("count of 200 fruits")),
            ("size-tolerance", "5", Some("P1"), Some("0.8"), Some("count of 200 fruits")),
            ("mass-fruit", "236", Some("GRM"), Some("1"), Some("smallest of the sample")),
            ("dry-matter", "21.8", Some("P1"), Some("0.6"), Some("CXS 197 annex")),
        ],
        true,
        Some("ALP-2611-S1"),
    )?;
    t.pack(
        "avocado-pack-1",
        "maker-22",
        "2026-11-07T13:00:00+08:00",
        places::PACKHOUSE,
        pallet_1,
        &[(&export, "320")],
        &[sorted],
    )?;
    t.pack(
        "avocado-pack-2",
        "maker-22",
        "2026-11-07T13:40:00+08:00",
        places::PACKHOUSE,
        pallet_2,
        &[(&export, "320")],
        &[],
    )?;
    let shipped = t.ship(
        "avocado-ship",
        "forwarder",
        "2026-11-08T04:30:00+08:00",
        places::PACKHOUSE,
        who::AVOCADO,
        who::BUYER_AE,
        "INT",
        &[pallet_1, pallet_2],
    )?;
    t.receive(
        "avocado-receive",
        "buyer-ae",
        "2026-11-11T10:00:00+04:00",
        places::AE,
        shipped,
        &[pallet_1, pallet_2],
        &[(&export, "640")],
    )?;
    // a residue was found in a sample of Oenino's garden: its harvest is recalled, and everything made from it
    let recall = t
        .event("ObjectEvent", "avocado-recall", "2026-11-16T09:00:00+08:00", places::AVOCADO_VILLAGE_2)?
        .act("OBSERVE", "holding")
        .set("disposition", "non_sellable_other")
        .set("persistentDisposition", serde_json::json!({ "set": ["recalled"] }))
        .set("quantityList", serde_json::json!([{ "epcClass": second.uri() }]))
        .set("jejak:reason", "residu di atas batas pada sampel kebun yang diambil kemudian");
    t.s.event("region-12", &recall)?;
    Ok(vec![export, local])
}

/// Banana flour of North Lombok: tested as fruit under the European limit, milled with a plausible yield, tested as flour.
///
/// # Errors
/// As for [`crab`].
pub fn banana(t: &mut Script<'_, '_>) -> Result<Vec<LotId>> {
    let (green, flour) = (lot(what::BANANA, "KEPOK-2611-01")?, lot(what::FLOUR, "TEPUNG-2611-02")?);
    let bags = sscc(3001)?;
    let harvest = t.harvest(&Harvest {
        name: "banana-harvest",
        by: "maker-24",
        time: "2026-11-03T16:00:00+08:00",
        at: places::BANANA_VILLAGE,
        part: (&green, "1250"),
        kind: ("banana-flour", "green-banana"),
        days: ("2026-11-02", "2026-11-03"),
        origin: ("52.08.03.2002", None),
    })?;
    t.sample(
        "banana-sample",
        "lab-bench",
        "2026-11-03T17:00:00+08:00",
        places::BANANA_VILLAGE,
        (&green, "2"),
        who::BANANA,
        ("LAB-2611-0038", "88205"),
    )?;
    t.inspect(
        "banana-inspection",
        "lab-bench",
        "2026-11-04T10:00:00+08:00",
        places::LAB,
        &green,
        "banana-flour",
        &["EU/EU-2023/915"],
        &[
            ("cd", "0.006", Some("NA"), Some("0.002"), Some("ICP-MS")),
            ("pb", "0.03", Some("NA"), Some("0.01"), Some("ICP-MS")),
        ],
        true,
        Some("LAB-2611-0038"),
    )?;
    let milled = t.process(
        "banana-mill",
        "maker-24",
        "2026-11-07T15:30:00+08:00",
        places::MILL,
        ("milling", None),
        &[(&green, "1250")],
        &[(&flour, "262.5")],
        ("banana-flour", "banana-flour"),
        &[harvest],
    )?;
    // the village sends in the sample of the flour itself
    t.sample(
        "flour-sample",
        "maker-24",
        "2026-11-07T16:30:00+08:00",
        places::MILL,
        (&flour, "0.5"),
        who::BANANA,
        ("TEPUNG-2611-S1", "24-001"),
    )?;
    // half of what the EU asks for: the lot stays partly tested until a laboratory measures the rest
    t.inspect(
        "flour-inspection",
        "lab-bench",
        "2026-11-08T10:00:00+08:00",
        places::LAB,
        &flour,
        "banana-flour",
        &["BUYER/typical", "EU/EU-2023/915"],
        &[
            ("afb1", "0.4", Some("J33"), Some("0.1"), Some("EN 14123")),
            ("af-total", "0.7", Some("J33"), Some("0.2"), Some("EN 14123")),
            ("moisture", "7.8", Some("P1"), Some("0.3"), Some("ISO 712-1")),
            ("ash", "2.6", Some("P1"), Some("0.1"), Some("ISO 2171")),
            ("aw", "0.42", Some("C62"), Some("0.02"), Some("ISO 18787")),
        ],
        true,
        Some("TEPUNG-2611-S1"),
    )?;
    t.flour_ordered(&flour)?;
    t.pack("banana-pack", "maker-24", "2026-11-09T09:00:00+08:00", places::MILL, bags, &[(&flour, "260")], &[milled])?;
    let shipped = t.ship(
        "banana-ship",
        "maker-24",
        "2026-11-10T08:00:00+08:00",
        places::MILL,
        who::BANANA,
        who::BUYER_NL,
        "NL",
        &[bags],
    )?;
    t.flour_sent(&flour, shipped)?;
    t.receive(
        "banana-receive",
        "buyer-nl",
        "2026-11-20T14:00:00+01:00",
        places::NL,
        shipped,
        &[bags],
        &[(&flour, "260")],
    )?;
    Ok(vec![flour])
}

/// Patchouli oil of Donggala: distilled with a yield, failed for iron, purified into a new lot that passes, split, bottled.
///
/// # Errors
/// As for [`crab`].
pub fn patchouli(t: &mut Script<'_, '_>) -> Result<Vec<LotId>> {
    let leaf = lot(what::LEAF, "DAUN-2611-07")?;
    let raw = lot(what::OIL, "NILAM-2611-02")?;
    let oil = lot(what::OIL, "NILAM-2611-03")?;
    let (export, kept) = (lot(what::OIL, "NILAM-2611-03E")?, lot(what::OIL, "NILAM-2611-03K")?);
    let bottles = lot(what::BOTTLE, "NILAM-2611-03B")?;
    let carton = sscc(4001)?;
    const STANDARDS: &[&str] = &["ID/SNI-06-2385-2006", "ISO/ISO-3757-2002"];
    let harvest = t.harvest(&Harvest {
        name: "leaf-harvest",
        by: "maker-25",
        time: "2026-11-03T16:20:00+08:00",
        at: places::LEAF_VILLAGE,
        part: (&leaf, "1040"),
        kind: ("essential-oil", "patchouli-dried-leaf"),
        days: ("2026-11-01", "2026-11-03"),
        origin: ("72.03.16.2004", None),
    })?;
    let distilled = t.process(
        "leaf-distil",
        "maker-25",
        "2026-11-05T11:00:00+08:00",
        places::DISTILLERY,
        ("steam-distillation", None),
        &[(&leaf, "1040")],
        &[(&raw, "24.6")],
        ("essential-oil", "patchouli-oil"),
        &[harvest],
    )?;
    t.sample(
        "oil-sample",
        "lab-bench",
        "2026-11-06T09:00:00+08:00",
        places::DISTILLERY,
        (&raw, "0.16"),
        who::OIL,
        ("LAB-2611-0042", "88213"),
    )?;
    t.adjust(
        "oil-sample-taken",
        "maker-25",
        "2026-11-06T09:05:00+08:00",
        places::DISTILLERY,
        (&raw, "0.16"),
        "sample",
        &[distilled],
    )?;
    let body = |iron: &'static str| {
        [
            ("colour", "reddish-brown", None, None, Some("visual")),
            ("rd-20", "0.966", Some("C62"), Some("0.001"), Some("ISO 279")),
            ("patchoulol", "31.2", Some("P1"), Some("0.8"), Some("ISO 11024-1")),
            ("alpha-copaene", "0.21", Some("P1"), Some("0.03"), Some("ISO 11024-1")),
            ("acid-value", "3.1", Some("GK"), Some("0.2"), Some("ISO 1242")),
            ("ester-value", "9.4", Some("GK"), Some("0.5"), Some("ISO 709")),
            ("opt-rot", "-52.6", Some("DD"), Some("0.3"), Some("ISO 592")),
            ("miscibility", "6", Some("C62"), Some("0.5"), Some("ISO 875")),
            ("ri-20", "1.5089", Some("C62"), Some("0.0002"), Some("ISO 280")),
            ("rd-25", "0.962", Some("C62"), Some("0.001"), Some("ISO 279")),
            ("iron", iron, Some("NA"), Some("2"), Some("AAS")),
            ("gc-profile", "conforms", None, None, Some("ISO 11024-2")),
            ("methyl-eugenol", "<0.01", Some("P1"), None, Some("GC-MS")),
            ("safrole", "<0.01", Some("P1"), None, Some("GC-MS")),
            ("flash-point", "118", Some("CEL"), Some("2"), Some("ISO 3679")),
        ]
    };
    t.inspect(
        "oil-inspection-1",
        "lab-bench",
        "2026-11-09T14:30:00+08:00",
        places::LAB,
        &raw,
        "essential-oil",
        STANDARDS,
        &body("41"),
        false,
        Some("LAB-2611-0042"),
    )?;
    let purified = t.process(
        "oil-purify",
        "maker-25",
        "2026-11-10T13:00:00+08:00",
        places::DISTILLERY,
        ("purification", None),
        &[(&raw, "24.44")],
        &[(&oil, "24.2")],
        ("essential-oil", "patchouli-oil"),
        &[],
    )?;
    t.sample(
        "oil-sample-2",
        "lab-bench",
        "2026-11-11T09:00:00+08:00",
        places::DISTILLERY,
        (&oil, "0.16"),
        who::OIL,
        ("LAB-2611-0047", "88219"),
    )?;
    t.inspect(
        "oil-inspection-2",
        "lab-bench",
        "2026-11-12T11:00:00+08:00",
        places::LAB,
        &oil,
        "essential-oil",
        STANDARDS,
        &body("7"),
        true,
        Some("LAB-2611-0047"),
    )?;
    // half goes to Germany now, half waits for another buyer
    let split = t.process(
        "oil-split",
        "maker-25",
        "2026-11-12T16:00:00+08:00",
        places::DISTILLERY,
        ("splitting", None),
        &[(&oil, "24.2")],
        &[(&export, "12.2"), (&kept, "12")],
        ("essential-oil", "patchouli-oil"),
        &[purified],
    )?;
    let bottled = t.process(
        "oil-bottle",
        "maker-25",
        "2026-11-13T09:00:00+08:00",
        places::DISTILLERY,
        // by the international standard for the oil, which the buyer asks for
        ("bottling", Some("INT")),
        &[(&export, "12.2")],
        &[(&bottles, "12.2")],
        ("essential-oil", "patchouli-oil"),
        &[split],
    )?;
    t.pack(
        "oil-pack",
        "maker-25",
        "2026-11-13T14:00:00+08:00",
        places::DISTILLERY,
        carton,
        &[(&bottles, "12.2")],
        &[bottled],
    )?;
    let shipped = t.ship(
        "oil-ship",
        "forwarder",
        "2026-11-14T07:30:00+08:00",
        places::DISTILLERY,
        who::OIL,
        who::BUYER_DE,
        "DE",
        &[carton],
    )?;
    t.receive(
        "oil-receive",
        "buyer-de",
        "2026-11-21T10:00:00+01:00",
        places::DE,
        shipped,
        &[carton],
        &[(&bottles, "12.2")],
    )?;
    Ok(vec![bottles, kept, oil, raw])
}
