//! Exact amounts in a base unit: gram, millilitre or piece. Never floating point.
//!
//! What it is not: a measured value of an inspection (those are [`Decimal`]s with their own unit, see `quality`).
//! An [`Amount`] counts millionths of the base unit, so that sums and differences are integer arithmetic.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Millionths in one base unit: six decimals (`docs/rules.md`, "Quantities").
pub const MICROS: i128 = 1_000_000;
/// The largest amount a record may state: 12 digits before the point, 10^12 base units, in millionths.
pub const MAX_MICROS: i128 = 1_000_000_000_000 * MICROS;

/// What a product is measured in; every quantity of it is converted to this unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseUnit {
    /// Mass, in grams (UN/CEFACT Rec 20 `GRM`).
    Gram,
    /// Volume, in millilitres (`MLT`).
    Millilitre,
    /// Count, in pieces (`H87`).
    Piece,
}

impl BaseUnit {
    /// Its name in JSON and in the values of a rule: `gram`, `millilitre`, `piece`.
    pub const fn name(self) -> &'static str {
        match self {
            BaseUnit::Gram => "gram",
            BaseUnit::Millilitre => "millilitre",
            BaseUnit::Piece => "piece",
        }
    }

    /// By its name; `None` for any other text.
    pub fn from_name(name: &str) -> Option<BaseUnit> {
        [BaseUnit::Gram, BaseUnit::Millilitre, BaseUnit::Piece].into_iter().find(|unit| unit.name() == name)
    }

    /// An amount of this unit as people write it, exactly: a plain decimal and the sign of its unit. From a thousand on in
    /// kilograms (`kg`) or litres (`L`), else in grams (`g`) or millilitres (`ml`); pieces (`pcs`) are counted.
    pub fn written(self, amount: Amount) -> (String, &'static str) {
        let large = amount.0.abs() >= 1000 * MICROS;
        match self {
            BaseUnit::Gram if large => (decimal(amount.0, 9), "kg"),
            BaseUnit::Gram => (amount.to_string(), "g"),
            BaseUnit::Millilitre if large => (decimal(amount.0, 9), "L"),
            BaseUnit::Millilitre => (amount.to_string(), "ml"),
            BaseUnit::Piece => (amount.to_string(), "pcs"),
        }
    }
}

/// `value / 10^places` as an exact decimal text, without trailing zeros.
fn decimal(value: i128, places: u32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let scale = 10u128.pow(places);
    let (whole, part) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{part:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// A signed exact amount in millionths of a base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a plain decimal number (digits, at most one point, an optional leading minus; no exponent).
    #[error("not a plain decimal number")]
    NotDecimal,
    /// More than six decimals once converted to the base unit.
    #[error("finer than six decimals of the base unit")]
    TooFine,
    /// More than twelve digits before the point.
    #[error("more than twelve digits")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);

    /// From millionths of the base unit.
    pub const fn from_micros(micros: i128) -> Amount {
        Amount(micros)
    }

    /// In millionths of the base unit.
    pub const fn micros(self) -> i128 {
        self.0
    }

    /// From an exact decimal in the base unit.
    ///
    /// # Errors
    /// [`AmountError::TooFine`] below one millionth, [`AmountError::TooLarge`] from 10^12 on.
    pub fn from_decimal(value: Decimal) -> Result<Amount, AmountError> {
        let value = value.normalize();
        let scale = value.scale();
        if scale > 6 {
            return Err(AmountError::TooFine);
        }
        let factor = 10i128.pow(6 - scale);
        let micros = value.mantissa().checked_mul(factor).ok_or(AmountError::TooLarge)?;
        if micros.abs() >= MAX_MICROS {
            return Err(AmountError::TooLarge);
        }
        Ok(Amount(micros))
    }

    /// Sum; `None` when it leaves the range of a signed 128-bit integer.
    pub fn checked_add(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).map(Amount)
    }

    /// Difference; `None` when it leaves the range of a signed 128-bit integer.
    pub fn checked_sub(self, other: Amount) -> Option<Amount> {
        self.0.checked_sub(other.0).map(Amount)
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is above zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.0, 6))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Amount, AmountError> {
        Amount::from_decimal(exact_decimal(text)?)
    }
}

/// Reads a plain decimal without rounding: digits, at most one point with a digit on each side, an optional minus.
///
/// # Errors
/// [`AmountError::NotDecimal`] for anything else (exponents, plus signs, spaces, separators);
/// [`AmountError::TooLarge`] when it has more than 28 significant digits.
pub fn exact_decimal(text: &str) -> Result<Decimal, AmountError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(part) || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(AmountError::NotDecimal);
    }
    Decimal::from_str_exact(text).map_err(|_| AmountError::TooLarge)
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Amount, D::Error> {
        if d.is_human_readable() {
            let text = String::deserialize(d)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            i128::deserialize(d).map(Amount)
        }
    }
}
