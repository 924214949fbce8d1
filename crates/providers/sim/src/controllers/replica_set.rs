//! The ReplicaSet controller: makes and ends pods until there are as many as asked for.

use std::cmp::Ordering;

use windlass_core::time::Span;

use crate::objects::{SetId, SetStatus};
use crate::world::{Event, World};

/// What the controller has to do about a set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SetWork {
    queued: bool,
    /// Attempts in a row that could not make all pods.
    failures: u32,
}

impl World {
    /// Has the controller look at a set soon, once for all that happens until then.
    pub(crate) fn wake_set(&mut self, id: SetId) {
        let Some(cell) = self.store.sets.get_mut(&id) else { return };
        if cell.deleted || std::mem::replace(&mut cell.work.queued, true) {
            return;
        }
        let home = cell.home;
        let after = self.draw(home, self.config.set_work);
        self.plan(after, Event::SyncSet(id));
    }

    /// The controller looks at a set: makes or ends pods, and writes the status.
    pub(crate) fn sync_set(&mut self, id: SetId) {
        let Some(cell) = self.store.sets.get_mut(&id) else { return };
        cell.work.queued = false;
        if cell.deleted {
            return;
        }
        let (active, wanted) = (cell.pods.counts.active, cell.object.replicas);
        let burst = self.config.burst;
        let complete = match active.cmp(&wanted) {
            Ordering::Less => self.grow(id, (wanted - active).min(burst)),
            Ordering::Equal => true,
            Ordering::Greater => {
                self.shrink(id, (active - wanted).min(burst));
                true
            }
        };
        self.write_set_status(id, !complete);
        if complete {
            self.set_settled(id);
        } else {
            self.retry_set(id);
        }
    }

    /// Makes pods one by one; false when the quota let it make fewer.
    fn grow(&mut self, id: SetId, count: u32) -> bool {
        (0..count).all(|_| self.make_pod(id))
    }

    fn shrink(&mut self, id: SetId, count: u32) {
        let victims = self.store.sets.get(&id).map(|cell| cell.pods.first(count));
        for pod in victims.unwrap_or_default() {
            self.end_pod(pod);
        }
    }

    fn write_set_status(&mut self, id: SetId, failure: bool) {
        let Some(cell) = self.store.sets.get(&id) else { return };
        let counts = cell.pods.counts;
        let mut next = (*cell.object).clone();
        next.status = SetStatus {
            observed_generation: next.meta.generation,
            replicas: counts.active,
            ready: counts.ready,
            available: counts.available,
            failure,
        };
        self.put_set(id, next);
    }

    fn set_settled(&mut self, id: SetId) {
        let Some(cell) = self.store.sets.get_mut(&id) else { return };
        cell.work.failures = 0;
        if cell.pods.counts.active != cell.object.replicas {
            self.wake_set(id);
        }
    }

    /// Tries again after a delay that doubles from 5 ms up to 1,000 s, as a work queue does.
    fn retry_set(&mut self, id: SetId) {
        let Some(cell) = self.store.sets.get_mut(&id) else { return };
        let after = back_off(cell.work.failures);
        cell.work.failures += 1;
        if !std::mem::replace(&mut cell.work.queued, true) {
            self.plan(after, Event::SyncSet(id));
        }
    }
}

/// The delay before the retry that follows `failures` earlier ones in a row.
pub(crate) fn back_off(failures: u32) -> Span {
    Span::millis((5_u64 << failures.min(18)).min(1_000_000))
}
