//! Trade document, milestone, change of owner: attaches; ownership moves when both parties have signed.
//!
//! A lot or container changes owner as a whole; part of a lot is sold in a container, or after a split. Both signatures
//! together are the transfer: neither is voided afterwards, the goods are sold back.

use std::collections::BTreeSet;

use super::goods::{lots_named, parse_containers};
use super::tx::Tx;
use super::who::end;
use crate::chain::rows::{Delta, LotRow, OwnerRow, RecordRow, TradeRow, TradeSignature};
use crate::chain::state::get;
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table};
use crate::gs1::LotId;
use crate::record::RecordId;
use crate::record::registry::Role;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    document_missing(tx)?;
    let mut goods = Vec::new();
    let mut lots = lots_named(tx.event);
    for lot in &lots {
        tx.require_lot(lot)?;
        goods.push(lot.uri());
    }
    for sscc in parse_containers(&event.epcs)? {
        let (inside, carried) = tx.inside(sscc)?;
        tx.entities.extend(inside.into_iter().map(|(sscc, _)| sscc.uri()));
        lots.extend(carried.into_iter().map(|(lot, _)| lot));
        goods.push(sscc.uri());
    }
    goods.sort();
    tx.named.extend(lots.iter().cloned());
    let from = end(&event.sources, "owning_party").map(str::to_owned);
    let to = end(&event.destinations, "owning_party").map(str::to_owned);
    let signs_for = trading_party(tx, from.as_deref(), to.as_deref(), &lots)?;
    let owners = match (from, to) {
        (Some(from), Some(to)) if from != to && !goods.is_empty() => Some((from, to)),
        _ => None,
    };
    if let Some((from, _)) = &owners {
        goods_not_owned(tx, from, &goods)?;
    }
    if owners.is_some() {
        sold_in_part(tx)?;
    }
    let signature = TradeSignature { record: tx.record, party: signs_for, owners, goods };
    for document in &event.transactions {
        let mut row: TradeRow = get(tx.state, Table::Trade, document.id.as_bytes())?.unwrap_or_default();
        let (mut counter, mut again) = (None, false);
        for other in &row.signatures {
            if other.owners == signature.owners && other.goods == signature.goods && stands(tx, other.record)? {
                again |= other.party == signature.party;
                counter = counter.or((other.party != signature.party).then_some(other.record));
            }
        }
        // a document moves ownership once; signing it again moves nothing
        if let (Some(counter), false, Some((from, to))) = (counter, again, &signature.owners)
            && (signature.party == *from || signature.party == *to)
        {
            change_owner(tx, &signature.goods, to)?;
            countersigned(tx, counter)?;
        }
        row.signatures.push(signature.clone());
        tx.put(Table::Trade, document.id.as_bytes().to_vec(), &row)?;
    }
    Ok(())
}

/// Whether the record was not voided.
fn stands(tx: &Tx<'_>, id: RecordId) -> Result<bool, StateError> {
    Ok(get::<RecordRow>(tx.state, Table::Record, id.as_bytes())?.is_some_and(|row| row.voided_by.is_none()))
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

/// Rule `not-a-party-to-it`: a trade document is signed by one of its owning parties (or by its mandate), or, when it moves no
/// ownership, by the goods' maker or holder, or by a forwarder or buyer. Returns the party that it is signed for.
fn trading_party(tx: &mut Tx<'_>, from: Option<&str>, to: Option<&str>, lots: &[LotId]) -> Result<String, Refusal> {
    let ends: Vec<&str> = from.into_iter().chain(to).collect();
    if ends.contains(&tx.signer()) {
        return Ok(tx.signer().to_owned());
    }
    for party in &ends {
        if tx.may_act(party, Act::Trade, lots)? {
            tx.on_behalf = Some((*party).to_owned());
            return Ok((*party).to_owned());
        }
    }
    if ends.is_empty() {
        let signer = tx.signer().to_owned();
        if tx.by.has(Role::Forwarder) || tx.by.has(Role::Buyer) {
            return Ok(signer);
        }
        for lot in lots {
            if tx.require_lot(lot)?.maker == signer || tx.held_anywhere(lot, &signer)?.is_positive() {
                return Ok(signer);
            }
        }
    }
    Err(Rejection::new(Rule::NotAPartyToIt, format!("{} is not a party to this document", tx.signer()))
        .arg("party", tx.signer())
        .into())
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
    let row = tx.require_lot(lot)?.clone();
    let mut owners = BTreeSet::from([owner_of_lot(tx, lot, &row)?]);
    for mut sscc in row.packed {
        // sold alone, or inside another that was sold
        loop {
            if let Some(sold) = tx.owner(&sscc.uri())? {
                owners.insert(sold.owner);
            }
            match tx.require_container(sscc)?.parent {
                Some(parent) => sscc = parent,
                None => break,
            }
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
