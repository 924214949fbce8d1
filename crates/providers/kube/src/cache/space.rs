//! All that is watched of one namespace.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::id::{ObjectName, Uid};
use windlass_core::time::Span;

use super::behind::Behind;
use super::feed::{FEEDS, Feed, FeedId};
use super::pods::Pods;
use crate::objects::{
    BudgetObject, DeploymentObject, LeaseObject, OwnerRef, ReplicaSetObject, ServiceObject,
};

/// A Service, and since when its selector is what it is.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub(crate) object: ServiceObject,
    pub(crate) selected: Span,
}

/// The objects of a namespace by name, as the watches have told them.
#[derive(Debug, Default)]
pub(crate) struct Space {
    pub(crate) deployments: BTreeMap<ObjectName, DeploymentObject>,
    pub(crate) sets: BTreeMap<ObjectName, ReplicaSetObject>,
    pub(crate) pods: Pods,
    pub(crate) services: BTreeMap<ObjectName, ServiceRow>,
    pub(crate) behind: BTreeMap<Box<str>, Behind>,
    pub(crate) leases: BTreeMap<ObjectName, LeaseObject>,
    pub(crate) budgets: BTreeMap<ObjectName, BudgetObject>,
    /// Names of ReplicaSets by identity, to find whose pod it is.
    pub(super) set_names: BTreeMap<Uid, ObjectName>,
    /// Which apps look at a Service.
    lookers: BTreeMap<Box<str>, BTreeSet<ObjectName>>,
    feeds: [Feed; FEEDS.len()],
    /// Apps of which something has changed since this was last taken.
    stirred: BTreeSet<ObjectName>,
}

impl Space {
    pub(crate) fn feed(&self, feed: FeedId) -> &Feed {
        &self.feeds[feed as usize]
    }

    pub(crate) fn feed_mut(&mut self, feed: FeedId) -> &mut Feed {
        &mut self.feeds[feed as usize]
    }

    /// The apps of which something has changed since this was last asked.
    pub(crate) fn take_stirred(&mut self) -> BTreeSet<ObjectName> {
        std::mem::take(&mut self.stirred)
    }

    pub(crate) fn set_by_uid(&self, uid: &Uid) -> Option<&ReplicaSetObject> {
        self.sets.get(self.set_names.get(uid)?)
    }

    /// An app looks at these Services from now on.
    pub(crate) fn look_at(&mut self, app: &ObjectName, services: &[ObjectName]) {
        for service in services {
            let known = self.lookers.get(service.as_str()).is_some_and(|apps| apps.contains(app));
            if !known {
                self.lookers.entry(service.as_str().into()).or_default().insert(app.clone());
            }
        }
    }

    pub(super) fn stir(&mut self, app: &ObjectName) {
        if !self.stirred.contains(app) {
            self.stirred.insert(app.clone());
        }
    }

    /// Something of the app that owns a ReplicaSet has changed.
    pub(super) fn stir_owner(&mut self, owners: &[OwnerRef]) {
        for owner in owners.iter().filter(|owner| &*owner.kind == "Deployment") {
            self.stir(&owner.name);
        }
    }

    pub(super) fn stir_set(&mut self, set: &Uid) {
        let owners = self.set_by_uid(set).map(|object| object.meta.owner_references.clone());
        self.stir_owner(&owners.unwrap_or_default());
    }

    pub(super) fn stir_lookers(&mut self, service: &str) {
        for app in self.lookers.get(service).cloned().unwrap_or_default() {
            self.stir(&app);
        }
    }

    pub(super) fn stir_all(&mut self) {
        let apps: Vec<ObjectName> = self.deployments.keys().cloned().collect();
        for app in apps {
            self.stir(&app);
        }
    }
}
