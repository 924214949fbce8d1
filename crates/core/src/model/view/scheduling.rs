//! Which nodes a pod may or should run on.

use super::read::{seconds, selector, text, texts};
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{LabelKey, Selector};
use crate::time::Span;

/// Taints of nodes that a pod puts up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// The taint's key; every key where none is named.
    pub key: Option<LabelKey>,
    /// How the value is compared; `Equal` where nothing is said.
    pub operator: TolerationOperator,
    /// The taint's value.
    pub value: Option<Box<str>>,
    /// The effect that is tolerated; all where none is named.
    pub effect: Option<TaintEffect>,
    /// How long a `NoExecute` taint is tolerated; for ever where nothing is said.
    pub duration: Option<Span>,
}

words! {
    /// How the value of a taint is compared.
    pub TolerationOperator {
        /// The value must be equal.
        Equal = "Equal",
        /// Any value will do.
        Exists = "Exists",
        /// The value is a smaller number.
        Lt = "Lt",
        /// The value is a larger number.
        Gt = "Gt",
    }
}

words! {
    /// What a taint does to pods that do not tolerate it.
    pub TaintEffect {
        /// They are not placed on the node.
        NoSchedule = "NoSchedule",
        /// They are placed elsewhere if possible.
        PreferNoSchedule = "PreferNoSchedule",
        /// Running ones are evicted too.
        NoExecute = "NoExecute",
    }
}

impl Toleration {
    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let operator = cursor.field("operator");
        let effect = cursor.field("effect");
        // Manifests write "" for "not said".
        let written = |field: &Cursor<'_>| field.str().is_some_and(|text| !text.is_empty());
        let key = cursor.field("key");
        Toleration {
            key: written(&key).then(|| key.parse()).flatten(),
            operator: written(&operator)
                .then(|| operator.parse())
                .flatten()
                .unwrap_or(TolerationOperator::Equal),
            value: text(&cursor.field("value")),
            effect: written(&effect).then(|| effect.parse()).flatten(),
            duration: seconds(&cursor.field("tolerationSeconds")),
        }
    }
}

/// Attraction to nodes, and attraction to and repulsion from other pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affinity {
    /// One of these terms must fit the node; any node where there is none.
    pub required_nodes: Vec<NodeTerm>,
    /// Nodes that fit are preferred, with a weight from 1 to 100.
    pub preferred_nodes: Vec<(u8, NodeTerm)>,
    /// Pods that must be near.
    pub near: PodTerms,
    /// Pods that must not be near.
    pub apart: PodTerms,
}

/// A term about a node: all its requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTerm {
    /// About labels of the node.
    pub labels: Vec<NodeRequirement>,
    /// About fields of the node, such as `metadata.name`.
    pub fields: Vec<NodeRequirement>,
}

/// A requirement on a label or field of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRequirement {
    /// The label or field.
    pub key: LabelKey,
    /// How it is compared.
    pub operator: NodeOperator,
    /// What with.
    pub values: Vec<Box<str>>,
}

words! {
    /// How a label or field of a node is compared.
    pub NodeOperator {
        /// It has one of the values.
        In = "In",
        /// It has none of the values.
        NotIn = "NotIn",
        /// It is there.
        Exists = "Exists",
        /// It is absent.
        DoesNotExist = "DoesNotExist",
        /// It is a larger number.
        Gt = "Gt",
        /// It is a smaller number.
        Lt = "Lt",
    }
}

/// Terms about other pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTerms {
    /// All of them must hold.
    pub required: Vec<PodTerm>,
    /// Preferred, with a weight from 1 to 100.
    pub preferred: Vec<(u8, PodTerm)>,
}

/// Pods in one domain of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTerm {
    /// The pods; none where nothing is said.
    pub selector: Option<Selector>,
    /// Their namespaces; the pod's own where none is named.
    pub namespaces: Vec<Box<str>>,
    /// The node label that makes the domain, such as `topology.kubernetes.io/zone`.
    pub topology_key: LabelKey,
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

impl Affinity {
    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let nodes = cursor.field("nodeAffinity");
        let required = nodes.field(REQUIRED).field("nodeSelectorTerms");
        Affinity {
            required_nodes: required.items().map(|term| NodeTerm::read(&term)).collect(),
            preferred_nodes: weighted(&nodes.field(PREFERRED), "preference", |term| {
                Some(NodeTerm::read(term))
            }),
            near: PodTerms::read(&cursor.field("podAffinity")),
            apart: PodTerms::read(&cursor.field("podAntiAffinity")),
        }
    }
}

impl NodeTerm {
    fn read(cursor: &Cursor<'_>) -> Self {
        let list = |name| {
            cursor.field(name).items().filter_map(|item| NodeRequirement::read(&item)).collect()
        };
        NodeTerm { labels: list("matchExpressions"), fields: list("matchFields") }
    }
}

impl NodeRequirement {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let key = cursor.required("key").parse();
        let operator = cursor.required("operator").parse();
        let values = texts(&cursor.field("values"));
        Some(NodeRequirement { key: key?, operator: operator?, values })
    }
}

impl PodTerms {
    fn read(cursor: &Cursor<'_>) -> Self {
        PodTerms {
            required: cursor
                .field(REQUIRED)
                .items()
                .filter_map(|term| PodTerm::read(&term))
                .collect(),
            preferred: weighted(&cursor.field(PREFERRED), "podAffinityTerm", PodTerm::read),
        }
    }
}

impl PodTerm {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let selector = selector(&cursor.field("labelSelector"));
        let namespaces = texts(&cursor.field("namespaces"));
        Some(PodTerm {
            selector,
            namespaces,
            topology_key: cursor.required("topologyKey").parse()?,
        })
    }
}

fn weighted<T>(
    cursor: &Cursor<'_>,
    field: &str,
    read: impl Fn(&Cursor<'_>) -> Option<T>,
) -> Vec<(u8, T)> {
    let items = cursor.items().filter_map(|item| {
        let weight = item.required("weight").int();
        let term = item.required(field);
        let term = term.is_present().then(|| read(&term)).flatten();
        Some((weight?, term?))
    });
    items.collect()
}
