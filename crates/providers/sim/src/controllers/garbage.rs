//! The garbage collector: what goes with its owner, and what namespaces are charged for pods.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::objects::SetId;
use crate::world::{AppId, World};

impl World {
    /// Ends the pods of a deleted set.
    pub(crate) fn collect_set(&mut self, set: SetId) {
        let Some(cell) = self.store.sets.get(&set) else { return };
        let (pods, counts) = (cell.pods.active(), cell.pods.counts);
        if counts.active + counts.terminating + counts.routed.broken == 0 {
            self.forget_set(set);
        }
        for pod in pods {
            self.end_pod(pod);
        }
    }

    /// Deletes what a Deployment owned that is gone, whether it managed it or not.
    pub(crate) fn collect_app(&mut self, app: AppId) {
        let alive = self.store[app].deployment.as_ref().map(|d| d.meta.uid.clone());
        let orphan = |owner: &Option<crate::objects::Owner>| {
            owner.as_ref().is_some_and(|owner| Some(&owner.uid) != alive.as_ref())
        };
        let sets = self.store[app].sets.iter().filter(|id| {
            self.store.sets.get(id).is_some_and(|cell| orphan(&cell.object.meta.owner))
        });
        let sets: Vec<_> = sets.copied().collect();
        let services = self.store[app].services.iter().filter(|id| {
            self.store.services.get(id).is_some_and(|cell| orphan(&cell.object.meta.owner))
        });
        let services: Vec<_> = services.copied().collect();
        for set in sets {
            self.drop_set(set);
        }
        for service in services {
            self.drop_service(service);
        }
    }

    /// Removes the last trace of a deleted set.
    pub(crate) fn forget_set(&mut self, set: SetId) {
        if let Some(cell) = self.store.sets.remove(&set) {
            self.store[cell.home].sets.retain(|id| *id != set);
        }
    }

    /// Counts one more pod in the app's namespace, where its quota allows; false where not.
    pub(crate) fn charge(&mut self, app: AppId, requests: &BTreeMap<Arc<str>, u64>) -> bool {
        let name = self.store[app].name.namespace.clone();
        let space = self.store.namespaces.entry(name).or_default();
        let fits = |resource: &Arc<str>, more: u64| {
            let used = space.extended.get(resource).copied().unwrap_or(0);
            space.quota.extended.get(resource).is_none_or(|limit| used + more <= *limit)
        };
        let room = space.quota.pods.is_none_or(|limit| space.pods < limit);
        if !room || !requests.iter().all(|(resource, more)| fits(resource, *more)) {
            return false;
        }
        space.pods += 1;
        for (resource, more) in requests {
            *space.extended.entry(Arc::clone(resource)).or_default() += more;
        }
        true
    }

    /// Counts one pod less in the app's namespace.
    pub(crate) fn refund(&mut self, app: AppId, requests: &BTreeMap<Arc<str>, u64>) {
        let name = self.store[app].name.namespace.clone();
        let space = self.store.namespaces.entry(name).or_default();
        space.pods = space.pods.saturating_sub(1);
        for (resource, less) in requests {
            if let Some(used) = space.extended.get_mut(resource) {
                *used = used.saturating_sub(*less);
            }
        }
    }
}
