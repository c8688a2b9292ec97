//! What was worked out a moment ago and is still true: verdicts on proof bundles, and documents found whole.
//!
//! A verdict belongs to one published head and one state; when either grows, its key is never asked for again. What it is not: a
//! cache of pages; a page's words differ by language and its documents by what was uploaded.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::gs1::LotId;
use crate::query::view::LotView;
use crate::record::Hash32;
use crate::server::pages::PageProof;

/// Verdicts kept: at some 50 kB each, 6 MB.
const VERDICTS: usize = 128;
/// Documents kept.
const DOCUMENTS: usize = 4_096;
/// After so long a document is read and hashed again.
const WHOLE_FOR: Duration = Duration::from_secs(600);

/// A few newest values, by key.
struct Newest<K, V> {
    most: usize,
    order: VecDeque<K>,
    values: HashMap<K, V>,
}

impl<K: Hash + Eq + Clone, V: Clone> Newest<K, V> {
    fn new(most: usize) -> Newest<K, V> {
        Newest { most, order: VecDeque::new(), values: HashMap::new() }
    }

    fn put(&mut self, key: K, value: V) {
        if self.values.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }
}

/// The lot, the size of the published tree, and the size of the state.
pub type VerdictKey = (LotId, u64, u64);

/// A lot's view, with the verdict on its bundle.
pub type Verdict = Arc<(LotView, PageProof)>;

/// The memory of the pages.
pub struct Memo {
    verdicts: Mutex<Newest<VerdictKey, Verdict>>,
    whole: Mutex<Newest<Hash32, Instant>>,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo { verdicts: Mutex::new(Newest::new(VERDICTS)), whole: Mutex::new(Newest::new(DOCUMENTS)) }
    }
}

impl Memo {
    /// The verdict of this key, worked out by `make` when it is not known.
    ///
    /// # Errors
    /// What `make` answers.
    pub fn verdict<E>(
        &self,
        key: VerdictKey,
        make: impl FnOnce() -> Result<Option<Verdict>, E>,
    ) -> Result<Option<Verdict>, E> {
        if let Some(known) = self.verdicts.lock().values.get(&key).cloned() {
            return Ok(Some(known));
        }
        let made = make()?;
        if let Some(made) = &made {
            self.verdicts.lock().put(key, made.clone());
        }
        Ok(made)
    }

    /// Whether the document was found whole not long ago.
    pub fn whole(&self, document: &Hash32) -> bool {
        self.whole.lock().values.get(document).is_some_and(|at| at.elapsed() < WHOLE_FOR)
    }

    /// The document was found whole.
    pub fn found_whole(&self, document: Hash32) {
        self.whole.lock().put(document, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let mut newest = Newest::new(3);
        for n in 0..10 {
            newest.put(n, n * n);
            newest.put(n, n * n);
        }
        assert_eq!((newest.values.len(), newest.order.len()), (3, 3));
        assert_eq!((newest.values.get(&6), newest.values.get(&9)), (None, Some(&81)));
    }
}
