//! Texts that others wrote, kept apart from the sentences around them: a name in Arabic or Hebrew must not reorder the words and numbers
//! beside it (UAX 9, sections 2.4 and 6.3).
//!
//! A text of a record, a profile or an address enters a page through [`isolated`] or [`Lang::name`], which put it between FIRST STRONG
//! ISOLATE and POP DIRECTIONAL ISOLATE, so it stays marked within any sentence. When the page is written, the two characters become
//! `<bdi>` and `</bdi>` ([`Html`], `askama.toml`). Where no element may stand, in attributes and in `<title>`, they stay as they are: there
//! a template writes `|escape("attribute")`. What it is not: a check of texts, which is `text`.

use std::fmt::{self, Write};

use askama::filters::Escaper;

use crate::names::Names;
use crate::server::i18n::Lang;

/// FIRST STRONG ISOLATE.
const OPEN: char = '\u{2068}';
/// POP DIRECTIONAL ISOLATE.
const CLOSE: char = '\u{2069}';

/// The characters that set a direction.
pub(super) const fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that a participant or a reader wrote. Its own directional characters are dropped: it could end the isolation.
pub(super) fn isolated(text: &str) -> String {
    let text = text.replace(is_direction, "");
    if text.is_empty() { text } else { format!("{OPEN}{text}{CLOSE}") }
}

/// What people read of a text of the page: to compare it, or to show it elsewhere than on a page.
pub(crate) fn plain(text: &str) -> String {
    text.replace([OPEN, CLOSE], "")
}

impl Lang {
    /// The text of `names` in this language, else in English: [`isolated`].
    pub(super) fn name(self, names: &Names) -> String {
        isolated(names.best(self.tag()).1)
    }
}

/// Escapes for HTML, and writes isolated texts as `<bdi>` elements, each of which is closed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut open = 0usize;
        let mut rest = string;
        while let Some(at) = rest.find([OPEN, CLOSE]) {
            let (text, mark) = rest.split_at(at);
            askama::filters::Html.write_escaped_str(&mut dest, text)?;
            let mut after = mark.chars();
            match after.next() {
                Some(OPEN) => {
                    open += 1;
                    dest.write_str("<bdi>")?;
                }
                _ if open > 0 => {
                    open -= 1;
                    dest.write_str("</bdi>")?;
                }
                _ => {}
            }
            rest = after.as_str();
        }
        askama::filters::Html.write_escaped_str(&mut dest, rest)?;
        (0..open).try_for_each(|_| dest.write_str("</bdi>"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::LanguageTag;

    fn written(text: &str) -> String {
        let mut out = String::new();
        Html.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn isolated_text_is_one_closed_element_whatever_it_holds() {
        assert_eq!(written(&isolated("شركة <b>")), "<bdi>شركة &#60;b&#62;</bdi>");
        assert_eq!(written(&format!("a {} b", isolated("\u{2069}\u{202e}x\u{2068}"))), "a <bdi>x</bdi> b");
        assert_eq!(written("\u{2069}a\u{2068}b\u{2068}c\u{2069}"), "a<bdi>b<bdi>c</bdi></bdi>");
        assert_eq!(plain(&format!("a {}", isolated("b"))), "a b");
        assert_eq!(isolated(""), "");
    }

    #[test]
    fn a_name_falls_back_to_english() {
        let names = Names::english("Patchouli oil").with(LanguageTag::INDONESIAN, "Minyak nilam");
        assert_eq!(plain(&Lang::of("id").name(&names)), "Minyak nilam");
        assert_eq!(plain(&Lang::of("zh").name(&names)), "Patchouli oil");
    }
}
