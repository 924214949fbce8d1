//! Typed views over manifests.
//!
//! [`Objects::read`] reads what some manifests say, and collects what is wrong with file, line,
//! column and field. A view knows the [`Place`] of every part that a finding may point at, and holds
//! no more than windlass has to know: the manifest stays the whole, and what is not modelled is kept
//! there and named here (`Other`).
//!
//! ```
//! use windlass_core::manifest;
//! use windlass_core::model::view::Objects;
//!
//! let text = b"{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 70000}]}}";
//! let manifests = manifest::parse("web.yaml", text)?;
//! let read = Objects::read(&manifests);
//! assert_eq!(
//!     read.errors[0].to_string(),
//!     "web.yaml:1:78: spec.ports[0].port: 70000 is no port; write a number from 1 to 65535"
//! );
//! # Ok::<(), windlass_core::manifest::ParseErrors>(())
//! ```

mod autoscaler;
mod budget;
mod claim;
mod container;
mod data;
mod env;
mod metric;
mod object;
mod place;
mod pod;
mod probe;
mod read;
mod resources;
mod scheduling;
mod security;
mod service;
mod status;
mod volume;
mod workload;

#[cfg(test)]
mod tests;

pub use autoscaler::{
    AutoscalerCondition, AutoscalerStatus, AutoscalerView, PolicySelect, ScalingPolicy,
    ScalingRules, ScalingStep, TargetRef,
};
pub use budget::{BudgetView, Floor};
pub use claim::{AccessMode, ClaimView};
pub use container::{Container, ContainerPort, PullPolicy};
pub use data::{ConfigMapView, SecretText, SecretView};
pub use env::{EnvFrom, EnvSource, EnvValue, EnvVar, KeyRef};
pub use metric::{Metric, MetricName, MetricSource, MetricValue};
pub use object::{Body, Object, Objects};
pub use place::{Place, Placed};
pub use pod::{PodSpec, PodTemplate, RestartPolicy};
pub use probe::{Handler, HttpGet, Lifecycle, Probe, Scheme};
pub use resources::{ResourceList, ResourceName, Resources};
pub use scheduling::{
    Affinity, NodeOperator, NodeRequirement, NodeTerm, PodTerm, PodTerms, TaintEffect, Toleration,
    TolerationOperator,
};
pub use security::{PodSecurityContext, SecurityContext};
pub use service::{ServiceKind, ServicePort, ServiceView};
pub use status::{Condition, DeploymentCondition, DeploymentStatus, Truth};
pub use volume::{ObjectFiles, Projection, Volume, VolumeMount, VolumeSource};
pub use workload::{DeploymentView, PodView, WorkloadKind, WorkloadView};
