//! `jejak profile`: checks a commodity profile, lists and shows profiles, and enacts one on a ledger.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::input;
use super::output;
use super::profile::{Listed, fetched, listed};
use super::signed;
use super::signing::Signing;
use crate::causes::causes;
use crate::guide;
use crate::names::Names;
use crate::quality::complete::CompleteTests;
use crate::quality::profile::Confidence;
use crate::quality::{self, Profile, ProfileError, Shipped};
use crate::record::{Hash32, Statement, registry};

/// The verbs of `jejak profile`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check a profile in a file, and report what is wrong and where
    Check(Check),
    /// List the built-in profiles, and those on a node's ledger
    List(List),
    /// Show a profile
    Show(Show),
    /// Put a profile in force on a ledger; signed by the authority
    Enact(Box<Enact>),
}

/// `profile check`.
#[derive(Debug, Args)]
pub struct Check {
    /// JSON file of the profile, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `profile list`.
#[derive(Debug, Args)]
pub struct List {
    /// List the limits and complete tests of the built-in profiles that are of this confidence: low is what still needs a source
    #[arg(long, value_name = "CONFIDENCE", value_parser = ["high", "medium", "low"], conflicts_with = "node")]
    pub confidence: Option<String>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

/// `profile show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Id of the profile, such as essential-oil: the newest version on the node's ledger, or without a node the built-in one
    #[arg(value_name = "ID")]
    pub id: String,
    /// Write it to this file, byte for byte: an inspection without signal names it by the file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

/// `profile enact`.
#[derive(Debug, Args)]
pub struct Enact {
    /// JSON file of the profile
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Start, with offset, such as 2026-01-01T00:00:00+07:00; events from then on may name it [default: now]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// End, with offset
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
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

/// Reads a profile from a file, with its bytes.
///
/// # Errors
/// [`Failure`] with what is wrong with it, and where.
pub(super) fn read(file: &std::path::Path) -> Result<(Vec<u8>, Profile), Failure> {
    let bytes = input::read(file)?;
    let profile = Profile::from_json(&bytes).map_err(|error| {
        Failure::usage(format!("{} is not a commodity profile", file.display()))
            .because(what_is_wrong(&error))
            .hint("schemas/profile.schema.json and docs/commodities.md describe the format")
    })?;
    Ok((bytes, profile))
}

/// What is wrong with a file, each problem on a line of its own.
pub(super) fn what_is_wrong(error: &ProfileError) -> String {
    match error {
        ProfileError::Values(problems) => {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       ")
        }
        other => causes(other).to_string(),
    }
}

pub(super) fn english(names: &Names) -> &str {
    names.best("en").1
}

impl Check {
    fn run(self, out: Out) -> Result<(), Failure> {
        let (bytes, profile) = read(&self.file)?;
        let hash = Hash32::of(&bytes);
        let text = format!(
            "{} {}, {}: {} forms, {} parameters, {} requirements, {} complete tests, {} processes; well formed\nblake3 {hash}",
            profile.id,
            profile.version,
            english(&profile.names),
            profile.forms.len(),
            profile.parameters.len(),
            profile.requirements.len(),
            profile.complete_tests.len(),
            profile.processes.len(),
        );
        out.print(
            &text,
            &json!({ "id": profile.id, "version": profile.version, "blake3": hash, "bytes": bytes.len() }),
        );
        Ok(())
    }
}

pub(super) fn node(address: Option<&str>) -> Result<Option<Client>, Failure> {
    address.filter(|address| !address.is_empty()).map(Client::new).transpose()
}

impl List {
    fn run(self, out: Out) -> Result<(), Failure> {
        if let Some(wanted) = &self.confidence {
            return of_confidence(wanted, out);
        }
        let mut text = String::from("shipped\n");
        let mut shipped = Vec::new();
        for Shipped { profile, bytes } in quality::builtin() {
            let (id, version, hash) = (&profile.id, &profile.version, Hash32::of(bytes));
            let _ = writeln!(text, "  {id} {version}  {hash}");
            shipped.push(json!({ "id": id, "version": version, "blake3": hash }));
        }
        let mut on_ledger = None;
        if let Some(node) = node(self.node.as_deref())? {
            let found: Vec<Value> = node.get_list("/profiles")?;
            let all: Result<Vec<Listed>, _> = found.iter().map(Listed::deserialize).collect();
            let all = all.map_err(|e| Failure::unreachable("the node's profiles can't be read").because(e))?;
            let _ = writeln!(text, "on the ledger of {}", node.base());
            for profile in &all {
                let time =
                    |at: i64| jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |t| t.to_string());
                let until = profile.until.map(|until| format!(" until {}", time(until))).unwrap_or_default();
                let _ = writeln!(
                    text,
                    "  {} {}  {}  from {}{until}",
                    profile.id,
                    profile.version,
                    profile.blake3,
                    time(profile.from)
                );
            }
            on_ledger = Some(found);
        }
        out.print(&text, &json!({ "shipped": shipped, "ledger": on_ledger }));
        Ok(())
    }
}

/// The rows of the built-in profiles and guides that are of a confidence.
fn of_confidence(wanted: &str, out: Out) -> Result<(), Failure> {
    let is = |confidence: Confidence| serde_json::to_value(confidence).is_ok_and(|word| word == wanted);
    let (mut text, mut rows) = (String::new(), Vec::new());
    let mut add = |file: &str, row: String, about: &str| {
        let _ = writeln!(text, "{file}: {row}: {about}");
        rows.push(json!({ "file": file, "row": row, "about": about }));
    };
    for Shipped { profile, .. } in quality::builtin() {
        for requirement in &profile.requirements {
            let limits = requirement.rules.iter().flat_map(quality::profile::Rule::limits);
            for limit in limits.filter(|limit| limit.source.confidence.is_some_and(is)) {
                let clause = limit.source.clause.as_deref().unwrap_or(&requirement.standard);
                add(&profile.id, format!("{} {}", requirement.id, limit.parameter), clause);
            }
        }
        for list in profile.complete_tests.iter().filter(|list| is(list.confidence)) {
            add(&profile.id, format!("complete tests of {} for {}", list.form, list.market), &list.basis);
        }
    }
    for guide::Shipped { guide, .. } in guide::builtin() {
        for gate in guide.gates.iter().filter(|gate| is(gate.confidence)) {
            add(&format!("guide {}", guide.id), gate.id.clone(), english(&gate.text));
        }
        for item in guide.items().filter(|item| is(item.confidence)) {
            add(&format!("guide {}", guide.id), item.id.clone(), english(&item.name));
        }
    }
    out.print(&text, &json!(rows));
    Ok(())
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let found = match node(self.node.as_deref())? {
            Some(node) => {
                let all = listed(&node)?;
                let newest = all.iter().filter(|profile| profile.id == self.id).max_by_key(|profile| profile.index);
                newest.map(|profile| fetched(&node, &profile.blake3)).transpose()?
            }
            None => quality::builtin()
                .iter()
                .find(|shipped| shipped.profile.id == self.id)
                .map(|shipped| (shipped.bytes.to_vec(), shipped.profile.clone())),
        };
        let (bytes, profile) = found.ok_or_else(|| {
            Failure::usage(format!("no profile {}", self.id)).hint("`jejak profile list` lists all profiles")
        })?;
        if let Some(file) = &self.out {
            output::write_new(file, &bytes)?;
            let (hash, name) = (Hash32::of(&bytes), format!("{}@{}", profile.id, profile.version));
            let text = format!("{name}\nblake3  {hash}\nfile    {}", file.display());
            out.print(&text, &json!({ "id": profile.id, "version": profile.version, "blake3": hash, "file": file }));
            return Ok(());
        }
        let json = serde_json::from_slice(&bytes).map_err(Failure::unreachable)?;
        out.print(&described(&profile), &json);
        Ok(())
    }
}

fn described(profile: &Profile) -> String {
    let mut text = format!("{} {}, {}\n\nforms\n", profile.id, profile.version, english(&profile.names));
    for form in &profile.forms {
        let hs = form.hs.as_ref().map(|hs| format!(", HS {hs}")).unwrap_or_default();
        let _ = writeln!(text, "  {}: {}{hs}", form.id, english(&form.names));
    }
    text.push_str("\nparameters\n");
    for parameter in &profile.parameters {
        let unit = parameter.unit.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
        let words: Vec<&str> = profile.words_of(parameter).iter().map(|word| word.id.as_str()).collect();
        let words = if words.is_empty() { String::new() } else { format!(", words {}", words.join(", ")) };
        let place = if parameter.on_site { ", on site" } else { "" };
        let _ = writeln!(text, "  {}: {}{unit}{words}{place}", parameter.id, english(&parameter.names));
    }
    text.push_str("\nrequirements\n");
    for requirement in &profile.requirements {
        let limits = requirement.rules.iter().flat_map(quality::profile::Rule::limits);
        let (gating, advisory): (Vec<_>, Vec<_>) = limits.partition(|limit| !limit.advisory);
        let name = requirement.names.as_ref().map_or(requirement.standard.as_str(), english);
        let _ = writeln!(text, "  {}: {name}; {} limits, {} advisory", requirement.id, gating.len(), advisory.len());
    }
    text.push_str("\ncomplete tests\n");
    for list in &profile.complete_tests {
        let _ = writeln!(text, "  {}", complete(list));
    }
    text.push_str("\nprocesses\n");
    for process in &profile.processes {
        let _ = writeln!(text, "  {}: {}", process.id, english(&process.names));
        for way in &process.conversions {
            let to = [&way.to[..], &way.byproducts[..]].concat().join(", ");
            let _ = writeln!(text, "    {} to {to}; yield {} to {}", way.from.join(", "), way.yield_min, way.yield_max);
        }
        for additive in &process.additives {
            let _ = writeln!(text, "    with {}, at most {} of the input", english(&additive.names), additive.most);
        }
    }
    text
}

/// A list of complete tests in a line.
fn complete(list: &CompleteTests) -> String {
    if list.closed {
        return format!("{} for {}: closed", list.form, list.market);
    }
    let choices = list.one_of.iter().map(|one_of| one_of.join(" or "));
    let tests: Vec<String> = list.all.iter().cloned().chain(choices).collect();
    let more = if list.conditional.is_empty() { "" } else { "; more under conditions" };
    let advises = if list.advisory { "; advises only" } else { "" };
    format!("{} for {}: {}{more}{advises}", list.form, list.market, tests.join(", "))
}

impl Enact {
    fn run(self, out: Out) -> Result<(), Failure> {
        let (bytes, profile) = read(&self.file)?;
        let seconds = |text: &String| input::time(text).map(|time| time.timestamp().as_second());
        let from = match &self.from {
            Some(text) => seconds(text)?,
            None => jiff::Timestamp::now().as_second(),
        };
        let blake3 = Hash32::of(&bytes);
        // the ledger admits the statement only if it has the bytes
        if let Some(node) = self.signing.node()? {
            let path = format!("/evidence/{blake3}");
            let key = self.signing.key.as_deref().map(|key| (key, &self.signing.passphrase));
            signed::upload(&node, key, self.signing.ledger.as_deref(), &path, "application/json", &bytes)?;
        }
        let statement = Statement::Profile(registry::Profile {
            id: profile.id,
            version: profile.version,
            blake3,
            bytes: bytes.len() as u64,
            from,
            until: self.until.as_ref().map(seconds).transpose()?,
        });
        self.signing.statement(&statement, out)
    }
}
