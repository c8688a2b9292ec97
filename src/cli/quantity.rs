//! Quantities and measured values from options: read as people write them, echoed in full before signing.
//!
//! What is read here is replaced by its exact form (`LOT=1040KGM`), so that everything after it has one way to read it. What it is
//! not: the reading of a number (`numbers`) or of a unit (`units`).

use clap::Args;

use super::ask;
use super::failure::Failure;
use super::numbers::{self, Locale, Reading};
use super::output;
use super::units;
use crate::gs1::{Amount, BaseUnit, Unit, exact_decimal};

/// How numbers are read and shown.
#[derive(Debug, Clone, Default, Args)]
pub struct NumberOptions {
    /// How you write numbers: id (1.040,5), en or zh (1,040.5), or a locale such as id_ID.UTF-8 or en-GB [default: asked about where it
    /// matters]
    #[arg(long, value_name = "LOCALE", env = "JEJAK_LOCALE")]
    pub locale: Option<Locale>,
}

/// An amount of goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Exact decimal, in the unit of `code`.
    pub digits: String,
    /// Unit, a code of UN/CEFACT Recommendation 20.
    pub code: &'static str,
    /// In full, as people read it: `1,04 kg = 1 040 g`.
    pub shown: String,
}

/// The locale of the environment, by the variables of POSIX (XBD 8.2). It decides how numbers are shown, never what one means: many
/// machines in Indonesia are set to English.
fn environment() -> Locale {
    let names = ["LC_ALL", "LC_NUMERIC", "LANG"];
    let set = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    set.and_then(|value| value.parse().ok()).unwrap_or(Locale::Point)
}

impl NumberOptions {
    fn shown_in(&self) -> Locale {
        self.locale.unwrap_or_else(environment)
    }

    /// Reads the number `text` of an option; `about` is what was given, for messages.
    ///
    /// # Errors
    /// [`Failure`] for what is no number, or has two meanings and nobody to ask.
    pub fn number(&self, about: &str, text: &str) -> Result<String, Failure> {
        let reading = numbers::read(text)
            .map_err(|error| Failure::usage(format!("{text} is not a number, in {about}")).hint(error.to_string()))?;
        match (&reading, self.locale) {
            (Reading::One(number), _) => Ok(number.clone()),
            (Reading::Two { .. }, Some(locale)) => Ok(reading.in_locale(locale).to_owned()),
            (Reading::Two { separator, decimal, grouped }, None) => {
                which(about, text, *separator, [decimal.as_str(), grouped.as_str()])
            }
        }
    }

    /// Reads an amount with its unit: `1.040,5 kg`.
    ///
    /// # Errors
    /// [`Failure`] with what to write.
    pub fn quantity(&self, about: &str, text: &str) -> Result<Quantity, Failure> {
        let (number, unit) = split(text);
        let wrong = || {
            Failure::usage(format!("{text} is not an amount with a unit, in {about}"))
                .hint("write the number and its unit, such as 1.5 kg, 244 pcs or 20 L")
        };
        if number.is_empty() || unit.is_empty() {
            return Err(wrong());
        }
        let unit = units::of_amount(unit)?;
        let given = self.number(about, number)?;
        let unfit = |why: String| Failure::usage(format!("{text} can't be counted exactly, in {about}")).because(why);
        let value = exact_decimal(&given).map_err(|e| unfit(e.to_string()))?;
        let stated = unit.converted(value).ok_or_else(|| unfit("more than 28 digits".to_owned()))?;
        let known = Unit::from_code(unit.code).ok_or_else(wrong)?;
        let base = known.to_base(stated).map_err(|e| {
            unfit(e.to_string()).hint(format!("write it in {} with fewer digits", units::sign(unit.code)))
        })?;
        let digits = if unit.is_converted() { stated.to_string() } else { given.clone() };
        Ok(Quantity { shown: self.shown(&given, &digits, unit, known.base().0, base), digits, code: unit.code })
    }

