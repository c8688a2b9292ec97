//! Trade document, milestone, change of owner: attaches; ownership moves when both parties have signed a transfer.
//!
//! Orders, invoices, payments and bills of lading name the owner before and after, and move nothing, however often they are signed. A record
//! with `jejak:transfer` moves: the owner signs it first, then its buyer. A lot or container changes owner as a whole; part of a lot is
//! sold in a container, or after a split. Both signatures together are the transfer: neither is voided afterwards, the goods are sold back.
//! Until then the other side may reject what was signed (`jejak:rejects`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::goods::{lots_named, parse_containers};
use super::tx::Tx;
use super::who::end;
use super::{about_shipment, buyer, market};
use crate::chain::rows::{
    Delta, LotRow, OwnerRow, RecordRow, Stowed, TradeRow, trade_key, trade_signer_key, under_lot,
};
use crate::chain::state::{Scan, get, row, rows};
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::RecordId;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    document_missing(tx)?;
    let mut goods = Vec::new();
    let (direct, mut empty) = (lots_named(tx.event), Vec::new());
    tx.each_lot(&direct, |tx, lot| tx.require_lot(lot).map(drop))?;
    goods.extend(direct.iter().map(LotId::uri));
    let mut lots = direct.clone();
    for sscc in parse_containers(&event.epcs)? {
        let (inside, carried) = tx.remarked_inside(sscc)?;
        tx.entities.extend(inside.into_iter().map(|(sscc, _)| sscc.uri()));
        if carried.is_empty() {
            empty.push(sscc);
        }
        lots.extend(carried.into_iter().map(|(lot, _)| lot));
        goods.push(sscc.uri());
    }
    goods.sort();
    tx.named.extend(lots.iter().cloned());
    let from = end(&event.sources, "owning_party").map(str::to_owned);
    let to = end(&event.destinations, "owning_party").map(str::to_owned);
    let signs_for = trading_party(tx, from.as_deref(), to.as_deref(), &direct, &lots)?;
    if let Some((id, row)) = about_shipment::named(tx, &lots)?
        && !about_shipment::is_party(tx, &signs_for, id, &row)?
    {
        return Err(tx.not_concerned(&signs_for, id).into());
    }
    let transfer = event.ext.transfer;
    let sale = match (from, to) {
        (Some(from), Some(to)) if from != to && !(transfer && goods.is_empty()) => {
            Some(Sale { transfer, from, to, goods })
        }
        _ => None,
    };
    payment_side(tx, sale.as_ref(), &signs_for)?;
    transfer_incomplete(tx, sale.as_ref())?;
    if let Some(rejected) = &event.ext.rejects {
        return reject(tx, rejected, sale.as_ref(), &signs_for, &lots);
    }
    if let Some(sale) = sale.as_ref().filter(|sale| sale.transfer) {
        goods_not_owned(tx, &sale.from, &sale.goods)?;
        sold_in_part(tx)?;
    }
    let documents: BTreeSet<&str> = event.transactions.iter().map(|document| document.id.as_str()).collect();
    for document in &documents {
        signed_too_often(tx, document, &signs_for)?;
    }
    if !offered(tx, &signs_for, sale.as_ref(), &documents)? {
        concerned(tx, &signs_for, &lots, &empty)?;
    }
    let Some(sale) = &sale else { return Ok(()) };
    let mut countersigns = BTreeMap::new();
    for document in documents {
        countersigns.extend(sign(tx, document, sale, &signs_for)?);
    }
    if countersigns.is_empty() {
        return Ok(());
    }
    // both agreed: for whom they signed, and who signed
    let mut sides = vec![sale.from.as_str(), &sale.to, tx.signer()];
    sides.extend(countersigns.values().map(|first| first.party.as_str()));
    tx.each_lot(&lots, |tx, lot| tx.join_sides(lot, &sides))?;
    if !sale.transfer {
        return Ok(());
    }
    change_owner(tx, &sale.goods, &sale.to)?;
    for other in countersigns.keys() {
        countersigned(tx, *other)?;
    }
    Ok(())
}

/// What a trade event is about: whole lots and containers, by URI and sorted, between two parties.
struct Sale {
    /// They pass from the one to the other.
    transfer: bool,
    from: String,
    to: String,
    goods: Vec<String>,
}

impl Sale {
    fn key(&self, document: &str) -> Vec<u8> {
        trade_key(document, self.transfer, &self.from, &self.to, &self.goods)
    }
}

/// Most signatures of one party under one document.
pub const MAX_SIGNATURES: u32 = 256;

