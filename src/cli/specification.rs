//! `jejak specification`: checks a party's own specification, adopts and withdraws one, lists and shows those on a ledger; and finds those
//! that an inspection names.
//!
//! What it is not: the commodity profiles, which the authority enacts (`profile_verbs`).

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Out;
use super::before_signing::lot_path;
use super::client::Client;
use super::failure::Failure;
use super::input;
use super::lot_text::{list, text};
use super::output;
use super::profile::{self, fetched_bytes};
use super::profile_verbs::{english, node, what_is_wrong};
use super::signed;
use super::signing::Signing;
use crate::chain::specification::record_of;
use crate::gs1::LotId;
use crate::quality::profile::{Problem, ProfileError, Rule};
use crate::quality::specification::ADOPTED;
use crate::quality::{self, Profile, Specification};
use crate::record::{Hash32, RecordId, Statement, registry};

/// The verbs of `jejak specification`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check a specification in a file, and report what is wrong and where
    Check(Check),
    /// Adopt a specification: it gates what the signer makes or buys, from now on
    Adopt(Box<Adopt>),
    /// Withdraw a specification: nothing takes its place
    Withdraw(Box<Withdraw>),
    /// List the specifications on a node's ledger
    List(List),
    /// Show a specification on a node's ledger
    Show(Show),
}

/// `specification check`.
#[derive(Debug, Args)]
pub struct Check {
    /// JSON file of the specification, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The node whose profile in force it must go with [default: the built-in profile]
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

/// `specification adopt`.
#[derive(Debug, Args)]
pub struct Adopt {
    /// JSON file of the specification
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Record of the version that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = input::record_id)]
    pub replaces: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `specification withdraw`.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// Record of the version in force
    #[arg(value_name = "RECORD", value_parser = input::record_id)]
    pub record: RecordId,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `specification list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this party
    #[arg(long, value_name = "PARTY")]
    pub party: Option<String>,
    /// Replaced and withdrawn ones too
    #[arg(long)]
    pub all: bool,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// `specification show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Record of the statement that adopted it
    #[arg(value_name = "RECORD", value_parser = input::record_id)]
    pub record: RecordId,
    /// Write it to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// A specification as a node lists it.
#[derive(Debug, Deserialize)]
struct Listed {
    party: String,
    commodity: String,
    id: String,
    version: String,
    blake3: String,
    record: RecordId,
    until: Option<i64>,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::Check(verb) => verb.run(out),
            Verb::Adopt(verb) => verb.run(out),
            Verb::Withdraw(verb) => verb.run(out),
            Verb::List(verb) => verb.run(out),
            Verb::Show(verb) => verb.run(out),
        }
    }
}

/// Reads a specification from a file, with its bytes.
fn read(file: &Path) -> Result<(Vec<u8>, Specification), Failure> {
    let bytes = input::read(file)?;
    let read = Specification::from_json(&bytes).map_err(|error| unfit(file, &error))?;
    Ok((bytes, read))
}

fn unfit(file: &Path, error: &ProfileError) -> Failure {
    Failure::usage(format!("{} is not a specification", file.display()))
        .because(what_is_wrong(error))
        .hint("schemas/specification.schema.json and docs/commodities.md describe the format")
}

/// That a specification goes with one of the profiles of its commodity: those in force on the node, else those that ship.
fn goes_with(node: Option<&Client>, file: &Path, read: &Specification) -> Result<(), Failure> {
    let profiles = match node {
        Some(node) => profile::of_commodity_now(node, &read.commodity)?,
        None => quality::builtin().iter().map(|shipped| shipped.profile.clone()).collect(),
    };
    let of_it = profiles.iter().filter(|profile| profile.is_of(&read.commodity));
    let mut first: Option<(&Profile, Vec<Problem>)> = None;
    for profile in of_it {
        match read.problems(profile) {
            problems if problems.is_empty() => return Ok(()),
            problems => first = first.or(Some((&**profile, problems))),
        }
    }
    Err(match first {
        Some((profile, problems)) => {
            let with = format!("it does not go with profile {} {}", profile.id, profile.version);
            unfit(file, &ProfileError::Values(problems)).because(with)
        }
        None => Failure::usage(format!("there is no profile of {}", read.commodity))
            .hint("`jejak profile list` lists all profiles"),
    })
}

