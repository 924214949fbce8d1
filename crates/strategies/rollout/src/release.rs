//! What is released, and what is known of the app it is released to.

use serde::{Deserialize, Serialize};
use windlass_core::id::{AppRef, ObjectName, PodHash, TemplateDigest, Uid};
use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::{RouteRef, SetSeen, Template};

/// A version to be released: an immutable pod template under a name for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The app.
    pub app: AppRef,
    /// The version, for people: `1.1.0`.
    pub version: String,
    /// The pod template.
    pub template: Template,
    /// Where it is released: `production`.
    pub environment: String,
}

/// One revision of an app in its cluster: a ReplicaSet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Name of the ReplicaSet.
    pub set: ObjectName,
    /// The `pod-template-hash` of its pods.
    pub hash: PodHash,
    /// Digest of its pod template.
    pub template: TemplateDigest,
}

impl From<&SetSeen> for Side {
    fn from(set: &SetSeen) -> Self {
        Self { set: set.name.clone(), hash: set.hash.clone(), template: set.template.clone() }
    }
}

/// What is known of an app before a release, read at planning time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The version that runs, for people.
    pub version: String,
    /// Identity of the Deployment.
    pub uid: Uid,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.paused`, as the user has it.
    pub paused: bool,
    /// `spec.revisionHistoryLimit`.
    pub history_limit: u32,
    /// `spec.strategy`.
    pub strategy: DeploymentStrategy,
    /// The ReplicaSet that runs.
    pub stable: Side,
    /// Its pod template.
    pub template: Template,
    /// Revisions kept in the Deployment's history, which an undo can reuse; the newest first.
    pub kept: Vec<Side>,
    /// Services that select the app's pods.
    pub services: Vec<ObjectName>,
    /// The route that splits its traffic; `None` without one.
    pub route: Option<RouteRef>,
    /// True when an autoscaler owns `spec.replicas`.
    pub autoscaled: bool,
    /// Most pods that a quota leaves room for beside those that run; `None` without a quota.
    pub room: Option<u32>,
}

impl Facts {
    /// The side that a release becomes: a kept revision of the same template, or a new one.
    pub fn candidate(&self, release: &Release) -> (Side, Origin) {
        let kept = self.kept.iter().find(|side| side.template == release.template.digest);
        match kept {
            Some(side) => (side.clone(), Origin::Kept),
            None => {
                let hash = release.template.digest.pod_hash();
                let set = ObjectName::new(format!("{}-{hash}", release.app.name));
                (Side { set, hash, template: release.template.digest.clone() }, Origin::New)
            }
        }
    }
}

/// Where the candidate's ReplicaSet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The run makes it, and an abort deletes it.
    New,
    /// It is in the Deployment's history, and an abort puts it back there.
    Kept,
}
