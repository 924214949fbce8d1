//! Nodes: the life of pods from being made to being gone.

use std::sync::Arc;

use windlass_core::time::{Span, Timestamp};

use crate::rng::Delay;

use crate::objects::pod::crash_back_off;
use crate::objects::{Health, Phase, Pod, PodBehaviour, PodId, SetId};
use crate::world::{Event, PodStep, WatchEvent, WatchKind, World};

impl World {
    /// Makes one pod of a set, where the quota of its namespace allows it; false where not.
    pub(crate) fn make_pod(&mut self, set: SetId) -> bool {
        let Some(cell) = self.store.sets.get(&set) else { return false };
        let (home, requests) = (cell.home, Arc::clone(&cell.requests));
        let start = self.behaviour(&cell.object.template.digest).start;
        if !self.charge(home, &requests) {
            return false;
        }
        let id = PodId(self.store.next_serial());
        let pod = Pod {
            set,
            created: self.now,
            phase: Phase::Pending,
            routed: false,
            restarts: 0,
            life: 0,
        };
        self.store.pods.insert(id, pod);
        if let Some(cell) = self.store.sets.get_mut(&set) {
            cell.pods.enter(id, &pod);
        }
        self.record(home, (WatchKind::Pod, id.0), WatchEvent::Added);
        let after = self.draw(home, start);
        self.plan(after, Event::Pod(id, 0, PodStep::Run));
        true
    }

    /// Tells a pod to end: it is not ready from now on, and gone later.
    pub(crate) fn end_pod(&mut self, id: PodId) {
        let Some((pod, set)) = self.pod(id) else { return };
        let terminate = self.behaviour_of(set).terminate;
        let after = self.draw_for(set, terminate);
        let life = pod.life + 1;
        self.change_pod(id, |pod| (pod.life, pod.phase) = (life, Phase::Terminating));
        self.plan(after, Event::Pod(id, life, PodStep::End));
    }

    /// Takes a pod away at once, as a lost node does; the data plane learns of it later.
    pub(crate) fn lose_pod(&mut self, id: PodId) {
        let Some((pod, set)) = self.pod(id) else { return };
        if pod.phase == Phase::Gone {
            return;
        }
        if let Some(cell) = self.store.sets.get(&set) {
            let (home, requests) = (cell.home, Arc::clone(&cell.requests));
            self.refund(home, &requests);
            self.record(home, (WatchKind::Pod, id.0), WatchEvent::Deleted);
        }
        self.change_pod(id, |pod| (pod.life, pod.phase) = (pod.life + 1, Phase::Gone));
        if !pod.routed {
            self.forget_pod(id);
        }
        self.wake_set(set);
        self.pod_gone(set);
    }

    /// Takes a pod that is gone out of all counts.
    pub(crate) fn forget_pod(&mut self, id: PodId) {
        let Some(pod) = self.store.pods.remove(&id) else { return };
        let Some(cell) = self.store.sets.get_mut(&pod.set) else { return };
        cell.pods.leave(id, &pod);
        let left = cell.pods.counts;
        if cell.deleted && left.active + left.terminating + left.routed.broken == 0 {
            self.forget_set(pod.set);
        }
    }

    /// One step in the life of a pod, unless it has taken another turn since it was planned.
    pub(crate) fn pod_step(&mut self, id: PodId, life: u32, step: PodStep) {
        let Some((pod, set)) = self.pod(id) else { return };
        if pod.life != life {
            return;
        }
        match (step, pod.phase) {
            (PodStep::Run, Phase::Pending) => self.pod_runs(id, set),
            (PodStep::Ready, Phase::Running) => self.pod_is_ready(id, set),
            (PodStep::Available(from), Phase::Ready { since, .. }) if since == from => {
                self.change_pod(id, |pod| pod.phase = Phase::Ready { since, available: true });
                self.wake_set(set);
            }
            (PodStep::Unready, Phase::Ready { .. }) => self.pod_flaps(id, set, life),
            (PodStep::Crash, Phase::Running | Phase::Ready { .. }) => self.pod_crashes(id, set),
            (PodStep::End, Phase::Terminating) => self.lose_pod(id),
            // The pod has moved on: an availability of an earlier readiness, a flap after a crash.
            (
                PodStep::Run
                | PodStep::Ready
                | PodStep::Available(_)
                | PodStep::Unready
                | PodStep::Crash
                | PodStep::End,
                _,
            ) => {}
        }
    }

