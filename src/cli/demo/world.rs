//! Who and what the demo is about: parties, keys, products, places. People, villages and numbers are invented; the
//! regencies are real ones of Perpres 63/2020 (Kemendagri codes, edition 300.2.2-2430/2025). All of it is marked as a demo.

use anyhow::{Context, Result};

use super::seed::Seeder;
use crate::gs1::{Amount, BaseUnit, Gln, Gtin, LotId, Sscc, check};
use crate::record::registry::{Accreditation, Mandate, Names, Party, Place, Product, Purpose, Region, Role, Statement};

/// The demo's GS1 Company Prefix: 952 is GS1's own for examples.
pub const PREFIX: &str = "9521321";
/// 2026-01-01 and 2030-01-01, Unix seconds.
const FROM: i64 = 1_767_225_600;
const UNTIL: i64 = 1_893_456_000;

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
    Names { id: Some(id.to_owned()), en: en.to_owned(), zh: Some(zh.to_owned()) }
}

fn region(code: &str, name: &str) -> Region {
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

/// Kemendagri codes of the demo's regencies.
const REGENCIES: [(u32, &str, &str, &str, &str); 4] = [
    (
        who::BINTUNI,
        "92.06",
        "Kabupaten Teluk Bintuni",
        "Pemerintah Kabupaten Teluk Bintuni (contoh)",
        "Teluk Bintuni Regency (demo)",
    ),
    (
        who::TTS,
        "53.02",
        "Kabupaten Timor Tengah Selatan",
        "Pemerintah Kabupaten Timor Tengah Selatan (contoh)",
        "South Central Timor Regency (demo)",
    ),
    (
        who::LOMBOK,
        "52.08",
        "Kabupaten Lombok Utara",
        "Pemerintah Kabupaten Lombok Utara (contoh)",
        "North Lombok Regency (demo)",
    ),
    (who::DONGGALA, "72.03", "Kabupaten Donggala", "Pemerintah Kabupaten Donggala (contoh)", "Donggala Regency (demo)"),
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
    Ok(Party {
        party: party(n)?,
        name,
        legal_form: None,
        roles: roles.to_vec(),
        country: country.to_owned(),
        region,
        registration: None,
        gln: Some(gln(n)?),
        prefixes: Vec::new(),
        contact: None,
        nonce: None,
        successor: None,
        demo: true,
        replaces: None,
    })
}

/// Enrols everyone, then registers products and places. `authority` is the name of the authority's key.
///
/// # Errors
/// When the ledger refuses a statement, which would be a bug of the demo or of the rules.
pub fn found(s: &mut Seeder<'_>, authority: &str) -> Result<()> {
    for (n, code, regency, id, en) in REGENCIES {
        let names = names(id, en, en);
        let party = enrolled(n, names, &[Role::Region], "ID", Some(region(code, regency)))?;
        join(s, authority, &party, &format!("region-{n}"))?;
    }
    for (n, regency, id, en, zh, registration) in PRODUCERS {
        let (_, code, name, _, _) = REGENCIES.iter().find(|r| r.0 == regency).context("a regency of the demo")?;
        let mut party = enrolled(
            n,
            names(&format!("{id} (contoh)"), &format!("{en} (demo)"), &format!("{zh}(演示)")),
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
                "努沙登加拉检测实验室(演示)",
            ),
            &[Role::Inspector],
            "ID",
            "lab",
        ),
        (
            who::SUPERVISOR,
            names("Pengawas Mutu Ekspor (contoh)", "Export Quality Supervision (demo)", "出口质量监督(演示)"),
            &[Role::Inspector],
            "ID",
            "supervisor",
        ),
        (
            who::FORWARDER,
            names("Fasilitator Ekspor Timur (contoh)", "Eastern Export Facilitator (demo)", "东部出口服务商(演示)"),
            &[Role::Forwarder],
            "ID",
            "forwarder",
        ),
        (
            who::BUYER_SG,
            names("Straits Live Seafood (contoh)", "Straits Live Seafood (demo)", "海峡活海鲜(演示)"),
            &[Role::Buyer],
            "SG",
            "buyer-sg",
        ),
        (
            who::BUYER_AE,
            names("Gulf Fresh Trading (contoh)", "Gulf Fresh Trading (demo)", "海湾生鲜贸易(演示)"),
            &[Role::Buyer],
            "AE",
            "buyer-ae",
        ),
        (
            who::BUYER_NL,
            names("Polder Foods (contoh)", "Polder Foods (demo)", "圩田食品(演示)"),
            &[Role::Buyer],
            "NL",
            "buyer-nl",
        ),
        (
            who::BUYER_DE,
            names("Hanse Aroma (contoh)", "Hanse Aroma (demo)", "汉萨香料(演示)"),
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
        (who::SUPERVISOR, "supervisor-phone", "supervisor", "field phone of the quality supervisor"),
        (who::LAB, "lab-bench", "lab", "bench computer of the laboratory"),
        (who::CRAB, "crab-phone-1", "maker-21", "phone at the landing"),
        (who::CRAB, "crab-phone-2", "maker-21", "phone at the ponds"),
    ] {
        s.key(key, &party(n)?, Purpose::Event, label, by)?;
    }
    for (n, scope, body, number) in [
        (who::LAB, &["essential-oil", "banana-flour", "avocado"][..], "KAN", "LP-0000-IDN (contoh)"),
        (who::SUPERVISOR, &["crab", "avocado"][..], "KAN", "LI-000-IDN (contoh)"),
    ] {
        let accreditation = Accreditation {
            party: party(n)?,
            scope: scope.iter().map(|c| (*c).to_owned()).collect(),
            body: body.to_owned(),
            number: number.to_owned(),
            from: FROM,
            until: UNTIL,
            replaces: None,
        };
        s.state(authority, &Statement::Accreditation(accreditation))?;
    }
    // the facilitator ships for three of the villages; the page says who signed for whom
    for maker in [who::CRAB, who::AVOCADO, who::OIL] {
        let mandate = Mandate {
            to: party(who::FORWARDER)?,
            acts: vec!["ship".to_owned(), "void-shipment".to_owned()],
            lots: None,
            until: UNTIL,
            replaces: None,
        };
        s.state(&format!("maker-{maker}"), &Statement::Mandate(mandate))?;
    }
    register(s, authority)
}

fn join(s: &mut Seeder<'_>, by: &str, party: &Party, key: &str) -> Result<()> {
    s.state(by, &Statement::Party(party.clone()))?;
    s.key(key, &party.party, Purpose::Admin, "first key", by)?;
    Ok(())
}

fn register(s: &mut Seeder<'_>, authority: &str) -> Result<()> {
    type Row<'a> = (u32, Names, &'a str, &'a str, &'a [u32], &'a str, Option<i128>);
    let rows: [Row<'_>; 9] = [
        (
            what::CRAB,
            names("Kepiting bakau hidup", "Live mud crab", "活青蟹"),
            "crab",
            "live-mud-crab",
            &[who::CRAB],
            "030633",
            None,
        ),
        (
            what::AVOCADO_FIELD,
            names("Alpukat segar, belum disortir", "Fresh avocado, unsorted", "鲜牛油果(未分级)"),
            "avocado",
            "fresh",
            &[who::AVOCADO, who::AVOCADO_2],
            "080440",
            None,
        ),
        (
            what::AVOCADO,
            names("Alpukat segar kelas I", "Fresh avocado, class I", "鲜牛油果 一级"),
            "avocado",
            "fresh",
            &[who::AVOCADO],
            "080440",
            None,
        ),
        (
            what::AVOCADO_LOCAL,
            names("Alpukat segar pasar lokal", "Fresh avocado, home market", "鲜牛油果 内销"),
            "avocado",
            "fresh",
            &[who::AVOCADO],
            "080440",
            None,
        ),
        (
            what::BANANA,
            names("Pisang kepok mentah", "Green Kepok bananas", "青芭蕉"),
            "banana-flour",
            "green-banana",
            &[who::BANANA],
            "080310",
            None,
        ),
        (
            what::FLOUR,
            names("Tepung pisang kepok", "Kepok banana flour", "芭蕉粉"),
            "banana-flour",
            "banana-flour",
            &[who::BANANA],
            "110630",
            None,
        ),
        (
            what::LEAF,
            names("Daun nilam kering", "Dried patchouli leaf", "干广藿香叶"),
            "essential-oil",
            "patchouli-dried-leaf",
            &[who::OIL],
            "121190",
            None,
        ),
        (
            what::OIL,
            names("Minyak nilam", "Patchouli oil", "广藿香油"),
            "essential-oil",
            "patchouli-oil",
            &[who::OIL],
            "330129",
            None,
        ),
        (
            what::BOTTLE,
            names("Minyak nilam, botol 50 g", "Patchouli oil, 50 g bottle", "广藿香油 50 克瓶装"),
            "essential-oil",
            "patchouli-oil",
            &[who::OIL],
            "330129",
            Some(50),
        ),
    ];
    for (n, name, commodity, form, makers, hs, net) in rows {
        let product = Product {
            gtin: gtin(n)?,
            name,
            commodity: commodity.to_owned(),
            form: form.to_owned(),
            unit: BaseUnit::Gram,
            makers: makers.iter().map(|m| party(*m)).collect::<Result<_>>()?,
            net_content: net.map(|grams| Amount::from_micros(grams * crate::gs1::amount::MICROS)),
            hs: Some(hs.to_owned()),
            storage: None,
            replaces: None,
        };
        s.state(authority, &Statement::Product(product))?;
    }
    type Spot<'a> = (u32, Names, &'a str, &'a str, Option<(&'a str, &'a str)>, &'a str);
    let places: [Spot<'_>; 15] = [
        (
            places::CRAB_LANDING,
            names("Pendaratan bakau Desa Sidomakmur (contoh)", "Mangrove landing (demo)", "红树林码头(演示)"),
            "village",
            "ID",
            Some(("92.06", "Kabupaten Teluk Bintuni")),
            "-2.11,133.52",
        ),
        (
            places::CRAB_POND,
            names("Kolam penampungan Bakau Lestari (contoh)", "Holding ponds (demo)", "暂养池(演示)"),
            "collection",
            "ID",
            Some(("92.06", "Kabupaten Teluk Bintuni")),
            "-2.12,133.53",
        ),
        (
            places::AVOCADO_VILLAGE,
            names("Desa Netpala (contoh)", "Netpala village (demo)", "Netpala 村(演示)"),
            "village",
            "ID",
            Some(("53.02", "Kabupaten Timor Tengah Selatan")),
            "-9.65,124.19",
        ),
        (
            places::AVOCADO_VILLAGE_2,
            names("Desa Oenino (contoh)", "Oenino village (demo)", "Oenino 村(演示)"),
            "village",
            "ID",
            Some(("53.02", "Kabupaten Timor Tengah Selatan")),
            "-9.82,124.46",
        ),
        (
            places::PACKHOUSE,
            names("Rumah kemas Netpala (contoh)", "Netpala packing house (demo)", "包装厂(演示)"),
            "processing",
            "ID",
            Some(("53.02", "Kabupaten Timor Tengah Selatan")),
            "-9.66,124.2",
        ),
        (
            places::BANANA_VILLAGE,
            names("Desa Gangga (contoh)", "Gangga village (demo)", "Gangga 村(演示)"),
            "village",
            "ID",
            Some(("52.08", "Kabupaten Lombok Utara")),
            "-8.35,116.2",
        ),
        (
            places::MILL,
            names("Penggilingan Gangga Makmur (contoh)", "Flour mill (demo)", "面粉厂(演示)"),
            "processing",
            "ID",
            Some(("52.08", "Kabupaten Lombok Utara")),
            "-8.36,116.19",
        ),
        (
            places::LEAF_VILLAGE,
            names("Desa Balukang (contoh)", "Balukang village (demo)", "Balukang 村(演示)"),
            "village",
            "ID",
            Some(("72.03", "Kabupaten Donggala")),
            "0.45,119.86",
        ),
        (
            places::DISTILLERY,
            names("Penyulingan Nilam Sojol (contoh)", "Distillery (demo)", "蒸馏厂(演示)"),
            "processing",
            "ID",
            Some(("72.03", "Kabupaten Donggala")),
            "0.44,119.87",
        ),
        (
            places::LAB,
            names(
                "Laboratorium Uji Nusantara, Makassar (contoh)",
                "Nusantara Testing Laboratory, Makassar (demo)",
                "望加锡实验室(演示)",
            ),
            "laboratory",
            "ID",
            None,
            "-5.14,119.43",
        ),
        (
            places::PORT,
            names("Pelabuhan Makassar (contoh)", "Port of Makassar (demo)", "望加锡港(演示)"),
            "port",
            "ID",
            None,
            "-5.12,119.41",
        ),
        (
            places::SG,
            names("Gudang Singapura (contoh)", "Singapore warehouse (demo)", "新加坡仓库(演示)"),
            "warehouse",
            "SG",
            None,
            "1.31,103.71",
        ),
        (
            places::AE,
            names("Gudang Dubai (contoh)", "Dubai warehouse (demo)", "迪拜仓库(演示)"),
            "warehouse",
            "AE",
            None,
            "25.01,55.09",
        ),
        (
            places::NL,
            names("Gudang Rotterdam (contoh)", "Rotterdam warehouse (demo)", "鹿特丹仓库(演示)"),
            "warehouse",
            "NL",
            None,
            "51.9,4.4",
        ),
        (
            places::DE,
            names("Gudang Hamburg (contoh)", "Hamburg warehouse (demo)", "汉堡仓库(演示)"),
            "warehouse",
            "DE",
            None,
            "53.54,9.99",
        ),
    ];
    for (n, name, kind, country, regency, near) in places {
        let place = Place {
            gln: gln(n)?,
            name,
            kind: kind.to_owned(),
            country: country.to_owned(),
            region: regency.map(|(code, name)| region(code, name)),
            near: Some(near.to_owned()),
            point: None,
            replaces: None,
        };
        s.state(authority, &Statement::Place(place))?;
    }
    Ok(())
}
