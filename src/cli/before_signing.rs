//! Questions before a record is signed: goods on hold or failed that are about to be shipped, an event that is on the ledger already, a
//! record that was signed before and never arrived.
//!
//! A ledger takes such records, since each may be right; once there, they stay. What it is not: the rules (`chain`). A node that does not
//! answer asks nothing.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::ask;
use super::client::Client;
use super::failure::Failure;
use super::lot_text::list;
use super::output;
use crate::chain::Act;
use crate::gs1::link::encode_component;
use crate::gs1::{Amount, LotId, Sscc};
use crate::query::view::LotState;
use crate::record::envelope::MAX_RECORD;
use crate::record::{Payload, Record, RecordId};

/// Events of one act about the same goods within this time of each other may be one event that was entered twice.
const SAME: SignedDuration = SignedDuration::from_hours(24);

/// Most files of the working directory that are looked at.
const MOST_FILES: usize = 256;

/// An event that is about to be signed.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The act.
    pub act: Act,
    /// Who signs.
    pub party: &'a str,
    /// Its goods, in base units.
    pub goods: &'a [(LotId, Option<Amount>)],
    /// Its containers.
    pub containers: &'a [Sscc],
    /// Its time.
    pub time: Timestamp,
    /// Records that the signer names as known.
    pub after: &'a [RecordId],
    /// Records that the signer gives up by name.
    pub given_up: &'a [&'a str],
}

/// Asks the person who signs, and the node that has the ledger.
pub struct Questions<'a> {
    /// The node, if there is one.
    pub node: Option<&'a Client>,
    /// Whether the answer to every question is yes.
    pub force: bool,
}

impl Questions<'_> {
    /// Asks what there is to ask about a draft.
    ///
    /// # Errors
    /// [`Failure`] when the answer is no, or nobody can answer.
    pub fn about(&self, draft: &Draft<'_>) -> Result<(), Failure> {
        if let Some(node) = self.node {
            if draft.act == Act::Ship {
                self.goods_in_order(node, draft)?;
            }
            // a document of trade has no amount of its own to compare
            if draft.act != Act::Trade && draft.goods.iter().any(|(_, amount)| amount.is_some()) {
                self.on_the_ledger(node, draft)?;
            }
        }
        self.unsent(draft)
    }

    fn ask(&self, what: &str) -> Result<(), Failure> {
        if self.force {
            output::warn(what);
            return Ok(());
        }
        let failure = Failure::usage(what).hint("nothing was signed; if it is right, add --force");
        ask::confirm(&format!("{what}. Sign it all the same?"), failure)
    }

    /// What the node has at `path`; `None` when it has nothing there. A node that does not answer leaves the question open.
    fn get(&self, node: &Client, path: &str, draft: &Draft<'_>) -> Result<Option<Value>, Failure> {
        node.find_json(path).or_else(|failure| {
            let what = format!("could not check with the node whether this may be signed: {}", failure.message);
            match draft.act {
                Act::Ship => self.ask(&what)?,
                _ => output::warn(what),
            }
            Ok(None)
        })
    }

    fn lot(&self, node: &Client, lot: &LotId, draft: &Draft<'_>) -> Result<Option<Value>, Failure> {
        self.get(node, &lot_path(lot), draft)
    }

    /// Goods that are shipped are neither on hold nor failed.
    fn goods_in_order(&self, node: &Client, draft: &Draft<'_>) -> Result<(), Failure> {
        let mut wrong = Vec::new();
        for (lot, _) in draft.goods {
            let Some(view) = self.lot(node, lot, draft)? else { continue };
            let states = list(&view["states"]).iter().chain([&view["headline"]]).filter_map(state);
            wrong.extend(trouble(states).map(|why| format!("{lot} {why}")));
        }
        for sscc in draft.containers {
            let Some(view) = self.get(node, &format!("/00/{sscc}"), draft)? else { continue };
            let inside = list(&view["jejak:container"]["contents"]);
            for content in inside {
                let name = super::lot_text::lot(&content["lot"]);
                wrong.extend(trouble(state(&content["headline"]).into_iter()).map(|why| format!("{name} {why}")));
            }
        }
        wrong.dedup();
        if wrong.is_empty() { Ok(()) } else { self.ask(&wrong.join("; ")) }
    }

    /// The ledger has no event of the same act, party, goods and day.
    fn on_the_ledger(&self, node: &Client, draft: &Draft<'_>) -> Result<(), Failure> {
        let Some((lot, amount)) = draft.goods.first() else { return Ok(()) };
        let Some(view) = self.lot(node, lot, draft)? else { return Ok(()) };
        let known = |step: &&Value| {
            let id = step["record"].as_str().and_then(|id| id.parse::<RecordId>().ok());
            id.is_some_and(|id| draft.after.contains(&id))
        };
        let mut same =
            list(&view["steps"]).iter().filter(|step| is_same(step, draft, lot, *amount)).filter(|step| !known(step));
        match same.next() {
            Some(step) => self.ask(&format!(
                "entry {} of {} looks the same: {} of {lot} with the same amount",
                step["index"],
                step["eventTime"].as_str().unwrap_or_default(),
                draft.act.name(),
            )),
            None => Ok(()),
        }
    }

    /// No record of the same act and lot lies in the working directory unsent.
    fn unsent(&self, draft: &Draft<'_>) -> Result<(), Failure> {
        for (file, record) in kept() {
            let Payload::Event(event) = &record.payload else { continue };
            let parts = || event.quantities.iter().chain(&event.outputs);
            let has = |(lot, amount): &(LotId, Option<Amount>)| {
                parts().any(|part| part.epc_class == lot.uri() && part.amount() == *amount)
            };
            let is_given_up = draft.given_up.iter().any(|id| id.ends_with(&record.id.to_string()));
            let is_same = !is_given_up
                && record.claims.iss == draft.party
                && crate::chain::event::act_of(event).is_ok_and(|act| act == draft.act)
                && draft.goods.iter().any(has);
            let is_there =
                || self.node.is_some_and(|node| matches!(node.has(&format!("/entries/{}", record.id)), Ok(true)));
            if is_same && !is_there() {
                self.ask(&format!(
                    "{} holds a signed record of the same act, lot and amount, and no node says that it is on the ledger: send it with \
                     `jejak record submit`",
                    file.display()
                ))?;
            }
        }
        Ok(())
    }
}

