//! The parties, keys, products and places of the demo. People, villages and numbers are invented; the
//! regencies are real ones of Perpres 63/2020 (Kemendagri codes, edition 300.2.2-2430/2025). All of it is marked as a demo.

use anyhow::{Context, Result};

use super::seed::Seeder;
use crate::gs1::{Gln, Gtin, LotId, Sscc, check};
use crate::names::{LanguageTag, Names};
use crate::record::registry::{Accreditation, Certificate, Mandate, Party, Purpose, Region, Role, Statement};

/// The demo's GS1 Company Prefix: 952 is GS1's own for examples.
pub const PREFIX: &str = "9521321";
/// 2026-01-01, Unix seconds.
const FROM: i64 = 1_767_225_600;
/// How long accreditations and mandates last from the demo's start, days: four years.
const LASTS: i64 = 4 * 365;

fn with_check(digits: &str) -> String {
    let digit = check::digit(digits).unwrap_or_default();
    format!("{digits}{digit}")
}

/// The demo's `n`-th GLN.
pub fn gln(n: u32) -> Result<Gln> {
    with_check(&format!("{PREFIX}{n:05}")).parse().context("a GLN of the demo")
}

/// The demo's `n`-th GTIN.
pub fn gtin(n: u32) -> Result<Gtin> {
    with_check(&format!("0{PREFIX}{n:05}")).parse().context("a GTIN of the demo")
}

/// The demo's `n`-th SSCC.
pub fn sscc(n: u32) -> Result<Sscc> {
    with_check(&format!("0{PREFIX}{n:09}")).parse().context("an SSCC of the demo")
}

/// A lot of the demo's `product`-th GTIN.
pub fn lot(product: u32, name: &str) -> Result<LotId> {
    Ok(LotId { gtin: gtin(product)?, lot: name.parse()? })
}

/// Names in Indonesian, English, Chinese.
pub fn names(id: &str, en: &str, zh: &str) -> Names {
    Names::english(en).with(LanguageTag::INDONESIAN, id).with(LanguageTag::CHINESE, zh)
}

pub(super) fn region(code: &str, name: &str) -> Region {
    Region {
        authority: "kemendagri".to_owned(),
        edition: "300.2.2-2430/2025".to_owned(),
        code: code.to_owned(),
        name: name.to_owned(),
    }
}

/// The URI of the party with the demo's `n`-th GLN.
pub fn party(n: u32) -> Result<String> {
    Ok(gln(n)?.party_uri())
}

/// The URI of the place with the demo's `n`-th GLN.
pub fn place(n: u32) -> Result<String> {
    Ok(gln(n)?.uri())
}

/// Party numbers.
pub mod who {
    /// The programme.
    pub const AUTHORITY: u32 = 1;
    /// Regional governments.
    pub const BINTUNI: u32 = 11;
    /// Timor Tengah Selatan.
    pub const TTS: u32 = 12;
    /// Lombok Utara.
    pub const LOMBOK: u32 = 13;
    /// Donggala.
    pub const DONGGALA: u32 = 14;
    /// Village enterprises.
    pub const CRAB: u32 = 21;
    /// Avocado, first village.
    pub const AVOCADO: u32 = 22;
    /// Avocado, second village.
    pub const AVOCADO_2: u32 = 23;
    /// Banana flour.
    pub const BANANA: u32 = 24;
    /// Patchouli.
    pub const OIL: u32 = 25;
    /// The laboratory.
    pub const LAB: u32 = 31;
    /// The quality supervisor in the field.
    pub const SUPERVISOR: u32 = 32;
    /// The export facilitator.
    pub const FORWARDER: u32 = 41;
    /// Buyers.
    pub const BUYER_SG: u32 = 51;
    /// United Arab Emirates.
    pub const BUYER_AE: u32 = 52;
    /// Netherlands.
    pub const BUYER_NL: u32 = 53;
    /// Germany.
    pub const BUYER_DE: u32 = 54;
}

/// Product numbers.
pub mod what {
    /// Live mud crab.
    pub const CRAB: u32 = 101;
    /// Avocado as picked.
    pub const AVOCADO_FIELD: u32 = 102;
    /// Avocado, sorted, class I.
    pub const AVOCADO: u32 = 103;
    /// Avocado, sorted, for the home market.
    pub const AVOCADO_LOCAL: u32 = 104;
    /// Green bananas.
    pub const BANANA: u32 = 105;
    /// Banana flour.
    pub const FLOUR: u32 = 106;
    /// Dried patchouli leaf.
    pub const LEAF: u32 = 107;
    /// Patchouli oil.
    pub const OIL: u32 = 108;
    /// Patchouli oil, bottles of 50 g.
    pub const BOTTLE: u32 = 109;
}