impl Check {
    fn run(self, out: Out) -> Result<(), Failure> {
        let (bytes, read) = read(&self.file)?;
        goes_with(node(self.node.as_deref())?.as_ref(), &self.file, &read)?;
        let hash = Hash32::of(&bytes);
        let text = format!("{}; well formed\nblake3 {hash}", described(&read));
        let value = json!({ "id": read.id, "version": read.version, "commodity": read.commodity, "blake3": hash });
        out.print(&text, &value);
        Ok(())
    }
}

/// Id, version, name, and what it asks for.
fn described(read: &Specification) -> String {
    let limits = read.set.rules.iter().flat_map(Rule::limits).count();
    let market = read.market.as_deref().unwrap_or("any market");
    let name = read.set.names.as_ref().map_or(read.set.standard.as_str(), english);
    format!("{} {}, {name}: {limits} limits for {}, {market}", read.id, read.version, read.set.forms.join(", "))
}

impl Adopt {
    fn run(self, out: Out) -> Result<(), Failure> {
        let (bytes, read) = read(&self.file)?;
        let blake3 = Hash32::of(&bytes);
        // the ledger admits the statement only if it has the bytes
        if let Some(node) = self.signing.node()? {
            goes_with(Some(&node), &self.file, &read)?;
            let path = format!("/evidence/{blake3}");
            let key = self.signing.key.as_deref().map(|key| (key, &self.signing.passphrase));
            signed::upload(&node, key, self.signing.ledger.as_deref(), &path, "application/json", &bytes)?;
        }
        let Specification { id, version, commodity, .. } = read;
        let adopted = registry::Specification { id, version, commodity, blake3: Some(blake3), replaces: self.replaces };
        self.signing.statement(&Statement::Specification(adopted), out)
    }
}

impl Withdraw {
    fn run(self, out: Out) -> Result<(), Failure> {
        let Some(node) = self.signing.node()? else {
            return Err(Failure::usage("withdraw needs --node")
                .because("the statement names the id, version and commodity of what it withdraws"));
        };
        let Listed { id, version, commodity, .. } = find(&node, &self.record)?;
        let ended = registry::Specification { id, version, commodity, blake3: None, replaces: Some(self.record) };
        self.signing.statement(&Statement::Specification(ended), out)
    }
}

/// The specification that a record adopted.
fn find(node: &Client, record: &RecordId) -> Result<Listed, Failure> {
    let all: Vec<Listed> = node.get_list("/specifications")?;
    all.into_iter().find(|known| known.record == *record).ok_or_else(|| {
        Failure::usage(format!("no specification was adopted by the record {record}"))
            .hint("`jejak specification list --all` lists all of them with their records")
    })
}

