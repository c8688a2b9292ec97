//! Whether the journal still holds every acknowledged record: it is compared with each witness of its size that outlives it.
//!
//! | witness | durable | a journal behind it |
//! |---|---|---|
//! | the floor | before each acknowledgement | has lost acknowledged records |
//! | the cursor of the index | some time after the journal's frame | has lost acknowledged records |
//! | checkpoint, history, published tiles, heads that others hold (`recover`) | after the journal's frame | and going on would sign a second history |
//!
//! One witness is enough to refuse. Without a floor nothing shows the records since the last flush of the index and the last
//! published head: the node refuses as well, until its operator accepts that. What it is not: the way back (`refill`).

use bytes::Bytes;

use super::open::OpenError;
use super::recover;
use crate::log::bundle;
use crate::log::tile::{Kind, Tile, WIDTH};
use crate::store::{Floor, FloorState, Head, Index, Journal, JournalError, Objects};

/// Most frames that the journal may be ahead of the floor: those written while the floor is raised for the ones before. A crash
/// leaves so many; more are a sign that the floor is an older copy.
pub const AHEAD: u64 = 4;

/// What is missing, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The journal ends before a tree that it held.
    #[error("{what} shows that the ledger had {size} entries; the journal has {journal}: {} are missing", missing(.journal, .size))]
    Tail {
        /// The witness.
        what: &'static str,
        /// Entries there were, at least.
        size: u64,
        /// Entries in the journal.
        journal: u64,
    },
    /// The journal has another tree of that size.
    #[error(
        "the floor is of {size} entries with another root than the journal's: one of them is an older copy, or of another ledger"
    )]
    Other {
        /// Size of the floor.
        size: u64,
    },
    /// The floor says nothing.
    #[error("the floor {why}: it is not known whether records after entry {journal} are missing")]
    NoFloor {
        /// `is missing`, or what is wrong with it.
        why: String,
        /// Entries in the journal.
        journal: u64,
    },
}

fn missing(journal: &u64, size: &u64) -> String {
    match size.saturating_sub(*journal) {
        1 => format!("entry {journal}"),
        _ => format!("entries {journal} to {}", size.saturating_sub(1)),
    }
}

/// Compares the journal with the floor.
///
/// # Errors
/// The journal can't be read.
pub(super) fn by_floor(journal: &dyn Journal, stated: FloorState) -> Result<Option<Lost>, OpenError> {
    let size = journal.head().size;
    let none = |why: &str| Ok(Some(Lost::NoFloor { why: why.to_owned(), journal: size }));
    let (head, torn) = match stated {
        FloorState::At { head, torn } => (head, torn),
        FloorState::Missing => return none("is missing"),
        FloorState::Damaged(why) => return none(&format!("can't be used ({why})")),
    };
    if head.size > size {
        return Ok(Some(Lost::Tail { what: "the floor", size: head.size, journal: size }));
    }
    if !recover::has(journal, head)? {
        return Ok(Some(Lost::Other { size: head.size }));
    }
    if torn && head.size == size {
        // a torn write leaves a journal that is ahead
        return none("has lost its newest state");
    }
    if frames_after(journal, head.size)? > AHEAD {
        return none(&format!("is at {} and so an older copy", head.size));
    }
    Ok(None)
}

/// Frames that begin at entry `size` or later, counted up to one more than may be there.
fn frames_after(journal: &dyn Journal, size: u64) -> Result<u64, JournalError> {
    let (mut at, mut frames) = (size, 0);
    while frames <= AHEAD
        && let Some(frame) = journal.frame(at)?
    {
        at = frame.head.size;
        frames += 1;
    }
    Ok(frames)
}

/// Compares the journal with the cursor of the index. One that can't be read says nothing.
pub(super) fn by_index(journal: &dyn Journal, index: &dyn Index) -> Option<Lost> {
    let (size, at) = (journal.head().size, index.cursor().ok()??.head.size);
    (at > size).then_some(Lost::Tail { what: "the index", size: at, journal: size })
}

/// Entries in the published bundles, if they are more than the journal has: bundles are written only for durable entries, and
/// before the head that covers them is signed. Beside a signed head only the bundle after the journal's end is looked at, and a file of
/// that name that is no bundle does not count; without one the name of `every` file counts, damaged or not.
pub(super) fn published_beyond(log: &dyn Objects, size: u64, every: bool) -> Result<Option<u64>, OpenError> {
    let full = Tile { kind: Kind::Entries, index: size / WIDTH, width: WIDTH as u16 };
    let names = log.list(&if every { "tile/entries".to_owned() } else { format!("{full}.p") })?;
    let mut most = None;
    for tile in names.iter().filter_map(|(name, _)| Tile::parse(name)).chain((!every).then_some(full)) {
        let ends = tile.index * WIDTH + u64::from(tile.width);
        if ends <= most.unwrap_or(size) {
            continue;
        }
        let is_bundle = |bytes: &Bytes| bundle::decode_width(bytes, tile.width).is_ok();
        if every || log.get(&tile.to_string())?.as_ref().is_some_and(is_bundle) {
            most = Some(ends);
        }
    }
    Ok(most)
}

/// What becomes of `lost`: nothing, if there is none; an error, unless the operator accepted that the journal ends at this size.
/// Then a new floor begins there. True when the index must be emptied; if only the floor was missing, it is sound.
///
/// # Errors
/// [`OpenError::Lost`], [`OpenError::Accepted`], or the floor can't be written.
pub(super) fn judge(
    lost: Option<Lost>,
    accepted: Option<u64>,
    floor: &dyn Floor,
    head: Head,
) -> Result<bool, OpenError> {
    let Some(lost) = lost else { return Ok(false) };
    match accepted {
        None => Err(OpenError::Lost(lost)),
        Some(size) if size != head.size => Err(OpenError::Accepted { accepted: size, journal: head.size }),
        Some(size) => {
            tracing::error!(%lost, size, "the operator accepted that the journal ends here");
            floor.begin(head)?;
            Ok(!matches!(lost, Lost::NoFloor { .. }))
        }
    }
}
