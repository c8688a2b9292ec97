//! Administrative regions of Indonesia: their codes, and the regencies of Perpres 63/2020.
//!
//! A region is known here by its Kemendagri code in parts (`72`, `72.03`, `72.03.05.2003`): a regency lies in its province, a village in its
//! regency. Codes of other editions and of the statistics office (BPS) lead to one only through the list (`schemas/regions/README.md`): they
//! can't be computed. What it is not: who is enrolled where (`query::regions`), nor a list of all regions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Serialize, Serializer};

use crate::record::registry::Region;

const LIST: &str = include_str!("../schemas/regions/perpres-63-2020.csv");

/// The year in which regencies of Papua were moved to new provinces, and had other codes from then on.
const SPLIT: u16 = 2022;

/// A Kemendagri code: two digits of the province, then the parts of regency, district and village.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// A text is no code of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no code of a region, such as 72 (province), 72.03 (regency) or 72.03.05.2003 (village)")]
pub struct CodeError;

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Code, CodeError> {
        let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        let mut parts = text.split('.');
        // an island has five digits after its regency, and nothing further
        let fits = parts.next().is_some_and(|province| digits(province, 2))
            && parts.next().is_none_or(|regency| digits(regency, 2))
            && parts.next().is_none_or(|district| digits(district, 2) || (digits(district, 5) && text.len() == 11))
            && parts.next().is_none_or(|village| digits(village, 4))
            && parts.next().is_none();
        if fits { Ok(Code(text.to_owned())) } else { Err(CodeError) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl Code {
    /// The code of a region that a record states; `None` when it is of an authority or an edition that is not read here.
    pub fn of(region: &Region) -> Option<Code> {
        match region.authority.as_str() {
            "kemendagri" => {
                let code: Code = region.code.parse().ok()?;
                Some(code.current(&region.edition))
            }
            "bps" => of_statistics(region),
            _ => None,
        }
    }

    /// Whether `other` is this region or lies in it: `74.12` holds `74.12.05.2003`.
    pub fn holds(&self, other: &Code) -> bool {
        other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The province.
    #[must_use]
    pub fn province(&self) -> Code {
        self.first(1)
    }

    /// The regency or city; of a province itself.
    #[must_use]
    pub fn regency(&self) -> Code {
        self.first(2)
    }

    /// This region and those that it lies in, the smallest first.
    pub fn outwards(&self) -> impl Iterator<Item = Code> + use<'_> {
        (1..=self.0.split('.').count()).rev().map(|parts| self.first(parts))
    }

    fn first(&self, parts: usize) -> Code {
        let end = self.0.match_indices('.').nth(parts.saturating_sub(1)).map_or(self.0.len(), |(at, _)| at);
        Code(self.0.get(..end).unwrap_or(&self.0).to_owned())
    }

    /// The code of today of one of that edition.
    fn current(self, edition: &str) -> Code {
        if !is_before_split(edition) {
            return self;
        }
        let regency = self.regency();
        let moved = listed().values().find(|listed| listed.before.as_ref() == Some(&regency));
        let Some(moved) = moved else { return self };
        Code(format!("{}{}", moved.code, self.0.strip_prefix(&regency.0).unwrap_or_default()))
    }
}

/// The regency of a code of BPS: four digits, with those of district and village after them.
fn of_statistics(region: &Region) -> Option<Code> {
    let digits: String = region.code.chars().filter(|c| *c != '.').collect();
    let regency = digits.get(..4).filter(|_| matches!(digits.len(), 4 | 7 | 10))?;
    let known = listed().values().find(|listed| listed.statistics == regency)?;
    // BPS gave other codes to what was moved
    (known.before.is_none() || is_before_split(&region.edition)).then(|| known.code.clone())
}

/// Whether an edition is older than the new provinces of Papua, as far as it names its year.
fn is_before_split(edition: &str) -> bool {
    let year = edition.split(|c: char| !c.is_ascii_digit()).rfind(|part| part.len() == 4);
    year.and_then(|year| year.parse::<u16>().ok()).is_none_or(|year| year < SPLIT)
}

/// A regency of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its code.
    pub code: Code,
    /// Its name, such as `Kabupaten Donggala`.
    pub name: String,
    /// Its name in the regulation, where that was another.
    pub name_in_list: Option<String>,
    /// Its province.
    pub province: String,
    /// Its code before it was moved to a new province.
    pub before: Option<Code>,
    /// Its code of BPS, 2018.
    statistics: String,
    /// Its centre, degrees north and east.
    pub centre: (f64, f64),
}

/// The regencies of Perpres 63/2020, by code.
pub fn listed() -> &'static BTreeMap<Code, Listed> {
    static ROWS: OnceLock<BTreeMap<Code, Listed>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let rows = LIST.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        // a test reads each: a line that is none is not listed
        rows.filter_map(row).map(|row| (row.code.clone(), row)).collect()
    })
}

