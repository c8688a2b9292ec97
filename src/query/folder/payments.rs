//! Payments of a shipment: the milestones of each, side by side, and whether both sides state the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::gather::{Found, Gathered};
use super::{Signed, signed};
use crate::chain::StateError;
use crate::epcis::documents::{OPENING, PAYMENTS};
use crate::query::parts::ViewCache;

/// How far a payment is: the last that was stated of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentStatus {
    /// It was agreed.
    Agreed,
    /// It is due.
    Due,
    /// A third party holds the money.
    InEscrow,
    /// The buyer paid.
    Paid,
    /// The seller received it.
    Received,
}

impl PaymentStatus {
    /// All, in the order of [`PAYMENTS`].
    pub const ALL: [PaymentStatus; 5] = [
        PaymentStatus::Agreed,
        PaymentStatus::Due,
        PaymentStatus::InEscrow,
        PaymentStatus::Paid,
        PaymentStatus::Received,
    ];

    fn of(milestone: &str) -> Option<PaymentStatus> {
        PAYMENTS.iter().zip(PaymentStatus::ALL).find(|(code, _)| **code == milestone).map(|(_, status)| status)
    }
}

/// Who signed any milestone of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreed {
    /// One side.
    One,
    /// Both.
    Both,
}

/// For which side a milestone was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageSide {
    /// Who is paid.
    Seller,
    /// Who pays.
    Buyer,
}

/// A milestone of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its code.
    pub milestone: String,
    /// For which side it was signed.
    pub side: StageSide,
    /// Due by, or done on.
    pub date: Option<Date>,
    /// What binds to the sum.
    pub commitment: Option<String>,
    /// BLAKE3 of the opening, which the two sides may read.
    pub opening: Option<String>,
    /// Its record.
    #[serde(flatten)]
    pub signed: Signed,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    /// URI of its document.
    pub document: String,
    /// Its number.
    pub number: Option<String>,
    /// Who is paid.
    pub from: super::Named,
    /// Who pays.
    pub to: super::Named,
    /// The day by which it is due, as stated last.
    pub date: Option<Date>,
    /// How far it is.
    pub status: PaymentStatus,
    /// Who signed any milestone of it. One party that signs for both is one.
    pub agreed: Agreed,
    /// Whether who pays and who is paid both say that it took place, by two signers.
    pub confirmed: bool,
    /// Whether both sides state one commitment; `None` while only one does. Two that differ can't be compared: each may have sealed the same sum.
    pub same_amount: Option<bool>,
    /// Its milestones, in the order of the log.
    pub stages: Vec<Stage>,
}

type Key = (String, String, String);

pub(super) fn payments(parts: &mut ViewCache<'_>, found: &Gathered) -> Result<Vec<PaymentView>, StateError> {
    let rejected = found.rejected();
    let mut stages: BTreeMap<Key, Vec<(Option<String>, Stage)>> = BTreeMap::new();
    for one in found.records.values().filter(|one| one.of_shipment) {
        let Some((key, number, stage)) = stage(parts, one)? else { continue };
        if rejected.contains(&(one.id, key.0.clone())) {
            continue;
        }
        stages.entry(key).or_default().push((number, stage));
    }
    let mut views = Vec::with_capacity(stages.len());
    for ((document, from, to), stages) in stages {
        let number = stages.iter().rev().find_map(|(number, _)| number.clone());
        let stages: Vec<Stage> = stages.into_iter().map(|(_, stage)| stage).collect();
        let (from, to) = (super::named(parts, &from)?, super::named(parts, &to)?);
        views.extend(view(document, number, from, to, stages));
    }
    views.sort_by_key(|view| view.stages.first().map(|stage| stage.signed.index));
    Ok(views)
}

fn stage(parts: &mut ViewCache<'_>, one: &Found) -> Result<Option<(Key, Option<String>, Stage)>, StateError> {
    let Some(event) = one.event().filter(|event| event.is_payment() && event.ext.rejects.is_none()) else {
        return Ok(None);
    };
    let Some(document) = event.documents().find(|document| document.kind == Some("payment")) else { return Ok(None) };
    let end = |list: &[crate::epcis::SourceDest]| {
        list.iter().find(|end| end.kind == "owning_party").map(|end| end.id.clone())
    };
    let (Some(from), Some(to)) = (end(&event.sources), end(&event.destinations)) else { return Ok(None) };
    let by = one.row.on_behalf.as_deref().unwrap_or(&one.row.party);
    let side = if by == to { StageSide::Buyer } else { StageSide::Seller };
    let opening = event.ext.evidence.iter().find(|file| file.document_type == OPENING);
    let stage = Stage {
        milestone: event.ext.milestone.clone().unwrap_or_default(),
        side,
        date: document.more.and_then(|more| more.date),
        commitment: event.ext.commitment.clone(),
        opening: opening.map(|file| file.blake3.clone()),
        signed: signed(parts, one.id, &one.row)?,
    };
    let number = document.more.and_then(|more| more.number.clone());
    Ok(Some(((document.id.to_owned(), from, to), number, stage)))
}

fn view(
    document: String,
    number: Option<String>,
    from: super::Named,
    to: super::Named,
    stages: Vec<Stage>,
) -> Option<PaymentView> {
    let status = stages.iter().filter_map(|stage| PaymentStatus::of(&stage.milestone)).max()?;
    let of = |side: StageSide| stages.iter().filter(move |stage| stage.side == side);
    // one that acts for both sides is one word
    let by = |side: StageSide| of(side).map(|stage| &stage.signed.by.party).collect::<BTreeSet<_>>();
    let (sellers, buyers) = (by(StageSide::Seller), by(StageSide::Buyer));
    let both = sellers.iter().any(|seller| buyers.iter().any(|buyer| buyer != seller));
    let agreed = if both { Agreed::Both } else { Agreed::One };
    let who = |status: PaymentStatus| {
        let said = stages.iter().filter(move |stage| PaymentStatus::of(&stage.milestone) == Some(status));
        said.map(|stage| &stage.signed.by.party).collect::<BTreeSet<_>>()
    };
    let (paid, received) = (who(PaymentStatus::Paid), who(PaymentStatus::Received));
    // what each side bound to last
    let bound = |side: StageSide| of(side).filter_map(|stage| stage.commitment.as_ref()).next_back();
    let same_amount = bound(StageSide::Seller).zip(bound(StageSide::Buyer)).map(|(a, b)| a == b);
    let due = |stage: &&Stage| PaymentStatus::of(&stage.milestone) <= Some(PaymentStatus::Due) && stage.date.is_some();
    Some(PaymentView {
        date: stages.iter().rev().find(due).and_then(|stage| stage.date),
        confirmed: paid.iter().any(|payer| received.iter().any(|payee| payee != payer)),
        document,
        number,
        from,
        to,
        status,
        agreed,
        same_amount,
        stages,
    })
}
