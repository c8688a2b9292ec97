//! Monitoring results: what was measured of a place over a period, such as residues or the waters of a bay, and which lots it counts for.
//!
//! What it is not: a test of the lot. A list of complete tests names the parameters that such a result may cover, and for how long; its
//! limits for the lot's own form judge the values.

use jiff::ToSpan;
use jiff::civil::Date;

use super::complete::Tested;
use super::profile::{PARAMETER, Profile};
use super::{Judged, Measured, Occasion, Verdict};

/// Most days that a result may count: ten years.
pub const MOST_DAYS: u32 = 3_660;

/// What was measured of a place over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitoring {
    /// The place, by its URI.
    pub place: String,
    /// First day of the period in which samples were drawn.
    pub from: Date,
    /// Last day of it.
    pub until: Date,
    /// What was measured.
    pub values: Vec<Measured>,
    /// By a party to the goods, or with a stolen key: what was outside a limit counts, and nothing else.
    pub own: bool,
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
        self.place == origin.place && counts_for((self.from, self.until), origin, days)
    }
}

/// Whether a period counts for a harvest of its place: one that was not begun before it, and ended in it or at most `days` later.
pub fn counts_for((from, until): (Date, Date), origin: &Origin, days: u32) -> bool {
    let last = until.checked_add(i64::from(days).days());
    from <= origin.from && last.is_ok_and(|last| origin.until <= last)
}

/// What monitoring results come to for a lot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitoringOutcome {
    /// What they cover: of each parameter that the list allows, what passed in every origin.
    pub covered: Tested,
    /// Of each result, in the order given, the parameters of the list that it counts for and that were outside a limit.
    pub failed: Vec<Vec<String>>,
    /// Of each result, in the order given, the parameters of the list that it counts for and that passed.
    pub passed: Vec<Vec<String>>,
}

impl Profile {
    /// What monitoring results come to for a lot of `form` and these origins. A parameter is covered only where a result counts for each
    /// origin: one clean bay does not cover the other. One that failed in any result that counts for an origin is not covered. Nothing
    /// without an origin.
    pub fn monitored(&self, form: &str, market: &str, origins: &[Origin], all: &[Monitoring]) -> MonitoringOutcome {
        let mut monitored = MonitoringOutcome {
            failed: vec![Vec::new(); all.len()],
            passed: vec![Vec::new(); all.len()],
            ..MonitoringOutcome::default()
        };
        let Some(list) = self.complete_list(form, market) else { return monitored };
        let judged: Vec<Vec<Judged>> = all
            .iter()
            .map(|result| {
                let occasion = Occasion { day: result.until, size: Default::default() };
                self.judge(form, &list.requirements, &result.values, occasion).results
            })
            .collect();
        for (id, days) in &list.monitored {
            let of_it = |judged: &&Judged| judged.parameter.strip_prefix(PARAMETER) == Some(id.as_str());
            let mut common: Option<Tested> = None;
            for origin in origins {
                let mut results = Vec::new();
                for (at, result) in all.iter().enumerate().filter(|(_, result)| result.counts_for(origin, *days)) {
                    let here: Vec<Judged> = judged.get(at).into_iter().flatten().filter(of_it).cloned().collect();
                    let has = |verdict| here.iter().any(|judged| judged.verdict == verdict && !judged.advisory);
                    let noted = if has(Verdict::Fail) {
                        monitored.failed.get_mut(at)
                    } else if result.own {
                        None
                    } else if has(Verdict::Pass) || (list.known.contains_key(id) && !here.is_empty()) {
                        monitored.passed.get_mut(at)
                    } else {
                        None
                    };
                    if let Some(noted) = noted.filter(|noted| !noted.contains(id)) {
                        noted.push(id.clone());
                    }
                    let fails = |judged: &Judged| judged.verdict == Verdict::Fail;
                    results.extend(here.into_iter().filter(|judged| !result.own || fails(judged)));
                }
                // together: what failed in one is passed by no other
                let mut here = Tested::default();
                here.add(&results);
                common = Some(common.map_or_else(|| here.clone(), |common| common.shared(&here)));
            }
            monitored.covered.merge(&common.unwrap_or_default());
        }
        monitored
    }
}

#[cfg(test)]
#[cfg(feature = "node")]
mod tests {
    use super::*;
    use crate::quality::complete::Facts;
    use crate::quality::{Completeness, builtin};

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
        Monitoring {
            place: place.into(),
            from: day("2026-06-01"),
            until: day("2026-06-30"),
            values: vec![value],
            own: false,
        }
    }

    /// Whether PFOS still lacks of a lot of these origins.
    fn lacks(origins: &[Origin], all: &[Monitoring]) -> bool {
        let monitoring = crab().monitored("live-bsc", "NL", origins, all);
        let facts = Facts { monitoring: Some(&monitoring.covered), ..Facts::default() };
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

    #[test]
    fn result_outside_a_limit_is_passed_by_no_other_and_is_named() {
        let origin = [origin("bay", "2026-11-01", "2026-11-02")];
        let both = [result("bay", "0.5"), result("bay", "3.5"), result("cape", "9")];
        assert!(lacks(&origin, &both), "the second failed");
        let monitored = crab().monitored("live-bsc", "NL", &origin, &both);
        assert_eq!(monitored.failed, [vec![], vec!["pfos".to_owned()], vec![]]);
        assert_eq!(monitored.passed, [vec!["pfos".to_owned()], vec![], vec![]], "the third is of another place");
    }

    #[test]
    fn result_of_a_party_to_the_goods_covers_nothing_and_its_failure_counts() {
        let origin = [origin("bay", "2026-11-01", "2026-11-02")];
        let own = |pfos: &str| Monitoring { own: true, ..result("bay", pfos) };
        assert!(lacks(&origin, &[own("0.5")]));
        let both = [result("bay", "0.5"), own("3.5")];
        assert!(lacks(&origin, &both), "what the party itself found is not hidden by another");
        assert_eq!(crab().monitored("live-bsc", "NL", &origin, &both).failed[1], ["pfos"]);
    }
}
