//! The demo's products and places, registered by the authority: the villages have no GS1 prefix of their own.

use anyhow::Result;

use super::seed::Seeder;
use super::world::{gln, gtin, names, party, places, region, what, who};
use crate::gs1::{Amount, BaseUnit};
use crate::record::registry::{Names, Place, Product, Statement};

/// Registers products and places.
///
/// # Errors
/// When the ledger refuses a statement.
pub fn register(s: &mut Seeder<'_>, authority: &str) -> Result<()> {
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
            names("Alpukat segar, belum disortir", "Fresh avocado, unsorted", "鲜牛油果（未分级）"),
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
            names("Pendaratan bakau Desa Sidomakmur (contoh)", "Mangrove landing (demo)", "红树林码头（演示）"),
            "village",
            "ID",
            Some(("92.06", "Kabupaten Teluk Bintuni")),
            "-2.11,133.52",
        ),
        (
            places::CRAB_POND,
            names("Kolam penampungan Bakau Lestari (contoh)", "Holding ponds (demo)", "暂养池（演示）"),
            "collection",
            "ID",
            Some(("92.06", "Kabupaten Teluk Bintuni")),
            "-2.12,133.53",
        ),
        (
            places::AVOCADO_VILLAGE,
            names("Desa Netpala (contoh)", "Netpala village (demo)", "Netpala 村（演示）"),
            "village",
            "ID",
            Some(("53.02", "Kabupaten Timor Tengah Selatan")),
            "-9.65,124.19",
        ),
        (
            places::AVOCADO_VILLAGE_2,
            names("Desa Oenino (contoh)", "Oenino village (demo)", "Oenino 村（演示）"),
            "village",
            "ID",
            Some(("53.02", "Kabupaten Timor Tengah Selatan")),
            "-9.82,124.46",
        ),
        (
            places::PACKHOUSE,
            names("Rumah kemas Netpala (contoh)", "Netpala packing house (demo)", "包装厂（演示）"),
            "processing",
            "ID",
            Some(("53.02", "Kabupaten Timor Tengah Selatan")),
            "-9.66,124.2",
        ),
        (
            places::BANANA_VILLAGE,
            names("Desa Gangga (contoh)", "Gangga village (demo)", "Gangga 村（演示）"),
            "village",
            "ID",
            Some(("52.08", "Kabupaten Lombok Utara")),
            "-8.35,116.2",
        ),
        (
            places::MILL,
            names("Penggilingan Gangga Makmur (contoh)", "Flour mill (demo)", "面粉厂（演示）"),
            "processing",
            "ID",
            Some(("52.08", "Kabupaten Lombok Utara")),
            "-8.36,116.19",
        ),
        (
            places::LEAF_VILLAGE,
            names("Desa Balukang (contoh)", "Balukang village (demo)", "Balukang 村（演示）"),
            "village",
            "ID",
            Some(("72.03", "Kabupaten Donggala")),
            "0.45,119.86",
        ),
        (
            places::DISTILLERY,
            names("Penyulingan Nilam Sojol (contoh)", "Distillery (demo)", "蒸馏厂（演示）"),
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
                "望加锡实验室（演示）",
            ),
            "laboratory",
            "ID",
            None,
            "-5.14,119.43",
        ),
        (
            places::PORT,
            names("Pelabuhan Makassar (contoh)", "Port of Makassar (demo)", "望加锡港（演示）"),
            "port",
            "ID",
            None,
            "-5.12,119.41",
        ),
        (
            places::SG,
            names("Gudang Singapura (contoh)", "Singapore warehouse (demo)", "新加坡仓库（演示）"),
            "warehouse",
            "SG",
            None,
            "1.31,103.71",
        ),
        (
            places::AE,
            names("Gudang Dubai (contoh)", "Dubai warehouse (demo)", "迪拜仓库（演示）"),
            "warehouse",
            "AE",
            None,
            "25.01,55.09",
        ),
        (
            places::NL,
            names("Gudang Rotterdam (contoh)", "Rotterdam warehouse (demo)", "鹿特丹仓库（演示）"),
            "warehouse",
            "NL",
            None,
            "51.9,4.4",
        ),
        (
            places::DE,
            names("Gudang Hamburg (contoh)", "Hamburg warehouse (demo)", "汉堡仓库（演示）"),
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
