//! From what is known of a namespace to what is seen of an app.

use std::collections::BTreeSet;

use windlass_core::id::{ObjectName, Uid};
use windlass_core::platform::{AppScope, AppSeen, Membership, ServiceSeen, SetSeen};
use windlass_core::time::{Span, Timestamp};

use crate::cache::Space;
use crate::lease::lease_name;
use crate::objects::{DeploymentObject, OwnerRef, ReplicaSetObject, Texts};

/// When and how patiently something is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// The wall clock.
    pub(crate) at: Timestamp,
    /// The monotonic clock.
    pub(crate) now: Span,
    /// How long the data plane takes at most to do what the API says.
    pub(crate) settle: Span,
}

impl View {
    /// What the API said by then the data plane does by now.
    fn known_by(self) -> Span {
        self.now.less(self.settle)
    }

    /// Everything seen of an app.
    pub(crate) fn app(self, space: &Space, scope: &AppScope) -> AppSeen {
        let name = &scope.app.name;
        let deployment = space.deployments.get(name);
        let sets = space.sets.values().filter(|set| belongs(set, name, deployment));
        let lease = space.leases.get(&lease_name(name)).and_then(|lease| lease.seen());
        let services = scope.services.iter();
        AppSeen {
            read_at: self.at,
            lease,
            deployment: deployment.map(DeploymentObject::seen),
            sets: sets.map(|set| self.set(space, scope, set, deployment)).collect(),
            services: services.filter_map(|name| self.service(space, name)).collect(),
            min_available: deployment.map_or(0, |it| floor(space, it)),
        }
    }

    /// When the same objects will look different, because the data plane has had its time by then.
    pub(crate) fn next(self, space: &Space, scope: &AppScope) -> Option<Span> {
        let rows = scope.services.iter().filter_map(|name| space.services.get(name));
        let selected = rows.map(|row| row.selected);
        let behind = scope.services.iter().filter_map(|name| space.behind.get(name.as_str()));
        let moved = selected.chain(behind.map(|it| it.moved()));
        moved.map(|at| at + self.settle).filter(|at| *at > self.now).min()
    }

    fn set(
        self,
        space: &Space,
        scope: &AppScope,
        set: &ReplicaSetObject,
        deployment: Option<&DeploymentObject>,
    ) -> SetSeen {
        let pods = space.pods.of(&set.meta.uid);
        SetSeen {
            name: set.meta.name.clone(),
            uid: set.meta.uid.clone(),
            token: set.meta.token(),
            made_by: set.meta.made_by(),
            membership: membership(set, deployment),
            template: set.template.clone(),
            hash: set.hash(),
            revision: set.revision(),
            replicas: set.replicas,
            pods: pods.all(),
            ready: pods.ready,
            available: set.available.min(pods.ready),
            serving: self.serving(space, scope, set, pods.ready),
            settled: set.observed_generation >= set.meta.generation,
        }
    }

    /// Ready pods that every Service which selects them sends to; all where no Service does.
    fn serving(self, space: &Space, scope: &AppScope, set: &ReplicaSetObject, ready: u32) -> u32 {
        let rows = scope.services.iter().filter_map(|name| space.services.get(name));
        let over = rows.filter(|row| row.object.selects(&set.pod_labels));
        let behind = over.map(|row| {
            let name = row.object.meta.name.as_str();
            let Some(behind) = space.behind.get(name) else { return 0 };
            count(behind.known(self.known_by()).filter(|pod| is_of(space, pod, &set.meta.uid)))
        });
        behind.min().unwrap_or(ready).min(ready)
    }

    fn service(self, space: &Space, name: &ObjectName) -> Option<ServiceSeen> {
        let row = space.services.get(name)?;
        let object = &row.object;
        let selected =
            |pod: &str| pod_labels(space, pod).is_none_or(|labels| object.selects(labels));
        let behind = space.behind.get(name.as_str());
        let known =
            behind.map_or(0, |it| count(it.known(self.known_by()).filter(|pod| selected(pod))));
        // The endpoints follow the selector, and the data plane follows both.
        let follows = behind.is_none_or(|it| it.wanted().all(selected));
        let moved = behind.map_or(Span::ZERO, |it| it.moved()).max(row.selected);
        Some(ServiceSeen {
            name: object.meta.name.clone(),
            uid: object.meta.uid.clone(),
            token: object.meta.token(),
            pin: object.pin(),
            made_by: object.meta.made_by(),
            endpoints: known,
            settled: follows && moved <= self.known_by(),
        })
    }
}

fn count<'a>(pods: impl Iterator<Item = &'a str>) -> u32 {
    u32::try_from(pods.count()).unwrap_or(u32::MAX)
}

fn is_of(space: &Space, pod: &str, set: &Uid) -> bool {
    space.pods.set_of(pod) == Some(set)
}

/// The labels that the ReplicaSet of a pod gives it.
fn pod_labels<'s>(space: &'s Space, pod: &str) -> Option<&'s Texts> {
    let set = space.set_by_uid(space.pods.set_of(pod)?)?;
    Some(&set.pod_labels)
}

/// The ReplicaSets of an app: those of its Deployment, owned or released, and those made for it.
fn belongs(
    set: &ReplicaSetObject,
    app: &ObjectName,
    deployment: Option<&DeploymentObject>,
) -> bool {
    let of = |owner: &OwnerRef| match deployment {
        Some(deployment) => owner.uid == deployment.meta.uid,
        None => &*owner.kind == "Deployment" && owner.name == *app,
    };
    set.meta.owner_references.iter().any(of)
}

fn membership(set: &ReplicaSetObject, deployment: Option<&DeploymentObject>) -> Membership {
    let Some(deployment) = deployment else { return Membership::Apart };
    let labels = set.meta.labels.as_ref();
    if !labels.is_some_and(|labels| deployment.selector.selects(labels)) {
        Membership::Apart
    } else if set.meta.controller().is_some_and(|owner| owner.uid == deployment.meta.uid) {
        Membership::Owned
    } else {
        Membership::Matching
    }
}

/// The most ready pods that a disruption budget over the app's pods asks for.
fn floor(space: &Space, deployment: &DeploymentObject) -> u32 {
    let owned = space.sets.values().filter(|set| {
        set.meta.owner_references.iter().any(|owner| owner.uid == deployment.meta.uid)
    });
    let labels: BTreeSet<_> = owned.map(|set| &set.pod_labels).collect();
    let over = space.budgets.values().filter(|budget| {
        let selector = budget.selector.as_ref();
        selector.is_some_and(|selector| labels.iter().any(|it| selector.selects(it)))
    });
    over.map(|budget| budget.desired_healthy).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
