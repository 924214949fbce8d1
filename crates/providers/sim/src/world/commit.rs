//! How objects change: versions, generations, the watch log, and who is woken.

use std::sync::Arc;

use windlass_core::id::ObjectName;
use windlass_core::time::Timestamp;

use super::{AppId, Event, ServiceCell, SetCell, WatchEvent, WatchKind, World};
use crate::controllers::{SetPods, SetWork};
use crate::manifests::Said;
use crate::objects::{Deployment, Labels, Meta, Owner, ReplicaSet, Service, ServiceId, SetId};

impl World {
    pub(crate) fn record(&mut self, app: AppId, what: (WatchKind, u64), event: WatchEvent) -> u64 {
        self.note_traffic(app, what.0);
        self.log.push(self.now, app.0, what, event)
    }

    /// Metadata of an object that is about to be made.
    pub(crate) fn new_meta(
        &mut self,
        (name, kind): (ObjectName, &str),
        labels: Labels,
        owner: Option<Owner>,
    ) -> (u64, Meta) {
        let (serial, uid) = self.identity(kind);
        let meta = Meta {
            name,
            uid,
            version: 0,
            generation: 1,
            created: self.now,
            labels,
            annotations: Labels::default(),
            owner,
        };
        (serial, meta)
    }

    /// Puts a Deployment in the place of the app's, through the main resource (the generation moves
    /// with spec and annotations) or the status (it does not). What changes nothing is not written.
    pub(crate) fn put_deployment(&mut self, app: AppId, mut next: Deployment, event: WatchEvent) {
        if let Some(old) = &self.store[app].deployment {
            if **old == next {
                return;
            }
            let wished = next.spec != old.spec || next.meta.annotations != old.meta.annotations;
            if wished && event == WatchEvent::Modified {
                next.meta.generation = old.meta.generation + 1;
            }
        }
        next.meta.version = self.record(app, (WatchKind::Deployment, u64::from(app.0)), event);
        self.log.stir(u64::from(next.spec.replicas) << 1 | u64::from(next.spec.paused));
        let next = Arc::new(next);
        self.store[app].deployment = Some(Arc::clone(&next));
        self.tell_deployment(app, Some(next));
    }

    /// Adds a ReplicaSet for an app. The name must be free.
    pub(crate) fn add_set(&mut self, home: AppId, serial: u64, mut set: ReplicaSet) -> SetId {
        let id = SetId(serial);
        set.meta.version = self.record(home, (WatchKind::ReplicaSet, serial), WatchEvent::Added);
        let namespace = self.store[home].name.namespace.clone();
        self.store.set_names.insert((namespace, set.meta.name.clone()), id);
        self.store[home].sets.push(id);
        self.recognise(&set.template);
        let said = Said::read(&set.template);
        set.pod_labels = said.labels.and(&set.pod_labels);
        let requests = match said.requests.is_empty() {
            true => Arc::clone(&self.behaviour(&set.template.digest).requests),
            false => said.requests,
        };
        let object = Arc::new(set);
        let cell = SetCell {
            home,
            object: Arc::clone(&object),
            pods: SetPods::default(),
            work: SetWork::default(),
            requests,
            deleted: false,
        };
        self.store.sets.insert(id, cell);
        self.tell_set(home, id, Some(object));
        self.wake_set(id);
        id
    }

    /// Puts a ReplicaSet in the place of the one that is there. What changes nothing is not written.
    pub(crate) fn put_set(&mut self, id: SetId, mut next: ReplicaSet) {
        let Some(cell) = self.store.sets.get(&id) else { return };
        let (home, old) = (cell.home, &cell.object);
        if **old == next {
            return;
        }
        let wished = next.replicas != old.replicas || next.min_ready != old.min_ready;
        let slower = next.min_ready != old.min_ready;
        let event =
            if next.status == old.status { WatchEvent::Modified } else { WatchEvent::Status };
        next.meta.generation = old.meta.generation + u64::from(wished);
        next.meta.version = self.record(home, (WatchKind::ReplicaSet, id.0), event);
        self.log.stir(u64::from(next.replicas) << 32 | u64::from(next.status.available));
        let next = Arc::new(next);
        if let Some(cell) = self.store.sets.get_mut(&id) {
            cell.object = Arc::clone(&next);
        }
        self.tell_set(home, id, Some(next));
        if wished {
            self.wake_set(id);
        }
        if slower {
            self.judge_availability(id);
        }
    }

    /// Deletes a ReplicaSet; its pods follow when the garbage collector gets to them.
    pub(crate) fn drop_set(&mut self, id: SetId) {
        let Some(cell) = self.store.sets.get_mut(&id) else { return };
        if std::mem::replace(&mut cell.deleted, true) {
            return;
        }
        let (home, name) = (cell.home, cell.object.meta.name.clone());
        let namespace = self.store[home].name.namespace.clone();
        self.store.set_names.remove(&(namespace, name));
        self.record(home, (WatchKind::ReplicaSet, id.0), WatchEvent::Deleted);
        self.tell_set(home, id, None);
        let after = self.draw(home, self.config.garbage);
        self.plan(after, Event::CollectSet(id));
    }

    /// Adds a Service for an app. The name must be free.
    pub(crate) fn add_service(&mut self, home: AppId, serial: u64, mut service: Service) {
        let id = ServiceId(serial);
        service.meta.version = self.record(home, (WatchKind::Service, serial), WatchEvent::Added);
        let namespace = self.store[home].name.namespace.clone();
        self.store.service_names.insert((namespace, service.meta.name.clone()), id);
        self.store[home].services.push(id);
        let cell = ServiceCell { home, object: Arc::new(service), spread: Labels::default() };
        self.store.services.insert(id, cell);
        self.plan_spread(home, id);
    }

    /// Puts a Service in the place of the one that is there. What changes nothing is not written.
    pub(crate) fn put_service(&mut self, id: ServiceId, mut next: Service) {
        let Some(cell) = self.store.services.get(&id) else { return };
        if *cell.object == next {
            return;
        }
        let (home, moved) = (cell.home, cell.object.selector != next.selector);
        next.meta.version = self.record(home, (WatchKind::Service, id.0), WatchEvent::Modified);
        if let Some(cell) = self.store.services.get_mut(&id) {
            cell.object = Arc::new(next);
        }
        if moved {
            self.plan_spread(home, id);
        }
    }

    /// Deletes a Service.
    pub(crate) fn drop_service(&mut self, id: ServiceId) {
        let Some(cell) = self.store.services.remove(&id) else { return };
        let namespace = self.store[cell.home].name.namespace.clone();
        self.store.service_names.remove(&(namespace, cell.object.meta.name.clone()));
        self.store[cell.home].services.retain(|service| *service != id);
        self.record(cell.home, (WatchKind::Service, id.0), WatchEvent::Deleted);
    }

    fn plan_spread(&mut self, home: AppId, id: ServiceId) {
        let after = self.draw(home, self.config.endpoints);
        self.plan(after, Event::SpreadService(id));
    }
}

/// A creation time as the API gives it: whole seconds.
pub(crate) fn stamp(at: Timestamp) -> i64 {
    at.millis().div_euclid(1_000)
}
