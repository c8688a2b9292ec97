//! `jejak region`: what a node's ledger has of each region. The numbers are the node's: nothing of them is checked here.

use std::fmt::Write;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::lot_text::{list, text};
use crate::region::Code;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the regions: those with a government on the ledger, the regencies of Perpres 63/2020, others
    List(List),
    /// Show what the records of a region's producers come to
    Show(Show),
}

/// `region list`.
#[derive(Debug, Args)]
pub struct List {
    /// The node to ask
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// `region show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Its Kemendagri code, such as 72 or 72.03
    #[arg(value_name = "CODE")]
    pub code: Code,
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
        match self {
            Verb::List(verb) => {
                let answer = Client::new(&verb.node)?.get_json("/regions")?;
                out.print(&listed(&answer), &answer);
            }
            Verb::Show(verb) => {
                let answer = Client::new(&verb.node)?.get_json(&format!("/regions/{}", verb.code))?;
                out.print(&shown(&answer), &answer);
            }
        }
        Ok(())
    }
}

fn listed(answer: &Value) -> String {
    let mut out = format!("counted over the newest {} lots\n", text(&answer["counted"]));
    for region in list(&answer["regions"]) {
        let kind = match (list(&region["offices"]).is_empty(), region["listed"] == true) {
            (false, _) => "government",
            (true, true) => "listed",
            (true, false) => "other",
        };
        let _ = writeln!(
            out,
            "{:<8} {kind:<10} {}: producers {}, lots {}, failed {}, on hold or recalled {}",
            text(&region["code"]),
            text(&region["name"]),
            text(&region["producers"]),
            text(&region["lots"]),
            text(&region["failed"]),
            text(&region["held"]),
        );
    }
    out
}

/// The members of the counts, and what they are called.
const COUNTS: [(&str, &str); 8] = [
    ("lots", "lots made"),
    ("passed", "tests passed"),
    ("failed", "tests failed"),
    ("unclear", "tests without a clear result"),
    ("shipments", "shipments"),
    ("findings", "findings that warn"),
    ("holds", "holds"),
    ("recalls", "recalls"),
];

fn shown(answer: &Value) -> String {
    let mut out = format!("{} ({})\n", text(&answer["name"]), text(&answer["code"]));
    let producers = list(&answer["producers"]).len();
    let _ = writeln!(out, "producers and processors {producers}, suspended {}", text(&answer["suspended"]));
    for (member, what) in COUNTS {
        let _ = writeln!(out, "{:>6} {what}", text(&answer["counts"][member]));
    }
    let _ = writeln!(out, "{:>6} holds and {} recalls not lifted", text(&answer["held"]), text(&answer["recalled"]));
    let months = list(&answer["months"]).iter().filter(|month| COUNTS.iter().any(|(member, _)| month[*member] != 0));
    for month in months {
        let counts = COUNTS.iter().filter(|(member, _)| month[*member] != 0);
        let counts: Vec<String> = counts.map(|(member, what)| format!("{} {what}", text(&month[*member]))).collect();
        let _ = writeln!(out, "{}: {}", text(&month["month"]), counts.join(", "));
    }
    for open in list(&answer["open"]) {
        let answer = match open["outcome"].as_str() {
            Some("missing") => format!("{} missing", text(&open["missing"])),
            Some(outcome) => outcome.replace('-', " "),
            None => "no answer".to_owned(),
        };
        let _ = writeln!(out, "{} for {}: {answer}", text(&open["uri"]), text(&open["market"]));
    }
    if answer["more"] == true {
        out.push_str("There is more than was read (docs/regions.md).\n");
    }
    out
}
