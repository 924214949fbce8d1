//! What is known of the cluster that the manifests do not say.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::id::ObjectName;
use windlass_core::model::Replicas;
use windlass_core::model::view::ResourceName;
use windlass_core::platform::{ObjectKey, Quota, Survey};

/// What is known of the namespace that the manifests go to. The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// What the ResourceQuotas allow, by resource as a quota writes it: `requests.nvidia.com/gpu`,
    /// `limits.cpu`, `memory`, `pods`. Where several limit one resource, the tightest.
    pub quotas: BTreeMap<ResourceName, Quota>,
    /// The objects that exist.
    pub existing: BTreeSet<ObjectKey>,
    /// The objects that were looked for and do not exist.
    pub absent: BTreeSet<ObjectKey>,
    /// Deployments with a disruption budget over their pods in the cluster.
    pub guarded: BTreeSet<ObjectName>,
    /// Pods that a Deployment has now; they are part of what a quota counts as used.
    pub running: BTreeMap<ObjectName, Replicas>,
}

impl ClusterFacts {
    /// Whether the cluster has such an object.
    #[must_use]
    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.existing.contains(&ObjectKey::new(kind, name))
    }

    /// Whether the cluster is known not to have such an object.
    #[must_use]
    pub fn lacks(&self, kind: &str, name: &str) -> bool {
        let key = ObjectKey::new(kind, name);
        self.absent.contains(&key) && !self.existing.contains(&key)
    }

    /// The same, with what a platform knows of the namespace of the Deployment `app`, where it was
    /// asked for the objects `named`. What was known before stays; of two quotas on one resource
    /// the tighter counts.
    #[must_use]
    pub fn surveyed(mut self, app: &ObjectName, survey: &Survey, named: &[ObjectKey]) -> Self {
        let mut quotas = Survey { quotas: self.quotas, ..Survey::default() };
        for (resource, quota) in &survey.quotas {
            quotas.limit(resource.clone(), quota.clone());
        }
        self.quotas = quotas.quotas;
        self.existing.extend(survey.existing.iter().cloned());
        let missing = named.iter().filter(|key| !self.existing.contains(*key));
        self.absent.extend(missing.cloned());
        if !survey.budgets.is_empty() {
            self.guarded.insert(app.clone());
        }
        self
    }
}
