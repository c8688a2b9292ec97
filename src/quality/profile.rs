//! A commodity profile: one JSON file, put in force on a ledger by the authority's `Profile` statement. Adding a commodity, a
//! market or a limit needs no Rust.
//!
//! Unknown members are kept out of the way, not refused, so that a later version of the format can add to it; what this
//! version reads must be well formed.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

use crate::epcis::strict;
use crate::gs1::{Amount, exact_decimal};
use crate::names::Names;

/// Prefix of a parameter's URI.
pub const PARAMETER: &str = "urn:jejak:param:";

/// The bytes are not a profile this version reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not strict JSON.
    #[error("not strict JSON: {0}")]
    Json(String),
    /// Not of the schema (`schemas/profile.schema.json`).
    #[error("not a commodity profile: {0}")]
    Shape(String),
}

/// A commodity profile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Version of the file format: 1.
    pub format: u32,
    /// Profile id, such as `essential-oil`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Names.
    pub names: Names,
    /// Forms of the commodity.
    pub forms: Vec<Form>,
    /// What is measured.
    pub parameters: Vec<Parameter>,
    /// Sets of limits, each of one market and standard.
    pub requirements: Vec<Requirement>,
    /// Processes with their plausible yield.
    pub processes: Vec<Process>,
}

/// A form of the commodity.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Form {
    /// Form id, such as `patchouli-oil`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// HS code, digits.
    #[serde(default)]
    pub hs: String,
}

/// What kind of value a parameter has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterKind {
    /// A number with a unit.
    Decimal,
    /// Detected or not.
    Presence,
    /// A word.
    Attribute,
}

/// A measured parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Parameter {
    /// Parameter id, such as `acid-value`; its URI is `urn:jejak:param:<id>`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// Kind of value.
    pub kind: ParameterKind,
    /// UN/CEFACT Rec 20 code or UCUM unit, for numbers.
    #[serde(default)]
    pub unit: Option<String>,
    /// Test methods.
    #[serde(default)]
    pub methods: Vec<String>,
}

/// Why a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// By law.
    Legal,
    /// By contract, or a standard that parties agree on.
    Contract,
    /// Shown, never gates.
    Advisory,
}

/// How measurement uncertainty is weighed (ISO/IEC 17025 7.8.6; JCGM 106).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The value alone decides.
    SimpleAcceptance,
    /// Passes only when the value with its uncertainty lies within.
    GuardBandProducer,
    /// Fails only when the value with its uncertainty lies outside.
    GuardBandOfficial,
}

/// A set of limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Requirement {
    /// Id, such as `ID/SNI-06-2385-2006`.
    pub id: String,
    /// Market: ISO 3166-1 alpha-2, `EU`, `INT` or `BUYER`.
    pub market: String,
    /// The standard or rule.
    pub standard: String,
    /// Why it binds.
    pub force: Force,
    /// The forms it is for; all when empty.
    pub forms: Vec<String>,
    /// How uncertainty is weighed.
    pub decision: Decision,
    /// Its rules; all must hold.
    pub rules: Vec<Rule>,
}

/// A rule of a requirement.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Rule {
    /// Every rule of the list must hold.
    #[serde(rename_all = "camelCase")]
    AllOf {
        /// The rules.
        all_of: Vec<Rule>,
    },
    /// One rule of the list must hold.
    #[serde(rename_all = "camelCase")]
    AnyOf {
        /// The rules.
        any_of: Vec<Rule>,
    },
    /// A limit on one parameter.
    Limit(Box<Limit>),
}

/// A limit on one parameter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    /// Parameter id.
    pub parameter: String,
    /// Lower limit.
    #[serde(default, deserialize_with = "decimal")]
    pub min: Option<Decimal>,
    /// Whether the lower limit itself is within.
    #[serde(default = "yes")]
    pub min_inclusive: bool,
    /// Upper limit.
    #[serde(default, deserialize_with = "decimal")]
    pub max: Option<Decimal>,
    /// Whether the upper limit itself is within.
    #[serde(default = "yes")]
    pub max_inclusive: bool,
    /// The words that are within, for attributes and presence.
    #[serde(default)]
    pub words: Vec<String>,
    /// The forms it is for; those of its set when empty.
    #[serde(default)]
    pub forms: Vec<String>,
    /// Clause of the standard.
    #[serde(default)]
    pub clause: String,
    /// Shown, never gates: of low confidence, or from memory.
    #[serde(default)]
    pub advisory: bool,
}

