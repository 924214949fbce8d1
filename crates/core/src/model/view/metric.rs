//! What an autoscaler looks at.

use super::autoscaler::TargetRef;
use super::place::Place;
use super::read::{checked, selector, text};
use super::resources::ResourceName;
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{DnsLabel, Percent, Quantity, Selector};

/// One metric of an autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Whose number it is.
    pub source: MetricSource,
    /// What the number should be.
    pub target: MetricValue,
    /// Where it is written.
    pub place: Place,
}

/// Whose number a metric is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricSource {
    /// Use of a resource by the pods.
    Resource(ResourceName),
    /// Use of a resource by one container of each pod.
    ContainerResource {
        /// The resource.
        resource: ResourceName,
        /// The container.
        container: DnsLabel,
    },
    /// A metric of each pod.
    Pods(MetricName),
    /// A metric of another object.
    Object {
        /// The metric.
        metric: MetricName,
        /// The object.
        object: TargetRef,
    },
    /// A metric from outside of the cluster.
    External(MetricName),
}

/// A metric by its name and the labels of its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricName {
    /// The name, in the words of the metrics server.
    pub name: Box<str>,
    /// Which series; all where nothing is said.
    pub selector: Option<Selector>,
}

/// What a metric should be, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricValue {
    /// In total.
    Value(Quantity),
    /// Per pod.
    AverageValue(Quantity),
    /// Per pod, as a share of what the pods request.
    Utilization(Percent),
}

words! {
    /// Which number a metric source is.
    SourceWord {
        /// A resource of the pods.
        Resource = "Resource",
        /// A resource of one container.
        ContainerResource = "ContainerResource",
        /// A metric of the pods.
        Pods = "Pods",
        /// A metric of an object.
        Object = "Object",
        /// A metric from outside.
        External = "External",
    }
}

words! {
    /// How a target is written.
    TargetWord {
        /// In total.
        Value = "Value",
        /// Per pod.
        AverageValue = "AverageValue",
        /// As a share of the request.
        Utilization = "Utilization",
    }
}

impl Metric {
    /// The resource, where the metric is one.
    #[must_use]
    pub fn resource(&self) -> Option<&ResourceName> {
        match &self.source {
            MetricSource::Resource(resource) | MetricSource::ContainerResource { resource, .. } => {
                Some(resource)
            }
            MetricSource::Pods(_) | MetricSource::Object { .. } | MetricSource::External(_) => None,
        }
    }

    /// The one metric of `autoscaling/v1`.
    pub(super) fn of_cpu(share: &Cursor<'_>) -> Option<Self> {
        let target = MetricValue::Utilization(checked(share)?);
        let source = MetricSource::Resource(share.check("cpu".parse())?);
        Some(Metric { source, target, place: Place::of(share) })
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let kind: SourceWord = cursor.required("type").parse()?;
        let body = cursor.required(field_of(kind));
        if !body.is_present() {
            return None;
        }
        let source = match kind {
            SourceWord::Resource => body.required("name").parse().map(MetricSource::Resource),
            SourceWord::ContainerResource => {
                let resource = body.required("name").parse();
                let container = body.required("container").parse();
                match (resource, container) {
                    (Some(resource), Some(container)) => {
                        Some(MetricSource::ContainerResource { resource, container })
                    }
                    (_, _) => None,
                }
            }
            SourceWord::Pods => MetricName::read(&body).map(MetricSource::Pods),
            SourceWord::Object => {
                let metric = MetricName::read(&body);
                let object = TargetRef::read(&body.required("describedObject"));
                metric.zip(object).map(|(metric, object)| MetricSource::Object { metric, object })
            }
            SourceWord::External => MetricName::read(&body).map(MetricSource::External),
        };
        let target = MetricValue::read(&body.required("target"), kind);
        Some(Metric { source: source?, target: target?, place: Place::of(cursor) })
    }
}

fn field_of(kind: SourceWord) -> &'static str {
    match kind {
        SourceWord::Resource => "resource",
        SourceWord::ContainerResource => "containerResource",
        SourceWord::Pods => "pods",
        SourceWord::Object => "object",
        SourceWord::External => "external",
    }
}

impl MetricName {
    fn read(body: &Cursor<'_>) -> Option<Self> {
        let metric = body.required("metric");
        let selector = selector(&metric.field("selector"));
        Some(MetricName { name: text(&metric.required("name"))?, selector })
    }
}

impl MetricValue {
    /// The wanted value. The API server allows a utilization only of resources.
    fn read(target: &Cursor<'_>, source: SourceWord) -> Option<Self> {
        let kind: TargetWord = target.required("type").parse()?;
        let is_resource = matches!(source, SourceWord::Resource | SourceWord::ContainerResource);
        match kind {
            TargetWord::Utilization if !is_resource => {
                target.field("type").invalid(NoRequest);
                None
            }
            TargetWord::Utilization => {
                checked(&target.required("averageUtilization")).map(MetricValue::Utilization)
            }
            TargetWord::Value => target.required("value").parse_scalar().map(MetricValue::Value),
            TargetWord::AverageValue => {
                target.required("averageValue").parse_scalar().map(MetricValue::AverageValue)
            }
        }
    }

    /// What a metric in a status was.
    pub(super) fn current(metric: &Cursor<'_>) -> Option<Self> {
        let kind: SourceWord = metric.field("type").parse()?;
        let current = metric.field(field_of(kind)).field("current");
        let (share, average, value) = (
            current.field("averageUtilization"),
            current.field("averageValue"),
            current.field("value"),
        );
        if share.is_present() {
            return checked(&share).map(MetricValue::Utilization);
        }
        if average.is_present() {
            return average.parse_scalar().map(MetricValue::AverageValue);
        }
        value.parse_scalar().map(MetricValue::Value)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("Utilization is a share of a requested resource; write Value or AverageValue here")]
struct NoRequest;
