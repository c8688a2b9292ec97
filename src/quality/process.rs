//! The processes of a profile: which forms each turns into which, with its plausible yield, and what may be added on the way.
//!
//! What it is not: the balance of one transformation (`balance`), nor the chain's rules.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::profile::{PARAMETER, required_decimal};
use crate::names::Names;

/// A process: what it turns into what.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Process {
    /// Process id, such as `steam-distillation`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// The past participle, such as `Distilled with steam`, for a step of a lot's journey.
    #[serde(default)]
    pub done: Option<Names>,
    /// The forms it leads from and to. A process without one would lead nowhere.
    pub conversions: Vec<Conversion>,
    /// What may be added that is no lot, such as salt. What is not listed here is no part of the balance.
    #[serde(default)]
    pub additives: Vec<Additive>,
    /// Ids of the parameters whose failure it cures.
    #[serde(default)]
    pub cures: Vec<String>,
    /// A note for people.
    #[serde(default)]
    pub note: Option<String>,
}

/// Forms that a process takes, and forms that it makes of them. Of two that name the same forms the first counts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conversion {
    /// Forms that go in, one or several together.
    pub from: Vec<String>,
    /// Forms that come out; at least one of them does.
    pub to: Vec<String>,
    /// Forms that may come out beside: part of the sum, not of the yield.
    #[serde(default)]
    pub byproducts: Vec<String>,
    /// Least output over input.
    #[serde(deserialize_with = "required_decimal")]
    pub yield_min: Decimal,
    /// Most output over input.
    #[serde(deserialize_with = "required_decimal")]
    pub yield_max: Decimal,
    /// Where the band is from.
    #[serde(default)]
    pub note: Option<String>,
    /// Documents that it was taken from.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// A substance that a process adds and that is no lot of the ledger.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Additive {
    /// Its id, such as `salt`, by which events name it.
    pub id: String,
    /// Names.
    pub names: Names,
    /// Most of it over the input: what is beyond does not count.
    #[serde(deserialize_with = "required_decimal")]
    pub most: Decimal,
    /// To weigh what is stated by volume.
    #[serde(default)]
    pub density: Option<Density>,
    /// Where the share is from.
    #[serde(default)]
    pub note: Option<String>,
    /// Documents that it was taken from.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// Grams per millilitre: a range, because goods and temperatures vary.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Density {
    /// At the least.
    #[serde(deserialize_with = "required_decimal")]
    pub min: Decimal,
    /// At the most.
    #[serde(deserialize_with = "required_decimal")]
    pub max: Decimal,
    /// Where it is from.
    #[serde(default)]
    pub note: Option<String>,
    /// Documents that it was taken from.
    #[serde(default)]
    pub sources: Vec<String>,
}

impl Process {
    /// URIs of the parameters whose failure it cures.
    pub fn cured(&self) -> Vec<String> {
        self.cures.iter().map(|id| format!("{PARAMETER}{id}")).collect()
    }

    /// The additive of this id.
    pub fn additive(&self, id: &str) -> Option<&Additive> {
        self.additives.iter().find(|additive| additive.id == id)
    }

    /// The conversion that leads from all of the forms `from` to all of the forms `to`.
    pub fn conversion(&self, from: &[&str], to: &[&str]) -> Option<&Conversion> {
        self.conversions.iter().find(|conversion| conversion.leads(from, to))
    }
}

impl Conversion {
    fn leads(&self, from: &[&str], to: &[&str]) -> bool {
        let among = |form: &&str, list: &[String]| list.iter().any(|known| known == form);
        from.iter().all(|form| among(form, &self.from))
            && to.iter().all(|form| among(form, &self.to) || among(form, &self.byproducts))
            && to.iter().any(|form| among(form, &self.to))
    }

    /// Whether the form counts into the yield.
    pub fn is_main(&self, form: &str) -> bool {
        self.to.iter().any(|known| known == form)
    }
}
