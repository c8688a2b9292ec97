//! Several runs read as one, and which of them are joined.

use std::ops::Range;
use std::sync::Arc;

use super::super::IndexError;
use super::Blocks;
use super::run::{Place, Run};

/// So many runs of like size are joined.
const FANOUT: usize = 4;
/// Runs of fewer rows than this are of one size.
const SMALL: u64 = 1_024;

/// The rows of runs, newest first, in key order: each row once, as the newest run has it, deleted ones included.
pub(in super::super) struct Merged<'a> {
    blocks: &'a dyn Blocks,
    places: Vec<Place>,
    /// The place of the row last told, and the row.
    told: Option<usize>,
    row: Vec<u8>,
}

impl<'a> Merged<'a> {
    /// From the first row that is not below `start`.
    ///
    /// # Errors
    /// [`IndexError`] when a block is damaged.
    pub(in super::super) fn new(blocks: &'a dyn Blocks, runs: &[Arc<Run>], start: &[u8]) -> Result<Self, IndexError> {
        let mut places = Vec::with_capacity(runs.len());
        for run in runs {
            let mut place = Place::new(run.clone(), start);
            let mut there = place.step(blocks)?;
            while there && place.row() < start {
                there = place.step(blocks)?;
            }
            if there {
                places.push(place);
            }
        }
        Ok(Merged { blocks, places, told: None, row: Vec::new() })
    }

    /// The next row and its value; `None` after the last.
    ///
    /// # Errors
    /// [`IndexError`] when a block is damaged.
    pub(in super::super) fn next(&mut self) -> Result<Option<Row<'_>>, IndexError> {
        if let Some(told) = self.told.take() {
            // older runs have the same row: it is hidden
            self.row.clear();
            self.row.extend_from_slice(self.places.get(told).map(Place::row).unwrap_or_default());
            let mut at = told;
            while let Some(place) = self.places.get_mut(at) {
                if place.row() != self.row || place.step(self.blocks)? {
                    at += 1;
                } else {
                    self.places.remove(at);
                }
            }
        }
        // the first of equal rows is the newest
        let Some(least) = (0..self.places.len()).min_by(|a, b| self.places[*a].row().cmp(self.places[*b].row())) else {
            return Ok(None);
        };
        self.told = Some(least);
        Ok(self.places.get(least).map(|place| (place.row(), place.value())))
    }
}

/// A row as [`Merged`] tells it.
pub(in super::super) type Row<'a> = (&'a [u8], Option<&'a [u8]>);

/// The size class of a run: each is four times the one before.
fn level(rows: u64) -> u32 {
    (rows / SMALL).checked_ilog(FANOUT as u64).map_or(0, |level| level + 1)
}

