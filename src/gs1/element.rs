//! GS1 element strings, strictly: bracketed `(01)…(10)…` as people read them (General Specifications 4.14), and unbracketed with `^` or
//! ASCII 29 for FNC1. What is read leniently, as scanners and people send it, is in [`super::scan`].

use super::ai::{self, Ai};
use super::link::{LinkError, check_value, pairing};

/// (AI, value) pairs in the order they stood in.
pub type Elements = Vec<(String, String)>;

/// Reads either form.
///
/// # Errors
/// [`LinkError`] naming the identifier.
pub fn parse(text: &str) -> Result<Elements, LinkError> {
    let mut elements = if text.starts_with('(') { bracketed(text)? } else { unbracketed(text)? };
    // General Specifications 4.14: the same value may be read from two symbols of one item
    let mut seen: Elements = Vec::with_capacity(elements.len());
    elements.retain(|e| {
        let new = !seen.contains(e);
        seen.push(e.clone());
        new
    });
    pairing(&elements)?;
    Ok(elements)
}

fn looks_like_ai(code: &str) -> bool {
    (2..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())
}

fn bracketed(text: &str) -> Result<Elements, LinkError> {
    let mut elements = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (code, tail) = rest.strip_prefix('(').and_then(|r| r.split_once(')')).ok_or(LinkError::NoKey)?;
        let known = ai::find(code).ok_or_else(|| LinkError::Unsupported(code.chars().take(8).collect()))?;
        // a bracket may be part of a value: the value ends where digits in brackets look like the next identifier
        let end = tail
            .match_indices('(')
            .map(|(i, _)| i)
            .find(|i| tail[i + 1..].split_once(')').is_some_and(|(next, _)| looks_like_ai(next)))
            .unwrap_or(tail.len());
        let (value, after) = tail.split_at(end);
        elements.push(accepted(known, value)?);
        rest = after;
    }
    if elements.is_empty() { Err(LinkError::NoKey) } else { Ok(elements) }
}

fn unbracketed(text: &str) -> Result<Elements, LinkError> {
    let fnc1 = |c: char| c == '^' || c == '\u{1d}';
    // symbology identifiers of GS1-128, GS1 DataBar, GS1 DataMatrix and GS1 QR (ISO/IEC 15424)
    let symbology = ["]C1", "]e0", "]d2", "]Q3"];
    let mut rest =
        symbology.iter().find_map(|id| text.strip_prefix(id)).unwrap_or_else(|| text.trim_start_matches(fnc1));
    if rest.is_empty() || rest.len() == text.len() {
        return Err(LinkError::NoKey);
    }
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let Some(known) = ai::prefix_of(rest) else {
            return Err(LinkError::Unsupported(rest.chars().take(4).collect()));
        };
        let tail = &rest[known.code.len()..];
        let end = match known.fixed().filter(|_| !known.fnc1) {
            Some(n) => n.min(tail.len()),
            None => tail.find(fnc1).unwrap_or(tail.len()),
        };
        if !tail.is_char_boundary(end) {
            return Err(LinkError::Value { ai: known.code.clone(), value: tail.chars().take(20).collect() });
        }
        let (value, after) = tail.split_at(end);
        elements.push(accepted(known, value)?);
        rest = after.strip_prefix(fnc1).unwrap_or(after);
    }
    Ok(elements)
}

fn accepted(known: &Ai, value: &str) -> Result<(String, String), LinkError> {
    check_value(known, value)?;
    Ok((known.code.clone(), value.to_owned()))
}

/// Unbracketed with `^` for FNC1: at the start, and after each identifier of variable length that something follows.
pub fn unbracketed_text(elements: &[(String, String)]) -> String {
    let mut out = String::from("^");
    for (i, (code, value)) in elements.iter().enumerate() {
        out.push_str(code);
        out.push_str(value);
        if i + 1 < elements.len() && ai::find(code).is_none_or(|a| a.fnc1) {
            out.push('^');
        }
    }
    out
}
