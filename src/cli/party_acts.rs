//! `jejak party accredit|mandate|suspend|reinstate`: what is stated of a party once it is enrolled.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::Out;
use super::fail::Failure;
use super::input::{record_id, time};
use super::link;
use super::profile::Known;
use super::signing::Signing;
use crate::chain;
use crate::record::registry::{Accreditation, Mandate, PartyStatus, Standing};
use crate::record::{RecordId, Statement};

/// What to state.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Accredit an inspector for commodities; the authority signs it
    Accredit(Box<Accredit>),
    /// Let another party act for the one that signs
    Mandate(Box<Mandated>),
    /// Suspend a party: it may not write until it is reinstated
    Suspend(Box<Status>),
    /// End a suspension
    Reinstate(Box<Status>),
}

/// `party accredit`.
#[derive(Debug, Args)]
pub struct Accredit {
    /// The inspector's URI
    #[arg(value_name = "PARTY")]
    pub uri: String,
    /// Commodity it may inspect, such as essential-oil, or * for all; may be given more than once
    #[arg(long = "scope", value_name = "COMMODITY", required = true)]
    pub scope: Vec<String>,
    /// Accreditation body, such as KAN
    #[arg(long)]
    pub body: String,
    /// Its number
    #[arg(long)]
    pub number: String,
    /// First moment, with offset, such as 2026-01-01T00:00:00+07:00; now without it
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// End, with offset
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// The accreditation this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// State it although no profile is for a commodity of the scope, or the inspector is not enrolled
    #[arg(long)]
    pub force: bool,
    /// How the statement is signed
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
    /// What it may do; may be given more than once. None ends the mandate that is replaced
    #[arg(long = "act", value_name = "ACT", value_parser = acts(), required_unless_present = "replaces")]
    pub acts: Vec<String>,
    /// Only for this lot; all without it; may be given more than once
    #[arg(long = "lot", value_name = "LOT")]
    pub lots: Vec<String>,
    /// End, with offset
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// The mandate this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// How the statement is signed
    #[command(flatten)]
    pub signing: Signing,
}

/// `party suspend`, `party reinstate`.
#[derive(Debug, Args)]
pub struct Status {
    /// The party's URI
    #[arg(value_name = "PARTY")]
    pub uri: String,
    /// Why, for people
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How the statement is signed
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
            Act::Suspend(act) => act.run(Standing::Suspended, out),
            Act::Reinstate(act) => act.run(Standing::Active, out),
        }
    }
}

impl Status {
    fn run(self, status: Standing, out: Out) -> Result<(), Failure> {
        let statement = Statement::PartyStatus(PartyStatus { party: self.uri, status, reason: self.reason });
        self.signing.statement(&statement, out)
    }
}
