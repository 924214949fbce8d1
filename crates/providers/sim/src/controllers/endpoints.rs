//! Endpoints: what the data plane knows of pods and Services, and when it learns it.

use windlass_core::id::{PodHash, TemplateDigest};

use super::Routed;
use crate::objects::{Labels, Phase, PodId, ServiceId, SetId};
use crate::world::{AppId, Event, SetCell, WatchEvent, WatchKind, World};

/// The pods of one ReplicaSet behind a Service, as the data plane has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The ReplicaSet.
    pub set: SetId,
    /// The `pod-template-hash` of the pods.
    pub hash: PodHash,
    /// Their template.
    pub template: TemplateDigest,
    /// How many of them are sent to.
    pub routed: Routed,
}

impl World {
    /// Notes that a pod's readiness differs from what the data plane has, and plans that it learns.
    pub(crate) fn pod_moved(&mut self, home: AppId, set: SetId, pod: PodId) {
        let Some(cell) = self.store.sets.get_mut(&set) else { return };
        let first = cell.pods.moved.is_empty();
        cell.pods.moved.push(pod);
        if first {
            let after = self.draw(home, self.config.endpoints);
            self.plan(after, Event::SpreadPods(set));
        }
    }

    /// The data plane learns of the pods that moved.
    pub(crate) fn spread_pods(&mut self, set: SetId) {
        let Some(cell) = self.store.sets.get_mut(&set) else { return };
        let (home, before) = (cell.home, cell.pods.counts.routed);
        let moved = std::mem::take(&mut cell.pods.moved);
        for id in moved {
            let Some(pod) = self.store.pods.get_mut(&id) else { continue };
            let old = *pod;
            pod.routed = matches!(pod.phase, Phase::Ready { .. });
            let new = *pod;
            if let Some(cell) = self.store.sets.get_mut(&set) {
                cell.pods.leave(id, &old);
                cell.pods.enter(id, &new);
            }
            if new.phase == Phase::Gone {
                self.forget_pod(id);
            }
        }
        let after = self.store.sets.get(&set).map(|cell| cell.pods.counts.routed);
        if after != Some(before) {
            self.record(home, (WatchKind::Endpoints, set.0), WatchEvent::Status);
        }
    }

    /// The data plane learns of a Service's selector.
    pub(crate) fn spread_service(&mut self, id: ServiceId) {
        let Some(cell) = self.store.services.get_mut(&id) else { return };
        if cell.spread == cell.object.selector {
            return;
        }
        cell.spread = cell.object.selector.clone();
        let home = cell.home;
        self.record(home, (WatchKind::Endpoints, id.0), WatchEvent::Status);
    }

    /// What the data plane has behind a selector, one entry for each set of the app that it selects.
    pub(crate) fn behind(&self, app: AppId, selector: &Labels) -> Vec<Backend> {
        let cells =
            self.store[app].sets.iter().filter_map(|id| Some((*id, self.store.sets.get(id)?)));
        let selected = cells.filter(|(_, cell)| selector.selects(&cell.object.pod_labels));
        let backend = |(set, cell): (SetId, &SetCell)| Backend {
            set,
            hash: cell.object.hash.clone(),
            template: cell.object.template.digest.clone(),
            routed: cell.pods.counts.routed,
        };
        selected.map(backend).collect()
    }
}
