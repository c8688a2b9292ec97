//! GS1-128 (GS1 General Specifications 5.4, ISO/IEC 15417): the bars of an SSCC on a carton or pallet.

use barcoders::sym::code128::Code128;

use super::drawing::Rect;
use super::qr::LabelError;
use crate::gs1::Sscc;

/// Smallest and largest printed width of a module on a logistic unit, in millimetres (GS1 General Specifications, symbol specification
/// table 4).
pub const MODULE: (f64, f64) = (0.495, 0.940);
/// Least height of the bars, in millimetres (the same table).
pub const HEIGHT: f64 = 31.75;
/// White before and after the bars, in modules.
pub const QUIET: usize = 10;

/// The modules of `(00)SSCC`: `true` is a bar. Start C, FNC1, ten pairs of digits, the check character, stop.
///
/// # Errors
/// [`LabelError::TooLong`], which no SSCC leads to.
pub fn modules(sscc: Sscc) -> Result<Vec<bool>, LabelError> {
    // the crate writes start C as Ć and FNC1 as Ź
    let code = Code128::new(format!("\u{106}\u{179}00{sscc}")).map_err(|_| LabelError::TooLong)?;
    Ok(code.encode().into_iter().map(|module| module == 1).collect())
}

/// The bars, without the white at both ends, from `x`, `y`.
pub fn bars(modules: &[bool], module: f64, (x, y): (f64, f64)) -> Vec<Rect> {
    let mut at = 0;
    let mut bars = Vec::new();
    for run in modules.chunk_by(|a, b| a == b) {
        if run[0] {
            bars.push(Rect::new(x + at as f64 * module, y, run.len() as f64 * module, HEIGHT));
        }
        at += run.len();
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The widths of bars and spaces of a symbol character, from ISO/IEC 15417 table 1.
    fn widths(modules: &[bool]) -> Vec<usize> {
        modules.chunk_by(|a, b| a == b).map(<[bool]>::len).collect()
    }

    #[test]
    fn symbol_begins_with_start_c_and_fnc1_and_ends_with_its_check_character() {
        let modules = modules("095213210000000018".parse().unwrap()).unwrap();
        // start C, FNC1, 10 pairs, check: 11 modules each; stop has 13
        assert_eq!(modules.len(), 13 * 11 + 13);
        let widths = widths(&modules);
        assert_eq!(widths[..6], [2, 1, 1, 2, 3, 2], "start C");
        assert_eq!(widths[6..12], [4, 1, 1, 1, 3, 1], "FNC1");
        assert_eq!(widths[12..18], [2, 1, 2, 2, 2, 2], "00");
        assert_eq!(widths[widths.len() - 7..], [2, 3, 3, 1, 1, 1, 2], "stop");
        // 105 + 1*102 + 2*0 + 3*09 + 4*52 + 5*13 + 6*21 + 7*00 + 8*00 + 9*00 + 10*00 + 11*18
        let check = (105 + 102 + 3 * 9 + 4 * 52 + 5 * 13 + 6 * 21 + 11 * 18) % 103;
        assert_eq!(check, 7);
        assert_eq!(widths[72..78], [1, 2, 2, 3, 1, 2], "value 7 of table 1");
        assert_eq!(bars(&modules, 0.5, (0.0, 0.0)).len(), widths.len().div_ceil(2));
    }
}
