//! Label serials: an issue of serial numbers, committed to by a Merkle root.

use super::goods::{goods_misplaced, goods_missing};
use super::tx::{Tx, add};
use crate::chain::rows::{Account, IssueRow, under_lot};
use crate::chain::{Act, Refusal, Rejection, Rule, Table};
use crate::gs1::{Amount, LotId};

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.parent.is_none(), event.child_quantities.is_empty()])?;
    let amounts = tx.amounts(&event.quantities, false)?;
    goods_missing(amounts.is_empty())?;
    let [(lot, amount)] = amounts.as_slice() else {
        return Err(Rejection::new(Rule::OneLotPerIssue, "an issue of labels is about one lot").into());
    };
    let Some(serials) = event.ext.serials.as_ref().filter(|serials| serials.count > 0) else {
        return Err(Rejection::new(Rule::SerialsMissing, "an encoding event states jejak:serials, one or more").into());
    };
    let holder = tx.holder();
    tx.require_mandate(&holder, Act::Label, std::slice::from_ref(lot))?;
    tx.require_lot(lot)?;
    tx.deficit_blocks_outflow(lot)?;
    // rule `labels-beyond-stock`: the issuer of labels has the goods, loose or packed
    tx.within_stock(Rule::LabelsBeyondStock, lot, &holder, *amount, "the labels are for")?;
    let net = tx.net_amount(lot, serials.net, &serials.net_uom)?;
    net_of_product(tx, lot, net)?;
    let issued = net.micros().checked_mul(i128::from(serials.count)).map(Amount::from_micros);
    let issued =
        issued.ok_or_else(|| Rejection::new(Rule::QuantityExact, "count x net content leaves the exact range"))?;
    labels_exceed_lot(tx, lot, issued, *amount)?;
    tx.account(lot, Account::Labelled, issued)?;
    tx.lot_mut(lot)?.closed = true;
    let row = IssueRow {
        record: tx.record,
        issuer: holder,
        count: serials.count,
        net,
        root: serials.root.clone(),
        voided_by: None,
    };
    let key = under_lot(lot, &tx.index.to_be_bytes());
    tx.put(Table::Issue, key, &row)?;
    Ok(())
}

/// Rule `net-of-product`: a label's net content is that of the product, where the product states one.
fn net_of_product(tx: &mut Tx<'_>, lot: &LotId, net: Amount) -> Result<(), Refusal> {
    match tx.require_product(lot.gtin)?.net_content {
        Some(registered) if registered != net => {
            let (holds, stated) = (tx.with_unit(lot, registered)?, tx.with_unit(lot, net)?);
            Err(Rejection::new(Rule::NetOfProduct, format!("a pack of {} holds {holds}, not {stated}", lot.gtin))
                .arg("gtin", lot.gtin)
                .arg("net", net)
                .arg("registered", registered)
                .into())
        }
        _ => Ok(()),
    }
}

/// Rule `labels-exceed-lot`: count x net content, summed over issues, is at most the lot.
fn labels_exceed_lot(tx: &mut Tx<'_>, lot: &LotId, issued: Amount, stated: Amount) -> Result<(), Refusal> {
    let row = tx.require_lot(lot)?;
    let (sum, produced) = (add(row.labelled, issued)?, row.produced);
    if sum > produced || issued > stated {
        let detail = if sum > produced {
            format!("labels for {} of lot {lot}, {} made", tx.with_unit(lot, sum)?, tx.with_unit(lot, produced)?)
        } else {
            format!("labels for {} of lot {lot}, {} stated", tx.with_unit(lot, issued)?, tx.with_unit(lot, stated)?)
        };
        return Err(Rejection::new(Rule::LabelsExceedLot, detail)
            .arg("lot", lot)
            .arg("labelled", sum)
            .arg("produced", produced)
            .into());
    }
    Ok(())
}
