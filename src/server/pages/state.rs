//! The states of the verification page, their precedence, colour, shape and word (`docs/rules.md`, "Headline").

use std::cmp::Ordering;

use super::PageProof;
use crate::query::view::{LotState, LotView};
use crate::server::i18n::Lang;

/// The state in the verdict band: what the ledger says of the lot, or what only the page knows. Ordered from good to worst: the worst that
/// applies is the headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageState {
    /// Of the lot.
    Lot(LotState),
    /// Scanned suspiciously often.
    Copied,
    /// No check of the proof has run yet (the record is newer than the last published checkpoint).
    Unchecked,
    /// The ledger knows no such lot.
    Unknown,
    /// The serial was never issued.
    NeverIssued,
    /// A proof does not hold.
    Broken,
}

impl PageState {
    /// CSS class, symbol (`s-<name>`) and sentence (`state-<name>`) of the state.
    pub const fn name(self) -> &'static str {
        match self {
            PageState::Lot(state) => state.name(),
            PageState::Copied => "copied",
            PageState::Unchecked => "unchecked",
            PageState::Unknown => "unknown",
            PageState::NeverIssued => "never-issued",
            PageState::Broken => "broken",
        }
    }

    /// How bad it is: a copied label and a proof that was not checked are worse than a missing test, and better than goods that failed.
    fn rank(self) -> (u8, Option<LotState>) {
        match self {
            PageState::Lot(state) if state < LotState::Failed => (0, Some(state)),
            PageState::Copied => (1, None),
            PageState::Unchecked => (2, None),
            PageState::Lot(state) => (3, Some(state)),
            PageState::Unknown => (4, None),
            PageState::NeverIssued => (5, None),
            PageState::Broken => (6, None),
        }
    }

    /// Whether goods in it must not be sold or used: beside it nothing may read as praise of them.
    pub(crate) const fn is_bad(self) -> bool {
        matches!(self, PageState::Lot(LotState::Failed | LotState::Withdrawn | LotState::Held | LotState::Recalled))
    }

    /// Its word when another state is the headline: next to "not inspected" it must not say "verified".
    pub(crate) fn beside(self, lang: Lang) -> String {
        match self {
            PageState::Lot(LotState::Findings) => lang.text("also-findings"),
            other => lang.text(&format!("state-{}", other.name())),
        }
    }
}

impl Ord for PageState {
    fn cmp(&self, other: &PageState) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for PageState {
    fn partial_cmp(&self, other: &PageState) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// All states that apply to the lot, worst first; never empty. A lot is not "verified" (green) if no check of its proof ran.
pub(crate) fn all(view: &LotView, proof: &PageProof, suspicious: bool) -> Vec<PageState> {
    let mut states: Vec<PageState> = view.states.iter().chain([&view.headline]).copied().map(PageState::Lot).collect();
    if suspicious {
        states.push(PageState::Copied);
    }
    let (passed, ran) = proof.tally();
    if passed < ran {
        states.push(PageState::Broken);
    } else if ran == 0 {
        states.push(PageState::Unchecked);
    }
    states.sort_unstable_by(|a, b| b.cmp(a));
    states.dedup();
    if states.len() > 1 {
        states.retain(|s| *s != PageState::Lot(LotState::Verified));
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From good to worst.
    fn every() -> Vec<PageState> {
        let of_page =
            [PageState::Copied, PageState::Unchecked, PageState::Unknown, PageState::NeverIssued, PageState::Broken];
        let mut all: Vec<PageState> = LotState::ALL.into_iter().map(PageState::Lot).chain(of_page).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn worst_state_is_the_headline() {
        use LotState::{
            Failed, Findings, Held, NoVerdict, NotInspected, PartlyTested, Recalled, Tested, Verified, Withdrawn,
        };
        use PageState::{Broken, Copied, Lot, NeverIssued, Unchecked, Unknown};
        let worst_first = [
            Broken,
            NeverIssued,
            Unknown,
            Lot(Recalled),
            Lot(Held),
            Lot(Withdrawn),
            Lot(Failed),
            Unchecked,
            Copied,
            Lot(NotInspected),
            Lot(NoVerdict),
            Lot(PartlyTested),
            Lot(Tested),
            Lot(Findings),
            Lot(Verified),
        ];
        assert!(every().into_iter().rev().eq(worst_first));
    }

    #[test]
    fn every_state_has_its_word_in_every_language() {
        for state in every() {
            let mut words: Vec<String> =
                Lang::all().filter_map(|l| l.find(&format!("state-{}", state.name()), &[])).collect();
            let languages = Lang::all().count();
            assert_eq!(words.len(), languages, "{}", state.name());
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), languages, "{} has one word in two languages", state.name());
        }
        assert_eq!(Lang::of("id").text("state-broken"), "Bukti rusak: jangan percaya");
        assert_eq!(Lang::EN.text("state-never-issued"), "This code was never issued");
        for (lang, recalled, held) in
            [("id", "Ditarik", "Ditahan"), ("en", "Recalled", "On hold"), ("zh", "已召回", "暂扣")]
        {
            let lang = Lang::of(lang);
            assert_eq!((lang.text("state-recalled").as_str(), lang.text("state-held").as_str()), (recalled, held));
        }
    }
}
