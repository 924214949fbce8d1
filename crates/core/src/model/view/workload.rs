//! Deployments, and what else makes pods from a template.

use super::place::{Place, Placed};
use super::pod::{PodSpec, PodTemplate};
use super::read::{checked, int_or_percent, labels, seconds, selector};
use super::status::DeploymentStatus;
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{
    DeploymentStrategy, IntOrPercent, Labels, Percent, Replicas, RollingLimits, Selector,
};
use crate::time::Span;

/// An `apps/v1` Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentView {
    /// Pods asked for; 1 where nothing is said.
    pub replicas: Placed<Replicas>,
    /// Whether the manifest says how many pods; one that does not leaves it to an autoscaler.
    pub sets_replicas: bool,
    /// Which pods it counts as its own.
    pub selector: Placed<Selector>,
    /// What they look like.
    pub template: PodTemplate,
    /// How one template is replaced by the next.
    pub strategy: DeploymentStrategy,
    /// Whether its controller leaves the pods as they are.
    pub paused: bool,
    /// How long a pod must be ready to count as available; 0 where nothing is said.
    pub min_ready: Span,
    /// Old ReplicaSets that are kept for an undo; 10 where nothing is said.
    pub history_limit: Placed<u32>,
    /// How long a rollout may stand still; 600 s where nothing is said.
    pub progress_deadline: Span,
    /// What its controller reports; `None` in a manifest that was not read from a cluster.
    pub status: Option<DeploymentStatus>,
}

impl DeploymentView {
    /// The most pods that the Deployment's own controller runs at once during an update.
    #[must_use]
    pub fn peak(&self) -> Replicas {
        self.replicas.saturating_add(self.strategy.room(self.replicas.value).surge)
    }

    pub(super) fn read(root: &Cursor<'_>) -> Option<Self> {
        let spec = root.required("spec");
        let selector_field = spec.required("selector");
        let history = spec.field("revisionHistoryLimit");
        let selector = Placed::read(&selector_field, selector);
        let template = PodTemplate::read(&spec.required("template"));
        let strategy = strategy(&spec.field("strategy"));
        Some(DeploymentView {
            replicas: replicas(&spec),
            sets_replicas: spec.field("replicas").is_present(),
            paused: spec.field("paused").bool().unwrap_or(false),
            min_ready: seconds(&spec.field("minReadySeconds")).unwrap_or(Span::ZERO),
            history_limit: Placed {
                value: history.int().unwrap_or(10),
                place: Place::of(&history),
            },
            progress_deadline: seconds(&spec.field("progressDeadlineSeconds"))
                .unwrap_or(Span::seconds(600)),
            status: DeploymentStatus::read(&root.field("status")),
            selector: selector?,
            template: template?,
            strategy: strategy?,
        })
    }
}

/// `spec.replicas`, 1 where nothing is said.
fn replicas(spec: &Cursor<'_>) -> Placed<Replicas> {
    let field = spec.field("replicas");
    Placed { value: checked(&field).unwrap_or(Replicas::ONE), place: Place::of(&field) }
}

fn strategy(cursor: &Cursor<'_>) -> Option<DeploymentStrategy> {
    let kind = cursor.field("type");
    let limits = cursor.field("rollingUpdate");
    match kind.parse::<StrategyWord>() {
        Some(StrategyWord::Recreate) => {
            if limits.is_present() {
                limits.invalid(LimitsOfRecreate);
            }
            Some(DeploymentStrategy::Recreate)
        }
        Some(StrategyWord::RollingUpdate) | None => {
            let quarter = IntOrPercent::Share(Percent::new(25));
            let surge = int_or_percent(&limits.field("maxSurge")).unwrap_or(quarter);
            let missing = int_or_percent(&limits.field("maxUnavailable")).unwrap_or(quarter);
            limits.check(RollingLimits::new(surge, missing)).map(DeploymentStrategy::RollingUpdate)
        }
    }
}

words! {
    /// How a strategy is written.
    StrategyWord {
        /// All at once.
        Recreate = "Recreate",
        /// Step by step.
        RollingUpdate = "RollingUpdate",
    }
}

#[derive(Debug, thiserror::Error)]
#[error("limits mean nothing for strategy Recreate; remove rollingUpdate or change the type")]
struct LimitsOfRecreate;

words! {
    /// What else makes pods from a template.
    pub WorkloadKind {
        /// One revision of a Deployment.
        ReplicaSet = "ReplicaSet",
        /// Pods with names and volumes of their own.
        StatefulSet = "StatefulSet",
        /// One pod per node.
        DaemonSet = "DaemonSet",
        /// The forerunner of ReplicaSet.
        ReplicationController = "ReplicationController",
        /// Pods that run to an end.
        Job = "Job",
        /// Jobs by the clock.
        CronJob = "CronJob",
    }
}

/// A workload other than a Deployment: what it makes pods from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadView {
    /// Which kind it is.
    pub kind: WorkloadKind,
    /// Pods asked for; 1 where nothing is said or the kind knows no number.
    pub replicas: Placed<Replicas>,
    /// Which pods it counts as its own, where the kind says so.
    pub selector: Option<Selector>,
    /// What they look like.
    pub template: PodTemplate,
}

impl WorkloadView {
    pub(super) fn read(root: &Cursor<'_>, kind: WorkloadKind) -> Option<Self> {
        let spec = root.required("spec");
        let spec = match kind {
            WorkloadKind::CronJob => spec.required("jobTemplate").required("spec"),
            WorkloadKind::ReplicaSet
            | WorkloadKind::StatefulSet
            | WorkloadKind::DaemonSet
            | WorkloadKind::ReplicationController
            | WorkloadKind::Job => spec,
        };
        let field = spec.field("selector");
        let selector = match kind {
            WorkloadKind::ReplicationController => {
                field.is_present().then(|| Selector::from(labels(&field)))
            }
            WorkloadKind::ReplicaSet
            | WorkloadKind::StatefulSet
            | WorkloadKind::DaemonSet
            | WorkloadKind::Job
            | WorkloadKind::CronJob => selector(&field),
        };
        let replicas = replicas(&spec);
        let template = PodTemplate::read(&spec.required("template"));
        Some(WorkloadView { kind, replicas, selector, template: template? })
    }
}

/// A Pod that nothing makes from a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Its labels.
    pub labels: Labels,
    /// What runs in it.
    pub spec: PodSpec,
}

impl PodView {
    pub(super) fn read(root: &Cursor<'_>) -> Option<Self> {
        let labels = labels(&root.field("metadata").field("labels"));
        Some(PodView { labels, spec: PodSpec::read(&root.required("spec"))? })
    }
}
