//! A cache of what answers need again and again: verdicts on proof bundles, plans of proofs in parts, documents with the right
//! hash, profiles in Brotli, the glossary, and what regions come to. Bounded (`quick_cache`), and keyed by everything that the result depends on.
//!
//! What it is not: a cache of pages, which differ by language and by the documents that were uploaded.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use parking_lot::RwLock;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::gs1::LotId;
use crate::ledger::ProofPlan;
use crate::query::view::LotView;
use crate::query::{Known, Overview, RegionFacts};
use crate::record::Hash32;
use crate::region::Code;
use crate::server::pages::{Glossary, PageProof};

/// Verdicts kept, in bytes.
const VERDICT_BYTES: u64 = 16 << 20;
/// Expected number of verdicts; below 64 the cache has one shard, so that the verdict on a large lot fits.
const VERDICTS: usize = 32;
/// Records of plans kept: 8 bytes each.
const PLANNED_RECORDS: u64 = 1 << 20;
/// Expected number of plans.
const PLANS: usize = 32;
/// Documents kept: at some 100 bytes each, 0.4 MB.
const DOCUMENTS: usize = 4_096;
/// Profiles kept in Brotli: at some 10 kB each, 1 MB.
const PROFILES: usize = 100;
/// Regions whose facts are kept: each has some 60 lots, at about 1 kB.
const REGIONS: usize = 64;
/// A document is read and hashed again after this time.
const VERIFIED_FOR: Duration = Duration::from_secs(600);

/// The lot, the size of the published tree, and the size of the state: each new record changes the key.
pub type VerdictKey = (LotId, u64, u64);

/// A lot's view, with the verdict on its bundle.
pub struct Verdict {
    /// What the ledger knows of the lot.
    pub view: LotView,
    /// The verdict on its bundle.
    pub proof: PageProof,
    bytes: u64,
}

impl Verdict {
    /// Both, with their size.
    pub fn new(view: LotView, proof: PageProof) -> Verdict {
        // in memory about twice its size as JSON, because of the overhead of strings
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
    // counting and serialising a view can't fail
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

#[derive(Clone)]
struct PlannedRecords;

/// The lot, and the size of the tree that its records are proven to be in.
pub type PlanKey = (LotId, u64);

impl Weighter<PlanKey, Arc<ProofPlan>> for PlannedRecords {
    fn weight(&self, _: &PlanKey, plan: &Arc<ProofPlan>) -> u64 {
        plan.records() as u64
    }
}

/// Caches for the pages.
pub struct Memo {
    plans: Cache<PlanKey, Arc<ProofPlan>, PlannedRecords>,
    verdicts: Cache<VerdictKey, Arc<Verdict>, Bytes>,
    verified: Cache<Hash32, Instant>,
    profiles: Cache<Hash32, axum::body::Bytes>,
    glossary: RwLock<Option<Words>>,
    known: Newest<Known>,
    overview: Newest<Overview>,
    regions: Cache<RegionKey, Arc<RegionFacts>>,
}

/// The region, the size of the state, and the day.
pub type RegionKey = (Code, u64, Date);

/// What was made of the state of one size: the next one replaces it.
struct Newest<T>(RwLock<Option<(u64, Arc<T>)>>);

impl<T> Newest<T> {
    /// What belongs to a state of this size, made by `make` if it is not cached.
    fn of<E>(&self, size: u64, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some((of, made)) = &*self.0.read()
            && *of == size
        {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(make()?);
        *self.0.write() = Some((size, Arc::clone(&made)));
        Ok(made)
    }
}

/// The glossary after so many statements of the authority, while the ledger's clock is in this range.
struct Words {
    statements: u64,
    clock: Range<i64>,
    glossary: Glossary,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo {
            plans: Cache::with_weighter(PLANS, PLANNED_RECORDS, PlannedRecords),
            verdicts: Cache::with_weighter(VERDICTS, VERDICT_BYTES, Bytes),
            verified: Cache::new(DOCUMENTS),
            profiles: Cache::new(PROFILES),
            glossary: RwLock::default(),
            known: Newest(RwLock::default()),
            overview: Newest(RwLock::default()),
            regions: Cache::new(REGIONS),
        }
    }
}

impl Memo {
    /// The verdict of this key, made by `make` if it is not cached; concurrent requests wait for it.
    ///
    /// # Errors
    /// The errors of `make`.
    pub fn verdict<E>(
        &self,
        key: &VerdictKey,
        make: impl FnOnce() -> Result<Option<Verdict>, E>,
    ) -> Result<Option<Arc<Verdict>>, E> {
        // an unknown lot is not cached: the next record may create it
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

    /// The plan of a proof, if it is cached.
    pub fn plan(&self, key: &PlanKey) -> Option<Arc<ProofPlan>> {
        self.plans.get(key)
    }

    /// Stores the plan of a lot's proof.
    pub fn keep_plan(&self, lot: &LotId, plan: &Arc<ProofPlan>) {
        self.plans.insert((lot.clone(), plan.size()), plan.clone());
    }

    /// The glossary of a state with so many statements of the authority and this clock, if it is cached.
    pub fn glossary(&self, statements: u64, clock: i64) -> Option<Glossary> {
        let words = self.glossary.read();
        let words = words.as_ref().filter(|words| words.statements == statements && words.clock.contains(&clock));
        words.map(|words| words.glossary.clone())
    }

    /// Stores the glossary of every state with so many statements of the authority and a clock in this range.
    pub fn set_glossary(&self, statements: u64, clock: Range<i64>, glossary: Glossary) {
        *self.glossary.write() = Some(Words { statements, clock, glossary });
    }

    /// The regions of a state of this size, made by `make` if they are not cached.
    ///
    /// # Errors
    /// The errors of `make`.
    pub fn known_regions<E>(&self, size: u64, make: impl FnOnce() -> Result<Known, E>) -> Result<Arc<Known>, E> {
        self.known.of(size, make)
    }

    /// The overview of the regions of a state of this size, made by `make` if it is not cached.
    ///
    /// # Errors
    /// The errors of `make`.
    pub fn overview<E>(&self, size: u64, make: impl FnOnce() -> Result<Overview, E>) -> Result<Arc<Overview>, E> {
        self.overview.of(size, make)
    }

    /// The facts of a region, made by `make` if they are not cached; concurrent requests wait for them.
    ///
    /// # Errors
    /// The errors of `make`.
    pub fn region<E>(
        &self,
        key: &RegionKey,
        make: impl FnOnce() -> Result<RegionFacts, E>,
    ) -> Result<Arc<RegionFacts>, E> {
        self.regions.get_or_insert_with(key, || make().map(Arc::new))
    }

    /// A profile in Brotli, if it is cached.
    pub fn profile(&self, hash: &Hash32) -> Option<axum::body::Bytes> {
        self.profiles.get(hash)
    }

    /// Stores a profile in Brotli.
    pub fn keep_profile(&self, hash: Hash32, brotli: axum::body::Bytes) {
        self.profiles.insert(hash, brotli);
    }

    /// Whether the hash of the document was checked recently.
    pub fn is_verified(&self, document: &Hash32) -> bool {
        self.verified.get(document).is_some_and(|at| at.elapsed() < VERIFIED_FOR)
    }

    /// Stores that the hash of the document was checked.
    pub fn set_verified(&self, document: Hash32) {
        self.verified.insert(document, Instant::now());
    }
}
