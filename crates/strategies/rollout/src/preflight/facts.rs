//! What is known of the cluster that the manifests do not say.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::id::ObjectName;
use windlass_core::model::view::ResourceName;
use windlass_core::model::{Quantity, Replicas};

/// What is known of the namespace that the manifests go to. The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// What the ResourceQuotas allow, by resource as a quota writes it: `requests.nvidia.com/gpu`,
    /// `limits.cpu`, `memory`, `pods`. Where several limit one resource, the tightest.
    pub quotas: BTreeMap<ResourceName, Quota>,
    /// The objects that exist.
    pub existing: BTreeSet<ObjectKey>,
    /// Pods that a Deployment has now; they are part of what a quota counts as used.
    pub running: BTreeMap<ObjectName, Replicas>,
}

/// A limit on a resource of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What may be used.
    pub hard: Quantity,
    /// What is used now.
    pub used: Quantity,
}

/// An object of the namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Its kind, such as `Secret`.
    pub kind: Box<str>,
    /// Its name.
    pub name: ObjectName,
}

impl ObjectKey {
    /// The object `name` of a kind.
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Self {
        ObjectKey { kind: kind.into(), name: name.into() }
    }
}

impl ClusterFacts {
    /// Whether the cluster has such an object.
    #[must_use]
    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.existing.contains(&ObjectKey::new(kind, name))
    }
}
