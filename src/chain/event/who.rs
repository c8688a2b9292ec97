//! For whom an event acts: the signer's own party, or a party that gave it a mandate.

use super::tx::Tx;
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, authority, mandate};
use crate::epcis::SourceDest;
use crate::gs1::LotId;
use crate::record::registry::Standing;

/// The first party of `kind` in a source or destination list.
pub(super) fn end<'e>(list: &'e [SourceDest], kind: &str) -> Option<&'e str> {
    list.iter().find(|end| end.kind == kind).map(|end| end.id.as_str())
}

impl Tx<'_> {
    /// The holder whose stock the event moves: the `possessing_party` of its `sourceList`, or the signer's party when there is
    /// none.
    pub(super) fn holder(&self) -> String {
        end(&self.event.sources, "possessing_party").unwrap_or(self.signer()).to_owned()
    }

    /// Rule `not-mandated`: acting on another party's stock needs its mandate for the act and the lots, in force now.
    pub(super) fn require_mandate(&mut self, party: &str, act: Act, lots: &[LotId]) -> Result<(), Refusal> {
        if party == self.signer() {
            return Ok(());
        }
        if !self.may_act(party, act, lots)? {
            return Err(Rejection::new(
                Rule::NotMandated,
                format!("{} has no mandate in force from {party} for this act on these lots", self.signer()),
            )
            .arg("signer", self.signer())
            .arg("party", party)
            .retryable()
            .into());
        }
        self.on_behalf = Some(party.to_owned());
        Ok(())
    }

    /// Whether the signer has a mandate of `party` for this now. A suspended party's mandates do not count.
    pub(super) fn may_act(&self, party: &str, act: Act, lots: &[LotId]) -> Result<bool, StateError> {
        let active = authority::party(self.state, party)?.is_some_and(|row| row.standing == Standing::Active);
        Ok(active && mandate::may_act(self.state, party, self.signer(), act, lots, self.clock)?)
    }

    /// The signer's party.
    pub(super) fn signer(&self) -> &str {
        &self.by.iss
    }
}