    /// Reads an amount in `unit`, which need not be written: `50` or `50 ml`. It is echoed.
    ///
    /// # Errors
    /// [`Failure`] with what to write, also for a unit of another kind.
    pub fn content(&self, about: &str, text: &str, unit: BaseUnit) -> Result<Amount, Failure> {
        let named = match split(text) {
            (number, "") => format!("{number} {}", base_sign(unit)),
            _ => text.to_owned(),
        };
        let quantity = self.quantity(about, &named)?;
        let stated = Unit::from_code(quantity.code).map(|code| (code.base().0, code));
        let amount = match stated {
            Some((base, code)) if base == unit => {
                exact_decimal(&quantity.digits).ok().and_then(|value| code.to_base(value).ok())
            }
            _ => None,
        };
        output::note(format!("{about}: {}", quantity.shown));
        amount.ok_or_else(|| {
            Failure::usage(format!("{about} {text} is not in the product's unit, {}", unit.name()))
                .hint(format!("write it in {}", base_sign(unit)))
        })
    }

    /// `2 kuintal = 200 kg = 200 000 g`.
    fn shown(&self, given: &str, digits: &str, unit: units::Unit, base_unit: BaseUnit, base: Amount) -> String {
        let locale = self.shown_in();
        let mut parts = vec![format!("{} {}", locale.shown(given), unit.sign)];
        let sign = base_sign(base_unit);
        for part in [
            format!("{} {}", locale.shown(digits), units::sign(unit.code)),
            format!("{} {sign}", locale.shown(&base.to_string())),
        ] {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join(" = ")
    }

    /// Reads `NAME=AMOUNT`: replaced by `NAME=` with exact digits and code, and echoed. A text without an amount stays as it is: a lot
    /// number may have an equals sign.
    ///
    /// # Errors
    /// [`Failure`] with what to write.
    pub fn portion(&self, text: &mut String) -> Result<(), Failure> {
        let Some((name, amount)) = text.rsplit_once('=') else { return Ok(()) };
        let starts_a_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '\u{2212}' | ' ');
        if !amount.starts_with(starts_a_number) {
            return Ok(());
        }
        let quantity = self.quantity(text, amount)?;
        output::note(format!("{name}: {}", quantity.shown));
        *text = format!("{name}={}{}", quantity.digits, quantity.code);
        Ok(())
    }

    /// Reads a result, `PARAMETER=VALUE[,UNIT[,UNCERTAINTY[,METHOD]]]`, with commas or semicolons between its parts: replaced by its
    /// exact form, and echoed.
    ///
    /// # Errors
    /// [`Failure`] with what to write.
    pub fn result(&self, text: &mut String) -> Result<(), Failure> {
        let Some((parameter, rest)) = text.split_once('=') else { return Ok(()) };
        let parts = parts(rest).ok_or_else(|| {
            Failure::usage(format!("the parts of {text} are not clear from its decimal commas"))
                .hint(format!("write semicolons between them, such as {parameter}=3,1;GK;0,2;ISO 660"))
        })?;
        let [value, unit, uncertainty, method] = parts;
        let (value, units) = counted(value);
        let (below, digits) = value.strip_prefix('<').map_or(("", value), |digits| ("<", digits.trim_start()));
        // a word, which the profile knows or not
        let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '\u{2212}'));
        let value = if is_number { format!("{below}{}", self.number(text, digits)?) } else { value.to_owned() };
        let uncertainty = uncertainty.trim_start_matches(['\u{b1}', ' ']);
        let uncertainty = if uncertainty.is_empty() { String::new() } else { self.number(text, uncertainty)? };
        units::clear_by_case(unit)?;
        let code = units::of_measure(unit);
        let locale = self.shown_in();
        let mut shown = match is_number {
            true => format!("{below}{}", locale.shown(value.trim_start_matches('<'))),
            false => value.clone(),
        };
        if !unit.is_empty() {
            shown.push_str(&format!(" {unit}"));
        }
        if !uncertainty.is_empty() {
            shown.push_str(&format!(" \u{b1} {}", locale.shown(&uncertainty)));
        }
        if let Some(count) = units.strip_prefix('*') {
            shown.push_str(&format!(" ({count} units)"));
        }
        output::note(format!("{parameter}: {shown}"));
        let exact = [&format!("{value}{units}"), code, &uncertainty, method].join(",");
        *text = format!("{parameter}={}", exact.trim_end_matches(','));
        Ok(())
    }
}

