//! Deployments.

use serde::Deserialize;
use serde_json::Value;
use windlass_core::id::TemplateDigest;
use windlass_core::model::{DeploymentStrategy, IntOrPercent, RollingLimits};
use windlass_core::platform::{DeploymentSeen, DeploymentStatus};

use super::meta::Meta;
use super::{Slim, template};
use crate::selector::Selector;

/// What is kept of a Deployment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub(crate) struct DeploymentObject {
    pub(crate) meta: Meta,
    pub(crate) selector: Selector,
    pub(crate) replicas: u32,
    pub(crate) paused: bool,
    pub(crate) min_ready_seconds: u32,
    pub(crate) history_limit: u32,
    pub(crate) strategy: DeploymentStrategy,
    pub(crate) template: TemplateDigest,
    observed_generation: u64,
    status: DeploymentStatus,
}

impl DeploymentObject {
    pub(crate) fn seen(&self) -> DeploymentSeen {
        DeploymentSeen {
            uid: self.meta.uid.clone(),
            generation: self.meta.generation,
            observed_generation: self.observed_generation,
            replicas: self.replicas,
            paused: self.paused,
            template: self.template.clone(),
            strategy: self.strategy,
            history_limit: self.history_limit,
            status: self.status,
        }
    }
}

impl Slim for DeploymentObject {
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
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default = "one")]
    replicas: u32,
    #[serde(default)]
    paused: bool,
    #[serde(default)]
    min_ready_seconds: u32,
    #[serde(default = "ten")]
    revision_history_limit: u32,
    #[serde(default)]
    strategy: Strategy,
    selector: Selector,
    template: Value,
}

/// The server's default where nothing is said.
fn one() -> u32 {
    1
}

fn ten() -> u32 {
    10
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Strategy {
    #[serde(default, rename = "type")]
    kind: String,
    rolling_update: Option<Rolling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rolling {
    max_surge: Option<IntOrPercent>,
    max_unavailable: Option<IntOrPercent>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    observed_generation: u64,
    replicas: u32,
    updated_replicas: u32,
    ready_replicas: u32,
    available_replicas: u32,
}

impl From<Wire> for DeploymentObject {
    fn from(Wire { metadata, spec, status }: Wire) -> Self {
        Self {
            meta: metadata,
            selector: spec.selector,
            replicas: spec.replicas,
            paused: spec.paused,
            min_ready_seconds: spec.min_ready_seconds,
            history_limit: spec.revision_history_limit,
            strategy: spec.strategy.into(),
            template: template::digest(&spec.template),
            observed_generation: status.observed_generation,
            status: DeploymentStatus {
                replicas: status.replicas,
                updated: status.updated_replicas,
                ready: status.ready_replicas,
                available: status.available_replicas,
            },
        }
    }
}

impl From<Strategy> for DeploymentStrategy {
    fn from(strategy: Strategy) -> Self {
        if strategy.kind == "Recreate" {
            return DeploymentStrategy::Recreate;
        }
        let plain = RollingLimits::default();
        let limits = strategy.rolling_update.and_then(|rolling| {
            let surge = rolling.max_surge.unwrap_or(plain.surge());
            RollingLimits::new(surge, rolling.max_unavailable.unwrap_or(plain.unavailable())).ok()
        });
        DeploymentStrategy::RollingUpdate(limits.unwrap_or(plain))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(spec: Value) -> DeploymentObject {
        let mut whole = json!({
            "metadata": {
                "name": "web", "uid": "u1", "resourceVersion": "7", "generation": 3,
                "managedFields": [{"manager": "kubectl"}],
            },
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}},
            },
            "status": {"observedGeneration": 2, "replicas": 4, "availableReplicas": 3},
        });
        for (key, field) in spec.as_object().expect("an object") {
            whole["spec"][key] = field.clone();
        }
        serde_json::from_value(whole).expect("valid")
    }

    #[test]
    fn what_nothing_is_said_of_is_what_the_server_would_say() {
        let seen = read(json!({})).seen();
        assert_eq!((seen.replicas, seen.paused, seen.history_limit), (1, false, 10));
        assert_eq!(seen.strategy, DeploymentStrategy::default());
        assert_eq!((seen.generation, seen.observed_generation), (3, 2));
        let status = DeploymentStatus { replicas: 4, available: 3, ..DeploymentStatus::default() };
        assert_eq!(seen.status, status);
    }

    #[test]
    fn a_strategy_is_read_as_it_is_written() {
        let recreate = read(json!({"strategy": {"type": "Recreate"}}));
        assert_eq!(recreate.strategy, DeploymentStrategy::Recreate);
        let limits = json!({"maxSurge": 2, "maxUnavailable": "10%"});
        let rolling = json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": limits}});
        assert_eq!(read(rolling).strategy.to_string(), "RollingUpdate +2 -10%");
    }
}
