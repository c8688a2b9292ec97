//! Eight words that two people read to each other before a key is registered: 88 bits over ledger, log, party and key, as words of a list of
//! 2,048 (`docs/formats.md`, "Eight words").
//!
//! A node that shows one of the two another ledger, another log or another key shows them other words. What it is not: a secret, nor a
//! way back from words to a key. The app derives the same words from the same lists (`web/static/app/eight.js`).

use std::sync::LazyLock;

use super::key::PublicKey;

/// Bits of a word: its place in a list of 2,048.
const BITS: usize = 11;

/// A language that there is a list of words in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Indonesian.
    Indonesian,
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

impl Language {
    /// By a BCP 47 tag (`zh-Hans`) or the name of a POSIX locale (`id_ID.UTF-8`); English for any other language.
    pub fn of(tag: &str) -> Language {
        let language = tag.trim().split(['-', '_', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        match language.as_str() {
            "id" | "in" => Language::Indonesian,
            "zh" => Language::Chinese,
            _ => Language::English,
        }
    }

    /// Its words, by their number.
    fn list(self) -> &'static [&'static str] {
        static LISTS: LazyLock<[Vec<&str>; 3]> = LazyLock::new(|| {
            [
                include_str!("../../web/static/app/eight/id.txt"),
                include_str!("../../web/static/app/eight/en.txt"),
                include_str!("../../web/static/app/eight/zh.txt"),
            ]
            .map(|text| text.lines().collect())
        });
        let [indonesian, english, chinese] = &*LISTS;
        match self {
            Language::Indonesian => indonesian,
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}

/// The numbers of the words, 0 to 2047: the first 88 bits of the hash, 11 a word, the most significant first.
pub fn numbers(ledger: &str, log: &str, party: &str, key: &PublicKey) -> [usize; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"jejak/1/enrolment-words\0");
    for part in [ledger, log, party] {
        // none is longer: a record, which names all three, has at most 65,535 bytes
        hasher.update(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.update(&key.0).finalize();
    let bit = |at: usize| hash.as_bytes().get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8)) & 1);
    std::array::from_fn(|word| (0..BITS).fold(0, |number, at| (number << 1) | bit(word * BITS + at)))
}

/// The eight words of `key` of `party` on the ledger with the id `ledger` and the log with the verifier key `log`.
pub fn words(ledger: &str, log: &str, party: &str, key: &PublicKey, language: Language) -> [&'static str; 8] {
    let list = language.list();
    numbers(ledger, log, party, key).map(|number| list.get(number).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LANGUAGES: [Language; 3] = [Language::Indonesian, Language::English, Language::Chinese];

    #[test]
    fn each_list_has_2048_words_in_order() {
        for language in LANGUAGES {
            let list = language.list();
            assert_eq!(list.len(), 1 << BITS, "{language:?}");
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{language:?}");
            let fits = |word: &str| match language {
                Language::Indonesian => (3..=7).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()),
                Language::English => (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()),
                Language::Chinese => {
                    word.chars().count() == 2 && word.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
                }
            };
            assert!(list.iter().all(|word| fits(word)), "{language:?}");
        }
    }

    #[test]
    fn whatever_differs_changes_the_words() {
        let key = PublicKey([7; 32]);
        let of = |ledger, log, party, key: &PublicKey| words(ledger, log, party, key, Language::Indonesian);
        let other = PublicKey([8; 32]);
        let all = [
            of("L", "G", "P", &key),
            of("M", "G", "P", &key),
            of("L", "H", "P", &key),
            of("L", "G", "Q", &key),
            of("L", "G", "P", &other),
            // the parts do not run into each other
            of("LG", "", "P", &key),
            of("", "LG", "P", &key),
            of("L", "", "GP", &key),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(of("L", "G", "P", &key), all[0]);
    }

    #[test]
    fn bits_are_taken_from_the_first_byte_on() {
        let key = PublicKey([7; 32]);
        let hash = blake3::hash(&[b"jejak/1/enrolment-words\0\0\x01L\0\x01G\0\x01P".as_slice(), &[7; 32]].concat());
        let bits: String = hash.as_bytes().iter().take(11).map(|byte| format!("{byte:08b}")).collect();
        let wanted: Vec<usize> =
            (0..8).map(|at| usize::from_str_radix(&bits[at * 11..at * 11 + 11], 2).unwrap()).collect();
        assert_eq!(numbers("L", "G", "P", &key).to_vec(), wanted);
    }

    #[test]
    fn languages_are_named_as_systems_name_them() {
        for (tag, language) in [
            ("id", Language::Indonesian),
            ("id_ID.UTF-8", Language::Indonesian),
            ("zh-Hans", Language::Chinese),
            ("en-GB", Language::English),
            ("de", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }
}