/// Place numbers.
pub mod places {
    /// Mangrove landing of the crab village.
    pub const CRAB_LANDING: u32 = 61;
    /// Holding ponds.
    pub const CRAB_POND: u32 = 62;
    /// Avocado gardens.
    pub const AVOCADO_VILLAGE: u32 = 63;
    /// Second avocado village.
    pub const AVOCADO_VILLAGE_2: u32 = 64;
    /// Packing house.
    pub const PACKHOUSE: u32 = 65;
    /// Banana village.
    pub const BANANA_VILLAGE: u32 = 66;
    /// Flour mill.
    pub const MILL: u32 = 67;
    /// Patchouli village.
    pub const LEAF_VILLAGE: u32 = 68;
    /// Distillery.
    pub const DISTILLERY: u32 = 69;
    /// Laboratory.
    pub const LAB: u32 = 70;
    /// Port.
    pub const PORT: u32 = 71;
    /// Buyers' warehouses.
    pub const SG: u32 = 81;
    /// Dubai.
    pub const AE: u32 = 82;
    /// Rotterdam.
    pub const NL: u32 = 83;
    /// Hamburg.
    pub const DE: u32 = 84;
}

/// Kemendagri codes of the demo's regencies. Each has one name on a page, in the region of a place and in the name of its government.
const REGENCIES: [(u32, &str, &str, &str, &str, &str); 4] = [
    (
        who::BINTUNI,
        "92.06",
        "Kabupaten Teluk Bintuni",
        "Pemerintah Kabupaten Teluk Bintuni (contoh)",
        "Teluk Bintuni Regency (demo)",
        "Teluk Bintuni 县政府（演示）",
    ),
    (
        who::TTS,
        "53.02",
        "Kabupaten Timor Tengah Selatan",
        "Pemerintah Kabupaten Timor Tengah Selatan (contoh)",
        "Timor Tengah Selatan Regency (demo)",
        "Timor Tengah Selatan 县政府（演示）",
    ),
    (
        who::LOMBOK,
        "52.08",
        "Kabupaten Lombok Utara",
        "Pemerintah Kabupaten Lombok Utara (contoh)",
        "Lombok Utara Regency (demo)",
        "Lombok Utara 县政府（演示）",
    ),
    (
        who::DONGGALA,
        "72.03",
        "Kabupaten Donggala",
        "Pemerintah Kabupaten Donggala (contoh)",
        "Donggala Regency (demo)",
        "Donggala 县政府（演示）",
    ),
];

/// (party, its regency, regency code and name, village code, names)
const PRODUCERS: [(u32, u32, &str, &str, &str, &str); 5] = [
    (
        who::CRAB,
        who::BINTUNI,
        "BUM Desa Bakau Lestari",
        "Bakau Lestari village enterprise",
        "Bakau Lestari 村企",
        "AHU-00001.AH.01.33.TAHUN 2026",
    ),
    (
        who::AVOCADO,
        who::TTS,
        "BUM Desa Kasih Netpala",
        "Kasih Netpala village enterprise",
        "Kasih Netpala 村企",
        "AHU-00002.AH.01.33.TAHUN 2026",
    ),
    (
        who::AVOCADO_2,
        who::TTS,
        "BUM Desa Sumber Oenino",
        "Sumber Oenino village enterprise",
        "Sumber Oenino 村企",
        "AHU-00003.AH.01.33.TAHUN 2026",
    ),
    (
        who::BANANA,
        who::LOMBOK,
        "BUM Desa Gangga Makmur",
        "Gangga Makmur village enterprise",
        "Gangga Makmur 村企",
        "AHU-00004.AH.01.33.TAHUN 2026",
    ),
    (
        who::OIL,
        who::DONGGALA,
        "BUM Desa Nilam Sojol",
        "Nilam Sojol village enterprise",
        "Nilam Sojol 村企",
        "AHU-00005.AH.01.33.TAHUN 2026",
    ),
];

fn enrolled(n: u32, name: Names, roles: &[Role], country: &str, region: Option<Region>) -> Result<Party> {
    Ok(Party { region, gln: Some(gln(n)?), demo: true, ..Party::new(party(n)?, name, roles, country) })
}

