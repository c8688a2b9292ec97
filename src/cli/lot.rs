//! `jejak lot`: what a node says about a lot: its state, where it comes from, where it went.
//!
//! What it is not: a proof. What a node says is checked by `jejak verify`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Out;
use super::fail::Failure;
use super::link;
use super::node::Node;
use crate::gs1::exact_decimal;
use crate::gs1::link::encode_component;

/// What to ask.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Its state, quantities, inspections, holds and journey
    Show(Ask),
    /// Up to every harvest it comes from
    Trace(Ask),
    /// Down to every shipment, consignee and label issue
    Impact(Ask),
}

/// A question about a lot.
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
        let (ask, tail) = match &self {
            Verb::Show(ask) => (ask, ""),
            Verb::Trace(ask) => (ask, "/trace"),
            Verb::Impact(ask) => (ask, "/impact"),
        };
        let lot = link::lot(&ask.lot)?;
        let path = format!("/lots/{}/{}{tail}", lot.gtin, encode_component(lot.lot.as_str()));
        let node = Node::new(&ask.node)?;
        let mut answer = node.get_json(&path)?;
        let text = if matches!(self, Verb::Show(_)) {
            shown(&answer)
        } else {
            let mut parts = Parts::new();
            loop {
                let next = answer["next"].as_str().map(encode_component);
                parts.join(answer);
                let Some(after) = next else { break };
                answer = node.get_json(&format!("{path}?after={after}"))?;
            }
            answer = parts.whole;
            traced(&answer)
        };
        out.print(&text, &answer);
        Ok(())
    }
}

/// A trace or impact told in parts, and where its processes and shipments stand, by their record: another part may tell more
/// of one.
struct Parts {
    whole: Value,
    places: BTreeMap<(&'static str, String), usize>,
}

impl Parts {
    fn new() -> Parts {
        let whole = json!({ "nodes": [], "edges": [], "shipments": [], "labels": [] });
        Parts { whole, places: BTreeMap::new() }
    }

