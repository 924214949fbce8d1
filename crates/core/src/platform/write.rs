//! Writes: absolute, complete, idempotent, and each with the precondition that the server checks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fence::Expect;
use crate::id::{ObjectName, ObjectRef, PodHash, RunId, TemplateDigest};
use crate::model::DeploymentStrategy;
use crate::weight::Weight;

/// One request to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// What is written.
    pub object: ObjectRef,
    /// What must be true of it.
    pub expect: Expect,
    /// What becomes of it.
    pub change: Change,
}

/// What a write does. Except for the Deployment, whose annotations travel, each of these leaves
/// the run's fence on its object in the same request, or takes it off where it says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Deployment: sets the pod template, `paused` and, where given, the strategy in one patch.
    Template {
        /// The template to set.
        template: TemplateDigest,
        /// Whether it is paused.
        paused: bool,
        /// The strategy to set; `None` leaves it.
        strategy: Option<DeploymentStrategy>,
    },
    /// Deployment: sets `paused`.
    Paused(bool),
    /// Deployment: sets `spec.replicas`.
    DeploymentReplicas(u32),
    /// Deployment: sets `revisionHistoryLimit`. Raising it by one and back moves the generation
    /// without any other effect, which ends every late write that expects the old one.
    HistoryLimit(u32),
    /// ReplicaSet: creates it with 0 replicas, labels apart from the Deployment's selector, an
    /// owner reference that is no controller reference, and the label of the run.
    CreateSet {
        /// Its pod template.
        template: TemplateDigest,
        /// The `pod-template-hash` of its pods.
        hash: PodHash,
        /// The run it is made for.
        run: RunId,
    },
    /// ReplicaSet: sets `spec.replicas`.
    SetReplicas(u32),
    /// ReplicaSet: takes a selector label off its metadata, so that the Deployment lets go of it;
    /// its pods go on. Its owner reference becomes one that is no controller reference in the same
    /// request, so that it still goes with the Deployment when that is deleted.
    Release,
    /// ReplicaSet: gives it the selector's labels and a revision number, so that the Deployment
    /// adopts it.
    Adopt {
        /// The annotation `deployment.kubernetes.io/revision`.
        revision: u64,
    },
    /// ReplicaSet: like `Adopt`, but keeps its revision number and takes the run's fence and label
    /// off: it goes back into the history.
    Shelve,
    /// ReplicaSet: deletes it.
    DeleteSet,
    /// Service: its selector asks for this `pod-template-hash` besides what it asked for.
    Pin(PodHash),
    /// Service: its selector no longer asks for a `pod-template-hash`; takes the fence off.
    Unpin,
    /// Service: creates it as a copy of another one's ports and selector, pinned, with an owner
    /// reference that is no controller reference and the label of the run.
    CreateService {
        /// The Service that it is like.
        like: ObjectName,
        /// The `pod-template-hash` it asks for.
        pin: PodHash,
        /// The run it is made for.
        run: RunId,
    },
    /// Service: deletes it.
    DeleteService,
    /// Route: the candidate's Service gets this weight, the stable one the rest; every other
    /// backend, rule, match and filter stays.
    Split {
        /// The Service of the candidate.
        candidate: ObjectName,
        /// Its weight.
        weight: Weight,
    },
    /// Route: takes the candidate's Service out and gives the user's own weight back; takes the
    /// fence off.
    Unsplit,
    /// Any but the Deployment: leaves the fence and nothing else, so that no older write lands.
    Seal,
    /// Any but the Deployment: takes the run's fence and label off and nothing else.
    Unseal,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Template { template, paused, .. } => {
                let paused = if *paused { ", paused" } else { "" };
                write!(f, "set template {}{paused}", template.pod_hash())
            }
            Change::Paused(true) => f.write_str("pause"),
            Change::Paused(false) => f.write_str("resume"),
            Change::DeploymentReplicas(n) | Change::SetReplicas(n) => write!(f, "scale to {n}"),
            Change::HistoryLimit(n) => write!(f, "set history limit {n}"),
            Change::CreateSet { hash, .. } => write!(f, "create for {hash} at 0 pods"),
            Change::Release => f.write_str("release from the Deployment"),
            Change::Adopt { revision } => {
                write!(f, "hand to the Deployment as revision {revision}")
            }
            Change::Shelve => f.write_str("return to the history"),
            Change::DeleteSet | Change::DeleteService => f.write_str("delete"),
            Change::Pin(hash) => write!(f, "pin to {hash}"),
            Change::Unpin => f.write_str("unpin"),
            Change::CreateService { like, pin, .. } => {
                write!(f, "create like {like}, pinned to {pin}")
            }
            Change::Split { candidate, weight } => write!(f, "send {weight} to {candidate}"),
            Change::Unsplit => f.write_str("give the user's own weights back"),
            Change::Seal => f.write_str("seal against older writes"),
            Change::Unseal => f.write_str("take the mark off"),
        }
    }
}
