//! Monitoring results: what was measured of a place over a period, such as residues or the waters of a bay, and which lots it counts for.
//!
//! What it is not: a test of the lot. A list of complete tests names the parameters that such a result may cover, and for how long.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Judged;
use super::complete::Tested;
use super::profile::{PARAMETER, Profile};

/// A monitoring result, as the profile judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitoring {
    /// The place, by its URI.
    pub place: String,
    /// First day of the period in which samples were drawn.
    pub from: Date,
    /// Last day of it.
    pub until: Date,
    /// What was measured.
    pub results: Vec<Judged>,
}

/// Where and when a lot was harvested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The place, by its URI.
    pub place: String,
    /// First day of the harvest.
    pub from: Date,
    /// Last day of it.
    pub until: Date,
}

impl Monitoring {
    /// Whether it counts for a harvest: of the same place, not begun before the period, and ended in it or at most `days` later.
    pub fn counts_for(&self, origin: &Origin, days: u32) -> bool {
        let last = self.until.checked_add(i64::from(days).days());
        self.place == origin.place && self.from <= origin.from && last.is_ok_and(|last| origin.until <= last)
    }
}

impl Profile {
    /// What monitoring results come to for a lot of `form` and these origins. A parameter is covered only where a result counts for each
    /// origin: one clean bay does not cover the other. Nothing without an origin.
    pub fn monitored(&self, form: &str, market: &str, origins: &[Origin], all: &[Monitoring]) -> Tested {
        let mut covered = Tested::default();
        let Some(list) = self.complete_list(form, market) else { return covered };
        for (id, days) in &list.monitored {
            let of_it = |judged: &&Judged| judged.parameter.strip_prefix(PARAMETER) == Some(id.as_str());
            let mut each = origins.iter().map(|origin| {
                let mut here = Tested::default();
                for result in all.iter().filter(|result| result.counts_for(origin, *days)) {
                    here.add(&result.results.iter().filter(of_it).cloned().collect::<Vec<_>>());
                }
                here
            });
            let Some(first) = each.next() else { continue };
            covered.merge(&each.fold(first, |common, next| common.shared(&next)));
        }
        covered
    }
}

#[cfg(test)]
#[cfg(feature = "node")]
mod tests {
    use super::*;
    use crate::quality::complete::Facts;
    use crate::quality::{Completeness, Measured, Occasion, builtin};

    fn crab() -> &'static Profile {
        &builtin().iter().find(|shipped| shipped.profile.id == "crab").unwrap().profile
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn origin(place: &str, from: &str, until: &str) -> Origin {
        Origin { place: place.into(), from: day(from), until: day(until) }
    }

    fn result(place: &str, pfos: &str) -> Monitoring {
        let value = Measured {
            parameter: format!("{PARAMETER}pfos"),
            value: pfos.into(),
            uom: Some("J33".into()),
            uncertainty: None,
            loq: None,
            method: None,
            units: 1,
        };
        let occasion = Occasion { day: day("2026-06-30"), size: Default::default() };
        let results = crab().judge("live-bsc", &["EU/EU-2023/915".to_owned()], &[value], occasion).results;
        Monitoring { place: place.into(), from: day("2026-06-01"), until: day("2026-06-30"), results }
    }

    /// Whether PFOS still lacks of a lot of these origins.
    fn lacks(origins: &[Origin], all: &[Monitoring]) -> bool {
        let monitoring = crab().monitored("live-bsc", "NL", origins, all);
        let facts = Facts { monitoring: Some(&monitoring), ..Facts::default() };
        match crab().completeness("live-bsc", "NL", &Tested::default(), &facts) {
            Completeness::Partly { lacking, .. } => lacking.iter().any(|lacking| lacking.one_of == ["pfos"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn monitoring_counts_for_its_place_and_period_and_so_long_after_it() {
        let bay = [result("bay", "0.5")];
        assert!(!lacks(&[origin("bay", "2026-11-01", "2026-11-02")], &bay));
        assert!(lacks(&[origin("other", "2026-11-01", "2026-11-02")], &bay), "of another place");
        assert!(lacks(&[origin("bay", "2026-05-31", "2026-06-02")], &bay), "begun before the period");
        assert!(!lacks(&[origin("bay", "2027-06-29", "2027-06-30")], &bay), "the last day of a year");
        assert!(lacks(&[origin("bay", "2027-06-30", "2027-07-01")], &bay), "a day later");
        assert!(lacks(&[], &bay), "a lot without an origin");
        assert!(lacks(&[origin("bay", "2026-11-01", "2026-11-02")], &[result("bay", "3.5")]), "above the limit");
    }

    #[test]
    fn each_origin_of_a_lot_needs_its_own_monitoring() {
        let both = [origin("bay", "2026-11-01", "2026-11-02"), origin("cape", "2026-11-01", "2026-11-02")];
        assert!(lacks(&both, &[result("bay", "0.5")]));
        assert!(!lacks(&both, &[result("bay", "0.5"), result("cape", "0.1")]));
        assert!(lacks(&both, &[result("bay", "0.5"), result("cape", "9")]));
    }
}
