//! `jejak guide`: checks an export guide, lists and shows guides, and puts one in force on a ledger.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Out;
use super::failure::Failure;
use super::input;
use super::output;
use super::profile::fetched_bytes;
use super::profile_verbs::{node, what_is_wrong};
use super::signed;
use super::signing::Signing;
use crate::guide::{self, Guide, Shipped};
use crate::quality::profile::Confidence;
use crate::record::{Hash32, Statement, registry};

/// The verbs of `jejak guide`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check an export guide in a file, and report what is wrong and where
    Check(Check),
    /// List the built-in guides, and those in force on a node's ledger
    List(List),
    /// Show a guide, or write it to a file
    Show(Show),
    /// Put a guide in force on a ledger, in place of the one with its id; signed by the authority
    Enact(Box<Enact>),
}

/// `guide check`.
#[derive(Debug, Args)]
pub struct Check {
    /// JSON file of the guide, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `guide list`.
#[derive(Debug, Args)]
pub struct List {
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

/// `guide show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Id of the guide, such as crab or common: the one in force on the node's ledger, or without a node the built-in one
    #[arg(value_name = "ID")]
    pub id: String,
    /// Write it to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

/// `guide enact`.
#[derive(Debug, Args)]
pub struct Enact {
    /// JSON file of the guide
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::Check(verb) => verb.run(out),
            Verb::List(verb) => verb.run(out),
            Verb::Show(verb) => verb.run(out),
            Verb::Enact(verb) => verb.run(out),
        }
    }
}

fn read(file: &Path) -> Result<(Vec<u8>, Guide), Failure> {
    let bytes = input::read(file)?;
    let guide = Guide::from_json(&bytes).map_err(|error| {
        Failure::usage(format!("{} is not an export guide", file.display()))
            .because(what_is_wrong(&error))
            .hint("schemas/guide.schema.json describes the format")
    })?;
    Ok((bytes, guide))
}

impl Check {
    fn run(self, out: Out) -> Result<(), Failure> {
        let (bytes, guide) = read(&self.file)?;
        let hash = Hash32::of(&bytes);
        out.print(
            &format!("{}; well formed\nblake3 {hash}", counted(&guide)),
            &json!({ "id": guide.id, "version": guide.version, "blake3": hash, "bytes": bytes.len() }),
        );
        Ok(())
    }
}

fn counted(guide: &Guide) -> String {
    format!(
        "{} {}, checked {}: {} gates, {} items of standing, {} documents, {} steps",
        guide.id,
        guide.version,
        guide.as_of,
        guide.gates.len(),
        guide.standing.len(),
        guide.documents.len(),
        guide.steps.len()
    )
}

impl List {
    fn run(self, out: Out) -> Result<(), Failure> {
        let mut text = String::from("shipped\n");
        let mut shipped = Vec::new();
        for Shipped { guide, bytes } in guide::builtin() {
            let (id, version, hash) = (&guide.id, &guide.version, Hash32::of(bytes));
            let _ = writeln!(text, "  {id} {version}  {hash}");
            shipped.push(json!({ "id": id, "version": version, "blake3": hash }));
        }
        let mut on_ledger = None;
        if let Some(node) = node(self.node.as_deref())? {
            let found: Vec<Value> = node.get_list("/guides")?;
            let _ = writeln!(text, "in force on the ledger of {}", node.base());
            for row in &found {
                let of = |name: &str| row[name].as_str().unwrap_or("?").to_owned();
                let _ = writeln!(text, "  {} {}  {}", of("id"), of("version"), of("blake3"));
            }
            on_ledger = Some(found);
        }
        out.print(&text, &json!({ "shipped": shipped, "ledger": on_ledger }));
        Ok(())
    }
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let missing = || Failure::usage(format!("no guide {}", self.id)).hint("`jejak guide list` lists all guides");
        let bytes = match node(self.node.as_deref())? {
            Some(node) => {
                let all: Vec<Value> = node.get_list("/guides")?;
                let row = all.iter().find(|row| row["id"] == self.id.as_str()).ok_or_else(missing)?;
                fetched_bytes(&node, row["blake3"].as_str().unwrap_or_default())?
            }
            None => guide::builtin()
                .iter()
                .find(|shipped| shipped.guide.id == self.id)
                .map(|shipped| shipped.bytes.to_vec())
                .ok_or_else(missing)?,
        };
        let guide = Guide::from_json(&bytes).map_err(Failure::unreachable)?;
        if let Some(file) = &self.out {
            output::write_new(file, &bytes)?;
            let hash = Hash32::of(&bytes);
            let text = format!("{}\nblake3  {hash}\nfile    {}", counted(&guide), file.display());
            out.print(&text, &json!({ "id": guide.id, "version": guide.version, "blake3": hash, "file": file }));
            return Ok(());
        }
        let json = serde_json::from_slice(&bytes).map_err(Failure::unreachable)?;
        out.print(&described(&guide), &json);
        Ok(())
    }
}

fn described(guide: &Guide) -> String {
    let mut text = format!("{}\n\ngates\n", counted(guide));
    let scope = |forms: &[String], markets: &[String]| {
        let all = |list: &[String]| if list.is_empty() { "all".to_owned() } else { list.join(", ") };
        format!("{} to {}", all(forms), all(markets))
    };
    for gate in &guide.gates {
        let _ = writeln!(
            text,
            "  {}: {}, {}{}; review {}",
            gate.id,
            scope(&gate.forms, &gate.markets),
            serde_plain(&gate.status),
            unsure(gate.confidence),
            gate.review
        );
    }
    for (title, items) in [("standing", &guide.standing), ("documents", &guide.documents)] {
        let _ = writeln!(text, "\n{title}");
        for item in items {
            let _ = writeln!(
                text,
                "  {}: {} ({}{}); {}; review {}",
                item.id,
                item.name.best("en").1,
                serde_plain(&item.class),
                unsure(item.confidence),
                scope(&item.forms, &item.markets),
                item.review
            );
        }
    }
    text
}

/// The word of a plain enum, as its JSON has it.
fn serde_plain(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn unsure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => ", low confidence",
        Confidence::Medium => ", medium confidence",
        Confidence::High => "",
    }
}

impl Enact {
    fn run(self, out: Out) -> Result<(), Failure> {
        let (bytes, guide) = read(&self.file)?;
        let blake3 = Hash32::of(&bytes);
        // the ledger admits the statement only if it has the bytes
        if let Some(node) = self.signing.node()? {
            let path = format!("/evidence/{blake3}");
            let key = self.signing.key.as_deref().map(|key| (key, &self.signing.passphrase));
            signed::upload(&node, key, self.signing.ledger.as_deref(), &path, "application/json", &bytes)?;
        }
        let statement = Statement::Guide(registry::Guide {
            id: guide.id,
            version: guide.version,
            blake3,
            bytes: bytes.len() as u64,
        });
        self.signing.statement(&statement, out)
    }
}
