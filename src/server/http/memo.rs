//! What was checked a moment ago and still holds: verdicts on proof bundles, and documents found whole. Bounded by bytes
//! (`quick_cache`), and keyed by all that changes the answer.
//!
//! What it is not: a cache of pages. Those differ by language and by the documents that were uploaded.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::gs1::LotId;
use crate::query::view::LotView;
use crate::record::Hash32;
use crate::server::pages::PageProof;

/// Verdicts kept, in bytes.
const VERDICT_BYTES: u64 = 8 << 20;
/// How many to expect; below 64 the cache is one shard, so that the verdict on a large lot fits too.
const VERDICTS: usize = 32;
/// Documents kept: at some 100 bytes each, 0.4 MB.
const DOCUMENTS: usize = 4_096;
/// After so long a document is read and hashed again.
const WHOLE_FOR: Duration = Duration::from_secs(600);

/// The lot, the size of the published tree, and the size of the state: a record that came since makes another key.
pub type VerdictKey = (LotId, u64, u64);

/// A lot's view, with the verdict on its bundle.
pub struct Verdict {
    /// What the ledger knows of the lot.
    pub view: LotView,
    /// What its bundle proves.
    pub proof: PageProof,
    bytes: u64,
}

impl Verdict {
    /// Both, weighed.
    pub fn new(view: LotView, proof: PageProof) -> Verdict {
        // in memory some twice of what it is as JSON: strings have a capacity and a pointer each
        let checks: usize = proof.checks.iter().map(|check| check.name.len() + check.detail.len() + 64).sum();
        let bytes = 2 * json_bytes(&view) + checks as u64;
        Verdict { view, proof, bytes }
    }
}

fn json_bytes(view: &LotView) -> u64 {
    struct Count(u64);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // counting never fails, and a view is always JSON
    let _ = serde_json::to_writer(&mut count, view);
    count.0
}

#[derive(Clone)]
struct Bytes;

impl Weighter<VerdictKey, Arc<Verdict>> for Bytes {
    fn weight(&self, _: &VerdictKey, verdict: &Arc<Verdict>) -> u64 {
        verdict.bytes
    }
}

/// The memory of the pages.
pub struct Memo {
    verdicts: Cache<VerdictKey, Arc<Verdict>, Bytes>,
    whole: Cache<Hash32, Instant>,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo { verdicts: Cache::with_weighter(VERDICTS, VERDICT_BYTES, Bytes), whole: Cache::new(DOCUMENTS) }
    }
}

impl Memo {
    /// The verdict of this key, made by `make` when it is not known; requests that come meanwhile wait for it.
    ///
    /// # Errors
    /// What `make` answers.
    pub fn verdict<E>(
        &self,
        key: &VerdictKey,
        make: impl FnOnce() -> Result<Option<Verdict>, E>,
    ) -> Result<Option<Arc<Verdict>>, E> {
        // "there is no such lot" is not kept: the next record may make it
        let made = self.verdicts.get_or_insert_with(key, || match make() {
            Ok(Some(verdict)) => Ok(Arc::new(verdict)),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        });
        match made {
            Ok(verdict) => Ok(Some(verdict)),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    /// Whether the document was found whole not long ago.
    pub fn whole(&self, document: &Hash32) -> bool {
        self.whole.get(document).is_some_and(|at| at.elapsed() < WHOLE_FOR)
    }

    /// The document was found whole.
    pub fn found_whole(&self, document: Hash32) {
        self.whole.insert(document, Instant::now());
    }
}
