//! For whom an event acts: the signer's own party, or a party that gave it a mandate.

use std::fmt::Display;

use super::tx::Tx;
use crate::chain::rows::{MandateRow, mandate_key};
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table, authority, mandate, state};
use crate::epcis::SourceDest;
use crate::gs1::LotId;
use crate::record::registry::Standing;

/// The first party of `kind` in a source or destination list.
pub(super) fn end<'e>(list: &'e [SourceDest], kind: &str) -> Option<&'e str> {
    list.iter().find(|end| end.kind == kind).map(|end| end.id.as_str())
}

impl<'a> Tx<'a> {
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
    pub(super) fn signer(&self) -> &'a str {
        &self.by.iss
    }

    /// Whether the signer has any mandate of `party` in force now.
    pub(super) fn mandated_by(&mut self, party: &str) -> Result<bool, StateError> {
        if let Some(known) = self.mandators.get(party) {
            return Ok(*known);
        }
        let row: Option<MandateRow> = state::get(self.state, Table::Mandate, &mandate_key(party, self.signer()))?;
        let mandated = row.is_some_and(|row| !row.acts.is_empty() && self.clock < row.until);
        self.mandators.insert(party.to_owned(), mandated);
        Ok(mandated)
    }

    /// Whether `party` has to do with a lot: it made, held, owned, sent, carried or received it or what it was made from, or it is
    /// the signer and has a mandate in force of one that did.
    pub(super) fn has_to_do_with(&mut self, party: &str, lot: &LotId) -> Result<bool, Refusal> {
        let row = self.shared_lot(lot)?;
        // of a lot with more parties than are kept, at least its holders are known
        if row.sides.contains(party) || (row.sides.is_incomplete() && self.held(lot, party)?.is_positive()) {
            return Ok(true);
        }
        if party == self.signer() {
            for side in row.sides.iter() {
                if self.mandated_by(side)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Rule `not-concerned`: only who has to do with goods (a lot or a container) says something about them.
    pub(super) fn not_concerned(&self, party: &str, goods: impl Display) -> Rejection {
        Rejection::new(Rule::NotConcerned, format!("{party} has nothing to do with {goods}"))
            .arg("party", party)
            .arg("goods", goods)
    }
}
