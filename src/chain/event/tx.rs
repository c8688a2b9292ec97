//! One event on its way into the state: rows read once, changed in memory, written together at the end.
//!
//! A refused event leaves nothing behind, because nothing was written yet. Every change of a quantity or a location is kept as a
//! [`Delta`], so that a later void undoes exactly what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::goods::parse_lot;
use crate::chain::accredited::{Accredited, Standing};
use crate::chain::authority::Signer;
use crate::chain::rows::{
    Account, ContainerRow, Delta, Documents, HoldingRow, LotRow, MandateRow, OwnerRow, PartyRow, ProductRow,
    ProvenancePart, TransitRow, lot_key, of_lot, under_lot,
};
use crate::chain::state::{self, Row, State, StateError, Written};
use crate::chain::{Act, Context, Finding, Refusal, Rejection, Rule, RuleKind, Severity, Table, given_up};
use crate::epcis::{Event, QuantityElement};
use crate::gs1::{Amount, Gtin, LotId, Sscc, Unit};
use crate::record::{PublicKey, RecordId};

mod containers;
mod stock;

/// Where a part of a lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Loose at a party.
    Holder,
    /// In a container.
    Container,
    /// Loose in a shipment.
    Shipment,
}

/// A row in memory: `None` is an absent row; `dirty` is to be written.
struct Cell<T> {
    row: Option<Arc<T>>,
    dirty: bool,
}

impl<T: Row> Cell<T> {
    fn new(row: T) -> Cell<T> {
        Cell { row: Some(Arc::new(row)), dirty: true }
    }

    /// The row, to be changed.
    fn change(&mut self) -> Option<&mut T> {
        self.dirty = true;
        self.row.as_mut().map(Arc::make_mut)
    }
}

/// A row to write: `None` deletes.
pub(super) type Write = (Table, Vec<u8>, Option<Written>);

/// What is applied, and when.
pub(super) struct Input<'a> {
    pub(super) index: u64,
    pub(super) record: RecordId,
    pub(super) by: &'a Signer,
    /// The key that signed, and the number that it gave the record.
    pub(super) signed: (PublicKey, u64),
    pub(super) clock: i64,
    pub(super) event: &'a Event,
    pub(super) act: Act,
}

