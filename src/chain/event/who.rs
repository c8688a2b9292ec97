//! For whom an event acts: the signer's own party, or a party that gave it a mandate.

use std::fmt::Display;
use std::sync::Arc;

use super::tx::Tx;
use crate::chain::accredited::{Accredited, Standing, accredited};
use crate::chain::rows::{At, MandateRow, PartyRow, mandate_key};
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table, mandate, state};
use crate::epcis::SourceDest;
use crate::gs1::{LotId, Sscc};
use crate::record::registry;

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
            return Err(self.not_mandated(party).into());
        }
        self.on_behalf = Some(party.to_owned());
        Ok(())
    }

    /// Rule `not-mandated`: see [`Tx::require_mandate`].
    pub(super) fn not_mandated(&self, party: &str) -> Rejection {
        let detail = format!("{} has no mandate in force from {party} for this act on these lots", self.signer());
        Rejection::new(Rule::NotMandated, detail).arg("signer", self.signer()).arg("party", party).retryable()
    }

    /// Whether the signer has a mandate of `party` for this now. A suspended party's mandates do not count.
    pub(super) fn may_act(&mut self, party: &str, act: Act, lots: &[LotId]) -> Result<bool, StateError> {
        let active = self.party(party)?.is_some_and(|row| row.standing == registry::Standing::Active);
        Ok(active && self.mandate_of(party)?.is_some_and(|row| mandate::covers(&row, act, lots, self.clock)))
    }

    /// The signer's party.
    pub(super) fn signer(&self) -> &'a str {
        &self.by.iss
    }

    /// Whether the signer has any mandate of `party` in force now.
    pub(super) fn mandated_by(&mut self, party: &str) -> Result<bool, StateError> {
        Ok(self.mandate_of(party)?.is_some_and(|row| !row.acts.is_empty() && self.clock < row.until))
    }

    /// The mandate of `party` for the signer; each is read once.
    fn mandate_of(&mut self, party: &str) -> Result<Option<Arc<MandateRow>>, StateError> {
        if let Some(known) = self.mandates.get(party) {
            return Ok(known.clone());
        }
        let row = state::row(self.state, Table::Mandate, &mandate_key(party, self.signer()))?;
        self.mandates.insert(party.to_owned(), row.clone());
        Ok(row)
    }

    /// A party; each is read once.
    pub(super) fn party(&mut self, uri: &str) -> Result<Option<Arc<PartyRow>>, StateError> {
        if let Some(known) = self.parties.get(uri) {
            return Ok(known.clone());
        }
        let row = state::row(self.state, Table::Party, uri.as_bytes())?;
        self.parties.insert(uri.to_owned(), row.clone());
        Ok(row)
    }

    /// The signer's accreditation for a commodity at the event's time, and how it stands by the log's clock; each is looked up once.
    pub(super) fn accreditation(&mut self, commodity: &str) -> Result<Option<(Accredited, Standing)>, StateError> {
        if let Some(known) = self.accreditations.get(commodity) {
            return Ok(known.clone());
        }
        let at = self.event.event_time.as_second();
        let found = accredited(self.state, self.signer(), commodity, at)?.map(|found| {
            let standing = found.standing(self.by.key.first, self.clock);
            (found, standing)
        });
        self.accreditations.insert(commodity.to_owned(), found.clone());
        Ok(found)
    }

    /// Whether the signer acts as an inspector accredited for a commodity. An accreditation that had ended before the event was entered
    /// is none: only a test is kept, and marked.
    pub(super) fn is_accredited(&mut self, commodity: &str) -> Result<bool, StateError> {
        Ok(self.accreditation(commodity)?.is_some_and(|(_, standing)| standing != Standing::Ended))
    }

    /// Whether `party` has to do with a lot: it made, held, owned, sent, carried or received it or what it was made from, some of it is on
    /// its way to it, or it is the signer and has a mandate in force of one that did. To be named as consignee or buyer by others leaves
    /// nothing: a shipment that was refused or taken back is none.
    pub(super) fn has_to_do_with(&mut self, party: &str, lot: &LotId) -> Result<bool, Refusal> {
        if self.is_side(party, lot)? {
            return Ok(true);
        }
        if party == self.signer() {
            let row = self.shared_lot(lot)?;
            for side in row.sides.iter() {
                if self.mandated_by(side)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether `party` has to do with a lot itself, not by a mandate of another.
    pub(super) fn is_side(&mut self, party: &str, lot: &LotId) -> Result<bool, Refusal> {
        let row = self.shared_lot(lot)?;
        if row.sides.contains(party) {
            return Ok(true);
        }
        // of a lot with more parties than are kept, at least its holders are known
        let has = self.holding(lot, party)?;
        Ok(has.coming > 0 || (row.sides.is_incomplete() && has.loose.is_positive()))
    }

    /// Whether the signer has or had a mandate of `party` that was in force at `time` (Unix seconds, by the log's clock) or later.
    pub(super) fn mandated_since(&mut self, party: &str, time: i64) -> Result<bool, StateError> {
        let row = self.mandate_of(party)?;
        Ok(row
            .is_some_and(|row| (!row.acts.is_empty() && time < row.until) || row.ended.is_some_and(|end| time <= end)))
    }

    /// Rule `not-concerned`: who states something about a container that holds no lot packed it first or has it.
    pub(super) fn empty_not_concerned(&mut self, party: &str, sscc: Sscc) -> Result<(), Refusal> {
        // in a closure it may only seem to be empty
        if self.lots_left_out {
            return Ok(());
        }
        let (root, _) = self.outermost(sscc)?;
        let here = self.require_container(root)?.at == At::Party(party.to_owned());
        if here || self.require_container(sscc)?.maker == party {
            return Ok(());
        }
        Err(self.not_concerned(party, sscc).into())
    }

    /// Rule `not-concerned`: only who has to do with goods (a lot or a container) states anything about them.
    pub(super) fn not_concerned(&self, party: &str, goods: impl Display) -> Rejection {
        Rejection::new(Rule::NotConcerned, format!("{party} has nothing to do with {goods}"))
            .arg("party", party)
            .arg("goods", goods)
    }
}
