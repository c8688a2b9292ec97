//! Sets and lists of several lots put together. What all of them share is not copied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::chain::rows::Failure;

/// What is in all of these sets; one that all share is not copied.
pub(super) fn shared<'s>(mut sets: impl Iterator<Item = &'s Arc<BTreeSet<String>>>) -> Arc<BTreeSet<String>> {
    let mut all = sets.next().cloned().unwrap_or_default();
    for set in sets {
        if !Arc::ptr_eq(&all, set) && all != *set {
            all = Arc::new(&*all & &**set);
        }
    }
    all
}

/// What is in any of these sets; one that all share is not copied.
pub(super) fn union<'s, T: Ord + Clone + 's>(mut sets: impl Iterator<Item = &'s Arc<BTreeSet<T>>>) -> Arc<BTreeSet<T>> {
    let mut all = sets.next().cloned().unwrap_or_default();
    for set in sets.filter(|set| !set.is_empty()) {
        if all.is_empty() {
            all = Arc::clone(set);
        } else if !Arc::ptr_eq(&all, set) && *all != **set {
            Arc::make_mut(&mut all).extend(set.iter().cloned());
        }
    }
    all
}

/// Inherited failures with a lot's own, which count for the same inspection and parameter.
pub(super) fn with_own(inherited: &[Failure], own: Vec<Failure>) -> Vec<Failure> {
    let named = |failure: &Failure| (failure.record, failure.parameter.clone());
    let mut list: BTreeMap<_, Failure> = inherited.iter().map(|failure| (named(failure), failure.clone())).collect();
    list.extend(own.into_iter().map(|failure| (named(&failure), failure)));
    list.into_values().collect()
}
