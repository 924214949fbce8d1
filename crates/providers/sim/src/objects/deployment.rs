//! Deployments.

use windlass_core::platform::{DeploymentStatus, NativeStrategy, Template};
use windlass_core::time::{Span, Timestamp};

use super::meta::{Labels, Meta};

/// A count of pods, or a percentage of `spec.replicas`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// So many pods.
    Count(u32),
    /// A percentage.
    Percent(u32),
}

impl Quantity {
    fn of(self, replicas: u32, round_up: bool) -> u32 {
        match self {
            Quantity::Count(count) => count,
            Quantity::Percent(percent) => {
                let hundredths = u64::from(percent) * u64::from(replicas);
                let pods = if round_up { hundredths.div_ceil(100) } else { hundredths / 100 };
                u32::try_from(pods).unwrap_or(u32::MAX)
            }
        }
    }
}

/// `spec.strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// All old pods go before the first new one is made.
    Recreate,
    /// Old pods are replaced within these bounds.
    RollingUpdate {
        /// Pods above `spec.replicas` that may exist.
        surge: Quantity,
        /// Pods below `spec.replicas` that may be missing.
        unavailable: Quantity,
    },
}

impl Default for Strategy {
    fn default() -> Self {
        Self::RollingUpdate { surge: Quantity::Percent(25), unavailable: Quantity::Percent(25) }
    }
}

impl Strategy {
    /// The strategy with percentages resolved against `replicas`: surge rounds up, unavailable
    /// down, and where both come out as 0 one pod may be missing, so that a rollout can move.
    pub fn resolve(self, replicas: u32) -> NativeStrategy {
        match self {
            Strategy::Recreate => NativeStrategy::Recreate,
            Strategy::RollingUpdate { surge, unavailable } => {
                let surge = surge.of(replicas, true);
                let unavailable = unavailable.of(replicas, false);
                let stuck = surge == 0 && unavailable == 0;
                NativeStrategy::RollingUpdate {
                    surge,
                    unavailable: if stuck { 1 } else { unavailable },
                }
            }
        }
    }
}

impl From<NativeStrategy> for Strategy {
    fn from(native: NativeStrategy) -> Self {
        match native {
            NativeStrategy::Recreate => Strategy::Recreate,
            NativeStrategy::RollingUpdate { surge, unavailable } => Strategy::RollingUpdate {
                surge: Quantity::Count(surge),
                unavailable: Quantity::Count(unavailable),
            },
        }
    }
}

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
    pub strategy: Strategy,
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
            strategy: Strategy::default(),
            paused: false,
            history_limit: 10,
            min_ready: Span::ZERO,
            progress_deadline: Some(Span::minutes(10)),
        }
    }

    /// Pods above `replicas` that a rolling update may make.
    pub fn surge(&self) -> u32 {
        match self.strategy.resolve(self.replicas) {
            NativeStrategy::Recreate => 0,
            NativeStrategy::RollingUpdate { surge, .. } => surge,
        }
    }

    /// Pods below `replicas` that may be missing, never more than there are.
    pub fn unavailable(&self) -> u32 {
        match self.strategy.resolve(self.replicas) {
            NativeStrategy::Recreate => 0,
            NativeStrategy::RollingUpdate { unavailable, .. } => unavailable.min(self.replicas),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(surge: Quantity, unavailable: Quantity, replicas: u32) -> NativeStrategy {
        Strategy::RollingUpdate { surge, unavailable }.resolve(replicas)
    }

    #[test]
    fn surge_rounds_up_and_unavailable_rounds_down() {
        let native = resolve(Quantity::Percent(25), Quantity::Percent(25), 10);
        assert_eq!(native, NativeStrategy::RollingUpdate { surge: 3, unavailable: 2 });
    }

    #[test]
    fn bounds_that_would_never_let_a_rollout_move_let_one_pod_go() {
        let native = resolve(Quantity::Count(0), Quantity::Percent(1), 2);
        assert_eq!(native, NativeStrategy::RollingUpdate { surge: 0, unavailable: 1 });
    }
}