const fn base_sign(unit: BaseUnit) -> &'static str {
    match unit {
        BaseUnit::Gram => "g",
        BaseUnit::Millilitre => "ml",
        BaseUnit::Piece => "pcs",
    }
}

/// The number at the beginning of `text`, and what follows it.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let begin = text.len() - text.trim_start_matches(['-', '\u{2212}', '<']).len();
    let end = text[begin..].find(|c: char| !numbers::is_of_number(c)).map_or(text.len(), |at| begin + at);
    (text[..end].trim_end(), text[end..].trim())
}

/// Value (with `*` and its units of the lot), unit, uncertainty and method of a result; `None` if a decimal comma is not clear from the
/// commas between them.
fn parts(rest: &str) -> Option<[&str; 4]> {
    if rest.contains(';') {
        let mut parts = rest.splitn(4, ';').map(str::trim);
        return Some(std::array::from_fn(|_| parts.next().unwrap_or_default()));
    }
    let (number, after) = split(rest);
    let is_word = !number.contains(|c: char| c.is_ascii_digit());
    let (value, after) = if is_word {
        rest.split_once(',').unwrap_or((rest, ""))
    } else if let Some(times) = after.strip_prefix('*') {
        let count = times.len() - times.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').len();
        let (value, after) = rest.split_at(rest.len() - after.len() + 1 + count);
        (value, after.strip_prefix(',').unwrap_or(after))
    } else if let Some((value, _)) = number.split_once(",,") {
        // a value without a unit
        (value, rest.get(value.len() + 1..).unwrap_or_default())
    } else {
        (number.trim_end_matches([',', ' ']), after)
    };
    let (unit, after) = after.split_once(',').unwrap_or((after, ""));
    let (number, method) = split(after);
    let (uncertainty, method) = match number.strip_prefix(',') {
        // no uncertainty
        Some(_) => ("", after.trim_start().trim_start_matches(',')),
        // digits that a word follows at once may be the beginning of the method
        None if !number.is_empty() && !method.is_empty() && !number.trim_end().ends_with(',') => return None,
        None => (number.trim_end_matches([',', ' ']), method),
    };
    let is_clear = |text: &str| text.is_empty() || numbers::read(text.trim_start_matches('<')).is_ok();
    let clear = (is_word || is_clear(counted(value).0)) && is_clear(uncertainty);
    clear.then_some([value.trim(), unit.trim(), uncertainty, method])
}

/// A value, and the `*` with the number of units of the lot for which it stands.
fn counted(value: &str) -> (&str, &str) {
    let at = value.rfind('*').unwrap_or(value.len());
    (value[..at].trim_end(), &value[at..])
}

