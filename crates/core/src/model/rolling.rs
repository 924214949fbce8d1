//! How a Deployment replaces one template by the next.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::replicas::{IntOrPercent, Percent, Replicas};

/// `spec.strategy` of a Deployment, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeploymentStrategy {
    /// All old pods end before the first new one starts.
    Recreate,
    /// Step by step within limits; 25% each where nothing is said.
    RollingUpdate(RollingLimits),
}

impl DeploymentStrategy {
    /// How far a rollout may leave this number of pods, while both templates have some: not at all
    /// where they never do.
    #[must_use]
    pub fn room(&self, replicas: Replicas) -> RollingRoom {
        match self {
            DeploymentStrategy::Recreate => {
                RollingRoom { surge: Replicas::ZERO, unavailable: Replicas::ZERO }
            }
            DeploymentStrategy::RollingUpdate(limits) => limits.room(replicas),
        }
    }
}

impl Default for DeploymentStrategy {
    fn default() -> Self {
        DeploymentStrategy::RollingUpdate(RollingLimits::default())
    }
}

impl fmt::Display for DeploymentStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeploymentStrategy::Recreate => f.write_str("Recreate"),
            DeploymentStrategy::RollingUpdate(RollingLimits { surge, unavailable }) => {
                write!(f, "RollingUpdate +{surge} -{unavailable}")
            }
        }
    }
}

/// `maxSurge` and `maxUnavailable` of a rolling update, not both 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WireLimits", into = "WireLimits")]
pub struct RollingLimits {
    surge: IntOrPercent,
    unavailable: IntOrPercent,
}

/// Limits that Kubernetes refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RollingLimitsError {
    /// With neither a spare nor a missing pod, no pod can be replaced.
    #[error(
        "maxSurge and maxUnavailable are both 0, so no pod could be replaced; raise one of them"
    )]
    BothZero,
    /// More pods missing than there are.
    #[error("maxUnavailable {0} is over 100%; write 100% or less")]
    OverAll(Percent),
}

/// [`RollingLimits`] in pods, for one number of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RollingRoom {
    /// Pods that may run beyond the wanted number.
    pub surge: Replicas,
    /// Pods that may be missing from the wanted number.
    pub unavailable: Replicas,
}

impl RollingLimits {
    /// Checks the two limits as the API server does.
    ///
    /// # Errors
    /// Both limits 0, or more than 100% unavailable.
    pub fn new(surge: IntOrPercent, unavailable: IntOrPercent) -> Result<Self, RollingLimitsError> {
        if surge.is_zero() && unavailable.is_zero() {
            return Err(RollingLimitsError::BothZero);
        }
        match unavailable {
            IntOrPercent::Share(share) if share > Percent::ALL => {
                Err(RollingLimitsError::OverAll(share))
            }
            IntOrPercent::Share(_) | IntOrPercent::Count(_) => {
                Ok(RollingLimits { surge, unavailable })
            }
        }
    }

    /// As written.
    #[must_use]
    pub fn surge(&self) -> IntOrPercent {
        self.surge
    }

    /// As written.
    #[must_use]
    pub fn unavailable(&self) -> IntOrPercent {
        self.unavailable
    }

    /// The limits in pods: surge rounds up, unavailable rounds down, and where both come to 0 one
    /// pod may be missing, as the Deployment controller decides it (`ResolveFenceposts`). Never
    /// more pods are missing than are wanted, so at 0 replicas both are 0 for a surge of 0.
    #[must_use]
    pub fn room(&self, replicas: Replicas) -> RollingRoom {
        let surge = self.surge.rounded_up(replicas);
        let mut unavailable = self.unavailable.rounded_down(replicas);
        if surge == Replicas::ZERO && unavailable == Replicas::ZERO {
            unavailable = Replicas::ONE;
        }
        RollingRoom { surge, unavailable: unavailable.min(replicas) }
    }
}

/// 25% each, as Kubernetes takes where a manifest says nothing.
impl Default for RollingLimits {
    fn default() -> Self {
        let quarter = IntOrPercent::Share(Percent::new(25));
        RollingLimits { surge: quarter, unavailable: quarter }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLimits {
    #[serde(default = "quarter")]
    max_surge: IntOrPercent,
    #[serde(default = "quarter")]
    max_unavailable: IntOrPercent,
}

fn quarter() -> IntOrPercent {
    IntOrPercent::Share(Percent::new(25))
}

impl TryFrom<WireLimits> for RollingLimits {
    type Error = RollingLimitsError;
    fn try_from(wire: WireLimits) -> Result<Self, Self::Error> {
        RollingLimits::new(wire.max_surge, wire.max_unavailable)
    }
}

impl From<RollingLimits> for WireLimits {
    fn from(limits: RollingLimits) -> Self {
        WireLimits { max_surge: limits.surge, max_unavailable: limits.unavailable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(json: &str, replicas: u16) -> (u32, u32) {
        let limits: RollingLimits =
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}"));
        let room = limits.room(replicas.into());
        (room.surge.get(), room.unavailable.get())
    }

    #[test]
    fn surge_rounds_up_and_unavailable_rounds_down() {
        assert_eq!(
            [1, 2, 3, 4, 5, 10].map(|n| room("{}", n)),
            [(1, 0), (1, 0), (1, 0), (1, 1), (2, 1), (3, 2)]
        );
        assert_eq!(room(r#"{"maxSurge":1,"maxUnavailable":0}"#, 3), (1, 0));
        assert_eq!(room(r#"{"maxSurge":"100%","maxUnavailable":0}"#, 3), (3, 0));
    }

    #[test]
    fn limits_that_round_to_nothing_let_one_pod_be_missing() {
        let limits = r#"{"maxSurge":0,"maxUnavailable":"25%"}"#;
        assert_eq!(
            [1, 2, 3, 4, 8].map(|n| room(limits, n)),
            [(0, 1), (0, 1), (0, 1), (0, 1), (0, 2)]
        );
    }

    #[test]
    fn no_more_pods_are_missing_than_are_wanted() {
        assert_eq!(room(r#"{"maxSurge":0,"maxUnavailable":5}"#, 3), (0, 3));
        assert_eq!(room(r#"{"maxSurge":0,"maxUnavailable":"25%"}"#, 0), (0, 0));
    }

    #[test]
    fn limits_that_stop_every_update_are_refused() {
        let error = |json| serde_json::from_str::<RollingLimits>(json).unwrap_err().to_string();
        assert!(error(r#"{"maxSurge":0,"maxUnavailable":"0%"}"#).contains("raise one of them"));
        assert!(error(r#"{"maxUnavailable":"101%"}"#).contains("write 100% or less"));
    }
}
