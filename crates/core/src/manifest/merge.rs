//! The merge key `<<`: fields of other maps, taken where this map does not set them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{Entry, Map, Node, Value};
use super::source::Position;

/// A merge key of a map that is being read.
#[derive(Debug)]
pub(super) struct Merge {
    /// Where `<<` is written.
    pub(super) at: Position,
    /// How many fields of its own the map had before.
    before: usize,
    /// The maps to take from; the first one that has a field gives it.
    maps: Vec<Map>,
}

/// A map after its merge key was applied.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) entries: Vec<Entry>,
    /// Fields that `kubectl` takes from the merged map and other readers from this one: those
    /// written before `<<`, with another value than there.
    pub(super) contested: Vec<Arc<str>>,
}

impl Merge {
    /// `None` when `value` is neither a map nor a list of maps.
    pub(super) fn new(at: Position, before: usize, value: Node) -> Option<Self> {
        let into_map = |node: Node| if let Value::Map(map) = node.value { Some(map) } else { None };
        let maps = if let Value::List(items) = value.value {
            items.into_iter().map(into_map).collect::<Option<Vec<_>>>()?
        } else {
            vec![into_map(value)?]
        };
        Some(Self { at, before, maps })
    }

    /// The fields `own` of the map, with the merged ones at the place of `<<`.
    pub(super) fn into(self, own: Vec<Entry>) -> Merged {
        let places: BTreeMap<Arc<str>, usize> =
            own.iter().enumerate().map(|(nth, entry)| (entry.key().clone(), nth)).collect();
        let mut taken = BTreeSet::new();
        let mut merged = Vec::new();
        let mut contested = Vec::new();
        for entry in self.maps.iter().flat_map(Map::entries) {
            if !taken.insert(entry.key().clone()) {
                continue;
            }
            match places.get(entry.key()) {
                None => merged.push(entry.clone()),
                Some(&nth) if nth < self.before && own[nth].value != entry.value => {
                    contested.push(entry.key().clone());
                }
                Some(_) => {}
            }
        }
        let mut entries = own;
        let after = entries.split_off(self.before);
        entries.extend(merged);
        entries.extend(after);
        Merged { entries, contested }
    }
}
