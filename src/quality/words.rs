//! The words of a profile for values that are no numbers: each canonical word with the words that people write for it, in their
//! languages. A list of words is data of the profile, and a parameter names its list.
//!
//! What it is not: a limit, which names canonical words only.

use serde::Deserialize;

use super::profile::{Parameter, Profile};
use crate::names::Names;

/// A canonical word, with what is understood as it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// The word that is signed, such as `absent`.
    pub id: String,
    /// The word in each language.
    pub names: Names,
    /// Other words for it, in any language.
    #[serde(default)]
    pub also: Vec<String>,
}

impl Word {
    /// Everything that is understood as it.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        let named = self.names.iter().map(|(_, text)| text);
        std::iter::once(self.id.as_str()).chain(named).chain(self.also.iter().map(String::as_str))
    }
}

/// Case, and what stands between words, make no other word.
pub(super) fn folded(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

impl Profile {
    /// The words of a parameter; none for one that has no list.
    pub fn words_of(&self, parameter: &Parameter) -> &[Word] {
        let list = parameter.words.as_ref().and_then(|id| self.word_lists.get(id));
        list.map_or(&[], Vec::as_slice)
    }

    /// The word that `text` is understood as for a parameter.
    pub fn word(&self, parameter: &Parameter, text: &str) -> Option<&Word> {
        let words = self.words_of(parameter);
        if words.is_empty() {
            return None;
        }
        let wanted = folded(text);
        words.iter().find(|word| word.spellings().any(|known| folded(known) == wanted))
    }

    /// The word that `text` is understood as for the parameter of this id.
    pub fn named_word(&self, parameter: &str, text: &str) -> Option<&Word> {
        self.word(self.parameter(parameter)?, text)
    }
}
