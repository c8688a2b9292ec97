//! The facts of the first screen: where from, when harvested, inspected by whom, recalled or not, and the first warning.

use std::collections::BTreeSet;

use super::lot::Shower;
use super::{animals, format, journey};
use crate::chain::outcome::{Act, Finding, Severity};
use crate::chain::view::{InspectionView, LotState};
use crate::quality::Verdict;
use crate::record::RecordId;
use crate::server::i18n::Lang;

/// A line of the first screen.
pub(super) struct Fact {
    pub(super) icon: &'static str,
    pub(super) text: String,
    pub(super) details: Vec<String>,
    pub(super) tone: &'static str,
}

impl Shower<'_> {
    pub(super) fn facts(&self) -> Vec<Fact> {
        let lang = self.lang();
        let mut facts = vec![Fact { icon: "i-pin", text: self.origin(), details: vec![self.makers()], tone: "" }];
        if let Some(text) = self.harvest() {
            facts.push(Fact {
                icon: journey::icon(Act::Harvest, animals(&self.view.product.commodity)),
                text,
                details: Vec::new(),
                tone: "",
            });
        }
        facts.push(self.inspected());
        facts.push(self.recall());
        let warnings: Vec<&Finding> = self.view.findings.iter().filter(|f| f.severity == Severity::Warning).collect();
        if let Some(first) = warnings.first() {
            let more = warnings.len() - 1;
            facts.push(Fact {
                icon: "i-alert",
                text: self.finding(first),
                details: (more > 0).then(|| lang.count("findings-more", more as u64)).into_iter().collect(),
                tone: "warn",
            });
        }
        facts
    }

    fn origin(&self) -> String {
        let lang = self.lang();
        // places of one region are named together, the region once
        let mut regions: Vec<(String, Vec<String>)> = Vec::new();
        for origin in &self.view.origins {
            let region = match origin.place.as_ref().map_or(&origin.producer.region, |place| &place.region) {
                Some(region) => format::region(lang, &region.name),
                None => String::new(),
            };
            let place = match &origin.place {
                Some(place) => lang.pick(&place.name).to_owned(),
                None if region.is_empty() => self.party(&origin.producer),
                None => String::new(),
            };
            let known = regions.iter().position(|(seen, _)| *seen == region).unwrap_or_else(|| {
                regions.push((region, Vec::new()));
                regions.len() - 1
            });
            if let Some((_, places)) = regions.get_mut(known)
                && !place.is_empty()
                && !places.contains(&place)
            {
                places.push(place);
            }
        }
        let named = regions.iter().map(|(region, places)| {
            let mut text = match places.as_slice() {
                [first, rest @ ..] if rest.len() > 1 => {
                    format!("{first} {}", lang.count("origin-more", rest.len() as u64))
                }
                _ => places.join(" · "),
            };
            if text.is_empty() {
                text.clone_from(region);
            } else if !region.is_empty() && !text.contains(region.as_str()) {
                text = self.comma(&text, region);
            }
            text
        });
        let named: Vec<String> = named.collect();
        let text = match named.as_slice() {
            [] => return lang.text("origin-unknown"),
            [_] | [_, _] => named.join(" · "),
            [first, rest @ ..] => format!("{first} {}", lang.count("origin-more", rest.len() as u64)),
        };
        // a reader at home knows the regency; a reader abroad needs the country
        let countries: BTreeSet<&str> = self.view.origins.iter().map(|o| o.producer.country.as_str()).collect();
        match countries.into_iter().collect::<Vec<_>>().as_slice() {
            ["ID"] if lang == Lang::Id => text,
            [one] => self.comma(&text, &self.country(one)),
            _ => text,
        }
    }

    fn makers(&self) -> String {
        let lang = self.lang();
        let maker = self.party(&self.view.maker);
        lang.with("made-by", &[("party", &maker)])
    }

    fn harvest(&self) -> Option<String> {
        let lang = self.lang();
        let days = || self.view.origins.iter().flat_map(|o| [&o.harvest_start, &o.harvest_end]).flatten();
        let (first, last) = (days().min()?, days().max()?);
        let when = match (first.parse(), last.parse()) {
            (Ok(from), Ok(to)) => format::date_range(lang, from, to),
            _ => first.clone(),
        };
        let key = if self.view.product.commodity.contains("crab") { "caught" } else { "harvested" };
        Some(lang.with(key, &[("when", &when)]))
    }

    fn inspected(&self) -> Fact {
        let lang = self.lang();
        let standing = |i: &&InspectionView| i.voided_by.is_none() && i.superseded_by.is_none();
        // a failure that stands is told before a pass that stands beside it
        let found = self
            .view
            .inspections
            .iter()
            .filter(standing)
            .find(|i| i.verdict == Verdict::Fail)
            .or_else(|| self.view.inspections.iter().find(standing));
        let Some(inspection) = found else {
            return Fact { icon: "i-flask", text: lang.text("not-inspected"), details: Vec::new(), tone: "quiet" };
        };
        let when = self.when_day(inspection);
        let of_source = inspection.lot != self.view.lot && inspection.verdict == Verdict::Pass;
        if of_source && self.view.states.contains(&LotState::NotInspected) {
            let result = lang.with("inspected-pass", &[("when", &when)]);
            let detail = [("lot", inspection.lot.lot.as_str()), ("result", &result)];
            return Fact {
                icon: "i-flask",
                text: lang.text("not-inspected-itself"),
                details: vec![lang.with("source-inspected", &detail)],
                tone: "quiet",
            };
        }
        let (key, tone) = match inspection.verdict {
            Verdict::Pass => ("inspected-pass", "good"),
            Verdict::Fail => ("inspected-fail", "bad"),
            Verdict::Inconclusive => ("inspected-inconclusive", "warn"),
            Verdict::NotEvaluated => ("inspected-unjudged", "quiet"),
        };
        let inspector = self.party(&inspection.inspector);
        let mut details = vec![lang.with("by", &[("party", &inspector)])];
        if let Some((body, number)) = &inspection.accreditation {
            details.push(self.labelled("accredited", &format!("{body} {number}")));
        }
        Fact { icon: "i-flask", text: lang.with(key, &[("when", &when)]), details, tone }
    }

    fn recall(&self) -> Fact {
        let lang = self.lang();
        let standing: Vec<_> = self.view.holds.iter().filter(|h| h.lifted_by.is_none()).collect();
        let Some(hold) = standing.iter().find(|h| h.recall).or_else(|| standing.first()) else {
            let key = if self.view.holds.is_empty() { "recall-none" } else { "recall-lifted" };
            return Fact { icon: "i-hand", text: lang.text(key), details: Vec::new(), tone: "quiet" };
        };
        let when = format::day_of(lang, hold.event_time, self.offset(&hold.record));
        let key = if hold.recall { "recalled" } else { "on-hold" };
        let mut details: Vec<String> = hold.reason.iter().map(|r| self.value("reason", r)).collect();
        details.push(lang.with("by", &[("party", &self.party(&hold.issuer))]));
        Fact { icon: "i-hand", text: lang.with(key, &[("when", &when)]), details, tone: "bad" }
    }

    pub(super) fn when_day(&self, inspection: &InspectionView) -> String {
        format::day_of(self.lang(), inspection.event_time, self.offset(&inspection.record))
    }

    /// The offset from UTC that a record of the journey states.
    fn offset(&self, record: &RecordId) -> &str {
        self.view.steps.iter().find(|s| s.record == *record).map_or("+00:00", |s| &s.offset)
    }
}
