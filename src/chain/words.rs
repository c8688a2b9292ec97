//! The words that parties, products and places are found by: a row for each, which a search reads by its beginning. No rule reads them.
//!
//! A word is folded to its look ([`skeleton::folded`]): case, accents and letters that look alike do not matter. Chinese and Japanese
//! are written without spaces, so that each place in such a run begins a word. A product and a place are listed in the same way under
//! the parties that have them. What it is not: an index of lots, which are found by number, or of texts that anyone may write about
//! goods.

use std::collections::BTreeSet;

use super::rows::{PartyRow, PlaceRow, ProductRow};
use super::state::Scan;
use super::{Overlay, State, StateError, Table};
use crate::gs1::{Gln, Gtin};
use crate::names::Names;
use crate::record::registry::Region;
use crate::text::skeleton;

/// Most words of one party, product or place: those of Indonesian, English and Chinese first.
pub const MOST_WORDS: usize = 64;
/// Most letters of a word that are kept.
const MOST_LETTERS: usize = 24;
/// Most characters of a word in a script without spaces.
const MOST_IDEOGRAPHS: usize = 8;

/// Begins what the things of a party are listed under: no word has this character.
const OF_PARTY: char = '\u{1}';

/// What is found by words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A product.
    Product(Gtin),
    /// A party, by URI.
    Party(String),
    /// A place.
    Place(Gln),
}

impl Thing {
    /// Key of a word's row: the word, zero byte, the kind of thing, its id.
    fn key(&self, word: &str) -> Vec<u8> {
        let mut key = word.as_bytes().to_vec();
        key.push(0);
        match self {
            Thing::Product(gtin) => key.extend([&[1][..], &gtin.number().to_be_bytes()].concat()),
            Thing::Party(uri) => key.extend([&[2][..], uri.as_bytes()].concat()),
            Thing::Place(gln) => key.extend([&[3][..], &gln.number().to_be_bytes()].concat()),
        }
        key
    }

    /// What a key of [`Table::Word`] leads to.
    pub fn of_key(key: &[u8]) -> Option<Thing> {
        let zero = key.iter().position(|byte| *byte == 0)?;
        let (kind, id) = key.get(zero + 1..)?.split_first()?;
        let number = || id.try_into().ok().map(u64::from_be_bytes);
        match kind {
            1 => Some(Thing::Product(format!("{:014}", number()?).parse().ok()?)),
            2 => Some(Thing::Party(std::str::from_utf8(id).ok()?.to_owned())),
            3 => Some(Thing::Place(format!("{:013}", number()?).parse().ok()?)),
            _ => None,
        }
    }
}

/// Whether a character is of a script that is written without spaces between words.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// The runs of letters and digits of a text, those of ideographs apart.
fn runs(text: &str) -> impl Iterator<Item = Vec<char>> {
    let mut runs: Vec<Vec<char>> = vec![Vec::new()];
    for c in text.chars() {
        let joins = runs.last().and_then(|run| run.last()).is_none_or(|last| is_ideograph(*last) == is_ideograph(c));
        if !joins || !c.is_alphanumeric() {
            runs.push(Vec::new());
        }
        if c.is_alphanumeric()
            && let Some(run) = runs.last_mut()
        {
            run.push(c);
        }
    }
    runs.into_iter().filter(|run| !run.is_empty())
}

/// A run as a word, folded and cut.
fn word(run: &[char]) -> Option<String> {
    let most = if run.first().copied().is_some_and(is_ideograph) { MOST_IDEOGRAPHS } else { MOST_LETTERS };
    let folded = skeleton::folded(&run.iter().take(most).collect::<String>());
    (!folded.is_empty()).then_some(folded)
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Folded, and cut like those that are listed.
    word: String,
    /// The characters of a word in a script without spaces, folded; empty in other scripts.
    run: Vec<char>,
}

impl Asked {
    /// What the rows begin with that list it, the most exact first.
    pub fn beginnings(&self) -> Vec<String> {
        let mut beginnings = vec![self.word.clone()];
        // parts that are written together here may stand apart in a name
        if self.run.len() > 2 {
            beginnings.extend(self.run.get(..2).map(|pair| pair.iter().collect()));
        }
        beginnings
    }

