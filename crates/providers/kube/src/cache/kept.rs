//! How each kind of object is taken into what is known.

use std::collections::BTreeSet;

use windlass_core::id::ObjectName;

use super::feed::FeedId;
use super::space::{ServiceRow, Space};
use super::told::Told;
use crate::objects::{
    BudgetObject, DeploymentObject, LeaseObject, PodObject, ReplicaSetObject, ServiceObject,
    SliceObject, Slim,
};

/// A kind of object that is kept.
pub(crate) trait Kept: Slim {
    /// Where it comes from.
    const FEED: FeedId;

    /// Takes it in as it is now.
    fn put(self, space: &mut Space, told: Told);

    /// The version of what is known under a name, where others than the watch tell of it too.
    fn known(space: &Space, name: &str) -> Option<u64>;

    /// Takes it in unless something newer is known: the answer to a write of ours, and the watch,
    /// overtake each other.
    fn take(self, space: &mut Space, told: Told) {
        if Self::known(space, self.name()).is_none_or(|known| known <= self.version()) {
            self.put(space, told);
        }
    }

    /// Forgets it unless another of its name is known that is newer.
    fn drop_out(self, space: &mut Space, told: Told) {
        if Self::known(space, self.name()).is_none_or(|known| known <= self.version()) {
            Self::gone(space, self.name(), told);
        }
    }

    /// Forgets it.
    fn gone(space: &mut Space, name: &str, told: Told);

    /// The names of all that are known.
    fn names(space: &Space) -> Vec<Box<str>>;

    /// Takes in a whole list: what is not on it is gone.
    fn replace(space: &mut Space, items: Vec<Self>, told: Told) {
        let listed: BTreeSet<Box<str>> = items.iter().map(|item| item.name().into()).collect();
        for name in Self::names(space).into_iter().filter(|name| !listed.contains(name)) {
            Self::gone(space, &name, told);
        }
        for item in items {
            item.take(space, told);
        }
    }
}

fn keys<'a>(names: impl Iterator<Item = &'a ObjectName>) -> Vec<Box<str>> {
    names.map(|name| name.as_str().into()).collect()
}

impl Kept for DeploymentObject {
    const FEED: FeedId = FeedId::Deployments;

    fn put(self, space: &mut Space, _: Told) {
        let name = self.meta.name.clone();
        space.stir(&name);
        space.deployments.insert(name, self);
    }

    fn known(space: &Space, name: &str) -> Option<u64> {
        space.deployments.get(&name.into()).map(Slim::version)
    }

    fn gone(space: &mut Space, name: &str, _: Told) {
        space.stir(&name.into());
        space.deployments.remove(&name.into());
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        keys(space.deployments.keys())
    }
}

impl Kept for ReplicaSetObject {
    const FEED: FeedId = FeedId::ReplicaSets;

    fn put(self, space: &mut Space, _: Told) {
        let name = self.meta.name.clone();
        space.stir_owner(&self.meta.owner_references);
        space.set_names.insert(self.meta.uid.clone(), name.clone());
        if let Some(before) = space.sets.insert(name, self) {
            // Where it had another owner until now, that one lost it.
            space.stir_owner(&before.meta.owner_references);
        }
    }

    fn known(space: &Space, name: &str) -> Option<u64> {
        space.sets.get(&name.into()).map(Slim::version)
    }

    fn gone(space: &mut Space, name: &str, _: Told) {
        if let Some(before) = space.sets.remove(&name.into()) {
            space.stir_owner(&before.meta.owner_references);
            space.set_names.remove(&before.meta.uid);
        }
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        keys(space.sets.keys())
    }
}

impl Kept for PodObject {
    const FEED: FeedId = FeedId::Pods;

    fn put(self, space: &mut Space, _: Told) {
        if let Some(set) = space.pods.put(self) {
            space.stir_set(&set);
        }
    }

    fn known(_: &Space, _: &str) -> Option<u64> {
        None
    }

    fn gone(space: &mut Space, name: &str, _: Told) {
        if let Some(set) = space.pods.remove(name) {
            space.stir_set(&set);
        }
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        space.pods.names()
    }
}

impl Kept for ServiceObject {
    const FEED: FeedId = FeedId::Services;

