//! The parts of a platform: what a run meets of the world, each behind a small object-safe trait.
//!
//! A [`Platform`] is a struct of parts, so that one can be replaced (`..platform`), wrapped
//! (retry, deadline, recording) or mocked. Providers implement parts; strategies never see them.

mod fault;
mod hooks;
mod host;
mod metrics;
mod seen;
mod survey;
mod template;
mod traffic;
mod workloads;
mod write;

use std::sync::Arc;

pub use fault::{Fault, Receipt, Refusal};
pub use hooks::{HookAnswer, HookCall, HookPhase, Hooks};
pub use host::{Approval, Host, Question, SilentHost};
pub use metrics::{Measure, MetricQuery, Metrics};
pub use seen::{
    AppSeen, DeploymentSeen, DeploymentStatus, LeaseSeen, Membership, RouteSeen, ServiceSeen,
    SetSeen, Stamp,
};
pub use survey::{ObjectKey, Quota, Survey};
pub use template::{Template, Templates};
pub use traffic::{RouteRef, Traffic};
pub use workloads::{AppScope, ClaimFault, Workloads};
pub use write::{Change, Write};

#[cfg(feature = "mock")]
pub use self::{
    hooks::MockHooks, host::MockHost, metrics::MockMetrics, traffic::MockTraffic,
    workloads::MockWorkloads,
};

/// The parts that a rollout needs of a platform.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Name of the place for people, such as `sim://demo` or `kind-dev`.
    pub name: Arc<str>,
    /// Deployments, ReplicaSets, pods and Services.
    pub workloads: Arc<dyn Workloads>,
    /// The route that splits traffic by weight.
    pub traffic: Arc<dyn Traffic>,
    /// Where evidence comes from.
    pub metrics: Arc<dyn Metrics>,
    /// Checks of the user's own.
    pub hooks: Arc<dyn Hooks>,
}
