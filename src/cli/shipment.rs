//! `jejak shipment`: the shipments of a party, the folder of one, and sums that only two sides can open. What a node answers is the node's word:
//! nothing of it is checked here.

use std::fmt::Write;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::input::record_id;
use super::lot_text::{list, measured, text};
use crate::gs1::percent::encode_component;
use crate::record::{Hash32, Opening, RecordId};
use crate::store::keyfile;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the shipments of a party, and what of each waits for it
    List(List),
    /// Show the folder of a shipment: where it stands, papers, payments, visits, travel and handovers
    Show(Show),
    /// Bind to a sum without showing it: reads `USD 12500.00` from standard input, writes its opening to a file, prints the commitment
    Seal(Seal),
    /// Compare the opening of a sum with the commitment of a record, and print the sum
    Open(Open),
}

/// `shipment list`.
#[derive(Debug, Args)]
pub struct List {
    /// The party, by its URI or the last part of it
    #[arg(value_name = "PARTY")]
    pub party: String,
    /// The node to ask
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// `shipment show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The shipping record
    #[arg(value_name = "RECORD", value_parser = record_id)]
    pub shipment: RecordId,
    /// The node to ask
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// `shipment seal`.
#[derive(Debug, Args)]
pub struct Seal {
    /// Where the opening is written; a payment names it as restricted evidence of the type payment-opening
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `shipment open`.
#[derive(Debug, Args)]
pub struct Open {
    /// The opening
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the record states
    #[arg(long, value_name = "HASH")]
    pub commitment: Hash32,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::List(verb) => {
                let path = format!("/parties/{}/shipments", encode_component(&verb.party));
                let answer = Client::new(&verb.node)?.get_json(&path)?;
                out.print(&listed(&answer), &answer);
            }
            Verb::Show(verb) => {
                let answer = Client::new(&verb.node)?.get_json(&format!("/shipments/{}", verb.shipment))?;
                out.print(&shown(&answer), &answer);
            }
            Verb::Seal(verb) => seal(&verb, out)?,
            Verb::Open(verb) => open(&verb, out)?,
        }
        Ok(())
    }
}

/// Most bytes of a sum, and of an opening.
const MOST: u64 = 4_096;

fn seal(verb: &Seal, out: Out) -> Result<(), Failure> {
    let mut sum = String::new();
    std::io::stdin()
        .take(MOST)
        .read_to_string(&mut sum)
        .map_err(|e| Failure::usage("standard input can't be read").because(e))?;
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| Failure::usage("no random number for the opening").because(e))?;
    let failed = |error| Failure::usage(format!("{}: {error}", sum.trim()));
    let opening = Opening::new(sum.trim(), random).map_err(failed)?;
    let commitment = opening.commitment().map_err(failed)?;
    let bytes = serde_json::to_vec(&opening).map_err(|e| Failure::usage("the opening can't be written").because(e))?;
    keyfile::create_private(&verb.out, &bytes).map_err(|error| Failure::file("write", &verb.out, error))?;
    let file = verb.out.display().to_string();
    out.print(&format!("{commitment}\n"), &json!({ "commitment": commitment, "opening": file }));
    Ok(())
}

fn open(verb: &Open, out: Out) -> Result<(), Failure> {
    let name = verb.file.display();
    let bytes = std::fs::read(&verb.file).map_err(|error| Failure::file("read", &verb.file, error))?;
    let opening: Opening = serde_json::from_slice(&bytes)
        .map_err(|e| Failure::usage(format!("{name} is no opening of a sum")).because(e))?;
    let commitment =
        opening.commitment().map_err(|e| Failure::usage(format!("{name} is no opening of a sum")).because(e))?;
    if commitment != verb.commitment {
        return Err(Failure::not_proven(format!("{name} opens another commitment: {commitment}")));
    }
    out.print(&format!("{}\n", opening.sum()), &json!({ "commitment": commitment, "sum": opening.sum() }));
    Ok(())
}

/// The name of a party or place: in English, else in the first language that it has.
fn named(of: &Value) -> String {
    let names = &of["name"];
    let any = || names.as_object().and_then(|names| names.values().next()).unwrap_or(&of["party"]);
    text(names.get("en").unwrap_or_else(any))
}