impl List {
    fn run(self, out: Out) -> Result<(), Failure> {
        let node = Client::new(&self.node)?;
        let mut found: Vec<Value> = node.get_list("/specifications")?;
        found.retain(|one| self.party.as_ref().is_none_or(|party| one["party"] == **party));
        found.retain(|one| self.all || one["until"].is_null());
        let mut shown = String::new();
        for one in &found {
            let known = Listed::deserialize(one)
                .map_err(|e| Failure::unreachable("the node's specifications can't be read").because(e))?;
            let time = |at: i64| jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |t| t.to_string());
            let until = known.until.map(|until| format!(", until {}", time(until))).unwrap_or_default();
            let Listed { party, commodity, id, version, record, .. } = known;
            let _ = writeln!(shown, "{ADOPTED}{record}  {id} {version} for {commodity}, of {party}{until}");
        }
        out.print(&shown, &json!(found));
        Ok(())
    }
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let node = Client::new(&self.node)?;
        let known = find(&node, &self.record)?;
        let bytes = fetched_bytes(&node, &known.blake3)?;
        if let Some(file) = &self.out {
            output::write_new(file, &bytes)?;
            let (id, version) = (&known.id, &known.version);
            let shown = format!("{id}@{version}\nblake3  {}\nfile    {}", known.blake3, file.display());
            out.print(&shown, &json!({ "id": id, "version": version, "blake3": known.blake3, "file": file }));
            return Ok(());
        }
        let read = Specification::from_json(&bytes)
            .map_err(|e| Failure::not_proven(format!("{} is no specification", known.blake3)).because(e))?;
        let mut shown = format!("{}\nof {}\n", described(&read), known.party);
        for limit in read.set.rules.iter().flat_map(Rule::limits) {
            let bound = [("at least", limit.min), ("at most", limit.max)];
            let bound = bound.iter().filter_map(|(word, number)| Some(format!("{word} {}", (*number)?)));
            let words = (!limit.words.is_empty()).then(|| limit.words.join(" or "));
            let asked: Vec<String> = bound.chain(words).collect();
            let _ = writeln!(shown, "  {}: {}", limit.parameter, asked.join(", "));
        }
        out.print(&shown, &serde_json::from_slice(&bytes).map_err(Failure::unreachable)?);
        Ok(())
    }
}

/// Replaces the ids of specifications among the requirements of an inspection (`SPEC/flour`) by their records (`SPEC/<record>`), the only
/// form that a ledger knows, and warns of the specifications that gate the lot and are not named.
///
/// # Errors
/// [`Failure`] when the node does not answer, or an id is not that of exactly one specification that gates the lot.
pub(super) fn resolve(node: &Client, lot: &str, requirements: &mut [String]) -> Result<(), Failure> {
    let Ok(lot) = LotId::from_uri(lot) else { return Ok(()) };
    let Some(view) = node.find_json(&lot_path(&lot))? else { return Ok(()) };
    replace_ids(&view, requirements)?;
    for adopted in list(&view["judged"]["specifications"]) {
        let named = format!("{ADOPTED}{}", text(&adopted["record"]));
        if !requirements.contains(&named) {
            output::warn(format!(
                "the lot must keep to the specification {} {} of {} as well: to judge by it, add --requirement {named}",
                text(&adopted["id"]),
                text(&adopted["version"]),
                text(&adopted["party"]["name"]["en"]),
            ));
        }
    }
    let omitted = omitted(&view);
    if omitted > 0 {
        output::warn(format!(
            "the lot must keep to {omitted} more specifications, which the node does not list with the lot: \
             `jejak specification list` lists all of them"
        ));
    }
    Ok(())
}

/// How many specifications gate the lot beside those that its view lists.
fn omitted(view: &Value) -> u64 {
    view["omitted"]["specifications"].as_u64().unwrap_or_default()
}

/// Replaces the ids of specifications by their records, as the view of the lot lists them. An id is refused when the list leaves some out:
/// one of those may have the same id.
fn replace_ids(view: &Value, requirements: &mut [String]) -> Result<(), Failure> {
    let (gating, omitted) = (list(&view["judged"]["specifications"]), omitted(view));
    for named in requirements.iter_mut() {
        let Some(id) = named.strip_prefix(ADOPTED).filter(|_| record_of(named).is_none()) else { continue };
        let mut same = gating.iter().filter(|adopted| adopted["id"] == *id);
        match (same.next(), same.next()) {
            (Some(adopted), None) if omitted == 0 => *named = format!("{ADOPTED}{}", text(&adopted["record"])),
            (Some(_), None) => {
                return Err(Failure::usage(format!("another party may have a specification {id} for the lot too"))
                    .because(not_listed(gating.len(), omitted))
                    .hint(NAME_BY_RECORD));
            }
            (None, _) if omitted > 0 => {
                let shown = gating.len();
                return Err(Failure::usage(format!("{id} is not among the first {shown} specifications of the lot"))
                    .because(not_listed(shown, omitted))
                    .hint(NAME_BY_RECORD));
            }
            (None, _) => {
                let known: Vec<String> = gating.iter().map(|adopted| text(&adopted["id"])).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Failure::usage(format!("no specification {id} gates the lot"))
                    .because(format!("adopted by who makes or buys it: {known}"))
                    .hint("`jejak specification list` lists all of them"));
            }
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!("several parties have a specification {id} for the lot"))
                    .hint(NAME_BY_RECORD));
            }
        }
    }
    Ok(())
}

