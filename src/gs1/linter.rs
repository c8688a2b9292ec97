//! What the GS1 Barcode Syntax Dictionary asks of a component beyond its characters and length, by the name of the reference procedure.
//!
//! What it is not: lists of codes. Countries and currencies are checked by their form and range, package types and coupons by their form.

use super::check;

/// The characters of CSET 82 in the order of their values, for check characters.
const CSET82: &[u8] = b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// The characters that a pair of check characters is made of.
const CSET32: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Weights of the check characters, from the right.
const PRIMES: [u32; 25] =
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97];

macro_rules! linters {
    ($($(#[$doc:meta])* $name:literal => $variant:ident),+ $(,)?) => {
        /// A check of a component.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Linter {
            $($(#[$doc])* $variant,)+
            /// One that this program does not know.
            Unknown,
        }

        impl Linter {
            /// By its name in the dictionary.
            pub fn named(name: &str) -> Linter {
                match name {
                    $($name => Linter::$variant,)+
                    _ => Linter::Unknown,
                }
            }
        }
    };
}

linters! {
    /// The last digit is the check digit.
    "csum" => Csum,
    /// The last two characters are check characters.
    "csumalpha" => CsumAlpha,
    /// A GS1 Company Prefix begins it.
    "gcppos1" => Prefix1,
    /// A GS1 Company Prefix begins after the first digit.
    "gcppos2" => Prefix2,
    /// A day.
    "yymmdd" => Day,
    /// A day, or a month.
    "yymmd0" => DayOrMonth,
    /// A day with its century.
    "yyyymmdd" => LongDay,
    /// Hours and minutes.
    "hhmi" => Time,
    /// Hours.
    "hh" => Hours,
    /// Minutes.
    "mi" => Minutes,
    /// Seconds.
    "ss" => Seconds,
    /// A country by number.
    "iso3166" => Country,
    /// A country by number, or 999 for several.
    "iso3166999" => CountryOrMany,
    /// A country by two letters.
    "iso3166alpha2" => CountryLetters,
    /// A currency by number.
    "iso4217" => Currency,
    /// A sex by number.
    "iso5218" => Sex,
    /// An account.
    "iban" => Iban,
    /// Percent-encoded.
    "pcenc" => Percent,
    /// 0 or 1.
    "yesno" => YesNo,
    /// A hyphen.
    "hyphen" => Hyphen,
    /// The winding direction of a roll.
    "winding" => Winding,
    /// Zero.
    "zero" => Zero,
    /// Not zero.
    "nonzero" => NotZero,
    /// No zero before it.
    "nozeroprefix" => NoLeadingZero,
    /// The number of a piece, and of how many.
    "pieceoftotal" => Piece,
    /// The number of a child, and of how many.
    "posinseqslash" => Position,
    /// Degrees from 90 south.
    "latitude" => Latitude,
    /// Degrees from 180 west.
    "longitude" => Longitude,
    /// A kind of carrier.
    "mediatype" => Media,
    /// A letter of a European identifier.
    "importeridx" => Importer,
    /// A kind of package.
    "packagetype" => Package,
    /// A coupon of North America.
    "couponcode" => Coupon,
    /// A positive offer file of North America.
    "couponposoffer" => Offer,
    /// Not digits alone.
    "hasnondigit" => NotDigits,
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn below(text: &str, end: u64) -> bool {
    number(text).is_some_and(|n| n < end)
}

/// Whether `year`, `month` and `day` are one; day 00 is the whole month where that is allowed.
fn date(year: i16, rest: &str, month_only: bool) -> bool {
    let part = |range: std::ops::Range<usize>| rest.get(range).and_then(|t| t.parse::<i8>().ok());
    let (Some(month), Some(day)) = (part(0..2), part(2..4)) else { return false };
    if day == 0 {
        return month_only && (1..=12).contains(&month);
    }
    jiff::civil::Date::new(year, month, day).is_ok()
}

/// Of two digits for the year: the century does not matter for the length of a month, but for 1900 and 2100, which no two digits mean.
fn short_date(text: &str, month_only: bool) -> bool {
    let Some((year, rest)) = text.split_at_checked(2) else { return false };
    year.parse::<i16>().is_ok_and(|year| date(2000 + year, rest, month_only))
}

fn is_prefix(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.len() >= 4 && text.bytes().take(4).all(|b| b.is_ascii_digit()))
}

/// The check characters of a Global Model Number (General Specifications 7.9.5).
fn check_pair_holds(text: &str) -> bool {
    let Some((data, pair)) = text.len().checked_sub(2).and_then(|at| text.split_at_checked(at)) else { return false };
    let mut sum = 0;
    for (b, weight) in data.bytes().rev().zip(PRIMES) {
        let Some(value) = CSET82.iter().position(|c| *c == b).and_then(|at| u32::try_from(at).ok()) else {
            return false;
        };
        sum += value * weight;
    }
    let sum = sum % 1021;
    let character = |at: u32| CSET32.get(at as usize).copied();
    data.len() <= PRIMES.len() && pair.bytes().map(Some).eq([character(sum >> 5), character(sum & 31)])
}

/// ISO 13616: letters are numbers from 10 on, the first four characters stand last, and the whole leaves 1 when divided by 97.
fn is_iban(text: &str) -> bool {
    let Some((head, rest)) = text.split_at_checked(4) else { return false };
    let mut left = 0;
    for b in rest.bytes().chain(head.bytes()) {
        left = match b {
            b'0'..=b'9' => left * 10 + u32::from(b - b'0'),
            b'A'..=b'Z' => left * 100 + u32::from(b - b'A') + 10,
            _ => return false,
        } % 97;
    }
    text.len() > 4 && left == 1
}

impl Linter {
    /// Whether `text`, which has the characters and the length of its component, passes.
    pub fn passes(self, text: &str) -> bool {
        match self {
            Linter::Csum => check::holds(text),
            Linter::CsumAlpha => check_pair_holds(text),
            Linter::Prefix1 => is_prefix(Some(text)),
            Linter::Prefix2 => is_prefix(text.get(1..)),
            Linter::Day => short_date(text, false),
            Linter::DayOrMonth => short_date(text, true),
            Linter::LongDay => text
                .split_at_checked(4)
                .is_some_and(|(year, rest)| year.parse().is_ok_and(|year| date(year, rest, false))),
            Linter::Time => text.split_at_checked(2).is_some_and(|(h, m)| below(h, 24) && below(m, 60)),
            Linter::Hours => below(text, 24),
            Linter::Minutes | Linter::Seconds => below(text, 60),
            Linter::Country => number(text).is_some_and(|n| (4..=894).contains(&n)),
            Linter::CountryOrMany => number(text).is_some_and(|n| (4..=894).contains(&n) || n == 999),
            Linter::CountryLetters => text.bytes().all(|b| b.is_ascii_uppercase()),
            Linter::Currency | Linter::NotZero => number(text).is_some_and(|n| n > 0),
            Linter::Sex => matches!(text, "0" | "1" | "2" | "9"),
            Linter::Iban => is_iban(text),
            Linter::Percent => super::percent::decode_component(text).is_some(),
            Linter::YesNo => matches!(text, "0" | "1"),
            Linter::Hyphen => text.bytes().all(|b| b == b'-'),
            Linter::Winding => matches!(text, "0" | "1" | "9"),
            Linter::Zero => text.bytes().all(|b| b == b'0'),
            Linter::NoLeadingZero => text == "0" || !text.starts_with('0'),
            Linter::Piece => text.split_at_checked(2).is_some_and(|(piece, all)| piece > "00" && piece <= all),
            Linter::Position => text
                .split_once('/')
                .is_some_and(|(at, all)| number(at).zip(number(all)).is_some_and(|(at, all)| (1..=all).contains(&at))),
            Linter::Latitude => number(text).is_some_and(|n| n <= 1_800_000_000),
            Linter::Longitude => number(text).is_some_and(|n| n <= 3_600_000_000),
            Linter::Media => number(text).is_some_and(|n| (1..=10).contains(&n) || n >= 80),
            Linter::Importer => text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')),
            Linter::Package => text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
            Linter::Coupon | Linter::Offer => text.bytes().all(|b| b.is_ascii_digit()),
            Linter::NotDigits => !text.bytes().all(|b| b.is_ascii_digit()),
            Linter::Unknown => true,
        }
    }
}
