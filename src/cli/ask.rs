//! Questions to the person at the terminal. Without a terminal there is nobody to ask: the verb fails and names the option that answers.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;
use super::output::plain;

/// Whether this command asks nothing.
static DISABLED: AtomicBool = AtomicBool::new(false);

/// Makes every question of this command an error: of a table with many rows, all errors are listed instead.
pub fn disable() {
    DISABLED.store(true, Ordering::Relaxed);
}

/// Whether a question can be asked: input and standard error are a terminal.
fn can_ask() -> bool {
    !DISABLED.load(Ordering::Relaxed) && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Prints `question` and reads one line; `None` at the end of the input.
fn line(question: &str) -> Result<Option<String>, Failure> {
    let mut error = std::io::stderr().lock();
    let shown = write!(error, "{}", plain(question)).and_then(|()| error.flush());
    shown.map_err(|e| Failure::usage("cannot ask on this terminal").because(e))?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    let read = read.map_err(|e| Failure::usage("cannot read the answer").because(e))?;
    Ok((read > 0).then(|| answer.trim().to_lowercase()))
}

/// Which of two is meant, 0 or 1. `failure` is returned when there is nobody to ask.
///
/// # Errors
/// [`Failure`].
pub fn one_of_two(question: &str, choices: [&str; 2], failure: Failure) -> Result<usize, Failure> {
    if !can_ask() {
        return Err(failure);
    }
    let question = format!("{question}\n  1) {}\n  2) {}\n1 or 2? ", choices[0], choices[1]);
    loop {
        match line(&question)?.as_deref() {
            Some("1") => return Ok(0),
            Some("2") => return Ok(1),
            Some(_) => {}
            None => return Err(failure),
        }
    }
}

/// Goes on if the person agrees. `failure` is returned when there is nobody to ask, or the answer is no; its hint names the option that
/// agrees.
///
/// # Errors
/// [`Failure`].
pub fn confirm(question: &str, failure: Failure) -> Result<(), Failure> {
    if !can_ask() {
        return Err(failure);
    }
    // y(es), y(a), 是
    match line(&format!("{question} [y/N] "))?.as_deref() {
        Some("y" | "yes" | "ya" | "是") => Ok(()),
        _ => Err(Failure::usage("nothing was signed").because(failure.message)),
    }
}