    fn put(self, space: &mut Space, told: Told) {
        let name = self.meta.name.clone();
        space.stir_lookers(name.as_str());
        let before = space.services.get(&name);
        let same = before.filter(|before| before.object.selector == self.selector);
        let selected = same.map_or(told.since(self.meta.touched), |before| before.selected);
        space.services.insert(name, ServiceRow { object: self, selected });
    }

    fn known(space: &Space, name: &str) -> Option<u64> {
        space.services.get(&name.into()).map(|row| row.object.version())
    }

    fn gone(space: &mut Space, name: &str, _: Told) {
        space.stir_lookers(name);
        space.services.remove(&name.into());
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        keys(space.services.keys())
    }
}

impl Kept for SliceObject {
    const FEED: FeedId = FeedId::EndpointSlices;

    fn put(self, space: &mut Space, told: Told) {
        let Some(service) = self.service().map(Box::<str>::from) else { return };
        space.stir_lookers(&service);
        space.behind.entry(service).or_default().put(self, told);
    }

    fn known(_: &Space, _: &str) -> Option<u64> {
        None
    }

    fn gone(space: &mut Space, name: &str, told: Told) {
        let of = space.behind.iter().find(|(_, behind)| behind.has(name));
        let Some(service) = of.map(|(service, _)| service.clone()) else { return };
        space.stir_lookers(&service);
        if let Some(behind) = space.behind.get_mut(&service) {
            behind.remove(name, told.now);
        }
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        space.behind.values().flat_map(super::Behind::slices).map(Box::from).collect()
    }
}

impl Kept for LeaseObject {
    const FEED: FeedId = FeedId::Leases;

    fn put(self, space: &mut Space, _: Told) {
        if let Some(app) = self.app() {
            space.stir(&app);
        }
        space.leases.insert(self.meta.name.clone(), self);
    }

    fn known(space: &Space, name: &str) -> Option<u64> {
        space.leases.get(&name.into()).map(Slim::version)
    }

    fn gone(space: &mut Space, name: &str, _: Told) {
        let before = space.leases.remove(&name.into());
        if let Some(app) = before.and_then(|lease| lease.app()) {
            space.stir(&app);
        }
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        keys(space.leases.keys())
    }
}

impl Kept for BudgetObject {
    const FEED: FeedId = FeedId::Budgets;

    fn put(self, space: &mut Space, _: Told) {
        space.stir_all();
        space.budgets.insert(self.meta.name.clone(), self);
    }

    fn known(space: &Space, name: &str) -> Option<u64> {
        space.budgets.get(&name.into()).map(Slim::version)
    }

    fn gone(space: &mut Space, name: &str, _: Told) {
        space.stir_all();
        space.budgets.remove(&name.into());
    }

    fn names(space: &Space) -> Vec<Box<str>> {
        keys(space.budgets.keys())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use windlass_core::time::{Span, Timestamp};

    use super::*;

    fn told() -> Told {
        Told { now: Span::ZERO, wall: Timestamp::from_millis(0), first: false }
    }

    fn set(version: u64, replicas: u32) -> ReplicaSetObject {
        let metadata = json!({"name": "web-1", "uid": "u", "resourceVersion": version.to_string()});
        serde_json::from_value(json!({"metadata": metadata, "spec": {"replicas": replicas}}))
            .expect("valid")
    }

    #[test]
    fn an_answer_that_the_watch_has_overtaken_takes_nothing_back() {
        let mut space = Space::default();
        set(7, 3).take(&mut space, told());
        set(5, 1).take(&mut space, told());
        assert_eq!(space.sets[&"web-1".into()].replicas, 3);
        set(8, 4).take(&mut space, told());
        assert_eq!(space.sets[&"web-1".into()].replicas, 4);
    }

    #[test]
    fn news_of_an_earlier_end_does_not_end_what_was_made_anew() {
        let mut space = Space::default();
        set(7, 3).take(&mut space, told());
        set(6, 3).drop_out(&mut space, told());
        assert!(space.sets.contains_key(&"web-1".into()));
        set(9, 3).drop_out(&mut space, told());
        assert!(space.sets.is_empty() && space.set_by_uid(&"u".into()).is_none());
    }
}
