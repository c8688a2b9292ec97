//! Errors and what caused them.
//!
//! Each error of this program says what failed at its own level, and returns the error below it from `source()`. Nothing is lost,
//! and no text is printed twice: the command line prints the chain line by line, a log or an answer in one line ([`causes`]).
//! What it is not: a type for all errors. What callers decide by is a variant, never a text.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// The error below another one. Shared, so that errors can be cloned, and of any type, so that a pure module need not know who fails.
pub type Source = Arc<dyn Error + Send + Sync>;

/// An error that was caused by something else, or not.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct Cause {
    what: String,
    source: Option<Source>,
}

impl Cause {
    /// The first cause.
    pub fn new(what: impl Into<String>) -> Cause {
        Cause { what: what.into(), source: None }
    }

    /// `what` failed because of `source`.
    pub fn of(what: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Cause {
        Cause { what: what.into(), source: Some(Arc::new(source)) }
    }
}

/// An error of a library whose text includes its sources: they are not printed again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Whole<E: Error>(pub E);

/// The error and its sources, in one line.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Display + 'a {
    Causes(error)
}

struct Causes<'a>(&'a (dyn Error + 'static));

impl Display for Causes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        chain(self.0).skip(1).try_for_each(|error| write!(f, ": {error}"))
    }
}

/// The error, then its sources down to the first cause, each as the type it has.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let source = (*error).source()?;
        Some(source.downcast_ref::<Source>().map_or(source, |shared| &**shared))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outside")]
    struct Outside(#[source] Between);

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Between(#[from] Cause);

    #[test]
    fn chain_is_printed_in_one_line_with_each_text_once() {
        let inside = || Cause::of("inside", Whole(Cause::of("a library", Cause::new("its source"))));
        assert_eq!(causes(&Outside(Between(inside()))).to_string(), "outside: inside: a library");
        assert_eq!(causes(&Cause::new("alone")).to_string(), "alone");
        assert_eq!(chain(&Outside(Between(inside()))).count(), 3);
    }

    #[test]
    fn error_of_the_system_is_found_in_the_chain_by_its_type() {
        let error = Outside(Between(Cause::of("a file", std::io::Error::other("full"))));
        let found = chain(&error).find_map(|error| error.downcast_ref::<std::io::Error>());
        assert_eq!(found.map(std::io::Error::kind), Some(std::io::ErrorKind::Other));
    }
}