/// Enrols everyone, then registers products and places. `authority` is the name of the authority's key.
///
/// # Errors
/// When the ledger refuses a statement, which would be a bug of the demo or of the rules.
pub fn found(s: &mut Seeder<'_>, authority: &str) -> Result<()> {
    let until = s.calendar.start_second() + LASTS * 86_400;
    for (n, code, regency, id, en, zh) in REGENCIES {
        let names = names(id, en, zh);
        // the demo's villages have GLNs of its prefix
        let party = Party {
            enrols: vec![PREFIX.to_owned()],
            ..enrolled(n, names, &[Role::Region], "ID", Some(region(code, regency)))?
        };
        join(s, authority, &party, &format!("region-{n}"))?;
    }
    for (n, regency, id, en, zh, registration) in PRODUCERS {
        let (_, code, name, ..) = REGENCIES.iter().find(|r| r.0 == regency).context("a regency of the demo")?;
        let mut party = enrolled(
            n,
            names(&format!("{id} (contoh)"), &format!("{en} (demo)"), &format!("{zh}（演示）")),
            &[Role::Producer, Role::Processor],
            "ID",
            Some(region(code, name)),
        )?;
        party.legal_form = Some("BUM Desa".to_owned());
        party.registration = Some(registration.to_owned());
        join(s, &format!("region-{regency}"), &party, &format!("maker-{n}"))?;
    }
    let others: [(u32, Names, &[Role], &str, &str); 7] = [
        (
            who::LAB,
            names(
                "Laboratorium Uji Nusantara (contoh)",
                "Nusantara Testing Laboratory (demo)",
                "努山塔拉检测实验室（演示）",
            ),
            &[Role::Inspector],
            "ID",
            "lab",
        ),
        (
            who::SUPERVISOR,
            names("Pengawas Mutu Ekspor (contoh)", "Export Quality Supervision (demo)", "出口质量监督（演示）"),
            &[Role::Inspector],
            "ID",
            "supervisor",
        ),
        (
            who::FORWARDER,
            names("Fasilitator Ekspor Timur (contoh)", "Eastern Export Facilitator (demo)", "东部出口服务商（演示）"),
            &[Role::Forwarder],
            "ID",
            "forwarder",
        ),
        (
            who::BUYER_SG,
            names("Straits Live Seafood (contoh)", "Straits Live Seafood (demo)", "海峡活海鲜（演示）"),
            &[Role::Buyer],
            "SG",
            "buyer-sg",
        ),
        (
            who::BUYER_AE,
            names("Gulf Fresh Trading (contoh)", "Gulf Fresh Trading (demo)", "海湾生鲜贸易（演示）"),
            &[Role::Buyer],
            "AE",
            "buyer-ae",
        ),
        (
            who::BUYER_NL,
            names("Polder Foods (contoh)", "Polder Foods (demo)", "圩田食品（演示）"),
            &[Role::Buyer],
            "NL",
            "buyer-nl",
        ),
        (
            who::BUYER_DE,
            names("Hanse Aroma (contoh)", "Hanse Aroma (demo)", "汉萨香料（演示）"),
            &[Role::Buyer],
            "DE",
            "buyer-de",
        ),
    ];
    for (n, name, roles, country, key) in others {
        join(s, authority, &enrolled(n, name, roles, country, None)?, key)?;
    }
    // the inspectors' phones, and the two phones of the crab village
    for (n, key, by, label) in [
        (who::SUPERVISOR, "supervisor-phone", "supervisor", "ponsel lapangan pengawas mutu"),
        (who::LAB, "lab-bench", "lab", "komputer meja uji laboratorium"),
        (who::CRAB, "crab-phone-1", "maker-21", "ponsel di tempat pendaratan"),
        (who::CRAB, "crab-phone-2", "maker-21", "ponsel di kolam"),
    ] {
        s.key(key, &party(n)?, Purpose::Event, label, by)?;
    }
    for (n, scope, body, number) in [
        (who::LAB, &["essential-oil", "banana-flour", "avocado", "crab"][..], "KAN", "LP-0000-IDN DEMO"),
        (who::SUPERVISOR, &["crab", "avocado"][..], "KAN", "LI-000-IDN DEMO"),
    ] {
        let accreditation = Accreditation {
            party: party(n)?,
            scope: scope.iter().map(|c| (*c).to_owned()).collect(),
            body: body.to_owned(),
            number: number.to_owned(),
            from: FROM,
            until,
            replaces: None,
        };
        s.state(authority, &Statement::Accreditation(accreditation))?;
    }
    // the facilitator ships for three of the villages, with mandates
    for maker in [who::CRAB, who::AVOCADO, who::OIL] {
        let mandate = Mandate {
            to: party(who::FORWARDER)?,
            acts: vec!["ship".to_owned(), "void-shipment".to_owned()],
            lots: None,
            until,
            replaces: None,
        };
        s.state(&format!("maker-{maker}"), &Statement::Mandate(mandate))?;
    }
    for (n, regency, .., registration) in PRODUCERS {
        certify(s, &format!("region-{regency}"), n, registration)?;
    }
    super::goods::register(s, authority)
}

/// What a village holds of offices outside the ledger, as its region states it: some of what an export needs, so that the rest is to be
/// seen as missing.
fn certify(s: &mut Seeder<'_>, region: &str, n: u32, registration: &str) -> Result<()> {
    let mut held = vec![
        ("legal-body", Some(registration.to_owned()), "Kementerian Hukum", None),
        ("npwp", None, "Direktorat Jenderal Pajak", None),
        ("nib", Some(format!("00000000000{n:02} CONTOH")), "OSS", None),
    ];
    if n == who::CRAB {
        held.push((
            "cpib",
            Some("CPIB 000/CONTOH".to_owned()),
            "BPPMHKP",
            Some(s.calendar.day("2027-06-30")?.parse()?),
        ));
    }
    for (kind, number, issuer, until) in held {
        let certificate = Certificate {
            party: party(n)?,
            kind: kind.to_owned(),
            number,
            issuer: issuer.to_owned(),
            from: None,
            until,
            document: None,
            withdrawn: false,
            replaces: None,
        };
        s.state(region, &Statement::Certificate(certificate))?;
    }
    Ok(())
}

fn join(s: &mut Seeder<'_>, by: &str, party: &Party, key: &str) -> Result<()> {
    s.state(by, &Statement::Party(party.clone()))?;
    s.key(key, &party.party, Purpose::Admin, "first key", by)?;
    Ok(())
}
