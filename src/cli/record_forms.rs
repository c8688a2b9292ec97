//! Options of `jejak record new` for the forms of trade, supervision and transport, and the members that they write.
//!
//! What it is not: their rules (`chain::event`), nor the check of an event before it is signed (`epcis`).

use clap::Args;
use serde_json::{Map, Value};

use super::failure::{Cause, Failure};
use super::input::record_id;
use crate::epcis::write::EventBuilder;
use crate::epcis::{cbv, documents};
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
    /// Trade document: KIND=URI[,NUMBER[,DATE[,UNTIL[,ISSUER]]]], such as invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03; repeatable, a part
    /// may be empty. KIND: order, invoice, payment, bill-of-lading, contract, packing-list, health-certificate, ..., a type of CBV such as inv,
    /// or the name that an export guide has for a certificate
    #[arg(long = "document", value_name = "KIND=URI[,...]")]
    pub documents: Vec<String>,
    /// Milestone; of a payment: payment-agreed, payment-due, payment-in-escrow, payment-paid or payment-received
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
    /// Point of a visit's checklist: ITEM=ANSWER[,NOTE], such as scales-checked=yes; repeatable. ANSWER: yes, no, not-applicable
    #[arg(long = "check", value_name = "ITEM=ANSWER[,NOTE]", requires = "visit")]
    pub checks: Vec<String>,
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
    /// The other side's record of the same handover (observe, with --handover)
    #[arg(long, value_name = "RECORD", value_parser = record_id, requires = "handover")]
    pub confirms: Option<RecordId>,
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
            ("jejak:confirms", self.confirms.map(|id| id.uri().into())),
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
        let mut visit = members([
            ("jejak:purpose", Some(purpose.to_owned())),
            ("jejak:outcome", Some(outcome.to_owned())),
            ("jejak:advice", self.advice.clone()),
        ]);
        if !self.checks.is_empty() {
            visit["jejak:checklist"] =
                self.checks.iter().map(|text| check(text)).collect::<Result<Value, Failure>>()?;
        }
        Ok(Some(visit))
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

/// `scales-checked=no,no weight at hand`: a point of a checklist.
fn check(text: &str) -> Result<Value, Failure> {
    let Some((item, answer)) = text.split_once('=') else {
        return Err(Failure::usage(format!("--check {text} is not a point of a checklist"))
            .hint("write ITEM=ANSWER[,NOTE], such as scales-checked=yes"));
    };
    let (answer, note) = match answer.split_once(',') {
        Some((answer, note)) => (answer, Some(note.to_owned())),
        None => (answer, None),
    };
    Ok(members([
        ("jejak:item", Some(item.to_owned())),
        ("jejak:answer", Some(answer.to_owned())),
        ("jejak:note", note),
    ]))
}

/// `invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03`: its CBV type, its URI, and an element of `jejak:documents` for the rest.
fn document(text: &str) -> Result<(Option<&str>, &str, Option<Value>), Failure> {
    let wrong = |cause: Cause| {
        Failure::usage(format!("--document {text} is not a document")).because(cause).hint(
            "write KIND=URI[,NUMBER[,DATE[,UNTIL[,ISSUER]]]], such as invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03",
        )
    };
    let (word, rest) = text.split_once('=').ok_or_else(|| wrong("it has no =".into()))?;
    let (kind, cbv) = match documents::type_of(word) {
        // several kinds share the type of a certificate
        Some(Some(cbv)) => ((documents::of_type(cbv) != Some(word)).then_some(word), Some(cbv)),
        Some(None) => (Some(word), None),
        None if cbv::TRANSACTION_TYPES.contains(&word) => (None, Some(word)),
        None => (Some(word), Some("cert")),
    };
    let mut parts = rest.splitn(5, ',');
    let id = parts.next().unwrap_or_default();
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (number, date, until, issuer) = (next(), next(), next(), next());
    let stated = [
        ("jejak:kind", kind),
        ("jejak:number", number),
        ("jejak:date", date),
        ("jejak:issuer", issuer),
        ("jejak:until", until),
    ];
    if stated.iter().all(|(_, value)| value.is_none()) {
        return Ok((cbv, id, None));
    }
    if let Some(date) = date.into_iter().chain(until).find(|date| date.parse::<jiff::civil::Date>().is_err()) {
        return Err(wrong(format!("{date} is not a date").into()));
    }
    let mut document = members(stated.map(|(name, value)| (name, value.map(str::to_owned))));
    document["jejak:document"] = id.into();
    Ok((cbv, id, Some(document)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        let (cbv, id, stated) =
            document("phytosanitary-certificate=urn:x,KT-9,,2026-12-31,Balai Karantina, Jayapura").unwrap();
        let parts = json!({
            "jejak:document": id, "jejak:kind": "phytosanitary-certificate", "jejak:number": "KT-9",
            "jejak:until": "2026-12-31", "jejak:issuer": "Balai Karantina, Jayapura"
        });
        assert_eq!((cbv, stated), (Some("cert"), Some(parts)));
        let (cbv, _, stated) = document("letter-of-origin=urn:x").unwrap();
        assert_eq!((cbv, &stated.unwrap()["jejak:kind"]), (Some("cert"), &json!("letter-of-origin")));
        assert_eq!(document("certificate=urn:x").unwrap(), (Some("cert"), "urn:x", None));
        for wrong in ["invoice", "invoice=urn:x,7,tomorrow"] {
            assert!(document(wrong).is_err(), "{wrong}");
        }
    }
}
