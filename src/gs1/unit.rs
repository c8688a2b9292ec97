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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gs1::exact_decimal;

    fn base(text: &str, code: &str) -> Result<String, AmountError> {
        Unit::from_code(code).unwrap().to_base(exact_decimal(text).unwrap()).map(|a| a.to_string())
    }

    #[test]
    fn conversions_are_exact() {
        assert_eq!(base("24.6", "KGM"), Ok("24600".into()));
        assert_eq!(base("0.000001", "KGM"), Ok("0.001".into()));
        assert_eq!(base("0.0000000001", "KGM"), Err(AmountError::TooFine));
        assert_eq!(base("1.5", "MGM"), Ok("0.0015".into()));
        assert_eq!(base("3", "TNE"), Ok("3000000".into()));
        assert_eq!(base("0.000000000001", "TNE"), Ok("0.000001".into()));
        assert_eq!(base("50", "MLT"), Ok("50".into()));
        assert_eq!(base("2.25", "LTR"), Ok("2250".into()));
        assert_eq!(base("7", "EA"), Ok("7".into()));
        assert_eq!(base("-1.5", "KGM"), Ok("-1500".into()));
        assert_eq!(base("999999999999", "GRM"), Ok("999999999999".into()));
        assert_eq!(base("1000000000000", "GRM"), Err(AmountError::TooLarge));
        assert_eq!(base("9999999999999999999999", "TNE"), Err(AmountError::TooLarge));
        assert_eq!(Unit::from_code("kgm"), None);
    }

    #[test]
    fn amounts_are_written_with_their_unit() {
        let written = |text: &str, unit: BaseUnit| {
            let (text, sign) = unit.written(text.parse().unwrap());
            format!("{text} {sign}")
        };
        assert_eq!(written("500", BaseUnit::Gram), "500 g");
        assert_eq!(written("999.999999", BaseUnit::Gram), "999.999999 g");
        assert_eq!(written("1000.000001", BaseUnit::Gram), "1.000000001 kg");
        assert_eq!(written("-24400", BaseUnit::Gram), "-24.4 kg");
        assert_eq!(written("50", BaseUnit::Millilitre), "50 ml");
        assert_eq!(written("2250", BaseUnit::Millilitre), "2.25 L");
        assert_eq!(written("1200", BaseUnit::Piece), "1200 pcs");
        for unit in [BaseUnit::Gram, BaseUnit::Millilitre, BaseUnit::Piece] {
            assert_eq!(serde_json::to_value(unit).unwrap(), unit.name());
            assert_eq!(BaseUnit::from_name(unit.name()), Some(unit));
        }
        assert_eq!(BaseUnit::from_name("GRM"), None);
    }

    proptest! {
        #[test]
        fn kilograms_are_a_thousand_grams(whole in 0u64..1_000_000, part in 0u32..1_000_000) {
            let text = format!("{whole}.{part:06}");
            let kilos = Unit::Kilogram.to_base(exact_decimal(&text).unwrap()).unwrap();
            let grams = Unit::Gram.to_base(exact_decimal(&text).unwrap()).unwrap();
            prop_assert_eq!(kilos.micros(), grams.micros() * 1000);
            prop_assert_eq!(grams.to_string().parse::<Amount>().unwrap(), grams);
        }
    }
}