/// Rule `signed-too-often`: a party signs a document at most [`MAX_SIGNATURES`] times. Each party has its own count, so that nobody can
/// use up the signatures of another.
fn signed_too_often(tx: &mut Tx<'_>, document: &str, party: &str) -> Result<(), Refusal> {
    let key = trade_signer_key(document, party);
    let signed: u32 = get(tx.state, Table::TradeSigner, &key)?.unwrap_or_default();
    if signed >= MAX_SIGNATURES {
        let detail = format!("{party} signed the document {document} {signed} times: use another document");
        return Err(Rejection::new(Rule::SignedTooOften, detail)
            .arg("party", party)
            .arg("document", document)
            .arg("most", MAX_SIGNATURES)
            .into());
    }
    Ok(tx.put(Table::TradeSigner, key, &(signed + 1))?)
}

/// Whether `party` transfers goods of its own (rule `goods-not-owned` has looked), or is the buyer and the seller has signed one of
/// the documents for the same goods: the buyer may add documents of its own.
fn offered(tx: &Tx<'_>, party: &str, sale: Option<&Sale>, documents: &BTreeSet<&str>) -> Result<bool, StateError> {
    let Some(sale) = sale else { return Ok(false) };
    if party == sale.from {
        return Ok(sale.transfer);
    }
    for document in documents {
        let row: Option<TradeRow> = get(tx.state, Table::Trade, &sale.key(document))?;
        if signature(tx, row.and_then(|row| row.from))?.is_some_and(|first| !is_spent(&first)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rule `payment-side`: a payment names who is paid (the owner before) and who pays (the owner after); that it was paid is the word of who pays,
/// that it was received of who is paid.
fn payment_side(tx: &Tx<'_>, sale: Option<&Sale>, signs_for: &str) -> Result<(), Rejection> {
    if !tx.event.is_payment() {
        return Ok(());
    }
    let refused = |detail: String| Rejection::new(Rule::PaymentSide, detail).arg("party", signs_for);
    let Some(sale) = sale else {
        return Err(refused(
            "a payment names two owning parties: who is paid in sourceList, who pays in destinationList".to_owned(),
        ));
    };
    let by = match tx.event.ext.milestone.as_deref() {
        Some("payment-paid") => &sale.to,
        Some("payment-received") => &sale.from,
        _ => return Ok(()),
    };
    if by == signs_for { Ok(()) } else { Err(refused(format!("{by} states this of the payment, not {signs_for}"))) }
}

/// Rule `transfer-incomplete`: a transfer names goods, whose they are and whose they become.
fn transfer_incomplete(tx: &Tx<'_>, sale: Option<&Sale>) -> Result<(), Rejection> {
    if !tx.event.ext.transfer || sale.is_some() {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::TransferIncomplete,
        "a transfer names goods, and two owning parties: whose they are in sourceList, whose they become in destinationList",
    ))
}

/// Rule `rejects-unknown`: a party rejects what the other side signed under the same documents, for the same parties and goods, while it has
/// not countersigned it. The signature counts for nothing from then on: the other side signs anew. Finding `rejected` on the goods.
fn reject(tx: &mut Tx<'_>, rejected: &str, sale: Option<&Sale>, party: &str, lots: &[LotId]) -> Result<(), Refusal> {
    let unknown = || {
        Rejection::new(
            Rule::RejectsUnknown,
            format!("{rejected} is no signature of the other side under these documents that is still open"),
        )
        .arg("record", rejected)
    };
    let (Some(sale), Ok(id)) = (sale, rejected.parse::<RecordId>()) else { return Err(unknown().into()) };
    if tx.event.ext.reason.is_none() {
        return Err(unknown().arg("missing", "jejak:reason").into());
    }
    let Some(signed) = signature(tx, Some(id))?.filter(|row| !is_spent(row)) else {
        return Err(tx.awaits(Some(id), unknown())?.into());
    };
    let (event, mut found) = (tx.event, false);
    for document in event.transactions.iter().map(|document| document.id.as_str()).collect::<BTreeSet<&str>>() {
        let key = sale.key(document);
        let Some(mut row) = get::<TradeRow>(tx.state, Table::Trade, &key)? else { continue };
        let other = if party == sale.from { &mut row.to } else { &mut row.from };
        if *other == Some(id) {
            *other = None;
            found = true;
            tx.put(Table::Trade, key, &row)?;
        }
    }
    if !found {
        return Err(unknown().into());
    }
    market::rejected(tx, &signed)?;
    buyer::rejected(tx, &signed)?;
    tx.entities.insert(id.uri());
    let reason = tx.event.ext.reason.clone().unwrap_or_default();
    let args = [("by", party.to_owned()), ("entry", signed.index.to_string()), ("reason", reason)];
    tx.finding(Rule::Rejected, lots, &args);
    Ok(())
}

/// Rule `not-concerned`: who signs about goods that nobody offered it has to do with all of them ([`Tx::has_to_do_with`]); of an empty
/// container it is the maker or holder.
fn concerned(tx: &mut Tx<'_>, party: &str, lots: &[LotId], empty: &[Sscc]) -> Result<(), Refusal> {
    tx.each_lot(
        lots,
        |tx, lot| {
            if tx.has_to_do_with(party, lot)? { Ok(()) } else { Err(tx.not_concerned(party, lot).into()) }
        },
    )?;
    empty.iter().try_for_each(|sscc| tx.empty_not_concerned(party, *sscc))
}

/// The record that signed for the other side of a sale.
type Countersigned = (RecordId, Arc<RecordRow>);

/// Signs a sale under a document. Ownership moves when both sides have signed: the signature of the other side is returned. A document
/// moves it once, and so does a signature: signing again moves nothing.
fn sign(tx: &mut Tx<'_>, document: &str, sale: &Sale, party: &str) -> Result<Option<Countersigned>, Refusal> {
    let key = sale.key(document);
    let mut row: TradeRow = get(tx.state, Table::Trade, &key)?.unwrap_or_default();
    let before = row;
    let (own, other) = if party == sale.from { (&mut row.from, row.to) } else { (&mut row.to, row.from) };
    let (signed, countersigns) = (signature(tx, *own)?, signature(tx, other)?);
    let moved = [&signed, &countersigns].into_iter().flatten().any(|row| countersigned_here(row, &before));
    if moved || signed.is_some_and(|row| !is_spent(&row)) {
        return Ok(None);
    }
    *own = Some(tx.record);
    tx.put(Table::Trade, key, &row)?;
    Ok(other.zip(countersigns).filter(|(_, row)| !is_spent(row)))
}

/// The record of a signature, if it was not voided.
fn signature(tx: &Tx<'_>, id: Option<RecordId>) -> Result<Option<Arc<RecordRow>>, StateError> {
    let Some(id) = id else { return Ok(None) };
    Ok(row::<RecordRow>(tx.state, Table::Record, id.as_bytes())?.filter(|row| row.voided_by.is_none()))
}

/// Whether a signature moved ownership, under whatever document: it does so once. Else its record, which names several documents, would
/// sell the goods again after they were sold back.
fn is_spent(signature: &RecordRow) -> bool {
    signature.effects.deltas.iter().any(|delta| matches!(delta, Delta::Countersigned(_) | Delta::Owned(..)))
}

/// Whether the other signature of these two countersigned this one: the document moved ownership.
fn countersigned_here(signature: &RecordRow, both: &TradeRow) -> bool {
    let here = |by: &RecordId| [both.from, both.to].contains(&Some(*by));
    signature.effects.deltas.iter().any(|delta| matches!(delta, Delta::Countersigned(by) if here(by)))
}

fn change_owner(tx: &mut Tx<'_>, goods: &[String], to: &str) -> Result<(), Refusal> {
    for uri in goods {
        let before = tx.owner(uri)?;
        if before.as_ref().is_some_and(|row| row.owner == to) {
            continue;
        }
        let after = OwnerRow { owner: to.to_owned(), record: tx.record };
        tx.put(Table::Owner, uri.as_bytes().to_vec(), &after)?;
        tx.deltas.push(Delta::Owned(uri.clone(), before, after));
    }
    Ok(())
}

/// Records that the other signature was countersigned and can no longer be voided.
fn countersigned(tx: &mut Tx<'_>, first: RecordId) -> Result<(), StateError> {
    let Some(mut row) = tx.latest::<RecordRow>(Table::Record, first.as_bytes())? else { return Ok(()) };
    row.effects.deltas.push(Delta::Countersigned(tx.record));
    tx.put(Table::Record, first.as_bytes().to_vec(), &row)
}

/// Rule `sold-in-part`: the quantity stated of a lot that changes owner is all that is left of it.
fn sold_in_part(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let stated: Vec<_> = tx.event.quantities.iter().filter(|q| q.quantity.is_some()).cloned().collect();
    for (lot, amount) in tx.amounts(&stated, false)? {
        let left = tx.left(&lot)?;
        if amount != left {
            let (there, stated) = (tx.with_unit(&lot, left)?, tx.with_unit(&lot, amount)?);
            return Err(Rejection::new(
                Rule::SoldInPart,
                format!("{there} of lot {lot} is left, the document states {stated}"),
            )
            .arg("lot", lot)
            .arg("left", left)
            .arg("stated", amount)
            .into());
        }
    }
    Ok(())
}

/// Rule `document-missing`: a trade event names its document.
fn document_missing(tx: &Tx<'_>) -> Result<(), Rejection> {
    if tx.event.transactions.is_empty() {
        return Err(Rejection::new(Rule::DocumentMissing, "a trade event names a document in bizTransactionList"));
    }
    Ok(())
}

/// Rule `not-a-party-to-it`: a trade document that names owning parties is signed by one of them, or by its mandate. Returns the party
/// that it is signed for: the first of them whose mandate covers the lots that the event names. It covers those inside its containers too.
fn trading_party(
    tx: &mut Tx<'_>,
    from: Option<&str>,
    to: Option<&str>,
    direct: &[LotId],
    lots: &[LotId],
) -> Result<String, Refusal> {
    let mut ends: Vec<&str> = from.into_iter().chain(to).collect();
    if tx.event.ext.milestone.as_deref() == Some("payment-paid") {
        // who acts for both sides states it for who pays
        ends.reverse();
    }
    if ends.is_empty() || ends.contains(&tx.signer()) {
        return Ok(tx.signer().to_owned());
    }
    let refusal = |tx: &Tx<'_>| -> Refusal {
        Rejection::new(Rule::NotAPartyToIt, format!("{} is not a party to this document", tx.signer()))
            .arg("party", tx.signer())
            .into()
    };
    for party in ends {
        if tx.may_act(party, Act::Trade, direct)? {
            tx.each_lot(lots, |tx, lot| {
                if tx.may_act(party, Act::Trade, std::slice::from_ref(lot))? { Ok(()) } else { Err(refusal(tx)) }
            })?;
            tx.on_behalf = Some(party.to_owned());
            return Ok(party.to_owned());
        }
    }
    Err(refusal(tx))
}

/// Rule `goods-not-owned`: only the owner of goods can pass them on. A container belongs to its buyer, or else to the owner of all its
/// contents; a whole lot can be sold only while none of its containers belongs to someone else.
fn goods_not_owned(tx: &mut Tx<'_>, from: &str, goods: &[String]) -> Result<(), Refusal> {
    for uri in goods {
        let owners = match LotId::from_uri(uri) {
            Ok(lot) => owners_of_lot(tx, &lot)?,
            Err(_) => owners_of_container(tx, uri)?,
        };
        if let Some(owner) = owners.into_iter().find(|owner| owner != from) {
            return Err(Rejection::new(Rule::GoodsNotOwned, format!("{from} does not own {uri}"))
                .arg("party", from)
                .arg("goods", uri)
                .arg("owner", owner)
                .into());
        }
    }
    Ok(())
}

/// The owner of a lot's loose stock, and those of the containers of it that were sold by themselves.
fn owners_of_lot(tx: &mut Tx<'_>, lot: &LotId) -> Result<BTreeSet<String>, Refusal> {
    let row = tx.shared_lot(lot)?;
    let mut owners = BTreeSet::from([owner_of_lot(tx, lot, &row)?]);
    if row.counts.containers == 0 {
        return Ok(owners);
    }
    let (prefix, mut looked) = (under_lot(lot, b""), BTreeSet::new());
    for stowed in rows::<Amount>(tx.state, Table::Stowed, Scan::prefix(&prefix)) {
        let (key, _) = stowed?;
        let Some(Stowed::Container(sscc)) = key.get(prefix.len()..).and_then(Stowed::of_key) else { break };
        // sold alone, or inside another that was sold
        let mut at = Some(sscc);
        while let Some(sscc) = at.filter(|sscc| looked.insert(*sscc)) {
            if let Some(sold) = tx.owner(&sscc.uri())? {
                owners.insert(sold.owner);
            }
            at = tx.require_container(sscc)?.parent;
        }
    }
    Ok(owners)
}

fn owner_of_lot(tx: &Tx<'_>, lot: &LotId, row: &LotRow) -> Result<String, StateError> {
    Ok(tx.owner(&lot.uri())?.map_or_else(|| row.maker.clone(), |row| row.owner))
}

fn owners_of_container(tx: &mut Tx<'_>, uri: &str) -> Result<BTreeSet<String>, Refusal> {
    let named = parse_containers(std::slice::from_ref(&uri.to_owned()))?;
    let Some(sscc) = named.first() else { return Ok(BTreeSet::new()) };
    if let Some(sold) = tx.owner(uri)? {
        return Ok(BTreeSet::from([sold.owner]));
    }
    let (_, carried) = tx.inside(*sscc)?;
    let mut owners = BTreeSet::new();
    for (lot, _) in carried {
        let row = tx.require_lot(&lot)?.clone();
        owners.insert(owner_of_lot(tx, &lot, &row)?);
    }
    if owners.is_empty() {
        owners.insert(tx.require_container(*sscc)?.maker.clone());
    }
    Ok(owners)
}
