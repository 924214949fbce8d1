//! Pods, and how those of a template behave.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::time::{Span, Timestamp};

use super::replica_set::SetId;
use crate::rng::Delay;

/// Number of a pod; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u64);

/// Where a pod is in its life. A pod that waits for its next start after a crash is `Pending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Its containers do not run.
    Pending,
    /// Its containers run, but it is not ready.
    Running,
    /// It is ready.
    Ready {
        /// Since when.
        since: Timestamp,
        /// True when that is long enough for `minReadySeconds`.
        available: bool,
    },
    /// It was told to end: not ready, still answering what reaches it, gone soon.
    Terminating,
    /// It is gone, and whoever still sends to it gets no answer.
    Gone,
}

/// A pod. Names and labels follow from its ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// The ReplicaSet that made it.
    pub set: SetId,
    /// When it was made.
    pub created: Timestamp,
    /// Where it is in its life.
    pub phase: Phase,
    /// True when the data plane sends requests to it.
    pub routed: bool,
    /// How often its containers have crashed.
    pub restarts: u32,
    /// Rises when it starts, crashes or ends, so that what was planned before is void.
    pub(crate) life: u32,
}

/// What becomes of a pod once it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It becomes ready and stays so.
    #[default]
    Steady,
    /// It never becomes ready.
    NeverReady,
    /// It crashes after it has run for a while, and is started again after a back-off that begins
    /// at 10 s and doubles up to 5 min. A crash before its readiness delay is over means that it
    /// never becomes ready.
    Crashes {
        /// From the start of its containers to the crash.
        after: Delay,
    },
    /// Its readiness comes and goes.
    Flaps {
        /// How long it stays ready.
        up: Delay,
        /// How long it then stays unready.
        down: Delay,
    },
}

/// How pods of a template behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodBehaviour {
    /// From being made to running: scheduling, pulling, starting.
    pub start: Delay,
    /// From running to ready.
    pub ready: Delay,
    /// From being told to end to being gone.
    pub terminate: Delay,
    /// What becomes of it once it runs.
    pub health: Health,
    /// Extended resources that each pod requests.
    pub requests: Arc<BTreeMap<Arc<str>, u64>>,
}

impl Default for PodBehaviour {
    /// Running after 1.0 to 1.4 s, ready 0.5 to 0.7 s later, gone within 0.5 to 0.7 s.
    fn default() -> Self {
        Self {
            start: Delay::millis(1_000, 1_400),
            ready: Delay::millis(500, 700),
            terminate: Delay::millis(500, 700),
            health: Health::Steady,
            requests: Arc::default(),
        }
    }
}

/// Back-off before the next start of a pod that has crashed `restarts` times, the first counted
/// as 1.
pub(crate) fn crash_back_off(restarts: u32) -> Span {
    let doubled = restarts.saturating_sub(1).min(5);
    Span::millis((10_000_u64 << doubled).min(300_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crash_back_off_doubles_from_ten_seconds_to_five_minutes() {
        let seconds: Vec<u64> = (1..8).map(|n| crash_back_off(n).as_seconds()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 300, 300]);
    }
}
