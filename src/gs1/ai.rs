//! The Application Identifiers of GS1 (General Specifications section 3), as the GS1 Barcode Syntax Dictionary has them
//! (`dictionary/`): length, characters, check digit, and which go together. One that is not in it is not guessed.

use std::sync::LazyLock;

use super::check;
use super::linter::Linter;

/// The dictionary, unchanged.
const DICTIONARY: &str = include_str!("dictionary/gs1-syntax-dictionary.txt");

/// Which characters a component may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Digits.
    Digits,
    /// CSET 82.
    Cset82,
    /// CSET 39.
    Cset39,
    /// The letters of base64url.
    Base64,
}

impl Set {
    fn holds(self, b: u8) -> bool {
        match self {
            Set::Digits => b.is_ascii_digit(),
            Set::Cset82 => super::keys::in_cset82(b),
            Set::Cset39 => b.is_ascii_digit() || b.is_ascii_uppercase() || matches!(b, b'#' | b'-' | b'/'),
            Set::Base64 => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='),
        }
    }
}

/// A component of an AI's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its characters.
    pub set: Set,
    /// Fewest characters.
    pub least: usize,
    /// Most characters.
    pub most: usize,
    /// Whether the value may end before it.
    pub optional: bool,
    linters: Vec<Linter>,
}

/// Digits of an AI, where `n` stands for any.
type Pattern = &'static str;

/// An Application Identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ai {
    /// Its digits.
    pub code: String,
    /// Data title.
    pub title: &'static str,
    /// The components of its value, in their order.
    pub components: Vec<Component>,
    /// Whether FNC1 must end it when something follows (General Specifications figure 7.8.5-2: it is not of predefined length).
    pub fnc1: bool,
    /// Whether it may stand in the query of a Digital Link.
    pub attribute: bool,
    /// Of each of these, one group must be there, whole.
    requires: Vec<Vec<Vec<Pattern>>>,
    /// None of these may be there too.
    excludes: Vec<Pattern>,
    /// As key of a Digital Link: the orders that its qualifiers may stand in. Empty when it is no key.
    pub orders: Vec<Vec<&'static str>>,
}

static TABLE: LazyLock<Vec<Ai>> = LazyLock::new(|| {
    let mut table: Vec<Ai> = DICTIONARY.lines().filter_map(line).flatten().collect();
    table.sort_by(|a, b| a.code.cmp(&b.code));
    table
});

/// Every identifier, by its digits.
pub fn table() -> &'static [Ai] {
    &TABLE
}

/// The AI of these digits.
pub fn find(code: &str) -> Option<&'static Ai> {
    TABLE.binary_search_by(|known| known.code.as_str().cmp(code)).ok().and_then(|at| TABLE.get(at))
}

/// The AI that `text` begins with.
pub fn prefix_of(text: &str) -> Option<&'static Ai> {
    (2..=4).filter_map(|n| text.get(..n)).find_map(find)
}

/// The length, AI included, of an element whose AI begins with these two digits, when it is predefined (General Specifications
/// figure 7.8.5-2). It holds for identifiers that are not assigned yet too.
pub fn predefined(text: &str) -> Option<usize> {
    Some(match text.get(..2)? {
        "00" => 20,
        "01" | "02" | "03" | "41" => 16,
        "04" => 18,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => 8,
        "20" => 4,
        "31" | "32" | "33" | "34" | "35" | "36" => 10,
        _ => return None,
    })
}

/// Reads a line of the dictionary; none for a remark.
fn line(text: &'static str) -> Option<Vec<Ai>> {
    let (entry, title) = text.split_once('#').unwrap_or((text, ""));
    let mut words = entry.split_whitespace().peekable();
    let codes = words.next()?;
    let flags = words.next_if(|word| !word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
    let flags = flags.unwrap_or_default();
    let (mut components, mut requires, mut excludes, mut orders) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("req", groups) => requires.push(groups.split(',').map(|group| group.split('+').collect()).collect()),
            ("ex", patterns) => excludes.extend(patterns.split(',')),
            ("dlpkey", "") => orders.push(Vec::new()),
            ("dlpkey", all) => orders.extend(all.split('|').map(|order| order.split(',').collect())),
            _ => components.push(component(word)?),
        }
    }
    let ai = |code: String| Ai {
        title: title.trim(),
        components: components.clone(),
        fnc1: !flags.contains('*'),
        // those for use within a company have no flag, and the syntax engine takes them
        attribute: flags.contains('?') || code.starts_with('9'),
        requires: requires.clone(),
        excludes: excludes.clone(),
        orders: orders.clone(),
        code,
    };
    let Some((first, last)) = codes.split_once('-') else { return Some(vec![ai(codes.to_owned())]) };
    let (from, to): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    Some((from..=to).map(|code| ai(format!("{code:0width$}", width = first.len()))).collect())
}

