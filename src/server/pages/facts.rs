//! The facts of the first screen: where from, when harvested, inspected by whom, recalled or not, failures that were cured, and the
//! gravest warning.

use std::collections::BTreeSet;

use super::bidi::{self, isolated};
use super::lot::FindingLine;
use super::lot_text::LotText;
use super::piece::{Piece, around, named};
use super::{format, journey};
use crate::chain::outcome::Act;
use crate::quality::Verdict;
use crate::query::view::{InspectionView, LotState, PartyView};
use crate::record::RecordId;

/// A line of the first screen.
pub(super) struct Fact {
    pub(super) icon: &'static str,
    pub(super) text: Vec<Piece>,
    pub(super) details: Vec<Detail>,
    pub(super) tone: &'static str,
    /// The fact that its whole text is, if a browser compares it as one.
    pub(super) line: &'static str,
    /// Whether only the server knows it: it follows from rules that a browser does not check.
    pub(super) by_server: bool,
}

/// What stands under a line of the first screen.
pub(super) struct Detail {
    pub(super) text: Vec<Piece>,
    /// Whether a browser compares it as a whole with what the records state of holds and tests.
    pub(super) stated: bool,
}

impl From<Vec<Piece>> for Detail {
    fn from(text: Vec<Piece>) -> Detail {
        Detail { text, stated: false }
    }
}

impl Detail {
    fn stated(text: String) -> Detail {
        Detail { text: vec![Piece::plain(text)], stated: true }
    }
}

impl Fact {
    fn new(icon: &'static str, text: Vec<Piece>, details: Vec<Detail>, tone: &'static str) -> Fact {
        Fact { icon, text, details, tone, line: "", by_server: false }
    }
}

