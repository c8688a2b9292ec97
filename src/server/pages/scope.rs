//! The line under a lot's verdict: the market that it is judged for, and what is lacking.

use super::bidi::isolated;
use super::lot_text::{LotText, country};
use super::{PageState, Words, format, record_path};
use crate::quality::profile::PARAMETER;
use crate::quality::{Completeness, Lacking};
use crate::query::view::{LotState, SpecificationView};
use crate::server::i18n::Lang;

/// A line about monitoring of a place.
pub(super) struct Monitoring {
    pub(super) text: String,
    /// It names what was outside a limit.
    pub(super) failed: bool,
    pub(super) record_url: String,
}

impl LotText<'_> {
    /// The market, and what was tested or is lacking, in a sentence or two; then the specifications that the lot must keep to, and how many
    /// of them are not named.
    pub(super) fn scope(&self) -> String {
        let mut scope = self.market_scope();
        let adopted = &self.view.judged.specifications;
        if !adopted.is_empty() {
            let names: Vec<String> = adopted.iter().map(|one| self.specification(one)).collect();
            next_sentence(&mut scope);
            scope.push_str(
                &self.lang().with("scope-adopted", &[("specifications", &format::list(self.lang(), &names))]),
            );
            let more = self.view.omitted.specifications;
            if more > 0 {
                next_sentence(&mut scope);
                scope.push_str(&self.lang().count("specifications-more", more as u64));
            }
        }
        scope
    }

    /// An adopted specification: its name, its version and whose it is.
    pub(super) fn specification(&self, adopted: &SpecificationView) -> String {
        let (lang, version) = (self.lang(), isolated(&adopted.version));
        let name = lang.name(&adopted.name);
        lang.with("specification-of", &[("name", &name), ("version", &version), ("party", &self.party(&adopted.party))])
    }

    fn market_scope(&self) -> String {
        let lang = self.lang();
        let judged = &self.view.judged;
        let market = self.country(&judged.market);
        let tested = self.parameters(&judged.tested);
        let with = |key: &str| lang.with(key, &[("market", &market), ("tested", &tested)]);
        match &judged.completeness {
            None => with("scope-none"),
            Some(Completeness::Complete { advisory: false, monitored }) if !monitored.is_empty() => {
                let monitored = self.parameters(monitored);
                lang.with("scope-monitored", &[("market", &market), ("monitored", &monitored)])
            }
            Some(Completeness::Complete { advisory: false, .. }) => with("scope-complete"),
            Some(Completeness::Complete { advisory: true, .. }) => with("scope-advisory"),
            Some(Completeness::NoList) => with("scope-no-list"),
            Some(Completeness::Closed) => with("scope-closed"),
            Some(Completeness::UnknownMarket) => with("scope-unknown"),
            Some(Completeness::Partly { .. }) => {
                open(self.words, lang, &judged.market, judged.completeness.as_ref()).unwrap_or_default()
            }
        }
    }

    /// The same in brief, for the verdict band: how many tests are lacking and how many specifications there are, not which. `None` where
    /// another thing comes first.
    pub(super) fn scope_in_brief(&self, headline: PageState) -> Option<String> {
        if matches!(headline, PageState::Lot(LotState::Recalled | LotState::Held | LotState::Withdrawn)) {
            return None;
        }
        let (lang, judged) = (self.lang(), &self.view.judged);
        let market = self.country(&judged.market);
        let mut scope = match &judged.completeness {
            Some(Completeness::Partly { lacking, .. }) => {
                lang.with("scope-brief", &[("market", &market), ("n", &lacking.len().to_string())])
            }
            Some(Completeness::Complete { advisory: false, monitored }) if !monitored.is_empty() => {
                lang.with("scope-monitored-brief", &[("market", &market)])
            }
            _ => self.market_scope(),
        };
        if !judged.specifications.is_empty() {
            let count = (judged.specifications.len() + self.view.omitted.specifications).to_string();
            next_sentence(&mut scope);
            scope.push_str(&lang.with("scope-adopted-brief", &[("n", &count)]));
        }
        Some(scope)
    }

    /// A parameter of the profile, by its id.
    fn parameter(&self, id: &str) -> String {
        self.words.parameter(self.lang(), &format!("{PARAMETER}{id}"))
    }

    /// Parameters of the profile, by their ids, as a list in words.
    fn parameters(&self, ids: &[String]) -> String {
        format::list(self.lang(), &ids.iter().map(|id| self.parameter(id)).collect::<Vec<_>>())
    }

    /// Lines for the records of monitoring that count for the lot: one for the parameters that a record covers, one for those that were
    /// outside a limit.
    pub(super) fn monitoring(&self) -> Vec<Monitoring> {
        let lang = self.lang();
        let mut lines = Vec::new();
        for record in &self.view.judged.monitoring {
            let place = record.place.as_ref().map(|place| lang.name(&place.name)).unwrap_or_default();
            let (by, from, until) = (lang.name(&record.by.name), &record.from, &record.until);
            for (ids, failed) in [(&record.covers, false), (&record.failed, true)] {
                if ids.is_empty() {
                    continue;
                }
                let key = if failed { "monitoring-failed" } else { "monitoring-covers" };
                let (from, until) = (format::day(lang, from), format::day(lang, until));
                let parameters = self.parameters(ids);
                let args: [(&str, &str); 5] =
                    [("place", &place), ("by", &by), ("from", &from), ("until", &until), ("parameters", &parameters)];
                lines.push(Monitoring {
                    text: lang.with(key, &args),
                    failed,
                    record_url: self.ctx.link(&record_path(&record.record)),
                });
            }
        }
        lines
    }
}

/// Appends the space before the next sentence. After a Chinese full stop, which is wide itself, there is none.
fn next_sentence(text: &mut String) {
    if !text.ends_with('\u{3002}') {
        text.push(' ');
    }
}

/// What a lot lacks of all that its market asks for, in a sentence; `None` when it lacks nothing, and when it is not known what the market
/// asks for.
pub(in crate::server) fn open(
    words: Words<'_>,
    lang: Lang,
    market: &str,
    completeness: Option<&Completeness>,
) -> Option<String> {
    let Some(Completeness::Partly { lacking, .. }) = completeness else { return None };
    let lacking: Vec<String> = lacking.iter().map(|one| name(words, lang, one)).collect();
    let lacking = format::list(lang, &lacking);
    Some(lang.with("scope-lacking", &[("market", &country(lang, market)), ("lacking", &lacking)]))
}

/// What is lacking: one of several parameters, or a claim.
fn name(words: Words<'_>, lang: Lang, lacking: &Lacking) -> String {
    let mut names = lacking.one_of.iter().map(|id| words.parameter(lang, &format!("{PARAMETER}{id}")));
    let first = names.next().unwrap_or_default();
    let any = names.fold(first, |first, second| lang.with("scope-or", &[("first", &first), ("second", &second)]));
    match lacking.or_claim.first() {
        Some(claim) => {
            let claim = words.term(lang, "claim", claim);
            lang.with("scope-claim", &[("parameter", &any), ("claim", &claim)])
        }
        None => any,
    }
}