fn listed(answer: &Value) -> String {
    let mut out = String::new();
    for one in list(&answer["shipments"]) {
        let day = text(&one["sent"]);
        let _ = writeln!(
            out,
            "{} {} {}: {} to {}, lots {}",
            text(&one["shipment"]),
            day.get(..10).unwrap_or(&day),
            text(&one["state"]).replace('-', " "),
            named(&one["from"]),
            named(&one["to"]),
            text(&one["lots"]),
        );
        for waiting in list(&one["waiting"]) {
            let what = match waiting["what"].as_str() {
                Some("goods") => "the goods are on their way to you".to_owned(),
                Some("handover") => format!("confirm the handover {}", text(&waiting["record"])),
                Some("payment") => format!("sign the payment {}", text(&waiting["document"])),
                Some("due") => format!("the payment {} is due", text(&waiting["document"])),
                Some("receipt") => format!("say whether the payment {} arrived", text(&waiting["document"])),
                _ => text(&waiting["what"]),
            };
            let _ = writeln!(out, "  waits: {what}");
        }
    }
    if answer["more"] == true {
        out.push_str("There is more than was read.\n");
    }
    out
}

fn shown(answer: &Value) -> String {
    let mut out = format!(
        "shipment {}\n{} to {}: {}\n",
        text(&answer["shipment"]),
        named(&answer["from"]),
        named(&answer["to"]),
        text(&answer["state"]).replace('-', " ")
    );
    for lot in list(&answer["lots"]) {
        let unit = &lot["unit"];
        let received = match &lot["received"] {
            Value::Null => String::new(),
            amount => format!(", received {}", measured(amount, unit)),
        };
        let _ = writeln!(out, "  goods    {} {}{received}", text(&lot["lot"]), measured(&lot["amount"], unit));
    }
    for paper in list(&answer["documents"]) {
        let rejected = if paper["rejected"] == true { ", rejected" } else { "" };
        let _ = writeln!(
            out,
            "  paper    {} {} by {} dated {} until {}, signed by {}{rejected}",
            text(&paper["kind"]),
            text(&paper["number"]),
            text(&paper["issuer"]),
            text(&paper["date"]),
            text(&paper["until"]),
            list(&paper["signed"]).iter().map(named).collect::<Vec<_>>().join(", "),
        );
        for file in list(&paper["files"]) {
            let access = if file["public"] == true { "public" } else { "restricted" };
            let _ = writeln!(out, "             {} {} ({access})", text(&file["blake3"]), text(&file["title"]));
        }
    }
    for payment in list(&answer["payments"]) {
        let sum = match payment["sameAmount"].as_bool() {
            Some(true) => ", both bind to one sum",
            Some(false) => ", the sums differ",
            None => "",
        };
        let status = if payment["confirmed"] == true { "paid and received".into() } else { text(&payment["status"]) };
        let _ = writeln!(
            out,
            "  payment  {} {status}, due {}, signed by {}{sum}",
            text(&payment["number"]),
            text(&payment["date"]),
            text(&payment["agreed"]),
        );
    }
    for visit in list(&answer["visits"]) {
        let points = list(&visit["checklist"]);
        let no = points.iter().filter(|point| point["answer"] == "no").count();
        let (purpose, outcome) = (text(&visit["purpose"]), text(&visit["outcome"]));
        let _ = writeln!(
            out,
            "  visit    {purpose}: {outcome}, {} points, {no} answered no, by {}",
            points.len(),
            named(visit)
        );
    }
    for leg in list(&answer["travel"]) {
        let temperature = match &leg["temperature"] {
            Value::Null => String::new(),
            t => format!(", {} to {} {}", text(&t["min"]), text(&t["max"]), text(&t["unit"])),
        };
        let place = named(&leg["place"]);
        let _ = writeln!(
            out,
            "  travel   {} at {place}{temperature}, by {}",
            text(&leg["step"]).replace('_', " "),
            named(leg)
        );
    }
    for one in list(&answer["handovers"]) {
        let by = if one["confirmed"].is_null() { "one" } else { "both" };
        let _ = writeln!(out, "  handover {} to {}, signed by {by}", named(&one["from"]), named(&one["to"]));
    }
    if answer["more"] == true {
        out.push_str("There is more than was read.\n");
    }
    out
}
