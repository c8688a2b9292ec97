//! [`doctor`](super::doctor) of the register: whether the next start can open it, and what it holds.

use std::path::Path;

use super::scratch::Scratch;
use super::{Check, Part, Report};
use crate::causes::causes;
use crate::store::register::SledRegister;
use crate::store::{Register, RegisterError, Ring};

/// Opens a copy of the register, because sled writes when it opens.
pub(super) fn check_register(dir: &Path, running: bool, report: &mut Report) {
    let from = dir.join("register");
    if running || !from.exists() {
        return report.good(Part::Register, if running { "not checked" } else { "empty" });
    }
    let copy = match Scratch::copy_of(&from) {
        Ok(copy) => copy,
        Err(error) => {
            // a full temporary directory is not damage
            let detail = format!("not checked: it could not be copied to the temporary directory: {error}");
            report.checks.push(Check { name: Part::Register, ok: true, place: None, detail });
            return;
        }
    };
    let opened = SledRegister::open(&copy.path());
    if let Some(problem) = opened.problem {
        let detail = format!("{}; the next start replaces it with an empty one; nothing signed is lost", problem.why);
        return report.bad(Part::Register, "register", detail);
    }
    match filled(&opened.register) {
        Ok(([refused, uploads, enrolments], 0)) => {
            let requests = if enrolments > 0 { ", enrolment requests" } else { "" };
            report
                .good(Part::Register, format!("{refused} refused records, {uploads} uploads in quarantine{requests}"));
        }
        Ok((_, damaged)) => {
            report.bad(Part::Register, "register", format!("{damaged} damaged slots, which the next start skips"))
        }
        Err(error) => report.bad(Part::Register, "register", causes(&error)),
    }
}

/// Slots in use by ring, and damaged ones.
fn filled(register: &SledRegister) -> Result<([usize; Ring::ALL.len()], u64), RegisterError> {
    let (mut counts, mut damaged) = ([0; Ring::ALL.len()], 0);
    for (count, ring) in counts.iter_mut().zip(Ring::ALL) {
        let slots = register.load(ring)?;
        *count = slots.filled.len();
        damaged += slots.damaged;
    }
    Ok((counts, damaged))
}