    /// Puts the next part behind what is there. Goods of a shipment that stands there already are added to it.
    fn join(&mut self, mut part: Value) {
        for name in ["nodes", "edges", "shipments", "labels"] {
            let Some(all) = self.whole[name].as_array_mut() else { continue };
            let Some(more) = part.get_mut(name).and_then(Value::as_array_mut) else { continue };
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
        self.whole["lot"] = part["lot"].take();
    }
}

fn add_goods(there: &mut Value, item: &Value) {
    for goods in ["shipped", "received"] {
        let Some(more) = item.get(goods).and_then(Value::as_array) else { continue };
        match there.get_mut(goods) {
            Some(Value::Array(all)) => all.extend(more.iter().cloned()),
            // received since the part before was told
            Some(none) => *none = json!(more),
            None => {}
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// A lot as the API writes it: `{gtin, lot}`, or its text.
fn lot(value: &Value) -> String {
    match (&value["gtin"], &value["lot"]) {
        (Value::String(gtin), Value::String(lot)) => format!("(01){gtin}(10){lot}"),
        _ => text(value),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// An amount in base units as people read it, as on the page: kilograms and litres from one on.
fn measured(amount: &Value, unit: &Value) -> String {
    let (digits, unit) = (text(amount), text(unit));
    let large = match unit.as_str() {
        "gram" => Some("kg"),
        "millilitre" => Some("L"),
        _ => None,
    };
    let thousand = rust_decimal::Decimal::ONE_THOUSAND;
    match (large, exact_decimal(&digits)) {
        (Some(large), Ok(number)) if number.abs() >= thousand => {
            // six digits after the point at most: a thousandth is exact
            number.checked_div(thousand).map_or(digits, |number| format!("{} {large}", number.normalize()))
        }
        _ => format!("{digits} {unit}"),
    }
}

/// The act of a step; of a hold whether it was a recall, or the end of one.
fn act(view: &Value, step: &Value) -> String {
    let same = |other: &Value| !other.is_null() && *other == step["record"];
    let holds = list(&view["holds"]);
    match step["act"].as_str() {
        Some("hold") if holds.iter().any(|hold| hold["recall"] == true && same(&hold["record"])) => "recall".to_owned(),
        Some("hold") if holds.iter().any(|hold| same(&hold["liftedBy"])) => "lift".to_owned(),
        _ => text(&step["act"]),
    }
}

pub(super) fn shown(view: &Value) -> String {
    let unit = &view["product"]["unit"];
    let mut out = format!(
        "{}\n{}\nstate      {}\nmade by    {}\nproduced   {}\n",
        lot(&view["lot"]),
        text(&view["product"]["name"]["en"]),
        list(&view["states"]).iter().map(text).collect::<Vec<_>>().join(", "),
        text(&view["maker"]["name"]["en"]),
        measured(&view["produced"], unit),
    );
    for held in list(&view["held"]) {
        let place = [("in container", "container"), ("in shipment", "shipment")]
            .iter()
            .filter(|(_, name)| !held[*name].is_null())
            .map(|(words, name)| format!(", {words} {}", text(&held[*name])))
            .collect::<String>();
        out.push_str(&format!("held       {} by {}{place}\n", measured(&held["amount"], unit), text(&held["party"])));
    }
    for i in list(&view["inspections"]) {
        let (profile, verdict) = (text(&i["profile"][0]), text(&i["verdict"]));
        // a result of what this lot was made from is told as such
        let of = if i["lot"] == view["lot"] { String::new() } else { format!(", on {}", lot(&i["lot"])) };
        let void = if i["voidedBy"].is_null() { "" } else { ", voided" };
        let later: String = [("inspect", ", a retest passed"), ("process", ", a process cured it")]
            .into_iter()
            .filter(|(act, _)| list(&i["clearedBy"]).iter().any(|cleared| cleared["act"] == *act))
            .map(|(_, words)| words)
            .collect();
        let by = text(&i["inspector"]["name"]["en"]);
        out.push_str(&format!("inspected  {verdict} by {by}, {profile}{of}{void}{later}\n"));
    }
    for hold in list(&view["holds"]) {
        let kind = if hold["recall"] == true { "RECALL" } else { "hold" };
        let lifted = if hold["liftedBy"].is_null() { "" } else { " (lifted)" };
        out.push_str(&format!("{kind:<10} {}{lifted}\n", text(&hold["reason"])));
    }
    let mut findings: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in list(&view["findings"]) {
        *findings.entry((text(&finding["severity"]), text(&finding["rule"]))).or_default() += 1;
    }
    for ((severity, rule), times) in findings.iter().rev() {
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        out.push_str(&format!("{severity:<10} {rule}{times}\n"));
    }
    for step in list(&view["steps"]) {
        let at = text(&step["eventTime"]);
        out.push_str(&format!("{at}  {:<12} {}\n", act(view, step), text(&step["party"]["name"]["en"])));
    }
    if view["demo"] == true {
        out.push_str("This is a demonstration: its people and numbers are invented.\n");
    }
    out
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
            "under way".to_owned()
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

    use super::{Parts, measured, shown};

    #[test]
    fn amounts_are_those_of_the_page() {
        for (amount, unit, words) in [
            ("100123.4567", "gram", "100.1234567 kg"),
            ("1000", "gram", "1 kg"),
            ("999.5", "gram", "999.5 gram"),
            ("2250", "millilitre", "2.25 L"),
            ("2250", "piece", "2250 piece"),
            ("-1500", "gram", "-1.5 kg"),
        ] {
            assert_eq!(measured(&json!(amount), &json!(unit)), words);
        }
    }

    #[test]
    fn a_recall_is_called_one() {
        let step = |record: &str| json!({ "act": "hold", "record": record });
        let hold =
            |record: &str, recall: bool, lifted| json!({ "record": record, "recall": recall, "liftedBy": lifted });
        let text = shown(&json!({
            "steps": [step("a"), step("b"), step("c"), { "act": "harvest", "record": "d" }],
            "holds": [hold("a", true, json!(null)), hold("b", false, json!("c"))],
        }));
        let acts: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("-  ")?.split(' ').next()).collect();
        assert_eq!(acts, ["recall", "hold", "lift", "harvest"]);
    }

    #[test]
    fn parts_are_put_together_and_a_shipment_of_both_stands_once() {
        let shipment = |record: &str, lot: &str| json!({ "record": record, "shipped": [[lot, "1"]], "received": null });
        let part = |nodes: &[&str], edges: &[&str], shipments: Vec<serde_json::Value>, next: Option<&str>| {
            let edges: Vec<_> = edges.iter().map(|record| json!({ "record": record })).collect();
            json!({ "nodes": nodes, "edges": edges, "shipments": shipments, "labels": [], "next": next })
        };
        let mut parts = Parts::new();
        parts.join(part(&["A", "B"], &["p"], vec![shipment("s", "A")], Some("1")));
        parts.join(part(&["C"], &["p", "q"], vec![shipment("s", "C"), shipment("t", "C")], Some("2")));
        parts.join(part(&["D"], &["q"], vec![shipment("t", "D")], None));
        let (s, t) = (json!([["A", "1"], ["C", "1"]]), json!([["C", "1"], ["D", "1"]]));
        let shipments = [("s", s), ("t", t)]
            .map(|(record, shipped)| json!({ "record": record, "shipped": shipped, "received": null }));
        let want = json!({
            "lot": null, "nodes": ["A", "B", "C", "D"], "edges": [{ "record": "p" }, { "record": "q" }],
            "shipments": shipments, "labels": [],
        });
        assert_eq!(parts.whole, want);
    }

    #[test]
    fn what_took_a_failure_away_is_named() {
        let inspected = |cleared: &[&str]| {
            let by: Vec<_> = cleared.iter().map(|act| json!({ "record": "a", "act": act })).collect();
            let text = shown(&json!({ "inspections": [{ "verdict": "fail", "clearedBy": by }] }));
            text.lines().find(|line| line.starts_with("inspected")).unwrap().to_owned()
        };
        assert!(!inspected(&[]).contains("passed") && !inspected(&[]).contains("cured"));
        assert!(inspected(&["process"]).ends_with(", a process cured it"));
        assert!(inspected(&["inspect"]).ends_with(", a retest passed"));
        assert!(inspected(&["process", "inspect"]).ends_with(", a retest passed, a process cured it"));
    }
}
