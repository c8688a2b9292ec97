//! The newest frames that the sequencer wrote: the publisher needs each a moment later, without reading, checking and
//! hashing it again. What it is not: a cache of the journal; it holds only what this process made durable.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::log::merkle::Hash;
use crate::store::Frame;

/// Bytes of records kept: a second of 8,000 records of 1 kB.
const MOST: usize = 8 << 20;

/// A frame and the leaf of each of its entries.
pub(super) struct RecentFrame {
    frame: Frame,
    leaves: Vec<Hash>,
    bytes: usize,
}

impl RecentFrame {
    /// The entry at `index` and its leaf, if it is in this frame.
    pub(super) fn get(&self, index: u64) -> Option<(Bytes, Hash)> {
        let entry = self.frame.entry(index)?;
        let at = usize::try_from(index - self.frame.first).ok()?;
        Some((entry.clone(), *self.leaves.get(at)?))
    }
}

#[derive(Default)]
pub(super) struct Recent(Mutex<(VecDeque<Arc<RecentFrame>>, usize)>);

impl Recent {
    /// Adds a frame after its append, in log order.
    pub(super) fn push(&self, frame: Frame, leaves: Vec<Hash>) {
        let bytes = frame.entries.iter().map(Bytes::len).sum();
        let mut frames = self.0.lock();
        frames.0.push_back(Arc::new(RecentFrame { frame, leaves, bytes }));
        frames.1 += bytes;
        while frames.1 > MOST {
            let Some(oldest) = frames.0.pop_front() else { break };
            frames.1 -= oldest.bytes;
        }
    }

    /// The frame that holds entry `index`, if it is still here.
    pub(super) fn holding(&self, index: u64) -> Option<Arc<RecentFrame>> {
        let frames = &self.0.lock().0;
        let at = frames.partition_point(|recent| recent.frame.head.size <= index);
        frames.get(at).filter(|recent| recent.frame.first <= index).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::merkle::leaf_hash;
    use crate::store::Head;

    #[test]
    fn newest_frames_are_found_and_oldest_are_dropped() {
        let recent = Recent::default();
        assert!(recent.holding(0).is_none());
        for first in (0..40u64).step_by(2) {
            let entries: Vec<Bytes> = (first..first + 2).map(|n| Bytes::from(vec![n as u8; MOST / 16])).collect();
            let leaves = entries.iter().map(|entry| leaf_hash(entry)).collect();
            recent.push(Frame { first, head: Head { size: first + 2, root: [0; 32] }, entries }, leaves);
        }
        assert!(recent.holding(23).is_none() && recent.holding(40).is_none());
        for index in 24..40u64 {
            let (entry, leaf) = recent.holding(index).unwrap().get(index).unwrap();
            assert!(entry[0] == index as u8 && leaf == leaf_hash(&entry));
        }
    }
}
