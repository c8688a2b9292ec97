//! A verb that failed: the message, its causes, a hint at what to do next, and the exit code.
//!
//! Printed as `error: MESSAGE`, one `caused by:` line for each cause, and `hint:`; with `--json` as one object.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::output::{error_line, plain};
use crate::causes::chain;

/// Why a verb failed, by exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1: verification failed.
    NotProven,
    /// 2: wrong usage, or a file that can't be read or written.
    Usage,
    /// 3: the node can't be reached, or can't answer now.
    Unreachable,
    /// 4: the ledger refused.
    Refused,
    /// 5: proven, and the goods are on hold, failed a test or were withdrawn.
    Goods,
    /// 6: proven, but not that no record is missing, where that was asked for.
    Incomplete,
}

impl Kind {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Kind::NotProven => 1,
            Kind::Usage => 2,
            Kind::Unreachable => 3,
            Kind::Refused => 4,
            Kind::Goods => 5,
            Kind::Incomplete => 6,
        }
    }

    /// The exit code, for `main` to return.
    pub fn exit(self) -> ExitCode {
        ExitCode::from(self.code())
    }

    const fn name(self) -> &'static str {
        match self {
            Kind::NotProven => "verification-failed",
            Kind::Usage => "usage",
            Kind::Unreachable => "unreachable",
            Kind::Refused => "refused",
            Kind::Goods => "goods",
            Kind::Incomplete => "incomplete",
        }
    }
}

/// A cause: an error with its sources, or a sentence.
pub type Cause = Box<dyn Error + Send + Sync>;

/// A verb that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its exit code.
    pub kind: Kind,
    /// What failed.
    pub message: String,
    /// Why, from the nearest cause to the first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// Whether the same bytes may be accepted later.
    pub retryable: bool,
    /// The rule by which the ledger refused the record. Absent when the ledger did not judge it.
    pub rule: Option<String>,
    /// The stable code of the problem that the node answered with.
    pub code: Option<String>,
    /// The node's time (Unix seconds), when it says that the signature of a request is not valid now.
    pub server_time: Option<i64>,
}

impl Failure {
    fn new(kind: Kind, message: impl Display) -> Failure {
        Failure {
            kind,
            message: message.to_string(),
            causes: Vec::new(),
            hint: None,
            retryable: false,
            rule: None,
            code: None,
            server_time: None,
        }
    }

    /// A verification that failed.
    pub fn not_proven(message: impl Display) -> Failure {
        Failure::new(Kind::NotProven, message)
    }

    /// A command that can't be carried out as given.
    pub fn usage(message: impl Display) -> Failure {
        Failure::new(Kind::Usage, message)
    }

    /// A node that does not answer.
    pub fn unreachable(message: impl Display) -> Failure {
        Failure::new(Kind::Unreachable, message)
    }

    /// A record or request that the ledger refused.
    pub fn refused(message: impl Display) -> Failure {
        Failure::new(Kind::Refused, message)
    }

    /// Goods that are on hold, failed or withdrawn, by records that are proven.
    pub fn goods(message: impl Display) -> Failure {
        Failure::new(Kind::Goods, message)
    }

    /// A proof of what is there, where a proof that nothing is missing was asked for.
    pub fn incomplete(message: impl Display) -> Failure {
        Failure::new(Kind::Incomplete, message)
    }

    /// A file that can't be read or written: `verb` is such as "read".
    pub fn file(verb: &str, path: &Path, error: io::Error) -> Failure {
        Failure::usage(format!("cannot {verb} {}", path.display())).because(error)
    }

    /// Adds a cause: a sentence, or an error and all its sources.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Failure {
        let cause = cause.into();
        self.causes.extend(chain(&*cause).map(ToString::to_string));
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Failure {
        self.hint = Some(hint.to_string());
        self
    }

    /// Whether the same bytes may be accepted later.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Failure {
        self.retryable = retryable;
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
            let (kind, message, causes, hint) = (self.kind.name(), &self.message, &self.causes, &self.hint);
            error_line(json!({ "error": { "kind": kind, "message": message, "causes": causes, "hint": hint } }));
            return;
        }
        error_line(format_args!("error: {}", plain(&self.message)));
        for cause in &self.causes {
            error_line(format_args!("  caused by: {}", plain(cause)));
        }
        if let Some(hint) = &self.hint {
            error_line(format_args!("hint: {}", plain(hint)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the index")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("block 7")]
    struct Middle(#[source] std::io::Error);

    #[test]
    fn causes_list_every_source_once() {
        let error = Outer(Middle(std::io::Error::other("checksum")));
        let failure = Failure::usage("cannot serve").because(error).hint("restore it");
        assert_eq!(failure.causes, ["cannot open the index", "block 7", "checksum"]);
        assert_eq!(Failure::usage("x").because("a sentence").because("another").causes, ["a sentence", "another"]);
    }
}
