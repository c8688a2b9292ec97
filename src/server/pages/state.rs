//! The states of the verification page, their precedence, colour, shape and word (`docs/rules.md`, "Headline").

use super::PageProof;
use crate::query::view::{LotState, LotView};
use crate::server::i18n::Lang;

/// The state in the verdict band. Ordered from good to worst: the worst that applies is the headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageState {
    /// Every check passed, nothing found.
    Verified,
    /// Proven and passed, with findings.
    Findings,
    /// What was tested passed, by a list that only advises.
    Tested,
    /// Inspected and passed, and it is not all that the market asks for, or some of it does not count.
    PartlyTested,
    /// Inspected, without a verdict.
    NoVerdict,
    /// No inspection yet.
    NotInspected,
    /// Scanned suspiciously often.
    Copied,
    /// No check of the proof has run yet (the record is newer than the last published checkpoint).
    Unchecked,
    /// An inspection failed and was not superseded.
    Failed,
    /// The records that made it were voided.
    Withdrawn,
    /// Recalled or on hold.
    Held,
    /// The ledger knows no such lot.
    Unknown,
    /// The serial was never issued.
    NeverIssued,
    /// A proof does not hold.
    Broken,
}

impl PageState {
    /// All, from good to worst.
    pub const ALL: [PageState; 14] = [
        PageState::Verified,
        PageState::Findings,
        PageState::Tested,
        PageState::PartlyTested,
        PageState::NoVerdict,
        PageState::NotInspected,
        PageState::Copied,
        PageState::Unchecked,
        PageState::Failed,
        PageState::Withdrawn,
        PageState::Held,
        PageState::Unknown,
        PageState::NeverIssued,
        PageState::Broken,
    ];

    /// CSS class, symbol (`s-<name>`) and sentence (`state-<name>`) of the state.
    pub const fn name(self) -> &'static str {
        match self {
            PageState::Verified => "verified",
            PageState::Findings => "findings",
            PageState::Tested => "tested",
            PageState::PartlyTested => "partly-tested",
            PageState::NoVerdict => "no-verdict",
            PageState::NotInspected => "not-inspected",
            PageState::Copied => "copied",
            PageState::Unchecked => "unchecked",
            PageState::Failed => "failed",
            PageState::Withdrawn => "withdrawn",
            PageState::Held => "held",
            PageState::Unknown => "unknown",
            PageState::NeverIssued => "never-issued",
            PageState::Broken => "broken",
        }
    }

    /// Its word when another state is the headline: next to "not inspected" it must not say "verified".
    pub(crate) fn beside(self, lang: Lang) -> String {
        match self {
            PageState::Findings => lang.text("also-findings"),
            other => lang.text(&format!("state-{}", other.name())),
        }
    }

    /// From the state in a lot's view.
    pub const fn of(state: LotState) -> PageState {
        match state {
            LotState::Verified => PageState::Verified,
            LotState::Findings => PageState::Findings,
            LotState::Tested => PageState::Tested,
            LotState::PartlyTested => PageState::PartlyTested,
            LotState::NoVerdict => PageState::NoVerdict,
            LotState::NotInspected => PageState::NotInspected,
            LotState::Failed => PageState::Failed,
            LotState::Withdrawn => PageState::Withdrawn,
            LotState::Held => PageState::Held,
        }
    }
}

/// All states that apply to the lot, worst first; never empty. A lot is not "verified" (green) if no check of its proof ran.
pub(crate) fn all(view: &LotView, proof: &PageProof, suspicious: bool) -> Vec<PageState> {
    let mut states: Vec<PageState> = view.states.iter().chain([&view.headline]).map(|&s| PageState::of(s)).collect();
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
        states.retain(|s| *s != PageState::Verified);
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_state_is_the_headline() {
        use PageState::{
            Broken, Copied, Failed, Findings, Held, NeverIssued, NoVerdict, NotInspected, PartlyTested, Tested,
            Verified, Withdrawn,
        };
        let order = [
            Broken,
            NeverIssued,
            Held,
            Withdrawn,
            Failed,
            Copied,
            NotInspected,
            NoVerdict,
            PartlyTested,
            Tested,
            Findings,
            Verified,
        ];
        assert!(order.windows(2).all(|w| w[0] > w[1]));
    }

    #[test]
    fn every_state_has_its_word_in_every_language() {
        for state in PageState::ALL {
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
        assert_eq!(Lang::of("zh").text("state-held"), "已召回 / 暂停");
    }
}