/// A process with its plausible yield.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Process id, such as `steam-distillation`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// Least output over input.
    #[serde(deserialize_with = "required_decimal")]
    pub yield_min: Decimal,
    /// Most output over input.
    #[serde(deserialize_with = "required_decimal")]
    pub yield_max: Decimal,
    /// URIs of the parameters whose failure it cures.
    #[serde(default, deserialize_with = "uris")]
    pub cures: Vec<String>,
}

const fn yes() -> bool {
    true
}

fn required_decimal<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(d)?;
    exact_decimal(&text).map_err(|e| serde::de::Error::custom(format!("{text}: {e}")))
}

fn decimal<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Decimal>, D::Error> {
    required_decimal(d).map(Some)
}

fn uris<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    let ids = Vec::<String>::deserialize(d)?;
    Ok(ids.into_iter().map(|id| format!("{PARAMETER}{id}")).collect())
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn from_json(bytes: &[u8]) -> Result<Profile, ProfileError> {
        strict::check(bytes).map_err(|e| ProfileError::Json(e.to_string()))?;
        let profile: Profile = serde_json::from_slice(bytes).map_err(|e| ProfileError::Shape(e.to_string()))?;
        profile.check()?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), ProfileError> {
        let shape = |what: String| Err(ProfileError::Shape(what));
        if self.format != 1 {
            return shape(format!("format {} is not known here", self.format));
        }
        for requirement in &self.requirements {
            for limit in requirement.rules.iter().flat_map(Rule::limits) {
                if self.parameter(&limit.parameter).is_none() {
                    return shape(format!("{}: no parameter {}", requirement.id, limit.parameter));
                }
                if limit.min.zip(limit.max).is_some_and(|(min, max)| min > max) {
                    return shape(format!("{}: {} has its limits crossed", requirement.id, limit.parameter));
                }
            }
        }
        match self.processes.iter().find(|p| p.yield_min > p.yield_max || p.yield_min.is_sign_negative()) {
            Some(process) => shape(format!("process {} has its yields crossed", process.id)),
            None => Ok(()),
        }
    }

    /// The parameter of this id.
    pub fn parameter(&self, id: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.id == id)
    }

    /// The process of this id.
    pub fn process(&self, id: &str) -> Option<&Process> {
        self.processes.iter().find(|p| p.id == id)
    }

    /// The requirement set of this id.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|r| r.id == id)
    }

    /// Behind a shared pointer.
    pub fn shared(self) -> Arc<Profile> {
        Arc::new(self)
    }
}

impl Process {
    /// Whether `output` out of `input` (both in one base unit) lies within the yield band.
    pub fn plausible(&self, input: Amount, output: Amount) -> bool {
        let within = |factor: Decimal, most: bool| {
            // output <= factor x input, in integers: factor = mantissa / 10^scale
            let scale = 10i128.checked_pow(factor.scale());
            let left = scale.and_then(|s| output.micros().checked_mul(s));
            let right = factor.mantissa().checked_mul(input.micros());
            match (left, right) {
                (Some(left), Some(right)) => {
                    if most {
                        left <= right
                    } else {
                        left >= right
                    }
                }
                _ => false,
            }
        };
        within(self.yield_min, false) && within(self.yield_max, true)
    }
}

impl Rule {
    /// Every limit in it.
    pub fn limits(&self) -> Vec<&Limit> {
        match self {
            Rule::AllOf { all_of: rules } | Rule::AnyOf { any_of: rules } => {
                rules.iter().flat_map(Rule::limits).collect()
            }
            Rule::Limit(limit) => vec![limit],
        }
    }
}
