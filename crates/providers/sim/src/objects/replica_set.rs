//! ReplicaSets.

use windlass_core::id::PodHash;
use windlass_core::platform::Template;
use windlass_core::time::Span;

use super::meta::{Labels, Meta};

/// Number of a ReplicaSet; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u64);

/// `status` of a ReplicaSet. Terminating pods are in none of the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetStatus {
    /// The generation that its controller had seen when it wrote this.
    pub observed_generation: u64,
    /// Pods.
    pub replicas: u32,
    /// Ready pods.
    pub ready: u32,
    /// Pods ready for at least `min_ready`.
    pub available: u32,
    /// The condition `ReplicaFailure`: pods could not be made.
    pub failure: bool,
}

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaSet {
    /// Metadata.
    pub meta: Meta,
    /// The annotation `deployment.kubernetes.io/revision`; 0 without one.
    pub revision: u64,
    /// The annotation `deployment.kubernetes.io/revision-history`: revisions it had before.
    pub past_revisions: Vec<u64>,
    /// The annotation `deployment.kubernetes.io/desired-replicas`: the Deployment's size when its
    /// controller last sized this set.
    pub desired: Option<u32>,
    /// The annotation `deployment.kubernetes.io/max-replicas`: that size and the surge.
    pub max: Option<u32>,
    /// `spec.replicas`: pods asked for.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: Span,
    /// The pod template, without `pod-template-hash`.
    pub template: Template,
    /// The `pod-template-hash` of its pods and in its selector.
    pub hash: PodHash,
    /// All labels of its pods, `pod-template-hash` included; its selector asks for the same.
    pub pod_labels: Labels,
    /// What its controller has seen.
    pub status: SetStatus,
}
