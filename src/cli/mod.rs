//! The command line: one file per verb, thin over the library.
//!
//! Exit codes: 0 success; 1 verification failed, or damage found; 2 wrong usage, or a file that cannot be read or written; 3 the node
//! cannot be reached, or cannot answer now; 4 the ledger refused; of `verify` alone, 5 the goods are not to be relied on, and 6 it is not proven
//! that no record is missing.
//!
//! A build without the feature `node` has `verify`, `audit`, `record show` and `link`, over files. Not here: rules (`chain`).

// doc comments of arguments are the help text of the command: plain text, not Markdown
#![allow(rustdoc::bare_urls, rustdoc::invalid_html_tags, rustdoc::broken_intra_doc_links)]

pub mod audit;
pub mod failure;
pub mod input;
pub mod link;
pub mod lot_text;
pub mod output;
pub mod record;
pub mod record_show;
#[cfg(not(feature = "node"))]
#[path = "remote_disabled.rs"]
mod remote;
pub mod sentences;
pub mod verify;

// verbs that need a key, a node or a ledger's directory
#[cfg(feature = "node")]
pub mod acknowledged;
#[cfg(feature = "node")]
pub mod ask;
#[cfg(feature = "node")]
pub mod before_signing;
#[cfg(feature = "node")]
mod body;
#[cfg(feature = "node")]
pub mod client;
#[cfg(feature = "node")]
pub mod clock;
#[cfg(feature = "node")]
pub mod completions;
#[cfg(feature = "node")]
pub mod demo;
#[cfg(feature = "node")]
pub mod doctor;
#[cfg(feature = "node")]
pub mod document;
#[cfg(feature = "node")]
pub mod enrolments;
#[cfg(feature = "node")]
pub mod evidence;
#[cfg(feature = "node")]
pub mod guide;
#[cfg(feature = "node")]
pub mod import;
#[cfg(feature = "node")]
pub mod init;
#[cfg(feature = "node")]
pub mod key;
#[cfg(feature = "node")]
pub mod label;
#[cfg(feature = "node")]
pub mod log_keys;
#[cfg(feature = "node")]
pub mod lot;
#[cfg(feature = "node")]
pub mod numbers;
#[cfg(feature = "node")]
pub mod opening;
#[cfg(feature = "node")]
pub mod outbox_file;
#[cfg(feature = "node")]
pub mod party;
#[cfg(feature = "node")]
pub mod party_acts;
#[cfg(feature = "node")]
pub mod party_numbers;
#[cfg(feature = "node")]
pub mod path;
#[cfg(feature = "node")]
pub mod place;
#[cfg(feature = "node")]
pub mod product;
#[cfg(feature = "node")]
pub mod profile;
#[cfg(feature = "node")]
pub mod profile_verbs;
#[cfg(feature = "node")]
pub mod quantity;
#[cfg(feature = "node")]
pub mod readiness;
#[cfg(feature = "node")]
pub mod record_checks;
#[cfg(feature = "node")]
pub mod record_drop;
#[cfg(feature = "node")]
pub mod record_forms;
#[cfg(feature = "node")]
pub mod record_needs;
#[cfg(feature = "node")]
pub mod record_new;
#[cfg(feature = "node")]
pub mod record_options;
#[cfg(feature = "node")]
pub mod record_refs;
#[cfg(feature = "node")]
pub mod record_sign;
#[cfg(feature = "node")]
pub mod record_statement;
#[cfg(feature = "node")]
pub mod record_submit;
#[cfg(feature = "node")]
pub mod record_void;
#[cfg(feature = "node")]
pub mod recover;
#[cfg(feature = "node")]
pub mod region;
#[cfg(feature = "node")]
mod remote;
#[cfg(feature = "node")]
mod result;
#[cfg(feature = "node")]
mod seen;
#[cfg(feature = "node")]
pub mod serve;
#[cfg(feature = "node")]
pub mod shipment;
#[cfg(feature = "node")]
pub mod signed;
#[cfg(feature = "node")]
pub mod signing;
#[cfg(feature = "node")]
pub mod specification;
#[cfg(feature = "node")]
pub mod tls;
#[cfg(feature = "node")]
pub mod units;
#[cfg(feature = "node")]
pub mod witness;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::{Failure, Kind};
pub use output::Out;

/// Product quality and traceability ledger: signed records from village harvest to export shipment.
#[derive(Debug, Parser)]
#[command(name = "jejak", version, propagate_version = true, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// Print JSON, errors included
    #[arg(long, global = true)]
    pub json: bool,
    /// The verb
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 success, 1 verification failed, 2 wrong usage, 3 node not reachable, 4 refused by the ledger; of verify also 5 and 6";

