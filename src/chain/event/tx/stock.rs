//! Sums over a lot, wherever it is: loose, in containers, under way. They are kept in the lot's row, so that asking costs the same
//! however many parties and containers have some of it.

use super::{Kind, Tx, add, negated};
use crate::chain::{Refusal, Rejection, Rule};
use crate::gs1::{Amount, LotId};

impl Tx<'_> {
    /// Keeps the sums of a lot's row when one of its parts changes.
    pub(in crate::chain::event) fn rebalance(
        &mut self,
        lot: &LotId,
        kind: Kind,
        before: Amount,
        now: Amount,
    ) -> Result<(), Refusal> {
        if before == now {
            return Ok(());
        }
        let below = |amount: Amount| if amount.is_negative() { negated(amount) } else { Amount::ZERO };
        let row = self.lot_mut(lot)?;
        let count = match kind {
            Kind::Holder => &mut row.counts.holders,
            Kind::Container => &mut row.counts.containers,
            Kind::Shipment => &mut row.counts.shipments,
        };
        *count = count.saturating_add(u32::from(before.is_zero())).saturating_sub(u32::from(now.is_zero()));
        if kind != Kind::Shipment {
            row.short = add(add(row.short, below(now))?, negated(below(before)))?;
        }
        Ok(())
    }

    /// What `party` has of a lot, loose or in containers at its place.
    pub(in crate::chain::event) fn held_anywhere(&mut self, lot: &LotId, party: &str) -> Result<Amount, Refusal> {
        let has = self.holding(lot, party)?;
        add(has.loose, has.packed)
    }

    /// Refuses by `rule` an event that takes more of a lot than a party has, loose or packed. `takes` stands before the amount in the
    /// message, as in "the sample takes".
    pub(in crate::chain::event) fn within_stock(
        &mut self,
        rule: Rule,
        lot: &LotId,
        party: &str,
        amount: Amount,
        takes: &str,
    ) -> Result<(), Refusal> {
        let held = self.held_anywhere(lot, party)?;
        self.enough(rule, lot, party, (held, ""), (amount, takes))
    }

    /// Refuses by `rule` an event that takes `amount` of a lot when the party holds less: `held`. In the message `how` stands behind the lot
    /// (such as " loose", or nothing), and `takes` before the amount (such as "the event takes").
    pub(in crate::chain::event) fn enough(
        &mut self,
        rule: Rule,
        lot: &LotId,
        party: &str,
        (held, how): (Amount, &str),
        (amount, takes): (Amount, &str),
    ) -> Result<(), Refusal> {
        if held >= amount {
            return Ok(());
        }
        let (has, taken) = (self.with_unit(lot, held)?, self.with_unit(lot, amount)?);
        let detail = format!("{party} holds {has} of lot {lot}{how}, {takes} {taken}");
        Err(Rejection::new(rule, detail)
            .arg("lot", lot)
            .arg("party", party)
            .arg("held", held)
            .arg("taken", amount)
            .into())
    }

    /// How much more was taken out of a lot than was there: the sum of all negative balances.
    pub(in crate::chain::event) fn shortage(&mut self, lot: &LotId) -> Result<Amount, Refusal> {
        let row = self.require_lot(lot)?;
        let mut short = row.short;
        // labels issued for goods whose making was voided
        for amount in [row.produced, add(row.produced, negated(row.labelled))?] {
            if amount.is_negative() {
                short = add(short, negated(amount))?;
            }
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

    /// Clears the deficit of a lot once nothing of it is below zero.
    pub(in crate::chain::event) fn settle_deficit(&mut self, lot: &LotId) -> Result<(), Refusal> {
        if self.require_lot(lot)?.deficit && !self.shortage(lot)?.is_positive() {
            self.lot_mut(lot)?.deficit = false;
        }
        Ok(())
    }
}
