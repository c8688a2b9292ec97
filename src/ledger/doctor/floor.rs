//! The floor against the journal.

use std::path::Path;

use super::{Part, Report};
use crate::ledger::lost::AHEAD;
use crate::ledger::open::FLOOR;
use crate::log::merkle::Hash;
use crate::store::floor::FloorFile;
use crate::store::{Floor, FloorState, Head};

/// A size, and what must have which root there.
type Due = (u64, Vec<(Part, String, Hash)>);

/// What the floor says, and the frames above it.
#[derive(Default)]
pub(super) struct FloorCheck {
    at: Option<Head>,
    torn: bool,
    running: bool,
    above: u64,
}

impl FloorCheck {
    pub(super) fn read(dir: &Path, ledger: &str, running: bool, report: &mut Report) -> FloorCheck {
        let (at, torn) = match FloorFile::at(&dir.join(FLOOR), ledger).stated() {
            FloorState::At { head, torn } => (Some(head), torn),
            FloorState::Missing => {
                report.bad(
                    Part::Floor,
                    FLOOR,
                    "missing: it is not known whether records at the end of the journal are missing",
                );
                (None, false)
            }
            FloorState::Damaged(why) => {
                report.bad(Part::Floor, FLOOR, why);
                (None, false)
            }
        };
        FloorCheck { at, torn, running, above: 0 }
    }

    /// The tree that the journal must have at a size, to be compared there.
    pub(super) fn head(&self) -> Option<Due> {
        let head = self.at.filter(|head| head.size > 0)?;
        Some((head.size, vec![(Part::Floor, FLOOR.to_owned(), head.root)]))
    }

    /// A frame that begins at entry `first`.
    pub(super) fn frame(&mut self, first: u64) {
        self.above += u64::from(self.at.is_some_and(|at| first >= at.size));
    }

    /// The journal ends at `size`.
    pub(super) fn finish(&self, size: u64, report: &mut Report) {
        let Some(at) = self.at else { return };
        if self.torn && at.size == size {
            report.bad(Part::Floor, FLOOR, "its newest state is damaged");
        }
        if !self.running && self.above > AHEAD {
            let detail = format!("is at {} and so an older copy: the journal has {size} entries", at.size);
            report.bad(Part::Floor, FLOOR, detail);
        }
        report.good(Part::Floor, format!("at entry {}", at.size));
    }
}
