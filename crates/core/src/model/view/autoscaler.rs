//! Horizontal autoscalers.

use super::metric::{Metric, MetricValue};
use super::place::Placed;
use super::read::{checked, seconds, text, timestamp};
use super::status::Condition;
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{DnsSubdomain, Percent, Replicas};
use crate::time::{Span, Timestamp};

/// An `autoscaling/v2` HorizontalPodAutoscaler; one of `v1` is read as what it means there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoscalerView {
    /// What it scales.
    pub target: TargetRef,
    /// The fewest pods; 1 where nothing is said.
    pub min: Replicas,
    /// The most pods.
    pub max: Placed<Replicas>,
    /// What it looks at; the largest answer wins.
    pub metrics: Vec<Metric>,
    /// How fast it grows; as Kubernetes does where nothing is said.
    pub scale_up: Option<ScalingRules>,
    /// How fast it shrinks; as Kubernetes does where nothing is said.
    pub scale_down: Option<ScalingRules>,
    /// What its controller reports; `None` in a manifest that was not read from a cluster.
    pub status: Option<AutoscalerStatus>,
}

/// An object by kind and name, in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRef {
    /// Group and version, such as `apps/v1`.
    pub api_version: Option<Box<str>>,
    /// The kind, as written.
    pub kind: Box<str>,
    /// The name.
    pub name: Placed<DnsSubdomain>,
}

/// How fast an autoscaler goes in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalingRules {
    /// How far back the most careful answer is looked for; 0 up and 300 s down where nothing is
    /// said.
    pub stabilization: Option<Span>,
    /// Which policy counts.
    pub select: PolicySelect,
    /// Limits of speed; those of Kubernetes where there is none.
    pub policies: Vec<ScalingPolicy>,
}

words! {
    /// Which of several scaling policies counts.
    pub PolicySelect {
        /// The one that allows most; this where nothing is said.
        Max = "Max",
        /// The one that allows least.
        Min = "Min",
        /// None: no scaling in this direction.
        Disabled = "Disabled",
    }
}

/// A limit of speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// By how much the number of pods may change.
    pub step: ScalingStep,
    /// In how long; at most 1800 s.
    pub period: Span,
}

/// By how much a number of pods may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalingStep {
    /// So many pods.
    Pods(Replicas),
    /// A share of the pods there are.
    Share(Percent),
}

words! {
    /// How a scaling step is written.
    StepWord {
        /// In pods.
        Pods = "Pods",
        /// In hundredths.
        Percent = "Percent",
    }
}

/// What the autoscaler's controller reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoscalerStatus {
    /// Pods at the last look.
    pub current: Replicas,
    /// Pods it wants.
    pub desired: Replicas,
    /// When it last changed the number.
    pub last_scale: Option<Timestamp>,
    /// What its metrics were at the last look, in their order; `None` for one that is not modelled.
    pub metrics: Vec<Option<MetricValue>>,
    /// Conditions, in order.
    pub conditions: Vec<Condition<AutoscalerCondition>>,
}

/// What an autoscaler says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutoscalerCondition {
    /// It has metrics and its target has pods.
    ScalingActive,
    /// It can read and write its target.
    AbleToScale,
    /// It is held by its lowest or highest number.
    ScalingLimited,
    /// A condition that is not modelled, by its name.
    Other(Box<str>),
}

impl AutoscalerView {
    pub(super) fn read(root: &Cursor<'_>) -> Option<Self> {
        let spec = root.required("spec");
        let target = TargetRef::read(&spec.required("scaleTargetRef"));
        let min_field = spec.field("minReplicas");
        let min: Replicas = checked(&min_field).unwrap_or(Replicas::ONE);
        let max: Option<Placed<Replicas>> = Placed::read(&spec.required("maxReplicas"), checked);
        if let Some(max) = max.as_ref().filter(|max| max.value < min) {
            spec.field("maxReplicas").invalid(Crossed { min, max: max.value });
        }
        let metrics = spec.field("metrics").items().filter_map(|metric| Metric::read(&metric));
        let cpu = Metric::of_cpu(&spec.field("targetCPUUtilizationPercentage"));
        let metrics = metrics.chain(cpu).collect();
        let behavior = spec.field("behavior");
        Some(AutoscalerView {
            min,
            metrics,
            scale_up: ScalingRules::read(&behavior.field("scaleUp")),
            scale_down: ScalingRules::read(&behavior.field("scaleDown")),
            status: AutoscalerStatus::read(&root.field("status")),
            target: target?,
            max: max?,
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("maxReplicas {max} is under minReplicas {min}; raise it or lower minReplicas")]
struct Crossed {
    min: Replicas,
    max: Replicas,
}

impl TargetRef {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let kind = text(&cursor.required("kind"));
        let name = Placed::read(&cursor.required("name"), |name| name.parse());
        let api_version = text(&cursor.field("apiVersion"));
        Some(TargetRef { api_version, kind: kind?, name: name? })
    }
}

impl ScalingRules {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        cursor.node()?;
        let policies = cursor.field("policies").items();
        Some(ScalingRules {
            stabilization: seconds(&cursor.field("stabilizationWindowSeconds")),
            select: cursor.field("selectPolicy").parse().unwrap_or(PolicySelect::Max),
            policies: policies.filter_map(|policy| ScalingPolicy::read(&policy)).collect(),
        })
    }
}

impl ScalingPolicy {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let kind = cursor.required("type").parse();
        let value = cursor.required("value");
        let period = seconds(&cursor.required("periodSeconds"));
        let step = match kind? {
            StepWord::Pods => checked(&value).map(ScalingStep::Pods),
            StepWord::Percent => checked(&value).map(ScalingStep::Share),
        };
        Some(ScalingPolicy { step: step?, period: period? })
    }
}

impl AutoscalerStatus {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        cursor.node()?;
        let count = |name| checked(&cursor.field(name)).unwrap_or_default();
        let metrics = cursor.field("currentMetrics").items();
        Some(AutoscalerStatus {
            current: count("currentReplicas"),
            desired: count("desiredReplicas"),
            last_scale: timestamp(&cursor.field("lastScaleTime")),
            metrics: metrics.map(|metric| MetricValue::current(&metric)).collect(),
            conditions: Condition::read_all(&cursor.field("conditions"), |name| match name {
                "ScalingActive" => AutoscalerCondition::ScalingActive,
                "AbleToScale" => AutoscalerCondition::AbleToScale,
                "ScalingLimited" => AutoscalerCondition::ScalingLimited,
                other => AutoscalerCondition::Other(other.into()),
            }),
        })
    }
}