/// A state of a lot, as a node writes it.
fn state(value: &Value) -> Option<LotState> {
    LotState::deserialize(value).ok()
}

/// Where a node has what is asked about a lot.
pub fn lot_path(lot: &LotId) -> String {
    format!("/lots/{}/{}", lot.gtin, encode_component(lot.lot.as_str()))
}

/// What keeps goods from being shipped without a question.
fn trouble(states: impl Iterator<Item = LotState>) -> Option<&'static str> {
    let mut found = None;
    for state in states {
        match state {
            LotState::Recalled | LotState::Held => return Some("is on hold or recalled"),
            LotState::Failed => found = Some("failed a test"),
            _ => {}
        }
    }
    found
}

/// Whether a step of the ledger is the drafted event as far as its act, party, amount of `lot` and day go.
fn is_same(step: &Value, draft: &Draft<'_>, lot: &LotId, amount: Option<Amount>) -> bool {
    let by = |name: &str| step[name]["party"].as_str() == Some(draft.party);
    let time = step["eventTime"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let near = time.is_some_and(|time| time.duration_since(draft.time).abs() < SAME);
    let of_lot = |pair: &&Value| {
        pair[0]["gtin"].as_str() == Some(&lot.gtin.to_string()) && pair[0]["lot"].as_str() == Some(lot.lot.as_str())
    };
    let goods = list(&step["inputs"]).iter().chain(list(&step["outputs"]));
    let stated = goods.filter(of_lot).filter_map(|pair| pair[1].as_str()?.parse::<Amount>().ok());
    step["act"].as_str() == Some(draft.act.name())
        && step["voidedBy"].is_null()
        && (by("party") || by("onBehalf"))
        && near
        && amount.is_some_and(|amount| stated.into_iter().any(|stated| stated == amount))
}

/// The signed records in the working directory, where a record that was not acknowledged is kept.
fn kept() -> Vec<(PathBuf, Record)> {
    let Ok(entries) = std::fs::read_dir(".") else { return Vec::new() };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let records = files.filter(|path| path.extension().is_some_and(|ending| ending == "cose")).take(MOST_FILES);
    let read = |path: PathBuf| {
        let is_small = std::fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= MAX_RECORD as u64);
        let record = if is_small { Record::decode(&std::fs::read(&path).ok()?).ok()? } else { return None };
        Some((path, record))
    };
    records.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lot() -> LotId {
        LotId::from_uri("https://id.gs1.org/01/09521321001077/10/A").unwrap()
    }

    #[test]
    fn event_of_the_same_day_and_amount_is_found_again() {
        let lot = lot();
        let goods = [(lot.clone(), "1000".parse().ok())];
        let time = "2026-11-03T08:00:00Z".parse().unwrap();
        let draft = Draft {
            act: Act::Harvest,
            party: "urn:jejak:party:a",
            goods: &goods,
            containers: &[],
            time,
            after: &[],
            given_up: &[],
        };
        let step = json!({
            "act": "harvest", "party": { "party": "urn:jejak:party:a" }, "eventTime": "2026-11-03T01:00:00Z", "voidedBy": null,
            "inputs": [], "outputs": [[{ "gtin": "09521321001077", "lot": "A" }, "1000"]],
        });
        assert!(is_same(&step, &draft, &lot, goods[0].1));
        for (member, value) in [
            ("act", json!("adjust")),
            ("party", json!({ "party": "urn:jejak:party:b" })),
            ("eventTime", json!("2026-11-01T01:00:00Z")),
            ("voidedBy", json!("x")),
            ("outputs", json!([[{ "gtin": "09521321001077", "lot": "A" }, "999"]])),
        ] {
            let mut other = step.clone();
            other[member] = value;
            assert!(!is_same(&other, &draft, &lot, goods[0].1), "{member}");
        }
    }

    #[test]
    fn goods_on_hold_or_failed_are_in_trouble() {
        let trouble = |states: [&str; 2]| super::trouble(states.into_iter().filter_map(|word| state(&word.into())));
        assert_eq!(trouble(["failed", "held"]), Some("is on hold or recalled"));
        assert_eq!(trouble(["failed", "recalled"]), Some("is on hold or recalled"));
        assert_eq!(trouble(["not-inspected", "failed"]), Some("failed a test"));
        assert_eq!(trouble(["verified", "findings"]), None);
    }
}
