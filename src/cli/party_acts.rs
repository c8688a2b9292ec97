//! `jejak party accredit|mandate|certificate|numbers|suspend|reinstate`: statements about an enrolled party; `jejak party path`: its way to the
//! first export.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::Out;
use super::failure::Failure;
use super::input::{self, record_id, time};
use super::link;
use super::party_numbers::Numbers;
use super::path::Way;
use super::profile::Known;
use super::signing::Signing;
use crate::chain;
use crate::record::registry::{Accreditation, Certificate, Mandate, PartyStatus, Standing};
use crate::record::{Hash32, RecordId, Statement};

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Accredit an inspector for commodities; signed by the authority
    Accredit(Box<Accredit>),
    /// Let another party act on the signer's behalf
    Mandate(Box<Mandated>),
    /// State a certificate, permit or registration that a party holds; signed by the party, its enroller or the authority
    Certificate(Box<Certified>),
    /// Give a party a range of the authority's GS1 Company Prefix, for products, places and cartons
    Numbers(Box<Numbers>),
    /// Suspend a party: it cannot write until it is reinstated
    Suspend(Box<Status>),
    /// End a suspension
    Reinstate(Box<Status>),
    /// Show the way of a party to its first export, step by step
    Path(Box<Way>),
}

/// `party accredit`.
#[derive(Debug, Args)]
pub struct Accredit {
    /// The inspector's URI
    #[arg(value_name = "PARTY")]
    pub uri: String,
    /// Commodity it may inspect, such as essential-oil, or * for all; repeatable
    #[arg(long = "scope", value_name = "COMMODITY", required = true)]
    pub scope: Vec<String>,
    /// Accreditation body, such as KAN
    #[arg(long)]
    pub body: String,
    /// Accreditation number
    #[arg(long)]
    pub number: String,
    /// Start, with offset, such as 2026-01-01T00:00:00+07:00 [default: now]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// End, with offset
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// Record of the accreditation that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// Sign even if no profile lists a commodity of the scope, or the inspector is not enrolled
    #[arg(long)]
    pub force: bool,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// The names of the acts that can be done for another.
fn acts() -> PossibleValuesParser {
    PossibleValuesParser::new(chain::Act::in_mandates().map(chain::Act::name))
}

/// `party mandate`.
#[derive(Debug, Args)]
pub struct Mandated {
    /// The party that may act
    #[arg(value_name = "PARTY")]
    pub to: String,
    /// Act it may do; repeatable. Without any, the mandate that is replaced ends
    #[arg(long = "act", value_name = "ACT", value_parser = acts(), required_unless_present = "replaces")]
    pub acts: Vec<String>,
    /// Only for this lot; repeatable [default: all lots]
    #[arg(long = "lot", value_name = "LOT")]
    pub lots: Vec<String>,
    /// End, with offset
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// Record of the mandate that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `party suspend`, `party reinstate`.
#[derive(Debug, Args)]
pub struct Status {
    /// The party's URI
    #[arg(value_name = "PARTY")]
    pub uri: String,
    /// Reason, as text
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `party certificate`.
#[derive(Debug, Args)]
pub struct Certified {
    /// The URI of the party that holds it
    #[arg(value_name = "PARTY")]
    pub uri: String,
    /// Its kind, as export guides name it, such as nib, haccp or gacc-registration
    #[arg(long)]
    pub kind: String,
    /// The office that issued it
    #[arg(long)]
    pub issuer: String,
    /// Its number, where it may be known to all
    #[arg(long)]
    pub number: Option<String>,
    /// First day on which it is valid
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// Last day [default: it does not end]
    #[arg(long, value_name = "DAY")]
    pub until: Option<Date>,
    /// A copy of it: its hash stands in the statement, the file stays here
    #[arg(long, value_name = "FILE")]
    pub document: Option<PathBuf>,
    /// It no longer holds: withdraw the statement that --replaces names
    #[arg(long, requires = "replaces")]
    pub withdraw: bool,
    /// Record of the statement that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

fn seconds(text: &str) -> Result<i64, Failure> {
    Ok(time(text)?.timestamp().as_second())
}

impl Act {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Act::Accredit(act) => {
                if let Some(node) = act.signing.node()? {
                    let known = Known::new(&node, act.force);
                    known.scope(&act.scope)?;
                    known.party("the inspector", &act.uri)?;
                }
                let from = match &act.from {
                    Some(text) => seconds(text)?,
                    None => jiff::Timestamp::now().as_second(),
                };
                let statement = Statement::Accreditation(Accreditation {
                    party: act.uri,
                    scope: act.scope,
                    body: act.body,
                    number: act.number,
                    from,
                    until: seconds(&act.until)?,
                    replaces: act.replaces,
                });
                act.signing.statement(&statement, out)
            }
            Act::Mandate(act) => {
                let lots = act.lots.iter().map(|lot| link::lot(lot)).collect::<Result<Vec<_>, _>>()?;
                let statement = Statement::Mandate(Mandate {
                    to: act.to,
                    acts: act.acts,
                    lots: (!lots.is_empty()).then_some(lots),
                    until: seconds(&act.until)?,
                    replaces: act.replaces,
                });
                act.signing.statement(&statement, out)
            }
            Act::Certificate(act) => {
                let copy = act.document.as_deref().map(input::read).transpose()?;
                let statement = Statement::Certificate(Certificate {
                    party: act.uri,
                    kind: act.kind,
                    number: act.number,
                    issuer: act.issuer,
                    from: act.from,
                    until: act.until,
                    document: copy.as_deref().map(Hash32::of),
                    withdrawn: act.withdraw,
                    replaces: act.replaces,
                });
                act.signing.statement(&statement, out)
            }
            Act::Numbers(act) => act.run(out),
            Act::Suspend(act) => act.run(Standing::Suspended, out),
            Act::Reinstate(act) => act.run(Standing::Active, out),
            Act::Path(act) => act.run(out),
        }
    }
}

impl Status {
    fn run(self, status: Standing, out: Out) -> Result<(), Failure> {
        let statement = Statement::PartyStatus(PartyStatus { party: self.uri, status, reason: self.reason });
        self.signing.statement(&statement, out)
    }
}
