//! Which characters a signed text for people may hold. A name that is drawn in another order than it is written, or holds what nobody
//! sees, could be taken for another.
//!
//! The tables are of one version of Unicode, which the ruleset fixes, because replay has to agree in ten years. Names that
//! look alike: [`skeleton`].

pub mod skeleton;
mod unicode16;

use unicode16::{MARKS, REFUSED};

/// Most combining marks after one letter. The test below has names of languages that need several.
const MAX_MARKS: usize = 4;

/// Drawn as nothing or as a blank though they are letters, marks or symbols (`Default_Ignorable_Code_Point` of those categories, and the
/// braille blank), as inclusive ranges in order.
const INVISIBLE: [(u32, u32); 9] = [
    (0x34f, 0x34f),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xffa0, 0xffa0),
    (0xe0100, 0xe01ef),
];

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A control or format character, an invisible one, a space other than U+0020, or one that Unicode 16 does not assign.
    #[error("holds the character U+{0:04X}, which is a control, invisible or not assigned")]
    Character(u32),
    /// More marks on one letter than any language writes.
    #[error("holds more than {MAX_MARKS} combining marks after one letter")]
    Marks,
}

fn lies_in(ranges: &[(u32, u32)], code: u32) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= code);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| code <= *last)
}

/// Checks a text for people, such as a name, a title or a reason.
///
/// # Errors
/// [`TextError`] for the first character that is refused.
pub fn check(text: &str) -> Result<(), TextError> {
    // nearly every text is ASCII
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    let mut marks = 0;
    for code in text.chars().map(u32::from) {
        if lies_in(&REFUSED, code) || lies_in(&INVISIBLE, code) {
            return Err(TextError::Character(code));
        }
        marks = if lies_in(&MARKS, code) { marks + 1 } else { 0 };
        if marks > MAX_MARKS {
            return Err(TextError::Marks);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use unicode_general_category::{GeneralCategory as C, get_general_category};

    use super::*;

    #[test]
    fn names_of_many_languages_are_admitted() {
        let names = [
            "BUM Desa Maju Jaya",
            "马朱村企业",
            "岩城町・株式会社",
            "Công ty Cổ phần Hải sản",
            "شركة القرية",
            "חֶבְרָה",
            "หมู่บ้าน",
            "བོད་ཡིག",
            "Łódź — «Żuraw» №5",
            "L’Île d’Yeu (№ 2)",
            "🦀 Kepiting",
        ];
        for name in names {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn characters_that_reorder_or_hide_text_are_refused_by_name() {
        let codes = [
            0x0, 0x7, 0xa, 0x7f, 0x85, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x200b, 0x200d, 0x200e, 0x202a, 0x202e,
            0x2028, 0x2029, 0x2060, 0x2066, 0x2067, 0x2069, 0x2800, 0x3000, 0x3164, 0xe000, 0xfdd0, 0xfe0f, 0xfeff,
            0xfff9, 0xfffe, 0xffff, 0x1fffe, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xf0000, 0x10ffff, 0x378,
        ];
        for code in codes {
            let text = format!("KAN{}Lab", char::from_u32(code).unwrap());
            assert_eq!(check(&text), Err(TextError::Character(code)));
        }
        assert_eq!(check(&format!("a{}", "\u{301}".repeat(60))), Err(TextError::Marks));
        assert_eq!(check(&format!("a{}", "\u{301}".repeat(4))), Ok(()));
    }

    #[test]
    fn the_tables_are_those_of_unicode_16() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let category = get_general_category(c);
            let refused = matches!(
                category,
                C::Control | C::Format | C::Unassigned | C::PrivateUse | C::LineSeparator | C::ParagraphSeparator
            ) || (category == C::SpaceSeparator && c != ' ');
            assert_eq!(lies_in(&REFUSED, u32::from(c)), refused, "{c:?}");
            let mark = matches!(category, C::NonspacingMark | C::EnclosingMark);
            assert_eq!(lies_in(&MARKS, u32::from(c)), mark, "{c:?}");
        }
    }
}
