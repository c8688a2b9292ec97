//! Sums over a lot, wherever it is: loose, in containers, under way.

use super::{Tx, add, negated};
use crate::chain::Refusal;
use crate::chain::rows::At;
use crate::gs1::{Amount, LotId};

impl Tx<'_> {
    /// What `party` has of a lot, loose or in containers at its place.
    pub(in crate::chain::event) fn held_anywhere(&mut self, lot: &LotId, party: &str) -> Result<Amount, Refusal> {
        let mut sum = self.held(lot, party)?;
        let packed = self.lot(lot)?.map(|row| row.packed.clone()).unwrap_or_default();
        for sscc in packed {
            let (root, _) = self.outermost(sscc)?;
            if self.require_container(root)?.at == At::Party(party.to_owned()) {
                for (of, amount) in self.require_container(sscc)?.contents.clone() {
                    if of == *lot {
                        sum = add(sum, amount)?;
                    }
                }
            }
        }
        Ok(sum)
    }

    /// How much more was taken out of a lot than was there: the sum of all negative balances.
    pub(in crate::chain::event) fn shortage(&mut self, lot: &LotId) -> Result<Amount, Refusal> {
        let mut short = Amount::ZERO;
        let mut amounts: Vec<Amount> = self.holders(lot)?.into_values().collect();
        let row = self.require_lot(lot)?;
        amounts.push(row.produced);
        // labels issued for goods whose making was voided
        amounts.push(add(row.produced, negated(row.labelled))?);
        for sscc in row.packed.clone() {
            amounts.extend(self.require_container(sscc)?.contents.iter().filter(|(of, _)| of == lot).map(|(_, a)| *a));
        }
        for amount in amounts.into_iter().filter(|amount| amount.is_negative()) {
            short = add(short, negated(amount))?;
        }
        Ok(short)
    }

    /// What is left of a lot, wherever it is.
    pub(in crate::chain::event) fn left(&mut self, lot: &LotId) -> Result<Amount, Refusal> {
        let row = self.require_lot(lot)?;
        let gone = [row.consumed, row.adjusted, row.lost, row.delivered];
        let mut left = row.produced;
        for amount in gone {
            left = add(left, negated(amount))?;
        }
        Ok(left)
    }

    /// Whether nothing of a lot is anywhere.
    pub(in crate::chain::event) fn nowhere(&mut self, lot: &LotId) -> Result<bool, Refusal> {
        let row = self.require_lot(lot)?;
        let away = !row.packed.is_empty() || !row.transits.is_empty();
        Ok(!away && self.holders(lot)?.is_empty())
    }

    /// Clears the deficit of a lot once nothing of it is below zero.
    pub(in crate::chain::event) fn settle_deficit(&mut self, lot: &LotId) -> Result<(), Refusal> {
        if self.require_lot(lot)?.deficit && !self.shortage(lot)?.is_positive() {
            self.lot_mut(lot)?.deficit = false;
        }
        Ok(())
    }
}
