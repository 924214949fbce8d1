//! The objects of the cluster, as typed values.

pub mod deployment;
pub mod guards;
pub mod meta;
pub mod pod;
pub mod replica_set;
pub mod service;

pub use deployment::{Condition, Deployment, DeploymentSpec, Progress, Status};
pub use guards::{Budget, Lease, Quota};
pub use meta::{Labels, Meta, Owner};
pub use pod::{Health, Phase, Pod, PodBehaviour, PodId};
pub use replica_set::{ReplicaSet, SetId, SetStatus};
pub use service::{Service, ServiceId};

/// The label that tells one ReplicaSet's pods from another's.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";
/// The annotation that carries the fence of the last write of a run.
pub const FENCE_ANNOTATION: &str = "windlass.dev/fence";
/// The label with the run that an object was made for.
pub const RUN_LABEL: &str = "windlass.dev/run";
