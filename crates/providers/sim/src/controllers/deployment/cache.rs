//! The two caches of the Deployment controller, and its work queue.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use windlass_core::model::DeploymentStrategy;

use windlass_core::time::{Span, Timestamp};

use crate::objects::{Deployment, Labels, ReplicaSet, SetId};
use crate::world::{AppId, Event, World};

/// What the controller has seen of one app, and what is on its way to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeploymentView {
    pub(crate) deployment: Option<Arc<Deployment>>,
    pub(crate) sets: BTreeMap<SetId, Arc<ReplicaSet>>,
    deployment_inbox: VecDeque<(Timestamp, Option<Arc<Deployment>>)>,
    set_inbox: VecDeque<(Timestamp, SetId, Option<Arc<ReplicaSet>>)>,
    queued: bool,
    /// When it looks again without being woken.
    recheck: Option<Timestamp>,
    /// Attempts in a row that failed.
    pub(crate) failures: u32,
}

impl DeploymentView {
    /// Notes that the controller looks now: what happens from here on wakes it again.
    pub(crate) fn looked(&mut self) {
        self.queued = false;
    }

    /// Takes one notice into the cache of ReplicaSets; true when the controller wakes up for it.
    fn take(&mut self, id: SetId, object: Option<Arc<ReplicaSet>>) -> bool {
        let new = object.clone();
        let old = match object {
            Some(object) => self.sets.insert(id, object),
            None => self.sets.remove(&id),
        };
        if [&old, &new].into_iter().flatten().any(|set| is_managed(set)) {
            return true;
        }
        let labels = |set: &Option<Arc<ReplicaSet>>| set.as_ref().map(|s| s.meta.labels.clone());
        labels(&old) != labels(&new) && labels(&new).is_some_and(|labels| self.selects(&labels))
    }

    fn selects(&self, labels: &Labels) -> bool {
        self.deployment.as_ref().is_some_and(|d| d.spec.selector.selects(labels))
    }
}

fn is_managed(set: &ReplicaSet) -> bool {
    set.meta.owner.as_ref().is_some_and(|owner| owner.controller)
}

impl World {
    /// Sends a Deployment on its way to the cache. Notices arrive in the order they were sent.
    pub(crate) fn tell_deployment(&mut self, app: AppId, object: Option<Arc<Deployment>>) {
        let due = self.now + self.draw(app, self.config.deployment_informer);
        let inbox = &mut self.store[app].view.deployment_inbox;
        let due = inbox.back().map_or(due, |(last, _)| due.max(*last));
        let first = inbox.is_empty();
        inbox.push_back((due, object));
        if first {
            self.queue.push(due, Event::InformDeployment(app));
        }
    }

    /// Sends a ReplicaSet on its way to the cache.
    pub(crate) fn tell_set(&mut self, app: AppId, id: SetId, object: Option<Arc<ReplicaSet>>) {
        let due = self.now + self.draw(app, self.config.set_informer);
        let inbox = &mut self.store[app].view.set_inbox;
        let due = inbox.back().map_or(due, |(last, ..)| due.max(*last));
        let first = inbox.is_empty();
        inbox.push_back((due, id, object));
        if first {
            self.queue.push(due, Event::InformSets(app));
        }
    }

    /// The cache of Deployments takes in what has arrived.
    pub(crate) fn inform_deployment(&mut self, app: AppId) {
        let now = self.now;
        let view = &mut self.store[app].view;
        while let Some((_, object)) = view.deployment_inbox.pop_front_if(|(due, _)| *due <= now) {
            view.deployment = object;
        }
        if let Some((due, _)) = view.deployment_inbox.front() {
            let due = *due;
            self.queue.push(due, Event::InformDeployment(app));
        }
        self.wake_deployment(app);
    }

    /// The cache of ReplicaSets takes in what has arrived.
    pub(crate) fn inform_sets(&mut self, app: AppId) {
        let now = self.now;
        let view = &mut self.store[app].view;
        let mut wake = false;
        while let Some((_, id, object)) = view.set_inbox.pop_front_if(|(due, ..)| *due <= now) {
            wake |= view.take(id, object);
        }
        if let Some((due, ..)) = view.set_inbox.front() {
            let due = *due;
            self.queue.push(due, Event::InformSets(app));
        }
        if wake {
            self.wake_deployment(app);
        }
    }

    /// Has the controller look at an app soon, once for all that happens until then.
    pub(crate) fn wake_deployment(&mut self, app: AppId) {
        let view = &mut self.store[app].view;
        if std::mem::replace(&mut view.queued, true) {
            return;
        }
        let after = self.draw(app, self.config.deployment_work);
        self.plan(after, Event::SyncDeployment(app));
    }

    /// Has the controller look again after a while, or earlier where that is planned already.
    pub(crate) fn recheck_deployment(&mut self, app: AppId, after: Span) {
        let due = self.now + after;
        let recheck = &mut self.store[app].view.recheck;
        if recheck.is_none_or(|planned| due < planned) {
            *recheck = Some(due);
            self.queue.push(due, Event::RecheckDeployment(app));
        }
    }

    /// The time to look again has come.
    pub(crate) fn recheck_due(&mut self, app: AppId) {
        let now = self.now;
        let recheck = &mut self.store[app].view.recheck;
        if recheck.is_some_and(|planned| planned <= now) {
            *recheck = None;
            self.wake_deployment(app);
        }
    }

    /// A pod is gone for good. A Deployment of strategy Recreate goes on when it was the last one.
    pub(crate) fn pod_gone(&mut self, set: SetId) {
        let Some(cell) = self.store.sets.get(&set) else { return };
        let home = cell.home;
        let app = &self.store[home];
        let Some(deployment) = &app.deployment else { return };
        let recreates = deployment.spec.strategy == DeploymentStrategy::Recreate;
        let owned =
            self.cells(app).filter(|(_, c)| c.object.meta.controlled_by(&deployment.meta.uid));
        let left: u32 = owned.map(|(_, c)| c.pods.counts.active + c.pods.counts.terminating).sum();
        if recreates && left == 0 {
            self.wake_deployment(home);
        }
    }
}
