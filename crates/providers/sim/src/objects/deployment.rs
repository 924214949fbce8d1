//! Deployments.

use windlass_core::model::{DeploymentStrategy, Replicas};
use windlass_core::platform::{DeploymentStatus, Template};
use windlass_core::time::{Span, Timestamp};

use super::meta::{Labels, Meta};

/// `spec` of a Deployment, and at the same time the manifest that a person applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSpec {
    /// Labels of its pods and its selector, `pod-template-hash` not among them.
    pub selector: Labels,
    /// The pod template.
    pub template: Template,
    /// Pods asked for.
    pub replicas: u32,
    /// How a new template is rolled out.
    pub strategy: DeploymentStrategy,
    /// True when a new template is not rolled out.
    pub paused: bool,
    /// Old ReplicaSets kept.
    pub history_limit: u32,
    /// How long a pod must have been ready to count as available.
    pub min_ready: Span,
    /// Time without progress after which the rollout counts as failed; `None`: for ever.
    pub progress_deadline: Option<Span>,
}

impl DeploymentSpec {
    /// A Deployment whose pods are labelled `app: <app>`, with Kubernetes' defaults for the rest.
    pub fn new(app: &str, template: Template, replicas: u32) -> Self {
        Self {
            selector: Labels::one("app", app),
            template,
            replicas,
            strategy: DeploymentStrategy::default(),
            paused: false,
            history_limit: 10,
            min_ready: Span::ZERO,
            progress_deadline: Some(Span::minutes(10)),
        }
    }

    /// Pods above `replicas` that a rolling update may make.
    pub fn surge(&self) -> u32 {
        self.strategy.room(self.wanted()).surge.get()
    }

    /// Pods below `replicas` that may be missing, never more than there are.
    pub fn unavailable(&self) -> u32 {
        self.strategy.room(self.wanted()).unavailable.get()
    }

    fn wanted(&self) -> Replicas {
        Replicas::try_from(self.replicas).unwrap_or(Replicas::MAX)
    }
}

/// Why the condition `Progressing` is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A ReplicaSet was made for a new template.
    NewSetCreated,
    /// A ReplicaSet with the template was found.
    FoundNewSet,
    /// Pods come up or go down.
    SetUpdated,
    /// The rollout is complete.
    NewSetAvailable,
    /// No progress within the deadline.
    DeadlineExceeded,
    /// The Deployment is paused: progress is not judged.
    Paused,
    /// It was resumed, and the deadline counts from there.
    Resumed,
}

/// The condition `Progressing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What was seen last.
    pub reason: Progress,
    /// When it was last updated.
    pub updated: Timestamp,
}

/// `status` of a Deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The generation that its controller had seen when it wrote this.
    pub observed_generation: u64,
    /// Pod counts over its ReplicaSets.
    pub pods: DeploymentStatus,
    /// The condition `Progressing`.
    pub progressing: Option<Condition>,
    /// The condition `Available`: enough pods for the strategy.
    pub available: bool,
    /// The condition `ReplicaFailure`: a ReplicaSet cannot make its pods.
    pub replica_failure: bool,
    /// Names that were taken by another ReplicaSet when one was to be made.
    pub collisions: u32,
}

/// A Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Metadata.
    pub meta: Meta,
    /// The annotation `deployment.kubernetes.io/revision`; 0 without one.
    pub revision: u64,
    /// What is wanted.
    pub spec: DeploymentSpec,
    /// What its controller has seen.
    pub status: Status,
}