/// Reads a component such as `N6,yymmdd`, `X..20` or `[N..12]`.
fn component(word: &str) -> Option<Component> {
    let mut parts = word.split(',');
    let format = parts.next()?;
    let inner = format.strip_prefix('[').and_then(|format| format.strip_suffix(']'));
    let (set, length) = inner.unwrap_or(format).split_at_checked(1)?;
    let set = match set {
        "N" => Set::Digits,
        "X" => Set::Cset82,
        "Y" => Set::Cset39,
        "Z" => Set::Base64,
        _ => return None,
    };
    let (least, most) = match length.strip_prefix("..") {
        Some(most) => (1, most.parse().ok()?),
        None => (length.parse().ok()?, length.parse().ok()?),
    };
    Some(Component { set, least, most, optional: inner.is_some(), linters: parts.map(Linter::named).collect() })
}

/// Whether `code` is one that the pattern stands for.
fn fits(pattern: &str, code: &str) -> bool {
    pattern.len() == code.len() && pattern.bytes().zip(code.bytes()).all(|(p, c)| p == b'n' || p == c)
}

impl Ai {
    /// The whole length, when the AI has one.
    pub fn fixed(&self) -> Option<usize> {
        let fixed = |part: &Component| (part.least == part.most && !part.optional).then_some(part.most);
        self.components.iter().map(fixed).sum()
    }

    /// The most characters that a value may have.
    pub fn most(&self) -> usize {
        self.components.iter().map(|part| part.most).sum()
    }

    /// The check digit that belongs into `value`, when nothing else is wrong with it.
    pub fn right_check_digit(&self, value: &str) -> Option<u8> {
        let mut end = 0;
        for part in &self.components {
            end += part.most;
            if part.linters.contains(&Linter::Csum) {
                let digits = value.get(end - part.most..end - 1)?;
                let right = check::digit(digits)?;
                let mended = format!("{}{right}{}", value.get(..end - 1)?, value.get(end..)?);
                return (mended != value && self.accepts(&mended)).then_some(right);
            }
        }
        None
    }

    /// Whether `value` is one of this AI.
    pub fn accepts(&self, value: &str) -> bool {
        let mut rest = value;
        for part in &self.components {
            if part.optional && rest.is_empty() {
                break;
            }
            let Some((head, tail)) = rest.split_at_checked(part.most.min(rest.len())) else { return false };
            rest = tail;
            let good = head.len() >= part.least
                && head.bytes().all(|b| part.set.holds(b))
                && part.linters.iter().all(|linter| linter.passes(head));
            if !good {
                return false;
            }
        }
        rest.is_empty()
    }

    /// Whether all identifiers that this one needs are among `codes`, and none that it can't stand beside.
    pub fn goes_with<'c>(&self, codes: impl Iterator<Item = &'c str> + Clone) -> bool {
        let has = |pattern: &&str| codes.clone().any(|code| fits(pattern, code));
        let excluded = |pattern: &&str| codes.clone().any(|code| code != self.code && fits(pattern, code));
        self.requires.iter().all(|groups| groups.iter().any(|group| group.iter().all(has)))
            && !self.excludes.iter().any(excluded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_dictionary_is_read() {
        let entries = DICTIONARY.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        for entry in entries {
            let read = line(entry).unwrap_or_else(|| panic!("{entry}"));
            assert!(read.iter().all(|ai| !ai.components.is_empty()), "{entry}");
            let unknown = |part: &Component| part.linters.contains(&Linter::Unknown);
            assert!(!read.iter().any(|ai| ai.components.iter().any(unknown)), "{entry}");
        }
        assert!(TABLE.len() > 500, "{}", TABLE.len());
        for pair in TABLE.windows(2) {
            assert!(!pair[1].code.starts_with(&pair[0].code), "{} begins {}", pair[0].code, pair[1].code);
        }
        assert!(TABLE.iter().all(|ai| prefix_of(&ai.code).is_some_and(|found| found.code == ai.code)));
    }

    #[test]
    fn identifiers_of_predefined_length_are_those_of_the_figure() {
        for ai in table() {
            let predefined = predefined(&ai.code).map(|length| length - ai.code.len());
            assert_eq!(predefined, ai.fixed().filter(|_| !ai.fnc1), "({})", ai.code);
        }
    }

    #[test]
    fn values_are_checked_by_character_length_and_check_digit() {
        for (code, good, bad) in [
            ("00", "095213210000000018", "095213210000000019"),
            ("01", "09521321001015", "9521321001015"),
            ("3202", "001100", "01100"),
            ("410", "9521321000117", "9521321000118"),
            ("421", "360ABC", "36"),
            ("423", "360156", "36015"),
            ("4333", "000250-", "000250+"),
            ("7003", "2611300930", "2611302460"),
            ("7007", "261101261130", "2611012611"),
            ("8007", "DE89370400440532013000", "DE89370400440532013001"),
            ("8008", "26113009", "26113024"),
            ("8013", "1987654Ad4X4bL5ttr2310c2K", "1987654Ad4X4bL5ttr2310cXK"),
        ] {
            let ai = find(code).unwrap();
            assert!(ai.accepts(good), "({code}){good}");
            assert!(!ai.accepts(bad), "({code}){bad}");
            assert!(!ai.accepts("é") && !ai.accepts(&format!("{good}é")), "({code})");
        }
    }
}