    /// Whether it begins one of these words. In a script without spaces its parts, of two characters or more, may begin different ones.
    pub fn is_in(&self, words: &BTreeSet<String>) -> bool {
        let begins = |part: &str| words.range(part.to_owned()..).next().is_some_and(|word| word.starts_with(part));
        // one letter begins nearly every name; one ideograph is a word
        if self.run.len() < 2 {
            return begins(&self.word);
        }
        // whether the first so many characters are parts of the name
        let mut covered = vec![false; self.run.len() + 1];
        covered[0] = true;
        for end in 2..=self.run.len() {
            covered[end] = (end.saturating_sub(MOST_IDEOGRAPHS)..end - 1)
                .any(|begin| covered[begin] && begins(&self.run[begin..end].iter().collect::<String>()));
        }
        covered[self.run.len()]
    }
}

/// The words of a query. One letter begins nearly every name, and is none; one ideograph is a word.
pub fn asked(text: &str) -> Vec<Asked> {
    let mut words: Vec<Asked> = runs(text)
        .filter_map(|run| {
            let without_spaces = run.first().copied().is_some_and(is_ideograph);
            let kept: String = run.iter().take(MOST_LETTERS).filter(|_| without_spaces).collect();
            Some(Asked { word: word(&run)?, run: skeleton::folded(&kept).chars().collect() })
        })
        .filter(|asked| asked.word.len() > 1)
        .collect();
    words.dedup();
    words
}

/// The words of texts, the first [`MOST_WORDS`] of them.
fn listed<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for run in texts.flat_map(runs) {
        let starts = if run.first().copied().is_some_and(is_ideograph) { run.len() } else { 1 };
        for start in 0..starts {
            if words.len() == MOST_WORDS {
                return words;
            }
            words.extend(run.get(start..).and_then(word));
        }
    }
    words
}

/// The texts of a name, those that are most read first.
fn in_order(name: &Names) -> impl Iterator<Item = &str> {
    let rank =
        |tag: &str| ["id", "en", "zh"].iter().position(|first| tag.split('-').next() == Some(*first)).unwrap_or(3);
    let mut texts: Vec<(usize, &str)> = name.iter().map(|(tag, text)| (rank(tag.as_str()), text)).collect();
    texts.sort_by_key(|(rank, _)| *rank);
    texts.into_iter().map(|(_, text)| text)
}

fn region_name(region: Option<&Region>) -> impl Iterator<Item = &str> {
    region.into_iter().map(|region| region.name.as_str())
}

/// The words that a party is found by: its name and the region's.
pub fn of_party(row: &PartyRow) -> BTreeSet<String> {
    listed(in_order(&row.name).chain(region_name(row.region.as_ref())))
}

/// The words that a product is found by: its name, commodity and form; and the parties that own it or may make it.
pub fn of_product(row: &ProductRow) -> BTreeSet<String> {
    let mut words = listed(in_order(&row.name).chain([row.commodity.as_str(), row.form.as_str()]));
    words.extend(row.makers.iter().chain([&row.owner]).map(|party| things_of(party)));
    words
}

/// The words that a place is found by: its name and the region's; and the party that owns it.
pub fn of_place(row: &PlaceRow) -> BTreeSet<String> {
    let mut words = listed(in_order(&row.name).chain(region_name(row.region.as_ref())));
    words.insert(things_of(&row.owner));
    words
}

fn things_of(party: &str) -> String {
    format!("{OF_PARTY}{party}")
}