/// The verbs of every build.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Verbs that need a key, a node or a ledger's directory
    #[cfg(feature = "node")]
    #[command(flatten)]
    Node(NodeVerb),
    /// Create, sign, submit and show records
    #[command(subcommand)]
    Record(record::Verb),
    /// Verify a whole log from its static files
    Audit(audit::Run),
    /// Verify a proof, from a file or from the address on a label
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
    /// Serve a demonstration ledger with four sample supply chains
    Demo(demo::Demo),
    /// Serve a ledger over HTTP
    Serve(serve::Serve),
    /// Create, show, enrol and revoke signing keys
    #[command(subcommand)]
    Key(key::Verb),
    /// Enrol or update a party; accredit, suspend or reinstate one; give a mandate
    Party(Box<party::Party>),
    /// Show the ledger's clock; permit a long step of it, or set it
    #[command(subcommand)]
    Clock(clock::Verb),
    /// Add, remove and list the witnesses of a ledger, and show what they cosigned
    #[command(subcommand)]
    Witness(witness::Verb),
    /// Show and state the keys of the log and of its witnesses
    #[command(subcommand)]
    LogKeys(log_keys::Verb),
    /// Register a product
    Product(Box<product::Product>),
    /// Register a place
    Place(Box<place::Place>),
    /// Check, list, show and enact commodity profiles
    #[command(subcommand)]
    Profile(profile_verbs::Verb),
    /// Check, adopt, withdraw, list and show specifications of parties
    #[command(subcommand)]
    Specification(specification::Verb),
    /// Check, list, show and enact export guides
    #[command(subcommand)]
    Guide(guide::Verb),
    /// Show a lot, where it came from and where it went, and what is missing before its export
    #[command(subcommand)]
    Lot(lot::Verb),
    /// List the regions of a node's ledger, and show what the records of one come to
    #[command(subcommand)]
    Region(region::Verb),
    /// List the shipments of a party, show the folder of one, and handle sums that only its two sides can open
    #[command(subcommand)]
    Shipment(shipment::Verb),
    /// Print the QR code of a lot or container, or labels of it
    Label(label::Label),
    /// Upload and fetch documents and photos
    #[command(subcommand)]
    Evidence(evidence::Verb),
    /// Import harvests, processes, receipts and corrections of stock from a table
    Import(Box<import::Import>),
    /// Check a ledger directory for damage, without changing it
    #[command(display_order = 100)]
    Doctor(doctor::Doctor),
    /// Rebuild the index of a ledger from its journal
    #[command(display_order = 101)]
    Reindex(doctor::Reindex),
    /// Bring back records that a ledger's journal lost, from published files
    #[command(display_order = 102)]
    Recover(recover::Recover),
    /// Print a shell completion script
    #[command(display_order = 103)]
    Completions(completions::Completions),
    /// Print a manual page
    #[command(display_order = 104)]
    Man(completions::Man),
}

/// Runs the command line of this process, for `main`.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Parses `args` and runs the verb; prints a failure and returns the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    #[cfg(feature = "node")]
    {
        let words: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        if let Some(help) = record_options::help(&words) {
            output::raw(help.as_bytes());
            return ExitCode::SUCCESS;
        }
    }
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
                let failure = Failure::usage(what.trim_start_matches("error: ")).hint("see `jejak help`");
                let rest = rest.trim();
                if rest.is_empty() { failure } else { failure.because(rest) }.print(true);
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

/// Makes an empty environment variable count as unset.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let empty = arg.get_env().is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
            if empty { arg.env(clap::builder::Resettable::Reset) } else { arg }
        })
        .mut_subcommands(without_empty_variables)
}

/// The failure for `jejak party WORD` when the user meant a verb, and clap parsed the word as the URI of a party.
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
        NodeVerb::Clock(verb) => verb.run(out),
        NodeVerb::Witness(verb) => verb.run(out),
        NodeVerb::LogKeys(verb) => verb.run(out),
        NodeVerb::Product(verb) => verb.run(out),
        NodeVerb::Place(verb) => verb.run(out),
        NodeVerb::Profile(verb) => verb.run(out),
        NodeVerb::Specification(verb) => verb.run(out),
        NodeVerb::Guide(verb) => verb.run(out),
        NodeVerb::Lot(verb) => verb.run(out),
        NodeVerb::Region(verb) => verb.run(out),
        NodeVerb::Shipment(verb) => verb.run(out),
        NodeVerb::Label(verb) => verb.run(out),
        NodeVerb::Evidence(verb) => verb.run(out),
        NodeVerb::Import(verb) => verb.run(out),
        NodeVerb::Doctor(verb) => verb.run(out),
        NodeVerb::Reindex(verb) => verb.run(out),
        NodeVerb::Recover(verb) => verb.run(out),
        NodeVerb::Completions(verb) => verb.run(Cli::command()),
        NodeVerb::Man(verb) => verb.run(Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_commands_is_consistent() {
        Cli::command().debug_assert();
    }
}