const NAME_BY_RECORD: &str = "name it by its record, SPEC/RECORD: `jejak specification list` lists all of them";

fn not_listed(shown: usize, omitted: u64) -> String {
    format!("the node lists {shown} of the specifications that the lot must keep to, and leaves out {omitted}")
}

/// Checks that every specification among the requirements is named by its record: an inspection that names one by its id is always refused.
///
/// # Errors
/// [`Failure`] naming the requirement.
pub(super) fn require_records(requirements: &[String]) -> Result<(), Failure> {
    match requirements.iter().find(|named| named.starts_with(ADOPTED) && record_of(named).is_none()) {
        None => Ok(()),
        Some(named) => Err(Failure::usage(format!("{named} does not name the record of a specification"))
            .because("only a node that knows the lot can find the record by the specification's id")
            .hint(NAME_BY_RECORD)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The view of a lot that specifications with these ids gate, each adopted by the record of its number, and `omitted` more.
    fn view(ids: &[&str], omitted: u64) -> Value {
        let adopted = |(n, id): (usize, &&str)| json!({ "id": id, "record": record(n) });
        let gating: Vec<Value> = ids.iter().enumerate().map(adopted).collect();
        json!({ "judged": { "specifications": gating }, "omitted": { "specifications": omitted } })
    }

    fn record(n: usize) -> RecordId {
        RecordId::of(&n.to_be_bytes())
    }

    fn replaced(view: &Value, named: &str) -> Result<String, Failure> {
        let mut requirements = [named.to_owned()];
        replace_ids(view, &mut requirements)?;
        let [requirement] = requirements;
        Ok(requirement)
    }

    #[test]
    fn id_of_one_specification_of_the_lot_is_replaced_by_its_record() {
        let all = view(&["flour", "rice", "rice"], 0);
        assert_eq!(replaced(&all, "SPEC/flour").unwrap(), format!("SPEC/{}", record(0)));
        for kept in [format!("SPEC/{}", record(9)), "ID/SNI-01-3841-1995".to_owned()] {
            assert_eq!(replaced(&all, &kept).unwrap(), kept);
        }
        assert!(replaced(&all, "SPEC/rice").unwrap_err().message.contains("several parties"));
        assert!(replaced(&all, "SPEC/tea").unwrap_err().message.contains("no specification tea"));
        assert!(replaced(&json!({}), "SPEC/flour").is_err());
    }

    #[test]
    fn id_is_not_looked_for_in_a_list_that_leaves_specifications_out() {
        let some = view(&["flour", "rice"], 3);
        let absent = replaced(&some, "SPEC/tea").unwrap_err();
        assert_eq!(absent.message, "tea is not among the first 2 specifications of the lot");
        // one of those left out may have the same id
        let listed = replaced(&some, "SPEC/flour").unwrap_err();
        for failure in [absent, listed] {
            assert!(failure.causes[0].contains("leaves out 3"), "{failure:?}");
            assert!(failure.hint.as_deref().unwrap().starts_with("name it by its record"), "{failure:?}");
        }
        let by_record = format!("SPEC/{}", record(1));
        assert_eq!(replaced(&some, &by_record).unwrap(), by_record);
    }

    #[test]
    fn requirement_that_names_a_specification_by_its_id_can_not_be_signed() {
        let by_record = format!("SPEC/{}", record(0));
        assert!(require_records(&["ID/SNI-01-3841-1995".to_owned(), by_record.clone()]).is_ok());
        let failure = require_records(&[by_record, "SPEC/flour".to_owned()]).unwrap_err();
        assert!(failure.message.contains("SPEC/flour"), "{failure:?}");
    }
}
