//! Output of the verbs: text or JSON to standard output, warnings to standard error.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use super::failure::Failure;

/// How a verb prints: as text, or as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    /// Whether `--json` was given.
    pub json: bool,
}

impl Out {
    /// Prints `text`, or `value` as JSON. Control characters in the text are escaped: it may quote what others wrote.
    pub fn print(self, text: &str, value: &serde_json::Value) {
        self.draw(&plain(text), value);
    }

    /// As [`Out::print`], without escaping: for QR codes, and only with text of this program.
    pub fn draw(self, text: &str, value: &serde_json::Value) {
        let text = if self.json { value.to_string() } else { text.trim_end().to_owned() };
        raw(format!("{text}\n").as_bytes());
    }
}

/// Prints bytes as they are. A closed pipe (`| head`) is not a failure.
pub fn raw(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Escapes control characters and bidirectional formatting characters, except line ends and tabs: text from a log or a node must not
/// control the terminal.
pub fn plain(text: &str) -> String {
    let controls = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped = |c: char| if controls(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// [`plain`], on one line.
pub fn line(text: &str) -> String {
    plain(text).replace('\n', "\\n")
}

/// Prints a line to standard error. Nobody need read it: a closed pipe (`2>&1 | head`) is not a failure.
pub fn error_line(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The same without a line end, for a line that is written over.
pub fn progress(text: impl Display) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}

/// Prints a warning to standard error.
pub fn warn(message: impl Display) {
    error_line(format_args!("warning: {}", plain(&message.to_string())));
}

/// Prints what was understood or done to standard error.
pub fn note(message: impl Display) {
    error_line(plain(&message.to_string()));
}

/// Writes a new file, or to standard output for `-`. An existing file is kept.
///
/// # Errors
/// [`Failure`] naming the file.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        raw(bytes);
        return Ok(());
    }
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = made.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let failure = Failure::file("write", path, error);
        if exists { failure.hint("name another file, or move this one") } else { failure }
    })
}

#[cfg(test)]
mod tests {
    use super::{line, plain};

    #[test]
    fn control_characters_from_others_are_escaped() {
        assert_eq!(plain("a\u{1b}[2J\u{202e}b\nc\té 检"), "a\\u{1b}[2J\\u{202e}b\nc\té 检");
        assert_eq!(line("passed\n  passed"), "passed\\n  passed");
    }
}
