//! A bounded map: two generations, the older is dropped when the younger is full; what is asked for stays young.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Keyed by a random seed, and faster than the standard one: most keys are hashes or short.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A map of two generations.
pub(crate) struct Generations<K, V> {
    young: Map<K, V>,
    old: Map<K, V>,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Generations<K, V> {
    /// Empty; `most` values a generation.
    pub(crate) fn new(most: usize) -> Generations<K, V> {
        Generations { young: Map::default(), old: Map::default(), most }
    }

    /// The value under `key`, if it is still here.
    pub(crate) fn get<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.put(key, value.clone());
        Some(value)
    }

    /// Takes the value under `key` out.
    pub(crate) fn take<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Values kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Keeps a value, in place of any under that key.
    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.most && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        // one value per key, whichever generation it is in
        self.old.remove(&key);
        self.young.insert(key, value);
    }
}
