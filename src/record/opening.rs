//! The opening of a commitment to a sum: 16 random bytes and the value, which stay off the log (`docs/formats.md`, "Privacy").
//!
//! What it is not: a proof that the sum was paid.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::Hash32;
use crate::gs1::exact_decimal;

/// Purpose in the domain tag of a sum.
const PAYMENT: &str = "payment";

/// Digits and point of the longest sum.
const LONGEST: usize = 20;

/// Opens a commitment to a sum, such as `USD 12500.00`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// 16 random bytes, in hexadecimal digits.
    random: String,
    /// The sum.
    value: String,
}

/// Why a text opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// Not a currency, a space and an amount.
    #[error("a sum is a currency (ISO 4217), a space and an amount with a point, such as USD 12500.00")]
    Sum,
    /// Not 16 bytes in hexadecimal.
    #[error("the random part is not 32 hexadecimal digits")]
    Random,
}

impl Opening {
    /// Of a sum, with random bytes that nobody else knows.
    ///
    /// # Errors
    /// [`OpeningError::Sum`].
    pub fn new(sum: &str, random: [u8; 16]) -> Result<Opening, OpeningError> {
        let opening = Opening { random: HEXLOWER.encode(&random), value: sum.to_owned() };
        opening.commitment().map(|_| opening)
    }

    /// The sum.
    pub fn sum(&self) -> &str {
        &self.value
    }

    /// What a record states: BLAKE3-256 over the domain tag, the random bytes and the sum.
    ///
    /// # Errors
    /// [`OpeningError`] when it is not written as it should be.
    pub fn commitment(&self) -> Result<Hash32, OpeningError> {
        if !is_sum(&self.value) {
            return Err(OpeningError::Sum);
        }
        let random = HEXLOWER.decode(self.random.as_bytes()).map_err(|_| OpeningError::Random)?;
        if random.len() != 16 {
            return Err(OpeningError::Random);
        }
        Ok(Hash32::tagged(PAYMENT, &[&random, self.value.as_bytes()]))
    }
}

/// Whether a text is a sum as both sides write it: else one sum would have two commitments.
fn is_sum(text: &str) -> bool {
    let Some((currency, amount)) = text.split_once(' ') else { return false };
    let currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    let digits = amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && amount.len() <= LONGEST;
    currency && digits && exact_decimal(amount).is_ok_and(|amount| !amount.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_has_one_form_and_its_commitment_depends_on_all_of_it() {
        let of = |sum: &str, random: u8| Opening::new(sum, [random; 16]).unwrap().commitment().unwrap();
        assert_eq!(of("USD 12500.00", 1), of("USD 12500.00", 1));
        for other in [of("USD 12500.00", 2), of("USD 12500.01", 1), of("EUR 12500.00", 1)] {
            assert_ne!(of("USD 12500.00", 1), other);
        }
        for wrong in
            ["", "12500", "usd 1", "USD 1,5", "USD -1", "USD 1e3", "USD 0", "USD  1", "USD 1 ", "USD 1.", "USDT 1"]
        {
            assert_eq!(Opening::new(wrong, [1; 16]), Err(OpeningError::Sum), "{wrong}");
        }
        let short: Opening = serde_json::from_str(r#"{"random":"00","value":"USD 1"}"#).unwrap();
        assert_eq!(short.commitment(), Err(OpeningError::Random));
    }
}