/// The products that a party owns or may make, by GTIN.
pub fn products_of<'s>(state: &'s dyn State, party: &str) -> impl Iterator<Item = Result<Gtin, StateError>> + use<'s> {
    things(state, party, 1).filter_map(|thing| match thing {
        Ok(Thing::Product(gtin)) => Some(Ok(gtin)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// The places that a party owns, by GLN.
pub fn places_of<'s>(state: &'s dyn State, party: &str) -> impl Iterator<Item = Result<Gln, StateError>> + use<'s> {
    things(state, party, 3).filter_map(|thing| match thing {
        Ok(Thing::Place(gln)) => Some(Ok(gln)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

fn things<'s>(
    state: &'s dyn State,
    party: &str,
    kind: u8,
) -> impl Iterator<Item = Result<Thing, StateError>> + use<'s> {
    let prefix = [things_of(party).as_bytes(), &[0, kind]].concat();
    state.scan(Table::Word, Scan::prefix(&prefix)).filter_map(|row| match row {
        Ok((key, _)) => Thing::of_key(&key).map(Ok),
        Err(error) => Some(Err(error)),
    })
}

/// Lists a thing under its words now, and no more under those that it gave up.
pub(super) fn list(
    state: &mut Overlay<'_>,
    thing: &Thing,
    before: Option<BTreeSet<String>>,
    now: &BTreeSet<String>,
) -> Result<(), StateError> {
    let before = before.unwrap_or_default();
    for word in before.difference(now) {
        state.delete(Table::Word, &thing.key(word));
    }
    for word in now.difference(&before) {
        state.put(Table::Word, &thing.key(word), &())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<String> {
        listed(texts.iter().copied()).into_iter().collect()
    }

    #[test]
    fn words_are_listed_by_their_look() {
        assert_eq!(of(&["BUM Desa Maju-Jaya"]), of(&["bum  DESA maju jaya"]));
        assert_eq!(of(&["Café"]), of(&["CAFE"]));
        let words: Vec<String> = asked("Minyak nilam, a 2026").into_iter().map(|asked| asked.word).collect();
        assert_eq!(words, ["Minyak", "nilam", "2026"].map(skeleton::folded));
        assert!(of(&["!!! — ·"]).is_empty());
    }

    #[test]
    fn every_place_in_a_chinese_name_begins_a_word() {
        let words = of(&["广藿香油 Patchouli"]);
        for asked in ["广藿", "藿香", "香油", "油", "patchou"] {
            let set = words.iter().cloned().collect();
            assert!(super::asked(asked)[0].is_in(&set), "{asked} in {words:?}");
        }
        assert_eq!(asked("广藿香油patchouli").len(), 2, "scripts are words of their own");
        // no more than is kept
        let long = "马".repeat(60);
        assert!(words.len() < MOST_WORDS && of(&[&long]).iter().all(|word| word.chars().count() <= MOST_IDEOGRAPHS));
        assert_eq!(super::asked(&long)[0].word.chars().count(), MOST_IDEOGRAPHS);
    }

    #[test]
    fn chinese_parts_written_together_are_found_where_they_stand_apart() {
        let words: BTreeSet<String> = of(&["巴布亚野生锯缘青蟹"]).into_iter().collect();
        for found in ["野生青蟹", "巴布亚青蟹", "青蟹", "蟹", "锯缘青蟹", "青蟹巴布亚", "巴布亚野生锯缘青蟹"]
        {
            let asked = &asked(found)[0];
            assert!(asked.is_in(&words), "{found}");
            let begins = |beginning: &String| words.iter().any(|word| word.starts_with(beginning.as_str()));
            assert!(asked.beginnings().iter().any(begins), "{found} is never read");
        }
        for other in ["野生虾", "青蟹肉", "生青", "广州", "野蟹"] {
            assert!(!asked(other)[0].is_in(&words), "{other}");
        }
    }

    #[test]
    fn words_of_one_thing_are_bounded_and_its_key_leads_back() {
        let many: Vec<String> = (0..500).map(|n| format!("word{n}")).collect();
        assert_eq!(of(&many.iter().map(String::as_str).collect::<Vec<_>>()).len(), MOST_WORDS);
        for thing in [
            Thing::Product("09521321001015".parse().unwrap()),
            Thing::Party("urn:jejak:party:farm".into()),
            Thing::Place("9521321000117".parse().unwrap()),
        ] {
            assert_eq!(Thing::of_key(&thing.key("word")), Some(thing));
        }
    }
}
