//! Pods: thousands of them, so little is kept of each.

use serde::Deserialize;
use serde::de::IgnoredAny;
use windlass_core::id::Uid;

use super::Slim;
use super::meta;

/// What is kept of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub(crate) struct PodObject {
    pub(crate) name: Box<str>,
    pub(crate) version: u64,
    /// The ReplicaSet that manages it.
    pub(crate) set: Option<Uid>,
    pub(crate) state: PodState,
}

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodState {
    /// Made, not ready.
    Starting,
    Ready,
    /// Told to end, but still there.
    Ending,
    /// Ended, for whatever reason.
    Over,
}

impl Slim for PodObject {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u64 {
        self.version
    }
}

#[derive(Deserialize)]
struct Wire {
    metadata: PodMeta,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodMeta {
    name: Box<str>,
    #[serde(deserialize_with = "meta::number")]
    resource_version: u64,
    #[serde(default)]
    owner_references: Vec<meta::OwnerRef>,
    #[serde(default)]
    deletion_timestamp: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    phase: Box<str>,
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: Box<str>,
    status: Box<str>,
}

impl From<Wire> for PodObject {
    fn from(Wire { metadata, status }: Wire) -> Self {
        let ready =
            status.conditions.iter().any(|it| &*it.kind == "Ready" && &*it.status == "True");
        let state = match (&*status.phase, metadata.deletion_timestamp, ready) {
            ("Succeeded" | "Failed", ..) => PodState::Over,
            (_, Some(_), _) => PodState::Ending,
            (_, None, true) => PodState::Ready,
            (_, None, false) => PodState::Starting,
        };
        let set = metadata.owner_references.into_iter().find(|owner| owner.controller);
        Self {
            name: metadata.name,
            version: metadata.resource_version,
            set: set.map(|owner| owner.uid),
            state,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn state(deleted: bool, status: Value) -> PodState {
        let mut pod = json!({
            "metadata": {"name": "web-1", "resourceVersion": "7"},
            "status": status,
        });
        if deleted {
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        serde_json::from_value::<PodObject>(pod).expect("valid").state
    }

    #[test]
    fn a_pod_that_is_told_to_end_is_not_ready_whatever_its_condition_says() {
        let ready =
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        assert_eq!(state(false, ready.clone()), PodState::Ready);
        assert_eq!(state(true, ready), PodState::Ending);
    }

    #[test]
    fn a_pod_that_failed_is_over_and_one_that_says_nothing_starts() {
        assert_eq!(state(false, json!({"phase": "Failed"})), PodState::Over);
        assert_eq!(state(false, json!({"phase": "Pending"})), PodState::Starting);
        assert_eq!(state(false, json!({})), PodState::Starting);
    }
}
