//! Pieces of a sentence that the script in the browser compares with the records, marked with the fact they state.
//!
//! Only facts from signed records become such a piece; the script renders them again and compares the text.

use super::bidi::isolated;
use crate::query::view::PartyView;
use crate::server::i18n::Lang;

/// A run of text; `fact` is empty if it is not compared.
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Which fact it is: `maker`, `origin`, `place`, `signer`, `harvest`, `inspected` or `recall`.
    pub(crate) fact: &'static str,
    /// What it is about: a party, GLN or record; for a harvest its first and last day.
    pub(crate) of: String,
    /// The language of free text, if known.
    pub(crate) language: Option<Lang>,
    /// The page of what it names.
    pub(crate) url: Option<String>,
}

impl Piece {
    pub(crate) fn plain(text: impl Into<String>) -> Piece {
        Piece { text: text.into(), fact: "", of: String::new(), language: None, url: None }
    }

    /// Free text of a party, in the language of its country if known.
    pub(crate) fn written(text: &str, by: &PartyView) -> Piece {
        Piece { language: Lang::of_country(&by.country), ..Piece::plain(format!("\u{201c}{}\u{201d}", isolated(text))) }
    }

    pub(crate) fn of(fact: &'static str, of: impl Into<String>, text: impl Into<String>) -> Piece {
        Piece { text: text.into(), fact, of: of.into(), language: None, url: None }
    }

    /// The same with a link to the page of what it names.
    pub(crate) fn at(self, url: String) -> Piece {
        Piece { url: Some(url), ..self }
    }
}

/// The sentence `key` with one piece in place of `{ $name }`.
pub(crate) fn around(lang: Lang, key: &str, name: &str, piece: Piece) -> Vec<Piece> {
    around_all(lang, key, name, &[], vec![piece])
}

/// The same around many pieces, with other values in the sentence.
pub(crate) fn around_all(
    lang: Lang,
    key: &str,
    name: &str,
    others: &[(&str, &str)],
    mut pieces: Vec<Piece>,
) -> Vec<Piece> {
    // a character that is in no name and no sentence marks the place
    let sentence = lang.with(key, &[&[(name, "\u{1}")], others].concat());
    let Some((before, after)) = sentence.split_once('\u{1}') else { return vec![Piece::plain(sentence)] };
    pieces.insert(0, Piece::plain(before));
    pieces.push(Piece::plain(after));
    pieces
}

/// A name in a text: which fact it is, what that is about, the name, and the page of what it names.
pub(crate) type Named = (&'static str, String, String, String);

/// `text` with every name in it as a piece of its own.
pub(crate) fn named(text: &str, names: &[Named]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        // the first name in the rest; of two that begin there the longer one
        let found = names
            .iter()
            .filter(|(_, _, name, _)| !name.is_empty())
            .filter_map(|n| rest.find(n.2.as_str()).map(|at| (at, n)))
            .min_by_key(|(at, (_, _, name, _))| (*at, std::cmp::Reverse(name.len())));
        let Some((at, (fact, of, name, url))) = found else { break };
        let (before, after) = rest.split_at(at);
        pieces.push(Piece::plain(before));
        pieces.push(Piece::of(fact, of.clone(), name.clone()).at(url.clone()));
        rest = after.get(name.len()..).unwrap_or_default();
    }
    pieces.push(Piece::plain(rest));
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> Vec<(&str, &str)> {
        pieces.iter().map(|p| (p.fact, p.text.as_str())).collect()
    }

    #[test]
    fn names_become_pieces_and_nothing_is_lost() {
        let name = |of: &str, name: &str| ("place", of.to_owned(), name.to_owned(), format!("/414/{of}"));
        let names = [name("1", "Oenino"), name("2", "Oenino village")];
        assert_eq!(shown(&named("Oenino village, Timor", &names)), [("place", "Oenino village"), ("", ", Timor")]);
        assert_eq!(shown(&named("Timor", &names)), [("", "Timor")]);
        assert_eq!(named("Oenino", &names)[0].url.as_deref(), Some("/414/1"));
        let made = around(Lang::EN, "made-by", "party", Piece::of("party", "p", "Somebody"));
        assert_eq!(made.iter().map(|p| p.text.as_str()).collect::<String>(), "Made by Somebody");
    }
}
