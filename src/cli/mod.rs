//! The command line: one file per verb, thin over the library.
//!
//! Exit codes: 0 done; 1 verification failed, or damage found; 2 usage, and files that can't be read or written; 3 the node can't be
//! reached, or can't answer now; 4 the ledger refused. What it is not: a place for rules; those are the library's.

// doc comments of arguments are the help text of the command: plain words, not Markdown
#![allow(rustdoc::bare_urls, rustdoc::invalid_html_tags, rustdoc::broken_intra_doc_links)]

pub mod audit;
pub mod fail;
pub mod input;
pub mod link;
pub mod lot_text;
pub mod record;
pub mod record_show;
#[cfg(not(feature = "node"))]
#[path = "remote_disabled.rs"]
mod remote;
pub mod verify;

// verbs that need a key, a node or a ledger's directory
#[cfg(feature = "node")]
pub mod client;
#[cfg(feature = "node")]
pub mod completions;
#[cfg(feature = "node")]
pub mod demo;
#[cfg(feature = "node")]
pub mod doctor;
#[cfg(feature = "node")]
pub mod evidence;
#[cfg(feature = "node")]
pub mod init;
#[cfg(feature = "node")]
pub mod key;
#[cfg(feature = "node")]
pub mod label;
#[cfg(feature = "node")]
pub mod lot;
#[cfg(feature = "node")]
pub mod opening;
#[cfg(feature = "node")]
pub mod party;
#[cfg(feature = "node")]
pub mod party_acts;
#[cfg(feature = "node")]
pub mod place;
#[cfg(feature = "node")]
pub mod product;
#[cfg(feature = "node")]
pub mod profile;
#[cfg(feature = "node")]
pub mod profile_verbs;
#[cfg(feature = "node")]
pub mod record_drop;
#[cfg(feature = "node")]
pub mod record_needs;
#[cfg(feature = "node")]
pub mod record_new;
#[cfg(feature = "node")]
pub mod record_sign;
#[cfg(feature = "node")]
pub mod record_statement;
#[cfg(feature = "node")]
pub mod record_submit;
#[cfg(feature = "node")]
pub mod record_void;
#[cfg(feature = "node")]
mod remote;
#[cfg(feature = "node")]
pub mod serve;
#[cfg(feature = "node")]
pub mod signing;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use fail::{Failure, Kind};

/// Product quality and traceability ledger: signed records from village harvest to export shipment.
#[derive(Debug, Parser)]
#[command(name = "jejak", version, propagate_version = true, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// Print JSON, errors too
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 verification failed, 2 usage, 3 node can't be reached, 4 refused by the ledger";

/// The verbs of every build.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Verbs that need a key, a node or a ledger's directory
    #[cfg(feature = "node")]
    #[command(flatten)]
    Node(NodeVerb),
    /// Write, sign, submit and read records
    #[command(subcommand)]
    Record(record::Verb),
    /// Recompute a whole log from its static files
    Audit(audit::Run),
    /// Verify a proof, from a file or the address on a label
    Verify(verify::Verify),
    /// Explain a GS1 Digital Link or element string
    Link(link::Link),
}

/// The verbs of a build with the feature `node`.
#[cfg(feature = "node")]
#[derive(Debug, Subcommand)]
pub enum NodeVerb {
    /// Found a ledger in a new directory
    Init(Box<init::Init>),
    /// Seed a ledger with four real chains and serve it
    Demo(demo::Demo),
    /// Serve a ledger
    Serve(serve::Serve),
    /// Make, show, enrol and revoke signing keys
    #[command(subcommand)]
    Key(key::Verb),
    /// Enrol a party, update, accredit, suspend or reinstate one, or let one act for you
    Party(Box<party::Party>),
    /// Register a product
    Product(Box<product::Product>),
    /// Register a place
    Place(Box<place::Place>),
    /// Check, list, show and enact commodity profiles
    #[command(subcommand)]
    Profile(profile_verbs::Verb),
    /// Ask a node about a lot
    #[command(subcommand)]
    Lot(lot::Verb),
    /// Draw the QR code of a lot, or a sheet of labels
    Label(label::Label),
    /// Hand in documents and photos by their hash
    #[command(subcommand)]
    Evidence(evidence::Verb),
    /// Re-check everything a ledger directory holds; changes nothing
    #[command(display_order = 100)]
    Doctor(doctor::Doctor),
    /// Throw the index away and rebuild it from the journal
    #[command(display_order = 101)]
    Reindex(doctor::Reindex),
    /// Print the completion script of a shell
    #[command(display_order = 102)]
    Completions(completions::Completions),
    /// Print the manual page
    #[command(display_order = 103)]
    Man(completions::Man),
}

