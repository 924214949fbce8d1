//! What happens later: events by time, and in the order they were planned where times are equal.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use windlass_core::time::Timestamp;

use crate::objects::{PodId, ServiceId, SetId};
use crate::world::AppId;

/// One thing that happens at its time. Whoever handles it checks that it still applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A pod goes one step further in its life.
    Pod(PodId, u32, PodStep),
    /// The ReplicaSet controller looks at a set.
    SyncSet(SetId),
    /// The data plane learns of the pods of a set whose readiness changed.
    SpreadPods(SetId),
    /// The data plane learns of a Service's selector.
    SpreadService(ServiceId),
    /// The Deployment controller's cache of Deployments moves on.
    InformDeployment(AppId),
    /// The Deployment controller's cache of ReplicaSets moves on.
    InformSets(AppId),
    /// The Deployment controller looks at its caches.
    SyncDeployment(AppId),
    /// The Deployment controller looks again without being woken.
    RecheckDeployment(AppId),
    /// The data plane of a route, by its number, moves on.
    Route(AppId, u64),
    /// What a deleted set leaves behind is collected.
    CollectSet(SetId),
    /// What a deleted Deployment leaves behind is collected.
    CollectApp(AppId),
}

/// Steps in the life of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PodStep {
    /// Its containers start.
    Run,
    /// Its readiness check succeeds.
    Ready,
    /// It has been ready for `minReadySeconds`, from this time on.
    Available(Timestamp),
    /// Its readiness check fails.
    Unready,
    /// Its containers end with an error.
    Crash,
    /// It has ended.
    End,
}

/// Events to come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
    planned: u64,
}

impl Queue {
    /// Plans an event.
    pub(crate) fn push(&mut self, at: Timestamp, event: Event) {
        self.planned += 1;
        self.heap.push(Reverse((at, self.planned, event)));
    }

    /// When the next event is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    /// Takes the next event out.
    pub(crate) fn pop(&mut self) -> Option<(Timestamp, Event)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
