//! Sampling plans: how many units of a lot are tested, and how many of them may be outside a limit.
//!
//! Plans by number of units (ICMSF; EC 2073/2005 Annex I), by lot size (ISO 2859-1, CXG 50), and composite samples, which are one result.
//! What it is not: the limit itself, which is m of its plan; a limit's `rejectAbove` is M.

use serde::Deserialize;

use super::Verdict;
use super::profile::{Confidence, Provenance};
use crate::gs1::{Amount, BaseUnit};
use crate::names::Names;

/// Most units of a plan: far above the largest sample of ISO 2859-1 (1,250).
pub const MOST_UNITS: u32 = 100_000;

/// A sampling plan.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Its id, such as `micro-5-2`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// How it counts.
    pub kind: PlanKind,
    /// The standard.
    pub standard: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// How it was found.
    pub provenance: Provenance,
    /// Documents that it was taken from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// A note for people.
    #[serde(default)]
    pub note: Option<String>,
}

/// How a plan counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum PlanKind {
    /// The same number of units of every lot.
    Units {
        /// Units tested.
        n: u32,
        /// Units that may be outside the limit.
        c: u32,
    },
    /// By the size of the lot.
    LotSize {
        /// What the size is counted in.
        of: SizeOf,
        /// By rising size; the last one has no `upTo`.
        steps: Vec<Step>,
    },
    /// Increments are mixed into one sample, and one result stands for the lot.
    Composite {
        /// What the size is counted in.
        of: SizeOf,
        /// By rising size; `n` is the number of increments.
        steps: Vec<Step>,
        /// Mass of the mixed sample in grams, at the least.
        #[serde(default)]
        grams: Option<u32>,
    },
}

/// What the size of a lot is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizeOf {
    /// Pieces.
    Pieces,
    /// Grams.
    Grams,
    /// Packages of loose goods, such as boxes of fruit: the ledger does not know their number.
    Packages,
}

/// A step of a plan by lot size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The largest lot it is for; any when absent.
    #[serde(default)]
    pub up_to: Option<u64>,
    /// Units or increments.
    pub n: u32,
    /// Units that may be outside the limit.
    #[serde(default)]
    pub c: u32,
}

/// The size of a lot, as far as its unit shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LotSize {
    /// Pieces.
    pub pieces: Option<u64>,
    /// Grams.
    pub grams: Option<u64>,
}

impl LotSize {
    /// Of an amount in the unit of its product; of packs, when each has a net content.
    pub fn of(unit: BaseUnit, amount: Amount, net_content: Option<Amount>) -> LotSize {
        const ONE: i128 = 1_000_000; // amounts are kept in millionths
        let whole = |micros: i128, of: i128| u64::try_from(micros.checked_div(of)?).ok();
        let packs = net_content.and_then(|net| whole(amount.micros(), net.micros()));
        let count = whole(amount.micros(), ONE);
        match unit {
            BaseUnit::Piece => LotSize { pieces: count, grams: None },
            BaseUnit::Gram => LotSize { pieces: packs, grams: count },
            BaseUnit::Millilitre => LotSize { pieces: packs, grams: None },
        }
    }
}

/// Units to test, and how many may be outside the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Units.
    pub n: u32,
    /// Of them outside the limit.
    pub c: u32,
}

impl Plan {
    /// What it asks for of a lot of this size; `None` when the size is needed and not known.
    pub fn need(&self, size: LotSize) -> Option<Need> {
        match &self.kind {
            PlanKind::Units { n, c } => Some(Need { n: *n, c: *c }),
            PlanKind::Composite { .. } => Some(Need { n: 1, c: 0 }),
            PlanKind::LotSize { of, steps } => {
                let size = match of {
                    SizeOf::Pieces => size.pieces,
                    SizeOf::Grams => size.grams,
                    SizeOf::Packages => None,
                }?;
                let step = steps.iter().find(|step| step.up_to.is_none_or(|most| size <= most))?;
                // a lot of fewer pieces than the sample is tested whole
                let whole = if *of == SizeOf::Pieces { u32::try_from(size).unwrap_or(u32::MAX) } else { u32::MAX };
                Some(Need { n: step.n.min(whole), c: step.c })
            }
        }
    }

    /// What it asks for of a lot whose size is not known: as many units may be outside the limit as in a lot of any size, and no number of
    /// units is enough. What fails by it fails whatever the size, and nothing passes.
    pub fn of_any_size(&self) -> Need {
        let steps: &[Step] = match &self.kind {
            PlanKind::LotSize { steps, .. } => steps,
            PlanKind::Units { .. } | PlanKind::Composite { .. } => &[],
        };
        Need { n: u32::MAX, c: steps.iter().map(|step| step.c).max().unwrap_or_default() }
    }

    /// Whether single units may be outside the limit. By law some things are in no unit: such a limit has no such plan.
    pub fn tolerates(&self) -> bool {
        match &self.kind {
            PlanKind::Units { c, .. } => *c > 0,
            PlanKind::LotSize { .. } => true,
            PlanKind::Composite { .. } => false,
        }
    }
}

/// A unit under a limit that a plan goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Within m.
    Within,
    /// Outside m, not outside M.
    Marginal,
    /// Outside M.
    Beyond,
    /// Its uncertainty straddles the limit, or its limit of quantification is above it.
    Unclear,
}

/// The verdict on units under a plan, each with the number of units that it stands for: every unit within M, at most c outside m, and no
/// fewer than n. Fewer pass nothing.
pub fn verdict(need: Need, units: impl Iterator<Item = (Unit, u32)>) -> Verdict {
    let (mut found, mut marginal, mut beyond, mut unclear) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (unit, count) in units {
        let count = u64::from(count);
        found = found.saturating_add(count);
        let sum = match unit {
            Unit::Within => continue,
            Unit::Marginal => &mut marginal,
            Unit::Beyond => &mut beyond,
            Unit::Unclear => &mut unclear,
        };
        *sum = sum.saturating_add(count);
    }
    if beyond > 0 || marginal > u64::from(need.c) {
        Verdict::Fail
    } else if found < u64::from(need.n) {
        Verdict::NotEvaluated
    } else if unclear > 0 {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}