/// Where a verb prints: text for people, or JSON when it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    /// Whether `--json` was given.
    pub json: bool,
}

impl Out {
    /// Prints `text`, or `value` as JSON. A reader that closed its end early (`| head`) is no failure. Nothing in the text
    /// steers the terminal: what is a picture goes through [`Out::draw`].
    pub fn print(self, text: &str, value: &serde_json::Value) {
        self.draw(&fail::plain(text), value);
    }

    /// [`Out::print`] for text with pictures of our own, and nothing in it that somebody else wrote.
    pub fn draw(self, text: &str, value: &serde_json::Value) {
        let text = if self.json { value.to_string() } else { text.trim_end().to_owned() };
        raw(format!("{text}\n").as_bytes());
    }
}

/// Prints bytes as they are.
pub fn raw(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Parses `args`, runs the verb, prints what failed, answers with the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let matches = without_empty_variables(Cli::command()).try_get_matches_from(&args);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            #[cfg(feature = "node")]
            if let Some(failure) = mistaken_party_verb(&error, &args) {
                failure.print(args.iter().any(|arg| arg == "--json"));
                return Kind::Usage.exit();
            }
            if error.use_stderr() && args.iter().any(|arg| arg == "--json") {
                let text = error.render().to_string();
                let (what, rest) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
                let failure = Failure::usage(what.trim_start_matches("error: ")).next("see `jejak help`");
                let rest = rest.trim();
                if rest.is_empty() { failure } else { failure.why(rest) }.print(true);
                return Kind::Usage.exit();
            }
            let _ = error.print();
            return if error.use_stderr() { Kind::Usage.exit() } else { ExitCode::SUCCESS };
        }
    };
    let out = Out { json: cli.json };
    match dispatch(cli.verb, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(out.json);
            failure.kind.exit()
        }
    }
}

/// A variable that is set to nothing is a variable that is not set.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let empty = arg.get_env().is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
            if empty { arg.env(clap::builder::Resettable::Reset) } else { arg }
        })
        .mut_subcommands(without_empty_variables)
}

/// `jejak party WORD`, where clap takes the word for the URI of a party and the user meant a verb.
#[cfg(feature = "node")]
fn mistaken_party_verb(error: &clap::Error, args: &[OsString]) -> Option<Failure> {
    let text = |at: usize| args.get(at).and_then(|arg| arg.to_str());
    if error.use_stderr() && text(1) == Some("party") { text(2).and_then(party::unknown_verb) } else { None }
}

fn dispatch(verb: Verb, out: Out) -> Result<(), Failure> {
    match verb {
        #[cfg(feature = "node")]
        Verb::Node(verb) => dispatch_node(verb, out),
        Verb::Record(verb) => verb.run(out),
        Verb::Audit(verb) => verb.run(out),
        Verb::Verify(verb) => verb.run(out),
        Verb::Link(verb) => verb.run(out),
    }
}

#[cfg(feature = "node")]
fn dispatch_node(verb: NodeVerb, out: Out) -> Result<(), Failure> {
    match verb {
        NodeVerb::Init(verb) => verb.run(out),
        NodeVerb::Demo(verb) => verb.run(out),
        NodeVerb::Serve(verb) => verb.run(out),
        NodeVerb::Key(verb) => verb.run(out),
        NodeVerb::Party(verb) => verb.run(out),
        NodeVerb::Product(verb) => verb.run(out),
        NodeVerb::Place(verb) => verb.run(out),
        NodeVerb::Profile(verb) => verb.run(out),
        NodeVerb::Lot(verb) => verb.run(out),
        NodeVerb::Label(verb) => verb.run(out),
        NodeVerb::Evidence(verb) => verb.run(out),
        NodeVerb::Doctor(verb) => verb.run(out),
        NodeVerb::Reindex(verb) => verb.run(out),
        NodeVerb::Completions(verb) => verb.run(Cli::command()),
        NodeVerb::Man(verb) => verb.run(Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