    fn pod_runs(&mut self, id: PodId, set: SetId) {
        let behaviour = self.behaviour_of(set);
        self.change_pod(id, |pod| (pod.life, pod.phase) = (pod.life + 1, Phase::Running));
        let Some((pod, _)) = self.pod(id) else { return };
        if let Health::Crashes { after } = behaviour.health {
            let after = self.draw_for(set, after);
            self.plan(after, Event::Pod(id, pod.life, PodStep::Crash));
        }
        if behaviour.health != Health::NeverReady {
            let after = self.draw_for(set, behaviour.ready);
            self.plan(after, Event::Pod(id, pod.life, PodStep::Ready));
        }
        self.wake_set(set);
    }

    fn pod_is_ready(&mut self, id: PodId, set: SetId) {
        let Some((pod, _)) = self.pod(id) else { return };
        let min_ready = self.store.sets.get(&set).map(|cell| cell.object.min_ready);
        let min_ready = min_ready.unwrap_or_default();
        let (since, available) = (self.now, min_ready.is_zero());
        self.change_pod(id, |pod| pod.phase = Phase::Ready { since, available });
        if !available {
            self.plan(min_ready, Event::Pod(id, pod.life, PodStep::Available(since)));
        }
        if let Health::Flaps { up, .. } = self.behaviour_of(set).health {
            let after = self.draw_for(set, up);
            self.plan(after, Event::Pod(id, pod.life, PodStep::Unready));
        }
        self.wake_set(set);
    }

    fn pod_flaps(&mut self, id: PodId, set: SetId, life: u32) {
        self.change_pod(id, |pod| pod.phase = Phase::Running);
        if let Health::Flaps { down, .. } = self.behaviour_of(set).health {
            let after = self.draw_for(set, down);
            self.plan(after, Event::Pod(id, life, PodStep::Ready));
        }
        self.wake_set(set);
    }

    fn pod_crashes(&mut self, id: PodId, set: SetId) {
        self.change_pod(id, |pod| {
            pod.life += 1;
            pod.restarts += 1;
            pod.phase = Phase::Pending;
        });
        let Some((pod, _)) = self.pod(id) else { return };
        let after = crash_back_off(pod.restarts);
        self.plan(after, Event::Pod(id, pod.life, PodStep::Run));
        self.wake_set(set);
    }

    /// Judges anew which ready pods have been so for long enough, after `minReadySeconds` changed.
    pub(crate) fn judge_availability(&mut self, set: SetId) {
        let Some(cell) = self.store.sets.get(&set) else { return };
        let (min_ready, pods) = (cell.object.min_ready, cell.pods.active());
        for id in pods {
            let Some((pod, _)) = self.pod(id) else { continue };
            let Phase::Ready { since, .. } = pod.phase else { continue };
            let available = self.now.since(since) >= min_ready;
            self.change_pod(id, |pod| pod.phase = Phase::Ready { since, available });
            if !available {
                let due: Timestamp = since + min_ready;
                self.queue.push(due, Event::Pod(id, pod.life, PodStep::Available(since)));
            }
        }
        self.wake_set(set);
    }

    /// Changes one pod and keeps the counts, the watch log and the data plane in step with it.
    pub(crate) fn change_pod(&mut self, id: PodId, change: impl FnOnce(&mut Pod)) {
        let Some(pod) = self.store.pods.get_mut(&id) else { return };
        let before = *pod;
        change(pod);
        let after = *pod;
        if before == after {
            return;
        }
        let Some(cell) = self.store.sets.get_mut(&after.set) else { return };
        cell.pods.leave(id, &before);
        cell.pods.enter(id, &after);
        let home = cell.home;
        let is_ready = matches!(after.phase, Phase::Ready { .. });
        if is_ready != after.routed {
            self.pod_moved(home, after.set, id);
        }
        if after.phase != Phase::Gone {
            let ready = u64::from(matches!(before.phase, Phase::Ready { .. }) != is_ready);
            self.record(home, (WatchKind::Pod, id.0), WatchEvent::Status);
            self.log.stir(ready);
        }
    }

    fn behaviour_of(&self, set: SetId) -> Arc<PodBehaviour> {
        let cell = self.store.sets.get(&set);
        cell.map(|cell| self.behaviour(&cell.object.template.digest)).unwrap_or_default()
    }

    fn draw_for(&mut self, set: SetId, delay: Delay) -> Span {
        match self.store.sets.get(&set).map(|cell| cell.home) {
            Some(home) => self.draw(home, delay),
            None => delay.least,
        }
    }

    fn pod(&self, id: PodId) -> Option<(Pod, SetId)> {
        self.store.pods.get(&id).map(|pod| (*pod, pod.set))
    }
}
