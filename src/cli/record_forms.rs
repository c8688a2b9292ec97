//! Options of `jejak record new` for the forms of trade, supervision and transport, and the members that they write.
//!
//! What it is not: their rules (`chain::event`), nor the check of an event before it is signed (`epcis`).

use clap::Args;
use serde_json::{Map, Value, json};

use super::failure::{Cause, Failure};
use super::input::record_id;
use crate::epcis::documents;
use crate::epcis::write::EventBuilder;
use crate::gs1::Gln;
use crate::record::RecordId;

/// Forms of trade, supervision and transport.
#[derive(Debug, Default, Args)]
pub struct Forms {
    /// The goods become the property of --to once both parties have signed (trade)
    #[arg(long)]
    pub transfer: bool,
    /// The other side's signature that is not accepted, with the same documents, parties and goods (trade); needs --reason
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub rejects: Option<RecordId>,
    /// Trade document: KIND=URI[,NUMBER[,DATE]], such as invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03; repeatable. KIND: order, invoice,
    /// payment, bill-of-lading, contract, packing-list, certificate, ..., or a type of CBV such as inv
    #[arg(long = "document", value_name = "KIND=URI[,NUMBER[,DATE]]")]
    pub documents: Vec<String>,
    /// Milestone, such as payment-in-escrow
    #[arg(long, value_name = "CODE")]
    pub milestone: Option<String>,
    /// Salted commitment to what is not public of the milestone, 52 characters
    #[arg(long, value_name = "HASH", requires = "milestone")]
    pub commitment: Option<String>,
    /// Visit of supervision: PURPOSE=OUTCOME, such as quality-supervision=in-order (observe). OUTCOME: in-order, advice, corrective-action
    #[arg(long, value_name = "PURPOSE=OUTCOME")]
    pub visit: Option<String>,
    /// What a visit advised or is to be mended
    #[arg(long, value_name = "TEXT", requires = "visit")]
    pub advice: Option<String>,
    /// Leg of a transport: MODE[,VEHICLE], such as road,DD-8123-XY (observe). MODE: road, sea, inland-water, air, rail, on-foot
    #[arg(long, value_name = "MODE[,VEHICLE]")]
    pub leg: Option<String>,
    /// Place that a leg leaves
    #[arg(long, value_name = "GLN", requires = "leg")]
    pub leg_from: Option<Gln>,
    /// Place that a leg goes to
    #[arg(long, value_name = "GLN", requires = "leg")]
    pub leg_to: Option<Gln>,
    /// Goods pass from one hand to another on their way: FROM,TO[,CONDITION] (observe)
    #[arg(long, value_name = "FROM,TO[,CONDITION]")]
    pub handover: Option<String>,
    /// Seal of a leg, a handover or a sample
    #[arg(long, value_name = "CODE")]
    pub seal: Option<String>,
    /// First and last day that a place was monitored: FIRST/LAST, such as 2026-06-01/2026-06-30 (monitor)
    #[arg(long, value_name = "DATE/DATE")]
    pub period: Option<String>,
    /// Number of the certificate of a catch (harvest)
    #[arg(long, value_name = "NUMBER")]
    pub catch_certificate: Option<String>,
}

impl Forms {
    /// Adds the forms to an event.
    ///
    /// # Errors
    /// [`Failure`] naming the option that is not understood.
    pub fn write(&self, mut event: EventBuilder) -> Result<EventBuilder, Failure> {
        let mut more = Vec::new();
        for text in &self.documents {
            let (kind, id, stated) = document(text)?;
            event = match kind {
                Some(kind) => event.transaction(kind, id),
                None => event.untyped(id),
            };
            more.extend(stated);
        }
        for (member, value) in [
            ("jejak:documents", (!more.is_empty()).then_some(Value::Array(more))),
            ("jejak:transfer", self.transfer.then_some(true.into())),
            ("jejak:rejects", self.rejects.map(|id| id.uri().into())),
            ("jejak:milestone", self.milestone.clone().map(Value::from)),
            ("jejak:commitment", self.commitment.clone().map(Value::from)),
            ("jejak:visit", self.visit()?),
            ("jejak:leg", self.leg()),
            ("jejak:handover", self.handover()?),
            ("jejak:monitoring", self.monitoring()?),
        ] {
            if let Some(value) = value {
                event = event.set(member, value);
            }
        }
        Ok(event)
    }