/// Which runs, newest first, are joined next: neighbours from the first to the last of a size class that has four.
pub(in super::super) fn due(rows: &[u64]) -> Option<Range<usize>> {
    let levels: Vec<u32> = rows.iter().map(|rows| level(*rows)).collect();
    let mut classes = levels.clone();
    classes.sort_unstable();
    classes.dedup();
    classes.into_iter().find_map(|class| {
        let members = levels.iter().filter(|level| **level == class).count();
        let (first, last) = (levels.iter().position(|l| *l == class)?, levels.iter().rposition(|l| *l == class)?);
        (members >= FANOUT).then_some(first..last + 1)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use bytes::Bytes;
    use parking_lot::Mutex;
    use proptest::prelude::*;

    use super::super::run::Writer;
    use super::super::{hash_of, malformed};
    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<HashMap<(u64, u64), Bytes>>);

    impl Blocks for Kept {
        fn write(&self, run: u64, at: u64, bytes: &[u8]) -> Result<u64, IndexError> {
            let old = self.0.lock().insert((run, at), Bytes::copy_from_slice(bytes));
            old.map_or(Ok(at + bytes.len() as u64), |_| Err(malformed("written twice")))
        }

        fn read(&self, run: u64, at: Range<u64>) -> Result<Bytes, IndexError> {
            let found = self.0.lock().get(&(run, at.start)).cloned();
            found.filter(|bytes| bytes.len() as u64 == at.end - at.start).ok_or_else(|| malformed("not there"))
        }
    }

    type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

    fn run(blocks: &Kept, id: u64, rows: &Rows) -> Arc<Run> {
        let mut writer = Writer::new(blocks, id, rows.len() as u64);
        rows.iter().for_each(|(row, value)| writer.push(row, value.as_deref()).unwrap());
        let meta = writer.finish().unwrap().meta;
        // as the next start reads it
        Arc::new(Run::open(meta, blocks).unwrap())
    }

    fn all(blocks: &Kept, runs: &[Arc<Run>], start: &[u8]) -> Rows {
        let (mut merged, mut rows) = (Merged::new(blocks, runs, start).unwrap(), Rows::new());
        while let Some((row, value)) = merged.next().unwrap() {
            assert!(rows.insert(row.to_vec(), value.map(<[u8]>::to_vec)).is_none(), "each row once");
        }
        rows
    }

    fn a_row() -> impl Strategy<Value = (Vec<u8>, Option<Vec<u8>>)> {
        // some keys of two letters, with few others beside; values up to more than a block
        let key = prop_oneof![prop::collection::vec(0u8..4, 0..4), prop::collection::vec(any::<u8>(), 0..80)];
        let value = prop_oneof![8 => prop::collection::vec(any::<u8>(), 0..400), 1 => prop::collection::vec(any::<u8>(), 9_000)];
        (key, prop::option::weighted(0.8, value))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn runs_are_batches_one_after_the_other(
            batches in prop::collection::vec(prop::collection::btree_map(prop::collection::vec(0u8..4, 0..5), a_row(), 0..40), 1..6),
            start in prop::collection::vec(0u8..4, 0..4),
        ) {
            let blocks = Kept::default();
            let (mut runs, mut want) = (Vec::new(), Rows::new());
            for (id, batch) in batches.into_iter().enumerate() {
                let rows: Rows = batch.into_values().collect();
                runs.insert(0, run(&blocks, id as u64, &rows));
                want.extend(rows);
            }
            prop_assert_eq!(&all(&blocks, &runs, &[]), &want);
            let above: Rows = want.range(start.clone()..).map(|(k, v)| (k.clone(), v.clone())).collect();
            prop_assert_eq!(all(&blocks, &runs, &start), above);
            // joined, they say the same
            let joined = run(&blocks, 99, &all(&blocks, &runs, &[]));
            for runs in [runs, vec![joined]] {
                let get = |row: &[u8]| runs.iter().find_map(|run| run.get(&blocks, row, hash_of(row)).unwrap());
                for (row, value) in &want {
                    prop_assert_eq!(get(row).map(|v| v.map(|v| v.to_vec())), Some(value.clone()));
                    let mut other = row.clone();
                    other.push(1);
                    prop_assert_eq!(get(&other).map(|v| v.map(|v| v.to_vec())), want.get(&other).cloned());
                }
            }
        }

        #[test]
        fn there_are_few_runs_and_each_row_is_written_few_times(batches in prop::collection::vec(1u64..40_000, 1..400)) {
            let (mut runs, mut written) = (Vec::<u64>::new(), 0u64);
            let total: u64 = batches.iter().sum();
            for rows in batches {
                runs.insert(0, rows);
                written += rows;
                while let Some(window) = due(&runs) {
                    let joined = runs.drain(window.clone()).sum();
                    written += joined;
                    runs.insert(window.start, joined);
                }
            }
            prop_assert!(runs.len() <= 3 * (level(total) as usize + 1), "{runs:?}");
            prop_assert!(written <= total * 2 * (u64::from(level(total)) + 2), "{written} of {total}");
        }
    }
}
