//! The line under a lot's verdict: the market that it is judged for, and what is lacking.

use super::bidi::isolated;
use super::lot_text::LotText;
use super::{PageState, format};
use crate::quality::profile::PARAMETER;
use crate::quality::{Completeness, Lacking};
use crate::query::view::SpecificationView;

impl LotText<'_> {
    /// The market, and what was tested or is lacking, in a sentence or two; then the specifications that gate the lot.
    pub(super) fn scope(&self) -> String {
        let mut scope = self.market_scope();
        let adopted = &self.view.judged.specifications;
        if !adopted.is_empty() {
            let names: Vec<String> = adopted.iter().map(|one| self.specification(one)).collect();
            scope.push(' ');
            scope.push_str(
                &self.lang().with("scope-adopted", &[("specifications", &format::list(self.lang(), &names))]),
            );
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
        let tested = format::list(lang, &judged.tested.iter().map(|id| self.parameter(id)).collect::<Vec<_>>());
        let with = |key: &str| lang.with(key, &[("market", &market), ("tested", &tested)]);
        match &judged.completeness {
            None => with("scope-none"),
            Some(Completeness::Complete { advisory: false, .. }) => with("scope-complete"),
            Some(Completeness::Complete { advisory: true, .. }) => with("scope-advisory"),
            Some(Completeness::NoList) => with("scope-no-list"),
            Some(Completeness::Closed) => with("scope-closed"),
            Some(Completeness::UnknownMarket) => with("scope-unknown"),
            Some(Completeness::Partly { lacking, .. }) => {
                let lacking: Vec<String> = lacking.iter().map(|one| self.lacking(one)).collect();
                let lacking = format::list(lang, &lacking);
                lang.with("scope-lacking", &[("market", &market), ("lacking", &lacking)])
            }
        }
    }

    /// The same in brief, for the verdict band: how many tests are lacking, not which. `None` where another thing comes first.
    pub(super) fn scope_in_brief(&self, headline: PageState) -> Option<String> {
        if matches!(headline, PageState::Held | PageState::Withdrawn) {
            return None;
        }
        let Some(Completeness::Partly { lacking, .. }) = &self.view.judged.completeness else {
            return Some(self.scope());
        };
        let (market, count) = (self.country(&self.view.judged.market), lacking.len().to_string());
        Some(self.lang().with("scope-brief", &[("market", &market), ("n", &count)]))
    }

    /// A parameter of the profile, by its id.
    fn parameter(&self, id: &str) -> String {
        self.words.parameter(self.lang(), &format!("{PARAMETER}{id}"))
    }

    /// What is lacking: one of several parameters, or a claim.
    fn lacking(&self, lacking: &Lacking) -> String {
        let lang = self.lang();
        let mut names = lacking.one_of.iter().map(|id| self.parameter(id));
        let first = names.next().unwrap_or_default();
        let any = names.fold(first, |first, second| lang.with("scope-or", &[("first", &first), ("second", &second)]));
        match lacking.or_claim.first() {
            Some(claim) => {
                let claim = self.words.term(lang, "claim", claim);
                lang.with("scope-claim", &[("parameter", &any), ("claim", &claim)])
            }
            None => any,
        }
    }
}
