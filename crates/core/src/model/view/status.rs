//! What controllers report about an object.

use super::read::{checked, text, timestamp};
use crate::manifest::Cursor;
use crate::model::Replicas;
use crate::model::words::words;
use crate::time::Timestamp;

words! {
    /// Whether a condition holds.
    pub Truth {
        /// It holds.
        True = "True",
        /// It does not hold.
        False = "False",
        /// Nobody knows.
        Unknown = "Unknown",
    }
}

/// One thing a controller says about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition<K> {
    /// What it is about.
    pub kind: K,
    /// Whether it holds.
    pub status: Truth,
    /// When the controller last confirmed it.
    pub updated: Option<Timestamp>,
    /// When it last began or ceased to hold.
    pub changed: Option<Timestamp>,
    /// One word for programs, such as `ProgressDeadlineExceeded`.
    pub reason: Option<Box<str>>,
    /// A sentence for people.
    pub message: Option<Box<str>>,
}

impl<K> Condition<K> {
    pub(super) fn read_all(cursor: &Cursor<'_>, kind: impl Fn(&str) -> K) -> Vec<Self> {
        let read = |item: Cursor<'_>| {
            let name = item.required("type").str();
            let status = item.required("status").parse();
            Some(Condition {
                updated: timestamp(&item.field("lastUpdateTime")),
                changed: timestamp(&item.field("lastTransitionTime")),
                reason: text(&item.field("reason")),
                message: text(&item.field("message")),
                kind: kind(name?),
                status: status?,
            })
        };
        cursor.items().filter_map(read).collect()
    }
}

/// What the Deployment controller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentCondition {
    /// Enough pods are available.
    Available,
    /// Pods come up, or all are up; false once the progress deadline has passed.
    Progressing,
    /// Pods cannot be made.
    ReplicaFailure,
    /// A condition that is not modelled, by its name.
    Other(Box<str>),
}

impl DeploymentCondition {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "Available" => DeploymentCondition::Available,
            "Progressing" => DeploymentCondition::Progressing,
            "ReplicaFailure" => DeploymentCondition::ReplicaFailure,
            other => DeploymentCondition::Other(other.into()),
        }
    }
}

/// The status of a Deployment. The API server leaves out counts of 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// The generation that the counts belong to.
    pub observed_generation: u64,
    /// Pods of all revisions.
    pub replicas: Replicas,
    /// Pods of the current template.
    pub updated: Replicas,
    /// Ready pods.
    pub ready: Replicas,
    /// Pods that have been ready for `minReadySeconds`.
    pub available: Replicas,
    /// Pods that are still missing.
    pub unavailable: Replicas,
    /// Conditions, in order.
    pub conditions: Vec<Condition<DeploymentCondition>>,
}

impl DeploymentStatus {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        cursor.node()?;
        let count = |name| checked(&cursor.field(name)).unwrap_or_default();
        Some(DeploymentStatus {
            observed_generation: cursor.field("observedGeneration").int().unwrap_or_default(),
            replicas: count("replicas"),
            updated: count("updatedReplicas"),
            ready: count("readyReplicas"),
            available: count("availableReplicas"),
            unavailable: count("unavailableReplicas"),
            conditions: Condition::read_all(
                &cursor.field("conditions"),
                DeploymentCondition::named,
            ),
        })
    }
}
