//! The pods of one ReplicaSet: how many are in which state, and which would go first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use windlass_core::time::Timestamp;

use crate::objects::{Phase, Pod, PodId};

/// Pods that the data plane sends to, by what becomes of a request that reaches them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Routed {
    /// Ready: they answer.
    pub ready: u32,
    /// Told to end: they still answer, but are about to go.
    pub terminating: u32,
    /// Not ready, crashed or gone: nobody answers.
    pub broken: u32,
}

/// Pods of a ReplicaSet by state. These are true at every instant; a status may lag behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// Pods that exist and are not terminating.
    pub active: u32,
    /// Terminating pods.
    pub terminating: u32,
    /// Ready pods.
    pub ready: u32,
    /// Pods ready for at least `minReadySeconds`.
    pub available: u32,
    /// Pods that the data plane sends to.
    pub routed: Routed,
}

impl PodCounts {
    /// These and those.
    #[must_use]
    pub fn and(self, other: PodCounts) -> PodCounts {
        PodCounts {
            active: self.active + other.active,
            terminating: self.terminating + other.terminating,
            ready: self.ready + other.ready,
            available: self.available + other.available,
            routed: Routed {
                ready: self.routed.ready + other.routed.ready,
                terminating: self.routed.terminating + other.routed.terminating,
                broken: self.routed.broken + other.routed.broken,
            },
        }
    }
}

/// Who goes first when a ReplicaSet shrinks: the smallest. Pending before running before ready, then
/// the latest to become ready, the most often restarted, the youngest. Kubernetes compares ages on a
/// logarithmic scale and breaks ties by a random identity; nothing here rests on that.
type Standing = (u8, Reverse<Timestamp>, Reverse<u32>, Reverse<Timestamp>, Reverse<PodId>);

fn standing(id: PodId, pod: &Pod) -> Option<Standing> {
    let (rank, since) = match pod.phase {
        Phase::Pending => (0, Timestamp::default()),
        Phase::Running => (1, Timestamp::default()),
        Phase::Ready { since, .. } => (2, since),
        Phase::Terminating | Phase::Gone => return None,
    };
    Some((rank, Reverse(since), Reverse(pod.restarts), Reverse(pod.created), Reverse(id)))
}

/// The pods of one ReplicaSet.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetPods {
    pub(crate) counts: PodCounts,
    active: BTreeSet<Standing>,
    /// Pods whose readiness changed since the data plane last looked.
    pub(crate) moved: Vec<PodId>,
}

impl SetPods {
    /// Counts a pod in.
    pub(crate) fn enter(&mut self, id: PodId, pod: &Pod) {
        self.count(pod, u32::saturating_add);
        if let Some(standing) = standing(id, pod) {
            self.active.insert(standing);
        }
    }

    /// Counts a pod out; it must be as it was when it was counted in.
    pub(crate) fn leave(&mut self, id: PodId, pod: &Pod) {
        self.count(pod, u32::saturating_sub);
        if let Some(standing) = standing(id, pod) {
            self.active.remove(&standing);
        }
    }

    /// The `count` active pods that go first.
    pub(crate) fn first(&self, count: u32) -> Vec<PodId> {
        self.active.iter().take(count as usize).map(|(.., Reverse(id))| *id).collect()
    }

    /// All active pods.
    pub(crate) fn active(&self) -> Vec<PodId> {
        self.first(u32::MAX)
    }

    fn count(&mut self, pod: &Pod, by: fn(u32, u32) -> u32) {
        let counts = &mut self.counts;
        let routed = match pod.phase {
            Phase::Pending | Phase::Running => {
                counts.active = by(counts.active, 1);
                &mut counts.routed.broken
            }
            Phase::Ready { available, .. } => {
                counts.active = by(counts.active, 1);
                counts.ready = by(counts.ready, 1);
                counts.available = by(counts.available, u32::from(available));
                &mut counts.routed.ready
            }
            Phase::Terminating => {
                counts.terminating = by(counts.terminating, 1);
                &mut counts.routed.terminating
            }
            Phase::Gone => &mut counts.routed.broken,
        };
        *routed = by(*routed, u32::from(pod.routed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::SetId;

    fn pod(phase: Phase, restarts: u32, created: i64) -> Pod {
        let created = Timestamp::from_millis(created);
        Pod { set: SetId(0), created, phase, routed: false, restarts, life: 0 }
    }

    fn ready(since: i64) -> Phase {
        Phase::Ready { since: Timestamp::from_millis(since), available: true }
    }

    #[test]
    fn the_least_useful_pod_goes_first() {
        let in_order = [
            pod(Phase::Pending, 0, 9),
            pod(Phase::Pending, 0, 1),
            pod(Phase::Running, 3, 1),
            pod(Phase::Running, 0, 8),
            pod(ready(7), 0, 1),
            pod(ready(3), 0, 2),
        ];
        let mut pods = SetPods::default();
        for (n, pod) in in_order.iter().enumerate().rev() {
            pods.enter(PodId(n as u64), pod);
        }
        assert_eq!(pods.first(6), (0..6).map(PodId).collect::<Vec<_>>());
    }

    #[test]
    fn a_pod_counted_out_leaves_nothing_behind() {
        let mut pods = SetPods::default();
        let mut pod = pod(ready(5), 0, 1);
        pod.routed = true;
        pods.enter(PodId(1), &pod);
        assert_eq!(pods.counts.routed.ready, 1);
        pods.leave(PodId(1), &pod);
        assert_eq!(pods.counts, PodCounts::default());
        assert!(pods.active().is_empty());
    }
}
