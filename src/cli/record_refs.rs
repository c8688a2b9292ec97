//! Other records that an event of `jejak record new` names: the void that it replaces, and those that its key gives up.

use serde_json::{Value, json};

use super::client::{Ask, Client};
use super::failure::{Cause, Failure};
use super::{input, link};
use crate::chain::Act;
use crate::record::{Payload, Record, RecordId};

/// `44,RECORD,refused,inspect,LOT` as an element of `jejak:givenUp`.
///
/// # Errors
/// [`Failure`] that shows the form.
pub fn given_up(text: &str) -> Result<Value, Failure> {
    let wrong = |cause: Cause| {
        Failure::usage(format!("--gives-up {text} is not a record to give up")).because(cause).hint(
            "write SEQ,RECORD,REASON; of an inspection SEQ,RECORD,REASON,inspect,LOT. REASON: refused, mistake, lost",
        )
    };
    let mut parts = text.split(',');
    let (Some(seq), Some(record), Some(reason)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong("it has fewer than three parts".into()));
    };
    let seq: u64 = seq.parse().map_err(|_| wrong(format!("{seq} is not the number of a record").into()))?;
    let record = input::record_id(record).map_err(|e| wrong(e.into()))?;
    let mut given = json!({ "jejak:seq": seq, "jejak:record": record.uri(), "jejak:reason": reason });
    if let Some(act) = parts.next() {
        if !Act::ALL.iter().any(|known| known.name() == act) {
            return Err(wrong(format!("{act} is not an act").into()));
        }
        given["jejak:act"] = act.into();
        let lots = parts.map(|lot| Ok(link::lot(lot)?.uri())).collect::<Result<Vec<String>, Failure>>()?;
        if !lots.is_empty() {
            given["jejak:lots"] = lots.into();
        }
    }
    Ok(given)
}

/// How to give up the number of a record that will not be handed in.
pub fn gives_up(record: &Record, reason: &str) -> String {
    let mut text = format!("--gives-up {},{},{reason}", record.claims.seq, record.id);
    if let Payload::Event(event) = &record.payload
        && Act::of_form(event) == Some(Act::Inspect)
    {
        let lots = event.quantities.iter().map(|element| format!(",{}", element.epc_class));
        text.push_str(",inspect");
        text.extend(lots);
    }
    text
}

/// Checks that `void` is a record that voids another: a replacement cites that one, not the record that was wrong.
///
/// # Errors
/// [`Failure`] when it is not on the node, or voids nothing.
pub fn is_a_void(node: &Client, void: &RecordId) -> Result<(), Failure> {
    let bytes = node.get(&format!("/entries/{void}"), "application/cose", Ask::Record)?;
    let record = Record::decode(&bytes).ok().filter(|record| record.id == *void);
    let voids = record.is_some_and(|record| match &record.payload {
        Payload::Event(event) => event.error.is_some(),
        Payload::Registry(_) => false,
    });
    if voids {
        return Ok(());
    }
    Err(Failure::usage(format!("--replaces {void} is not a void"))
        .because("the wrong record is voided first, and the void is what the new one replaces")
        .hint(format!("run `jejak record new void {void}`, and give the id that it prints")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_to_give_up_is_named_with_number_id_and_reason() {
        let id = "a".repeat(52);
        let given = given_up(&format!("44,{id},refused")).unwrap();
        assert_eq!(given["jejak:seq"], 44);
        assert_eq!(given["jejak:record"], format!("urn:jejak:record:{id}"));
        let lot = "https://id.gs1.org/01/09521321001015/10/A-1";
        let given = given_up(&format!("44,{id},refused,inspect,{lot}")).unwrap();
        assert_eq!((&given["jejak:act"], &given["jejak:lots"][0]), (&json!("inspect"), &json!(lot)));
        for wrong in
            ["44", "44,x,refused", "x,y,z", &format!("44,{id},refused,test"), &format!("44,{id},refused,inspect,x")]
        {
            assert!(given_up(wrong).is_err(), "{wrong}");
        }
    }
}
