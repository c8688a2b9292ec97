//! `jejak lot`: asks a node for a lot, its ancestors (`trace`) or its descendants (`impact`).
//!
//! Not here: proof of the answer, which `jejak verify` checks.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Out;
use super::before_signing::lot_path;
use super::client::Client;
use super::failure::Failure;
use super::link;
use super::lot_text::{list, lot, measured, shown, text};
use crate::gs1::link::encode_component;

/// The verbs of `jejak lot`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show state, quantities, inspections, holds and journey
    Show(Ask),
    /// Trace it back to every harvest it comes from
    Trace(Ask),
    /// Trace it forward to every shipment, consignee and label issue
    Impact(Ask),
    /// Show what is still missing before it may go to a market
    Readiness(super::readiness::Readiness),
}

/// Arguments of each verb.
#[derive(Debug, Args)]
pub struct Ask {
    /// Digital Link or element string of the lot
    #[arg(value_name = "LOT")]
    pub lot: String,
    /// The node to ask
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let (ask, tail) = match self {
            Verb::Show(ask) => (ask, ""),
            Verb::Trace(ask) => (ask, "/trace"),
            Verb::Impact(ask) => (ask, "/impact"),
            Verb::Readiness(verb) => return verb.run(out),
        };
        let lot = link::lot(&ask.lot)?;
        let path = format!("{}{tail}", lot_path(&lot));
        let node = Client::new(&ask.node)?;
        let mut answer = node.get_json(&path)?;
        let text = if tail.is_empty() {
            shown(&answer)
        } else {
            let mut pages = Pages::new();
            loop {
                let next = answer["next"].as_str().map(encode_component);
                pages.join(answer);
                let Some(after) = next else { break };
                answer = node.get_json(&format!("{path}?after={after}"))?;
            }
            answer = pages.whole;
            traced(&answer)
        };
        out.print(&text, &answer);
        Ok(())
    }
}

/// A trace or impact, joined from its pages. `places` has the position of each process or shipment by its record, because a later page
/// may add to it.
struct Pages {
    whole: Value,
    places: BTreeMap<(&'static str, String), usize>,
}

impl Pages {
    fn new() -> Pages {
        let whole = json!({ "nodes": [], "edges": [], "shipments": [], "labels": [] });
        Pages { whole, places: BTreeMap::new() }
    }

    /// Appends a page. Goods are added to a shipment that is on an earlier page.
    fn join(&mut self, mut page: Value) {
        for name in ["nodes", "edges", "shipments", "labels"] {
            let Some(all) = self.whole[name].as_array_mut() else { continue };
            let Some(more) = page.get_mut(name).and_then(Value::as_array_mut) else { continue };
            for item in std::mem::take(more) {
                let Some(record) = item["record"].as_str().map(str::to_owned) else {
                    all.push(item);
                    continue;
                };
                match self.places.entry((name, record)) {
                    Entry::Occupied(place) => {
                        if let Some(there) = all.get_mut(*place.get()) {
                            add_goods(there, &item);
                        }
                    }
                    Entry::Vacant(place) => {
                        place.insert(all.len());
                        all.push(item);
                    }
                }
            }
        }
        self.whole["lot"] = page["lot"].take();
    }
}

fn add_goods(there: &mut Value, item: &Value) {
    for goods in ["shipped", "received"] {
        let Some(more) = item.get(goods).and_then(Value::as_array) else { continue };
        match there.get_mut(goods) {
            Some(Value::Array(all)) => all.extend(more.iter().cloned()),
            // received after the earlier page was read
            Some(none) => *none = json!(more),
            None => {}
        }
    }
}

fn traced(trace: &Value) -> String {
    let mut out = String::new();
    for node in list(&trace["nodes"]) {
        let depth = usize::try_from(node["depth"].as_u64().unwrap_or_default()).unwrap_or_default().min(32);
        out.push_str(&format!(
            "{}{}  {}, {} by {}, {}\n",
            "  ".repeat(depth),
            lot(&node["lot"]),
            text(&node["product"]["en"]),
            measured(&node["produced"], &node["unit"]),
            text(&node["maker"]["name"]["en"]),
            text(&node["headline"]),
        ));
    }
    let units: BTreeMap<String, &Value> =
        list(&trace["nodes"]).iter().map(|node| (lot(&node["lot"]), &node["unit"])).collect();
    let amounts = |value: &Value| {
        let one = |pair: &Value| match units.get(&lot(&pair[0])) {
            Some(unit) => format!("{} {}", lot(&pair[0]), measured(&pair[1], unit)),
            None => format!("{} {}", lot(&pair[0]), text(&pair[1])),
        };
        list(value).iter().map(one).collect::<Vec<_>>().join(", ")
    };
    for edge in list(&trace["edges"]) {
        let process = text(&edge["process"]);
        out.push_str(&format!("{process}: {} -> {}\n", amounts(&edge["inputs"]), amounts(&edge["outputs"])));
    }
    for s in list(&trace["shipments"]) {
        let received = if s["received"].is_null() {
            "in transit".to_owned()
        } else {
            format!("received {}", amounts(&s["received"]))
        };
        let (from, to) = (text(&s["from"]["name"]["en"]), text(&s["to"]["name"]["en"]));
        out.push_str(&format!("shipped {from} -> {to}: {}; {received}\n", amounts(&s["shipped"])));
    }
    for label in list(&trace["labels"]) {
        out.push_str(&format!("labelled {}: {} labels, {}\n", lot(&label[0]), text(&label[1]), text(&label[2])));
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Pages;

    #[test]
    fn pages_are_joined_and_a_shipment_of_two_pages_is_listed_once() {
        let shipment = |record: &str, lot: &str| json!({ "record": record, "shipped": [[lot, "1"]], "received": null });
        let part = |nodes: &[&str], edges: &[&str], shipments: Vec<serde_json::Value>, next: Option<&str>| {
            let edges: Vec<_> = edges.iter().map(|record| json!({ "record": record })).collect();
            json!({ "nodes": nodes, "edges": edges, "shipments": shipments, "labels": [], "next": next })
        };
        let mut pages = Pages::new();
        pages.join(part(&["A", "B"], &["p"], vec![shipment("s", "A")], Some("1")));
        pages.join(part(&["C"], &["p", "q"], vec![shipment("s", "C"), shipment("t", "C")], Some("2")));
        pages.join(part(&["D"], &["q"], vec![shipment("t", "D")], None));
        let (s, t) = (json!([["A", "1"], ["C", "1"]]), json!([["C", "1"], ["D", "1"]]));
        let shipments = [("s", s), ("t", t)]
            .map(|(record, shipped)| json!({ "record": record, "shipped": shipped, "received": null }));
        let want = json!({
            "lot": null, "nodes": ["A", "B", "C", "D"], "edges": [{ "record": "p" }, { "record": "q" }],
            "shipments": shipments, "labels": [],
        });
        assert_eq!(pages.whole, want);
    }
}
