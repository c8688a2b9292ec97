//! The replay of a log, entry by entry: what would be refused is void for ever, and replay goes on.
//!
//! One function for everyone who recomputes a log: a node at its start, `doctor`, an auditor.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Context, Overlay, ProfileSource, Refusal, Rejection, Rule, StateError, apply};
use crate::causes::causes;
use crate::record::registry::Statement;
use crate::record::{Hash32, Payload, Record, RecordError, RecordId};

/// A record on the log that a rule would reject: void for ever (`admitted-against-rule`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Void {
    /// Its index.
    pub index: u64,
    /// Its id, when it is a record at all.
    pub id: Option<RecordId>,
    /// Why.
    pub rule: Broken,
    /// What was said.
    pub detail: String,
    /// Named values of the rejection, which say what the record lacked.
    #[serde(skip)]
    pub args: Vec<(String, String)>,
}

/// What a void entry breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A rule of the chain.
    Rule(Rule),
    /// The form: it is not a record, written `not-a-record`.
    Form,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Rule(rule) => rule.fmt(f),
            Broken::Form => f.write_str("not-a-record"),
        }
    }
}

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a replay can't go on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Stopped {
    /// State can't be read.
    #[error(transparent)]
    Storage(#[from] StateError),
    /// The bytes of a commodity profile or specification are mandatory, and are not at hand: judged without them, a sound statement
    /// would be called void.
    #[error("the bytes of the profile or specification {0} are not at hand")]
    Profile(Hash32),
    /// A ruleset that this program does not know.
    #[error("{0}")]
    Ruleset(String),
}

/// One entry through the rules: `None` when it follows them.
///
/// # Errors
/// [`Stopped`].
pub fn replay(
    overlay: &mut Overlay<'_>,
    index: u64,
    entry: &Result<Record, RecordError>,
    profiles: &dyn ProfileSource,
) -> Result<Option<Void>, Stopped> {
    let record = match entry {
        Ok(record) => record,
        Err(error) => {
            return Ok(Some(Void {
                index,
                id: None,
                rule: Broken::Form,
                detail: causes(error).to_string(),
                args: Vec::new(),
            }));
        }
    };
    overlay.mark();
    match apply(overlay, index, record, &Context::replay(profiles)) {
        Ok(_) => Ok(None),
        Err(Refusal::Storage(error)) => Err(error.into()),
        Err(Refusal::Rejected(refused)) if refused.rule == Rule::UnknownRuleset => {
            Err(Stopped::Ruleset(refused.detail))
        }
        Err(Refusal::Rejected(refused)) => {
            match names_criteria(record).filter(|named| profiles.criteria(named).is_none()) {
                Some(missing) => Err(Stopped::Profile(missing)),
                None => {
                    let Rejection { rule, detail, args, .. } = refused;
                    Ok(Some(Void { index, id: Some(record.id), rule: Broken::Rule(rule), detail, args }))
                }
            }
        }
    }
}

/// The file that a statement puts in force or adopts.
fn names_criteria(record: &Record) -> Option<Hash32> {
    match &record.payload {
        Payload::Registry(statement) => match &**statement {
            Statement::Profile(profile) => Some(profile.blake3),
            Statement::Specification(specification) => specification.blake3,
            _ => None,
        },
        Payload::Event(_) => None,
    }
}
