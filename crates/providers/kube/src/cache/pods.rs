//! The pods of a namespace, counted by the ReplicaSet that manages them.

use std::collections::BTreeMap;

use windlass_core::id::Uid;

use crate::objects::{PodObject, PodState};

/// How many pods of a ReplicaSet are where in their life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PodCounts {
    pub(crate) starting: u32,
    pub(crate) ready: u32,
    pub(crate) ending: u32,
}

impl PodCounts {
    /// Pods that exist.
    pub(crate) fn all(self) -> u32 {
        self.starting + self.ready + self.ending
    }
}

/// One pod: its ReplicaSet and its state.
#[derive(Clone, Debug)]
struct Row {
    set: Uid,
    state: PodState,
}

/// Pods by name, and their counts. A ReplicaSet's identity is stored once for all of its pods.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pods {
    rows: BTreeMap<Box<str>, Row>,
    counts: BTreeMap<Uid, PodCounts>,
}

impl Pods {
    /// Takes in a pod as it is now; the ReplicaSet whose counts have changed by it.
    pub(crate) fn put(&mut self, pod: PodObject) -> Option<Uid> {
        let Some(set) = pod.set else { return self.remove(&pod.name) };
        self.count(&set, pod.state, u32::saturating_add);
        let set = self.counts.get_key_value(&set).map_or(set, |(known, _)| known.clone());
        let before = self.rows.insert(pod.name, Row { set: set.clone(), state: pod.state });
        if let Some(before) = before {
            self.uncount(&before);
        }
        Some(set)
    }

    /// Forgets a pod; the ReplicaSet that had it.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Uid> {
        let row = self.rows.remove(name)?;
        self.uncount(&row);
        Some(row.set)
    }

    pub(crate) fn names(&self) -> Vec<Box<str>> {
        self.rows.keys().cloned().collect()
    }

    /// How many pods a ReplicaSet has.
    pub(crate) fn of(&self, set: &Uid) -> PodCounts {
        self.counts.get(set).copied().unwrap_or_default()
    }

    /// The ReplicaSet of a pod.
    pub(crate) fn set_of(&self, pod: &str) -> Option<&Uid> {
        self.rows.get(pod).map(|row| &row.set)
    }

    fn uncount(&mut self, row: &Row) {
        self.count(&row.set, row.state, u32::saturating_sub);
        if self.counts.get(&row.set).is_some_and(|counts| counts.all() == 0) {
            self.counts.remove(&row.set);
        }
    }

    fn count(&mut self, set: &Uid, state: PodState, by: fn(u32, u32) -> u32) {
        let counts = self.counts.entry(set.clone()).or_default();
        let count = match state {
            PodState::Starting => &mut counts.starting,
            PodState::Ready => &mut counts.ready,
            PodState::Ending => &mut counts.ending,
            // A pod that is over holds nothing and is not missed.
            PodState::Over => return,
        };
        *count = by(*count, 1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pod(name: &str, set: Option<&str>, state: PodState) -> PodObject {
        PodObject { name: name.into(), version: 1, set: set.map(Uid::from), state }
    }

    #[test]
    fn a_pod_is_counted_where_it_is_and_nowhere_else() {
        let mut pods = Pods::default();
        pods.put(pod("a", Some("s"), PodState::Starting));
        pods.put(pod("a", Some("s"), PodState::Ready));
        pods.put(pod("b", Some("s"), PodState::Ending));
        pods.put(pod("c", Some("s"), PodState::Over));
        let counts = PodCounts { starting: 0, ready: 1, ending: 1 };
        assert_eq!(pods.of(&"s".into()), counts);
        assert_eq!(pods.remove("a"), Some("s".into()));
        assert_eq!(pods.of(&"s".into()).all(), 1);
    }

    #[test]
    fn a_pod_that_nobody_manages_any_more_is_forgotten() {
        let mut pods = Pods::default();
        pods.put(pod("a", Some("s"), PodState::Ready));
        assert_eq!(pods.put(pod("a", None, PodState::Ready)), Some("s".into()));
        assert_eq!((pods.of(&"s".into()).all(), pods.set_of("a")), (0, None));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_pods_that_are_there(
            steps in prop::collection::vec((0_u8..6, 0_u8..3, 0_u8..5), 0..60),
        ) {
            let states = [PodState::Starting, PodState::Ready, PodState::Ending, PodState::Over];
            let (mut pods, mut truth) = (Pods::default(), BTreeMap::new());
            for (name, set, state) in steps {
                let (name, set) = (format!("p{name}"), format!("s{set}"));
                match states.get(usize::from(state)) {
                    Some(state) => {
                        pods.put(pod(&name, Some(&set), *state));
                        truth.insert(name, (set, *state));
                    }
                    None => {
                        pods.remove(&name);
                        truth.remove(&name);
                    }
                }
            }
            for set in ["s0", "s1", "s2"] {
                let there = truth.values().filter(|(of, state)| of == set && *state != PodState::Over);
                prop_assert_eq!(pods.of(&set.into()).all() as usize, there.count());
            }
        }
    }
}