/// The event being applied.
pub(super) struct Tx<'a> {
    pub(super) state: &'a dyn State,
    pub(super) ctx: &'a Context<'a>,
    pub(super) index: u64,
    pub(super) record: RecordId,
    /// Who signed.
    pub(super) by: &'a Signer,
    /// The key that signed, and the number that it gave the record.
    pub(super) signed: (PublicKey, u64),
    /// The last clock, Unix seconds.
    pub(super) clock: i64,
    pub(super) event: &'a Event,
    pub(super) act: Act,
    /// The records are a closure and this one only remarks: its lots need not all be there, nor be as they were then.
    pub(super) lots_left_out: bool,
    pub(super) on_behalf: Option<String>,
    pub(super) findings: Vec<Finding>,
    /// Lots named, or inside what is named.
    pub(super) named: BTreeSet<LotId>,
    /// Other entities named.
    pub(super) entities: BTreeSet<String>,
    pub(super) deltas: Vec<Delta>,
    pub(super) lifts: Option<RecordId>,
    pub(super) voids: Option<RecordId>,
    /// Other lots that the lots it made look like.
    pub(super) alike: Vec<LotId>,
    /// Evidence that the signer's party had not named before.
    pub(super) documents: Documents,
    /// Lots that a voided record made, and that this record, its replacement, may make again.
    pub(super) remakes: BTreeSet<LotId>,
    writes: BTreeMap<(Table, Vec<u8>), Option<Written>>,
    lots: BTreeMap<LotId, Cell<LotRow>>,
    holdings: BTreeMap<(LotId, String), Cell<HoldingRow>>,
    containers: BTreeMap<Sscc, Cell<ContainerRow>>,
    transits: BTreeMap<RecordId, Cell<TransitRow>>,
    products: BTreeMap<Gtin, Arc<ProductRow>>,
    /// The mandates of parties for the signer, as far as they were looked up.
    pub(super) mandates: BTreeMap<String, Option<Arc<MandateRow>>>,
    /// Parties, as far as they were looked up.
    pub(super) parties: BTreeMap<String, Option<Arc<PartyRow>>>,
    /// The signer's accreditation by commodity, as far as it was looked up.
    pub(super) accreditations: BTreeMap<String, Option<(Accredited, Standing)>>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(state: &'a dyn State, ctx: &'a Context<'a>, input: Input<'a>) -> Tx<'a> {
        let Input { index, record, by, signed, clock, event, act } = input;
        Tx {
            state,
            ctx,
            index,
            record,
            by,
            signed,
            clock,
            event,
            act,
            lots_left_out: ctx.partial && Act::only_remarks(event),
            on_behalf: None,
            findings: Vec::new(),
            named: BTreeSet::new(),
            entities: BTreeSet::new(),
            deltas: Vec::new(),
            lifts: None,
            voids: None,
            alike: Vec::new(),
            documents: Documents::default(),
            remakes: BTreeSet::new(),
            writes: BTreeMap::new(),
            lots: BTreeMap::new(),
            holdings: BTreeMap::new(),
            containers: BTreeMap::new(),
            transits: BTreeMap::new(),
            products: BTreeMap::new(),
            mandates: BTreeMap::new(),
            parties: BTreeMap::new(),
            accreditations: BTreeMap::new(),
        }
    }

    /// Admits the event with a finding of the rule's severity.
    pub(super) fn finding(&mut self, rule: Rule, lots: &[LotId], args: &[(&str, String)]) {
        if let RuleKind::Finding(severity) = rule.kind() {
            self.finding_of(rule, severity, lots, args);
        } else {
            debug_assert!(false, "{rule} refuses the record");
        }
    }

    /// [`Tx::finding`] with another severity than the rule's.
    pub(super) fn finding_of(&mut self, rule: Rule, severity: Severity, lots: &[LotId], args: &[(&str, String)]) {
        self.findings.push(Finding {
            rule,
            severity,
            lots: lots.to_vec(),
            record: self.record,
            args: args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        });
    }

    // ---- products and quantities -------------------------------------------------------------------------------------

    /// Rule `product-unknown`: a lot's GTIN is a registered product.
    pub(super) fn require_product(&mut self, gtin: Gtin) -> Result<&ProductRow, Refusal> {
        if !self.products.contains_key(&gtin) {
            let row = state::row(self.state, Table::Product, &gtin.number().to_be_bytes())?;
            let Some(row) = row else {
                return Err(Rejection::new(Rule::ProductUnknown, format!("GTIN {gtin} is not a registered product"))
                    .arg("gtin", gtin)
                    .retryable()
                    .into());
            };
            self.products.insert(gtin, row);
        }
        self.products.get(&gtin).map(|row| &**row).ok_or_else(|| StateError::new("product row vanished").into())
    }

    /// The lots and exact amounts of a list where state moves.
    pub(super) fn amounts(
        &mut self,
        list: &[QuantityElement],
        zero_allowed: bool,
    ) -> Result<Vec<(LotId, Amount)>, Refusal> {
        let mut out: Vec<(LotId, Amount)> = Vec::with_capacity(list.len());
        let mut seen = BTreeSet::new();
        for element in list {
            let lot = parse_lot(&element.epc_class)?;
            if !seen.insert(lot.clone()) {
                return Err(Rejection::new(Rule::LotListedTwice, format!("lot {lot} is listed twice"))
                    .arg("lot", &lot)
                    .into());
            }
            self.named.insert(lot.clone());
            self.each_lot(std::slice::from_ref(&lot), |tx, lot| {
                out.push((lot.clone(), tx.amount(lot, element, zero_allowed)?));
                Ok(())
            })?;
        }
        Ok(out)
    }

    /// Judges each lot of the event by itself. In a closure that leaves lots out, what would refuse the event for one is kept under that
    /// lot: it counts if the proof is about it ([`crate::query::refusal_of`]).
    pub(super) fn each_lot(
        &mut self,
        lots: &[LotId],
        mut judge: impl FnMut(&mut Self, &LotId) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        for lot in lots {
            match judge(self, lot) {
                Err(Refusal::Rejected(rejection)) if self.lots_left_out => {
                    let finding = Finding {
                        rule: rejection.rule,
                        severity: Severity::Warning,
                        lots: vec![lot.clone()],
                        record: self.record,
                        args: rejection.args,
                    };
                    // after those of the record, which have numbers from zero
                    let rest = [&self.index.to_be_bytes()[..], &u32::MAX.to_be_bytes()].concat();
                    self.put(Table::Finding, under_lot(lot, &rest), &finding)?;
                }
                judged => judged?,
            }
        }
        Ok(())
    }

    fn amount(&mut self, lot: &LotId, element: &QuantityElement, zero_allowed: bool) -> Result<Amount, Refusal> {
        let unit = self.require_product(lot.gtin)?.unit;
        let Some(value) = element.quantity else {
            return Err(Rejection::new(Rule::QuantityRequired, format!("lot {lot} needs a quantity"))
                .arg("lot", lot)
                .into());
        };
        let code = element.uom.as_deref().unwrap_or("H87");
        let Some(stated) = Unit::from_code(code) else {
            return Err(Rejection::new(Rule::UnitUnknown, format!("unit {code} is not known"))
                .arg("unit", code)
                .into());
        };
        if stated.base().0 != unit {
            return Err(Rejection::new(Rule::UnitOfProduct, format!("lot {lot} is not measured in {code}"))
                .arg("lot", lot)
                .arg("unit", code)
                .into());
        }
        let amount = stated.to_base(value).map_err(|e| {
            Rejection::new(Rule::QuantityExact, format!("quantity of lot {lot}: {e}"))
                .arg("lot", lot)
                .arg("quantity", value)
        })?;
        if amount.is_negative() || (amount.is_zero() && !zero_allowed) {
            return Err(Rejection::new(Rule::QuantityPositive, format!("quantity of lot {lot} must be above zero"))
                .arg("lot", lot)
                .arg("quantity", amount)
                .into());
        }
        Ok(amount)
    }

    /// The name of the unit that amounts of `lot` are in, as the value `unit` of a finding.
    pub(super) fn unit(&mut self, lot: &LotId) -> Result<String, Refusal> {
        Ok(self.require_product(lot.gtin)?.unit.name().to_owned())
    }

    /// An amount of `lot` in a message, with its unit: `24.4 kg`.
    pub(super) fn with_unit(&mut self, lot: &LotId, amount: Amount) -> Result<String, Refusal> {
        let (text, sign) = self.require_product(lot.gtin)?.unit.written(amount);
        Ok(format!("{text} {sign}"))
    }

    /// Reads a stated net content in the unit of `lot`'s product.
    pub(super) fn net_amount(
        &mut self,
        lot: &LotId,
        value: rust_decimal::Decimal,
        uom: &str,
    ) -> Result<Amount, Refusal> {
        let element = QuantityElement { epc_class: lot.uri(), quantity: Some(value), uom: Some(uom.to_owned()) };
        self.amount(lot, &element, false)
    }

    // ---- lots --------------------------------------------------------------------------------------------------------

    fn load_lot(&mut self, lot: &LotId) -> Result<&mut Cell<LotRow>, StateError> {
        if !self.lots.contains_key(lot) {
            let row = state::row(self.state, Table::Lot, &lot_key(lot))?;
            self.lots.insert(lot.clone(), Cell { row, dirty: false });
        }
        self.lots.get_mut(lot).ok_or_else(|| StateError::new("lot cell vanished"))
    }

    /// The lot, if it was made.
    pub(super) fn lot(&mut self, lot: &LotId) -> Result<Option<&LotRow>, StateError> {
        Ok(self.load_lot(lot)?.row.as_deref())
    }

    /// Rule `lot-unknown`: a lot must have been made before it is named. Retryable: the harvest may be on its way.
    pub(super) fn require_lot(&mut self, lot: &LotId) -> Result<&LotRow, Refusal> {
        self.load_lot(lot)?.row.as_deref().ok_or_else(|| lot_unknown(lot).into())
    }

    /// Leaves only the lots that are there, where a closure may leave lots out.
    pub(super) fn leave_out(&mut self, lots: &mut BTreeSet<LotId>) -> Result<(), StateError> {
        if self.lots_left_out {
            for lot in std::mem::take(lots) {
                if self.lot(&lot)?.is_some() {
                    lots.insert(lot);
                }
            }
        }
        Ok(())
    }

    /// [`Tx::require_lot`], to be kept while other rows are read.
    pub(super) fn shared_lot(&mut self, lot: &LotId) -> Result<Arc<LotRow>, Refusal> {
        self.load_lot(lot)?.row.clone().ok_or_else(|| lot_unknown(lot).into())
    }

    /// The lot, to be changed.
    pub(super) fn lot_mut(&mut self, lot: &LotId) -> Result<&mut LotRow, Refusal> {
        self.load_lot(lot)?.change().ok_or_else(|| lot_unknown(lot).into())
    }

    /// Makes a lot.
    pub(super) fn insert_lot(&mut self, lot: &LotId, row: LotRow) {
        self.lots.insert(lot.clone(), Cell::new(row));
    }

    /// Books on an account of a lot.
    pub(super) fn account(&mut self, lot: &LotId, account: Account, by: Amount) -> Result<(), Refusal> {
        let row = self.lot_mut(lot)?;
        let field = match account {
            Account::Produced => &mut row.produced,
            Account::Consumed => &mut row.consumed,
            Account::Adjusted => &mut row.adjusted,
            Account::Lost => &mut row.lost,
            Account::Delivered => &mut row.delivered,
            Account::Labelled => &mut row.labelled,
        };
        *field = add(*field, by)?;
        self.deltas.push(Delta::Account(lot.clone(), account, by));
        Ok(())
    }

    /// Adds parties that have to do with a lot from now on.
    pub(super) fn join_sides(&mut self, lot: &LotId, parties: &[&str]) -> Result<(), Refusal> {
        let known = &self.require_lot(lot)?.sides;
        if parties.iter().all(|party| known.contains(party)) {
            return Ok(());
        }
        let sides = &mut self.lot_mut(lot)?.sides;
        parties.iter().for_each(|party| sides.add(party));
        Ok(())
    }

    /// Adds what this record states of a lot's provenance.
    pub(super) fn add_part(&mut self, lot: &LotId, part: ProvenancePart) -> Result<(), Refusal> {
        if let Some(part) = self.lot_mut(lot)?.provenance.push(part) {
            self.put(Table::Part, of_lot(lot, self.index), &part)?;
        }
        Ok(())
    }

    // ---- stock of a party --------------------------------------------------------------------------------------------

    fn load_holding(&mut self, lot: &LotId, party: &str) -> Result<&mut Cell<HoldingRow>, StateError> {
        let key = (lot.clone(), party.to_owned());
        if !self.holdings.contains_key(&key) {
            let made =
                self.lots.get(lot).and_then(|cell| cell.row.as_ref()).is_some_and(|row| row.created == self.index);
            let row = if made && !self.ctx.partial {
                // nobody has any of it yet: counted as a row, and not read
                self.state.charge(1)?;
                None
            } else {
                state::row(self.state, Table::Holding, &under_lot(lot, party.as_bytes()))?
            };
            self.holdings.insert(key.clone(), Cell { row, dirty: false });
        }
        self.holdings.get_mut(&key).ok_or_else(|| StateError::new("holding cell vanished"))
    }

    /// What `party` has of `lot`.
    pub(super) fn holding(&mut self, lot: &LotId, party: &str) -> Result<HoldingRow, StateError> {
        Ok(self.load_holding(lot, party)?.row.as_deref().copied().unwrap_or_default())
    }

    /// What `party` has of `lot`, to be changed.
    pub(super) fn holding_mut(&mut self, lot: &LotId, party: &str) -> Result<&mut HoldingRow, StateError> {
        let cell = self.load_holding(lot, party)?;
        cell.dirty = true;
        Ok(Arc::make_mut(cell.row.get_or_insert_with(Arc::default)))
    }

    /// What `party` holds of `lot`, loose.
    pub(super) fn held(&mut self, lot: &LotId, party: &str) -> Result<Amount, StateError> {
        Ok(self.holding(lot, party)?.loose)
    }

    /// Adds to (or, negative, takes from) loose stock without checking that it is there.
    pub(super) fn shift(&mut self, lot: &LotId, party: &str, by: Amount) -> Result<(), Refusal> {
        let before = self.held(lot, party)?;
        let now = add(before, by)?;
        self.holding_mut(lot, party)?.loose = now;
        self.rebalance(lot, Kind::Holder, before, now)?;
        self.deltas.push(Delta::Held(lot.clone(), party.to_owned(), by));
        Ok(())
    }

    /// Rule `more-than-held`: nothing may consume, pack, ship or destroy more than is held there.
    pub(super) fn more_than_held(&mut self, lot: &LotId, party: &str, amount: Amount) -> Result<(), Refusal> {
        self.require_lot(lot)?;
        self.deficit_blocks_outflow(lot)?;
        let held = self.held(lot, party)?;
        self.enough(Rule::MoreThanHeld, lot, party, (held, " loose"), (amount, "the event takes"))
    }

    /// Rule `deficit-blocks-outflow`: nothing leaves a lot while more was taken out of it than was there.
    pub(super) fn deficit_blocks_outflow(&mut self, lot: &LotId) -> Result<(), Refusal> {
        if self.require_lot(lot)?.deficit {
            return Err(Rejection::new(
                Rule::DeficitBlocksOutflow,
                format!(
                    "a voided record left lot {lot} in deficit; nothing leaves it until the replacement is admitted"
                ),
            )
            .arg("lot", lot)
            .into());
        }
        Ok(())
    }

    /// Takes loose stock from a holder; the lot is closed to additions from then on.
    pub(super) fn take(&mut self, lot: &LotId, party: &str, amount: Amount) -> Result<(), Refusal> {
        self.more_than_held(lot, party, amount)?;
        self.lot_mut(lot)?.closed = true;
        self.shift(lot, party, negated(amount))
    }

    // ---- owners and the rest -----------------------------------------------------------------------------------------

    /// The rejection of an event that cites a record which is not on the ledger: retryable while that may be on its way, final once a record
    /// on the log gave it up.
    pub(super) fn awaits(&self, id: Option<RecordId>, rejection: Rejection) -> Result<Rejection, StateError> {
        let given_up = id.map(|id| given_up::by(self.state, &id)).transpose()?.flatten();
        Ok(match given_up {
            Some(by) => rejection.conflicts(by),
            None => rejection.retryable(),
        })
    }

    /// Who owns a lot or container by the last signed trade; `None` while its maker does.
    pub(super) fn owner(&self, uri: &str) -> Result<Option<OwnerRow>, StateError> {
        state::get(self.state, Table::Owner, uri.as_bytes())
    }

    /// Queues a typed row of a table this struct holds no cells for.
    pub(super) fn put<T: Row>(&mut self, table: Table, key: Vec<u8>, row: &T) -> Result<(), StateError> {
        self.writes.insert((table, key), Some(Written::row(Arc::new(row.clone()))));
        Ok(())
    }

    /// Reads a row that this event may have queued a new value of.
    pub(super) fn latest<T: Row>(&self, table: Table, key: &[u8]) -> Result<Option<T>, StateError> {
        match self.writes.get(&(table, key.to_vec())) {
            Some(Some(Written::Row(row, _))) => Ok(Some(Arc::unwrap_or_clone(state::typed(table, Arc::clone(row))?))),
            Some(Some(value)) => state::decode(table, &value.encoded(table)?).map(Some),
            Some(None) => Ok(None),
            None => state::get(self.state, table, key),
        }
    }

    /// Queues the removal of a row.
    pub(super) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.writes.insert((table, key), None);
    }

    /// Lots whose rows this event changed.
    pub(super) fn changed_lots(&self) -> Vec<LotId> {
        self.lots.iter().filter(|(_, cell)| cell.dirty).map(|(lot, _)| lot.clone()).collect()
    }

    /// All rows to write.
    pub(super) fn drain(&mut self) -> Vec<Write> {
        let queued = std::mem::take(&mut self.writes).into_iter();
        let mut out: Vec<Write> = queued.map(|((table, key), value)| (table, key, value)).collect();
        for (lot, cell) in std::mem::take(&mut self.lots) {
            push(&mut out, Table::Lot, lot_key(&lot), cell);
        }
        for ((lot, party), cell) in std::mem::take(&mut self.holdings) {
            push(&mut out, Table::Holding, under_lot(&lot, party.as_bytes()), cell);
        }
        for (sscc, cell) in std::mem::take(&mut self.containers) {
            push(&mut out, Table::Container, sscc.number().to_be_bytes().to_vec(), cell);
        }
        for (id, cell) in std::mem::take(&mut self.transits) {
            push(&mut out, Table::Transit, id.as_bytes().to_vec(), cell);
        }
        out
    }
}

