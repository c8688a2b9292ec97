//! Commodity profiles, limits and verdicts. Pure: a profile's bytes come in, a verdict goes out.
//!
//! What it is not: storage. The ledger hands over the bytes of the profile that is in force on the log.

pub mod balance;
mod check;
mod check_lists;
pub mod complete;
mod criteria;
pub mod drawing;
pub mod judge;
pub mod monitoring;
pub mod plan;
pub mod process;
pub mod profile;
#[cfg(feature = "node")]
mod shipped;
pub mod specification;
pub mod words;

use serde::{Deserialize, Serialize};

pub use complete::{Completeness, Facts, Lacking, Tested};
pub use criteria::Criteria;
pub use judge::{Judgement, Measured, Occasion};
pub use profile::{Profile, ProfileError};
#[cfg(feature = "node")]
pub use shipped::{Shipped, builtin};
pub use specification::Specification;

/// The result of measured values against a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Within the limit.
    Pass,
    /// Not evaluated: no limit, an advisory limit only, or no value.
    NotEvaluated,
    /// The uncertainty straddles the limit.
    Inconclusive,
    /// Outside the limit.
    Fail,
}

/// One measured value as judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// The parameter's URI.
    pub parameter: String,
    /// As measured.
    pub value: String,
    /// Its unit (Rec 20 or UCUM).
    pub uom: Option<String>,
    /// Expanded uncertainty.
    pub uncertainty: Option<String>,
    /// Test method.
    pub method: Option<String>,
    /// Lower limit, and whether it is inclusive.
    pub min: Option<(String, bool)>,
    /// Upper limit, and whether it is inclusive.
    pub max: Option<(String, bool)>,
    /// The requirement it was judged by, such as `ID/SNI-06-2385-2006`.
    pub requirement: Option<String>,
    /// Whether the limit gates or is shown only.
    pub advisory: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// The value can't be read: no number, no word of the parameter, or in another unit.
    pub unread: bool,
    /// Under a sampling plan: units that were tested, and units that it asks for.
    pub units: Option<(u32, u32)>,
}
