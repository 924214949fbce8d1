//! How quick the parts of the simulated control plane are.

use windlass_core::time::{Span, Timestamp};

use crate::rng::Delay;

/// Delays of the simulated control plane and the length of its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldConfig {
    /// The wall clock when the world begins.
    pub start: Timestamp,
    /// From a write to a Deployment until the Deployment controller's cache has it.
    pub deployment_informer: Delay,
    /// From a write to a ReplicaSet until the Deployment controller's cache has it. The two caches
    /// are fed by separate watches: either may be ahead.
    pub set_informer: Delay,
    /// From the wake-up of the Deployment controller until it looks at its caches.
    pub deployment_work: Delay,
    /// From a change of a ReplicaSet or one of its pods until the ReplicaSet controller acts on it.
    pub set_work: Delay,
    /// From a change of a pod's readiness, or of a Service's selector, until the data plane sends
    /// accordingly.
    pub endpoints: Delay,
    /// From the deletion of an owner until what it owned is collected.
    pub garbage: Delay,
    /// Pods that the ReplicaSet controller makes or removes in one go (Kubernetes: 500).
    pub burst: u32,
    /// Changes that a watch can be resumed from; older ones have expired.
    pub log_keep: usize,
}

impl Default for WorldConfig {
    /// A healthy cluster: controllers react in milliseconds, the data plane within a second.
    fn default() -> Self {
        Self {
            start: Timestamp::from_millis(1_767_225_600_000),
            deployment_informer: Delay::millis(1, 15),
            set_informer: Delay::millis(1, 15),
            deployment_work: Delay::millis(1, 4),
            set_work: Delay::millis(2, 10),
            endpoints: Delay::millis(50, 500),
            garbage: Delay::fixed(Span::millis(50)),
            burst: 500,
            log_keep: 10_000,
        }
    }
}