fn row(line: &str) -> Option<Listed> {
    let fields: Vec<&str> = line.split(',').collect();
    let [code, name, in_list, province, before, statistics, north, east] = fields.as_slice() else { return None };
    Some(Listed {
        code: code.parse().ok()?,
        name: (*name).to_owned(),
        name_in_list: (!in_list.is_empty()).then(|| (*in_list).to_owned()),
        province: (*province).to_owned(),
        before: if before.is_empty() { None } else { Some(before.parse().ok()?) },
        statistics: (*statistics).to_owned(),
        centre: (north.parse().ok()?, east.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn code(text: &str) -> Code {
        text.parse().unwrap()
    }

    fn region(authority: &str, edition: &str, code: &str) -> Region {
        Region { authority: authority.into(), edition: edition.into(), code: code.into(), name: "x".into() }
    }

    #[test]
    fn every_line_of_the_list_is_a_regency_of_its_own() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#')).count() - 1;
        let rows: Vec<&Listed> = listed().values().collect();
        assert_eq!((rows.len(), lines), (62, 62));
        for row in &rows {
            assert!(row.name.starts_with("Kabupaten ") && row.code == row.code.regency(), "{row:?}");
            assert!(row.statistics.len() == 4 && row.statistics.bytes().all(|b| b.is_ascii_digit()), "{row:?}");
            let (north, east) = row.centre;
            assert!((-11.1..6.1).contains(&north) && (95.0..141.1).contains(&east), "{row:?}");
        }
        let before: Vec<&Code> = rows.iter().filter_map(|row| row.before.as_ref()).collect();
        assert_eq!(before.len(), 22, "moved to the new provinces of Papua");
        assert!(before.iter().all(|before| !listed().contains_key(before)), "no old code is another regency's now");
        for distinct in [
            rows.iter().map(|row| row.name.as_str()).collect::<BTreeSet<_>>(),
            rows.iter().map(|row| row.statistics.as_str()).collect(),
        ] {
            assert_eq!(distinct.len(), 62);
        }
    }

    #[test]
    fn code_holds_what_lies_in_it_by_parts() {
        let (province, regency, village) = (code("72"), code("72.03"), code("72.03.05.2003"));
        assert!(province.holds(&village) && regency.holds(&village) && regency.holds(&regency));
        assert!(!regency.holds(&province) && !regency.holds(&code("72.09")) && !village.holds(&regency));
        assert_eq!(
            (village.regency(), village.province(), province.regency()),
            (regency.clone(), province.clone(), code("72"))
        );
        let out: Vec<String> = village.outwards().map(|code| code.to_string()).collect();
        assert_eq!(out, ["72.03.05.2003", "72.03.05", "72.03", "72"]);
        for wrong in
            ["", "7", "720", "72.3", "72.031", "72.03.5", "72.03.05.203x", "72..03", "72.03.05.2003.1", "a.b", "７２"]
        {
            assert_eq!(wrong.parse::<Code>(), Err(CodeError), "{wrong}");
        }
        assert_eq!(code("91.03.40001").regency(), code("91.03"), "an island");
    }

    #[test]
    fn codes_of_other_editions_and_authorities_lead_to_one_only_by_the_list() {
        let of = |authority: &str, edition: &str, code: &str| {
            Code::of(&region(authority, edition, code)).map(|code| code.to_string())
        };
        assert_eq!(of("kemendagri", "300.2.2-2430/2025", "72.03.05.2003").as_deref(), Some("72.03.05.2003"));
        assert_eq!(of("kemendagri", "2020", "91.02.05.2001").as_deref(), Some("95.01.05.2001"));
        assert_eq!(of("kemendagri", "300.2.2-2430/2025", "91.02").as_deref(), Some("91.02"), "a code of today");
        // 5301 is Sumba Barat for BPS, 53.01 is Kupang
        assert_eq!(of("bps", "2018", "5301").as_deref(), Some("53.12"));
        assert_eq!(of("bps", "2018", "5301010001").as_deref(), Some("53.12"));
        assert_eq!(of("bps", "2018", "9402").as_deref(), Some("95.01"));
        assert_eq!(of("bps", "2023", "9402"), None, "another edition than the list's, and moved since");
        for unknown in ["3171", "53", "530", "53.01.1"] {
            assert_eq!(of("bps", "2018", unknown), None, "{unknown}");
        }
        assert_eq!(of("gadm", "4.1", "72.03"), None);
        assert_eq!(of("kemendagri", "2025", "nowhere"), None);
    }
}
