//! Units of measure (UN/CEFACT Recommendation 20) and their exact conversion to a base unit.

use rust_decimal::Decimal;

use super::amount::{Amount, AmountError, BaseUnit};

/// A unit a quantity may be stated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `MGM`, milligram.
    Milligram,
    /// `GRM`, gram.
    Gram,
    /// `KGM`, kilogram.
    Kilogram,
    /// `TNE`, metric ton.
    Tonne,
    /// `MLT`, millilitre.
    Millilitre,
    /// `LTR`, litre.
    Litre,
    /// `MTQ`, cubic metre.
    CubicMetre,
    /// `H87`, piece; also `EA` (each), and a quantity without a unit (EPCIS 2.0: a count).
    Piece,
}

impl Unit {
    /// From a Recommendation 20 code; `None` for a unit this product does not convert.
    pub fn from_code(code: &str) -> Option<Unit> {
        Some(match code {
            "MGM" => Unit::Milligram,
            "GRM" => Unit::Gram,
            "KGM" => Unit::Kilogram,
            "TNE" => Unit::Tonne,
            "MLT" => Unit::Millilitre,
            "LTR" => Unit::Litre,
            "MTQ" => Unit::CubicMetre,
            "H87" | "EA" => Unit::Piece,
            _ => return None,
        })
    }

    /// The base unit it converts to, and the exact factor as a power of ten.
    pub const fn base(self) -> (BaseUnit, i32) {
        match self {
            Unit::Milligram => (BaseUnit::Gram, -3),
            Unit::Gram => (BaseUnit::Gram, 0),
            Unit::Kilogram => (BaseUnit::Gram, 3),
            Unit::Tonne => (BaseUnit::Gram, 6),
            Unit::Millilitre => (BaseUnit::Millilitre, 0),
            Unit::Litre => (BaseUnit::Millilitre, 3),
            Unit::CubicMetre => (BaseUnit::Millilitre, 6),
            Unit::Piece => (BaseUnit::Piece, 0),
        }
    }

    /// Converts `value` of this unit to its base unit, exactly.
    ///
    /// # Errors
    /// [`AmountError`] when the result is too fine or too large.
    pub fn to_base(self, value: Decimal) -> Result<Amount, AmountError> {
        let (_, power) = self.base();
        let mut value = value.normalize();
        let scale = i64::from(value.scale()) - i64::from(power);
        if let Ok(scale) = u32::try_from(scale) {
            value.set_scale(scale).map_err(|_| AmountError::TooFine)?;
            return Amount::from_decimal(value);
        }
        let up = u32::try_from(-scale).map_err(|_| AmountError::TooLarge)?;
        let factor = 10i128.checked_pow(up).ok_or(AmountError::TooLarge)?;
        let mantissa = value.mantissa().checked_mul(factor).ok_or(AmountError::TooLarge)?;
        let whole = Decimal::try_from_i128_with_scale(mantissa, 0).map_err(|_| AmountError::TooLarge)?;
        Amount::from_decimal(whole)
    }
}