/// Asks which of two numbers is meant; without a terminal that is an error.
fn which(about: &str, text: &str, separator: char, [decimal, grouped]: [&str; 2]) -> Result<String, Failure> {
    let question = format!("{text} can be {decimal} or {grouped}, in {about}");
    let failure = Failure::usage(&question)
        .because(format!("\"{separator}\" is the decimal sign in one language and stands between thousands in another"))
        .hint("give --locale id (1.040,5), --locale en or zh (1,040.5), or write it so that it has one meaning");
    let chosen = ask::one_of_two(&question, [decimal, grouped], failure)?;
    Ok(if chosen == 0 { decimal } else { grouped }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(locale: Option<Locale>) -> NumberOptions {
        NumberOptions { locale }
    }

    fn portion(locale: Option<Locale>, text: &str) -> Result<String, Failure> {
        let mut text = text.to_owned();
        numbers(locale).portion(&mut text).map(|()| text)
    }

    fn result(locale: Option<Locale>, text: &str) -> Result<String, Failure> {
        let mut text = text.to_owned();
        numbers(locale).result(&mut text).map(|()| text)
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, exact) in [
            ("L=1,5kg", "L=1.5KGM"),
            ("L=.5KGM", "L=0.5KGM"),
            ("L=1 040 kg", "L=1040KGM"),
            ("L=2 kuintal", "L=200KGM"),
            ("L=10 lb", "L=4.5359237KGM"),
            ("L=1.040,5KGM", "L=1040.5KGM"),
            ("L=244 ekor", "L=244H87"),
            ("L=24.60KGM", "L=24.60KGM"),
            ("A=B", "A=B"),
            ("(10)A=B=3 L", "(10)A=B=3LTR"),
            ("A", "A"),
        ] {
            assert_eq!(portion(None, text).unwrap(), exact, "{text}");
        }
        for text in
            ["L=12", "L=1 ons", "L=1 Mg", "L=500ML", "L=1,50,0kg", "L=0,0000000001 kg", "L=5 kgg m", "L=-", "L=1.5.2kg"]
        {
            assert!(portion(None, text).is_err(), "{text}");
        }
    }

    #[test]
    fn amount_with_two_meanings_needs_a_locale() {
        let failure = portion(None, "L=1.040KGM").unwrap_err();
        assert!(
            failure.message.contains("1.040 or 1040") && failure.hint.unwrap().contains("--locale"),
            "{}",
            failure.message
        );
        assert_eq!(portion(Some(Locale::Comma), "L=1.040KGM").unwrap(), "L=1040KGM");
        assert_eq!(portion(Some(Locale::Point), "L=1.040KGM").unwrap(), "L=1.040KGM");
        assert_eq!(portion(Some(Locale::Comma), "L=1,040KGM").unwrap(), "L=1.040KGM");
    }

    #[test]
    fn amounts_are_shown_in_full() {
        let shown = |locale, text| numbers(Some(locale)).quantity("--lot", text).unwrap().shown;
        assert_eq!(shown(Locale::Comma, "1,04 kg"), "1,04 kg = 1 040 g");
        assert_eq!(shown(Locale::Point, "2 kuintal"), "2 kuintal = 200 kg = 200 000 g");
        assert_eq!(shown(Locale::Point, "500 g"), "500 g");
        assert_eq!(shown(Locale::Point, "3 lusin"), "3 lusin = 36 pcs");
    }

    #[test]
    fn decimal_comma_of_a_result_is_not_its_unit() {
        for (text, exact) in [
            ("p=1,5", "p=1.5"),
            ("p=3,1,GK,0,2", "p=3.1,GK,0.2"),
            ("p=3.1,GK,0.2,ISO 660", "p=3.1,GK,0.2,ISO 660"),
            ("p=3,1;GK;0,2;ISO 660, part 1", "p=3.1,GK,0.2,ISO 660, part 1"),
            ("p=98%", "p=98,P1"),
            ("p=98 %,0,5", "p=98,P1,0.5"),
            ("p=120 CFU/g", "p=120,[CFU]/g"),
            ("p=<0,05 mg/kg", "p=<0.05,NA"),
            ("p=< 10,[CFU]/g", "p=<10,[CFU]/g"),
            ("p=-18,5 °C", "p=-18.5,CEL"),
            ("p=negatif", "p=negatif"),
            ("p=not detected", "p=not detected"),
            ("p=98,,1", "p=98,,1"),
            ("p=3.1,GK,,ISO 660", "p=3.1,GK,,ISO 660"),
            ("p=0.952;23;0.001", "p=0.952,23,0.001"),
            ("p=no,,,visual", "p=no,,,visual"),
            ("p=12", "p=12"),
            ("p=absent*5", "p=absent*5"),
            ("p=Tidak Terdeteksi*5,,,ISO 11290-1", "p=Tidak Terdeteksi*5,,,ISO 11290-1"),
            ("p=0,1*3,NA,0,01,ICP-MS, EN", "p=0.1*3,NA,0.01,ICP-MS, EN"),
            ("p=0,1*3;mg/kg", "p=0.1*3,NA"),
            ("p=<10*5 CFU/g", "p=<10*5,[CFU]/g"),
        ] {
            assert_eq!(result(None, text).unwrap(), exact, "{text}");
        }
        for text in
            ["p=3.1,GK,0,2,3657", "p=1,2,3", "p=1.507", "p=1200,[CFU]/g,100,3M Petrifilm", "p=98,P1,1,5-day method"]
        {
            assert!(result(None, text).is_err(), "{text}");
        }
        assert_eq!(result(Some(Locale::Point), "p=1.507").unwrap(), "p=1.507");
    }
}
