//! What went wrong, in words a person can act on: what happened, why, what to do next; and the exit code.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

/// Why a verb failed, by exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1: something was verified and does not hold.
    NotProven,
    /// 2: the command can't be carried out as given.
    Usage,
    /// 3: the node can't be reached, or can't answer now.
    Unreachable,
    /// 4: the ledger refused.
    Refused,
}

impl Kind {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Kind::NotProven => 1,
            Kind::Usage => 2,
            Kind::Unreachable => 3,
            Kind::Refused => 4,
        }
    }

    /// As the process's answer.
    pub fn exit(self) -> ExitCode {
        ExitCode::from(self.code())
    }

    const fn name(self) -> &'static str {
        match self {
            Kind::NotProven => "verification-failed",
            Kind::Usage => "usage",
            Kind::Unreachable => "unreachable",
            Kind::Refused => "refused",
        }
    }
}

/// A verb that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its exit code.
    pub kind: Kind,
    /// What happened.
    pub what: String,
    /// Why.
    pub why: Option<String>,
    /// What to do next.
    pub next: Option<String>,
    /// Whether the same bytes may be taken later.
    pub later: bool,
    /// The rule by which the ledger refused: then it judged what was sent, and did not take it.
    pub rule: Option<String>,
}

impl Failure {
    fn new(kind: Kind, what: impl Display) -> Failure {
        Failure { kind, what: what.to_string(), why: None, next: None, later: false, rule: None }
    }

    /// A check that does not hold.
    pub fn not_proven(what: impl Display) -> Failure {
        Failure::new(Kind::NotProven, what)
    }

    /// A command that can't be carried out as given.
    pub fn usage(what: impl Display) -> Failure {
        Failure::new(Kind::Usage, what)
    }

    /// A node that does not answer.
    pub fn unreachable(what: impl Display) -> Failure {
        Failure::new(Kind::Unreachable, what)
    }

    /// A ledger that said no.
    pub fn refused(what: impl Display) -> Failure {
        Failure::new(Kind::Refused, what)
    }

    /// A file that can't be read or written.
    pub fn file(verb: &str, path: &Path, error: &io::Error) -> Failure {
        Failure::usage(format!("can't {verb} {}", path.display())).why(error)
    }

    /// Adds why.
    #[must_use]
    pub fn why(mut self, why: impl Display) -> Failure {
        self.why = Some(why.to_string());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Display) -> Failure {
        self.next = Some(next.to_string());
        self
    }

    /// Says that the same bytes may be taken later.
    #[must_use]
    pub fn later(mut self, later: bool) -> Failure {
        self.later = later;
        self
    }

    /// Names the rule that refused.
    #[must_use]
    pub fn rule(mut self, rule: Option<&str>) -> Failure {
        self.rule = rule.map(str::to_owned);
        self
    }

    /// Prints it to standard error.
    pub fn print(&self, as_json: bool) {
        if as_json {
            let error = json!({ "kind": self.kind.name(), "what": self.what, "why": self.why, "next": self.next });
            eprintln!("{}", json!({ "error": error }));
            return;
        }
        eprintln!("jejak: {}", plain(&self.what));
        for (name, text) in [("why", &self.why), ("next", &self.next)] {
            if let Some(text) = text {
                eprintln!("  {name}: {}", plain(text));
            }
        }
    }
}

/// `text` with every character that would steer a terminal, or turn the direction of writing, as its escape: what comes from a
/// log or a node is somebody's words. Line ends and tabs stay.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped = |c: char| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// [`plain`], and in one line.
pub fn line(text: &str) -> String {
    plain(text).replace('\n', "\\n")
}

/// Tells something that is no failure, on standard error, where it does not get into what a script reads.
pub fn warn(what: impl Display) {
    eprintln!("jejak: warning: {}", plain(&what.to_string()));
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// [`Failure`] naming the file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::Read::read_to_end(&mut io::stdin(), &mut bytes).map_err(|e| Failure::file("read", path, &e))?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|e| Failure::file("read", path, &e))
}

/// Writes a new file, or to standard output for `-`. What is there already is kept.
///
/// # Errors
/// [`Failure`] naming the file.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        super::raw(bytes);
        return Ok(());
    }
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = made.and_then(|mut file| {
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    });
    written.map_err(|e| {
        let failure = Failure::file("write", path, &e);
        if e.kind() == io::ErrorKind::AlreadyExists {
            failure.next("name another file, or move this one")
        } else {
            failure
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{line, plain};

    #[test]
    fn nothing_that_somebody_wrote_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[2J\u{202e}b\nc\té 检"), "a\\u{1b}[2J\\u{202e}b\nc\té 检");
        assert_eq!(line("passed\n  passed"), "passed\\n  passed");
    }
}
