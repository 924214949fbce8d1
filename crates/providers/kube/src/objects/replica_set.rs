//! ReplicaSets.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use windlass_core::id::{PodHash, TemplateDigest};
use windlass_core::model::POD_TEMPLATE_HASH;

use super::meta::{Meta, Texts};
use super::{Slim, template};

/// The annotation that numbers the revisions of a Deployment.
pub(crate) const REVISION: &str = "deployment.kubernetes.io/revision";

/// What is kept of a ReplicaSet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub(crate) struct ReplicaSetObject {
    pub(crate) meta: Meta,
    pub(crate) replicas: u32,
    pub(crate) template: TemplateDigest,
    /// The labels of its pods.
    pub(crate) pod_labels: Arc<Texts>,
    pub(crate) observed_generation: u64,
    pub(crate) available: u32,
}

impl ReplicaSetObject {
    /// The hash that tells its pods from those of other sets; empty for one that has none.
    pub(crate) fn hash(&self) -> PodHash {
        PodHash::new(self.pod_labels.get(POD_TEMPLATE_HASH).map_or("", |hash| hash))
    }

    /// Its place in the history of the Deployment; 0 without one.
    pub(crate) fn revision(&self) -> u64 {
        self.meta.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

impl Slim for ReplicaSetObject {
    fn name(&self) -> &str {
        self.meta.name.as_str()
    }

    fn version(&self) -> u64 {
        self.meta.resource_version
    }
}

#[derive(Deserialize)]
struct Wire {
    metadata: Meta,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    replicas: u32,
    #[serde(default)]
    template: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    observed_generation: u64,
    available_replicas: u32,
}

impl From<Wire> for ReplicaSetObject {
    fn from(Wire { metadata, spec, status }: Wire) -> Self {
        let labels = &spec.template["metadata"]["labels"];
        Self {
            meta: metadata,
            replicas: spec.replicas,
            template: template::digest(&spec.template),
            pod_labels: Arc::new(Texts::deserialize(labels).unwrap_or_default()),
            observed_generation: status.observed_generation,
            available: status.available_replicas,
        }
    }
}
