//! The drawing of a commodity: two paths on a square of 64 by 64, which the pages draw in their own colours.
//!
//! Only SVG path data is taken (SVG 2 section 9.3): commands, numbers and separators. So a profile can bring a picture, and no
//! script, no link and no style.

use serde::Deserialize;

/// Longest path, in bytes; the drawings that ship have up to 600.
pub const MAX_PATH: usize = 2_000;

/// A drawing: what is filled with the page's tint, and what is drawn as a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawing {
    /// Path data of the tinted shapes, which are outlined too.
    pub tint: String,
    /// Path data of the lines.
    pub line: String,
}

impl Drawing {
    /// Whether both are path data.
    pub fn is_plain(&self) -> bool {
        [&self.tint, &self.line].into_iter().all(|path| is_path(path))
    }
}

/// Path data: begins with a move, and holds nothing but commands, numbers, spaces and commas.
fn is_path(path: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_digit() || b"MmLlHhVvCcSsQqTtAaZz .,-".contains(&b);
    path.len() <= MAX_PATH && path.starts_with(['M', 'm']) && path.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_path_data_is_refused() {
        for good in ["M1 2", "m1,2l-.5.5z", "M15 38c0-9 7.5-14 17-14z"] {
            assert!(is_path(good), "{good}");
        }
        for bad in ["", "1 2", "L1 2", "M1 2\"/><script>", "M1 2 url(#x)", "M1\n2", "M1e3 2", "M<"] {
            assert!(!is_path(bad), "{bad}");
        }
        assert!(!is_path(&format!("M{}", "1".repeat(MAX_PATH))));
    }
}