    fn visit(&self) -> Result<Option<Value>, Failure> {
        let Some(text) = &self.visit else { return Ok(None) };
        let Some((purpose, outcome)) = text.split_once('=') else {
            return Err(Failure::usage(format!("--visit {text} is not a visit"))
                .hint("write PURPOSE=OUTCOME, such as quality-supervision=in-order"));
        };
        Ok(Some(members([
            ("jejak:purpose", Some(purpose.to_owned())),
            ("jejak:outcome", Some(outcome.to_owned())),
            ("jejak:advice", self.advice.clone()),
        ])))
    }

    fn leg(&self) -> Option<Value> {
        let (mode, vehicle) = match self.leg.as_ref()?.split_once(',') {
            Some((mode, vehicle)) => (mode, Some(vehicle.to_owned())),
            None => (self.leg.as_ref()?.as_str(), None),
        };
        Some(members([
            ("jejak:mode", Some(mode.to_owned())),
            ("jejak:vehicle", vehicle),
            ("jejak:from", self.leg_from.map(Gln::uri)),
            ("jejak:to", self.leg_to.map(Gln::uri)),
            ("jejak:seal", self.seal.clone()),
        ]))
    }

    fn handover(&self) -> Result<Option<Value>, Failure> {
        let Some(text) = &self.handover else { return Ok(None) };
        let mut parts = text.split(',').map(str::to_owned);
        let (Some(from), Some(to), condition, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Failure::usage(format!("--handover {text} is not a handover"))
                .hint("write FROM,TO[,CONDITION]: the two parties, and the state of the goods, such as intact"));
        };
        Ok(Some(members([
            ("jejak:from", Some(from)),
            ("jejak:to", Some(to)),
            ("jejak:condition", condition),
            ("jejak:seal", self.seal.clone()),
        ])))
    }

    fn monitoring(&self) -> Result<Option<Value>, Failure> {
        let Some(text) = &self.period else { return Ok(None) };
        let day = |text: &str| text.parse::<jiff::civil::Date>().ok().filter(|date| date.to_string() == text);
        match text.split_once('/').map(|(first, last)| (day(first), day(last))) {
            Some((Some(first), Some(last))) if first <= last => {
                Ok(Some(members([("jejak:from", Some(first.to_string())), ("jejak:until", Some(last.to_string()))])))
            }
            _ => Err(Failure::usage(format!("--period {text} is not a first and a last day"))
                .hint("write DATE/DATE, such as 2026-06-01/2026-06-30")),
        }
    }
}

/// An object of the members that are there.
fn members<const N: usize>(all: [(&str, Option<String>); N]) -> Value {
    let there = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Value::Object(there.collect::<Map<String, Value>>())
}

/// `invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03`: its CBV type, its URI, and an element of `jejak:documents` for the rest.
fn document(text: &str) -> Result<(Option<&str>, &str, Option<Value>), Failure> {
    let wrong = |cause: Cause| {
        Failure::usage(format!("--document {text} is not a document"))
            .because(cause)
            .hint("write KIND=URI[,NUMBER[,DATE]], such as invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03")
    };
    let (word, rest) = text.split_once('=').ok_or_else(|| wrong("it has no =".into()))?;
    let (kind, cbv) = match documents::type_of(word) {
        Some(Some(cbv)) => (None, Some(cbv)),
        Some(None) => (Some(word), None),
        // a type of CBV, which is checked with the event
        None => (None, Some(word)),
    };
    let mut parts = rest.splitn(3, ',');
    let (id, number, date) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if kind.is_none() && number.is_none() {
        return Ok((cbv, id, None));
    }
    if let Some(date) = date
        && date.parse::<jiff::civil::Date>().is_err()
    {
        return Err(wrong(format!("{date} is not a date").into()));
    }
    let mut stated = json!({ "jejak:document": id });
    for (name, value) in
        [("jejak:kind", kind), ("jejak:number", number.filter(|n| !n.is_empty())), ("jejak:date", date)]
    {
        if let Some(value) = value {
            stated[name] = value.into();
        }
    }
    Ok((cbv, id, Some(stated)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_distinguished_by_kind_with_number_and_date() {
        let (cbv, id, stated) = document("invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03").unwrap();
        assert_eq!((cbv, id), (Some("inv"), "urn:jejak:doc:inv:7"));
        assert_eq!(
            stated.unwrap(),
            json!({ "jejak:document": id, "jejak:number": "INV-7", "jejak:date": "2026-11-03" })
        );
        let (cbv, id, stated) = document("payment=urn:bank:42").unwrap();
        assert_eq!((cbv, stated.unwrap()), (None, json!({ "jejak:document": id, "jejak:kind": "payment" })));
        assert_eq!(document("po=urn:x").unwrap(), (Some("po"), "urn:x", None));
        for wrong in ["invoice", "invoice=urn:x,7,tomorrow"] {
            assert!(document(wrong).is_err(), "{wrong}");
        }
    }
}