impl LotText<'_> {
    pub(super) fn facts(&self) -> Vec<Fact> {
        let lang = self.lang();
        let mut facts = Vec::new();
        if self.view.states.contains(&LotState::Withdrawn) {
            let text = vec![Piece::plain(lang.text("withdrawn-why"))];
            facts.push(Fact { by_server: true, ..Fact::new("i-pen", text, Vec::new(), "bad") });
        }
        facts.push(Fact { line: "origins", ..Fact::new("i-pin", self.origin(), vec![self.makers().into()], "") });
        if let Some(harvest) = self.harvest() {
            facts.push(Fact::new(journey::icon(Act::Harvest, self.words), vec![harvest], Vec::new(), ""));
        }
        facts.extend(self.past_its_best());
        facts.push(self.inspected());
        facts.push(self.recall());
        facts.extend(self.cured());
        let warnings: Vec<FindingLine> = self.findings().into_iter().filter(|line| line.warning).collect();
        if let Some(first) = warnings.first() {
            let more = warnings.len() - 1 + self.view.omitted.warnings;
            let details = (more > 0).then(|| vec![Piece::plain(lang.count("findings-more", more as u64))].into());
            let text = vec![Piece::plain(first.text.clone())];
            facts.push(Fact { by_server: true, ..Fact::new("i-alert", text, details.into_iter().collect(), "warn") });
        }
        facts
    }

    /// That an earlier test failed, of the lot or of what it was made from, and what cleared that. The verdict no longer shows it.
    fn cured(&self) -> Option<Fact> {
        let lang = self.lang();
        let failed = |i: &&InspectionView| i.verdict == Verdict::Fail && i.voided_by.is_none();
        // the lot's own before those of its sources
        let cleared = self.view.inspections.iter().filter(failed).filter(|i| !i.cleared_by.is_empty());
        let first = cleared.min_by_key(|i| i.lot != self.view.lot)?;
        let processed = first.cleared_by.iter().all(|cleared| cleared.act == Act::Process);
        let text = lang.text(if processed { "cured-by-process" } else { "cured-by-test" });
        let mut details = Vec::new();
        if first.lot != self.view.lot {
            details.push(vec![Piece::plain(lang.with("cured-of", &[("lot", first.lot.lot.as_str())]))].into());
        }
        Some(Fact { by_server: true, ..Fact::new("i-note", vec![Piece::plain(text)], details, "quiet") })
    }

    /// Where from: names of places as in the records, with their regions and countries.
    fn origin(&self) -> Vec<Piece> {
        let places = self.view.origins.iter().filter_map(|o| o.place.as_ref());
        let names: Vec<_> =
            places.map(|p| ("origin", p.gln.to_string(), self.lang().name(&p.name), self.place_url(p))).collect();
        named(&self.origin_words(), &names)
    }

    fn origin_words(&self) -> String {
        let lang = self.lang();
        // places of one region are grouped, with the region named once
        let mut regions: Vec<(String, Vec<String>)> = Vec::new();
        for origin in &self.view.origins {
            let region = match origin.place.as_ref().map_or(&origin.producer.region, |place| &place.region) {
                Some(region) => format::region(lang, &region.name),
                None => String::new(),
            };
            let place = match &origin.place {
                Some(place) => lang.name(&place.name),
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
            } else if !region.is_empty() && !bidi::plain(&text).contains(&bidi::plain(region)) {
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
        let text = match self.view.omitted.origins {
            0 => text,
            // of harvests that are not listed the places are not known here
            more => format!("{text} · {}", lang.count("origins-rest", more as u64)),
        };
        // readers in the country know the regency; readers abroad need the country
        let countries: BTreeSet<&str> = self.view.origins.iter().map(|o| o.producer.country.as_str()).collect();
        match countries.into_iter().collect::<Vec<_>>().as_slice() {
            [home] if lang.is_of_one_country(home) => text,
            [one] => self.comma(&text, &self.country(one)),
            _ => text,
        }
    }

    fn makers(&self) -> Vec<Piece> {
        let maker = &self.view.maker;
        let piece = Piece::of("maker", &maker.party, self.party(maker)).at(self.party_url(maker));
        around(self.lang(), "made-by", "party", piece)
    }

    fn by(&self, party: &PartyView, record: &RecordId) -> Vec<Piece> {
        let piece = Piece::of("signer", record.to_string(), self.party(party)).at(self.party_url(party));
        around(self.lang(), "by", "party", piece)
    }

    fn harvest(&self) -> Option<Piece> {
        let lang = self.lang();
        let (first, last) = self.view.harvested.as_ref()?;
        let when = match (first.parse(), last.parse()) {
            (Ok(from), Ok(to)) => format::date_range(lang, from, to),
            _ => first.clone(),
        };
        let sentence = lang.with("harvested", &[("done", &self.words.harvested(lang)), ("when", &when)]);
        Some(Piece::of("harvest", format!("{first} {last}"), sentence))
    }

    /// That the best-before date has passed on the day of the reader. A lot that is not dated has none.
    fn past_its_best(&self) -> Option<Fact> {
        let day = self.view.best_before.as_deref()?;
        let passed = day.parse::<jiff::civil::Date>().ok().zip(self.today).is_some_and(|(best, today)| best < today);
        let text = self.lang().with("best-before-passed", &[("when", &format::day(self.lang(), day))]);
        passed.then(|| Fact { by_server: true, ..Fact::new("i-alert", vec![Piece::plain(text)], Vec::new(), "warn") })
    }

    fn inspected(&self) -> Fact {
        let lang = self.lang();
        let standing = self.view.inspections.iter().filter(|i| i.voided_by.is_none() && i.superseded_by.is_none());
        // order: open failures first, inspections by a stolen key last, own checks before them, those of the lot before those of its
        // sources, with a verdict before without; then the newest
        let of_lot = |i: &InspectionView| i.lot == self.view.lot;
        let unjudged = |i: &InspectionView| i.verdict == Verdict::NotEvaluated;
        let first = standing
            .min_by_key(|i| (i.verdict != Verdict::Fail, i.marked, i.own, i.is_uncounted(), !of_lot(i), unjudged(i)));
        let Some(inspection) = first else {
            let text = vec![Piece::of("inspected", "", lang.text("not-inspected"))];
            return Fact::new("i-flask", text, Vec::new(), "quiet");
        };
        let when = self.when_day(inspection);
        let of_source = inspection.lot != self.view.lot && inspection.verdict == Verdict::Pass;
        if of_source && self.view.states.contains(&LotState::NotInspected) {
            let result = lang.with("inspected-pass", &[("when", &when)]);
            let detail = [("lot", inspection.lot.lot.as_str()), ("result", &result)];
            let mut details = vec![Detail::stated(lang.with("source-inspected", &detail))];
            if inspection.marked {
                details.push(vec![Piece::plain(lang.text("marked-signed"))].into());
            }
            let text = vec![Piece::of("inspected", "", lang.text("not-inspected-itself"))];
            return Fact::new("i-flask", text, details, if inspection.marked { "bad" } else { "quiet" });
        }
        let (key, tone) = match inspection.verdict {
            Verdict::Pass => ("inspected-pass", "good"),
            Verdict::Fail => ("inspected-fail", "bad"),
            Verdict::Inconclusive => ("inspected-inconclusive", "warn"),
            Verdict::NotEvaluated => ("inspected-unjudged", "quiet"),
        };
        let tone = match tone {
            _ if inspection.marked => "bad",
            "good" if inspection.own || inspection.is_uncounted() => "quiet",
            tone => tone,
        };
        let mut details: Vec<Detail> = vec![self.by(&inspection.inspector, &inspection.record).into()];
        if inspection.own {
            details.insert(0, vec![Piece::plain(lang.text("own-check-why"))].into());
        }
        if inspection.marked {
            details.insert(0, vec![Piece::plain(lang.text("marked-signed"))].into());
        }
        if inspection.too_late {
            details.insert(0, vec![Piece::plain(lang.text("inspection-too-late"))].into());
        }
        if inspection.lacks_sample() {
            details.insert(0, vec![Piece::plain(lang.text("inspection-sample-none"))].into());
        }
        if let Some((body, number)) = &inspection.accreditation {
            let accredited = self.labelled("accredited", &isolated(&format!("{body} {number}")));
            details.push(vec![Piece::of("accreditation", inspection.record.to_string(), accredited)].into());
        }
        let sentence = Piece::of("inspected", inspection.record.to_string(), lang.with(key, &[("when", &when)]));
        Fact::new("i-flask", vec![sentence], details, tone)
    }

    fn recall(&self) -> Fact {
        let lang = self.lang();
        let standing: Vec<_> = self.view.holds.iter().filter(|h| h.lifted_by.is_none()).collect();
        let Some(hold) = standing.iter().find(|h| h.recall).or_else(|| standing.first()) else {
            let key = if self.view.holds.is_empty() { "recall-none" } else { "recall-lifted" };
            let text = vec![Piece::of("recall", "", lang.text(key))];
            return Fact::new("i-hand", text, Vec::new(), "quiet");
        };
        let when = format::day_of(lang, hold.event_time, self.offset(&hold.record));
        let key = if hold.recall { "recalled" } else { "on-hold" };
        let reason = |reason: &String| Detail { text: self.reason(reason, &hold.issuer), stated: true };
        let mut details: Vec<Detail> = hold.reason.iter().map(reason).collect();
        // a hold of the lot itself names it, one of an ancestor does not
        if let (false, Some(above)) = (hold.lots.contains(&self.view.lot), hold.lots.first()) {
            details.push(Detail::stated(lang.with("hold-inherited", &[("lot", above.lot.as_str())])));
        }
        details.push(self.by(&hold.issuer, &hold.record).into());
        if self.view.omitted.holds > 0 {
            details.push(Detail::stated(lang.count("holds-more", self.view.omitted.holds as u64)));
        }
        let sentence = Piece::of("recall", hold.record.to_string(), lang.with(key, &[("when", &when)]));
        Fact::new("i-hand", vec![sentence], details, "bad")
    }

    pub(super) fn when_day(&self, inspection: &InspectionView) -> String {
        format::day_of(self.lang(), inspection.event_time, self.offset(&inspection.record))
    }

    /// The offset from UTC that a record of the journey states.
    pub(super) fn offset(&self, record: &RecordId) -> &str {
        self.view.steps.iter().find(|s| s.record == *record).map_or("+00:00", |s| &s.offset)
    }
}
