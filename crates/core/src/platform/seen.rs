//! What is seen of an app: one read, with versions, and when it was taken. Never recorded.

use crate::fence::{Epoch, Token};
use crate::id::{Holder, ObjectName, PodHash, RunId, TemplateDigest, Uid};
use crate::model::DeploymentStrategy;
use crate::time::Timestamp;
use crate::weight::Weight;

/// When a view was read, and whose the app was then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The read began no earlier than this.
    pub read_at: Timestamp,
    /// Run and epoch of the lease at that time; `None` when nobody holds it.
    pub lease: Option<(RunId, Epoch)>,
}

/// Everything seen of one app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSeen {
    /// When the read began.
    pub read_at: Timestamp,
    /// Who holds the app; `None` while nobody does.
    pub lease: Option<LeaseSeen>,
    /// The app's Deployment; `None` when it does not exist.
    pub deployment: Option<DeploymentSeen>,
    /// The ReplicaSets of the Deployment, owned or released, and those that runs made for it.
    pub sets: Vec<SetSeen>,
    /// The Services that the scope names, as far as they exist.
    pub services: Vec<ServiceSeen>,
    /// `minAvailable` of the disruption budgets over the app's pods, the largest; 0 without one.
    pub min_available: u32,
}

/// The lease on an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseSeen {
    /// The run it is held for.
    pub run: RunId,
    /// The process that drives the run.
    pub holder: Holder,
    /// The epoch at which it took the app.
    pub epoch: Epoch,
}

/// A Deployment as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSeen {
    /// Its identity.
    pub uid: Uid,
    /// Raised by the server with every change of the spec.
    pub generation: u64,
    /// The generation that its controller had seen when it last wrote the status.
    pub observed_generation: u64,
    /// `spec.replicas`: pods asked for.
    pub replicas: u32,
    /// `spec.paused`.
    pub paused: bool,
    /// Digest of `spec.template`.
    pub template: TemplateDigest,
    /// `spec.strategy`.
    pub strategy: DeploymentStrategy,
    /// `spec.revisionHistoryLimit`.
    pub history_limit: u32,
    /// The pod counts of its status.
    pub status: DeploymentStatus,
}

/// The pod counts of a Deployment's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// Pods of all its ReplicaSets.
    pub replicas: u32,
    /// Pods of the current template.
    pub updated: u32,
    /// Ready pods.
    pub ready: u32,
    /// Pods ready for at least `minReadySeconds`.
    pub available: u32,
}

/// How a ReplicaSet belongs to the app's Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// Its labels match the selector and the Deployment owns it.
    Owned,
    /// Its labels match the selector, but it is not owned (yet).
    Matching,
    /// Its labels do not match: the Deployment leaves it alone.
    Apart,
}

/// A ReplicaSet as it was read, with what is known of its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSeen {
    /// Its name.
    pub name: ObjectName,
    /// Its identity.
    pub uid: Uid,
    /// What a write to it must expect.
    pub token: Token,
    /// The run whose label it wears, when a run made it.
    pub made_by: Option<RunId>,
    /// How it belongs to the Deployment.
    pub membership: Membership,
    /// Digest of its pod template, without `pod-template-hash`.
    pub template: TemplateDigest,
    /// The `pod-template-hash` of its pods.
    pub hash: PodHash,
    /// The annotation `deployment.kubernetes.io/revision`; 0 without one.
    pub revision: u64,
    /// `spec.replicas`: pods asked for.
    pub replicas: u32,
    /// Pods that exist, terminating ones included.
    pub pods: u32,
    /// Ready pods, terminating ones not counted.
    pub ready: u32,
    /// Pods ready for at least `minReadySeconds`.
    pub available: u32,
    /// Ready endpoints that the data plane is known to send to.
    pub serving: u32,
    /// True when the wish in `spec.replicas` has been observed by its controller.
    pub settled: bool,
}

/// A Service as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSeen {
    /// Its name.
    pub name: ObjectName,
    /// Its identity.
    pub uid: Uid,
    /// What a write to it must expect.
    pub token: Token,
    /// The `pod-template-hash` that its selector asks for; `None` when it selects all sides.
    pub pin: Option<PodHash>,
    /// The run whose label it wears, when a run made it.
    pub made_by: Option<RunId>,
    /// Ready endpoints behind it that the data plane is known to send to.
    pub endpoints: u32,
    /// True when the data plane is known to follow the selector as it is written.
    pub settled: bool,
}

/// The route that splits traffic, as it was read. Written, accepted and effective are three facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSeen {
    /// When the read began.
    pub read_at: Timestamp,
    /// Its name.
    pub name: ObjectName,
    /// Its identity.
    pub uid: Uid,
    /// What a write to it must expect.
    pub token: Token,
    /// The candidate's weight in the spec; `None` when the route has no candidate backend.
    pub written: Option<Weight>,
    /// True when the router has accepted the spec as it stands (`observedGeneration`, `Accepted`).
    pub accepted: bool,
    /// The candidate's share in the data plane as far as it is known; `None` while it is moving.
    pub effective: Option<Weight>,
}