fn push<T: Row>(out: &mut Vec<Write>, table: Table, key: Vec<u8>, cell: Cell<T>) {
    if cell.dirty {
        out.push((table, key, cell.row.map(Written::row)));
    }
}

fn lot_unknown(lot: &LotId) -> Rejection {
    Rejection::new(Rule::LotUnknown, format!("lot {lot} is not on this ledger")).arg("lot", lot).retryable()
}

/// Sums per lot, in order of first mention.
#[derive(Default)]
pub(super) struct Totals(Vec<(LotId, Amount)>, BTreeMap<LotId, usize>);

impl Totals {
    pub(super) fn add(&mut self, lot: &LotId, amount: Amount) -> Result<(), Refusal> {
        match self.1.get(lot) {
            Some(at) => self.0[*at].1 = add(self.0[*at].1, amount)?,
            None => {
                self.1.insert(lot.clone(), self.0.len());
                self.0.push((lot.clone(), amount));
            }
        }
        Ok(())
    }

    pub(super) fn of(&self, lot: &LotId) -> Amount {
        self.1.get(lot).map_or(Amount::ZERO, |at| self.0[*at].1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_vec(self) -> Vec<(LotId, Amount)> {
        self.0
    }
}

/// Rule `quantity-exact`: sums stay in the exact range.
pub(super) fn add(a: Amount, b: Amount) -> Result<Amount, Refusal> {
    a.checked_add(b)
        .ok_or_else(|| Rejection::new(Rule::QuantityExact, "a sum of quantities leaves the exact range").into())
}

/// The opposite amount.
pub(super) fn negated(amount: Amount) -> Amount {
    Amount::from_micros(-amount.micros())
}
